//! Manners on pipes: a reader that goes away is no error worth a word, a full disk is.

use std::fs::File;
use std::io::Read;
use std::process::Stdio;

use crate::binary::{command, finish};

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    for args in [&["man"][..], &["completions", "zsh"], &["--help"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut child = command(args)
            .stdout(writer)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        assert_eq!(
            (child.wait().unwrap().code(), said.as_str()),
            (Some(141), ""),
            "{args:?}"
        );
    }
}

#[test]
fn a_full_disk_is_reported() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let outcome = finish(command(&["man"]).stdout(full));
    assert!(outcome.refused(125).contains("No space left"));
}
