//! The Logs pane: which logs are shown, reading, scrolling, searching, selecting.

use super::moved;
use super::requests::{copy, failure_text};
use crate::manager::Error;
use crate::record::Record;
use crate::tui::action::Action;
use crate::tui::effect::{Effect, LogBatch};
use crate::tui::model::{
    LineEdit, LinePurpose, LogPosition, LogSearch, Model, Overlay, Pane, Prompt, Purpose, ToastKind,
};

const LOGS: Pane = Pane::Logs;
/// Columns that one key press scrolls sideways.
const COLUMNS: usize = 8;
/// The most logs merged.
const MAX_MERGED: usize = 64;

/// Shows the log of the selected container, or those of the selected group or of several. If they are the same as before,
/// the position is kept.
pub(super) fn show(model: &mut Model) -> Vec<Effect> {
    let records = if model.log.merged {
        several(model)
    } else {
        chosen(model)
    };
    let count = records.len();
    let shown = records
        .into_iter()
        .take(MAX_MERGED)
        .map(|record| (record.spec.id.clone(), record.spec.name.to_string()));
    let (ids, names): (Vec<_>, Vec<_>) = shown.unzip();
    if ids == model.log.targets && model.log.error.is_none() {
        return read_on(model);
    }
    model.log.open(ids.clone(), names);
    model.log_reading = false;
    if count > ids.len() {
        model.toast(
            ToastKind::Notice,
            format!(
                "only the {} oldest of {count} logs are shown: mark those that you want",
                ids.len()
            ),
        );
    }
    if ids.is_empty() {
        return Vec::new();
    }
    let mut effects = vec![Effect::OpenLog(ids)];
    effects.extend(read_on(model));
    effects
}

/// The marked containers, else all in view, by age, so that colours do not depend on how the table
/// is sorted.
fn several(model: &Model) -> Vec<&Record> {
    let in_view = |at: &usize| model.list.marks.is_empty() && model.list.visible().contains(at);
    let wanted = model.records.iter().enumerate();
    wanted
        .filter(|(at, record)| model.list.marks.contains(&record.spec.id) || in_view(at))
        .map(|(_, record)| record)
        .collect()
}

/// Ends the merged view of marked containers when fewer than two of the `before` marks are left.
pub(super) fn unmarked(model: &mut Model, before: usize) {
    let left = model.list.marks.len();
    model.log.merged &= left >= before || left > 1;
}

/// The selected container, or those of the selected group by age.
fn chosen(model: &Model) -> Vec<&Record> {
    let Some(group) = model.list.selected_group() else {
        return model.selected().into_iter().collect();
    };
    let mut members = group.members.clone();
    members.sort_unstable();
    members.into_iter().map(|at| &model.records[at]).collect()
}

/// Updates which logs are merged after the containers changed, unless the view does not follow the
/// end.
pub(super) fn renew(model: &mut Model) -> Vec<Effect> {
    let reading = model.log.place != LogPosition::End || model.log.selection.is_some();
    let several = model.log.merged || model.list.group.is_some();
    if !model.shows(LOGS) || !several || reading {
        return Vec::new();
    }
    show(model)
}

/// Requests more of the log while it is shown.
pub(super) fn read_on(model: &mut Model) -> Vec<Effect> {
    if model.log_reading || model.log.targets.is_empty() || !model.shows(LOGS) {
        return Vec::new();
    }
    model.log_reading = true;
    vec![Effect::ReadLog]
}

/// Adds what was read, and requests more while the tab is shown.
pub(super) fn read(model: &mut Model, result: Result<LogBatch, Error>) -> Vec<Effect> {
    match result {
        Ok(batch) if batch.ids == model.log.targets => {
            model.log_reading = false;
            let news = batch.skipped > 0 || !batch.lines.is_empty() || !batch.unfinished.is_empty();
            model
                .log
                .extend(batch.skipped, batch.lines, batch.unfinished);
            model.dirty |= news && model.shows(LOGS);
            read_on(model)
        }
        // ignore a log that is no longer shown
        Ok(_) => Vec::new(),
        Err(error) => {
            model.log_reading = false;
            model.log.error = Some(failure_text("read the log", &error));
            model.dirty = true;
            Vec::new()
        }
    }
}

/// Handles `action`: scrolling, display options, searching, selecting, other containers.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(pane) = model.regions().map(|regions| regions.log_size()) else {
        return Vec::new();
    };
    if let Some(selection) = model.log.selection
        && let Some(line) = extended(model, action, selection.head, pane.height)
    {
        model.log.select_to(line, pane);
        return Vec::new();
    }
    let page = pane.height.max(2) as i64;
    let log = &mut model.log;
    match action {
        Action::Follow => log.toggle_follow(pane),
        Action::Timestamps => log.timestamps = !log.timestamps,
        Action::Wrap => {
            // the same line stays at the top
            if let LogPosition::At(line, _) = log.place {
                log.place = LogPosition::At(line, 0);
            }
            log.wrap = !log.wrap;
            log.column = 0;
        }
        Action::Left => log.column = log.column.saturating_sub(COLUMNS),
        Action::Right if !log.wrap => log.column += COLUMNS,
        Action::Up => log.scroll(-1, pane),
        Action::Down => log.scroll(1, pane),
        Action::PageUp => log.scroll(1 - page, pane),
        Action::PageDown => log.scroll(page - 1, pane),
        Action::HalfPageUp => log.scroll(-page / 2, pane),
        Action::HalfPageDown => log.scroll(page / 2, pane),
        Action::First => log.to_first(),
        Action::Last => log.place = LogPosition::End,
        Action::MergeLogs => {
            log.merged = !log.merged;
            return show(model);
        }
        Action::Search => {
            let (before, from) = (log.search.clone(), log.top(pane).0);
            let purpose = Purpose::LogSearch {
                before: Box::new((before, log.place)),
                from,
            };
            model.overlay = Some(Overlay::Prompt(Prompt {
                purpose,
                line: LineEdit::new(String::new()),
            }));
        }
        Action::SearchNext if log.next_match(true, pane) => {}
        Action::SearchPrevious if log.next_match(false, pane) => {}
        Action::SearchNext | Action::SearchPrevious => {
            let text = if log.search.is_empty() {
                "search: no pattern yet"
            } else {
                "search: no line matches"
            };
            model.toast(ToastKind::Notice, text);
        }
        Action::SelectLines if log.selection.is_some() => log.selection = None,
        Action::SelectLines => log.select(pane),
        Action::SelectUp | Action::SelectDown => log.select(pane),
        Action::SaveLog => model.ask_line(LinePurpose::LogFile),
        _ => {}
    }
    Vec::new()
}

/// The new end of the selection, if `action` moves it.
fn extended(model: &Model, action: Action, head: u64, rows: usize) -> Option<u64> {
    let step = match action {
        Action::SelectUp => Action::Up,
        Action::SelectDown => Action::Down,
        other => other,
    };
    let first = model.log.dropped();
    let count = usize::try_from(model.log.end() - first).unwrap_or(usize::MAX);
    let row = usize::try_from(head.saturating_sub(first)).unwrap_or(0);
    moved(step, row, count, rows).map(|row| first + row as u64)
}

/// Scrolls by the wheel; the selection stays.
pub(super) fn wheel(model: &mut Model, rows: i64) {
    if let Some(pane) = model.regions().map(|regions| regions.log_size()) {
        model.log.scroll(rows, pane);
        model.dirty = true;
    }
}

/// Selects the clicked line. Dragging extends the selection and scrolls at the edges.
pub(super) fn click(model: &mut Model, line: u64) {
    if let Some(pane) = model.regions().map(|regions| regions.log_size()) {
        model.log.select_at(line, pane);
    }
}

/// Extends the selection to row `y` while dragging.
pub(super) fn drag(model: &mut Model, y: u16, line: Option<u64>) {
    let (Some(regions), Some(selection)) = (model.regions(), model.log.selection) else {
        return;
    };
    let (area, pane) = (regions.below_title(), regions.log_size());
    let line = match line {
        Some(line) => line,
        None if y < area.y => selection.head.saturating_sub(1),
        None if y >= area.bottom() => selection.head + 1,
        None => return,
    };
    model.log.select_to(line, pane);
    model.dirty = true;
}

/// Clears the selection, else the search; returns whether there was either.
pub(super) fn dismiss(model: &mut Model) -> bool {
    if model.focused() != Some(LOGS) {
        return false;
    }
    let log = &mut model.log;
    let searched = log.selection.is_none() && !log.search.is_empty();
    if searched {
        log.search = LogSearch::default();
    }
    log.selection.take().is_some() || searched
}

/// Copies the selection to the clipboard.
pub(super) fn copy_lines(model: &mut Model) -> Vec<Effect> {
    let text = model.log.text();
    copy(model, text.trim_end_matches('\n').to_owned())
}
