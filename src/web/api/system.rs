//! `GET /api/system`, `GET /healthz`, and the API's own description.

use std::sync::{Arc, LazyLock};

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::spec::{LIMITS, Limit, Unit};
use crate::web::answer::{self, Answer, ask};
use crate::web::context::Context;

/// The description without the limits, which are generated from their table.
const DESCRIPTION: &str = include_str!("../../../assets/web/openapi.json");
/// The placeholder of the limits.
const LIMITS_SCHEMA: &str = "\"Limits\": {}";

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
    rx_bytes_per_second: Option<f64>,
    tx_bytes_per_second: Option<f64>,
}

/// The host and the number of containers.
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
        rx_bytes_per_second: host.as_ref().and_then(|host| host.rx_rate),
        tx_bytes_per_second: host.as_ref().and_then(|host| host.tx_rate),
        cores: host.map(|host| host.cores),
    };
    Ok(answer::json(StatusCode::OK, &system))
}

/// Health check: 200 `ok`, or 503 with the error of reading the containers.
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

/// The description of the API (OpenAPI 3.1).
pub async fn description() -> Response {
    static WHOLE: LazyLock<String> = LazyLock::new(|| {
        DESCRIPTION.replacen(
            LIMITS_SCHEMA,
            &format!("\"Limits\": {}", limits_schema()),
            1,
        )
    });
    ([(CONTENT_TYPE, "application/json")], WHOLE.as_str()).into_response()
}

fn limits_schema() -> Value {
    let property = |limit: &Limit| {
        let mut schema = match limit.unit {
            Unit::Rates => json!({"type": "array", "items": {"type": "object"}}),
            unit => json!({"type": [unit.json_type(), "null"]}),
        };
        if let Some(unit) = limit.unit.json_unit() {
            schema["description"] = json!(format!("In {unit}."));
        }
        (limit.json.to_owned(), schema)
    };
    json!({
        "type": "object",
        "description": "What it may use; null is no limit.",
        "properties": LIMITS.iter().map(property).collect::<Map<_, _>>(),
        "required": LIMITS.iter().map(|limit| limit.json).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_has_a_place_for_the_limits() {
        assert_eq!(DESCRIPTION.matches(LIMITS_SCHEMA).count(), 1);
        let schema = limits_schema();
        assert_eq!(schema["properties"]["memory"]["type"][0], "integer");
        assert_eq!(schema["required"].as_array().unwrap().len(), LIMITS.len());
    }
}
