//! [`Source`]: the identity of a host file or folder, recorded when a container was created.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The type of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// A folder.
    Folder,
    /// A file.
    File,
    /// A socket, a pipe or a device.
    Other,
}

impl SourceKind {
    fn word(self) -> &'static str {
        match self {
            Self::Folder => "a folder",
            Self::File => "a file",
            Self::Other => "a socket, pipe or device",
        }
    }
}

/// The identity of a host file or folder, so that a replacement at the same path is noticed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its path, with all symbolic links resolved.
    pub path: PathBuf,
    /// What it is.
    pub kind: SourceKind,
    /// Its device (`st_dev`).
    pub device: u64,
    /// Its inode (`st_ino`).
    pub inode: u64,
    /// The kind of its file system (`f_type`, statfs(2)).
    pub file_system: i64,
    /// The boot during which they were recorded (`/proc/sys/kernel/random/boot_id`).
    pub boot: String,
}

/// File systems whose inode numbers change with each mount (statfs(2)): tmpfs, ramfs, overlayfs,
/// FUSE, 9p, proc, sysfs.
const UNSTABLE_INODES: [i64; 7] = [
    0x0102_1994,
    0x8584_58f6,
    0x794c_7630,
    0x6573_5546,
    0x0102_1997,
    0x9fa0,
    0x6265_6572,
];

impl Source {
    /// Whether `now`, found at the same path, is the same file.
    ///
    /// Within one boot, device and inode are compared. Device numbers can change across reboots
    /// (and do on btrfs, NFS, overlayfs): then it is the file system type and the inode, where
    /// inodes are stable.
    #[must_use]
    pub fn is(&self, now: &Self) -> bool {
        let same_inode = self.inode == now.inode;
        let same = if self.boot == now.boot {
            self.device == now.device && same_inode
        } else {
            self.file_system == now.file_system
                && (same_inode || UNSTABLE_INODES.contains(&self.file_system))
        };
        same && self.kind == now.kind && self.path == now.path
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // st_dev is packed as by makedev(3)
        let (major, minor) = (
            nix::sys::stat::major(self.device),
            nix::sys::stat::minor(self.device),
        );
        write!(
            f,
            "{} (inode {} of device {major}:{minor})",
            self.kind.word(),
            self.inode
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> Source {
        let path = "/srv/a".into();
        Source {
            path,
            kind: SourceKind::Folder,
            device: 0x801,
            inode: 12,
            file_system: 0xef53,
            boot: "one".into(),
        }
    }

    #[test]
    fn device_and_inode_are_compared_within_a_boot() {
        assert!(source().is(&source()));
        for other in [
            Source {
                device: 0x802,
                ..source()
            },
            Source {
                inode: 13,
                ..source()
            },
            Source {
                kind: SourceKind::File,
                ..source()
            },
            Source {
                path: "/srv/b".into(),
                ..source()
            },
        ] {
            assert!(!source().is(&other), "{other:?}");
        }
        assert_eq!(source().to_string(), "a folder (inode 12 of device 8:1)");
    }

    #[test]
    fn stable_attributes_are_compared_across_boots() {
        let later = |changed: Source| Source {
            boot: "two".into(),
            ..changed
        };
        assert!(source().is(&later(Source {
            device: 0x802,
            ..source()
        })));
        assert!(!source().is(&later(Source {
            inode: 13,
            ..source()
        })));
        assert!(!source().is(&later(Source {
            file_system: 0x0102_1994,
            ..source()
        })));
        let in_memory = Source {
            file_system: 0x0102_1994,
            ..source()
        };
        assert!(in_memory.is(&later(Source {
            inode: 13,
            ..in_memory.clone()
        })));
        assert!(!in_memory.is(&Source {
            inode: 13,
            ..in_memory.clone()
        }));
    }
}
