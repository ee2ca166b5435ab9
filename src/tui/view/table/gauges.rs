//! The gauges of CPU and memory with their figures.

use ratatui::layout::Rect;

use super::super::canvas::Canvas;
use super::super::dials;
use crate::record::Record;
use crate::spec::format_bytes;
use crate::stats::Reading;
use crate::tui::widget::Gauge;
use crate::tui::wording::{NOT_AVAILABLE, cap_percent, percent};

/// Columns for the figures beside a bar: `12.3M/host`.
const LABEL_COLUMNS: u16 = 10;

/// The CPU gauge with its figures.
pub(in super::super) fn cpu(
    canvas: &mut Canvas<'_>,
    cell: Rect,
    record: &Record,
    reading: Option<&Reading>,
) {
    let cap = canvas
        .model
        .handles
        .limits(&record.spec.id, &record.spec.limits)
        .cpu
        .map(|cpu| cpu.cores());
    let refused = dials::refused(reading).unwrap_or(0.0);
    cpu_of(
        canvas,
        cell,
        reading.and_then(|r| r.cpu_cores),
        cap,
        refused,
    );
}

/// A CPU gauge: so many cores of the cap, else of the host.
pub(super) fn cpu_of(
    canvas: &mut Canvas<'_>,
    cell: Rect,
    cores: Option<f64>,
    cap: Option<f64>,
    refused: f64,
) {
    let host_cores = canvas
        .model
        .host_at_moment()
        .map_or(0, |host| host.cores.len()) as f64;
    let label = match (cores, cap) {
        (None, _) => NOT_AVAILABLE.to_owned(),
        (Some(cores), Some(cap)) => format!("{}/{}", percent(cores), cap_percent(cap)),
        (Some(cores), None) => format!("{}/host", percent(cores)),
    };
    let scale = cap.unwrap_or(host_cores).max(f64::MIN_POSITIVE);
    let gauge = Gauge {
        used: cores.map(|cores| cores / scale),
        second: refused,
        label: &label,
        label_columns: LABEL_COLUMNS,
    };
    gauge.draw(canvas.buffer, cell, canvas.theme);
}

/// The memory gauge with its figures.
pub(in super::super) fn memory(
    canvas: &mut Canvas<'_>,
    cell: Rect,
    record: &Record,
    reading: Option<&Reading>,
) {
    let limit = canvas
        .model
        .handles
        .limits(&record.spec.id, &record.spec.limits)
        .memory;
    memory_of(canvas, cell, reading.and_then(|r| r.sample.memory), limit);
}

/// A memory gauge: so many bytes of the limit, else of the host.
pub(super) fn memory_of(
    canvas: &mut Canvas<'_>,
    cell: Rect,
    used: Option<u64>,
    limit: Option<u64>,
) {
    let host = canvas
        .model
        .host_at_moment()
        .map_or(0, |host| host.memory_total);
    let label = match (used, limit) {
        (None, _) => NOT_AVAILABLE.to_owned(),
        (Some(used), Some(limit)) => format!("{}/{}", format_bytes(used), format_bytes(limit)),
        (Some(used), None) => format!("{}/host", format_bytes(used)),
    };
    let scale = limit.unwrap_or(host).max(1) as f64;
    let gauge = Gauge {
        used: used.map(|used| used as f64 / scale),
        second: 0.0,
        label: &label,
        label_columns: LABEL_COLUMNS,
    };
    gauge.draw(canvas.buffer, cell, canvas.theme);
}
