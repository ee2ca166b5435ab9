//! Requests that change containers: `POST /api/containers`, `POST /api/containers/{id}/VERB`,
//! `DELETE /api/containers/{id}`.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::json::Container;
use crate::manager::{Engine, Error};
use crate::spec::{ContainerId, ContainerRequest, Preset, parse_signal};
use crate::web::answer::{Answer, Refusal, ask, json};
use crate::web::context::Context;

/// Maximum time between SIGTERM and SIGKILL in a request, in seconds.
const MAX_GRACE: u64 = 3_600;

/// The body of `POST /api/containers`: a name, a preset, and any key of a preset, which overrides
/// the preset's.
#[derive(Debug, Default, Deserialize)]
struct Wanted {
    name: Option<String>,
    preset: Option<String>,
    #[serde(flatten)]
    request: serde_json::Map<String, serde_json::Value>,
}

/// The body of `…/stop` and `…/restart`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Grace {
    /// Seconds between SIGTERM and SIGKILL.
    timeout: Option<u64>,
}

/// The body of `…/kill`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Kill {
    /// A name or a number.
    signal: Option<String>,
}

/// Parses the body as JSON; an empty one is the default.
fn body<T: DeserializeOwned + Default>(headers: &HeaderMap, bytes: &Bytes) -> Result<T, Refusal> {
    if bytes.is_empty() {
        return Ok(T::default());
    }
    // other types could come from another site's form
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .and_then(|kind| kind.split(';').next());
    if kind.map(str::trim) != Some("application/json") {
        return Err(Refusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "the body is not application/json",
            Some("send Content-Type: application/json"),
        ));
    }
    serde_json::from_slice(bytes)
        .map_err(|error| Refusal::new(StatusCode::BAD_REQUEST, format!("the body: {error}"), None))
}

/// Creates a container and starts it.
pub async fn run(State(context): State<Arc<Context>>, headers: HeaderMap, bytes: Bytes) -> Answer {
    let wanted: Wanted = body(&headers, &bytes)?;
    let request: Preset = serde_json::from_value(wanted.request.into()).map_err(|error| {
        Refusal::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            format!("the body: {error}"),
            None,
        )
    })?;
    let settings = context.hub.settings();
    let presets = &settings.as_ref().unwrap_or(&context.settings).presets;
    let request = match &wanted.preset {
        None => request,
        Some(name) => {
            let base = presets
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, preset)| preset);
            let unknown = || {
                Refusal::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    format!("no preset {name:?}"),
                    None,
                )
            };
            request.over(base.ok_or_else(unknown)?)
        }
    };
    let created = ContainerRequest {
        name: wanted.name,
        settings: request,
        preset: wanted.preset,
        ..ContainerRequest::default()
    };
    let record = ask(&context.engine, move |engine| {
        let id = engine.launch(&created, &mut |_| {})?;
        engine.find(id.as_str())
    })
    .await?;
    Ok(json(StatusCode::CREATED, &Container::new(&record)))
}

/// Applies `verb` to the container that `word` means and responds with its new state.
async fn change(
    context: &Context,
    word: String,
    verb: impl FnOnce(&dyn Engine, &ContainerId) -> Result<(), Error> + Send + 'static,
) -> Answer {
    let record = ask(&context.engine, move |engine| {
        let before = engine.find(&word)?;
        verb(engine, &before.spec.id)?;
        match engine.find(before.spec.id.as_str()) {
            // with `--rm` it was removed when it ended
            Err(Error::Unknown(_)) => Ok(None),
            found => found.map(Some),
        }
    })
    .await?;
    Ok(match record {
        Some(record) => json(StatusCode::OK, &Container::new(&record)),
        None => json(StatusCode::OK, &serde_json::Value::Null),
    })
}

/// Starts it.
pub async fn start(State(context): State<Arc<Context>>, Path(word): Path<String>) -> Answer {
    change(&context, word, |engine, id| engine.start(id)).await
}

fn grace(context: &Context, headers: &HeaderMap, bytes: &Bytes) -> Result<Duration, Refusal> {
    match body::<Grace>(headers, bytes)?.timeout {
        None => Ok(context.settings.stop_grace),
        Some(seconds) if seconds <= MAX_GRACE => Ok(Duration::from_secs(seconds)),
        Some(_) => Err(Refusal::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            format!("timeout: at most {MAX_GRACE} seconds"),
            None,
        )),
    }
}

/// Stops it.
pub async fn stop(
    State(context): State<Arc<Context>>,
    Path(word): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    let grace = grace(&context, &headers, &bytes)?;
    change(&context, word, move |engine, id| {
        engine.stop(id, grace).map(drop)
    })
    .await
}

/// Stops it if it runs, then starts it.
pub async fn restart(
    State(context): State<Arc<Context>>,
    Path(word): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    let grace = grace(&context, &headers, &bytes)?;
    change(&context, word, move |engine, id| engine.restart(id, grace)).await
}

/// Freezes it.
pub async fn pause(State(context): State<Arc<Context>>, Path(word): Path<String>) -> Answer {
    change(&context, word, |engine, id| engine.pause(id)).await
}

/// Thaws it.
pub async fn resume(State(context): State<Arc<Context>>, Path(word): Path<String>) -> Answer {
    change(&context, word, |engine, id| engine.resume(id)).await
}

/// Sends its init a signal.
pub async fn kill(
    State(context): State<Arc<Context>>,
    Path(word): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    let text = body::<Kill>(&headers, &bytes)?
        .signal
        .unwrap_or_else(|| "KILL".into());
    let signal = parse_signal("signal", &text).map_err(Error::from)?;
    change(&context, word, move |engine, id| engine.kill(id, signal)).await
}

/// Removes it; a living one with `?force=true` alone.
pub async fn destroy(
    State(context): State<Arc<Context>>,
    Path(word): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let force = match query.as_deref() {
        None | Some("" | "force=false") => false,
        Some("force=true") => true,
        Some(_) => {
            return Err(Refusal::new(
                StatusCode::BAD_REQUEST,
                "the query must be force=true or force=false",
                None,
            ));
        }
    };
    let gone = ask(&context.engine, move |engine| {
        let record = engine.find(&word)?;
        engine.destroy(&record.spec.id, force).map(|()| record)
    });
    let record = gone.await?;
    Ok(json(
        StatusCode::OK,
        &serde_json::json!({ "id": record.spec.id.as_str(), "name": record.spec.name.as_str() }),
    ))
}
