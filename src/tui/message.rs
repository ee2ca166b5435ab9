//! [`Message`]: everything that can happen to the screen. Every thread sends these to the drawing
//! thread.

use std::path::PathBuf;

use jiff::Timestamp;

use super::keymap::Chord;
use super::model::{EffectId, LogLine, ShellId};
use super::settings::Settings;
use crate::inspect::{Changes, Connections, Extracted, ProcessInfo, Sheet};
use crate::manager::{Error, Updated};
use crate::record::{ExitCause, LoggedEvent, Record};
use crate::spec::ContainerId;
use crate::stats::Snapshot;

/// Input from the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Pressed a key.
    Key(Chord),
    /// Pasted text.
    Paste(String),
    /// Clicked the cell at column, row.
    Click(u16, u16),
    /// Moved the mouse to column, row with the button held.
    Drag(u16, u16),
    /// Let the mouse button go.
    Release,
    /// Turned the wheel at column, row; up is negative.
    Wheel(u16, u16, i16),
    /// Made the terminal this many columns and rows.
    Resize(u16, u16),
}

/// A signal to this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM, SIGHUP or SIGINT: restore the terminal and exit.
    Terminate,
    /// SIGTSTP: restore the terminal and stop.
    Suspend,
    /// SIGCONT: set up the terminal again.
    Continue,
}

/// The result of a verb.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The new container runs.
    Launched(ContainerId),
    /// It runs again.
    Started,
    /// It ended with this cause.
    Stopped(ExitCause),
    /// It runs again.
    Restarted,
    /// It has this name.
    Renamed(String),
    /// It is frozen.
    Paused,
    /// It is running again after a freeze.
    Resumed,
    /// It is gone.
    Destroyed,
    /// It is in the trash.
    ThrownAway,
    /// It is back, and runs again or not.
    TakenBack(bool),
    /// The signal was sent to the process or to the container's init.
    Signalled,
    /// What was copied.
    Extracted(Box<Extracted>),
    /// The path is as in the image again.
    Reverted,
    /// The limit was set.
    LimitSet(Updated),
    /// It was written to this file.
    Written(PathBuf),
}

/// The result of one read of the logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogBatch {
    /// The containers whose logs these are.
    pub ids: Vec<ContainerId>,
    /// Lines left out before the first of `lines`, because there were too many.
    pub skipped: u64,
    /// The new lines, sanitised, oldest first.
    pub lines: Vec<LogLine>,
    /// The last line of each log while it has no newline yet.
    pub unfinished: Vec<LogLine>,
}

/// The answer to a [`Look`](super::effect::Look).
#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    /// The last lines of its log, and its processes if it was alive.
    Overview {
        /// The container.
        id: ContainerId,
        /// The lines, sanitised, oldest first.
        log: Result<Vec<LogLine>, Error>,
        /// Its processes.
        processes: Option<Result<Vec<ProcessInfo>, Error>>,
    },
    /// The processes of each container asked for.
    Processes(Vec<(ContainerId, Result<Vec<ProcessInfo>, Error>)>),
    /// Its isolation.
    Isolation(ContainerId, Result<Sheet, Error>),
    /// Its sockets.
    Connections(ContainerId, Result<Connections, Error>),
    /// The host.
    Host(Result<Sheet, Error>),
    /// The host's capabilities, as far as they can be read without a trial.
    Facts(Result<Sheet, Error>),
    /// The result of `check`.
    Check(Result<Sheet, Error>),
    /// An image.
    Image(String, Result<Sheet, Error>),
    /// The events since the last look.
    Events(Result<Vec<LoggedEvent>, Error>),
    /// The files it changed.
    Changes(ContainerId, Result<Changes, Error>),
    /// The beginning of the file.
    File(ContainerId, String, Result<Vec<u8>, Error>),
}

/// News from a shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShellEvent {
    /// It runs.
    Opened,
    /// Output for its terminal.
    Output(Vec<u8>),
    /// Its program does not read; the latest input was dropped.
    InputDropped,
    /// It ended with this exit code.
    Ended(i32),
    /// It could not be opened, or failed.
    Failed(Error),
}

/// Everything that can happen.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// Input.
    Input(Input),
    /// A signal came.
    Signal(Signal),
    /// The current time; sent before every batch of messages, so that `update` needs no clock.
    Clock(Timestamp),
    /// A tick was sampled.
    Sampled(Box<Snapshot>),
    /// The records were read; a higher number is a later read.
    Records(u64, Result<Vec<Record>, Error>),
    /// Watching or sampling failed.
    ObserverFailed(Error),
    /// Progress of an effect.
    Progress(EffectId, String),
    /// An effect ended.
    EffectDone(EffectId, Result<Outcome, Error>),
    /// New lines of the log that is shown.
    Log(Result<LogBatch, Error>),
    /// The last lines of a log were read.
    Tail(Result<LogBatch, Error>),
    /// The config file changed: the new settings, or what is wrong with them.
    Settings(Result<Box<Settings>, String>),
    /// What the screen remembers could not be saved, and why.
    NotRemembered(String),
    /// A look was answered.
    Seen(Box<Seen>),
    /// News from a shell.
    Shell(ShellId, ShellEvent),
    /// The terminal is gone or a thread died, with the reason.
    Fatal(String),
}
