//! The head of a group: its worst state, its name with the number of its containers, and what these
//! use together.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::super::canvas::Canvas;
use super::{cells, gauges};
use crate::record::Health;
use crate::tui::model::{Column, Group};
use crate::tui::row_text::{self, NOTHING};
use crate::tui::wording::NOT_AVAILABLE;

/// Draws the head of `group` into `line`.
pub(super) fn draw(canvas: &mut Canvas<'_>, line: Rect, columns: &[(Column, u16)], group: &Group) {
    let sums = &group.sums;
    let mut counted = group.running > 0;
    let mut x = line.x + 1;
    for (column, width) in columns {
        let cell = Rect {
            x,
            width: *width,
            ..line
        };
        x += width + 1;
        if group.running == 0 && column.is_live() {
            if !counted {
                let dim = canvas.theme.dim;
                let rest = Rect {
                    width: line.right() - cell.x,
                    ..cell
                };
                canvas.pen(rest).put(&group.counts(), dim);
                counted = true;
            }
            continue;
        }
        match column {
            Column::Cpu => gauges::cpu_of(canvas, cell, sums.cpu, sums.cpu_limit, 0.0),
            Column::Memory => gauges::memory_of(canvas, cell, sums.memory, sums.memory_limit),
            Column::CpuHistory => {
                let values = [(); 2].map(|()| group.history.iter().copied());
                cells::spark(canvas, cell, values, sums.cpu_limit);
            }
            _ => words(canvas, cell, *column, group),
        }
    }
}

fn words(canvas: &mut Canvas<'_>, cell: Rect, column: Column, group: &Group) {
    let (model, theme) = (canvas.model, canvas.theme);
    let plain = |text: String| (text, Style::new());
    let unknown = || (NOT_AVAILABLE.to_owned(), theme.dim);
    let sums = &group.sums;
    let (text, style) = match column {
        Column::State => match model.records.get(group.worst()) {
            Some(worst) => cells::state(canvas, worst, cell.width),
            None => return,
        },
        Column::Name => {
            let fold = theme.symbols.fold[usize::from(model.list.folded.contains(&group.name))];
            let name = row_text::group_name(&group.name, group.members.len());
            (format!("{fold} {name}"), theme.title)
        }
        Column::Pids => sums
            .pids
            .map_or_else(unknown, |pids| plain(pids.to_string())),
        Column::Pressure => cells::pressure(canvas, sums.pressure),
        Column::Disk => sums.disk.map_or_else(unknown, |(read, written)| {
            plain(row_text::rates(read, written))
        }),
        Column::Health => (
            group.health.map_or(NOTHING, Health::word).to_owned(),
            cells::health_style(canvas, group.health),
        ),
        Column::Restarts => plain(sums.restarts.to_string()),
        Column::Command if group.running > 0 => (group.counts(), theme.dim),
        Column::Command => return,
        Column::Cpu
        | Column::CpuHistory
        | Column::Memory
        | Column::Throttled
        | Column::Network
        | Column::Ports
        | Column::Uptime
        | Column::Pid
        | Column::Image
        | Column::Labels => return,
    };
    cells::put(canvas, cell, column, &text, style);
}
