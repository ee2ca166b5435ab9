//! The tabs that query the engine: when they look, how answers are used, and their keys.

use std::path::PathBuf;

use super::requests::{call_engine, failure_text};
use super::verbs::{self, Wanted};
use super::{logs, moved, typing};
use crate::record::Record;
use crate::spec::ContainerId;
use crate::tui::action::Action;
use crate::tui::effect::{Call, Effect, Look, Seen};
use crate::tui::model::{
    Check, ConnectionView, LineEdit, Model, Overlay, Pane, Pending, ProcessSort, Prompt, Purpose,
    QuestionArgument, Reversal, SheetView, SignalMenu, SignalTarget, Tab, Viewer, sheet_lines,
};
use crate::tui::sanitise::log_line;

/// The default folder for extracted files.
const EXTRACT_INTO: &str = "/tmp/extracted";

/// Requests a look for the tab that is shown: at every tick, and when it is opened.
pub(super) fn look(model: &mut Model) -> Vec<Effect> {
    if model.looks.busy {
        return Vec::new();
    }
    let selected = model.list.selected.clone();
    let alive = |id: &ContainerId| {
        model
            .record(id)
            .is_some_and(|record| record.state.status.is_alive())
    };
    let mut effects = Vec::new();
    let look = match (model.tab, model.pane()) {
        (_, Some(Pane::Overview)) => overview(model),
        (_, Some(Pane::Processes)) if model.looks.processes.all => {
            let visible = model
                .list
                .visible()
                .iter()
                .map(|at| &model.records[*at].spec.id);
            Some(Look::Processes(
                visible.filter(|id| alive(id)).cloned().collect(),
            ))
        }
        (_, Some(Pane::Processes)) => {
            let chosen = model.chosen().into_iter().map(|record| &record.spec.id);
            Some(Look::Processes(
                chosen.filter(|id| alive(id)).cloned().collect(),
            ))
        }
        (_, Some(Pane::Isolation)) => selected.filter(|id| alive(id)).map(Look::Isolation),
        (_, Some(Pane::Connections)) => selected.filter(|id| alive(id)).map(Look::Connections),
        (Tab::Host, _) => {
            if !std::mem::replace(&mut model.looks.facts_asked, true) {
                effects.push(Effect::Look(Look::Facts));
            }
            Some(Look::Host)
        }
        (Tab::Events, _) => Some(Look::Events),
        (_, Some(Pane::Files)) if model.looks.files.viewer.is_none() => selected.map(Look::Changes),
        _ => None,
    };
    if let Some(look) = look {
        model.looks.busy = true;
        effects.push(Effect::Look(look));
    }
    effects
}

/// Looks at once, or when the look under way is answered: something else is shown now.
pub(super) fn look_anew(model: &mut Model) -> Vec<Effect> {
    model.looks.again = model.looks.busy;
    look(model)
}

/// The look at the selected container, unless nothing of it can have changed.
fn overview(model: &mut Model) -> Option<Look> {
    let record = model.selected()?;
    let (id, status) = (record.spec.id.clone(), record.state.status.clone());
    let alive = status.is_alive();
    let asked = Some((id.clone(), status));
    let seen = model.looks.overview.of.as_ref() == Some(&id);
    if !alive && seen && model.looks.overview.asked == asked {
        return None;
    }
    model.looks.overview.asked = asked;
    Some(Look::Overview { id, alive })
}

/// Handles the answer to a look.
pub(super) fn seen(model: &mut Model, seen: Seen) -> Vec<Effect> {
    let words = |error: crate::manager::Error| failure_text("look", &error);
    if !matches!(seen, Seen::Facts(_) | Seen::Check(_)) {
        model.looks.busy = false;
    }
    let now = model.now;
    let looks = &mut model.looks;
    let take = |view: &mut SheetView, of: Option<ContainerId>, sheet| {
        if view.of != of {
            view.offset = 0;
        }
        (view.of, view.sheet) = (of, Some(sheet));
    };
    match seen {
        Seen::Overview { id, log, processes } => {
            let changed = looks.overview.take(id, log.map_err(words), processes, now);
            model.dirty |= changed;
            return look_again(model);
        }
        Seen::Processes(groups) => looks.processes.take(groups, now),
        Seen::Isolation(id, sheet) => take(&mut looks.isolation, Some(id), sheet.map_err(words)),
        Seen::Connections(id, seen) => looks.connections.take(id, seen.map_err(words)),
        Seen::Host(sheet) => take(&mut looks.host, None, sheet.map_err(words)),
        Seen::Facts(sheet) => looks.facts = Some(sheet.map_err(words)),
        Seen::Check(sheet) => looks.check = Check::Done(sheet.map_err(words)),
        Seen::Events(Ok(events)) => {
            looks.events.error = None;
            looks.events.extend(events);
        }
        Seen::Events(Err(error)) => looks.events.error = Some(words(error)),
        Seen::Changes(id, changes) => {
            if looks.files.of.as_ref() != Some(&id) {
                looks.files.selected = None;
            }
            (looks.files.of, looks.files.changes) = (Some(id), Some(changes.map_err(words)));
        }
        Seen::File(_, path, bytes) => {
            let lines = |bytes: Vec<u8>| bytes.split(|b| *b == b'\n').map(log_line).collect();
            looks.files.viewer = Some(Viewer {
                path,
                lines: bytes.map(lines).map_err(words),
                offset: 0,
            });
        }
    }
    model.dirty = true;
    look_again(model)
}

/// Looks at what is shown now, if what was just answered was something else.
fn look_again(model: &mut Model) -> Vec<Effect> {
    if !model.looks.busy && std::mem::take(&mut model.looks.again) {
        return look(model);
    }
    Vec::new()
}

/// Handles the keys of these tabs.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let page = model.regions().map_or(1, |regions| {
        usize::from(regions.body.height.saturating_sub(1))
    });
    match model.tab {
        Tab::Host if action == Action::RunCheck => return run_check(model),
        Tab::Events => events(model, action, page),
        Tab::Host => {
            let lines = sheet_lines(&model.host_sections()).len();
            scroll(&mut model.looks.host, lines, action, page);
        }
        _ => {}
    }
    Vec::new()
}

/// Handles `action` in a pane that queries the engine.
pub(super) fn in_pane(model: &mut Model, pane: Pane, action: Action) -> Vec<Effect> {
    let page = model.regions().map_or(1, |regions| {
        usize::from(regions.pane.height.saturating_sub(1))
    });
    match pane {
        Pane::Processes => return processes(model, action, page),
        Pane::Files => return files(model, action, page),
        Pane::Connections => connections(&mut model.looks.connections, action, page),
        Pane::Isolation => {
            let lines = sheet_lines(&model.isolation_sections()).len();
            scroll(&mut model.looks.isolation, lines, action, page);
        }
        _ => {}
    }
    Vec::new()
}

/// Scrolls a sheet of `lines` lines.
fn scroll(view: &mut SheetView, lines: usize, action: Action, page: usize) {
    let max = lines.saturating_sub(page);
    if let Some(offset) = moved(action, view.offset, max + 1, page) {
        view.offset = offset;
    }
}

/// Starts the host check. Opening the tab does not, because it runs containers.
fn run_check(model: &mut Model) -> Vec<Effect> {
    model.looks.check = Check::Running;
    vec![Effect::Check]
}

fn processes(model: &mut Model, action: Action, page: usize) -> Vec<Effect> {
    let view = &mut model.looks.processes;
    if let Some(row) = moved(action, view.row().unwrap_or(0), view.rows.len(), page) {
        view.step_to(
            row,
            matches!(
                action,
                Action::Up | Action::PageUp | Action::HalfPageUp | Action::First
            ),
        );
        return Vec::new();
    }
    match action {
        Action::SortTree => view.sort = ProcessSort::Tree,
        Action::SortCpu => view.sort = ProcessSort::Cpu,
        Action::SortMemory => view.sort = ProcessSort::Memory,
        Action::AllProcesses => {
            view.all = !view.all;
            return look(model);
        }
        Action::Signal => {
            let to = view.chosen().map(|(id, info)| SignalTarget::Process {
                id: id.clone(),
                pid: info.pid,
                command: info.command.clone(),
            });
            if let Some(to) = to {
                model.overlay = Some(Overlay::Signal(SignalMenu { to, row: 0 }));
            }
            return Vec::new();
        }
        _ => {}
    }
    model.looks.processes.arrange();
    Vec::new()
}

/// Handles the signal menu.
pub(super) fn choose_signal(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(Overlay::Signal(mut menu)) = model.overlay.take() else {
        return Vec::new();
    };
    match action {
        Action::Cancel => {}
        Action::Confirm => {
            let (signal, _) = SignalMenu::SIGNALS[menu.row];
            let (id, pid) = match menu.to {
                SignalTarget::Process { id, pid, .. } => (id, pid),
                SignalTarget::Containers(ids) => {
                    return verbs::signal(model, ids, signal);
                }
            };
            let wanted = Wanted {
                id: id.clone(),
                name: format!("process {pid}"),
                call: Call::Signal(id, pid, signal),
                reversal: Some(Reversal::Impossible),
            };
            return verbs::carry_out(model, Action::Signal, vec![wanted]);
        }
        _ => {
            menu.row = moved(
                action,
                menu.row,
                SignalMenu::SIGNALS.len(),
                SignalMenu::SIGNALS.len(),
            )
            .unwrap_or(menu.row);
            model.overlay = Some(Overlay::Signal(menu));
        }
    }
    Vec::new()
}

fn connections(view: &mut ConnectionView, action: Action, page: usize) {
    if action == Action::SortConnections {
        view.sort_next();
    } else if let Some(row) = moved(action, view.row(), view.list().len(), page) {
        view.select(row);
    }
}

fn events(model: &mut Model, action: Action, page: usize) {
    let view = &mut model.looks.events;
    let max = view.shown().count().saturating_sub(page);
    // counted from the newest: up is further back
    let back = view.back.unwrap_or(0);
    let place = max.saturating_sub(back);
    match action {
        Action::Follow => view.back = if view.back.is_none() { Some(0) } else { None },
        Action::Last => view.back = None,
        Action::Filter => {
            let line = LineEdit::new(view.filter.clone());
            let purpose = Purpose::EventFilter(view.filter.clone());
            model.overlay = Some(Overlay::Prompt(Prompt { purpose, line }));
        }
        _ => {
            if let Some(place) = moved(action, place, max + 1, page) {
                view.back = Some(max - place);
            }
        }
    }
}

fn files(model: &mut Model, action: Action, page: usize) -> Vec<Effect> {
    if let Some(viewer) = &mut model.looks.files.viewer {
        let count = viewer.lines.as_ref().map_or(0, Vec::len);
        if matches!(action, Action::OpenFile) {
            model.looks.files.viewer = None;
            return look(model);
        }
        if let Some(offset) = moved(action, viewer.offset, count.saturating_sub(page) + 1, page) {
            viewer.offset = offset;
        }
        return Vec::new();
    }
    let files = &mut model.looks.files;
    if let Some(row) = moved(action, files.row(), files.list().len(), page) {
        files.selected = files.list().get(row).map(|change| change.path.clone());
        return Vec::new();
    }
    let Some((id, path)) = files
        .of
        .clone()
        .zip(files.chosen().map(|change| change.path.clone()))
    else {
        return Vec::new();
    };
    match action {
        Action::OpenFile if !model.looks.busy => {
            model.looks.busy = true;
            return vec![Effect::Look(Look::File(id, path))];
        }
        Action::ExtractFile => {
            let under_way = |pending: &Pending| {
                pending.action == Action::ExtractFile && pending.target.as_ref() == Some(&id)
            };
            if let Some((effect, _)) = model.pending.iter().find(|(_, pending)| under_way(pending))
            {
                return vec![Effect::Cancel(*effect)];
            }
            let (purpose, line) = (Purpose::Extract(id, path), LineEdit::new(EXTRACT_INTO));
            model.overlay = Some(Overlay::Prompt(Prompt { purpose, line }));
        }
        // asks first: what the container wrote is lost and cannot be restored
        Action::RevertFile => {
            model.ask(action, vec![id], QuestionArgument::File(path));
        }
        _ => {}
    }
    Vec::new()
}

/// Reverts the changed `path` to the image's.
pub(super) fn revert(model: &mut Model, record: &Record, path: String) -> Vec<Effect> {
    let id = record.spec.id.clone();
    let wanted = Wanted {
        id: id.clone(),
        name: path.clone(),
        call: Call::Revert(id, path),
        reversal: Some(Reversal::Impossible),
    };
    verbs::carry_out(model, Action::RevertFile, vec![wanted])
}

/// Closes the open file; returns whether there was one.
pub(super) fn dismiss(model: &mut Model) -> bool {
    model.focused() == Some(Pane::Files) && model.looks.files.viewer.take().is_some()
}

/// Handles the prompt at the bottom.
pub(super) fn prompted(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Confirm => {
            let Some(Overlay::Prompt(prompt)) = model.overlay.take() else {
                return Vec::new();
            };
            let text = prompt.line.text().trim().to_owned();
            match prompt.purpose {
                Purpose::Extract(id, path) if !text.is_empty() => {
                    let pending = Pending {
                        action: Action::ExtractFile,
                        target: Some(id.clone()),
                        name: path.clone(),
                    };
                    return vec![call_engine(
                        model,
                        pending,
                        Call::Extract(id, path, PathBuf::from(text)),
                    )];
                }
                // an empty line repeats the previous search, as in less and vim
                Purpose::LogSearch { before, .. } if text.is_empty() => {
                    model.log.search = before.0;
                    return logs::act(model, Action::SearchNext);
                }
                Purpose::Extract(..) | Purpose::EventFilter(_) | Purpose::LogSearch { .. } => {}
            }
        }
        Action::Cancel => {
            let Some(Overlay::Prompt(Prompt { purpose, .. })) = model.overlay.take() else {
                return Vec::new();
            };
            match purpose {
                Purpose::EventFilter(before) => model.looks.events.filter = before,
                Purpose::LogSearch { before, .. } => model.log.go_back(*before),
                Purpose::Extract(..) => {}
            }
        }
        Action::Up | Action::Down => {}
        _ => typing::edit_action(model, action),
    }
    Vec::new()
}
