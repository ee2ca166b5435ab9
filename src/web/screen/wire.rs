//! The messages of a viewer's WebSocket, as JSON texts: [`ClientMessage`] and [`ServerMessage`].

use ratatui::layout::Size;
use ratatui::style::{Color, Modifier};
use serde::{Deserialize, Serialize};

use crate::tui::SIXTEEN;
use crate::tui::message::Input;

/// Minimum and maximum columns and rows of a page.
const MIN_SIZE: Size = Size::new(20, 5);
const MAX_SIZE: Size = Size::new(400, 150);

/// A message from a page: a key (as a keymap writes it), a paste, the mouse at column and row, its
/// size.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientMessage {
    /// A key, such as `Ctrl-U`.
    Key(String),
    /// Pasted text.
    Paste(String),
    /// The mouse button was pressed.
    Click(u16, u16),
    /// The mouse was moved with the button pressed.
    Drag(u16, u16),
    /// The button was released.
    Release,
    /// The wheel was turned; up is negative.
    Wheel(u16, u16, i16),
    /// The page's columns and rows.
    Resize(u16, u16),
}

impl ClientMessage {
    /// The screen's input; `None` for an unknown key.
    #[must_use]
    pub fn input(self) -> Option<Input> {
        Some(match self {
            Self::Key(text) => Input::Key(text.parse().ok()?),
            Self::Paste(text) => Input::Paste(text),
            Self::Click(x, y) => Input::Click(x, y),
            Self::Drag(x, y) => Input::Drag(x, y),
            Self::Release => Input::Release,
            Self::Wheel(x, y, turn) => Input::Wheel(x, y, turn.signum()),
            Self::Resize(width, height) => {
                let size = bounded(width, height);
                Input::Resize(size.width, size.height)
            }
        })
    }
}

fn bounded(width: u16, height: u16) -> Size {
    Size::new(
        width.clamp(MIN_SIZE.width, MAX_SIZE.width),
        height.clamp(MIN_SIZE.height, MAX_SIZE.height),
    )
}

/// The size in a query such as `size=120x40`.
#[must_use]
pub fn size(query: &str) -> Option<Size> {
    let (width, height) = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("size="))?
        .split_once('x')?;
    Some(bounded(width.parse().ok()?, height.parse().ok()?))
}

/// Adjacent cells of one style: column, row, foreground, background (`#rrggbb`; `None` is the
/// page's own), modifiers (the bits of ratatui's `Modifier`), text. Each code point is a cell; any
/// other cell is a run of its own, with its width.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Run(
    pub u16,
    pub u16,
    pub Option<String>,
    pub Option<String>,
    pub u16,
    pub String,
    #[serde(skip_serializing_if = "Option::is_none")] pub Option<u16>,
);

/// A message to a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ServerMessage {
    /// The first message: the theme and title of the page around the cells.
    Hello {
        /// The theme's name.
        theme: &'static str,
        /// The host's name.
        host: String,
    },
    /// The changes since the last frame.
    Frame {
        /// Columns and rows.
        size: (u16, u16),
        /// Whether everything that is not in `runs` is blank.
        whole: bool,
        /// The cursor's position, if it is shown.
        cursor: Option<(u16, u16)>,
        /// What changed.
        runs: Vec<Run>,
    },
    /// Text for the clipboard.
    Copy(String),
    /// The screen has ended.
    Left {
        /// Why it ended, unless the user left.
        reason: Option<String>,
    },
}

impl ServerMessage {
    /// The JSON text.
    #[must_use]
    pub fn text(&self) -> String {
        // serializing these types cannot fail
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The modifiers that a page draws.
#[must_use]
pub fn modifiers(modifier: Modifier) -> u16 {
    (modifier - Modifier::SLOW_BLINK - Modifier::RAPID_BLINK - Modifier::HIDDEN).bits()
}

/// [`SIXTEEN`] as xterm has them.
const XTERM: [u32; 16] = [
    0x00_0000, 0xcd_0000, 0x00_cd00, 0xcd_cd00, 0x00_00ee, 0xcd_00cd, 0x00_cdcd, 0xe5_e5e5,
    0x7f_7f7f, 0xff_0000, 0x00_ff00, 0xff_ff00, 0x5c_5cff, 0xff_00ff, 0x00_ffff, 0xff_ffff,
];
/// The six steps of the colour cube of 256 colours.
const STEPS: [u32; 6] = [0, 95, 135, 175, 215, 255];

/// A colour as a page writes it; `None` for the page's own.
#[must_use]
pub fn color(color: Color) -> Option<String> {
    let number = match color {
        Color::Reset => return None,
        Color::Rgb(red, green, blue) => u32::from_be_bytes([0, red, green, blue]),
        Color::Indexed(index) => indexed(index),
        named => {
            let slot = SIXTEEN.iter().position(|other| *other == named);
            XTERM[slot.unwrap_or(7)]
        }
    };
    Some(format!("#{number:06x}"))
}

fn indexed(index: u8) -> u32 {
    match index {
        0..=15 => XTERM[usize::from(index)],
        16..=231 => {
            let cube = usize::from(index - 16);
            STEPS[cube / 36] << 16 | STEPS[cube / 6 % 6] << 8 | STEPS[cube % 6]
        }
        232..=255 => (8 + 10 * u32::from(index - 232)) * 0x01_0101,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Option<Input> {
        serde_json::from_str::<ClientMessage>(text)
            .ok()
            .and_then(ClientMessage::input)
    }

    #[test]
    fn page_input_equals_terminal_input() {
        assert_eq!(
            said(r#"{"key":"Ctrl-U"}"#),
            Some(Input::Key("Ctrl-U".parse().unwrap()))
        );
        assert_eq!(said(r#"{"click":[3,4]}"#), Some(Input::Click(3, 4)));
        assert_eq!(said(r#""release""#), Some(Input::Release));
        assert_eq!(
            said(r#"{"wheel":[1,2,-120]}"#),
            Some(Input::Wheel(1, 2, -1))
        );
        assert_eq!(
            said(r#"{"resize":[0,60000]}"#),
            Some(Input::Resize(20, 150)),
            "a page's size is bounded"
        );
        for nonsense in [
            "",
            "{}",
            "[]",
            r#"{"key":"Hyper-X"}"#,
            r#"{"click":[-1,4]}"#,
            r#"{"click":[70000,4]}"#,
            r#"{"format":"/"}"#,
        ] {
            assert_eq!(said(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn a_size_in_the_query_is_bounded() {
        assert_eq!(size("size=120x40"), Some(Size::new(120, 40)));
        assert_eq!(size("a=b&size=1x1"), Some(Size::new(20, 5)));
        assert_eq!(size("size=120"), None);
    }

    #[test]
    fn colours_are_xterms() {
        assert_eq!(color(Color::Reset), None);
        assert_eq!(color(Color::Rgb(1, 2, 255)).as_deref(), Some("#0102ff"));
        assert_eq!(color(Color::Red).as_deref(), Some("#cd0000"));
        assert_eq!(color(Color::Indexed(196)).as_deref(), Some("#ff0000"));
        assert_eq!(color(Color::Indexed(255)).as_deref(), Some("#eeeeee"));
    }
}
