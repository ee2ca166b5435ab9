//! [`run`]: the screen in a terminal. [`run_loop`]: the loop on any [`Surface`]. It sleeps on the
//! channel, folds every waiting message, runs the effects, and draws once if something changed.

use std::io::{IsTerminal, stdin, stdout};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::{Context, bail};
use jiff::Timestamp;

use super::effect::{Effect, Effects, spawn};
use super::message::Message;
use super::model::{Model, ToastKind};
use super::reload::Reload;
use super::remembered::Remembered;
use super::settings::Settings;
use super::surface::Surface;
use super::terminal::{Signals, Terminal, read_input};
use super::update::{start, update};
use crate::manager::Engine;

/// The most messages handled before a frame is drawn, so that a flood cannot stop drawing.
const BATCH: usize = 1_000;

/// Shows the screen on `engine` until the user quits. Containers keep running.
///
/// # Errors
/// When standard input or output is not a terminal, when it cannot be set up, or when a thread of
/// the screen died.
pub fn run(
    engine: Arc<dyn Engine>,
    settings: Settings,
    reload: Option<Reload>,
) -> anyhow::Result<()> {
    if !stdin().is_terminal() || !stdout().is_terminal() {
        bail!(
            "open the screen: standard input and output are no terminal; `minic-tui list` and `minic-tui --help` work without one"
        );
    }
    let signals = Signals::block().context("block signals")?;
    let mut terminal = Terminal::take().context("take the terminal over")?;
    let (sender, messages) = channel();
    let (taken, inputs) = (signals.taken(), sender.clone());
    spawn("input", &sender, move || read_input(&inputs));
    let forwarded = sender.clone();
    spawn("signals", &sender, move || {
        Signals::forward(&taken, &forwarded)
    });
    let mut effects = Effects::new(engine, sender);
    effects.observe(settings.tick, reload);

    let mut model = Model::new(settings, terminal.size(), Timestamp::now());
    if let Some(file) = &model.settings.remembered_in {
        match Remembered::load(file) {
            Ok(remembered) => model.recall(remembered),
            Err(reason) => model.toast(ToastKind::Notice, reason),
        }
    }
    let result = run_loop(&mut model, &mut terminal, &mut effects, &messages);
    drop(terminal);
    result?;
    match model.fatal {
        Some(reason) => bail!(reason),
        None => Ok(()),
    }
}

/// Where a screen's messages come from.
pub trait Messages {
    /// The next one, waiting at most `timeout` (`None`: forever).
    ///
    /// # Errors
    /// When the time is up or every sender is gone.
    fn wait(&self, timeout: Option<Duration>) -> Result<Message, RecvTimeoutError>;

    /// The next message, if one is waiting.
    fn ready(&self) -> Option<Message>;
}

impl Messages for Receiver<Message> {
    fn wait(&self, timeout: Option<Duration>) -> Result<Message, RecvTimeoutError> {
        match timeout {
            None => self.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(timeout) => self.recv_timeout(timeout),
        }
    }

    fn ready(&self) -> Option<Message> {
        self.try_recv().ok()
    }
}

/// Shows `model` on `surface` and keeps it up to date with `messages` until the user quits or every
/// sender is gone.
///
/// # Errors
/// When the surface is gone.
pub fn run_loop(
    model: &mut Model,
    surface: &mut impl Surface,
    effects: &mut Effects,
    messages: &impl Messages,
) -> anyhow::Result<()> {
    for effect in start() {
        effects.run(effect);
    }
    loop {
        if std::mem::take(&mut model.dirty) {
            model.hits = surface.draw(model).context("draw")?;
        }
        let first = match wait(model, messages) {
            Ok(message) => Some(message),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        };
        let mut wanted = update(model, Message::Clock(Timestamp::now()));
        for message in first
            .into_iter()
            .chain(std::iter::from_fn(|| messages.ready()))
            .take(BATCH)
        {
            wanted.extend(update(model, message));
        }
        for effect in wanted {
            match effect {
                Effect::Quit => return Ok(()),
                Effect::Redraw => {
                    surface.redraw().context("set the terminal up again")?;
                    model.size = surface.size();
                    model.arrange();
                }
                Effect::Suspend => {
                    if let Err(error) = surface.suspend() {
                        model.toast(ToastKind::Notice, format!("suspend: {error}"));
                    }
                    model.size = surface.size();
                    model.arrange();
                }
                Effect::Copy(text) => {
                    if let Err(reason) = surface.copy(&text) {
                        model.toast(ToastKind::Notice, format!("copy: {reason}"));
                    }
                }
                other => effects.run(other),
            }
        }
    }
}

/// Sleeps until something happens, or until the next toast goes away.
fn wait(model: &Model, messages: &impl Messages) -> Result<Message, RecvTimeoutError> {
    let timeout = model.toasts.next_end().map(|end| {
        let left = end.duration_since(Timestamp::now());
        // wake just after the end, so that the toast has expired
        Duration::try_from(left).unwrap_or_default() + Duration::from_millis(1)
    });
    messages.wait(timeout)
}
