//! [`Storage`]: how much a container may write to its own layer, and where that is (`--storage`).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::SpecError;
use super::size::{format_bytes, parse_bytes};

/// Where a bounded layer is; each with its most bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Storage {
    /// In the container's folder, bounded by a project quota of its file system.
    Disk(u64),
    /// In memory, counted against the container's memory limit; gone when it stops.
    Tmpfs(u64),
}

/// Less is not enough for what programs write when they start, in bytes.
const LEAST: u64 = 64 << 10;
/// A file or folder for so many bytes: files without content take room too.
const BYTES_A_FILE: u64 = 4096;
const FEWEST_FILES: u64 = 1024;

impl Storage {
    /// Most bytes of the layer.
    #[must_use]
    pub fn bytes(self) -> u64 {
        let (Self::Disk(bytes) | Self::Tmpfs(bytes)) = self;
        bytes
    }

    /// Most files and folders of the layer.
    #[must_use]
    pub fn files(self) -> u64 {
        (self.bytes() / BYTES_A_FILE).max(FEWEST_FILES)
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
        if bytes < LEAST {
            return Err(SpecError::new(
                "storage",
                format!("{text:?} is less than {}", format_bytes(LEAST)),
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
        for wrong in ["", "tmpfs", "tmpfs:", "disk:1G", "-1", "1K", "lots"] {
            let error = wrong.parse::<Storage>().unwrap_err().to_string();
            assert!(error.contains("storage"), "{wrong}: {error}");
        }
    }
}
