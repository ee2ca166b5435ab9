//! The changes of a container compared to its image: a walk of its overlay's upper layer that never
//! leaves it.
//!
//! The container controls its content, also during the walk: every path is opened as if the layer
//! were `/` (openat2(2), RESOLVE_IN_ROOT), and a final link is not followed.

use std::ffi::{CStr, CString};
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use nix::dir::Dir;
use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, readlinkat};
use nix::libc;
use nix::sys::stat::{FileStat, SFlag, fstat, fstatat};

use super::failure::{InspectError, failed};
use crate::record::Record;
use crate::rootfs::RootfsPaths;
use crate::spec::Storage;
use crate::sys::mount::open_in_root;
use crate::sys::{tree, xattr};

/// Maximum number of changes listed.
const MAX_CHANGES: usize = 20_000;
/// Maximum total length of their paths, in bytes.
const MAX_BYTES: usize = 8 << 20;
/// Maximum depth of folders.
const MAX_DEPTH: usize = 256;
/// The longest path that the kernel takes (PATH_MAX), in bytes with the NUL byte.
pub(super) const MAX_PATH: usize = 4095;

/// The kind of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// The path is not in the image.
    Added,
    /// The path differs from the image.
    Changed,
    /// The path was deleted.
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

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileType {
    /// A regular file of this size in bytes.
    Regular(u64),
    /// A folder.
    Folder,
    /// A symbolic link to this target, written as [`Change::path`] is; empty when it cannot be read.
    Link(String),
    /// A FIFO.
    Fifo,
    /// A socket.
    Socket,
    /// A character device.
    CharDevice,
    /// A block device.
    BlockDevice,
    /// What was there cannot be told, since it was deleted.
    Gone,
}

impl FileType {
    /// The letter that `ls -l` shows for it; a space for a regular file and for what is gone.
    #[must_use]
    pub fn letter(&self) -> char {
        match self {
            Self::Regular(_) | Self::Gone => ' ',
            Self::Folder => 'd',
            Self::Link(_) => 'l',
            Self::Fifo => 'p',
            Self::Socket => 's',
            Self::CharDevice => 'c',
            Self::BlockDevice => 'b',
        }
    }
}

/// One changed path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The path from the container's root; non-UTF-8 bytes are written `\xNN`, a backslash `\\`.
    pub path: String,
    /// The kind.
    pub kind: ChangeKind,
    /// What is there now.
    pub file_type: FileType,
}

/// The changes of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// By path.
    pub list: Vec<Change>,
    /// Whether the list is truncated.
    pub cut: bool,
}

/// The layer that a container writes, and the layers below it.
pub(crate) struct Layers {
    pub(super) upper: OwnedFd,
    lower: Vec<OwnedFd>,
}

impl Layers {
    /// Whether a lower layer has something at `path`.
    fn below(&self, path: &CStr) -> bool {
        self.lower
            .iter()
            .any(|layer| open_in_root(layer.as_fd(), path, libc::O_PATH | libc::O_NOFOLLOW).is_ok())
    }
}

impl Layers {
    /// The layers of `record`'s container, whose folder is `folder`.
    pub(crate) fn open(record: &Record, folder: &Path) -> Result<Self, InspectError> {
        if matches!(record.spec.storage, Some(Storage::Tmpfs(_))) {
            let why = "its layer is in memory (--storage tmpfs), visible only to the container";
            return Err(failed(
                format!("look into what {} wrote", record.spec.name),
                why,
            ));
        }
        let paths = RootfsPaths::new(
            folder,
            record
                .state
                .image_root
                .as_deref()
                .unwrap_or(Path::new("/nonexistent")),
        );
        let open = |path: &PathBuf| {
            nix::fcntl::open(
                path,
                OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC,
                nix::sys::stat::Mode::empty(),
            )
        };
        let upper = open(&paths.upper)
            .map_err(|errno| failed(format!("open {}", paths.upper.display()), errno.desc()))?;
        let lower = [&paths.base, &paths.image]
            .into_iter()
            .filter_map(|path| open(path).ok())
            .collect();
        Ok(Self { upper, lower })
    }

    /// The container's changes.
    pub(crate) fn changes(&self) -> Result<Changes, InspectError> {
        let mut changes = Changes::default();
        walk(self, &mut changes)
            .map_err(|errno| failed("read the container's layer", errno.desc()))?;
        changes.list.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(changes)
    }

    /// The first `max` bytes of the changed file at `path`.
    pub(crate) fn read_changed(&self, path: &str, most: usize) -> Result<Vec<u8>, InspectError> {
        let what = format!("open {path}");
        let file = open_file(self, &c_path(path)?).map_err(|errno| failed(&what, errno.desc()))?;
        let mut bytes = Vec::new();
        file.take(most as u64)
            .read_to_end(&mut bytes)
            .map_err(|error| failed(&what, error))?;
        Ok(bytes)
    }

    /// Removes what the container has at `path`, so that the image's is seen again.
    pub(crate) fn revert(&self, path: &str) -> Result<(), InspectError> {
        let what = format!("revert {path}");
        let trimmed = path.trim_matches('/');
        if trimmed
            .split('/')
            .any(|part| matches!(part, "" | "." | ".."))
        {
            // `..` of the layer's root is the container's folder: all its layers would be removed
            return Err(failed(
                what,
                "the path must start at the container's root, without . and ..",
            ));
        }
        let (parent, name) = trimmed.rsplit_once('/').unwrap_or((".", trimmed));
        let parent = open_in_root(
            self.upper.as_fd(),
            &c_path(parent)?,
            libc::O_RDONLY | libc::O_DIRECTORY,
        );
        let name = c_path(name)?;
        let removed = parent
            .map_err(std::io::Error::from)
            .and_then(|parent| tree::remove_in(parent.as_fd(), &name, None));
        removed.map_err(|error| failed(what, error))
    }
}

/// Converts a [`Change::path`] to a C string.
pub(super) fn c_path(path: &str) -> Result<CString, InspectError> {
    CString::new(unescaped(path)).map_err(|_| failed(format!("{path:?}"), "has a NUL byte"))
}

/// Escapes a path for display, reversibly.
fn escaped(path: &[u8]) -> String {
    let mut shown = String::with_capacity(path.len());
    for chunk in path.utf8_chunks() {
        shown.push_str(&chunk.valid().replace('\\', "\\\\"));
        chunk
            .invalid()
            .iter()
            .for_each(|byte| shown.push_str(&format!("\\x{byte:02x}")));
    }
    shown
}

fn unescaped(shown: &str) -> Vec<u8> {
    let mut path = Vec::with_capacity(shown.len());
    let mut rest = shown;
    while let Some((before, after)) = rest.split_once('\\') {
        path.extend_from_slice(before.as_bytes());
        let byte = after
            .strip_prefix('x')
            .and_then(|after| u8::from_str_radix(after.get(..2)?, 16).ok());
        rest = match byte {
            Some(byte) => {
                path.push(byte);
                &after[3..]
            }
            // `\\` is one backslash; a single one was typed by a user
            None => {
                path.push(b'\\');
                after.strip_prefix('\\').unwrap_or(after)
            }
        };
    }
    path.extend_from_slice(rest.as_bytes());
    path
}

/// Opens a regular file of the container's layer. It may be a pipe or a device: opening it must
/// neither block nor have effects.
pub(super) fn open_file(layers: &Layers, path: &CStr) -> nix::Result<File> {
    let seen = open_in_root(layers.upper.as_fd(), path, libc::O_PATH | libc::O_NOFOLLOW)?;
    if kind(&fstat(&seen)?) != SFlag::S_IFREG {
        return Err(Errno::EINVAL);
    }
    let file = open_in_root(
        layers.upper.as_fd(),
        path,
        libc::O_RDONLY | libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY,
    )?;
    // it may have been replaced since
    if kind(&fstat(&file)?) != SFlag::S_IFREG {
        return Err(Errno::EINVAL);
    }
    Ok(File::from(file))
}

pub(super) fn kind(stat: &FileStat) -> SFlag {
    SFlag::from_bits_truncate(stat.st_mode & SFlag::S_IFMT.bits())
}

/// `path` and, below it, `name`.
pub(super) fn below(path: &CStr, name: &CStr) -> CString {
    match path.to_bytes() {
        b"." => name.to_owned(),
        // neither part has a NUL byte
        bytes => CString::new([bytes, b"/", name.to_bytes()].concat()).unwrap_or_default(),
    }
}

/// A folder that is still to be visited; `new`: nothing of the image is visible below it.
struct Ahead {
    path: CString,
    new: bool,
    depth: usize,
}

/// Walks the layer with one folder open at a time, however deep and wide it is; what exceeds the
/// bounds is omitted and marked as truncated.
fn walk(layers: &Layers, changes: &mut Changes) -> nix::Result<()> {
    let mut bytes = 0;
    let mut ahead = vec![Ahead {
        path: c".".to_owned(),
        new: false,
        depth: 0,
    }];
    while let Some(next) = ahead.pop() {
        let folder = open_in_root(
            layers.upper.as_fd(),
            &next.path,
            libc::O_RDONLY | libc::O_DIRECTORY | libc::O_NOFOLLOW,
        );
        match folder
            .and_then(|folder| look_into(layers, &next, folder, &mut ahead, &mut bytes, changes))
        {
            // a folder that cannot be opened was removed or replaced during the walk
            Err(_) if next.depth > 0 => {}
            looked => looked?,
        }
        if changes.list.len() >= MAX_CHANGES {
            changes.cut |= !ahead.is_empty();
            break;
        }
    }
    Ok(())
}

fn look_into(
    layers: &Layers,
    at: &Ahead,
    folder: OwnedFd,
    ahead: &mut Vec<Ahead>,
    bytes: &mut usize,
    changes: &mut Changes,
) -> nix::Result<()> {
    let mut entries = Dir::from_fd(folder.try_clone().map_err(|_| Errno::EMFILE)?)?;
    for entry in entries.iter() {
        let entry = entry?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        if changes.list.len() >= MAX_CHANGES {
            changes.cut = true;
            return Ok(());
        }
        // skip entries that were removed meanwhile
        let Ok(stat) = fstatat(&folder, name, AtFlags::AT_SYMLINK_NOFOLLOW) else {
            continue;
        };
        let path = below(&at.path, name);
        *bytes += path.as_bytes().len();
        if path.as_bytes().len() > MAX_PATH || *bytes > MAX_BYTES {
            changes.cut = true;
            continue;
        }
        let there = !at.new && layers.below(&path);
        let is_folder = kind(&stat) == SFlag::S_IFDIR;
        // overlayfs marks deleted files with a character device 0/0
        let deleted = kind(&stat) == SFlag::S_IFCHR && stat.st_rdev == 0;
        let opaque = is_folder && there && is_opaque(layers, &path);
        let kind_of = match () {
            () if deleted => ChangeKind::Deleted,
            () if there => ChangeKind::Changed,
            () => ChangeKind::Added,
        };
        // a folder of the image is in the layer as soon as something below it is: not a change
        if !is_folder || !there || opaque {
            let file_type = if deleted {
                FileType::Gone
            } else {
                file_type(folder.as_fd(), name, &stat)
            };
            if let FileType::Link(target) = &file_type {
                *bytes += target.len();
            }
            changes.list.push(Change {
                path: format!("/{}", escaped(path.to_bytes())),
                kind: kind_of,
                file_type,
            });
        }
        if is_folder && at.depth < MAX_DEPTH {
            ahead.push(Ahead {
                path,
                new: !there || opaque,
                depth: at.depth + 1,
            });
        } else if is_folder {
            changes.cut = true;
        }
    }
    Ok(())
}

/// What `name` in `folder` is.
fn file_type(folder: BorrowedFd<'_>, name: &CStr, stat: &FileStat) -> FileType {
    match kind(stat) {
        SFlag::S_IFDIR => FileType::Folder,
        SFlag::S_IFLNK => FileType::Link(
            readlinkat(folder, name).map_or(String::new(), |target| escaped(target.as_bytes())),
        ),
        SFlag::S_IFIFO => FileType::Fifo,
        SFlag::S_IFSOCK => FileType::Socket,
        SFlag::S_IFCHR => FileType::CharDevice,
        SFlag::S_IFBLK => FileType::BlockDevice,
        _ => FileType::Regular(u64::try_from(stat.st_size).unwrap_or(0)),
    }
}

/// Whether a folder hides the image's (the kernel's overlayfs documentation, "opaque").
fn is_opaque(layers: &Layers, path: &CStr) -> bool {
    let Ok(folder) = open_in_root(
        layers.upper.as_fd(),
        path,
        libc::O_RDONLY | libc::O_DIRECTORY | libc::O_NOFOLLOW,
    ) else {
        return false;
    };
    let mut value = [0; 4];
    xattr::get(folder.as_fd(), c"trusted.overlay.opaque", &mut value)
        .is_ok_and(|length| value[..length] == *b"y")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_at_a_path_is_told() {
        let folder = std::env::temp_dir().join(format!("minic-types-{}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        let at = |name: &str| folder.join(name);
        std::fs::write(at("file"), "four").unwrap();
        std::fs::create_dir(at("folder")).unwrap();
        std::os::unix::fs::symlink("to\\\x1b[31m", at("link")).unwrap();
        nix::unistd::mkfifo(&at("fifo"), nix::sys::stat::Mode::S_IRUSR).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        let opened = File::open(&folder).unwrap();
        let of = |name: &CStr| {
            let stat = fstatat(&opened, name, AtFlags::AT_SYMLINK_NOFOLLOW).unwrap();
            file_type(opened.as_fd(), name, &stat)
        };
        let found = [c"file", c"folder", c"link", c"fifo", c"socket"].map(of);
        std::fs::remove_dir_all(&folder).unwrap();
        let letters: String = found.iter().map(FileType::letter).collect();
        assert_eq!(letters, " dlps");
        assert_eq!(found[0], FileType::Regular(4));
        assert_eq!(found[2], FileType::Link("to\\\\\x1b[31m".into()));
        let devices = File::open("/dev").unwrap();
        let stat = fstatat(&devices, c"null", AtFlags::AT_SYMLINK_NOFOLLOW).unwrap();
        let null = file_type(devices.as_fd(), c"null", &stat);
        assert_eq!(null, FileType::CharDevice);
    }

    #[test]
    fn escaping_is_reversible() {
        for path in [
            &b"etc/motd"[..],
            b"a\\b",
            b"\xff\xfe/x\\x41",
            "\u{e9}\\\\".as_bytes(),
            b"\xc3\\",
            b"\\x4",
            b"",
        ] {
            let shown = escaped(path);
            assert_eq!(unescaped(&shown), path, "{shown}");
        }
        assert_eq!(escaped(b"a\xffb\\"), "a\\xffb\\\\");
        assert_eq!(unescaped("typed\\"), b"typed\\", "a single one at the end");
    }
}
