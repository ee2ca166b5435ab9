//! Entering the new root and letting go of the old one.

use nix::mount::MntFlags;

use super::MountStep;

/// The steps from "the current folder is the new root's mount" to "nothing of the host is reachable".
///
/// pivot_root(".", ".") needs no folder for the old root inside the new one: the old root lies on top of the new one,
/// where "." is, until it is detached (pivot_root(2), "pivot_root(".", ".")").
pub(super) fn steps() -> [MountStep; 3] {
    [MountStep::PivotRoot, MountStep::Unmount { target: c".".into(), flags: MntFlags::MNT_DETACH }, MountStep::Chdir { path: c"/".into() }]
}
