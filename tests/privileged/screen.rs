//! The screen end to end: the real binary in a real terminal, with keys only.

use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::census::Census;
use crate::command::{eventually, scale};
use crate::fixture::Fixture;
use crate::tmux::Tmux;

#[track_caller]
pub(crate) fn open(fixture: &Fixture, width: u16, height: u16) -> Tmux {
    open_with(fixture, width, height, "")
}

/// As [`open`], with more on its command line.
#[track_caller]
pub(crate) fn open_with(fixture: &Fixture, width: u16, height: u16, more: &str) -> Tmux {
    let tmux = Tmux::new(width, height);
    tmux.write(&format!(
        "{} --state {} {more}",
        env!("CARGO_BIN_EXE_minic-tui"),
        fixture.state().display()
    ));
    tmux.press(&["Enter"]);
    tmux.wait_for("Containers");
    tmux
}

#[test]
fn it_opens_and_leaves_the_terminal_as_it_was() {
    let fixture = Fixture::new();
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let before = Tmux::new(width, height).modes();
        let tmux = open(&fixture, width, height);
        assert_ne!(tmux.modes(), before, "it has the alternate screen");
        tmux.press(&["q"]);
        tmux.wait_for("prompt$");
        assert_eq!(tmux.modes(), before);
        tmux.write("stty -a | grep -c ' icanon'; echo $((6 * 7))");
        tmux.press(&["Enter"]);
        tmux.wait_for("1\n42\n");
    }
}

#[test]
fn killing_the_screen_loses_no_container() {
    let fixture = Fixture::new();
    for n in 0..20 {
        fixture.detached(&format!("c{n:02}"), &["sleep", "1000"]);
    }
    let all = |screen: &str| (0..20).all(|n| screen.contains(&format!("c{n:02}")));
    let tmux = open(&fixture, 120, 70);
    tmux.wait_until("all twenty are shown", all);
    let screen = env!("CARGO_BIN_EXE_minic-tui");
    let ours = Census::take(fixture.state()).processes;
    for (pid, _) in ours.iter().filter(|(_, title)| title.starts_with(screen)) {
        kill(Pid::from_raw(*pid), Signal::SIGKILL).unwrap();
    }
    eventually("the screen is gone", || tmux.foreground() == "sh");
    let running = fixture
        .list()
        .iter()
        .filter(|container| container["state"] == "RUNNING")
        .count();
    assert_eq!(running, 20);
    let again = open(&fixture, 120, 70);
    again.wait_until("all twenty are shown again", all);
    again.press(&["q"]);
    again.wait_for("prompt$");
}

/// The CPU figure, in percent of a core, of the row that shows a cap of a quarter of a core:
/// `24.9%/25%`.
fn quarter(screen: &str) -> Option<f64> {
    let (before, _) = screen.split_once("%/25%")?;
    before.rsplit(' ').next()?.parse().ok()
}

/// The name of the one container, once it runs.
#[track_caller]
fn running(fixture: &Fixture) -> String {
    let mut name = None;
    eventually("one container runs", || {
        let listed = fixture.list();
        let mut running = listed.iter().filter(|one| one["state"] == "RUNNING");
        name = running.next().map(|one| one["name"].clone());
        name.is_some()
    });
    name.unwrap().as_str().unwrap().to_owned()
}

/// Moves the cursor down to the row of `name`, a step whenever the last one is shown.
#[track_caller]
fn select(tmux: &Tmux, name: &str) {
    let at_cursor = |screen: &str| {
        // a meter of the header may have that sign further to the right
        let mut rows = screen.lines().map(str::trim_start);
        rows.find(|row| row.starts_with('▌')).map(str::to_owned)
    };
    let wanted = format!("▌{name}");
    loop {
        let screen = tmux.screen();
        if screen.contains(&wanted) {
            return;
        }
        let before = at_cursor(&screen);
        tmux.press(&["Down"]);
        tmux.wait_until(&format!("the cursor moves on to {name}"), |screen| {
            at_cursor(screen) != before
        });
    }
}

#[test]
fn containers_are_run_and_stopped_with_keys_alone() {
    let fixture = Fixture::new();
    let before = Tmux::new(120, 40).modes();
    let tmux = open(&fixture, 120, 40);

    // the cpu-quarter preset, from its tab: its form opens filled in, and Enter launches it
    tmux.press(&["4"]);
    tmux.wait_for("cpu-quarter");
    select(&tmux, "cpu-quarter");
    tmux.press(&["Enter"]);
    tmux.wait_for("Run a container");
    tmux.press(&["Enter"]);
    tmux.wait_until("the form has gone", |screen| {
        !screen.contains("Run a container")
    });
    tmux.press(&["1"]);
    let name = running(&fixture);
    fixture.container(&name).outweighs_the_host();
    tmux.wait_until("its row says about a quarter of a core", |screen| {
        quarter(screen).is_some_and(|percent| (23.0..27.0).contains(&percent))
    });

    // a command typed into the launch form, with a name
    tmux.press(&["r"]);
    tmux.wait_for("Run a container");
    tmux.write("sh -c 'sleep 1000'");
    tmux.press(&["Tab"]);
    tmux.write("sleeper");
    tmux.press(&["Enter"]);
    tmux.wait_until("it runs", |screen| {
        row(screen, "sleeper").is_some_and(|row| row.contains("RUNNING"))
    });

    // stop, start and destroy it; the filter puts the cursor on it
    tmux.press(&["/"]);
    tmux.write("sleeper");
    tmux.press(&["Enter"]);
    tmux.wait_until("it is alone", |screen| {
        row(screen, "cpu-quarter").is_none() && row(screen, "sleeper").is_some()
    });
    tmux.press(&["s"]);
    tmux.wait_until("it is stopped", |screen| {
        row(screen, "sleeper").is_some_and(|row| row.contains("STOPPED"))
    });
    tmux.press(&["S"]);
    tmux.wait_until("it runs again", |screen| {
        row(screen, "sleeper").is_some_and(|row| row.contains("RUNNING"))
    });
    tmux.press(&["D"]);
    eventually("it is destroyed", || fixture.list().len() == 1);
    // Escape takes away a toast first, the filter then
    eventually("the other is shown again", || {
        tmux.press(&["Escape"]);
        std::thread::sleep(scale(Duration::from_millis(300)));
        quarter(&tmux.screen()).is_some()
    });
    tmux.press(&["D"]);
    eventually("both are destroyed", || fixture.list().is_empty());

    tmux.press(&["q"]);
    tmux.wait_for("prompt$");
    assert_eq!(tmux.modes(), before, "the terminal is as before");
    // destroyed containers are still in the trash
    fixture.minic(&["prune", "-f"]).ok();
    fixture.is_clean();
}

/// Moves down to the field called `label`.
#[track_caller]
fn field(tmux: &Tmux, label: &str) {
    let marked = format!("▌{label} ");
    for _ in 0..80 {
        if tmux.screen().contains(&marked) {
            return;
        }
        tmux.press(&["Down"]);
        std::thread::sleep(scale(Duration::from_millis(50)));
    }
    panic!("{label} is not reached:\n{}", tmux.screen());
}

#[test]
fn volumes_and_variables_of_the_form_are_there_inside_and_in_another_like_it() {
    let fixture = Fixture::new();
    let folder = fixture.state().join("it's shared");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("file"), "from the host").unwrap();
    let tmux = open(&fixture, 120, 40);
    tmux.press(&["r"]);
    tmux.wait_for("Run a container");
    tmux.write("sleep 1000");
    tmux.press(&["Tab"]);
    tmux.write("shop");
    field(&tmux, "Volumes");
    tmux.write(&format!("{}:/data:ro", folder.display()));
    field(&tmux, "Variables");
    tmux.write("GREETING=two 'words'");
    tmux.press(&["Down"]);
    tmux.write("EMPTY=");
    field(&tmux, "Group");
    tmux.write("market");
    tmux.press(&["Enter"]);
    tmux.wait_until("it runs", |screen| {
        row(screen, "shop").is_some_and(|row| row.contains("RUNNING"))
    });
    let sees = |name: &str| {
        let script = "cat /data/file; echo; echo \"$GREETING,${EMPTY-unset}\"; touch /data/x";
        let container = fixture.container(name);
        let outcome = container.exec(script);
        assert_eq!(
            outcome.stdout, "from the host\ntwo 'words',\n",
            "{outcome:?}"
        );
        assert_eq!(outcome.code, Some(1), "the volume is read-only");
        assert_eq!(container.info()["labels"]["minic.group"], "market");
    };
    sees("shop");

    tmux.press(&["a"]);
    tmux.wait_for("Another like shop");
    tmux.wait_for("shop-2");
    tmux.press(&["Enter"]);
    tmux.wait_until("the other runs", |screen| {
        row(screen, "shop-2").is_some_and(|row| row.contains("RUNNING"))
    });
    sees("shop-2");
    let variables = |name: &str| fixture.container(name).info()["env"].to_string();
    assert_eq!(
        variables("shop-2"),
        variables("shop").replace("HOSTNAME=shop", "HOSTNAME=shop-2")
    );
    for name in ["shop", "shop-2"] {
        fixture.minic(&["destroy", "-f", name]).ok();
    }
    tmux.press(&["q"]);
    tmux.wait_for("prompt$");
    fixture.minic(&["prune", "-f"]).ok();
    fixture.is_clean();
}

/// The lines of the pane below the list; empty where there is none.
pub(crate) fn pane(screen: &str) -> Vec<&str> {
    let mut lines = screen.lines();
    // the divider: thick where the pane has the keys
    lines.find(|line| line.starts_with(['━', '─']));
    lines.collect()
}

/// Shows the pane that `key` shows, and waits until `title` in the divider says that it is.
#[track_caller]
pub(crate) fn show_pane(tmux: &Tmux, key: &str, title: &str) {
    tmux.press(&[key]);
    let shown = format!("[{title}]");
    tmux.wait_until(&format!("the pane {title} has the keys"), |screen| {
        screen
            .lines()
            .any(|line| line.starts_with('━') && line.contains(&shown))
    });
}

/// The table's row that has `text` in it.
pub(crate) fn row<'a>(screen: &'a str, text: &str) -> Option<&'a str> {
    screen.lines().find(|line| {
        line.contains(text)
            && ["RUNNING", "STOPPED", "CREATED"]
                .iter()
                .any(|state| line.contains(state))
    })
}

#[test]
fn an_unknown_terminal_is_survived() {
    let fixture = Fixture::new();
    let tmux = Tmux::new(80, 24);
    let before = tmux.modes();
    tmux.write(&format!(
        "TERM=no-such-terminal {} --state {}",
        env!("CARGO_BIN_EXE_minic-tui"),
        fixture.state().display()
    ));
    tmux.press(&["Enter"]);
    tmux.wait_for("Containers");
    tmux.press(&["q"]);
    tmux.wait_for("prompt$");
    assert_eq!(tmux.modes(), before);
}

#[test]
fn a_signal_gives_the_terminal_back() {
    let fixture = Fixture::new();
    let tmux = Tmux::new(80, 24);
    let before = tmux.modes();
    for signal in [Signal::SIGTERM, Signal::SIGHUP] {
        tmux.write(&format!(
            "{} --state {}",
            env!("CARGO_BIN_EXE_minic-tui"),
            fixture.state().display()
        ));
        tmux.press(&["Enter"]);
        tmux.wait_for("Containers");
        let ours = Census::take(fixture.state()).processes;
        for (pid, _) in ours
            .iter()
            .filter(|(_, title)| title.starts_with(env!("CARGO_BIN_EXE_minic-tui")))
        {
            // the launcher may have gone with the screen already
            let _ = kill(Pid::from_raw(*pid), signal);
        }
        eventually("the screen is gone", || tmux.foreground() == "sh");
        eventually("the terminal is as it was", || tmux.modes() == before);
        tmux.write("clear");
        tmux.press(&["Enter"]);
        tmux.wait_until("an empty screen with a prompt", |screen| {
            screen.contains("prompt$") && !screen.contains("Containers")
        });
    }
}
