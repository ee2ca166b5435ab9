//! [`ImageList`]: the contents of the image, read from `assets/host-image.toml`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use super::ImageError;
use super::digest::Digest;

/// The list built into the binary.
const BUILT_IN: &str = include_str!("../../../assets/host-image.toml");

/// The contents of the image. The asset documents each key.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ImageList {
    pub folders: Vec<PathBuf>,
    pub required: Vec<PathBuf>,
    pub links: Vec<PathBuf>,
    pub libraries: Vec<String>,
    pub terminfo_folders: Vec<PathBuf>,
    pub terminfo: Vec<String>,
    pub data: Vec<PathBuf>,
    pub tools: BTreeMap<String, Vec<String>>,
    pub directories: Vec<Directory>,
    pub files: Vec<TextFile>,
    /// Identifies the list.
    #[serde(skip)]
    pub digest: Digest,
}

/// A folder of every image.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Directory {
    pub path: PathBuf,
    pub mode: u32,
}

/// A file of every image with a given text.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TextFile {
    pub path: PathBuf,
    pub text: String,
}

impl ImageList {
    /// The list built into the binary.
    ///
    /// # Errors
    /// [`ImageError::List`] when it is invalid, which a test rules out.
    pub(super) fn built_in() -> Result<Self, ImageError> {
        Self::parse(BUILT_IN)
    }

    /// The digest of the built-in list, without parsing it.
    #[must_use]
    pub(super) fn built_in_digest() -> Digest {
        Digest::default().with(BUILT_IN.as_bytes())
    }

    /// A list from TOML.
    ///
    /// # Errors
    /// [`ImageError::List`].
    pub(super) fn parse(text: &str) -> Result<Self, ImageError> {
        let list: Self = toml::from_str(text)?;
        Ok(Self {
            digest: Digest::default().with(text.as_bytes()),
            ..list
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_built_in_list_is_valid_and_without_duplicates() {
        let list = ImageList::built_in().unwrap();
        let mut seen = BTreeSet::new();
        for tool in list.tools.values().flatten() {
            assert!(seen.insert(tool), "{tool} is listed twice");
            assert!(!tool.contains('/'), "{tool} is a name, not a path");
        }
        let paths = list
            .directories
            .iter()
            .map(|d| &d.path)
            .chain(list.files.iter().map(|f| &f.path));
        for path in paths
            .chain(&list.required)
            .chain(&list.links)
            .chain(&list.data)
        {
            assert!(path.is_absolute(), "{}", path.display());
        }
    }

    #[test]
    fn the_paths_that_the_mount_plan_needs_exist() {
        let list = ImageList::built_in().unwrap();
        for folder in ["/proc", "/sys", "/dev", "/tmp", "/etc"] {
            assert!(
                list.directories
                    .iter()
                    .any(|d| d.path.as_os_str() == folder),
                "{folder}"
            );
        }
        let tmp = list
            .directories
            .iter()
            .find(|d| d.path.as_os_str() == "/tmp")
            .unwrap();
        assert_eq!(tmp.mode, 0o1777);
        let group = list
            .files
            .iter()
            .find(|f| f.path.as_os_str() == "/etc/group")
            .unwrap();
        assert!(
            group.text.lines().any(|l| l == "tty:x:5:"),
            "devpts is mounted with gid=5 for this group"
        );
    }

    #[test]
    fn an_unknown_key_is_an_error() {
        assert!(ImageList::parse("colour = 1").is_err());
    }
}
