//! Containers that resist ending: each is stopped and destroyed, and nothing of it is left.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::command::eventually;
use crate::fixture::{Container, Fixture};
use crate::truth::lives;

/// Stops and destroys it; the test fails when either does not return.
fn is_ended(fixture: &Fixture, container: &Container<'_>) {
    container.verb(&["stop", "-t", "1"]).ok();
    assert_eq!(container.state(), "STOPPED");
    container.verb(&["destroy"]).ok();
    fixture.is_clean();
}

fn hostile(args: &[&str], script: &str) {
    let fixture = Fixture::new();
    let container = fixture.detached("x", &[args, &["sh", "-c", script]].concat());
    std::thread::sleep(std::time::Duration::from_millis(200)); // let it do its worst
    is_ended(&fixture, &container);
}

#[test]
fn a_command_that_ignores_every_signal_is_stopped() {
    hostile(&[], "trap '' TERM INT HUP QUIT; while :; do sleep 1; done");
}

#[test]
fn a_command_that_forks_without_end_is_stopped() {
    // a shell that cannot fork ends, and the first one must live on: it forks once, before there is
    // anything to hinder it
    hostile(
        &["--pids-limit", "100"],
        "trap '' TERM; f() { f & f; }; f 2>/dev/null & exec sleep 1000",
    );
}

#[test]
fn daemonized_children_are_stopped_too() {
    hostile(
        &[],
        "trap '' TERM; (setsid sh -c 'trap \"\" TERM; (sleep 1000 &) ; sleep 1000' &) ; (setsid sleep 1000 &); sleep 1000",
    );
}

#[test]
fn a_command_that_fills_its_log_and_files_is_stopped() {
    hostile(
        &["--memory", "64M", "--tmpfs", "/full:size=1m"],
        "trap '' TERM; cat /dev/zero > /full/x; while :; do echo flood flood flood; done",
    );
}

#[test]
fn a_command_that_closes_its_streams_is_stopped() {
    hostile(
        &[],
        "trap '' TERM; exec <&- >&- 2>&-; while :; do sleep 1; done",
    );
}

#[test]
fn a_command_that_stops_itself_is_stopped() {
    hostile(
        &[],
        "trap '' TERM; sleep 1000 & kill -STOP $!; kill -STOP $$; sleep 1000",
    );
}

#[test]
fn a_stopped_supervisor_or_init_keeps_nobody_from_destroy() {
    let fixture = Fixture::new();
    let init = fixture.detached("init", &["sleep", "1000"]);
    kill(Pid::from_raw(init.pid()), Signal::SIGSTOP).unwrap();
    is_ended(&fixture, &init);
    let x = fixture.detached("x", &["sleep", "1000"]);
    let pid = x.pid();
    let supervisor = fixture.supervisors()[0];
    kill(Pid::from_raw(supervisor), Signal::SIGSTOP).unwrap();
    is_ended(&fixture, &x);
    assert!(!lives(pid) && !lives(supervisor));
}

#[test]
fn a_client_that_reads_nothing_keeps_nobody_from_destroy() {
    let fixture = Fixture::new();
    let mut command = fixture.command(&[
        "run",
        "--name",
        "x",
        "sh",
        "-c",
        "trap '' TERM; while :; do echo flood flood flood; done",
    ]);
    let mut client = command
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    eventually("it runs", || {
        fixture.list().iter().any(|c| c["state"] == "RUNNING")
    });
    kill(Pid::from_raw(client.id().cast_signed()), Signal::SIGSTOP).unwrap();
    let x = fixture.container("x");
    x.verb(&["stop", "-t", "1"]).ok();
    assert_eq!(
        x.state(),
        "STOPPED",
        "a client that does not read holds nobody up"
    );
    x.verb(&["destroy"]).ok();
    client.kill().unwrap();
    client.wait().unwrap();
    fixture.is_clean();
}

#[test]
fn a_supervisor_outlives_its_session_and_is_the_last_to_be_killed() {
    let fixture = Fixture::new();
    let binary = env!("CARGO_BIN_EXE_minic-tui");
    let script = format!(
        "{binary} --state {} run -d --name x sleep 1000; kill -HUP -$$; kill -KILL -$$",
        fixture.state().display()
    );
    let _ = std::process::Command::new("setsid")
        .args(["-w", "sh", "-c", &script])
        .status()
        .unwrap();
    let x = fixture.container("x");
    let supervisor = fixture.supervisors()[0];
    for signal in [
        Signal::SIGHUP,
        Signal::SIGINT,
        Signal::SIGQUIT,
        Signal::SIGPIPE,
    ] {
        kill(Pid::from_raw(supervisor), signal).unwrap();
    }
    assert_eq!(x.state(), "RUNNING");
    assert!(lives(supervisor));
    let score = |pid: i32| {
        std::fs::read_to_string(format!("/proc/{pid}/oom_score_adj"))
            .unwrap()
            .trim()
            .parse::<i32>()
            .unwrap()
    };
    let own = score(std::process::id().cast_signed());
    // lowering it takes CAP_SYS_RESOURCE, which root in a machine like a container's may lack
    let may = std::process::Command::new("sh")
        .args(["-c", "echo -999 > /proc/self/oom_score_adj"])
        .output()
        .unwrap()
        .status
        .success();
    assert_eq!(score(supervisor), if may { -999 } else { own });
    assert_eq!(
        (
            score(x.pid()),
            x.exec("cat /proc/self/oom_score_adj")
                .ok()
                .trim()
                .parse()
                .unwrap()
        ),
        (200, 200)
    );
    let place = std::fs::read_to_string(format!("/proc/{supervisor}/cgroup")).unwrap();
    assert!(
        !place.contains(&x.id()),
        "not in the container's cgroup: {place}"
    );
    is_ended(&fixture, &x);
}

#[test]
fn a_kill_is_not_mistaken_for_out_of_memory() {
    let fixture = Fixture::new();
    let script = "sh -c 'x=a; while :; do x=$x$x; done' 2>/dev/null; echo fell; sleep 1000";
    let x = fixture.detached("x", &["--memory", "32M", "sh", "-c", script]);
    eventually("a child of it was killed for want of memory", || {
        x.verb(&["logs"]).stdout.contains("fell")
    });
    x.verb(&["stop", "-t", "0"]).ok();
    assert_eq!(x.info()["cause"]["kind"], "signaled", "{}", x.info());
    x.verb(&["destroy"]).ok();
}

#[test]
fn small_rlimits_apply_to_the_command_and_not_to_our_set_up() {
    let fixture = Fixture::new();
    let x = fixture.detached(
        "x",
        &[
            "--ulimit",
            "nofile=10",
            "--ulimit",
            "fsize=0",
            "sh",
            "-c",
            "ulimit -n; sleep 1000",
        ],
    );
    eventually("it has said its limit", || {
        x.verb(&["logs"]).stdout.contains("10")
    });
    assert_eq!(
        x.exec("ulimit -n; ulimit -Hn; ulimit -f; ulimit -c").ok(),
        "10\n10\n0\n0\n"
    );
    let plain = fixture.detached("plain", &["sleep", "1000"]);
    let limits = |pid: &str| format!("grep -E 'open files|core file' /proc/{pid}/limits");
    assert_eq!(
        plain.exec(&limits("1")).ok(),
        plain.exec(&limits("self")).ok(),
        "exec has its container's limits"
    );
}

#[test]
fn the_attach_socket_is_for_root_alone() {
    use std::os::unix::fs::MetadataExt;
    let fixture = Fixture::new();
    let x = fixture.detached("x", &["sleep", "1000"]);
    let socket = fixture.state().join("run").join(x.id()).join("attach.sock");
    assert_eq!(std::fs::metadata(socket).unwrap().mode() & 0o7777, 0o600);
}

#[test]
fn a_command_that_freezes_itself_is_destroyed() {
    // on v1 a freezer of the container's own must be thawed before what it holds can die; on v2 a
    // kill reaches it all the same
    let fixture = Fixture::new();
    let script = "trap '' TERM; for own in /sys/fs/cgroup/freezer /sys/fs/cgroup; do
        mkdir $own/deep 2>/dev/null && cd $own/deep && break; done
        sleep 1000 & echo $! > cgroup.procs; echo FROZEN > freezer.state || echo 1 > cgroup.freeze; echo frozen; sleep 1000";
    let x = fixture.detached("x", &["--privileged", "sh", "-c", script]);
    eventually("it has frozen a child of its", || {
        x.verb(&["logs"]).stdout.contains("frozen")
    });
    is_ended(&fixture, &x);
}

#[test]
fn a_command_that_unmounts_everything_is_destroyed() {
    let fixture = Fixture::new();
    let script = "trap '' TERM; for place in $(cut -d' ' -f5 /proc/self/mountinfo | sort -r); do umount -l $place; done 2>/dev/null
        echo unmounted; while :; do sleep 1; done";
    for args in [
        &["--privileged"][..],
        &["--cap-add", "SYS_ADMIN", "--seccomp", "unconfined"],
    ] {
        let x = fixture.detached("x", &[args, &["sh", "-c", script]].concat());
        eventually("it has unmounted what it could", || {
            x.verb(&["logs"]).stdout.contains("unmounted")
        });
        assert_eq!(x.state(), "RUNNING");
        // without its /proc a command may not start; that is said in one line
        let told = x.exec("true");
        assert!(
            told.stderr.lines().count() <= 1 && !told.stderr.contains("internal error"),
            "{told:?}"
        );
        x.verb(&["update", "--memory", "96M"]).ok();
        x.verb(&["pause"]).ok();
        x.verb(&["resume"]).ok();
        is_ended(&fixture, &x);
    }
}

#[test]
fn out_of_memory_with_many_clients_attached_is_recorded() {
    let fixture = Fixture::new();
    let script = "until [ -e /go ]; do sleep 0.05; done; a=$(printf %04000000d 0); while :; do a=\"$a$a\"; done";
    let x = fixture.detached("x", &["--memory", "32M", "sh", "-c", script]);
    let mut clients: Vec<_> = (0..20)
        .map(|_| {
            let mut command = fixture.command(&["attach", "x"]);
            let quiet = std::process::Stdio::null;
            command
                .stdin(quiet())
                .stdout(quiet())
                .stderr(quiet())
                .spawn()
                .unwrap()
        })
        .collect();
    let supervisor = x.info()["supervisor"].as_i64().unwrap() as i32;
    let sockets = || std::fs::read_dir(format!("/proc/{supervisor}/fd")).map_or(0, Iterator::count);
    eventually("all are attached", || sockets() > clients.len());
    x.exec("touch /go").ok();
    x.ends();
    // told by its supervisor, which was not the one that was killed
    assert_eq!(x.info()["cause"]["kind"], "oom_killed", "{}", x.info());
    for client in &mut clients {
        assert_eq!(crate::command::wait(client, "attach"), Some(137));
    }
    x.verb(&["destroy"]).ok();
    fixture.is_clean();
}

#[test]
fn a_process_that_reuses_the_pid_is_left_alone() {
    let fixture = Fixture::new();
    // in a pid namespace of its own, where numbers can be chosen (ns_last_pid, Linux 3.3)
    let script = "field() { $minic info x --json | sed -n 's/.*\"'$1'\": *\\([0-9][0-9]*\\).*/\\1/p' | head -n 1; }
        $minic run -d --name x sleep 1000 > /dev/null && init=$(field pid) && kill -9 $(field supervisor) $init
        while kill -0 $init 2> /dev/null; do sleep 0.1; done
        for try in 1 2 3 4 5; do
            echo $((init - 1)) > /proc/sys/kernel/ns_last_pid || break
            sleep 1000 & [ $! != $init ] || break
        done
        [ $! = $init ] || { echo cannot; exit; }
        $minic info x --json | grep -c lost; $minic destroy x && kill -0 $init && echo lives";
    let minic = format!(
        "{} --state {}",
        env!("CARGO_BIN_EXE_minic-tui"),
        fixture.state().display()
    );
    let mut command = std::process::Command::new("unshare");
    command
        .args([
            "--pid",
            "--fork",
            "--mount-proc",
            "--kill-child",
            "sh",
            "-c",
            script,
        ])
        .env("minic", minic);
    let told = crate::command::finish(&mut command, "");
    if told.stdout.contains("cannot") {
        println!("not tried: this kernel lets nobody choose a pid: {told:?}");
        return;
    }
    assert_eq!(told.stdout, "1\nlives\n", "{told:?}");
    fixture.is_clean();
}

#[test]
fn a_real_clock_jump_changes_no_state() {
    // the clock is everybody's: it is set in the emulated machine alone, which says that it is its
    // own
    if std::env::var_os("MINIC_TEST_OWN_CLOCK").is_none() {
        println!("not tried: the clock is this machine's; tests/vm/run has one of its own");
        return;
    }
    let fixture = Fixture::new();
    let set = |to: &str| {
        assert!(
            std::process::Command::new("date")
                .args(["-s", to])
                .output()
                .unwrap()
                .status
                .success()
        )
    };
    let x = fixture.detached("x", &["sleep", "1000"]);
    let pid = x.pid();
    for year in ["2035", "1990", "2026"] {
        set(&format!("{year}-06-01 12:00:00"));
        assert_eq!((x.state().as_str(), x.pid()), ("RUNNING", pid), "{year}");
        fixture
            .detached("y", &["sleep", "1000"])
            .verb(&["stop", "-t", "1"])
            .ok();
        fixture.minic(&["destroy", "y"]).ok();
        x.exec("true").ok();
    }
    is_ended(&fixture, &x);
}
