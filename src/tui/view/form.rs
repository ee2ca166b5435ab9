//! The launch form. Where there is room each field has a line of its own below it for its meaning
//! or its error; otherwise one line below all fields is about the focused one.
//!
//! ```text
//! ╭─ Run a container ───────────────────────────────────────────╮
//! │ Preset   ◂ cpu-quarter ▸                                    │
//! │ Command  sh -c 'while true; do :; done'                     │
//! │ …                                                           │
//! │ $ minic-tui run -d --preset cpu-quarter                     │
//! ╰─────────────────────────────────────────────────────────────╯
//! ```

use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::canvas::{Canvas, row};
use crate::tui::model::{Field, LaunchForm, LineEdit, Target, command_line};
use crate::tui::sanitise::printable;
use crate::tui::text;
use crate::tui::widget::{center, frame};

const LABEL_COLUMNS: u16 = 10;
/// The fewest rows for a line of meaning below each field.
const ROOMY: u16 = 17;

/// Draws the form over `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, form: &LaunchForm) {
    let theme = canvas.theme;
    let roomy = area.height >= ROOMY;
    let step = if roomy { 2 } else { 1 };
    let fields = Field::ALL.len() as u16 * step;
    let outer = center(area, area.width.saturating_sub(4).min(84), fields + 6);
    let title = if form.launching.is_some() {
        "Launching"
    } else {
        "Run a container"
    };
    let inside = frame(canvas.buffer, outer, title, theme);
    canvas.hits.add(outer, Target::Nothing);
    let inside = Rect {
        x: inside.x + 1,
        width: inside.width.saturating_sub(2),
        ..inside
    };
    for (field, y) in Field::ALL
        .iter()
        .copied()
        .zip((0..).step_by(usize::from(step)))
    {
        draw_field(canvas, row(inside, y), form, field);
        if roomy {
            let (text, style) = remark(canvas, form, field);
            canvas
                .pen(row(inside, y + 1))
                .skip(LABEL_COLUMNS)
                .put(&text, style);
        }
    }
    let mut y = fields;
    if !roomy {
        let wrong = Field::ALL
            .iter()
            .copied()
            .find(|field| form.errors.contains_key(field));
        if let Some(field) = wrong.or(form.focus) {
            let (text, style) = remark(canvas, form, field);
            canvas.pen(row(inside, y)).put(&text, style);
        }
        y += 1;
    }
    let below = Rect {
        y: inside.y + y + u16::from(roomy),
        height: inside.height.saturating_sub(y + u16::from(roomy)),
        ..inside
    };
    let beside = inside
        .width
        .saturating_sub(if roomy { LABEL_COLUMNS } else { 0 });
    status(canvas, below, usize::from(beside), form);
}

fn draw_field(canvas: &mut Canvas<'_>, line: Rect, form: &LaunchForm, field: Field) {
    let theme = canvas.theme;
    let active = form.focus == Some(field);
    let marker = if active { theme.symbols.marker } else { ' ' };
    canvas.pen(line).symbol(marker, theme.key).put(
        field.label(),
        if active { theme.strong } else { theme.label },
    );
    let input = Rect {
        x: line.x + LABEL_COLUMNS,
        width: line.width.saturating_sub(LABEL_COLUMNS),
        ..line
    };
    let style = if active {
        theme.field_active
    } else {
        theme.field
    };
    canvas.hits.add(line, Target::Field(field));
    if field == Field::Preset {
        let name = form
            .preset
            .and_then(|at| canvas.model.settings.presets.get(at))
            .map_or("none", |(name, _)| name);
        let [previous, next] = theme.symbols.choice;
        let text = format!("{previous} {} {next}", printable(name));
        canvas.pen(input).put(&text, style);
        return;
    }
    line_edit(canvas, input, form.texts.get(&field), active);
}

/// An input line; it has the cursor while it is `active`.
pub(super) fn line_edit(
    canvas: &mut Canvas<'_>,
    input: Rect,
    edit: Option<&LineEdit>,
    active: bool,
) {
    let theme = canvas.theme;
    let style = if active {
        theme.field_active
    } else {
        theme.field
    };
    canvas.buffer.set_style(input, style);
    let Some(edit) = edit else {
        if active {
            canvas.cursor = Some(Position::new(input.x, input.y));
        }
        return;
    };
    // scroll a long line so that the cursor is visible
    let room = usize::from(input.width.saturating_sub(1));
    let before = text::width(&printable(edit.before_cursor()));
    let hidden = before.saturating_sub(room);
    let whole = printable(edit.text());
    let shown = text::after(&whole, hidden);
    canvas.pen(input).put(shown, style);
    if active {
        let x = input.x + (before - hidden).min(room) as u16;
        canvas.cursor = Some(Position::new(x, input.y));
    }
}

/// The remark about a field: its error, or its meaning.
fn remark(canvas: &Canvas<'_>, form: &LaunchForm, field: Field) -> (String, Style) {
    let theme = canvas.theme;
    if let Some(error) = form.errors.get(&field) {
        return (
            format!("{} {}", theme.symbols.failure, printable(error)),
            theme.error,
        );
    }
    let text = match field {
        Field::Preset => match form
            .preset
            .and_then(|at| canvas.model.settings.presets.get(at))
        {
            Some((_, preset)) => printable(preset.description.as_deref().unwrap_or_default()),
            None => "left and right choose, or its first letters".into(),
        },
        _ => printable(&form.meaning(field)),
    };
    (text, theme.dim)
}

/// The progress, the error, or the equivalent command line. Errors have `beside` columns beside
/// their fields.
fn status(canvas: &mut Canvas<'_>, area: Rect, beside: usize, form: &LaunchForm) {
    let (model, theme) = (canvas.model, canvas.theme);
    // an error truncated beside its field is shown in full here
    let is_cut = |error: &&String| text::width(&printable(error)) + 2 > beside;
    let (text, style) = if form.launching.is_some() {
        let progress = form.progress.as_deref().unwrap_or("starting it");
        (format!("{} {progress}", theme.symbols.busy), theme.pending)
    } else if let Some(error) = form
        .error
        .as_ref()
        .or_else(|| form.errors.values().find(is_cut))
    {
        (
            format!("{} {}", theme.symbols.failure, printable(error)),
            theme.error,
        )
    } else {
        match form.created(&model.settings.presets) {
            Ok(created) => {
                let base = form
                    .preset
                    .and_then(|at| model.settings.presets.get(at))
                    .map(|(_, preset)| preset);
                (
                    format!(
                        "$ {}",
                        printable(&command_line(&canvas.model.settings, &created, base))
                    ),
                    theme.dim,
                )
            }
            Err(_) => return,
        }
    };
    let lines = text::wrap_words(
        &text,
        usize::from(area.width),
        usize::from(area.height),
        theme.symbols.ellipsis,
    );
    for (line, y) in lines.iter().zip(0..area.height) {
        canvas.pen(row(area, y)).put(line, style);
    }
}
