//! [`LogWriter`]: what the supervisor drains a container's output into, rotated by size.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use jiff::Timestamp;

use super::log_rate::Rate;
use super::logfile::{encode, head};
use crate::spec::LogLimits;
use crate::sys::files::open_to_append;

/// As much is encoded and written at a time, in bytes, and one entry more at most.
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
    /// What was written in all, since the last [`LogWriter::take_logged`].
    logged: u64,
    /// For standard output and standard error: the last entry is a part of a line that may go on.
    open: [bool; 2],
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

    /// The same, which grows by `rate` bytes a second at most; beyond that lines are dropped, and
    /// the log says how many.
    #[must_use]
    pub fn at_most(self, rate: Option<u64>) -> Self {
        Self {
            rate: rate.map(|rate| Rate::new(rate, Instant::now())),
            ..self
        }
    }

    /// Appends what the container wrote just now. Nothing is kept in memory.
    ///
    /// # Errors
    /// What write(2) says (a full disk, say); the output is then lost to the log.
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
            // what comes next is another line
            self.append(&head, b"\n")?;
        }
        Ok(())
    }

    /// Says in the log how many lines were dropped, when there is room for more again, or
    /// `at_once`.
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

    /// When there is something to say though nothing more may be written: call
    /// [`LogWriter::log_dropped`] then.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        self.rate.as_ref().and_then(Rate::due)
    }

    /// How many bytes were written since this was last asked.
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

    /// The oldest file goes first, and the others move on into its place. Moved onto a file that is
    /// there, ext4 would write the other to the disk at once (`auto_da_alloc`, ext4(5)); a log that
    /// is rotated sooner than it would be written anyway never gets there.
    fn rotate(&mut self) -> io::Result<()> {
        let files = self.limits.files.max(1);
        let place = |number: u32| {
            if number == 0 {
                self.path.clone()
            } else {
                numbered(&self.path, number)
            }
        };
        there(std::fs::remove_file(place(files - 1)))?;
        for number in (1..files).rev() {
            there(std::fs::rename(place(number - 1), place(number)))?;
        }
        self.file = open_to_append(&self.path)?;
        self.written = 0;
        Ok(())
    }
}

/// A file that is not there need not be moved.
fn there(result: io::Result<()>) -> io::Result<()> {
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
