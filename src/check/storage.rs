//! The state folder's file system: whether it supports containers' layers, and its free space.

use std::ffi::CString;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::sys::statvfs::{FsFlags, statvfs};

use super::kernel::describe;
use super::user_namespace::UserNamespace;
use super::{Finding, Verdict};
use crate::spec::format_bytes;
use crate::sys::mount;

const FOLDER: &str = "state folder";
const OVERLAY: &str = "overlayfs";
const IDMAPPED: &str = "idmapped mounts";

/// An image of this host's programs and a few containers' layers and logs take about this much, in
/// bytes.
const ENOUGH: u64 = 1 << 30;
/// An image alone takes more than this, in bytes.
const TOO_LITTLE: u64 = 64 << 20;
/// Files that an image and a few containers have.
const ENOUGH_FILES: u64 = 20_000;

/// The properties of a file system.
struct Room {
    kind: String,
    read_only: bool,
    free: u64,
    /// `None` where files are not counted (btrfs).
    free_files: Option<u64>,
}

/// The folder, existing or not, and its file system's properties.
fn look(state: &Path) -> (Finding, Option<(PathBuf, Room)>) {
    let state = std::path::absolute(state).unwrap_or_else(|_| state.to_owned());
    let Some(place) = state.ancestors().find(|folder| folder.is_dir()) else {
        return (no_place(&state, &Errno::ENOENT.into()), None);
    };
    match room(place) {
        Ok(room) => (
            judge_room(&state, place == state, &room),
            Some((place.to_owned(), room)),
        ),
        Err(error) => (no_place(&state, &error), None),
    }
}

/// What can be found out without writing to it.
pub(super) fn fact(state: &Path) -> Finding {
    look(state).0
}

/// As [`fact`], with experiments in a temporary folder in it.
pub(super) fn findings(state: &Path, users: Option<&UserNamespace>) -> Vec<Finding> {
    let (folder, place) = look(state);
    let Some((place, room)) = place.filter(|_| folder.verdict != Verdict::Missing) else {
        // nothing can be tried in it
        return vec![folder];
    };
    let mut findings = vec![folder];
    match Scratch::make(&place) {
        Ok(scratch) => {
            findings.push(judge_overlay(try_overlay(&scratch.0), &room.kind));
            findings.push(judge_idmapped(
                users.map(|users| try_idmapped(&scratch.0, users)),
                &room.kind,
            ));
        }
        Err(error) => findings.push(no_place(&place, &error)),
    }
    findings
}

fn no_place(folder: &Path, error: &io::Error) -> Finding {
    Finding::missing(
        FOLDER,
        format!("{} cannot be used: {}", folder.display(), describe(error)),
        "containers cannot be kept there",
    )
    .fix("choose another folder with --state")
}

fn room(place: &Path) -> io::Result<Room> {
    let told = statvfs(place)?;
    Ok(Room {
        kind: kind_of(place).unwrap_or_else(|| "an unknown file system".into()),
        read_only: told.flags().contains(FsFlags::ST_RDONLY),
        free: told.blocks_available().saturating_mul(told.fragment_size()),
        free_files: (told.files() > 0).then(|| told.files_available()),
    })
}

/// The type of the file system that `place` is on: that of the deepest mount above it, the last one
/// made where several are.
fn kind_of(place: &Path) -> Option<String> {
    let place = fs::canonicalize(place).ok()?;
    let mounts = procfs::process::Process::myself().ok()?.mountinfo().ok()?;
    let above = mounts
        .into_iter()
        .filter(|mount| place.starts_with(&mount.mount_point));
    above
        .max_by_key(|mount| mount.mount_point.components().count())
        .map(|mount| mount.fs_type)
}

fn judge_room(state: &Path, made: bool, room: &Room) -> Finding {
    let when = if made { "" } else { " (made on first use)" };
    let detail = format!(
        "{}{when} on {}, {} free",
        state.display(),
        room.kind,
        format_bytes(room.free)
    );
    let elsewhere = "keep containers elsewhere with --state, on ext4, xfs or btrfs";
    if room.read_only {
        return Finding::missing(
            FOLDER,
            format!("{detail}, read-only"),
            "containers cannot be kept there",
        )
        .fix(elsewhere);
    }
    if room.free < TOO_LITTLE {
        return Finding::missing(FOLDER, detail, "there is no space for an image")
            .fix("free some space, or choose another folder with --state");
    }
    if let Some(files) = room.free_files.filter(|files| *files < ENOUGH_FILES) {
        return Finding::limited(
            FOLDER,
            format!("{detail}, {files} files left"),
            "images and containers may run out of inodes",
        )
        .fix("remove files, or choose another folder with --state");
    }
    if room.free < ENOUGH {
        return Finding::limited(FOLDER, detail, "containers may run out of space")
            .fix("free some space, or choose another folder with --state");
    }
    if matches!(room.kind.as_str(), "tmpfs" | "ramfs") {
        return Finding::limited(
            FOLDER,
            detail,
            "containers are lost at reboot, and their files use memory",
        )
        .fix(elsewhere);
    }
    Finding::good(FOLDER, detail)
}

/// A temporary folder, removed with its contents when dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn make(place: &Path) -> io::Result<Self> {
        let path = place.join(format!(".minic-check-{}", std::process::id()));
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // best effort: nobody else uses it
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Makes an overlay with layers in `folder`, detached, and drops it.
fn try_overlay(folder: &Path) -> io::Result<()> {
    let open = |name: &str| {
        let path = folder.join(name);
        fs::create_dir(&path)?;
        File::open(path)
    };
    let [lower, upper, work] = [open("lower")?, open("upper")?, open("work")?];
    // by descriptor, so that no path needs escaping
    let option = |file: &File| CString::new(format!("/proc/self/fd/{}", file.as_raw_fd()));
    let [lower, upper, work] = [option(&lower)?, option(&upper)?, option(&work)?];
    let options = [
        (c"lowerdir", lower.as_c_str()),
        (c"upperdir", upper.as_c_str()),
        (c"workdir", work.as_c_str()),
    ];
    drop(mount::new_filesystem(c"overlay", options, 0)?);
    Ok(())
}

fn judge_overlay(tried: io::Result<()>, kind: &str) -> Finding {
    let Err(error) = tried else {
        return Finding::good(OVERLAY, format!("layers on {kind} work"));
    };
    let consequence =
        "containers cannot be started from an image, only from a folder (run --root DIR)";
    let finding = Finding::missing(
        OVERLAY,
        format!("layers on {kind}: {}", describe(&error)),
        consequence,
    );
    match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::ENODEV) => {
            finding.fix("modprobe overlay, or boot a kernel built with CONFIG_OVERLAY_FS")
        }
        Some(Errno::EINVAL | Errno::EREMOTE | Errno::EOPNOTSUPP) => {
            finding.fix("keep containers elsewhere with --state, on ext4, xfs or btrfs")
        }
        Some(Errno::EPERM) => finding.fix("inside a container, start it with --privileged"),
        Some(Errno::ENOSYS) => finding.fix("boot Linux 5.2 or later (fsopen)"),
        _ => finding,
    }
}

/// Maps ids on a detached copy of the mount that `folder` is on.
fn try_idmapped(folder: &Path, users: &UserNamespace) -> io::Result<()> {
    let path = CString::new(folder.as_os_str().as_bytes())?;
    let tree = mount::clone_tree(&path, false)?;
    Ok(mount::map_ids(tree.as_fd(), users.as_fd(), false)?)
}

fn judge_idmapped(tried: Option<io::Result<()>>, kind: &str) -> Finding {
    let consequence = "--userns auto cannot shift the owners of an image's files";
    match tried {
        Some(Ok(())) => Finding::good(IDMAPPED, format!("work on {kind}")),
        None => Finding::limited(IDMAPPED, "not tried: no user namespace", consequence),
        Some(Err(error)) => {
            let finding = Finding::limited(
                IDMAPPED,
                format!("on {kind}: {}", describe(&error)),
                consequence,
            );
            match error.raw_os_error().map(Errno::from_raw) {
                Some(Errno::EINVAL) => finding
                    .fix("keep containers elsewhere with --state: ext4 and xfs can since Linux 5.12, btrfs since 5.15, tmpfs since 6.3"),
                Some(Errno::ENOSYS) => finding.fix("boot Linux 5.12 or later"),
                Some(Errno::EPERM) => finding.fix("inside a container, start it with --privileged"),
                _ => finding,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(kind: &str, free: u64) -> Room {
        Room {
            kind: kind.into(),
            read_only: false,
            free,
            free_files: Some(1_000_000),
        }
    }

    #[test]
    fn room_is_judged() {
        let judge = |room: &Room| judge_room(Path::new("/s"), true, room);
        let good = judge(&room("ext4", 71 << 30));
        assert_eq!(good, Finding::good(FOLDER, "/s on ext4, 71.0G free"));
        assert_eq!(judge(&room("ext4", 1 << 20)).verdict, Verdict::Missing);
        assert_eq!(judge(&room("ext4", 500 << 20)).verdict, Verdict::Limited);
        assert!(
            judge(&room("tmpfs", 2 << 30))
                .consequence
                .unwrap()
                .contains("reboot")
        );
        assert_eq!(
            judge(&Room {
                read_only: true,
                ..room("ext4", 2 << 30)
            })
            .verdict,
            Verdict::Missing
        );
        assert!(
            judge(&Room {
                free_files: Some(9),
                ..room("ext4", 2 << 30)
            })
            .detail
            .ends_with("9 files left")
        );
        assert_eq!(
            judge(&Room {
                free_files: None,
                ..room("btrfs", 2 << 30)
            })
            .verdict,
            Verdict::Good
        );
        assert!(
            judge_room(Path::new("/s"), false, &room("ext4", 2 << 30))
                .detail
                .contains("made on first use")
        );
    }

    #[test]
    fn errors_have_a_fix() {
        let overlay = |errno: Errno| judge_overlay(Err(errno.into()), "nfs").fix.unwrap();
        assert!(overlay(Errno::ENODEV).contains("modprobe overlay"));
        assert!(overlay(Errno::EINVAL).contains("--state"));
        assert_eq!(judge_overlay(Ok(()), "ext4").verdict, Verdict::Good);
        assert!(
            judge_idmapped(Some(Err(Errno::EINVAL.into())), "nfs")
                .fix
                .unwrap()
                .contains("--state")
        );
        assert_eq!(judge_idmapped(None, "ext4").verdict, Verdict::Limited);
    }

    #[test]
    fn a_missing_state_folder_is_judged_by_its_parent_and_nothing_is_left() {
        let place = std::env::temp_dir().join(format!("minic-storage-{}", std::process::id()));
        fs::create_dir(&place).unwrap();
        let found = findings(&place.join("not/yet"), None);
        assert!(
            found[0].detail.contains("not/yet (made on first use) on "),
            "{found:?}"
        );
        assert_eq!(fs::read_dir(&place).unwrap().count(), 0);
        fs::remove_dir(&place).unwrap();
    }

    #[test]
    fn proc_is_of_its_own_kind() {
        assert_eq!(kind_of(Path::new("/proc/self")).as_deref(), Some("proc"));
        assert_eq!(kind_of(Path::new("/nosuch")), None);
    }
}
