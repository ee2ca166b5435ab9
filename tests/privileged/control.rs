//! Control while it runs: pause and resume, signals, other limits, a fork bomb, restarts, health.

use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::command::{eventually, scale, wait};
use crate::fixture::{Container, Fixture};
use crate::tmux::Tmux;

const BUSY: [&str; 3] = ["sh", "-c", "while true; do :; done"];

/// CPU time that it has used, in microseconds.
fn cpu_usec(container: &Container) -> u64 {
    container.info()["usage"]["cpu_usec"]
        .as_u64()
        .unwrap_or_else(|| panic!("no cpu_usec: {}", container.info()))
}

#[test]
fn a_paused_container_uses_no_cpu_until_it_is_resumed() {
    let fixture = Fixture::new();
    let busy = fixture.detached("busy", &BUSY);
    busy.verb(&["pause"]).ok();
    assert_eq!(busy.state(), "PAUSED");
    let before = cpu_usec(&busy);
    thread::sleep(scale(Duration::from_millis(500)));
    assert_eq!(cpu_usec(&busy), before, "its CPU counter stands still");
    assert!(busy.verb(&["pause"]).refused(1).contains("PAUSED"));
    busy.verb(&["resume"]).ok();
    eventually("its CPU counter goes on", || cpu_usec(&busy) > before);
    assert!(busy.verb(&["resume"]).refused(1).contains("RUNNING"));
}

#[test]
fn a_paused_container_can_be_stopped_and_destroyed() {
    let fixture = Fixture::new();
    let one = fixture.detached("one", &["sleep", "1000"]);
    one.verb(&["pause"]).ok();
    fixture.minic(&["stop", "-t", "0", "one"]).ok();
    assert_eq!(one.state(), "STOPPED");
    let two = fixture.detached("two", &["sleep", "1000"]);
    two.verb(&["pause"]).ok();
    fixture.minic(&["destroy", "-f", "two"]).ok();
    assert_eq!(fixture.list().len(), 1);
}

#[test]
fn exec_into_a_paused_container_is_refused() {
    let fixture = Fixture::new();
    let one = fixture.detached("one", &["sleep", "1000"]);
    one.verb(&["pause"]).ok();
    assert!(
        fixture
            .minic(&["exec", "one", "true"])
            .refused(1)
            .contains("PAUSED")
    );
    one.verb(&["resume"]).ok();
    one.exec("true").ok();
    one.verb(&["pause"]).ok();
    fixture.minic(&["kill", "one"]).ok();
    assert_eq!(one.state(), "STOPPED");
    assert!(
        fixture
            .minic(&["kill", "one"])
            .refused(1)
            .contains("kill needs")
    );
}

#[test]
fn an_update_that_cannot_be_saved_is_taken_back() {
    let fixture = Fixture::new();
    let one = fixture.detached("one", &["--memory", "64", "sleep", "1000"]);
    let live = || {
        one.cgroup_file(&["memory.max", "memory.limit_in_bytes"])
            .trim()
            .to_owned()
    };
    // a folder where the new record would be written
    let obstacle = std::path::Path::new(one.info()["folder"].as_str().unwrap())
        .join(".spec.json.new/in/the/way");
    std::fs::create_dir_all(&obstacle).unwrap();
    assert_eq!(
        fixture.minic(&["update", "--memory", "128", "one"]).code,
        Some(125)
    );
    assert_eq!(
        (live().as_str(), one.info()["limits"]["memory"].as_u64()),
        ("67108864", Some(64 << 20))
    );
    std::fs::remove_dir_all(obstacle.ancestors().nth(3).unwrap()).unwrap();
    fixture.minic(&["update", "--memory", "128", "one"]).ok();
    assert_eq!(
        (live().as_str(), one.info()["limits"]["memory"].as_u64()),
        ("134217728", Some(128 << 20))
    );
}

#[test]
fn a_fork_bomb_is_held_and_killed() {
    let fixture = Fixture::new();
    let bomb = fixture.detached(
        "bomb",
        &[
            "--pids-limit",
            "64",
            "sh",
            "-c",
            "bomb() { bomb | bomb & }; bomb; sleep 1000",
        ],
    );
    eventually("it was refused more processes than it may have", || {
        bomb.cgroup_figure("pids.events", "max") > 0
    });
    assert!(bomb.info()["usage"]["pids"].as_u64().unwrap() <= 64);
    fixture.minic(&["stop", "-t", "0", "bomb"]).ok();
    assert_eq!(bomb.state(), "STOPPED");
    fixture.minic(&["destroy", "bomb"]).ok();
    fixture.is_clean();
}

#[test]
fn a_new_cap_holds_at_once_and_at_the_next_start() {
    let fixture = Fixture::new();
    let busy = fixture.detached("busy", &BUSY);
    let said = fixture.minic(&["update", "--cpu", "256", "busy"]).ok();
    assert_eq!(
        said,
        "cpu unlimited → 25% of a core\ncpu shares unlimited → 256\n"
    );
    let throttled = || {
        busy.info()["usage"]["nr_throttled"]
            .as_u64()
            .unwrap_or_default()
    };
    eventually("the cap is felt", || throttled() > 0);
    busy.verb(&["restart", "-t", "0"]).ok();
    eventually("and felt after a restart", || throttled() > 0);
    assert!(
        fixture
            .minic(&["update", "busy"])
            .refused(125)
            .contains("nothing to change")
    );
}

#[test]
fn less_memory_than_is_used_is_refused_and_more_is_given() {
    let fixture = Fixture::new();
    let full = fixture.detached(
        "full",
        &[
            "--memory",
            "128",
            "sh",
            "-c",
            "x=$(printf %048000000d 0); echo full; sleep 1000",
        ],
    );
    eventually("it is full", || {
        fixture.minic(&["logs", "full"]).ok().contains("full")
    });
    let refused = fixture.minic(&["update", "--memory", "8", "full"]);
    assert_eq!(refused.code, Some(125), "{refused:?}");
    assert_eq!(refused.stderr.lines().count(), 1, "{refused:?}");
    assert_eq!(
        full.info()["limits"]["memory"].as_u64(),
        Some(128 << 20),
        "nothing changed"
    );
    assert_eq!(full.state(), "RUNNING");
    assert_eq!(
        fixture.minic(&["update", "--memory", "256", "full"]).ok(),
        "memory 128M → 256M\n"
    );
    assert_eq!(full.info()["limits"]["memory"].as_u64(), Some(256 << 20));
}

#[test]
fn a_signal_reaches_its_command() {
    let fixture = Fixture::new();
    let trap = fixture.detached(
        "trap",
        &[
            "sh",
            "-c",
            "trap 'echo usr1' USR1; echo ready; while true; do sleep 0.05; done",
        ],
    );
    let logged = |word: &str| fixture.minic(&["logs", "trap"]).ok().contains(word);
    eventually("it is ready", || logged("ready"));
    fixture.minic(&["kill", "-s", "USR1", "trap"]).ok();
    eventually("it got the signal", || logged("usr1"));
    fixture.minic(&["kill", "trap"]).ok();
    eventually("it is dead", || trap.state() == "STOPPED");
    assert_eq!(trap.info()["cause"]["signal"].as_i64(), Some(9));
}

#[test]
fn what_fails_is_started_again_as_often_as_was_said() {
    let fixture = Fixture::new();
    let flaky = fixture.detached(
        "flaky",
        &["--restart", "on-failure:2", "sh", "-c", "echo try; exit 3"],
    );
    assert_eq!(fixture.minic(&["wait", "flaky"]).code, Some(0));
    eventually("it was tried three times", || {
        fixture
            .minic(&["logs", "flaky"])
            .ok()
            .matches("try")
            .count()
            == 3
    });
    assert_eq!(
        (flaky.state().as_str(), flaky.info()["restarts"].as_u64()),
        ("STOPPED", Some(2))
    );
    assert_eq!(flaky.info()["exit_code"].as_i64(), Some(3));
}

#[test]
fn a_start_by_hand_is_no_restart() {
    let fixture = Fixture::new();
    let web = fixture.detached("web", &["sleep", "1000"]);
    fixture.minic(&["stop", "-t", "0", "web"]).ok();
    fixture.minic(&["start", "web"]).ok();
    fixture.minic(&["restart", "-t", "0", "web"]).ok();
    assert_eq!(
        (web.state().as_str(), web.info()["restarts"].as_u64()),
        ("RUNNING", Some(0))
    );
}

#[test]
fn a_stop_is_the_end_of_restarts() {
    let fixture = Fixture::new();
    let always = fixture.detached("always", &["--restart", "always", "sh", "-c", "exit 0"]);
    eventually("it was started again", || {
        always.info()["restarts"].as_u64() > Some(0)
    });
    fixture.minic(&["stop", "always"]).ok();
    let restarts = always.info()["restarts"].clone();
    thread::sleep(scale(Duration::from_millis(500)));
    assert_eq!(
        (always.state().as_str(), always.info()["restarts"].clone()),
        ("STOPPED", restarts)
    );
}

#[test]
fn a_foreground_run_is_left_between_two_restarts() {
    let fixture = Fixture::new();
    for (name, signal, remove) in [
        ("interrupted", Signal::SIGINT, false),
        ("terminated", Signal::SIGTERM, true),
    ] {
        let args: &[&str] = &["run", "--name", name, "--restart", "always"];
        let args = [
            args,
            if remove { &["--rm"] } else { &[] },
            &["sh", "-c", "exit 3"],
        ]
        .concat();
        let mut client = fixture.command(&args).spawn().unwrap();
        eventually("it waits to be started again", || {
            let found = fixture.list();
            let found = found.iter().find(|container| container["name"] == name);
            // the sixth waits for 3.2 s
            found.is_some_and(|found| {
                found["restarts"].as_u64() >= Some(5) && !found["restart_at"].is_null()
            })
        });
        kill(Pid::from_raw(client.id() as i32), signal).unwrap();
        let code = wait(&mut client, "its client");
        assert_eq!(code, Some(3), "{name}: the code of the last run");
        eventually("it is over", || fixture.supervisors().is_empty());
        let left = fixture.list();
        let left = left.iter().find(|container| container["name"] == name);
        assert_eq!(left.is_none(), remove, "{name}: {left:?}");
        if let Some(left) = left {
            assert!(
                left["state"] == "STOPPED" && left["restart_at"].is_null(),
                "{left}"
            );
        }
    }
    fixture.container("interrupted").verb(&["destroy"]).ok();
    fixture.is_clean();
}

#[test]
fn a_signal_that_ends_a_foreground_run_is_the_end_of_restarts() {
    let fixture = Fixture::new();
    let args = [
        "run",
        "--name",
        "web",
        "--restart",
        "always",
        "sh",
        "-c",
        "echo up; sleep 1000",
    ];
    let mut client = fixture
        .command(&args)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    eventually("it runs", || {
        fixture.minic(&["logs", "web"]).stdout.contains("up")
    });
    kill(Pid::from_raw(client.id() as i32), Signal::SIGTERM).unwrap();
    assert_eq!(wait(&mut client, "its client"), Some(143));
    let web = fixture.container("web").info();
    assert!(
        web["state"] == "STOPPED" && web["restarts"] == 0 && web["restart_at"].is_null(),
        "{web}"
    );
}

#[test]
fn a_terminal_is_left_between_two_restarts() {
    let fixture = Fixture::new();
    let open = |name: &str| {
        let tmux = Tmux::new(80, 24);
        tmux.write(&format!(
            "{} --state {} run -it --name {name} --restart always sh -c 'exit 3'; echo code=$?",
            env!("CARGO_BIN_EXE_minic-tui"),
            fixture.state().display()
        ));
        tmux.press(&["Enter"]);
        eventually("it waits to be started again", || {
            let found = fixture.list();
            let found = found.iter().find(|container| container["name"] == name);
            // the sixth waits for 3.2 s
            found.is_some_and(|found| {
                found["restarts"].as_u64() >= Some(5) && !found["restart_at"].is_null()
            })
        });
        tmux
    };
    let tmux = open("left");
    tmux.press(&["C-p"]);
    tmux.press(&["C-q"]);
    tmux.wait_for("code=0");
    assert_eq!(fixture.supervisors().len(), 1, "it goes on");
    fixture.minic(&["stop", "left"]).ok();
    let tmux = open("ended");
    tmux.press(&["C-c"]);
    tmux.wait_for("code=3");
    eventually("it is over", || fixture.supervisors().is_empty());
    assert!(fixture.container("ended").info()["restart_at"].is_null());
}

#[test]
fn health_is_shown_as_a_state() {
    let fixture = Fixture::new();
    let args = [
        "--health-cmd",
        "test -e /tmp/ok",
        "--health-interval",
        "200ms",
        "--health-retries",
        "2",
        "sleep",
        "1000",
    ];
    let sick = fixture.detached("sick", &args);
    let health = |wanted: &str| sick.info()["health"].as_str() == Some(wanted);
    eventually("it is unhealthy", || health("unhealthy"));
    sick.exec("touch /tmp/ok").ok();
    eventually("it is healthy", || health("healthy"));
    sick.exec("rm /tmp/ok").ok();
    eventually("it is unhealthy again", || health("unhealthy"));
}

#[test]
fn memory_pressure_is_reported() {
    let fixture = Fixture::new();
    // eight read the host's libraries again and again in hardly more memory than they need
    // themselves: all that they use, their own code included, is reclaimed and read again all the
    // time
    let script = "for i in 1 2 3 4 5 6 7 8; do while true; do cat /libraries/*.so* > /dev/null; done & done; wait";
    let libraries = libraries();
    let volume = format!("{}:/libraries:ro,noidmap", libraries.display());
    let pressed = fixture.detached(
        "pressed",
        &["--memory", "10", "--volume", &volume, "sh", "-c", script],
    );
    pressed.outweighs_the_host();
    let told = || {
        // what the host has cached for others is read without any memory of the container's
        forget(&libraries);
        std::fs::read_to_string(fixture.state().join("events.jsonl"))
            .unwrap_or_default()
            .contains("memory pressure")
    };
    eventually("the events tell of memory pressure", told);
}

/// Takes the libraries in `folder` out of the host's page cache, but for what is mapped.
fn forget(folder: &Path) {
    let files = std::fs::read_dir(folder).unwrap().flatten();
    for file in files.filter(|file| file.file_name().to_string_lossy().contains(".so")) {
        if let Ok(file) = File::open(file.path()) {
            let _ = posix_fadvise(&file, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED);
        }
    }
}

/// The folder of the host's libraries: files that are much more than a small container's memory.
fn libraries() -> std::path::PathBuf {
    let folders = std::fs::read_dir("/usr/lib")
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .chain(["/lib64".into(), "/lib".into()]);
    folders
        .into_iter()
        .find(|folder| folder.join("libc.so.6").exists())
        .expect("a C library")
}
