//! [`LogWriter`]: writes a container's output to its log, rotated by size.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use jiff::Timestamp;

use super::log_rate::Rate;
use super::logfile::{encode, head};
use crate::spec::LogLimits;
use crate::sys::files::open_to_append;

/// Bytes encoded and written at a time, plus at most one entry.
const CHUNK: usize = 32 << 10;

/// Appends a container's output to its log.
#[derive(Debug)]
pub struct LogWriter {
    path: PathBuf,
    limits: LogLimits,
    rate: Option<Rate>,
    file: File,
    /// The size of the file.
    written: u64,
    /// Bytes written since the last [`LogWriter::take_logged`].
    logged: u64,
    /// For stdout and stderr: whether the last entry is part of an unfinished line.
    open: [bool; 2],
    buffer: Vec<u8>,
}

impl LogWriter {
    /// Opens the log at `path` for appending.
    ///
    /// # Errors
    /// The error of open(2).
    pub fn open(path: &Path, limits: LogLimits) -> io::Result<Self> {
        let file = open_to_append(path)?;
        let written = file.metadata()?.len();
        let (path, open, buffer) = (path.to_owned(), [false; 2], Vec::new());
        Ok(Self {
            path,
            limits,
            rate: None,
            file,
            written,
            logged: 0,
            open,
            buffer,
        })
    }

    /// Limits its growth to `rate` bytes a second; lines beyond that are dropped, and their number
    /// is logged.
    #[must_use]
    pub fn with_rate(self, rate: Option<u64>) -> Self {
        Self {
            rate: rate.map(|rate| Rate::new(rate, Instant::now())),
            ..self
        }
    }

    /// Appends output of the container. Nothing is buffered.
    ///
    /// # Errors
    /// The error of write(2), such as ENOSPC; the output is then missing from the log.
    pub fn write(&mut self, stderr: bool, bytes: &[u8]) -> io::Result<()> {
        self.log_dropped(false)?;
        let head = head(Timestamp::now(), stderr);
        let (bytes, cut) = match &mut self.rate {
            Some(rate) => rate.admit(bytes, stderr, head.len()),
            None => (bytes, false),
        };
        if let Some(last) = bytes.last() {
            self.open[usize::from(stderr)] = *last != b'\n';
            self.append(&head, bytes)?;
        }
        if cut && std::mem::take(&mut self.open[usize::from(stderr)]) {
            // the next output is another line
            self.append(&head, b"\n")?;
        }
        Ok(())
    }

    /// Logs how many lines were dropped, once ignore_missing is room again, or `at_once`.
    ///
    /// # Errors
    /// As [`LogWriter::write`].
    pub fn log_dropped(&mut self, at_once: bool) -> io::Result<()> {
        let Some(dropped) = self
            .rate
            .as_mut()
            .and_then(|rate| rate.take_dropped(Instant::now(), at_once))
        else {
            return Ok(());
        };
        let lines = if dropped == 1 { "line" } else { "lines" };
        let word = format!("minic-tui: {dropped} {lines} dropped: more than --log-rate allows\n");
        let end: &[u8] = if std::mem::take(&mut self.open[1]) {
            b"\n"
        } else {
            b""
        };
        self.append(
            &head(Timestamp::now(), true),
            &[end, word.as_bytes()].concat(),
        )
    }

    /// When to call [`LogWriter::log_dropped`] even if nothing more is written.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        self.rate.as_ref().and_then(Rate::due)
    }

    /// Bytes written since the last call.
    pub fn take_logged(&mut self) -> u64 {
        std::mem::take(&mut self.logged)
    }

    fn append(&mut self, head: &[u8], mut bytes: &[u8]) -> io::Result<()> {
        let most = CHUNK.min(usize::try_from(self.limits.size).unwrap_or(CHUNK));
        while !bytes.is_empty() {
            self.buffer.clear();
            encode(head, &mut bytes, &mut self.buffer, most);
            let length = self.buffer.len() as u64;
            if self.written > 0 && self.written + length > self.limits.size {
                self.rotate()?;
            }
            self.file.write_all(&self.buffer)?;
            self.written += length;
            self.logged += length;
        }
        Ok(())
    }

    /// Deletes the oldest file first, then renames the others. Renaming over an existing file would
    /// make ext4 flush the renamed one at once (`auto_da_alloc`, ext4(5)).
    fn rotate(&mut self) -> io::Result<()> {
        let files = self.limits.files.max(1);
        let place = |number: u32| {
            if number == 0 {
                self.path.clone()
            } else {
                numbered(&self.path, number)
            }
        };
        ignore_missing(std::fs::remove_file(place(files - 1)))?;
        for number in (1..files).rev() {
            ignore_missing(std::fs::rename(place(number - 1), place(number)))?;
        }
        self.file = open_to_append(&self.path)?;
        self.written = 0;
        Ok(())
    }
}

/// Ignores a missing file.
fn ignore_missing(result: io::Result<()>) -> io::Result<()> {
    result.or_else(|error| {
        if error.kind() == io::ErrorKind::NotFound {
            Ok(())
        } else {
            Err(error)
        }
    })
}

/// `log.N`, the Nth older file.
pub(super) fn numbered(path: &Path, number: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    PathBuf::from(name)
}
