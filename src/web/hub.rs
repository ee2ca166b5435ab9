//! [`Hub`]: one observer for everybody. What it sees goes to every viewer, and is kept for whoever
//! asks.

use std::sync::atomic::AtomicU64;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use tokio::sync::broadcast;

use super::inbox::Queue;
use crate::manager::{Engine, Happenings};
use crate::record::LoggedEvent;
use crate::stats::Snapshot;
use crate::tui::effect::Effects;
use crate::tui::message::Message;
use crate::tui::{Reload, Settings};

/// Events that a slow listener may be behind before it misses some.
const EVENTS: usize = 1_000;

/// One observer for everybody.
pub struct Hub {
    /// Counts readings of the records for all viewers together.
    pub readings: Arc<AtomicU64>,
    seen: Mutex<Seen>,
    events: broadcast::Sender<LoggedEvent>,
}

/// What was seen last, each as the message that told it: what a new viewer has to hear first.
#[derive(Default)]
struct Seen {
    records: Option<Message>,
    sampled: Option<Message>,
    blind: Option<Message>,
    settings: Option<Box<Settings>>,
    viewers: Vec<Arc<Queue>>,
}

impl Hub {
    /// Starts to observe.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn start(
        engine: Arc<dyn Engine>,
        tick: Duration,
        reload: Reload,
    ) -> anyhow::Result<Arc<Self>> {
        let (sender, messages) = channel();
        let readings = Arc::new(AtomicU64::new(0));
        let hub = Arc::new(Self {
            readings: Arc::clone(&readings),
            seen: Mutex::default(),
            events: broadcast::channel(EVENTS).0,
        });
        // what happened before is history, except to a tab of the screen, which reads it itself
        let mut happenings = engine.happenings().ok();
        let _ = read(&mut happenings);
        let own = Arc::clone(&hub);
        thread::Builder::new()
            .name("hub".into())
            .spawn(move || own.pass_on(&messages, happenings))
            .context("start a thread")?;
        Effects::sharing(engine, sender, readings).observe(tick, Some(reload));
        Ok(hub)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Passes everything on until the observers have ended, which they do with the process.
    fn pass_on(&self, messages: &Receiver<Message>, mut happenings: Option<Box<dyn Happenings>>) {
        for message in messages {
            let mut seen = self.seen();
            match &message {
                Message::Records(..) => seen.records = Some(message.clone()),
                Message::Sampled(_) => seen.sampled = Some(message.clone()),
                Message::ObserverFailed(_) => seen.blind = Some(message.clone()),
                Message::Settings(Ok(settings)) => seen.settings = Some(settings.clone()),
                _ => {}
            }
            seen.viewers.retain(|viewer| viewer.tell(message.clone()));
            drop(seen);
            for happening in read(&mut happenings) {
                // nobody listens: then nobody misses it
                let _ = self.events.send(happening);
            }
        }
    }

    /// Lets `viewer` hear what is known, and everything from now on.
    pub fn join(&self, viewer: Arc<Queue>) {
        let mut seen = self.seen();
        for message in [&seen.records, &seen.sampled, &seen.blind]
            .into_iter()
            .flatten()
        {
            // a viewer that is gone already is noticed at the next message
            viewer.tell(message.clone());
        }
        seen.viewers.push(viewer);
    }

    /// The settings as the config file makes them now, when it has changed.
    pub fn settings(&self) -> Option<Settings> {
        self.seen().settings.as_deref().cloned()
    }

    /// The last sample.
    pub fn snapshot(&self) -> Option<Snapshot> {
        match &self.seen().sampled {
            Some(Message::Sampled(snapshot)) => Some((**snapshot).clone()),
            _ => None,
        }
    }

    /// What happens from now on.
    pub fn listen(&self) -> broadcast::Receiver<LoggedEvent> {
        self.events.subscribe()
    }
}

fn read(happenings: &mut Option<Box<dyn Happenings>>) -> Vec<LoggedEvent> {
    happenings
        .as_mut()
        .and_then(|happenings| happenings.read().ok())
        .unwrap_or_default()
}
