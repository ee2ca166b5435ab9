//! [`Message`]: everything that can happen to the screen. Every thread sends these to the one that
//! draws.

use std::path::PathBuf;

use jiff::Timestamp;

use super::keymap::Chord;
use super::model::{EffectId, LogLine, ShellId};
use super::settings::Settings;
use crate::inspect::{Changes, Extracted, ProcessInfo, Sheet};
use crate::manager::{Error, Updated};
use crate::record::{ExitCause, LoggedEvent, Record};
use crate::spec::ContainerId;
use crate::stats::Snapshot;

/// What the person at the terminal did.
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

/// What the kernel told the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM, SIGHUP or SIGINT: go, and leave the terminal in order.
    Terminate,
    /// SIGTSTP: hand the terminal back for a while.
    Suspend,
    /// SIGCONT: take the terminal again.
    Continue,
}

/// What a verb achieved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// This container runs.
    Launched(ContainerId),
    /// It runs again.
    Started,
    /// It ended like this.
    Stopped(ExitCause),
    /// It runs again.
    Restarted,
    /// It is frozen.
    Paused,
    /// It goes on.
    Resumed,
    /// It is gone.
    Destroyed,
    /// It is in the trash.
    ThrownAway,
    /// It is back, stopped.
    TakenBack,
    /// The process, or the container's init, has the signal.
    Signalled,
    /// So much was copied.
    Extracted(Box<Extracted>),
    /// The image's own is there again.
    Reverted,
    /// Its limits are these now.
    LimitSet(Updated),
    /// It is in this file.
    Written(PathBuf),
}

/// What one reading brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogBatch {
    /// Whose logs.
    pub ids: Vec<ContainerId>,
    /// Lines left out before the first of `lines`, because there were too many.
    pub skipped: u64,
    /// The new lines, sanitised, oldest first.
    pub lines: Vec<LogLine>,
    /// The last line of each while it has no end yet.
    pub unfinished: Vec<LogLine>,
}

/// What was seen.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    /// The processes of each container asked for.
    Processes(Vec<(ContainerId, Result<Vec<ProcessInfo>, Error>)>),
    /// How it is held apart.
    Isolation(ContainerId, Result<Sheet, Error>),
    /// The host.
    Host(Result<Sheet, Error>),
    /// What can be read of what the host can do.
    Facts(Result<Sheet, Error>),
    /// What `check` says.
    Check(Result<Sheet, Error>),
    /// What happened.
    Events(Result<Vec<LoggedEvent>, Error>),
    /// What it changed.
    Changes(ContainerId, Result<Changes, Error>),
    /// The beginning of the file.
    File(ContainerId, String, Result<Vec<u8>, Error>),
}

/// What a shell has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShellNews {
    /// It runs.
    Opened,
    /// Its terminal shows these bytes.
    Output(Vec<u8>),
    /// It does not read what is typed: the last of it was dropped.
    Deaf,
    /// It ended with this exit code.
    Ended(i32),
    /// It could not be opened, or broke.
    Failed(Error),
}

/// Everything that can happen.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// The person did something.
    Input(Input),
    /// A signal came.
    Signal(Signal),
    /// The current time; sent before every batch of messages, so that `update` needs no clock.
    Clock(Timestamp),
    /// A tick was sampled.
    Sampled(Box<Snapshot>),
    /// The records were read: the number says which reading is the later one.
    Records(u64, Result<Vec<Record>, Error>),
    /// Watching or sampling does not work, and why.
    Blind(Error),
    /// Something asked for is under way.
    Progress(EffectId, String),
    /// Something asked for is done.
    EffectDone(EffectId, Result<Outcome, Error>),
    /// The log that is shown was read on.
    Log(Result<LogBatch, Error>),
    /// The last lines of a log were read.
    Tail(Result<LogBatch, Error>),
    /// The config file changed: the settings it makes now, or what is wrong with it.
    Settings(Result<Box<Settings>, String>),
    /// Something was looked into.
    Seen(Box<Seen>),
    /// A shell has something to say.
    Shell(ShellId, ShellNews),
    /// The terminal is gone, or a thread of ours is: why.
    Fatal(String),
}
