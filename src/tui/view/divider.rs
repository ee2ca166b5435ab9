//! The line between the list and the pane: whose pane it is, the names of the panes, the key that
//! zooms. Thick while the pane has the focus.
//!
//! ```text
//! ━ web ━ Overview  Processes [Logs] Shell  Files  Isolation  Connections  History ━━ 3 of 12 ━ z Zoom ━
//! ```

use ratatui::layout::Rect;

use super::canvas::Canvas;
use crate::tui::action::Action;
use crate::tui::model::{Focus, Model, Pane, Target};
use crate::tui::row_text;
use crate::tui::sanitise::printable;
use crate::tui::text;

/// Columns from which on a name counts more than the words of all panes.
const ROOMY: usize = 70;
/// The widest name of a container where names of panes must be short.
const MAX_NAME: usize = 24;

/// Draws the line into `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    if area.height == 0 {
        return;
    }
    let (model, theme) = (canvas.model, canvas.theme);
    let focused = model.frame.focus == Focus::Pane;
    let (line, style) = if focused {
        (theme.symbols.thick_line, theme.title)
    } else {
        (theme.symbols.line, theme.border)
    };
    let drawn = String::from(line).repeat(usize::from(area.width));
    canvas.pen(area).put(&drawn, style);
    canvas.hits.add(area, Target::Divider);
    let inside = Rect {
        x: area.x + 1,
        width: area.width.saturating_sub(2),
        ..area
    };
    let room = usize::from(inside.width);
    let (name, place) = about(model);
    let hidden = out_of_sight(canvas);
    let kept = text::width(&hidden);
    // the longest naming of the panes that leaves room for the name, which is cut at last
    let columns = |way: usize| {
        Pane::ALL
            .iter()
            .map(|pane| width(*pane, model, way))
            .sum::<usize>()
    };
    let fitting =
        |name: &str| (0..4).find(|way| text::width(name) + columns(*way) + kept + 3 <= room);
    let (name, way) = match fitting(&name) {
        Some(way) => (name, way),
        // the name of a very long one is nowhere else: the panes are left to the keys then
        None if room >= ROOMY && text::width(&name) + columns(4) + 3 <= room => (name, 4),
        None => {
            let most = MAX_NAME.min(room / 4);
            let cut = text::truncate(&name, most, theme.symbols.ellipsis).into_owned();
            let way = fitting(&cut).unwrap_or(4);
            (cut, way)
        }
    };
    let name = if name.is_empty() {
        name
    } else {
        format!(" {name} ")
    };
    let mut pen = canvas.pen(inside);
    pen.put(&name, if focused { theme.title } else { theme.label });
    pen.skip(u16::from(!name.is_empty()));
    let mut spots = Vec::new();
    for pane in Pane::ALL.iter().copied() {
        let active = pane == model.frame.pane;
        let Some(word) = word(pane, model, way) else {
            continue;
        };
        let start = pen.x();
        let (text, style) = if active {
            (format!("[{word}]"), theme.tab_active)
        } else {
            (
                format!("{}{word} ", if way < 3 { " " } else { "" }),
                theme.tab,
            )
        };
        pen.put(&text, style);
        spots.push((start, pen.x(), pane));
    }
    let left = pen.room();
    let zoom = format!(" {} {} ", canvas.key(Action::Zoom), Action::Zoom.label());
    let end = text::width(&zoom) as u16;
    // how much of the list is out of sight is said first, then the key, then the place
    let fits = |parts: &[&str]| {
        let columns: usize = parts.iter().map(|part| text::width(part) + 1).sum();
        columns <= usize::from(left)
    };
    let place = if place.is_empty() {
        hidden.clone()
    } else {
        format!(
            "{}{hidden}",
            if hidden.is_empty() {
                place
            } else {
                place.trim_end().to_owned()
            }
        )
    };
    if !fits(&[&hidden, &zoom]) {
        canvas.pen(inside).put_right(&hidden, theme.label);
    } else {
        let place = if fits(&[&place, &zoom]) {
            place
        } else {
            hidden
        };
        let spot = Rect {
            x: inside.right() - end,
            width: end,
            ..inside
        };
        canvas
            .pen(inside)
            .put_right(&format!("{place}{line}{zoom}"), theme.label);
        canvas.hits.add(spot, Target::Action(Action::Zoom));
    }
    for (start, end, pane) in spots {
        let place = Rect {
            x: start,
            width: end - start,
            ..area
        };
        canvas.hits.add(place, Target::Pane(pane));
    }
}

/// How many rows of the list are above and below what is shown; nothing where all are.
fn out_of_sight(canvas: &Canvas<'_>) -> String {
    let (model, [up, down]) = (canvas.model, canvas.theme.symbols.more);
    let rows = match (model.tiles(), model.regions()) {
        (Some(grid), _) => grid.columns * grid.rows,
        (None, Some(regions)) if regions.body.height > 0 => regions.table_rows(),
        _ => return String::new(),
    };
    let (above, below) = model.list.out_of_sight(rows);
    let parts = [(up, above), (down, below)];
    let words: String = parts
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(sign, count)| format!(" {sign}{count}"))
        .collect();
    if words.is_empty() {
        words
    } else {
        format!("{words} ")
    }
}

/// The name of the selected container, and its place in the list.
fn about(model: &Model) -> (String, String) {
    let name = match (model.selected(), model.list.selected_group()) {
        (Some(record), _) => printable(record.spec.name.as_str()),
        (None, Some(group)) => row_text::group_name(&group.name, group.members.len()),
        (None, None) => return Default::default(),
    };
    let place = format!(" {} of {} ", model.list.row() + 1, model.list.rows().len());
    (name, place)
}

/// The word for `pane`: its name, a short one, three letters, or none but for the one shown.
fn word(pane: Pane, model: &Model, way: usize) -> Option<&'static str> {
    match way {
        0 => Some(pane.title()),
        1 if pane == model.frame.pane => Some(pane.title()),
        1 | 2 => Some(pane.short()),
        3 => Some(&pane.title()[..3]),
        _ => (pane == model.frame.pane).then(|| pane.title()),
    }
}

fn width(pane: Pane, model: &Model, way: usize) -> usize {
    let around = if way < 3 || pane == model.frame.pane {
        2
    } else {
        1
    };
    word(pane, model, way).map_or(0, |word| text::width(word) + around)
}
