//! [`DetachKeys`]: the keys that detach a terminal while the container keeps running.

use std::str::FromStr;

use super::SpecError;

/// A sequence of keys, as the bytes that a terminal in raw mode sends. An empty one never matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DetachKeys(Vec<u8>);

impl Default for DetachKeys {
    /// Docker's Ctrl-P Ctrl-Q.
    fn default() -> Self {
        Self(vec![0x10, 0x11])
    }
}

impl DetachKeys {
    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl FromStr for DetachKeys {
    type Err = SpecError;
    /// `ctrl-p,ctrl-q`, as docker writes it: `ctrl-` and a letter, `@`, `[`, `\\`, `]`, `^` or `_`,
    /// or one plain character, with commas between them. Empty text: no keys.
    fn from_str(text: &str) -> Result<Self, SpecError> {
        if text.is_empty() {
            return Ok(Self(Vec::new()));
        }
        let key = |word: &str| match word.strip_prefix("ctrl-").map(str::as_bytes) {
            Some([letter @ (b'a'..=b'z' | b'@' | b'['..=b'_')]) => {
                Some(letter.to_ascii_uppercase() & 0x1f)
            }
            None if word.len() == 1 && word.is_ascii() => {
                word.bytes().next().filter(u8::is_ascii_graphic)
            }
            _ => None,
        };
        text.split(',')
            .map(|word| key(word).ok_or(word))
            .collect::<Result<_, _>>()
            .map(Self)
            .map_err(|word| {
                SpecError::new(
                    "detach-keys",
                    format!("{word:?} is not a key; write keys such as ctrl-p,ctrl-q or ctrl-],x"),
                )
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dockers_spelling() {
        assert_eq!(
            "ctrl-p,ctrl-q".parse::<DetachKeys>().unwrap(),
            DetachKeys::default()
        );
        assert_eq!(
            "ctrl-],x".parse::<DetachKeys>().unwrap().bytes(),
            [0x1d, b'x']
        );
        assert_eq!("ctrl-@".parse::<DetachKeys>().unwrap().bytes(), [0]);
        assert!("".parse::<DetachKeys>().unwrap().bytes().is_empty());
        for wrong in ["ctrl-", "ctrl-pq", "esc", ",", "ctrl-é", "ctrl-1"] {
            assert_eq!(
                wrong.parse::<DetachKeys>().unwrap_err().field,
                "detach-keys",
                "{wrong}"
            );
        }
    }
}
