//! The host: one bar per core (one character if there are too many), memory and swap, then a line
//! of text.
//!
//! ```text
//!   0 ██████▌············  31.2%    2 ██·················   8.0%
//!   1 ███████████████████  99.1%    3 █▌·················   4.9%
//! Mem █████▎··········· 2.1G/7.8G   Swp n/a: the host has none
//! Containers 3 running · 1 stopped   Net ↓1.2M ↑300K   Load 0.52 0.40 0.31   Up 3d04h
//! ```

use crate::config::Meter;
use crate::tui::model::{CoreGrid, Model};
use ratatui::layout::Rect;

use super::canvas::{Canvas, row};
use crate::record::Status;
use crate::spec::{format_bytes, format_duration};
use crate::stats::HostSample;
use crate::tui::text;
use crate::tui::widget::Gauge;
use crate::tui::wording::{NOT_AVAILABLE, percent};

const NAME_COLUMNS: u16 = 4;
const PERCENT_COLUMNS: u16 = 6;
const BYTES_COLUMNS: u16 = 11;

/// Draws the host into `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, grid: CoreGrid) {
    let Some(host) = &canvas.model.host_at_moment() else {
        let dim = canvas.theme.dim;
        canvas
            .pen(row(area, 0))
            .put(" waiting for the first sample", dim);
        words(canvas, row(area, area.height - 1), None);
        return;
    };
    if area.height == 1 {
        words(canvas, area, Some(host));
        return;
    }
    let shows = |meter| canvas.model.settings.meters.contains(&meter);
    let (with_memory, with_swap) = (shows(Meter::Memory), shows(Meter::Swap));
    if grid.rows == 0 {
        // the cores are not shown
    } else if grid.columns == 0 {
        core_strip(canvas, area, grid.rows, &host.cores);
    } else {
        core_bars(canvas, area, grid, &host.cores);
    }
    let bars = row(area, grid.rows as u16);
    let half = if with_memory && with_swap {
        bars.width / 2
    } else {
        0
    };
    let right = Rect {
        x: bars.x + half,
        width: bars.width - half,
        ..bars
    };
    if with_memory {
        let width = if half > 0 { half } else { bars.width };
        memory(canvas, Rect { width, ..bars }, host);
    }
    if with_swap {
        swap(canvas, right, host);
    }
    words(canvas, row(area, area.height - 1), Some(host));
}

fn core_bars(canvas: &mut Canvas<'_>, area: Rect, grid: CoreGrid, cores: &[f32]) {
    let width = area.width / grid.columns as u16;
    for (core, busy) in cores.iter().enumerate() {
        // column by column, as htop does
        let (x, y) = ((core / grid.rows) as u16 * width, (core % grid.rows) as u16);
        let cell = Rect {
            x: area.x + x,
            width,
            ..row(area, y)
        };
        named_gauge(
            canvas,
            cell,
            &core.to_string(),
            Some(f64::from(*busy)),
            &percent(f64::from(*busy)),
            PERCENT_COLUMNS,
        );
    }
}

fn core_strip(canvas: &mut Canvas<'_>, area: Rect, rows: usize, cores: &[f32]) {
    let theme = canvas.theme;
    let per_row = cores.len().div_ceil(rows.max(1)).max(1);
    for (y, chunk) in cores.chunks(per_row).take(rows).enumerate() {
        let mut pen = canvas.pen(row(area, y as u16));
        pen.put(if y == 0 { "Cores " } else { "      " }, theme.label);
        for busy in chunk {
            let style = theme.by_level(theme.gauge, Some(f64::from(*busy)));
            let level = (busy.clamp(0.0, 1.0) * 7.0).round() as usize;
            pen.symbol(theme.symbols.heights[level.min(7)], style);
        }
    }
}

fn named_gauge(
    canvas: &mut Canvas<'_>,
    cell: Rect,
    name: &str,
    used: Option<f64>,
    label: &str,
    label_columns: u16,
) {
    let theme = canvas.theme;
    canvas.pen(cell).put(&format!("{name:>3} "), theme.label);
    let bar = Rect {
        x: cell.x + NAME_COLUMNS,
        width: cell.width.saturating_sub(NAME_COLUMNS + 2),
        ..cell
    };
    let gauge = Gauge {
        used,
        second: 0.0,
        label,
        label_columns,
    };
    gauge.draw(canvas.buffer, bar, theme);
}

fn memory(canvas: &mut Canvas<'_>, cell: Rect, host: &HostSample) {
    let (used, total) = (host.memory_used, host.memory_total);
    if total == 0 {
        named_gauge(canvas, cell, "Mem", None, NOT_AVAILABLE, BYTES_COLUMNS);
        return;
    }
    let label = format!("{}/{}", format_bytes(used), format_bytes(total));
    named_gauge(
        canvas,
        cell,
        "Mem",
        Some(used as f64 / total as f64),
        &label,
        BYTES_COLUMNS,
    );
}

fn swap(canvas: &mut Canvas<'_>, cell: Rect, host: &HostSample) {
    let (used, total) = (host.swap_used, host.swap_total);
    if total == 0 {
        let (label, dim) = (canvas.theme.label, canvas.theme.dim);
        canvas
            .pen(cell)
            .put("Swp ", label)
            .put("n/a: the host has none", dim);
        return;
    }
    let label = format!("{}/{}", format_bytes(used), format_bytes(total));
    named_gauge(
        canvas,
        cell,
        "Swp",
        Some(used as f64 / total as f64),
        &label,
        BYTES_COLUMNS,
    );
}

fn words(canvas: &mut Canvas<'_>, line: Rect, host: Option<&HostSample>) {
    let (model, theme) = (canvas.model, canvas.theme);
    let mut counts = [0usize; 6];
    for record in &canvas.model.records {
        counts[match record.state.status {
            _ if record.state.is_restarting() => 5,
            Status::Running { .. } => 0,
            Status::Paused { .. } => 1,
            Status::Created => 2,
            Status::Stopped { .. } => 3,
            Status::Broken { .. } => 4,
        }] += 1;
    }
    let words = [
        "running",
        "paused",
        "created",
        "stopped",
        "broken",
        "restarting",
    ];
    let named = words.into_iter().zip(counts);
    let styles = [
        theme.running,
        theme.paused,
        theme.created,
        theme.stopped,
        theme.failed,
        theme.failed,
    ];
    let narrow = line.width < 80;
    let mut pen = canvas.pen(line);
    pen.put(if narrow { " " } else { " Containers " }, theme.label);
    if counts.iter().sum::<usize>() == 0 {
        pen.put(if narrow { "no containers" } else { "none" }, theme.dim);
    }
    let mut first = true;
    for ((name, count), style) in named.zip(styles).filter(|((_, count), _)| *count > 0) {
        if !first {
            pen.put(&format!(" {} ", theme.symbols.dot), theme.dim);
        }
        first = false;
        pen.put(&count.to_string(), style)
            .put(&format!(" {name}"), theme.label);
    }
    let Some(host) = host else { return };
    let parts = figures(model, host, narrow);
    // what does not fit is left out, the last first
    let room = usize::from(pen.room()).saturating_sub(1);
    for count in (1..=parts.len()).rev() {
        let text = parts[..count].join("   ") + " ";
        if text::width(&text) <= room {
            pen.put_right(&text, theme.label);
            return;
        }
    }
}

/// The figures of the last line, the most important first. Each has the width of its longest value,
/// so that those to its left stand still.
fn figures(model: &Model, host: &HostSample, narrow: bool) -> Vec<String> {
    let meters = &model.settings.meters;
    let mut parts = Vec::new();
    if meters.contains(&Meter::Load) {
        let [one, five, fifteen] = host.load.map(load);
        let up = format_duration(host.uptime);
        parts.push(if narrow {
            format!("Load {one}  Up {up:>6}")
        } else {
            format!("Load {one} {five} {fifteen}   Up {up:>6}")
        });
    }
    let bytes = |rate: f64| format!("{:>5}", format_bytes(rate.round() as u64));
    if meters.contains(&Meter::Network) {
        parts.push(match host.rx_rate.zip(host.tx_rate) {
            Some((rx, tx)) => format!("Net ↓{} ↑{}", bytes(rx), bytes(tx)),
            None => format!("Net {NOT_AVAILABLE}"),
        });
    }
    if meters.contains(&Meter::Disk) {
        parts.push(match host.disk {
            Some((read, written)) => format!("Disk r{} w{}", bytes(read), bytes(written)),
            None => format!("Disk {NOT_AVAILABLE}"),
        });
    }
    if meters.contains(&Meter::Pressure) {
        let share = |share: Option<f32>| match share {
            Some(share) => format!("{share:>3.0}%"),
            None => format!("{NOT_AVAILABLE:>4}"),
        };
        parts.push(match host.psi {
            Some(psi) => format!(
                "Pressure cpu {} mem {} io {}",
                share(psi.cpu),
                share(psi.memory),
                share(psi.io)
            ),
            None => format!("Pressure {NOT_AVAILABLE}"),
        });
    }
    parts
}

/// A load average in four columns.
fn load(average: f64) -> String {
    match average {
        ..9.995 => format!("{average:.2}"),
        ..99.95 => format!("{average:.1}"),
        _ => format!("{average:>4.0}"),
    }
}
