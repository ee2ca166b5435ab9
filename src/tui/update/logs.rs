//! The Logs tab: whose log is shown, reading on, scrolling.

use super::moved;
use crate::manager::Error;
use crate::spec::ContainerId;
use crate::tui::action::Action;
use crate::tui::effect::{Effect, LogBatch};
use crate::tui::model::{Model, Place, Tab};

/// Columns that one key press scrolls sideways.
const COLUMNS: usize = 8;

/// Shows the log of `target`, from where it was left when it is the same one.
pub fn show(model: &mut Model, target: Option<ContainerId>) -> Vec<Effect> {
    if target == model.log.target && model.log.error.is_none() {
        return read_on(model);
    }
    model.log.open(target.clone());
    model.log_reading = false;
    let Some(id) = target else {
        return Vec::new();
    };
    let mut effects = vec![Effect::OpenLog(id)];
    effects.extend(read_on(model));
    effects
}

fn read_on(model: &mut Model) -> Vec<Effect> {
    if model.log_reading || model.log.target.is_none() || model.tab != Tab::Logs {
        return Vec::new();
    }
    model.log_reading = true;
    vec![Effect::ReadLog]
}

/// Takes in what was read, and asks for more while the tab is shown.
pub fn read(model: &mut Model, result: Result<LogBatch, Error>) -> Vec<Effect> {
    match result {
        Ok(batch) if Some(&batch.id) == model.log.target.as_ref() => {
            model.log_reading = false;
            let news = batch.skipped > 0 || !batch.lines.is_empty() || batch.unfinished.is_some();
            model.log.extend(batch.skipped, batch.lines, batch.unfinished);
            model.dirty |= news && model.tab == Tab::Logs;
            read_on(model)
        }
        // of a log that is no longer shown
        Ok(_) => Vec::new(),
        Err(error) => {
            model.log_reading = false;
            model.log.error = Some(super::results::in_words("read the log", &error));
            model.dirty = true;
            Vec::new()
        }
    }
}

/// Scrolls, changes how the log is shown, or turns to another container.
pub fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(pane) = model.regions().map(|regions| regions.log_pane()) else {
        return Vec::new();
    };
    let page = pane.height.max(2) as i64;
    let log = &mut model.log;
    match action {
        Action::Follow => log.toggle_follow(pane),
        Action::Timestamps => log.timestamps = !log.timestamps,
        Action::Wrap => {
            // the same line stays at the top, whatever row of it was there
            if let Place::At(line, _) = log.place {
                log.place = Place::At(line, 0);
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
        Action::Last => log.place = Place::End,
        Action::PreviousContainer => return turn(model, Action::Up),
        Action::NextContainer => return turn(model, Action::Down),
        _ => {}
    }
    Vec::new()
}

/// Selects the container above or below in the table, and shows its log.
fn turn(model: &mut Model, direction: Action) -> Vec<Effect> {
    let count = model.list.visible().len();
    if let Some(row) = moved(direction, model.list.row(), count, 1) {
        model.list.select_row(row, &model.records);
    }
    show(model, model.list.selected.clone())
}
