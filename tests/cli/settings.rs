//! The config file and the environment: which one counts, and how a mistake in it is told.

use crate::binary::{Folder, as_nobody, command, finish, minic};

#[test]
fn a_mistake_is_reported_with_file_line_and_column() {
    let folder = Folder::new();
    let file = folder.file("c.toml", "# mine\n[presets.web]\nmemory = \"lots\"\n");
    let line = minic(&["--config", &file, "list"]).refused(125);
    assert!(
        line.starts_with(&format!(
            "list: {file}:3:10: presets.web.memory: \"lots\" has "
        )),
        "{line}"
    );
    for (key, column) in [("memory_high", 15), ("log_rate", 12), ("cpuset", 10)] {
        let file = folder.file("e.toml", &format!("[presets.x]\n{key} = \"\"\n"));
        let line = minic(&["--config", &file, "list"]).refused(125);
        assert!(
            line.starts_with(&format!(
                "list: {file}:2:{column}: presets.x.{key}: empty; "
            )),
            "{line}"
        );
    }
    let file = folder.file("d.toml", "tock = 1\n");
    let line = minic(&["list", "--config", &file]).refused(125);
    assert!(
        line.contains(&format!(
            "{file}:1:1: tock: unknown key, expected one of `state`"
        )),
        "{line}"
    );
}

#[test]
fn a_mistake_in_the_file_cannot_drive_the_terminal() {
    let folder = Folder::new();
    let file = folder.file("c.toml", "theme = \"\\u001b[2J\\u009b1m\\n\"\n");
    let line = minic(&["--config", &file, "list"]).refused(125);
    assert!(line.chars().all(|c| !c.is_control()), "{line:?}");
}

#[test]
fn a_named_file_must_be_there() {
    let line = minic(&["--config", "/nonexistent/c.toml", "list"]).refused(125);
    assert!(
        line.contains("/nonexistent/c.toml: cannot read it: No such file"),
        "{line}"
    );
    let mut named = command(&["list"]);
    let line = finish(named.env("MINIC_CONFIG", "/nonexistent/d.toml")).refused(125);
    assert!(line.contains("/nonexistent/d.toml"), "{line}");
}

#[test]
fn the_flag_counts_before_the_environment() {
    let folder = Folder::new();
    let file = folder.file("c.toml", "tick = \"never\"\n");
    let mut both = command(&["--config", &file, "list"]);
    let line = finish(both.env("MINIC_CONFIG", "/nonexistent/d.toml")).refused(125);
    assert!(line.contains(&format!("{file}:1:8: tick: ")), "{line}");
}

#[test]
fn the_environment_is_checked() {
    for (name, value) in [
        ("MINIC_TICK", "1d"),
        ("MINIC_STOP_GRACE", "-1"),
        ("MINIC_THEME", "neon"),
        ("MINIC_PRESET", "nosuch"),
    ] {
        let line = finish(command(&["list"]).env(name, value)).refused(125);
        assert!(
            line.starts_with(&format!("list: {name}: ")) && line.contains(value),
            "{line}"
        );
    }
}

#[test]
fn the_home_folder_is_not_read() {
    let folder = Folder::new();
    for place in ["minic-tui", "minic"] {
        let inside = folder.path().join(".config").join(place);
        std::fs::create_dir_all(&inside).unwrap();
        std::fs::write(inside.join("config.toml"), "tick = \"never\"\n").unwrap();
    }
    let state = folder.path().join("state");
    let mut list = command(&["--state", state.to_str().unwrap(), "list", "-q"]);
    list.env("HOME", folder.path())
        .env("XDG_CONFIG_HOME", folder.path().join(".config"));
    finish(&mut list).ok();
}

#[test]
fn verbs_without_settings_do_not_read_the_config_file() {
    for args in [
        &["completions", "bash"][..],
        &["man"],
        &["--help"],
        &["--version"],
    ] {
        let mut command = command(args);
        finish(command.env("MINIC_CONFIG", "/nonexistent/c.toml")).ok();
    }
    // but the screen does, and says so before it says that it needs root
    assert!(
        as_nobody(&["--config", "/nonexistent/c.toml"])
            .refused(125)
            .contains("/nonexistent")
    );
}
