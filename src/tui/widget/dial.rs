//! [`Dial`]: a gauge with a handle at its limit: usage, what the limit refused, the handle, and the
//! range beyond the limit.
//!
//! ```text
//! ██████▒▒···┃──────      used, refused, still allowed, the handle, beyond it
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::Pen;
use crate::tui::theme::Theme;

/// A gauge with a handle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dial {
    /// Usage as a share of the scale; `None` when it is not available.
    pub used: Option<f64>,
    /// Demand that the limit refused, as a share of the scale.
    pub refused: f64,
    /// Position of the handle as a share of the scale; `None` without a limit: at the end.
    pub limit: Option<f64>,
    /// Whether the keys move it.
    pub focused: bool,
    /// Whether the limit has not been applied yet.
    pub moving: bool,
}

impl Dial {
    /// Draws it into the first row of `area`.
    pub fn draw(&self, buffer: &mut Buffer, area: Rect, theme: &Theme) {
        let symbols = theme.symbols;
        let cells = usize::from(area.width);
        if cells < 3 {
            return;
        }
        let share = |value: f64| (value.clamp(0.0, 1.0) * cells as f64).round() as usize;
        let handle = self
            .limit
            .map_or(cells - 1, |limit| share(limit).saturating_sub(1));
        let used = self
            .used
            .map_or(0, |used| if used > 0.0 { share(used).max(1) } else { 0 });
        // the refused part is drawn at the end of the used part, at least one cell wide
        let refused = if self.refused > 0.0 {
            share(self.refused).max(1)
        } else {
            0
        };
        let within = used.min(handle);
        let share = self.used.zip(self.limit).map(|(used, limit)| used / limit);
        let tone = theme.by_level(theme.gauge, share);
        let style = match (self.moving, self.focused) {
            (true, _) => theme.pending,
            (false, true) => theme.key,
            (false, false) => Style::new(),
        };
        let mut pen = Pen::new(buffer, area, symbols.ellipsis);
        for cell in 0..cells {
            if cell == handle {
                pen.symbol(symbols.handle[usize::from(self.focused)], style);
            } else if (within.saturating_sub(refused)..within).contains(&cell) {
                pen.symbol(symbols.second, theme.gauge_second);
            } else if cell < used {
                pen.symbol(symbols.full, tone);
            } else if cell < handle {
                pen.symbol(symbols.track, theme.gauge_track);
            } else {
                pen.symbol(symbols.line, theme.gauge_track);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::{ColorDepth, Symbols};

    fn drawn(dial: Dial, symbols: Symbols) -> String {
        let theme = Theme::named("dark", ColorDepth::True, symbols).unwrap();
        let area = Rect::new(0, 0, 16, 1);
        let mut buffer = Buffer::empty(area);
        dial.draw(&mut buffer, area, &theme);
        buffer
            .content()
            .iter()
            .map(ratatui::buffer::Cell::symbol)
            .collect()
    }

    #[test]
    fn used_refused_handle_and_beyond() {
        let dial = Dial {
            used: Some(0.25),
            refused: 0.0,
            limit: Some(0.5),
            focused: false,
            moving: false,
        };
        assert_eq!(drawn(dial, Symbols::UNICODE), "████···│────────");
        assert_eq!(
            drawn(
                Dial {
                    focused: true,
                    ..dial
                },
                Symbols::UNICODE
            ),
            "████···┃────────"
        );
        assert_eq!(
            drawn(
                Dial {
                    refused: 0.1,
                    ..dial
                },
                Symbols::UNICODE
            ),
            "██▒▒···│────────"
        );
        assert_eq!(
            drawn(
                Dial {
                    used: Some(0.5),
                    refused: 0.2,
                    ..dial
                },
                Symbols::UNICODE
            ),
            "████▒▒▒│────────"
        );
        assert_eq!(
            drawn(
                Dial {
                    limit: None,
                    ..dial
                },
                Symbols::ASCII
            ),
            "||||...........]"
        );
        assert_eq!(
            drawn(Dial { used: None, ..dial }, Symbols::ASCII),
            ".......]--------"
        );
    }
}
