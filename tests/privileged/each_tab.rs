//! Each tab end to end: real containers, a real terminal, only keys; the result is checked against
//! the kernel.

use std::fs;

use crate::command::{comes_true, eventually};
use crate::fixture::Fixture;
use crate::screen::{open, open_with, pane, row, show_pane};
use crate::tmux::Tmux;
use crate::truth::lives;

#[track_caller]
fn close(tmux: &Tmux) {
    tmux.press(&["q"]);
    tmux.wait_for("prompt$");
}

/// Types `text` in the place of what stands in a line, and takes it.
#[track_caller]
fn answer(tmux: &Tmux, text: &str) {
    tmux.press(&["C-u"]);
    tmux.write(text);
    tmux.press(&["Enter"]);
}

/// Presses `key` until the selected line of what has the keys shows `text`.
#[track_caller]
fn go_to(tmux: &Tmux, key: &str, text: &str) {
    let there = |screen: &str| {
        let in_pane = screen.lines().any(|line| line.starts_with('━'));
        let lines = if in_pane {
            pane(screen)
        } else {
            screen.lines().collect()
        };
        lines
            .iter()
            .any(|line| line.find('▌').is_some_and(|at| line[at..].contains(text)))
    };
    for _ in 0..40 {
        if comes_true_soon(|| there(&tmux.screen())) {
            return;
        }
        tmux.press(&[key]);
    }
    panic!("{text} was never selected. The screen:\n{}", tmux.screen());
}

/// Whether it is so within a moment: a key is on its way for a few milliseconds, and much longer on
/// a loaded machine.
fn comes_true_soon(ask: impl Fn() -> bool) -> bool {
    (0..5).any(|_| {
        std::thread::sleep(crate::command::scale(std::time::Duration::from_millis(40)));
        ask()
    })
}

fn bytes(figure: &str) -> u64 {
    figure.trim().parse().unwrap_or(u64::MAX)
}

#[test]
fn containers_are_filtered_sorted_limited_destroyed_and_brought_back() {
    let fixture = Fixture::new();
    let busy = fixture.detached(
        "busy",
        &["--memory", "64M", "sh", "-c", "while :; do :; done"],
    );
    for name in ["idle-a", "idle-b"] {
        fixture.detached(name, &["sleep", "1000"]);
    }
    let tmux = open(&fixture, 120, 40);
    tmux.wait_until("all three are shown", |screen| {
        ["busy", "idle-a", "idle-b"]
            .iter()
            .all(|name| screen.contains(name))
    });
    tmux.press(&["/"]);
    tmux.write("idle");
    tmux.wait_until("only those that match", |screen| {
        !screen.contains("while :") && screen.contains("idle-b")
    });
    tmux.press(&["Escape"]);
    tmux.wait_for("while :");
    // the busiest first, once there is a figure
    tmux.press(&["P"]);
    tmux.wait_until("the busy one is the first row", |screen| {
        screen
            .lines()
            .skip_while(|line| !line.contains("CPU▼"))
            .nth(1)
            .is_some_and(|line| line.contains("busy"))
    });
    go_to(&tmux, "Home", "busy");
    let limit = || bytes(&busy.cgroup_file(&["memory.limit_in_bytes", "memory.max"]));
    assert_eq!(limit(), 64 << 20);
    tmux.press(&["=", "F8"]);
    eventually("the kernel's limit rose", || limit() > 64 << 20);
    // as tiles, and by the arrows there
    tmux.press(&["v"]);
    tmux.wait_for("─ busy ─");
    tmux.wait_until("the heading of the table is gone", |screen| {
        !screen.contains("CPU▼")
    });
    tmux.press(&["v"]);
    tmux.wait_for("CPU▼");
    let pid = busy.pid();
    tmux.press(&["D"]);
    eventually("its process is gone", || !lives(pid));
    eventually("it left the list", || {
        fixture
            .list()
            .iter()
            .all(|container| container["name"] != "busy")
    });
    tmux.press(&["u"]);
    eventually("undo brought it back, and it runs again", || {
        fixture
            .list()
            .iter()
            .any(|container| container["name"] == "busy" && container["state"] == "RUNNING")
    });
    tmux.wait_for("3 running");
    close(&tmux);
}

#[test]
fn a_process_gets_a_signal_and_is_gone() {
    let fixture = Fixture::new();
    let container = fixture.detached("family", &["sh", "-c", "sleep 3001 & exec sleep 3002"]);
    let tmux = open(&fixture, 120, 40);
    tmux.wait_for("family");
    show_pane(&tmux, "M-p", "Processes");
    let has = |screen: &str, text: &str| pane(screen).iter().any(|line| line.contains(text));
    tmux.wait_until("both are shown", |screen| {
        has(screen, "─ sleep 3001") && has(screen, " sleep 3002")
    });
    let inside = container.exec("pgrep -f 'sleep 3001' | head -n 1").ok();
    let shown = tmux.screen();
    let line = pane(&shown)
        .into_iter()
        .find(|line| line.contains("sleep 3001"))
        .unwrap()
        .to_owned();
    let numbers: Vec<i32> = line
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    assert!(
        numbers.contains(&inside.trim().parse().unwrap()),
        "its pid inside, {inside}, is not in {line:?}"
    );
    let host = numbers.iter().copied().find(|pid| {
        fs::read_to_string(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.contains("3001"))
    });
    let host = host.unwrap_or_else(|| panic!("no pid of the host in {line:?}"));
    go_to(&tmux, "Down", "sleep 3001");
    tmux.press(&["F9"]);
    tmux.wait_for("─ Signal ");
    tmux.press(&["Enter"]);
    eventually("the process is gone", || !lives(host));
    tmux.wait_until("its line is gone", |screen| {
        !has(screen, "sleep 3001") && has(screen, "sleep 3002")
    });
    close(&tmux);
}

#[test]
fn two_logs_are_merged_searched_and_saved() {
    let fixture = Fixture::new();
    let both = ["first", "second"];
    for name in both {
        let line = format!(
            "for n in 1 2 3; do printf '{name} \\033[31mline\\033[0m %d\\n' $n; sleep 0.1; done; sleep 1000"
        );
        fixture.detached(name, &["sh", "-c", &line]);
    }
    eventually("all was written", || {
        both.iter()
            .all(|name| fixture.minic(&["logs", name]).ok().lines().count() == 3)
    });
    let tmux = open(&fixture, 120, 40);
    tmux.wait_until("both are shown", |screen| {
        both.iter().all(|name| screen.contains(name))
    });
    tmux.press(&["Space", "Space", "l"]);
    tmux.wait_until("every line of both", |screen| {
        (1..=3).all(|n| {
            both.iter()
                .all(|name| screen.contains(&format!("{name} line {n}")))
        })
    });
    // red, as the terminal's own colour 1
    assert!(
        tmux.colours().contains("\u{1b}[38;5;1mline") || tmux.colours().contains("\u{1b}[31mline"),
        "the colour is kept: {}",
        tmux.colours()
    );
    tmux.press(&["/"]);
    tmux.write("second line 2");
    tmux.press(&["Enter"]);
    tmux.wait_for("match 1 of 1");
    let target = fixture.state().join("saved.log");
    tmux.press(&["W"]);
    tmux.wait_for("containers.log");
    answer(&tmux, &target.display().to_string());
    eventually("the file is there", || {
        fs::read_to_string(&target).is_ok_and(|text| text.lines().count() == 6)
    });
    let saved = fs::read_to_string(&target).unwrap();
    for name in both {
        let own: Vec<&str> = saved
            .lines()
            .filter(|line| line.contains(&format!("{name} line")))
            .collect();
        assert!(
            own.len() == 3
                && own
                    .iter()
                    .zip(1..)
                    .all(|(line, n)| line.ends_with(&format!("line {n}"))),
            "{saved}"
        );
    }
    fs::remove_file(&target).unwrap();
    close(&tmux);
}

#[test]
fn changed_files_are_shown_extracted_and_reverted() {
    let fixture = Fixture::new();
    let line = "echo made > /made-here; echo changed >> /etc/passwd; rm /etc/group; sleep 1000";
    let container = fixture.detached("changes", &["sh", "-c", line]);
    let tmux = open(&fixture, 120, 40);
    tmux.wait_for("changes");
    show_pane(&tmux, "M-f", "Files");
    // its letter, behind the marker of the selected one
    let kind = |screen: &str, path: &str| {
        pane(screen)
            .into_iter()
            .find(|line| line.contains(path))?
            .trim_start_matches([' ', '▌'])
            .chars()
            .next()
    };
    tmux.wait_until("added, changed, deleted", |screen| {
        let is = |path: &str, letter: char| kind(screen, path) == Some(letter);
        is("/made-here", 'A') && is("/etc/passwd", 'C') && is("/etc/group", 'D')
    });
    go_to(&tmux, "Down", "/made-here");
    let folder = fixture.state().join("extracted");
    tmux.press(&["c"]);
    tmux.wait_for("Extract into the folder:");
    answer(&tmux, &folder.display().to_string());
    let found = || fs::read_to_string(folder.join("made-here")).is_ok_and(|text| text == "made\n");
    eventually("it is on the host", found);
    fs::remove_dir_all(&folder).unwrap();
    // only of a stopped one, and only after a question
    fixture.minic(&["stop", "-t", "0", "changes"]).ok();
    tmux.wait_until("it is stopped", |screen| {
        row(screen, "changes").is_some_and(|row| row.contains("STOPPED"))
    });
    tmux.press(&["b"]);
    tmux.wait_for("Keep it");
    tmux.press(&["y"]);
    tmux.wait_until("it is not among the changes any more", |screen| {
        kind(screen, "/made-here").is_none() && kind(screen, "/etc/passwd").is_some()
    });
    assert!(
        !fixture
            .state()
            .join("containers")
            .join(container.id())
            .join("upper/made-here")
            .exists()
    );
    close(&tmux);
}

#[test]
fn isolation_is_judged_by_what_the_kernel_says() {
    let fixture = Fixture::new();
    let shut = fixture.detached("shut", &["sleep", "1000"]);
    fixture
        .minic(&[
            "run",
            "-d",
            "--privileged",
            "--name",
            "wide-open",
            "sleep",
            "1000",
        ])
        .ok();
    let open_one = fixture.container("wide-open");
    let status = |pid: i32, key: &str| {
        let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        text.lines()
            .find_map(|line| line.strip_prefix(key))
            .unwrap()
            .trim()
            .to_owned()
    };
    assert_eq!(
        (
            status(shut.pid(), "Seccomp:"),
            status(open_one.pid(), "Seccomp:")
        ),
        ("2".into(), "0".into())
    );
    let tmux = open(&fixture, 120, 40);
    tmux.wait_for("wide-open");
    for (name, verdict, word) in [("shut", "ok", "filtering"), ("wide-open", "weak", "off")] {
        tmux.press(&["1"]);
        tmux.wait_until("the list has the keys", |screen| {
            screen.lines().any(|line| line.starts_with('─'))
        });
        tmux.press(&["Home"]);
        go_to(&tmux, "Down", name);
        show_pane(&tmux, "M-i", "Isolation");
        // its capabilities may take all the rows before
        tmux.press(&["Down"; 12]);
        tmux.wait_until(&format!("{name} is judged"), |screen| {
            let lines = pane(screen);
            let named = lines
                .first()
                .is_some_and(|line| line.trim_start().starts_with(name));
            let judged = lines.iter().find(|line| line.contains(" seccomp "));
            named
                && judged.is_some_and(|line| {
                    line.trim_start().starts_with(verdict) && line.contains(word)
                })
        });
    }
    // the very namespace that the kernel has for it
    let mnt = fs::read_link(format!("/proc/{}/ns/mnt", open_one.pid())).unwrap();
    let number = mnt
        .to_string_lossy()
        .trim_start_matches("mnt:[")
        .trim_end_matches(']')
        .to_owned();
    tmux.press(&["g"]);
    tmux.wait_for(&number);
    close(&tmux);
}

#[test]
fn events_come_in_their_order() {
    let fixture = Fixture::new();
    let tmux = open(&fixture, 120, 40);
    tmux.press(&["5"]);
    tmux.wait_for("Events");
    fixture.detached("lived", &["sleep", "1000"]);
    fixture.minic(&["pause", "lived"]).ok();
    fixture.minic(&["resume", "lived"]).ok();
    fixture.minic(&["stop", "-t", "0", "lived"]).ok();
    fixture.minic(&["destroy", "lived"]).ok();
    tmux.wait_until("they stand one below the other", |screen| {
        let mut lines = screen.lines().filter(|line| line.contains("lived"));
        [
            "created",
            "started",
            "paused",
            "resumed",
            "died",
            "destroyed",
        ]
        .iter()
        .all(|event| lines.any(|line| line.contains(event)))
    });
    close(&tmux);
}

#[test]
fn a_preset_is_edited_saved_and_launched() {
    let fixture = Fixture::new();
    let config = fixture.state().join("config.toml");
    let text = "# mine\n[presets.small]   # for builds\nmemory = \"64M\"\ncommand = [\"sleep\", \"1000\"]\n";
    fs::write(&config, text).unwrap();
    let tmux = open_with(&fixture, 120, 40, &format!("--config {}", config.display()));
    tmux.press(&["4"]);
    tmux.wait_for("small");
    go_to(&tmux, "Down", "small");
    tmux.press(&["e"]);
    tmux.wait_for("Preset small");
    go_to(&tmux, "Tab", "Memory");
    answer(&tmux, "96M");
    eventually("the file says so", || {
        fs::read_to_string(&config).is_ok_and(|now| now == text.replace("64M", "96M"))
    });
    tmux.wait_until("the form is gone", |screen| {
        !screen.contains("Preset small")
    });
    tmux.press(&["Enter"]);
    tmux.wait_for("Run a container");
    tmux.press(&["Enter"]);
    eventually("it runs", || {
        fixture
            .list()
            .iter()
            .any(|container| container["state"] == "RUNNING")
    });
    let name = fixture.list()[0]["name"].as_str().unwrap().to_owned();
    assert_eq!(
        bytes(
            &fixture
                .container(&name)
                .cgroup_file(&["memory.limit_in_bytes", "memory.max"])
        ),
        96 << 20
    );
    close(&tmux);
    fs::remove_file(&config).unwrap();
}

#[test]
fn the_host_is_the_one_that_the_kernel_describes() {
    let fixture = Fixture::new();
    let tmux = open(&fixture, 120, 40);
    tmux.press(&["6"]);
    tmux.wait_for("Disk of the state folder");
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    tmux.wait_for(release.trim());
    tmux.press(&["q"]);
    tmux.wait_for("prompt$");
    // the `check` that this tab runs goes on after the screen
    let checks = || {
        crate::census::Census::take(fixture.state())
            .processes
            .iter()
            .any(|(_, title)| title.contains("check --json"))
    };
    assert!(
        (0..8).any(|_| comes_true(|| !checks())),
        "check never ended"
    );
}
