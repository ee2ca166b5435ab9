//! [`Effect`]: what `update` asks for. Only this folder talks to the [`Engine`]; answers come back
//! as messages.

mod follow;
mod log_end;
mod look;
mod observe;
mod shells;
mod tails;

use std::collections::HashSet;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use follow::LogReader;
pub use follow::tail;
use look::LookThread;
pub use look::{Look, LookRunner};
pub use shells::ShellCall;
use shells::ShellLines;
use tails::Tails;

use super::message::Message;
pub use super::message::{LogBatch, Outcome, Seen, ShellEvent};
pub use super::model::EffectId;
use super::model::ShellId;
use super::reload::Reload;
use super::remembered::Remembered;
use crate::config::{
    ConfigError, ScreenChanges, change_preset, delete_preset, save_preset, save_screen,
};
use crate::inspect::Extracted;
use crate::manager::{Engine, Error, LimitChange};
use crate::spec::{ContainerId, ContainerRequest, Preset};

/// A call of the engine, with its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Create and start.
    Launch(Box<ContainerRequest>),
    /// Start again.
    Start(ContainerId),
    /// Stop, and kill after the grace time.
    Stop(ContainerId, Duration),
    /// Stop, then start.
    Restart(ContainerId, Duration),
    /// Give it this name.
    Rename(ContainerId, String),
    /// Give it a name again (the second), if it still has the first.
    RestoreName(ContainerId, String, String),
    /// Freeze every process of it.
    Pause(ContainerId),
    /// Resume it.
    Resume(ContainerId),
    /// Send this signal to its init.
    Kill(ContainerId, i32),
    /// Remove, dead or alive.
    Destroy(ContainerId),
    /// Stop it within the grace time and move it to the trash.
    ThrowAway(ContainerId, Duration),
    /// Bring it back from the trash, and start it if it ran.
    TakeBack(ContainerId, bool),
    /// Send this signal to this process of it.
    Signal(ContainerId, i32, i32),
    /// Copy this changed path into this folder of the host.
    Extract(ContainerId, String, PathBuf),
    /// Revert the change of this path.
    Revert(ContainerId, String),
    /// Set one limit; only while it is alive, or also of one that has ended.
    SetLimit(ContainerId, LimitChange, bool),
    /// Set one limit back (to the second), if it still is the first.
    RestoreLimit(ContainerId, LimitChange, LimitChange),
    /// Add this preset to the config file.
    SavePreset(PathBuf, String, Box<Preset>),
    /// Change this preset of the config file: its old name, its new name, its content.
    ChangePreset(PathBuf, String, String, Box<Preset>),
    /// Remove this preset from the config file.
    DeletePreset(PathBuf, String),
    /// Save these settings of the screen in the config file.
    SaveScreen(PathBuf, Box<ScreenChanges>),
    /// Write this text to a new file.
    Write(PathBuf, String),
}

/// Something to do outside the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Ask the engine; the answer is [`Message::EffectDone`].
    Call(EffectId, Call),
    /// Cancel this call where possible; it is still answered.
    Cancel(EffectId),
    /// Read every record.
    ReadRecords,
    /// Open the logs of these containers, in place of any others.
    OpenLog(Vec<ContainerId>),
    /// Read the last lines of this container's log: [`Message::Tail`].
    ReadTail(ContainerId),
    /// Read the open logs: one [`Message::Log`] as soon as there is something new.
    ReadLog,
    /// Query the engine for a tab; the answer is [`Message::Seen`].
    Look(Look),
    /// Run `check`, which runs containers; the answer is [`Message::Seen`].
    Check,
    /// A call to a shell.
    Shell(ShellId, ShellCall),
    /// Copy this to the user's clipboard.
    Copy(String),
    /// Write what is remembered into this file.
    Remember(PathBuf, Remembered),
    /// Purge what has expired from the trash.
    PurgeTrash,
    /// Restore the terminal and stop until SIGCONT.
    Suspend,
    /// Set the terminal up again and draw everything.
    Redraw,
    /// Quit.
    Quit,
}

impl Effect {
    /// Whether it changes a container or the host's files, or runs something. A read-only screen
    /// refuses these whatever the action.
    #[must_use]
    pub fn changes_something(&self) -> bool {
        match self {
            Self::Call(..)
            | Self::Check
            | Self::Remember(..)
            | Self::PurgeTrash
            | Self::Shell(_, ShellCall::Open(..) | ShellCall::Write(_)) => true,
            Self::Cancel(_)
            | Self::ReadRecords
            | Self::OpenLog(_)
            | Self::ReadTail(_)
            | Self::ReadLog
            | Self::Look(_)
            | Self::Shell(_, ShellCall::Read | ShellCall::Resize(_) | ShellCall::Close)
            | Self::Copy(_)
            | Self::Suspend
            | Self::Redraw
            | Self::Quit => false,
        }
    }
}

/// What is remembered, on its way to its file. The latest is written last, whichever thread does it.
#[derive(Default)]
struct Memory {
    next: Mutex<Option<(PathBuf, Remembered)>>,
    writing: Mutex<()>,
}

impl Memory {
    fn write(&self) -> Result<(), String> {
        let _writing = lock(&self.writing);
        let next = lock(&self.next).take();
        match next {
            Some((file, remembered)) => remembered
                .save(&file)
                .map_err(|error| format!("write {}: {error}", file.display())),
            None => Ok(()),
        }
    }
}

/// Runs effects, each in a thread of its own, and the threads that observe.
pub struct Effects {
    engine: Arc<dyn Engine>,
    sender: Sender<Message>,
    readings: Arc<AtomicU64>,
    log: Option<LogReader>,
    looker: Option<LookThread>,
    tails: Option<Tails>,
    shells: ShellLines,
    memory: Arc<Memory>,
    /// Calls to cancel.
    cancelled: Arc<Mutex<HashSet<EffectId>>>,
}

impl Effects {
    /// Effects on `engine`, whose answers go to `sender`.
    #[must_use]
    pub fn new(engine: Arc<dyn Engine>, sender: Sender<Message>) -> Self {
        Self::sharing(engine, sender, Arc::default())
    }

    /// The same for one of several screens that share an observer. They count reads of the records
    /// in `readings`, so that each can tell which is later.
    #[must_use]
    pub fn sharing(
        engine: Arc<dyn Engine>,
        sender: Sender<Message>,
        readings: Arc<AtomicU64>,
    ) -> Self {
        let shells = ShellLines::new(Arc::clone(&engine), sender.clone());
        Self {
            engine,
            sender,
            readings,
            log: None,
            looker: None,
            tails: None,
            shells,
            memory: Arc::default(),
            cancelled: Arc::default(),
        }
    }

    /// Starts sampling every `tick`, and watching the records and the config file.
    pub fn observe(&self, tick: Duration, reload: Option<Reload>) {
        let (engine, sender) = (Arc::clone(&self.engine), self.sender.clone());
        self.spawn("sampler", move || {
            observe::sample(&*engine, &sender, tick, reload)
        });
        let (engine, sender, readings) = (
            Arc::clone(&self.engine),
            self.sender.clone(),
            Arc::clone(&self.readings),
        );
        self.spawn("watch", move || {
            observe::watch(&*engine, &sender, &readings)
        });
    }

    /// Starts `effect` without blocking. Effects of the terminal are handled by the loop and
    /// ignored here.
    pub fn run(&mut self, effect: Effect) {
        match effect {
            Effect::Call(id, call) => {
                let (engine, sender) = (Arc::clone(&self.engine), self.sender.clone());
                let cancelled = Arc::clone(&self.cancelled);
                let spawned = thread::Builder::new().name("effect".into()).spawn(move || {
                    let mut progress = |line: String| {
                        // ignored: the screen may be gone already
                        let _ = sender.send(Message::Progress(id, line));
                        !lock(&cancelled).contains(&id)
                    };
                    let result =
                        catch_unwind(AssertUnwindSafe(|| perform(&*engine, call, &mut progress)));
                    let result = result
                        .unwrap_or_else(|panic| Err(panicked("carry this out", panic.as_ref())));
                    let _ = sender.send(Message::EffectDone(id, result));
                    lock(&cancelled).remove(&id);
                });
                if let Err(error) = spawned {
                    let _ = self
                        .sender
                        .send(Message::EffectDone(id, Err(no_thread(&error))));
                }
            }
            Effect::Cancel(id) => {
                lock(&self.cancelled).insert(id);
            }
            Effect::ReadRecords => {
                let (engine, sender, readings) = (
                    Arc::clone(&self.engine),
                    self.sender.clone(),
                    Arc::clone(&self.readings),
                );
                self.spawn("records", move || {
                    let _ = observe::read_records(&*engine, &sender, &readings);
                });
            }
            Effect::OpenLog(ids) => {
                self.log = Some(LogReader::open(
                    Arc::clone(&self.engine),
                    ids,
                    self.sender.clone(),
                ))
            }
            Effect::ReadLog => {
                if let Some(log) = &self.log {
                    log.read_on();
                }
            }
            Effect::ReadTail(id) => self
                .tails
                .get_or_insert_with(|| Tails::start(Arc::clone(&self.engine), &self.sender))
                .read(id),
            Effect::Check => {
                let (engine, sender) = (Arc::clone(&self.engine), self.sender.clone());
                self.spawn("check", move || {
                    let _ = sender.send(Message::Seen(Box::new(Seen::Check(engine.check_sheet()))));
                });
            }
            Effect::Look(look) => self
                .looker
                .get_or_insert_with(|| LookThread::start(Arc::clone(&self.engine), &self.sender))
                .look(look),
            Effect::Shell(id, call) => self.shells.run(id, call),
            Effect::Remember(file, remembered) => {
                *lock(&self.memory.next) = Some((file, remembered));
                let (memory, sender) = (Arc::clone(&self.memory), self.sender.clone());
                self.spawn("remember", move || {
                    if let Err(reason) = memory.write() {
                        let _ = sender.send(Message::NotRemembered(reason));
                    }
                });
            }
            Effect::PurgeTrash => {
                let engine = Arc::clone(&self.engine);
                // ignored: the next purge tries again
                self.spawn("trash", move || drop(engine.purge_trash()));
            }
            Effect::Copy(_) | Effect::Suspend | Effect::Redraw | Effect::Quit => {}
        }
    }

    fn spawn(&self, name: &'static str, work: impl FnOnce() + Send + 'static) {
        spawn(name, &self.sender, work);
    }
}

/// Runs `work` in a thread. A panic ends the screen with the reason instead of leaving it without a
/// thread.
pub fn spawn(name: &'static str, sender: &Sender<Message>, work: impl FnOnce() + Send + 'static) {
    let teller = sender.clone();
    let spawned = thread::Builder::new().name(name.into()).spawn(move || {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(work)) {
            let _ = teller.send(Message::Fatal(panicked(name, panic.as_ref()).to_string()));
        }
    });
    if let Err(error) = spawned {
        let _ = sender.send(Message::Fatal(no_thread(&error).to_string()));
    }
}

/// Performs `call` on `engine` and blocks until it is done. A call that can be cancelled stops when
/// `progress` returns false.
///
/// # Errors
/// The engine's own.
pub fn perform(
    engine: &dyn Engine,
    call: Call,
    progress: &mut dyn FnMut(String) -> bool,
) -> Result<Outcome, Error> {
    match call {
        Call::Launch(created) => engine
            .launch(&created, &mut |line| _ = progress(line))
            .map(Outcome::Launched),
        Call::Start(id) => engine.start(&id).map(|()| Outcome::Started),
        Call::Stop(id, grace) => engine.stop(&id, grace).map(Outcome::Stopped),
        Call::Restart(id, grace) => engine.restart(&id, grace).map(|()| Outcome::Restarted),
        Call::Rename(id, name) => engine.rename(&id, &name).map(|()| Outcome::Renamed(name)),
        Call::RestoreName(id, left, back) => engine
            .restore_name(&id, &left, &back)
            .map(|()| Outcome::Renamed(back)),
        Call::Pause(id) => engine.pause(&id).map(|()| Outcome::Paused),
        Call::Resume(id) => engine.resume(&id).map(|()| Outcome::Resumed),
        Call::Kill(id, signal) => engine.kill(&id, signal).map(|()| Outcome::Signalled),
        Call::Destroy(id) => engine.destroy(&id, true).map(|()| Outcome::Destroyed),
        Call::ThrowAway(id, grace) => engine.throw_away(&id, grace).map(|()| Outcome::ThrownAway),
        Call::TakeBack(id, starts) => {
            engine.take_back(&id)?;
            if starts {
                engine.start(&id)?;
            }
            Ok(Outcome::TakenBack(starts))
        }
        Call::Signal(id, pid, signal) => engine
            .signal_process(&id, pid, signal)
            .map(|()| Outcome::Signalled),
        Call::Extract(id, path, into) => {
            let mut proceed = |so_far: &Extracted| {
                progress(format!("{}; Extract again stops it", so_far.copied()))
            };
            engine
                .extract(&id, &path, &into, &mut proceed)
                .map(Box::new)
                .map(Outcome::Extracted)
        }
        Call::Revert(id, path) => engine.revert(&id, &path).map(|()| Outcome::Reverted),
        Call::SetLimit(id, change, only_alive) => engine
            .set_limit(&id, change, only_alive)
            .map(Outcome::LimitSet),
        Call::RestoreLimit(id, left, back) => {
            engine.restore_limit(&id, left, back).map(Outcome::LimitSet)
        }
        Call::SavePreset(file, name, preset) => written(save_preset(&file, &name, &preset), file),
        Call::ChangePreset(file, old, name, preset) => {
            written(change_preset(&file, &old, &name, &preset), file)
        }
        Call::DeletePreset(file, name) => written(delete_preset(&file, &name), file),
        Call::SaveScreen(file, changes) => written(save_screen(&file, &changes), file),
        Call::Write(file, text) => write_new(&file, &text).map(|()| Outcome::Written(file)),
    }
}

fn written(result: Result<(), ConfigError>, file: PathBuf) -> Result<Outcome, Error> {
    result
        .map(|()| Outcome::Written(file))
        .map_err(|error| Error::System {
            message: error.to_string(),
            hint: None,
        })
}

/// Creates the file; an existing one is not overwritten.
fn write_new(file: &Path, text: &str) -> Result<(), Error> {
    let written = File::create_new(file).and_then(|mut new| new.write_all(text.as_bytes()));
    written.map_err(|error| {
        let hint =
            (error.kind() == ErrorKind::AlreadyExists).then(|| "choose another name".to_owned());
        Error::System {
            message: format!("write {}: {error}", file.display()),
            hint,
        }
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The next number of a reading of the records, taken before reading so that the later reading has
/// the higher number.
pub fn next_reading(readings: &AtomicU64) -> u64 {
    readings.fetch_add(1, Ordering::SeqCst)
}

fn panicked(what: &str, panic: &(dyn std::any::Any + Send)) -> Error {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    Error::System {
        message: format!("{what}: a bug in minic-tui: {text}"),
        hint: Some("please report it".into()),
    }
}

fn no_thread(error: &std::io::Error) -> Error {
    Error::System {
        message: format!("start a thread: {error}"),
        hint: Some("the limit on processes is reached: see ulimit -u".into()),
    }
}
