//! The mounts of a container, read from its mountinfo (proc_pid_mountinfo(5)) and compared with the
//! complete lists, so that a single missing path is noticed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::fixture::Fixture;

/// Hidden from every container. Written down here once more: a path that is lost from the program's
/// own list is missed.
const MASKED: [&str; 24] = [
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/kallsyms",
    "/proc/kcore",
    "/proc/keys",
    "/proc/kpagecgroup",
    "/proc/kpagecount",
    "/proc/kpageflags",
    "/proc/latency_stats",
    "/proc/pagetypeinfo",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/slabinfo",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/vmallocinfo",
    "/proc/vmcore",
    "/sys/devices/virtual/powercap",
    "/sys/firmware",
    "/sys/kernel/boot_params",
    "/sys/kernel/notes",
    "/sys/kernel/slab",
    "/sys/kernel/vmcoreinfo",
];

const READ_ONLY: [&str; 5] = [
    "/proc/bus",
    "/proc/fs",
    "/proc/irq",
    "/proc/sys",
    "/proc/sysrq-trigger",
];

/// One line of mountinfo.
#[derive(Debug)]
struct Mount {
    /// What of its file system it shows.
    root: String,
    /// Its own flags, and its file system's.
    flags: BTreeSet<String>,
    /// Of the file system: its type, and options.
    kind: String,
    options: BTreeSet<String>,
}

impl Mount {
    /// Its own flags, but for when times are written.
    fn told(&self) -> BTreeSet<String> {
        let own = self.flags.iter().filter(|flag| !flag.ends_with("atime"));
        own.cloned().collect()
    }
}

fn words(list: &str) -> BTreeSet<String> {
    list.split(',').map(str::to_owned).collect()
}

/// The mounts by their places, the uppermost of each.
fn mounts(mountinfo: &str) -> BTreeMap<String, Mount> {
    let parsed = mountinfo.lines().map(|line| {
        let (of_mount, of_system) = line.split_once(" - ").unwrap();
        let of_mount: Vec<&str> = of_mount.split(' ').collect();
        let of_system: Vec<&str> = of_system.split(' ').collect();
        let mount = Mount {
            root: of_mount[3].to_owned(),
            flags: words(of_mount[5]),
            kind: of_system[0].to_owned(),
            options: words(of_system[2]),
        };
        (of_mount[4].to_owned(), mount)
    });
    parsed.collect()
}

/// Those of a container that is run with `args`.
#[track_caller]
fn inside(fixture: &Fixture, args: &[&str]) -> BTreeMap<String, Mount> {
    let run = [&["run", "--rm"], args, &["cat", "/proc/self/mountinfo"]].concat();
    mounts(&fixture.minic(&run).ok())
}

/// Each CPU's counts of how often it was too hot, which tell of others' work.
fn throttles() -> impl Iterator<Item = String> {
    let cpus = std::thread::available_parallelism().unwrap().get();
    (0..cpus).map(|cpu| format!("/sys/devices/system/cpu/cpu{cpu}/thermal_throttle"))
}

#[test]
fn exactly_what_is_listed_is_masked_or_read_only() {
    let fixture = Fixture::new();
    // what a kernel does not have need not be hidden
    let there = |path: &String| Path::new(path).exists();
    let masked: BTreeSet<String> = MASKED
        .into_iter()
        .map(str::to_owned)
        .chain(throttles())
        .filter(there)
        .collect();
    let read_only: BTreeSet<String> = READ_ONLY
        .into_iter()
        .map(str::to_owned)
        .filter(there)
        .collect();
    let mut complaints = Vec::new();
    for users in ["auto", "host"] {
        let mounts = inside(&fixture, &["--userns", users]);
        let protected = |path: &&String| {
            (path.starts_with("/proc/") || path.starts_with("/sys/"))
                && !path.starts_with("/sys/fs/cgroup")
        };
        let found: BTreeSet<String> = mounts.keys().filter(protected).cloned().collect();
        let mut complain = |path: &str, what: &str| {
            complaints.push(format!("{users}: {path} {what}"));
        };
        for path in masked.difference(&found) {
            complain(path, "is not masked");
        }
        for path in read_only.difference(&found) {
            complain(path, "is not read-only");
        }
        for path in found.iter().filter(|path| !masked.contains(*path)) {
            if !read_only.contains(path) {
                complain(path, "is mounted, and in no list");
            }
        }
        for (path, mount) in mounts.iter().filter(|(path, _)| found.contains(*path)) {
            let masks_file = masked.contains(path) && !fs::metadata(path).unwrap().is_dir();
            let (kind, root) = match read_only.contains(path) {
                true => ("proc", path.strip_prefix("/proc").unwrap()),
                false if masks_file => ("tmpfs", "/null"),
                false => ("tmpfs", "/"),
            };
            if (mount.kind.as_str(), mount.root.as_str()) != (kind, root) {
                complain(path, &format!("is {}:{}", mount.kind, mount.root));
            }
            // a device node has the flags of the /dev that it is of
            if !masks_file && mount.told() != words("ro,nosuid,nodev,noexec") {
                complain(path, &format!("has {:?}", mount.told()));
            }
        }
    }
    assert_eq!(complaints, Vec::<String>::new());
}

#[test]
fn each_mount_has_its_flags() {
    let fixture = Fixture::new();
    let volume = fixture.state().join("volume");
    fs::create_dir(&volume).unwrap();
    let (open, closed) = (
        format!("{}:/open:noidmap", volume.display()),
        format!("{}:/closed:ro,noidmap", volume.display()),
    );
    let args = [
        "--read-only",
        "-v",
        &open,
        "-v",
        &closed,
        "--tmpfs",
        "/scratch:size=1M",
        "--device",
        "/dev/kmsg:/dev/mine:r",
    ];
    let expected = [
        ("/", "overlay", "ro"),
        ("/proc", "proc", "rw,nosuid,nodev,noexec"),
        ("/sys", "sysfs", "ro,nosuid,nodev,noexec"),
        ("/dev", "tmpfs", "rw,nosuid"),
        ("/dev/pts", "devpts", "rw,nosuid,noexec"),
        ("/dev/shm", "tmpfs", "rw,nosuid,nodev,noexec"),
        ("/dev/mqueue", "mqueue", "rw,nosuid,nodev,noexec"),
        ("/open", "", "rw,nosuid,nodev"),
        ("/closed", "", "ro,nosuid,nodev"),
        ("/scratch", "tmpfs", "rw,nosuid,nodev"),
        ("/dev/mine", "", "rw,nosuid"),
    ];
    let places: BTreeSet<&str> = expected.iter().map(|(place, ..)| *place).collect();
    let mut complaints = Vec::new();
    for users in ["auto", "host"] {
        let mut mounts = inside(&fixture, &[&["--userns", users], &args[..]].concat());
        mounts.retain(|path, _| {
            ["/proc/", "/sys/"]
                .iter()
                .all(|below| !path.starts_with(below))
        });
        let mut complain = |place: &str, what: &str| {
            complaints.push(format!("{users}: {place} {what}"));
        };
        // nothing of the host's is among them
        for place in mounts
            .keys()
            .filter(|place| !places.contains(place.as_str()))
        {
            complain(place, "is mounted, and was not asked for");
        }
        for (place, kind, flags) in expected {
            let Some(mount) = mounts.get(place) else {
                complain(place, "is not mounted");
                continue;
            };
            if !kind.is_empty() && mount.kind != kind {
                complain(place, &format!("is {}", mount.kind));
            }
            for flag in words(flags).difference(&mount.told()) {
                complain(place, &format!("lacks {flag}"));
            }
            for flag in mount.told().difference(&words(flags)) {
                complain(place, &format!("has {flag}"));
            }
        }
        for option in ["mode=620", "ptmxmode=666"] {
            if mounts
                .get("/dev/pts")
                .is_none_or(|mount| !mount.options.contains(option))
            {
                complain("/dev/pts", &format!("lacks {option}"));
            }
        }
    }
    assert_eq!(complaints, Vec::<String>::new());
}
