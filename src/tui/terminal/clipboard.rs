//! OSC 52: the clipboard of the user's terminal, also over ssh and through tmux.

use crossterm::Command;
use crossterm::clipboard::CopyToClipboard;

use crate::spec::format_bytes;

/// The most bytes that are copied: terminals cut off or drop a sequence of more than about 100,000
/// characters, and base64 makes four of three.
const MAX_BYTES: usize = 72 * 1024;

/// The sequence that puts `text` on the clipboard. Inside tmux it goes twice: to tmux, which takes
/// it when `set-clipboard` is `on`, and wrapped to the terminal around it, which gets it when
/// `allow-passthrough` is on.
///
/// # Errors
/// When it is too long.
pub(super) fn osc52(text: &str, in_tmux: bool) -> Result<String, String> {
    if text.len() > MAX_BYTES {
        let (length, most) = (
            format_bytes(text.len() as u64),
            format_bytes(MAX_BYTES as u64),
        );
        return Err(format!(
            "{length} is too long for a terminal's clipboard, which takes {most}"
        ));
    }
    let mut sequence = String::new();
    CopyToClipboard::to_clipboard_from(text)
        .write_ansi(&mut sequence)
        .map_err(|error| error.to_string())?;
    if in_tmux {
        let wrapped = format!("\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b"));
        sequence.push_str(&wrapped);
    }
    Ok(sequence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_in_tmux_and_too_long() {
        assert_eq!(osc52("hi", false).unwrap(), "\x1b]52;c;aGk=\x1b\\");
        assert_eq!(
            osc52("hi", true).unwrap(),
            "\x1b]52;c;aGk=\x1b\\\x1bPtmux;\x1b\x1b]52;c;aGk=\x1b\x1b\\\x1b\\"
        );
        assert!(
            osc52(&"x".repeat(MAX_BYTES + 1), false)
                .unwrap_err()
                .contains("72.0K")
        );
        assert!(osc52(&"x".repeat(MAX_BYTES), true).unwrap().len() < 2 * 100_000);
    }
}
