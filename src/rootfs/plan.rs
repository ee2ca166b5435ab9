//! [`RootfsPlan`]: from a spec to the ordered mount steps that make its root, all memory taken beforehand.

use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::OsStrExt;

use nix::mount::MsFlags;
use nix::sys::stat::makedev;

use super::base::OWN_FILES;
use super::overlay::{c_path, labelled, options};
use super::place::Place;
use super::storage::Layer;
use super::{MountStep, PlanError, Protection, RootfsPaths, StepFailure};
use crate::spec::{ContainerSpec, IpcMode, Propagation, Storage};
use crate::sys::mount::{ATTR_NODEV, ATTR_NOSUID, ATTR_RDONLY};

/// Character devices of every container: name, major, minor (kernel: Documentation/admin-guide/devices.txt).
const DEVICES: [(&CStr, &CStr, u64, u64); 6] = [
    (c"dev/null", c"/dev/null", 1, 3),
    (c"dev/zero", c"/dev/zero", 1, 5),
    (c"dev/full", c"/dev/full", 1, 7),
    (c"dev/random", c"/dev/random", 1, 8),
    (c"dev/urandom", c"/dev/urandom", 1, 9),
    (c"dev/tty", c"/dev/tty", 5, 0),
];

/// Links of every container's `/dev`: what each says, and its path. `/dev/core` is left out: it leads to the host's memory.
const LINKS: [(&CStr, &CStr); 5] = [
    (c"/proc/self/fd", c"dev/fd"),
    (c"/proc/self/fd/0", c"dev/stdin"),
    (c"/proc/self/fd/1", c"dev/stdout"),
    (c"/proc/self/fd/2", c"dev/stderr"),
    (c"pts/ptmx", c"dev/ptmx"),
];

/// The steps that make a container's root, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootfsPlan {
    pub(super) steps: Vec<MountStep>,
    protections: Vec<Protection>,
    label: Option<CString>,
}

impl RootfsPlan {
    /// Plans the root made of the folders `paths`, which must exist when the plan is applied.
    ///
    /// The process that applies it has mount, PID, IPC and UTS namespaces of its own, and a network namespace unless it
    /// shares the host's: `/proc`, `/sys` and `/dev/mqueue` show the namespaces of whoever mounts them. `/sys` is
    /// a sysfs of its own in both cases, never a bind of the host's, which would bring along the host's cgroups and
    /// whatever else is mounted below it.
    ///
    /// # Errors
    /// [`PlanError`] when a path cannot be given to the kernel.
    pub fn new(spec: &ContainerSpec, paths: &RootfsPaths) -> Result<Self, PlanError> {
        let merged = c_path(&paths.merged)?;
        let label = paths.label.as_deref();
        let quiet = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
        let mut steps = vec![
            // first of all: nothing that follows may reach the host through a shared mount
            MountStep::Shield { propagation: propagation(spec) },
        ];
        match spec.ids {
            Some(_) => steps.push(MountStep::Root),
            None => {
                steps.extend(Layer::of(spec, paths)?.map(MountStep::Layer));
                steps.extend([root(spec, paths, merged.clone())?, MountStep::Chdir { path: merged }]);
            }
        }
        steps.extend(on_folder(c"proc", c"proc", quiet, None, None)?);
        steps.extend(on_folder(c"sysfs", c"sys", if spec.security.privileged { quiet } else { quiet | MsFlags::MS_RDONLY }, None, None)?);
        let dev_flags = MsFlags::MS_NOSUID | MsFlags::MS_STRICTATIME;
        steps.extend(on_folder(c"tmpfs", c"dev", dev_flags, Some(c"mode=755,size=64k,nr_inodes=8192"), label)?);
        steps.extend(DEVICES.map(|(path, host, major, minor)| MountStep::Device {
            path: path.into(),
            host: host.into(),
            mode: 0o666,
            dev: makedev(major, minor),
        }));
        // gid 5 is "tty" in the image's /etc/group and on every distribution. Terminals are counted for all of the host together
        // (kernel: Documentation/filesystems/devpts.rst): one container must leave some of its 3072 to others.
        let pts = c"newinstance,ptmxmode=0666,mode=0620,gid=5,max=128";
        steps.extend(on_folder(c"devpts", c"dev/pts", MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC, Some(pts), label)?);
        steps.extend(on_folder(c"tmpfs", c"dev/shm", quiet, Some(c"mode=1777,size=64m,nr_inodes=65536"), label)?);
        steps.extend(on_folder(c"mqueue", c"dev/mqueue", quiet, None, None)?);
        if let (Some(label), IpcMode::Own) = (label, &spec.ipc) {
            steps.push(MountStep::Label { path: c"dev/mqueue".into(), label: c_text(label)? });
        }
        steps.extend(LINKS.map(|(target, link)| MountStep::Symlink { target: target.into(), link: link.into() }));
        if spec.root.is_some() {
            steps.extend(own_files(spec, paths)?);
        }
        steps.extend(shown(spec, label)?);
        if spec.read_only {
            steps.push(MountStep::ReadOnlyRoot);
        }
        steps.push(MountStep::PivotRoot);
        let cpus = std::thread::available_parallelism().map_or(0, usize::from);
        let protections = if spec.security.privileged { Vec::new() } else { Protection::usual(cpus) };
        Ok(Self { steps, protections, label: label.map(c_text).transpose()? })
    }

    /// The steps, for [`apply`](super::apply).
    #[must_use]
    pub fn steps(&self) -> &[MountStep] {
        &self.steps
    }

    /// What of the kernel's own files is kept from the container, for [`protect`](super::protect).
    #[must_use]
    pub fn protections(&self) -> &[Protection] {
        &self.protections
    }

    /// The SELinux label of what hides something.
    pub(super) fn label(&self) -> Option<&CStr> {
        self.label.as_deref()
    }

    /// A protection in words: `mask /proc/kcore of the container`.
    #[must_use]
    pub fn describe_protection(&self, index: u16) -> String {
        let protection = self.protections.get(usize::from(index));
        protection.map_or_else(|| format!("carry out protection {index}"), Protection::describe)
    }

    /// The step in words: `mount overlay on /var/lib/…/merged`.
    #[must_use]
    pub fn describe(&self, index: u16) -> String {
        let step = self.steps.get(usize::from(index));
        step.map_or_else(|| format!("carry out mount step {index}"), MountStep::describe)
    }

    /// What the user can do about a failed step, where we know.
    #[must_use]
    pub fn hint(&self, failure: StepFailure) -> Option<&'static str> {
        self.steps.get(usize::from(failure.index))?.hint(failure.errno)
    }
}

/// pivot_root(2) refuses a shared root, so there are two choices.
fn propagation(spec: &ContainerSpec) -> MsFlags {
    match spec.propagation {
        Propagation::Private => MsFlags::MS_PRIVATE,
        Propagation::Slave => MsFlags::MS_SLAVE,
    }
}

/// The root itself: an overlay over the image or the user's folder, or that folder as it is.
fn root(spec: &ContainerSpec, paths: &RootfsPaths, merged: CString) -> Result<MountStep, PlanError> {
    Ok(match &spec.root {
        Some(folder) if !spec.overlay => MountStep::Mount {
            source: Some(c_path(folder)?),
            target: merged,
            fstype: None,
            flags: MsFlags::MS_BIND | MsFlags::MS_REC,
            data: None,
        },
        _ => MountStep::Mount {
            source: Some(c"overlay".into()),
            target: merged,
            fstype: Some(c"overlay".into()),
            flags: MsFlags::empty(),
            data: Some(options(paths)?),
        },
    })
}

/// The files of `/etc` that are the container's own, shown over those of a root that is no image of ours.
///
/// They are on disk: who may write in memory alone may not write them.
fn own_files(spec: &ContainerSpec, paths: &RootfsPaths) -> Result<Vec<MountStep>, PlanError> {
    let read_only = if matches!(spec.storage, Some(Storage::Tmpfs(_))) { ATTR_RDONLY } else { 0 };
    OWN_FILES
        .into_iter()
        .map(|name| {
            let (source, place) = (c_path(&paths.base.join("etc").join(name))?, Place::new(&format!("/etc/{name}"))?);
            Ok(MountStep::Bind { source, place, recursive: false, attributes: ATTR_NOSUID | ATTR_NODEV | read_only, own: true })
        })
        .collect()
}

/// What of the host the spec shows inside: volumes, memory file systems, devices; shorter paths first, so that one may lie in another.
fn shown(spec: &ContainerSpec, label: Option<&str>) -> Result<Vec<MountStep>, PlanError> {
    let mut steps = Vec::new();
    for tmpfs in &spec.tmpfs {
        let size = tmpfs.size.map(|bytes| c_text(&bytes.to_string())).transpose()?;
        let label = label.map(c_text).transpose()?;
        steps.push((tmpfs.target.len(), MountStep::Tmpfs { place: Place::new(&tmpfs.target)?, size, label }));
    }
    for volume in &spec.volumes {
        let attributes = ATTR_NOSUID | ATTR_NODEV | if volume.read_only { ATTR_RDONLY } else { 0 };
        let (source, place) = (c_path(&volume.source)?, Place::new(&volume.target)?);
        steps.push((volume.target.len(), MountStep::Bind { source, place, recursive: true, attributes, own: false }));
    }
    for device in &spec.devices {
        let (source, place) = (c_path(&device.source)?, Place::new(&device.target)?);
        steps.push((device.target.len(), MountStep::Bind { source, place, recursive: false, attributes: ATTR_NOSUID, own: false }));
    }
    steps.sort_by_key(|(length, _)| *length);
    Ok(steps.into_iter().map(|(_, step)| step).collect())
}

fn c_text(text: &str) -> Result<CString, PlanError> {
    c_path(text.as_ref())
}

/// A new filesystem on a folder that is made, or checked to be one, just before. `label` is for one whose files are the container's own.
fn on_folder(fstype: &CStr, target: &CStr, flags: MsFlags, data: Option<&CStr>, label: Option<&str>) -> Result<[MountStep; 2], PlanError> {
    let data = data.map(|data| labelled(label, data.to_bytes().to_vec()));
    let data = data.map(|data| c_path(OsStr::from_bytes(&data).as_ref())).transpose()?;
    Ok([
        MountStep::Folder { path: target.into(), mode: 0o755 },
        MountStep::Mount { source: Some(fstype.into()), target: target.into(), fstype: Some(fstype.into()), flags, data },
    ])
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn spec() -> ContainerSpec {
        let request = crate::spec::Preset { command: Some(vec!["sh".into()]), ..Default::default() };
        crate::spec::resolve(crate::spec::ContainerId::from_random([1; 6]), None, &request, false, false).unwrap()
    }

    fn plan() -> RootfsPlan {
        RootfsPlan::new(&spec(), &RootfsPaths::new(Path::new("/c"), Path::new("/i"))).unwrap()
    }

    fn position(is: impl Fn(&MountStep) -> bool) -> usize {
        plan().steps().iter().position(is).unwrap()
    }

    #[test]
    fn nothing_is_mounted_before_the_host_is_shielded_nor_after_it_is_gone() {
        let steps = plan().steps;
        let is_mount = |s: &MountStep| matches!(s, MountStep::Mount { .. });
        assert_eq!(steps[0], MountStep::Shield { propagation: MsFlags::MS_PRIVATE });
        assert!(steps.iter().any(is_mount));
        assert_eq!(steps.last(), Some(&MountStep::PivotRoot));
    }

    #[test]
    fn every_mount_in_the_container_stands_on_a_checked_folder() {
        let steps = plan().steps;
        let entered = position(|s| matches!(s, MountStep::Chdir { .. }));
        for (index, step) in steps.iter().enumerate().skip(entered) {
            let MountStep::Mount { target, .. } = step else { continue };
            assert!(matches!(&steps[index - 1], MountStep::Folder { path, .. } if path == target), "{}", step.describe());
            assert!(!target.to_bytes().starts_with(b"/"), "{}", step.describe());
        }
    }

    #[test]
    fn what_is_the_containers_own_is_labelled_and_the_kernels_is_not() {
        let mut paths = RootfsPaths::new(Path::new("/c"), Path::new("/i"));
        paths.label = Some("u:object_r:t:s0:c1,c2".into());
        let plan = RootfsPlan::new(&spec(), &paths).unwrap();
        for (kind, wanted) in [("overlay", true), ("tmpfs", true), ("devpts", true), ("proc", false), ("sysfs", false), ("mqueue", false)] {
            let of_kind =
                |step: &&MountStep| matches!(step, MountStep::Mount { fstype: Some(own), .. } if own.to_bytes() == kind.as_bytes());
            let steps: Vec<&MountStep> = plan.steps().iter().filter(of_kind).collect();
            assert!(!steps.is_empty(), "{kind}");
            for step in steps {
                let MountStep::Mount { data, .. } = step else { continue };
                let has = data.as_ref().is_some_and(|data| data.to_bytes().starts_with(b"context=\"u:object_r:t:s0:c1,c2\","));
                assert_eq!(has, wanted, "{}: {data:?}", step.describe());
            }
        }
        let labels = |plan: &RootfsPlan| plan.steps().iter().filter(|step| matches!(step, MountStep::Label { .. })).count();
        assert_eq!((labels(&plan), labels(&self::plan())), (1, 0), "a queue's file system has no option for it");
    }

    #[test]
    fn a_failure_is_told_in_words_even_when_the_index_is_not_ours() {
        let index =
            u16::try_from(position(|s| matches!(s, MountStep::Mount { fstype: Some(t), .. } if t.as_c_str() == c"overlay"))).unwrap();
        assert_eq!(plan().describe(index), "mount overlay on /c/merged");
        let failure = |index| StepFailure { index, errno: nix::errno::Errno::ENODEV as i32 };
        assert!(plan().hint(failure(index)).unwrap().contains("overlayfs"));
        assert!(plan().describe(u16::MAX).contains("65535"));
        assert_eq!(plan().hint(failure(u16::MAX)), None);
    }
}
