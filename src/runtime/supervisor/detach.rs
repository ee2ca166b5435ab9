//! A supervisor leaves its caller behind: session, terminal, folder and descriptors.

use std::os::fd::{AsRawFd, OwnedFd};

use crate::record::Record;
use crate::runtime::{LaunchError, oom};
use crate::sys::{fault, fds, process};

/// Where the report socket and the client are kept, so that everything above can be closed.
const REPORT_FD: i32 = 3;
const CLIENT_FD: i32 = 4;

/// Leaves the caller's session, terminal and folder.
///
/// # Errors
/// What setsid(2) and chdir(2) say.
pub(super) fn detach(record: &Record) -> Result<(), LaunchError> {
    if let Some(title) = process::Title::find() {
        title.set(format!("minic-tui supervisor {}", record.spec.name).as_bytes());
    }
    let left = process::set_name(c"minic-supervise")
        .and_then(|()| nix::unistd::setsid())
        .and_then(|_| nix::unistd::chdir("/"));
    left.map_err(LaunchError::nix("leave the caller's session"))?;
    process::reset_signals();
    process::ignore_hangups();
    oom::protect();
    fault::may_fail("supervisor.detach")?;
    Ok(())
}

/// The descriptors that a supervisor keeps of its caller's.
pub(super) struct Kept {
    pub report: OwnedFd,
    pub client: Option<OwnedFd>,
}

/// Closes the caller's descriptors but for these two, which get numbers of their own.
///
/// # Errors
/// What dup3(2) and close_range(2) say.
pub(super) fn keep_only(report: OwnedFd, client: Option<OwnedFd>) -> nix::Result<Kept> {
    // both above 4 first, so that placing one cannot overwrite the other
    let report = fds::move_above(report, 10)?;
    let client = client.map(|c| fds::move_above(c, 10)).transpose()?;
    fds::place(report, REPORT_FD)?;
    let attached = client.is_some();
    if let Some(client) = client {
        fds::place(client, CLIENT_FD)?;
    }
    fds::close_from(if attached {
        CLIENT_FD as u32 + 1
    } else {
        REPORT_FD as u32 + 1
    })?;
    fds::cloexec_from(REPORT_FD as u32)?;
    let null = nix::fcntl::open(
        "/dev/null",
        nix::fcntl::OFlag::O_RDWR | nix::fcntl::OFlag::O_CLOEXEC,
        nix::sys::stat::Mode::empty(),
    )?;
    (0..3).try_for_each(|number| fds::place(null.as_raw_fd(), number))?;
    Ok(Kept {
        report: fds::adopt(REPORT_FD),
        client: attached.then(|| fds::adopt(CLIENT_FD)),
    })
}
