//! Verdicts of compiled profiles, by running their programs as the kernel does, on synthetic system
//! calls.

use nix::errno::Errno;
use nix::libc::{self, sock_filter};

use super::*;

pub(super) const NATIVE: u32 = if cfg!(target_arch = "x86_64") {
    0xc000_003e
} else {
    0xc000_00b7
};
pub(super) const ALLOW: u32 = libc::SECCOMP_RET_ALLOW;

/// Interprets classic BPF, with the instructions that filters use (kernel:
/// Documentation/networking/filter.rst).
pub(super) fn run(program: &[sock_filter], arch: u32, number: u32, arguments: [u64; 6]) -> u32 {
    let word = |offset: u32| match offset {
        0 => number,
        4 => arch,
        8 | 12 => 0,
        _ => (arguments[((offset - 16) / 8) as usize] >> (8 * (offset % 8))) as u32,
    };
    let (mut at, mut accumulator) = (0, 0_u32);
    loop {
        let instruction = program[at];
        let (code, k) = (u32::from(instruction.code), instruction.k);
        at += 1;
        let jump = |taken: bool| {
            usize::from(if taken {
                instruction.jt
            } else {
                instruction.jf
            })
        };
        match (code & 0x07, code & 0xf0) {
            (libc::BPF_LD, _) => accumulator = word(k),
            (libc::BPF_ALU, libc::BPF_AND) => accumulator &= k,
            (libc::BPF_JMP, libc::BPF_JA) => at += k as usize,
            (libc::BPF_JMP, libc::BPF_JEQ) => at += jump(accumulator == k),
            (libc::BPF_JMP, libc::BPF_JGE) => at += jump(accumulator >= k),
            (libc::BPF_JMP, libc::BPF_JGT) => at += jump(accumulator > k),
            (libc::BPF_RET, _) => return k,
            other => panic!("instruction {other:?} is not used"),
        }
    }
}

fn errno(errno: Errno) -> u32 {
    libc::SECCOMP_RET_ERRNO | errno as u32
}

fn number(name: &str) -> u32 {
    Sysno::from_str(name).unwrap().id() as u32
}

struct Compiled(Vec<sock_filter>);

impl Compiled {
    fn usual() -> Self {
        Self(
            Profile::default_profile()
                .unwrap()
                .compile(Capabilities::default(), (6, 1))
                .unwrap(),
        )
    }

    fn with(json: &str) -> Self {
        Self(
            Profile::parse(json)
                .unwrap()
                .compile(Capabilities::default(), (6, 1))
                .unwrap(),
        )
    }

    fn says(&self, name: &str, arguments: [u64; 6]) -> u32 {
        run(&self.0, NATIVE, number(name), arguments)
    }
}

#[test]
fn every_call_of_the_default_profile_is_decided() {
    let usual = Compiled::usual();
    for name in [
        "read",
        "openat2",
        "execve",
        "clone",
        "futex",
        "mseal",
        "seccomp",
        "close_range",
        "ptrace",
        "memfd_create",
        "arch_prctl",
    ] {
        assert_eq!(usual.says(name, [0; 6]), ALLOW, "{name}");
    }
    for name in [
        "keyctl",
        "add_key",
        "request_key",
        "bpf",
        "perf_event_open",
        "userfaultfd",
        "io_uring_setup",
        "io_uring_enter",
        "io_uring_register",
        "mount",
        "fsopen",
        "fsconfig",
        "fsmount",
        "open_tree",
        "move_mount",
        "mount_setattr",
        "umount2",
        "pivot_root",
        "unshare",
        "setns",
        "kexec_load",
        "kexec_file_load",
        "init_module",
        "finit_module",
        "delete_module",
        "reboot",
        "swapon",
        "swapoff",
        "open_by_handle_at",
        "syslog",
        "clock_settime",
        "settimeofday",
        "quotactl",
        "acct",
        "kcmp",
        "move_pages",
        "mbind",
        "set_mempolicy",
        "fanotify_init",
    ] {
        assert_eq!(usual.says(name, [0; 6]), errno(Errno::EPERM), "{name}");
    }
    for name in ["clone3", "io_setup"] {
        assert_eq!(usual.says(name, [0; 6]), errno(Errno::ENOSYS), "{name}");
    }
    for unknown in [470, 1000, 0x3fff_ffff] {
        assert_eq!(
            run(&usual.0, NATIVE, unknown, [0; 6]),
            errno(Errno::ENOSYS),
            "{unknown}"
        );
    }
    assert!(usual.0.len() < 400, "{} instructions", usual.0.len());
}

#[test]
fn other_abis_are_refused() {
    let usual = Compiled::usual();
    let i386 = 0x4000_0003;
    assert_eq!(
        run(&usual.0, i386, 1, [0; 6]),
        libc::SECCOMP_RET_KILL_PROCESS
    );
    if cfg!(target_arch = "x86_64") {
        assert_eq!(
            run(&usual.0, NATIVE, 0x4000_0000 | number("read"), [0; 6]),
            errno(Errno::ENOSYS),
            "x32"
        );
    }
}

#[test]
fn arguments_are_checked_as_the_kernel_reads_them() {
    let usual = Compiled::usual();
    let first = |value| [value, 0, 0, 0, 0, 0];
    for namespace in [
        0x2_0000,
        0x200_0000,
        0x400_0000,
        0x800_0000,
        0x1000_0000,
        0x2000_0000,
        0x4000_0000_u64,
    ] {
        assert_eq!(
            usual.says("clone", first(namespace | 17)),
            errno(Errno::EPERM),
            "{namespace:#x}"
        );
    }
    assert_eq!(usual.says("clone", first(0x3d_0f00)), ALLOW, "a thread");
    assert_eq!(usual.says("personality", first(0xffff_ffff)), ALLOW);
    assert_eq!(
        usual.says("personality", first(0x0004_0000)),
        errno(Errno::EPERM)
    );
    for above in [0, 1 << 32, u64::MAX << 32] {
        assert_eq!(
            usual.says("ioctl", [0, above | 0x5412, 0, 0, 0, 0]),
            errno(Errno::EPERM),
            "TIOCSTI, {above:#x}"
        );
        assert_eq!(
            usual.says("ioctl", [0, above | 0x541c, 0, 0, 0, 0]),
            errno(Errno::EPERM),
            "TIOCLINUX, {above:#x}"
        );
        for command in [0x4008_6602, 0x401c_5820] {
            assert_eq!(
                usual.says("ioctl", [0, above | command, 0, 0, 0, 0]),
                errno(Errno::EOPNOTSUPP),
                "{command:#x}, {above:#x}"
            );
        }
        for (family, name) in [
            (38, "AF_ALG"),
            (40, "AF_VSOCK"),
            (21, "AF_RDS"),
            (30, "AF_TIPC"),
        ] {
            assert_eq!(
                usual.says("socket", first(above | family)),
                errno(Errno::EAFNOSUPPORT),
                "{name}, {above:#x}"
            );
            assert_eq!(
                usual.says("socketpair", first(above | family)),
                errno(Errno::EAFNOSUPPORT),
                "{name}, {above:#x}"
            );
        }
    }
    assert_eq!(
        usual.says("ioctl", [0, 0x5401, 0, 0, 0, 0]),
        ALLOW,
        "TCGETS"
    );
    assert_eq!(
        (
            usual.says("socket", first(1)),
            usual.says("socketpair", first(1))
        ),
        (ALLOW, ALLOW)
    );
    assert_eq!(
        usual.says("socket", first(17)),
        errno(Errno::EPERM),
        "AF_PACKET needs CAP_NET_RAW, whatever the namespace says"
    );
}

#[test]
fn capabilities_allow_their_system_calls() {
    let all = Profile::default_profile()
        .unwrap()
        .compile(Capabilities::ALL, (6, 1))
        .unwrap();
    for name in [
        "mount",
        "unshare",
        "bpf",
        "clone3",
        "init_module",
        "reboot",
        "syslog",
    ] {
        assert_eq!(run(&all, NATIVE, number(name), [0; 6]), ALLOW, "{name}");
    }
    assert_eq!(
        run(&all, NATIVE, number("clone"), [0x1000_0000, 0, 0, 0, 0, 0]),
        ALLOW
    );
    assert_eq!(
        run(&all, NATIVE, number("keyctl"), [0; 6]),
        errno(Errno::EPERM),
        "no capability opens keyrings"
    );
}

#[test]
fn comparisons_have_64_bits() {
    let values = [
        0,
        1,
        5,
        6,
        7,
        u64::from(u32::MAX),
        1 << 32,
        (1 << 32) | 5,
        (1 << 32) | 6,
        (1 << 32) | 7,
        (2 << 32) | 6,
        u64::MAX,
    ];
    type Holds = fn(u64, u64) -> bool;
    let operators: [(&str, Holds); 6] = [
        ("EQ", |a, b| a == b),
        ("NE", |a, b| a != b),
        ("LT", |a, b| a < b),
        ("LE", |a, b| a <= b),
        ("GT", |a, b| a > b),
        ("GE", |a, b| a >= b),
    ];
    for (operator, holds) in operators {
        for bound in [6, (1_u64 << 32) | 6] {
            let json = format!(
                r#"{{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{{"names":["read"],"action":"SCMP_ACT_ERRNO","errnoRet":5,
                    "args":[{{"index":2,"value":{bound},"op":"SCMP_CMP_{operator}"}}]}}]}}"#
            );
            let compiled = Compiled::with(&json);
            for value in values {
                let expected = if holds(value, bound) {
                    errno(Errno::EIO)
                } else {
                    ALLOW
                };
                assert_eq!(
                    compiled.says("read", [0, 0, value, 0, 0, 0]),
                    expected,
                    "{value:#x} {operator} {bound:#x}"
                );
            }
        }
    }
}

#[test]
fn dockers_conditions_are_evaluated() {
    let entry = |conditions: &str| {
        let json = format!(
            r#"{{"defaultAction":"SCMP_ACT_KILL_PROCESS","syscalls":[{{"name":"read","action":"SCMP_ACT_ALLOW","args":null,{conditions}}}]}}"#
        );
        Compiled::with(&json).says("read", [0; 6]) == ALLOW
    };
    assert!(entry(r#""includes":{},"excludes":{}"#));
    assert!(
        entry(r#""includes":{"caps":["CAP_CHOWN"]}"#)
            && !entry(r#""includes":{"caps":["CAP_BPF"]}"#)
    );
    assert!(!entry(r#""excludes":{"caps":["CAP_CHOWN"]}"#));
    assert!(
        entry(r#""includes":{"minKernel":"4.8"}"#) && !entry(r#""includes":{"minKernel":"6.2"}"#)
    );
    assert!(
        !entry(r#""includes":{"arches":["s390x"]}"#) && entry(r#""excludes":{"arches":["s390x"]}"#)
    );
}

#[test]
fn two_comparisons_of_one_argument_are_alternatives_and_of_two_all_must_hold() {
    let argument =
        |index: u8, value: u8| format!(r#"{{"index":{index},"value":{value},"op":"SCMP_CMP_EQ"}}"#);
    let compiled = |a: &str, b: &str| {
        Compiled::with(&format!(
            r#"{{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{{"names":["read"],"action":"SCMP_ACT_ALLOW","args":[{a},{b}]}}]}}"#
        ))
    };
    let one = compiled(&argument(0, 1), &argument(0, 2));
    assert_eq!(
        [1, 2, 3].map(|n| one.says("read", [n, 0, 0, 0, 0, 0]) == ALLOW),
        [true, true, false]
    );
    let two = compiled(&argument(0, 1), &argument(1, 2));
    assert_eq!(
        [(1, 2), (1, 1), (2, 2)].map(|(a, b)| two.says("read", [a, b, 0, 0, 0, 0]) == ALLOW),
        [true, false, false]
    );
}

#[test]
fn errors_in_a_profile_are_named() {
    for (json, word) in [
        ("", "EOF"),
        ("{}", "defaultAction"),
        (r#"{"defaultAction":"SCMP_ACT_FLY"}"#, "SCMP_ACT_FLY"),
        (
            r#"{"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"/x"}"#,
            "listenerPath",
        ),
        (
            r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],"action":"SCMP_ACT_NOTIFY"}]}"#,
            "SCMP_ACT_NOTIFY",
        ),
        (
            r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],"action":"SCMP_ACT_LOG","args":[{"index":9,"value":0,"op":"SCMP_CMP_EQ"}]}]}"#,
            "index 9",
        ),
        (
            r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],"action":"SCMP_ACT_LOG","args":[{"index":0,"value":0,"op":"EQ"}]}]}"#,
            "\"EQ\"",
        ),
        (
            r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],"action":"SCMP_ACT_LOG","includes":{"minKernel":"six"}}]}"#,
            "six",
        ),
    ] {
        let message = Profile::parse(json).unwrap_err().to_string();
        assert!(message.contains(word), "{json}: {message}");
    }
}
