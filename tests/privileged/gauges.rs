//! From the screen to the kernel: limits moved by their handles, the trash, the times of a launch;
//! and line output instead of a screen.

use std::fs;
use std::process::Stdio;

use serde_json::Value;

use crate::command::eventually;
use crate::fixture::Fixture;
use crate::screen::{open, row};

#[test]
fn the_handle_of_a_gauge_moves_the_kernels_limit() {
    let fixture = Fixture::new();
    let web = fixture.detached("web", &["--memory", "64", "--cpu", "512", "sleep", "1000"]);
    let limits = |figure: &str| web.info()["limits"][figure].clone();
    let memory = || {
        web.cgroup_file(&["memory.limit_in_bytes", "memory.max"])
            .trim()
            .to_owned()
    };
    let tmux = open(&fixture, 120, 40);
    tmux.wait_for("web");
    assert_eq!(memory(), "67108864");
    tmux.press(&["="]);
    tmux.press(&["F8"]);
    eventually("the kernel has the new limit", || memory() == "75497472");
    tmux.wait_for("memory 64.0M → 72.0M");
    tmux.wait_until("the gauge says so", |screen| {
        row(screen, "web").is_some_and(|row| row.contains("/72.0M"))
    });
    assert_eq!(limits("memory"), 75_497_472, "and so does its record");
    tmux.press(&["u"]);
    eventually("it is taken back", || memory() == "67108864");
    tmux.press(&["="]);
    tmux.press(&["F7"]);
    tmux.wait_until("the cap is lower", |screen| {
        row(screen, "web").is_some_and(|row| row.contains("/45%"))
    });
    // what somebody else sets meanwhile is not taken back
    fixture.minic(&["update", "--cpus", "0.3", "web"]).ok();
    tmux.press(&["u"]);
    tmux.wait_for("not undone: its cpu limit was changed meanwhile to 30%");
    let cap = web.cgroup_file(&["cpu.cfs_quota_us", "cpu.max"]);
    assert!(cap.starts_with("30000"), "{cap}");
    tmux.press(&["q"]);
    tmux.wait_for("prompt$");
}

#[test]
fn a_destroyed_container_can_be_restored_until_the_trash_is_emptied() {
    let fixture = Fixture::new();
    let web = fixture.detached(
        "web",
        &["sh", "-c", "echo kept > /root/kept; exec sleep 1000"],
    );
    let id = web.id();
    let tmux = open(&fixture, 120, 40);
    tmux.wait_for("web");
    tmux.press(&["D"]);
    eventually("it is out of the list", || fixture.list().is_empty());
    tmux.wait_for("u brings it back");
    tmux.press(&["u"]);
    eventually("it is back, and runs as it did", || {
        fixture
            .list()
            .iter()
            .any(|container| container["state"] == "RUNNING")
    });
    tmux.wait_until("on the screen too", |screen| {
        row(screen, "web").is_some_and(|row| row.contains("RUNNING"))
    });
    assert_eq!(web.exec("cat /root/kept").ok(), "kept\n", "with its files");
    tmux.press(&["D"]);
    eventually("it is out of the list again", || fixture.list().is_empty());
    tmux.press(&["q"]);
    tmux.wait_for("prompt$");

    let trash = fixture.state().join("trash");
    let entries = || fs::read_dir(&trash).map_or(0, Iterator::count);
    fixture.minic(&["list"]).ok();
    assert_eq!(entries(), 1, "it is kept for some minutes, whoever looks");
    // the minutes pass
    let name = fs::read_dir(&trash)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    fs::rename(&name, trash.join(format!("1000000000-{id}"))).unwrap();
    fixture.minic(&["list"]).ok();
    assert_eq!(entries(), 0);
}

#[test]
fn prune_empties_the_trash_at_once() {
    let fixture = Fixture::new();
    fixture.detached("web", &["sleep", "1000"]);
    let tmux = open(&fixture, 80, 24);
    tmux.wait_for("web");
    tmux.press(&["D"]);
    eventually("it is in the trash", || fixture.list().is_empty());
    tmux.press(&["q"]);
    tmux.wait_for("prompt$");
    fixture.minic(&["prune", "-f"]).ok();
    assert_eq!(
        fs::read_dir(fixture.state().join("trash")).unwrap().count(),
        0
    );
    fixture.is_clean();
}

/// The steps of the last launch of the container in `folder`, and when each was done.
fn launch_steps(fixture: &Fixture, id: &str) -> Vec<(String, u64)> {
    let state = fs::read(
        fixture
            .state()
            .join("containers")
            .join(id)
            .join("state.json"),
    )
    .unwrap();
    let state: Value = serde_json::from_slice(&state).unwrap();
    let steps = state["launch"].as_array().unwrap().iter();
    steps
        .map(|step| {
            (
                step["name"].as_str().unwrap().to_owned(),
                step["done_usec"].as_u64().unwrap(),
            )
        })
        .collect()
}

#[test]
fn the_steps_of_a_launch_are_timed_in_order() {
    let fixture = Fixture::new();
    let web = fixture.detached("web", &["sleep", "1000"]);
    let steps = launch_steps(&fixture, &web.id());
    assert!(steps.is_sorted_by_key(|(_, done)| *done), "{steps:?}");
    for expected in [
        "make the cgroups and write their limits",
        "clone into new namespaces",
        "mount the root filesystem and pivot",
    ] {
        assert!(
            steps.iter().any(|(name, _)| name == expected),
            "{expected}: {steps:?}"
        );
    }
    assert_eq!(steps.last().unwrap().0, "execute the command");
    // one that cannot be executed came as far as that
    let bad = fixture.minic(&["create", "nosuch"]).ok();
    assert_eq!(fixture.minic(&["start", bad.trim()]).code, Some(127));
    let failed = launch_steps(&fixture, bad.trim());
    assert!(
        failed
            .iter()
            .any(|(name, _)| name == "mount the root filesystem and pivot"),
        "{failed:?}"
    );
    assert!(
        failed.iter().all(|(name, _)| name != "execute the command"),
        "{failed:?}"
    );
    let tmux = open(&fixture, 120, 40);
    tmux.press(&["w"]);
    tmux.wait_for("The launch of web took");
    tmux.press(&["Escape"]);
    // Escape and a key right after it are Alt and that key
    tmux.wait_until("the card is closed", |screen| {
        !screen.contains("The launch of web took")
    });
    tmux.press(&["q"]);
    tmux.wait_for("prompt$");
}

#[test]
fn the_card_says_why_it_died() {
    let fixture = Fixture::new();
    let tmux = open(&fixture, 120, 40);
    fixture.detached(
        "doomed",
        &["sh", "-c", "echo its last words; sleep 1; exit 3"],
    );
    tmux.wait_for("doomed died: exited 3");
    tmux.press(&["i"]);
    tmux.wait_for("its last words");
    tmux.wait_for("Its command exited with code 3.");
    tmux.press(&["Escape"]);
    tmux.press(&["q"]);
    tmux.wait_for("prompt$");
}

#[test]
fn plain_output_ends_when_its_reader_does() {
    let fixture = Fixture::new();
    fixture.detached("web", &["--memory", "64", "sleep", "1000"]);
    let mut plain = fixture
        .command(&["--plain"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(plain.stdout.take().unwrap()));
    let mut next = || lines.next().unwrap().unwrap();
    assert!(next().starts_with("Host: "));
    let line = next();
    assert!(
        line.starts_with("web: RUNNING for ") && line.contains("limit 64.0M"),
        "{line}"
    );
    fixture.minic(&["stop", "-t", "0", "web"]).ok();
    let line = next();
    assert!(line.contains(" web: STOPPED. "), "{line}");
    drop(lines);
    eventually("it ends when nobody reads it", || {
        plain.try_wait().unwrap().is_some()
    });
}
