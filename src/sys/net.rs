//! Network interfaces, by ioctl: needs neither netlink nor allocation.

use std::ffi::CStr;
use std::os::fd::AsRawFd;

use nix::Result;
use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};

/// Brings the interface `name` of the current network namespace up (netdevice(7): SIOCGIFFLAGS,
/// SIOCSIFFLAGS). Allocates nothing, so it may run between clone and execve.
///
/// # Errors
/// ENODEV when there is no such interface, ENAMETOOLONG when no interface can have that name, EPERM
/// without CAP_NET_ADMIN.
pub(crate) fn set_interface_up(name: &CStr) -> Result<()> {
    let mut request = libc::ifreq {
        ifr_name: [0; libc::IFNAMSIZ],
        ifr_ifru: libc::__c_anonymous_ifr_ifru { ifru_flags: 0 },
    };
    let bytes = name.to_bytes();
    if bytes.len() >= libc::IFNAMSIZ {
        return Err(Errno::ENAMETOOLONG);
    }
    for (slot, byte) in request.ifr_name.iter_mut().zip(bytes) {
        *slot = byte.cast_signed() as libc::c_char;
    }
    let socket = socket(
        AddressFamily::Inet,
        SockType::Datagram,
        SockFlag::SOCK_CLOEXEC,
        None,
    )?;
    // SAFETY: the descriptor is open and `request` is a complete ifreq, which the kernel fills in.
    Errno::result(unsafe {
        libc::ioctl(
            socket.as_raw_fd(),
            libc::SIOCGIFFLAGS as _,
            &raw mut request,
        )
    })?;
    // SAFETY: the kernel has just written the flags, so that member of the union is the valid one.
    let flags = unsafe { request.ifr_ifru.ifru_flags };
    request.ifr_ifru.ifru_flags = flags | (libc::IFF_UP as libc::c_short);
    // SAFETY: as above; the kernel only reads `request` here.
    Errno::result(unsafe {
        libc::ioctl(
            socket.as_raw_fd(),
            libc::SIOCSIFFLAGS as _,
            &raw const request,
        )
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_interfaces_are_errors() {
        assert_eq!(set_interface_up(c"minic-no-such"), Err(Errno::ENODEV));
        assert_eq!(
            set_interface_up(c"a-name-longer-than-any"),
            Err(Errno::ENAMETOOLONG)
        );
    }
}
