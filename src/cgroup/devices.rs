//! Which device nodes a container may use: a v1 `devices` cgroup (kernel:
//! Documentation/admin-guide/cgroup-v1/devices.rst), or a BPF program on the v2 cgroup
//! (cgroup-v2.rst, "Device controller"; bpf(2), BPF_PROG_TYPE_CGROUP_DEVICE).

use std::fmt;
use std::fs::{File, Metadata, OpenOptions};
use std::io::Write as _;
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};

use nix::sys::stat::{major, minor};

use super::folders::write_file;
use super::{Cgroup, CgroupError, Controller, Version};
use crate::spec::DeviceAccess;
use crate::sys::bpf;

/// Some device nodes, and what may be done with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DeviceRule {
    /// Block devices, not character devices.
    pub block: bool,
    /// The major number; `None` is every one.
    pub major: Option<u32>,
    /// The minor number; `None` is every one.
    pub minor: Option<u32>,
    /// What is allowed.
    pub access: DeviceAccess,
}

const MKNOD: DeviceAccess = DeviceAccess {
    read: false,
    write: false,
    mknod: true,
};
const ALL: DeviceAccess = DeviceAccess {
    read: true,
    write: true,
    mknod: true,
};

const fn character(major: u32, minor: Option<u32>) -> DeviceRule {
    DeviceRule {
        block: false,
        major: Some(major),
        minor,
        access: ALL,
    }
}

/// Docker's list (runc: libcontainer/specconv, AllowedDevices): nodes may be made of anything
/// (where CAP_MKNOD is, which it is not), and null, zero, full, random, urandom, tty, console, ptmx
/// and terminals may be used.
const USUAL: [DeviceRule; 10] = [
    DeviceRule {
        block: false,
        major: None,
        minor: None,
        access: MKNOD,
    },
    DeviceRule {
        block: true,
        major: None,
        minor: None,
        access: MKNOD,
    },
    character(1, Some(3)),
    character(1, Some(5)),
    character(1, Some(7)),
    character(1, Some(8)),
    character(1, Some(9)),
    character(5, Some(0)),
    character(5, Some(2)),
    character(136, None),
];

impl DeviceRule {
    /// The rule for the device node `node`; `None` when it is no device.
    #[must_use]
    pub(crate) fn of(node: &Metadata, access: DeviceAccess) -> Option<Self> {
        let kind = node.file_type();
        let (number, block) = (node.rdev(), kind.is_block_device());
        (block || kind.is_char_device()).then(|| Self {
            block,
            major: Some(major(number) as u32),
            minor: Some(minor(number) as u32),
            access,
        })
    }
}

impl fmt::Display for DeviceRule {
    /// As v1 wants it: `c 1:3 rwm`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |number: Option<u32>| number.map_or("*".to_owned(), |n| n.to_string());
        let letters = [
            (self.access.read, 'r'),
            (self.access.write, 'w'),
            (self.access.mknod, 'm'),
        ];
        let letters: String = letters
            .into_iter()
            .filter_map(|(on, letter)| on.then_some(letter))
            .collect();
        write!(
            f,
            "{} {}:{} {letters}",
            if self.block { 'b' } else { 'c' },
            number(self.major),
            number(self.minor)
        )
    }
}

impl Cgroup {
    /// Lets its processes use docker's usual devices and those of `more`, and no other, from now
    /// on.
    ///
    /// # Errors
    /// When this kernel has no way to restrict devices here, or refuses.
    pub(crate) fn restrict_devices(&self, more: &[DeviceRule]) -> Result<(), CgroupError> {
        let rules: Vec<DeviceRule> = USUAL.iter().chain(more).copied().collect();
        if let Some(folder) = self.folder(Version::V1, Controller::Devices) {
            let path = folder.path.join("devices.deny");
            write_file(&path, "a").map_err(|e| CgroupError::write("a", &path, &e))?;
            let path = folder.path.join("devices.allow");
            let mut allow = OpenOptions::new()
                .write(true)
                .open(&path)
                .map_err(|e| CgroupError::io("open", &path, &e))?;
            return rules.iter().map(ToString::to_string).try_for_each(|rule| {
                // one rule a write(2)
                allow
                    .write_all(rule.as_bytes())
                    .map_err(|e| CgroupError::write(&rule, &path, &e))
            });
        }
        let Some(folder) = self.v2() else {
            let place = self
                .paths()
                .next()
                .unwrap_or(std::path::Path::new("/sys/fs/cgroup"));
            let hint = Some("--privileged or --best-effort runs it with every device");
            return Err(CgroupError::missing(
                "restrict devices in",
                place,
                "there is neither a devices controller nor a v2 tree",
                hint,
            ));
        };
        let io = |tried: &str| {
            let tried = tried.to_owned();
            move |errno: nix::Error| CgroupError::io(tried, &folder.path, &errno.into())
        };
        let group =
            File::open(&folder.path).map_err(|e| CgroupError::io("open", &folder.path, &e))?;
        let program =
            bpf::load_device_program(&program(&rules)).map_err(io("load the device filter of"))?;
        bpf::attach_device_program(program.as_fd(), group.as_fd())
            .map_err(io("attach the device filter to"))
    }
}

/// Access bits of `struct bpf_cgroup_dev_ctx` (linux/bpf.h, BPF_DEVCG_ACC_*).
const ACC_MKNOD: i32 = 1;
const ACC_READ: i32 = 2;
const ACC_WRITE: i32 = 4;

/// The program: 1 allows an access, 0 refuses it. Registers: r1 the context, then scratch; r2 the
/// kind of node, r3 the access asked for, r4 and r5 the numbers.
fn program(rules: &[DeviceRule]) -> Vec<u64> {
    const LDX_W: u8 = 0x61; // BPF_LDX | BPF_MEM | BPF_W
    const AND: u8 = 0x54; // BPF_ALU | BPF_AND | BPF_K
    const SHIFT_RIGHT: u8 = 0x74; // BPF_ALU | BPF_RSH | BPF_K
    const COPY: u8 = 0xbc; // BPF_ALU | BPF_MOV | BPF_X
    const SET: u8 = 0xb4; // BPF_ALU | BPF_MOV | BPF_K
    const UNLESS_EQUAL: u8 = 0x55; // BPF_JMP | BPF_JNE | BPF_K
    const EXIT: u8 = 0x95; // BPF_JMP | BPF_EXIT
    let instruction = |code: u8, to: u8, from: u8, offset: i16, value: i32| {
        u64::from(code)
            | u64::from(from << 4 | to) << 8
            | u64::from(offset as u16) << 16
            | u64::from(value as u32) << 32
    };
    let mut program = vec![
        instruction(LDX_W, 2, 1, 0, 0),
        instruction(COPY, 3, 2, 0, 0),
        instruction(AND, 2, 0, 0, 0xffff),
        instruction(SHIFT_RIGHT, 3, 0, 0, 16),
        instruction(LDX_W, 4, 1, 4, 0),
        instruction(LDX_W, 5, 1, 8, 0),
    ];
    for rule in rules {
        let allowed = [
            (rule.access.mknod, ACC_MKNOD),
            (rule.access.read, ACC_READ),
            (rule.access.write, ACC_WRITE),
        ];
        let allowed: i32 = allowed
            .into_iter()
            .filter_map(|(on, bit)| on.then_some(bit))
            .sum();
        let numbers: Vec<(u8, u32)> = [(4, rule.major), (5, rule.minor)]
            .into_iter()
            .filter_map(|(r, n)| Some((r, n?)))
            .collect();
        // what is left of the rule behind each jump: the jumps leave it when something does not fit
        let left = |done: i16| 4 + numbers.len() as i16 - done;
        program.push(instruction(
            UNLESS_EQUAL,
            2,
            0,
            left(0) + 1,
            if rule.block { 1 } else { 2 },
        ));
        program.push(instruction(COPY, 1, 3, 0, 0));
        program.push(instruction(AND, 1, 0, 0, !allowed));
        program.push(instruction(UNLESS_EQUAL, 1, 0, left(2), 0));
        for (done, (register, number)) in numbers.iter().enumerate() {
            program.push(instruction(
                UNLESS_EQUAL,
                *register,
                0,
                left(3 + done as i16),
                *number as i32,
            ));
        }
        program.push(instruction(SET, 0, 0, 0, 1));
        program.push(instruction(EXIT, 0, 0, 0, 0));
    }
    program.push(instruction(SET, 0, 0, 0, 0));
    program.push(instruction(EXIT, 0, 0, 0, 0));
    program
}
