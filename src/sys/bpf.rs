//! bpf(2): device programs on cgroups.

use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use nix::errno::Errno;

const PROG_LOAD: libc::c_long = 5;
const PROG_ATTACH: libc::c_long = 8;
const PROG_TYPE_CGROUP_DEVICE: u32 = 15;
const CGROUP_DEVICE: u32 = 6;

/// The beginning of `union bpf_attr` that BPF_PROG_LOAD reads (linux/bpf.h).
#[repr(C)]
#[derive(Default)]
struct Load {
    kind: u32,
    instruction_count: u32,
    instructions: u64,
    license: u64,
    log_level: u32,
    log_size: u32,
    log_buffer: u64,
    kernel_version: u32,
    flags: u32,
}

/// The beginning of `union bpf_attr` that BPF_PROG_ATTACH reads.
#[repr(C)]
struct Attach {
    target: u32,
    program: u32,
    kind: u32,
    flags: u32,
}

fn bpf<T>(command: libc::c_long, attribute: &T) -> nix::Result<libc::c_long> {
    // SAFETY: the kernel reads `size` bytes of the attribute, which outlives the call; callers keep
    // the pointers in it valid.
    Errno::result(unsafe {
        libc::syscall(
            libc::SYS_bpf,
            command,
            std::ptr::from_ref(attribute),
            size_of::<T>(),
        )
    })
}

/// Loads a BPF_PROG_TYPE_CGROUP_DEVICE program of 64-bit instructions.
///
/// # Errors
/// EPERM without CAP_BPF and CAP_SYS_ADMIN, EINVAL where the kernel does not support such programs
/// (CONFIG_CGROUP_BPF), EACCES from the verifier.
pub(crate) fn load_device_program(instructions: &[u64]) -> nix::Result<OwnedFd> {
    let attribute = Load {
        kind: PROG_TYPE_CGROUP_DEVICE,
        instruction_count: instructions.len() as u32,
        // both are read during the call only
        instructions: instructions.as_ptr() as u64,
        license: c"MIT".as_ptr() as u64,
        ..Load::default()
    };
    let fd = bpf(PROG_LOAD, &attribute)?;
    // SAFETY: the system call has just made this descriptor for us alone; it is CLOEXEC
    // (BPF_PROG_LOAD always sets it).
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

/// Attaches it to a v2 cgroup; it stays until the cgroup is removed.
///
/// # Errors
/// EPERM when a program on an ancestor cgroup forbids it.
pub(crate) fn attach_device_program(
    program: BorrowedFd<'_>,
    cgroup: BorrowedFd<'_>,
) -> nix::Result<()> {
    let attribute = Attach {
        target: cgroup.as_raw_fd() as u32,
        program: program.as_raw_fd() as u32,
        kind: CGROUP_DEVICE,
        flags: 0,
    };
    bpf(PROG_ATTACH, &attribute).map(drop)
}
