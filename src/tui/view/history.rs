//! The history of every figure of one container, a graph each.
//!
//! ```text
//! CPU 25.0% of a core  0–25% (limit)   Throttled 74.8%       0–100%   CPU pressure 75.0%    0–100%
//! ⣀⣀⣤⣶⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿  ⣀⣀⣤⣶⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿   ⣀⣀⣤⣶⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿
//! Memory 101M          0–200M          PIDs 3                         Memory pressure 0.0%
//! …
//! ```

use ratatui::layout::Rect;

use super::canvas::{Canvas, row};
use super::curve::Curve;
use crate::record::{Record, Status};
use crate::spec::format_duration;
use crate::stats::Figure;
use crate::tui::model::Model;
use crate::tui::row_text::ago;
use crate::tui::widget::Graph;

/// The figures, in rows of three: use, its limit's effect, and what waits for it; then the network.
const FIGURES: [Figure; 11] = [
    Figure::Cpu,
    Figure::Throttled,
    Figure::PsiCpu,
    Figure::Memory,
    Figure::Pids,
    Figure::PsiMemory,
    Figure::Read,
    Figure::Write,
    Figure::PsiIo,
    Figure::NetRx,
    Figure::NetTx,
];

/// The fewest columns of a graph, and of a caption alone.
const MIN_WIDTHS: (u16, u16) = (26, 20);
/// The fewest rows of a graph with its caption.
const MIN_HEIGHT: u16 = 2;
/// Rows of one with a time axis.
const WITH_AXIS: u16 = 4;
/// Rows of a graph that is as high as it need be; wider ones show more of the past.
const GOOD_HEIGHT: u16 = 8;
/// From this height on a row says up to when, and what a value stands for.
const WITH_NOTE: u16 = 6;
/// Columns left free between two graphs.
const GAP: u16 = 2;

/// Draws the figures of the selected container into `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    let (model, theme) = (canvas.model, canvas.theme);
    let instead = match model.selected() {
        None => canvas.none_selected("its history"),
        Some(record) if model.history.series(&record.spec.id).is_some() => {
            return figures(canvas, area, record);
        }
        Some(record) => format!("n/a: {}", model.why_never_sampled(record)),
    };
    canvas.pen(row(area, 1)).skip(2).put(&instead, theme.dim);
}

fn figures(canvas: &mut Canvas<'_>, area: Rect, record: &Record) {
    let figures: Vec<_> = FIGURES
        .into_iter()
        .filter(|figure| applies(canvas.model, record, *figure))
        .collect();
    let about = Curve::lived(canvas.model, record, Figure::Cpu);
    let per = per(canvas, area, figures.len(), about.last, record);
    let area = if area.height >= WITH_NOTE {
        note(canvas, area, record, about.ended, per)
    } else {
        area
    };
    // a margin of one column; each has its gap at its right, the last one outside of the area
    let with_gap = Rect {
        x: area.x + 1,
        width: area.width.saturating_sub(2) + GAP,
        ..area
    };
    let places = places(with_gap, figures.len());
    for (figure, place) in figures.into_iter().zip(places) {
        let place = Rect {
            width: place.width.saturating_sub(GAP),
            ..place
        };
        Curve::lived(canvas.model, record, figure)
            .each_of(per)
            .draw(canvas, place);
    }
}

/// How many ticks each value stands for.
fn per(canvas: &Canvas<'_>, area: Rect, graphs: usize, last: u64, record: &Record) -> u64 {
    let (model, id) = (canvas.model, &record.spec.id);
    let kept = model.history.back_from(id, Figure::Cpu, last).count();
    let across = columns(area, graphs as u16);
    let width = (area.width / across).saturating_sub(GAP);
    let room = Graph::ticks(width, canvas.theme);
    model.history_span().per(kept as u64, room as u64)
}

/// Says up to when, and what a value stands for, where that is not now and a tick; returns the rest
/// of `area`.
fn note(canvas: &mut Canvas<'_>, area: Rect, record: &Record, ended: bool, per: u64) -> Rect {
    let (model, theme) = (canvas.model, canvas.theme);
    let mut words = Vec::new();
    if let (true, Status::Stopped { at, .. }) = (ended, &record.state.status) {
        words.push(format!("up to its end, {}", ago(*at, model.moment())));
    }
    if per > 1 {
        let time = format_duration(model.settings.tick * per as u32);
        words.push(format!("each value is the highest of {time}"));
    }
    if words.is_empty() {
        return area;
    }
    let words = words.join(&format!(" {} ", theme.symbols.dot));
    canvas.pen(row(area, 0)).skip(1).put(&words, theme.dim);
    Rect {
        y: area.y + 1,
        height: area.height - 1,
        ..area
    }
}

/// Whether `record` can have this figure: one without a network of its own has nothing to draw.
fn applies(model: &Model, record: &Record, figure: Figure) -> bool {
    if !matches!(figure, Figure::NetRx | Figure::NetTx) {
        return true;
    }
    model
        .history
        .back_from(&record.spec.id, figure, model.history.last())
        .any(|value| !value.is_nan())
}

/// Where `count` graphs stand in `area`: next to each other without a gap, in rows. Where there is
/// little room the last rows are captions, and where there is none they are left out.
fn places(area: Rect, count: usize) -> Vec<Rect> {
    let across = columns(area, count as u16);
    let down = (count as u16).div_ceil(across);
    // the upper rows get what cannot be divided
    let edge = |whole: u16, parts: u16, n: u16| {
        let (part, rest) = (whole / parts, whole % parts);
        n * part + n.min(rest)
    };
    (0..count as u16)
        .map(|n| {
            let (column, line) = (n % across, n / across);
            // the last row may have fewer, which share it
            let in_row = across.min(count as u16 - line * across);
            let [left, right] = [column, column + 1].map(|n| edge(area.width, in_row, n));
            let [top, bottom] = [line, line + 1].map(|n| edge(area.height, down, n));
            Rect::new(area.x + left, area.y + top, right - left, bottom - top)
        })
        .filter(|place| !place.is_empty())
        .collect()
}

/// How many of `count` graphs stand in a row: one if that leaves them high enough; else three, which
/// is how they belong together; else the fewest that leave room for an axis; else as high as they
/// can be.
fn columns(area: Rect, count: u16) -> u16 {
    let most = |width: u16| (area.width / width).clamp(1, count);
    let height = |across: u16| area.height / count.div_ceil(across);
    let graphs = most(MIN_WIDTHS.0);
    if height(1) >= GOOD_HEIGHT {
        return 1;
    }
    if graphs >= 3 && height(3) > MIN_HEIGHT {
        return 3;
    }
    let high = (1..=graphs).find(|across| height(*across) >= WITH_AXIS);
    let highest = || (1..=graphs).rev().max_by_key(|across| height(*across));
    high.or_else(highest)
        .filter(|across| height(*across) >= MIN_HEIGHT)
        .unwrap_or_else(|| most(MIN_WIDTHS.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_belongs_to_one_graph() {
        let origin = (3, 2);
        for (width, height) in (20..240).flat_map(|width| (11..70).map(move |h| (width, h))) {
            let area = Rect::new(origin.0, origin.1, width, height);
            let places = places(area, FIGURES.len());
            assert_eq!(places.len(), FIGURES.len(), "{area}");
            let cells: u32 = places.iter().map(|place| place.area()).sum();
            assert_eq!(cells, area.area(), "all of {area} is used: {places:?}");
            for (n, place) in places.iter().enumerate() {
                assert_eq!(place.intersection(area), *place, "{area}");
                assert!(place.width >= 20, "{area}: {place}");
                let over = |other: &Rect| place.intersects(*other);
                assert!(!places[n + 1..].iter().any(over), "{area}: {places:?}");
            }
        }
    }

    #[test]
    fn a_small_place_shows_what_fits() {
        for (width, height) in (0..60).flat_map(|width| (0..9).map(move |h| (width, h))) {
            let area = Rect::new(0, 0, width, height);
            let places = places(area, FIGURES.len());
            let cells: u32 = places.iter().map(|place| place.area()).sum();
            assert!(cells <= area.area(), "{area}: {places:?}");
            assert_eq!(places.is_empty(), area.is_empty(), "{area}");
        }
    }

    #[test]
    fn the_number_of_columns_fits_the_room() {
        let across = |width, height| columns(Rect::new(0, 0, width, height), 9);
        assert_eq!(across(118, 30), 3);
        assert_eq!(across(300, 90), 1, "wide: the whole of what is kept");
        assert_eq!(across(60, 12), 2, "two of the least width");
        assert_eq!(across(74, 19), 2);
        assert_eq!(across(74, 40), 1);
        assert_eq!(across(200, 4), 5, "all of them in two rows");
        assert_eq!(
            across(80, 4),
            4,
            "the values of all, with no room for graphs of all"
        );
        assert_eq!(across(40, 8), 2);
        assert_eq!(across(10, 50), 1);
    }
}
