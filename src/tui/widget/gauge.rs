//! [`Gauge`]: a two-tone bar of the usage of a limit, with its figures.
//!
//! ```text
//! ██████▒▒······ 18.7%/25%      used, refused by the limit, unused; the label never covers the bar
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::Pen;
use crate::tui::text;
use crate::tui::theme::Theme;

/// A bar with a label.
#[derive(Debug, Clone, PartialEq)]
pub struct Gauge<'a> {
    /// The used share of the limit, 0 to 1; `None` when it is not available: then there is no bar.
    pub used: Option<f64>,
    /// The share of the used part that is drawn in the second tone, 0 to 1.
    pub second: f64,
    /// The figures.
    pub label: &'a str,
    /// Columns for the label, so that bars below each other end together.
    pub label_columns: u16,
}

impl Gauge<'_> {
    /// Draws it into the first row of `area`.
    pub fn draw(&self, buffer: &mut Buffer, area: Rect, theme: &Theme) {
        let label_columns = self.label_columns.max(text::width(self.label) as u16);
        // a bar needs at least two cells
        let cells = Some(area.width.saturating_sub(label_columns + 1))
            .filter(|cells| *cells >= 2)
            .unwrap_or(0);
        let mut pen = Pen::new(buffer, area, theme.symbols.ellipsis);
        match self.used {
            Some(used) if cells > 0 => self.bar(&mut pen, used, usize::from(cells), theme),
            _ => {
                pen.skip(cells);
            }
        }
        let indent =
            (area.width.saturating_sub(cells)).saturating_sub(text::width(self.label) as u16);
        let style = if self.used.is_some() {
            Style::new()
        } else {
            theme.dim
        };
        pen.skip(indent).put(self.label, style);
    }

    fn bar(&self, pen: &mut Pen<'_>, used: f64, cells: usize, theme: &Theme) {
        let symbols = theme.symbols;
        let used = used.clamp(0.0, 1.0);
        let style = theme.by_level(theme.gauge, Some(used));
        let steps = symbols.eighths.len() + 1;
        let exact = used * (cells * steps) as f64;
        // any use at all fills at least one cell or eighth
        let filled = if used > 0.0 {
            exact.round().max(1.0) as usize
        } else {
            0
        };
        let (whole, part) = (filled / steps, filled % steps);
        let second = (self.second.clamp(0.0, 1.0) * whole as f64).round() as usize;
        for _ in 0..whole - second {
            pen.symbol(symbols.full, style);
        }
        for _ in 0..second {
            pen.symbol(symbols.second, theme.gauge_second);
        }
        let partial = part
            .checked_sub(1)
            .and_then(|index| symbols.eighths.get(index));
        if let Some(partial) = partial {
            pen.symbol(
                *partial,
                if second > 0 {
                    theme.gauge_second
                } else {
                    style
                },
            );
        }
        for _ in whole + usize::from(partial.is_some())..cells {
            pen.symbol(symbols.track, theme.gauge_track);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::{ColorDepth, Symbols};

    fn drawn(used: Option<f64>, second: f64, symbols: Symbols) -> String {
        let theme = Theme::named("dark", ColorDepth::True, symbols).unwrap();
        let mut buffer = Buffer::empty(Rect::new(0, 0, 15, 1));
        let gauge = Gauge {
            used,
            second,
            label: "x%",
            label_columns: 4,
        };
        gauge.draw(&mut buffer, Rect::new(0, 0, 15, 1), &theme);
        buffer
            .content()
            .iter()
            .map(ratatui::buffer::Cell::symbol)
            .collect()
    }

    #[test]
    fn bars_are_as_long_as_the_usage() {
        assert_eq!(drawn(Some(0.5), 0.0, Symbols::UNICODE), "█████·····   x%");
        assert_eq!(drawn(Some(0.55), 0.0, Symbols::UNICODE), "█████▌····   x%");
        assert_eq!(drawn(Some(1.0), 0.0, Symbols::UNICODE), "██████████   x%");
        assert_eq!(drawn(Some(7.0), 0.0, Symbols::UNICODE), "██████████   x%");
        assert_eq!(drawn(Some(0.0), 0.0, Symbols::UNICODE), "··········   x%");
        assert_eq!(
            drawn(Some(0.0001), 0.0, Symbols::UNICODE),
            "▏·········   x%"
        );
        assert_eq!(drawn(Some(0.44), 0.0, Symbols::ASCII), "||||......   x%");
    }

    #[test]
    fn the_second_tone_is_part_of_the_bar() {
        assert_eq!(drawn(Some(1.0), 0.75, Symbols::UNICODE), "██▒▒▒▒▒▒▒▒   x%");
        assert_eq!(drawn(Some(0.5), 0.4, Symbols::ASCII), "|||%%.....   x%");
    }

    #[test]
    fn no_figure_no_bar() {
        assert_eq!(drawn(None, 0.0, Symbols::UNICODE), "             x%");
    }
}
