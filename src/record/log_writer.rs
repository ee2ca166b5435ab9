//! [`LogWriter`]: what the supervisor drains a container's output into, rotated by size.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::logfile::encode;
use crate::sys::files::open_to_append;

/// When a log is rotated, and how many files are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogLimits {
    /// Rotate when the current file would grow beyond this, in bytes.
    pub size: u64,
    /// Files kept in all: `log`, `log.1`, …
    pub files: u32,
}

impl Default for LogLimits {
    fn default() -> Self {
        Self { size: 10 << 20, files: 3 }
    }
}

/// Appends a container's output to its log.
#[derive(Debug)]
pub struct LogWriter {
    path: PathBuf,
    limits: LogLimits,
    file: File,
    written: u64,
    buffer: Vec<u8>,
}

impl LogWriter {
    /// Opens the log at `path` for appending.
    ///
    /// # Errors
    /// What open(2) says.
    pub fn open(path: &Path, limits: LogLimits) -> io::Result<Self> {
        let file = open_to_append(path)?;
        let written = file.metadata()?.len();
        Ok(Self { path: path.to_owned(), limits, file, written, buffer: Vec::new() })
    }

    /// Appends what the container wrote just now. Nothing is kept in memory.
    ///
    /// # Errors
    /// What write(2) says (a full disk, say); the output is then lost to the log.
    pub fn write(&mut self, stderr: bool, bytes: &[u8]) -> io::Result<()> {
        self.buffer.clear();
        encode(Timestamp::now(), stderr, bytes, &mut self.buffer);
        if self.written > 0 && self.written + self.buffer.len() as u64 > self.limits.size {
            self.rotate()?;
        }
        self.file.write_all(&self.buffer)?;
        self.written += self.buffer.len() as u64;
        Ok(())
    }

    fn rotate(&mut self) -> io::Result<()> {
        for number in (1..self.limits.files).rev() {
            let older = numbered(&self.path, number);
            let newer = if number == 1 { self.path.clone() } else { numbered(&self.path, number - 1) };
            match std::fs::rename(newer, older) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        if self.limits.files <= 1 {
            std::fs::remove_file(&self.path)?;
        }
        self.file = open_to_append(&self.path)?;
        self.written = 0;
        Ok(())
    }
}

/// `log.N`, the Nth older file.
pub(super) fn numbered(path: &Path, number: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    PathBuf::from(name)
}
