//! From a record to an executing command: plan, clone, and the handshake with init.

use std::os::fd::{AsFd, OwnedFd};

use super::handshake::{Handshake, Successor, kill_and_reap};
use super::launch::Launch;
use super::limits::plain;
use super::settings;
use super::shared::{Init, Shared};
use super::streams::{StreamEnds, Streams, streams};
use super::users::{cannot_clone, give_users};
use crate::cgroup::{BegunCgroup, Cgroup};
use crate::namespace;
use crate::record::Unapplied;
use crate::rootfs::{RootfsPaths, RootfsPlan, Sources, label_base, storage};
use crate::runtime::confinement::Confinement;
use crate::runtime::init::{InitPlan, SharedProcesses};
use crate::runtime::pipe::pipe;
use crate::runtime::restrict::restrictions;
use crate::runtime::sources::open_sources;
use crate::runtime::{LaunchError, Runtime, init, oom};
use crate::security::relabel;
use crate::security::selinux::Labels;
use crate::spec::{ContainerSpec, Relabel, Storage};
use crate::sys::clone::{Cloned, clone3};
use crate::sys::{fault, pidfd, process, seqpacket};

/// A container whose command was executed.
#[derive(Debug)]
pub(super) struct Started {
    /// Its init, in the host's pid namespace.
    pub pid: i32,
    /// Refers to it.
    pub pidfd: OwnedFd,
    /// Its cgroup.
    pub cgroup: Cgroup,
    /// Our ends of its streams.
    pub streams: Streams,
    /// Where an init that stays as PID 1 writes the command's wait status.
    pub wait_status: Option<OwnedFd>,
    /// What of this host's security module it runs without.
    pub unconfined: Option<Unapplied>,
}

/// What a launch prepared for its init.
struct Prepared {
    plan: InitPlan,
    paths: RootfsPaths,
    sources: Sources,
    shared: Shared,
    /// Our ends of the streams; `None` when init sends a terminal.
    streams: Option<Streams>,
    /// Where the wait status of the command comes from, when init stays as PID 1.
    wait_status: Option<OwnedFd>,
    /// What an init sends through that has entered the processes of another container.
    reports: Option<OwnedFd>,
    unconfined: Option<Unapplied>,
}

impl Launch<'_> {
    /// Begins the cgroup: as far as clone3 needs it.
    ///
    /// # Errors
    /// Which folder could not be made, and why.
    pub(super) fn begin_cgroup(&self) -> Result<BegunCgroup, LaunchError> {
        let Runtime { layout, .. } = self.runtime;
        let ContainerSpec {
            id,
            limits,
            best_effort,
            ..
        } = &self.record.spec;
        let parent = self.runtime.cgroup_parent();
        BegunCgroup::begin(layout, &parent, id, limits, *best_effort).map_err(plain)
    }

    /// Starts the command in the cgroup, which it finishes.
    ///
    /// # Errors
    /// Which step failed and why; the process is gone then.
    pub(super) fn start(&mut self, begun: &mut BegunCgroup) -> Result<Started, LaunchError> {
        fault::may_fail("supervisor.plan")?;
        let mut prepared = self.prepare()?;
        self.clock.done("plan the mounts and the command");
        fault::may_fail("supervisor.clone")?;
        let spec = &self.record.spec;
        let (ours, inits) = seqpacket::pair().map_err(LaunchError::nix("make init's socket"))?;
        let (pid, pidfd) = match prepared.clone_init(spec, begun)? {
            Cloned::Child => {
                drop(ours);
                init::run(&prepared.plan, inits.as_fd())
            }
            Cloned::Parent { pid, pidfd } => (pid, pidfd),
        };
        drop(inits);
        self.clock.done("clone into new namespaces");
        // our copy of what init has
        prepared.plan.shared_processes = None;
        let handshake = Handshake {
            spec,
            plan: &prepared.plan,
            sources: &prepared.sources,
            pid,
            socket: &ours,
            reports: prepared.reports.as_ref(),
            clock: &mut self.clock,
        };
        let done = || {
            fault::may_fail("supervisor.adjust")?;
            if handshake.reports.is_some() {
                handshake.wait_for_namespaces()?;
            }
            settings::are_its_own(spec, pid)?;
            adjust(spec, pid)?;
            let Prepared {
                plan,
                paths,
                sources,
                ..
            } = &prepared;
            let root = give_users(spec, plan, paths, sources, pid)?;
            handshake.run(root.as_ref(), begun)
        };
        let done = done().inspect_err(|_| kill_and_reap(&pidfd))?;
        let (pid, pidfd) = match done.successor {
            Some(Successor {
                pid: successor,
                pidfd: its,
            }) => {
                let _ = pidfd::reap(pidfd.as_fd());
                (successor, its)
            }
            None => (pid, pidfd),
        };
        let streams = match (prepared.streams, done.terminal) {
            (Some(pipes), _) => pipes,
            (None, Some(master)) => Streams::Terminal(master),
            (None, None) => return Err(LaunchError::plain("init sent no terminal")),
        };
        Ok(Started {
            pid,
            pidfd,
            cgroup: done.cgroup,
            streams,
            wait_status: prepared.wait_status,
            unconfined: prepared.unconfined,
        })
    }

    fn prepare(&self) -> Result<Prepared, LaunchError> {
        let spec = &self.record.spec;
        let store = &self.runtime.store;
        let Confinement {
            labels,
            label,
            lacks: unconfined,
        } = Confinement::of(spec)?;
        let labels = labels.as_ref();
        let StreamEnds { theirs, ours } = streams(spec, labels, self.open_stdin)?;
        let (wait_status, status_writer) = if spec.init {
            let (reader, writer) = pipe(None)?;
            (Some(reader), Some(writer))
        } else {
            (None, None)
        };
        let mut shared = Shared::find(store, spec)?;
        let mut paths = RootfsPaths::new(&store.container(&spec.id), &self.order.image);
        match spec.storage {
            Some(Storage::Tmpfs(_)) => paths = paths.in_memory(),
            Some(storage) => {
                storage::renew(&store.container(&spec.id), storage).map_err(displayed)?;
            }
            None => {}
        }
        if let Some(labels) = labels.filter(|_| spec.root.is_some()) {
            label_base(&paths.base, |file| labels.set_on(file)).map_err(displayed)?;
        }
        let sources = open_sources(store, spec)?;
        relabel_volumes(spec, &sources, labels)?;
        paths.label = labels.map(|labels| labels.file.clone());
        if sources.root.is_some() {
            // where it is entered before the overlay is mounted
            paths.image = ".".into();
        }
        let rootfs = RootfsPlan::new(spec, &paths).map_err(displayed)?;
        let restrictions = restrictions(self.runtime, spec, label)?;
        let mut plan = InitPlan::new(spec, rootfs, restrictions, theirs, status_writer)?;
        plan.window = self.order.window;
        plan.joined_users = shared
            .take_users()
            .map(|users| (users, namespace::made_after_users(spec)));
        // on ourselves, for the child to inherit: the limits of who is in a user namespace of its
        // own are not ours to set
        plan.ulimits.make_room()?;
        let mut reports = None;
        if let Some(Init { pid, pidfd: init }) = shared.processes()? {
            plan.rootfs
                .share_proc(init.as_fd(), pid)
                .map_err(LaunchError::nix("share /proc of the other container"))?;
            let (reader, reporter) = pipe(None)?;
            reports = Some(reader);
            plan.shared_processes = Some(SharedProcesses {
                init,
                flags: namespace::clone_flags(spec),
                reporter,
            });
        }
        Ok(Prepared {
            plan,
            paths,
            sources,
            shared,
            streams: ours,
            wait_status,
            reports,
            unconfined,
        })
    }
}

impl Prepared {
    /// Clones init into the cgroup and its namespaces; returns in both processes.
    fn clone_init(
        &mut self,
        spec: &ContainerSpec,
        begun: &BegunCgroup,
    ) -> Result<Cloned, LaunchError> {
        let Self {
            plan,
            sources,
            shared,
            ..
        } = self;
        let cgroup = begun.v2_dir_fd().map_err(plain)?;
        let clone = || {
            plan.rootfs
                .open(spec, sources)
                .map_err(|failure| plan.explain_mount(failure))?;
            let flags = if plan.shared_processes.is_some() {
                0
            } else {
                namespace::clone_flags(spec)
            };
            let clone = || clone3(flags, cgroup.as_ref().map(AsFd::as_fd));
            let owner = spec.ids.filter(|_| plan.joined_users.is_none());
            namespace::as_owner(owner, clone, |cloned| matches!(cloned, Cloned::Child))
                .map_err(cannot_clone(spec))
        };
        shared.within(clone, |cloned| matches!(cloned, Cloned::Child))
    }
}

fn displayed(error: impl std::fmt::Display) -> LaunchError {
    LaunchError::plain(error.to_string())
}

/// What the parent sets on the child: niceness, and how soon the kernel kills it when
/// it is out of memory.
fn adjust(spec: &ContainerSpec, pid: i32) -> Result<(), LaunchError> {
    if let Some(nice) = spec.nice {
        process::set_nice(pid, nice.into())
            .map_err(LaunchError::nix(format!("set the nice value {nice}")))?;
    }
    if let Some(score) = oom::of_container(spec) {
        let file = format!("/proc/{pid}/oom_score_adj");
        std::fs::write(file, score.to_string())
            .map_err(LaunchError::io(format!("set oom_score_adj to {score}")))?;
    }
    Ok(())
}

/// Volumes that the user gave away to this container, or to every one (`z`, `Z`).
fn relabel_volumes(
    spec: &ContainerSpec,
    sources: &Sources,
    labels: Option<&Labels>,
) -> Result<(), LaunchError> {
    let Some(labels) = labels else { return Ok(()) };
    for (volume, source) in spec.volumes.iter().zip(&sources.volumes) {
        let Some(whose) = volume.relabel else {
            continue;
        };
        let label = match whose {
            Relabel::Own => &labels.file,
            Relabel::Shared => &labels.shared_file(),
        };
        relabel(source.as_fd(), &volume.source, label)
            .map_err(|why| LaunchError::plain(format!("cannot label the volume {why}")))?;
    }
    Ok(())
}
