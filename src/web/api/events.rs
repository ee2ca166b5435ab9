//! `GET /api/events`: a stream of server-sent events (the HTML standard, section 9.2).

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use tokio::sync::broadcast::error::RecvError;

use crate::json::to_json;
use crate::web::answer::Refusal;
use crate::web::context::Context;
use crate::web::slots::{Activity, Slot};

/// How often an idle stream sends a comment to keep the connection open.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Everything that happens from now on: the event's name is its kind (`created`, `started`, `died`,
/// …), its data a line of `events --json`. A client that reads too slowly gets `missed` with the
/// number of events that it missed.
pub async fn events(
    State(context): State<Arc<Context>>,
    Extension(slot): Extension<Arc<Slot>>,
) -> Response {
    if slot.stream(Activity::Events).is_err() {
        let hint = Some("close one that is not needed");
        return Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too many streams of events",
            hint,
        )
        .response();
    }
    let stream = unfold(context.hub.subscribe(), async |mut events| {
        let event = match events.recv().await {
            Ok(happening) => Event::default()
                .event(&happening.event)
                .data(to_json(&happening).unwrap_or_default()),
            Err(RecvError::Lagged(count)) => {
                Event::default().event("missed").data(count.to_string())
            }
            Err(RecvError::Closed) => return None,
        };
        Some((Ok::<_, Infallible>(event), events))
    });
    Sse::new(stream)
        .keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
        .into_response()
}
