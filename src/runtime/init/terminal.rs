//! A terminal in a container's own devpts.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::unistd::{Uid, fchown};

use super::step::TERMINAL;
use crate::spec::User;
use crate::sys::seqpacket;
use crate::sys::tty::{self, WindowSize};

/// Opens a terminal that `user` owns, and sends its master to who made us. Returns its other side,
/// which the command's streams are to be. Allocates nothing.
///
/// # Errors
/// What the container's devpts says.
pub(crate) fn give_terminal(
    user: User,
    window: Option<WindowSize>,
    socket: BorrowedFd<'_>,
) -> nix::Result<OwnedFd> {
    let master = tty::open_master()?;
    let slave = tty::open_slave(master.as_fd())?;
    fchown(&slave, Some(Uid::from_raw(user.uid)), None)?;
    if let Some(size) = window {
        tty::set_window_size(slave.as_fd(), size)?;
    }
    seqpacket::send_with_fd(socket, &[TERMINAL], master.as_fd())?;
    Ok(slave)
}
