//! Output and attach: nothing is lost, memory does not grow, and several clients may watch and type
//! at once.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};
use std::time::Duration;

use crate::command::{comes_true, eventually, scale, wait};
use crate::fixture::{Container, Fixture};

/// A child that is killed when its test fails.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[track_caller]
fn start(fixture: &Fixture, args: &[&str]) -> Running {
    let mut command = fixture.command(args);
    Running(
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap(),
    )
}

/// What `logs` prints, byte for byte.
#[track_caller]
fn logged(container: &Container, fixture: &Fixture, args: &[&str]) -> Vec<u8> {
    let output = fixture
        .command(&[&["logs"], args, &[container.name.as_str()]].concat())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    output.stdout
}

#[test]
fn a_very_long_line_and_every_byte_are_kept() {
    let fixture = Fixture::new();
    let all: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    fs::write(fixture.state().join("bytes"), &all).unwrap();
    let volume = format!("{}:/bytes:ro", fixture.state().join("bytes").display());
    let script = "head -c 90000 /dev/zero | tr '\\0' x; echo; cat /bytes; echo; echo end";
    let long = fixture.detached("long", &["-v", &volume, "sh", "-c", script]);
    long.ends();
    let expected = [vec![b'x'; 90_000], b"\n".to_vec(), all, b"\nend\n".to_vec()].concat();
    let seen = logged(&long, &fixture, &[]);
    assert!(
        seen == expected,
        "{} bytes of {}",
        seen.len(),
        expected.len()
    );
    let attached = fixture
        .command(&["run", "--rm", "-v", &volume, "sh", "-c", script])
        .output()
        .unwrap()
        .stdout;
    assert!(
        attached == expected,
        "{} bytes of {}",
        attached.len(),
        expected.len()
    );
}

#[test]
fn parts_of_a_log_can_be_read() {
    let fixture = Fixture::new();
    let script = "for i in 1 2 3 4 5; do echo line $i; echo error $i >&2; done; sleep 2.2; echo late; sleep 1000";
    let one = fixture.detached("one", &["sh", "-c", script]);
    eventually("it was late", || {
        logged(&one, &fixture, &[]).ends_with(b"late\n")
    });
    let text = |args: &[&str]| String::from_utf8(logged(&one, &fixture, args)).unwrap();
    assert_eq!(text(&["--tail", "1"]), "late\n");
    assert_eq!(text(&["-n", "0"]), "");
    assert_eq!(text(&["--grep", "line [24]"]), "line 2\nline 4\n");
    assert_eq!(text(&["--grep", "line", "--tail", "2"]), "line 4\nline 5\n");
    assert_eq!(text(&["--tail", "all"]).lines().count(), 6);
    let first = text(&["--timestamps"]);
    let late = first
        .lines()
        .find(|line| line.ends_with(" late"))
        .unwrap()
        .split(' ')
        .next()
        .unwrap()
        .to_owned();
    assert_eq!(text(&["--since", &late]), "late\n");
    assert!(!text(&["--until", &late]).is_empty() && !text(&["--until", "1h"]).contains("late"));
    let wrong = fixture.minic(&["logs", "--grep", "(", "one"]).refused(125);
    assert!(wrong.contains("no regular expression"), "{wrong}");
    let wrong = fixture
        .minic(&["logs", "--since", "soon", "one"])
        .refused(125);
    assert!(wrong.contains("is not a time"), "{wrong}");
}

#[test]
fn a_log_is_followed_over_its_rotations() {
    let fixture = Fixture::new();
    let script = "i=0; while [ $i -lt 30000 ]; do i=$((i+1)); echo number $i; done";
    let one = fixture.detached(
        "one",
        &[
            "--init",
            "--log-size",
            "20K",
            "--log-files",
            "100",
            "sh",
            "-c",
            &format!("sleep 0.5; {script}"),
        ],
    );
    let output = fixture.command(&["logs", "-f", "one"]).output().unwrap();
    let seen = String::from_utf8(output.stdout).unwrap();
    let numbers: Vec<u32> = seen
        .lines()
        .map(|line| line.strip_prefix("number ").unwrap().parse().unwrap())
        .collect();
    assert!(
        numbers == (1..=30_000).collect::<Vec<_>>(),
        "{} lines, in order: {}",
        numbers.len(),
        numbers.is_sorted()
    );
    let files = fs::read_dir(one.info()["folder"].as_str().unwrap())
        .unwrap()
        .flatten();
    assert!(
        files
            .filter(|f| f.file_name().to_string_lossy().starts_with("log"))
            .count()
            > 2,
        "it was rotated"
    );
}

#[test]
fn nothing_is_lost_to_a_slow_reader() {
    let fixture = Fixture::new();
    let mut run = start(
        &fixture,
        &[
            "run",
            "--name",
            "slow",
            "sh",
            "-c",
            "head -c 3000000 /dev/zero; echo done",
        ],
    );
    let mut out = run.0.stdout.take().unwrap();
    // long enough for every pipe and socket on the way to be full
    std::thread::sleep(scale(Duration::from_millis(500)));
    let mut seen = Vec::new();
    out.read_to_end(&mut seen).unwrap();
    assert_eq!(seen.len(), 3_000_005);
    assert_eq!(wait(&mut run.0, "run"), Some(0));
    let logged = fixture.command(&["logs", "slow"]).output().unwrap().stdout;
    assert_eq!(logged.len(), 3_000_005);
}

/// Suspends a client, as Ctrl-Z does, when every buffer on the way to it is about to be full.
fn suspended(client: &Running) {
    std::thread::sleep(scale(Duration::from_millis(500)));
    let pid = nix::unistd::Pid::from_raw(i32::try_from(client.0.id()).unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGSTOP).unwrap();
    std::thread::sleep(scale(Duration::from_millis(500)));
}

#[test]
fn a_suspended_client_does_not_block_the_end() {
    let fixture = Fixture::new();
    let flood = "while :; do echo a line of output; done";
    // started by it, and attached to later; each stopped within its grace
    let run = start(&fixture, &["run", "--name", "started", "sh", "-c", flood]);
    suspended(&run);
    fixture.minic(&["stop", "-t", "1", "started"]).ok();
    assert_eq!(fixture.json(&["info", "started"])[0]["state"], "STOPPED");
    fixture.minic(&["start", "started"]).ok();
    fixture.minic(&["destroy", "-f", "started"]).ok();
    let _joined = fixture.detached("joined", &["sh", "-c", flood]);
    let attached = start(&fixture, &["attach", "joined"]);
    suspended(&attached);
    fixture.minic(&["destroy", "-f", "joined"]).ok();
    // one that destroys itself leaves nothing, and one that was killed is started again
    let own = start(
        &fixture,
        &["run", "--rm", "--name", "own", "sh", "-c", flood],
    );
    suspended(&own);
    fixture.minic(&["stop", "-t", "1", "own"]).ok();
    assert!(fixture.list().is_empty());
    let again = fixture.detached("again", &["--restart", "always", "sh", "-c", flood]);
    let attached = start(&fixture, &["attach", "again"]);
    suspended(&attached);
    nix::sys::signal::kill(
        nix::unistd::Pid::from_raw(again.pid()),
        nix::sys::signal::Signal::SIGKILL,
    )
    .unwrap();
    eventually("it was started again", || {
        again.info()["restarts"].as_u64() > Some(0)
    });
    fixture.minic(&["destroy", "-f", "again"]).ok();
}

#[test]
fn a_client_resumed_after_the_end_gets_all_output() {
    let fixture = Fixture::new();
    let mut run = start(
        &fixture,
        &[
            "run",
            "--name",
            "one",
            "sh",
            "-c",
            "head -c 300000 /dev/zero; echo done",
        ],
    );
    let mut out = run.0.stdout.take().unwrap();
    let pid = nix::unistd::Pid::from_raw(i32::try_from(run.0.id()).unwrap());
    let mut first = vec![0; 1000];
    out.read_exact(&mut first).unwrap();
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGSTOP).unwrap();
    std::thread::sleep(scale(Duration::from_millis(300)));
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGCONT).unwrap();
    let mut rest = Vec::new();
    out.read_to_end(&mut rest).unwrap();
    assert_eq!(first.len() + rest.len(), 300_005);
    assert_eq!(wait(&mut run.0, "run"), Some(0));
}

/// The private memory of the process that watches `name`, in KiB.
fn supervisor_memory(name: &str) -> u64 {
    let title = format!("minic-tui supervisor {name}");
    let processes = fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .map(|entry| entry.path());
    let is_it = |path: &Path| {
        fs::read(path.join("cmdline")).is_ok_and(|line| line.starts_with(title.as_bytes()))
    };
    let folder = processes
        .into_iter()
        .find(|path| is_it(path))
        .expect("a supervisor");
    let rollup = fs::read_to_string(folder.join("smaps_rollup")).unwrap();
    let line = rollup
        .lines()
        .find_map(|line| line.strip_prefix("Private_Dirty:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn a_flood_of_output_fills_neither_disk_nor_memory() {
    let fixture = Fixture::new();
    let name = format!("flood-{}", std::process::id());
    let flood = fixture.detached(
        &name,
        &["--log-size", "1M", "--log-files", "2", "cat", "/dev/zero"],
    );
    let folder = flood.info()["folder"].as_str().unwrap().to_owned();
    let written = || {
        fs::read_to_string(format!("/proc/{}/io", flood.pid()))
            .unwrap()
            .lines()
            .find_map(|l| l.strip_prefix("wchar: ")?.parse::<u64>().ok())
            .unwrap()
    };
    eventually("a hundred megabytes were printed", || written() > 100 << 20);
    assert!(
        !logged(&flood, &fixture, &["--tail", "1"]).is_empty(),
        "what it printed so far can be read while it goes on"
    );
    let logs = fs::read_dir(&folder)
        .unwrap()
        .flatten()
        .filter(|f| f.file_name().to_string_lossy().starts_with("log"));
    let size: u64 = logs
        .filter_map(|f| f.metadata().ok())
        .map(|m| m.len())
        .sum();
    assert!(size < 3 << 20, "{size} bytes of logs");
    let memory = supervisor_memory(&name);
    assert!(
        memory < 2048,
        "its supervisor holds {memory} KiB of its own"
    );
    // a client that does not read holds it back, and its going lets it go on
    let mut attached = start(&fixture, &["attach", &name]);
    std::thread::sleep(scale(Duration::from_millis(300)));
    attached.0.kill().unwrap();
    let before = written();
    eventually("it goes on", || written() > before + (10 << 20));
    flood.verb(&["stop", "-t", "0"]).ok();
    assert_eq!(flood.state(), "STOPPED");
}

fn next_line(reader: &mut BufReader<ChildStdout>) -> String {
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    line
}

#[test]
fn several_clients_attach_at_once_and_input_stays_open() {
    let fixture = Fixture::new();
    let cat = fixture.detached("cat", &["-i", "cat"]);
    let mut clients: Vec<Running> = (0..2)
        .map(|_| start(&fixture, &["attach", "cat"]))
        .collect();
    let mut readers: Vec<_> = clients
        .iter_mut()
        .map(|c| BufReader::new(c.0.stdout.take().unwrap()))
        .collect();
    // both are there when a line of one is seen by both
    let both_see =
        |clients: &mut [Running], readers: &mut [BufReader<ChildStdout>], from: usize| {
            let line = format!("from {from}\n");
            clients[from]
                .0
                .stdin
                .as_mut()
                .unwrap()
                .write_all(line.as_bytes())
                .unwrap();
            readers
                .iter_mut()
                .for_each(|reader| assert_eq!(next_line(reader), line));
        };
    std::thread::sleep(scale(Duration::from_millis(300)));
    both_see(&mut clients, &mut readers, 0);
    both_see(&mut clients, &mut readers, 1);
    // one goes, its input with it; the container's stays open
    drop(clients.remove(1));
    readers.truncate(1);
    both_see(&mut clients, &mut readers, 0);
    drop(clients.remove(0).0.stdin.take());
    assert!(
        !comes_true_soon(|| cat.state() == "STOPPED"),
        "an end of an attached input is not the end of the container's"
    );
    let mut last = start(&fixture, &["attach", "cat"]);
    last.0
        .stdin
        .as_mut()
        .unwrap()
        .write_all(b"still there\n")
        .unwrap();
    assert_eq!(
        next_line(&mut BufReader::new(last.0.stdout.take().unwrap())),
        "still there\n"
    );
    cat.verb(&["stop", "-t", "0"]).ok();
}

/// As `comes_true`, for what must not happen.
fn comes_true_soon(mut ask: impl FnMut() -> bool) -> bool {
    (0..10).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        ask()
    })
}

#[test]
fn an_env_file_and_an_explicit_init_work() {
    let fixture = Fixture::new();
    let file = fixture.state().join("env");
    fs::write(&file, "# said\nA=1\nB=from the file\n").unwrap();
    let path = file.to_str().unwrap();
    let seen = fixture
        .minic(&[
            "run",
            "--rm",
            "--env-file",
            path,
            "-e",
            "B=2",
            "sh",
            "-c",
            "echo $A $B",
        ])
        .ok();
    assert_eq!(seen, "1 2\n");
    let missing = fixture
        .minic(&["run", "--rm", "--env-file", "/nosuch", "true"])
        .refused(125);
    assert!(
        missing.contains("--env-file: /nosuch: cannot read it"),
        "{missing}"
    );
    let first = |args: &[&str]| {
        fixture
            .minic(&[&["run", "--rm"], args, &["sh", "-c", "cat /proc/1/comm"]].concat())
            .ok()
    };
    assert_eq!(
        (first(&[]), first(&["--no-init"])),
        ("minic-init\n".into(), "sh\n".to_owned())
    );
    let plain = |args: &[&str]| {
        fixture
            .minic(&[&["run", "--rm"], args, &["cat", "/proc/1/comm"]].concat())
            .ok()
    };
    assert_eq!(
        (plain(&[]), plain(&["--init"])),
        ("cat\n".into(), "minic-init\n".to_owned())
    );
}

#[test]
fn each_container_has_its_own_stop_grace() {
    let fixture = Fixture::new();
    let deaf = fixture.detached(
        "deaf",
        &[
            "--stop-timeout",
            "200ms",
            "sh",
            "-c",
            "trap '' TERM; while :; do sleep 1; done",
        ],
    );
    // the configured grace of ten seconds would end the test by its deadline only where ten seconds
    // are long
    deaf.verb(&["stop"]).ok();
    assert_eq!(deaf.info()["exit_code"], 137);
    assert!(comes_true(|| deaf.state() == "STOPPED"));
    let wrong = fixture
        .minic(&["run", "--stop-timeout", "soon", "true"])
        .refused(125);
    assert!(wrong.contains("--stop-timeout"), "{wrong}");
}
