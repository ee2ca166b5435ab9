//! `GET /api/system`, `GET /healthz`, and the API's own description.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::{Answer, ask, json};
use crate::web::context::Context;

const DESCRIPTION: &str = include_str!("../../../assets/web/openapi.json");

/// The host: amounts in bytes, shares from 0 to 1. `null` before the first sample.
#[derive(Debug, Serialize)]
struct System {
    version: &'static str,
    host: Option<String>,
    kernel: Option<String>,
    read_only: bool,
    containers: usize,
    alive: usize,
    cores: Option<Vec<f32>>,
    memory_total: Option<u64>,
    memory_used: Option<u64>,
    swap_total: Option<u64>,
    swap_used: Option<u64>,
    load: Option<[f64; 3]>,
    uptime_seconds: Option<u64>,
}

/// The host and how many containers there are.
pub async fn system(State(context): State<Arc<Context>>) -> Answer {
    let records = ask(&context.engine, |engine| engine.records()).await?;
    let host = context.hub.snapshot().map(|snapshot| snapshot.host);
    let names = nix::sys::utsname::uname().ok();
    let name = |pick: fn(&nix::sys::utsname::UtsName) -> &std::ffi::OsStr| {
        names
            .as_ref()
            .map(|all| pick(all).to_string_lossy().into_owned())
    };
    let system = System {
        version: env!("CARGO_PKG_VERSION"),
        host: name(|all| all.nodename()),
        kernel: name(|all| all.release()),
        read_only: !context.may_change(),
        containers: records.len(),
        alive: records
            .iter()
            .filter(|record| record.state.status.is_alive())
            .count(),
        memory_total: host.as_ref().map(|host| host.memory_total),
        memory_used: host.as_ref().map(|host| host.memory_used),
        swap_total: host.as_ref().map(|host| host.swap_total),
        swap_used: host.as_ref().map(|host| host.swap_used),
        load: host.as_ref().map(|host| host.load),
        uptime_seconds: host.as_ref().map(|host| host.uptime.as_secs()),
        cores: host.map(|host| host.cores),
    };
    Ok(json(StatusCode::OK, &system))
}

/// Whether containers can be looked at: 200 `ok`, or 503 and why not.
pub async fn health(State(context): State<Arc<Context>>) -> Response {
    match ask(&context.engine, |engine| engine.records()).await {
        Ok(_) => (StatusCode::OK, "ok\n").into_response(),
        Err(refusal) => (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("{}\n", refusal.error),
        )
            .into_response(),
    }
}

/// The description of all this (OpenAPI 3.1).
pub async fn description() -> Response {
    ([(CONTENT_TYPE, "application/json")], DESCRIPTION).into_response()
}
