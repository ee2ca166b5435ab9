//! Limits of a container's writable layer (`--storage`): a project quota on its folders, or a tmpfs
//! of that size.

use std::ffi::CString;
use std::fs::{self, File};
use std::os::fd::AsFd;
use std::path::Path;

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::sys::stat::{Mode, fchmodat};
use nix::sys::statfs::{self, statfs};
use nix::unistd::{Gid, Uid, chown, mkdir};

use super::overlay::c_path;
use super::{PlanError, RootfsPaths};
use crate::spec::{ContainerSpec, Storage, format_bytes};
use crate::sys::{quota, random};

/// The range of our project ids, high enough not to collide with others on the file system.
const FIRST_PROJECT: u32 = 0x6d00_0000;
const PROJECT_COUNT: u32 = 0x0100_0000;
/// Maximum number of random ids tried; a collision has a chance of 1 in 16 million per container.
const MAX_TRIES: usize = 16;
/// Folders that a container writes to.
const WRITTEN: [&str; 3] = ["upper", "work", "base"];

/// Why a limit cannot be set, and the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub(crate) struct StorageError {
    /// What is missing.
    pub why: String,
    /// The remedy.
    pub hint: Option<String>,
}

fn cannot(what: &str, path: &Path, error: impl std::fmt::Display) -> StorageError {
    StorageError {
        why: format!("--storage: cannot {what} {}: {error}", path.display()),
        hint: None,
    }
}

/// Limits a new container's layers below `folder`, which are still empty.
///
/// # Errors
/// What the file system lacks, with a remedy.
pub(crate) fn bound(folder: &Path, storage: Storage) -> Result<(), StorageError> {
    let Storage::Disk(_) = storage else {
        return Ok(());
    };
    let root = File::open(folder).map_err(|error| cannot("open", folder, error))?;
    enforced(&root, folder, storage)?;
    let project = free_project(&root, folder)?;
    // limited first, before anything is written
    quota::limit(root.as_fd(), project, storage.bytes(), storage.files())
        .map_err(|errno| cannot("set the quota of", folder, errno.desc()))?;
    WRITTEN
        .iter()
        .try_for_each(|name| put(&folder.join(name), project))
}

/// As [`bound`] for a container that is started again: the file system may have been remounted
/// without quotas.
///
/// # Errors
/// As [`bound`]; when the container's folder has lost its project.
pub(crate) fn renew(folder: &Path, storage: Storage) -> Result<(), StorageError> {
    let Storage::Disk(_) = storage else {
        return Ok(());
    };
    let upper = folder.join("upper");
    let file = File::open(&upper).map_err(|error| cannot("open", &upper, error))?;
    enforced(&file, folder, storage)?;
    let project = own_project(&file).ok_or_else(|| {
        cannot(
            "find the project quota of",
            &upper,
            "it has none; create the container again",
        )
    })?;
    quota::limit(file.as_fd(), project, storage.bytes(), storage.files())
        .map_err(|errno| cannot("set the quota of", folder, errno.desc()))
}

/// Bytes of a container's layer on disk; `None` without accounting.
#[must_use]
pub(crate) fn used(folder: &Path) -> Option<u64> {
    let file = File::open(folder.join("upper")).ok()?;
    Some(quota::used(file.as_fd(), own_project(&file)?).ok()?.bytes)
}

/// Bytes used on the root of a running container whose layer is a tmpfs, seen from its init.
#[must_use]
pub(crate) fn used_in_memory(pid: i32) -> Option<u64> {
    let told = statfs(format!("/proc/{pid}/root").as_str()).ok()?;
    Some(
        told.blocks()
            .saturating_sub(told.blocks_free())
            .saturating_mul(u64::try_from(told.block_size()).ok()?),
    )
}

/// The project of a container's folder, to be freed with [`Project::release`] once the folder is
/// gone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Project(Option<u32>);

impl Project {
    /// That of the container in `folder`.
    #[must_use]
    pub(crate) fn of(folder: &Path) -> Self {
        Self(
            File::open(folder.join("upper"))
                .ok()
                .and_then(|upper| own_project(&upper)),
        )
    }

    /// Removes its limits, which frees the quota record. `beside` is on the same file system.
    pub(crate) fn release(self, beside: &Path) {
        if let (Some(project), Ok(file)) = (self.0, File::open(beside)) {
            // unused limits are harmless: the id is reused when it has no usage
            let _ = quota::limit(file.as_fd(), project, 0, 0);
        }
    }
}

/// Only an id of our range: an administrator may have put the state folder into another project.
fn own_project(folder: &File) -> Option<u32> {
    quota::inherited(folder.as_fd())
        .ok()
        .flatten()
        .filter(|project| (FIRST_PROJECT..FIRST_PROJECT + PROJECT_COUNT).contains(project))
}

fn free_project(root: &File, folder: &Path) -> Result<u32, StorageError> {
    for _ in 0..MAX_TRIES {
        let mut bytes = [0; 4];
        random::fill(&mut bytes)
            .map_err(|errno| cannot("choose a project for", folder, errno.desc()))?;
        let project = FIRST_PROJECT + u32::from_ne_bytes(bytes) % PROJECT_COUNT;
        let used = quota::used(root.as_fd(), project)
            .map_err(|errno| cannot("read the quotas of", folder, errno.desc()))?;
        if used == (quota::Used { bytes: 0, files: 0 }) {
            return Ok(project);
        }
    }
    Err(cannot(
        "choose a project for",
        folder,
        "every one that was tried is in use",
    ))
}

/// Puts `path` and, for a folder, its contents into the project: a few files of ours.
fn put(path: &Path, project: u32) -> Result<(), StorageError> {
    let file = File::open(path).map_err(|error| cannot("open", path, error))?;
    let is_folder = file.metadata().is_ok_and(|data| data.is_dir());
    quota::put(file.as_fd(), project, is_folder)
        .map_err(|errno| cannot("put into its project", path, errno.desc()))?;
    if is_folder {
        for entry in fs::read_dir(path).map_err(|error| cannot("read", path, error))? {
            put(
                &entry.map_err(|error| cannot("read", path, error))?.path(),
                project,
            )?;
        }
    }
    Ok(())
}

/// Checks that project limits are enforced on the file system of `file`.
fn enforced(file: &File, folder: &Path, storage: Storage) -> Result<(), StorageError> {
    match quota::is_enforced(file.as_fd()) {
        Ok(true) => return Ok(()),
        Ok(false)
        | Err(Errno::ENOSYS | Errno::ESRCH | Errno::EINVAL | Errno::EOPNOTSUPP | Errno::ENOTTY) => {
        }
        Err(errno) => return Err(cannot("ask for the quotas of", folder, errno.desc())),
    }
    let kind = statfs::fstatfs(file)
        .ok()
        .map(|told| told.filesystem_type());
    let (name, fix) = match kind {
        Some(statfs::EXT4_SUPER_MAGIC) => (
            "ext4",
            Some(
                "tune2fs -O quota,project DEVICE while it is not mounted, then mount it with prjquota",
            ),
        ),
        Some(statfs::XFS_SUPER_MAGIC) => ("XFS", Some("mount it with prjquota")),
        Some(statfs::BTRFS_SUPER_MAGIC) => ("btrfs", None),
        Some(statfs::TMPFS_MAGIC) => ("tmpfs", None),
        _ => ("a file system", None),
    };
    let instead = format!("use --storage tmpfs:{}", format_bytes(storage.bytes()));
    Err(StorageError {
        why: format!(
            "--storage: {} is on {name} without project quotas",
            folder.parent().unwrap_or(folder).display()
        ),
        hint: Some(match fix {
            Some(fix) => format!("{fix}; or {instead}"),
            None => format!("{instead}, or a --state folder on ext4 or XFS"),
        }),
    })
}

/// A tmpfs for a container's writable layer, mounted just before its root, in its mount namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    folder: CString,
    options: CString,
    upper: CString,
    work: CString,
    owner: u32,
}

impl Layer {
    /// That of `spec`; `None` when its layer is on disk. `paths` are those of
    /// [`RootfsPaths::in_memory`].
    ///
    /// # Errors
    /// [`PlanError`] when a path cannot be given to the kernel.
    pub(super) fn of(spec: &ContainerSpec, paths: &RootfsPaths) -> Result<Option<Self>, PlanError> {
        let (Some(Storage::Tmpfs(bytes)), Some(folder)) = (spec.storage, paths.memory.as_deref())
        else {
            return Ok(None);
        };
        let files = Storage::Tmpfs(bytes).files();
        Ok(Some(Self {
            folder: c_path(folder)?,
            options: c_path(format!("mode=700,size={bytes},nr_inodes={files}").as_ref())?,
            upper: c_path(&paths.upper)?,
            work: c_path(&paths.work)?,
            owner: spec.ids.map_or(0, |ids| ids.first),
        }))
    }

    /// Mounts it. Allocates nothing.
    ///
    /// # Errors
    /// The error of mount(2) or mkdir(2).
    pub(super) fn mount(&self) -> nix::Result<()> {
        let kind = Some(c"tmpfs");
        mount(
            kind,
            self.folder.as_c_str(),
            kind,
            MsFlags::empty(),
            Some(self.options.as_c_str()),
        )?;
        mkdir(self.work.as_c_str(), Mode::S_IRWXU)?;
        // the upper folder becomes the container's `/`, which its root owns and all users inside
        // must be able to enter
        mkdir(self.upper.as_c_str(), Mode::S_IRWXU)?;
        let open = Mode::S_IRWXU | Mode::S_IRGRP | Mode::S_IXGRP | Mode::S_IROTH | Mode::S_IXOTH;
        fchmodat(
            nix::fcntl::AT_FDCWD,
            self.upper.as_c_str(),
            open,
            nix::sys::stat::FchmodatFlags::FollowSymlink,
        )?;
        chown(
            self.upper.as_c_str(),
            Some(Uid::from_raw(self.owner)),
            Some(Gid::from_raw(self.owner)),
        )
    }

    /// Describes it.
    pub(super) fn describe(&self) -> String {
        format!(
            "mount a tmpfs for the container's layer on {}",
            self.folder.to_string_lossy()
        )
    }
}
