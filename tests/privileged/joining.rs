//! A process started by `exec` has what the container's own processes have: every namespace, the
//! cgroup, user, capabilities and terminal.

use std::fs;

use crate::command::eventually;
use crate::fixture::{Container, Fixture};
use crate::tmux::Tmux;

/// The flags of containers that differ in what has to be joined.
const KINDS: [&[&str]; 4] = [
    &[],
    &["--userns", "auto"],
    &[
        "--userns",
        "auto",
        "--time-offset",
        "boottime=1000h",
        "--net",
        "host",
        "--ipc",
        "host",
        "--uts",
        "host",
        "--cgroupns",
        "host",
    ],
    &["--time-offset", "boottime=1000h", "--pid", "host"],
];

fn detached<'a>(fixture: &'a Fixture, args: &[&str]) -> Container<'a> {
    fixture.detached("web", &[args, &["sleep", "1000"]].concat())
}

#[test]
fn exec_joins_every_namespace_and_cgroup() {
    for args in KINDS {
        let fixture = Fixture::new();
        let web = detached(&fixture, args);
        let kinds = [
            "cgroup",
            "ipc",
            "mnt",
            "net",
            "pid",
            "pid_for_children",
            "time",
            "time_for_children",
            "user",
            "uts",
        ];
        let init = kinds.map(|kind| {
            fs::read_link(format!("/proc/{}/ns/{kind}", web.pid()))
                .unwrap()
                .display()
                .to_string()
        });
        let seen = web
            .exec(&format!("cd /proc/self/ns; readlink {}", kinds.join(" ")))
            .ok();
        assert_eq!(seen.lines().collect::<Vec<_>>(), init, "{args:?}");
        let mut command = fixture.command(&["exec", "web", "sleep", "2345"]);
        let mut sleeper = command.spawn().unwrap();
        let cgroups = |pid: &str| fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap();
        let of_sleeper = || {
            let found = std::process::Command::new("pgrep")
                .args(["-x", "-f", "sleep 2345"])
                .output()
                .unwrap();
            let pids = String::from_utf8(found.stdout).unwrap();
            pids.lines()
                .map(cgroups)
                .find(|text| *text == cgroups(&web.pid().to_string()))
        };
        eventually("it is in the container's cgroups", || {
            of_sleeper().is_some()
        });
        web.verb(&["stop", "-t", "0"]).ok();
        assert_eq!(
            crate::command::wait(&mut sleeper, "exec"),
            Some(137),
            "it ends with its container"
        );
    }
}

#[test]
fn exec_sees_its_pid_1_its_network_and_its_root() {
    for args in [&[][..], &["--userns", "auto"]] {
        let fixture = Fixture::new();
        let web = fixture.detached(
            "web",
            &[
                args,
                &[
                    "--hostname",
                    "box",
                    "sh",
                    "-c",
                    "echo mine > /marker; exec sleep 1000",
                ],
            ]
            .concat(),
        );
        eventually("it wrote", || web.exec("cat /marker").stdout == "mine\n");
        assert_eq!(
            web.exec("tr '\\0' ' ' < /proc/1/cmdline | cut -c 1-10")
                .ok(),
            "minic-init\n"
        );
        assert_eq!(
            web.exec("ls /sys/class/net; hostname; stat -c %i / /proc/1/root/ | uniq | wc -l")
                .ok(),
            "lo\nbox\n1\n"
        );
        let processes = web.exec("ps -e -o comm=").ok();
        assert_eq!(
            processes.split_whitespace().collect::<Vec<_>>(),
            ["minic-init", "sleep", "sh", "ps"],
            "{processes}"
        );
    }
}

#[test]
fn exec_has_its_user_environment_and_capabilities() {
    for args in [&[][..], &["--userns", "auto"]] {
        for (user, root) in [("0:0", true), ("1234:5678", false)] {
            let fixture = Fixture::new();
            let web = detached(
                &fixture,
                &[
                    args,
                    &["--user", user, "--env", "A=1 2", "--workdir", "/tmp"],
                ]
                .concat(),
            );
            assert_eq!(
                web.exec("echo $(id -u):$(id -g); echo $A; pwd").ok(),
                format!("{user}\n1 2\n/tmp\n")
            );
            let status = "grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs)' /proc/self/status";
            let own = fixture
                .minic(&["exec", "web", "sh", "-c", &status.replace("self", "1")])
                .ok();
            assert_eq!(web.exec(status).ok(), own, "{args:?} {user}");
            assert_eq!(own.contains("CapEff:\t0000000000000000"), !root, "{own}");
            // of somebody else, without capabilities, also where the container's own is root
            let other = fixture
                .minic(&[
                    "exec",
                    "--user",
                    "99:98",
                    "web",
                    "sh",
                    "-c",
                    "id -u; id -g; grep CapEff /proc/self/status",
                ])
                .ok();
            assert_eq!(other, "99\n98\nCapEff:\t0000000000000000\n");
        }
    }
}

#[test]
fn a_time_namespace_is_joined_by_exec() {
    let fixture = Fixture::new();
    let hours = |text: &str| {
        text.split(['.', ' '])
            .next()
            .unwrap()
            .parse::<u64>()
            .unwrap()
            / 3600
    };
    let host = hours(&fs::read_to_string("/proc/uptime").unwrap());
    for users in ["host", "auto"] {
        let web = fixture.detached(
            users,
            &[
                "--userns",
                users,
                "--time-offset",
                "boottime=1000h",
                "sleep",
                "1000",
            ],
        );
        assert!((host + 1000..host + 1003).contains(&hours(&web.exec("cat /proc/uptime").ok())));
        let args = [
            "run",
            "--rm",
            "--userns",
            users,
            "--time-offset",
            "boottime=1000h",
            "cat",
            "/proc/uptime",
        ];
        assert!(
            (host + 1000..host + 1003).contains(&hours(&fixture.minic(&args).ok())),
            "{users}"
        );
        let args = [
            "run",
            "--rm",
            "--userns",
            users,
            "--time-offset",
            "monotonic=-8000h",
            "true",
        ];
        let refused = fixture.minic(&args).refused(125);
        assert!(refused.contains("clocks"), "a clock before 0: {refused}");
    }
    assert!(
        fixture
            .minic(&["run", "--time-offset", "realtime=1s", "true"])
            .refused(125)
            .contains("monotonic or boottime")
    );
    assert!(
        hours(&fs::read_to_string("/proc/uptime").unwrap()) < host + 3,
        "the host's stay as they are"
    );
}

#[test]
fn exec_with_a_terminal_has_its_size_its_signals_and_its_exit_code() {
    for users in ["host", "auto"] {
        let fixture = Fixture::new();
        let web = detached(&fixture, &["--userns", users]);
        let tmux = Tmux::new(90, 30);
        let script = "echo size $(stty size) on $(tty); trap 'echo caught; trap - INT' INT; trap 'echo now $(stty size)' WINCH; \
                      while :; do sleep 0.1; done";
        let program = env!("CARGO_BIN_EXE_minic-tui");
        let state = fixture.state().display();
        let line = |rest: &str| {
            format!("clear; {program} --state {state} exec -it web {rest}; echo code $?")
        };
        tmux.write(&line(&format!("sh -c \"{}\"", script.replace('$', "\\$"))));
        tmux.press(&["Enter"]);
        tmux.wait_for("size 30 90 on /dev/pts/0");
        tmux.resize(70, 20);
        tmux.wait_for("now 20 70");
        tmux.press(&["C-c"]);
        tmux.wait_for("caught");
        tmux.press(&["C-c"]);
        tmux.wait_for("code 130");
        tmux.write(&line("sh -c 'exit 42'"));
        tmux.press(&["Enter"]);
        tmux.wait_for("code 42");
        // typed input, and the terminal as it was before
        tmux.write(&line("cat"));
        tmux.press(&["Enter"]);
        eventually("cat runs", || web.exec("pgrep -x cat").code == Some(0));
        tmux.write("typed");
        tmux.press(&["Enter", "C-d"]);
        tmux.wait_for("code 0");
        assert_eq!(
            tmux.screen().matches("typed").count(),
            2,
            "echoed by the terminal, and by cat: {}",
            tmux.screen()
        );
    }
}
