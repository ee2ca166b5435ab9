//! Waiting times: the grace of a stop, and the back-off before a restart. The configured time is
//! compared with the recorded one; nothing is timed.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::command::{comes_true, eventually};
use crate::fixture::{Container, Fixture};

/// One that goes on for nine seconds after it was asked to end, and says so when it is left to: in
/// the file that is returned, and by its exit code.
#[track_caller]
fn reluctant(fixture: &Fixture) -> (Container<'_>, PathBuf) {
    let script = "trap 'sleep 9; touch /outlived; exit 7' TERM; touch /ready; while :; do sleep 1000 & wait $!; done";
    let container = fixture.detached("reluctant", &["sh", "-c", script]);
    let layer = fixture
        .state()
        .join("containers")
        .join(container.id())
        .join("upper");
    eventually("its trap is set", || layer.join("ready").exists());
    (container, layer.join("outlived"))
}

#[test]
fn who_outlives_its_grace_is_killed() {
    let fixture = Fixture::new();
    let (container, outlived) = reluctant(&fixture);
    // five times as long would be longer than it goes on
    container.verb(&["stop", "-t", "2"]).ok();
    assert!(!outlived.exists(), "its supervisor let it go on");
    assert_eq!(container.info()["exit_code"], 137);
}

#[test]
fn without_a_supervisor_the_grace_is_the_same() {
    let fixture = Fixture::new();
    let (container, outlived) = reluctant(&fixture);
    for supervisor in fixture.supervisors() {
        kill(Pid::from_raw(supervisor), Signal::SIGKILL).unwrap();
    }
    assert!(comes_true(|| fixture.supervisors().is_empty()));
    container.verb(&["stop", "-t", "2"]).ok();
    assert!(!outlived.exists(), "without a supervisor it went on");
    assert_eq!(container.state(), "STOPPED");
}

/// What happened, with when.
fn happened(fixture: &Fixture) -> Vec<(String, Duration)> {
    let text = fs::read_to_string(fixture.state().join("events.jsonl")).unwrap();
    let parsed = text.lines().map(|line| {
        let event: Value = serde_json::from_str(line).unwrap();
        let at: jiff::Timestamp = event["at"].as_str().unwrap().parse().unwrap();
        (
            event["event"].as_str().unwrap().to_owned(),
            Duration::from_nanos(u64::try_from(at.as_nanosecond()).unwrap()),
        )
    });
    parsed.collect()
}

/// A back-off is at least as long as it is meant to be, however slow the machine: the last of these
/// are longer than a launch takes anywhere.
#[test]
fn a_restart_waits_for_its_back_off() {
    let fixture = Fixture::new();
    let flaky = fixture.detached(
        "flaky",
        &["--restart", "on-failure:6", "sh", "-c", "exit 3"],
    );
    eventually("it was started again six times", || {
        flaky.info()["restarts"].as_u64() == Some(6) && flaky.state() == "STOPPED"
    });
    let events = happened(&fixture);
    let times = |word: &str| -> Vec<Duration> {
        events
            .iter()
            .filter(|(event, _)| event == word)
            .map(|(_, at)| *at)
            .collect()
    };
    let restarted = times("restarted");
    // the fixture's own container comes before, and is never started again
    let died = times("died");
    let died = &died[died.len() - 7..];
    assert_eq!(restarted.len(), 6, "{events:?}");
    for (index, (ended, again)) in died.iter().zip(&restarted).enumerate() {
        let meant = Duration::from_millis(100 << index);
        // the clock of the events may be set a little meanwhile
        assert!(
            *again - *ended >= meant.mul_f64(0.9),
            "restart {index} came too soon: after {:?} of {meant:?}",
            *again - *ended
        );
    }
}

/// Two restarts in a row are allowed; its second run is long enough for those before not to count.
#[test]
fn who_ran_for_a_while_begins_anew() {
    let fixture = Fixture::new();
    let script = "n=$(cat /runs 2>/dev/null || echo 0); echo $((n + 1)) > /runs; [ $n = 1 ] && sleep 11; exit 3";
    let flaky = fixture.detached("flaky", &["--restart", "on-failure:2", "sh", "-c", script]);
    let runs = fixture
        .state()
        .join("containers")
        .join(flaky.id())
        .join("upper/runs");
    eventually("it is given up", || {
        let info = flaky.info();
        info["state"] == "STOPPED"
            && info["supervisor"].is_null()
            && fixture.supervisors().is_empty()
    });
    assert_eq!(
        (
            fs::read_to_string(runs).unwrap().trim(),
            flaky.info()["restarts"].as_u64()
        ),
        ("4", Some(3)),
        "once before its long run, and twice after it"
    );
}
