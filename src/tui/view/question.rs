//! A question in the middle of the screen.
//!
//! ```text
//! ╭─ Destroy web? ───────────────────────────────╮
//! │ web (3f2a9c11d0e4) is RUNNING: it is killed  │
//! │ first. Its files and its log are removed.    │
//! │ y Destroy   n Keep it                        │
//! ╰──────────────────────────────────────────────╯
//! ```

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Canvas, row};
use crate::manager::LimitChange;
use crate::record::Record;
use crate::spec::format_bytes;
use crate::tui::action::Action;
use crate::tui::model::{Model, Question, Target};
use crate::tui::sanitise::printable;
use crate::tui::text;
use crate::tui::widget::{center, frame};
use crate::tui::wording::NOT_AVAILABLE;

/// Draws the question over `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, question: &Question) {
    let (model, theme) = (canvas.model, canvas.theme);
    let record = question.target.as_ref().and_then(|id| model.record(id));
    let (title, body, yes, no) = match record {
        Some(record) if question.action == Action::LimitDown => below_use(model, record),
        Some(record) if question.file.is_some() => {
            revert(record, question.file.as_deref().unwrap_or_default())
        }
        Some(record) => {
            let (name, id) = (record.spec.name.as_str(), &record.spec.id);
            let state = record.state.status.word();
            let first = if record.state.status.is_alive() {
                ": it is killed first"
            } else {
                ""
            };
            (
                format!("{} {name}?", question.action.label()),
                format!(
                    "{name} ({id}) is {state}{first}. Its files and its log are removed; it was told to remove itself, so this cannot be undone."
                ),
                question.action.label(),
                "Keep it",
            )
        }
        None if question.action == Action::DeletePreset => {
            let name = model
                .settings
                .presets
                .get(model.preset)
                .map_or("", |(name, _)| name);
            (
                format!("Delete the preset {name}?"),
                "It is taken out of the config file. Containers that were made from it stay as they are.".to_owned(),
                "Delete",
                "Keep it",
            )
        }
        None => {
            let under_way: Vec<_> = model
                .pending
                .values()
                .map(|p| format!("{} {}", p.action.id(), p.name))
                .collect();
            let text = match (under_way.as_slice(), model.shells.running()) {
                ([], 0) => "What was under way is done.".to_owned(),
                ([], 1) => "A shell is open here, and ends with the screen.".to_owned(),
                ([], shells) => format!("{shells} shells are open here, and end with the screen."),
                (some, _) => format!(
                    "Still under way: {}. It may be left half done.",
                    some.join(", ")
                ),
            };
            ("Quit now?".to_owned(), text, "Quit", "Stay")
        }
    };
    let width = area.width.saturating_sub(4).min(62);
    let lines = text::wrap_words(
        &body,
        usize::from(width.saturating_sub(4)),
        5,
        theme.symbols.ellipsis,
    );
    let outer = center(area, width, lines.len() as u16 + 4);
    let inside = frame(canvas.buffer, outer, &title, theme);
    canvas.hits.add(outer, Target::Nothing);
    for (line, y) in lines.iter().zip(0..) {
        canvas.pen(row(inside, y)).skip(1).put(line, Style::new());
    }
    let buttons = row(inside, inside.height.saturating_sub(1));
    let mut x = buttons.x + 1;
    for (action, label) in [(Action::Confirm, yes), (Action::Cancel, no)] {
        let key = canvas.key(action);
        let place = Rect {
            x,
            width: buttons.right().saturating_sub(x),
            ..buttons
        };
        let mut pen = canvas.pen(place);
        pen.put(&key, theme.key)
            .put(" ", Style::new())
            .put(label, theme.key_label);
        let end = pen.x();
        canvas.hits.add(
            Rect {
                x,
                width: end - x,
                ..buttons
            },
            Target::Action(action),
        );
        x = end + 3;
    }
}

/// The question before reverting a file.
fn revert(record: &Record, path: &str) -> (String, String, &'static str, &'static str) {
    let (name, path) = (record.spec.name.as_str(), printable(path));
    let body = format!(
        "What {name} did to {path} is dropped: it is again as in the image. This cannot be undone."
    );
    ("Revert this change?".to_owned(), body, "Revert", "Keep it")
}

/// The question before a memory limit below current use.
fn below_use(model: &Model, record: &Record) -> (String, String, &'static str, &'static str) {
    let name = record.spec.name.as_str();
    let limit = match model.handles.doubtful {
        Some(LimitChange::Memory(Some(limit))) => format_bytes(limit),
        _ => String::new(),
    };
    let used = model
        .history
        .reading(&record.spec.id)
        .and_then(|reading| reading.sample.memory)
        .map_or(NOT_AVAILABLE.into(), format_bytes);
    let body = format!(
        "{name} uses {used}. At {limit} the kernel first drops its caches and swaps; what cannot be freed is not taken: the limit is \
         refused then. A container that needs more later is slowed down or killed for it."
    );
    (
        format!("Limit {name} to {limit}?"),
        body,
        "Limit it",
        "Leave it",
    )
}
