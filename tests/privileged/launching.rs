//! A start from the screen fails, or is killed, at each of its steps: launcher, supervisor, joining
//! process. The screen reports it in one line and continues, `list` is correct, and nothing is
//! left.

use std::fs;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::census::Census;
use crate::command::{comes_true, eventually};
use crate::fixture::Fixture;
use crate::tmux::Tmux;
use crate::truth::{lies, lives};

/// A screen on its way to open, with a fault planned.
fn open(fixture: &Fixture, fault: &str) -> Tmux {
    let tmux = Tmux::new(160, 40);
    tmux.write(&format!(
        "MINIC_FAULT={fault} {} --state {}",
        env!("CARGO_BIN_EXE_minic-tui"),
        fixture.state().display()
    ));
    tmux.press(&["Enter"]);
    tmux
}

/// The children of a process that live.
fn children(parent: i32) -> Vec<i32> {
    let pids = fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let parent_of = |pid: &i32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        stat.rsplit_once(") ")?
            .1
            .split(' ')
            .nth(1)?
            .parse::<i32>()
            .ok()
    };
    pids.filter(|pid| parent_of(pid) == Some(parent) && lives(*pid))
        .collect()
}

/// The screen's own process.
fn screen(fixture: &Fixture) -> i32 {
    let ours = Census::take(fixture.state()).processes;
    let mut own = ours
        .into_iter()
        .filter(|(_, title)| title.starts_with(env!("CARGO_BIN_EXE_minic-tui")));
    own.next().expect("a screen is open").0
}

/// The keeper of a screen's launcher, and its worker.
fn launcher(screen: i32) -> (i32, i32) {
    let mut found = (0, 0);
    eventually("there is a keeper with a worker", || {
        let workers = |keeper: i32| children(keeper).first().map(|worker| (keeper, *worker));
        children(screen)
            .into_iter()
            .find_map(workers)
            .is_some_and(|pair| {
                found = pair;
                true
            })
    });
    found
}

/// `x` is started from the screen with the fault at `step`; `says` is what is to be read then, and
/// `runs` whether it runs all the same.
fn start_with(step: &str, how: &str, says: Option<&str>, runs: bool) {
    let fixture = Fixture::new();
    // what made the image may be ending
    eventually("nothing is there yet", || {
        Census::take(fixture.state()).processes.is_empty()
    });
    let before = Census::take(fixture.state());
    let what = format!("{step} {how}");
    let flag = fixture.state().join("fault");
    fs::write(&flag, [0]).unwrap();
    let x = fixture.container("x");
    fixture
        .minic(&["create", "--name", "x", "sleep", "1000"])
        .ok();
    let tmux = open(&fixture, &format!("{step}={how}:{}", flag.display()));
    tmux.wait_until(&format!("{what}: x is shown"), |screen| {
        screen.contains("Containers") && screen.contains("CREATED")
    });
    tmux.press(&["S"]);
    eventually(&what, || fs::read(&flag).unwrap() == [1]);
    match says {
        Some(words) => tmux.wait_until(&format!("{what}: {words}"), |screen| {
            screen.lines().any(|line| line.contains(words))
        }),
        None => tmux.wait_for("RUNNING"),
    }
    assert!(
        comes_true(|| lies(&fixture).is_empty()),
        "{what}: {:?}",
        lies(&fixture)
    );
    eventually(&format!("{what}: it runs: {runs}"), || {
        (x.state() == "RUNNING") == runs
    });

    // the same screen goes on: what failed is asked for again
    if runs {
        x.verb(&["stop", "-t", "0"]).ok();
    }
    tmux.wait_until(&format!("{what}: it does not run"), |screen| {
        screen.contains("STOPPED") || screen.contains("CREATED")
    });
    tmux.press(&["S"]);
    tmux.wait_for("RUNNING");
    assert_eq!(x.state(), "RUNNING", "{what}");
    let (keeper, worker) = launcher(screen(&fixture));
    tmux.press(&["q"]);
    tmux.wait_for("prompt$");
    eventually(
        &format!("{what}: the launcher goes with its screen"),
        || !lives(keeper) && !lives(worker),
    );
    x.verb(&["destroy", "-f"]).ok();
    fs::remove_file(&flag).unwrap();
    let clean = comes_true(|| Census::take(fixture.state()) == before);
    assert!(
        clean,
        "{what}:\nbefore:\n{before}\nafter:\n{}",
        Census::take(fixture.state())
    );
}

#[test]
fn a_screen_without_a_launcher_does_not_open() {
    if cfg!(not(debug_assertions)) {
        return; // a release build knows no faults, which faults::* say
    }
    let fixture = Fixture::new();
    let flag = fixture.state().join("fault");
    fs::write(&flag, [0]).unwrap();
    let tmux = open(&fixture, &format!("launcher.fork=fail:{}", flag.display()));
    tmux.wait_until("one line says why", |screen| {
        screen
            .lines()
            .filter(|line| line.contains("the step launcher.fork"))
            .count()
            == 1
    });
    eventually("the shell is back", || tmux.foreground() == "sh");
    fs::write(&flag, [0]).unwrap();
    let tmux = open(&fixture, &format!("launcher.fork=kill:{}", flag.display()));
    tmux.wait_for("Killed");
    eventually("the shell is back", || tmux.foreground() == "sh");
    fixture.is_clean();
}

#[test]
fn a_start_that_fails_in_the_launcher_is_reported() {
    if cfg!(not(debug_assertions)) {
        return;
    }
    start_with(
        "launcher.request",
        "fail",
        Some("the step launcher.request"),
        false,
    );
    start_with(
        "launcher.request",
        "kill",
        Some("the launcher was killed"),
        false,
    );
    start_with("start.fork", "fail", Some("the step start.fork"), false);
    start_with("start.fork", "kill", Some("the launcher was killed"), false);
    start_with("start.wait", "kill", Some("the launcher was killed"), true);
    // it is started, and a failure here is nobody's
    start_with("launcher.answer", "fail", None, true);
    start_with(
        "launcher.answer",
        "kill",
        Some("the launcher was killed"),
        true,
    );
    start_with("launcher.idle", "fail", None, true);
    start_with("launcher.idle", "kill", None, true);
}

/// The steps of a supervisor until its container is recorded as running.
const SUPERVISOR: [&str; 14] = [
    "detach",
    "hold",
    "log",
    "listen",
    "cgroup",
    "plan",
    "clone",
    "adjust",
    "go",
    "limits",
    "limited",
    "listen_to_init",
    "connect",
    "record",
];

#[test]
fn a_start_that_fails_in_the_supervisor_is_reported() {
    if cfg!(not(debug_assertions)) {
        return;
    }
    for step in SUPERVISOR.map(|step| format!("supervisor.{step}")) {
        start_with(&step, "fail", Some(&format!("the step {step}")), false);
    }
    start_with("supervisor.recorded", "fail", None, true);
}

#[test]
fn a_start_whose_supervisor_is_killed_is_reported() {
    if cfg!(not(debug_assertions)) {
        return;
    }
    for step in SUPERVISOR.map(|step| format!("supervisor.{step}")) {
        start_with(
            &step,
            "kill",
            Some("the supervisor ended without a report"),
            false,
        );
    }
    start_with(
        "supervisor.recorded",
        "kill",
        Some("the supervisor ended without a report"),
        true,
    );
}

/// The steps of a shell: the launcher's, then the joining process's.
const JOINING: [&str; 6] = ["fork", "watch", "cgroup", "close", "joiner", "namespaces"];

/// A shell is opened from the screen with the fault at `step`; `says` is what is to be read then.
fn shell_with(step: &str, how: &str, says: &str) {
    let fixture = Fixture::new();
    let x = fixture.detached("x", &["sleep", "1000"]);
    let flag = fixture.state().join("fault");
    fs::write(&flag, [0]).unwrap();
    let what = format!("{step} {how}");
    let before = Census::take(fixture.state());
    let tmux = open(&fixture, &format!("{step}={how}:{}", flag.display()));
    tmux.wait_for("RUNNING");
    crate::screen::show_pane(&tmux, "M-s", "Shell");
    tmux.wait_for("opens one in x");
    tmux.press(&["Enter"]);
    tmux.wait_until(&format!("{what}: {says}"), |screen| {
        screen.lines().any(|line| line.contains(says))
    });
    assert_eq!(fs::read(&flag).unwrap(), [1], "{what}");
    assert_eq!(
        (x.state(), lies(&fixture)),
        ("RUNNING".into(), Vec::<String>::new()),
        "{what}"
    );

    // the same screen opens another
    tmux.press(&["C-]", "n"]);
    tmux.wait_for("every key goes to it");
    tmux.write("echo $((6*7)) in $(hostname)");
    tmux.press(&["Enter"]);
    tmux.wait_for("42 in ");
    tmux.write("exit");
    tmux.press(&["Enter"]);
    tmux.wait_for("ended with exit code 0");
    tmux.press(&["q"]);
    tmux.wait_for("prompt$");
    let clean = comes_true(|| Census::take(fixture.state()) == before);
    assert!(
        clean,
        "{what}:\nbefore:\n{before}\nafter:\n{}",
        Census::take(fixture.state())
    );
}

#[test]
fn a_shell_that_fails_is_reported() {
    if cfg!(not(debug_assertions)) {
        return;
    }
    for step in JOINING.map(|step| format!("exec.{step}")) {
        shell_with(&step, "fail", &format!("the step {step}"));
    }
}

#[test]
fn a_shell_whose_processes_are_killed_is_reported() {
    if cfg!(not(debug_assertions)) {
        return;
    }
    for step in ["fork", "watch"] {
        shell_with(&format!("exec.{step}"), "kill", "the launcher was killed");
    }
    for step in &JOINING[2..] {
        shell_with(
            &format!("exec.{step}"),
            "kill",
            "the joining process was killed",
        );
    }
}

#[test]
fn a_launcher_that_was_killed_is_replaced() {
    let fixture = Fixture::new();
    fixture
        .minic(&["create", "--name", "x", "sleep", "1000"])
        .ok();
    let x = fixture.container("x");
    let tmux = open(&fixture, "none");
    tmux.wait_for("CREATED");
    let screen = screen(&fixture);
    for _ in 0..3 {
        let (keeper, worker) = launcher(screen);
        kill(Pid::from_raw(worker), Signal::SIGKILL).unwrap();
        eventually("another is there", || {
            children(keeper).first().is_some_and(|now| *now != worker)
        });
        tmux.press(&["S"]);
        tmux.wait_for("RUNNING");
        x.verb(&["stop", "-t", "0"]).ok();
        tmux.wait_for("STOPPED");
    }
    // without its keeper a worker goes on
    let (keeper, worker) = launcher(screen);
    kill(Pid::from_raw(keeper), Signal::SIGKILL).unwrap();
    eventually("it is gone", || !lives(keeper));
    tmux.press(&["S"]);
    tmux.wait_for("RUNNING");
    // without both, that is said, and all else goes on
    kill(Pid::from_raw(worker), Signal::SIGKILL).unwrap();
    eventually("it is gone", || !lives(worker));
    x.verb(&["stop", "-t", "0"]).ok();
    tmux.wait_for("STOPPED");
    tmux.press(&["S"]);
    tmux.wait_for("restart minic-tui");
    assert_eq!(x.state(), "STOPPED");
    x.verb(&["start"]).ok();
    tmux.wait_for("RUNNING");
    tmux.press(&["q"]);
    tmux.wait_for("prompt$");
}
