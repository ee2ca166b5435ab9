//! Relabelling a volume, so that SELinux lets a container use it.
//!
//! Another container may change the same folder concurrently: no path is looked up twice, no link
//! is followed, and no other file system is entered.

use std::ffi::CStr;
use std::fs;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::path::Path;

use nix::dir::Dir;
use nix::errno::Errno;
use nix::fcntl::{OFlag, openat};
use nix::libc::dev_t;
use nix::sys::stat::{Mode, SFlag, fstat};

use crate::spec::Volume;
use crate::sys::xattr;

/// Maximum depth: each folder is open while its contents are labelled.
const MAX_DEPTH: u32 = 512;

/// Sets the label of `top`, which was opened at `path`, and everything below it.
///
/// # Errors
/// Names the first path that failed: a host path, even if reached by a link; ENOTSUP where the file
/// system has no labels, EACCES where the policy forbids it.
pub(crate) fn relabel(top: BorrowedFd<'_>, path: &Path, label: &str) -> Result<(), String> {
    let value = [label.as_bytes(), b"\0"].concat();
    let failed = |error: io::Error| format!("{}: {error}", path.display());
    let real = fs::read_link(format!("/proc/self/fd/{}", top.as_raw_fd())).map_err(failed)?;
    if Volume::is_host_path(&real.to_string_lossy()) {
        return Err(format!(
            "{}: it is {}, which belongs to the host",
            path.display(),
            real.display()
        ));
    }
    let found = fstat(top).map_err(|errno| failed(errno.into()))?;
    let mut walk = Walk {
        value: &value,
        device: found.st_dev,
        at: vec![path.display().to_string()],
    };
    walk.one(top, found.st_mode)
        .map_err(|errno| format!("{}: {}", walk.at.join("/"), errno.desc()))
}

struct Walk<'a> {
    value: &'a [u8],
    device: dev_t,
    /// The current path, for messages: the given path, and the names below it.
    at: Vec<String>,
}

impl Walk<'_> {
    /// Labels `found`, an O_PATH descriptor, and everything below it.
    fn one(&mut self, found: BorrowedFd<'_>, mode: u32) -> nix::Result<()> {
        // an O_PATH descriptor needs setxattr(2) through its /proc link, which resolves to the file
        // itself, even a symbolic link
        let itself = format!("/proc/self/fd/{}", found.as_raw_fd());
        xattr::set_path(&itself, xattr::SELINUX, self.value)?;
        if SFlag::from_bits_truncate(mode) & SFlag::S_IFMT != SFlag::S_IFDIR {
            return Ok(());
        }
        if self.at.len() as u32 > MAX_DEPTH {
            return Err(Errno::ELOOP);
        }
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let mut folder = Dir::openat(found, c".", flags, Mode::empty())?;
        let names = folder
            .iter()
            .map(|entry| entry.map(|entry| entry.file_name().to_owned()))
            .collect::<nix::Result<Vec<_>>>()?;
        for name in names
            .iter()
            .filter(|name| !matches!(name.to_bytes(), b"." | b".."))
        {
            self.at.push(name.to_string_lossy().into_owned());
            self.below(folder.as_fd(), name)?;
            self.at.pop();
        }
        Ok(())
    }

    fn below(&mut self, folder: BorrowedFd<'_>, name: &CStr) -> nix::Result<()> {
        let entry = match openat(
            folder,
            name,
            OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC,
            Mode::empty(),
        ) {
            // gone since it was listed
            Err(Errno::ENOENT) => return Ok(()),
            other => other?,
        };
        let found = fstat(&entry)?;
        if found.st_dev == self.device {
            self.one(entry.as_fd(), found.st_mode)
        } else {
            Ok(())
        }
    }
}
