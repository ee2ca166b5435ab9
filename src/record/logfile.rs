//! The CRI log format: `2026-11-23T14:03:11.123456789Z stdout F line` (Kubernetes: design proposal
//! "CRI logging").
//!
//! `F` ends a line; `P` is a part of one that continues in the next entry of the same stream.

use std::io::BufRead;

use jiff::Timestamp;

/// One log line, or a part of a long one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogChunk {
    /// When the container wrote it.
    pub at: Timestamp,
    /// Whether it came from stderr.
    pub stderr: bool,
    /// The bytes, without the newline.
    pub bytes: Vec<u8>,
    /// Whether the line ends here (`F` in the CRI format; `P` is a part).
    pub full: bool,
}

/// Maximum text of one entry; longer lines are split, so that readers need bounded memory.
pub(super) const MAX_ENTRY: usize = 16 * 1024;

/// The head of an entry; the tag is its last but one byte. Made once for each read.
pub(super) fn head(at: Timestamp, stderr: bool) -> Vec<u8> {
    let stream = if stderr { "stderr" } else { "stdout" };
    format!("{at:.9} {stream} F ").into_bytes()
}

/// Encodes `bytes` as entries with `head`, appended to `out` until that holds about `max` bytes.
/// The rest stays in `bytes`.
pub(super) fn encode(head: &[u8], bytes: &mut &[u8], out: &mut Vec<u8>, max: usize) {
    while !bytes.is_empty() && out.len() < max {
        out.extend_from_slice(head);
        let text = out.len();
        let mut window = &bytes[..bytes.len().min(MAX_ENTRY)];
        // reading from memory cannot fail; this is the standard library's fast search for a byte
        let length = window.read_until(b'\n', out).unwrap_or(window.len());
        *bytes = &bytes[length..];
        if out.last() != Some(&b'\n') {
            out[text - 2] = b'P';
            out.push(b'\n');
        }
    }
}

/// Decodes one entry, without its newline; `None` when it is not one.
pub(super) fn decode(line: &[u8]) -> Option<LogChunk> {
    let mut fields = line.splitn(4, |b| *b == b' ');
    let at = std::str::from_utf8(fields.next()?).ok()?.parse().ok()?;
    let stderr = match fields.next()? {
        b"stdout" => false,
        b"stderr" => true,
        _ => return None,
    };
    let full = match fields.next()? {
        b"F" => true,
        b"P" => false,
        _ => return None,
    };
    Some(LogChunk {
        at,
        stderr,
        bytes: fields.next()?.to_vec(),
        full,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(out: &[u8]) -> Vec<LogChunk> {
        out.split_inclusive(|b| *b == b'\n')
            .map(|l| decode(&l[..l.len() - 1]).unwrap())
            .collect()
    }

    #[test]
    fn the_format_is_cri() {
        let at: Timestamp = "2026-11-23T14:03:11.123456789Z".parse().unwrap();
        let mut out = Vec::new();
        encode(
            &head(at, false),
            &mut &b"line\nrest"[..],
            &mut out,
            usize::MAX,
        );
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "2026-11-23T14:03:11.123456789Z stdout F line\n2026-11-23T14:03:11.123456789Z stdout P rest\n"
        );
    }

    #[test]
    fn any_bytes_survive_encoding() {
        let binary: Vec<u8> = (0..=255u8).cycle().take(90_000).collect();
        let (mut out, mut rest) = (Vec::new(), &binary[..]);
        let head = head(Timestamp::UNIX_EPOCH, true);
        while !rest.is_empty() {
            let before = out.len();
            encode(&head, &mut rest, &mut out, before + 1000);
            assert!(out.len() < before + 1000 + head.len() + MAX_ENTRY + 1);
        }
        let mut back = Vec::new();
        for chunk in decoded(&out) {
            assert!(chunk.stderr && chunk.bytes.len() <= MAX_ENTRY);
            back.extend_from_slice(&chunk.bytes);
            if chunk.full {
                back.push(b'\n');
            }
        }
        assert_eq!(back, binary);
    }

    #[test]
    fn invalid_lines_are_not_decoded() {
        for line in [
            "",
            "x",
            "2026-11-23T14:03:11Z stdout",
            "2026-11-23T14:03:11Z stdin F x",
            "2026-11-23T14:03:11Z stdout Q x",
            "now stdout F x",
        ] {
            assert_eq!(decode(line.as_bytes()), None, "{line}");
        }
        assert!(decode(b"2026-11-23T14:03:11Z stdout F ").is_some_and(|c| c.bytes.is_empty()));
    }
}
