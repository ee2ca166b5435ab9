//! `check`: the host is described, the proofs measure what they report, and nothing of them is
//! left, however they end.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::command::{comes_true, eventually, finish, wait};
use crate::fixture::Fixture;

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// `check --json`, running on.
fn start(fixture: &Fixture) -> Child {
    fixture
        .command(&["check", "--json"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The running container whose name begins so, when there is one.
fn running(fixture: &Fixture, begins: &str) -> Option<Value> {
    let is_it = |one: &Value| {
        one["state"] == "RUNNING" && one["name"].as_str().unwrap().starts_with(begins)
    };
    fixture.list().into_iter().find(is_it)
}

fn proof<'a>(report: &'a Value, what: &str) -> &'a Value {
    let proofs = report["proofs"]
        .as_array()
        .unwrap_or_else(|| panic!("no proofs: {report}"));
    proofs
        .iter()
        .find(|proof| proof["what"] == what)
        .unwrap_or_else(|| panic!("no {what}: {report}"))
}

fn measured(proof: &Value, figure: &str) -> f64 {
    let measures = proof["measures"].as_array().unwrap();
    let found = measures
        .iter()
        .find(|measure| measure["figure"] == figure)
        .and_then(|measure| measure["measured"].as_f64());
    found.unwrap_or_else(|| panic!("no {figure}: {proof}"))
}

#[test]
fn limits_are_proven_and_nothing_stays() {
    let fixture = Fixture::new();
    let outcome = fixture.minic(&["check", "--json"]);
    let report = parse(&outcome.stdout);
    let proofs = report["proofs"].as_array().unwrap();
    assert_eq!(proofs.len(), 4, "{report}");
    // a host with more to do than it can may leave some unclear, never wrong
    assert!(
        proofs.iter().all(|proof| proof["verdict"] != "failed"),
        "{report}"
    );
    let ok = proofs.iter().all(|proof| proof["verdict"] == "ok");
    assert_eq!(
        (outcome.code, &report["ok"]),
        (Some(i32::from(!ok)), &Value::Bool(ok)),
        "{report}"
    );
    assert!(measured(proof(&report, "CPU limit"), "CPU time") < 27.0);
    for what in ["memory limit", "CPU and memory"] {
        assert_eq!(
            measured(proof(&report, what), "limit in force"),
            f64::from(64 << 20)
        );
    }
    assert_eq!(fixture.list(), Vec::<Value>::new());
    fixture.is_clean();
}

#[test]
fn a_limit_that_does_not_hold_is_found() {
    let fixture = Fixture::new();
    let mut check = start(&fixture);
    let mut found = None;
    let appeared = comes_true(|| {
        found = running(&fixture, "check-cpu-limit-");
        found.is_some()
    });
    assert!(appeared, "check-cpu-limit never ran");
    // behind the manager's back the cap is taken away
    let info = fixture.json(&["info", found.unwrap()["id"].as_str().unwrap()]);
    let folders = info[0]["cgroups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|folder| Path::new(folder.as_str().unwrap()));
    let files = folders.flat_map(|folder| {
        [
            (folder.join("cpu.cfs_quota_us"), "-1"),
            (folder.join("cpu.max"), "max"),
        ]
    });
    let (file, value) = files.into_iter().find(|(file, _)| file.exists()).unwrap();
    fs::write(file, value).unwrap();
    let code = wait(&mut check, "check");
    let report = parse(&std::io::read_to_string(check.stdout.take().unwrap()).unwrap());
    assert_eq!(
        (code, &report["ok"], &proof(&report, "CPU limit")["verdict"]),
        (Some(1), &Value::Bool(false), &"failed".into()),
        "{report}"
    );
}

#[test]
fn an_interrupt_ends_it_and_destroys_its_container() {
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        let fixture = Fixture::new();
        let mut check = start(&fixture);
        eventually("a container runs", || running(&fixture, "check-").is_some());
        kill(Pid::from_raw(check.id().cast_signed()), signal).unwrap();
        assert_eq!(wait(&mut check, "an interrupted check"), Some(code));
        assert_eq!(fixture.list(), Vec::<Value>::new());
        fixture.is_clean();
    }
}

#[test]
fn what_a_killed_check_left_is_removed_by_the_next() {
    let fixture = Fixture::new();
    // the user's own, whatever its name
    let own = fixture.detached("check-cpu-use-1", &["sleep", "1000"]);
    let mut check = start(&fixture);
    let of_the_check = |one: &Value| {
        one["name"].as_str().unwrap().starts_with("check-") && one["name"] != own.name.as_str()
    };
    let theirs = || fixture.list().into_iter().find(of_the_check);
    eventually("a container runs", || {
        theirs().is_some_and(|one| one["state"] == "RUNNING")
    });
    check.kill().unwrap();
    wait(&mut check, "a killed check");
    let left = theirs().expect("nobody could destroy it")["id"].clone();
    let mut next = start(&fixture);
    eventually("it is removed", || {
        fixture.list().iter().all(|one| one["id"] != left)
    });
    kill(Pid::from_raw(next.id().cast_signed()), Signal::SIGINT).unwrap();
    wait(&mut next, "an interrupted check");
    assert_eq!(own.state(), "RUNNING");
    assert_eq!(fixture.list().len(), 1);
}

#[test]
fn reading_the_host_facts_changes_nothing() {
    let fixture = Fixture::new();
    let state = fixture.state().join("not-yet");
    let before = fs::read_dir(fixture.state()).unwrap().count();
    let mut command = Command::new(env!("CARGO_BIN_EXE_minic-tui"));
    let outcome = finish(
        command
            .arg("--state")
            .arg(&state)
            .args(["check", "--quick", "--json"]),
        "",
    );
    let report = parse(&outcome.stdout);
    assert!(
        report["proofs"].is_null() && outcome.stderr.is_empty(),
        "{outcome:?}"
    );
    // this host runs containers, or the fixture would have failed
    assert_eq!(
        (outcome.code, &report["ok"]),
        (Some(0), &Value::Bool(true)),
        "{report}"
    );
    let host = report["host"].as_array().unwrap();
    let row = |what: &str| {
        host.iter()
            .find(|row| row["what"] == what)
            .unwrap_or_else(|| panic!("no {what}: {report}"))
    };
    assert!(
        row("kernel")["detail"].as_str().unwrap().contains(
            fs::read_to_string("/proc/sys/kernel/osrelease")
                .unwrap()
                .trim()
        )
    );
    assert_eq!(
        [row("overlayfs"), row("cgroup cpu"), row("cgroup memory")]
            .map(|row| row["verdict"].clone()),
        ["ok"; 3].map(Value::from)
    );
    for row in host {
        assert_eq!(
            row["verdict"] == "ok",
            row["consequence"].is_null(),
            "{row}"
        );
    }
    assert_eq!(
        fs::read_dir(fixture.state()).unwrap().count(),
        before,
        "a folder was left"
    );
    assert!(
        !cgroup_left(Path::new("/sys/fs/cgroup"), "minic-check-"),
        "a cgroup was left"
    );
}

/// Whether a cgroup whose name begins so is below `folder`, one tree deep.
fn cgroup_left(folder: &Path, begins: &str) -> bool {
    let entries = || fs::read_dir(folder).into_iter().flatten().flatten();
    let below =
        entries().flat_map(|tree| fs::read_dir(tree.path()).into_iter().flatten().flatten());
    below
        .chain(entries())
        .any(|entry| entry.file_name().to_string_lossy().starts_with(begins))
}
