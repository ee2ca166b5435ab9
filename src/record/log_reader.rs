//! [`LogReader`]: reads a log from its oldest file on, and follows it as it grows and rotates.

use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::lines::Lines;
use super::log_writer::numbered;
use super::logfile::{LogChunk, MAX_ENTRY, decode};
use crate::sys::files::open_to_read;

/// The maximum length of an entry, in bytes: its text, after time, stream and tag.
const MAX_LINE: usize = MAX_ENTRY + 128;
/// Maximum number of rotated files.
const MAX_FILES: u32 = 100;

/// Reads and follows a log.
#[derive(Debug)]
pub struct LogReader {
    path: PathBuf,
    /// Files still to read, the oldest last; the one being read is `file`.
    older: Vec<File>,
    file: Option<File>,
    /// Data read and not yet returned, usually an incomplete entry.
    lines: Lines,
}

impl LogReader {
    /// Opens the log at `path`, including rotated files. A log that does not exist yet is empty.
    ///
    /// # Errors
    /// The error of open(2), except ENOENT.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut newest_first = files(path)?;
        let file = newest_first.pop();
        Ok(Self {
            path: path.to_owned(),
            older: newest_first,
            file,
            lines: Lines::new(MAX_LINE),
        })
    }

    /// As [`LogReader::open`], from about `bytes` before the current end: for the last lines of a
    /// long log.
    ///
    /// # Errors
    /// The errors of open(2) and lseek(2).
    pub fn open_near_end(path: &Path, bytes: u64) -> io::Result<Self> {
        let mut reader = Self {
            path: path.to_owned(),
            older: Vec::new(),
            file: None,
            lines: Lines::new(MAX_LINE),
        };
        let mut left = bytes;
        for mut file in files(path)? {
            let length = file.metadata()?.len();
            // the entry that is cut is invalid, and skipped
            file.seek(SeekFrom::Start(length.saturating_sub(left)))?;
            reader.older.push(file);
            left = left.saturating_sub(length);
            if left == 0 {
                break;
            }
        }
        reader.file = reader.older.pop();
        Ok(reader)
    }

    /// Up to `max` entries not returned before; empty when there is nothing new. Invalid lines are
    /// skipped.
    ///
    /// # Errors
    /// The error of read(2).
    pub fn read(&mut self, max: usize) -> io::Result<Vec<LogChunk>> {
        let mut chunks = Vec::new();
        while chunks.len() < max {
            if let Some(line) = self.lines.next() {
                chunks.extend(decode(line));
            } else if !self.fill()? {
                break;
            }
        }
        Ok(chunks)
    }

    /// Reads another block, continuing with the next file at the end of one; `false` when there is
    /// nothing new.
    fn fill(&mut self) -> io::Result<bool> {
        loop {
            if self.read_block()? {
                return Ok(true);
            }
            if self.older.is_empty() {
                self.older = self.newer()?;
                // written to this file after its end was read, and before it was rotated
                if !self.older.is_empty() && self.read_block()? {
                    return Ok(true);
                }
            }
            let Some(next) = self.older.pop() else {
                return Ok(false);
            };
            self.file = Some(next);
        }
    }

    fn read_block(&mut self) -> io::Result<bool> {
        self.file
            .as_mut()
            .map_or(Ok(false), |file| self.lines.fill(file))
    }

    /// The files newer than the one being read, the oldest last; all files when that one was
    /// deleted.
    fn newer(&self) -> io::Result<Vec<File>> {
        let mut newest_first = files(&self.path)?;
        let Some(mine) = &self.file else {
            return Ok(newest_first);
        };
        let mine = mine.metadata()?.ino();
        for at in 0..newest_first.len() {
            if newest_first[at].metadata()?.ino() == mine {
                newest_first.truncate(at);
                break;
            }
        }
        Ok(newest_first)
    }
}

/// The files of the log at `path`, the newest first. A concurrent rotation renames files to higher
/// numbers, the highest first: duplicates are dropped, and since a number may be free for a moment,
/// only two free ones in a row mean the end.
fn files(path: &Path) -> io::Result<Vec<File>> {
    let (mut newest_first, mut seen, mut free) = (Vec::new(), Vec::new(), 0);
    for candidate in
        std::iter::once(path.to_owned()).chain((1..MAX_FILES).map(|n| numbered(path, n)))
    {
        match open_to_read(&candidate) {
            Ok(file) => {
                free = 0;
                let number = file.metadata()?.ino();
                if !seen.contains(&number) {
                    seen.push(number);
                    newest_first.push(file);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                free += 1;
                if free == 2 {
                    break;
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(newest_first)
}

#[cfg(test)]
#[path = "log_gap_tests.rs"]
mod gap_tests;

#[cfg(test)]
mod tests {
    use super::super::LogWriter;
    use super::*;
    use crate::spec::LogLimits;

    fn folder(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("minic-log-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    fn text(chunks: &[LogChunk]) -> Vec<String> {
        chunks
            .iter()
            .map(|c| String::from_utf8_lossy(&c.bytes).into_owned())
            .collect()
    }

    #[test]
    fn follows_growth_and_rotation() {
        let folder = folder("rotate");
        let path = folder.join("log");
        let mut reader = LogReader::open(&path).unwrap();
        assert!(reader.read(9).unwrap().is_empty(), "no log yet");
        let mut writer = LogWriter::open(
            &path,
            LogLimits {
                size: 150,
                files: 2,
            },
        )
        .unwrap();
        writer.write(false, b"one\ntwo\n").unwrap();
        assert_eq!(text(&reader.read(1).unwrap()), ["one"]);
        assert_eq!(text(&reader.read(9).unwrap()), ["two"]);
        writer.write(true, b"three\n").unwrap();
        writer.write(false, b"four\n").unwrap();
        assert_eq!(
            text(&reader.read(9).unwrap()),
            ["three", "four"],
            "over a rotation"
        );
        for n in 0..9 {
            writer
                .write(false, format!("line {n}\n").as_bytes())
                .unwrap();
        }
        let files = std::fs::read_dir(&folder).unwrap().count();
        assert_eq!(files, 2, "the disk is not filled");
        let fresh = text(&LogReader::open(&path).unwrap().read(99).unwrap());
        assert_eq!(fresh.last().map(String::as_str), Some("line 8"));
        assert!(fresh.len() >= 2 && fresh.is_sorted(), "{fresh:?}");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn no_file_is_missed_after_several_rotations() {
        let folder = folder("several");
        let path = folder.join("log");
        let mut writer = LogWriter::open(
            &path,
            LogLimits {
                size: 100,
                files: 50,
            },
        )
        .unwrap();
        let mut reader = LogReader::open(&path).unwrap();
        let mut seen = Vec::new();
        for n in 0..40 {
            writer
                .write(false, format!("line {n:02}\n").as_bytes())
                .unwrap();
            if n % 13 == 0 {
                seen.extend(text(&reader.read(99).unwrap()));
            }
        }
        seen.extend(text(&reader.read(99).unwrap()));
        assert_eq!(
            seen,
            (0..40).map(|n| format!("line {n:02}")).collect::<Vec<_>>()
        );
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn the_end_of_a_long_log_is_read_without_its_beginning() {
        let folder = folder("near");
        let path = folder.join("log");
        let mut writer = LogWriter::open(
            &path,
            LogLimits {
                size: 1000,
                files: 5,
            },
        )
        .unwrap();
        for n in 0..60 {
            writer
                .write(false, format!("line {n:02}\n").as_bytes())
                .unwrap();
        }
        let near = text(
            &LogReader::open_near_end(&path, 1200)
                .unwrap()
                .read(99)
                .unwrap(),
        );
        assert!(
            near.len() > 15
                && near.len() < 30
                && near.last().unwrap() == "line 59"
                && near.is_sorted(),
            "{near:?}"
        );
        let all = text(
            &LogReader::open_near_end(&path, u64::MAX)
                .unwrap()
                .read(99)
                .unwrap(),
        );
        assert_eq!(all.len(), 60);
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
