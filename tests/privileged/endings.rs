//! Why containers end, in one sentence; their events in order; and many concurrent containers that
//! leave nothing behind.

use std::fs;
use std::time::Duration;

use serde_json::Value;

use crate::census::Census;
use crate::command::{eventually, scale};
use crate::fixture::Fixture;

/// The shell itself grows: a subshell could be chosen by the kernel again and again, and the shell
/// never end.
const GREEDY: &str = "a=$(printf %04000000d 0); while true; do a=\"$a$a\"; done";

#[test]
fn each_end_has_its_sentence() {
    let fixture = Fixture::new();
    let ended = |name: &str, args: &[&str]| {
        let run = fixture.minic(&[&["run", "--name", name], args].concat());
        let info = fixture.json(&["info", name])[0].clone();
        (
            info["cause"]["sentence"]
                .as_str()
                .unwrap_or_else(|| panic!("{run:?} {info}"))
                .to_owned(),
            info,
        )
    };
    assert_eq!(
        ended("fine", &["true"]).0,
        "Its command finished and exited with 0."
    );
    let (sentence, info) = ended(
        "three",
        &["sh", "-c", "echo first; echo last words; exit 3"],
    );
    assert_eq!(sentence, "Its command exited with code 3.");
    assert_eq!(
        info["last_lines"],
        serde_json::json!(["first", "last words"])
    );
    assert_eq!(
        ended("crash", &["sh", "-c", "kill -SEGV $$"]).0,
        "SIGSEGV (signal 11) ended it: its command crashed."
    );
    let (sentence, _) = ended("inside", &["sh", "-c", "kill -KILL $$"]);
    assert!(
        sentence
            .starts_with("SIGKILL (signal 9) ended it: sent from inside, or by another program"),
        "{sentence}"
    );

    let stopped = fixture.detached("stopped", &["sleep", "1000"]);
    stopped.verb(&["stop", "-t", "0"]).ok();
    assert!(
        stopped.info()["cause"]["sentence"]
            .as_str()
            .unwrap()
            .ends_with("ended it, sent by minic-tui."),
        "{}",
        stopped.info()
    );

    let oom = fixture.minic(&["run", "--name", "oom", "--memory", "16", "sh", "-c", GREEDY]);
    assert_eq!(oom.code, Some(137), "{oom:?}");
    let info = fixture.json(&["info", "oom"])[0].clone();
    let sentence = info["cause"]["sentence"].as_str().unwrap();
    assert!(
        sentence.starts_with("Out of memory (OOM)") && sentence.ends_with("its limit is 16.0M."),
        "{sentence}"
    );
    assert!(info["cause"]["peak"].as_u64().unwrap() > 8 << 20, "{info}");

    let failed = fixture.minic(&["create", "--name", "failed", "--workdir", "/nosuch", "true"]);
    failed.ok();
    fixture.minic(&["start", "failed"]);
    let info = fixture.json(&["info", "failed"])[0].clone();
    let sentence = info["cause"]["sentence"].as_str().unwrap();
    assert!(
        sentence.starts_with(
            "It never started: cannot enter the working directory \"/nosuch\": No such file"
        ),
        "{sentence}"
    );
    assert_eq!(info["cause"]["errno"], 2);
}

#[test]
fn another_boot_is_the_end_of_what_ran() {
    let fixture = Fixture::new();
    let one = fixture.detached("one", &["sleep", "1000"]);
    let file = std::path::Path::new(one.info()["folder"].as_str().unwrap()).join("state.json");
    let mut state: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let (init, supervisor) = (
        one.pid(),
        state["supervisor"]["pid"].as_i64().unwrap() as i32,
    );
    // as a crash of the machine leaves it: no process, no cgroup, and a record that says it runs
    for pid in [supervisor, init] {
        let _ = nix::sys::signal::kill(
            nix::unistd::Pid::from_raw(pid),
            nix::sys::signal::Signal::SIGKILL,
        );
    }
    eventually("both are gone", || {
        !fs::exists(format!("/proc/{init}/root/bin")).unwrap_or(false)
    });
    for process in [vec!["status", "process"], vec!["supervisor"]] {
        let place = process
            .iter()
            .fold(&mut state, |value, key| &mut value[*key]);
        place["boot_id"] = "00000000-0000-0000-0000-000000000000".into();
        place["pid"] = 1.into();
    }
    fs::write(&file, serde_json::to_vec(&state).unwrap()).unwrap();
    let info = one.info();
    assert_eq!(
        (info["state"].as_str(), info["cause"]["kind"].as_str()),
        (Some("STOPPED"), Some("lost")),
        "{info}"
    );
    one.verb(&["start"]).ok();
    assert_eq!(one.state(), "RUNNING");
}

#[test]
fn events_tell_everything_that_happens() {
    let fixture = Fixture::new();
    let one = fixture.detached("one", &["--cpus", "1", "sleep", "1000"]);
    one.verb(&["update", "--cpus", "0.5"]).ok();
    one.verb(&["pause"]).ok();
    one.verb(&["resume"]).ok();
    fixture.minic(&["rename", "one", "two"]).ok();
    fixture.minic(&["restart", "-t", "0", "two"]).ok();
    fixture.minic(&["stop", "-t", "0", "two"]).ok();
    fixture.minic(&["destroy", "two"]).ok();
    fixture.minic(&["run", "--name", "oom", "--memory", "16", "sh", "-c", GREEDY]);
    let lines = fixture.minic(&["events", "--json"]).ok();
    let events: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of = |name: &str| {
        events
            .iter()
            .filter(|e| e["name"] == name)
            .map(|e| e["event"].as_str().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        of("one"),
        ["created", "started", "limits changed", "paused", "resumed"]
    );
    assert_eq!(
        of("two"),
        ["renamed", "died", "restarted", "died", "destroyed"]
    );
    assert_eq!(of("oom"), ["created", "started", "oom", "died"]);
    let renamed = events.iter().find(|e| e["event"] == "renamed").unwrap();
    assert_eq!(renamed["detail"], "was one");
    let changed = events
        .iter()
        .find(|e| e["event"] == "limits changed")
        .unwrap();
    assert_eq!(changed["detail"], "cpu 100% of a core → 50% of a core");
    let last = events.last().unwrap()["at"].as_str().unwrap();
    assert_eq!(
        fixture
            .minic(&["events", "--since", last])
            .ok()
            .lines()
            .count(),
        1
    );
    assert!(
        fixture
            .minic(&["events", "--since", "1h"])
            .ok()
            .lines()
            .count()
            >= events.len()
    );
}

#[test]
fn two_hundred_containers_at_once_leave_nothing() {
    let fixture = Fixture::new();
    let mounts = || {
        fs::read_to_string("/proc/self/mountinfo")
            .unwrap()
            .lines()
            .filter(|l| l.contains("minic-test"))
            .count()
    };
    // what made the image has a supervisor, which ends a moment after it
    fixture.is_clean();
    let before = (
        Census::take(fixture.state()),
        fs::read_dir("/proc/self/fd").unwrap().count(),
    );
    // an emulated machine, where a command takes half a second, does a tenth of it
    let rounds = if scale(Duration::from_secs(1)) > Duration::from_secs(1) {
        3
    } else {
        25
    };
    std::thread::scope(|scope| {
        for worker in 0..8 {
            let fixture = &fixture;
            scope.spawn(move || {
                for round in 0..rounds {
                    let name = format!("w{worker}-{round}");
                    fixture
                        .minic(&["create", "--name", &name, "sleep", "1000"])
                        .ok();
                    fixture.minic(&["start", &name]).ok();
                    fixture.minic(&["stop", "-t", "0", &name]).ok();
                    fixture.minic(&["destroy", &name]).ok();
                }
            });
        }
    });
    assert!(fixture.list().is_empty());
    fixture.is_clean();
    let is_zombie = |entry: &fs::DirEntry| {
        let status = fs::read_to_string(entry.path().join("status")).unwrap_or_default();
        status.contains("State:\tZ") && status.contains(&format!("PPid:\t{}\n", std::process::id()))
    };
    // other tests of this process wait for theirs
    eventually("no zombie of ours is left", || {
        fs::read_dir("/proc")
            .unwrap()
            .flatten()
            .filter(is_zombie)
            .count()
            == 0
    });
    assert_eq!(mounts(), 0);
    let after = (
        Census::take(fixture.state()),
        fs::read_dir("/proc/self/fd").unwrap().count(),
    );
    assert_eq!(before.0, after.0);
    // other tests of this process open and close files meanwhile; two hundred of them would show
    assert!(
        after.1 < before.1 + 100,
        "descriptors: {} then {}",
        before.1,
        after.1
    );
}
