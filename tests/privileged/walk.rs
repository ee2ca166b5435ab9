//! The walk of a newcomer: one session with keys alone, from the first start to an undo. What
//! happens is waited for on the screen, never for a time.

use crate::command::{comes_true, eventually};
use crate::fixture::Fixture;
use crate::screen::{pane, row, show_pane};
use crate::tmux::Tmux;

/// Runs `command` by the launch form, as `name`, with what else is typed into its fields.
#[track_caller]
fn launch(tmux: &Tmux, command: &str, name: &str, more: &[(&str, &str)]) {
    tmux.press(&["r"]);
    tmux.wait_for("Run a container");
    for (label, text) in [("Command", command), ("Name", name)].iter().chain(more) {
        let field = format!("▌{label} ");
        for _ in 0..40 {
            if tmux.screen().contains(&field) {
                break;
            }
            let before = tmux.screen();
            tmux.press(&["Tab"]);
            tmux.wait_until("the next field", |screen| screen != before);
        }
        tmux.wait_for(&field);
        tmux.write(text);
        // a long line shows its end
        let end = &text[text.len().saturating_sub(20)..];
        tmux.wait_until(&format!("{label} is typed"), |screen| {
            let mut lines = screen.lines();
            lines.any(|line| line.contains(&field) && line.contains(end))
        });
    }
    tmux.press(&["Enter"]);
    tmux.wait_until("the form has gone", |screen| {
        !screen.contains("Run a container") && !screen.contains("Launching")
    });
}

/// Moves the selection of the list to `name`.
#[track_caller]
fn select(tmux: &Tmux, name: &str) {
    let selected = |screen: &str| {
        let mut lines = screen.lines();
        lines
            .any(|line| line.starts_with(['━', '─']) && line[3..].starts_with(&format!(" {name} ")))
    };
    tmux.press(&["Home"]);
    for _ in 0..10 {
        if comes_true_soon(|| selected(&tmux.screen())) {
            return;
        }
        tmux.press(&["Down"]);
    }
    panic!("{name} was never selected:\n{}", tmux.screen());
}

/// Whether it is so within a moment, which is longer on a loaded machine.
fn comes_true_soon(ask: impl Fn() -> bool) -> bool {
    (0..10).any(|_| {
        std::thread::sleep(crate::command::scale(std::time::Duration::from_millis(40)));
        ask()
    })
}

/// Waits for `text` in the pane.
#[track_caller]
fn shows(tmux: &Tmux, text: &str) {
    tmux.wait_until(&format!("{text:?} in the pane"), |screen| {
        pane(screen).iter().any(|line| line.contains(text))
    });
}

/// Whether the list is above the pane, with the row of `name` and its gauges.
fn listed(screen: &str, name: &str) -> bool {
    row(screen, name).is_some_and(|row| row.contains("RUNNING") && row.contains('%'))
        && !pane(screen).is_empty()
}

fn walk(width: u16, height: u16) {
    let fixture = Fixture::new();
    let tmux = Tmux::of_newcomer(width, height);
    tmux.write(&format!(
        "{} --state {}",
        env!("CARGO_BIN_EXE_minic-tui"),
        fixture.state().display()
    ));
    tmux.press(&["Enter"]);
    tmux.wait_for("Welcome");

    // something that fails, and why
    launch(
        &tmux,
        "sh -c 'echo cannot open /data >&2; exit 3'",
        "fails",
        &[],
    );
    assert!(!tmux.screen().contains("Welcome"), "the hint is over");
    tmux.wait_until("its row says how it ended", |screen| {
        row(screen, "fails").is_some_and(|row| row.contains("exited 3"))
    });
    select(&tmux, "fails");
    shows(&tmux, "Its command exited with code 3");
    tmux.wait_until("its last words, marked as an error", |screen| {
        let mut lines = pane(screen).into_iter();
        lines.any(|line| line.contains("! cannot open /data"))
    });

    // something that works, with a limit; F8 raises it while it runs
    let line = "n=0; while :; do n=$((n+1)); echo turn $n; i=0; while [ $i -lt 50000 ]; do i=$((i+1)); done; done";
    launch(
        &tmux,
        &format!("sh -c '{line}'"),
        "works",
        &[("Memory", "64M"), ("CPU", "256")],
    );
    select(&tmux, "works");
    let works = fixture.container("works");
    let limit = || {
        works
            .cgroup_file(&["memory.limit_in_bytes", "memory.max"])
            .trim()
            .to_owned()
    };
    tmux.wait_until("its row says 64M", |screen| {
        row(screen, "works").is_some_and(|row| row.contains("/64.0M") && row.contains("/25%"))
    });
    assert_eq!(limit(), "67108864");
    tmux.press(&["F8"]);
    tmux.wait_until("the row has the new cap", |screen| {
        row(screen, "works").is_some_and(|row| row.contains("/30%"))
    });
    tmux.press(&["=", "F8"]);
    tmux.wait_until("the row has the new limit", |screen| {
        row(screen, "works").is_some_and(|row| row.contains("/72.0M"))
    });
    eventually("the kernel has it too", || limit() == "75497472");

    // its log beside the gauges
    show_pane(&tmux, "l", "Logs");
    let newest = |screen: &str| {
        let turns = pane(screen).into_iter().filter_map(|line| {
            let (_, number) = line.rsplit_once("turn ")?;
            number
                .trim_matches(|c: char| !c.is_ascii_digit())
                .parse::<u64>()
                .ok()
        });
        turns.max()
    };
    tmux.wait_until("lines of it, below its row", |screen| {
        newest(screen).is_some() && listed(screen, "works")
    });
    let seen = newest(&tmux.screen());
    tmux.wait_until("it is followed", |screen| {
        newest(screen) > seen && listed(screen, "works")
    });
    tmux.press(&["Escape"]);
    tmux.wait_until("the list has the keys", |screen| {
        screen.lines().any(|line| line.starts_with('─'))
    });

    // a shell beside the list
    tmux.press(&["e"]);
    tmux.wait_for("every key goes to it");
    shows(&tmux, "#");
    tmux.write("echo $((6*7)) in $(hostname)");
    tmux.press(&["Enter"]);
    shows(&tmux, "42 in works");
    assert!(listed(&tmux.screen(), "works"), "{}", tmux.screen());
    tmux.press(&["C-]"]);
    tmux.wait_for("gives it the keys");

    // the process that uses the CPU
    show_pane(&tmux, "M-p", "Processes");
    tmux.press(&["P"]);
    tmux.wait_until("the busiest is the first", |screen| {
        let lines = pane(screen);
        let heading = lines.iter().position(|line| line.contains("CPU%"));
        let mut processes = lines
            .iter()
            .skip(heading.unwrap_or(lines.len()))
            .filter(|line| {
                line.contains(" sh -c ") || line.contains("minic-") || line.contains("bash")
            });
        let busy = |line: &str| {
            let mut words = line.split_whitespace();
            words.any(|word| {
                word.contains('.') && word.parse().is_ok_and(|percent: f64| percent > 5.0)
            })
        };
        processes
            .next()
            .is_some_and(|line| line.contains(" sh -c n=0") && busy(line))
    });

    // stopped, and taken back: `s` is Stop here too
    let pid = works.pid();
    tmux.press(&["s"]);
    tmux.wait_until("it is stopped", |screen| {
        row(screen, "works").is_some_and(|row| row.contains("STOPPED"))
    });
    assert_eq!(works.state(), "STOPPED");
    tmux.press(&["u"]);
    tmux.wait_until("it runs again", |screen| {
        row(screen, "works").is_some_and(|row| row.contains("RUNNING"))
    });
    assert!(
        comes_true(|| works.state() == "RUNNING") && works.pid() != pid,
        "{}",
        works.info()
    );
    // with the limit that was set, not the one that it was launched with
    eventually("it has its limit again", || limit() == "75497472");
    tmux.press(&["q"]);
    tmux.wait_for("prompt$");
}

#[test]
fn a_newcomer_finds_the_way_by_keys_alone() {
    walk(120, 40);
}

#[test]
fn a_newcomer_finds_the_way_on_a_small_screen() {
    walk(80, 24);
}
