//! [`ImageTree`]: an image being filled; each path is recreated component by component as on the
//! host.

use std::collections::{HashMap, HashSet, VecDeque};
use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, Metadata, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};

use crate::rootfs::FileError;

/// The kernel's limit of links in one path (path_resolution(7)).
const MAX_LINKS: usize = 40;

/// An image being filled. Nothing is ever written through a link: paths are resolved on the host
/// first.
#[derive(Debug)]
pub(super) struct ImageTree {
    root: PathBuf,
    made: HashSet<PathBuf>,
    /// The copy of each host file, by device and inode: hard links stay hard links.
    copies: HashMap<(u64, u64), PathBuf>,
}

impl ImageTree {
    /// An image in the folder `root`, which is created.
    ///
    /// # Errors
    /// [`FileError`].
    pub(super) fn new(root: PathBuf) -> Result<Self, FileError> {
        let mut tree = Self {
            root,
            made: HashSet::new(),
            copies: HashMap::new(),
        };
        tree.folder(Path::new("/"))?;
        Ok(tree)
    }

    /// Recreates the host's `path` with every link on the way, and copies the target.
    ///
    /// # Errors
    /// [`FileError`]; ENOENT when the host has no such path.
    pub(super) fn place(&mut self, path: &Path) -> Result<(), FileError> {
        self.walk(path, false).map(drop)
    }

    /// Creates the folder `path` with the mode `mode`, recreating the host's links on the way.
    ///
    /// # Errors
    /// [`FileError`].
    pub(super) fn directory(&mut self, path: &Path, mode: u32) -> Result<(), FileError> {
        let at = self.walk(path, true)?;
        self.set_mode(&at, mode)
    }

    /// Writes a file with the given text; its folder is created like [`ImageTree::directory`].
    ///
    /// # Errors
    /// [`FileError`].
    pub(super) fn write(&mut self, path: &Path, text: &str) -> Result<(), FileError> {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(FileError::of("write", path)(
                io::ErrorKind::InvalidInput.into(),
            ));
        };
        let at = self.walk(folder, true)?.join(name);
        let inside = self.inside(&at);
        let written =
            File::create_new(&inside).and_then(|mut file| file.write_all(text.as_bytes()));
        written.map_err(FileError::of("write", &inside))?;
        self.set_mode(&at, 0o644)
    }

    /// Resolves `path` on the host, recreating links and folders on the way, and returns the
    /// target. With `make`, missing components become folders.
    fn walk(&mut self, path: &Path, make: bool) -> Result<PathBuf, FileError> {
        let fail = FileError::of("read", path);
        let mut todo = components(path);
        let mut at = PathBuf::from("/");
        let mut links = 0;
        while let Some(name) = todo.pop_front() {
            if name == ".." {
                at.pop();
                continue;
            }
            at.push(name);
            let kind = match fs::symlink_metadata(&at) {
                Ok(kind) => kind,
                Err(error) if make && error.kind() == io::ErrorKind::NotFound => {
                    self.folder(&at)?;
                    continue;
                }
                Err(error) => return Err(fail(error)),
            };
            if kind.is_symlink() {
                links += 1;
                if links > MAX_LINKS {
                    return Err(fail(io::Error::from_raw_os_error(nix::libc::ELOOP)));
                }
                let target = fs::read_link(&at).map_err(FileError::of("read", &at))?;
                self.link(&at, &target)?;
                at.pop();
                if target.is_absolute() {
                    at = PathBuf::from("/");
                }
                let mut rest = components(&target);
                rest.append(&mut todo);
                todo = rest;
            } else if kind.is_dir() {
                self.folder(&at)?;
            } else if kind.is_file() && !make {
                self.copy(&at, &kind)?;
            } else {
                return Err(fail(io::Error::from_raw_os_error(nix::libc::ENOTDIR)));
            }
        }
        Ok(at)
    }

    fn inside(&self, path: &Path) -> PathBuf {
        self.root.join(path.strip_prefix("/").unwrap_or(path))
    }

    fn folder(&mut self, path: &Path) -> Result<(), FileError> {
        if !self.made.insert(path.to_owned()) {
            return Ok(());
        }
        let inside = self.inside(path);
        DirBuilder::new()
            .mode(0o755)
            .create(&inside)
            .map_err(FileError::of("make", &inside))?;
        self.set_mode(path, 0o755)
    }

    fn link(&mut self, path: &Path, target: &Path) -> Result<(), FileError> {
        if !self.made.insert(path.to_owned()) {
            return Ok(());
        }
        let inside = self.inside(path);
        symlink(target, &inside).map_err(FileError::of("make", &inside))
    }

    fn copy(&mut self, path: &Path, kind: &Metadata) -> Result<(), FileError> {
        if !self.made.insert(path.to_owned()) {
            return Ok(());
        }
        let inside = self.inside(path);
        if let Some(first) = self.copies.get(&(kind.dev(), kind.ino())) {
            return fs::hard_link(first, &inside).map_err(FileError::of("make", &inside));
        }
        // copy_file_range(2) shares the blocks where the filesystem can; the host's own file is
        // never linked, so a container cannot reach it, and neither its set-uid bits nor its file
        // capabilities come along
        fs::copy(path, &inside).map_err(FileError::of("copy", path))?;
        self.set_mode(path, kind.mode() & 0o777)?;
        self.copies.insert((kind.dev(), kind.ino()), inside);
        Ok(())
    }

    fn set_mode(&self, path: &Path, mode: u32) -> Result<(), FileError> {
        let inside = self.inside(path);
        fs::set_permissions(&inside, Permissions::from_mode(mode))
            .map_err(FileError::of("set the permissions of", &inside))
    }
}

/// The names on a path, `..` among them.
fn components(path: &Path) -> VecDeque<OsString> {
    path.components()
        .filter(|c| matches!(c, Component::Normal(_) | Component::ParentDir))
        .map(|c| c.as_os_str().to_owned())
        .collect()
}
