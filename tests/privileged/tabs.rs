//! The tabs with real containers, with keys only.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::census::Census;
use crate::command::{eventually, finish};
use crate::fixture::Fixture;
use crate::screen::{open, open_with, pane, show_pane};

#[test]
fn processes_files_isolation_events_and_the_host() {
    let fixture = Fixture::new();
    let line = "echo made > /made-here; rm /etc/hostname; sleep 1000 & sleep 2000";
    fixture.detached("looked-into", &["sh", "-c", line]);
    let tmux = open(&fixture, 120, 40);
    tmux.wait_for("looked-into");
    let shows = |text: &str| {
        tmux.wait_until(&format!("{text:?} in the pane"), |screen| {
            pane(screen).iter().any(|line| line.contains(text))
        });
    };
    show_pane(&tmux, "M-p", "Processes");
    shows("─ sleep 2000");
    show_pane(&tmux, "M-f", "Files");
    shows(" /made-here");
    show_pane(&tmux, "M-i", "Isolation");
    shows("no_new_privs");
    shows("its own; the host's is");
    tmux.press(&["5"]);
    tmux.wait_for("[5 Events]");
    tmux.wait_for("started");
    tmux.press(&["6"]);
    tmux.wait_for("Disk of the state folder");
    tmux.press(&["q"]);
    tmux.wait_for("prompt$");
}

/// The processes of checks in the state folder of `fixture`, and the cgroups that its processes
/// made to try one.
fn checks(fixture: &Fixture) -> usize {
    let processes = Census::take(fixture.state()).processes;
    let cgroups = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].map(Path::new);
    let tried = |pid: i32| {
        cgroups
            .iter()
            .any(|folder| folder.join(format!("minic-check-{pid}")).exists())
    };
    processes
        .iter()
        .filter(|(pid, title)| title.contains("check --json") || tried(*pid))
        .count()
}

#[test]
fn opening_the_host_starts_nothing_and_a_key_starts_the_check() {
    let fixture = Fixture::new();
    fixture.detached("only", &["sleep", "1000"]);
    let events = || fixture.minic(&["events", "--json"]).ok();
    let files = || {
        finish(
            Command::new("find")
                .arg(fixture.state().join("containers"))
                .arg(fixture.state().join("images")),
            "",
        )
        .ok()
    };
    let before = (events(), files());
    for more in ["--read-only", ""] {
        let tmux = open_with(&fixture, 120, 60, more);
        tmux.wait_for("only");
        tmux.press(&["6"]);
        tmux.wait_for("What this host can do");
        for _ in 0..5 {
            assert_eq!(checks(&fixture), 0, "{more:?}");
            let names: Vec<_> = fixture
                .list()
                .iter()
                .map(|one| one["name"].clone())
                .collect();
            assert_eq!(names, ["only"], "{more:?}");
            std::thread::sleep(Duration::from_millis(300));
        }
        assert_eq!((events(), files()), before, "{more:?}");
        if more == "--read-only" {
            tmux.press(&["c"]);
            tmux.wait_for("this screen is read-only");
            assert_eq!(checks(&fixture), 0);
        } else {
            tmux.press(&["c"]);
            eventually("the check is run", || {
                fixture
                    .list()
                    .iter()
                    .any(|one| one["name"].as_str().unwrap().starts_with("check-"))
            });
        }
        tmux.press(&["q"]);
        tmux.wait_for("prompt$");
    }
    // it goes on after the screen, until it is done or told to end
    for (pid, title) in Census::take(fixture.state()).processes {
        if title.contains("check --json") {
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
    }
    eventually("the check ends", || {
        checks(&fixture) == 0 && fixture.list().len() == 1
    });
}

#[test]
fn a_shell_survives_other_tabs_and_ctrl_c_and_ends_by_itself() {
    let fixture = Fixture::new();
    fixture.detached("has-shell", &["sleep", "1000"]);
    let tmux = open(&fixture, 120, 40);
    tmux.wait_for("has-shell");
    show_pane(&tmux, "M-s", "Shell");
    tmux.wait_for("opens one in has-shell");
    tmux.press(&["Enter"]);
    tmux.wait_for("every key goes to it");
    tmux.write("echo $((6*7)) in $(hostname); stty size");
    tmux.press(&["Enter"]);
    tmux.wait_for("42 in ");
    tmux.write("sleep 500");
    tmux.press(&["Enter"]);
    // between the shell's reading and the child's taking the terminal, Ctrl-C would be for the
    // shell alone
    eventually("it sleeps", || {
        Census::take(fixture.state())
            .processes
            .iter()
            .any(|(_, title)| title.contains("sleep 500"))
    });
    tmux.press(&["C-c"]);
    tmux.write("echo after $((40+2)) seconds");
    tmux.press(&["Enter"]);
    tmux.wait_for("after 42 seconds");
    // left, elsewhere, and back: it is as it was
    tmux.press(&["C-]"]);
    tmux.wait_for("gives it the keys");
    tmux.press(&["5"]);
    tmux.wait_for("[5 Events]");
    tmux.press(&["1"]);
    show_pane(&tmux, "M-o", "Overview");
    show_pane(&tmux, "M-s", "Shell");
    tmux.wait_for("after 42 seconds");
    tmux.press(&["Enter"]);
    tmux.write("exit 7");
    tmux.press(&["Enter"]);
    tmux.wait_for("ended with exit code 7");
    tmux.press(&["q"]);
    tmux.wait_for("prompt$");
}

#[test]
fn a_shell_does_not_wait_for_a_frozen_container() {
    let fixture = Fixture::new();
    fixture.detached("frozen", &["sleep", "1000"]);
    fixture.minic(&["pause", "frozen"]).ok();
    let tmux = open(&fixture, 120, 40);
    tmux.wait_for("PAUSED");
    show_pane(&tmux, "M-s", "Shell");
    tmux.wait_for("opens one in frozen");
    tmux.press(&["Enter"]);
    tmux.wait_for("frozen is PAUSED: a shell needs a running one");
    fixture.minic(&["resume", "frozen"]).ok();
    tmux.wait_for("1 running");
    tmux.press(&["n"]);
    tmux.wait_for("every key goes to it");
    // a shell throws away what was typed before its prompt
    tmux.wait_for("#");
    tmux.press(&["C-d"]);
    tmux.wait_for("ended with exit code 0");
    tmux.press(&["q"]);
    tmux.wait_for("prompt$");
}

#[test]
fn marked_containers_are_paused_resumed_and_signalled() {
    let fixture = Fixture::new();
    for name in ["marked-a", "marked-b"] {
        fixture.detached(name, &["sleep", "1000"]);
    }
    let tmux = open(&fixture, 120, 40);
    tmux.wait_until("both are shown", |screen| {
        screen.contains("marked-a") && screen.contains("marked-b")
    });
    let all_are = |state: &str| {
        fixture
            .list()
            .iter()
            .filter(|container| container["state"] == state)
            .count()
            == 2
    };
    tmux.press(&["Space", "Space", "p"]);
    tmux.wait_for("Pause 2 containers?");
    tmux.press(&["y"]);
    eventually("both are frozen", || all_are("PAUSED"));
    tmux.wait_for("2 paused");
    tmux.press(&["p"]);
    tmux.wait_for("Resume 2 containers?");
    tmux.press(&["y"]);
    eventually("both go on", || all_are("RUNNING"));
    tmux.wait_for("2 running");
    tmux.press(&["F9"]);
    tmux.wait_for("Signal for 2 containers");
    tmux.press(&["Down", "Enter"]);
    tmux.wait_for("Send SIGKILL to 2 containers?");
    tmux.press(&["y"]);
    eventually("both were killed", || all_are("STOPPED"));
    tmux.press(&["q"]);
    tmux.wait_for("prompt$");
}
