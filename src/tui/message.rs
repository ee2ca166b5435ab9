//! [`Message`]: everything that can happen to the screen. Every thread sends these to the one that
//! draws.

use jiff::Timestamp;

use super::effect::{EffectId, LogBatch, Outcome, Seen, ShellNews};
use super::keymap::Chord;
use super::model::ShellId;
use super::settings::Settings;
use crate::manager::Error;
use crate::record::Record;
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

/// Everything that can happen.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// The person did something.
    Input(Input),
    /// A signal came.
    Signal(Signal),
    /// It is this late; sent before every batch of messages, so that `update` needs no clock.
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
