//! [`MountStep`]: one step towards a container's root filesystem, as data that needs no allocation to carry out.

use std::ffi::{CStr, CString};

use nix::errno::Errno;
use nix::libc::dev_t;
use nix::mount::MsFlags;

use super::Tree;
use super::place::Place;
use super::storage::Layer;

/// One step. Relative paths are relative to the new root, which is the current folder from [`MountStep::Chdir`] on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MountStep {
    /// mount(2): a new filesystem, a bind, a remount or a change of propagation, as `flags` says.
    Mount {
        /// What is mounted; `None` where the kernel ignores it.
        source: Option<CString>,
        /// On which path.
        target: CString,
        /// The filesystem's type; `None` where the kernel ignores it.
        fstype: Option<CString>,
        /// mount(2) flags.
        flags: MsFlags,
        /// The filesystem's own options.
        data: Option<CString>,
    },
    /// Nothing that is mounted from here on reaches the host through a shared mount.
    Shield {
        /// `MS_PRIVATE` or `MS_SLAVE`.
        propagation: MsFlags,
    },
    /// Makes a folder, or makes sure that what is there is one: a symbolic link, which could lead a later mount out
    /// of the new root, is refused with ENOTDIR.
    Folder {
        /// Its path; missing parents are not made.
        path: CString,
        /// Its permissions when it is made.
        mode: u32,
    },
    /// Makes a character device, or binds the host's where the kernel forbids mknod(2) (a user namespace).
    Device {
        /// Where it appears.
        path: CString,
        /// The host's own node.
        host: CString,
        /// Its permissions.
        mode: u32,
        /// Its number.
        dev: dev_t,
    },
    /// Gives a folder of the new root an SELinux label, where its file system has no mount option for that.
    Label {
        /// Its path.
        path: CString,
        /// The label.
        label: CString,
    },
    /// Makes the symbolic link `link`, which says `target`.
    Symlink {
        /// What the link says.
        target: CString,
        /// The link's path.
        link: CString,
    },
    /// Shows a file or folder of the host, found before the pivot, at a place in the new root.
    Bind {
        /// The host's path.
        source: CString,
        /// Where it appears.
        place: Place,
        /// With what is mounted below it.
        recursive: bool,
        /// `ATTR_*` of the new mount.
        attributes: u64,
        /// Whether it is the container's own, not the host's: its owners are the container's users.
        own: bool,
    },
    /// As [`MountStep::Bind`] or a [`MountStep::Mount`], opened beforehand because init may not.
    Attach {
        /// What is shown.
        tree: Tree,
        /// What it is, for words: a path of the host, or the type of a file system.
        source: CString,
        /// Where it appears.
        place: Place,
        /// Whether its owners are the container's users.
        own: bool,
    },
    /// The root that the supervisor mounted: attached over the old one, and entered.
    Root,
    /// The tmpfs for what the container writes, before the overlay that uses it.
    Layer(Layer),
    /// A new tmpfs at a place in the new root.
    Tmpfs {
        /// Where it appears.
        place: Place,
        /// Its size option; the kernel's default when `None`.
        size: Option<CString>,
        /// Its SELinux label; whatever the policy gives it when `None`.
        label: Option<CString>,
    },
    /// Makes the new root's own mount read-only.
    ReadOnlyRoot,
    /// chdir(2).
    Chdir {
        /// The folder.
        path: CString,
    },
    /// The current folder becomes the root, and nothing of the old one stays reachable.
    PivotRoot,
}

/// The step that failed, in the form in which init reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepFailure {
    /// Position of the step in its list.
    pub index: u16,
    /// What the kernel said (errno(3)).
    pub errno: i32,
}

impl MountStep {
    /// The step in words, to stand before "failed" or a colon: `mount overlay on /var/lib/…/merged`.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Shield { .. } => "shield the host's mounts from the container's".into(),
            Self::Mount { target, flags, .. } if flags.contains(MsFlags::MS_REMOUNT) => format!("remount {}", shown(target)),
            Self::Mount { source: Some(source), target, flags, .. } if flags.contains(MsFlags::MS_BIND) => {
                format!("bind {} on {}", shown(source), shown(target))
            }
            Self::Mount { target, fstype, .. } => {
                let kind = fstype.as_deref().map_or_else(|| "a filesystem".into(), CStr::to_string_lossy);
                format!("mount {kind} on {}", shown(target))
            }
            Self::Folder { path, .. } => format!("make folder {}", shown(path)),
            Self::Device { path, .. } => format!("make device {}", shown(path)),
            Self::Layer(layer) => layer.describe(),
            Self::Label { path, label } => format!("label {} as {}", shown(path), label.to_string_lossy()),
            Self::Symlink { target, link } => format!("make link {} to {}", shown(link), target.to_string_lossy()),
            Self::Bind { source, place, .. } => format!("show {} at /{} of the container", shown(source), place.path().to_string_lossy()),
            Self::Attach { source, place, .. } => {
                format!("show {} at /{} of the container", source.to_string_lossy(), place.path().to_string_lossy())
            }
            Self::Root => "attach the container's root".into(),
            Self::Tmpfs { place, .. } => format!("mount tmpfs at /{} of the container", place.path().to_string_lossy()),
            Self::ReadOnlyRoot => "make the container's root read-only".into(),
            Self::Chdir { path } => format!("enter folder {}", shown(path)),
            Self::PivotRoot => "make the container's root the root (pivot_root)".into(),
        }
    }

    /// What the user can do about this step's failure, where we know.
    #[must_use]
    pub fn hint(&self, errno: i32) -> Option<&'static str> {
        let overlay = matches!(self, Self::Mount { fstype: Some(kind), .. } if kind.as_c_str() == c"overlay");
        match (self, Errno::from_raw(errno)) {
            (_, Errno::ENODEV) if overlay => Some("this kernel has no overlayfs: try `modprobe overlay`"),
            (_, Errno::EINVAL) if overlay => {
                Some("the state folder's filesystem cannot hold an overlay's upper layer: put --state on ext4, xfs, btrfs or tmpfs")
            }
            (Self::Folder { .. }, Errno::ENOTDIR) => Some("the container's own files put something else there: remove it or the container"),
            (Self::Mount { .. } | Self::Shield { .. } | Self::PivotRoot, Errno::EPERM) => Some("mounting needs root (CAP_SYS_ADMIN)"),
            _ => None,
        }
    }
}

/// Relative paths are the container's, absolute ones the host's.
fn shown(path: &CStr) -> String {
    let text = path.to_string_lossy();
    if text.starts_with('/') { text.into_owned() } else { format!("/{text} of the container") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_say_what_and_where() {
        let mount = |fstype: Option<&CStr>, flags| MountStep::Mount {
            source: Some(c"/a".into()),
            target: c"b".into(),
            fstype: fstype.map(Into::into),
            flags,
            data: None,
        };
        assert_eq!(mount(Some(c"proc"), MsFlags::empty()).describe(), "mount proc on /b of the container");
        assert_eq!(mount(None, MsFlags::MS_BIND | MsFlags::MS_REC).describe(), "bind /a on /b of the container");
        assert_eq!(mount(None, MsFlags::MS_REMOUNT | MsFlags::MS_BIND).describe(), "remount /b of the container");
        assert_eq!(MountStep::Chdir { path: c"/".into() }.describe(), "enter folder /");
    }

    #[test]
    fn hints_belong_to_the_step_that_failed() {
        let of = |kind: &CStr| MountStep::Mount {
            source: None,
            target: c"b".into(),
            fstype: Some(kind.into()),
            flags: MsFlags::empty(),
            data: None,
        };
        assert!(of(c"overlay").hint(Errno::ENODEV as i32).unwrap().contains("modprobe"));
        assert_eq!(of(c"proc").hint(Errno::ENODEV as i32), None);
        assert!(of(c"proc").hint(Errno::EPERM as i32).unwrap().contains("root"));
    }
}
