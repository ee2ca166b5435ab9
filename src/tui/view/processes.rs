//! The processes of containers.
//!
//! ```text
//!    PID INSIDE USER     S   CPU%    RSS COMMAND (tree)
//!  web  9 processes
//! ▌ 4213      1 root     S    3.1  10.6M httpd -f
//!   4214      7 65534    R    0.2  10.6M ├─ httpd: worker 1
//! ```
//!
//! Those of all containers, when sorted, are one list with the name of each one's container.

use std::collections::BTreeSet;

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Canvas, row};
use crate::spec::{ContainerId, format_bytes};
use crate::tui::model::{Model, ProcessRow, ProcessSort, Target};
use crate::tui::sanitise::printable;
use crate::tui::text;

/// Columns of the container's name where processes of all are one list: narrow and wide.
const NAME_COLUMNS: [usize; 2] = [13, 25];

/// From this width on the users on the host are shown too.
const ROOMY: u16 = 100;

/// Draws them into `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    let (model, theme) = (canvas.model, canvas.theme);
    let view = &model.looks.processes;
    canvas.buffer.set_style(row(area, 0), theme.header);
    let of = if view.is_flat() {
        NAME_COLUMNS[usize::from(area.width >= 100)]
    } else {
        0
    };
    let container = format!("{:<of$}", if of > 0 { "CONTAINER" } else { "" });
    let differs = |line: &ProcessRow| match line {
        ProcessRow::Process { info, .. } => info.user != Some(info.uid),
        ProcessRow::Container(..) => false,
    };
    // its user on the host, where there is room and it is another
    let on_host = area.width >= ROOMY && view.rows.iter().any(differs);
    let host_column = |words: &str| match on_host {
        true => format!("{words:>10} "),
        false => String::new(),
    };
    let down = theme.symbols.order[1];
    let (mut cpu, mut memory, mut command) = ("CPU%".to_owned(), "RSS".to_owned(), "COMMAND");
    match view.sort {
        ProcessSort::Cpu => cpu.push(down),
        ProcessSort::Memory => memory.push(down),
        ProcessSort::Tree => command = "COMMAND (tree)",
    }
    let heading = format!(
        " {:>8} {:>7} {:<8} {}S {:>3} {cpu:>6} {memory:>7} {container}{command}",
        "PID",
        "INSIDE",
        "USER",
        host_column("HOST UID"),
        "THR"
    );
    canvas.pen(row(area, 0)).put(&heading, theme.header);
    // the last answer may be about another container
    let chosen = model.chosen();
    let ids: BTreeSet<&ContainerId> = chosen.iter().map(|record| &record.spec.id).collect();
    let is_chosen = |id: &ContainerId| ids.contains(id);
    let current = view.all || (!view.shown.is_empty() && view.shown.iter().all(is_chosen));
    if view.rows.is_empty() || !current {
        let text = match model.selected() {
            None if model.list.group.is_none() => canvas.none_selected("its processes"),
            None if !view.all && !chosen.iter().any(|record| record.state.status.is_alive()) => {
                "None of the group runs: it has no processes.".to_owned()
            }
            Some(record) if !record.state.status.is_alive() && !view.all => {
                format!(
                    "{} is {}: it has no processes.",
                    record.spec.name,
                    record.state.status.word()
                )
            }
            _ if view.all && !model.looks.busy => "No container runs.".to_owned(),
            _ => "Looking…".to_owned(),
        };
        canvas.pen(row(area, 1)).skip(2).put(&text, theme.dim);
        return;
    }
    let rows = usize::from(area.height.saturating_sub(1));
    let chosen = view.row();
    let offset = chosen.map_or(0, |at| (at + 1).saturating_sub(rows));
    for (y, (at, line)) in (1..area.height).zip(view.rows.iter().enumerate().skip(offset)) {
        let place = row(area, y);
        match line {
            ProcessRow::Container(id, count, error) => {
                let mut pen = canvas.pen(place);
                pen.skip(1).put(&name_of(model, id), theme.title);
                match error {
                    Some(error) => pen.put(&format!("  n/a: {}", printable(error)), theme.error),
                    None => pen.put(
                        &format!("  {count} process{}", if *count == 1 { "" } else { "es" }),
                        theme.dim,
                    ),
                };
            }
            ProcessRow::Process {
                id,
                info,
                cores,
                branch,
            } => {
                let selected = chosen == Some(at);
                let ground = if selected {
                    theme.selected
                } else {
                    Style::new()
                };
                if selected {
                    canvas.buffer.set_style(place, theme.selected);
                }
                let inside = info
                    .inside
                    .map_or_else(|| "-".to_owned(), |pid| pid.to_string());
                let user = match info.user {
                    Some(0) => "root".to_owned(),
                    Some(user) => user.to_string(),
                    None => "-".to_owned(),
                };
                let cpu =
                    cores.map_or_else(|| "-".to_owned(), |cores| format!("{:.1}", cores * 100.0));
                let marker = if selected { theme.symbols.marker } else { ' ' };
                let state = match info.state {
                    'R' => theme.running,
                    'D' | 'Z' => theme.failed,
                    'T' | 't' => theme.paused,
                    _ => theme.label,
                };
                let ascii = !theme.symbols.ellipsis.is_ascii();
                let mut pen = canvas.pen(place);
                pen.symbol(marker, ground)
                    .put(&format!("{:>8} {inside:>7} {user:<8} ", info.pid), ground)
                    .put(&host_column(&info.uid.to_string()), ground);
                pen.symbol(info.state, ground.patch(state));
                pen.put(
                    &format!(
                        " {:>3} {cpu:>6} {:>7} ",
                        info.threads,
                        format_bytes(info.memory)
                    ),
                    ground,
                );
                if of > 0 {
                    let name = name_of(model, id);
                    let name = text::truncate(&name, of - 1, theme.symbols.ellipsis);
                    let padding = of - text::width(&name);
                    pen.put(&name, ground.patch(theme.label))
                        .skip(padding as u16);
                }
                pen.put(
                    &tree(branch, ascii),
                    if selected { ground } else { theme.dim },
                )
                .put(&printable(&info.command), ground);
                canvas.hits.add(place, Target::Line(at));
            }
        }
    }
}

/// The name of the container `id`.
fn name_of(model: &Model, id: &ContainerId) -> String {
    let record = model.record(id);
    record.map_or_else(
        || id.to_string(),
        |record| printable(record.spec.name.as_str()),
    )
}

/// The tree lines before a process.
fn tree(branch: &[bool], drawn: bool) -> String {
    let [on, fork, end] = if drawn {
        ["│  ", "├─ ", "└─ "]
    } else {
        ["|  ", "|- ", "`- "]
    };
    let last = branch.len().saturating_sub(1);
    let part = |(at, goes_on): (usize, &bool)| match (at == last, goes_on) {
        (true, true) => fork,
        (true, false) => end,
        (false, true) => on,
        (false, false) => "   ",
    };
    branch.iter().enumerate().map(part).collect()
}
