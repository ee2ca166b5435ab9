//! [`User`]: the user that the command runs as.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::SpecError;

/// Ids inside the container.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
}

impl User {
    /// Whether it is root.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.uid == 0
    }
}

/// Users in the host image's `/etc/passwd`.
const NAMED: [(&str, User); 2] = [
    ("root", User { uid: 0, gid: 0 }),
    (
        "nobody",
        User {
            uid: 65_534,
            gid: 65_534,
        },
    ),
];

impl FromStr for User {
    type Err = SpecError;
    /// `UID`, `UID:GID`, or a name in the image. A uid alone gets gid 0, as with docker.
    fn from_str(text: &str) -> Result<Self, SpecError> {
        if let Some((_, user)) = NAMED.iter().find(|(name, _)| *name == text) {
            return Ok(*user);
        }
        let wrong = || {
            let names: Vec<_> = NAMED.iter().map(|(name, _)| *name).collect();
            SpecError::new(
                "user",
                format!(
                    "{text:?} is not a user; write UID, UID:GID, or one of {}",
                    names.join(", ")
                ),
            )
        };
        // the highest id means "no id" to the kernel
        let id = |text: &str| {
            text.parse::<u32>()
                .ok()
                .filter(|id| *id != u32::MAX)
                .ok_or_else(wrong)
        };
        match text.split_once(':') {
            Some((uid, gid)) => Ok(Self {
                uid: id(uid)?,
                gid: id(gid)?,
            }),
            None => Ok(Self {
                uid: id(text)?,
                gid: 0,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users() {
        assert_eq!(
            "1000:1001".parse(),
            Ok(User {
                uid: 1000,
                gid: 1001
            })
        );
        assert_eq!("1000".parse(), Ok(User { uid: 1000, gid: 0 }));
        assert_eq!(
            "nobody".parse(),
            Ok(User {
                uid: 65_534,
                gid: 65_534
            })
        );
        assert!("root".parse::<User>().is_ok_and(|u| u.is_root()));
        for bad in ["", "alice", "-1", "4294967295", "1:", ":1", "1:x"] {
            assert!(bad.parse::<User>().is_err(), "{bad}");
        }
    }
}
