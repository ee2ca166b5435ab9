//! What a container is given of the host: volumes, tmpfs, devices.

use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Source, SpecError, parse_memory};

/// How a volume is relabelled on a host with SELinux, so that containers may use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Relabel {
    /// Shared by all containers (`z`).
    Shared,
    /// Private to this container (`Z`).
    Own,
}

/// A host folder or file shown inside (`--volume SRC:DST[:ro,rw,z,Z,noidmap]`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// Absolute path on the host.
    pub source: PathBuf,
    /// Absolute path inside.
    pub target: String,
    /// Whether the container may not write to it.
    #[serde(default)]
    pub read_only: bool,
    /// How it is labelled at each start, where the host has SELinux; `None` leaves it as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relabel: Option<Relabel>,
    /// Whether owners are not shifted for a container with ids of its own (`noidmap`): for file
    /// systems without idmapped mounts. The host's owners then appear as nobody.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_idmap: bool,
    /// What `source` resolved to when the container was created; anything else is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<Source>,
}

impl Volume {
    /// Host trees that must not be relabelled: the host itself could not use them any more.
    const HOST_TREES: [&str; 10] = [
        "/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/sbin", "/sys", "/usr",
    ];
    /// Host folders that must not be relabelled, although what is in them may be.
    const HOST_FOLDERS: [&str; 15] = [
        "/",
        "/home",
        "/media",
        "/opt",
        "/root",
        "/run",
        "/srv",
        "/tmp",
        "/var",
        "/var/cache",
        "/var/lib",
        "/var/log",
        "/var/run",
        "/var/spool",
        "/var/tmp",
    ];

    /// Whether labelling `source` and all below it would take the host's own files away from it.
    #[must_use]
    pub fn is_host_path(source: &str) -> bool {
        let clean = format!(
            "/{}",
            source
                .split('/')
                .filter(|part| !part.is_empty() && *part != ".")
                .collect::<Vec<_>>()
                .join("/")
        );
        let within = |tree: &str| {
            clean
                .strip_prefix(tree)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        clean.split('/').any(|part| part == "..")
            || Self::HOST_FOLDERS.contains(&clean.as_str())
            || Self::HOST_TREES.into_iter().any(within)
    }
}

/// A tmpfs inside (`--tmpfs DST[:size=64M]`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tmpfs {
    /// Absolute path inside.
    pub target: String,
    /// Maximum size in bytes; `None` is the kernel's default (half of memory).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
}

/// Access to a device node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceAccess {
    /// Reading it.
    pub read: bool,
    /// Writing to it.
    pub write: bool,
    /// Creating a node of it.
    pub mknod: bool,
}

impl Default for DeviceAccess {
    fn default() -> Self {
        Self {
            read: true,
            write: true,
            mknod: true,
        }
    }
}

/// A host device shown inside (`--device SRC[:DST][:rwm]`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Absolute path on the host.
    pub source: PathBuf,
    /// Absolute path inside.
    pub target: String,
    /// The access that the container has.
    #[serde(default)]
    pub access: DeviceAccess,
}

/// Files of `/proc` that may be mounted over, for tools that show a container its own figures
/// (lxcfs) (runc: libcontainer/rootfs_linux.go, checkProcMount).
const MOUNTABLE_PROC_FILES: [&str; 9] = [
    "/cpuinfo",
    "/diskstats",
    "/meminfo",
    "/stat",
    "/swaps",
    "/uptime",
    "/loadavg",
    "/slabinfo",
    "/sys/crypto/fips_enabled",
];

/// A normalized absolute path, without `..` and NUL.
fn absolute(field: &'static str, path: &str) -> Result<String, SpecError> {
    let clean =
        path.starts_with('/') && !path.contains('\0') && !path.split('/').any(|part| part == "..");
    if clean && path.split('/').all(|part| part.is_empty() || part == ".") {
        return Err(SpecError::new(
            field,
            format!("{path:?} is the root itself; name a folder below it"),
        ));
    }
    // repeated slashes count as one, as in the kernel
    let single = format!(
        "/{}",
        path.split('/')
            .filter(|part| !part.is_empty() && *part != ".")
            .collect::<Vec<_>>()
            .join("/")
    );
    if let Some(file) = single
        .strip_prefix("/proc")
        .filter(|rest| rest.is_empty() || rest.starts_with('/'))
        && !MOUNTABLE_PROC_FILES.contains(&file)
    {
        return Err(SpecError::new(
            field,
            format!(
                "{path:?} is inside /proc, where a mount would lie over the masks that protect the host; choose another path"
            ),
        ));
    }
    if clean {
        Ok(path.to_owned())
    } else {
        Err(SpecError::new(
            field,
            format!("{path:?} is not an absolute path without .."),
        ))
    }
}

impl FromStr for Volume {
    type Err = SpecError;
    fn from_str(text: &str) -> Result<Self, SpecError> {
        let mut parts = text.split(':');
        let (source, target, mode, more) = (
            parts.next().unwrap_or_default(),
            parts.next(),
            parts.next(),
            parts.next(),
        );
        let wrong = || {
            SpecError::new(
                "volume",
                format!(
                    "{text:?} is not a volume; write SRC:DST or SRC:DST:OPTIONS with some of ro, z, Z, noidmap"
                ),
            )
        };
        if more.is_some() {
            return Err(wrong());
        }
        let (mut read_only, mut relabel, mut no_idmap) = (None, None, false);
        for word in mode.iter().flat_map(|mode| mode.split(',')) {
            let again = match word {
                "ro" | "rw" => read_only.replace(word == "ro").is_some(),
                "z" => relabel.replace(Relabel::Shared).is_some(),
                "Z" => relabel.replace(Relabel::Own).is_some(),
                "noidmap" => std::mem::replace(&mut no_idmap, true),
                _ => true,
            };
            if again {
                return Err(wrong());
            }
        }
        let target = absolute("volume", target.ok_or_else(wrong)?)?;
        if !source.starts_with('/') || source.contains('\0') {
            return Err(SpecError::new(
                "volume",
                format!("{source:?} is not an absolute path on the host"),
            ));
        }
        if relabel.is_some() && Self::is_host_path(source) {
            let why = format!(
                "{source:?} belongs to the host, which could not use it with a container's SELinux label; leave out z and Z"
            );
            return Err(SpecError::new("volume", why));
        }
        Ok(Self {
            source: source.into(),
            target,
            read_only: read_only.unwrap_or_default(),
            relabel,
            no_idmap,
            found: None,
        })
    }
}

impl FromStr for Tmpfs {
    type Err = SpecError;
    fn from_str(text: &str) -> Result<Self, SpecError> {
        let (target, options) = text.split_once(':').unwrap_or((text, ""));
        let size = match options.split_once('=') {
            None if options.is_empty() => None,
            Some(("size", size)) => Some(parse_memory("tmpfs", size)?),
            _ => {
                return Err(SpecError::new(
                    "tmpfs",
                    format!("{text:?} is not a tmpfs; write DST or DST:size=64M"),
                ));
            }
        };
        Ok(Self {
            target: absolute("tmpfs", target)?,
            size,
        })
    }
}

impl FromStr for DeviceAccess {
    type Err = SpecError;
    /// Some of the letters `r`, `w` and `m`, as in docker.
    fn from_str(text: &str) -> Result<Self, SpecError> {
        if text.is_empty() || text.chars().any(|letter| !"rwm".contains(letter)) {
            return Err(SpecError::new(
                "device",
                format!("{text:?} is not a device access; use some of r, w and m"),
            ));
        }
        Ok(Self {
            read: text.contains('r'),
            write: text.contains('w'),
            mknod: text.contains('m'),
        })
    }
}

impl FromStr for Device {
    type Err = SpecError;
    fn from_str(text: &str) -> Result<Self, SpecError> {
        let parts: Vec<&str> = text.split(':').collect();
        let (source, target, access) = match parts[..] {
            [source] => (source, source, None),
            [source, second] if second.starts_with('/') => (source, second, None),
            [source, access] => (source, source, Some(access)),
            [source, target, access] => (source, target, Some(access)),
            _ => {
                return Err(SpecError::new(
                    "device",
                    format!("{text:?} is not a device; write SRC, SRC:DST or SRC:DST:rwm"),
                ));
            }
        };
        let access = access.map_or(Ok(DeviceAccess::default()), str::parse)?;
        let source = absolute("device", source)?;
        Ok(Self {
            source: source.into(),
            target: absolute("device", target)?,
            access,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volumes() {
        let volume: Volume = "/srv/data:/data:ro".parse().unwrap();
        assert_eq!(
            (
                volume.source.to_str(),
                volume.target.as_str(),
                volume.read_only
            ),
            (Some("/srv/data"), "/data", true)
        );
        assert!(
            "/a:/proc/meminfo".parse::<Volume>().is_ok() && "/a:/process".parse::<Volume>().is_ok()
        );
        let relabelled = |text: &str| {
            text.parse::<Volume>()
                .map(|volume| (volume.read_only, volume.relabel))
                .unwrap()
        };
        assert_eq!(
            relabelled("/srv/web:/b:ro,z"),
            (true, Some(Relabel::Shared))
        );
        assert_eq!(relabelled("/home/me/src:/b:Z"), (false, Some(Relabel::Own)));
        assert_eq!(relabelled("/usr:/b:ro"), (true, None));
        assert!(!"/a:/b".parse::<Volume>().unwrap().read_only);
        let as_it_is = |text: &str| {
            text.parse::<Volume>()
                .map(|volume| (volume.read_only, volume.no_idmap))
                .unwrap()
        };
        assert_eq!(
            [
                as_it_is("/a:/b:noidmap"),
                as_it_is("/a:/b:ro,noidmap"),
                as_it_is("/a:/b:z")
            ],
            [(false, true), (true, true), (false, false)]
        );
        for bad in [
            "",
            "/a",
            "a:/b",
            "/a:b",
            "/a:/b:xx",
            "/a:/b:ro:rw",
            "/a:/../b",
            "/a:/",
            "/a:/./",
            "/a:/b\0",
            "/a:/b:",
            "/a:/b:ro,rw",
            "/a:/b:z,Z",
            "/a:/b:noidmap,ro,noidmap",
            "/a:/b:idmap",
            "/:/b:z",
            "/usr:/b:Z",
            "//usr/./lib:/b:Z",
            "/etc/ssh:/b:z",
            "/home/:/b:z",
            "/var/lib:/b:z",
            "/srv/../etc:/b:z",
            "/a:/proc",
            "/a:/proc/",
            "/a:/proc/sys",
            "/a://proc/1",
        ] {
            assert!(bad.parse::<Volume>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn tmpfs_and_devices() {
        assert_eq!(
            "/cache:size=64M".parse::<Tmpfs>().unwrap().size,
            Some(64 << 20)
        );
        assert_eq!("/cache".parse::<Tmpfs>().unwrap().size, None);
        assert!("/cache:sise=1".parse::<Tmpfs>().is_err() && "cache".parse::<Tmpfs>().is_err());
        assert_eq!("/dev/fuse".parse::<Device>().unwrap().target, "/dev/fuse");
        assert_eq!(
            "/dev/sdb:/dev/disk".parse::<Device>().unwrap().target,
            "/dev/disk"
        );
        let read_only: Device = "/dev/sdb:/dev/disk:r".parse().unwrap();
        assert_eq!(
            read_only.access,
            DeviceAccess {
                read: true,
                write: false,
                mknod: false
            }
        );
        assert_eq!("/dev/sdb:rw".parse::<Device>().unwrap().target, "/dev/sdb");
        for bad in [
            "fuse",
            "/dev/a:x",
            "/dev/a:/b:",
            "/dev/a:/b:r:w",
            "/dev/a:b",
        ] {
            assert!(bad.parse::<Device>().is_err(), "{bad}");
        }
    }
}
