//! The loopback interface of a new network namespace, which starts down and without an address.

use crate::sys::net::set_interface_up;

/// Brings `lo` of the current network namespace up; the kernel gives it 127.0.0.1 and ::1 by itself.
/// Allocates nothing, so it may run between clone and execve.
///
/// # Errors
/// What the kernel said: EPERM without CAP_NET_ADMIN over the namespace.
pub fn bring_loopback_up() -> nix::Result<()> {
    set_interface_up(c"lo")
}
