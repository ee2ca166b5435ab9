//! [`Hub`]: one observer for all viewers. What it observes goes to each of them, and the last of it
//! is kept for API requests.

use std::sync::atomic::AtomicU64;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use tokio::sync::broadcast;

use super::inbox::Queue;
use crate::manager::{Engine, EventStream};
use crate::record::LoggedEvent;
use crate::stats::Snapshot;
use crate::tui::effect::Effects;
use crate::tui::message::Message;
use crate::tui::{Reload, Settings};

/// How many events a slow subscriber may be behind before it misses some.
const EVENTS: usize = 1_000;

/// One observer for all viewers.
pub struct Hub {
    /// Counts reads of the records, for all viewers together.
    pub readings: Arc<AtomicU64>,
    seen: Mutex<Seen>,
    events: broadcast::Sender<LoggedEvent>,
}

/// The last message of each kind, which a new viewer gets first.
#[derive(Default)]
struct Seen {
    records: Option<Message>,
    sampled: Option<Message>,
    blind: Option<Message>,
    settings: Option<Box<Settings>>,
    viewers: Vec<Arc<Queue>>,
}

impl Hub {
    /// Starts the observer.
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
        // skip past events; the screen's Events tab reads those itself
        let mut stream = engine.event_stream().ok();
        let _ = read(&mut stream);
        let own = Arc::clone(&hub);
        thread::Builder::new()
            .name("hub".into())
            .spawn(move || own.pass_on(&messages, stream))
            .context("start a thread")?;
        Effects::sharing(engine, sender, readings).observe(tick, Some(reload));
        Ok(hub)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forwards all messages until the observers end, with the process.
    fn pass_on(&self, messages: &Receiver<Message>, mut stream: Option<Box<dyn EventStream>>) {
        for message in messages {
            let mut seen = self.seen();
            match &message {
                Message::Records(..) => seen.records = Some(message.clone()),
                Message::Sampled(_) => seen.sampled = Some(message.clone()),
                Message::ObserverFailed(_) => seen.blind = Some(message.clone()),
                Message::Settings(Ok(settings)) => seen.settings = Some(settings.clone()),
                _ => {}
            }
            seen.viewers.retain(|viewer| viewer.send(message.clone()));
            drop(seen);
            for happening in read(&mut stream) {
                // an error means that there are no subscribers
                let _ = self.events.send(happening);
            }
        }
    }

    /// Sends `viewer` the current state, then every message.
    pub fn join(&self, viewer: Arc<Queue>) {
        let mut seen = self.seen();
        for message in [&seen.records, &seen.sampled, &seen.blind]
            .into_iter()
            .flatten()
        {
            // a disconnected viewer is removed at the next message
            viewer.send(message.clone());
        }
        seen.viewers.push(viewer);
    }

    /// The settings from the config file, if it has changed since the start.
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

    /// Events from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<LoggedEvent> {
        self.events.subscribe()
    }
}

fn read(stream: &mut Option<Box<dyn EventStream>>) -> Vec<LoggedEvent> {
    stream
        .as_mut()
        .and_then(|stream| stream.read().ok())
        .unwrap_or_default()
}
