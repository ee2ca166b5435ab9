//! [`Chord`]: one key with its modifiers, as people write it: `q`, `G`, `F10`, `Ctrl-U`,
//! `Shift-Tab`.

use std::fmt;
use std::str::FromStr;

/// A key without its modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A character, as typed: upper case when Shift was held.
    Char(char),
    /// F1 to F12.
    F(u8),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Insert.
    Insert,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
}

/// The named keys and their names, in keymaps and on the screen.
const NAMES: &[(Key, &str)] = &[
    (Key::Enter, "Enter"),
    (Key::Esc, "Esc"),
    (Key::Tab, "Tab"),
    (Key::Backspace, "Backspace"),
    (Key::Delete, "Delete"),
    (Key::Insert, "Insert"),
    (Key::Home, "Home"),
    (Key::End, "End"),
    (Key::PageUp, "PageUp"),
    (Key::PageDown, "PageDown"),
    (Key::Up, "Up"),
    (Key::Down, "Down"),
    (Key::Left, "Left"),
    (Key::Right, "Right"),
    (Key::Char(' '), "Space"),
];

/// One key press.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Chord {
    /// The key.
    pub key: Key,
    /// Control was held. A character is then lower case: terminals cannot tell Ctrl-U from
    /// Ctrl-Shift-U.
    pub ctrl: bool,
    /// Alt was held.
    pub alt: bool,
    /// Shift was held with a key that is not a character.
    pub shift: bool,
}

impl Chord {
    /// The chord in its one normal form, so that equal presses are equal values.
    #[must_use]
    pub fn new(key: Key, ctrl: bool, alt: bool, shift: bool) -> Self {
        let (key, shift) = match key {
            Key::Char(c) if ctrl => (Key::Char(c.to_ascii_lowercase()), false),
            Key::Char(c) => (Key::Char(c), false),
            other => (other, shift),
        };
        Self {
            key,
            ctrl,
            alt,
            shift,
        }
    }

    /// The character that this press types, if it types one.
    #[must_use]
    pub fn typed(&self) -> Option<char> {
        match self.key {
            Key::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }
}

impl From<Key> for Chord {
    fn from(key: Key) -> Self {
        Self::new(key, false, false, false)
    }
}

impl FromStr for Chord {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (mut ctrl, mut alt, mut shift) = (false, false, false);
        let mut rest = text;
        while let Some((modifier, after)) =
            rest.split_once('-').filter(|(_, after)| !after.is_empty())
        {
            match modifier.to_ascii_lowercase().as_str() {
                "ctrl" | "c" => ctrl = true,
                "alt" | "m" => alt = true,
                "shift" => shift = true,
                _ => {
                    return Err(format!(
                        "{modifier:?} is not a modifier; use Ctrl-, Alt- or Shift-"
                    ));
                }
            }
            rest = after;
        }
        let mut chars = rest.chars();
        let key = match (chars.next(), chars.next()) {
            (Some(c), None) if !c.is_control() => {
                Key::Char(if shift { c.to_ascii_uppercase() } else { c })
            }
            _ => named(rest)?,
        };
        Ok(Self::new(key, ctrl, alt, shift))
    }
}

fn named(text: &str) -> Result<Key, String> {
    let wanted = match text.to_ascii_lowercase().as_str() {
        "pgup" => "pageup".to_owned(),
        "pgdn" | "pgdown" => "pagedown".to_owned(),
        "del" => "delete".to_owned(),
        "escape" => "esc".to_owned(),
        other => other.to_owned(),
    };
    if let Some((key, _)) = NAMES
        .iter()
        .find(|(_, name)| name.eq_ignore_ascii_case(&wanted))
    {
        return Ok(*key);
    }
    let function = wanted
        .strip_prefix('f')
        .and_then(|number| number.parse::<u8>().ok());
    if let Some(number) = function.filter(|n| (1..=12).contains(n)) {
        return Ok(Key::F(number));
    }
    let names: Vec<_> = NAMES.iter().map(|(_, name)| *name).collect();
    Err(format!(
        "{text:?} is not a key; use one character, F1 to F12, or {}",
        names.join(", ")
    ))
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (held, name) in [
            (self.ctrl, "Ctrl-"),
            (self.alt, "Alt-"),
            (self.shift, "Shift-"),
        ] {
            if held {
                f.write_str(name)?;
            }
        }
        if let Some((_, name)) = NAMES.iter().find(|(key, _)| *key == self.key) {
            return f.write_str(name);
        }
        match self.key {
            Key::F(number) => write!(f, "F{number}"),
            // Ctrl-U is how people write it, though no Shift is meant
            Key::Char(c) if self.ctrl => write!(f, "{}", c.to_ascii_uppercase()),
            Key::Char(c) => write!(f, "{c}"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_and_read_back() {
        for text in [
            "q",
            "G",
            "?",
            "F10",
            "Ctrl-U",
            "Shift-Tab",
            "Space",
            "PageUp",
            "-",
            "Ctrl--",
            "Alt-x",
            "é",
        ] {
            let chord: Chord = text.parse().unwrap();
            assert_eq!(chord.to_string(), text);
        }
        assert_eq!("ctrl-u".parse::<Chord>(), "Ctrl-U".parse());
        assert_eq!("Shift-g".parse::<Chord>(), "G".parse());
        assert_eq!("PgDn".parse::<Chord>(), "PageDown".parse());
    }

    #[test]
    fn invalid_keys_list_the_valid_ones() {
        assert!("F13".parse::<Chord>().unwrap_err().contains("F1 to F12"));
        assert!(
            "Hyper-x"
                .parse::<Chord>()
                .unwrap_err()
                .contains("Ctrl-, Alt- or Shift-")
        );
        assert!("".parse::<Chord>().is_err());
        assert!("Entr".parse::<Chord>().unwrap_err().contains("Enter"));
    }

    #[test]
    fn only_plain_characters_type() {
        assert_eq!("G".parse::<Chord>().unwrap().typed(), Some('G'));
        assert_eq!("Space".parse::<Chord>().unwrap().typed(), Some(' '));
        assert_eq!("Ctrl-U".parse::<Chord>().unwrap().typed(), None);
        assert_eq!("Enter".parse::<Chord>().unwrap().typed(), None);
    }
}
