//! [`Lines`]: the lines of a growing file, in bounded memory even for endless lines and holes.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use nix::unistd::{Whence, lseek};

/// Bytes read at a time.
const BLOCK: usize = 64 << 10;

/// A buffer of data read and not yet taken.
#[derive(Debug)]
pub(super) struct Lines {
    pending: Vec<u8>,
    start: usize,
    /// The maximum length of a line, in bytes; longer ones are skipped.
    max_line: usize,
    /// Whether it is inside a line that is too long.
    passing: bool,
}

impl Lines {
    pub(super) fn new(max_line: usize) -> Self {
        Self {
            pending: Vec::new(),
            start: 0,
            max_line,
            passing: false,
        }
    }

    /// The next whole line, without its end.
    pub(super) fn next(&mut self) -> Option<&[u8]> {
        loop {
            let length = self.pending[self.start..]
                .iter()
                .position(|b| *b == b'\n')?;
            let line = self.start..self.start + length;
            self.start = line.end + 1;
            if !std::mem::take(&mut self.passing) && length <= self.max_line {
                return Some(&self.pending[line]);
            }
        }
    }

    /// Reads more of `file`; `false` at its end. Take all lines first.
    pub(super) fn fill(&mut self, file: &mut File) -> io::Result<bool> {
        self.pending.drain(..self.start);
        self.start = 0;
        self.passing |= self.pending.len() > self.max_line;
        if !self.passing {
            return Ok(file.take(BLOCK as u64).read_to_end(&mut self.pending)? > 0);
        }
        loop {
            self.pending.clear();
            if file.take(BLOCK as u64).read_to_end(&mut self.pending)? == 0 {
                return Ok(false);
            }
            if self.pending.contains(&b'\n') {
                return Ok(true);
            }
            if self.pending.iter().all(|b| *b == 0) {
                skip_hole(file)?;
            }
        }
    }
}

/// Seeks past a hole to the next data of `file`, or to its end.
fn skip_hole(file: &mut File) -> io::Result<()> {
    use nix::errno::Errno::ENXIO;
    let at = i64::try_from(file.stream_position()?).unwrap_or(i64::MAX);
    match lseek(&*file, at, Whence::SeekData) {
        Err(ENXIO) => file.seek(SeekFrom::End(0)).map(drop),
        // without SEEK_DATA the hole is read
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn an_endless_line_is_skipped_in_bounded_memory() {
        let path = std::env::temp_dir().join(format!("minic-lines-{}", std::process::id()));
        let mut writer = File::create(&path).unwrap();
        writer.write_all(b"one\n").unwrap();
        writer.write_all(&[b'x'; 100]).unwrap();
        writer.seek(SeekFrom::Start(1 << 40)).unwrap();
        writer.write_all(b"end\ntwo\nthr").unwrap();
        let (mut file, mut lines, mut seen) =
            (File::open(&path).unwrap(), Lines::new(50), Vec::new());
        loop {
            while let Some(line) = lines.next() {
                seen.push(String::from_utf8_lossy(line).into_owned());
            }
            assert!(lines.pending.capacity() <= 4 * BLOCK);
            if !lines.fill(&mut file).unwrap() {
                break;
            }
        }
        assert_eq!(seen, ["one", "two"]);
        writer.write_all(b"ee\n").unwrap();
        assert!(lines.fill(&mut file).unwrap());
        assert_eq!(
            lines.next(),
            Some(&b"three"[..]),
            "an unfinished line waits"
        );
        std::fs::remove_file(path).unwrap();
    }
}
