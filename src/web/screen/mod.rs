//! The screen on a page: a WebSocket that carries cells one way and keys the other.
//!
//! A viewer is a thread that runs the screen's own loop ([`crate::tui::run_loop`]) with a model of its
//! own on a [`page::Page`], and a task that moves what is said between it and the socket. Nothing
//! piles up: one frame waits for the socket and the next is drawn when it is gone, what waits for
//! the thread is bounded ([`super::inbox`]), and a page that does not read, or says more than a person can
//! ([`pace`]), is let go.

mod extent;
mod pace;
mod page;
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
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

use super::answer::Refusal;
use super::context::Context;
use super::inbox::{Inbox, Queue, inbox};
use super::places::{Doing, Place};
use crate::tui::effect::Effects;
use crate::tui::message::{Input, Message, Signal};
use crate::tui::model::Model;
use crate::tui::run_loop;
use extent::Extent;
use pace::Pace;
use page::Page;
use wire::{Said, Told};

/// Where it is.
pub const PATH: &str = "/ws";
/// What a page offers beside the protocol: the token, which it can send in no other way.
pub const TOKEN: &str = "token.";
/// The protocol that is spoken.
const PROTOCOL: &str = "minic";

/// The most bytes of one message of a page: a part of a paste.
const MAX_SAID: usize = 16 << 10;
/// The most bytes that wait to be sent: a whole frame of the largest page is less.
const MAX_WAITING: usize = 16 << 20;
/// How long a page may take to read a frame.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a page may take to hear why it is let go.
const FAREWELL: Duration = Duration::from_secs(1);
/// How often a page that says nothing is asked whether it is there.
const PING: Duration = Duration::from_secs(20);
/// The least time between two frames: 60 a second are more than anybody sees.
const FRAME: Duration = Duration::from_millis(16);
/// Columns and rows before the page has told its own.
const USUAL_SIZE: (u16, u16) = (80, 24);

/// Shows the screen to one more page.
pub async fn upgrade(
    State(context): State<Arc<Context>>,
    Extension(place): Extension<Arc<Place>>,
    RawQuery(query): RawQuery,
    upgrade: WebSocketUpgrade,
) -> Response {
    if place.stream(Doing::Viewing).is_err() {
        return Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too many viewers",
            Some("close a page that is not needed"),
        )
        .response();
    }
    let wanted = query.as_deref().and_then(wire::size).unwrap_or(USUAL_SIZE);
    let upgrade = upgrade
        .protocols([PROTOCOL])
        .max_message_size(MAX_SAID)
        .max_frame_size(MAX_SAID)
        .max_write_buffer_size(MAX_WAITING);
    upgrade.on_upgrade(async move |socket| {
        serve(socket, context, wanted).await;
        drop(place);
    })
}

async fn serve(mut socket: WebSocket, context: Arc<Context>, wanted: (u16, u16)) {
    let mut extent = Extent::new(&context.cells);
    let size = extent.take(wanted);
    let (sender, answers) = std::sync::mpsc::channel();
    let (queue, inbox) = inbox(sender.clone(), answers);
    // one frame waits: the next is drawn when this one is on its way, and shows all that happened
    // meanwhile
    let (told, mut tellings) = mpsc::channel(1);
    let (screen, own) = (sender.clone(), Arc::clone(&queue));
    let shared = Arc::clone(&context);
    let started = thread::Builder::new()
        .name("viewer".into())
        .spawn(move || show(&shared, size, screen, own, &inbox, &told));
    let over = match started {
        Ok(_) => carry(&mut socket, &queue, &mut tellings, &mut extent).await,
        Err(_) => Over::Gone,
    };
    // whoever is about to say something hears that nobody listens
    drop(tellings);
    let _ = sender.send(Message::Signal(Signal::Terminate));
    say_goodbye(&mut socket, over).await;
}

/// Says why it is over, and leaves time for it to be heard.
async fn say_goodbye(socket: &mut WebSocket, over: Over) {
    let (code, reason): (CloseCode, &str) = match over {
        Over::Gone => (close_code::AWAY, ""),
        Over::Flooded => (close_code::POLICY, "too many keys or resizes at once"),
    };
    let farewell = async {
        if socket
            .send(Packet::Close(Some(CloseFrame {
                code,
                reason: reason.into(),
            })))
            .await
            .is_ok()
        {
            // what is on its way is let pass: closed over it, the connection would break before the
            // reason arrives
            while matches!(socket.recv().await, Some(Ok(_))) {}
        }
    };
    let _ = timeout(FAREWELL, farewell).await;
}

/// Why a viewer is no more.
enum Over {
    /// It left, or does not read.
    Gone,
    /// It said more than a person can.
    Flooded,
}

/// Moves what is said until one side is gone.
async fn carry(
    socket: &mut WebSocket,
    queue: &Queue,
    tellings: &mut mpsc::Receiver<String>,
    extent: &mut Extent<'_>,
) -> Over {
    let mut ping = interval(PING);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard = Instant::now();
    let mut pace = Pace::new(heard);
    let mut next_frame = heard;
    loop {
        tokio::select! {
            packet = socket.recv() => {
                heard = Instant::now();
                let Some(Ok(packet)) = packet else { return Over::Gone };
                let length = match &packet {
                    Packet::Text(text) => text.len(),
                    Packet::Binary(bytes) | Packet::Ping(bytes) | Packet::Pong(bytes) => bytes.len(),
                    Packet::Close(_) => 0,
                };
                if !pace.allows(length, heard) {
                    return Over::Flooded;
                }
                let said = match packet {
                    Packet::Text(text) => serde_json::from_str::<Said>(&text).ok(),
                    Packet::Ping(_) | Packet::Pong(_) => continue,
                    // nothing else is said by a page of ours
                    Packet::Binary(_) | Packet::Close(_) => return Over::Gone,
                };
                let input = match said.and_then(Said::input) {
                    None => continue,
                    Some(Input::Resize(width, height)) => {
                        let (width, height) = extent.take((width, height));
                        Input::Resize(width, height)
                    }
                    Some(input) => input,
                };
                if queue.take_input(input).is_err() {
                    return Over::Flooded;
                }
            }
            telling = async { sleep_until(next_frame).await; tellings.recv().await } => {
                let Some(text) = telling else { return Over::Gone };
                next_frame = Instant::now() + FRAME;
                if !matches!(timeout(PATIENCE, socket.send(Packet::Text(text.into()))).await, Ok(Ok(()))) {
                    return Over::Gone;
                }
            }
            _ = ping.tick() => {
                if heard.elapsed() > PING + PATIENCE {
                    return Over::Gone;
                }
                if !matches!(timeout(PATIENCE, socket.send(Packet::Ping(Vec::new().into()))).await, Ok(Ok(()))) {
                    return Over::Gone;
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
    queue: Arc<Queue>,
    inbox: &Inbox,
    told: &mpsc::Sender<String>,
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
    let hello = Told::Hello {
        theme: context.theme,
        host,
    };
    if told.blocking_send(hello.text()).is_err() {
        return;
    }
    let Ok(mut page) = Page::new(told.clone(), size) else {
        return;
    };
    context.hub.join(queue);
    let left = run_loop(&mut model, &mut page, &mut effects, inbox).is_ok();
    let reason = model.fatal.take();
    if left {
        // a page that is gone need not hear that it has left
        let _ = told.blocking_send(Told::Left { reason }.text());
    }
}
