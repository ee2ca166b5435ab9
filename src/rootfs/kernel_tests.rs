//! Complete plans on the real kernel, each in a child with namespaces of its own.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use nix::errno::Errno;
use nix::libc::ENOTDIR;
use nix::sys::stat::makedev;

use super::scratch::Scratch;
use super::step::{Filesystem, Within};
use super::*;
use crate::spec::{ContainerId, ContainerName, ContainerSpec, Preset, preview};

/// Where the child finds its container, and the script that it runs there.
const FOLDER: &str = "MINIC_TEST_FOLDER";
const SCRIPT: &str = "MINIC_TEST_SCRIPT";

fn spec() -> ContainerSpec {
    let request = Preset {
        command: Some(vec!["sh".into()]),
        ..Preset::default()
    };
    let id = ContainerId::new("c1").unwrap();
    preview(
        id,
        Some(ContainerName::new("web").unwrap().as_str()),
        &request,
    )
    .unwrap()
}

/// A container's folders, in a place whose name would split an overlay's options.
fn container(scratch: &Scratch) -> RootfsPaths {
    let image = host_image::ensure(scratch.path(), &mut |_| ()).unwrap();
    let folder = scratch.path().join(r"a:b,c\d e");
    let paths = RootfsPaths::new(&folder, &image.path);
    for made in [&folder, &paths.upper, &paths.work, &paths.merged] {
        fs::create_dir(made).unwrap();
    }
    write_base(&paths.base, &spec()).unwrap();
    paths
}

/// Runs the ignored test `child` of this file in new namespaces; propagation is left to the plan.
fn run_child(child: &str, namespaces: &[&str], envs: &[(&str, &Path)]) -> Output {
    assert!(
        nix::unistd::geteuid().is_root(),
        "mounting needs root: run the tests through cargo test"
    );
    let mut command = Command::new("unshare");
    command
        .args(namespaces)
        .args(["--propagation", "unchanged", "--"]);
    command.arg(std::env::current_exe().unwrap());
    command.args([
        "--exact",
        &format!("rootfs::kernel_tests::{child}"),
        "--ignored",
        "--nocapture",
    ]);
    command.envs(envs.iter().copied()).output().unwrap()
}

/// What `script` prints in the container of `paths`.
fn run(paths: &RootfsPaths, namespaces: &[&str], script: &str) -> String {
    let envs = [
        (FOLDER, paths.merged.parent().unwrap()),
        ("IMAGE", &paths.image),
        (SCRIPT, Path::new(script)),
    ];
    let output = run_child("applies_a_plan_and_runs_a_script", namespaces, &envs);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    // the output of the test harness comes first
    text.split_once("BEGIN\n")
        .map(|(_, rest)| rest.to_owned())
        .unwrap()
}

const OWN: [&str; 7] = [
    "--mount", "--pid", "--fork", "--ipc", "--uts", "--net", "--cgroup",
];

#[test]
#[ignore = "the child of other tests"]
fn applies_a_plan_and_runs_a_script() {
    let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap());
    let image = PathBuf::from(std::env::var_os("IMAGE").unwrap());
    let plan = RootfsPlan::new(&spec(), &RootfsPaths::new(&folder, &image)).unwrap();
    if let Err(failure) = apply(plan.steps(), None) {
        panic!(
            "{}: {}",
            plan.describe(failure.index),
            Errno::from_raw(failure.errno)
        );
    }
    let script = format!("echo BEGIN; {}", std::env::var(SCRIPT).unwrap());
    let error = Command::new("/bin/sh")
        .args(["-c", &script])
        .env_clear()
        .env("PATH", crate::spec::DEFAULT_PATH)
        .exec();
    panic!("{error}");
}

/// Lines of the host's mountinfo that a leak would add to or change: ours, and `/sys`.
fn host_mounts(scratch: &Scratch) -> Vec<String> {
    let all = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let ours = scratch.path().file_name().unwrap().to_str().unwrap();
    all.lines()
        .filter(|line| line.contains(ours) || line.contains(" /sys "))
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_container_sees_its_own_root_and_nothing_of_the_host() {
    let scratch = Scratch::new();
    let paths = container(&scratch);
    let before = host_mounts(&scratch);
    let mounts = run(&paths, &OWN, "cut -d' ' -f5,6 /proc/self/mountinfo");
    let points: Vec<&str> = mounts
        .lines()
        .map(|l| l.split(' ').next().unwrap())
        .collect();
    assert_eq!(
        points,
        [
            "/",
            "/proc",
            "/sys",
            "/dev",
            "/dev/pts",
            "/dev/shm",
            "/dev/mqueue"
        ]
    );
    assert!(
        mounts
            .lines()
            .any(|l| l.starts_with("/sys ro,nosuid,nodev,noexec")),
        "{mounts}"
    );
    assert!(
        mounts
            .lines()
            .any(|l| l.starts_with("/proc rw,nosuid,nodev,noexec")),
        "{mounts}"
    );

    let host = scratch.path().display();
    let seen = run(
        &paths,
        &OWN,
        &format!(
            "test -e {host} && echo the host; ls /sys/class/net; ls -id / /.. | cut -d/ -f1 | uniq | wc -l; ps -e -o comm="
        ),
    );
    assert_eq!(
        seen.split_whitespace().collect::<Vec<_>>(),
        ["lo", "1", "sh", "ps"]
    );
    assert_eq!(
        host_mounts(&scratch),
        before,
        "nothing of it reached the host"
    );
}

#[test]
fn nothing_spreads_to_a_host_whose_mounts_are_shared() {
    let scratch = Scratch::new();
    let paths = container(&scratch);
    let name = scratch.path().file_name().unwrap().to_str().unwrap();
    // simulates a host with shared mounts as under systemd; then prints what of us is left in its
    // list
    let host = format!(
        "unshare {} --propagation unchanged -- \"$@\" || exit 1; grep {name} /proc/self/mountinfo; echo END",
        OWN.join(" ")
    );
    let mut command = Command::new("unshare");
    command.args([
        "--mount",
        "--propagation",
        "shared",
        "--",
        "sh",
        "-c",
        &host,
        "sh",
    ]);
    command.arg(std::env::current_exe().unwrap());
    command.args([
        "--exact",
        "rootfs::kernel_tests::applies_a_plan_and_runs_a_script",
        "--ignored",
        "--nocapture",
    ]);
    command
        .env(FOLDER, paths.merged.parent().unwrap())
        .env("IMAGE", &paths.image)
        .env(SCRIPT, "true");
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.ends_with("BEGIN\nEND\n"),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn what_a_container_writes_stays_in_its_upper_layer() {
    let scratch = Scratch::new();
    let paths = container(&scratch);
    let names = run(
        &paths,
        &OWN,
        "cat /etc/hostname; echo mine > /tmp/x; rm /etc/shells; touch /sys/x 2>/dev/null || echo read-only",
    );
    assert_eq!(names, "web\nread-only\n");
    assert_eq!(
        fs::read_to_string(paths.upper.join("tmp/x")).unwrap(),
        "mine\n"
    );
    assert!(paths.image.join("etc/shells").exists() && !paths.image.join("tmp/x").exists());
    assert_eq!(
        run(
            &paths,
            &OWN,
            "cat /tmp/x; ls /etc/shells 2>/dev/null || echo gone"
        ),
        "mine\ngone\n"
    );
}

#[test]
fn devices_are_there_and_work() {
    let scratch = Scratch::new();
    let paths = container(&scratch);
    let script = "cd /dev; stat -c '%n %F %a %t:%T' null zero full random urandom tty; readlink fd stdin stdout stderr ptmx; \
        stat -L -c '%n %a' ptmx shm; head -c 3 zero | od -An -tx1; echo x > null; (echo x > full) 2>/dev/null || echo full; \
        head -c 4 urandom | wc -c; exec 3<>ptmx; stat -c '%a %g' pts/0; ls | tr '\\n' ' '";
    let seen = run(&paths, &OWN, script);
    let device = |name: &str, number: &str| format!("{name} character special file 666 {number}\n");
    let devices = [
        ("null", "1:3"),
        ("zero", "1:5"),
        ("full", "1:7"),
        ("random", "1:8"),
        ("urandom", "1:9"),
        ("tty", "5:0"),
    ];
    let expected: String = devices
        .iter()
        .map(|(name, number)| device(name, number))
        .collect();
    let links = "/proc/self/fd\n/proc/self/fd/0\n/proc/self/fd/1\n/proc/self/fd/2\npts/ptmx\n";
    let rest = "ptmx 666\nshm 1777\n 00 00 00\nfull\n4\n620 5\nfd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero ";
    assert_eq!(seen, format!("{expected}{links}{rest}"));
}

#[test]
fn with_the_hosts_network_sys_is_still_read_only_and_the_hosts_stays_as_it_is() {
    let scratch = Scratch::new();
    let paths = container(&scratch);
    let before = host_mounts(&scratch);
    let namespaces: Vec<&str> = OWN.into_iter().filter(|n| *n != "--net").collect();
    let seen = run(
        &paths,
        &namespaces,
        "touch /sys/x 2>/dev/null || echo read-only; ls /sys/fs/cgroup; ls /sys/class/net | sort",
    );
    let mut interfaces: Vec<String> = fs::read_dir("/sys/class/net")
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    interfaces.sort();
    assert_eq!(
        seen,
        format!("read-only\n{}\n", interfaces.join("\n")),
        "its interfaces, and not its cgroups"
    );
    assert_eq!(host_mounts(&scratch), before);
}

#[test]
fn a_link_in_place_of_a_mount_point_is_refused() {
    let scratch = Scratch::new();
    let paths = container(&scratch);
    let outside = scratch.path().join("outside");
    fs::create_dir(&outside).unwrap();
    symlink(&outside, paths.upper.join("proc")).unwrap();
    let envs = [
        (FOLDER, paths.merged.parent().unwrap()),
        ("IMAGE", &paths.image),
        (SCRIPT, Path::new("true")),
    ];
    let output = run_child("applies_a_plan_and_runs_a_script", &OWN, &envs);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains(&format!(
            "mount proc on /proc of the container: {}",
            Errno::from_raw(ENOTDIR)
        )),
        "{said}"
    );
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
}

#[test]
#[ignore = "the child of another test"]
fn makes_a_device_where_mknod_is_forbidden() {
    let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap());
    std::env::set_current_dir(folder).unwrap();
    let (kind, name) = (c"tmpfs", c"dev");
    let steps = [
        MountStep::Filesystem(Filesystem {
            kind,
            within: Within::Root,
            name,
            options: Vec::new(),
            attributes: 0,
            label: None,
            tree: None,
        }),
        MountStep::Device {
            name: c"null".into(),
            host: c"/dev/null".into(),
            mode: 0o666,
            dev: makedev(1, 3),
        },
    ];
    apply(&steps, None).unwrap();
    fs::write("dev/null", "x").unwrap();
    assert_eq!(fs::read("dev/null").unwrap(), b"", "it is the host's null");
}

#[test]
fn a_device_is_bound_where_mknod_is_forbidden() {
    let scratch = Scratch::new();
    let output = run_child(
        "makes_a_device_where_mknod_is_forbidden",
        &["--user", "--map-root-user", "--mount"],
        &[(FOLDER, scratch.path())],
    );
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
}
