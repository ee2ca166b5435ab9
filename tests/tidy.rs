//! The rules of this repository: which folder may import which, and where unsafe, printing, long files and
//! machine paths may not stand.
//!
//! A rule is a pure function from a file's path and text to complaints. Each is held against the
//! tree, and against made text that breaks it.

#![allow(
    clippy::unwrap_used,
    reason = "a tree that cannot be read is a failed test"
)]

use std::collections::BTreeSet;

#[path = "tidy/circles.rs"]
mod circles;
#[path = "tidy/mutations.rs"]
mod mutations;
#[path = "tidy/references.rs"]
mod references;
#[path = "tidy/tokens.rs"]
mod tokens;
#[path = "tidy/tree.rs"]
mod tree;
use circles::{Circle, circles};
use tokens::{Token, tokens};
use tree::{contents, tracked};

/// The floors, lowest first: a folder below `src/` imports from lower floors only. `src/README.md`
/// says what each is.
const FLOORS: [&[&str]; 8] = [
    &["spec", "sys"],
    &[
        "cgroup",
        "rootfs",
        "namespace",
        "security",
        "network",
        "image",
    ],
    &["record", "check"],
    &["runtime", "stats", "inspect"],
    &["manager", "config"],
    &["proof", "demo", "json"],
    &["cli", "tui"],
    &["web"],
];

const MAX_LINES: usize = 500;

/// How many dependencies one comment in Cargo.toml may speak for.
const MAX_PER_REASON: usize = 3;

type Rule = fn(&str, &str) -> Vec<String>;

// ---- imports ----

/// The folders of the crate that `source` names, each with its line: `use crate::a`, `crate::{a,
/// b::c}`, `crate::a::f()`, and `super::` chains that climb to the root. `depth` is how many
/// modules stand between the root and this file's contents.
fn crate_imports(source: &str, depth: usize) -> Vec<(String, usize)> {
    let all = tokens(source);
    let text = |i: usize| all.get(i).map_or("", |token| token.text);
    let path_follows = |i: usize| text(i + 1) == ":" && text(i + 2) == ":";
    let mut found = Vec::new();
    let (mut braces, mut inline_modules, mut i) = (0_usize, Vec::new(), 0);
    while i < all.len() {
        match text(i) {
            "mod" if text(i + 2) == "{" => inline_modules.push(braces),
            "{" => braces += 1,
            "}" => {
                braces = braces.saturating_sub(1);
                inline_modules.pop_if(|opened_at| *opened_at == braces);
            }
            "crate" | "minic_tui" if path_follows(i) => first_segments(&all, i + 3, &mut found),
            "super" if path_follows(i) => {
                let mut climbed = 1;
                while text(i + 3) == "super" && path_follows(i + 3) {
                    (climbed, i) = (climbed + 1, i + 3);
                }
                if climbed >= depth + inline_modules.len() {
                    first_segments(&all, i + 3, &mut found);
                }
            }
            _ => {}
        }
        i += 1;
    }
    found
}

/// The first segment of the path at `i`, or of each path of the group that opens there.
fn first_segments(all: &[Token<'_>], i: usize, found: &mut Vec<(String, usize)>) {
    let Some(first) = all.get(i) else { return };
    if first.text != "{" {
        return found.push((first.text.to_owned(), first.line));
    }
    let (mut depth, mut expecting) = (0, true);
    for token in &all[i..] {
        match token.text {
            "{" => depth += 1,
            "}" if depth == 1 => return,
            "}" => depth -= 1,
            "," if depth == 1 => expecting = true,
            segment if depth == 1 && expecting => {
                found.push((segment.to_owned(), token.line));
                expecting = false;
            }
            _ => {}
        }
    }
}

// ---- the rules ----

fn floor(folder: &str) -> Option<usize> {
    FLOORS.iter().position(|folders| folders.contains(&folder))
}

fn imports_point_down(path: &str, text: &str) -> Vec<String> {
    let Some((own, rest)) = path
        .strip_prefix("src/")
        .and_then(|inside| inside.split_once('/'))
    else {
        return Vec::new(); // main.rs and lib.rs stand above all floors
    };
    let Some(own_floor) = floor(own) else {
        return vec![format!(
            "{path}: the folder {own}/ has no floor; give it one in FLOORS and in src/README.md"
        )];
    };
    let depth = rest.split('/').filter(|part| *part != "mod.rs").count() + 1;
    let wrong = |other: &str| {
        other != own && floor(other).is_some_and(|other_floor| other_floor >= own_floor)
    };
    crate_imports(text, depth)
        .into_iter()
        .filter(|(other, _)| wrong(other))
        .map(|(other, line)| format!("{path}:{line}: {own}/ (floor {own_floor}) may not import {other}/: imports point to a lower floor"))
        .collect()
}

fn files_are_short(path: &str, text: &str) -> Vec<String> {
    let lines = text.lines().count();
    if lines <= MAX_LINES {
        return Vec::new();
    }
    vec![format!(
        "{path}: {lines} lines, more than {MAX_LINES}: there are two things in it"
    )]
}

fn files_say_what_they_are(path: &str, text: &str) -> Vec<String> {
    if text.starts_with("//! ") {
        return Vec::new();
    }
    vec![format!(
        "{path}:1: does not begin with a `//!` line that says what it is"
    )]
}

fn unsafe_is_in_sys(path: &str, text: &str) -> Vec<String> {
    if path.starts_with("src/sys/") {
        return Vec::new();
    }
    let found = tokens(text)
        .into_iter()
        .filter(|token| token.text == "unsafe");
    found
        .map(|token| format!("{path}:{}: unsafe outside src/sys/", token.line))
        .collect()
}

fn printing_is_in_cli(path: &str, text: &str) -> Vec<String> {
    if path.starts_with("src/cli/") {
        return Vec::new();
    }
    let prints = |word: &str| matches!(word, "print" | "println" | "eprint" | "eprintln" | "dbg");
    let found = tokens(text);
    let found = found
        .windows(2)
        .filter(|pair| prints(pair[0].text) && pair[1].text == "!");
    found
        .map(|pair| {
            format!(
                "{path}:{}: {}! outside src/cli/",
                pair[0].line, pair[0].text
            )
        })
        .collect()
}

fn names_say_something(path: &str, _: &str) -> Vec<String> {
    let empty = |part: &str| {
        matches!(
            part,
            "util" | "utils" | "common" | "helper" | "helpers" | "misc"
        )
    };
    let parts = path.split('/').map(|part| part.trim_end_matches(".rs"));
    parts
        .filter(|part| empty(part))
        .map(|part| format!("{path}: {part} is no name; say what it is or does"))
        .collect()
}

fn open_ends_have_a_reason(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (n, line) in text.lines().enumerate() {
        for mark in [concat!("TO", "DO"), concat!("FIX", "ME")] {
            let reason = |rest: &str| {
                rest.split_once(':')
                    .is_some_and(|(who, why)| who.len() < 20 && why.trim().len() > 3)
            };
            if line.split_once(mark).is_some_and(|(_, rest)| !reason(rest)) {
                found.push(format!(
                    "{path}:{}: {mark} without a reason after a colon",
                    n + 1
                ));
            }
        }
    }
    found
}

fn no_machine_paths(path: &str, text: &str) -> Vec<String> {
    let places = [concat!("/wo", "rk/"), concat!("/ro", "ot/wt")];
    let joined = |before: Option<char>| {
        before.is_some_and(|c| c.is_alphanumeric() || "_-.~*})>]".contains(c))
    };
    let mut found = Vec::new();
    for (n, line) in text.lines().enumerate() {
        for place in places {
            let mut hits = line.match_indices(place);
            if hits.any(|(at, _)| !joined(line[..at].chars().next_back())) {
                found.push(format!(
                    "{path}:{}: {place} is a path of one machine",
                    n + 1
                ));
            }
        }
    }
    found
}

fn dependencies_have_a_reason(path: &str, text: &str) -> Vec<String> {
    let (mut found, mut inside, mut covered) = (Vec::new(), false, 0);
    for (n, line) in text.lines().enumerate() {
        let name = line.split(['=', '.']).next().unwrap_or_default().trim();
        let is_entry = line.contains('=')
            && !name.is_empty()
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        match line.trim_start().chars().next() {
            Some('[') if !line.starts_with(' ') => {
                (inside, covered) = (line.contains("dependencies"), 0)
            }
            Some('#') => covered = MAX_PER_REASON,
            None => covered = 0,
            _ if inside && is_entry && covered == 0 => {
                found.push(format!(
                    "{path}:{}: no comment above says why {name} is a dependency",
                    n + 1
                ));
            }
            _ if inside && is_entry => covered -= 1,
            _ => {}
        }
    }
    found
}

fn top_level(paths: &[String]) -> Vec<String> {
    let known = [
        "Cargo.toml",
        "Cargo.lock",
        "src",
        "assets",
        "tests",
        "config.example.toml",
        "README.md",
        "CHANGELOG.md",
    ];
    let entries: BTreeSet<&str> = paths
        .iter()
        .filter_map(|path| path.split('/').next())
        .collect();
    let extra = entries.into_iter().filter(|entry| {
        !known.contains(entry) && !entry.starts_with('.') && !entry.starts_with("LICENSE")
    });
    extra
        .map(|entry| format!("{entry}: does not belong at the top level"))
        .collect()
}

/// What a test plans by `MINIC_FAULT` is read in one module, which a release build does not have.
fn faults_are_for_debugging(path: &str, text: &str) -> Vec<String> {
    let module = "#[cfg(debug_assertions)]\nmod armed {";
    let outside = match text.split_once(module) {
        Some((before, rest)) if path == "src/sys/fault.rs" => {
            format!(
                "{before}{}",
                rest.split_once("\n}\n").map_or("", |(_, after)| after)
            )
        }
        _ => text.to_owned(),
    };
    if outside.contains("\"MINIC_FAULT\"") {
        vec![format!(
            "{path}: MINIC_FAULT is read outside of what debug builds alone have"
        )]
    } else {
        Vec::new()
    }
}

// ---- the tree ----

/// Holds `rule` against every file that `chosen` picks.
fn hold(rule: Rule, chosen: impl Fn(&str) -> bool) {
    let files = contents(chosen);
    assert!(!files.is_empty(), "no file to look at");
    let complaints: Vec<String> = files
        .iter()
        .flat_map(|(path, text)| rule(path, text))
        .collect();
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

fn source(path: &str) -> bool {
    path.starts_with("src/") && path.ends_with(".rs")
}

fn rust(path: &str) -> bool {
    path.ends_with(".rs")
}

/// A rule's two tests: against the tree, and against text that breaks it as often as it says.
macro_rules! rule {
    ($rule:ident, $chosen:expr, $($path:expr, $text:expr => $complaints:expr;)+) => {
        mod $rule {
            #[test]
            fn holds() {
                super::hold(super::$rule, $chosen);
            }
            #[test]
            fn can_fail() {
                $(let found = super::$rule($path, $text);
                assert_eq!(found.len(), $complaints, "{}: {:?}: {found:?}", $path, $text);)+
            }
        }
    };
}

rule!(imports_point_down, super::source,
    "src/record/a.rs", "use crate::spec::X; use crate::record::Y; use super::Z;" => 0;
    "src/record/a.rs", "use crate::manager;\nuse crate::{spec, stats::{self, History}, cli::x};" => 3;
    "src/stats/a.rs", "fn f() { crate::runtime::launch() } // crate::tui" => 1;
    "src/stats/a/b.rs", "use super::super::super::runtime; use super::super::history;" => 1;
    "src/spec/mod.rs", "mod tests { use super::super::sys; use super::x; }\nuse super::record;" => 2;
    "src/spec/a.rs", "const A: &str = \"crate::cli\"; /* crate::cli */ #[doc = crate::cli] fn f<'a>(c: &'a u8) { '\"'; crate::cli::f() }" => 1;
    "src/spec/a.rs", "r#\"\" crate::tui \"# ; use minic_tui::tui;" => 1;
    "src/main.rs", "use crate::cli;" => 0;
    "src/attic/a.rs", "" => 1;
);

rule!(files_are_short, super::rust,
    "src/a.rs", &"x\n".repeat(super::MAX_LINES) => 0;
    "src/a.rs", &"x\n".repeat(super::MAX_LINES + 1) => 1;
);

rule!(files_say_what_they_are, super::rust,
    "src/a.rs", "//! What it is.\n" => 0;
    "src/a.rs", "use x;\n//! Late.\n" => 1;
    "src/a.rs", "" => 1;
);

rule!(unsafe_is_in_sys, super::source,
    "src/tui/a.rs", "// unsafe\n#![deny(unsafe_code)] #[unsafe(no_mangle)] const A: &str = \"unsafe\";" => 0;
    "src/tui/a.rs", "fn f() { unsafe { g() } }\nunsafe impl Send for X {}" => 2;
    "src/sys/a.rs", "unsafe {}" => 0;
);

rule!(faults_are_for_debugging, super::source,
    "src/sys/fault.rs", "pub fn at() {}\n#[cfg(debug_assertions)]\nmod armed {\n std::env::var(\"MINIC_FAULT\")\n}\n" => 0;
    "src/sys/fault.rs", "std::env::var(\"MINIC_FAULT\");\n#[cfg(debug_assertions)]\nmod armed {\n}\n" => 1;
    "src/sys/fault.rs", "mod armed {\n std::env::var(\"MINIC_FAULT\")\n}\n" => 1;
    "src/sys/fault.rs", "#[cfg(debug_assertions)]\nmod armed {\n}\nfn f() { std::env::var(\"MINIC_FAULT\") }\n" => 1;
    "src/runtime/a.rs", "std::env::var(\"MINIC_FAULT\")" => 1;
);

rule!(printing_is_in_cli, super::source,
    "src/tui/a.rs", "println!(\"a\"); eprint! (\"b\"); dbg!(c); // print!()\nfn print() {}" => 3;
    "src/main.rs", "std::eprintln!()" => 1;
    "src/cli/a.rs", "println!()" => 0;
);

rule!(names_say_something, super::rust,
    "src/a/commons.rs", "" => 0;
    "src/a/utils.rs", "" => 1;
    "src/helpers/mod.rs", "" => 1;
);

rule!(open_ends_have_a_reason, |path| super::rust(path) || path.ends_with(".md") || path.ends_with(".toml"),
    "src/a.rs", concat!("// TO", "DO: the kernel lacks it before 6.12") => 0;
    "src/a.rs", concat!("// TO", "DO\n// FIX", "ME later\n// TO", "DO:") => 3;
);

rule!(no_machine_paths, |_| true,
    "a.md", concat!("ID/wo", "rk/ and ./wo", "rk/ and /rooted/") => 0;
    "a.md", concat!("see /wo", "rk/main\nand `/ro", "ot/wt`") => 2;
);

rule!(dependencies_have_a_reason, |path| path == "Cargo.toml",
    "Cargo.toml", "[dependencies]\n# errors\na = \"1\"\nb.version = \"1\"\n[profile.release]\nlto = true\n" => 0;
    "Cargo.toml", "[dependencies]\na = \"1\"\n# why\nb = \"1\"\n\nc = { version = \"1\" }\n" => 2;
    "Cargo.toml", "[dev-dependencies]\n# why\na = 1\nb = 1\nc = 1\nd = 1\n" => 1;
);

#[test]
fn the_top_level_is_the_card() {
    assert_eq!(top_level(&tracked()), Vec::<String>::new());
    let made = ["src/a.rs", "notes.md", ".ci/run", "LICENSE-MIT", "docs/x"].map(str::to_owned);
    assert_eq!(top_level(&made).len(), 2);
}

/// The files below src/ that the tour names and that are not there.
fn missing_from_the_tour(tour: &str, files: &[String]) -> Vec<String> {
    let named = tour.split('`').skip(1).step_by(2);
    let is_file = |word: &&str| word.contains('/') && word.ends_with(".rs");
    named
        .filter(is_file)
        .filter(|name| !files.contains(&format!("src/{name}")) && !files.contains(&(*name).into()))
        .map(|name| format!("src/README.md names {name}, which is not there"))
        .collect()
}

#[test]
fn the_tour_names_files_that_are_there() {
    let tour = std::fs::read_to_string("src/README.md").unwrap();
    assert!(tour.contains("`sys/clone.rs`"), "it names files this way");
    assert_eq!(
        missing_from_the_tour(&tour, &tracked()),
        Vec::<String>::new()
    );
    let made = ["src/a/b.rs".to_owned()];
    assert_eq!(
        missing_from_the_tour("`a/b.rs` `a/c.rs` `d.rs` `e`", &made).len(),
        1
    );
}

// ---- circles ----

/// The table of all verbs names each verb's arguments, and a verb the arguments that several share:
/// one thing to clap.
const CLAP: &str = "cli/arguments";

/// Folders where modules still name each other in circles; none may be added.
const PENDING: &[&str] = &[];

fn new_circles(files: &[(String, String)], pending: &[&str]) -> Vec<String> {
    let is_pending = |circle: &Circle| {
        let inside = |folder: &&str| circle.modules.iter().all(|name| name.starts_with(folder));
        pending.iter().any(inside)
    };
    let new = circles(files, CLAP)
        .into_iter()
        .filter(|circle| !is_pending(circle));
    new.map(|Circle { modules, way }| {
        format!(
            "src/{{{}}} name each other in a circle: {}",
            modules.join(","),
            way.join(" -> ")
        )
    })
    .collect()
}

#[test]
fn modules_do_not_go_in_circles() {
    let files = contents(source);
    let found = new_circles(&files, PENDING);
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn documents_name_what_there_is() {
    let sources = contents(rust);
    let documents = contents(|path| path.ends_with(".md") && path != "CHANGELOG.md");
    let found: Vec<String> = documents
        .iter()
        .flat_map(|(path, text)| {
            let dangling = references::dangling(text, &sources).into_iter();
            dangling.map(move |(line, name)| format!("{path}:{line}: there is no {name}"))
        })
        .collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}
