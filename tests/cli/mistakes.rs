//! What a user can get wrong: one line that names it and what would be right, and exit code 125.

use crate::binary::{as_nobody, command, finish, minic};

#[test]
fn each_mistake_is_named() {
    for (args, begins, right) in [
        (
            &["run", "--memroy", "1", "sh"][..],
            "unexpected argument '--memroy'",
            "'--memory'",
        ),
        (&["stpo", "web"], "unrecognized subcommand 'stpo'", "'stop'"),
        (
            &["stop"],
            "the following required arguments were not provided: <ID>...",
            "minic-tui stop --help",
        ),
        (
            &["exec", "web"],
            "the following required arguments were not provided: <CMD>...",
            "minic-tui exec",
        ),
        (
            &["run", "--net", "bridge", "sh"],
            "invalid value 'bridge' for '--net <MODE>'",
            "none, host or container:ID",
        ),
        (
            &["run", "--restart", "often", "sh"],
            "invalid value 'often'",
            "on-failure:N",
        ),
        (
            &["stop", "-t", "soon", "web"],
            "invalid value 'soon'",
            "500ms",
        ),
        (
            &["kill", "-s", "NOSUCH", "web"],
            "invalid value 'NOSUCH'",
            "TERM",
        ),
        (
            &["list", "-q", "--json"],
            "the argument '--quiet' cannot be used with '--json'",
            "minic-tui list",
        ),
        (
            &["logs", "-t", "--json", "web"],
            "the argument '--timestamps' cannot be used with '--json'",
            "--help",
        ),
        (&["completions", "csh"], "invalid value 'csh'", "fish"),
        (
            &["--state"],
            "a value is required for '--state <DIR>'",
            "none was supplied",
        ),
        (&["--demo", "list"], "--demo, --read-only", "no verb"),
    ] {
        let line = minic(args).refused(125);
        assert!(
            line.starts_with(begins) && line.contains(right),
            "{args:?} → {line}"
        );
    }
}

#[test]
fn arguments_that_are_no_text_are_refused() {
    use std::os::unix::ffi::OsStrExt;
    let mut command = command(&["run"]);
    command.arg(std::ffi::OsStr::from_bytes(b"\xff\x1b[2J"));
    assert!(finish(&mut command).refused(125).contains("UTF-8"));
}

#[test]
fn a_mistake_cannot_drive_the_terminal() {
    let line = minic(&["\x1b]0;title\x07stop\x1b[2J\n"]).refused(125);
    assert!(line.chars().all(|c| !c.is_control()), "{line:?}");
}

#[test]
fn without_root_one_line_says_what_to_do() {
    assert_eq!(
        as_nobody(&["list"]).refused(125),
        "list: needs root: run `sudo minic-tui list …`"
    );
    assert_eq!(
        as_nobody(&["run", "sh"]).refused(125),
        "run: needs root: run `sudo minic-tui run …`"
    );
    assert_eq!(
        as_nobody(&[]).refused(125),
        "needs root: run `sudo minic-tui`"
    );
}

#[test]
fn a_screen_needs_a_terminal() {
    assert!(as_nobody(&["--demo"]).refused(125).contains("terminal"));
}
