//! The corpora of the fuzz targets, replayed: everything that was ever found holds.
//! `tests/fuzz/run` looks for more.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::fs;
use std::path::Path;

mod targets;
use targets::TARGETS;

fn corpus() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus")
}

fn replay(name: &str) {
    let (_, target) = TARGETS.iter().find(|(known, _)| *known == name).unwrap();
    let mut files: Vec<_> = fs::read_dir(corpus().join(name))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{name} has no corpus");
    for file in files {
        let data = fs::read(&file).unwrap();
        // the file is named before it is tried: it is what a panic, or an abort, was about
        println!("{}", file.display());
        target(&data);
    }
}

macro_rules! replayed {
    ($($test:ident: $name:literal;)+) => {
        const REPLAYED: &[&str] = &[$($name),+];
        $(#[test]
        fn $test() {
            replay($name);
        })+
    };
}

replayed! {
    cgroup_files: "cgroup-files";
    config: "config";
    events: "events";
    keymap: "keymap";
    log: "log";
    mountinfo: "mountinfo";
    protocol: "protocol";
    record: "record";
    request: "request";
    screen: "screen";
    seccomp: "seccomp";
    terminal: "terminal";
    text: "text";
    theme: "theme";
    words: "words";
}

#[test]
fn every_target_is_replayed_and_every_corpus_has_a_target() {
    let names: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, REPLAYED);
    let mut folders: Vec<String> = fs::read_dir(corpus())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    folders.sort();
    assert_eq!(folders, names);
}
