//! [`ExecPlan`]: everything the joining processes need.

use std::ffi::CString;
use std::os::fd::OwnedFd;

use super::order::ExecOrder;
use super::pipes::FarEnds;
use crate::record::Record;
use crate::runtime::confinement::Confinement;
use crate::runtime::init::command;
use crate::runtime::restrict::restrictions;
use crate::runtime::ulimits::Ulimits;
use crate::runtime::{LaunchError, Runtime, oom};
use crate::security::Restrictions;
use crate::security::selinux::Labels;
use crate::spec::{User, set_variable};
use crate::sys::exec::ExecImage;
use crate::sys::process::Title;
use crate::sys::tty::{self, WindowSize};

/// Everything the joining processes need, allocated before they are forked.
pub(super) struct ExecPlan {
    pub command: ExecImage,
    pub cwd: CString,
    pub restrictions: Restrictions,
    pub user: User,
    pub ulimits: Ulimits,
    pub tty: bool,
    /// The size of the caller's terminal: the command's first look at its own must find it.
    pub window: Option<WindowSize>,
    /// The command's streams where it has no terminal; the container's null device for each that is
    /// none.
    pub streams: FarEnds,
    pub dies_with_parent: bool,
    /// The far end of the socket, where nobody else holds it: sending would fail without one.
    pub far_end: Option<OwnedFd>,
    pub oom_score_adj: Option<i32>,
    /// Where the caller's command line and environment are, which the container may come to see.
    pub title: Option<Title>,
}

/// All but the streams; and the labels that those must have.
pub(super) fn plan(
    runtime: &Runtime,
    record: &Record,
    order: &ExecOrder,
) -> Result<(ExecPlan, Option<Labels>), LaunchError> {
    let spec = &record.spec;
    let mut env = spec.env.clone();
    for pair in &order.env {
        set_variable(&mut env, pair);
    }
    if order.tty && !env.iter().any(|e| e.starts_with("TERM=")) {
        env.push("TERM=xterm".into());
    }
    let user = order.user.unwrap_or(spec.user);
    if let Some(ids) = spec.ids {
        ids.check(user)
            .map_err(|error| LaunchError::plain(error.to_string()))?;
    }
    let cwd = order.workdir.as_deref().unwrap_or(&spec.cwd);
    let Confinement { labels, label, .. } = Confinement::of_running(record)?;
    let plan = ExecPlan {
        command: command(&order.argv, &env)?,
        cwd: CString::new(cwd)
            .map_err(|_| LaunchError::plain(format!("{cwd:?} has a NUL byte")))?,
        restrictions: restrictions(runtime, spec, label)?,
        user,
        ulimits: Ulimits::of(spec)?,
        tty: order.tty,
        window: if order.tty {
            tty::window_size(0).ok()
        } else {
            None
        },
        streams: FarEnds::default(),
        dies_with_parent: false,
        far_end: None,
        oom_score_adj: oom::of_container(spec),
        title: Title::find(),
    };
    Ok((plan, labels))
}
