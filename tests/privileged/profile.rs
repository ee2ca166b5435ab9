//! What a container may do, seen from inside: capabilities, seccomp, masked paths, devices, and
//! default limits.

#![allow(
    unsafe_code,
    reason = "system calls that no library makes are what is tried"
)]

use std::ffi::CStr;

use nix::errno::Errno;
use nix::libc;

use crate::fixture::Fixture;

/// What `run --rm ARGS sh -c SCRIPT` prints.
#[track_caller]
fn inside(fixture: &Fixture, args: &[&str], script: &str) -> String {
    fixture
        .minic(&[&["run", "--rm"], args, &["sh", "-c", script]].concat())
        .ok()
}

/// A field of `/proc/self/status`.
fn field<'a>(status: &'a str, name: &str) -> &'a str {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.unwrap_or_else(|| panic!("no {name}: {status}")).trim()
}

#[test]
fn the_usual_profile_shows_in_proc_status() {
    let fixture = Fixture::new();
    let container = fixture.detached("profile", &["sleep", "1000"]);
    for status in [
        inside(&fixture, &[], "cat /proc/self/status"),
        container.exec("cat /proc/self/status").ok(),
    ] {
        for set in ["CapPrm", "CapEff", "CapBnd"] {
            assert_eq!(
                field(&status, set),
                "00000000a00405fb",
                "{set}: docker's set without NET_RAW and MKNOD"
            );
        }
        for set in ["CapInh", "CapAmb"] {
            assert_eq!(field(&status, set), "0000000000000000", "{set}");
        }
        assert_eq!(
            (field(&status, "NoNewPrivs"), field(&status, "Seccomp")),
            ("1", "2")
        );
    }
    // the init that stays as PID 1 of a shell line has it all too
    let script = "grep -hE '^(CapEff|NoNewPrivs|Seccomp):' /proc/1/status";
    let lines: Vec<String> = inside(&fixture, &[], script)
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    assert_eq!(
        lines,
        [
            "CapEff:",
            "00000000a00405fb",
            "NoNewPrivs:",
            "1",
            "Seccomp:",
            "2"
        ]
    );
}

#[test]
fn capabilities_are_added_and_dropped_by_name() {
    let fixture = Fixture::new();
    let mask = |args: &[&str], set: &str| {
        field(&inside(&fixture, args, "cat /proc/self/status"), set).to_owned()
    };
    assert_eq!(mask(&["--cap-drop", "ALL"], "CapEff"), "0000000000000000");
    assert_eq!(
        mask(&["--cap-drop", "ALL", "--cap-add", "cap_chown"], "CapBnd"),
        "0000000000000001"
    );
    assert_eq!(
        mask(&["--cap-add", "NET_RAW"], "CapEff"),
        "00000000a00425fb"
    );
    assert_eq!(
        mask(&["--user", "1000"], "CapEff"),
        "0000000000000000",
        "another user has none"
    );
    for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
        assert_eq!(
            mask(&["--user", "1000", "--cap-add", "NET_BIND_SERVICE"], set),
            "0000000000000400",
            "{set}: but what it was given by name"
        );
    }
    let refused = fixture.minic(&["run", "--rm", "--cap-add", "FLY", "true"]);
    assert!(
        refused.code == Some(125)
            && refused
                .stderr
                .contains("--cap-add: \"FLY\" is not a capability"),
        "{refused:?}"
    );
}

#[test]
fn privileged_says_what_it_gives_up() {
    let fixture = Fixture::new();
    let script = "grep -E 'NoNewPrivs|Seccomp:' /proc/self/status; mount -t tmpfs none /mnt && echo mounted; ls /proc/keys";
    let out = fixture.minic(&["run", "--rm", "--privileged", "sh", "-c", script]);
    assert!(
        out.stderr
            .starts_with("minic-tui: privileged: it has every capability"),
        "{out:?}"
    );
    let words: Vec<&str> = out.stdout.split_whitespace().collect();
    assert_eq!(
        words,
        ["NoNewPrivs:", "0", "Seccomp:", "0", "mounted", "/proc/keys"]
    );
    let refused = fixture.minic(&["run", "--rm", "--privileged", "--cap-drop", "ALL", "true"]);
    assert!(
        refused.code == Some(125) && refused.stderr.contains("--cap-drop"),
        "{refused:?}"
    );
}

#[test]
fn limits_that_nobody_asked_for() {
    let fixture = Fixture::new();
    let out = inside(
        &fixture,
        &[],
        "ulimit -Hc; ulimit -Sn; cat /proc/self/oom_score_adj",
    );
    assert_eq!(
        out.split_whitespace().collect::<Vec<_>>(),
        ["0", "1024", "200"]
    );
    let out = inside(
        &fixture,
        &[
            "--ulimit",
            "core=7",
            "--ulimit",
            "nofile=55",
            "--oom-score-adj",
            "300",
        ],
        "ulimit -Hc; ulimit -n; cat /proc/self/oom_score_adj",
    );
    assert_eq!(
        out.split_whitespace().collect::<Vec<_>>()[1..],
        ["55", "300"],
        "{out}"
    );
    let usual = fixture.detached("usual", &["sleep", "1000"]);
    assert_eq!(usual.cgroup_file(&["pids.max"]).trim(), "4096");
    let free = fixture.detached("free", &["--pids-limit", "-1", "sleep", "1000"]);
    assert_eq!(free.cgroup_file(&["pids.max"]).trim(), "max");
    assert_eq!(free.info()["limits"]["pids"], serde_json::Value::Null);
}

#[test]
fn what_the_kernel_tells_of_the_host_is_masked() {
    let fixture = Fixture::new();
    let script = "for f in /proc/kcore /proc/keys /proc/timer_list /proc/sched_debug /proc/interrupts /proc/kpageflags; do \
                  [ -e $f ] && [ \"$(head -c 100 $f | wc -c)\" != 0 ] && echo \"$f tells\"; done; \
                  for d in /proc/acpi /proc/scsi /proc/asound /sys/firmware /sys/devices/virtual/powercap; do \
                  [ -d $d ] && [ -n \"$(ls -A $d)\" ] && echo \"$d tells\"; done; \
                  for f in /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /proc/sysrq-trigger /proc/irq/default_smp_affinity \
                  /sys/kernel/uevent_helper /sys/kernel/mm/transparent_hugepage/enabled; do \
                  (echo x > $f) 2>/dev/null && echo \"$f was written\"; done; mount -o remount,rw /proc/sys 2>/dev/null && echo remounted; \
                  umount /proc/keys 2>/dev/null && echo unmounted; true";
    assert_eq!(inside(&fixture, &[], script), "");
    // settings of its own are written before that
    assert_eq!(
        inside(
            &fixture,
            &["--sysctl", "net.core.somaxconn=77"],
            "cat /proc/sys/net/core/somaxconn"
        ),
        "77\n"
    );
}

/// CVE-2025-31133, CVE-2025-52565, CVE-2025-52881: what lies where a mask goes is the image's to
/// choose, and must not be followed.
#[test]
fn a_mask_is_not_led_astray() {
    let fixture = Fixture::new();
    let victim = fixture.state().join("victim");
    std::fs::create_dir(&victim).unwrap();
    std::fs::write(victim.join("null"), "precious").unwrap();
    let volume = |to: &str| format!("{}:{to}", victim.display());
    // /dev/null of the image's own making: it is not what is laid over the kernel's files
    let out = fixture.minic(&[
        "run",
        "--rm",
        "-v",
        &volume("/dev"),
        "sh",
        "-c",
        "cat /proc/keys; stat -c %F /proc/keys; cat /dev/null",
    ]);
    assert_eq!(out.ok(), "character special file\nprecious");
    // nothing is shown over the kernel's own files, by whatever name
    for place in ["/proc", "/proc/sys", "/./proc//keys"] {
        let out = fixture.minic(&["run", "--rm", "-v", &volume(place), "true"]);
        assert!(
            out.code == Some(125) && out.stderr.contains("is inside /proc"),
            "{place}: {out:?}"
        );
    }
    // nor through a link of the image's own: what lies there is seen to be no file of the kernel's
    let root = fixture.state().join("root");
    std::fs::create_dir_all(root.join("bin")).unwrap();
    std::fs::create_dir(root.join("proc")).unwrap();
    std::fs::copy("/bin/busybox", root.join("bin/true")).unwrap();
    std::os::unix::fs::symlink("/proc", root.join("link")).unwrap();
    std::fs::write(victim.join("keys"), "").unwrap();
    let out = fixture.minic(&[
        "run",
        "--rm",
        "--root",
        root.to_str().unwrap(),
        "-v",
        &volume("/link"),
        "true",
    ]);
    assert!(
        out.code == Some(125) && out.stderr.contains("mask /proc/keys of the container"),
        "a file of the volume was masked: {out:?}"
    );
    std::fs::remove_file(victim.join("keys")).unwrap();
    // a setting of the container's own cannot be led to one of the host's
    std::os::unix::fs::symlink("/proc/sys/net/core", root.join("settings")).unwrap();
    let astray = fixture.state().join("astray");
    std::fs::create_dir(&astray).unwrap();
    std::os::unix::fs::symlink("/proc/sys/kernel/core_pattern", astray.join("somaxconn")).unwrap();
    let before = std::fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap();
    let args = [
        "run",
        "--rm",
        "--root",
        root.to_str().unwrap(),
        "-v",
        &format!("{}:/settings", astray.display()),
        "--sysctl",
    ];
    let out = fixture.minic(&[&args[..], &["net.core.somaxconn=77", "true"]].concat());
    assert_eq!(
        std::fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap(),
        before,
        "{out:?}"
    );
    assert!(
        out.code == Some(125) && out.stderr.contains("somaxconn"),
        "{out:?}"
    );
    assert_eq!(
        std::fs::read_to_string(victim.join("null")).unwrap(),
        "precious"
    );
    assert_eq!(
        std::fs::read_dir(&victim).unwrap().count(),
        1,
        "nothing was made there"
    );
}

/// CVE-2022-0492 and its like: a cgroup's release_agent runs as the host's root.
#[test]
fn no_cgroup_can_be_written() {
    let fixture = Fixture::new();
    let script = "mkdir -p /tmp/c; mount -t cgroup -o memory none /tmp/c 2>/dev/null && echo mounted; mount -t cgroup2 none /tmp/c 2>/dev/null && echo mounted; \
                  unshare -UrC true 2>/dev/null && echo unshared; find / -xdev -name release_agent 2>/dev/null; find /sys/fs/cgroup -writable -type f 2>/dev/null | head -n 3; \
                  (echo $$ > /sys/fs/cgroup/cgroup.procs) 2>/dev/null && echo joined; true";
    assert_eq!(inside(&fixture, &[], script), "");
}

#[test]
fn devices_are_dockers_and_what_was_asked_for() {
    let fixture = Fixture::new();
    let usual = "for d in null zero full random urandom tty; do [ -c /dev/$d ] || echo no $d; done; head -c 3 /dev/urandom | wc -c; echo x > /dev/null";
    assert_eq!(inside(&fixture, &[], usual).trim(), "3");
    // a node can be made with CAP_MKNOD, and is of no use: loop-control, kmsg, a disk
    let script = "for n in 'c 10 237' 'c 1 11' 'b 7 0' 'c 1 1'; do mknod /tmp/n $n && (: < /tmp/n) 2>/dev/null && echo \"$n opened\"; rm -f /tmp/n; done; true";
    assert_eq!(inside(&fixture, &["--cap-add", "MKNOD"], script), "");
    assert_eq!(
        inside(
            &fixture,
            &[],
            "mknod /tmp/n c 1 3 2>/dev/null || echo refused"
        ),
        "refused\n",
        "without it none can be made"
    );
    let access = "(: < /dev/mine) && echo read; (: >> /dev/mine) 2>/dev/null && echo written; true";
    // the kernel's log: there on every machine, and to be read with CAP_SYSLOG
    let kmsg = |device: &str| {
        inside(
            &fixture,
            &["--cap-add", "SYSLOG", "--device", device],
            access,
        )
    };
    assert_eq!(kmsg("/dev/kmsg:/dev/mine:r"), "read\n");
    assert_eq!(kmsg("/dev/kmsg:/dev/mine"), "read\nwritten\n");
    let none = fixture.minic(&["run", "--rm", "--device", "/etc/passwd:/dev/mine", "true"]);
    assert!(
        none.code == Some(125) && none.stderr.contains("/etc/passwd is no device"),
        "{none:?}"
    );
}

/// Runs [`probe`] inside and returns what each call said.
#[track_caller]
fn probed(fixture: &Fixture, args: &[&str]) -> String {
    let volume = format!(
        "{}:/probe:ro,noidmap",
        std::env::current_exe().unwrap().display()
    );
    let run = [
        &["run", "--rm", "-v", &volume],
        args,
        &[
            "/probe",
            "--exact",
            "profile::probe",
            "--ignored",
            "--nocapture",
        ],
    ]
    .concat();
    fixture.minic(&run).ok()
}

#[test]
#[ignore = "runs in a container, for another test"]
fn probe() {
    let zero = [0; 6];
    let calls: [(&str, i64, [u64; 6]); 21] = [
        ("keyctl", libc::SYS_keyctl, zero),
        ("add_key", libc::SYS_add_key, zero),
        ("bpf", libc::SYS_bpf, zero),
        ("perf_event_open", libc::SYS_perf_event_open, zero),
        ("userfaultfd", libc::SYS_userfaultfd, zero),
        ("io_uring_setup", libc::SYS_io_uring_setup, zero),
        ("fsopen", libc::SYS_fsopen, zero),
        ("fsconfig", libc::SYS_fsconfig, zero),
        ("open_tree", libc::SYS_open_tree, zero),
        ("move_mount", libc::SYS_move_mount, zero),
        ("mount_setattr", libc::SYS_mount_setattr, zero),
        (
            "unshare user",
            libc::SYS_unshare,
            [libc::CLONE_NEWUSER as u64, 0, 0, 0, 0, 0],
        ),
        ("setns", libc::SYS_setns, zero),
        (
            "clone user",
            libc::SYS_clone,
            [(libc::CLONE_NEWUSER | libc::SIGCHLD) as u64, 0, 0, 0, 0, 0],
        ),
        ("clone3", libc::SYS_clone3, zero),
        (
            "personality",
            libc::SYS_personality,
            [0x0040_0000, 0, 0, 0, 0, 0],
        ),
        ("ioctl TIOCSTI", libc::SYS_ioctl, [0, 0x5412, 0, 0, 0, 0]),
        (
            "ioctl TIOCSTI, upper bits",
            libc::SYS_ioctl,
            [0, 0x1_0000_5412, 0, 0, 0, 0],
        ),
        ("ioctl TIOCLINUX", libc::SYS_ioctl, [0, 0x541c, 0, 0, 0, 0]),
        ("open_by_handle_at", libc::SYS_open_by_handle_at, zero),
        ("unknown", 4000, zero),
    ];
    for (name, number, a) in calls {
        // SAFETY: every one is refused before it does anything, or fails on its null arguments.
        let result = unsafe { libc::syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]) };
        println!(
            "{name}: {}",
            if result < 0 {
                format!("{:?}", Errno::last())
            } else {
                "allowed".into()
            }
        );
    }
    let name: &CStr = c"probe";
    // SAFETY: a NUL-terminated name, and no flags.
    let memfd = unsafe { libc::syscall(libc::SYS_memfd_create, name.as_ptr(), 0) };
    println!(
        "memfd_create: {}",
        if memfd < 0 { "refused" } else { "allowed" }
    );
}

#[test]
fn system_calls_are_refused_as_the_profile_says() {
    let fixture = Fixture::new();
    let said = probed(&fixture, &[]);
    let says = |name: &str| {
        said.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
            .unwrap_or_else(|| panic!("{name}: {said}"))
    };
    let refused = [
        "keyctl",
        "add_key",
        "bpf",
        "perf_event_open",
        "userfaultfd",
        "io_uring_setup",
        "fsopen",
        "fsconfig",
        "open_tree",
        "move_mount",
        "mount_setattr",
        "unshare user",
        "setns",
        "clone user",
        "personality",
        "ioctl TIOCSTI",
        "ioctl TIOCSTI, upper bits",
        "ioctl TIOCLINUX",
        "open_by_handle_at",
    ];
    for name in refused {
        assert_eq!(says(name), "EPERM", "{name}");
    }
    for name in ["clone3", "unknown"] {
        assert_eq!(says(name), "ENOSYS", "{name}");
    }
    assert_eq!(says("memfd_create"), "allowed");
    let open = probed(&fixture, &["--seccomp", "unconfined"]);
    assert!(
        open.contains("keyctl: EOPNOTSUPP")
            || open.contains("keyctl: E") && !open.contains("keyctl: EPERM"),
        "{open}"
    );
    assert!(!open.contains("unknown: EPERM"), "{open}");
}

#[test]
fn a_custom_seccomp_profile_is_applied_and_kept() {
    let fixture = Fixture::new();
    let file = fixture.state().join("own.json");
    let text = r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["uname"],"action":"SCMP_ACT_ERRNO","errnoRet":5}]}"#;
    std::fs::write(&file, text).unwrap();
    let path = file.to_str().unwrap();
    let container = fixture.detached("own", &["--seccomp", path, "sleep", "1000"]);
    std::fs::remove_file(&file).unwrap();
    assert!(
        container
            .exec("uname")
            .stderr
            .contains("Input/output error")
    );
    container.verb(&["restart", "-t", "0"]).ok();
    assert!(
        container
            .exec("uname")
            .stderr
            .contains("Input/output error"),
        "it is the container's now"
    );
    std::fs::write(&file, "{").unwrap();
    let wrong = fixture.minic(&["run", "--rm", "--seccomp", path, "true"]);
    assert!(
        wrong.code == Some(125) && wrong.stderr.contains("own.json: EOF"),
        "{wrong:?}"
    );
    let missing = fixture.minic(&["run", "--rm", "--seccomp", "/nosuch", "true"]);
    assert!(
        missing.code == Some(125) && missing.stderr.contains("cannot read /nosuch"),
        "{missing:?}"
    );
}
