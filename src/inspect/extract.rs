//! Copying what a container changed out to the host.
//!
//! Both sides are enemies: the container changes its layer while it is copied, and others on this
//! machine may own folders on the way to where it goes. The layer is read as
//! [`changes`](super::changes) reads it; where it goes is root's alone ([`Target`]), and written by
//! descriptor.

use std::ffi::{CStr, CString};
use std::fmt;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::dir::Dir;
use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, openat};
use nix::libc;
use nix::sys::stat::{Mode, SFlag, fstat, fstatat, mkdirat};
use nix::unistd::{UnlinkatFlags, Whence, lseek, unlinkat};

use super::changes::{Layers, MAX_PATH, below, c_path, kind, open_file};
use super::extract_target::Target;
use super::failure::{InspectError, failed};
use crate::spec::format_bytes;
use crate::sys::mount::{open_in_root, open_without_links};

/// The most files and folders that are copied at once.
const MAX_FILES: u64 = 100_000;
/// The most that is copied at once, in bytes; holes count nothing.
const MAX_BYTES: u64 = 16 << 30;
/// The most that is remembered of folders yet to be copied, in bytes: a container's paths may be as
/// long as its names are many.
const MAX_PENDING: usize = 32 << 20;
/// How often who waits is told how far it is, and asked whether to go on.
const TELL: Duration = Duration::from_millis(200);
/// How much is copied at a time, in bytes.
const BLOCK: usize = 256 << 10;

/// What was copied, or is so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extracted {
    /// Where it is.
    pub into: PathBuf,
    /// Files copied.
    pub files: u64,
    /// Bytes copied, without holes.
    pub bytes: u64,
    /// Files and folders that could not be copied.
    pub skipped: u64,
    /// The first of them, and why.
    pub first_skipped: Option<String>,
    /// Why it ended before everything was copied, when it did.
    pub stopped: Option<String>,
}

impl Extracted {
    /// Whether nothing was left out.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.skipped == 0 && self.stopped.is_none()
    }

    /// How much was copied, in words.
    #[must_use]
    pub fn copied(&self) -> String {
        format!(
            "{} file{}, {}",
            self.files,
            if self.files == 1 { "" } else { "s" },
            format_bytes(self.bytes)
        )
    }
}

impl fmt::Display for Extracted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.copied(), self.into.display())?;
        if let Some(first) = &self.first_skipped {
            write!(f, "; left out {}: {first}", self.skipped)?;
        }
        self.stopped
            .as_ref()
            .map_or(Ok(()), |why| write!(f, "; not all of it: {why}"))
    }
}

impl Layers {
    /// Copies what the container changed at `path` into the host's folder `into`. `proceed` hears how
    /// far it is, and says whether to go on.
    pub(crate) fn extract(
        &self,
        path: &str,
        into: &Path,
        proceed: &mut dyn FnMut(&Extracted) -> bool,
    ) -> Result<Extracted, InspectError> {
        let inside = c_path(path.trim_matches('/'))?;
        let name = inside
            .to_bytes()
            .rsplit(|byte| *byte == b'/')
            .next()
            .unwrap_or_default();
        if matches!(name, b"" | b"." | b"..") {
            return Err(failed(format!("extract {path}"), "it names no file"));
        }
        let target = Target::open(into)?;
        let what = || format!("extract {path} to {}", target.path.display());
        let top = inside.to_bytes().len() - name.len();
        let done = Extracted {
            into: target.path.clone(),
            ..Extracted::default()
        };
        let mut copy = Copy {
            layers: self,
            top,
            ahead: Vec::new(),
            ahead_bytes: 0,
            entries: 0,
            done,
            proceed,
            told: Instant::now(),
            buffer: vec![0; BLOCK],
        };
        copy.first(&target, &inside)
            .map_err(|errno| failed(what(), errno.desc()))?;
        while let Some(path) = copy.ahead.pop() {
            copy.ahead_bytes -= path.as_bytes().len();
            match copy.folder(target.folder.as_fd(), &path) {
                Ok(()) => {}
                Err(End::Skip(errno)) => copy.skip(&path, errno),
                Err(End::Stop(why)) => {
                    copy.done.stopped = Some(why);
                    break;
                }
            }
        }
        Ok(copy.done)
    }
}

/// Why one thing, or all that is left, is not copied.
enum End {
    Skip(Errno),
    Stop(String),
}

impl From<Errno> for End {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::ENOSPC | Errno::EDQUOT | Errno::EROFS | Errno::EMFILE | Errno::ENFILE => {
                Self::Stop(errno.desc().to_owned())
            }
            _ => Self::Skip(errno),
        }
    }
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        Self::from(error.raw_os_error().map_or(Errno::EIO, Errno::from_raw))
    }
}

struct Copy<'a> {
    layers: &'a Layers,
    /// Where in a path of the layer the path in the target begins.
    top: usize,
    /// Folders that are made in the target and yet to be copied.
    ahead: Vec<CString>,
    ahead_bytes: usize,
    entries: u64,
    done: Extracted,
    proceed: &'a mut dyn FnMut(&Extracted) -> bool,
    told: Instant,
    buffer: Vec<u8>,
}

impl Copy<'_> {
    /// What was asked for itself: it is there, and can be copied.
    fn first(&mut self, target: &Target, path: &CStr) -> nix::Result<()> {
        let seen = open_in_root(
            self.layers.upper.as_fd(),
            path,
            libc::O_PATH | libc::O_NOFOLLOW,
        )?;
        let name = CString::new(&path.to_bytes()[self.top..]).map_err(|_| Errno::EINVAL)?;
        match kind(&fstat(&seen)?) {
            SFlag::S_IFDIR => {
                mkdirat(&target.folder, name.as_c_str(), Mode::S_IRWXU)?;
                self.ahead_bytes += path.to_bytes().len();
                self.ahead.push(path.to_owned());
                Ok(())
            }
            SFlag::S_IFREG => match self.file(path, target.folder.as_fd(), &name) {
                Ok(()) => Ok(()),
                Err(End::Skip(errno)) => Err(errno),
                Err(End::Stop(why)) => {
                    self.done.stopped = Some(why);
                    Ok(())
                }
            },
            // links, pipes and devices stay where they are: on the host they would mean something
            // else
            _ => Ok(()),
        }
    }

    /// Copies the files of one folder, and makes the folders in it.
    fn folder(&mut self, target: BorrowedFd<'_>, path: &CStr) -> Result<(), End> {
        let from = open_in_root(
            self.layers.upper.as_fd(),
            path,
            libc::O_RDONLY | libc::O_DIRECTORY | libc::O_NOFOLLOW,
        )?;
        let inside = CString::new(&path.to_bytes()[self.top..]).map_err(|_| Errno::EINVAL)?;
        let to = open_without_links(target, &inside, libc::O_PATH | libc::O_DIRECTORY)?;
        let mut entries = Dir::from_fd(from.try_clone()?)?;
        for entry in entries.iter() {
            let entry = entry?;
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            self.entries += 1;
            if self.entries > MAX_FILES {
                return Err(End::Stop(format!("there are more than {MAX_FILES} files")));
            }
            let inner = below(path, name);
            match self.entry(&from, &inner, &to, name) {
                Err(End::Skip(errno)) => self.skip(&inner, errno),
                other => other?,
            }
            self.ask()?;
        }
        Ok(())
    }

    fn entry(
        &mut self,
        from: &OwnedFd,
        path: &CString,
        to: &OwnedFd,
        name: &CStr,
    ) -> Result<(), End> {
        if path.as_bytes().len() > MAX_PATH {
            return Err(End::Skip(Errno::ENAMETOOLONG));
        }
        match kind(&fstatat(from, name, AtFlags::AT_SYMLINK_NOFOLLOW)?) {
            SFlag::S_IFREG => self.file(path, to.as_fd(), name),
            SFlag::S_IFDIR => {
                if self.ahead_bytes + path.as_bytes().len() > MAX_PENDING {
                    return Err(End::Stop(
                        "its folders have too many and too long names".into(),
                    ));
                }
                mkdirat(to, name, Mode::S_IRWXU)?;
                self.ahead_bytes += path.as_bytes().len();
                self.ahead.push(path.clone());
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn file(&mut self, path: &CStr, to: BorrowedFd<'_>, name: &CStr) -> Result<(), End> {
        let from = open_file(self.layers, path)?;
        // made here, and only here: nothing that is there is followed or overwritten
        let flags =
            OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let file = File::from(openat(to, name, flags, Mode::S_IRUSR | Mode::S_IWUSR)?);
        let copied = self.bytes(&from, &file);
        if copied.is_err() {
            // half a file looks like a whole one
            let _ = unlinkat(to, name, UnlinkatFlags::NoRemoveDir);
        } else {
            self.done.files += 1;
        }
        copied
    }

    /// Copies what there is of a file; its holes stay holes (lseek(2), SEEK_DATA).
    fn bytes(&mut self, from: &File, to: &File) -> Result<(), End> {
        let length = from.metadata()?.len();
        let mut at = 0;
        while at < length {
            let (data, hole) = extent(from, at, length);
            at = data;
            while at < hole {
                let most = (hole - at).min(BLOCK as u64) as usize;
                let read = from.read_at(&mut self.buffer[..most], at)?;
                if read == 0 {
                    // it was cut meanwhile
                    return Ok(to.set_len(at)?);
                }
                to.write_all_at(&self.buffer[..read], at)?;
                at += read as u64;
                self.done.bytes += read as u64;
                if self.done.bytes > MAX_BYTES {
                    return Err(End::Stop(format!(
                        "it has more than {}",
                        format_bytes(MAX_BYTES)
                    )));
                }
                self.ask()?;
            }
        }
        Ok(to.set_len(length)?)
    }

    fn skip(&mut self, path: &CStr, errno: Errno) {
        self.done.skipped += 1;
        let first = || {
            // the end of a long one says which it is
            let shown = path.to_string_lossy();
            let cut = shown.char_indices().rev().nth(60).map_or(0, |(at, _)| at);
            format!(
                "{}/{}: {}",
                if cut > 0 { "…" } else { "" },
                &shown[cut..],
                errno.desc()
            )
        };
        self.done.first_skipped.get_or_insert_with(first);
    }

    fn ask(&mut self) -> Result<(), End> {
        if self.told.elapsed() < TELL {
            return Ok(());
        }
        self.told = Instant::now();
        if (self.proceed)(&self.done) {
            Ok(())
        } else {
            Err(End::Stop("it was stopped".into()))
        }
    }
}

/// The next part of `file` that has something, from `at` on; all of it where the file system does
/// not tell holes.
fn extent(file: &File, at: u64, length: u64) -> (u64, u64) {
    let seek = |at: u64, whence| {
        lseek(file, i64::try_from(at).unwrap_or(i64::MAX), whence).map(|found| found.unsigned_abs())
    };
    match seek(at, Whence::SeekData) {
        Ok(data) => (
            data.min(length),
            seek(data, Whence::SeekHole).map_or(length, |hole| hole.min(length)),
        ),
        // nothing but a hole is left
        Err(Errno::ENXIO) => (length, length),
        Err(_) => (at, length),
    }
}
