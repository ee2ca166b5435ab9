//! A container's cgroup files, with their values and effects.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Fact, Judgement};
use crate::spec::format_bytes;

/// Above this a v1 file means "no limit": the kernel writes the highest multiple of a page, in
/// bytes.
const V1_UNLIMITED: u64 = 1 << 62;

/// The unit of a file.
#[derive(Clone, Copy, PartialEq)]
enum Unit {
    Bytes,
    Count,
    Weight,
    Cap,
    Text,
}

/// Files of v1 and v2, their units, and the effect of no limit.
const FILES: [(&str, Unit, &str); 12] = [
    ("memory.max", Unit::Bytes, "may take all memory"),
    ("memory.limit_in_bytes", Unit::Bytes, "may take all memory"),
    ("memory.high", Unit::Bytes, ""),
    ("memory.swap.max", Unit::Bytes, ""),
    ("memory.memsw.limit_in_bytes", Unit::Bytes, ""),
    ("cpu.max", Unit::Cap, "may take every core"),
    ("cpu.cfs_quota_us", Unit::Cap, "may take every core"),
    ("cpu.weight", Unit::Weight, ""),
    ("cpu.shares", Unit::Weight, ""),
    ("pids.max", Unit::Count, "a fork bomb takes every pid"),
    ("cpuset.cpus.effective", Unit::Text, ""),
    ("cpuset.effective_cpus", Unit::Text, ""),
];

/// One fact for each existing file.
pub(super) fn facts(folders: &[PathBuf]) -> Vec<Fact> {
    let read = |folder: &Path, file: &str| {
        fs::read_to_string(folder.join(file))
            .ok()
            .map(|text| text.trim().to_owned())
    };
    let mut facts = Vec::new();
    for (file, unit, open) in FILES {
        let found = folders
            .iter()
            .find_map(|folder| read(folder, file).map(|text| (folder, text)));
        let Some((folder, text)) = found else {
            continue;
        };
        let text = match file {
            "cpu.cfs_quota_us" => format!(
                "{text} {}",
                read(folder, "cpu.cfs_period_us").unwrap_or_default()
            ),
            _ => text,
        };
        facts.push(fact(file, unit, open, &text));
    }
    if facts.is_empty() {
        facts.push(Fact::plain("limits", "n/a: its cgroup is gone"));
    }
    facts
}

/// Pure: the effect of `text` in `file`.
fn fact(file: &str, unit: Unit, open: &str, text: &str) -> Fact {
    let first = text.split_whitespace().next().unwrap_or_default();
    let number = first.parse::<u64>().ok();
    let limited = match unit {
        Unit::Bytes => number
            .filter(|bytes| *bytes < V1_UNLIMITED)
            .map(|bytes| format!("at most {}", format_bytes(bytes))),
        Unit::Count => number.map(|count| format!("at most {count}")),
        Unit::Weight => number.map(|weight| format!("weight {weight} when cores are scarce")),
        Unit::Cap => {
            let period = text
                .split_whitespace()
                .nth(1)
                .and_then(|word| word.parse::<f64>().ok())
                .filter(|period| *period > 0.0);
            number.zip(period).map(|(quota, period)| {
                format!("at most {:.1}% of a core", quota as f64 / period * 100.0)
            })
        }
        Unit::Text => Some(format!("runs on cores {text}")),
    };
    match limited {
        Some(effect) if matches!(unit, Unit::Weight | Unit::Text) => {
            Fact::judged(file, text, Judgement::Plain, effect)
        }
        Some(effect) => Fact::judged(file, text, Judgement::Good, effect),
        None if open.is_empty() => Fact::judged(file, text, Judgement::Plain, "no limit"),
        None => Fact::judged(file, text, Judgement::Weak, format!("no limit: {open}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effect(file: &str, text: &str) -> (String, Judgement) {
        let (_, unit, open) = FILES.into_iter().find(|(name, ..)| *name == file).unwrap();
        let fact = fact(file, unit, open, text);
        (fact.effect, fact.judgement)
    }

    #[test]
    fn both_versions_are_judged_alike() {
        for (file, text) in [
            ("memory.max", "67108864"),
            ("memory.limit_in_bytes", "67108864"),
        ] {
            assert_eq!(
                effect(file, text),
                ("at most 64.0M".into(), Judgement::Good),
                "{file}"
            );
        }
        for (file, text) in [
            ("memory.max", "max"),
            ("memory.limit_in_bytes", "9223372036854771712"),
        ] {
            assert_eq!(
                effect(file, text),
                ("no limit: may take all memory".into(), Judgement::Weak),
                "{file}"
            );
        }
        for (file, text) in [
            ("cpu.max", "25000 100000"),
            ("cpu.cfs_quota_us", "25000 100000"),
        ] {
            assert_eq!(
                effect(file, text),
                ("at most 25.0% of a core".into(), Judgement::Good),
                "{file}"
            );
        }
        assert_eq!(effect("cpu.cfs_quota_us", "-1 100000").1, Judgement::Weak);
        assert_eq!(effect("pids.max", "max").1, Judgement::Weak);
        assert_eq!(effect("cpu.shares", "256").1, Judgement::Plain);
    }
}
