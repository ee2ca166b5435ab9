//! Terminals in practice: unknown, resized, and suspended with Ctrl-Z.

use crate::command::eventually;
use crate::fixture::Fixture;
use crate::screen::open;
use crate::tmux::Tmux;

#[test]
fn an_unknown_terminal_and_one_without_colours_show_the_same() {
    let fixture = Fixture::new();
    fixture.detached("web", &["sleep", "1000"]);
    for environment in [
        "TERM=nosuchterm",
        "TERM=",
        "TERM=dumb LANG=C LC_ALL=C",
        "NO_COLOR=1",
        "TERM=linux",
    ] {
        let tmux = Tmux::new(80, 24);
        let state = fixture.state().display();
        tmux.write(&format!(
            "env {environment} {} --state {state}",
            env!("CARGO_BIN_EXE_minic-tui")
        ));
        tmux.press(&["Enter"]);
        tmux.wait_until(environment, |screen| {
            screen.contains("Containers") && screen.contains("web")
        });
        tmux.press(&["q"]);
        tmux.wait_for("prompt$");
    }
}

#[test]
fn ctrl_z_gives_the_terminal_back_and_fg_takes_it_again() {
    let fixture = Fixture::new();
    fixture.detached("web", &["sleep", "1000"]);
    let before = Tmux::new(80, 24).modes();
    let tmux = open(&fixture, 80, 24);
    tmux.wait_for("web");
    tmux.press(&["C-z"]);
    eventually("the shell has the terminal", || {
        tmux.foreground() == "sh" && tmux.modes() == before
    });
    tmux.write("echo $((6 * 7))");
    tmux.press(&["Enter"]);
    tmux.wait_for("42");
    tmux.write("fg");
    tmux.press(&["Enter"]);
    tmux.wait_until("it is drawn again, whole", |screen| {
        screen.contains("[1 Containers]") && screen.contains("web") && !screen.contains("42\n")
    });
    tmux.press(&["q"]);
    tmux.wait_for("prompt$");
    assert_eq!(tmux.modes(), before);
}

#[test]
fn a_resized_screen_fills_its_new_size_without_leftovers() {
    let fixture = Fixture::new();
    fixture.detached("web", &["sleep", "1000"]);
    let tmux = open(&fixture, 120, 40);
    tmux.wait_for("web");
    for (width, height) in [(80, 24), (60, 15), (200, 60), (100, 30)] {
        tmux.resize(width, height);
        tmux.wait_until(&format!("{width}×{height} is filled"), |screen| {
            let lines: Vec<&str> = screen.lines().collect();
            let bars = lines
                .iter()
                .filter(|line| line.contains("? Help") && line.contains("q Quit"))
                .count();
            let tabs = lines
                .iter()
                .filter(|line| line.contains("[1") && line.contains("Cont"))
                .count();
            bars == 1
                && tabs == 1
                && lines.len() == usize::from(height)
                && lines[lines.len() - 1].contains("q Quit")
        });
    }
    tmux.press(&["q"]);
    tmux.wait_for("prompt$");
}

#[test]
fn a_read_only_screen_changes_nothing() {
    let fixture = Fixture::new();
    let web = fixture.detached("web", &["sleep", "1000"]);
    let tmux = Tmux::new(80, 24);
    tmux.write(&format!(
        "{} --state {} --read-only --ascii",
        env!("CARGO_BIN_EXE_minic-tui"),
        fixture.state().display()
    ));
    tmux.press(&["Enter"]);
    tmux.wait_for("READ-ONLY");
    tmux.wait_for("web");
    for key in ["s", "D", "F8", "R"] {
        tmux.press(&[key]);
    }
    tmux.wait_for("this screen is read-only");
    assert!(tmux.screen().is_ascii());
    assert_eq!(web.state(), "RUNNING");
    tmux.press(&["q"]);
    tmux.wait_for("prompt$");
}

#[test]
fn the_config_file_is_read_again_while_the_screen_is_open() {
    let fixture = Fixture::new();
    let web = fixture.detached("web", &["sleep", "1000"]);
    let file = fixture.state().join("config.toml");
    std::fs::write(&file, "tick = \"200ms\"\nstop_grace = \"0s\"\n").unwrap();
    let tmux = Tmux::new(120, 40);
    let state = fixture.state().display();
    tmux.write(&format!(
        "{} --state {state} --config {}",
        env!("CARGO_BIN_EXE_minic-tui"),
        file.display()
    ));
    tmux.press(&["Enter"]);
    tmux.wait_for("web");
    std::fs::write(
        &file,
        "tick = \"200ms\"\nstop_grace = \"0s\"\n[keys.containers]\nstop = [\"v\"]\n",
    )
    .unwrap();
    tmux.wait_for("read again");
    tmux.wait_for("v Stop");
    tmux.press(&["v"]);
    eventually("the new key stops it", || web.state() == "STOPPED");
    std::fs::write(&file, "tick = \"never\"\n").unwrap();
    tmux.wait_for("config file not applied");
    tmux.press(&["q"]);
    tmux.wait_for("prompt$");
}

#[test]
fn the_command_line_is_copied_through_the_terminal() {
    let fixture = Fixture::new();
    let web = fixture.detached("web", &["sleep", "1000"]);
    let tmux = open(&fixture, 120, 40);
    tmux.allow_copying();
    tmux.wait_for("web");
    tmux.press(&["F7"]);
    tmux.wait_for("cpu unlimited →");
    tmux.press(&["y"]);
    tmux.wait_for("copied: ");
    eventually("it is on the clipboard", || {
        tmux.copied().contains("update --cpus")
    });
    let line = tmux.copied();
    assert!(
        line.starts_with(&format!(
            "minic-tui --state {} update",
            fixture.state().display()
        )),
        "{line}"
    );
    // what was copied does the same from a shell
    let words: Vec<&str> = line.split_whitespace().skip(3).collect();
    fixture.minic(&words).ok();
    assert_eq!(web.state(), "RUNNING");
    tmux.press(&["q"]);
    tmux.wait_for("prompt$");
}
