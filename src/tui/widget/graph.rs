//! [`Graph`]: the recent past as a filled curve, in braille (2 ticks and 4 levels a cell) or in
//! ASCII (1 tick and 2 levels a cell), over its time axis.
//!
//! ```text
//! ⠉⠉⠉⠉⠉⠉⢉⣩⣿⣿⣿⣿⠉⠉⠉⠉⠉    the limit is a line where it is within the scale
//! ⣀⣀⣤⣶⣾⣿⣿⣿⣿⣿⣿⣿⣀⣀⣀⣀⣀    the newest tick is at the right edge
//! ────────▒▒▒▒✗────    when the limit held it back, when the kernel killed
//! -34s          now
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{Pen, Scale};
use crate::tui::text;
use crate::tui::theme::Theme;

/// The dots of a braille cell from the bottom up, left column and right (Unicode block U+2800).
const DOTS: [[u32; 4]; 2] = [[0x40, 0x04, 0x02, 0x01], [0x80, 0x20, 0x10, 0x08]];
/// From this height on the axis has a row.
const AXIS_FROM: u16 = 3;
/// From this height on its times have a row of their own.
const TIMES_FROM: u16 = 6;

/// What happened at a tick; the later one is drawn over the earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// The CPU limit held it back.
    Throttled,
    /// The kernel killed a process of it for memory.
    OomKill,
}

/// The recent past of one figure.
#[derive(Clone, Copy)]
pub struct Graph<'a> {
    /// The values, oldest first; the newest stands at the right edge. `NaN` leaves a gap.
    pub values: &'a [f64],
    /// What the upper edge stands for.
    pub scale: Scale,
    /// The value from whose share the colours warn; `None` for a figure without a limit.
    pub limit: Option<f64>,
    /// Its colour while it is far from the limit.
    pub style: Style,
    /// What happened so many ticks before the newest.
    pub marks: &'a dyn Fn(usize) -> Option<Mark>,
    /// The times of the left edge and of the right.
    pub times: [&'a str; 2],
}

/// The rows of a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rows {
    /// The curve.
    plot: Rect,
    /// The axis with its marks; empty when there is no room.
    axis: Rect,
    /// The times below; empty when they share the row of the axis, or there is no room.
    times: Rect,
}

impl Rows {
    fn of(area: Rect) -> Self {
        let axis = u16::from(area.height >= AXIS_FROM);
        let times = u16::from(area.height >= TIMES_FROM);
        let plot = area.height - axis - times;
        let part = |y: u16, height: u16| Rect {
            y: area.y + y,
            height,
            ..area
        };
        Self {
            plot: part(0, plot),
            axis: part(plot, axis),
            times: part(plot + axis, times),
        }
    }
}

impl Graph<'_> {
    /// How many of the newest values an area of `width` columns shows.
    #[must_use]
    pub fn ticks(width: u16, theme: &Theme) -> usize {
        usize::from(width) * across(theme)
    }

    /// Draws it into `area`.
    pub fn draw(&self, buffer: &mut Buffer, area: Rect, theme: &Theme) {
        let rows = Rows::of(area.intersection(buffer.area));
        self.plot(buffer, rows.plot, theme);
        if rows.axis.height > 0 {
            self.axis(buffer, &rows, theme);
        }
    }

    fn plot(&self, buffer: &mut Buffer, area: Rect, theme: &Theme) {
        let (across, levels) = (across(theme), if theme.symbols.braille { 4 } else { 2 });
        let steps = usize::from(area.height) * levels;
        let columns = usize::from(area.width) * across;
        let shown = &self.values[self.values.len().saturating_sub(columns)..];
        let missing = columns - shown.len();
        // any value fills at least one step, zero too: it is told from a gap
        let step = |value: f64| ((self.scale.share(value) * steps as f64).round() as usize).max(1);
        let line = self.scale.line.map(step);
        for (x, column) in (area.x..area.right()).zip((0..).step_by(across)) {
            let ticks = [column, column + across - 1]
                .map(|column| column.checked_sub(missing).map_or(f64::NAN, |at| shown[at]));
            let filled = ticks.map(|value| if value.is_nan() { 0 } else { step(value) });
            // the higher of the two; f64::max ignores a gap
            let share = self.limit.map(|limit| ticks[0].max(ticks[1]) / limit);
            let style = theme.by_level(self.style, share);
            for (y, floor) in (area.y..area.bottom()).rev().zip((0..).step_by(levels)) {
                let level = filled.map(|filled| filled.saturating_sub(floor).min(levels));
                let line = line
                    .and_then(|line| line.checked_sub(floor))
                    .filter(|line| (1..=levels).contains(line));
                if level == [0, 0] && line.is_none() {
                    continue;
                }
                let symbol = if theme.symbols.braille {
                    braille(level, line)
                } else {
                    ['-', '.', '#'][level[0]]
                };
                let style = if level == [0, 0] { theme.dim } else { style };
                buffer[(x, y)].set_char(symbol).set_style(style);
            }
        }
    }

    /// What is marked at cell `cell` of `cells`.
    fn mark(&self, cell: u16, cells: u16, theme: &Theme) -> Option<Mark> {
        let across = across(theme);
        let newest = usize::from(cells - 1 - cell) * across;
        (newest..newest + across).filter_map(self.marks).max()
    }

    fn axis(&self, buffer: &mut Buffer, rows: &Rows, theme: &Theme) {
        let area = rows.axis;
        let mut seen = [false; 2];
        for (x, cell) in (area.x..area.right()).zip(0..) {
            let mark = self.mark(cell, area.width, theme);
            let (symbol, style) = match mark {
                None => (theme.symbols.line, theme.border),
                Some(mark) => mark.look(theme),
            };
            if let Some(mark) = mark {
                seen[mark as usize] = true;
            }
            buffer[(x, area.y)].set_char(symbol).set_style(style);
        }
        let own = rows.times.height > 0;
        let line = if own { rows.times } else { area };
        let [from, to] = self.times.map(|time| text::width(time) as u16);
        let ends = [(0, from), (area.width.saturating_sub(to), to)];
        for ((start, width), words) in ends.into_iter().zip(self.times) {
            // both, with a gap between; a time never covers a mark
            let fits = from + to + 2 <= area.width;
            let free = |cell| own || self.mark(cell, area.width, theme).is_none();
            if fits && (start..start + width).all(free) {
                let place = Rect {
                    x: line.x + start,
                    width,
                    ..line
                };
                Pen::new(buffer, place, theme.symbols.ellipsis).put(words, theme.dim);
            }
        }
        if own {
            let middle = Rect {
                x: line.x + from + 2,
                width: area.width.saturating_sub(from + to + 4),
                ..line
            };
            legend(buffer, middle, seen, theme);
        }
    }
}

impl Mark {
    const ALL: [Self; 2] = [Self::Throttled, Self::OomKill];

    /// How it is drawn.
    fn look(self, theme: &Theme) -> (char, Style) {
        match self {
            Self::Throttled => (theme.symbols.second, theme.gauge_second),
            Self::OomKill => (theme.symbols.failure, theme.error),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::OomKill => "OOM kill",
        }
    }
}

/// What the marks that were `seen` mean, in the middle of `area`: those that fit.
fn legend(buffer: &mut Buffer, area: Rect, seen: [bool; 2], theme: &Theme) {
    let width = |mark: &Mark| mark.word().len() as u16 + 2;
    let seen = |mark: &Mark| seen[*mark as usize];
    let wanted = Mark::ALL.iter().filter(|mark| seen(mark)).map(width);
    let wanted = wanted.reduce(|all, width| all + 2 + width).unwrap_or(0);
    let mut pen = Pen::new(buffer, area, theme.symbols.ellipsis);
    pen.skip(area.width.saturating_sub(wanted) / 2);
    for mark in Mark::ALL.iter().filter(|mark| seen(mark)) {
        if pen.room() >= width(mark) {
            let (symbol, style) = mark.look(theme);
            pen.symbol(symbol, style)
                .put(" ", theme.dim)
                .put(mark.word(), theme.dim)
                .skip(2);
        }
    }
}

/// Ticks in a cell.
fn across(theme: &Theme) -> usize {
    if theme.symbols.braille { 2 } else { 1 }
}

/// A cell filled up to `levels`, with a line at one level.
fn braille(levels: [usize; 2], line: Option<usize>) -> char {
    let dots = levels.iter().zip(DOTS).fold(0, |all, (level, dots)| {
        let filled: u32 = dots[..*level].iter().sum();
        all | filled | line.map_or(0, |line| dots[line - 1])
    });
    char::from_u32(0x2800 + dots).unwrap_or(' ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::{ColorDepth, Symbols};

    fn theme(symbols: Symbols) -> Theme {
        Theme::named("dark", ColorDepth::True, symbols).unwrap()
    }

    fn graph(values: &[f64]) -> Graph<'_> {
        Graph {
            values,
            scale: Scale {
                top: 8.0,
                line: None,
            },
            limit: None,
            style: Style::new(),
            marks: &|_| None,
            times: ["-4s", "now"],
        }
    }

    fn drawn(graph: &Graph<'_>, width: u16, height: u16, symbols: Symbols) -> Vec<String> {
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        graph.draw(&mut buffer, area, &theme(symbols));
        let cells: Vec<_> = buffer
            .content()
            .iter()
            .map(ratatui::buffer::Cell::symbol)
            .collect();
        cells
            .chunks(usize::from(width))
            .map(<[&str]>::concat)
            .collect()
    }

    #[test]
    fn the_newest_is_at_the_right_edge() {
        let rows = |values: &[f64], symbols| drawn(&graph(values), 4, 2, symbols);
        assert_eq!(rows(&[8.0], Symbols::UNICODE), ["   ⢸", "   ⢸"]);
        assert_eq!(
            rows(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], Symbols::UNICODE),
            ["  ⣠⣾", "⣠⣾⣿⣿"]
        );
        assert_eq!(
            rows(&[9.0, 0.0, 4.0, 8.0, 6.0], Symbols::ASCII),
            ["  #.", ".###"]
        );
    }

    #[test]
    fn gaps_are_gaps_and_nothing_is_a_line() {
        let rows = |values: &[f64], symbols| drawn(&graph(values), 4, 2, symbols);
        assert_eq!(
            rows(&[0.0, f64::NAN, 0.0, 0.0], Symbols::ASCII),
            ["    ", ". .."]
        );
        assert_eq!(rows(&[], Symbols::UNICODE), ["    ", "    "]);
    }

    #[test]
    fn the_limit_is_a_line_beside_and_above_the_curve() {
        let values = [4.0, 4.0, 8.0, 8.0, 1.0, 1.0];
        let at = |line| Graph {
            scale: Scale {
                top: 8.0,
                line: Some(line),
            },
            ..graph(&values)
        };
        assert_eq!(drawn(&at(8.0), 4, 2, Symbols::UNICODE), ["⠉⠉⣿⠉", " ⣿⣿⣀"]);
        assert_eq!(drawn(&at(6.0), 4, 2, Symbols::UNICODE), ["⠤⠤⣿⠤", " ⣿⣿⣀"]);
        assert_eq!(drawn(&at(3.0), 4, 2, Symbols::UNICODE), ["  ⣿ ", "⠒⣿⣿⣒"]);
        assert_eq!(drawn(&at(8.0), 6, 2, Symbols::ASCII), ["--##--", "####.."]);
    }

    #[test]
    fn the_axis_has_its_marks_and_times() {
        let values = [4.0; 16];
        let marks = |back: usize| match back {
            4..8 => Some(Mark::Throttled),
            3 => Some(Mark::OomKill),
            _ => None,
        };
        let marked = Graph {
            marks: &marks,
            times: ["-31s", "now"],
            ..graph(&values)
        };
        let rows = drawn(&marked, 40, 6, Symbols::UNICODE);
        assert_eq!(rows[4], format!("{}▒▒✗─", "─".repeat(36)));
        assert_eq!(rows[5], "-31s     ▒ throttled  ✗ OOM kill     now");
        let rows = drawn(&marked, 16, 6, Symbols::ASCII);
        assert_eq!(rows[4], "--------%%%%!---");
        assert_eq!(rows[5], "-31s         now", "no room for a legend");
    }

    #[test]
    fn a_low_graph_has_one_row_or_none_for_the_axis() {
        let values = [4.0; 16];
        let at = |tick: usize| move |back: usize| (back == tick).then_some(Mark::OomKill);
        let (free, taken) = (at(5), at(1));
        let marked = |marks| Graph {
            marks,
            times: ["-16s", "now"],
            ..graph(&values)
        };
        let axis = |graph: &Graph<'_>, height| {
            drawn(graph, 16, height, Symbols::ASCII)
                .pop()
                .unwrap_or_default()
        };
        assert_eq!(axis(&marked(&free), 3), "-16s------!--now");
        assert_eq!(axis(&marked(&taken), 5), "-16s----------!-");
        assert_eq!(axis(&marked(&free), 2), "################");
        let narrow = drawn(&marked(&free), 8, 3, Symbols::ASCII);
        assert_eq!(narrow[2], "--!-----", "no room for both times");
    }

    #[test]
    fn a_mark_does_not_depend_on_colours() {
        let looks: Vec<_> = Mark::ALL
            .iter()
            .flat_map(|mark| {
                [Symbols::UNICODE, Symbols::ASCII].map(|symbols| {
                    let (symbol, _) = mark.look(&theme(symbols));
                    assert_ne!(symbol, symbols.line);
                    symbol
                })
            })
            .collect();
        assert_ne!(looks[..2], looks[2..]);
    }

    #[test]
    fn colours_warn_near_the_limit() {
        let theme = theme(Symbols::UNICODE);
        let area = Rect::new(0, 0, 3, 1);
        let mut buffer = Buffer::empty(area);
        let values = [1.0, 1.0, 7.0, 1.0, 8.0, f64::NAN];
        let graph = Graph {
            limit: Some(8.0),
            style: theme.cpu,
            ..graph(&values)
        };
        graph.draw(&mut buffer, area, &theme);
        let colours = [0, 1, 2].map(|x| buffer[(x, 0)].style().fg);
        assert_eq!(
            colours,
            [theme.cpu.fg, theme.gauge_high.fg, theme.gauge_full.fg]
        );
    }

    #[test]
    fn every_size_is_drawn_inside_its_area() {
        let values = [4.0; 700];
        let line = Graph {
            scale: Scale {
                top: 5.0,
                line: Some(4.5),
            },
            marks: &|_| Some(Mark::Throttled),
            ..graph(&values)
        };
        for (width, height) in (0..40).flat_map(|width| (0..9).map(move |height| (width, height))) {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 50, 12));
            let area = Rect::new(3, 2, width, height);
            line.draw(&mut buffer, area, &theme(Symbols::UNICODE));
            for position in buffer.area.positions() {
                let drawn = buffer[position].symbol() != " ";
                assert!(!drawn || area.contains(position), "{area}: {position}");
            }
            line.draw(
                &mut buffer,
                Rect::new(45, 9, width, height),
                &theme(Symbols::ASCII),
            );
        }
    }
}
