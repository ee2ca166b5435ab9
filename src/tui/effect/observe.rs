//! The observing threads: the sampler at every tick, the watch at every change of a record.

use std::sync::atomic::AtomicU64;
use std::sync::mpsc::{SendError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use super::next_reading;
use crate::manager::Engine;
use crate::tui::message::Message;
use crate::tui::reload::Reload;

/// Rates need two samples: the second follows the first soon, so that figures appear quickly.
const SECOND_SAMPLE: Duration = Duration::from_millis(300);
/// How long the watch blocks before it checks whether the screen is still there.
const WATCH_TIMEOUT: Duration = Duration::from_secs(60);
/// How often the records are read when changes cannot be watched.
const POLL: Duration = Duration::from_secs(2);

/// Samples every `tick` until the screen is gone, and checks the config file as often.
pub(super) fn sample(
    engine: &dyn Engine,
    sender: &Sender<Message>,
    mut tick: Duration,
    mut reload: Option<Reload>,
) {
    let mut sampler = match engine.sampler() {
        Ok(sampler) => sampler,
        Err(error) => {
            let _ = sender.send(Message::ObserverFailed(error));
            return;
        }
    };
    let mut wait = SECOND_SAMPLE.min(tick);
    loop {
        let started = Instant::now();
        if sender
            .send(Message::Sampled(Box::new(sampler.sample())))
            .is_err()
        {
            return;
        }
        if let Some(read) = reload.as_mut().and_then(Reload::look) {
            if let Ok(settings) = &read {
                tick = settings.tick;
            }
            if sender.send(Message::Settings(read)).is_err() {
                return;
            }
        }
        thread::sleep(wait.saturating_sub(started.elapsed()));
        wait = tick;
    }
}

/// Reads the records at the start and at every change until the screen is gone.
pub(super) fn watch(engine: &dyn Engine, sender: &Sender<Message>, readings: &AtomicU64) {
    // watch before reading, so that no change is missed
    let mut watching = engine.watch();
    if let Some(why) = watching
        .as_ref()
        .ok()
        .and_then(|watching| watching.polling())
        && sender.send(Message::ObserverFailed(why)).is_err()
    {
        return;
    }
    loop {
        if read_records(engine, sender, readings).is_err() {
            return;
        }
        let waited = match &mut watching {
            Ok(watching) => loop {
                match watching.wait(WATCH_TIMEOUT) {
                    Ok(false) => {}
                    Ok(true) => break Ok(()),
                    Err(error) => break Err(error),
                }
            },
            Err(error) => Err(error.clone()),
        };
        if let Err(error) = waited {
            if sender.send(Message::ObserverFailed(error)).is_err() {
                return;
            }
            break;
        }
    }
    while read_records(engine, sender, readings).is_ok() {
        thread::sleep(POLL);
    }
}

/// Reads the records once.
///
/// # Errors
/// When the screen is gone.
pub(super) fn read_records(
    engine: &dyn Engine,
    sender: &Sender<Message>,
    readings: &AtomicU64,
) -> Result<(), SendError<Message>> {
    let reading = next_reading(readings);
    sender.send(Message::Records(reading, engine.records()))
}
