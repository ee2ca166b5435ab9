//! Escape attempts of our own, beside those taken from issues and from the history of other
//! runtimes. Where the identity of root inside matters, each is tried with ids of the container's
//! own and with the host's.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;
use std::process::Command;

use crate::command::eventually;
use crate::fixture::Fixture;

pub(crate) const USERS: [&str; 2] = ["auto", "host"];

pub(crate) fn folder(fixture: &Fixture, name: &str) -> PathBuf {
    let path = fixture.state().join(name);
    fs::create_dir(&path).unwrap();
    path
}

/// The output of `script` with the given arguments, whatever its exit code.
#[track_caller]
pub(crate) fn tried(fixture: &Fixture, args: &[&str], script: &str) -> String {
    let outcome = fixture.minic(&[&["run", "--rm"], args, &["sh", "-c", script]].concat());
    outcome.stdout + &outcome.stderr
}

/// A C program, compiled here and shown inside as `/attack`.
pub(crate) fn compiled(fixture: &Fixture, source: &str) -> PathBuf {
    let (code, program) = (
        fixture.state().join("attack.c"),
        fixture.state().join("attack"),
    );
    fs::write(&code, source).unwrap();
    let built = Command::new("cc")
        .args(["-static", "-O1", "-w", "-o"])
        .arg(&program)
        .arg(&code)
        .status()
        .unwrap();
    assert!(built.success());
    program
}

/// Everything given up but the users: with all capabilities and every system call, root inside is
/// still nobody outside.
#[test]
fn a_privileged_container_with_its_own_user_ids_reaches_nothing_of_the_host() {
    let fixture = Fixture::new();
    let everything = [
        "--userns",
        "auto",
        "--cap-add",
        "ALL",
        "--seccomp",
        "unconfined",
        "--apparmor",
        "unconfined",
    ];
    let core = fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap();
    let hostname = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let script = "\
        t() { n=$1; shift; if sh -c \"$*\" >/dev/null 2>&1; then echo \"REACHED $n\"; fi; }; \
        mount -o remount,rw /proc/sys; mount -t proc p /mnt; \
        t core_pattern 'echo /x > /proc/sys/kernel/core_pattern'; \
        t core_pattern_again 'echo /x > /mnt/sys/kernel/core_pattern'; \
        t modprobe 'echo /x > /proc/sys/kernel/modprobe'; \
        t sysrq 'echo h > /proc/sysrq-trigger'; t sysrq_again 'echo h > /mnt/sysrq-trigger'; \
        t overcommit 'echo 1 > /mnt/sys/vm/overcommit_memory'; \
        t sysfs 'mount -o remount,rw /sys'; t uevent 'echo /x > /sys/kernel/uevent_helper'; \
        t node 'mknod /tmp/sda b 8 0'; t null_node 'mknod /tmp/null c 1 3'; t kmem 'mknod /tmp/mem c 1 1'; \
        t debugfs 'mount -t debugfs d /mnt/x'; t tracefs 'mkdir -p /tmp/t && mount -t tracefs t /tmp/t'; \
        t securityfs 'mkdir -p /tmp/s && mount -t securityfs s /tmp/s'; \
        mkdir -p /tmp/c /tmp/c2; mount -t cgroup -o memory c /tmp/c && { \
            t cgroup_v1 'echo -1 > /tmp/c/memory.limit_in_bytes'; t agent 'ls /tmp/c/release_agent'; t cgroup_v1_child 'mkdir /tmp/c/x'; }; \
        mount -t cgroup2 c /tmp/c2 && { t cgroup_v2 'mkdir /tmp/c2/x'; t cgroup_v2_max 'echo max > /tmp/c2/memory.max'; }; \
        t devtmpfs 'mkdir -p /tmp/d && mount -t devtmpfs d /tmp/d'; \
        t ext4 'mkdir -p /tmp/e && mount -t ext4 /dev/vda /tmp/e'; t loop 'losetup -f'; \
        t clock 'date -s 2000-01-01'; t swap 'swapoff -a && swapon /tmp/x'; t log 'dmesg | grep .'; \
        t kcore 'head -c 1 /mnt/kcore'; t kpage 'head -c 1 /mnt/kpagecount'; t kallsyms \"grep -v '^0000000000000000' /mnt/kallsyms\"; \
        t iomem \"grep -v '00000000-00000000' /mnt/iomem\"; t timers 'head -1 /mnt/timer_list'; \
        chmod 600 /dev/null; chown 1 /dev/null; touch -d 2001-01-01 /dev/null; \
        t nice 'nice -n -10 true && [ $(nice -n -10 nice) = -10 ]'; t realtime 'chrt -f 50 true'; \
        t oom 'echo -900 > /proc/self/oom_score_adj'; t hostnet 'ip link add v0 type veth && ip link set v0 netns 1 && ls /sys/class/net/eth0'; \
        echo tried";
    let said = tried(&fixture, &everything, script);
    let reached: Vec<&str> = said
        .lines()
        .filter(|line| line.starts_with("REACHED"))
        .collect();
    assert!(
        reached.is_empty() && said.contains("tried"),
        "{reached:?}\n{said}"
    );
    assert_eq!(
        fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap(),
        core
    );
    assert_eq!(
        fs::read_to_string("/proc/sys/kernel/hostname").unwrap(),
        hostname
    );
    let null = fs::metadata("/dev/null").unwrap();
    assert_eq!((null.uid(), null.permissions().mode() & 0o777), (0, 0o666));
}

/// containerd CVE-2024-40635: an id beyond what fits becomes 0.
#[test]
fn a_user_id_out_of_range_does_not_become_root() {
    let fixture = Fixture::new();
    for user in [
        "4294967295",
        "4294967296",
        "-1",
        "2147483648:4294967296",
        "1:4294967295",
        "0x0",
        " 0",
        "00000000000000000000004294967296",
    ] {
        for users in USERS {
            let outcome =
                fixture.minic(&["run", "--rm", "--userns", users, "--user", user, "id", "-u"]);
            assert!(
                outcome.code == Some(125)
                    || outcome.stdout.trim() == user.split(':').next().unwrap(),
                "{user} {users}: {outcome:?}"
            );
            assert_ne!(outcome.stdout.trim(), "0", "{user} {users}");
        }
    }
    let one = fixture.detached("one", &["sleep", "1000"]);
    for user in ["4294967296", "-1", "65536", "1:65536"] {
        assert_eq!(
            fixture
                .minic(&["exec", "--user", user, "one", "id", "-u"])
                .code,
            Some(125),
            "{user}"
        );
    }
    assert_eq!(one.state(), "RUNNING");
}

/// NVIDIA CVE-2025-23266: the image's environment reaches a program of the host's.
#[test]
fn the_containers_environment_does_not_affect_our_own_processes() {
    let fixture = Fixture::new();
    let evil = [
        "LD_PRELOAD=/evil.so",
        "LD_LIBRARY_PATH=/tmp",
        "MINIC_ROOT=/evil",
        "MINIC_CONFIG=/evil",
        "RUST_BACKTRACE=full",
        "PATH=/evil:/bin:/usr/bin",
    ];
    let flags: Vec<&str> = evil.iter().flat_map(|pair| ["-e", pair]).collect();
    let args = [
        &[
            "run",
            "-d",
            "--name",
            "one",
            "--health-cmd",
            "true",
            "--health-interval",
            "100ms",
        ],
        &flags[..],
        &["sleep", "1000"],
    ]
    .concat();
    fixture.minic(&args).ok();
    let one = fixture.container("one");
    for supervisor in fixture.supervisors() {
        let environment = fs::read_to_string(format!("/proc/{supervisor}/environ")).unwrap();
        assert!(!environment.contains("evil"), "{environment}");
    }
    assert_eq!(one.exec("echo in").ok(), "in\n");
    eventually("its check runs", || {
        one.info()["health"].as_str() == Some("healthy")
    });
}

/// A joining container is not a way to the host: what it shares is the other's, and no more.
#[test]
fn a_chain_of_joined_containers_reaches_no_further_than_the_first() {
    let fixture = Fixture::new();
    fixture.detached("a", &["sleep", "1000"]);
    fixture.detached(
        "b",
        &[
            "--pid",
            "container:a",
            "--ipc",
            "container:a",
            "--net",
            "container:a",
            "sleep",
            "1000",
        ],
    );
    let look = "ps -e -o args | grep -c [s]upervisor; cat /proc/self/uid_map; ls /sys/class/net; ls /proc/1/root/ >/dev/null && echo rooted; \
                kill -0 1 && echo may; cat /proc/1/environ > /dev/null && echo read";
    let seen = fixture.minic(&[
        "run",
        "--rm",
        "--pid",
        "container:b",
        "--net",
        "container:b",
        "--ipc",
        "container:b",
        "sh",
        "-c",
        look,
    ]);
    let lines: Vec<&str> = seen.stdout.lines().collect();
    assert_eq!(lines[0], "0", "no process of the host: {seen:?}");
    assert!(lines[1].split_whitespace().nth(1) != Some("0"), "{seen:?}");
    assert_eq!(lines[2], "lo");
}

/// Signals, priorities, limits and traces cross no pid namespace.
#[test]
fn no_process_outside_is_touched() {
    let fixture = Fixture::new();
    let mut bystander = Command::new("sleep").arg("1000").spawn().unwrap();
    let pid = bystander.id();
    let niceness = || {
        fs::read_to_string(format!("/proc/{pid}/stat"))
            .unwrap()
            .split_whitespace()
            .nth(18)
            .map(str::to_owned)
    };
    let before = niceness();
    let script = format!(
        "kill -9 -1 2>/dev/null; kill -9 {pid}; kill -9 -{pid}; renice 19 -p {pid}; prlimit --pid {pid} --nofile=10:10; taskset -p 1 {pid}; \
         chrt -p 1 {pid}; ls /proc/{pid} && echo REACHED; echo 1000 > /proc/{pid}/oom_score_adj; true"
    );
    for users in USERS {
        for more in [&[][..], &["--cap-add", "KILL", "--cap-add", "SYS_PTRACE"]] {
            let said = tried(&fixture, &[&["--userns", users], more].concat(), &script);
            assert!(!said.contains("REACHED"), "{said}");
        }
    }
    assert_eq!(niceness(), before);
    assert!(bystander.try_wait().unwrap().is_none(), "it lives");
    bystander.kill().unwrap();
    bystander.wait().unwrap();
}

/// Locks, open files and reservations on a shared device are not visible to other containers.
#[test]
fn device_nodes_are_no_channel_between_containers() {
    let fixture = Fixture::new();
    let before = fs::metadata("/dev/null").unwrap();
    let one = fixture.detached(
        "one",
        &[
            "sh",
            "-c",
            "exec 9>/dev/zero; flock -x 9; touch /dev/null /dev/zero /dev/full; sleep 1000",
        ],
    );
    one.exec("true").ok();
    let outcome = fixture.minic(&[
        "run",
        "--rm",
        "sh",
        "-c",
        "exec 9>/dev/zero; flock -n -x 9 && echo free",
    ]);
    assert_eq!(
        outcome.stdout, "free\n",
        "another's lock is seen: {outcome:?}"
    );
    let after = fs::metadata("/dev/null").unwrap();
    assert_eq!(
        (before.mtime(), before.mtime_nsec(), before.mode()),
        (after.mtime(), after.mtime_nsec(), after.mode()),
        "the host's inode"
    );
}

/// A detached key, message or segment left behind is gone with its container.
#[test]
fn nothing_outlives_its_container() {
    let fixture = Fixture::new();
    let count = |file: &str| fs::read_to_string(file).unwrap_or_default().lines().count();
    let before = (
        count("/proc/sysvipc/shm"),
        count("/proc/sysvipc/msg"),
        count("/proc/sysvipc/sem"),
    );
    for users in USERS {
        let said = tried(
            &fixture,
            &["--userns", users],
            "ipcmk -M 4096; ipcmk -Q; ipcmk -S 3; (sleep 500 &); (setsid sleep 500 &); echo made",
        );
        assert!(said.contains("made"), "{said}");
    }
    assert_eq!(
        (
            count("/proc/sysvipc/shm"),
            count("/proc/sysvipc/msg"),
            count("/proc/sysvipc/sem")
        ),
        before
    );
    fixture.is_clean();
}
