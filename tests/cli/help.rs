//! Every help text against the file that keeps it; `UPDATE_GOLDEN=1` writes the files anew.

use std::fs;
use std::path::{Path, PathBuf};

use crate::binary::{as_nobody, minic};

const VERBS: &[&str] = &[
    "run",
    "create",
    "list",
    "info",
    "start",
    "stop",
    "restart",
    "kill",
    "pause",
    "resume",
    "wait",
    "rename",
    "update",
    "destroy",
    "prune",
    "gc",
    "exec",
    "attach",
    "logs",
    "events",
    "web",
    "check",
    "completions",
    "man",
];

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/cli/golden")
        .join(name)
}

#[track_caller]
fn is_golden(name: &str, text: &str) {
    let path = golden(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, text).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == text,
        "{} is not what it says now:\n{text}",
        path.display()
    );
}

#[test]
fn help_matches_its_golden_files() {
    is_golden("help.txt", &minic(&["--help"]).ok());
    for verb in VERBS {
        is_golden(&format!("{verb}.txt"), &minic(&[verb, "--help"]).ok());
    }
}

#[test]
fn every_verb_is_listed_and_every_golden_file_is_used() {
    let help = minic(&["--help"]).ok();
    let listed: Vec<&str> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(listed, VERBS);
    for entry in fs::read_dir(golden("")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let verb = name.strip_suffix(".txt").unwrap();
        assert!(verb == "help" || VERBS.contains(&verb), "{name}");
    }
}

#[test]
fn help_needs_no_root_and_no_width() {
    let text = as_nobody(&["run", "-h"]).ok();
    assert!(text.contains("--memory"));
    assert!(
        text.lines().all(|line| line.chars().count() <= 110),
        "{text}"
    );
    assert!(!text.contains('\x1b'), "colours are for terminals");
}

#[test]
fn the_version_is_the_packages() {
    for flag in ["-V", "--version"] {
        assert_eq!(
            minic(&[flag]).ok(),
            format!("minic-tui {}\n", env!("CARGO_PKG_VERSION"))
        );
    }
}
