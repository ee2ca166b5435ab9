//! Removing a folder with everything in it, whatever its depth and width: a container may have made
//! folders inside each other until the disk was full.
//!
//! Nothing descends: a folder that is found in another is renamed up into a flat place (the folder
//! that is to go), and emptied from there. So two folders are open at a time, no path is ever
//! longer than a name, and the work is in proportion to what there is. What is done stays done: who
//! comes next goes on where this one was killed.

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

/// Flat places inside each other: another is needed where a folder cannot be renamed out of its
/// part of the disk (a btrfs subvolume, a project quota) or there is no room to do so.
const MAX_PLACES: usize = 32;
/// Folders that were renamed up and are remembered by their numbers; further ones are found again.
/// Without them the flat place would be listed once for each level of a deep tree, and a folder
/// that was wide once takes long to list for ever (ext4 keeps its blocks).
const MAX_NUMBERS: usize = 4096;
/// How often what others fill or empty at the same time is gone through again.
const TRIES: usize = 10;

/// Removes what is at `path`, whose parent nobody else may write to. No link is followed and no
/// mount is entered. With `until` it stops there with ETIMEDOUT.
///
/// # Errors
/// The first thing that could not be removed; everything else is gone. NotFound when there is
/// nothing at `path`.
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
            // why it is not empty says more than that it is not
            (Err(Errno::ENOTEMPTY | Errno::EEXIST), Some(failed)) => return Err(failed.into()),
            // somebody else removes it too, and has just renamed something up
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
    /// Folders of the flat place that are yet to be emptied.
    numbers: Vec<u64>,
    /// What first went wrong; what stays is passed over from then on.
    failed: Option<Errno>,
}

/// A folder that others are renamed into, and what is being gone through.
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
                        // the outer place would come to it again and again
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    /// Goes through the flat place once.
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
        // what was renamed here meanwhile may have been passed over
        Ok(if removed { Pass::Again } else { Pass::Done })
    }

    /// As [`Remover::flatten`], and what that renamed up as well.
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

    /// Removes `name` from the flat place after its files, and renames the folders in it up into
    /// the place.
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

    /// A name that is taken by anything but an empty folder is refused by rename(2), and the next
    /// is tried.
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
    /// Something went: there may be more.
    Again,
    /// Nothing is left that can go.
    Done,
    /// What is in this folder has to be emptied in its own place.
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

    /// Folders inside each other, each with a file beside the next.
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
    fn what_is_done_stays_done_when_the_time_is_over() {
        let top = scratch("time");
        deep(&top, 50);
        let error = remove(&top, Some(Instant::now())).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(Errno::ETIMEDOUT as i32));
        remove(&top, None).unwrap();
    }
}
