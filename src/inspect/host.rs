//! The host: its shared resources and the results of `check`.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::sys::statvfs::statvfs;
use serde::Deserialize;

use super::failure::{InspectError, failed};
use super::{Fact, Judgement, Section, Sheet};
use crate::cgroup::{Controller, Layout, Version};
use crate::check::{Verdict, host_facts};
use crate::spec::format_bytes;

/// Below this share a disk is nearly full.
const DISK_LOW: f64 = 0.1;
/// From this share of time on, in percent, pressure is weak.
const HIGH_PRESSURE: f64 = 10.0;

/// The host itself, with `state` as the state folder.
pub(crate) fn host(state: &Path, layout: &Layout) -> Result<Sheet, InspectError> {
    let read = |path: &str| {
        fs::read_to_string(path).map_err(|error| failed(format!("read {path}"), error))
    };
    let uname = nix::sys::utsname::uname().map_err(|error| failed("uname", error))?;
    let word = |text: &std::ffi::OsStr| text.to_string_lossy().into_owned();
    let kernel = vec![
        Fact::plain(
            "kernel",
            format!(
                "{} {} {}",
                word(uname.sysname()),
                word(uname.release()),
                word(uname.machine())
            ),
        ),
        Fact::plain("name", word(uname.nodename())),
        Fact::plain(
            "load average",
            read("/proc/loadavg")?
                .split_whitespace()
                .take(3)
                .collect::<Vec<_>>()
                .join(" "),
        ),
    ];
    let memory = memory(&read("/proc/meminfo")?);
    let pressure = ["cpu", "memory", "io"].map(|what| {
        pressure(
            what,
            fs::read_to_string(format!("/proc/pressure/{what}")).ok(),
        )
    });
    Ok(Sheet {
        sections: vec![
            Section::new("System", kernel),
            Section::new("Memory", memory),
            Section::new("Pressure", pressure.to_vec()),
            Section::new("Disk of the state folder", vec![disk(state)]),
            Section::new("Control groups", controllers(layout)),
        ],
    })
}

fn disk(state: &Path) -> Fact {
    let path = state.display().to_string();
    match statvfs(state) {
        Ok(disk) => {
            let unit = disk.fragment_size();
            let (total, free) = (disk.blocks() * unit, disk.blocks_available() * unit);
            let judgement = Judgement::of(free as f64 >= total as f64 * DISK_LOW);
            Fact::judged(
                path,
                format!("{} free of {}", format_bytes(free), format_bytes(total)),
                judgement,
                "",
            )
        }
        Err(errno) => Fact::plain(path, format!("n/a: {}", errno.desc())),
    }
}

fn controllers(layout: &Layout) -> Vec<Fact> {
    let fact = |controller: Controller| match layout.version(controller) {
        Some(version) => Fact::judged(
            controller.word(),
            if version == Version::V1 { "v1" } else { "v2" },
            Judgement::Good,
            "",
        ),
        None => {
            let reason = layout
                .missing()
                .iter()
                .find(|missing| missing.figure == controller.word())
                .map(|missing| missing.reason.clone());
            let value = format!(
                "n/a: {}",
                reason.unwrap_or_else(|| "not on this host".into())
            );
            Fact::judged(
                controller.word(),
                value,
                Judgement::Weak,
                "its limits are not available",
            )
        }
    };
    let mut facts = vec![Fact::plain("layout", layout.mode().as_str())];
    facts.extend(Controller::ALL.iter().copied().map(fact));
    facts
}

/// The findings about this host that need no experiment.
pub(crate) fn facts(state: &Path) -> Sheet {
    let facts = host_facts(state).into_iter().map(|found| {
        let judgement = Judgement::of(found.verdict == Verdict::Good);
        Fact::judged(
            found.what,
            found.detail,
            judgement,
            found.consequence.unwrap_or_default(),
        )
    });
    Sheet {
        sections: vec![Section::new("What this host can do", facts.collect())],
    }
}

/// Runs `check` as a separate process: it forks, which a process with threads must not.
pub(crate) fn check(state: &Path) -> Result<Sheet, InspectError> {
    let what = "run minic-tui check";
    let program = std::env::current_exe().map_err(|error| failed(what, error))?;
    let mut command = Command::new(program);
    command
        .arg("--state")
        .arg(state)
        .args(["check", "--json"])
        .stdin(Stdio::null());
    let output = command.output().map_err(|error| failed(what, error))?;
    let report: Report =
        serde_json::from_slice(&output.stdout).map_err(|error| failed(what, error))?;
    let mut sections = vec![Section::new(
        "Check",
        report.host.into_iter().map(Finding::fact).collect(),
    )];
    if let Some(proofs) = report.proofs {
        sections.push(Section::new(
            "Proofs",
            proofs.into_iter().map(Proof::fact).collect(),
        ));
    }
    Ok(Sheet { sections })
}

/// The shown part of `check --json`.
#[derive(Deserialize)]
struct Report {
    host: Vec<Finding>,
    proofs: Option<Vec<Proof>>,
}

#[derive(Deserialize)]
struct Finding {
    what: String,
    verdict: String,
    detail: String,
    consequence: Option<String>,
}

impl Finding {
    fn fact(self) -> Fact {
        Fact::judged(
            self.what,
            self.detail,
            Judgement::of(self.verdict == "ok"),
            self.consequence.unwrap_or_default(),
        )
    }
}

#[derive(Deserialize)]
struct Proof {
    what: String,
    verdict: String,
    note: Option<String>,
}

impl Proof {
    fn fact(self) -> Fact {
        Fact::judged(
            self.what,
            self.verdict.clone(),
            Judgement::of(self.verdict == "ok"),
            self.note.unwrap_or_default(),
        )
    }
}

/// Pure: `/proc/meminfo` (proc_meminfo(5)), in KiB.
fn memory(text: &str) -> Vec<Fact> {
    let amount = |key: &str| {
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
        line.split_whitespace()
            .next()?
            .parse::<u64>()
            .ok()
            .map(|kib| kib * 1024)
    };
    let share = |free: Option<u64>, total: Option<u64>| match (free, total) {
        (_, Some(0)) => "none".to_owned(),
        (Some(free), Some(total)) => {
            format!("{} free of {}", format_bytes(free), format_bytes(total))
        }
        _ => "n/a: the kernel does not say".to_owned(),
    };
    let bytes = |bytes: Option<u64>| {
        bytes.map_or_else(|| "n/a: the kernel does not say".to_owned(), format_bytes)
    };
    vec![
        Fact::plain("memory", share(amount("MemAvailable"), amount("MemTotal"))),
        Fact::plain("cached", bytes(amount("Cached"))),
        Fact::plain("swap", share(amount("SwapFree"), amount("SwapTotal"))),
    ]
}

/// Pure: one file of `/proc/pressure` (the kernel's psi documentation): the average over 10 s.
fn pressure(what: &str, text: Option<String>) -> Fact {
    let Some(text) = text else {
        return Fact::plain(what, "n/a: no pressure figures (boot with psi=1)");
    };
    let average = |kind: &str| {
        let line = text.lines().find(|line| line.starts_with(kind))?;
        line.split_whitespace()
            .find_map(|word| word.strip_prefix("avg10="))?
            .parse::<f64>()
            .ok()
    };
    let (some, full) = (average("some"), average("full"));
    let in_words =
        |name: &str, value: Option<f64>| value.map(|value| format!("{name} {value:.1}%"));
    let value: Vec<String> = [in_words("some waited", some), in_words("all waited", full)]
        .into_iter()
        .flatten()
        .collect();
    let felt = some.is_some_and(|some| some >= HIGH_PRESSURE);
    Fact::judged(
        what,
        value.join(", "),
        Judgement::of(!felt),
        if felt {
            "of the last 10 s: it is scarce"
        } else {
            "of the last 10 s"
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_and_pressure_are_parsed_or_n_a() {
        let facts = memory(
            "MemTotal: 2048 kB\nMemAvailable: 1024 kB\nCached: 4 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n",
        );
        assert_eq!(facts[0].value, "1.00M free of 2.00M");
        assert_eq!(facts[2].value, "none");
        assert!(memory("").iter().all(|fact| fact.value.starts_with("n/a")));
        let calm =
            pressure("cpu", Some("some avg10=1.50 avg60=0.00 avg300=0.00 total=1\nfull avg10=0.00 avg60=0 avg300=0 total=0\n".into()));
        assert_eq!(
            (calm.value.as_str(), calm.judgement),
            ("some waited 1.5%, all waited 0.0%", Judgement::Good)
        );
        assert_eq!(
            pressure("io", Some("some avg10=40.00 avg60=0\n".into())).judgement,
            Judgement::Weak
        );
        assert!(pressure("io", None).value.starts_with("n/a"));
    }
}
