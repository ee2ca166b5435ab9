//! Attributes of the calling process that a container must not inherit, read from the kernel's
//! status of the processes inside (proc_pid_status(5)) and compared as a whole.

use std::fs;
use std::process::Command;

use crate::command::finish;
use crate::fixture::Fixture;

/// The usual capabilities, by number.
const USUAL: u64 = 0xa004_05fb;

/// What `args` print for a caller that has the groups `adm` and `dialout`, some capabilities as
/// inheritable and ambient, and ignores every signal that a shell can ignore: not SIGKILL and
/// SIGSTOP, nor the two that are glibc's own (32, 33; the C library of the tests refuses them).
#[track_caller]
fn called(fixture: &Fixture, args: &[&str]) -> String {
    let command = fixture.command(args);
    let ignore =
        "for s in $(seq 64); do case $s in 9|19|32|33) ;; *) trap '' $s ;; esac; done; exec \"$@\"";
    let mut caller = Command::new("setpriv");
    caller
        .args(["--groups", "4,20"])
        .args(["--inh-caps", "+chown,+net_admin,+sys_admin"])
        .args(["--ambient-caps", "+chown,+net_admin,+sys_admin"])
        .args(["sh", "-c", ignore, "sh"])
        .arg(command.get_program())
        .args(command.get_args());
    finish(&mut caller, "").ok()
}

/// What of `status` is not as it should be for `user`.
fn complaints(status: &str, uid: &str, gid: &str) -> Vec<String> {
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_else(|| panic!("no {name} {status}")).trim()
    };
    let mut found = Vec::new();
    let held = if uid == "0" { USUAL } else { 0 };
    for (name, expected) in [
        ("CapInh:", 0),
        ("CapPrm:", held),
        ("CapEff:", held),
        ("CapBnd:", USUAL),
        ("CapAmb:", 0),
    ] {
        let set = u64::from_str_radix(field(name), 16).unwrap();
        let numbers = |set: u64| (0..64).filter(move |number| set & (1 << number) != 0);
        found.extend(numbers(set & !expected).map(|number| format!("{name} has {number}")));
        found.extend(numbers(expected & !set).map(|number| format!("{name} lacks {number}")));
    }
    for (name, expected) in [
        ("NoNewPrivs:", "1".to_owned()),
        ("Seccomp:", "2".to_owned()),
        ("Uid:", [uid; 4].join("\t")),
        ("Gid:", [gid; 4].join("\t")),
        ("Groups:", gid.to_owned()),
        ("SigBlk:", "0000000000000000".to_owned()),
    ] {
        if field(name) != expected {
            found.push(format!("{name} {}", field(name)));
        }
    }
    let ignored = u64::from_str_radix(field("SigIgn:"), 16).unwrap();
    let still = (1..=64).filter(|signal| ignored & (1 << (signal - 1)) != 0);
    found.extend(still.map(|signal| format!("SigIgn: has {signal}")));
    found
}

#[test]
fn nothing_of_the_callers_is_in_its_status() {
    let fixture = Fixture::new();
    let mut found = Vec::new();
    for users in ["auto", "host"] {
        for (user, uid, gid) in [("0", "0", "0"), ("1000:1001", "1000", "1001")] {
            let name = format!("{users}-{uid}");
            let started = [
                "run", "-d", "--name", &name, "--userns", users, "--user", user, "sleep", "1000",
            ];
            called(&fixture, &started);
            // PID 1, and what joins
            for (what, file) in [("run", "/proc/1/status"), ("exec", "/proc/self/status")] {
                let status = called(&fixture, &["exec", &name, "cat", file]);
                let told = complaints(&status, uid, gid);
                found.extend(
                    told.iter()
                        .map(|told| format!("{users} {user} {what}: {told}")),
                );
            }
        }
    }
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn each_of_its_namespaces_is_its_own() {
    let fixture = Fixture::new();
    let kinds = ["pid", "mnt", "uts", "ipc", "net", "cgroup"];
    let own = |kind: &str| fs::read_link(format!("/proc/self/ns/{kind}")).unwrap();
    let mut found = Vec::new();
    for users in ["auto", "host"] {
        let start = [
            "run", "-d", "--name", users, "--userns", users, "sleep", "1000",
        ];
        let started = fixture.minic(&start);
        if started.code != Some(0) {
            found.push(format!("{users}: {started:?}"));
            continue;
        }
        let container = fixture.container(users);
        // its first process leads its session (proc_pid_stat(5)): 0 is one outside
        let session = container.exec("cut -d ' ' -f 6 /proc/1/stat").ok();
        if session.trim() != "1" {
            found.push(format!("{users} run: its session is that of {session:?}"));
        }
        for kind in kinds {
            let its = fs::read_link(format!("/proc/{}/ns/{kind}", container.pid())).unwrap();
            if its == own(kind) {
                found.push(format!("{users} run: {kind} is the host's"));
            }
            let joined = container
                .exec(&format!("readlink /proc/self/ns/{kind}"))
                .ok();
            if joined.trim() != its.to_str().unwrap() {
                found.push(format!("{users} exec: {kind} is another"));
            }
        }
    }
    assert_eq!(found, Vec::<String>::new());
}
