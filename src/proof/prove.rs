//! [`prove`]: short measurements on real containers. CPU use is measured, a CPU cap holds, a memory
//! limit holds and its OOM kill is reported, and both together.

use std::time::Duration;

use super::tools::{Interrupted, Tools, TrialError};
use super::trial::{End, Trial, Window, sweep};
use super::{Expected, Measure, Unit};
use crate::manager::Manager;
use crate::record::ExitCause;
use crate::spec::Preset;

/// Time for a container to get going before it is measured.
const WARM_UP: Duration = Duration::from_millis(200);
/// How long a busy loop without limits is measured.
const USE_WINDOW: Duration = Duration::from_secs(2);
/// How long one with a cap is measured: forty of the kernel's periods of 100 ms, so that one more
/// or less is 2.5 % of the whole.
const CAP_WINDOW: Duration = Duration::from_secs(4);
/// Maximum number of attempts on a busy host.
const WINDOWS: usize = 3;
/// `--cpu 256`: 256 of 1024 shares, and a cap of that much of a core.
const SHARES: &str = "256";
/// The same in percent of a core.
const CAP: Expected = Expected::About {
    value: 25.0,
    tolerance: 2.0,
};
/// A busy loop's time by the clock and by its cgroup differ by interrupts and the hypervisor.
const USE_TOLERANCE: f64 = 10.0;
/// Above this busy share of its cores, the host may have given a container less than its limit.
const BUSY: f32 = 0.9;
const MIB: u64 = 1 << 20;
/// The memory limit that is exceeded, in MiB.
const MEMORY: u64 = 64;
/// What the combined proof holds while it is measured, in MiB: a string doubled from one byte.
const HELD: u64 = 16;
const SIGUSR1: i32 = nix::libc::SIGUSR1;

const SPIN: &str = "while :; do :; done";
/// Doubles a string to four times the limit; without a limit it ends by itself.
const FILL: &str = "a=x; i=0; while [ $i -lt 28 ]; do a=$a$a; i=$((i+1)); done";
/// Holds 16 MiB, prints that, spins until SIGUSR1, and continues as `FILL`.
const SPIN_THEN_FILL: &str = "go=; trap 'go=1' USR1; a=x; i=0; while [ $i -lt 24 ]; do a=$a$a; i=$((i+1)); done; echo held; \
     while [ -z \"$go\" ]; do :; done; while [ $i -lt 28 ]; do a=$a$a; i=$((i+1)); done";

/// The result of a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All figures were as expected.
    Passed,
    /// A figure was not, or the container could not be run.
    Failed,
    /// The host was too busy or lacks the figures.
    Unclear,
}

impl Outcome {
    /// `ok`, `failed` or `unclear`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "ok",
            Self::Failed => "failed",
            Self::Unclear => "unclear",
        }
    }
}

/// A short measurement on a real container.
#[derive(Debug, Clone, PartialEq)]
pub struct Proof {
    /// What is proven.
    pub what: &'static str,
    /// The result.
    pub outcome: Outcome,
    /// The figures.
    pub measures: Vec<Measure>,
    /// An explanation, if the figures are not enough.
    pub note: Option<String>,
}

/// The figures, and a note if the host disturbed the measurement.
type Measured = Result<(Vec<Measure>, Option<String>), TrialError>;

type Run = fn(&Manager, &mut Tools<'_>) -> Measured;

/// The proofs, in order.
const PROOFS: [(&str, Run); 4] = [
    ("CPU use", cpu_use),
    ("CPU limit", cpu_limit),
    ("memory limit", memory_limit),
    ("CPU and memory", combined),
];

/// Runs all proofs, in about twelve seconds. `wait` sleeps and returns `false` as soon as the user
/// wants to stop. Containers are named `check-…` and always destroyed; those of a killed check are
/// destroyed by the next. In a process with threads or blocked signals the manager needs its
/// launcher ([`Manager::with_launcher`]).
///
/// # Errors
/// [`Interrupted`], after everything has been destroyed. Other errors make a proof fail.
pub fn prove(
    manager: &Manager,
    wait: &mut dyn FnMut(Duration) -> bool,
    progress: &mut dyn FnMut(String),
) -> Result<Vec<Proof>, Interrupted> {
    let mut tools = Tools { wait, progress };
    let swept = sweep(manager);
    let mut done = Vec::new();
    for (what, proof) in PROOFS {
        (tools.progress)(format!("proving: {what}…"));
        let measured = swept
            .clone()
            .map_err(TrialError::from)
            .and_then(|()| proof(manager, &mut tools));
        done.push(match measured {
            Ok((measures, note)) => judge(what, measures, note),
            Err(TrialError::Failed(why)) => Proof {
                what,
                outcome: Outcome::Failed,
                measures: Vec::new(),
                note: Some(why),
            },
            Err(TrialError::Interrupted) => return Err(Interrupted),
        });
    }
    Ok(done)
}

/// With a `note`, figures that are too low are unclear instead of failed.
fn judge(what: &'static str, measures: Vec<Measure>, note: Option<String>) -> Proof {
    let wrong: Vec<&Measure> = measures
        .iter()
        .filter(|measure| measure.holds() != Some(true))
        .collect();
    let outcome = if wrong.is_empty() {
        Outcome::Passed
    } else if wrong
        .iter()
        .all(|measure| measure.measured.is_none() || (note.is_some() && measure.is_low()))
    {
        Outcome::Unclear
    } else {
        Outcome::Failed
    };
    let note = note.filter(|_| outcome != Outcome::Passed);
    Proof {
        what,
        outcome,
        measures,
        note,
    }
}

/// A busy loop uses a core, less the time it waited for one.
fn cpu_use(manager: &Manager, tools: &mut Tools<'_>) -> Measured {
    let mut trial = Trial::launch(manager, "cpu-use", SPIN, Preset::default(), tools)?;
    let window = watch(&mut trial, USE_WINDOW, tools, |window| {
        use_of(window).holds() == Some(true)
    })?;
    trial.destroy()?;
    Ok((
        vec![use_of(&window)],
        window
            .waited
            .is_none()
            .then(|| busy_note(&window))
            .flatten(),
    ))
}

fn use_of(window: &Window) -> Measure {
    let free = 1.0 - window.waited.unwrap_or(0.0) / window.seconds;
    let expected = Expected::About {
        value: free * 100.0,
        tolerance: USE_TOLERANCE,
    };
    Measure {
        figure: "CPU time",
        unit: Unit::PercentOfCore,
        measured: window.cpu(),
        expected,
    }
}

fn cpu_limit(manager: &Manager, tools: &mut Tools<'_>) -> Measured {
    let limits = Preset {
        cpu: Some(SHARES.into()),
        ..Preset::default()
    };
    let mut trial = Trial::launch(manager, "cpu-limit", SPIN, limits, tools)?;
    let window = watch(&mut trial, CAP_WINDOW, tools, is_settled)?;
    trial.destroy()?;
    Ok((capped(&window).to_vec(), busy_note(&window)))
}

/// The CPU time, and that the cap throttled it.
fn capped(window: &Window) -> [Measure; 2] {
    [
        Measure {
            figure: "CPU time",
            unit: Unit::PercentOfCore,
            measured: window.cpu(),
            expected: CAP,
        },
        Measure {
            figure: "throttled periods",
            unit: Unit::Times,
            measured: window.throttled(),
            expected: Expected::AtLeast(1.0),
        },
    ]
}

/// Whether to stop measuring: a low figure on a busy host is worth another attempt.
fn is_settled(window: &Window) -> bool {
    !capped(window).iter().any(Measure::is_low)
}

fn memory_limit(manager: &Manager, tools: &mut Tools<'_>) -> Measured {
    let limits = Preset {
        memory: Some(MEMORY.to_string()),
        ..Preset::default()
    };
    let mut trial = Trial::launch(manager, "memory-limit", FILL, limits, tools)?;
    let end = trial.end(tools)?;
    trial.destroy()?;
    Ok((overfilled(&end), None))
}

/// It was OOM-killed under the requested limit, and never used more.
fn overfilled(end: &End) -> Vec<Measure> {
    let limit = (MEMORY * MIB) as f64;
    let (killed, told) = match end.cause {
        ExitCause::OomKilled { limit, .. } => (1.0, limit),
        _ => (0.0, None),
    };
    let bytes = |figure, measured: Option<u64>, expected| Measure {
        figure,
        unit: Unit::Bytes,
        measured: measured.map(|b| b as f64),
        expected,
    };
    let mut measures = vec![
        Measure {
            figure: "OOM kill reported",
            unit: Unit::Times,
            measured: Some(killed),
            expected: Expected::AtLeast(1.0),
        },
        bytes("memory peak", end.peak, Expected::AtMost(limit)),
    ];
    if killed > 0.0 {
        measures.push(bytes(
            "limit in force",
            told,
            Expected::About {
                value: limit,
                tolerance: 0.0,
            },
        ));
    }
    measures
}

/// A capped busy loop that holds some memory, then exceeds its limit.
fn combined(manager: &Manager, tools: &mut Tools<'_>) -> Measured {
    let limits = Preset {
        cpu: Some(SHARES.into()),
        memory: Some(MEMORY.to_string()),
        ..Preset::default()
    };
    let mut trial = Trial::launch(manager, "combined", SPIN_THEN_FILL, limits, tools)?;
    // under its cap a slow machine may take longer to fill it than the windows below
    trial.report(tools)?;
    let window = watch(&mut trial, CAP_WINDOW, tools, is_settled)?;
    trial.signal(SIGUSR1)?;
    let end = trial.end(tools)?;
    trial.destroy()?;
    let held = Measure {
        figure: "memory in use",
        unit: Unit::Bytes,
        measured: window.samples[1].memory.map(|bytes| bytes as f64),
        expected: Expected::AtLeast((HELD * MIB) as f64),
    };
    let measures = capped(&window)
        .into_iter()
        .chain([held])
        .chain(overfilled(&end));
    Ok((measures.collect(), busy_note(&window)))
}

/// Measures until `settled`, a few times at most.
fn watch(
    trial: &mut Trial<'_>,
    length: Duration,
    tools: &mut Tools<'_>,
    settled: impl Fn(&Window) -> bool,
) -> Result<Window, TrialError> {
    tools.pause(WARM_UP)?;
    let mut window = trial.watch(length, tools)?;
    for _ in 1..WINDOWS {
        if settled(&window) {
            break;
        }
        window = trial.watch(length, tools)?;
    }
    Ok(window)
}

fn busy_note(window: &Window) -> Option<String> {
    let busy = window.host_busy;
    (busy >= BUSY).then(|| {
        format!(
            "the host's cores were {:.0} % busy: try again under less load",
            busy * 100.0
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cgroup::Sample;

    fn window(cpu_usec: u64, throttled: u64, waited: f64, host_busy: f32) -> Window {
        let sample = |cpu_usec, nr_throttled| Sample {
            cpu_usec: Some(cpu_usec),
            nr_throttled: Some(nr_throttled),
            ..Sample::default()
        };
        Window {
            seconds: 2.0,
            samples: [sample(500, 3), sample(500 + cpu_usec, 3 + throttled)],
            waited: Some(waited),
            host_busy,
        }
    }

    #[test]
    fn waiting_is_subtracted_from_a_busy_loops_share() {
        let holds = |window: &Window| use_of(window).holds();
        assert_eq!(holds(&window(1_990_000, 0, 0.0, 0.1)), Some(true));
        assert_eq!(
            holds(&window(1_000_000, 0, 1.0, 1.0)),
            Some(true),
            "it waited half of the time"
        );
        assert_eq!(holds(&window(1_000_000, 0, 0.0, 1.0)), Some(false));
        assert_eq!(
            holds(&window(0, 0, 0.0, 0.1)),
            Some(false),
            "a counter that does not move fails"
        );
    }

    fn outcome(window: &Window) -> Outcome {
        judge("CPU limit", capped(window).to_vec(), busy_note(window)).outcome
    }

    #[test]
    fn too_much_fails_and_too_little_on_a_busy_host_is_unclear() {
        assert_eq!(outcome(&window(500_000, 19, 0.0, 0.2)), Outcome::Passed);
        assert_eq!(outcome(&window(600_000, 19, 0.0, 1.0)), Outcome::Failed);
        assert_eq!(outcome(&window(300_000, 0, 0.0, 0.2)), Outcome::Failed);
        assert_eq!(outcome(&window(300_000, 0, 0.0, 0.99)), Outcome::Unclear);
        assert!(
            !is_settled(&window(300_000, 9, 0.0, 0.9)) && is_settled(&window(900_000, 9, 0.0, 0.9))
        );
    }

    #[test]
    fn an_oom_kill_under_the_right_limit() {
        let limit = MEMORY * MIB;
        let killed = |limit, peak| End {
            cause: ExitCause::OomKilled { peak, limit },
            peak,
        };
        let outcome = |end: &End| judge("memory limit", overfilled(end), None).outcome;
        assert_eq!(outcome(&killed(Some(limit), Some(limit))), Outcome::Passed);
        assert_eq!(
            outcome(&killed(Some(limit), Some(limit + 1))),
            Outcome::Failed
        );
        assert_eq!(
            outcome(&killed(Some(limit * 2), Some(limit))),
            Outcome::Failed
        );
        assert_eq!(outcome(&killed(Some(limit), None)), Outcome::Unclear);
        assert_eq!(
            outcome(&End {
                cause: ExitCause::Exited { code: 0 },
                peak: Some(limit)
            }),
            Outcome::Failed
        );
    }

    #[test]
    fn a_passed_proof_has_no_note() {
        let passed = judge(
            "CPU limit",
            capped(&window(500_000, 19, 0.0, 1.0)).to_vec(),
            Some("busy".into()),
        );
        assert_eq!((passed.outcome, passed.note), (Outcome::Passed, None));
    }
}
