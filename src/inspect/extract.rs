//! Copying a container's changed files to the host.
//!
//! Neither side is trusted: the container may change its layer during the copy, and other users may
//! own folders on the path to the target. The layer is read as in [`changes`](super::changes); the
//! target is writable by root only ([`Target`]) and accessed by descriptor.

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

/// Maximum number of files and folders copied.
const MAX_FILES: u64 = 100_000;
/// Maximum number of bytes copied, without holes.
const MAX_BYTES: u64 = 16 << 30;
/// Maximum memory for the paths of folders still to be copied, in bytes.
const MAX_PENDING: usize = 32 << 20;
/// How often progress is reported.
const REPORT_INTERVAL: Duration = Duration::from_millis(200);
/// Size of the copy buffer, in bytes.
const BLOCK: usize = 256 << 10;

/// The result or progress of a copy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extracted {
    /// The target.
    pub into: PathBuf,
    /// Files copied.
    pub files: u64,
    /// Bytes copied, without holes.
    pub bytes: u64,
    /// Files and folders that could not be copied.
    pub skipped: u64,
    /// The first of them with its error.
    pub first_skipped: Option<String>,
    /// Why the copy ended early, if it did.
    pub stopped: Option<String>,
}

impl Extracted {
    /// Whether everything was copied.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.skipped == 0 && self.stopped.is_none()
    }

    /// What was copied, as text.
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
            write!(f, "; skipped {}: {first}", self.skipped)?;
        }
        self.stopped
            .as_ref()
            .map_or(Ok(()), |why| write!(f, "; incomplete: {why}"))
    }
}

impl Layers {
    /// Copies the changed `path` into the host's folder `into`. `proceed` gets the progress and
    /// returns whether to continue.
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
            return Err(failed(format!("extract {path}"), "not a file name"));
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

/// Why one entry, or all the rest, is not copied.
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
    /// Length of the prefix of layer paths that is not part of target paths.
    top: usize,
    /// Folders that exist in the target and are still to be copied.
    ahead: Vec<CString>,
    ahead_bytes: usize,
    entries: u64,
    done: Extracted,
    proceed: &'a mut dyn FnMut(&Extracted) -> bool,
    told: Instant,
    buffer: Vec<u8>,
}

impl Copy<'_> {
    /// Copies the requested entry itself.
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
            // links, pipes and devices are not copied: on the host they would mean something else
            _ => Ok(()),
        }
    }

    /// Copies the files of one folder, and creates its folders.
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
                return Err(End::Stop(format!("more than {MAX_FILES} files")));
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
                    return Err(End::Stop("too many pending folders".into()));
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
        // O_EXCL: nothing existing is followed or overwritten
        let flags =
            OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let file = File::from(openat(to, name, flags, Mode::S_IRUSR | Mode::S_IWUSR)?);
        let copied = self.bytes(&from, &file);
        if copied.is_err() {
            // remove it: half a file looks like a whole one
            let _ = unlinkat(to, name, UnlinkatFlags::NoRemoveDir);
        } else {
            self.done.files += 1;
        }
        copied
    }

    /// Copies the data of a file; holes stay holes (lseek(2), SEEK_DATA).
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
                    // it was truncated meanwhile
                    return Ok(to.set_len(at)?);
                }
                to.write_all_at(&self.buffer[..read], at)?;
                at += read as u64;
                self.done.bytes += read as u64;
                if self.done.bytes > MAX_BYTES {
                    return Err(End::Stop(format!("more than {}", format_bytes(MAX_BYTES))));
                }
                self.ask()?;
            }
        }
        Ok(to.set_len(length)?)
    }

    fn skip(&mut self, path: &CStr, errno: Errno) {
        self.done.skipped += 1;
        let first = || {
            // keep the end of a long path
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
        if self.told.elapsed() < REPORT_INTERVAL {
            return Ok(());
        }
        self.told = Instant::now();
        if (self.proceed)(&self.done) {
            Ok(())
        } else {
            Err(End::Stop("cancelled".into()))
        }
    }
}

/// The next data of `file` from `at` on; all of it where the file system does not report holes.
fn extent(file: &File, at: u64, length: u64) -> (u64, u64) {
    let seek = |at: u64, whence| {
        lseek(file, i64::try_from(at).unwrap_or(i64::MAX), whence).map(|found| found.unsigned_abs())
    };
    match seek(at, Whence::SeekData) {
        Ok(data) => (
            data.min(length),
            seek(data, Whence::SeekHole).map_or(length, |hole| hole.min(length)),
        ),
        // only a hole is left
        Err(Errno::ENXIO) => (length, length),
        Err(_) => (at, length),
    }
}
