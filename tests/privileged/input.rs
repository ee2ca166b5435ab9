//! Input of any size and kind: what the kernel does not accept is refused in one line, and nothing
//! half-made is left.

use std::fs;

use crate::fixture::Fixture;

/// As long as the kernel lets one argument be (execve(2), MAX_ARG_STRLEN: 32 pages), less its end.
const LONGEST: usize = 32 * 4096 - 1;

#[test]
fn names_and_ids_are_never_paths() {
    let fixture = Fixture::new();
    for name in [
        ".",
        "..",
        "../x",
        "a/b",
        "-x",
        "a b",
        "a\nb",
        "\u{1b}[2J",
        "é",
        &"x".repeat(65),
    ] {
        let named = format!("--name={name}");
        let line = fixture.minic(&["create", &named, "true"]).refused(125);
        assert!(line.contains("letters, digits"), "{name:?}: {line}");
        if name.starts_with('-') {
            continue;
        }
        for verb in ["info", "logs", "stop", "destroy", "start"] {
            let outcome = fixture.minic(&[verb, name]);
            assert!(
                outcome.code.is_some_and(|code| code != 0) && outcome.stdout.is_empty(),
                "{verb} {name:?}: {outcome:?}"
            );
            assert_eq!(
                outcome.stderr.lines().count(),
                1,
                "{verb} {name:?}: {outcome:?}"
            );
        }
    }
    assert_eq!(fixture.list().len(), 0);
}

#[test]
fn what_exceeds_the_kernels_limits_is_refused_in_one_line() {
    let fixture = Fixture::new();
    let folder = fixture.state().join("env");
    fs::create_dir(&folder).unwrap();
    // a preset is not bounded by our own command line
    let value = "x".repeat(1 << 20);
    let config = folder.join("config.toml");
    fs::write(
        &config,
        format!("[presets.huge]\ncommand = [\"true\"]\nenv = [\"BIG={value}\"]\n"),
    )
    .unwrap();
    let huge = fixture
        .minic(&[
            "--config",
            config.to_str().unwrap(),
            "run",
            "--rm",
            "--preset",
            "huge",
        ])
        .refused(126);
    assert!(huge.contains("larger than the kernel takes"), "{huge}");

    let longest = "n".repeat(LONGEST);
    let unknown = fixture.minic(&["run", "--rm", &longest]);
    assert!(
        matches!(unknown.code, Some(125..=127)) && unknown.stderr.lines().count() == 1,
        "{:?}",
        unknown.code
    );
    assert!(
        unknown.stderr.len() < 4096,
        "the line is short: {} bytes",
        unknown.stderr.len()
    );

    let value = format!("V={}", "v".repeat(LONGEST - 2));
    assert_eq!(
        fixture
            .minic(&["run", "--rm", "-e", &value, "sh", "-c", "echo ${#V}"])
            .ok()
            .trim(),
        (LONGEST - 2).to_string()
    );
    fixture.is_clean();
}

#[test]
fn arguments_keep_newlines_and_whatever_else_is_text() {
    let fixture = Fixture::new();
    let word = "two\nlines\ttab \u{1b}[2J 漢 'quoted' \"double\"";
    assert_eq!(
        fixture.minic(&["run", "--rm", "printf", "%s", word]).ok(),
        word
    );
    let pair = format!("WORD={word}");
    assert_eq!(
        fixture
            .minic(&["run", "--rm", "-e", &pair, "printenv", "WORD"])
            .ok(),
        format!("{word}\n")
    );
    let container = fixture.detached(
        "shown",
        &[
            "--label",
            &format!("a={word}\u{9b}31m\u{202e}"),
            "sh",
            "-c",
            &format!("sleep 1000 # {word}"),
        ],
    );
    for args in [
        &["list"][..],
        &["info", "shown"],
        &["events"],
        &["list", "--json"],
        &["info", "shown", "--json"],
    ] {
        let text = fixture.minic(args).ok();
        assert!(
            text.chars()
                .all(|c| matches!(c, '\n' | '\t') || !c.is_control() && c != '\u{202e}'),
            "{args:?}: {text:?}"
        );
    }
    container.verb(&["stop", "-t", "0s"]);
}

#[test]
fn a_binary_config_file_is_refused_in_one_line() {
    let fixture = Fixture::new();
    let file = fixture.state().join("config.toml");
    let path = file.to_str().unwrap().to_owned();
    for content in [
        &b"\xff\xfe\x00"[..],
        b"tick = \"1s\0\"",
        b"state = \"/a\0b\"",
        &[b'['; 1 << 20],
        &[0; 1 << 20],
    ] {
        fs::write(&file, content).unwrap();
        let line = fixture.minic(&["--config", &path, "list"]).refused(125);
        assert!(
            line.contains("config.toml") && line.len() < 4096,
            "{} bytes",
            line.len()
        );
    }
    fs::remove_file(&file).unwrap();
}
