//! [`Supervising`]: which supervisors live, by one look for all of them.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::{DirEntryExt, MetadataExt};

use super::{Process, Store};
use crate::spec::ContainerId;

/// Who holds which container's run folder, which its supervisor does for as long as it watches the
/// container. Asking `/proc` of each supervisor takes longer than everything else that is read for
/// a row of a long list.
#[derive(Debug, Default)]
pub struct Supervising {
    holders: HashMap<Box<str>, i32>,
}

impl Store {
    /// Looks who holds what (`/proc/locks`, proc_locks(5)). What cannot be read holds nothing: it
    /// is to be asked for one by one then.
    #[must_use]
    pub fn supervising(&self) -> Supervising {
        let folders: Vec<_> = fs::read_dir(self.runs())
            .into_iter()
            .flatten()
            .flatten()
            .collect();
        let (Ok(about), Ok(locks)) = (fs::metadata(self.runs()), locks(folders.len())) else {
            return Supervising::default();
        };
        let device = (nix::libc::major(about.dev()), nix::libc::minor(about.dev()));
        let locked: HashMap<u64, i32> = locks
            .lines()
            .filter_map(|line| holder(line, device))
            .collect();
        let held = folders.iter().filter_map(|folder| {
            Some((
                folder.file_name().to_str()?.into(),
                *locked.get(&folder.ino())?,
            ))
        });
        Supervising {
            holders: held.collect(),
        }
    }
}

impl Supervising {
    /// Whether `supervisor` was seen to hold `id`. `false` says nothing.
    #[must_use]
    pub fn saw(&self, id: &ContainerId, supervisor: &Process) -> bool {
        self.holders.get(id.as_str()) == Some(&supervisor.pid)
    }
}

/// The beginning of `/proc/locks` that has those of so many supervisors where nobody else holds
/// uncommonly many. A container may hold a million, and the kernel takes a minute to tell them;
/// those that are not seen for that are asked for one by one.
fn locks(supervisors: usize) -> io::Result<String> {
    let most = (64 << 10) + 256 * supervisors as u64;
    let mut text = Vec::new();
    File::open("/proc/locks")?
        .take(most)
        .read_to_end(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// `1: FLOCK  ADVISORY  WRITE 4711 fe:00:1234 0 EOF`: the inode and the holder's pid. A waiter has
/// `->` as its second word.
fn holder(line: &str, device: (u32, u32)) -> Option<(u64, i32)> {
    let mut words = line.split_ascii_whitespace().skip(1);
    let (kind, _, mode, pid, place) = (
        words.next()?,
        words.next()?,
        words.next()?,
        words.next()?,
        words.next()?,
    );
    let mut parts = place.split(':');
    let (major, minor) = (parts.next()?, parts.next()?);
    let here = (
        u32::from_str_radix(major, 16).ok()?,
        u32::from_str_radix(minor, 16).ok()?,
    ) == device;
    (kind == "FLOCK" && mode == "WRITE" && here)
        .then(|| Some((parts.next()?.parse().ok()?, pid.parse().ok()?)))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{boot_id, identify};

    #[test]
    fn a_lock_is_read_and_nothing_else() {
        let here = (0xfe, 0);
        assert_eq!(
            holder("7: FLOCK  ADVISORY  WRITE 4711 fe:00:1234 0 EOF", here),
            Some((1234, 4711))
        );
        for other in [
            "7: -> FLOCK  ADVISORY  WRITE 4711 fe:00:1234 0 EOF",
            "7: POSIX  ADVISORY  WRITE 4711 fe:00:1234 0 EOF",
            "7: FLOCK  ADVISORY  READ 4711 fe:00:1234 0 EOF",
            "7: FLOCK  ADVISORY  WRITE 4711 fe:01:1234 0 EOF",
            "7: FLOCK  ADVISORY  WRITE 4711",
            "",
        ] {
            assert_eq!(holder(other, here), None, "{other}");
        }
    }

    #[test]
    fn who_holds_a_run_folder_is_seen() {
        let folder = std::env::temp_dir().join(format!("minic-supervising-{}", std::process::id()));
        let store = Store::open(&folder).unwrap();
        let (held, free) = (
            ContainerId::from_random([1; 6]),
            ContainerId::from_random([2; 6]),
        );
        let lock = store.try_supervise(&held).unwrap().unwrap();
        drop(store.try_supervise(&free).unwrap());
        let me = identify(std::process::id().cast_signed()).unwrap();
        let seen = store.supervising();
        assert!(seen.saw(&held, &me) && !seen.saw(&free, &me));
        assert!(!seen.saw(
            &held,
            &Process {
                pid: me.pid + 1,
                start_ticks: 0,
                boot_id: boot_id().into()
            }
        ));
        drop(lock);
        assert!(!store.supervising().saw(&held, &me));
        fs::remove_dir_all(folder).unwrap();
    }
}
