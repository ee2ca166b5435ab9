//! `--userns auto`: root inside is unprivileged outside, and everything in a container still works.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{Outcome, eventually, finish};
use crate::fixture::{Container, Fixture};

/// A folder of the host for one test, beside its state.
pub(crate) fn folder(fixture: &Fixture, name: &str) -> PathBuf {
    let folder = fixture.state().join(name);
    fs::create_dir(&folder).unwrap();
    folder
}

/// A root of a few files: busybox as `sh`.
pub(crate) fn small_root(fixture: &Fixture) -> PathBuf {
    let root = folder(fixture, "root");
    fs::create_dir(root.join("bin")).unwrap();
    fs::copy("/bin/busybox", root.join("bin/busybox")).unwrap();
    symlink("busybox", root.join("bin/sh")).unwrap();
    root
}

#[track_caller]
pub(crate) fn run(fixture: &Fixture, args: &[&str], script: &str) -> Outcome {
    fixture.minic(
        &[
            &["run", "--rm", "--userns", "auto"],
            args,
            &["sh", "-c", script],
        ]
        .concat(),
    )
}

pub(crate) fn detached<'a>(fixture: &'a Fixture, name: &str, args: &[&str]) -> Container<'a> {
    fixture.detached(
        name,
        &[&["--userns", "auto"], args, &["sleep", "1000"]].concat(),
    )
}

/// The host's user and group of a process.
pub(crate) fn owner(pid: i32) -> (u32, u32) {
    let data = fs::metadata(format!("/proc/{pid}")).unwrap();
    (data.uid(), data.gid())
}

/// What a state folder's spec says of the first of a container's ids.
pub(crate) fn first_id(fixture: &Fixture, container: &Container<'_>) -> u32 {
    let spec = fs::read(
        fixture
            .state()
            .join("containers")
            .join(container.id())
            .join("spec.json"),
    )
    .unwrap();
    let spec: serde_json::Value = serde_json::from_slice(&spec).unwrap();
    u32::try_from(spec["ids"]["first"].as_u64().unwrap()).unwrap()
}

#[test]
fn root_inside_is_nobody_outside() {
    let fixture = Fixture::new();
    let one = detached(&fixture, "one", &[]);
    assert_eq!(one.exec("id -u; id -g").ok(), "0\n0\n");
    let first = first_id(&fixture, &one);
    assert!(first > 100_000, "{first}");
    assert_eq!(owner(one.pid()), (first, first));
    let map = one.exec("cat /proc/self/uid_map /proc/self/gid_map").ok();
    let words: Vec<&str> = map.split_whitespace().collect();
    assert_eq!(
        words,
        [
            "0",
            &first.to_string(),
            "65536",
            "0",
            &first.to_string(),
            "65536"
        ]
    );
    let capabilities = fs::read_to_string(format!("/proc/{}/status", one.pid())).unwrap();
    assert!(capabilities.contains("NoNewPrivs:\t1"), "{capabilities}");
}

#[test]
fn its_user_namespace_owns_the_others() {
    let fixture = Fixture::new();
    let one = detached(&fixture, "one", &["--time-offset", "boottime=1h"]);
    let pid = one.pid().to_string();
    let lsns = || {
        Command::new("lsns")
            .args(["-n", "-r", "-o", "TYPE,NS,ONS", "-p", &pid])
            .output()
            .unwrap()
            .stdout
    };
    // it gives up when a process ends that it is just looking at, and others' tests end many
    let mut listed = String::new();
    eventually("lsns lists them", || {
        listed = String::from_utf8(lsns()).unwrap();
        !listed.is_empty()
    });
    let rows: Vec<Vec<&str>> = listed
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    let user = rows
        .iter()
        .find(|row| row[0] == "user")
        .unwrap_or_else(|| panic!("{listed}"))[1];
    let owned: BTreeSet<&str> = rows
        .iter()
        .filter(|row| row[2] == user)
        .map(|row| row[0])
        .collect();
    assert_eq!(
        owned,
        ["cgroup", "ipc", "mnt", "net", "pid", "time", "uts"].into(),
        "{listed}"
    );
}

#[test]
fn ordinary_programs_work_with_its_own_user_ids() {
    let fixture = Fixture::new();
    for (args, script, expected) in [
        (
            &[][..],
            "stat -f -c %T /proc /sys /dev /dev/pts /dev/shm /dev/mqueue",
            "proc\nsysfs\ntmpfs\ndevpts\ntmpfs\nmqueue\n",
        ),
        (
            &[],
            "echo x > /dev/null; head -c 3 /dev/zero | wc -c; head -c 3 /dev/urandom | wc -c",
            "3\n3\n",
        ),
        (
            &[],
            "echo one > /dev/stdout; echo x > /dev/shm/x; cat /dev/shm/x",
            "one\nx\n",
        ),
        (
            &[],
            "ls /sys/class/net; cat /sys/class/net/lo/operstate; touch /sys/x 2>/dev/null || echo read-only",
            "lo\nunknown\nread-only\n",
        ),
        (
            &[],
            "stat -c '%u %n' / /dev /dev/shm /dev/mqueue",
            "0 /\n0 /dev\n0 /dev/shm\n0 /dev/mqueue\n",
        ),
        (&[], "cut -d: -f3 /proc/self/cgroup | sort -u", "/\n"),
        (
            &[],
            "su=$(stat -c %a /tmp); echo $su; ulimit -c 0; mkdir /a/b 2>/dev/null || echo no",
            "1777\nno\n",
        ),
        (
            &["--hostname", "box"],
            "hostname; cat /proc/sys/kernel/hostname",
            "box\nbox\n",
        ),
        (
            &["--sysctl", "net.core.somaxconn=77"],
            "cat /proc/sys/net/core/somaxconn",
            "77\n",
        ),
        (
            &[
                "--ulimit",
                "nofile=100:200",
                "--nice",
                "5",
                "--oom-score-adj",
                "300",
            ],
            "ulimit -n; nice; cat /proc/self/oom_score_adj",
            "100\n5\n300\n",
        ),
        (
            &["--user", "1234:5678"],
            "id -u; id -g; echo x > /dev/stdout; touch /x || echo no; touch /tmp/x && stat -c %u /tmp/x",
            "1234\n5678\nx\nno\n1234\n",
        ),
        (
            &["--tmpfs", "/scratch:size=2M"],
            "echo x > /scratch/x; stat -c %u /scratch/x /scratch; df /scratch | awk 'NR==2 {print $2}'",
            "0\n0\n2048\n",
        ),
        (
            &["--device", "/dev/zero:/dev/mine"],
            "head -c 3 /dev/mine | wc -c",
            "3\n",
        ),
        (
            &["--read-only"],
            "echo x > /x || echo read-only",
            "read-only\n",
        ),
        (
            &["--memory", "64M", "--pids-limit", "20", "--cpu", "512"],
            "echo in",
            "in\n",
        ),
        (
            &["-t"],
            "tty; stat -c %u $(tty); stty size >/dev/null && echo sized",
            "/dev/pts/0\r\n0\r\nsized\r\n",
        ),
    ] {
        let outcome = run(&fixture, args, script);
        assert_eq!(
            (outcome.code, outcome.stdout.as_str()),
            (Some(0), expected),
            "{args:?} {}",
            outcome.stderr
        );
    }
    assert_eq!(
        finish(
            &mut fixture.command(&["run", "-i", "--rm", "--userns", "auto", "cat"]),
            "typed\n"
        )
        .ok(),
        "typed\n"
    );
    assert_eq!(run(&fixture, &[], "exit 7").code, Some(7));
    assert_eq!(run(&fixture, &[], "kill -9 $$").code, Some(137));
}

#[test]
fn namespaces_are_shared_where_the_kernel_allows_it() {
    let fixture = Fixture::new();
    let own = |kind: &str| {
        fs::read_link(format!("/proc/self/ns/{kind}"))
            .unwrap()
            .display()
            .to_string()
    };
    let host_name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    for (args, kind, script) in [
        (["--net", "host"], "net", "test -d /sys/class/net/lo"),
        (["--pid", "host"], "pid", "test -d /proc/self"),
        (["--ipc", "host"], "ipc", "test -d /dev/mqueue"),
        (["--uts", "host"], "uts", "true"),
        (["--cgroupns", "host"], "cgroup", "true"),
    ] {
        let seen = run(
            &fixture,
            &args,
            &format!("{script} && readlink /proc/self/ns/{kind}; hostname; id -u"),
        )
        .ok();
        let lines: Vec<&str> = seen.lines().collect();
        assert_eq!((lines[0], lines[2]), (own(kind).as_str(), "0"), "{args:?}");
        assert_eq!(
            lines[1] == host_name.trim(),
            kind == "uts",
            "{args:?}: {seen}"
        );
    }
    let pid = std::process::id();
    let seen = run(
        &fixture,
        &["--pid", "host"],
        &format!("test -d /proc/{pid} && echo seen; kill -0 {pid} || echo untouchable"),
    )
    .ok();
    assert_eq!(
        seen, "seen\nuntouchable\n",
        "it sees the host's processes and has no power over them"
    );
    let one = detached(&fixture, "one", &[]);
    let network = one
        .exec("readlink /proc/self/ns/net /proc/self/ns/ipc")
        .ok();
    let joined = "readlink /proc/self/ns/net /proc/self/ns/ipc; ls /sys/class/net";
    for users in ["auto", "host"] {
        let args = [
            "run",
            "--rm",
            "--userns",
            users,
            "--net",
            "container:one",
            "--ipc",
            "container:one",
            "sh",
            "-c",
            joined,
        ];
        assert_eq!(
            fixture.minic(&args).ok(),
            format!("{network}lo\n"),
            "{users}"
        );
    }
    let refused = fixture.minic(&[
        "run",
        "--userns",
        "auto",
        "--pid",
        "container:shared",
        "true",
    ]);
    assert!(
        refused.code == Some(1) && refused.stderr.contains("no container"),
        "{refused:?}"
    );
    let shared = fixture.detached("shared", &["--userns", "host", "sleep", "1001"]);
    let refused = fixture
        .minic(&[
            "run",
            "--userns",
            "auto",
            "--pid",
            "container:shared",
            "true",
        ])
        .refused(125);
    assert!(
        refused.contains("pid: ") && refused.contains("leave out --userns auto"),
        "{refused}"
    );
    drop(shared);
}

#[test]
fn a_container_with_its_own_user_ids_is_checked_and_restarted() {
    let fixture = Fixture::new();
    let check = [
        "--health-cmd",
        "test $(id -u) = 0 && test -e /proc/1",
        "--health-interval",
        "200ms",
        "--restart",
        "always",
    ];
    let one = detached(&fixture, "one", &check);
    eventually("it is healthy", || {
        one.info()["health"].as_str() == Some("healthy")
    });
    let first = one.pid();
    nix::sys::signal::kill(
        nix::unistd::Pid::from_raw(first),
        nix::sys::signal::Signal::SIGKILL,
    )
    .unwrap();
    eventually("it runs again", || {
        one.info()["pid"]
            .as_i64()
            .is_some_and(|pid| pid != i64::from(first))
    });
    assert_eq!(owner(one.pid()).0, first_id(&fixture, &one));
}

#[test]
fn nothing_of_it_stays_in_the_hosts_mounts() {
    let fixture = Fixture::new();
    let mounts = || fs::read_to_string("/proc/self/mountinfo").unwrap();
    let state = fixture.state().to_str().unwrap();
    let one = detached(&fixture, "one", &[]);
    assert!(!mounts().contains(state), "{}", mounts());
    let supervisor = one.info()["supervisor"].as_i64().unwrap();
    let its = |kind: &str| fs::read_link(format!("/proc/{supervisor}/ns/{kind}")).unwrap();
    for kind in [
        "mnt",
        "net",
        "ipc",
        "user",
        "time_for_children",
        "pid_for_children",
    ] {
        assert_eq!(
            its(kind),
            fs::read_link(format!("/proc/self/ns/{kind}")).unwrap(),
            "the supervisor came back"
        );
    }
    assert_eq!(
        fs::read_link(format!("/proc/{supervisor}/root")).unwrap(),
        Path::new("/")
    );
}
