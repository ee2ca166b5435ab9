//! The screen in a browser: a WebSocket that carries cells one way and keys the other.
//!
//! A viewer is a thread that runs the screen's own loop ([`crate::tui::run_loop`]) with a model of its
//! own on a [`page::Page`], and a task that moves messages between it and the socket. Every queue
//! is bounded: one frame waits for the socket, the thread's messages are limited
//! ([`super::inbox`]), and a page that does not read, or sends more than a person can
//! ([`rate_limit`]), is disconnected.

mod cell_budget;
mod page;
mod rate_limit;
pub mod wire;

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use axum::Extension;
use axum::extract::ws::{
    CloseCode, CloseFrame, Message as Packet, WebSocket, WebSocketUpgrade, close_code,
};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use ratatui::layout::Size;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

use super::answer::Refusal;
use super::context::Context;
use super::inbox::{Inbox, Queue, inbox};
use super::slots::{Activity, Slot};
use crate::tui::effect::Effects;
use crate::tui::message::{Input, Message, Signal};
use crate::tui::model::Model;
use crate::tui::run_loop;
use cell_budget::CellBudget;
use page::Page;
use rate_limit::RateLimit;
use wire::{ClientMessage, ServerMessage};

/// Its path.
pub const PATH: &str = "/ws";
/// Prefix of the second protocol that a page offers: the token, which it cannot send otherwise.
pub const TOKEN: &str = "token.";
/// The WebSocket subprotocol.
const PROTOCOL: &str = "minic";

/// Maximum size of one message from a page, in bytes; pastes are sent in parts.
const MAX_MESSAGE: usize = 16 << 10;
/// Maximum number of bytes waiting to be sent; a frame of the largest page is smaller.
const MAX_WRITE_BUFFER: usize = 16 << 20;
/// How long a page may take to read a frame.
const WRITE_TIMEOUT: Duration = Duration::from_secs(20);
/// How long closing the connection may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
/// How often a page is pinged.
const PING: Duration = Duration::from_secs(20);
/// Minimum time between two frames: 60 a second.
const FRAME: Duration = Duration::from_millis(16);
/// Columns and rows until the page sends its own.
const DEFAULT_SIZE: Size = Size::new(80, 24);

/// Upgrades a request to the WebSocket of a new viewer.
pub async fn upgrade(
    State(context): State<Arc<Context>>,
    Extension(slot): Extension<Arc<Slot>>,
    RawQuery(query): RawQuery,
    upgrade: WebSocketUpgrade,
) -> Response {
    if slot.stream(Activity::Screen).is_err() {
        return Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too many viewers",
            Some("close a page that is not needed"),
        )
        .response();
    }
    let wanted = query
        .as_deref()
        .and_then(wire::size)
        .unwrap_or(DEFAULT_SIZE);
    let upgrade = upgrade
        .protocols([PROTOCOL])
        .max_message_size(MAX_MESSAGE)
        .max_frame_size(MAX_MESSAGE)
        .max_write_buffer_size(MAX_WRITE_BUFFER);
    upgrade.on_upgrade(async move |socket| {
        serve(socket, context, wanted).await;
        drop(slot);
    })
}

async fn serve(mut socket: WebSocket, context: Arc<Context>, wanted: Size) {
    let mut budget = CellBudget::new(&context.cells);
    let size = budget.take(wanted);
    let (sender, answers) = std::sync::mpsc::channel();
    let (queue, inbox) = inbox(sender.clone(), answers);
    // one frame waits: the next is drawn when this one is being sent, with all changes since
    let (frames, mut outgoing) = mpsc::channel(1);
    let (screen, own) = (sender.clone(), Arc::clone(&queue));
    let shared = Arc::clone(&context);
    let started = thread::Builder::new()
        .name("viewer".into())
        .spawn(move || show(&shared, size, screen, own, &inbox, &frames));
    let reason = match started {
        Ok(_) => carry(&mut socket, &queue, &mut outgoing, &mut budget).await,
        Err(_) => CloseReason::Gone,
    };
    // unblocks a viewer that is about to send a frame
    drop(outgoing);
    let _ = sender.send(Message::Signal(Signal::Terminate));
    close(&mut socket, reason).await;
}

/// Sends the reason for closing and waits for the page to receive it.
async fn close(socket: &mut WebSocket, reason: CloseReason) {
    let (code, text): (CloseCode, &str) = match reason {
        CloseReason::Gone => (close_code::AWAY, ""),
        CloseReason::Flooded => (close_code::POLICY, "too many keys or resizes at once"),
    };
    let closing = async {
        if socket
            .send(Packet::Close(Some(CloseFrame {
                code,
                reason: text.into(),
            })))
            .await
            .is_ok()
        {
            // read what is still arriving: closing over it would reset the connection before the
            // reason is delivered
            while matches!(socket.recv().await, Some(Ok(_))) {}
        }
    };
    let _ = timeout(CLOSE_TIMEOUT, closing).await;
}

/// Why a viewer's connection is closed.
enum CloseReason {
    /// It disconnected, or does not read.
    Gone,
    /// It sent more than a person can.
    Flooded,
}

/// Forwards messages both ways until one side is gone.
async fn carry(
    socket: &mut WebSocket,
    queue: &Queue,
    outgoing: &mut mpsc::Receiver<String>,
    budget: &mut CellBudget<'_>,
) -> CloseReason {
    let mut ping = interval(PING);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last_received = Instant::now();
    let mut rate = RateLimit::new(last_received);
    let mut next_frame = last_received;
    loop {
        tokio::select! {
            packet = socket.recv() => {
                last_received = Instant::now();
                let Some(Ok(packet)) = packet else { return CloseReason::Gone };
                let length = match &packet {
                    Packet::Text(text) => text.len(),
                    Packet::Binary(bytes) | Packet::Ping(bytes) | Packet::Pong(bytes) => bytes.len(),
                    Packet::Close(_) => 0,
                };
                if !rate.allows(length, last_received) {
                    return CloseReason::Flooded;
                }
                let message = match packet {
                    Packet::Text(text) => serde_json::from_str::<ClientMessage>(&text).ok(),
                    Packet::Ping(_) | Packet::Pong(_) => continue,
                    // our page sends nothing else
                    Packet::Binary(_) | Packet::Close(_) => return CloseReason::Gone,
                };
                let input = match message.and_then(ClientMessage::input) {
                    None => continue,
                    Some(Input::Resize(width, height)) => {
                        let size = budget.take(Size::new(width, height));
                        Input::Resize(size.width, size.height)
                    }
                    Some(input) => input,
                };
                if queue.push_input(input).is_err() {
                    return CloseReason::Flooded;
                }
            }
            message = async { sleep_until(next_frame).await; outgoing.recv().await } => {
                let Some(text) = message else { return CloseReason::Gone };
                next_frame = Instant::now() + FRAME;
                if !matches!(timeout(WRITE_TIMEOUT, socket.send(Packet::Text(text.into()))).await, Ok(Ok(()))) {
                    return CloseReason::Gone;
                }
            }
            _ = ping.tick() => {
                if last_received.elapsed() > PING + WRITE_TIMEOUT {
                    return CloseReason::Gone;
                }
                if !matches!(timeout(WRITE_TIMEOUT, socket.send(Packet::Ping(Vec::new().into()))).await, Ok(Ok(()))) {
                    return CloseReason::Gone;
                }
            }
        }
    }
}

/// The viewer's thread: runs the screen until the user quits or disconnects.
fn show(
    context: &Context,
    size: Size,
    sender: Sender<Message>,
    queue: Arc<Queue>,
    inbox: &Inbox,
    frames: &mpsc::Sender<String>,
) {
    let mut effects = Effects::sharing(
        Arc::clone(&context.engine),
        sender,
        Arc::clone(&context.hub.readings),
    );
    let settings = context
        .hub
        .settings()
        .unwrap_or_else(|| context.settings.clone());
    let mut model = Model::new(settings, size.into(), Timestamp::now());
    let host = nix::unistd::gethostname()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let hello = ServerMessage::Hello {
        theme: context.theme,
        host,
    };
    if frames.blocking_send(hello.text()).is_err() {
        return;
    }
    let Ok(mut page) = Page::new(frames.clone(), size) else {
        return;
    };
    context.hub.join(queue);
    let left = run_loop(&mut model, &mut page, &mut effects, inbox).is_ok();
    let reason = model.fatal.take();
    if left {
        // an error means that the page is gone already
        let _ = frames.blocking_send(ServerMessage::Left { reason }.text());
    }
}
