//! The screen on a page: a WebSocket that carries cells one way and keys the other.
//!
//! A viewer is a thread that runs the screen's own loop ([`crate::tui::turn`]) with a model of its own on a [`page::Page`], and a task
//! that moves what is said between it and the socket. Frames wait for the socket, never the other way round: a page that does not read
//! is let go.

mod page;
pub mod wire;

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message as Packet, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

use super::api::Refusal;
use super::context::Context;
use crate::tui::effect::Effects;
use crate::tui::message::{Message, Signal};
use crate::tui::model::Model;
use crate::tui::turn;
use page::Page;
use wire::{Said, Told};

/// The most bytes of one message of a page: a paste.
const MOST_SAID: usize = 64 << 10;
/// How long a page may take to read a frame.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often a page that says nothing is asked whether it is there.
const PING: Duration = Duration::from_secs(20);
/// The least time between two frames: 60 a second are more than anybody sees.
const FRAME: Duration = Duration::from_millis(16);
/// Columns and rows before the page has told its own.
const USUAL_SIZE: (u16, u16) = (80, 24);

/// Shows the screen to one more page.
pub async fn upgrade(State(context): State<Arc<Context>>, RawQuery(query): RawQuery, upgrade: WebSocketUpgrade) -> Response {
    let Some(seat) = context.seat() else {
        return Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "too many viewers", Some("close a page that is not needed")).response();
    };
    let size = query.as_deref().and_then(wire::size).unwrap_or(USUAL_SIZE);
    upgrade.max_message_size(MOST_SAID).max_frame_size(MOST_SAID).on_upgrade(async move |socket| {
        serve(socket, context, size).await;
        drop(seat);
    })
}

async fn serve(mut socket: WebSocket, context: Arc<Context>, size: (u16, u16)) {
    let (sender, messages) = std::sync::mpsc::channel();
    // one frame waits: the next is drawn when this one is on its way, and shows all that happened meanwhile
    let (told, mut tellings) = mpsc::channel(1);
    let screen = sender.clone();
    let shared = Arc::clone(&context);
    let started = thread::Builder::new().name("viewer".into()).spawn(move || show(&shared, size, screen, &messages, &told));
    if started.is_ok() {
        carry(&mut socket, &sender, &mut tellings).await;
    }
    let _ = sender.send(Message::Signal(Signal::Terminate));
    let over = CloseFrame { code: close_code::AWAY, reason: "".into() };
    let _ = timeout(PATIENCE, socket.send(Packet::Close(Some(over)))).await;
}

/// Moves what is said until one side is gone.
async fn carry(socket: &mut WebSocket, sender: &Sender<Message>, tellings: &mut mpsc::Receiver<String>) {
    let mut ping = interval(PING);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard = Instant::now();
    let mut next_frame = heard;
    loop {
        tokio::select! {
            packet = socket.recv() => {
                heard = Instant::now();
                let said = match packet {
                    Some(Ok(Packet::Text(text))) => serde_json::from_str::<Said>(&text).ok(),
                    Some(Ok(Packet::Ping(_) | Packet::Pong(_))) => continue,
                    // nothing else is said by a page of ours
                    Some(Ok(Packet::Binary(_) | Packet::Close(_)) | Err(_)) | None => return,
                };
                let Some(input) = said.and_then(Said::input) else { continue };
                if sender.send(Message::Input(input)).is_err() {
                    return;
                }
            }
            telling = async { sleep_until(next_frame).await; tellings.recv().await } => {
                let Some(text) = telling else { return };
                next_frame = Instant::now() + FRAME;
                if !matches!(timeout(PATIENCE, socket.send(Packet::Text(text.into()))).await, Ok(Ok(()))) {
                    return;
                }
            }
            _ = ping.tick() => {
                if heard.elapsed() > PING + PATIENCE {
                    return;
                }
                if !matches!(timeout(PATIENCE, socket.send(Packet::Ping(Vec::new().into()))).await, Ok(Ok(()))) {
                    return;
                }
            }
        }
    }
}

/// The viewer's thread: the screen, until its person leaves or is gone.
fn show(
    context: &Context,
    size: (u16, u16),
    sender: Sender<Message>,
    messages: &std::sync::mpsc::Receiver<Message>,
    told: &mpsc::Sender<String>,
) {
    let mut effects = Effects::sharing(Arc::clone(&context.engine), sender.clone(), Arc::clone(&context.hub.readings));
    let settings = context.hub.settings().unwrap_or_else(|| context.settings.clone());
    let mut model = Model::new(settings, size, Timestamp::now());
    let host = nix::unistd::gethostname().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let hello = Told::Hello { theme: context.theme, host };
    if told.blocking_send(hello.text()).is_err() {
        return;
    }
    let Ok(mut page) = Page::new(told.clone(), size) else { return };
    context.hub.join(sender);
    let left = turn(&mut model, &mut page, &mut effects, messages).is_ok();
    let reason = model.fatal.take();
    if left {
        // a page that is gone need not hear that it has left
        let _ = told.blocking_send(Told::Left { reason }.text());
    }
}
