//! [`ColorDepth`]: how many colours the terminal has, and the nearest colour it can show.

use ratatui::style::Color;

/// How many colours the terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColorDepth {
    /// 24 bits.
    True,
    /// The 256 of xterm.
    Indexed,
    /// The 16 every terminal has.
    Sixteen,
}

/// The levels of each channel in xterm's 6×6×6 cube.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// The 16 colours with what xterm shows for them.
const SIXTEEN: [(Color, [u8; 3]); 16] = [
    (Color::Black, [0, 0, 0]),
    (Color::Red, [205, 0, 0]),
    (Color::Green, [0, 205, 0]),
    (Color::Yellow, [205, 205, 0]),
    (Color::Blue, [0, 0, 238]),
    (Color::Magenta, [205, 0, 205]),
    (Color::Cyan, [0, 205, 205]),
    (Color::Gray, [229, 229, 229]),
    (Color::DarkGray, [127, 127, 127]),
    (Color::LightRed, [255, 0, 0]),
    (Color::LightGreen, [0, 255, 0]),
    (Color::LightYellow, [255, 255, 0]),
    (Color::LightBlue, [92, 92, 255]),
    (Color::LightMagenta, [255, 0, 255]),
    (Color::LightCyan, [0, 255, 255]),
    (Color::White, [255, 255, 255]),
];

impl ColorDepth {
    /// The depth according to `COLORTERM` and `TERM`; 16 colours for an unknown terminal.
    #[must_use]
    pub fn detect(env: impl Fn(&str) -> Option<String>) -> Self {
        let colorterm = env("COLORTERM").unwrap_or_default();
        let term = env("TERM").unwrap_or_default();
        if matches!(colorterm.as_str(), "truecolor" | "24bit") || term.contains("direct") {
            Self::True
        } else if term.contains("256color") {
            Self::Indexed
        } else {
            Self::Sixteen
        }
    }

    /// `color` itself, or the nearest one of this depth.
    #[must_use]
    pub fn nearest(self, color: Color) -> Color {
        let Color::Rgb(r, g, b) = color else {
            return color;
        };
        match self {
            Self::True => color,
            Self::Indexed => Color::Indexed(indexed([r, g, b])),
            Self::Sixteen => {
                let nearest = SIXTEEN
                    .iter()
                    .min_by_key(|(_, shown)| distance(*shown, [r, g, b]));
                nearest.map_or(Color::Reset, |(color, _)| *color)
            }
        }
    }
}

fn distance(a: [u8; 3], b: [u8; 3]) -> u32 {
    a.iter()
        .zip(b)
        .map(|(x, y)| u32::from(x.abs_diff(y)).pow(2))
        .sum()
}

/// The nearest of the 6×6×6 cube (16 to 231) and the grey ramp (232 to 255).
fn indexed(rgb: [u8; 3]) -> u8 {
    let level = |channel: u8| {
        (0u8..6)
            .min_by_key(|i| CUBE[usize::from(*i)].abs_diff(channel))
            .unwrap_or(0)
    };
    let [r, g, b] = rgb.map(level);
    let cube = [r, g, b].map(|i| CUBE[usize::from(i)]);
    let grey = (0u8..24)
        .min_by_key(|step| distance([8 + 10 * step; 3], rgb))
        .unwrap_or(0);
    if distance([8 + 10 * grey; 3], rgb) < distance(cube, rgb) {
        232 + grey
    } else {
        16 + 36 * r + 6 * g + b
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_colours() {
        let red = Color::Rgb(250, 10, 10);
        assert_eq!(ColorDepth::True.nearest(red), red);
        assert_eq!(ColorDepth::Indexed.nearest(red), Color::Indexed(196));
        assert_eq!(ColorDepth::Sixteen.nearest(red), Color::LightRed);
        assert_eq!(
            ColorDepth::Indexed.nearest(Color::Rgb(128, 128, 128)),
            Color::Indexed(244)
        );
        assert_eq!(ColorDepth::Sixteen.nearest(Color::Cyan), Color::Cyan);
    }

    #[test]
    fn an_unknown_terminal_gets_16_colours() {
        let depth = |pairs: &'static [(&str, &str)]| {
            ColorDepth::detect(move |name| {
                pairs
                    .iter()
                    .find(|(n, _)| *n == name)
                    .map(|(_, v)| (*v).to_owned())
            })
        };
        assert_eq!(depth(&[]), ColorDepth::Sixteen);
        assert_eq!(depth(&[("TERM", "nosuchterm")]), ColorDepth::Sixteen);
        assert_eq!(depth(&[("TERM", "screen-256color")]), ColorDepth::Indexed);
        assert_eq!(
            depth(&[("TERM", "xterm"), ("COLORTERM", "truecolor")]),
            ColorDepth::True
        );
    }
}
