//! The physical limit of a launch: the bare system calls that make, run and remove one container, and nothing else.
//!
//! The same namespaces, overlay, `/proc`, `/sys`, `/dev`, pivot_root and cgroup with the same limits as `minic-tui run --memory 128
//! --cpu 512`, but no record, no log, no supervisor, no seccomp filter, no capability is given up. What `minic-tui run` costs beyond this
//! is ours. `tests/bench/compare` runs both; it is no container manager: whatever goes wrong, it says which call and exits.
//!
//! Usage: `floor [--detached] IMAGE STATE COMMAND…`: IMAGE is a root filesystem, STATE an existing folder on a filesystem that overlayfs can
//! write to. With `--detached` it returns once the command was executed, and a child waits and removes, as `run -d` does.
#![allow(unsafe_code, reason = "the bare system calls are what is measured")]
#![allow(clippy::expect_used, clippy::print_stderr, clippy::undocumented_unsafe_blocks, reason = "a measuring tool, not the product")]

use std::ffi::{CStr, CString};
use std::io;

use libc::{c_int, c_ulong};

const LIMITS: [(&str, &str, &str); 4] = [
    ("memory", "memory.limit_in_bytes", "134217728"),
    ("cpu", "cpu.cfs_period_us", "100000"),
    ("cpu", "cpu.cfs_quota_us", "50000"),
    ("pids", "pids.max", "4096"),
];
const UNIFIED_LIMITS: [(&str, &str); 3] = [("memory.max", "134217728"), ("cpu.max", "50000 100000"), ("pids.max", "4096")];

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
    let fd = check(path, unsafe { libc::open(c(path).as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC) });
    check(path, unsafe { libc::write(fd, text.as_ptr().cast(), text.len()) } as c_int);
    unsafe { libc::close(fd) };
}

fn make(path: &str) {
    check(path, unsafe { libc::mkdir(c(path).as_ptr(), 0o755) });
}

fn mount(source: &CStr, target: &CStr, kind: &CStr, flags: c_ulong, data: Option<&CStr>) {
    let data = data.map_or(std::ptr::null(), |d| d.as_ptr().cast());
    check(&target.to_string_lossy(), unsafe { libc::mount(source.as_ptr(), target.as_ptr(), kind.as_ptr(), flags, data) });
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
            let (Some(folder), Some(kind)) = (words.next(), words.next()) else { continue };
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
                write_file(&format!("{folder}/{file}"), std::fs::read_to_string(parent).expect("cpuset").trim());
            }
        }
        for (controller, file, value) in LIMITS {
            if let Some(folder) = v1.iter().find(|f| f.contains(&format!("/{controller}/"))) {
                write_file(&format!("{folder}/{file}"), value);
            }
        }
        if v1.is_empty() {
            let folder = v2.as_ref().expect("cgroups");
            UNIFIED_LIMITS.iter().for_each(|(file, value)| write_file(&format!("{folder}/{file}"), value));
        }
        Self { v1, v2 }
    }

    fn remove(&self) {
        for folder in self.v1.iter().chain(&self.v2) {
            check(folder, unsafe { libc::rmdir(c(folder).as_ptr()) });
        }
    }
}

fn init(merged: &CStr, options: &CStr, tasks: &[c_int], argv: &[*const libc::c_char]) -> ! {
    let quiet = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;
    unsafe {
        for fd in tasks {
            check("join", libc::write(*fd, c"0".as_ptr().cast(), 1) as c_int);
        }
        check("cgroup namespace", libc::unshare(libc::CLONE_NEWCGROUP));
        check("hostname", libc::sethostname(c"floor".as_ptr(), 5));
        let socket = check("socket", libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0));
        let mut request: libc::ifreq = std::mem::zeroed();
        request.ifr_name[0] = b'l' as libc::c_char;
        request.ifr_name[1] = b'o' as libc::c_char;
        request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_LOOPBACK) as i16;
        check("lo", libc::ioctl(socket, libc::SIOCSIFFLAGS, &request));
        libc::umask(0);
        mount(c"none", c"/", c"none", libc::MS_REC | libc::MS_PRIVATE, None);
        mount(c"overlay", merged, c"overlay", 0, Some(options));
        check("chdir", libc::chdir(merged.as_ptr()));
        mount(c"proc", c"proc", c"proc", quiet, None);
        mount(c"sysfs", c"sys", c"sysfs", quiet | libc::MS_RDONLY, None);
        mount(c"tmpfs", c"dev", c"tmpfs", libc::MS_NOSUID, Some(c"mode=755,size=64k"));
        for (path, major, minor) in [
            (c"dev/null", 1, 3),
            (c"dev/zero", 1, 5),
            (c"dev/full", 1, 7),
            (c"dev/random", 1, 8),
            (c"dev/urandom", 1, 9),
            (c"dev/tty", 5, 0),
        ] {
            check("mknod", libc::mknod(path.as_ptr(), libc::S_IFCHR | 0o666, libc::makedev(major, minor)));
        }
        for folder in [c"dev/pts", c"dev/shm", c"dev/mqueue"] {
            check("mkdir", libc::mkdir(folder.as_ptr(), 0o755));
        }
        mount(c"devpts", c"dev/pts", c"devpts", libc::MS_NOSUID | libc::MS_NOEXEC, Some(c"newinstance,ptmxmode=0666,mode=0620,gid=5"));
        mount(c"tmpfs", c"dev/shm", c"tmpfs", quiet, Some(c"mode=1777,size=64m"));
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
        check("pivot_root", libc::syscall(libc::SYS_pivot_root, c".".as_ptr(), c".".as_ptr()) as c_int);
        check("umount", libc::umount2(c".".as_ptr(), libc::MNT_DETACH));
        check("chdir", libc::chdir(c"/".as_ptr()));
        libc::umask(0o022);
        check("close_range", libc::close_range(3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC as c_int));
        libc::execv(argv[0], argv.as_ptr());
        check("execve", -1);
    }
    unreachable!("check ends the process")
}

fn clone_into(cgroup: Option<&String>) -> c_int {
    let mut pidfd: c_int = -1;
    let mut args: libc::clone_args = unsafe { std::mem::zeroed() };
    let namespaces = libc::CLONE_NEWNS | libc::CLONE_NEWUTS | libc::CLONE_NEWIPC | libc::CLONE_NEWPID | libc::CLONE_NEWNET;
    args.flags = namespaces as u64 | libc::CLONE_PIDFD as u64;
    args.pidfd = std::ptr::from_mut(&mut pidfd) as u64;
    args.exit_signal = libc::SIGCHLD as u64;
    if let Some(folder) = cgroup {
        args.flags |= 0x2_0000_0000; // CLONE_INTO_CGROUP
        let open = unsafe { libc::open(c(folder).as_ptr(), libc::O_PATH | libc::O_DIRECTORY | libc::O_CLOEXEC) };
        args.cgroup = check(folder, open) as u64;
    }
    check("clone3", unsafe { libc::syscall(libc::SYS_clone3, &raw mut args, size_of::<libc::clone_args>()) } as c_int)
}

fn main() {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let detached = words.first().is_some_and(|w| w == "--detached");
    words.drain(..usize::from(detached));
    if words.len() < 3 {
        eprintln!("usage: floor [--detached] IMAGE STATE COMMAND…");
        unsafe { libc::_exit(125) }
    }
    let (image, state) = (words.remove(0), words.remove(0));
    let id = format!("floor-{}", std::process::id());
    let folder = format!("{state}/{id}");
    make(&folder);
    ["upper", "work", "merged"].iter().for_each(|name| make(&format!("{folder}/{name}")));
    let cgroups = Cgroups::make(&id);
    let tasks = |f: &String| check(f, unsafe { libc::open(c(&format!("{f}/tasks")).as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC) });
    let tasks: Vec<c_int> = cgroups.v1.iter().map(tasks).collect();
    let options = c(&format!("lowerdir={image},upperdir={folder}/upper,workdir={folder}/work"));
    let merged = c(&format!("{folder}/merged"));
    let argv: Vec<CString> = words.iter().map(|w| c(w)).collect();
    let mut pointers: Vec<_> = argv.iter().map(|w| w.as_ptr()).collect();
    pointers.push(std::ptr::null());
    let mut started = [0; 2];
    check("pipe", unsafe { libc::pipe2(started.as_mut_ptr(), libc::O_CLOEXEC) });
    if detached && check("fork", unsafe { libc::fork() }) > 0 {
        // the pipe ends when the command was executed and the waiting child has closed its end
        unsafe { libc::close(started[1]) };
        let mut byte = 0u8;
        unsafe { libc::read(started[0], std::ptr::from_mut(&mut byte).cast(), 1) };
        return;
    }
    let pid = clone_into(cgroups.v2.as_ref());
    if pid == 0 {
        init(&merged, &options, &tasks, &pointers);
    }
    unsafe { libc::close(started[1]) };
    let mut status = 0;
    check("wait", unsafe { libc::waitpid(pid, &mut status, 0) });
    cgroups.remove();
    for name in ["merged", "upper", "work/work", "work", ""] {
        check(name, unsafe { libc::rmdir(c(&format!("{folder}/{name}")).as_ptr()) });
    }
    unsafe { libc::_exit(if status & 0x7f == 0 { (status >> 8) & 0xff } else { 128 + (status & 0x7f) }) }
}
