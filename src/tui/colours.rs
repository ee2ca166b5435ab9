//! Select Graphic Rendition (ECMA-48 8.3.117) as ratatui styles.

use ratatui::style::{Color, Modifier, Style};

/// A change of style within a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// The first byte with this style.
    pub from: usize,
    /// The style the program asked for, in full colour.
    pub style: Style,
}

/// The eight colours that every terminal has, then their bright versions.
pub(crate) const SIXTEEN: [Color; 16] = [
    Color::Black,
    Color::Red,
    Color::Green,
    Color::Yellow,
    Color::Blue,
    Color::Magenta,
    Color::Cyan,
    Color::Gray,
    Color::DarkGray,
    Color::LightRed,
    Color::LightGreen,
    Color::LightYellow,
    Color::LightBlue,
    Color::LightMagenta,
    Color::LightCyan,
    Color::White,
];

/// `style` after a sequence with these parameters: numbers between semicolons, with what belongs to
/// them after semicolons or colons. Unknown parameters are ignored, and so are blinking and hidden
/// text.
#[must_use]
pub(super) fn apply_sgr(style: Style, parameters: &str) -> Style {
    let mut style = style;
    let mut numbers = parameters.split([';', ':']).map(|number| {
        if number.is_empty() {
            Some(0)
        } else {
            number.parse::<u16>().ok()
        }
    });
    while let Some(number) = numbers.next() {
        let Some(number) = number else { continue };
        let add = |modifier| style.add_modifier(modifier);
        let without = |modifier: Modifier| Style {
            add_modifier: style.add_modifier.difference(modifier),
            ..style
        };
        style = match number {
            0 => Style::new(),
            1 => add(Modifier::BOLD),
            2 => add(Modifier::DIM),
            3 => add(Modifier::ITALIC),
            4 => add(Modifier::UNDERLINED),
            7 => add(Modifier::REVERSED),
            9 => add(Modifier::CROSSED_OUT),
            22 => without(Modifier::BOLD | Modifier::DIM),
            23 => without(Modifier::ITALIC),
            24 => without(Modifier::UNDERLINED),
            27 => without(Modifier::REVERSED),
            29 => without(Modifier::CROSSED_OUT),
            30..=37 => style.fg(SIXTEEN[usize::from(number - 30)]),
            90..=97 => style.fg(SIXTEEN[usize::from(number - 90 + 8)]),
            40..=47 => style.bg(SIXTEEN[usize::from(number - 40)]),
            100..=107 => style.bg(SIXTEEN[usize::from(number - 100 + 8)]),
            38 => Style {
                fg: further(&mut numbers).or(style.fg),
                ..style
            },
            48 => Style {
                bg: further(&mut numbers).or(style.bg),
                ..style
            },
            39 => Style { fg: None, ..style },
            49 => Style { bg: None, ..style },
            _ => style,
        };
    }
    style
}

/// The colour after 38 or 48: one of 256, or red, green and blue.
fn further(numbers: &mut impl Iterator<Item = Option<u16>>) -> Option<Color> {
    let mut byte = || {
        numbers
            .next()
            .flatten()
            .and_then(|number| u8::try_from(number).ok())
    };
    match byte()? {
        5 => byte().map(Color::Indexed),
        2 => Some(Color::Rgb(byte()?, byte()?, byte()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sgr_sequences_become_styles() {
        let plain = Style::new();
        assert_eq!(
            apply_sgr(plain, "1;31"),
            plain.fg(Color::Red).add_modifier(Modifier::BOLD)
        );
        assert_eq!(
            apply_sgr(plain, "38;5;208;4"),
            plain
                .fg(Color::Indexed(208))
                .add_modifier(Modifier::UNDERLINED)
        );
        assert_eq!(
            apply_sgr(plain, "48;2;1;2;3"),
            plain.bg(Color::Rgb(1, 2, 3))
        );
        assert_eq!(apply_sgr(plain, "38:5:9"), plain.fg(Color::Indexed(9)));
        assert_eq!(
            apply_sgr(plain, "97;100"),
            plain.fg(Color::White).bg(Color::DarkGray)
        );
        let loud = apply_sgr(plain, "1;4;35;45");
        assert_eq!(apply_sgr(loud, "22;24;39;49"), plain);
        assert_eq!((apply_sgr(loud, ""), apply_sgr(loud, "0")), (plain, plain));
    }

    #[test]
    fn invalid_parameters_are_ignored() {
        let green = Style::new().fg(Color::Green);
        for nonsense in [
            "999",
            "38;7",
            "38;5",
            "38;5;256",
            "48;2;1;2",
            "99999999999999",
        ] {
            assert_eq!(apply_sgr(green, nonsense), green, "{nonsense}");
        }
    }
}
