//! [`Graph`]: the recent past as a filled curve, in braille (2 ticks and 4 levels a cell) or in
//! ASCII (1 tick and 2 levels a cell).

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::Pen;
use crate::tui::theme::Theme;

/// The dots of a braille cell from the bottom up, left column and right (Unicode block U+2800).
const DOTS: [[u32; 4]; 2] = [[0x40, 0x04, 0x02, 0x01], [0x80, 0x20, 0x10, 0x08]];

/// The recent past of one figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Graph<'a> {
    /// The values, oldest first; the newest stands at the right edge. `NaN` leaves a gap.
    pub values: &'a [f64],
    /// The value that reaches the upper edge.
    pub top: f64,
    /// Its colour.
    pub style: Style,
}

impl Graph<'_> {
    /// How many of the newest values an area of `width` columns shows.
    #[must_use]
    pub fn ticks(width: u16, theme: &Theme) -> usize {
        usize::from(width) * if theme.symbols.braille { 2 } else { 1 }
    }

    /// Draws it into `area`.
    pub fn draw(&self, buffer: &mut Buffer, area: Rect, theme: &Theme) {
        let (across, levels) = if theme.symbols.braille {
            (2, 4)
        } else {
            (1, 2)
        };
        let columns = usize::from(area.width) * across;
        let steps = usize::from(area.height) * levels;
        let shown = &self.values[self.values.len().saturating_sub(columns)..];
        let missing = columns - shown.len();
        let height = |column: usize| -> usize {
            let value = column.checked_sub(missing).map_or(f64::NAN, |at| shown[at]);
            if value.is_nan() {
                return 0;
            }
            let share = if self.top > 0.0 {
                (value / self.top).clamp(0.0, 1.0)
            } else {
                0.0
            };
            // zero still draws a line, to tell it from a gap
            ((share * steps as f64).round() as usize).max(1)
        };
        for row in 0..area.height {
            let floor = usize::from(area.height - 1 - row) * levels;
            let line = Rect::new(area.x, area.y + row, area.width, 1);
            let mut pen = Pen::new(buffer, line, theme.symbols.ellipsis);
            for cell in 0..usize::from(area.width) {
                let level = |column: usize| {
                    height(cell * across + column)
                        .saturating_sub(floor)
                        .min(levels)
                };
                let symbol = if theme.symbols.braille {
                    braille([level(0), level(1)])
                } else {
                    [' ', '.', '#'][level(0)]
                };
                pen.symbol(symbol, self.style);
            }
        }
    }
}

fn braille(levels: [usize; 2]) -> char {
    let dots: u32 = levels
        .iter()
        .zip(DOTS)
        .map(|(level, dots)| dots[..*level].iter().sum::<u32>())
        .sum();
    match dots {
        0 => ' ',
        dots => char::from_u32(0x2800 + dots).unwrap_or(' '),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::{ColorDepth, Symbols};

    fn drawn(values: &[f64], symbols: Symbols) -> Vec<String> {
        let theme = Theme::named("dark", ColorDepth::True, symbols).unwrap();
        let area = Rect::new(0, 0, 4, 2);
        let mut buffer = Buffer::empty(area);
        let graph = Graph {
            values,
            top: 8.0,
            style: Style::new(),
        };
        graph.draw(&mut buffer, area, &theme);
        let cells: Vec<_> = buffer
            .content()
            .iter()
            .map(ratatui::buffer::Cell::symbol)
            .collect();
        cells.chunks(4).map(<[&str]>::concat).collect()
    }

    #[test]
    fn the_newest_is_at_the_right_edge() {
        assert_eq!(drawn(&[8.0], Symbols::UNICODE), ["   ⢸", "   ⢸"]);
        assert_eq!(
            drawn(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], Symbols::UNICODE),
            ["  ⣠⣾", "⣠⣾⣿⣿"]
        );
        assert_eq!(
            drawn(&[9.0, 0.0, 4.0, 8.0, 6.0], Symbols::ASCII),
            ["  #.", ".###"]
        );
    }

    #[test]
    fn gaps_are_gaps_and_nothing_is_a_line() {
        assert_eq!(
            drawn(&[0.0, f64::NAN, 0.0, 0.0], Symbols::ASCII),
            ["    ", ". .."]
        );
        assert_eq!(drawn(&[], Symbols::UNICODE), ["    ", "    "]);
    }
}
