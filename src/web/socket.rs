//! [`Socket`]: a unix socket that root alone may connect to, as an alternative to a port.
//!
//! Everything is done below the descriptor of its folder, which must be one where nobody else can
//! put another file in the socket's place.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::os::unix::net::UnixListener as StdListener;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use nix::errno::Errno;
use nix::fcntl::{AtFlags, Flock, FlockArg, OFlag};
use nix::sys::socket::sockopt::PeerCredentials;
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, UnixAddr, bind, connect, getsockopt, listen, socket,
};
use nix::sys::stat::{FileStat, Mode, SFlag, fchmod, fstatat};
use nix::unistd::{UnlinkatFlags, geteuid, unlinkat};
use tokio::net::{UnixListener, UnixStream};

use super::slots::Peer;
use crate::runtime::is_root_of_ours;

/// Backlog of listen(2).
const BACKLOG: i32 = 128;

/// A listening socket; dropping it removes its file.
pub(super) struct Socket {
    listener: UnixListener,
    folder: File,
    name: PathBuf,
    file: (u64, u64),
}

impl Socket {
    /// Listens on `path`, mode 0600. An existing socket is replaced when it is ours and nobody
    /// listens on it.
    ///
    /// # Errors
    /// When another file or listener exists there, or others may write to its folder.
    pub(super) fn listen(path: &Path) -> anyhow::Result<Self> {
        let what = || format!("listen on {}", path.display());
        let parent = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let name = path
            .file_name()
            .with_context(|| format!("--socket {}: not a file name", path.display()))?;
        let folder = OpenOptions::new()
            .read(true)
            .custom_flags((OFlag::O_DIRECTORY | OFlag::O_NONBLOCK).bits())
            .open(parent)
            .with_context(|| format!("open {}", parent.display()))?;
        check_folder(&folder, parent)?;
        // two servers that start at once must not remove each other's socket
        let Ok(folder) = Flock::lock(folder, FlockArg::LockExclusiveNonblock) else {
            bail!("{}: another server is starting there", parent.display());
        };
        remove_stale(&folder, name, path)?;
        let fd = socket(
            AddressFamily::Unix,
            SockType::Stream,
            SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK,
            None,
        )
        .with_context(what)?;
        // the file takes the mode of the socket, so it never exists with another (unix(7), bind(2))
        fchmod(&fd, Mode::S_IRUSR | Mode::S_IWUSR).with_context(what)?;
        bind(fd.as_raw_fd(), &address(&folder, name).with_context(what)?).with_context(what)?;
        let made = status(&folder, name).with_context(what)?;
        listen(&fd, Backlog::new(BACKLOG).with_context(what)?).with_context(what)?;
        let listener = UnixListener::from_std(StdListener::from(fd)).with_context(what)?;
        let folder = folder
            .unlock()
            .map_err(|(_, errno)| errno)
            .with_context(what)?;
        Ok(Self {
            listener,
            folder,
            name: name.into(),
            file: (made.st_dev, made.st_ino),
        })
    }

    /// Accepts the next connection of a trusted user.
    ///
    /// # Errors
    /// When accept(2) fails, or the peer is not trusted.
    pub(super) async fn accept(&self) -> io::Result<(UnixStream, Peer)> {
        let (stream, _) = self.listener.accept().await?;
        let user = trusted(&stream)?;
        Ok((stream, Peer::User(user)))
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // remove it only if it is still ours
        if status(&self.folder, self.name.as_os_str())
            .is_ok_and(|now| (now.st_dev, now.st_ino) == self.file)
        {
            let _ = unlinkat(&self.folder, &self.name, UnlinkatFlags::NoRemoveDir);
        }
    }
}

fn status(folder: &File, name: &OsStr) -> nix::Result<FileStat> {
    fstatat(folder, name, AtFlags::AT_SYMLINK_NOFOLLOW)
}

/// The socket's address below the descriptor of its folder: the folder cannot be swapped, and the
/// path may be long.
fn address(folder: &File, name: &OsStr) -> nix::Result<UnixAddr> {
    UnixAddr::new(
        &Path::new("/proc/self/fd")
            .join(folder.as_raw_fd().to_string())
            .join(name),
    )
}

/// Refuses a folder where others could replace the socket.
fn check_folder(folder: &File, path: &Path) -> anyhow::Result<()> {
    let meta = folder
        .metadata()
        .with_context(|| format!("stat {}", path.display()))?;
    let (others_write, sticky) = (meta.mode() & 0o022 != 0, meta.mode() & 0o1000 != 0);
    ensure!(
        [0, geteuid().as_raw()].contains(&meta.uid()) && (!others_write || sticky),
        "--socket: others may replace files in {} (choose a folder that root alone writes to, such as /run/minic)",
        path.display()
    );
    Ok(())
}

/// Removes the socket of a killed server.
fn remove_stale(folder: &File, name: &OsStr, path: &Path) -> anyhow::Result<()> {
    let there = match status(folder, name) {
        Err(Errno::ENOENT) => return Ok(()),
        there => there.with_context(|| format!("stat {}", path.display()))?,
    };
    let kind = SFlag::from_bits_truncate(there.st_mode) & SFlag::S_IFMT;
    ensure!(
        kind == SFlag::S_IFSOCK,
        "--socket {}: exists and is not a socket (choose another path)",
        path.display()
    );
    ensure!(
        there.st_uid == geteuid().as_raw(),
        "--socket {}: belongs to user {} (choose another path)",
        path.display(),
        there.st_uid
    );
    let probe: OwnedFd = socket(
        AddressFamily::Unix,
        SockType::Stream,
        SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK,
        None,
    )?;
    match connect(probe.as_raw_fd(), &address(folder, name)?) {
        Err(Errno::ECONNREFUSED) => unlinkat(folder, name, UnlinkatFlags::NoRemoveDir)
            .with_context(|| format!("remove {}", path.display())),
        _ => bail!(
            "--socket {}: another server listens there (choose another path)",
            path.display()
        ),
    }
}

/// The peer's user, if it is root or our own; uid 0 of a container that sees the socket's folder
/// is neither.
fn trusted(stream: &UnixStream) -> io::Result<u32> {
    let peer = getsockopt(stream, PeerCredentials)?;
    let ours = match peer.uid() {
        0 => is_root_of_ours(stream.as_fd()),
        user => user == geteuid().as_raw(),
    };
    if ours {
        Ok(peer.uid())
    } else {
        Err(io::ErrorKind::PermissionDenied.into())
    }
}
