//! [`Digest`]: identifies a list or manifest. Not cryptographic: an attacker able to forge one
//! already owns the host's binaries.

use std::fmt;

use serde::{Deserialize, Serialize};

/// 64-bit FNV-1a, shown as 16 hex digits (<http://www.isthe.com/chongo/tech/comp/fnv/>); stable
/// across builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Digest(u64);

impl Default for Digest {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Digest {
    /// Adds `bytes`.
    pub(super) fn with(self, bytes: &[u8]) -> Self {
        let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        Self(bytes.iter().fold(self.0, step))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Whether `name` is a formatted digest, and so can be a generation's folder.
pub(super) fn is_digest(name: &str) -> bool {
    name.len() == 16 && name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_test_vectors_hold() {
        assert_eq!(Digest::default().with(b"").to_string(), "cbf29ce484222325");
        assert_eq!(
            Digest::default().with(b"foobar").to_string(),
            "85944171f73967e8"
        );
        assert_eq!(
            Digest::default().with(b"foo").with(b"bar"),
            Digest::default().with(b"foobar")
        );
    }

    #[test]
    fn only_digests_name_generations() {
        assert!(is_digest(&Digest::default().to_string()));
        for bad in [
            "",
            "..",
            "current",
            "CBF29CE484222325",
            "cbf29ce48422232",
            "../f29ce484222325",
        ] {
            assert!(!is_digest(bad), "{bad}");
        }
    }
}
