//! [`MountStep`]: one step towards a container's root filesystem, as data that needs no allocation
//! to carry out.

use std::ffi::{CStr, CString};

use nix::errno::Errno;
use nix::libc::dev_t;
use nix::mount::MsFlags;

use super::Tree;
use super::place::Place;
use super::storage::Layer;

/// Where a kernel file system is mounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Within {
    /// In the new root.
    Root,
    /// In its `/dev`, a tmpfs of ours.
    Dev,
}

/// A new kernel file system, on a folder that is created if needed. Not over a symbolic link:
/// ENOTDIR.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filesystem {
    /// Its type.
    pub kind: &'static CStr,
    /// Where.
    pub within: Within,
    /// The folder there.
    pub name: &'static CStr,
    /// Its own options (fsconfig(2)); those without a value are flags.
    pub options: Vec<(CString, CString)>,
    /// `ATTR_*` of its mount.
    pub attributes: u64,
    /// The SELinux label to set after mounting, for a file system without an option for it.
    pub label: Option<CString>,
    /// The mount, if it was opened beforehand because init may not.
    pub tree: Option<Tree>,
}

impl Filesystem {
    fn shown(&self) -> String {
        let above = if self.within == Within::Dev {
            "dev/"
        } else {
            ""
        };
        format!("/{above}{} of the container", self.name.to_string_lossy())
    }
}

/// One step. The new root is the current folder from [`MountStep::Overlay`],
/// [`MountStep::OwnFolder`] or [`MountStep::Root`] on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MountStep {
    /// Sets the propagation, so that later mounts do not reach the host.
    Shield {
        /// `MS_PRIVATE` or `MS_SLAVE`.
        propagation: MsFlags,
    },
    /// Mounts the overlay of the root on a folder of ours, and enters it.
    Overlay {
        /// The folder.
        target: CString,
        /// Its layers.
        options: CString,
    },
    /// Mounts a kernel file system.
    Filesystem(Filesystem),
    /// Creates a character device in `/dev`, or binds the host's where mknod(2) is forbidden (in a
    /// user namespace).
    Device {
        /// Its name.
        name: CString,
        /// The host's own node.
        host: CString,
        /// Its permissions.
        mode: u32,
        /// Its number.
        dev: dev_t,
    },
    /// Creates a symbolic link in `/dev`.
    Symlink {
        /// The target of the link.
        target: CString,
        /// Its name.
        name: CString,
    },
    /// Binds a file or folder of the host at a place in the new root; becomes a
    /// [`MountStep::Attach`] before clone.
    Bind {
        /// The source.
        from: From,
        /// The host's path; only for messages unless it is [`From::Path`].
        source: CString,
        /// Where it appears.
        place: Place,
        /// With what is mounted below it.
        recursive: bool,
        /// `ATTR_*` of the new mount.
        attributes: u64,
        /// Whether its owners are shown as the container's users, where those are not the host's.
        idmapped: bool,
    },
    /// A [`MountStep::Bind`] that was opened beforehand.
    Attach {
        /// The mount to attach.
        tree: Tree,
        /// Its path, for words.
        source: CString,
        /// Where it appears.
        place: Place,
        /// With what is mounted below it.
        recursive: bool,
        /// Whether its owners are shown as the container's users.
        idmapped: bool,
    },
    /// Binds the user's folder, the root or its lower layer, on a folder of ours, and enters it.
    OwnFolder {
        /// Its path, for words.
        source: CString,
        /// Where it is attached.
        target: CString,
        /// Whether submounts are included.
        recursive: bool,
        /// The mount, once it is opened.
        tree: Option<Tree>,
    },
    /// Attaches the root that the supervisor mounted over the old one, and enters it.
    Root,
    /// Mounts the tmpfs of the writable layer, before the overlay that uses it.
    Layer(Layer),
    /// Mounts a new tmpfs at a place in the new root.
    Tmpfs {
        /// Where it appears.
        place: Place,
        /// Its size option; the kernel's default when `None`.
        size: Option<CString>,
        /// Its SELinux label; `None` is the policy's default.
        label: Option<CString>,
    },
    /// Makes the new root's own mount read-only.
    ReadOnlyRoot,
    /// The current folder becomes the root, and nothing of the old one stays reachable.
    PivotRoot,
}

/// A source of a bind mount, in [`Sources`](super::Sources).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// A file of the state folder, by its path.
    Path,
    /// One of the volumes.
    Volume(usize),
    /// One of the devices.
    Device(usize),
}

/// The step that failed, as init reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepFailure {
    /// Position of the step in its list.
    pub index: u16,
    /// The errno(3).
    pub errno: i32,
}

impl MountStep {
    /// Describes the step, to precede "failed" or a colon: `mount overlay on /var/lib/…/merged`.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Shield { .. } => "shield the host's mounts from the container's".into(),
            Self::Overlay { target, .. } => {
                format!("mount overlay on {}", target.to_string_lossy())
            }
            Self::Filesystem(planned) => format!(
                "mount {} on {}",
                planned.kind.to_string_lossy(),
                planned.shown()
            ),
            Self::Device { name, .. } => format!(
                "make device /dev/{} of the container",
                name.to_string_lossy()
            ),
            Self::Symlink { target, name } => {
                format!(
                    "make link /dev/{} of the container to {}",
                    name.to_string_lossy(),
                    target.to_string_lossy()
                )
            }
            Self::Layer(layer) => layer.describe(),
            Self::Bind { source, place, .. } | Self::Attach { source, place, .. } => {
                format!(
                    "show {} at /{} of the container",
                    source.to_string_lossy(),
                    place.path().to_string_lossy()
                )
            }
            Self::OwnFolder { source, target, .. } => format!(
                "show {} on {}",
                source.to_string_lossy(),
                target.to_string_lossy()
            ),
            Self::Root => "attach the container's root".into(),
            Self::Tmpfs { place, .. } => format!(
                "mount tmpfs at /{} of the container",
                place.path().to_string_lossy()
            ),
            Self::ReadOnlyRoot => "make the container's root read-only".into(),
            Self::PivotRoot => "make the container's root the root (pivot_root)".into(),
        }
    }

    /// Explains why its owners cannot be shifted, with a remedy.
    #[must_use]
    pub(super) fn explain_idmap(&self, errno: Errno) -> String {
        let (source, place) = match self {
            Self::Attach { source, place, .. } => {
                (source.to_string_lossy(), place.path().to_string_lossy())
            }
            _ => return self.describe(),
        };
        let why = match errno {
            Errno::EINVAL => {
                "its file system, or one that is mounted below it, has no idmapped mounts"
                    .to_owned()
            }
            Errno::EPERM => {
                "it, or what is mounted below it, is an idmapped mount already".to_owned()
            }
            Errno::ENOSYS => "this kernel has no idmapped mounts (Linux 5.12)".to_owned(),
            other => other.desc().to_owned(),
        };
        format!(
            "cannot let the owners of {source} be users of the container: {why}; show it with the host's owners (-v \
             {source}:/{place}:noidmap), or use --userns host"
        )
    }

    /// A remedy for this step's failure, if known.
    #[must_use]
    pub fn hint(&self, errno: i32) -> Option<&'static str> {
        let overlay = matches!(self, Self::Overlay { .. });
        match (self, Errno::from_raw(errno)) {
            (_, Errno::ENODEV) if overlay => {
                Some("this kernel has no overlayfs: try `modprobe overlay`")
            }
            (_, Errno::EINVAL) if overlay => Some(
                "the state folder's filesystem cannot hold an overlay's upper layer: put --state on ext4, xfs, btrfs or tmpfs",
            ),
            (Self::Filesystem(_), Errno::ENOTDIR) => Some(
                "the container's own files put something else there: remove it or the container",
            ),
            (
                Self::Overlay { .. } | Self::Filesystem(_) | Self::Shield { .. } | Self::PivotRoot,
                Errno::EPERM,
            ) => Some("mounting needs root (CAP_SYS_ADMIN)"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proc() -> MountStep {
        let (kind, name) = (c"proc", c"proc");
        MountStep::Filesystem(Filesystem {
            kind,
            within: Within::Root,
            name,
            options: Vec::new(),
            attributes: 0,
            label: None,
            tree: None,
        })
    }

    #[test]
    fn words_say_what_and_where() {
        assert_eq!(proc().describe(), "mount proc on /proc of the container");
        let MountStep::Filesystem(planned) = proc() else {
            unreachable!()
        };
        let in_dev = MountStep::Filesystem(Filesystem {
            within: Within::Dev,
            kind: c"tmpfs",
            name: c"shm",
            ..planned
        });
        assert_eq!(
            in_dev.describe(),
            "mount tmpfs on /dev/shm of the container"
        );
    }

    #[test]
    fn hints_belong_to_the_step_that_failed() {
        let overlay = MountStep::Overlay {
            target: c"/m".into(),
            options: c"".into(),
        };
        assert!(
            overlay
                .hint(Errno::ENODEV as i32)
                .unwrap()
                .contains("modprobe")
        );
        assert_eq!(proc().hint(Errno::ENODEV as i32), None);
        assert!(proc().hint(Errno::EPERM as i32).unwrap().contains("root"));
        assert!(
            proc()
                .hint(Errno::ENOTDIR as i32)
                .unwrap()
                .contains("something else")
        );
    }
}
