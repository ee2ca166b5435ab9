//! How much of what the kernel counts a container's processes may use (`--ulimit`, setrlimit(2)). A
//! small limit would keep our own set-up from its work: the parent makes room, and the process
//! itself comes down to what was asked for just before its command.

use nix::sys::resource::{Resource, getrlimit};

use super::LaunchError;
use crate::spec::{ContainerSpec, Ulimit};
use crate::sys::process;

/// Of processes, which those of a user share.
const RLIMIT_NPROC: u32 = Resource::RLIMIT_NPROC as u32;

/// The limits of one container's processes.
#[derive(Debug)]
pub(super) struct Ulimits(Vec<Ulimit>);

impl Ulimits {
    /// What `spec` asks for, over our defaults: core dumps off, for they fill disks with secrets;
    /// few open files with room to ask for more, as systemd has it (systemd-system.conf(5),
    /// DefaultLimitNOFILE): programs that close every number they may have open stay quick. Waiting
    /// signals with timers, and message queues, are counted for each user of the host and may be
    /// used up to each process's own limit: whose ids are the host's gets half of ours, so that the
    /// other half is left to the host (getrlimit(2)).
    ///
    /// # Errors
    /// When our own limits cannot be read.
    pub(super) fn of(spec: &ContainerSpec) -> Result<Self, LaunchError> {
        let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)
            .map_err(LaunchError::nix("look at our own limit of open files"))?;
        let defaults = [
            Ulimit::CORE_OFF,
            Ulimit::open_files(1024.min(hard), 524_288.min(hard)),
            half(Resource::RLIMIT_SIGPENDING, Ulimit::PENDING_SIGNALS)?,
            half(Resource::RLIMIT_MSGQUEUE, Ulimit::MESSAGE_QUEUES)?,
        ];
        let defaults = defaults.into_iter().filter(|limit| {
            spec.ulimits
                .iter()
                .all(|own| own.resource != limit.resource)
        });
        Ok(Self(defaults.chain(spec.ulimits.iter().cloned()).collect()))
    }

    /// Raises the caller's limits to where [`Ulimits::apply`] can lower them from; none is lowered
    /// here.
    ///
    /// # Errors
    /// EPERM when that takes CAP_SYS_RESOURCE, which the caller lacks.
    pub(super) fn make_room(&self) -> Result<(), LaunchError> {
        for limit in &self.0 {
            let hint = if limit.hard == u64::MAX {
                " (raising it takes CAP_SYS_RESOURCE)"
            } else {
                ""
            };
            let room = process::limit(limit.resource).and_then(|(soft, hard)| {
                process::set_limit(
                    0,
                    limit.resource,
                    soft.max(limit.soft),
                    hard.max(limit.hard),
                )
            });
            room.map_err(|errno| {
                LaunchError::own(format!("set the ulimit {}{hint}", limit.name()), errno)
            })?;
        }
        Ok(())
    }

    /// Sets the caller's own limits where it is to fork once more: one process more than
    /// [`Ulimits::apply_after_fork`] leaves, if there is a limit of them. Allocates nothing.
    ///
    /// # Errors
    /// EPERM when there was no room made.
    pub(super) fn apply_before_fork(&self) -> nix::Result<()> {
        self.0.iter().try_for_each(|limit| {
            let one = u64::from(limit.resource == RLIMIT_NPROC);
            let (_, max) = process::limit(limit.resource)?;
            let hard = limit.hard.saturating_add(one).min(max);
            process::set_limit(
                0,
                limit.resource,
                limit.soft.saturating_add(one).min(hard),
                hard,
            )
        })
    }

    /// Sets what [`Ulimits::apply_before_fork`] left, which takes no privilege. Allocates nothing.
    ///
    /// # Errors
    /// What a seccomp filter says.
    pub(super) fn apply_after_fork(&self) -> nix::Result<()> {
        let mut left = self.0.iter().filter(|limit| limit.resource == RLIMIT_NPROC);
        left.try_for_each(|limit| process::set_limit(0, limit.resource, limit.soft, limit.hard))
    }

    /// Sets the caller's own limits. Allocates nothing.
    ///
    /// # Errors
    /// EPERM when there was no room made.
    pub(super) fn apply(&self) -> nix::Result<()> {
        self.0
            .iter()
            .try_for_each(|limit| process::set_limit(0, limit.resource, limit.soft, limit.hard))
    }
}

/// Half of our own limit, at most `max`.
fn half(resource: Resource, max: Ulimit) -> Result<Ulimit, LaunchError> {
    let (_, hard) =
        getrlimit(resource).map_err(LaunchError::nix("look at our own resource limits"))?;
    let limit = max.hard.min(hard / 2);
    Ok(Ulimit {
        soft: limit,
        hard: limit,
        ..max
    })
}
