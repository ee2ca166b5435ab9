//! The physical limit of a launch: the bare system calls that make, run and remove one container,
//! and nothing else.
//!
//! The same namespaces, overlay, `/proc`, `/sys`, `/dev`, pivot_root and cgroup with the same
//! limits as `minic-tui run --memory 128 --cpu 512`, but no record, no log, no supervisor, no
//! seccomp filter, no capability is given up. What `minic-tui run` costs beyond this is ours.
//! `tests/bench/compare` runs both; it is no container manager: whatever goes wrong, it says which
//! call and exits.
//!
//! With `--users` it has a user namespace too: an idmapped clone of the image below the overlay,
//! and devices that are bind mounts.
//!
//! Usage: `floor [--detached] [--users] IMAGE STATE COMMAND…`: IMAGE is a root filesystem, STATE an
//! existing folder on a filesystem that overlayfs can write to. With `--detached` it returns once
//! the command was executed, and a child waits and removes, as `run -d` does.
#![allow(unsafe_code, reason = "the bare system calls are what is measured")]
#![allow(
    clippy::expect_used,
    clippy::print_stderr,
    clippy::undocumented_unsafe_blocks,
    reason = "a measuring tool, not the product"
)]

use std::ffi::{CStr, CString};
use std::io;

use libc::{c_int, c_ulong};

const LIMITS: [(&str, &str, &str); 4] = [
    ("memory", "memory.limit_in_bytes", "134217728"),
    ("cpu", "cpu.cfs_period_us", "100000"),
    ("cpu", "cpu.cfs_quota_us", "50000"),
    ("pids", "pids.max", "4096"),
];
const UNIFIED_LIMITS: [(&str, &str); 3] = [
    ("memory.max", "134217728"),
    ("cpu.max", "50000 100000"),
    ("pids.max", "4096"),
];

fn check(what: &str, result: c_int) -> c_int {
    if result < 0 {
        eprintln!("floor: {what}: {}", io::Error::last_os_error());
        unsafe { libc::_exit(125) }
    }
    result
}

fn c(text: &str) -> CString {
    CString::new(text).expect("no NUL")
}

fn write_file(path: &str, text: &str) {
    let fd = check(path, unsafe {
        libc::open(c(path).as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC)
    });
    check(
        path,
        unsafe { libc::write(fd, text.as_ptr().cast(), text.len()) } as c_int,
    );
    unsafe { libc::close(fd) };
}

fn make(path: &str) {
    check(path, unsafe { libc::mkdir(c(path).as_ptr(), 0o755) });
}

fn mount(source: &CStr, target: &CStr, kind: &CStr, flags: c_ulong, data: Option<&CStr>) {
    let data = data.map_or(std::ptr::null(), |d| d.as_ptr().cast());
    check(&target.to_string_lossy(), unsafe {
        libc::mount(source.as_ptr(), target.as_ptr(), kind.as_ptr(), flags, data)
    });
}

/// The cgroups of the container: every v1 hierarchy and the v2 tree, as the manager makes them.
struct Cgroups {
    v1: Vec<String>,
    v2: Option<String>,
}

impl Cgroups {
    fn make(id: &str) -> Self {
        let mounts = std::fs::read_to_string("/proc/self/mounts").expect("/proc is mounted");
        let (mut v1, mut v2) = (Vec::new(), None);
        for line in mounts.lines() {
            let mut words = line.split(' ').skip(1);
            let (Some(folder), Some(kind)) = (words.next(), words.next()) else {
                continue;
            };
            match kind {
                "cgroup" => v1.push(format!("{folder}/{id}")),
                "cgroup2" => v2 = Some(format!("{folder}/{id}")),
                _ => {}
            }
        }
        v1.iter().chain(&v2).for_each(|folder| make(folder));
        for folder in v1.iter().filter(|f| f.contains("/cpuset/")) {
            for file in ["cpuset.cpus", "cpuset.mems"] {
                let parent = format!("{}/{file}", folder.rsplit_once('/').expect("a parent").0);
                write_file(
                    &format!("{folder}/{file}"),
                    std::fs::read_to_string(parent).expect("cpuset").trim(),
                );
            }
        }
        for (controller, file, value) in LIMITS {
            if let Some(folder) = v1.iter().find(|f| f.contains(&format!("/{controller}/"))) {
                write_file(&format!("{folder}/{file}"), value);
            }
        }
        if v1.is_empty() {
            let folder = v2.as_ref().expect("cgroups");
            UNIFIED_LIMITS
                .iter()
                .for_each(|(file, value)| write_file(&format!("{folder}/{file}"), value));
        }
        Self { v1, v2 }
    }

    fn remove(&self) {
        for folder in self.v1.iter().chain(&self.v2) {
            check(folder, unsafe { libc::rmdir(c(folder).as_ptr()) });
        }
    }
}

const FIRST_ID: u32 = 1 << 30;
const DEVICES: [(&CStr, u32, u32); 6] = [
    (c"dev/null", 1, 3),
    (c"dev/zero", 1, 5),
    (c"dev/full", 1, 7),
    (c"dev/random", 1, 8),
    (c"dev/urandom", 1, 9),
    (c"dev/tty", 5, 0),
];

fn clone_tree(path: &CStr) -> c_int {
    let flags = libc::OPEN_TREE_CLONE as c_int | libc::O_CLOEXEC;
    check("open_tree", unsafe {
        libc::syscall(libc::SYS_open_tree, libc::AT_FDCWD, path.as_ptr(), flags)
    } as c_int)
}

fn attach(tree: c_int, target: &CStr) {
    let moved = unsafe {
        libc::syscall(
            libc::SYS_move_mount,
            tree,
            c"".as_ptr(),
            libc::AT_FDCWD,
            target.as_ptr(),
            libc::MOVE_MOUNT_F_EMPTY_PATH,
        )
    };
    check("move_mount", moved as c_int);
}

/// What only root of the host may do for a container with users of its own: the ids, the shifted
/// image, the overlay over it. The child has our descriptors (CLONE_FILES) and is told their
/// numbers.
fn provide(pid: c_int, image: &CStr, merged: &CStr, options: &CStr, told: c_int) {
    for map in ["uid_map", "gid_map"] {
        write_file(
            &format!("/proc/{pid}/{map}"),
            &format!("0 {FIRST_ID} 65536"),
        );
    }
    unsafe {
        let users = check(
            "users",
            libc::open(
                c(&format!("/proc/{pid}/ns/user")).as_ptr(),
                libc::O_RDONLY | libc::O_CLOEXEC,
            ),
        );
        let own = check(
            "own",
            libc::open(
                c"/proc/self/ns/mnt".as_ptr(),
                libc::O_RDONLY | libc::O_CLOEXEC,
            ),
        );
        let mut fds: [c_int; 7] = [0; 7];
        for (n, (device, ..)) in DEVICES.iter().enumerate() {
            fds[n + 1] = clone_tree(&c(&format!("/{}", device.to_string_lossy())));
        }
        check("unshare", libc::unshare(libc::CLONE_NEWNS));
        mount(
            c"none",
            c"/",
            c"none",
            libc::MS_REC | libc::MS_PRIVATE,
            None,
        );
        let tree = clone_tree(image);
        let mut change: libc::mount_attr = std::mem::zeroed();
        change.attr_set = 0x0010_0000; // MOUNT_ATTR_IDMAP
        change.userns_fd = users as u64;
        let size = size_of::<libc::mount_attr>();
        let shifted = libc::syscall(
            libc::SYS_mount_setattr,
            tree,
            c"".as_ptr(),
            libc::AT_EMPTY_PATH,
            &raw mut change,
            size,
        );
        check("shift", shifted as c_int);
        attach(tree, image);
        mount(c"overlay", merged, c"overlay", 0, Some(options));
        fds[0] = clone_tree(merged);
        check("setns", libc::setns(own, libc::CLONE_NEWNS));
        check(
            "tell",
            libc::write(told, fds.as_ptr().cast(), size_of_val(&fds)) as c_int,
        );
    }
}

fn init(
    merged: &CStr,
    options: &CStr,
    tasks: &[c_int],
    provided: Option<c_int>,
    argv: &[*const libc::c_char],
) -> ! {
    let quiet = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;
    let mut fds: [c_int; 7] = [0; 7];
    unsafe {
        if let Some(told) = provided {
            check(
                "wait",
                libc::read(told, fds.as_mut_ptr().cast(), size_of_val(&fds)) as c_int,
            );
            check("groups", libc::setgroups(0, std::ptr::null()));
            check("gid", libc::setresgid(0, 0, 0));
            check("uid", libc::setresuid(0, 0, 0));
        }
        for fd in tasks {
            check("join", libc::write(*fd, c"0".as_ptr().cast(), 1) as c_int);
        }
        check("cgroup namespace", libc::unshare(libc::CLONE_NEWCGROUP));
        check("hostname", libc::sethostname(c"floor".as_ptr(), 5));
        let socket = check(
            "socket",
            libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0),
        );
        let mut request: libc::ifreq = std::mem::zeroed();
        request.ifr_name[0] = b'l' as libc::c_char;
        request.ifr_name[1] = b'o' as libc::c_char;
        request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_LOOPBACK) as i16;
        check("lo", libc::ioctl(socket, libc::SIOCSIFFLAGS, &request));
        libc::umask(0);
        mount(
            c"none",
            c"/",
            c"none",
            libc::MS_REC | libc::MS_PRIVATE,
            None,
        );
        if provided.is_some() {
            attach(fds[0], merged);
        } else {
            mount(c"overlay", merged, c"overlay", 0, Some(options));
        }
        check("chdir", libc::chdir(merged.as_ptr()));
        mount(c"proc", c"proc", c"proc", quiet, None);
        mount(c"sysfs", c"sys", c"sysfs", quiet | libc::MS_RDONLY, None);
        mount(
            c"tmpfs",
            c"dev",
            c"tmpfs",
            libc::MS_NOSUID,
            Some(c"mode=755,size=64k"),
        );
        for (n, (path, major, minor)) in DEVICES.into_iter().enumerate() {
            if provided.is_some() {
                libc::close(check(
                    "device",
                    libc::open(path.as_ptr(), libc::O_CREAT | libc::O_CLOEXEC, 0o666),
                ));
                attach(fds[n + 1], path);
            } else {
                check(
                    "mknod",
                    libc::mknod(
                        path.as_ptr(),
                        libc::S_IFCHR | 0o666,
                        libc::makedev(major, minor),
                    ),
                );
            }
        }
        for folder in [c"dev/pts", c"dev/shm", c"dev/mqueue"] {
            check("mkdir", libc::mkdir(folder.as_ptr(), 0o755));
        }
        mount(
            c"devpts",
            c"dev/pts",
            c"devpts",
            libc::MS_NOSUID | libc::MS_NOEXEC,
            Some(c"newinstance,ptmxmode=0666,mode=0620,gid=5"),
        );
        mount(
            c"tmpfs",
            c"dev/shm",
            c"tmpfs",
            quiet,
            Some(c"mode=1777,size=64m"),
        );
        mount(c"mqueue", c"dev/mqueue", c"mqueue", quiet, None);
        for (target, link) in [
            (c"/proc/self/fd", c"dev/fd"),
            (c"/proc/self/fd/0", c"dev/stdin"),
            (c"/proc/self/fd/1", c"dev/stdout"),
            (c"/proc/self/fd/2", c"dev/stderr"),
            (c"pts/ptmx", c"dev/ptmx"),
        ] {
            check("link", libc::symlink(target.as_ptr(), link.as_ptr()));
        }
        check(
            "pivot_root",
            libc::syscall(libc::SYS_pivot_root, c".".as_ptr(), c".".as_ptr()) as c_int,
        );
        check("umount", libc::umount2(c".".as_ptr(), libc::MNT_DETACH));
        check("chdir", libc::chdir(c"/".as_ptr()));
        libc::umask(0o022);
        check(
            "close_range",
            libc::close_range(3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC as c_int),
        );
        libc::execv(argv[0], argv.as_ptr());
        check("execve", -1);
    }
    unreachable!("check ends the process")
}

fn clone_into(cgroup: Option<&String>, users: bool) -> c_int {
    let mut pidfd: c_int = -1;
    let mut args: libc::clone_args = unsafe { std::mem::zeroed() };
    let namespaces = libc::CLONE_NEWNS
        | libc::CLONE_NEWUTS
        | libc::CLONE_NEWIPC
        | libc::CLONE_NEWPID
        | libc::CLONE_NEWNET;
    args.flags = namespaces as u64 | libc::CLONE_PIDFD as u64;
    if users {
        args.flags |= (libc::CLONE_NEWUSER | libc::CLONE_FILES) as u64;
    }
    args.pidfd = std::ptr::from_mut(&mut pidfd) as u64;
    args.exit_signal = libc::SIGCHLD as u64;
    if let Some(folder) = cgroup {
        args.flags |= 0x2_0000_0000; // CLONE_INTO_CGROUP
        let open = unsafe {
            libc::open(
                c(folder).as_ptr(),
                libc::O_PATH | libc::O_DIRECTORY | libc::O_CLOEXEC,
            )
        };
        args.cgroup = check(folder, open) as u64;
    }
    check("clone3", unsafe {
        libc::syscall(
            libc::SYS_clone3,
            &raw mut args,
            size_of::<libc::clone_args>(),
        )
    } as c_int)
}

fn main() {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let detached = words.first().is_some_and(|w| w == "--detached");
    words.drain(..usize::from(detached));
    let users = words.first().is_some_and(|w| w == "--users");
    words.drain(..usize::from(users));
    if words.len() < 3 {
        eprintln!("usage: floor [--detached] [--users] IMAGE STATE COMMAND…");
        unsafe { libc::_exit(125) }
    }
    let (image, state) = (words.remove(0), words.remove(0));
    let id = format!("floor-{}", std::process::id());
    let folder = format!("{state}/{id}");
    make(&folder);
    ["upper", "work", "merged"]
        .iter()
        .for_each(|name| make(&format!("{folder}/{name}")));
    if users {
        let upper = c(&format!("{folder}/upper"));
        check("chown", unsafe {
            libc::chown(upper.as_ptr(), FIRST_ID, FIRST_ID)
        });
    }
    let cgroups = Cgroups::make(&id);
    let tasks = |f: &String| {
        check(f, unsafe {
            libc::open(
                c(&format!("{f}/tasks")).as_ptr(),
                libc::O_WRONLY | libc::O_CLOEXEC,
            )
        })
    };
    let tasks: Vec<c_int> = cgroups.v1.iter().map(tasks).collect();
    let options = c(&format!(
        "lowerdir={image},upperdir={folder}/upper,workdir={folder}/work"
    ));
    let merged = c(&format!("{folder}/merged"));
    let argv: Vec<CString> = words.iter().map(|w| c(w)).collect();
    let mut pointers: Vec<_> = argv.iter().map(|w| w.as_ptr()).collect();
    pointers.push(std::ptr::null());
    let mut started = [0; 2];
    check("pipe", unsafe {
        libc::pipe2(started.as_mut_ptr(), libc::O_CLOEXEC)
    });
    if detached && check("fork", unsafe { libc::fork() }) > 0 {
        // the pipe ends when the command was executed and the waiting child has closed its end
        unsafe { libc::close(started[1]) };
        let mut byte = 0u8;
        unsafe { libc::read(started[0], std::ptr::from_mut(&mut byte).cast(), 1) };
        return;
    }
    let mut told = [0; 2];
    check("pipe", unsafe {
        libc::pipe2(told.as_mut_ptr(), libc::O_CLOEXEC)
    });
    let pid = clone_into(cgroups.v2.as_ref(), users);
    if pid == 0 {
        init(
            &merged,
            &options,
            &tasks,
            users.then_some(told[0]),
            &pointers,
        );
    }
    if users {
        provide(pid, &c(&image), &merged, &options, told[1]);
    }
    unsafe { libc::close(started[1]) };
    let mut status = 0;
    check("wait", unsafe { libc::waitpid(pid, &mut status, 0) });
    cgroups.remove();
    for name in ["merged", "upper", "work/work", "work", ""] {
        check(name, unsafe {
            libc::rmdir(c(&format!("{folder}/{name}")).as_ptr())
        });
    }
    unsafe {
        libc::_exit(if status & 0x7f == 0 {
            (status >> 8) & 0xff
        } else {
            128 + (status & 0x7f)
        })
    }
}
