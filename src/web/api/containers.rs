//! `GET /api/containers` and `GET /api/containers/{id}`: the containers and their resource use.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;

use crate::json::{Container, Usage};
use crate::record::Record;
use crate::stats::Snapshot;
use crate::web::answer::{Answer, ask, json};
use crate::web::context::Context;

/// A container as in `list --json`, with its last sample (`info --json`).
#[derive(Debug, Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    container: Container<'a>,
    usage: Option<Usage>,
    not_available: Vec<Missing<'a>>,
}

/// A figure that this kernel does not provide.
#[derive(Debug, Serialize)]
struct Missing<'a> {
    figure: &'a str,
    reason: &'a str,
}

impl<'a> Shown<'a> {
    fn new(record: &'a Record, snapshot: Option<&'a Snapshot>) -> Self {
        let gaps = snapshot
            .map(|snapshot| snapshot.gaps.as_slice())
            .unwrap_or_default();
        Self {
            container: Container::new(record),
            usage: snapshot
                .and_then(|snapshot| snapshot.samples.get(&record.spec.id))
                .map(Usage::new),
            not_available: gaps
                .iter()
                .map(|gap| Missing {
                    figure: gap.figure,
                    reason: &gap.reason,
                })
                .collect(),
        }
    }
}

/// Every container, oldest first.
pub async fn list(State(context): State<Arc<Context>>) -> Answer {
    let records = ask(&context.engine, |engine| engine.records()).await?;
    let snapshot = context.hub.snapshot();
    let shown: Vec<_> = records
        .iter()
        .map(|record| Shown::new(record, snapshot.as_ref()))
        .collect();
    Ok(json(StatusCode::OK, &shown))
}

/// One container, by id, name or unique id prefix.
pub async fn one(State(context): State<Arc<Context>>, Path(word): Path<String>) -> Answer {
    let record = ask(&context.engine, move |engine| engine.find(&word)).await?;
    Ok(json(
        StatusCode::OK,
        &Shown::new(&record, context.hub.snapshot().as_ref()),
    ))
}
