//! [`LogReader`]: reads a log from its oldest file on, and goes on as it grows and rotates.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::log_writer::numbered;
use super::logfile::{LogChunk, decode};

/// How much is read at a time, in bytes.
const BLOCK: usize = 64 * 1024;
/// Rotated files looked for.
const MOST_FILES: u32 = 100;

/// Reads a log on and on.
#[derive(Debug)]
pub struct LogReader {
    path: PathBuf,
    /// Files still to read, the oldest last; the one being read is `file`.
    older: Vec<File>,
    file: Option<File>,
    /// What was read and not yet returned: an incomplete entry, mostly.
    pending: Vec<u8>,
    start: usize,
}

impl LogReader {
    /// Opens the log at `path`, rotated files included. A log that does not exist yet is empty.
    ///
    /// # Errors
    /// What open(2) says, except that there is no such file.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut newest_first = Vec::new();
        for candidate in std::iter::once(path.to_owned()).chain((1..MOST_FILES).map(|n| numbered(path, n))) {
            match File::open(&candidate) {
                Ok(file) => newest_first.push(file),
                Err(error) if error.kind() == io::ErrorKind::NotFound && !newest_first.is_empty() => break,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        let file = newest_first.pop();
        Ok(Self { path: path.to_owned(), older: newest_first, file, pending: Vec::new(), start: 0 })
    }

    /// Up to `most` entries that were not returned before; empty when there is nothing new. Lines that are no entries are skipped.
    ///
    /// # Errors
    /// What read(2) says.
    pub fn read(&mut self, most: usize) -> io::Result<Vec<LogChunk>> {
        let mut chunks = Vec::new();
        while chunks.len() < most {
            if let Some(length) = self.pending[self.start..].iter().position(|b| *b == b'\n') {
                chunks.extend(decode(&self.pending[self.start..self.start + length]));
                self.start += length + 1;
            } else if !self.fill()? {
                break;
            }
        }
        Ok(chunks)
    }

    /// Reads a block more, going on to the next file at the end of one; `false` when there is nothing new.
    fn fill(&mut self) -> io::Result<bool> {
        self.pending.drain(..self.start);
        self.start = 0;
        loop {
            if let Some(file) = &mut self.file {
                let before = self.pending.len();
                let got = file.by_ref().take(BLOCK as u64).read_to_end(&mut self.pending)?;
                debug_assert_eq!(self.pending.len(), before + got);
                if got > 0 {
                    return Ok(true);
                }
            }
            let next = match self.older.pop() {
                Some(file) => Some(file),
                None => self.rotated_away()?,
            };
            let Some(next) = next else { return Ok(false) };
            self.file = Some(next);
        }
    }

    /// The new current file, when the one being read is no longer it.
    fn rotated_away(&self) -> io::Result<Option<File>> {
        let there = match File::open(&self.path) {
            Ok(there) => there,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(mine) = &self.file else { return Ok(Some(there)) };
        let same = there.metadata()?.ino() == mine.metadata()?.ino();
        Ok((!same).then_some(there))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{LogLimits, LogWriter};
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("minic-log-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    fn text(chunks: &[LogChunk]) -> Vec<String> {
        chunks.iter().map(|c| String::from_utf8_lossy(&c.bytes).into_owned()).collect()
    }

    #[test]
    fn reads_on_as_it_grows_and_rotates() {
        let folder = folder("rotate");
        let path = folder.join("log");
        let mut reader = LogReader::open(&path).unwrap();
        assert!(reader.read(9).unwrap().is_empty(), "no log yet");
        let mut writer = LogWriter::open(&path, LogLimits { size: 150, files: 2 }).unwrap();
        writer.write(false, b"one\ntwo\n").unwrap();
        assert_eq!(text(&reader.read(1).unwrap()), ["one"]);
        assert_eq!(text(&reader.read(9).unwrap()), ["two"]);
        writer.write(true, b"three\n").unwrap();
        writer.write(false, b"four\n").unwrap();
        assert_eq!(text(&reader.read(9).unwrap()), ["three", "four"], "over a rotation");
        for n in 0..9 {
            writer.write(false, format!("line {n}\n").as_bytes()).unwrap();
        }
        let files = std::fs::read_dir(&folder).unwrap().count();
        assert_eq!(files, 2, "the disk is not filled");
        let fresh = text(&LogReader::open(&path).unwrap().read(99).unwrap());
        assert_eq!(fresh.last().map(String::as_str), Some("line 8"));
        assert!(fresh.len() >= 2 && fresh.is_sorted(), "{fresh:?}");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn an_incomplete_entry_waits_for_its_rest() {
        let folder = folder("incomplete");
        let path = folder.join("log");
        std::fs::write(&path, b"garbage\n2026-11-23T14:03:11Z stdout F ab").unwrap();
        let mut reader = LogReader::open(&path).unwrap();
        assert!(reader.read(9).unwrap().is_empty());
        std::fs::write(&path, b"garbage\n2026-11-23T14:03:11Z stdout F abc\n").unwrap();
        assert_eq!(text(&reader.read(9).unwrap()), ["abc"]);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
