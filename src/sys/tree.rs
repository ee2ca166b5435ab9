//! Removing a folder of any depth and width: a container may nest folders until the disk is full.
//!
//! There is no recursion: nested folders are renamed up into a flat place (the folder being
//! removed) and emptied there. So two folders are open at a time, no path is longer than a name,
//! and the work is linear. A removal that was interrupted can be continued by another.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Instant;

use nix::dir::{Dir, Type};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open, renameat};
use nix::sys::stat::Mode;
use nix::unistd::{UnlinkatFlags, unlinkat};

use super::mount::open_on_the_same_mount;

/// Maximum nesting of flat places: another is needed where a folder cannot be renamed out of its
/// subtree (a btrfs subvolume, a project quota, a full disk).
const MAX_PLACES: usize = 32;
/// Maximum number of renamed folders remembered; further ones are found by listing. This avoids
/// listing the flat place for each level of a deep tree, which is slow in a folder that was once
/// wide (ext4 keeps its blocks).
const MAX_NUMBERS: usize = 4096;
/// Maximum retries when others change the folder concurrently.
const TRIES: usize = 10;

/// Removes `path`, whose parent nobody else may write to. Links are not followed and mounts not
/// entered. Stops at `until` with ETIMEDOUT.
///
/// # Errors
/// The first failure; everything else is removed. NotFound when `path` does not exist.
pub(crate) fn remove(path: &Path, until: Option<Instant>) -> io::Result<()> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(Errno::EINVAL.into());
    };
    let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let parent = open(parent, flags, Mode::empty())?;
    let name = CString::new(name.as_bytes()).map_err(|_| Errno::EINVAL)?;
    remove_in(parent.as_fd(), &name, until)
}

/// As [`remove`], of `name` in an open folder.
///
/// # Errors
/// As [`remove`].
pub(crate) fn remove_in(
    parent: BorrowedFd<'_>,
    name: &CStr,
    until: Option<Instant>,
) -> io::Result<()> {
    match unlinkat(parent, name, UnlinkatFlags::NoRemoveDir) {
        Err(Errno::EISDIR) => {}
        other => return Ok(other?),
    }
    let mut remover = Remover {
        until,
        next: 0,
        numbers: Vec::new(),
        failed: None,
    };
    for _ in 0..TRIES {
        remover.empty(parent, name)?;
        match (
            unlinkat(parent, name, UnlinkatFlags::RemoveDir),
            remover.failed,
        ) {
            (Ok(()), _) => return Ok(()),
            // why something stayed says more than ENOTEMPTY
            (Err(Errno::ENOTEMPTY | Errno::EEXIST), Some(failed)) => return Err(failed.into()),
            // a concurrent removal has just renamed something up
            (Err(Errno::ENOTEMPTY | Errno::EEXIST), None) => {}
            (Err(errno), _) => return Err(errno.into()),
        }
    }
    Err(Errno::ENOTEMPTY.into())
}

struct Remover {
    until: Option<Instant>,
    /// The next name in the flat place.
    next: u64,
    /// Folders of the flat place still to be emptied.
    numbers: Vec<u64>,
    /// The first failure; what cannot be removed is skipped from then on.
    failed: Option<Errno>,
}

/// A folder that others are renamed into, and the position in it.
struct Place {
    folder: OwnedFd,
    name: CString,
}

impl Remover {
    /// Empties the folder `name` of `parent`.
    fn empty(&mut self, parent: BorrowedFd<'_>, name: &CStr) -> nix::Result<()> {
        let mut places = vec![Place {
            folder: open_on_the_same_mount(parent, name)?,
            name: name.to_owned(),
        }];
        while let Some(place) = places.last() {
            match self.pass(place.folder.as_fd())? {
                Pass::Again => {}
                Pass::Into(inner) if places.len() < MAX_PLACES => places.push(inner),
                Pass::Into(_) => return Err(Errno::ELOOP),
                Pass::Done => {
                    let Some(done) = places.pop() else { break };
                    if let Some(outer) = places.last()
                        && !self.gone(unlinkat(
                            &outer.folder,
                            done.name.as_c_str(),
                            UnlinkatFlags::RemoveDir,
                        ))
                    {
                        // the outer place would find it again and again
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    /// One pass over the flat place.
    fn pass(&mut self, place: BorrowedFd<'_>) -> nix::Result<Pass> {
        let mut removed = false;
        let mut entries = open_on_the_same_mount(place, c".").and_then(Dir::from_fd)?;
        for entry in entries.iter() {
            self.in_time()?;
            let entry = entry?;
            let name = entry.file_name();
            if is_dots(name) {
                continue;
            }
            match self.unlink(place, name, entry.file_type()) {
                Unlinked::Gone => removed = true,
                Unlinked::Stays => {}
                Unlinked::Folder => match self.flatten_all(place, name)? {
                    Flattened::Gone => removed = true,
                    Flattened::Stays => {}
                    Flattened::Apart(inner) => return Ok(Pass::Into(inner)),
                },
            }
        }
        // folders renamed here meanwhile may have been missed
        Ok(if removed { Pass::Again } else { Pass::Done })
    }

    /// As [`Remover::flatten`], including the folders that it renamed up.
    fn flatten_all(&mut self, place: BorrowedFd<'_>, name: &CStr) -> nix::Result<Flattened> {
        self.numbers.clear();
        let first = self.flatten(place, name)?;
        if matches!(first, Flattened::Apart(_)) {
            return Ok(first);
        }
        while let Some(number) = self.numbers.pop() {
            self.in_time()?;
            if let apart @ Flattened::Apart(_) = self.flatten(place, &numbered(number))? {
                return Ok(apart);
            }
        }
        Ok(first)
    }

    /// Removes the files of `name`, renames its folders up into the flat place, then removes it.
    fn flatten(&mut self, place: BorrowedFd<'_>, name: &CStr) -> nix::Result<Flattened> {
        match unlinkat(place, name, UnlinkatFlags::RemoveDir) {
            Ok(()) | Err(Errno::ENOENT) => return Ok(Flattened::Gone),
            Err(Errno::ENOTEMPTY | Errno::EEXIST) => {}
            Err(errno) => return Ok(self.stays(errno)),
        }
        let folder = match open_on_the_same_mount(place, name) {
            Ok(folder) => folder,
            Err(Errno::ENOENT) => return Ok(Flattened::Gone),
            Err(errno) => return Ok(self.stays(errno)),
        };
        loop {
            let (mut removed, mut apart) = (false, false);
            let mut entries =
                open_on_the_same_mount(folder.as_fd(), c".").and_then(Dir::from_fd)?;
            for entry in entries.iter() {
                self.in_time()?;
                let entry = entry?;
                let inner = entry.file_name();
                if is_dots(inner) {
                    continue;
                }
                removed |= match self.unlink(folder.as_fd(), inner, entry.file_type()) {
                    Unlinked::Gone => true,
                    Unlinked::Stays => false,
                    Unlinked::Folder => match self.rename_up(folder.as_fd(), inner, place) {
                        Ok(()) | Err(Errno::ENOENT) => true,
                        Err(Errno::EXDEV | Errno::ENOSPC | Errno::EDQUOT | Errno::EMLINK) => {
                            apart = true;
                            false
                        }
                        Err(errno) => {
                            self.failed.get_or_insert(errno);
                            false
                        }
                    },
                };
            }
            match unlinkat(place, name, UnlinkatFlags::RemoveDir) {
                Ok(()) | Err(Errno::ENOENT) => return Ok(Flattened::Gone),
                Err(Errno::ENOTEMPTY | Errno::EEXIST) if removed => {}
                Err(Errno::ENOTEMPTY | Errno::EEXIST) if apart => {
                    return Ok(Flattened::Apart(Place {
                        folder,
                        name: name.to_owned(),
                    }));
                }
                Err(errno) => return Ok(self.stays(errno)),
            }
        }
    }

    fn unlink(&mut self, folder: BorrowedFd<'_>, name: &CStr, kind: Option<Type>) -> Unlinked {
        if kind == Some(Type::Directory) {
            return Unlinked::Folder;
        }
        match unlinkat(folder, name, UnlinkatFlags::NoRemoveDir) {
            Err(Errno::EISDIR) => Unlinked::Folder,
            other if self.gone(other) => Unlinked::Gone,
            _ => Unlinked::Stays,
        }
    }

    /// rename(2) refuses a name taken by anything but an empty folder: then the next is tried.
    fn rename_up(
        &mut self,
        folder: BorrowedFd<'_>,
        name: &CStr,
        place: BorrowedFd<'_>,
    ) -> nix::Result<()> {
        loop {
            self.next += 1;
            match renameat(folder, name, place, numbered(self.next).as_c_str()) {
                Err(Errno::ENOTEMPTY | Errno::EEXIST | Errno::ENOTDIR) => {}
                other => {
                    if other.is_ok() && self.numbers.len() < MAX_NUMBERS {
                        self.numbers.push(self.next);
                    }
                    return other;
                }
            }
        }
    }

    fn gone(&mut self, result: nix::Result<()>) -> bool {
        match result {
            Ok(()) | Err(Errno::ENOENT) => true,
            Err(errno) => {
                self.failed.get_or_insert(errno);
                false
            }
        }
    }

    fn stays(&mut self, errno: Errno) -> Flattened {
        self.failed.get_or_insert(errno);
        Flattened::Stays
    }

    fn in_time(&self) -> nix::Result<()> {
        if self.until.is_some_and(|until| Instant::now() >= until) {
            Err(Errno::ETIMEDOUT)
        } else {
            Ok(())
        }
    }
}

fn numbered(number: u64) -> CString {
    // digits have no NUL byte
    CString::new(format!(".{number}")).unwrap_or_default()
}

fn is_dots(name: &CStr) -> bool {
    matches!(name.to_bytes(), b"." | b"..")
}

enum Pass {
    /// Something was removed: there may be more.
    Again,
    /// Nothing removable is left.
    Done,
    /// The contents of this folder have to be emptied in a place of their own.
    Into(Place),
}

enum Unlinked {
    Gone,
    Stays,
    Folder,
}

enum Flattened {
    Gone,
    Stays,
    Apart(Place),
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::PathBuf;

    fn scratch(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("minic-tree-{}-{name}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        folder
    }

    /// Nested folders, each with a file beside the next.
    fn deep(top: &Path, levels: usize) {
        let mut at: OwnedFd =
            open(top, OFlag::O_RDONLY | OFlag::O_DIRECTORY, Mode::empty()).unwrap();
        for level in 0..levels {
            if level % 100 == 0 {
                nix::unistd::symlinkat("/etc", &at, "link").unwrap();
            }
            nix::sys::stat::mkdirat(&at, "d", Mode::S_IRWXU).unwrap();
            at = nix::fcntl::openat(
                &at,
                "d",
                OFlag::O_RDONLY | OFlag::O_DIRECTORY,
                Mode::empty(),
            )
            .unwrap();
        }
    }

    fn descriptors() -> usize {
        fs::read_dir("/proc/self/fd").unwrap().count()
    }

    #[test]
    fn depth_and_width_take_no_descriptors_and_no_stack() {
        let top = scratch("deep");
        deep(&top, 5_000);
        deep(&top.join("d/d"), 0);
        for n in 0..300 {
            fs::create_dir(top.join(format!("wide-{n}"))).unwrap();
            fs::write(top.join(format!("wide-{n}/.1")), "").unwrap();
            fs::create_dir(top.join(format!("wide-{n}/.2"))).unwrap();
        }
        let before = descriptors();
        let removed = std::thread::Builder::new().stack_size(64 << 10).spawn({
            let top = top.clone();
            move || remove(&top, None)
        });
        removed.unwrap().join().unwrap().unwrap();
        assert!(!top.exists() && descriptors() <= before + 8);
        assert!(Path::new("/etc/passwd").exists(), "no link was followed");
        assert_eq!(
            remove(&top, None).unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
    }

    #[test]
    fn files_and_links_go_themselves() {
        let top = scratch("file");
        std::os::unix::fs::symlink("/etc", top.join("link")).unwrap();
        fs::write(top.join("file"), "").unwrap();
        remove(&top.join("link"), None).unwrap();
        remove(&top.join("file"), None).unwrap();
        remove(&top, None).unwrap();
        assert!(Path::new("/etc/passwd").exists());
    }

    #[test]
    fn a_removal_stops_at_its_deadline_and_can_be_continued() {
        let top = scratch("time");
        deep(&top, 50);
        let error = remove(&top, Some(Instant::now())).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(Errno::ETIMEDOUT as i32));
        remove(&top, None).unwrap();
    }
}
