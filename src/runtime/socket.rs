//! The supervisor's socket in the run folder, where clients attach and ask for a stop.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, UnixAddr, accept4, bind, connect, listen, socket,
};
use nix::sys::stat::{Mode, umask};

use super::peer;

const NAME: &str = "attach.sock";
const WAITING_CLIENTS: i32 = 64;

fn make() -> nix::Result<OwnedFd> {
    socket(
        AddressFamily::Unix,
        SockType::SeqPacket,
        SockFlag::SOCK_CLOEXEC,
        None,
    )
}

/// The address of the socket in `folder`, through a descriptor: a state folder's path may be longer
/// than sun_path's 108 bytes.
fn address(folder: &Path) -> nix::Result<(OwnedFd, UnixAddr)> {
    let folder = open(
        folder,
        OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC,
        Mode::empty(),
    )?;
    let address = UnixAddr::new(format!("/proc/self/fd/{}/{NAME}", folder.as_raw_fd()).as_str())?;
    Ok((folder, address))
}

/// Listens in `folder`; only root may connect (mode 0600, and [`accept_root`] looks again).
///
/// # Errors
/// What bind(2) and listen(2) say.
pub(super) fn listen_in(folder: &Path) -> nix::Result<OwnedFd> {
    let stale = folder.join(NAME);
    match nix::unistd::unlink(&stale) {
        Ok(()) | Err(Errno::ENOENT) => {}
        Err(errno) => return Err(errno),
    }
    let (_folder, address) = address(folder)?;
    let listener = make()?;
    let before = umask(Mode::S_IXUSR | Mode::S_IRWXG | Mode::S_IRWXO);
    let bound = bind(listener.as_raw_fd(), &address);
    umask(before);
    bound?;
    listen(&listener, Backlog::new(WAITING_CLIENTS)?)?;
    Ok(listener)
}

/// Accepts a client; `None` when its peer is not the host's root (see [`peer`]).
///
/// # Errors
/// What accept4(2) says.
pub(super) fn accept_root(listener: &OwnedFd) -> nix::Result<Option<OwnedFd>> {
    let client = crate::sys::fds::adopt(accept4(listener.as_raw_fd(), SockFlag::SOCK_CLOEXEC)?);
    Ok(peer::is_root_of_ours(client.as_fd()).then_some(client))
}

/// Connects to the supervisor that listens in `folder`.
///
/// # Errors
/// ENOENT or ECONNREFUSED when there is none.
pub(super) fn connect_in(folder: &Path) -> nix::Result<OwnedFd> {
    let (_folder, address) = address(folder)?;
    let client = make()?;
    connect(client.as_raw_fd(), &address)?;
    Ok(client)
}
