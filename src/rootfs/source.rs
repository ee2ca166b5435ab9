//! Sources on the host: looked up once, and reopened later without following links.

use std::ffi::{CString, OsStr, OsString};
use std::fs;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{OFlag, open, openat, readlinkat};
use nix::libc;
use nix::sys::stat::{Mode, SFlag, fstat};

use crate::spec::{Source, SourceKind};
use crate::sys::mount as fd_mount;

/// The kernel's limit of links in one path (path_resolution(7)).
const MAX_LINKS: usize = 40;

/// The opened sources of a container: from here on nothing is looked up by path.
#[derive(Debug, Default)]
pub struct Sources {
    /// The folder of its root, or the lower layer of it.
    pub root: Option<OwnedFd>,
    /// Its volumes, in the order of the spec.
    pub volumes: Vec<OwnedFd>,
    /// Its devices, in the order of the spec.
    pub devices: Vec<OwnedFd>,
}

/// The target of a path, and the links on the way.
#[derive(Debug)]
pub(crate) struct LookedUp {
    /// The target (O_PATH).
    pub found: OwnedFd,
    /// The folder of each symbolic link on the way.
    pub links: Vec<OwnedFd>,
}

fn path_flags() -> OFlag {
    OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC
}

fn top() -> nix::Result<OwnedFd> {
    open("/", path_flags() | OFlag::O_DIRECTORY, Mode::empty())
}

fn is_link(fd: BorrowedFd<'_>) -> nix::Result<bool> {
    Ok(SFlag::from_bits_truncate(fstat(fd)?.st_mode) & SFlag::S_IFMT == SFlag::S_IFLNK)
}

/// Resolves an absolute path component by component, recording the folder of each link.
///
/// # Errors
/// ENOENT and the like, ELOOP after 40 links, EACCES for another user's link in a world-writable
/// folder.
pub(crate) fn look_up(path: &Path) -> nix::Result<LookedUp> {
    let mut at = top()?;
    let mut links = Vec::new();
    let mut left = names(path);
    while let Some(name) = left.pop() {
        let found = openat(&at, name.as_os_str(), path_flags(), Mode::empty())?;
        if !is_link(found.as_fd())? {
            at = found;
            continue;
        }
        refuse_strangers_link(&at, &found)?;
        let target = PathBuf::from(readlinkat(&found, "")?);
        let folder = if target.is_absolute() {
            std::mem::replace(&mut at, top()?)
        } else {
            dup(&at)?
        };
        links.push(folder);
        if links.len() > MAX_LINKS {
            return Err(Errno::ELOOP);
        }
        left.extend(names(&target));
    }
    Ok(LookedUp { found: at, links })
}

/// The kernel's rule for following links (proc_sys_fs(5), protected_symlinks): in a folder such as
/// `/tmp` only one's own, and its owner's.
fn refuse_strangers_link(folder: &OwnedFd, link: &OwnedFd) -> nix::Result<()> {
    let (folder, link) = (fstat(folder)?, fstat(link)?);
    let everybodys = libc::S_ISVTX | libc::S_IWOTH;
    let strange = folder.st_mode & everybodys == everybodys
        && link.st_uid != folder.st_uid
        && link.st_uid != nix::unistd::geteuid().as_raw();
    if strange { Err(Errno::EACCES) } else { Ok(()) }
}

/// The components of `path`, the last first.
fn names(path: &Path) -> Vec<OsString> {
    let name = |part: Component<'_>| match part {
        Component::ParentDir => Some(OsString::from("..")),
        Component::Normal(name) => Some(name.to_owned()),
        _ => None,
    };
    path.components().rev().filter_map(name).collect()
}

fn dup(fd: &OwnedFd) -> nix::Result<OwnedFd> {
    fd.try_clone()
        .map_err(|error| Errno::from_raw(error.raw_os_error().unwrap_or_default()))
}

/// The first of `folders`, given as device and inode, that is `folder` or a parent of it. A bind
/// mount counts where it is reached.
///
/// # Errors
/// The error of the kernel.
pub(crate) fn lies_in<'a, T>(
    folder: &OwnedFd,
    folders: &'a [((u64, u64), T)],
) -> nix::Result<Option<&'a T>> {
    let mut at = dup(folder)?;
    loop {
        let here = fstat(&at)?;
        let identity = (here.st_dev, here.st_ino);
        if let Some((_, which)) = folders.iter().find(|(one, _)| *one == identity) {
            return Ok(Some(which));
        }
        let above = openat(&at, "..", path_flags() | OFlag::O_DIRECTORY, Mode::empty())?;
        let upper = fstat(&above)?;
        if (upper.st_dev, upper.st_ino) == identity {
            return Ok(None);
        }
        at = above;
    }
}

/// The identity of `found`, as it is recorded.
///
/// # Errors
/// ENOENT when it has just been removed, or without `/proc`.
pub(crate) fn identify(found: &OwnedFd, boot: &str) -> nix::Result<Source> {
    let to_errno =
        |error: std::io::Error| Errno::from_raw(error.raw_os_error().unwrap_or_default());
    let path = fs::read_link(format!("/proc/self/fd/{}", found.as_raw_fd())).map_err(to_errno)?;
    let status = fstat(found)?;
    let kind = match SFlag::from_bits_truncate(status.st_mode) & SFlag::S_IFMT {
        SFlag::S_IFDIR => SourceKind::Folder,
        SFlag::S_IFREG => SourceKind::File,
        _ => SourceKind::Other,
    };
    let file_system = nix::sys::statfs::fstatfs(found)?.filesystem_type().0;
    Ok(Source {
        path,
        kind,
        device: status.st_dev,
        inode: status.st_ino,
        file_system,
        boot: boot.to_owned(),
    })
}

/// Opens the recorded `source`, following no link.
///
/// # Errors
/// A message: what it was and what it is now.
pub(crate) fn reopen(source: &Source, boot: &str) -> Result<OwnedFd, String> {
    let path = source.path.display();
    let changed = |now: String| {
        format!(
            "{path} was {source} when the container was created, and is {now} now: restore it, or create the container again"
        )
    };
    let relative = source.path.strip_prefix("/").unwrap_or(&source.path);
    let relative = if relative.as_os_str().is_empty() {
        OsStr::new(".")
    } else {
        relative.as_os_str()
    };
    let relative =
        CString::new(relative.as_bytes()).map_err(|_| changed("a path with a NUL byte".into()))?;
    let opened = top().and_then(|top| {
        fd_mount::open_without_links(top.as_fd(), &relative, libc::O_PATH | libc::O_NOFOLLOW)
    });
    let found = opened.map_err(|errno| match errno {
        Errno::ENOENT => changed("not there".into()),
        Errno::ELOOP | Errno::ENOTDIR => changed(describe_current(&source.path)),
        other => format!("cannot open {path}: {}", other.desc()),
    })?;
    if is_link(found.as_fd()).unwrap_or(true) {
        return Err(changed(describe_current(&source.path)));
    }
    match identify(&found, boot) {
        Ok(now) if source.is(&now) => Ok(found),
        Ok(now) => Err(changed(now.to_string())),
        Err(_) => Err(changed("not there".into())),
    }
}

/// Describes the first link on the way to `path`.
fn describe_current(path: &Path) -> String {
    let mut upper: Vec<&Path> = path.ancestors().collect();
    upper.reverse();
    let link = upper
        .into_iter()
        .find_map(|at| Some((at, fs::read_link(at).ok()?)));
    match link {
        Some((at, target)) => {
            let target = String::from_utf8_lossy(&target.into_os_string().into_vec()).into_owned();
            let what = format!("a symbolic link to {target}");
            if at == path {
                what
            } else {
                format!("behind {}, {what},", at.display())
            }
        }
        None => "not there".into(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, symlink};

    use super::super::scratch::Scratch;
    use super::*;

    #[test]
    fn paths_are_resolved_like_the_kernel_and_links_recorded() {
        let scratch = Scratch::new();
        let base = fs::canonicalize(scratch.path()).unwrap();
        fs::create_dir_all(base.join("a/b")).unwrap();
        fs::write(base.join("a/b/file"), "").unwrap();
        symlink("b/../b", base.join("a/relative")).unwrap();
        symlink(base.join("a/relative"), base.join("absolute")).unwrap();
        symlink("circle", base.join("circle")).unwrap();
        for (path, links) in [
            ("a/b", 0),
            ("a/./b/../b", 0),
            ("a/relative", 1),
            ("absolute", 2),
            ("absolute/file", 2),
            ("a/../../", 0),
        ] {
            let path = base.join(path);
            let looked = look_up(&path).unwrap();
            let (real, found) = (fs::metadata(&path).unwrap(), fstat(&looked.found).unwrap());
            assert_eq!(
                (found.st_dev, found.st_ino, looked.links.len()),
                (real.dev(), real.ino(), links),
                "{}",
                path.display()
            );
            assert_eq!(
                identify(&looked.found, "b").unwrap().path,
                fs::canonicalize(&path).unwrap()
            );
        }
        assert_eq!(look_up(&base.join("circle")).unwrap_err(), Errno::ELOOP);
        assert_eq!(
            look_up(&base.join("a/b/file/c")).unwrap_err(),
            Errno::ENOTDIR
        );
        fs::set_permissions(
            base.join("a"),
            std::os::unix::fs::PermissionsExt::from_mode(0o1777),
        )
        .unwrap();
        assert!(look_up(&base.join("a/relative")).is_ok());
        std::os::unix::fs::lchown(base.join("a/relative"), Some(1000), Some(1000)).unwrap();
        assert_eq!(
            look_up(&base.join("a/relative")).unwrap_err(),
            Errno::EACCES
        );
        std::os::unix::fs::lchown(base.join("a/relative"), Some(0), Some(0)).unwrap();
        let link = look_up(&base.join("absolute"))
            .unwrap()
            .links
            .pop()
            .unwrap();
        let inside = |folder: &str| {
            lies_in(
                &link,
                &[(
                    fs::metadata(base.join(folder))
                        .map(|m| (m.dev(), m.ino()))
                        .unwrap(),
                    (),
                )],
            )
            .unwrap()
            .is_some()
        };
        assert_eq!(
            [inside("a"), inside("a/b"), inside("..")],
            [true, false, true]
        );
    }
}
