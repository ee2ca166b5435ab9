//! What of the host a container sees: volumes, tmpfs, devices.

use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{SpecError, parse_memory};

/// A host folder or file shown inside (`--volume SRC:DST[:ro]`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// Absolute path on the host.
    pub source: PathBuf,
    /// Absolute path inside.
    pub target: String,
    /// Whether the container may not write to it.
    #[serde(default)]
    pub read_only: bool,
}

/// A memory file system inside (`--tmpfs DST[:size=64M]`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tmpfs {
    /// Absolute path inside.
    pub target: String,
    /// Most bytes; the kernel's default (half of memory) when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
}

/// What may be done with a device node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceAccess {
    /// Reading it.
    pub read: bool,
    /// Writing to it.
    pub write: bool,
    /// Making a node of it.
    pub mknod: bool,
}

impl Default for DeviceAccess {
    fn default() -> Self {
        Self { read: true, write: true, mknod: true }
    }
}

/// A host device shown inside (`--device SRC[:DST][:rwm]`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Absolute path on the host.
    pub source: PathBuf,
    /// Absolute path inside.
    pub target: String,
    /// What the container may do with it.
    #[serde(default)]
    pub access: DeviceAccess,
}

/// Files of `/proc` that something else may be shown over, for tools that tell a container its own figures (runc:
/// libcontainer/rootfs_linux.go, checkProcMount).
const SHOWN_OVER_PROC: [&str; 9] =
    ["/cpuinfo", "/diskstats", "/meminfo", "/stat", "/swaps", "/uptime", "/loadavg", "/slabinfo", "/sys/crypto/fips_enabled"];

/// A clean absolute path: no `..` that would make two spellings of one place, no NUL.
fn absolute(field: &'static str, path: &str) -> Result<String, SpecError> {
    let clean = path.starts_with('/') && !path.contains('\0') && !path.split('/').any(|part| part == "..");
    if clean && path.trim_matches('/').is_empty() {
        return Err(SpecError::new(field, format!("{path:?} is the root itself; name a folder below it")));
    }
    // as the kernel reads it: several slashes are one
    let single = format!("/{}", path.split('/').filter(|part| !part.is_empty() && *part != ".").collect::<Vec<_>>().join("/"));
    if let Some(file) = single.strip_prefix("/proc").filter(|rest| rest.is_empty() || rest.starts_with('/'))
        && !SHOWN_OVER_PROC.contains(&file)
    {
        return Err(SpecError::new(field, format!("{path:?} is the kernel's own: what hides the host there would be hidden itself")));
    }
    if clean { Ok(path.to_owned()) } else { Err(SpecError::new(field, format!("{path:?} is not an absolute path without .."))) }
}

impl FromStr for Volume {
    type Err = SpecError;
    fn from_str(text: &str) -> Result<Self, SpecError> {
        let mut parts = text.split(':');
        let (source, target, mode, more) = (parts.next().unwrap_or_default(), parts.next(), parts.next(), parts.next());
        let wrong = || SpecError::new("volume", format!("{text:?} is not a volume; write SRC:DST or SRC:DST:ro"));
        let read_only = match (mode, more) {
            (None | Some("rw"), None) => false,
            (Some("ro"), None) => true,
            _ => return Err(wrong()),
        };
        let target = absolute("volume", target.ok_or_else(wrong)?)?;
        if !source.starts_with('/') || source.contains('\0') {
            return Err(SpecError::new("volume", format!("{source:?} is not an absolute path on the host")));
        }
        Ok(Self { source: source.into(), target, read_only })
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
                return Err(SpecError::new("tmpfs", format!("{text:?} is not a tmpfs; write DST or DST:size=64M")));
            }
        };
        Ok(Self { target: absolute("tmpfs", target)?, size })
    }
}

impl FromStr for DeviceAccess {
    type Err = SpecError;
    /// Some of the letters `r`, `w` and `m`, as docker has them.
    fn from_str(text: &str) -> Result<Self, SpecError> {
        if text.is_empty() || text.chars().any(|letter| !"rwm".contains(letter)) {
            return Err(SpecError::new("device", format!("{text:?} is no access to a device; use some of r, w and m")));
        }
        Ok(Self { read: text.contains('r'), write: text.contains('w'), mknod: text.contains('m') })
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
            _ => return Err(SpecError::new("device", format!("{text:?} is not a device; write SRC, SRC:DST or SRC:DST:rwm"))),
        };
        let access = access.map_or(Ok(DeviceAccess::default()), str::parse)?;
        let source = absolute("device", source)?;
        Ok(Self { source: source.into(), target: absolute("device", target)?, access })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volumes() {
        let volume: Volume = "/srv/data:/data:ro".parse().unwrap();
        assert_eq!((volume.source.to_str(), volume.target.as_str(), volume.read_only), (Some("/srv/data"), "/data", true));
        assert!("/a:/proc/meminfo".parse::<Volume>().is_ok() && "/a:/process".parse::<Volume>().is_ok());
        assert!(!"/a:/b".parse::<Volume>().unwrap().read_only);
        for bad in [
            "",
            "/a",
            "a:/b",
            "/a:b",
            "/a:/b:xx",
            "/a:/b:ro:rw",
            "/a:/../b",
            "/a:/",
            "/a:/b\0",
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
        assert_eq!("/cache:size=64M".parse::<Tmpfs>().unwrap().size, Some(64 << 20));
        assert_eq!("/cache".parse::<Tmpfs>().unwrap().size, None);
        assert!("/cache:sise=1".parse::<Tmpfs>().is_err() && "cache".parse::<Tmpfs>().is_err());
        assert_eq!("/dev/fuse".parse::<Device>().unwrap().target, "/dev/fuse");
        assert_eq!("/dev/sdb:/dev/disk".parse::<Device>().unwrap().target, "/dev/disk");
        let read_only: Device = "/dev/sdb:/dev/disk:r".parse().unwrap();
        assert_eq!(read_only.access, DeviceAccess { read: true, write: false, mknod: false });
        assert_eq!("/dev/sdb:rw".parse::<Device>().unwrap().target, "/dev/sdb");
        for bad in ["fuse", "/dev/a:x", "/dev/a:/b:", "/dev/a:/b:r:w", "/dev/a:b"] {
            assert!(bad.parse::<Device>().is_err(), "{bad}");
        }
    }
}
