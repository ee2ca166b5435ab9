//! The screen's launcher fails, or is killed, in each of its steps: the screen says so in one line and goes on, `list` tells the truth, the
//! next command works, and nothing is left.

use std::fs;

use crate::census::Census;
use crate::command::{comes_true, eventually};
use crate::fixture::Fixture;
use crate::tmux::Tmux;
use crate::truth::lies;

/// Starts `x` from a screen in which the launcher comes to `step`; `said` is what the screen says of it.
fn try_one(step: &str, how: &str, said: &str) {
    let fixture = Fixture::new();
    let other = fixture.detached("other", &["sleep", "1000"]);
    // the supervisor of what made the image may be ending
    eventually("only its supervisor and its command are there", || Census::take(fixture.state()).processes.len() == 2);
    let before = Census::take(fixture.state());
    fixture.minic(&["create", "--name", "x", "sleep", "1000"]).ok();
    let flag = fixture.state().join("fault");
    fs::write(&flag, [0]).unwrap();
    let tmux = Tmux::new(120, 40);
    let program = env!("CARGO_BIN_EXE_minic-tui");
    let fault = format!("{step}#0={how}:{}", flag.display());
    tmux.write(&format!("MINIC_FAULT={fault} {program} --state {}", fixture.state().display()));
    tmux.press(&["Enter"]);
    tmux.wait_until("both are shown", |screen| screen.contains(" x ") && screen.contains("other"));
    tmux.press(&["G", "S"]);
    tmux.wait_for(said);
    assert_eq!(fs::read(&flag).unwrap(), [1], "the fault came");
    let told = comes_true(|| lies(&fixture).is_empty());
    assert!(told, "{step} {how}: {:?}", lies(&fixture));
    // it goes on: what needs no launcher works, and it ends as ever
    tmux.press(&["g", "s"]);
    eventually("the other one is stopped from the same screen", || other.state() == "STOPPED");
    tmux.press(&["q"]);
    tmux.wait_for("prompt$");
    // the next commands work, whatever became of it
    if fixture.container("x").state() != "RUNNING" {
        fixture.minic(&["start", "x"]).ok();
    }
    assert_eq!(fixture.container("x").exec("echo works").ok(), "works\n");
    fixture.minic(&["destroy", "-f", "x"]).ok();
    fixture.minic(&["start", "other"]).ok();
    fs::remove_file(&flag).unwrap();
    let clean = || {
        let now = Census::take(fixture.state());
        (now.mounts, now.cgroups) == (before.mounts.clone(), before.cgroups.clone()) && now.processes.len() == before.processes.len()
    };
    assert!(comes_true(clean), "before:\n{before}\nafter:\n{}", Census::take(fixture.state()));
}

#[test]
fn a_request_fails() {
    if cfg!(debug_assertions) {
        try_one("launcher.request", "fail", "cannot take the step launcher.request");
    }
}

#[test]
fn it_is_killed_with_a_request() {
    if cfg!(debug_assertions) {
        try_one("launcher.request", "kill", "the launcher");
    }
}

#[test]
fn it_is_killed_before_its_answer() {
    if cfg!(debug_assertions) {
        try_one("launcher.answer", "kill", "the launcher");
    }
}

#[test]
fn it_ends_as_soon_as_it_begins() {
    if cfg!(debug_assertions) {
        try_one("launcher.begin", "fail", "the launcher");
        try_one("launcher.begin", "kill", "the launcher");
    }
}
