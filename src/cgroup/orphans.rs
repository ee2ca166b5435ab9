//! Which containers have cgroups in a parent folder, whoever made them.

use std::fs;
use std::path::PathBuf;

use super::{Layout, Parent};
use crate::spec::ContainerId;

/// Every cgroup folder directly in `parent`, in every tree that we write to, with the container's id that it bears.
#[must_use]
pub fn containers(layout: &Layout, parent: &Parent) -> Vec<(ContainerId, PathBuf)> {
    let mut found = Vec::new();
    for hierarchy in layout.hierarchies().iter().filter(|h| !h.read_only) {
        // most of the time there is no such folder
        let entries = fs::read_dir(hierarchy.mount.join(&parent.name)).into_iter().flatten().flatten();
        let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        found.extend(folders.filter_map(|e| Some((ContainerId::new(e.file_name().into_string().ok()?).ok()?, e.path()))));
    }
    found
}
