//! What people write: sizes, times, signals, volumes and the like; and text that is shown.

use std::fmt::Debug;
use std::str::FromStr;
use std::time::Duration;

use minic_tui::spec::{
    ClockOffsets, ContainerId, ContainerName, DetachKeys, Device, IdLookup, IpcMode, MIN_MEMORY,
    NetworkMode, Own, PidMode, Propagation, RestartPolicy, SpecError, Sysctl, Tmpfs, Ulimit, User,
    Userns, Volume, format_bytes, format_duration, lookup, parse_bytes, parse_cpus, parse_duration,
    parse_memory, parse_shares, parse_signal, quote_command, sanitize, signal_name,
};
use minic_tui::tui::keymap::Chord;
use minic_tui::tui::sanitise::{MAX_CHARS, log_line, printable};
use minic_tui::tui::text;
use shell_words::split;

/// A parsed `T` as JSON is the same `T`: what is saved is read back.
fn kept<
    T: FromStr<Err = SpecError> + serde::Serialize + serde::de::DeserializeOwned + PartialEq + Debug,
>(
    text: &str,
) -> Option<T> {
    match text.parse::<T>() {
        Ok(value) => {
            let json = serde_json::to_string(&value).expect("it can be saved");
            assert_eq!(
                serde_json::from_str::<T>(&json).expect("it is read back"),
                value,
                "{json}"
            );
            Some(value)
        }
        Err(error) => {
            assert!(!error.reason.is_empty());
            None
        }
    }
}

/// Every word of the command line and of the config file.
pub(super) fn words(data: &[u8]) {
    let word = String::from_utf8_lossy(data);
    amounts(&word);
    kept::<Volume>(&word).inspect(|v| {
        assert!(v.target.starts_with('/') && !v.target.split('/').any(|part| part == ".."))
    });
    kept::<Tmpfs>(&word).inspect(|t| assert!(t.size.is_none_or(|size| size >= MIN_MEMORY)));
    kept::<Device>(&word).inspect(|d| assert!(d.source.is_absolute() && !d.target.contains('\0')));
    kept::<Ulimit>(&word).inspect(|u| assert!(u.soft <= u.hard && u.name() != "?"));
    kept::<Sysctl>(&word)
        .inspect(|s| assert!(!s.file().contains("..") && !s.file().starts_with('/')));
    kept::<User>(&word).inspect(|u| assert!(u.uid != u32::MAX && u.gid != u32::MAX));
    kept::<Userns>(&word);
    kept::<Propagation>(&word);
    kept::<NetworkMode>(&word).inspect(|mode| assert_eq!(mode.to_string(), word));
    kept::<PidMode>(&word).inspect(|mode| assert_eq!(mode.to_string(), word));
    kept::<IpcMode>(&word).inspect(|mode| assert_eq!(mode.to_string(), word));
    let _ = Own::parse("uts", &word);
    if let Some(policy) = kept::<RestartPolicy>(&word) {
        for in_a_row in [0, 1, 31, 32, 64, u32::MAX] {
            assert!(
                policy
                    .delay(true, in_a_row)
                    .is_none_or(|delay| delay <= Duration::from_secs(60))
            );
        }
    }
    if let Ok(keys) = word.parse::<DetachKeys>() {
        assert!(keys.bytes().iter().all(u8::is_ascii));
    }
    if let Ok(chord) = word.parse::<Chord>() {
        assert_eq!(
            chord.to_string().parse(),
            Ok(chord),
            "what is shown can be written into a keymap"
        );
    }
    if let Ok(Some(offsets)) = ClockOffsets::parse(&[word.clone().into_owned()]) {
        assert_eq!(offsets.lines().lines().count(), 2);
    }
    identifiers(&word);
}

fn amounts(word: &str) {
    if let Ok(bytes) = parse_bytes("memory", word) {
        assert!(i64::try_from(bytes).is_ok());
        let shown = format_bytes(bytes);
        assert!(shown.len() <= 6, "{shown}");
        // what is shown is rounded, and may be rounded beyond the most there is
        assert!(
            bytes > i64::MAX as u64 / 2 || parse_bytes("memory", &shown).is_ok(),
            "{shown} can be written where it is shown"
        );
    }
    let _ = parse_memory("memory", word).inspect(|bytes| assert!(*bytes >= MIN_MEMORY));
    let _ = parse_shares("cpu", word).inspect(|shares| assert!((2..=262_144).contains(shares)));
    let _ = parse_cpus("cpus", word)
        .inspect(|millicores| assert!((10..=10_000_000).contains(millicores)));
    let _ = parse_signal("signal", word).inspect(|number| {
        assert!((1..=64).contains(number));
        assert!(signal_name(*number).starts_with("SIG") == (*number <= 31));
    });
    if let Ok(time) = parse_duration("tick", word) {
        assert!(time <= Duration::from_secs(366 * 86_400));
        assert!(format_duration(time).len() <= 6);
    }
}

fn identifiers(word: &str) {
    assert_eq!(
        ContainerName::new(word).is_ok(),
        ContainerId::new(word).is_ok()
    );
    if let (Ok(id), Ok(name)) = (ContainerId::new(word), ContainerName::new("other")) {
        assert!(!word.contains('/') && word != "." && word != ".." && word.len() <= 64);
        assert_eq!(
            lookup(word, std::iter::once((&id, &name))),
            IdLookup::Found(id.clone())
        );
        assert_eq!(
            lookup(&word[..1], std::iter::once((&id, &name))),
            IdLookup::Found(id.clone())
        );
    }
}

/// Text of unknown origin, made safe; and commands, quoted and split again.
pub(super) fn text(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let safe = sanitize(&text);
    super::harmless(&safe);
    assert_eq!(sanitize(&safe), safe, "made safe twice is made safe once");
    assert!(
        safe.chars().count() >= text.chars().count(),
        "nothing is removed: {text:?} → {safe:?}"
    );
    for line in [printable(&text), log_line(data)] {
        super::harmless(&line);
        assert!(line.chars().count() <= MAX_CHARS + 8);
        if line.chars().count() <= MAX_CHARS {
            assert_eq!(
                printable(&line),
                line,
                "nothing is left to be made printable"
            );
        }
        widths(&line);
    }
    if let Ok(words) = split(&text) {
        assert_eq!(
            split(&quote_command(&words)).as_ref(),
            Ok(&words),
            "a command that is shown can be typed"
        );
    }
    let words: Vec<String> = data
        .split(|byte| *byte == 0)
        .map(|word| String::from_utf8_lossy(word).into_owned())
        .collect();
    assert_eq!(split(&quote_command(&words)), Ok(words));
}

/// What is cut to a width has at most that width.
fn widths(line: &str) {
    for most in [0, 1, 2, 7] {
        let cut = text::truncate(line, most, '…');
        assert!(text::width(&cut) <= most, "{cut:?} is wider than {most}");
    }
    assert_eq!(
        text::wrap(line, 7).concat(),
        line,
        "rows are the whole line"
    );
}
