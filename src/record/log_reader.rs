//! [`LogReader`]: reads a log from its oldest file on, and goes on as it grows and rotates.

use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::lines::Lines;
use super::log_writer::numbered;
use super::logfile::{LogChunk, MAX_ENTRY, decode};
use crate::sys::files::open_to_read;

/// The longest entry, in bytes: its text, and the time, the stream and the tag before it.
const LONGEST: usize = MAX_ENTRY + 128;
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
    lines: Lines,
}

impl LogReader {
    /// Opens the log at `path`, rotated files included. A log that does not exist yet is empty.
    ///
    /// # Errors
    /// What open(2) says, except that there is no such file.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut newest_first = files(path)?;
        let file = newest_first.pop();
        Ok(Self {
            path: path.to_owned(),
            older: newest_first,
            file,
            lines: Lines::new(LONGEST),
        })
    }

    /// As [`LogReader::open`], from about `bytes` before the end of what is there now: for the last
    /// lines of a log that may be long.
    ///
    /// # Errors
    /// What open(2) and lseek(2) say.
    pub fn open_near_end(path: &Path, bytes: u64) -> io::Result<Self> {
        let mut reader = Self {
            path: path.to_owned(),
            older: Vec::new(),
            file: None,
            lines: Lines::new(LONGEST),
        };
        let mut left = bytes;
        for mut file in files(path)? {
            let length = file.metadata()?.len();
            // the entry that is cut in two is no entry, and skipped
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

    /// Up to `most` entries that were not returned before; empty when there is nothing new. Lines
    /// that are no entries are skipped.
    ///
    /// # Errors
    /// What read(2) says.
    pub fn read(&mut self, most: usize) -> io::Result<Vec<LogChunk>> {
        let mut chunks = Vec::new();
        while chunks.len() < most {
            if let Some(line) = self.lines.next() {
                chunks.extend(decode(line));
            } else if !self.fill()? {
                break;
            }
        }
        Ok(chunks)
    }

    /// Reads a block more, going on to the next file at the end of one; `false` when there is
    /// nothing new.
    fn fill(&mut self) -> io::Result<bool> {
        loop {
            if self.read_block()? {
                return Ok(true);
            }
            if self.older.is_empty() {
                self.older = self.younger()?;
                // what was written to this file after its end was read, and before it was put aside
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

    /// The files that came after the one being read, the oldest last; all there are when that one
    /// is no longer kept.
    fn younger(&self) -> io::Result<Vec<File>> {
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

/// The files of the log at `path`, the newest first. A rotation meanwhile moves files on to higher
/// numbers, the highest first: one may be met twice, and is taken once; a number may be free for a
/// moment, so that only two free ones in a row are the end.
fn files(path: &Path) -> io::Result<Vec<File>> {
    let (mut newest_first, mut seen, mut free) = (Vec::new(), Vec::new(), 0);
    for candidate in
        std::iter::once(path.to_owned()).chain((1..MOST_FILES).map(|n| numbered(path, n)))
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
    fn reads_on_as_it_grows_and_rotates() {
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
    fn no_file_is_passed_over_when_several_were_rotated_at_once() {
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
    fn the_end_of_a_long_log_is_near() {
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
