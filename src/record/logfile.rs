//! The CRI log format: `2026-11-23T14:03:11.123456789Z stdout F line` (Kubernetes: design proposal "CRI logging").
//!
//! `F` ends a line; `P` is a part of one that goes on in the next entry of the same stream.

use std::io::Write;

use jiff::Timestamp;

/// One whole log entry or a part of a long one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogChunk {
    /// When the container wrote it.
    pub at: Timestamp,
    /// Whether it came from standard error.
    pub stderr: bool,
    /// The bytes, without the newline.
    pub bytes: Vec<u8>,
    /// Whether the line ends here (`F` in the CRI format; `P` is a part).
    pub full: bool,
}

/// Longest text of one entry; a longer line is written as parts, so that no reader needs more memory than this.
pub(super) const MAX_ENTRY: usize = 16 * 1024;

/// Encodes what the container wrote at `at` as entries, appended to `out`.
pub(super) fn encode(at: Timestamp, stderr: bool, mut bytes: &[u8], out: &mut Vec<u8>) {
    let stream = if stderr { "stderr" } else { "stdout" };
    while !bytes.is_empty() {
        let window = &bytes[..bytes.len().min(MAX_ENTRY)];
        let (text, rest, tag) = match window.iter().position(|b| *b == b'\n') {
            Some(end) => (&bytes[..end], &bytes[end + 1..], 'F'),
            None => (window, &bytes[window.len()..], 'P'),
        };
        // writing to a Vec cannot fail
        let _ = write!(out, "{at:.9} {stream} {tag} ");
        out.extend_from_slice(text);
        out.push(b'\n');
        bytes = rest;
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
    Some(LogChunk { at, stderr, bytes: fields.next()?.to_vec(), full })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(out: &[u8]) -> Vec<LogChunk> {
        out.split_inclusive(|b| *b == b'\n').map(|l| decode(&l[..l.len() - 1]).unwrap()).collect()
    }

    #[test]
    fn the_format_is_cri() {
        let at: Timestamp = "2026-11-23T14:03:11.123456789Z".parse().unwrap();
        let mut out = Vec::new();
        encode(at, false, b"line\nrest", &mut out);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "2026-11-23T14:03:11.123456789Z stdout F line\n2026-11-23T14:03:11.123456789Z stdout P rest\n"
        );
    }

    #[test]
    fn any_bytes_come_back_as_they_were() {
        let binary: Vec<u8> = (0..=255u8).cycle().take(90_000).collect();
        let mut out = Vec::new();
        encode(Timestamp::UNIX_EPOCH, true, &binary, &mut out);
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
    fn nonsense_is_no_entry() {
        for line in
            ["", "x", "2026-11-23T14:03:11Z stdout", "2026-11-23T14:03:11Z stdin F x", "2026-11-23T14:03:11Z stdout Q x", "now stdout F x"]
        {
            assert_eq!(decode(line.as_bytes()), None, "{line}");
        }
        assert!(decode(b"2026-11-23T14:03:11Z stdout F ").is_some_and(|c| c.bytes.is_empty()));
    }
}
