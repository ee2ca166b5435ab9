//! [`InitPlan`]: everything that init will need, allocated before the clone.

use std::ffi::CString;
use std::os::fd::OwnedFd;

use super::LaunchError;
use super::step::{Step, StepReport};
use crate::rootfs::{RootfsPlan, StepFailure};
use crate::security::Restrictions;
use crate::spec::{ContainerSpec, User};
use crate::sys::exec::ExecImage;
use crate::sys::process::Title;
use nix::errno::Errno;

/// Standard streams of a container without a terminal.
#[derive(Debug)]
pub struct Stdio {
    /// What it reads.
    pub stdin: OwnedFd,
    /// What it writes.
    pub stdout: OwnedFd,
    /// Where it complains.
    pub stderr: OwnedFd,
}

/// How a container comes to its network.
#[derive(Debug)]
pub enum NetworkPlan {
    /// clone3 made one for it; `lo` must be brought up.
    Own,
    /// It stays in the host's.
    Host,
    /// It joins that of this process (a pidfd).
    Join(OwnedFd),
}

/// Everything that init will need. After clone3 nothing is allocated and no text is formatted.
#[derive(Debug)]
pub struct InitPlan {
    /// Where its command line is, until the command has its own.
    pub title: Option<Title>,
    /// The v1 cgroups that it joins; it is born in the v2 one.
    pub cgroups: Vec<OwnedFd>,
    /// Mounts and the pivot, in order.
    pub rootfs: RootfsPlan,
    /// Host name.
    pub hostname: CString,
    /// Which network it enters.
    pub network: NetworkPlan,
    /// Its streams; `None` gives it a terminal.
    pub stdio: Option<Stdio>,
    /// Working directory.
    pub cwd: CString,
    /// What it may do.
    pub restrictions: Restrictions,
    /// Who it runs as.
    pub user: User,
    /// Files below `/proc/sys`, each with its value.
    pub sysctls: Vec<(CString, CString)>,
    /// Where an init that stays as PID 1 writes the command's wait status; `None` makes the command itself PID 1.
    pub wait_status: Option<OwnedFd>,
    /// The command.
    pub command: ExecImage,
}

impl InitPlan {
    /// Plans the init of `spec`.
    ///
    /// # Errors
    /// When a text of the spec has a NUL byte.
    pub fn new(
        spec: &ContainerSpec,
        cgroups: Vec<OwnedFd>,
        rootfs: RootfsPlan,
        stdio: Option<Stdio>,
        wait_status: Option<OwnedFd>,
        network: NetworkPlan,
    ) -> Result<Self, LaunchError> {
        Ok(Self {
            title: Title::find(),
            cgroups,
            rootfs,
            hostname: text(&spec.hostname)?,
            network,
            stdio,
            cwd: text(&spec.cwd)?,
            restrictions: Restrictions::default_set(),
            user: spec.user,
            sysctls: spec
                .sysctls
                .iter()
                .map(|s| Ok((text(&format!("/proc/sys/{}", s.file()))?, text(&s.value)?)))
                .collect::<Result<_, LaunchError>>()?,
            wait_status,
            command: command(&spec.argv, &spec.env)?,
        })
    }

    /// Turns init's report into words.
    #[must_use]
    pub fn explain(&self, report: StepReport) -> LaunchError {
        let errno = Errno::from_raw(report.errno);
        let step = match report.step {
            Step::Go => "wait for the supervisor".into(),
            Step::Cgroup => "join its cgroups".into(),
            Step::Session => "make a session".into(),
            Step::CgroupNamespace => "make the cgroup namespace".into(),
            Step::Hostname => format!("set the host name {:?}", self.hostname),
            Step::Network => match &self.network {
                NetworkPlan::Join(_) => "join the other container's network".into(),
                _ => "bring the loopback interface up".into(),
            },
            Step::Mount => {
                let tried = self.rootfs.describe(report.index);
                match self.rootfs.hint(StepFailure { index: report.index, errno: report.errno }) {
                    Some(hint) => return LaunchError::plain(format!("cannot {tried}: {} ({hint})", errno.desc())),
                    None => tried,
                }
            }
            Step::Terminal => "open a terminal in the container".into(),
            Step::Stdio => "connect the standard streams".into(),
            Step::Workdir => format!("enter the working directory {:?}", self.cwd),
            Step::Sysctl => {
                let setting = self.sysctls.get(usize::from(report.index)).map(|(file, value)| format!("{file:?} to {value:?}"));
                format!("set {}", setting.unwrap_or_default())
            }
            Step::Restrict => format!("give up capabilities and become {}:{}", self.user.uid, self.user.gid),
            Step::Reaper => "fork the command from init".into(),
            Step::Marker => "report to the supervisor".into(),
            Step::Exec => return LaunchError::command(&self.command.name().to_string_lossy(), errno),
        };
        LaunchError::own(format!("cannot {step}"), errno)
    }
}

fn text(value: &str) -> Result<CString, LaunchError> {
    CString::new(value).map_err(|_| LaunchError::plain(format!("{value:?} has a NUL byte")))
}

/// The command with its candidates: itself when it has a slash, else one in each folder of the container's PATH (execvp(3)).
///
/// # Errors
/// When a text has a NUL byte.
pub fn command(argv: &[String], env: &[String]) -> Result<ExecImage, LaunchError> {
    let name = argv.first().ok_or_else(|| LaunchError::plain("no command"))?;
    let path = env.iter().find_map(|e| e.strip_prefix("PATH=")).unwrap_or(crate::spec::DEFAULT_PATH);
    let candidates = if name.contains('/') {
        vec![text(name)?]
    } else {
        let folder = |f: &str| if f.is_empty() { ".".to_owned() } else { f.to_owned() };
        path.split(':').map(|f| text(&format!("{}/{name}", folder(f)))).collect::<Result<_, _>>()?
    };
    let texts = |words: &[String]| words.iter().map(|w| text(w)).collect::<Result<Vec<_>, _>>();
    Ok(ExecImage::new(candidates, texts(argv)?, texts(env)?))
}
