//! Clients that do not read, and output that cannot be written: which client is detached, which
//! gets an error, and that all others continue.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::command::{eventually, wait};
use crate::fixture::Fixture;
use crate::paid::{Running, supervisor, written};

/// The private memory of a process, in KiB.
fn memory_of(pid: i32) -> u64 {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap();
    let line = rollup
        .lines()
        .find_map(|line| line.strip_prefix("Private_Dirty:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// What a file of the log folder was written to since: rotations make the size alone say little.
fn log_bytes(watcher: i32) -> u64 {
    written(watcher)
}

/// Its output is read by a thread that counts.
fn counted(
    fixture: &Fixture,
    name: &str,
) -> (Running, std::sync::Arc<std::sync::atomic::AtomicU64>) {
    let mut child = fixture
        .command(&["attach", name])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut out = child.stdout.take().unwrap();
    let count = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let counting = count.clone();
    thread::spawn(move || {
        let mut buffer = vec![0; 65536];
        while let Ok(length @ 1..) = out.read(&mut buffer) {
            counting.fetch_add(length as u64, std::sync::atomic::Ordering::Relaxed);
        }
    });
    (Running(child), count)
}

#[track_caller]
fn says_it_was_detached(mut client: Running, name: &str) {
    assert_eq!(wait(&mut client.0, "the client"), Some(125));
    let mut said = String::new();
    client
        .0
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert!(
        said.contains("detached") && said.contains("was not read") && said.contains(name),
        "{said}"
    );
}

#[test]
fn a_client_that_never_reads_freezes_nobody() {
    let fixture = Fixture::new();
    let flood = fixture.detached(
        "flood",
        &[
            "--cpus",
            "0.5",
            "--log-size",
            "1M",
            "yes",
            "some line of output",
        ],
    );
    let (_other, seen) = counted(&fixture, "flood");
    let mut never = fixture.command(&["attach", "flood"]);
    let mut never = Running(
        never
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let mut out = never.0.stdout.take().unwrap();
    out.read_exact(&mut [0; 1000]).unwrap();
    never.signal(Signal::SIGSTOP);
    let watcher = supervisor(&fixture, "flood");
    let seen = || seen.load(std::sync::atomic::Ordering::Relaxed);
    // more than every buffer on the way holds
    let more = 8 << 20;
    let before = (written(flood.pid()), log_bytes(watcher), seen());
    eventually("the container, its log and the other client go on", || {
        written(flood.pid()) > before.0 + more
            && log_bytes(watcher) > before.1 + more
            && seen() > before.2 + more
    });
    let memory = memory_of(watcher);
    assert!(
        memory < 6 << 10,
        "its supervisor holds {memory} KiB of its own"
    );
    never.signal(Signal::SIGCONT);
    thread::spawn(move || out.read_to_end(&mut Vec::new()));
    says_it_was_detached(never, "flood");
    assert_eq!(flood.state(), "RUNNING");
    // who attaches later is served
    let (_later, seen) = counted(&fixture, "flood");
    eventually("it sees something", || {
        seen.load(std::sync::atomic::Ordering::Relaxed) > 1000
    });
}

#[test]
fn a_foreground_run_into_a_stalled_pager_is_detached() {
    let fixture = Fixture::new();
    let mut run = fixture.command(&[
        "run",
        "--name",
        "paged",
        "--log-size",
        "1M",
        "yes",
        "some line of output",
    ]);
    let mut run = Running(
        run.stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let mut out = run.0.stdout.take().unwrap();
    out.read_exact(&mut [0; 1000]).unwrap();
    let paged = fixture.container("paged");
    let watcher = supervisor(&fixture, "paged");
    let before = (written(paged.pid()), log_bytes(watcher));
    let more = 8 << 20;
    eventually("the container and its log go on", || {
        written(paged.pid()) > before.0 + more && log_bytes(watcher) > before.1 + more
    });
    assert_eq!(paged.state(), "RUNNING");
    // its reader wakes up
    thread::spawn(move || out.read_to_end(&mut Vec::new()));
    says_it_was_detached(run, "paged");
    assert_eq!(paged.state(), "RUNNING");
    paged.verb(&["stop", "-t", "0"]).ok();
}

/// It was let go while it stood still, and its container has ended when it goes on: what it has
/// read is not all there was.
#[test]
fn a_dropped_client_is_told_so_after_the_end_too() {
    let fixture = Fixture::new();
    for (name, more) in [("ended", &[][..]), ("removed", &["--rm"])] {
        let script = "head -c 6000000 /dev/zero; exit 7";
        let args = [
            &["run", "--name", name],
            more,
            &["--log-size", "1M", "sh", "-c", script],
        ]
        .concat();
        let mut run = fixture.command(&args);
        let mut run = Running(
            run.stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap(),
        );
        // nobody reads until it is over
        let over = || {
            fixture
                .list()
                .iter()
                .all(|one| one["name"] != name || one["state"] == "STOPPED")
        };
        eventually("it runs", || !fixture.list().is_empty());
        eventually("it has ended", over);
        let mut out = run.0.stdout.take().unwrap();
        thread::spawn(move || out.read_to_end(&mut Vec::new()));
        let mut said = String::new();
        run.0
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        assert_eq!(wait(&mut run.0, "run"), Some(125), "{said}");
        assert!(
            said.contains("detached") && said.contains("its output was not read"),
            "{said}"
        );
        let _ = fixture.minic(&["destroy", name]);
    }
}

/// Output to a full disk is reported, and is a failure.
#[test]
fn output_that_cannot_be_written_is_reported() {
    let fixture = Fixture::new();
    let one = fixture.detached("one", &["sleep", "1000"]);
    for args in [
        &["exec", "one", "echo", "lost"][..],
        &["exec", "one", "seq", "1", "100000"],
        &["run", "--rm", "echo", "lost"],
    ] {
        let full = std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let output = fixture
            .command(args)
            .stdin(Stdio::null())
            .stdout(full)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(125), "{args:?}: {said}");
        assert!(
            said.contains("cannot write to standard output: No space left on device"),
            "{args:?}: {said}"
        );
    }
    one.verb(&["stop", "-t", "0"]).ok();
}

#[test]
fn a_reader_that_pauses_for_a_moment_loses_nothing() {
    let fixture = Fixture::new();
    let mut run = fixture.command(&[
        "run",
        "--rm",
        "sh",
        "-c",
        "head -c 6000000 /dev/zero; echo done",
    ]);
    let mut run = Running(
        run.stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    thread::sleep(Duration::from_secs(3));
    let mut seen = Vec::new();
    run.0.stdout.take().unwrap().read_to_end(&mut seen).unwrap();
    assert_eq!((seen.len(), wait(&mut run.0, "run")), (6_000_005, Some(0)));
}

#[test]
fn the_help_explains_dropped_clients() {
    for verb in ["run", "attach"] {
        let help = Command::new(Path::new(env!("CARGO_BIN_EXE_minic-tui")))
            .args([verb, "--help"])
            .output()
            .unwrap();
        let help = String::from_utf8(help.stdout)
            .unwrap()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        assert!(help.contains("does not read"), "{verb}: {help}");
    }
}
