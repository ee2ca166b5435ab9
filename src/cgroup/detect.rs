//! [`Layout`]: which cgroup trees this host has, where they are mounted, and what they cannot give
//! and why.

use std::path::{Path, PathBuf};

use super::mountinfo::{CgroupMount, cgroup_mounts};
use super::{CgroupError, Controller, Version};
use crate::sys::text;

const MOUNTINFO: &str = "/proc/self/mountinfo";
const SELF_CGROUP: &str = "/proc/self/cgroup";
const PROC_CGROUPS: &str = "/proc/cgroups";

/// Something this host cannot give, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// What: a controller's or a figure's word (`memory`, `swap`, `psi`).
    pub figure: &'static str,
    /// Why, with the fix where there is one.
    pub reason: String,
}

/// One mounted tree of cgroups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hierarchy {
    /// Its interface.
    pub version: Version,
    /// Where it is mounted; containers' folders go under it.
    pub mount: PathBuf,
    /// What it controls. For v2 what `cgroup.controllers` lists at the mount.
    pub controllers: Vec<Controller>,
    /// Our own cgroup, relative to the mount; `None` when it lies outside of what is mounted.
    pub own: Option<String>,
    /// Whether it cannot be written.
    pub read_only: bool,
}

impl Hierarchy {
    /// Whether files for `controller` can be found here.
    #[must_use]
    pub fn has(&self, controller: Controller) -> bool {
        self.controllers.contains(&controller)
            || (self.version == Version::V2 && controller.is_core_of_v2())
    }

    /// Whether a container gets a folder in it.
    pub(super) fn is_joined(&self) -> bool {
        !self.read_only
            && (self.version == Version::V2
                || Controller::JOINED
                    .iter()
                    .any(|c| self.controllers.contains(c)))
    }
}

/// How the host's controllers are spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Everything on v2.
    V2,
    /// Controllers on v1 beside a v2 tree.
    Hybrid,
    /// No v2 tree.
    V1,
}

impl Mode {
    /// `v2`, `hybrid` or `v1`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V2 => "v2",
            Self::Hybrid => "hybrid",
            Self::V1 => "v1",
        }
    }
}

/// The cgroup trees of this host, v2 first. Decided once, from what is mounted and where we are in
/// it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    hierarchies: Vec<Hierarchy>,
    missing: Vec<Missing>,
}

impl Layout {
    /// Looks at this host.
    ///
    /// # Errors
    /// When no cgroup tree can be seen, or `/proc` cannot be read.
    pub fn detect() -> Result<Self, CgroupError> {
        let read =
            |path: &str| text::read(path).map_err(|e| CgroupError::io("read", Path::new(path), &e));
        Self::parse(&read(MOUNTINFO)?, &read(SELF_CGROUP)?, &|path| {
            text::read(path).ok()
        })
    }

    /// Decides from the text of `/proc/self/mountinfo` (proc_pid_mountinfo(5)) and
    /// `/proc/self/cgroup` (cgroups(7)); `read` is asked for `cgroup.controllers` of the v2 mount
    /// and for `/proc/cgroups`.
    ///
    /// # Errors
    /// When no cgroup tree can be seen.
    pub fn parse(
        mountinfo: &str,
        self_cgroup: &str,
        read: &dyn Fn(&Path) -> Option<String>,
    ) -> Result<Self, CgroupError> {
        let mut hierarchies: Vec<Hierarchy> = Vec::new();
        for mount in cgroup_mounts(mountinfo) {
            let found = hierarchy(&mount, self_cgroup, read);
            // one tree may be mounted several times: the writable view that shows the most wins,
            // then the first
            let same = |h: &Hierarchy| {
                h.version == found.version
                    && (found.version == Version::V2 || h.controllers == found.controllers)
            };
            let rank = |h: &Hierarchy| {
                (
                    h.read_only,
                    h.own.is_none(),
                    !h.mount.starts_with("/sys/fs/cgroup"),
                )
            };
            match hierarchies.iter_mut().find(|h| same(h)) {
                Some(known) if rank(&found) < rank(known) => *known = found,
                Some(_) => {}
                None => hierarchies.push(found),
            }
        }
        hierarchies.retain(|h| h.version == Version::V2 || !h.controllers.is_empty());
        hierarchies.sort_by_key(|h| h.version == Version::V1);
        if hierarchies.is_empty() {
            return Err(CgroupError::missing(
                "find a cgroup tree in",
                Path::new(MOUNTINFO),
                "none is mounted",
                Some(
                    "mount one: mount -t cgroup2 cgroup2 /sys/fs/cgroup (inside a container, start that one with --privileged)",
                ),
            ));
        }
        let missing = Controller::JOINED
            .into_iter()
            .filter(|c| *c != Controller::Systemd)
            .filter_map(|c| missing(c, &hierarchies, read))
            .collect();
        Ok(Self {
            hierarchies,
            missing,
        })
    }

    /// Every tree, v2 first.
    #[must_use]
    pub fn hierarchies(&self) -> &[Hierarchy] {
        &self.hierarchies
    }

    /// The v2 tree, with or without controllers.
    #[must_use]
    pub fn v2(&self) -> Option<&Hierarchy> {
        self.hierarchies.iter().find(|h| h.version == Version::V2)
    }

    /// The tree that `controller` is on: a v1 tree of it if there is one, else v2.
    #[must_use]
    pub fn hierarchy(&self, controller: Controller) -> Option<&Hierarchy> {
        self.hierarchies.iter().rev().find(|h| h.has(controller))
    }

    /// Which interface `controller` is on; `None` when this host does not have it.
    #[must_use]
    pub fn version(&self, controller: Controller) -> Option<Version> {
        self.hierarchy(controller).map(|h| h.version)
    }

    /// How the controllers are spread.
    #[must_use]
    pub fn mode(&self) -> Mode {
        let v1 = self.hierarchies.iter().any(|h| {
            h.version == Version::V1 && h.controllers.iter().any(|c| *c != Controller::Systemd)
        });
        match (self.v2(), v1) {
            (Some(_), false) => Mode::V2,
            (Some(_), true) => Mode::Hybrid,
            (None, _) => Mode::V1,
        }
    }

    /// The controllers that cannot be had or not be written here, and why.
    #[must_use]
    pub fn missing(&self) -> &[Missing] {
        &self.missing
    }

    /// Why `controller` cannot be had.
    pub(super) fn why_missing(&self, controller: Controller) -> Option<&str> {
        let found = self.missing.iter().find(|m| m.figure == controller.word());
        found.map(|m| m.reason.as_str())
    }
}

fn hierarchy(
    mount: &CgroupMount,
    self_cgroup: &str,
    read: &dyn Fn(&Path) -> Option<String>,
) -> Hierarchy {
    let (version, controllers) = if mount.v2 {
        let listed = read(&mount.point.join("cgroup.controllers")).unwrap_or_default();
        let found = listed.split_whitespace().filter_map(Controller::from_v2);
        (Version::V2, found.collect())
    } else {
        let found = mount.options.iter().filter_map(|o| Controller::from_v1(o));
        (Version::V1, found.collect::<Vec<_>>())
    };
    let own =
        own_path(self_cgroup, version, &controllers).and_then(|path| below(&mount.root, &path));
    Hierarchy {
        version,
        mount: mount.point.clone(),
        controllers,
        own,
        read_only: mount.read_only,
    }
}

/// Our path in a tree: lines are `ID:controllers:path`, `0::path` for v2 (cgroups(7)).
fn own_path(self_cgroup: &str, version: Version, controllers: &[Controller]) -> Option<String> {
    self_cgroup.lines().find_map(|line| {
        let mut fields = line.splitn(3, ':');
        let (id, names, path) = (fields.next()?, fields.next()?, fields.next()?);
        let ours = match version {
            Version::V2 => id == "0" && names.is_empty(),
            Version::V1 => names
                .split(',')
                .any(|n| Controller::from_v1(n).is_some_and(|c| controllers.contains(&c))),
        };
        ours.then(|| path.to_owned())
    })
}

/// `path` relative to what is mounted (`root`, as our namespace names it). A path or root with `..`
/// is outside of our cgroup namespace, so nothing can be said about where one lies in the other.
fn below(root: &str, path: &str) -> Option<String> {
    if [root, path]
        .iter()
        .any(|p| p.split('/').any(|part| part == ".."))
    {
        return None;
    }
    let rest = path.strip_prefix(root.trim_end_matches('/'))?;
    match rest {
        "" => Some("/".into()),
        _ if rest.starts_with('/') => Some(rest.to_owned()),
        _ => None,
    }
}

fn missing(
    controller: Controller,
    hierarchies: &[Hierarchy],
    read: &dyn Fn(&Path) -> Option<String>,
) -> Option<Missing> {
    let reason = match hierarchies.iter().rev().find(|h| h.has(controller)) {
        Some(h) if h.read_only => format!(
            "{} is mounted read-only; inside a container, start that one with --privileged or a writable cgroup mount",
            h.mount.display()
        ),
        Some(_) => return None,
        None => absent(controller, hierarchies, read),
    };
    Some(Missing {
        figure: controller.word(),
        reason,
    })
}

/// Why no mounted tree has `controller`: `/proc/cgroups` tells a kernel without it from one that
/// has it elsewhere (cgroups(7)).
fn absent(
    controller: Controller,
    hierarchies: &[Hierarchy],
    read: &dyn Fn(&Path) -> Option<String>,
) -> String {
    let word = controller.word();
    let table = read(Path::new(PROC_CGROUPS)).unwrap_or_default();
    let line = table.lines().find_map(|line| {
        let mut fields = line.split_whitespace();
        (fields.next()? == controller.v1_name())
            .then(|| (fields.next() == Some("0"), fields.nth(1) == Some("1")))
    });
    let v2 = hierarchies.iter().find(|h| h.version == Version::V2);
    match (line, v2) {
        (Some((_, false)), _) if controller == Controller::Memory => {
            "the memory controller is switched off: boot with cgroup_enable=memory and without cgroup_disable=memory".into()
        }
        (Some((_, false)), _) => format!("the {word} controller is switched off: boot without cgroup_disable={}", controller.v1_name()),
        (Some((true, true)), Some(v2)) => format!(
            "the {word} controller is not passed on to {}; add it to cgroup.subtree_control of every cgroup above (systemd: Delegate=yes)",
            v2.mount.display()
        ),
        (Some((true, true)), None) => format!(
            "no mounted tree has the {word} controller; where the kernel has it on v2 only (no CONFIG_MEMCG_V1, say), mount that: \
             mount -t cgroup2 cgroup2 FOLDER"
        ),
        (Some(_), _) => format!("the {word} controller's v1 tree is not mounted here"),
        (None, _) => format!("this kernel has no {word} controller"),
    }
}

#[cfg(test)]
#[path = "detect_tests.rs"]
mod tests;
