//! What a question says.

use crate::manager::{LimitChange, TRASH_KEPT};
use crate::record::Record;
use crate::spec::{format_bytes, signal_name};
use crate::tui::action::Action;
use crate::tui::model::{Knob, Model, Question, QuestionArgument, Reversal};
use crate::tui::sanitise::printable;
use crate::tui::text;
use crate::tui::wording::{NOT_AVAILABLE, listed};

/// The most names listed.
const MAX_NAMES: usize = 6;
/// The most columns of one of them.
const NAME_COLUMNS: usize = 24;

/// What a question says; the body in paragraphs.
pub(super) struct Words {
    pub title: String,
    pub body: String,
    pub yes: &'static str,
    pub no: &'static str,
}

/// The words of `question`.
pub(super) fn words(model: &Model, question: &Question) -> Words {
    let record = question.only().and_then(|id| model.record(id));
    match (record, &question.argument) {
        (Some(record), QuestionArgument::NextStart) => next_start(model, record),
        (Some(record), _) if question.action == Action::LimitDown => below_use(model, record),
        (Some(record), QuestionArgument::File(path)) => revert(record, path),
        (Some(record), _) => destroy(record),
        (None, _) if question.action == Action::DeletePreset => delete_preset(model),
        (None, _) if question.action == Action::Quit => quit(model),
        (None, _) => several(model, question),
    }
}

/// What the question says: of the containers to which it can be done now.
fn several(model: &Model, question: &Question) -> Words {
    let able = model.able(question.action, &question.argument, &question.targets);
    let (verb, object) = verb(question);
    let whom = match able.records.as_slice() {
        [record] => short(model, record),
        several => format!("{} containers", several.len()),
    };
    let names: Vec<String> = able
        .records
        .iter()
        .map(|record| short(model, record))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut body = vec![format!("{}.", listed(&names, MAX_NAMES))];
    body.extend(able.left_out().map(|reason| sentence(&reason)));
    body.push(consequence(model, question, &able.records));
    Words {
        title: format!("{verb} {object}{whom}?"),
        body: body.join("\n"),
        yes: verb,
        no: "Leave them",
    }
}

/// The verb, and what stands between it and the containers.
fn verb(question: &Question) -> (&'static str, String) {
    match (question.action, &question.argument) {
        (_, QuestionArgument::Signal(signal)) => ("Send", format!("{} to ", signal_name(*signal))),
        (_, QuestionArgument::Resume) => ("Resume", String::new()),
        (action, _) => (action.label(), String::new()),
    }
}

/// What it means, and whether it can be undone.
fn consequence(model: &Model, question: &Question, records: &[&Record]) -> String {
    let passing: Vec<String> = records
        .iter()
        .filter(|record| record.spec.remove)
        .map(|record| short(model, record))
        .collect();
    let passing: Vec<&str> = passing.iter().map(String::as_str).collect();
    let reversal = match (question.action, &question.argument) {
        (Action::Start, _) => Reversal::Stop,
        (Action::Stop, _) => Reversal::Start,
        (Action::Pause, QuestionArgument::Resume) => Reversal::Pause,
        (Action::Pause, _) => Reversal::Resume,
        (Action::Destroy, _) => Reversal::TakeBack(false),
        _ => return "This cannot be undone.".to_owned(),
    };
    let ends = matches!(question.action, Action::Stop | Action::Destroy);
    if ends && passing.len() == records.len() {
        return "They remove themselves when they end: this cannot be undone.".to_owned();
    }
    let mut text = match model.undo_key() {
        Some(key) => format!("{key} {}", reversal.phrase("them")),
        None => "It can be undone".to_owned(),
    };
    if question.action == Action::Destroy {
        text.push_str(&format!(" for {} minutes", TRASH_KEPT.as_mins()));
    }
    text.push('.');
    if ends && !passing.is_empty() {
        let names = listed(&passing, MAX_NAMES);
        text.push_str(&format!(
            " Not those that remove themselves when they end: {names}."
        ));
    }
    text
}

fn short(model: &Model, record: &Record) -> String {
    let ellipsis = model.settings.theme.symbols.ellipsis;
    text::truncate(record.spec.name.as_str(), NAME_COLUMNS, ellipsis).into_owned()
}

/// `reason` as a sentence.
fn sentence(reason: &str) -> String {
    let mut letters = reason.chars();
    let first: String = letters
        .next()
        .map(|c| c.to_uppercase().collect())
        .unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

fn destroy(record: &Record) -> Words {
    let (name, id) = (record.spec.name.as_str(), &record.spec.id);
    let state = record.state.status.word();
    let first = if record.state.status.is_alive() {
        ": it is killed first"
    } else {
        ""
    };
    Words {
        title: format!("Destroy {name}?"),
        body: format!(
            "{name} ({id}) is {state}{first}. Its files and its log are removed; it was told to remove itself, so this cannot be undone."
        ),
        yes: "Destroy",
        no: "Keep it",
    }
}

fn delete_preset(model: &Model) -> Words {
    let name = model
        .settings
        .presets
        .get(model.preset)
        .map_or("", |(name, _)| name);
    Words {
        title: format!("Delete the preset {name}?"),
        body: "It is taken out of the config file. Containers that were made from it stay as they are.".into(),
        yes: "Delete",
        no: "Keep it",
    }
}

fn quit(model: &Model) -> Words {
    let under_way: Vec<_> = model
        .pending
        .values()
        .map(|p| format!("{} {}", p.action.id(), p.name))
        .collect();
    let body = match (under_way.as_slice(), model.shells.running()) {
        ([], 0) => "What was under way is done.".to_owned(),
        ([], 1) => "A shell is open here, and ends with the screen.".to_owned(),
        ([], shells) => format!("{shells} shells are open here, and end with the screen."),
        (some, _) => format!(
            "Still under way: {}. It may be left half done.",
            some.join(", ")
        ),
    };
    Words {
        title: "Quit now?".into(),
        body,
        yes: "Quit",
        no: "Stay",
    }
}

fn revert(record: &Record, path: &str) -> Words {
    let (name, path) = (record.spec.name.as_str(), printable(path));
    Words {
        title: "Revert this change?".into(),
        body: format!(
            "What {name} did to {path} is dropped: it is again as in the image. This cannot be undone."
        ),
        yes: "Revert",
        no: "Keep it",
    }
}

/// The question before the first change of a limit of a container that is not alive.
fn next_start(model: &Model, record: &Record) -> Words {
    let (name, state) = (record.spec.name.as_str(), record.state.status.word());
    let (what, limit) = match model.handles.doubtful {
        Some(change) => (Knob::of(change).word(), change.words()),
        None => Default::default(),
    };
    Words {
        title: format!("Change what {name} gets at its next start?"),
        body: format!(
            "{name} is {state}. Its {what} limit becomes {limit} when it is started again; until then further steps do not ask."
        ),
        yes: "Change",
        no: "Leave it",
    }
}

/// The question before a memory limit below current use.
fn below_use(model: &Model, record: &Record) -> Words {
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
    Words {
        title: format!("Limit {name} to {limit}?"),
        body: format!(
            "{name} uses {used}. At {limit} the kernel first drops its caches and swaps; what cannot be freed is not taken: the limit is \
             refused then. A container that needs more later is slowed down or killed for it."
        ),
        yes: "Limit it",
        no: "Leave it",
    }
}
