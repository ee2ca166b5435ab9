//! What a container changed against its image: its overlay's upper layer, walked without following a link out of it.
//!
//! What is in there, the container chose, and it may change it while it is walked: every path is opened as if the layer were `/`
//! (openat2(2), RESOLVE_IN_ROOT), and no link is followed at its end.

use std::ffi::{CStr, CString, OsStr};
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use nix::dir::Dir;
use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag};
use nix::libc;
use nix::sys::stat::{FileStat, SFlag, fstat, fstatat};
use nix::unistd::{UnlinkatFlags, unlinkat};

use super::super::{Error, Manager};
use super::failed;
use crate::rootfs::RootfsPaths;
use crate::spec::{ContainerId, Storage};
use crate::sys::mount::open_in_root;
use crate::sys::xattr;

/// The most changes listed.
const MOST: usize = 20_000;

/// What was done to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// The image has nothing there.
    Added,
    /// The image has something else there.
    Changed,
    /// The image has it, the container not any more.
    Deleted,
}

impl ChangeKind {
    /// The letter that `docker diff` shows for it.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Self::Added => 'A',
            Self::Changed => 'C',
            Self::Deleted => 'D',
        }
    }
}

/// One changed path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// From the container's root on; bytes that are no UTF-8 are replaced, and such a path can only be looked at.
    pub path: String,
    /// What was done.
    pub kind: ChangeKind,
    /// Whether it is a folder.
    pub folder: bool,
    /// Bytes of a regular file; 0 for anything else.
    pub size: u64,
}

/// What was changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// By path.
    pub list: Vec<Change>,
    /// Whether there are more than are listed.
    pub cut: bool,
}

/// The layer a container writes, and the layers below it.
pub(super) struct Layers {
    pub upper: OwnedFd,
    lower: Vec<OwnedFd>,
}

impl Layers {
    /// What is at `path` in the topmost lower layer that has something there.
    fn below(&self, path: &CStr) -> bool {
        self.lower.iter().any(|layer| open_in_root(layer.as_fd(), path, libc::O_PATH | libc::O_NOFOLLOW).is_ok())
    }
}

impl Manager {
    pub(super) fn layers(&self, id: &ContainerId) -> Result<Layers, Error> {
        let record = self.load(id)?;
        if matches!(record.spec.storage, Some(Storage::Tmpfs(_))) {
            let why = "it is in memory (--storage tmpfs), where only the container sees it";
            return Err(failed(format!("look into what {} wrote", record.spec.name), why));
        }
        let paths = RootfsPaths::new(&self.store().container(id), record.image_root.as_deref().unwrap_or(&PathBuf::from("/nonexistent")));
        let open =
            |path: &PathBuf| nix::fcntl::open(path, OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, nix::sys::stat::Mode::empty());
        let upper = open(&paths.upper).map_err(|errno| failed(format!("open {}", paths.upper.display()), errno.desc()))?;
        let lower = [&paths.base, &paths.image].into_iter().filter_map(|path| open(path).ok()).collect();
        Ok(Layers { upper, lower })
    }

    pub(super) fn changes(&self, id: &ContainerId) -> Result<Changes, Error> {
        let layers = self.layers(id)?;
        let mut changes = Changes::default();
        walk(&layers, c".", false, &mut changes).map_err(|errno| failed("read the container's layer", errno.desc()))?;
        changes.list.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(changes)
    }

    pub(super) fn changed_file(&self, id: &ContainerId, path: &str, most: usize) -> Result<Vec<u8>, Error> {
        let what = format!("open {path}");
        let layers = self.layers(id)?;
        let file = open_file(&layers, &c_path(path)?).map_err(|errno| failed(&what, errno.desc()))?;
        let mut bytes = Vec::new();
        file.take(most as u64).read_to_end(&mut bytes).map_err(|error| failed(&what, error))?;
        Ok(bytes)
    }

    pub(super) fn revert(&self, id: &ContainerId, path: &str) -> Result<(), Error> {
        // nobody starts it meanwhile
        let _lock = self.store().lock(id)?;
        let record = self.reconciled(self.store().load(id)?)?;
        if record.status.is_alive() {
            let container = record.spec.name.to_string();
            return Err(Error::WrongState { container, state: record.status.word(), verb: "revert", needs: "a stopped one" });
        }
        let what = format!("revert {path}");
        let layers = self.layers(id)?;
        let trimmed = path.trim_matches('/');
        if trimmed.split('/').any(|part| matches!(part, "" | "." | "..")) {
            // `..` of the layer's own top is the container's folder: all of its layers would go
            return Err(failed(what, "a path from the container's root without . and .. is needed"));
        }
        let (parent, name) = trimmed.rsplit_once('/').unwrap_or((".", trimmed));
        let parent = open_in_root(layers.upper.as_fd(), &c_path(parent)?, libc::O_RDONLY | libc::O_DIRECTORY);
        let removed = parent.and_then(|parent| remove(&parent, &c_path(name).map_err(|_| Errno::EINVAL)?));
        removed.map_err(|errno| failed(what, errno.desc()))
    }
}

/// A path as the kernel wants it.
pub(super) fn c_path(path: &str) -> Result<CString, Error> {
    CString::new(path).map_err(|_| failed(format!("{path:?}"), "has a NUL byte"))
}

/// A regular file of the container's layer. What a container put there may be a pipe or a device: opening must neither wait nor act.
pub(super) fn open_file(layers: &Layers, path: &CStr) -> nix::Result<File> {
    let seen = open_in_root(layers.upper.as_fd(), path, libc::O_PATH | libc::O_NOFOLLOW)?;
    if kind(&fstat(&seen)?) != SFlag::S_IFREG {
        return Err(Errno::EINVAL);
    }
    let file = open_in_root(layers.upper.as_fd(), path, libc::O_RDONLY | libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY)?;
    // it may have been replaced in between
    if kind(&fstat(&file)?) != SFlag::S_IFREG {
        return Err(Errno::EINVAL);
    }
    Ok(File::from(file))
}

pub(super) fn kind(stat: &FileStat) -> SFlag {
    SFlag::from_bits_truncate(stat.st_mode & SFlag::S_IFMT.bits())
}

/// The names in a folder of the layer, sorted.
pub(super) fn names(folder: OwnedFd) -> nix::Result<Vec<CString>> {
    let mut names = Vec::new();
    for entry in Dir::from_fd(folder)?.iter() {
        let name = entry?.file_name().to_owned();
        if !matches!(name.to_bytes(), b"." | b"..") {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// `path` and, below it, `name`.
pub(super) fn below(path: &CStr, name: &CStr) -> CString {
    match path.to_bytes() {
        b"." => name.to_owned(),
        // neither part has a NUL byte
        bytes => CString::new([bytes, b"/", name.to_bytes()].concat()).unwrap_or_default(),
    }
}

/// Walks the folder at `path`; `new`: the image has nothing below it, or nothing of it is seen any more.
fn walk(layers: &Layers, path: &CStr, new: bool, changes: &mut Changes) -> nix::Result<()> {
    let folder = open_in_root(layers.upper.as_fd(), path, libc::O_RDONLY | libc::O_DIRECTORY | libc::O_NOFOLLOW)?;
    let names = names(folder.try_clone().map_err(|_| Errno::EMFILE)?)?;
    for name in names {
        if changes.list.len() >= MOST {
            changes.cut = true;
            return Ok(());
        }
        // one that went away meanwhile is no change
        let Ok(stat) = fstatat(&folder, name.as_c_str(), AtFlags::AT_SYMLINK_NOFOLLOW) else { continue };
        let path = below(path, &name);
        let there = !new && layers.below(&path);
        let is_folder = kind(&stat) == SFlag::S_IFDIR;
        // overlayfs marks what is deleted with a character device 0/0
        let deleted = kind(&stat) == SFlag::S_IFCHR && stat.st_rdev == 0;
        let opaque = is_folder && there && is_opaque(layers, &path);
        let kind_of = match () {
            () if deleted => ChangeKind::Deleted,
            () if there => ChangeKind::Changed,
            () => ChangeKind::Added,
        };
        // a folder of the image is in the layer as soon as something below it is: that alone is no change
        if !is_folder || !there || opaque {
            let size = if kind(&stat) == SFlag::S_IFREG { u64::try_from(stat.st_size).unwrap_or(0) } else { 0 };
            let shown = format!("/{}", OsStr::from_bytes(path.to_bytes()).to_string_lossy());
            changes.list.push(Change { path: shown, kind: kind_of, folder: is_folder, size });
        }
        if is_folder {
            // a folder that cannot be entered any more was removed or replaced while this looked
            let _ = walk(layers, &path, !there || opaque, changes);
        }
    }
    Ok(())
}

/// Whether a folder hides everything that the image has there (the kernel's overlayfs documentation, "opaque").
fn is_opaque(layers: &Layers, path: &CStr) -> bool {
    let Ok(folder) = open_in_root(layers.upper.as_fd(), path, libc::O_RDONLY | libc::O_DIRECTORY | libc::O_NOFOLLOW) else { return false };
    let mut value = [0; 4];
    xattr::get(folder.as_fd(), c"trusted.overlay.opaque", &mut value).is_ok_and(|length| value[..length] == *b"y")
}

/// Removes `name` from the open folder, with everything below it, following no link.
fn remove(folder: &OwnedFd, name: &CStr) -> nix::Result<()> {
    match unlinkat(folder, name, UnlinkatFlags::NoRemoveDir) {
        Err(Errno::EISDIR) => {}
        done => return done,
    }
    let inside = nix::fcntl::openat(
        folder,
        name,
        OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC,
        nix::sys::stat::Mode::empty(),
    )?;
    for entry in names(inside.try_clone().map_err(|_| Errno::EMFILE)?)? {
        remove(&inside, &entry)?;
    }
    unlinkat(folder, name, UnlinkatFlags::RemoveDir)
}
