//! [`Spark`]: the recent past of one figure in one row, a column a tick.
//!
//! ```text
//!   ▁▁▂▃▅█▇▂▁      a gap is blank, zero is the lowest mark, anything above it at least the second
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::Scale;
use crate::tui::theme::Theme;

/// The recent past of one figure in one row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spark {
    /// What the highest mark stands for.
    pub scale: Scale,
    /// The value from whose share the colours warn; `None` for a figure without a limit.
    pub limit: Option<f64>,
    /// Its colour while it is far from the limit.
    pub style: Style,
}

impl Spark {
    /// Draws `values`, the newest first, into the first row of `area`: the newest at its right
    /// edge, as many as there are columns. `NaN` is a gap.
    pub fn draw(
        &self,
        buffer: &mut Buffer,
        area: Rect,
        values: impl IntoIterator<Item = f64>,
        theme: &Theme,
    ) {
        let area = area.intersection(buffer.area);
        if area.height == 0 {
            return;
        }
        let heights = theme.symbols.heights;
        let most = heights.len() - 1;
        for (x, value) in (area.x..area.right()).rev().zip(values) {
            if value.is_nan() {
                continue;
            }
            let step = (self.scale.share(value) * most as f64).round() as usize;
            let step = step.clamp(usize::from(value > 0.0), most);
            let share = self.limit.map(|limit| value / limit);
            buffer[(x, area.y)]
                .set_char(heights[step])
                .set_style(theme.by_level(self.style, share));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::{ColorDepth, Symbols};

    fn buffer(values: &[f64], symbols: Symbols) -> Buffer {
        let theme = Theme::named("dark", ColorDepth::True, symbols).unwrap();
        let area = Rect::new(0, 0, 6, 1);
        let mut buffer = Buffer::empty(area);
        let spark = Spark {
            scale: Scale {
                top: 7.0,
                line: None,
            },
            limit: Some(7.0),
            style: theme.cpu,
        };
        spark.draw(&mut buffer, area, values.iter().rev().copied(), &theme);
        buffer
    }

    fn drawn(values: &[f64], symbols: Symbols) -> String {
        let cells = buffer(values, symbols);
        cells
            .content()
            .iter()
            .map(ratatui::buffer::Cell::symbol)
            .collect()
    }

    #[test]
    fn the_newest_is_at_the_right_edge() {
        let all = [7.0, 0.0, 1.0, 2.0, 3.0, 5.0, 7.0];
        assert_eq!(drawn(&all, Symbols::UNICODE), "▁▂▃▄▆█");
        assert_eq!(drawn(&all, Symbols::ASCII), ".:-=*#");
        assert_eq!(drawn(&[1.0], Symbols::UNICODE), "     ▂");
        assert_eq!(drawn(&[], Symbols::UNICODE), "      ");
    }

    #[test]
    fn a_gap_is_blank_and_zero_the_lowest_mark() {
        let gap = [0.0, f64::NAN, 0.001, 9.0];
        assert_eq!(drawn(&gap, Symbols::UNICODE), "  ▁ ▂█");
        assert_eq!(drawn(&gap, Symbols::ASCII), "  . :#");
    }

    #[test]
    fn colours_warn_near_the_limit() {
        let theme = Theme::named("dark", ColorDepth::True, Symbols::UNICODE).unwrap();
        let cells = buffer(&[1.0, 6.0, 7.0], Symbols::UNICODE);
        let colours: Vec<_> = (3..6).map(|x| cells[(x, 0)].style().fg).collect();
        assert_eq!(
            colours,
            [theme.cpu.fg, theme.gauge_high.fg, theme.gauge_full.fg]
        );
    }

    #[test]
    fn nothing_is_drawn_outside_of_the_buffer() {
        let theme = Theme::named("dark", ColorDepth::True, Symbols::UNICODE).unwrap();
        let mut buffer = Buffer::empty(Rect::new(0, 0, 3, 1));
        let spark = Spark {
            scale: Scale {
                top: 1.0,
                line: None,
            },
            limit: None,
            style: Style::new(),
        };
        for area in [Rect::new(2, 0, 9, 1), Rect::new(0, 4, 3, 1), Rect::ZERO] {
            spark.draw(&mut buffer, area, [1.0; 20], &theme);
        }
        assert_eq!(buffer[(1, 0)].symbol(), " ");
        assert_eq!(buffer[(2, 0)].symbol(), "█");
    }
}
