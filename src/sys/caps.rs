//! capset(2): the thread's effective, permitted and inheritable capability sets.

use nix::errno::Errno;

/// `_LINUX_CAPABILITY_VERSION_3` (capget(2)): two 32-bit words a set.
const VERSION_3: u32 = 0x2008_0522;

#[repr(C)]
struct Header {
    version: u32,
    pid: i32,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Data {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

/// The permitted set of this thread, bit N being capability N (capget(2)).
///
/// # Errors
/// The error of capget(2).
pub(crate) fn permitted() -> nix::Result<u64> {
    let mut header = Header {
        version: VERSION_3,
        pid: 0,
    };
    let mut data = [Data {
        effective: 0,
        permitted: 0,
        inheritable: 0,
    }; 2];
    // SAFETY: header and data have the layout that capget(2) documents for version 3 and outlive
    // the call.
    Errno::result(unsafe { libc::syscall(libc::SYS_capget, &raw mut header, data.as_mut_ptr()) })?;
    Ok(u64::from(data[0].permitted) | u64::from(data[1].permitted) << 32)
}

/// Sets the three sets from 64-bit masks, bit N being capability N.
///
/// # Errors
/// EPERM for a capability that is not in the current permitted set.
pub(crate) fn set(effective: u64, permitted: u64, inheritable: u64) -> nix::Result<()> {
    let header = Header {
        version: VERSION_3,
        pid: 0,
    };
    let word = |shift: u32| Data {
        effective: (effective >> shift) as u32,
        permitted: (permitted >> shift) as u32,
        inheritable: (inheritable >> shift) as u32,
    };
    let data = [word(0), word(32)];
    // SAFETY: header and data have the layout that capset(2) documents for version 3 and outlive
    // the call.
    Errno::result(unsafe { libc::syscall(libc::SYS_capset, &raw const header, data.as_ptr()) })
        .map(drop)
}
