//! `check`: what this host can do for containers, and measured proofs that limits hold.

use std::os::fd::AsFd;
use std::time::Duration;

use clap::Args;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use serde::Serialize;

use super::arguments::Globals;
use super::failure::Failure;
use super::progress::Progress;
use super::session::{load_config, need_root};
use super::stdout;
use super::table::{Colour, Table};
use crate::check::{Finding, Verdict, host_report};
use crate::json;
use crate::manager::{Manager, StateDir};
use crate::proof::{Measure, Outcome, Proof, prove};
use crate::sys::pidfd;

/// Columns that text is wrapped to at the least.
const MIN_WIDTH: usize = 32;

const FIELDS: &str = "\
Exit codes: 0 when nothing needed is missing and every proof passed, else 1; 128+N when signal N interrupted it.

Fields of --json; what does not apply is null:
  ok
  host, an array: what, verdict (ok, limited, missing), detail, consequence, fix
  proofs, an array, null with --quick: what, verdict (ok, failed, unclear), note,
    measures, an array: figure, unit (percent of a core, bytes, times), measured, bound (about, at most, at least), expected, tolerance";

/// Report what this host supports, and prove that limits are enforced
///
/// Looks at the kernel, the cgroups and the state folder, and reports what is missing, its
/// consequence and the fix. Then runs four short containers, named check-*, measures them by their
/// cgroups, and destroys them: a busy loop uses a whole core (less the time it waited for one), a
/// CPU limit is kept, a memory limit is kept and ends in an OOM kill, and both together. That takes
/// about twelve seconds. On a host that is too busy for a clear result, a proof is reported as
/// unclear.
#[derive(Debug, Args)]
#[command(after_help = FIELDS)]
pub(super) struct Check {
    /// Only inspect the host: run no container
    #[arg(long)]
    quick: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(super) fn perform(self, globals: &Globals) -> Result<i32, Failure> {
        let config = load_config(globals)?;
        need_root("check")?;
        let host = host_report(&config.state);
        if !self.json {
            stdout::write(
                &host_table(&host, stdout::width()).render(stdout::width(), stdout::coloured()),
            )?;
        }
        // without cgroups there is no manager, which is told above
        let proofs = if self.quick {
            Ok(None)
        } else {
            proven(StateDir(config.state)).map(Some)
        };
        let told = proofs.as_ref().ok().and_then(Option::as_deref);
        let ok = proofs.is_ok()
            && host.iter().all(|f| f.verdict != Verdict::Missing)
            && passed(told.unwrap_or_default());
        match (&proofs, self.json) {
            (Err(failure), _) if failure.line.is_none() => {}
            (_, true) => stdout::write(&json::pretty(&Report::new(ok, &host, told))?)?,
            (_, false) => stdout::write(&text(&host, told))?,
        }
        proofs.map(|_| i32::from(!ok))
    }
}

fn passed(proofs: &[Proof]) -> bool {
    proofs.iter().all(|proof| proof.outcome == Outcome::Passed)
}

/// Runs the proofs. SIGINT, SIGTERM and SIGHUP end them when their containers are destroyed.
fn proven(state: StateDir) -> Result<Vec<Proof>, Failure> {
    // containers are started by the launcher, whose signals are not blocked
    let manager = Manager::open(&state)
        .and_then(Manager::with_launcher)
        .map_err(|error| Failure {
            code: 1,
            ..error.into()
        })?;
    let cannot = |errno: nix::Error| Failure {
        code: 1,
        ..Failure::ours(format!("cannot wait for signals: {}", errno.desc()))
    };
    let set: SigSet = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP]
        .into_iter()
        .collect();
    set.thread_block().map_err(cannot)?;
    let signals = SignalFd::with_flags(&set, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)
        .map_err(cannot)?;
    let mut progress = Progress::new();
    // a descriptor that cannot be polled is no reason to hold on to containers
    let mut wait = |length: Duration| {
        matches!(
            pidfd::wait_readable(signals.as_fd(), Some(length)),
            Ok(false)
        )
    };
    let proofs = prove(&manager, &mut wait, &mut |line| progress.say(&line));
    proofs.map_err(|_| {
        let signal = signals
            .read_signal()
            .ok()
            .flatten()
            .and_then(|info| i32::try_from(info.ssi_signo).ok());
        Failure::silent(128 + signal.unwrap_or(Signal::SIGTERM as i32))
    })
}

/// What is told below the host's table: the proofs and a last line that sums up.
fn text(host: &[Finding], proofs: Option<&[Proof]>) -> String {
    let mut text = String::new();
    if let Some(proofs) = proofs {
        text.push('\n');
        text.push_str(&proof_table(proofs).render(stdout::width(), stdout::coloured()));
        for (what, note) in proofs
            .iter()
            .filter_map(|proof| Some((proof.what, proof.note.as_ref()?)))
        {
            text.push_str(&format!("{what}: {}\n", crate::spec::sanitize(note)));
        }
    }
    format!("{text}\n{}\n", summary(host, proofs))
}

/// Each finding in a row, what follows and what helps below it; text is wrapped, never cut.
fn host_table(findings: &[Finding], width: Option<usize>) -> Table {
    let mut table = Table::new(vec![("VERDICT", false), ("WHAT", false), ("DETAIL", true)]);
    let before = "VERDICT".len()
        + 2
        + findings
            .iter()
            .map(|f| f.what.len())
            .max()
            .unwrap_or_default()
        + 2;
    let room = width.map(|width| width.saturating_sub(before).max(MIN_WIDTH));
    for finding in findings {
        let below =
            |word: &str, text: &Option<String>| text.as_ref().map(|text| format!("{word} {text}"));
        let texts = [
            Some(finding.detail.clone()),
            below("so:", &finding.consequence),
            below("fix:", &finding.fix),
        ];
        let mut first = Some((finding.verdict.word().to_owned(), colour(finding.verdict)));
        for line in texts
            .into_iter()
            .flatten()
            .flat_map(|text| wrapped(&text, room))
        {
            let what = if first.is_some() { finding.what } else { "" };
            let verdict = first.take().unwrap_or((String::new(), Colour::Plain));
            table.push(vec![
                verdict,
                (what.to_owned(), Colour::Plain),
                (line, Colour::Plain),
            ]);
        }
    }
    table
}

fn colour(verdict: Verdict) -> Colour {
    match verdict {
        Verdict::Good => Colour::Green,
        Verdict::Limited => Colour::Yellow,
        Verdict::Missing => Colour::Red,
    }
}

/// `text` in lines of at most `room` columns, broken between words; what goes on is indented.
fn wrapped(text: &str, room: Option<usize>) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last().map_or(0, |line| line.chars().count());
        if last > 0 && room.is_some_and(|room| last + 1 + word.chars().count() > room) {
            lines.push(format!("  {word}"));
        } else if let Some(line) = lines.last_mut() {
            if last > 0 {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

fn proof_table(proofs: &[Proof]) -> Table {
    let mut table = Table::new(vec![
        ("VERDICT", false),
        ("PROOF", false),
        ("FIGURE", true),
        ("MEASURED", false),
        ("EXPECTED", true),
    ]);
    for proof in proofs {
        let colour = match proof.outcome {
            Outcome::Passed => Colour::Green,
            Outcome::Failed => Colour::Red,
            Outcome::Unclear => Colour::Yellow,
        };
        let mut row = vec![
            (proof.outcome.word().to_owned(), colour),
            (proof.what.to_owned(), Colour::Plain),
        ];
        for measure in &proof.measures {
            let right = measure.holds() == Some(true);
            let measured = if right { Colour::Plain } else { colour };
            row.push((measure.figure.to_owned(), Colour::Plain));
            row.push((measure.measured_text(), measured));
            row.push((measure.expected_text(), Colour::Plain));
            table.push(std::mem::replace(
                &mut row,
                vec![
                    (String::new(), Colour::Plain),
                    (String::new(), Colour::Plain),
                ],
            ));
        }
        if proof.measures.is_empty() {
            table.push(row);
        }
    }
    table
}

/// `Nothing needed is missing; 1 limited. Every proof passed.`
fn summary(host: &[Finding], proofs: Option<&[Proof]>) -> String {
    let count = |verdict| {
        host.iter()
            .filter(|finding| finding.verdict == verdict)
            .count()
    };
    let missing = match count(Verdict::Missing) {
        0 => "Nothing needed is missing".to_owned(),
        n => format!("Missing: {n}"),
    };
    let limited = match count(Verdict::Limited) {
        0 => String::new(),
        n => format!("; limited: {n}"),
    };
    let proven = match proofs {
        None => "No proof was run.".to_owned(),
        Some(proofs) if passed(proofs) => "Every proof passed.".to_owned(),
        Some(proofs) => {
            let named = |outcome: Outcome| {
                let names: Vec<&str> = proofs
                    .iter()
                    .filter(|p| p.outcome == outcome)
                    .map(|p| p.what)
                    .collect();
                (!names.is_empty()).then(|| format!("{}: {}", outcome.word(), names.join(", ")))
            };
            let told: Vec<String> = [Outcome::Failed, Outcome::Unclear]
                .into_iter()
                .filter_map(named)
                .collect();
            format!("Proofs {}.", told.join("; "))
        }
    };
    format!("{missing}{limited}. {proven}")
}

#[derive(Debug, Serialize)]
struct Report<'a> {
    ok: bool,
    host: Vec<FindingView<'a>>,
    proofs: Option<Vec<ProofView<'a>>>,
}

#[derive(Debug, Serialize)]
struct FindingView<'a> {
    what: &'a str,
    verdict: &'a str,
    detail: &'a str,
    consequence: Option<&'a str>,
    fix: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct ProofView<'a> {
    what: &'a str,
    verdict: &'a str,
    note: Option<&'a str>,
    measures: Vec<MeasureView>,
}

#[derive(Debug, Serialize)]
struct MeasureView {
    figure: &'static str,
    unit: &'static str,
    measured: Option<f64>,
    bound: &'static str,
    expected: f64,
    tolerance: f64,
}

impl<'a> Report<'a> {
    fn new(ok: bool, host: &'a [Finding], proofs: Option<&'a [Proof]>) -> Self {
        let host = host.iter().map(|finding| FindingView {
            what: finding.what,
            verdict: finding.verdict.word(),
            detail: &finding.detail,
            consequence: finding.consequence.as_deref(),
            fix: finding.fix.as_deref(),
        });
        let proof = |proof: &'a Proof| ProofView {
            what: proof.what,
            verdict: proof.outcome.word(),
            note: proof.note.as_deref(),
            measures: proof.measures.iter().map(MeasureView::new).collect(),
        };
        Self {
            ok,
            host: host.collect(),
            proofs: proofs.map(|proofs| proofs.iter().map(proof).collect()),
        }
    }
}

impl MeasureView {
    fn new(measure: &Measure) -> Self {
        Self {
            figure: measure.figure,
            unit: measure.unit.word(),
            measured: measure.measured,
            bound: measure.expected.word(),
            expected: measure.expected.value(),
            tolerance: measure.expected.tolerance(),
        }
    }
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
