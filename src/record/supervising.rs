//! [`Supervising`]: which supervisors are alive, by one read of `/proc/locks`.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::{DirEntryExt, MetadataExt};

use super::{Process, Store};
use crate::spec::ContainerId;

/// The holders of the locks on run folders, which supervisors hold while they run. Checking each
/// supervisor in `/proc` would dominate the cost of a long list.
#[derive(Debug, Default)]
pub struct Supervising {
    holders: HashMap<Box<str>, i32>,
}

impl Store {
    /// Reads the holders (`/proc/locks`, proc_locks(5)). Empty when it cannot be read: supervisors
    /// are then checked one by one.
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
        let device = Device {
            major: nix::libc::major(about.dev()),
            minor: nix::libc::minor(about.dev()),
        };
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
    /// Whether `supervisor` was seen to hold `id`. `false` means unknown.
    #[must_use]
    pub fn saw(&self, id: &ContainerId, supervisor: &Process) -> bool {
        self.holders.get(id.as_str()) == Some(&supervisor.pid)
    }
}

/// A prefix of `/proc/locks`, long enough for that many supervisors unless others hold very many
/// locks. A container may hold a million, which take the kernel a minute to list; supervisors
/// beyond the prefix are checked one by one.
fn locks(supervisors: usize) -> io::Result<String> {
    let most = (64 << 10) + 256 * supervisors as u64;
    let mut text = Vec::new();
    File::open("/proc/locks")?
        .take(most)
        .read_to_end(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// The number of a file system's device, in its two parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Device {
    major: u32,
    minor: u32,
}

/// Parses `1: FLOCK ADVISORY WRITE 4711 fe:00:1234 0 EOF` into the inode on `device` and the
/// holder's pid. Waiters have a `->` after the number.
fn holder(line: &str, device: Device) -> Option<(u64, i32)> {
    let mut words = line.split_ascii_whitespace().skip(1);
    let (kind, _, mode) = (words.next()?, words.next()?, words.next()?);
    let (pid, place) = (words.next()?, words.next()?);
    let mut parts = place.split(':');
    let found = Device {
        major: u32::from_str_radix(parts.next()?, 16).ok()?,
        minor: u32::from_str_radix(parts.next()?, 16).ok()?,
    };
    if kind != "FLOCK" || mode != "WRITE" || found != device {
        return None;
    }
    Some((parts.next()?.parse().ok()?, pid.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{boot_id, identify};

    #[test]
    fn a_lock_is_read_and_nothing_else() {
        let here = Device {
            major: 0xfe,
            minor: 0,
        };
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
    fn holders_of_run_folders_are_seen() {
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
