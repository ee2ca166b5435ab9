//! A health check and everything that it started end at its timeout, and when its container is
//! paused, stopped or restarted: hung ones do not accumulate.

use std::fs;

use crate::command::eventually;
use crate::fixture::{Container, Fixture};

/// Processes of the machine that run `command`, but for zombies.
fn running(command: &[&str]) -> usize {
    let wanted: Vec<u8> = command
        .iter()
        .flat_map(|word| [word.as_bytes(), b"\0"].concat())
        .collect();
    let entries = fs::read_dir("/proc").unwrap().flatten();
    entries
        .filter(|entry| fs::read(entry.path().join("cmdline")).is_ok_and(|line| line == wanted))
        .count()
}

/// A check that leaves a pipeline, a process of another session and an orphan behind, and hangs.
fn hung(seconds: &str) -> String {
    format!(
        "setsid sleep {seconds} & (sleep {seconds} &); (setsid sh -c 'sleep {seconds} & exit' &); sleep {seconds} | cat"
    )
}

fn detached<'a>(fixture: &'a Fixture, check: &str, args: &[&str]) -> Container<'a> {
    let health = [
        "--health-cmd",
        check,
        "--health-interval",
        "700ms",
        "--health-retries",
        "4",
    ];
    fixture.detached("sick", &[&health[..], args].concat())
}

const STUBBORN: [&str; 3] = ["sh", "-c", "trap '' TERM; while :; do sleep 1; done"];

#[test]
fn hung_health_checks_do_not_pile_up() {
    let fixture = Fixture::new();
    for (seconds, args) in [
        ("98001", &[][..]),
        ("98002", &["--userns", "auto"]),
        ("98003", &["--pid", "host"]),
    ] {
        let sick = detached(
            &fixture,
            &hung(seconds),
            &[args, &["sleep", "1000"]].concat(),
        );
        eventually("it is unhealthy", || {
            sick.info()["health"].as_str() == Some("unhealthy")
        });
        let left = running(&["sleep", seconds]);
        assert!(
            left <= 4,
            "{left} of four checks that hung are there: {args:?}"
        );
        sick.verb(&["destroy", "-f"]).ok();
        eventually("nothing of it is left", || {
            running(&["sleep", seconds]) == 0
        });
    }
}

#[test]
fn what_a_health_check_leaves_behind_ends_with_it() {
    let fixture = Fixture::new();
    let sick = detached(
        &fixture,
        "setsid sleep 98010 & echo x >> /count; exit 0",
        &["sleep", "1000"],
    );
    eventually("it ran four times", || {
        sick.exec("wc -l < /count")
            .stdout
            .trim()
            .parse::<u32>()
            .is_ok_and(|runs| runs > 3)
    });
    assert_eq!(sick.info()["health"], "healthy");
    assert!(running(&["sleep", "98010"]) <= 1);
    assert_eq!(
        running(&["sleep", "1000"]).min(1),
        1,
        "the container's own are not touched"
    );
}

#[test]
fn pausing_ends_a_health_check() {
    let fixture = Fixture::new();
    let sick = detached(&fixture, &hung("98020"), &["sleep", "1000"]);
    eventually("it hangs", || running(&["sleep", "98020"]) == 4);
    let before = sick.info()["health"].as_str().map(str::to_owned);
    sick.verb(&["pause"]).ok();
    eventually("it ends all the same", || running(&["sleep", "98020"]) == 0);
    // a slow machine may have found it wanting by then
    assert_eq!(
        (sick.state().as_str(), sick.info()["health"].as_str()),
        ("PAUSED", before.as_deref()),
        "a pause is no failure"
    );
    sick.verb(&["resume"]).ok();
    eventually("checks go on", || running(&["sleep", "98020"]) == 4);
}

#[test]
fn stopping_and_restarting_ends_a_health_check() {
    let fixture = Fixture::new();
    let sick = detached(&fixture, &hung("98030"), &STUBBORN);
    eventually("it hangs", || running(&["sleep", "98030"]) == 4);
    // it does not listen, and has a minute for it: its check has no part in that
    let mut stop = fixture
        .command(&["stop", "-t", "60", "sick"])
        .spawn()
        .unwrap();
    eventually("its check is over", || running(&["sleep", "98030"]) == 0);
    assert_eq!(sick.state(), "RUNNING");
    std::thread::sleep(crate::command::scale(std::time::Duration::from_millis(
        1500,
    )));
    assert_eq!(
        running(&["sleep", "98030"]),
        0,
        "none is begun while it is stopped"
    );
    sick.verb(&["stop", "-t", "0"]).ok();
    crate::command::wait(&mut stop, "stop");
    for _ in 0..3 {
        sick.verb(&["start"]).ok();
        eventually("it hangs", || running(&["sleep", "98030"]) == 4);
        sick.verb(&["restart", "-t", "0"]).ok();
        assert!(running(&["sleep", "98030"]) <= 4);
        sick.verb(&["stop", "-t", "0"]).ok();
        assert_eq!(running(&["sleep", "98030"]), 0);
    }
}
