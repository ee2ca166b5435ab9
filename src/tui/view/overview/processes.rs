//! The busiest processes.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::super::canvas::{Canvas, row};
use super::log::heading;
use crate::inspect::ProcessInfo;
use crate::spec::format_bytes;
use crate::tui::action::Action;
use crate::tui::model::ProcessRow;
use crate::tui::sanitise::printable;
use crate::tui::wording::percent;

/// The most characters looked at of a command: it can be as long as its writer likes.
const COMMAND_CHARS: usize = 400;

/// Draws the first of `list` that fit into `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, list: &[&ProcessRow]) {
    let theme = canvas.theme;
    let mut all = list.iter().filter_map(|line| match line {
        ProcessRow::Process { info, cores, .. } => Some((info, *cores)),
        ProcessRow::Container(..) => None,
    });
    if area.height == 1 {
        let mut pen = canvas.pen(area);
        pen.put(" Top       ", theme.label);
        // the rest of them does not fit, and a row of a screen is short
        for (at, (info, cores)) in all.by_ref().take(8).enumerate() {
            if at > 0 {
                pen.put(&format!(" {} ", theme.symbols.dot), theme.dim);
            }
            let cpu = cores.map_or_else(String::new, |cores| format!(" {}", percent(cores)));
            let words = format!("{}{cpu} {}", command(info), memory(info));
            pen.put(&words, Style::new());
        }
        return;
    }
    let columns = "Top   PID   CPU%     RSS COMMAND";
    heading(canvas, row(area, 0), columns, Action::ShowProcesses);
    for (y, (info, cores)) in (1..area.height).zip(all) {
        let state = match info.state {
            'R' => theme.running,
            'D' | 'Z' => theme.failed,
            _ => theme.label,
        };
        canvas
            .pen(row(area, y))
            .put(&format!(" {:>9} {:>6} ", info.pid, cpu(cores)), theme.dim)
            .put(&format!("{:>7} ", memory(info)), theme.dim)
            .symbol(info.state, state)
            .skip(1)
            .put(&command(info), Style::new());
    }
}

fn command(info: &ProcessInfo) -> String {
    let start: String = info.command.chars().take(COMMAND_CHARS).collect();
    printable(&start)
}

fn cpu(cores: Option<f64>) -> String {
    // the first look has nothing to compare with
    cores.map_or_else(|| "-".into(), percent)
}

fn memory(info: &ProcessInfo) -> String {
    format_bytes(info.memory)
}
