//! Concurrency: many callers on five names, and many containers killed at random together with
//! their supervisors.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::command::comes_true;
use crate::fixture::Fixture;
use crate::truth::lies;

const CALLERS: u64 = 50;
const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];

/// A figure that a longer run sets: `MINIC_CROWD_SECONDS=60`, `MINIC_MASS=1000`.
fn asked(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(otherwise)
}

/// Numbers that look random; the same every time for one seed.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }
}

/// What the log of events says that cannot have been, with every container's state as of its last
/// event.
fn events(fixture: &Fixture) -> (BTreeMap<String, &'static str>, Vec<String>) {
    let (mut states, mut wrong) = (BTreeMap::new(), Vec::new());
    let read = |name: &str| std::fs::read_to_string(fixture.state().join(name)).unwrap_or_default();
    let text = read("events.jsonl.1") + &read("events.jsonl");
    for line in text.lines() {
        let event: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let (id, word) = (
            event["id"].as_str().unwrap().to_owned(),
            event["event"].as_str().unwrap(),
        );
        let before = states.get(&id).copied().unwrap_or("none");
        let after = match (before, word) {
            ("none", "created") | ("alive", "died") => "idle",
            // one that could not be started
            ("idle", "died") => "idle",
            ("idle", "started" | "restarted") => "alive",
            ("idle", "destroyed") => "destroyed",
            _ => {
                wrong.push(format!("{id}: {word} after {before}"));
                before
            }
        };
        states.insert(id, after);
    }
    (states, wrong)
}

#[test]
fn fifty_callers_on_five_names_lose_no_container() {
    let fixture = Fixture::new();
    let until = Instant::now() + Duration::from_secs(asked("MINIC_CROWD_SECONDS", 10));
    // made and not destroyed: as many must be there in the end
    let (there, done) = (AtomicI64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        for caller in 1..=CALLERS {
            let (fixture, there, done) = (&fixture, &there, &done);
            scope.spawn(move || {
                let mut dice = Dice(caller.wrapping_mul(0x9e37_79b9_7f4a_7c15));
                while Instant::now() < until {
                    let name = NAMES[dice.throw(NAMES.len())];
                    let args: &[&str] = match dice.throw(8) {
                        0 => &["create", "--name", name, "sleep", "1000"],
                        1 | 2 => &["start", name],
                        3 => &["stop", "-t", "0", name],
                        4 => &["exec", name, "true"],
                        5 => &["destroy", "-f", name],
                        6 => &["list"],
                        _ => &["run", "-d", "--name", name, "sleep", "1000"],
                    };
                    // it fails by itself when it does not end
                    let outcome = fixture.minic(args);
                    done.fetch_add(1, Ordering::Relaxed);
                    let (code, told) = (outcome.code, &outcome.stderr);
                    assert!(
                        matches!(code, Some(0 | 1 | 125 | 137)) && told.lines().count() <= 1,
                        "{args:?}: {outcome:?}"
                    );
                    assert!(!told.contains("internal error"), "{args:?}: {outcome:?}");
                    assert!(
                        args[0] != "list" || code == Some(0),
                        "the list is always there: {outcome:?}"
                    );
                    match args[0] {
                        "create" | "run" if code == Some(0) => there.fetch_add(1, Ordering::SeqCst),
                        "destroy" if code == Some(0) => there.fetch_sub(1, Ordering::SeqCst),
                        _ => 0,
                    };
                }
            });
        }
    });
    assert!(
        comes_true(|| lies(&fixture).is_empty()),
        "{:?}",
        lies(&fixture)
    );
    let listed = fixture.list();
    assert_eq!(
        i64::try_from(listed.len()).unwrap(),
        there.load(Ordering::SeqCst),
        "{} commands: {listed:?}",
        done.load(Ordering::Relaxed)
    );
    // what was told, in its order, is a life for each: created, then started and died in turns,
    // then destroyed, and nothing after that
    let told = || {
        let (states, mut wrong) = events(&fixture);
        let running = |id: &str| {
            fixture
                .list()
                .iter()
                .find(|c| c["id"] == id)
                .map(|c| c["state"] == "RUNNING")
        };
        wrong.extend(
            states
                .iter()
                .filter_map(|(id, state)| match (*state, running(id)) {
                    ("alive", Some(true)) | ("idle", Some(false)) | ("destroyed", None) => None,
                    (state, listed) => Some(format!(
                        "{id}: {state} by its events, running by the list: {listed:?}"
                    )),
                }),
        );
        (states.len(), wrong)
    };
    assert!(comes_true(|| told().1.is_empty()), "{:?}", told());
    println!(
        "{} commands, {} containers, {} are left",
        done.load(Ordering::Relaxed),
        told().0,
        listed.len()
    );
    for container in listed {
        fixture
            .minic(&["destroy", "-f", container["id"].as_str().unwrap()])
            .ok();
    }
    fixture.minic(&["list"]).ok();
    fixture.is_clean();
}

#[test]
fn a_mass_killed_at_random_leaves_nothing() {
    let fixture = Fixture::new();
    let count = asked("MINIC_MASS", 60);
    thread::scope(|scope| {
        for worker in 0..4 {
            let fixture = &fixture;
            scope.spawn(move || {
                let mut dice = Dice(worker + 1);
                for n in (worker..count).step_by(4) {
                    let name = format!("m{n}");
                    let mut caller =
                        fixture.command(&["run", "-d", "--name", &name, "sleep", "1000"]);
                    let mut caller = caller
                        .stdin(Stdio::null())
                        .stdout(Stdio::null())
                        .stderr(Stdio::null())
                        .spawn()
                        .unwrap();
                    if dice.throw(4) == 0 {
                        // the caller itself, somewhere in the middle
                        thread::sleep(Duration::from_millis(dice.throw(20) as u64));
                        caller.kill().unwrap();
                    }
                    caller.wait().unwrap();
                }
            });
        }
    });
    let mut dice = Dice(7);
    let supervisors = fixture.supervisors();
    let inits: Vec<i32> = fixture
        .list()
        .iter()
        .filter_map(|c| c["pid"].as_i64())
        .map(|pid| pid as i32)
        .collect();
    assert!(!supervisors.is_empty() && !inits.is_empty());
    for pid in supervisors
        .iter()
        .chain(&inits)
        .filter(|_| dice.throw(3) > 0)
    {
        let _ = kill(Pid::from_raw(*pid), Signal::SIGKILL);
    }
    assert!(
        comes_true(|| lies(&fixture).is_empty()),
        "{:?}",
        lies(&fixture)
    );
    let ids: Vec<String> = fixture
        .list()
        .iter()
        .map(|c| c["id"].as_str().unwrap().to_owned())
        .collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    for some in ids.chunks(50) {
        fixture.minic(&[&["destroy", "-f"], some].concat()).ok();
    }
    fixture.minic(&["gc"]).ok();
    println!(
        "{count} callers, {} supervisors and {} inits to kill, {} containers destroyed",
        supervisors.len(),
        inits.len(),
        ids.len()
    );
    assert!(fixture.list().is_empty());
    fixture.is_clean();
}
