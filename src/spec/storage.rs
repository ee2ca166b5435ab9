//! [`Storage`]: size and place of a container's writable layer (`--storage`).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::SpecError;
use super::size::{format_bytes, parse_bytes};

/// Where the writable layer is, with its maximum size in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Storage {
    /// In the container's folder, limited by a project quota.
    Disk(u64),
    /// In memory, counted against the container's memory limit; gone when it stops.
    Tmpfs(u64),
}

/// The minimum size in bytes: programs need some space to start.
const MIN_BYTES: u64 = 64 << 10;
/// One inode for this many bytes, since empty files take space too.
const BYTES_PER_INODE: u64 = 4096;
const MIN_INODES: u64 = 1024;

impl Storage {
    /// Maximum bytes of the layer.
    #[must_use]
    pub fn bytes(self) -> u64 {
        let (Self::Disk(bytes) | Self::Tmpfs(bytes)) = self;
        bytes
    }

    /// Maximum files and folders of the layer.
    #[must_use]
    pub fn files(self) -> u64 {
        (self.bytes() / BYTES_PER_INODE).max(MIN_INODES)
    }

    /// `disk` or `tmpfs`.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::Disk(_) => "disk",
            Self::Tmpfs(_) => "tmpfs",
        }
    }
}

impl FromStr for Storage {
    type Err = SpecError;
    fn from_str(text: &str) -> Result<Self, SpecError> {
        let text = text.trim();
        let (size, in_memory) = text
            .strip_prefix("tmpfs:")
            .map_or((text, false), |size| (size, true));
        let bytes = parse_bytes("storage", size)?;
        if bytes < MIN_BYTES {
            return Err(SpecError::new(
                "storage",
                format!("{text:?} is less than {}", format_bytes(MIN_BYTES)),
            ));
        }
        Ok(if in_memory {
            Self::Tmpfs(bytes)
        } else {
            Self::Disk(bytes)
        })
    }
}

impl fmt::Display for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disk(bytes) => f.pad(&format_bytes(*bytes)),
            Self::Tmpfs(bytes) => f.pad(&format!("tmpfs:{}", format_bytes(*bytes))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_on_disk_or_in_memory() {
        assert_eq!("64M".parse::<Storage>(), Ok(Storage::Disk(64 << 20)));
        assert_eq!("tmpfs:1G".parse::<Storage>(), Ok(Storage::Tmpfs(1 << 30)));
        assert_eq!(
            (
                Storage::Disk(64 << 20).files(),
                Storage::Tmpfs(1 << 20).files()
            ),
            (16_384, 1024)
        );
        for (text, kind) in [("64M", "disk"), ("tmpfs:64M", "tmpfs")] {
            let storage: Storage = text.parse().unwrap();
            assert_eq!((storage.bytes(), storage.kind()), (64 << 20, kind));
        }
        for wrong in ["", "tmpfs", "tmpfs:", "disk:1G", "-1", "1K", "lots"] {
            let error = wrong.parse::<Storage>().unwrap_err().to_string();
            assert!(error.contains("storage"), "{wrong}: {error}");
        }
    }
}
