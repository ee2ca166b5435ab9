//! SIGKILL of any of our processes leaves only what the next command repairs or removes.

use std::path::Path;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::census::Census;
use crate::command::eventually;
use crate::fixture::Fixture;

/// The processes that watch the containers of `fixture`: they hold the logs and are in no
/// container.
fn supervisors(fixture: &Fixture) -> Vec<i32> {
    let found = Census::take(fixture.state()).processes;
    found
        .into_iter()
        .filter(|(_, title)| title.contains("supervisor"))
        .map(|(pid, _)| pid)
        .collect()
}

#[test]
fn a_container_outlives_its_caller() {
    let fixture = Fixture::new();
    let mut client = fixture.command(&["run", "--name", "one", "sleep", "1000"]);
    let mut client = client.stdin(std::process::Stdio::null()).spawn().unwrap();
    eventually("it runs", || {
        fixture
            .list()
            .iter()
            .any(|container| container["state"] == "RUNNING")
    });
    client.kill().unwrap();
    client.wait().unwrap();
    assert_eq!(fixture.json(&["info", "one"])[0]["state"], "RUNNING");
    fixture.minic(&["stop", "-t", "0", "one"]).ok();
}

#[test]
fn a_killed_supervisor_is_noticed_and_cleaned_up() {
    let fixture = Fixture::new();
    let one = fixture.detached("one", &["sleep", "1000"]);
    let pids = supervisors(&fixture);
    assert_eq!(pids.len(), 1, "one supervisor a container");
    kill(Pid::from_raw(pids[0]), Signal::SIGKILL).unwrap();
    eventually("it is gone", || supervisors(&fixture).is_empty());
    // Alive or lost: never a state that is not so.
    let info = one.info();
    let alive = Census::take(fixture.state())
        .processes
        .iter()
        .any(|(_, title)| title.contains("sleep"));
    assert_eq!(info["state"] == "RUNNING", alive, "{info}");
    one.verb(&["destroy", "-f"]).ok();
    fixture.is_clean();
}

#[test]
fn a_container_killed_with_its_supervisor_is_lost() {
    let fixture = Fixture::new();
    let one = fixture.detached("one", &["sleep", "1000"]);
    let init = one.pid();
    for pid in supervisors(&fixture) {
        kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
    }
    let _ = kill(Pid::from_raw(init), Signal::SIGKILL); // it may have died with its supervisor
    one.ends();
    assert_eq!(one.info()["cause"]["kind"], "lost");
    one.verb(&["start"]).ok();
    assert_eq!(one.state(), "RUNNING", "what is lost can be started again");
}

/// Its caller and its supervisor were killed after they had made its cgroups.
#[test]
fn the_cgroups_of_an_abandoned_start_go_with_its_record() {
    if cfg!(not(debug_assertions)) {
        return; // faults are absent
    }
    let fixture = Fixture::new();
    let other = fixture.detached("other", &["--cpuset-cpus", "0", "sleep", "1000"]);
    let (info, others) = (other.info(), fixture.list().len());
    let flag = fixture.state().join("fault");
    std::fs::write(&flag, [0]).unwrap();
    let fault = format!("start.order=kill:{}", flag.display());
    let mut run = fixture.command(&["run", "-d", "--name", "one", "sleep", "1000"]);
    assert!(!run.env("MINIC_FAULT", fault).status().unwrap().success());
    let containers = std::fs::read_dir(fixture.state().join("containers")).unwrap();
    let mut names = containers.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let id = names
        .find(|name| !name.starts_with('.') && info["id"] != name.as_str())
        .unwrap();
    let folders: Vec<_> = info["cgroups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|folder| Path::new(folder.as_str().unwrap()).with_file_name(&id))
        .collect();
    for folder in &folders {
        std::fs::create_dir(folder).unwrap();
    }
    assert_eq!(fixture.list().len(), others, "it is destroyed");
    let left: Vec<_> = folders.iter().filter(|folder| folder.exists()).collect();
    assert!(left.is_empty(), "{left:?}");
    other.verb(&["destroy", "-f"]).ok();
    fixture.is_clean();
}
