//! [`Target`]: the folder for extracted files. If an unprivileged user could replace parts of it,
//! root would write anywhere.

use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{OFlag, open, openat};
use nix::sys::stat::{FileStat, Mode, fstat, mkdirat};

use super::failure::{InspectError, failed};
use crate::sys::random;

/// A folder that only root can write to.
pub(super) struct Target {
    pub folder: OwnedFd,
    /// Its path.
    pub path: PathBuf,
}

impl Target {
    /// Opens `into` component by component without following links, creating missing folders (mode
    /// 0700). When others may write to it, or own or may write to a parent (unless that is sticky,
    /// as `/tmp` is), the target is a new folder in it with an unpredictable name: even if that is
    /// renamed, writes by descriptor stay in the folder, which only root may enter.
    ///
    /// # Errors
    /// When a component is a link or not a folder, or cannot be created.
    pub(super) fn open(into: &Path) -> Result<Self, InspectError> {
        let path = std::path::absolute(into).map_err(|error| failed(into.display(), error))?;
        let about = |path: &Path| format!("extract into {}", path.display());
        let mut folder = open("/", flags(), Mode::empty())
            .map_err(|errno| failed(about(Path::new("/")), errno.desc()))?;
        let (mut at, mut alone, mut above) = (PathBuf::from("/"), true, true);
        for component in path.components() {
            let name = match component {
                Component::RootDir => continue,
                Component::Normal(name) => name,
                _ => return Err(failed(about(&path), "the path must not contain ..")),
            };
            at.push(name);
            folder = enter(&folder, name).map_err(|errno| match errno {
                Errno::ENOTDIR | Errno::ELOOP => failed(
                    about(&path),
                    format!("{} is a link or not a folder", at.display()),
                ),
                errno => failed(about(&path), format!("{}: {}", at.display(), errno.desc())),
            })?;
            let found = fstat(&folder).map_err(|errno| failed(about(&at), errno.desc()))?;
            alone = above && is_roots_alone(&found);
            above = above && (is_roots_alone(&found) || is_roots_and_sticky(&found));
        }
        if alone {
            return Ok(Self { folder, path });
        }
        let failed = |errno: Errno| failed(about(&path), errno.desc());
        let mut bytes = [0; 8];
        random::fill(&mut bytes).map_err(failed)?;
        let name = format!("extracted-{:016x}", u64::from_ne_bytes(bytes));
        mkdirat(&folder, name.as_str(), Mode::S_IRWXU).map_err(failed)?;
        let own = openat(&folder, name.as_str(), flags(), Mode::empty()).map_err(failed)?;
        match fstat(&own) {
            Ok(found) if is_roots_alone(&found) && found.st_mode & 0o077 == 0 => Ok(Self {
                folder: own,
                path: path.join(name),
            }),
            Ok(_) => Err(failed(Errno::EPERM)),
            Err(errno) => Err(failed(errno)),
        }
    }
}

fn flags() -> OFlag {
    OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC
}

fn enter(folder: &OwnedFd, name: &OsStr) -> nix::Result<OwnedFd> {
    match openat(folder, name, flags(), Mode::empty()) {
        Err(Errno::ENOENT) => {
            match mkdirat(folder, name, Mode::S_IRWXU) {
                // created meanwhile: open it as any other
                Ok(()) | Err(Errno::EEXIST) => {}
                Err(errno) => return Err(errno),
            }
            openat(folder, name, flags(), Mode::empty())
        }
        other => other,
    }
}

fn is_roots_alone(found: &FileStat) -> bool {
    found.st_uid == 0 && found.st_mode & 0o022 == 0
}

/// Everybody may create files in it, but not remove or rename root's.
fn is_roots_and_sticky(found: &FileStat) -> bool {
    found.st_uid == 0 && found.st_mode & 0o1000 != 0
}
