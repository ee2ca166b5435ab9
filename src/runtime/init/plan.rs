//! [`InitPlan`]: everything that init will need, allocated before the clone.

use std::ffi::CString;
use std::os::fd::OwnedFd;

use super::step::{Step, StepReport};
use crate::rootfs::{RootfsPlan, StepFailure};
use crate::runtime::LaunchError;
use crate::runtime::ulimits::Ulimits;
use crate::security::Restrictions;
use crate::spec::{ContainerSpec, IpcMode, NetworkMode, Own, Seccomp, User};
use crate::sys::exec::ExecImage;
use crate::sys::process::Title;
use crate::sys::tty::WindowSize;
use nix::errno::Errno;
use nix::sched::CloneFlags;

/// Standard streams of a container without a terminal.
#[derive(Debug)]
pub(crate) struct Stdio {
    /// Its standard input; `None` is the container's own null device.
    pub stdin: Option<OwnedFd>,
    /// Its standard output.
    pub stdout: OwnedFd,
    /// Its standard error.
    pub stderr: OwnedFd,
}

/// The processes of another container. They would see an init that is born among them in all its
/// power: it enters at the end.
#[derive(Debug)]
pub(crate) struct SharedProcesses {
    /// Their init.
    pub init: OwnedFd,
    /// The namespaces that init makes itself (`CLONE_NEW*`), because it is born in none.
    pub flags: u64,
    /// What it says once it has entered: the writing end of a pipe.
    pub reporter: OwnedFd,
}

/// Everything that init will need. After clone3 nothing is allocated and no text is formatted.
#[derive(Debug)]
pub(crate) struct InitPlan {
    /// Where its command line is, until the command has its own.
    pub title: Option<Title>,
    /// Mounts and the pivot, in order.
    pub rootfs: RootfsPlan,
    /// Host name; `None` leaves it as it is.
    pub hostname: Option<CString>,
    /// Whether the network is its own, so that `lo` must be brought up; else it is born in it.
    pub own_network: bool,
    /// Whether it has a cgroup namespace.
    pub own_cgroups: bool,
    /// Among whose processes it is to be, where that is another container's.
    pub shared_processes: Option<SharedProcesses>,
    /// Whether it has a user namespace, in which it must become root.
    pub own_users: bool,
    /// The user namespace of another container that it joins instead, and what it makes in it.
    pub joined_users: Option<(OwnedFd, CloneFlags)>,
    /// Whether its system calls let it make namespaces.
    pub makes_namespaces: bool,
    /// Whether it makes its IPC namespace itself, as root of its users.
    pub makes_ipc: bool,
    /// Whether it has a time namespace.
    pub own_clocks: bool,
    /// Its streams; `None` gives it a terminal.
    pub stdio: Option<Stdio>,
    /// The size of its terminal, when it is known already.
    pub window: Option<WindowSize>,
    /// Working directory.
    pub cwd: CString,
    /// What it may do.
    pub restrictions: Restrictions,
    /// Who it runs as.
    pub user: User,
    /// What it may use.
    pub ulimits: Ulimits,
    /// Files below `/proc/sys`, each with its value.
    pub sysctls: Vec<(CString, CString)>,
    /// Where an init that stays as PID 1 writes the command's wait status; `None` makes the command
    /// itself PID 1.
    pub wait_status: Option<OwnedFd>,
    /// The command.
    pub command: ExecImage,
}

impl InitPlan {
    /// Plans the init of `spec`.
    ///
    /// # Errors
    /// When a text of the spec has a NUL byte.
    pub(crate) fn new(
        spec: &ContainerSpec,
        rootfs: RootfsPlan,
        restrictions: Restrictions,
        stdio: Option<Stdio>,
        wait_status: Option<OwnedFd>,
    ) -> Result<Self, LaunchError> {
        Ok(Self {
            title: Title::find(),
            rootfs,
            hostname: if spec.uts == Own::Own {
                Some(text(&spec.hostname)?)
            } else {
                None
            },
            own_network: spec.network == NetworkMode::None,
            own_cgroups: spec.cgroupns == Own::Own,
            shared_processes: None,
            own_users: spec.ids.is_some(),
            joined_users: None,
            makes_namespaces: spec.security.capabilities.has("CAP_SYS_ADMIN")
                || spec.security.seccomp != Seccomp::Default,
            makes_ipc: spec.ids.is_some() && spec.ipc == IpcMode::Own,
            own_clocks: spec.clocks.is_some(),
            stdio,
            window: None,
            cwd: text(&spec.cwd)?,
            restrictions,
            user: spec.user,
            ulimits: Ulimits::of(spec)?,
            sysctls: spec
                .sysctls
                .iter()
                .map(|s| Ok((text(&format!("proc/sys/{}", s.file()))?, text(&s.value)?)))
                .collect::<Result<_, LaunchError>>()?,
            wait_status,
            command: command(&spec.argv, &spec.env)?,
        })
    }

    /// Turns init's report into words.
    #[must_use]
    pub(crate) fn explain(&self, report: StepReport) -> LaunchError {
        let errno = Errno::from_raw(report.errno);
        let step = match report.step {
            Step::Go => "wait for the supervisor".into(),
            Step::Cgroup => "join its cgroups".into(),
            Step::Clocks => "make a time namespace (Linux 5.6)".into(),
            Step::Users => "become root of the user namespace, and make its IPC namespace".into(),
            Step::Namespaces => {
                "make its namespaces among the processes of another container".into()
            }
            Step::Session => "make a session, and a keyring for it".into(),
            Step::CgroupNamespace => "make the cgroup namespace".into(),
            Step::Hostname => format!(
                "set the host name {:?}",
                self.hostname.as_deref().unwrap_or_default()
            ),
            Step::Network => "bring the loopback interface up".into(),
            Step::Mount => {
                return self.explain_mount(StepFailure {
                    index: report.index,
                    errno: report.errno,
                });
            }
            Step::Terminal => "open a terminal in the container".into(),
            Step::Stdio => "connect the standard streams".into(),
            Step::Workdir if errno == Errno::EXDEV => return LaunchError::outside(&self.cwd),
            Step::Workdir => format!("enter the working directory {:?}", self.cwd),
            Step::Sysctl => {
                let setting = self
                    .sysctls
                    .get(usize::from(report.index))
                    .map(|(file, value)| format!("{file:?} to {value:?}"));
                format!("set {}", setting.unwrap_or_default())
            }
            Step::Protect => {
                let tried = self.rootfs.describe_protection(report.index);
                return LaunchError::own(format!("cannot {tried}"), errno);
            }
            Step::Ulimits => "set its ulimits".into(),
            Step::Restrict => {
                format!(
                    "give up capabilities, become {}:{} and install the seccomp filter",
                    self.user.uid, self.user.gid
                )
            }
            Step::Reaper => "fork the command from init (its seccomp profile may forbid it)".into(),
            Step::Marker => "report to the supervisor".into(),
            Step::Exec => {
                return LaunchError::command(&self.command.name().to_string_lossy(), errno);
            }
        };
        LaunchError::own(format!("cannot {step}"), errno)
    }

    /// Turns the failure of a mount step into words.
    #[must_use]
    pub(crate) fn explain_mount(&self, failure: StepFailure) -> LaunchError {
        let (tried, errno) = (
            self.rootfs.describe(failure.index),
            Errno::from_raw(failure.errno),
        );
        match self.rootfs.hint(failure) {
            Some(hint) => LaunchError::plain(format!("cannot {tried}: {} ({hint})", errno.desc())),
            None => LaunchError::own(format!("cannot {tried}"), errno),
        }
    }
}

fn text(value: &str) -> Result<CString, LaunchError> {
    CString::new(value).map_err(|_| LaunchError::plain(format!("{value:?} has a NUL byte")))
}

/// The command with its candidates: itself when it has a slash, else one in each folder of the
/// container's PATH (execvp(3)).
///
/// # Errors
/// When a text has a NUL byte.
pub(crate) fn command(argv: &[String], env: &[String]) -> Result<ExecImage, LaunchError> {
    let name = argv
        .first()
        .ok_or_else(|| LaunchError::plain("no command"))?;
    let path = env
        .iter()
        .find_map(|e| e.strip_prefix("PATH="))
        .unwrap_or(crate::spec::DEFAULT_PATH);
    let candidates = if name.contains('/') {
        vec![text(name)?]
    } else {
        let folder = |f: &str| {
            if f.is_empty() {
                ".".to_owned()
            } else {
                f.to_owned()
            }
        };
        path.split(':')
            .map(|f| text(&format!("{}/{name}", folder(f))))
            .collect::<Result<_, _>>()?
    };
    let texts = |words: &[String]| words.iter().map(|w| text(w)).collect::<Result<Vec<_>, _>>();
    Ok(ExecImage::new(candidates, texts(argv)?, texts(env)?))
}
