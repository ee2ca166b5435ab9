//! Message sockets (AF_UNIX, SOCK_SEQPACKET) that can carry descriptors.

use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use nix::errno::Errno;

/// A connected pair, both ends CLOEXEC.
///
/// # Errors
/// EMFILE and the like.
pub(crate) fn pair() -> nix::Result<(OwnedFd, OwnedFd)> {
    use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};
    socketpair(
        AddressFamily::Unix,
        SockType::SeqPacket,
        None,
        SockFlag::SOCK_CLOEXEC,
    )
}

/// Sends one message. Allocates nothing; a closed peer is EPIPE, never SIGPIPE. `wait` false:
/// EAGAIN when the peer's queue is full.
///
/// # Errors
/// The error of send(2), except EINTR, which is retried.
pub(crate) fn send(socket: BorrowedFd<'_>, message: &[u8], wait: bool) -> nix::Result<()> {
    let flags = libc::MSG_NOSIGNAL | if wait { 0 } else { libc::MSG_DONTWAIT };
    loop {
        // SAFETY: the buffer is valid for its length during the call.
        let sent = unsafe {
            libc::send(
                socket.as_raw_fd(),
                message.as_ptr().cast(),
                message.len(),
                flags,
            )
        };
        match Errno::result(sent) {
            Err(Errno::EINTR) => {}
            other => return other.map(drop),
        }
    }
}

/// Receives one message into `buffer`; 0 is end of file. `wait` false: EAGAIN when there is none.
///
/// When a peer closes with unread messages, the kernel reports ECONNRESET once before the messages
/// that it had sent: those are still read here.
///
/// # Errors
/// The error of recv(2), except EINTR, which is retried.
pub(crate) fn receive(socket: BorrowedFd<'_>, buffer: &mut [u8], wait: bool) -> nix::Result<usize> {
    let flags = if wait { 0 } else { libc::MSG_DONTWAIT };
    loop {
        // SAFETY: the buffer is valid for its length during the call.
        let got = unsafe {
            libc::recv(
                socket.as_raw_fd(),
                buffer.as_mut_ptr().cast(),
                buffer.len(),
                flags,
            )
        };
        match Errno::result(got) {
            Err(Errno::EINTR | Errno::ECONNRESET) => {}
            other => return other.map(|n| n as usize),
        }
    }
}

/// Maximum number of descriptors in one message. Even, so that a control message needs no padding.
pub(crate) const MAX_FDS: usize = 32;

/// Buffer for one control message with descriptors, aligned for cmsghdr (cmsg(3)).
#[repr(C)]
struct Control {
    header: libc::cmsghdr,
    fds: [RawFd; MAX_FDS],
}

fn control(fds: usize) -> Control {
    // SAFETY: cmsghdr is plain integers.
    let mut header: libc::cmsghdr = unsafe { std::mem::zeroed() };
    header.cmsg_len = size_of::<libc::cmsghdr>() + fds * size_of::<RawFd>();
    header.cmsg_level = libc::SOL_SOCKET;
    header.cmsg_type = libc::SCM_RIGHTS;
    Control {
        header,
        fds: [-1; MAX_FDS],
    }
}

/// Sends one message with a descriptor (SCM_RIGHTS, unix(7)). Allocates nothing.
///
/// # Errors
/// The error of sendmsg(2).
pub(crate) fn send_with_fd(
    socket: BorrowedFd<'_>,
    message: &[u8],
    fd: BorrowedFd<'_>,
) -> nix::Result<()> {
    send_with_fds(socket, message, [fd])
}

/// As [`send_with_fd`], with up to [`MAX_FDS`] descriptors.
///
/// # Errors
/// E2BIG for more, and the errors of sendmsg(2).
pub(crate) fn send_with_fds<'a>(
    socket: BorrowedFd<'_>,
    message: &[u8],
    fds: impl IntoIterator<Item = BorrowedFd<'a>, IntoIter: ExactSizeIterator>,
) -> nix::Result<()> {
    let fds = fds.into_iter();
    let count = fds.len();
    if count > MAX_FDS {
        return Err(Errno::E2BIG);
    }
    let mut control = control(count);
    fds.zip(&mut control.fds)
        .for_each(|(fd, place)| *place = fd.as_raw_fd());
    let mut iov = libc::iovec {
        iov_base: message.as_ptr().cast_mut().cast(),
        iov_len: message.len(),
    };
    // SAFETY: msghdr is plain integers and pointers; zero is "none".
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    header.msg_iov = &mut iov;
    header.msg_iovlen = 1;
    if count > 0 {
        header.msg_control = std::ptr::from_mut(&mut control).cast();
        // CMSG_SPACE(3): the length, rounded up to a word
        header.msg_controllen = control.header.cmsg_len.next_multiple_of(size_of::<usize>());
    }
    // SAFETY: header points to iov and control, both alive during the call; sendmsg only reads the
    // message.
    Errno::result(unsafe { libc::sendmsg(socket.as_raw_fd(), &header, libc::MSG_NOSIGNAL) })
        .map(drop)
}

/// Receives one message and the descriptor that came with it, if any (CLOEXEC).
///
/// # Errors
/// The error of recvmsg(2), except EINTR, which is retried.
pub(crate) fn receive_with_fd(
    socket: BorrowedFd<'_>,
    buffer: &mut [u8],
) -> nix::Result<(usize, Option<OwnedFd>)> {
    receive_with_fds(socket, buffer).map(|(length, [first, ..])| (length, first))
}

/// Receives one message and the descriptors that came with it (CLOEXEC), in their order. Allocates
/// nothing.
///
/// # Errors
/// As [`receive_with_fd`].
pub(crate) fn receive_with_fds(
    socket: BorrowedFd<'_>,
    buffer: &mut [u8],
) -> nix::Result<(usize, [Option<OwnedFd>; MAX_FDS])> {
    let mut control = control(0);
    let mut iov = libc::iovec {
        iov_base: buffer.as_mut_ptr().cast(),
        iov_len: buffer.len(),
    };
    // SAFETY: as in send_with_fd.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    header.msg_iov = &mut iov;
    header.msg_iovlen = 1;
    header.msg_control = std::ptr::from_mut(&mut control).cast();
    header.msg_controllen = size_of::<Control>();
    let got = loop {
        // SAFETY: header points to iov (the caller's buffer) and control, both alive and writable
        // during the call.
        match Errno::result(unsafe {
            libc::recvmsg(socket.as_raw_fd(), &mut header, libc::MSG_CMSG_CLOEXEC)
        }) {
            Err(Errno::EINTR | Errno::ECONNRESET) => {}
            other => break other?,
        }
    };
    let rights = header.msg_controllen >= control.header.cmsg_len
        && control.header.cmsg_type == libc::SCM_RIGHTS;
    // entries that the kernel did not fill in are still -1
    let fds = control.fds.map(|fd| {
        // SAFETY: the kernel has just installed this descriptor for us alone.
        (rights && fd >= 0).then(|| unsafe { OwnedFd::from_raw_fd(fd) })
    });
    Ok((got as usize, fds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd;

    #[test]
    fn a_message_keeps_its_bounds_and_carries_a_descriptor() {
        let (a, b) = pair().unwrap();
        let mut buffer = [0u8; 16];
        send(a.as_fd(), b"one", true).unwrap();
        send_with_fd(a.as_fd(), b"two", a.as_fd()).unwrap();
        assert_eq!(receive(b.as_fd(), &mut buffer, true).unwrap(), 3);
        let (length, fd) = receive_with_fd(b.as_fd(), &mut buffer).unwrap();
        assert_eq!(&buffer[..length], b"two");
        let copy = fd.unwrap();
        drop(a);
        send(copy.as_fd(), b"three", true).unwrap();
        let (length, none) = receive_with_fd(b.as_fd(), &mut buffer).unwrap();
        assert_eq!((length, none.is_none()), (5, true));
        drop(copy);
        assert_eq!(receive(b.as_fd(), &mut buffer, true).unwrap(), 0, "the end");
    }

    #[test]
    fn a_message_carries_as_many_descriptors_as_fit() {
        let (a, b) = pair().unwrap();
        for count in [0, 1, 9, MAX_FDS] {
            send_with_fds(a.as_fd(), b"!", vec![a.as_fd(); count]).unwrap();
            let (length, fds) = receive_with_fds(b.as_fd(), &mut [0; 4]).unwrap();
            assert_eq!((length, fds.iter().flatten().count()), (1, count));
        }
        assert_eq!(
            send_with_fds(a.as_fd(), b"!", vec![a.as_fd(); MAX_FDS + 1]),
            Err(Errno::E2BIG)
        );
    }

    #[test]
    fn messages_of_a_peer_that_closed_with_unread_ones_are_read() {
        let (a, b) = pair().unwrap();
        let mut buffer = [0u8; 16];
        send(b.as_fd(), b"never read", true).unwrap();
        send(a.as_fd(), b"last word", true).unwrap();
        drop(a);
        assert_eq!(receive(b.as_fd(), &mut buffer, true).unwrap(), 9);
        assert_eq!(receive(b.as_fd(), &mut buffer, true).unwrap(), 0);
    }
}
