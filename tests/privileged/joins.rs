//! A process that joins a container (an `exec`, a health check, the init of one that shares its
//! processes) is visible inside from its first moment: from then on it has no more privileges than
//! the container (the class of CVE-2016-9962), and no keyring of its caller's.

#![allow(
    unsafe_code,
    reason = "system calls that no library makes are what is tried"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use nix::errno::Errno;
use nix::libc;

use crate::command::{eventually, finish};
use crate::fixture::{Container, Fixture};
use crate::history::{own_program, probe, words};

/// What a process holds, as `/proc/PID/status` tells.
struct Holding {
    name: String,
    sets: [u64; 5],
    seccomp: u64,
    no_new_privs: u64,
}

impl Holding {
    fn of(pid: &str) -> Option<Self> {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let text = |name: &str| {
            status
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
                .map(str::trim)
        };
        let number = |name: &str, radix: u32| {
            text(name).and_then(|text| u64::from_str_radix(text, radix).ok())
        };
        let set = |name: &str| number(name, 16).unwrap_or(u64::MAX);
        Some(Self {
            name: text("Name")?.to_owned(),
            sets: ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"].map(set),
            seccomp: number("Seccomp", 10)?,
            no_new_privs: number("NoNewPrivs", 10)?,
        })
    }

    /// What it holds and `own` does not.
    fn beyond(&self, own: &Self) -> bool {
        // another user has in its inheritable and ambient sets what root has as permitted alone
        // (capabilities(7))
        let [_, permitted, _, bounding, _] = own.sets;
        let may = [permitted, permitted, permitted, bounding, permitted];
        let more = self
            .sets
            .iter()
            .zip(may)
            .any(|(theirs, may)| theirs & !may != 0);
        more || self.seccomp < own.seccomp || self.no_new_privs < own.no_new_privs
    }
}

fn processes() -> impl Iterator<Item = i32> {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// Each way in: seize, write the memory by file and by call, take a descriptor. What came of it, by
/// its name.
fn attack(pid: i32, own: &Holding, told: &mut impl FnMut(&str, Option<Holding>)) {
    let holding = || Holding::of(&pid.to_string());
    // SAFETY: integers; a process that is seized is not touched but stopped, looked at and let go.
    let seized = unsafe { libc::ptrace(libc::PTRACE_SEIZE, pid, 0_usize, 0_usize) } == 0;
    if seized {
        told("seized", holding());
    } else {
        told(&format!("not seized: {}", Errno::last()), None);
    }
    if fs::OpenOptions::new()
        .write(true)
        .open(format!("/proc/{pid}/mem"))
        .is_ok()
    {
        told("mem", holding());
    }
    let byte = libc::iovec {
        iov_base: (&raw const *own).cast_mut().cast(),
        iov_len: 1,
    };
    let nowhere = libc::iovec {
        iov_base: std::ptr::without_provenance_mut(4096),
        iov_len: 1,
    };
    // SAFETY: one byte of ours is read; the other side is an address that nobody has: EFAULT says
    // that it would have been written.
    let written =
        unsafe { libc::process_vm_writev(pid, &raw const byte, 1, &raw const nowhere, 1, 0) };
    if written == 1 || Errno::last() == Errno::EFAULT {
        told("writev", holding());
    }
    // SAFETY: integers; what comes is a descriptor of ours, closed below.
    let pidfd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    for number in (0..16).filter(|_| pidfd >= 0) {
        // SAFETY: as above.
        let got = unsafe { libc::syscall(libc::SYS_pidfd_getfd, pidfd, number, 0) };
        if got >= 0 {
            let link = fs::read_link(format!("/proc/self/fd/{got}")).unwrap_or_default();
            told(&format!("got {}", link.display()), None);
            // SAFETY: ours alone.
            unsafe { libc::close(got as i32) };
        }
    }
    if pidfd >= 0 {
        // SAFETY: ours alone.
        unsafe { libc::close(pidfd as i32) };
    }
    if seized {
        // SAFETY: integers, and a status that outlives the call.
        unsafe {
            libc::ptrace(libc::PTRACE_INTERRUPT, pid, 0_usize, 0_usize);
            libc::waitpid(pid, &mut 0, libc::__WALL);
            libc::ptrace(libc::PTRACE_DETACH, pid, 0_usize, 0_usize);
        }
    }
}

/// What a hostile container runs: everything that it sees is looked at over and over, and attacked
/// when it is new.
#[test]
#[ignore = "the child of another test, in a container"]
fn takes_what_it_can() {
    let own = Holding::of("self").unwrap();
    let (mut met, mut more, mut won) = (
        BTreeSet::from([std::process::id().cast_signed(), 1]),
        BTreeSet::new(),
        BTreeSet::new(),
    );
    let mut counts = std::collections::BTreeMap::<String, u32>::new();
    println!("\nHOSTILE ready");
    while !Path::new("/stop").exists() {
        for pid in processes() {
            let mut told = |how: &str, holding: Option<Holding>| {
                *counts.entry(how.to_owned()).or_default() += 1;
                if let Some(holding) = holding.filter(|holding| holding.beyond(&own)) {
                    if how != "seen" {
                        won.insert(pid);
                    }
                    let sets = holding.sets.map(|set| format!("{set:x}")).join(" ");
                    more.insert(format!(
                        "{how} {} {sets} {} {}",
                        holding.name, holding.seccomp, holding.no_new_privs
                    ));
                }
            };
            let first = !met.contains(&pid);
            if first {
                met.insert(pid);
                attack(pid, &own, &mut told);
            }
            told("seen", Holding::of(&pid.to_string()));
        }
    }
    println!(
        "\nHOSTILE met {} {counts:?}\nHOSTILE won {}\nHOSTILE more {more:?}",
        met.len(),
        won.len()
    );
}

/// A container that runs [`takes_what_it_can`].
fn hostile<'a>(fixture: &'a Fixture, name: &str, args: &[&str]) -> Container<'a> {
    let own = own_program();
    let args = [&["--cap-add", "SYS_PTRACE", "-v", &own], args].concat();
    let container = fixture.detached(name, &words(&args, &probe("joins::takes_what_it_can")));
    eventually("it watches", || {
        fixture
            .minic(&["logs", name])
            .stdout
            .contains("HOSTILE ready")
    });
    container
}

/// Its report, when it has met at least `least` processes; fails when any of them held more than it
/// did itself.
#[track_caller]
fn has_won_nothing(fixture: &Fixture, hostile: &Container<'_>, least: usize) {
    let stopped = hostile.exec(": > /stop");
    assert!(matches!(stopped.code, Some(0 | 137)), "{stopped:?}");
    hostile.ends();
    let said = fixture.minic(&["logs", &hostile.name]).stdout;
    let line = |word: &str| {
        said.lines()
            .find_map(|line| line.strip_prefix(word))
            .unwrap_or_else(|| panic!("no {word}: {said}"))
            .to_owned()
    };
    let met = line("HOSTILE met ");
    assert!(
        met.split(' ').next().unwrap().parse::<usize>().unwrap() >= least,
        "{met}"
    );
    assert!(
        met.contains("\"seized\""),
        "it may seize what holds no more than itself: {met}"
    );
    assert_eq!(
        (
            line("HOSTILE more ").as_str(),
            line("HOSTILE won ").as_str()
        ),
        ("{}", "0"),
        "{met}"
    );
    for ours in ["got socket:", "got anon_inode:", "got pidfd:"] {
        assert!(!met.contains(ours), "a descriptor of ours was taken: {met}");
    }
}

fn joins_fifty_times(fixture: &Fixture, name: &str) {
    for _ in 0..10 {
        for args in [
            &["exec"][..],
            &["exec", "--user", "1000"],
            &["exec", "-i"],
            &["exec", "-t"],
            &["exec", "--workdir", "/tmp"],
        ] {
            fixture.minic(&[args, &[name, "true"]].concat()).ok();
        }
    }
}

#[test]
fn exec_has_no_more_rights_than_the_container() {
    let fixture = Fixture::new();
    for (name, args) in [
        ("usual", &[][..]),
        ("open", &["--seccomp", "unconfined"]),
        ("users", &["--userns", "auto"]),
    ] {
        let args = [
            args,
            &["--health-cmd", "true", "--health-interval", "300ms"],
        ]
        .concat();
        let hostile = hostile(&fixture, name, &args);
        joins_fifty_times(&fixture, name);
        has_won_nothing(&fixture, &hostile, 15);
    }
}

#[test]
fn exec_is_safe_from_a_container_that_shares_its_processes() {
    let fixture = Fixture::new();
    for (name, args) in [("usual", &[][..]), ("open", &["--seccomp", "unconfined"])] {
        let health = ["--health-cmd", "true", "--health-interval", "300ms"];
        let victim = fixture.detached(name, &[args, &health, &["sleep", "1000"]].concat());
        let watcher = format!("{name}-watcher");
        let shared = format!("container:{name}");
        let hostile = hostile(
            &fixture,
            &watcher,
            &[&["--pid", shared.as_str()], args].concat(),
        );
        joins_fifty_times(&fixture, name);
        has_won_nothing(&fixture, &hostile, 15);
        victim.verb(&["stop", "-t", "0"]).ok();
    }
}

/// An init that is born among another container's processes mounts, and makes devices and a cgroup
/// namespace: it is no member before all that is done and given up.
#[test]
fn an_init_that_others_can_see_has_no_more_rights_than_its_container() {
    let fixture = Fixture::new();
    for (name, args) in [("usual", &[][..]), ("open", &["--seccomp", "unconfined"])] {
        let hostile = hostile(&fixture, name, args);
        let shared = format!("container:{name}");
        for round in 0..20 {
            let command: &[&str] = if round % 2 == 0 {
                &["true"]
            } else {
                &["sh", "-c", "echo $(id -u); exit 0"]
            };
            let terminal: &[&str] = if round % 4 > 1 { &["-t"] } else { &[] };
            let args = [&["run", "--rm", "--pid", &shared], terminal, args, command].concat();
            fixture.minic(&args).ok();
        }
        has_won_nothing(&fixture, &hostile, 15);
    }
}

/// A container that shares another's processes sees those, by their numbers there, and nothing of
/// the host's.
#[test]
fn a_shared_pid_namespace_shows_those_processes_and_no_others() {
    let fixture = Fixture::new();
    fixture.detached("first", &["sleep", "4711"]);
    let look = "ps -e -o args= | grep -v '^ps\\|grep'; readlink /proc/self; ls -d /proc/kcore/ 2>&1; cat /proc/timer_list | wc -c";
    for (args, reaped) in [
        (&["sh", "-c", look][..], true),
        (&["-t", "sh", "-c", look], true),
    ] {
        let seen = fixture
            .minic(&[&["run", "--rm", "--pid", "container:first"], args].concat())
            .ok();
        assert!(seen.starts_with("sleep 4711"), "{seen}");
        assert_eq!(seen.contains("minic-init"), reaped, "{seen}");
        let ours = ["minic-tui", "supervisor", "systemd", "kthreadd"];
        assert!(!ours.iter().any(|name| seen.contains(name)), "{seen}");
        assert!(seen.trim_end().ends_with('0'), "masked as ever: {seen}");
    }
    assert_eq!(
        fixture
            .minic(&[
                "run",
                "--rm",
                "--pid",
                "container:first",
                "sh",
                "-c",
                "exit 7"
            ])
            .code,
        Some(7)
    );
    assert_eq!(
        fixture
            .minic(&["run", "--rm", "--pid", "container:first", "/no/such"])
            .code,
        Some(127)
    );
    // a third one, by way of a second
    fixture.detached("second", &["--pid", "container:first", "sleep", "4712"]);
    let third = fixture
        .minic(&[
            "run",
            "--rm",
            "--pid",
            "container:second",
            "pgrep",
            "-a",
            "sleep",
        ])
        .ok();
    assert!(third.contains("4711") && third.contains("4712"), "{third}");
    assert_eq!(
        fixture
            .minic(&["exec", "second", "pgrep", "-f", "-c", "sleep 4711"])
            .ok(),
        "1\n"
    );
    fixture.container("second").verb(&["stop", "-t", "0"]).ok();
    assert_eq!(fixture.container("first").state(), "RUNNING");
}

/// `KEYCTL_…` and a keyring's number of `linux/keyctl.h`.
fn keyctl(operation: i64, arguments: [i64; 3]) -> i64 {
    // SAFETY: integers, and texts that end with NUL and outlive the call.
    unsafe {
        libc::syscall(
            libc::SYS_keyctl,
            operation,
            arguments[0],
            arguments[1],
            arguments[2],
            0_usize,
        )
    }
}

const SESSION: i64 = -3;
const JOIN_SESSION: i64 = 1;
const SEARCH: i64 = 10;
const SECRET: &std::ffi::CStr = c"minic-test-secret";

fn search() -> Result<i64, Errno> {
    let found = keyctl(
        SEARCH,
        [SESSION, c"user".as_ptr() as i64, SECRET.as_ptr() as i64],
    );
    if found < 0 {
        Err(Errno::last())
    } else {
        Ok(found)
    }
}

#[test]
#[ignore = "the child of another test, in a container"]
fn searches_its_session_keyring() {
    println!("\nKEYRING {:?}", search());
}

#[test]
fn the_session_keyring_of_the_caller_stays_outside() {
    assert!(keyctl(JOIN_SESSION, [0; 3]) > 0, "{}", Errno::last());
    // SAFETY: texts that end with NUL, and one byte.
    let added = unsafe {
        libc::syscall(
            libc::SYS_add_key,
            c"user".as_ptr(),
            SECRET.as_ptr(),
            c"x".as_ptr(),
            1,
            SESSION,
        )
    };
    assert!(added > 0 && search() == Ok(added), "{}", Errno::last());
    let fixture = Fixture::new();
    let own = own_program();
    for users in ["host", "auto"] {
        let child = probe("joins::searches_its_session_keyring");
        let common = ["--userns", users, "--seccomp", "unconfined", "-v", &own];
        let ran = fixture
            .minic(&words(&[&["run", "--rm"][..], &common].concat(), &child))
            .ok();
        let command = child.join(" ");
        let health = format!("{command} > /health.new; mv /health.new /health");
        let health = [
            "--health-cmd",
            health.as_str(),
            "--health-interval",
            "300ms",
            "sleep",
            "1000",
        ];
        let open = fixture.detached(users, &[&common[..], &health].concat());
        let executed = open.exec(&command).ok();
        let as_user = fixture
            .minic(&words(&["exec", "--user", "1000", users], &child))
            .ok();
        let mut probed = String::new();
        eventually("the health check ran", || {
            probed = open.exec("cat /health").stdout;
            probed.contains("KEYRING")
        });
        for said in [ran, executed, as_user, probed] {
            assert!(said.contains("KEYRING Err(ENOKEY)"), "{users}: {said}");
        }
    }
}

/// Start times are told by the reader's own clock (time_namespaces(7)): a command that is run
/// inside another time namespace saw every container STOPPED, with its supervisor lost.
#[test]
fn a_caller_in_another_time_namespace_sees_it_running() {
    let fixture = Fixture::new();
    let web = fixture.detached("web", &["sleep", "1000"]);
    let elsewhere = |boottime: &str, args: &[&str]| {
        let mut command = Command::new("unshare");
        command.args([
            "--time",
            "--boottime",
            boottime,
            "--fork",
            env!("CARGO_BIN_EXE_minic-tui"),
            "--state",
        ]);
        finish(command.arg(fixture.state()).args(args), "")
    };
    for boottime in ["100000", "1"] {
        let listed = elsewhere(boottime, &["list"]).ok();
        assert!(
            listed.contains("RUNNING") && !listed.contains("STOPPED"),
            "{boottime}: {listed}"
        );
        assert_eq!(
            elsewhere(boottime, &["exec", "web", "echo", "joined"]).ok(),
            "joined\n"
        );
    }
    assert_eq!(web.state(), "RUNNING");
    // and one that was started from there is what it is everywhere
    elsewhere("100000", &["run", "-d", "--name", "far", "sleep", "1000"]).ok();
    assert_eq!(fixture.container("far").state(), "RUNNING");
    elsewhere("500", &["stop", "-t", "0", "far"]).ok();
    assert_eq!(fixture.container("far").state(), "STOPPED");
}
