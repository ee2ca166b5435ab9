//! A foreground `run` behaves like the command itself: output, input, signals, exit code.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::command::{eventually, finish, wait};
use crate::fixture::Fixture;

#[test]
fn hello_world_and_nothing_else() {
    let fixture = Fixture::new();
    let outcome = fixture.minic(&["run", "/bin/echo", "Hello World"]);
    assert_eq!(
        (
            outcome.code,
            outcome.stdout.as_str(),
            outcome.stderr.as_str()
        ),
        (Some(0), "Hello World\n", "")
    );
}

#[test]
fn exit_codes_are_the_commands_own() {
    let fixture = Fixture::new();
    assert_eq!(fixture.minic(&["run", "sh", "-c", "exit 7"]).code, Some(7));
    assert_eq!(
        fixture.minic(&["run", "sh", "-c", "exit 255"]).code,
        Some(255)
    );
    assert_eq!(fixture.minic(&["run", "/bin/false"]).code, Some(1));
    let codes: Vec<_> = fixture
        .list()
        .iter()
        .map(|container| container["exit_code"].as_i64())
        .collect();
    assert_eq!(
        codes,
        [Some(7), Some(255), Some(1)],
        "list remembers them, oldest first"
    );
}

#[test]
fn a_command_that_cannot_run_is_reported_in_one_line() {
    let fixture = Fixture::new();
    assert!(
        fixture
            .minic(&["run", "nosuch"])
            .refused(127)
            .contains("nosuch")
    );
    assert!(
        fixture
            .minic(&["run", "/no/such"])
            .refused(127)
            .contains("/no/such")
    );
    assert!(
        fixture
            .minic(&["run", "/etc/passwd"])
            .refused(126)
            .contains("/etc/passwd"),
        "there, but not executable"
    );
    assert!(
        fixture
            .minic(&["run", "/etc"])
            .refused(126)
            .contains("/etc"),
        "a folder"
    );
}

#[test]
fn a_wrong_request_exits_with_125_and_creates_nothing() {
    let fixture = Fixture::new();
    for (args, field) in [
        (&["run", "--memory", "1x", "true"][..], "memory"),
        (&["run", "--cpu", "0", "true"], "cpu"),
        (&["run", "--name", "a/b", "true"], "name"),
        (&["run", "--preset", "nosuch", "true"], "preset"),
    ] {
        let outcome = fixture.minic(args);
        assert_eq!(outcome.code, Some(125), "{outcome:?}");
        assert!(outcome.stderr.contains(field), "{outcome:?}");
    }
    assert_eq!(fixture.list(), Vec::<serde_json::Value>::new());
    fixture.is_clean();
}

#[test]
fn the_two_outputs_stay_apart() {
    let fixture = Fixture::new();
    let outcome = fixture.minic(&["run", "sh", "-c", "echo out; echo err >&2"]);
    assert_eq!(
        (outcome.stdout.as_str(), outcome.stderr.as_str()),
        ("out\n", "err\n")
    );
}

#[test]
fn input_and_its_end_reach_the_command() {
    let fixture = Fixture::new();
    let input = "line\n".repeat(100_000);
    let outcome = finish(&mut fixture.command(&["run", "-i", "cat"]), &input);
    assert_eq!(
        (outcome.code, outcome.stdout.len()),
        (Some(0), input.len()),
        "{}",
        outcome.stderr
    );
    assert!(outcome.stdout == input);
}

#[test]
fn a_lot_of_output_arrives_whole() {
    let fixture = Fixture::new();
    let seen = fixture.minic(&["run", "seq", "200000"]).ok();
    assert!(seen.lines().zip(1..).all(|(line, n)| line == n.to_string()));
    assert_eq!(seen.lines().count(), 200_000);
}

#[test]
fn signals_reach_the_command() {
    let fixture = Fixture::new();
    for (signal, code) in [
        (Signal::SIGTERM, 9),
        (Signal::SIGINT, 10),
        (Signal::SIGHUP, 11),
    ] {
        let flag = format!("ready-{signal}");
        let script = format!(
            "trap 'exit 9' TERM; trap 'exit 10' INT; trap 'exit 11' HUP; echo {flag}; while :; do sleep 0.1; done"
        );
        let mut command = fixture.command(&["run", "--name", &flag, "sh", "-c", &script]);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        eventually("the traps are set", || {
            fixture.minic(&["logs", &flag]).stdout.contains(&flag)
        });
        kill(Pid::from_raw(child.id().cast_signed()), signal).unwrap();
        assert_eq!(wait(&mut child, "run"), Some(code), "{signal}");
    }
}

#[test]
fn a_signal_that_ends_it_is_128_and_its_number() {
    let fixture = Fixture::new();
    let mut command = fixture.command(&["run", "--name", "sleeper", "sleep", "1000"]);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    eventually("it runs", || {
        fixture
            .list()
            .iter()
            .any(|container| container["state"] == "RUNNING")
    });
    let pid = fixture.json(&["info", "sleeper"])[0]["pid"]
        .as_i64()
        .unwrap();
    kill(Pid::from_raw(i32::try_from(pid).unwrap()), Signal::SIGKILL).unwrap();
    assert_eq!(wait(&mut child, "run"), Some(137));
    let info = &fixture.json(&["info", "sleeper"])[0];
    assert_eq!(
        (
            info["cause"]["kind"].as_str(),
            info["cause"]["signal"].as_i64()
        ),
        (Some("signaled"), Some(9)),
        "{info}"
    );
}

#[test]
fn environment_and_folder_are_as_asked() {
    let fixture = Fixture::new();
    let seen = fixture
        .minic(&[
            "run",
            "--env",
            "A=1 2",
            "--workdir",
            "/tmp",
            "sh",
            "-c",
            "echo $A; pwd; echo $HOME; echo $PATH",
        ])
        .ok();
    let lines: Vec<&str> = seen.lines().collect();
    assert_eq!(lines[..2], ["1 2", "/tmp"]);
    assert!(lines[3].contains("/bin"), "{lines:?}");
    let mut command = fixture.command(&["run", "env"]);
    command.env("SECRET_OF_THE_HOST", "1");
    assert!(
        !finish(&mut command, "").ok().contains("SECRET_OF_THE_HOST"),
        "the caller's environment is its own"
    );
}

#[test]
fn a_file_that_the_host_makes_executable_is_not_there() {
    let fixture = Fixture::new();
    let tool = fixture.state().join("tool");
    fs::write(&tool, "#!/bin/sh\necho leaked\n").unwrap();
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(
        fixture.minic(&["run", tool.to_str().unwrap()]).code,
        Some(127)
    );
    fs::remove_file(tool).unwrap();
}
