//! `GET /api/containers` and `GET /api/containers/{id}`: the containers and their resource use.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;

use crate::json::{Container, HealthView, NotAvailable, Usage};
use crate::record::Record;
use crate::stats::{Gap, Snapshot};
use crate::web::answer::{Answer, ask, json};
use crate::web::context::Context;

/// A container as in `list --json`, with its last sample (`info --json`).
#[derive(Debug, Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    container: Container<'a>,
    health_check: Option<HealthView<'a>>,
    usage: Option<Usage>,
    not_available: Vec<NotAvailable>,
}

impl<'a> Shown<'a> {
    fn new(record: &'a Record, snapshot: Option<&'a Snapshot>) -> Self {
        let gaps = snapshot
            .map(|snapshot| snapshot.gaps.as_slice())
            .unwrap_or_default();
        let id = &record.spec.id;
        let sample = snapshot.and_then(|snapshot| snapshot.samples.get(id));
        let traffic = snapshot.and_then(|snapshot| snapshot.traffic.get(id).copied());
        let no_traffic =
            (sample.is_some() && traffic.is_none()).then(|| Gap::of_network(&record.spec.network));
        Self {
            container: Container::new(record),
            health_check: HealthView::of(record),
            usage: sample.map(|sample| Usage::new(sample, traffic)),
            not_available: gaps
                .iter()
                .cloned()
                .chain(no_traffic)
                .map(NotAvailable::new)
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
