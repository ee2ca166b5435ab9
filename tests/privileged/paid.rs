//! The work that a container causes its supervisor counts against the container: the two together
//! stay near its CPU cap, whatever it does. And a client that does not read blocks no other.

use std::fs;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, UnixAddr, connect, send, socket,
};
use nix::unistd::{Pid, SysconfVar, sysconf};

use crate::census::cgroup_parent;
use crate::command::{eventually, scale};
use crate::fixture::{Container, Fixture};

/// The cap of most containers here, in cores, and what container and supervisor may take together.
const CAP: &str = "0.05";
const TOGETHER: f64 = 0.10;
/// How long is measured. What was saved before is spent by then.
const SETTLED: Duration = Duration::from_millis(2500);
const MEASURED: Duration = Duration::from_secs(5);

/// A child that is killed when its test ends.
pub(crate) struct Running(pub Child);

impl Running {
    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.0.id().cast_signed()), signal).unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The processor's time of a process and its threads, in seconds (proc_pid_stat(5): utime and
/// stime).
fn time_of(pid: i32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    let ticks: u64 = [11, 12]
        .iter()
        .map(|n| fields[*n].parse::<u64>().unwrap())
        .sum();
    ticks as f64 / sysconf(SysconfVar::CLK_TCK).unwrap().unwrap() as f64
}

/// The process that watches `container`.
#[track_caller]
pub(crate) fn supervisor(fixture: &Fixture, name: &str) -> i32 {
    let title = format!("minic-tui supervisor {name}\0");
    let is_it = |pid: &i32| {
        fs::read(format!("/proc/{pid}/cmdline"))
            .is_ok_and(|line| [&line[..], b"\0"].concat().starts_with(title.as_bytes()))
    };
    fixture
        .supervisors()
        .into_iter()
        .find(is_it)
        .expect("a supervisor")
}

/// The processor's time of everything in the container, in seconds.
fn time_inside(container: &Container) -> f64 {
    let text = container.cgroup_file(&["cpuacct.usage", "cpu.stat"]);
    let v2 = text
        .lines()
        .find_map(|line| line.strip_prefix("usage_usec ")?.parse::<f64>().ok());
    v2.map_or_else(
        || text.trim().parse::<f64>().unwrap() / 1e9,
        |usec| usec / 1e6,
    )
}

/// What container and supervisor take, each in cores, over a while.
#[track_caller]
fn taken(fixture: &Fixture, container: &Container) -> (f64, f64) {
    thread::sleep(SETTLED);
    let pid = supervisor(fixture, &container.name);
    let look = || (Instant::now(), time_inside(container), time_of(pid));
    let before = look();
    thread::sleep(MEASURED);
    let after = look();
    let wall = (after.0 - before.0).as_secs_f64();
    ((after.1 - before.1) / wall, (after.2 - before.2) / wall)
}

#[track_caller]
fn is_paid_for(fixture: &Fixture, container: &Container) {
    let (inside, outside) = taken(fixture, container);
    assert!(
        inside + outside <= TOGETHER,
        "{}: {inside:.3} inside and {outside:.3} by its supervisor",
        container.name
    );
}

/// The bytes that a process wrote, into pipes too (proc_pid_io(5)).
pub(crate) fn written(pid: i32) -> u64 {
    let io = fs::read_to_string(format!("/proc/{pid}/io")).unwrap();
    io.lines()
        .find_map(|line| line.strip_prefix("wchar: ")?.parse().ok())
        .unwrap()
}

#[test]
fn empty_lines_are_paid_by_the_container() {
    let fixture = Fixture::new();
    let yes = fixture.detached(
        "empty-lines",
        &["--cpus", CAP, "--log-size", "1M", "yes", ""],
    );
    is_paid_for(&fixture, &yes);
    // and yet it goes on, and so does its log
    let (pid, watcher) = (yes.pid(), supervisor(&fixture, &yes.name));
    let before = (written(pid), written(watcher));
    eventually("it goes on", || {
        written(pid) > before.0 + 100_000 && written(watcher) > before.1 + 1_000_000
    });
}

#[test]
fn terminal_output_is_paid_by_the_container() {
    let fixture = Fixture::new();
    let yes = fixture.detached(
        "terminal",
        &["-t", "--cpus", CAP, "--log-size", "1M", "yes", ""],
    );
    is_paid_for(&fixture, &yes);
}

#[test]
fn lines_written_one_by_one_are_paid_by_the_container() {
    let fixture = Fixture::new();
    let script = "while :; do echo a; echo b >&2; done";
    let lines = fixture.detached(
        "lines",
        &["--cpus", CAP, "--log-size", "1M", "sh", "-c", script],
    );
    is_paid_for(&fixture, &lines);
}

#[test]
fn denied_system_calls_cost_the_supervisor_nothing() {
    let fixture = Fixture::new();
    // two of them a round, which the shell itself makes: mount(2) by the name of a program costs a
    // fork
    let script = "while :; do unshare -m true; mount -t tmpfs x /mnt; done 2>/dev/null";
    let denied = fixture.detached("denied", &["--cpus", CAP, "sh", "-c", script]);
    is_paid_for(&fixture, &denied);
}

#[test]
fn signals_orphans_and_memory_pressure_cost_the_supervisor_nothing() {
    let fixture = Fixture::new();
    let script = "trap : USR1; while :; do kill -USR1 1; (true & true &); (head -c 60000000 /dev/zero | tail -c 1 >/dev/null) 2>/dev/null; done";
    let args = [
        "--cpus", CAP, "--memory", "16M", "--init", "sh", "-c", script,
    ];
    let storm = fixture.detached("storm", &args);
    is_paid_for(&fixture, &storm);
}

#[test]
fn health_check_output_is_paid_by_the_container() {
    let fixture = Fixture::new();
    let check = ["--health-cmd", "yes; yes >&2", "--health-interval", "100ms"];
    let args = [&["--cpus", CAP][..], &check, &["sleep", "1000"]].concat();
    let checked = fixture.detached("checked", &args);
    is_paid_for(&fixture, &checked);
    let wrong = fixture
        .minic(&[
            "run",
            "--health-cmd",
            "true",
            "--health-interval",
            "1ms",
            "true",
        ])
        .refused(125);
    assert!(wrong.contains("less than 100ms"), "{wrong}");
}

/// A client that takes everything.
fn attached(fixture: &Fixture, name: &str) -> Running {
    let mut command = fixture.command(&["attach", name]);
    Running(
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap(),
    )
}

/// The supervisor's socket.
fn door(fixture: &Fixture, container: &Container) -> PathBuf {
    fixture
        .state()
        .join("run")
        .join(container.id())
        .join("attach.sock")
}

fn connected(door: &Path) -> OwnedFd {
    let client = socket(
        AddressFamily::Unix,
        SockType::SeqPacket,
        SockFlag::SOCK_CLOEXEC,
        None,
    )
    .unwrap();
    connect(client.as_raw_fd(), &UnixAddr::new(door).unwrap()).unwrap();
    client
}

#[test]
fn twenty_attached_clients_are_paid_by_the_container() {
    let fixture = Fixture::new();
    let crowd = fixture.detached("crowd", &["--cpus", CAP, "--log-size", "1M", "yes"]);
    let clients: Vec<Running> = (0..20).map(|_| attached(&fixture, "crowd")).collect();
    is_paid_for(&fixture, &crowd);
    // it hears of a stop all the same
    let before = Instant::now();
    crowd.verb(&["stop", "-t", "0"]).ok();
    assert!(
        before.elapsed() < scale(Duration::from_secs(20)),
        "{:?}",
        before.elapsed()
    );
    drop(clients);
}

#[test]
fn a_client_that_floods_is_paid_by_the_container() {
    let fixture = Fixture::new();
    let flooded = fixture.detached("flooded", &["-t", "--cpus", CAP, "sleep", "1000"]);
    let client = connected(&door(&fixture, &flooded));
    // a terminal's size, again and again
    let flood = thread::spawn(move || {
        let mut columns = 0_u8;
        loop {
            columns = columns.wrapping_add(1);
            if send(
                client.as_raw_fd(),
                &[2, 40, 0, columns, 1],
                MsgFlags::MSG_NOSIGNAL,
            )
            .is_err()
            {
                return;
            }
        }
    });
    is_paid_for(&fixture, &flooded);
    flooded.verb(&["stop", "-t", "0"]).ok();
    flood.join().unwrap();
}

#[test]
fn two_hundred_clients_do_not_block_a_stop() {
    let fixture = Fixture::new();
    let popular = fixture.detached("popular", &["sleep", "1000"]);
    let door = door(&fixture, &popular);
    let clients: Vec<OwnedFd> = (0..200).map(|_| connected(&door)).collect();
    let files = |pid: i32| fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count();
    let pid = supervisor(&fixture, "popular");
    assert!(files(pid) < 160, "{} descriptors", files(pid));
    popular.verb(&["stop", "-t", "0"]).ok();
    assert_eq!(popular.state(), "STOPPED");
    drop(clients);
}

#[test]
fn a_cap_that_changes_is_followed() {
    let fixture = Fixture::new();
    let free = fixture.detached("free", &["--cpus", "1", "--log-size", "1M", "yes", ""]);
    let pid = supervisor(&fixture, "free");
    let before = time_of(pid);
    eventually("it takes more than it could under the cap", || {
        time_of(pid) - before > 0.1
    });
    free.verb(&["update", "--cpus", CAP]).ok();
    is_paid_for(&fixture, &free);
    free.verb(&["update", "--cpus", "1"]).ok();
    // within a minute: under the old cap it would be 2.3 s by then
    let (start, before) = (Instant::now(), time_of(pid));
    eventually("it may take more again", || {
        time_of(pid) - before > 4.0 || start.elapsed() > scale(Duration::from_secs(55))
    });
    let rate = (time_of(pid) - before) / start.elapsed().as_secs_f64();
    assert!(rate > 0.06, "{rate:.3} of a core");
}

#[test]
fn a_stream_of_lines_is_logged_whole() {
    let fixture = Fixture::new();
    // 600,000 lines of 100 bytes
    let script = r#"BEGIN { for (i = 1; i <= 600000; i++) printf "%099d\n", i }"#;
    let lines = fixture.detached(
        "lines",
        &[
            "--log-size",
            "200M",
            "sh",
            "-c",
            &format!("sleep 0.5; awk '{script}'; sleep 1000"),
        ],
    );
    let pid = supervisor(&fixture, "lines");
    let before = time_of(pid);
    let log = PathBuf::from(lines.info()["folder"].as_str().unwrap()).join("log");
    let whole = 600_000 * (100 + "2026-11-30T10:00:00.123456789Z stdout F ".len() as u64);
    eventually("all of it is there", || {
        fs::metadata(&log).unwrap().len() >= whole
    });
    let took = time_of(pid) - before;
    assert!(
        took < 3.0,
        "20 MB a second would take more than a core: {took:.2} s"
    );
    let printed = fixture.command(&["logs", "lines"]).output().unwrap().stdout;
    assert!(
        String::from_utf8(printed)
            .unwrap()
            .lines()
            .map(|line| line.parse::<u64>().unwrap())
            .eq(1..=600_000)
    );
}

#[test]
fn log_rate_drops_lines_and_counts_them() {
    let fixture = Fixture::new();
    let script = "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); echo number $i; done; echo the end; touch /tmp/past; sleep 1000";
    let many = fixture.detached(
        "many",
        &["--log-rate", "20K", "--log-size", "10M", "sh", "-c", script],
    );
    // what was dropped is said on standard error, where it is nobody's output
    let log = || {
        let printed = fixture.minic(&["logs", "many"]);
        printed.stdout + &printed.stderr
    };
    eventually("it was told", || log().contains(" lines dropped"));
    // nothing holds it back
    eventually("it is at its end", || {
        many.exec("test -e /tmp/past").code == Some(0)
    });
    let said = || -> Vec<u64> {
        log()
            .lines()
            .filter_map(|line| {
                line.strip_prefix("minic-tui: ")?
                    .split(' ')
                    .next()?
                    .parse()
                    .ok()
            })
            .collect()
    };
    let dropped = || said().iter().sum::<u64>();
    let kept = || {
        log()
            .lines()
            .filter(|line| line.starts_with("number ") || *line == "the end")
            .count() as u64
    };
    // a line that was cut in two is both
    eventually("every line was kept or is counted", || {
        (20_001..=20_001 + said().len() as u64).contains(&(dropped() + kept()))
    });
    assert!(dropped() > 10_000, "{}", dropped());
    let wrong = fixture
        .minic(&["run", "--log-rate", "soon", "true"])
        .refused(125);
    assert!(wrong.contains("log-rate"), "{wrong}");
}

#[test]
fn supervisors_are_in_a_cgroup_of_their_own() {
    let fixture = Fixture::new();
    let place = |pid: i32| fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap();
    let two = [
        fixture.detached("one", &["sleep", "1000"]),
        fixture.detached("two", &["sleep", "1000"]),
    ];
    for container in &two {
        let pid = supervisor(&fixture, &container.name);
        eventually("it is there", || {
            place(pid)
                .lines()
                .any(|line| line.ends_with("/supervisors") && line.contains("/minic-"))
        });
    }
    let folders = ["cpu", "cpu,cpuacct", "."].map(|tree| {
        Path::new("/sys/fs/cgroup")
            .join(tree)
            .join(cgroup_parent(fixture.state()))
    });
    let weight = |file: &str| {
        folders
            .iter()
            .find_map(|folder| fs::read_to_string(folder.join("supervisors").join(file)).ok())
    };
    // half of what a container weighs
    let weighs = (weight("cpu.shares"), weight("cpu.weight"));
    assert!(
        weighs.0.as_deref() == Some("512\n")
            || weighs
                .1
                .as_ref()
                .is_some_and(|w| w.trim().parse::<u32>().unwrap() < 100),
        "{weighs:?}"
    );
    // it is nobody's leftover
    assert_eq!(fixture.minic(&["gc"]).ok(), fixture.minic(&["gc"]).ok());
    assert!(
        !fixture
            .minic(&["gc", "--dry-run"])
            .ok()
            .contains("supervisors")
    );
    assert_eq!(fixture.list().len(), 2);
    // one that is killed leaves the folder to the next: nothing is left in the end, which the
    // fixture looks for
    kill(Pid::from_raw(supervisor(&fixture, "one")), Signal::SIGKILL).unwrap();
    two.iter()
        .for_each(|container| drop(container.verb(&["destroy", "-f"]).ok()));
    fixture.is_clean();
}
