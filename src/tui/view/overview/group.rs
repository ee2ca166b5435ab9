//! The Overview of a group: what it is and uses, its containers, the worst first, and the graphs of
//! those that have a history.

use ratatui::layout::{Margin, Rect, Size};
use ratatui::style::Style;

use super::super::canvas::{Canvas, row};
use super::super::curve::Curve;
use super::super::table;
use crate::record::Record;
use crate::spec::format_bytes;
use crate::stats::Figure;
use crate::tui::action::Action;
use crate::tui::model::{Group, GroupFacts, GroupTopic, Target, group_plan, text_rows};
use crate::tui::row_text;
use crate::tui::sanitise::printable;
use crate::tui::wording::{NOT_AVAILABLE, cap_percent, grouped, percent};

/// Draws `group` into `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, group: &Group) {
    let (model, theme) = (canvas.model, canvas.theme);
    let worst_first = group.worst_first(&model.records);
    let members: Vec<&Record> = worst_first.iter().map(|at| &model.records[*at]).collect();
    let with_history: Vec<&Record> = members
        .iter()
        .copied()
        .filter(|record| model.history.series(&record.spec.id).is_some())
        .collect();
    let facts = GroupFacts {
        texts: vec![
            (GroupTopic::Group, identity(canvas, group, &members)),
            (GroupTopic::Now, sums(canvas, group)),
            (GroupTopic::Keys, keys(canvas, group)),
        ],
        members: members.len(),
        graphs: with_history.len(),
    };
    let plan = group_plan(Size::new(area.width, area.height), &facts);
    let placed = |place: Rect| Rect {
        x: area.x + place.x,
        y: area.y + place.y,
        ..place
    };
    for (topic, place) in &plan.texts {
        let words = facts.texts.iter().find(|(other, _)| other == topic);
        let words = words.map_or("", |(_, words)| words.as_str());
        let style = match topic {
            GroupTopic::Keys => theme.dim,
            GroupTopic::Group | GroupTopic::Now => Style::new(),
        };
        let place = placed(*place);
        let rows = text_rows(
            words,
            place.width,
            place.height.into(),
            theme.symbols.ellipsis,
        );
        for (y, text) in (0..place.height).zip(&rows) {
            let name = if y == 0 { topic.name() } else { "" };
            canvas
                .pen(row(place, y))
                .put(&format!(" {name:<10}"), theme.label)
                .put(text, style);
        }
    }
    table::members(canvas, placed(plan.members), &members, plan.heading);
    for (record, place) in with_history.iter().zip(&plan.graphs) {
        graphs(canvas, placed(*place), record);
    }
}

/// What it is: its name, the states of its containers, the label that makes it.
fn identity(canvas: &Canvas<'_>, group: &Group, members: &[&Record]) -> String {
    let dot = canvas.theme.symbols.dot;
    let mut labels: Vec<&str> = members
        .iter()
        .filter_map(|record| record.spec.group_label())
        .collect();
    labels.sort_unstable();
    labels.dedup();
    let of = match labels.len() {
        1 => "by the label",
        _ => "by the labels",
    };
    let mut words = vec![
        row_text::group_name(&group.name, group.members.len()),
        group.counts(),
    ];
    words.extend(
        group
            .health
            .map(|health| format!("health {}", health.word())),
    );
    words.push(format!("{of} {}", labels.join(" and ")));
    words.join(&format!(" {dot} "))
}

/// What those that run use together, each figure with the reason when there is none.
fn sums(canvas: &Canvas<'_>, group: &Group) -> String {
    let (model, sums) = (canvas.model, &group.sums);
    if group.running == 0 {
        return format!("{NOT_AVAILABLE}: none of them runs");
    }
    let figure = |name: &str, of: Figure, value: Option<String>| match value {
        Some(value) => format!("{name} {value}"),
        None => match model.gap(of.gap()) {
            Some(reason) => format!("{name} {NOT_AVAILABLE} ({})", printable(reason)),
            None => format!("{name} {NOT_AVAILABLE} (not sampled yet)"),
        },
    };
    let of = |words: String, limit: Option<String>| match limit {
        Some(limit) => format!("{words} of {limit}"),
        None => words,
    };
    let cpu = sums
        .cpu
        .map(|cores| of(percent(cores), sums.cpu_limit.map(cap_percent)));
    let memory = sums
        .memory
        .map(|bytes| of(format_bytes(bytes), sums.memory_limit.map(format_bytes)));
    let rates = |(one, other): (f64, f64), words: [&str; 2]| {
        let bytes = |rate: f64| format_bytes(rate.round() as u64);
        format!(
            "{} {}/s {} {}/s",
            words[0],
            bytes(one),
            words[1],
            bytes(other)
        )
    };
    let mut words = vec![
        figure("cpu", Figure::Cpu, cpu),
        figure("memory", Figure::Memory, memory),
        figure("pids", Figure::Pids, sums.pids.map(grouped)),
        match sums.network {
            Some(both) => format!("network {}", rates(both, ["received", "sent"])),
            None => format!("network {NOT_AVAILABLE} (none has one of its own)"),
        },
        figure(
            "disk",
            Figure::Read,
            sums.disk.map(|both| rates(both, ["read", "written"])),
        ),
    ];
    words.extend(
        sums.pressure
            .map(|(of, share)| format!("pressure {of} {share:.0}%")),
    );
    words.push(format!("restarts {}", sums.restarts));
    words.join(&format!(" {} ", canvas.theme.symbols.dot))
}

/// What can be done with it.
fn keys(canvas: &Canvas<'_>, group: &Group) -> String {
    let folded = canvas.model.list.folded.contains(&group.name);
    let fold = if folded { "unfolds it" } else { "folds it" };
    let keys = [
        (Action::Logs, "their logs by time"),
        (Action::ShowProcesses, "their processes"),
        (Action::Fold, fold),
    ];
    keys.map(|(action, what)| format!("{} {what}", canvas.key(action)))
        .join(&format!(" {} ", canvas.theme.symbols.dot))
}

/// CPU and memory of `record` over time, below its name.
fn graphs(canvas: &mut Canvas<'_>, area: Rect, record: &Record) {
    let theme = canvas.theme;
    let name = printable(record.spec.name.as_str());
    let inside = area.inner(Margin::new(1, 0));
    canvas.pen(row(inside, 0)).put(&name, theme.title);
    canvas
        .hits
        .add(area, Target::Container(record.spec.id.clone()));
    let below = Rect {
        y: inside.y + 1,
        height: inside.height.saturating_sub(1),
        ..inside
    };
    let half = below.width / 2;
    let left = Rect {
        width: half.saturating_sub(1),
        ..below
    };
    let right = Rect {
        x: below.x + half + 1,
        width: below.width.saturating_sub(half + 1),
        ..below
    };
    let runs = canvas.model.running_since(record).is_some();
    for (figure, place) in [(Figure::Cpu, left), (Figure::Memory, right)] {
        let curve = if runs {
            Curve::shown(canvas.model, record, figure)
        } else {
            Curve::ended(canvas.model, record, figure)
        };
        curve.draw(canvas, place);
    }
}
