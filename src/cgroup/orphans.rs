//! Which containers have cgroups in a parent folder, no matter who made them.

use std::fs;
use std::path::PathBuf;

use super::folders::SUPERVISORS;
use super::{Hierarchy, Layout, Parent};
use crate::spec::ContainerId;

/// Every cgroup folder directly in `parent`, in every tree that we write to, with the container's
/// id that it bears.
#[must_use]
pub(crate) fn containers(layout: &Layout, parent: &Parent) -> Vec<(ContainerId, PathBuf)> {
    let with_path = |(id, entry): (ContainerId, fs::DirEntry)| (id, entry.path());
    layout
        .hierarchies()
        .iter()
        .filter(|h| !h.read_only)
        .flat_map(|h| in_tree(h, parent))
        .map(with_path)
        .collect()
}

/// Every container that has a cgroup in the tree where it gets its first one and keeps its last
/// one: all that have any, but for those that others made or removed by hand.
#[must_use]
pub(crate) fn first_of_containers(layout: &Layout, parent: &Parent) -> Vec<ContainerId> {
    let first = layout.hierarchies().iter().find(|h| h.is_joined());
    first
        .into_iter()
        .flat_map(|h| in_tree(h, parent))
        .map(|(id, _)| id)
        .collect()
}

fn in_tree(
    hierarchy: &Hierarchy,
    parent: &Parent,
) -> impl Iterator<Item = (ContainerId, fs::DirEntry)> + use<> {
    // most of the time there is no such folder
    let entries = fs::read_dir(hierarchy.mount.join(&parent.name))
        .into_iter()
        .flatten()
        .flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    // where supervisors are is no container's
    let folders = folders.filter(|entry| entry.file_name() != SUPERVISORS);
    folders.filter_map(|entry| {
        Some((
            ContainerId::new(entry.file_name().into_string().ok()?).ok()?,
            entry,
        ))
    })
}
