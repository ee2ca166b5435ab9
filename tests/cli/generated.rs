//! Completions and the man page, as the shells and man read them.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::binary::as_nobody;

/// Runs `program` with `text` on its standard input; what it says on standard error.
#[track_caller]
fn read_by(program: &str, args: &[&str], text: &str) -> String {
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}: tests/run installs it"));
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{program}: {said}");
    said
}

#[test]
fn completions_know_the_verbs_and_are_no_syntax_error() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let text = as_nobody(&["completions", shell]).ok();
        for word in ["run", "destroy", "pids-limit", "cpu-shares"] {
            assert!(text.contains(word), "{shell}: {word}");
        }
        if ["bash", "zsh", "fish"].contains(&shell) {
            assert_eq!(read_by(shell, &["-n"], &text), "", "{shell}");
        }
    }
}

#[test]
fn the_man_page_has_every_verb_and_no_fault() {
    let page = as_nobody(&["man"]).ok();
    assert_eq!(page.matches(".TH ").count(), 1, "one page");
    for verb in [
        "RUN",
        "LIST",
        "INFO",
        "STOP",
        "DESTROY",
        "EXEC",
        "LOGS",
        "COMPLETIONS",
    ] {
        assert!(
            page.contains(&format!(".SH \"MINIC-TUI {verb}\"\n")),
            "{verb}"
        );
    }
    assert_eq!(
        page.matches("Keep containers in this folder").count(),
        1,
        "what every verb takes is told once"
    );
    assert!(page.contains("Also called ls, ps."));
    assert_eq!(read_by("groff", &["-man", "-Tutf8", "-ww"], &page), "");
}
