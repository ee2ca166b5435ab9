//! [`RootfsPlan`]: the ordered mount steps of a spec's root, with all memory allocated beforehand.

use std::ffi::{CStr, CString};

use nix::mount::MsFlags;
use nix::sys::stat::makedev;

use super::base::OWN_FILES;
use super::overlay::{c_path, options};
use super::place::Place;
use super::step::{Filesystem, From, Within};
use super::storage::Layer;
use super::{MountStep, PlanError, Protection, RootfsPaths, StepFailure};
use crate::spec::{ContainerSpec, IpcMode, Propagation, Storage};
use crate::sys::mount::{ATTR_NODEV, ATTR_NOEXEC, ATTR_NOSUID, ATTR_RDONLY, ATTR_STRICTATIME};

/// Character devices of every container: name, major, minor (kernel:
/// Documentation/admin-guide/devices.txt).
const DEVICES: [(&CStr, &CStr, u64, u64); 6] = [
    (c"null", c"/dev/null", 1, 3),
    (c"zero", c"/dev/zero", 1, 5),
    (c"full", c"/dev/full", 1, 7),
    (c"random", c"/dev/random", 1, 8),
    (c"urandom", c"/dev/urandom", 1, 9),
    (c"tty", c"/dev/tty", 5, 0),
];

/// Links of every container's `/dev`: target and name. Without `core`, which leads to the host's
/// memory.
const LINKS: [(&CStr, &CStr); 5] = [
    (c"/proc/self/fd", c"fd"),
    (c"/proc/self/fd/0", c"stdin"),
    (c"/proc/self/fd/1", c"stdout"),
    (c"/proc/self/fd/2", c"stderr"),
    (c"pts/ptmx", c"ptmx"),
];

/// The steps that set up a container's root, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootfsPlan {
    pub(super) steps: Vec<MountStep>,
    protections: Vec<Protection>,
    label: Option<CString>,
}

impl RootfsPlan {
    /// Plans the root of the folders `paths`, which must exist when the plan is applied.
    ///
    /// The process that applies it must be in the container's namespaces: `/proc`, `/sys` and
    /// `/dev/mqueue` show those of the process that mounts them. `/sys` is always a new sysfs,
    /// never a bind of the host's, which would include the host's cgroups and other submounts.
    ///
    /// # Errors
    /// [`PlanError`] when a path cannot be given to the kernel.
    pub fn new(spec: &ContainerSpec, paths: &RootfsPaths) -> Result<Self, PlanError> {
        let merged = c_path(&paths.merged)?;
        let label = paths.label.as_deref();
        let mut steps = vec![
            // first: nothing that follows may propagate to the host
            MountStep::Shield {
                propagation: propagation(spec),
            },
        ];
        match spec.ids {
            Some(_) => steps.push(MountStep::Root),
            None => {
                steps.extend(Layer::of(spec, paths)?.map(MountStep::Layer));
                steps.extend(root(spec, paths, merged)?);
            }
        }
        let own_queues = spec.ipc == IpcMode::Own;
        steps.extend(kernel_mounts(spec.security.privileged, own_queues, label)?);
        if spec.root.is_some() {
            steps.extend(own_files(spec, paths)?);
        }
        steps.extend(requested_mounts(spec, label)?);
        if spec.read_only {
            steps.push(MountStep::ReadOnlyRoot);
        }
        steps.push(MountStep::PivotRoot);
        let cpus = std::thread::available_parallelism().map_or(0, usize::from);
        let protections = if spec.security.privileged {
            Vec::new()
        } else {
            Protection::usual(cpus)
        };
        Ok(Self {
            steps,
            protections,
            label: label.map(c_text).transpose()?,
        })
    }

    /// The steps, for [`apply`](super::apply).
    #[must_use]
    pub fn steps(&self) -> &[MountStep] {
        &self.steps
    }

    /// The masked and read-only kernel files, for [`protect`](super::protect).
    #[must_use]
    pub fn protections(&self) -> &[Protection] {
        &self.protections
    }

    /// The SELinux label of masks.
    pub(super) fn label(&self) -> Option<&CStr> {
        self.label.as_deref()
    }

    /// Describes a protection: `mask /proc/kcore of the container`.
    #[must_use]
    pub fn describe_protection(&self, index: u16) -> String {
        let protection = self.protections.get(usize::from(index));
        protection.map_or_else(
            || format!("carry out protection {index}"),
            Protection::describe,
        )
    }

    /// Describes a step: `mount overlay on /var/lib/…/merged`.
    #[must_use]
    pub fn describe(&self, index: u16) -> String {
        let step = self.steps.get(usize::from(index));
        step.map_or_else(
            || format!("carry out mount step {index}"),
            MountStep::describe,
        )
    }

    /// A remedy for a failed step, if known.
    #[must_use]
    pub fn hint(&self, failure: StepFailure) -> Option<&'static str> {
        self.steps
            .get(usize::from(failure.index))?
            .hint(failure.errno)
    }
}

/// Never shared, which pivot_root(2) refuses.
fn propagation(spec: &ContainerSpec) -> MsFlags {
    match spec.propagation {
        Propagation::Private => MsFlags::MS_PRIVATE,
        Propagation::Slave => MsFlags::MS_SLAVE,
    }
}

/// The root itself: an overlay over the image or the user's folder, or that folder as it is.
fn root(
    spec: &ContainerSpec,
    paths: &RootfsPaths,
    merged: CString,
) -> Result<Vec<MountStep>, PlanError> {
    let mut steps = Vec::new();
    if let Some(folder) = &spec.root {
        let (source, target) = (c_path(folder)?, merged.clone());
        steps.push(MountStep::OwnFolder {
            source,
            target,
            recursive: !spec.overlay,
            tree: None,
        });
    }
    if spec.root.is_none() || spec.overlay {
        steps.push(MountStep::Overlay {
            target: merged,
            options: options(paths)?,
        });
    }
    Ok(steps)
}

/// Binds the container's own files of `/etc` over those of a root that is not an image.
///
/// They are on disk, so they are read-only with storage in memory.
fn own_files(spec: &ContainerSpec, paths: &RootfsPaths) -> Result<Vec<MountStep>, PlanError> {
    let read_only = if matches!(spec.storage, Some(Storage::Tmpfs(_))) {
        ATTR_RDONLY
    } else {
        0
    };
    OWN_FILES
        .into_iter()
        .map(|name| {
            let (source, place) = (
                c_path(&paths.base.join("etc").join(name))?,
                Place::new(&format!("/etc/{name}"))?,
            );
            Ok(MountStep::Bind {
                from: From::Path,
                source,
                place,
                recursive: false,
                attributes: ATTR_NOSUID | ATTR_NODEV | read_only,
                idmapped: true,
            })
        })
        .collect()
}

/// Volumes, tmpfs and devices of the spec; shorter paths first, so that they can be nested.
fn requested_mounts(
    spec: &ContainerSpec,
    label: Option<&str>,
) -> Result<Vec<MountStep>, PlanError> {
    let mut steps = Vec::new();
    for tmpfs in &spec.tmpfs {
        let size = tmpfs
            .size
            .map(|bytes| c_text(&bytes.to_string()))
            .transpose()?;
        let label = label.map(c_text).transpose()?;
        steps.push((
            tmpfs.target.len(),
            MountStep::Tmpfs {
                place: Place::new(&tmpfs.target)?,
                size,
                label,
            },
        ));
    }
    for (index, volume) in spec.volumes.iter().enumerate() {
        let attributes = ATTR_NOSUID | ATTR_NODEV | if volume.read_only { ATTR_RDONLY } else { 0 };
        let (source, place) = (c_path(&volume.source)?, Place::new(&volume.target)?);
        let idmapped = !volume.no_idmap;
        steps.push((
            volume.target.len(),
            MountStep::Bind {
                from: From::Volume(index),
                source,
                place,
                recursive: true,
                attributes,
                idmapped,
            },
        ));
    }
    for (index, device) in spec.devices.iter().enumerate() {
        let (source, place) = (c_path(&device.source)?, Place::new(&device.target)?);
        steps.push((
            device.target.len(),
            MountStep::Bind {
                from: From::Device(index),
                source,
                place,
                recursive: false,
                attributes: ATTR_NOSUID,
                idmapped: false,
            },
        ));
    }
    steps.sort_by_key(|(length, _)| *length);
    Ok(steps.into_iter().map(|(_, step)| step).collect())
}

fn c_text(text: &str) -> Result<CString, PlanError> {
    c_path(text.as_ref())
}

/// `/proc`, `/sys` and `/dev` with its contents. `label` is for the container's own file systems.
fn kernel_mounts(
    privileged: bool,
    own_queues: bool,
    label: Option<&str>,
) -> Result<Vec<MountStep>, PlanError> {
    let quiet = ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC;
    let context = label.map(c_text).transpose()?;
    let option = |key: &CStr, value: &CStr| (CString::from(key), CString::from(value));
    let mount = |kind, within, name, attributes, options: Vec<(CString, CString)>| Filesystem {
        kind,
        within,
        name,
        options,
        attributes,
        label: None,
        tree: None,
    };
    let own = |kind, within, name, attributes, options: &[(&CStr, &CStr)]| {
        let label = context.iter().map(|label| option(c"context", label));
        let options = label
            .chain(options.iter().map(|(key, value)| option(key, value)))
            .collect();
        MountStep::Filesystem(mount(kind, within, name, attributes, options))
    };
    let (read_only, ro) = if privileged {
        (0, Vec::new())
    } else {
        (ATTR_RDONLY, vec![option(c"ro", c"")])
    };
    let mut steps = vec![
        MountStep::Filesystem(mount(c"proc", Within::Root, c"proc", quiet, Vec::new())),
        MountStep::Filesystem(mount(c"sysfs", Within::Root, c"sys", quiet | read_only, ro)),
        own(
            c"tmpfs",
            Within::Root,
            c"dev",
            ATTR_NOSUID | ATTR_STRICTATIME,
            &[
                (c"mode", c"755"),
                (c"size", c"64k"),
                (c"nr_inodes", c"8192"),
            ],
        ),
    ];
    steps.extend(DEVICES.map(|(name, host, major, minor)| MountStep::Device {
        name: name.into(),
        host: host.into(),
        mode: 0o666,
        dev: makedev(major, minor),
    }));
    // gid 5 is "tty" in the image's /etc/group and on every distribution. The kernel limits
    // terminals host-wide to 3072 by default (Documentation/filesystems/devpts.rst), so each
    // container gets a part.
    let pts = [
        (c"ptmxmode", c"0666"),
        (c"mode", c"0620"),
        (c"gid", c"5"),
        (c"max", c"128"),
    ];
    steps.push(own(
        c"devpts",
        Within::Dev,
        c"pts",
        ATTR_NOSUID | ATTR_NOEXEC,
        &pts,
    ));
    steps.push(own(
        c"tmpfs",
        Within::Dev,
        c"shm",
        quiet,
        &[
            (c"mode", c"1777"),
            (c"size", c"64m"),
            (c"nr_inodes", c"65536"),
        ],
    ));
    let queues = mount(c"mqueue", Within::Dev, c"mqueue", quiet, Vec::new());
    steps.push(MountStep::Filesystem(Filesystem {
        label: context.clone().filter(|_| own_queues),
        ..queues
    }));
    steps.extend(LINKS.map(|(target, name)| MountStep::Symlink {
        target: target.into(),
        name: name.into(),
    }));
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn spec() -> ContainerSpec {
        let request = crate::spec::Preset {
            command: Some(vec!["sh".into()]),
            ..Default::default()
        };
        crate::spec::preview(
            crate::spec::ContainerId::from_random([1; 6]),
            None,
            &request,
        )
        .unwrap()
    }

    fn plan() -> RootfsPlan {
        RootfsPlan::new(&spec(), &RootfsPaths::new(Path::new("/c"), Path::new("/i"))).unwrap()
    }

    fn position(is: impl Fn(&MountStep) -> bool) -> usize {
        plan().steps().iter().position(is).unwrap()
    }

    #[test]
    fn all_mounts_are_between_shield_and_pivot() {
        let steps = plan().steps;
        assert_eq!(
            steps[0],
            MountStep::Shield {
                propagation: MsFlags::MS_PRIVATE
            }
        );
        assert!(steps.iter().any(|s| matches!(s, MountStep::Filesystem(_))));
        assert_eq!(steps.last(), Some(&MountStep::PivotRoot));
    }

    #[test]
    fn dev_is_filled_after_it_is_mounted() {
        let dev =
            position(|s| matches!(s, MountStep::Filesystem(planned) if planned.name == c"dev"));
        let first = position(|s| {
            matches!(s, MountStep::Device { .. } | MountStep::Symlink { .. })
                || matches!(s, MountStep::Filesystem(p) if p.within == Within::Dev)
        });
        assert!(dev < first, "{dev} {first}");
    }

    #[test]
    fn only_the_containers_own_file_systems_are_labelled() {
        let mut paths = RootfsPaths::new(Path::new("/c"), Path::new("/i"));
        paths.label = Some("u:object_r:t:s0:c1,c2".into());
        let plan = RootfsPlan::new(&spec(), &paths).unwrap();
        let mut afterwards = 0;
        for (kind, wanted) in [
            ("tmpfs", true),
            ("devpts", true),
            ("proc", false),
            ("sysfs", false),
            ("mqueue", false),
        ] {
            let mut seen = 0;
            for step in plan.steps() {
                let MountStep::Filesystem(planned) = step else {
                    continue;
                };
                if planned.kind.to_bytes() != kind.as_bytes() {
                    continue;
                }
                let has = planned.options.first().is_some_and(|(key, value)| {
                    key.as_c_str() == c"context" && value.as_c_str() == c"u:object_r:t:s0:c1,c2"
                });
                assert_eq!(has, wanted, "{}: {:?}", step.describe(), planned.options);
                afterwards += u32::from(planned.label.is_some());
                seen += 1;
            }
            assert!(seen > 0, "{kind}");
        }
        assert_eq!(afterwards, 1, "a queue's file system has no option for it");
        let overlay = |step: &MountStep| matches!(step, MountStep::Overlay { options, .. } if options.to_bytes().starts_with(b"context=\"u:object_r:t:s0:c1,c2\","));
        assert!(plan.steps().iter().any(overlay));
        assert!(
            !self::plan().steps().iter().any(
                |step| matches!(step, MountStep::Filesystem(planned) if planned.label.is_some())
            )
        );
    }

    #[test]
    fn a_failure_is_described_even_for_an_unknown_index() {
        let index = u16::try_from(position(|s| matches!(s, MountStep::Overlay { .. }))).unwrap();
        assert_eq!(plan().describe(index), "mount overlay on /c/merged");
        let failure = |index| StepFailure {
            index,
            errno: nix::errno::Errno::ENODEV as i32,
        };
        assert!(plan().hint(failure(index)).unwrap().contains("overlayfs"));
        assert!(plan().describe(u16::MAX).contains("65535"));
        assert_eq!(plan().hint(failure(u16::MAX)), None);
    }
}
