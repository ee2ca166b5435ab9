//! The lifecycle as a pure state machine: CREATED → RUNNING ⇄ PAUSED → STOPPED, and STOPPED →
//! RUNNING again.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::spec::{format_bytes, signal_name};

/// The identity of a process, unambiguous even if the pid is reused: pid, start time and boot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Process id in the host's pid namespace.
    pub pid: i32,
    /// Start time in clock ticks since boot (field 22 of `/proc/PID/stat`, proc(5)).
    pub start_ticks: u64,
    /// `/proc/sys/kernel/random/boot_id` when it was started.
    pub boot_id: String,
}

/// Why a container ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum ExitCause {
    /// It exited by itself.
    Exited {
        /// Its exit status, 0 to 255.
        code: i32,
    },
    /// It was killed by a signal.
    Signaled {
        /// The signal's number.
        signal: i32,
        /// Whether minic-tui sent it (`stop`, `kill`, or SIGKILL after the grace period).
        #[serde(default)]
        by_us: bool,
    },
    /// Out of memory: the kernel killed it.
    OomKilled {
        /// Its peak memory use, in bytes.
        peak: Option<u64>,
        /// Its limit, in bytes.
        limit: Option<u64>,
    },
    /// Its command was never executed.
    SetupFailed {
        /// The step that failed.
        step: String,
        /// The errno (0 when there was none).
        errno: i32,
        /// The exit code of this failure: 125, 126 or 127.
        code: i32,
    },
    /// Its process is gone, cause unknown: the supervisor was killed, or the machine went down.
    Lost,
}

impl ExitCause {
    /// The exit code that `run`, `start` and `wait` report for it: the command's own, 128+N for
    /// signal N, 125 to 127 for ours.
    #[must_use]
    pub fn exit_code(&self) -> i32 {
        match self {
            Self::Exited { code } => *code,
            // an untrusted record may hold any number
            Self::Signaled { signal, .. } => 128_i32.saturating_add(*signal),
            Self::OomKilled { .. } => 137,
            Self::SetupFailed { code, .. } => *code,
            Self::Lost => 125,
        }
    }

    /// One sentence for display. A failed step may contain text from the container: sanitize it
    /// before showing it.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::Exited { code: 0 } => "Its command finished and exited with 0.".into(),
            Self::Exited { code } => format!("Its command exited with code {code}."),
            Self::Signaled { signal, by_us: true } => format!("{} (signal {signal}) ended it, sent by minic-tui.", signal_name(*signal)),
            Self::Signaled { signal, .. } => format!("{} (signal {signal}) ended it: {}.", signal_name(*signal), sender(*signal)),
            Self::OomKilled { peak, limit } => {
                let peak = peak.map_or(String::new(), |bytes| format!(" at {}", format_bytes(bytes)));
                match limit {
                    Some(limit) => format!("Out of memory (OOM): the kernel killed it{peak}, its limit is {}.", format_bytes(*limit)),
                    None => format!("Out of memory (OOM): the kernel killed it{peak}, the host had no more."),
                }
            }
            Self::SetupFailed { step, errno: 0, .. } => format!("It never started: {step}."),
            Self::SetupFailed { step, errno, .. } => format!("It never started: {step}: {}.", nix::errno::Errno::from_raw(*errno).desc()),
            Self::Lost => "Its process is gone and nobody saw how: its supervisor was killed, or the machine went down.".into(),
        }
    }

    /// A short form for a table.
    #[must_use]
    pub fn brief(&self) -> String {
        match self {
            Self::Exited { code } => format!("exited {code}"),
            Self::Signaled { signal, .. } => signal_name(*signal),
            Self::OomKilled { .. } => "OOM killed".into(),
            Self::SetupFailed { .. } => "not started".into(),
            Self::Lost => "lost".into(),
        }
    }
}

/// The likely origin of a signal that minic-tui did not send (signal(7)).
fn sender(signal: i32) -> &'static str {
    use nix::libc;
    match signal {
        libc::SIGSEGV
        | libc::SIGBUS
        | libc::SIGILL
        | libc::SIGFPE
        | libc::SIGTRAP
        | libc::SIGABRT => "its command crashed",
        libc::SIGSYS => "its seccomp profile kills for a system call that it made",
        libc::SIGXCPU | libc::SIGXFSZ => "it ran into one of its ulimits",
        libc::SIGPIPE => "nobody read what it wrote",
        _ => "sent from inside, or by another program of this machine",
    }
}

/// The lifecycle status of a container. A pid exists only while it is alive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Status {
    /// Never started.
    Created,
    /// Its init is alive.
    Running {
        /// The container's init, as the host sees it.
        process: Process,
        /// When it was started.
        since: Timestamp,
    },
    /// Alive and frozen.
    Paused {
        /// The container's init, as the host sees it.
        process: Process,
        /// When it was started.
        since: Timestamp,
    },
    /// Ended.
    Stopped {
        /// Why.
        cause: ExitCause,
        /// When it was started, if it ever was.
        since: Option<Timestamp>,
        /// When it ended, if known.
        at: Timestamp,
    },
    /// Its record cannot be read: only its id is known. Never written.
    #[serde(skip)]
    Broken {
        /// Which file, and what is wrong with it.
        reason: String,
    },
}

/// A transition of a container's status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Its command was executed.
    Started(Process, Timestamp),
    /// It was frozen.
    Paused,
    /// It was thawed.
    Resumed,
    /// It ended.
    Ended(ExitCause, Timestamp),
}

/// An event that cannot happen in this state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a {state} container cannot be {event}")]
pub struct IllegalTransition {
    /// The state's word.
    pub state: &'static str,
    /// The event's word.
    pub event: &'static str,
}

impl Status {
    /// Its name on the screen, on the command line and in the docs.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::Running { .. } => "RUNNING",
            Self::Paused { .. } => "PAUSED",
            Self::Stopped { .. } => "STOPPED",
            Self::Broken { .. } => "BROKEN",
        }
    }

    /// Why its record cannot be read, if it is broken.
    #[must_use]
    pub fn broken(&self) -> Option<&str> {
        match self {
            Self::Broken { reason } => Some(reason),
            _ => None,
        }
    }

    /// The container's init, while it is alive.
    #[must_use]
    pub fn process(&self) -> Option<&Process> {
        match self {
            Self::Running { process, .. } | Self::Paused { process, .. } => Some(process),
            Self::Created | Self::Stopped { .. } | Self::Broken { .. } => None,
        }
    }

    /// Whether it is running or paused.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.process().is_some()
    }

    /// The state after `event`.
    ///
    /// # Errors
    /// [`IllegalTransition`] when `event` is not possible in this status.
    pub fn on(self, event: Event) -> Result<Self, IllegalTransition> {
        let state = self.word();
        let refuse = |event| Err(IllegalTransition { state, event });
        match (self, event) {
            (Self::Created | Self::Stopped { .. }, Event::Started(process, since)) => {
                Ok(Self::Running { process, since })
            }
            (Self::Created, Event::Ended(cause, at)) => Ok(Self::Stopped {
                cause,
                since: None,
                at,
            }),
            (
                Self::Stopped { since, .. },
                Event::Ended(cause @ ExitCause::SetupFailed { .. }, at),
            ) => Ok(Self::Stopped { cause, since, at }),
            (Self::Running { since, .. } | Self::Paused { since, .. }, Event::Ended(cause, at)) => {
                Ok(Self::Stopped {
                    cause,
                    since: Some(since),
                    at,
                })
            }
            (Self::Running { process, since }, Event::Paused) => {
                Ok(Self::Paused { process, since })
            }
            (Self::Paused { process, since }, Event::Resumed) => {
                Ok(Self::Running { process, since })
            }
            (_, Event::Started(..)) => refuse("started"),
            (_, Event::Paused) => refuse("paused"),
            (_, Event::Resumed) => refuse("resumed"),
            (_, Event::Ended(..)) => refuse("ended"),
        }
    }

    /// The actual status, given whether the recorded process still exists: an alive status without
    /// its process is STOPPED, cause lost.
    #[must_use]
    pub fn observed(self, process_is_alive: bool, now: Timestamp) -> Self {
        if process_is_alive || !self.is_alive() {
            return self;
        }
        self.on(Event::Ended(ExitCause::Lost, now))
            .unwrap_or(Self::Created)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Health;

    fn process() -> Process {
        Process {
            pid: 7,
            start_ticks: 9,
            boot_id: "b".into(),
        }
    }

    fn now() -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    #[test]
    fn the_lifecycle() {
        let running = Status::Created
            .on(Event::Started(process(), now()))
            .unwrap();
        assert_eq!(running.word(), "RUNNING");
        let paused = running.on(Event::Paused).unwrap();
        assert_eq!(
            (paused.word(), paused.process()),
            ("PAUSED", Some(&process()))
        );
        let stopped = paused
            .on(Event::Resumed)
            .unwrap()
            .on(Event::Ended(ExitCause::Exited { code: 3 }, now()))
            .unwrap();
        assert!(!stopped.is_alive());
        assert_eq!(
            stopped.on(Event::Started(process(), now())).unwrap().word(),
            "RUNNING"
        );
    }

    #[test]
    fn impossible_events_are_refused() {
        let running = Status::Running {
            process: process(),
            since: now(),
        };
        assert_eq!(
            running
                .clone()
                .on(Event::Started(process(), now()))
                .unwrap_err()
                .to_string(),
            "a RUNNING container cannot be started"
        );
        assert!(running.on(Event::Resumed).is_err());
        assert!(Status::Created.on(Event::Paused).is_err());
    }

    #[test]
    fn a_dead_process_makes_a_lost_container() {
        let running = Status::Running {
            process: process(),
            since: now(),
        };
        assert_eq!(running.clone().observed(true, now()), running);
        let lost = running.observed(false, now());
        assert!(matches!(
            lost,
            Status::Stopped {
                cause: ExitCause::Lost,
                ..
            }
        ));
        assert_eq!(Status::Created.observed(false, now()), Status::Created);
    }

    #[test]
    fn who_may_have_sent_a_signal() {
        for (signal, by_us, sentence) in [
            (15, true, "SIGTERM (signal 15) ended it, sent by minic-tui."),
            (
                11,
                false,
                "SIGSEGV (signal 11) ended it: its command crashed.",
            ),
            (
                13,
                false,
                "SIGPIPE (signal 13) ended it: nobody read what it wrote.",
            ),
        ] {
            assert_eq!(ExitCause::Signaled { signal, by_us }.sentence(), sentence);
        }
    }

    #[test]
    fn words_for_tables() {
        let broken = Status::Broken {
            reason: "no JSON".into(),
        };
        assert_eq!(broken.broken(), Some("no JSON"));
        assert_eq!(Status::Created.broken(), None);
        assert_eq!(format!("{:8}|", Status::Created), "CREATED |");
        let health = [Health::Starting, Health::Healthy, Health::Unhealthy];
        assert_eq!(
            health.map(Health::word),
            ["starting", "healthy", "unhealthy"]
        );
    }

    #[test]
    fn exit_codes() {
        assert_eq!(ExitCause::Exited { code: 7 }.exit_code(), 7);
        assert_eq!(
            ExitCause::Signaled {
                signal: 15,
                by_us: false
            }
            .exit_code(),
            143
        );
        assert_eq!(
            ExitCause::OomKilled {
                peak: None,
                limit: None
            }
            .exit_code(),
            137
        );
    }
}
