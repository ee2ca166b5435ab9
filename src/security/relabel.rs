//! Labelling a volume, for a container that SELinux would not let use it otherwise.
//!
//! Another container may have the same folder and exchange what is in it meanwhile: nothing is
//! looked up by a path a second time, no link is followed, and no other file system is entered.

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

/// Most folders inside each other: each is open while what is below it is labelled.
const DEPTH: u32 = 512;

/// Gives `top`, which was found at `path`, and everything below it the label.
///
/// # Errors
/// Naming the first path that refused: the host's own, whatever link led there; ENOTSUP where the
/// file system keeps no labels, EACCES where the policy forbids it.
pub(crate) fn relabel(top: BorrowedFd<'_>, path: &Path, label: &str) -> Result<(), String> {
    let value = [label.as_bytes(), b"\0"].concat();
    let told = |error: io::Error| format!("{}: {error}", path.display());
    let real = fs::read_link(format!("/proc/self/fd/{}", top.as_raw_fd())).map_err(told)?;
    if Volume::is_host_path(&real.to_string_lossy()) {
        return Err(format!(
            "{}: it is the host's own {}",
            path.display(),
            real.display()
        ));
    }
    let found = fstat(top).map_err(|errno| told(errno.into()))?;
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
    /// Where it is, for words: the path given, and the names from there on.
    at: Vec<String>,
}

impl Walk<'_> {
    /// Labels what is behind `found`, an O_PATH descriptor, and what is below it.
    fn one(&mut self, found: BorrowedFd<'_>, mode: u32) -> nix::Result<()> {
        // setxattr(2) takes no O_PATH descriptor but through its link in /proc, which leads to the
        // file itself, a link included
        let itself = format!("/proc/self/fd/{}", found.as_raw_fd());
        xattr::set_path(&itself, xattr::SELINUX, self.value)?;
        if SFlag::from_bits_truncate(mode) & SFlag::S_IFMT != SFlag::S_IFDIR {
            return Ok(());
        }
        if self.at.len() as u32 > DEPTH {
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
