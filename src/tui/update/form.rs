//! The launch form: opening, typing, choosing a preset, launching.

use super::requests::{call_engine, copy, show_progress};
use super::{WHEEL_ROWS, help, refuse, typing};
use crate::runtime::PROFILE_FILE;
use crate::spec::{ContainerId, ContainerName, ContainerRequest};
use crate::tui::action::Action;
use crate::tui::effect::{Call, Effect};
use crate::tui::model::{
    EffectId, Field, Kind, LaunchForm, LineEdit, Model, Overlay, Pending, Spot, form_area,
};

/// Opens the form, filled in from the preset at `preset`.
pub(super) fn open(model: &mut Model, preset: Option<usize>) -> Vec<Effect> {
    let preset = preset.and_then(|at| model.settings.presets.get(at));
    show(model, LaunchForm::new(preset));
    Vec::new()
}

/// Opens the form for another container like `id`.
pub(super) fn open_like(model: &mut Model, id: &ContainerId) -> Vec<Effect> {
    let Some(record) = model.record(id) else {
        return Vec::new();
    };
    let spec = &record.spec;
    let named = |id: &ContainerId| {
        let other = model.record(id).map(|record| record.spec.name.to_string());
        other.unwrap_or_else(|| id.to_string())
    };
    let folder = model.settings.state.join("containers").join(id.as_str());
    let profile = folder.join(PROFILE_FILE).display().to_string();
    let limits = model.handles.limits(id, &spec.limits);
    let request = ContainerRequest {
        name: Some(free_name(model, spec.name.as_str())),
        ..ContainerRequest::of_spec(spec, &limits, &named, &profile)
    };
    let form = LaunchForm::like(spec.name.as_str(), &request, &model.settings.presets);
    show(model, form);
    Vec::new()
}

/// `web-2` for `web`, or the next number that no container has.
fn free_name(model: &Model, name: &str) -> String {
    let numbered = |(_, number): &(&str, &str)| {
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    };
    let stem = name
        .rsplit_once('-')
        .filter(numbered)
        .map_or(name, |(stem, _)| stem);
    let is_taken = |name: &str| {
        let mut names = model.records.iter().map(|record| record.spec.name.as_str());
        names.any(|other| other == name)
    };
    (2..)
        .map(|number| {
            let end = format!("-{number}");
            // names are ASCII
            let room = ContainerName::MAX_LEN - end.len();
            format!("{}{end}", stem.get(..room).unwrap_or(stem))
        })
        .find(|name| !is_taken(name))
        .unwrap_or_default()
}

fn show(model: &mut Model, mut form: LaunchForm) {
    form.open_what_fits(form_area(model.size));
    model.overlay = Some(Overlay::Form(Box::new(form)));
    settle(model);
}

/// The form, if it is open.
pub(super) fn opened(model: &mut Model) -> Option<&mut LaunchForm> {
    match &mut model.overlay {
        Some(Overlay::Form(form)) => Some(form),
        _ => None,
    }
}

/// Applies `change` to the form, if it is open.
fn change(model: &mut Model, change: impl FnOnce(&mut LaunchForm, &Model)) {
    let Some(Overlay::Form(mut form)) = model.overlay.take_if(|it| matches!(it, Overlay::Form(_)))
    else {
        return;
    };
    change(&mut form, model);
    model.overlay = Some(Overlay::Form(form));
    model.dirty = true;
}

/// Looks again for what is wrong, and scrolls to the focus.
pub(super) fn settle(model: &mut Model) {
    let area = form_area(model.size);
    change(model, |form, model| {
        form.refresh(&model.settings, &model.records);
        form.scroll_into_view(area);
    });
}

/// Handles `action` in the form.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some((focus, busy)) = opened(model).map(|form| (form.focus, form.launching.is_some()))
    else {
        return Vec::new();
    };
    let asked = opened(model).is_some_and(|form| std::mem::take(&mut form.leaving));
    match (action, focus) {
        (Action::Cancel, _) => {
            let loses = |form: &LaunchForm| !busy && !asked && form.is_touched();
            match opened(model).filter(|form| loses(form)) {
                Some(form) => form.leaving = true,
                None => close(model),
            }
        }
        (Action::Help, _) if !busy => help::over_form(model),
        (Action::CopyCommand, _) => return copy_command(model),
        (Action::NextField, _) => change(model, |form, _| form.step(true)),
        (Action::PreviousField, _) => change(model, |form, _| form.step(false)),
        (Action::NextSection, _) => change(model, |form, _| form.step_section(true)),
        (Action::PreviousSection, _) => change(model, |form, _| form.step_section(false)),
        (Action::Confirm | Action::Toggle, Spot::Heading(section)) => {
            change(model, |form, _| form.fold(section));
        }
        (Action::CursorLeft | Action::CursorRight, Spot::CommandLine) => {
            change(model, |form, _| {
                let step = if action == Action::CursorRight { 1 } else { -1 };
                form.command_row = form.command_row.saturating_add_signed(step);
            })
        }
        (_, _) if busy => {}
        (Action::Confirm, Spot::Entry(field, _)) if field.kind() == Kind::List => {
            change(model, |form, _| form.next_line());
        }
        (Action::Confirm | Action::Launch, _) => return launch(model),
        (Action::CursorLeft | Action::CursorRight | Action::Toggle, Spot::Entry(field, _))
            if matches!(field.kind(), Kind::Preset | Kind::Choice(_)) =>
        {
            let forward = action != Action::CursorLeft;
            change(model, |form, model| {
                form.turn(forward, &model.settings.presets);
            });
        }
        (Action::DeleteBefore | Action::DeleteLine, Spot::Entry(Field::PRESET, _)) => {
            change(model, |form, _| form.sought.clear());
        }
        (Action::RemoveLine, _) => change(model, |form, _| form.remove_line()),
        (Action::CursorRight | Action::CursorEnd, _) => {
            change(model, |form, model| match form.completion(&model.records) {
                Some(text) => form.edit(|line| *line = LineEdit::new(text)),
                None if action == Action::CursorEnd => form.edit(|line| line.end()),
                None => form.edit(|line| line.right()),
            })
        }
        _ => typing::edit_action(model, action),
    }
    Vec::new()
}

fn copy_command(model: &mut Model) -> Vec<Effect> {
    let Some(form) = opened(model) else {
        return Vec::new();
    };
    if let Some(field) = form.first_wrong() {
        let reason = format!("not before {} is right", field.label());
        refuse(model, Action::CopyCommand, &reason);
        return Vec::new();
    }
    let line = form.command_line.clone();
    copy(model, line)
}

fn launch(model: &mut Model) -> Vec<Effect> {
    let mut asked = None;
    change(model, |form, model| match form.request(&model.records) {
        Ok(request) => asked = Some((request, form.command_line.clone())),
        Err(problems) => form.show_problems(problems),
    });
    let Some((request, command_line)) = asked else {
        return Vec::new();
    };
    let first_word = || request.settings.command.as_ref()?.first().cloned();
    let name = request.name.clone().or(request.preset.clone());
    let pending = Pending {
        action: Action::Run,
        target: None,
        name: name.or_else(first_word).unwrap_or_default(),
    };
    model.last_command = Some(command_line);
    let effect = call_engine(model, pending, Call::Launch(Box::new(request)));
    let id = EffectId(model.last_effect);
    if let Some(form) = opened(model) {
        form.refused = None;
        form.launching = Some(id);
    }
    vec![effect]
}

/// Closes the form. A launch under way goes on and reports by toasts from now on.
fn close(model: &mut Model) {
    let progress =
        opened(model).and_then(|form| form.launching.map(|id| (id, form.progress.clone())));
    model.overlay = None;
    if let Some((id, line)) = progress {
        show_progress(model, id, line.as_deref().unwrap_or("launching"));
    }
}

/// Types `letter` into the focused line, or on the form's preset selects a preset by its first
/// letters.
pub(super) fn type_letter(model: &mut Model, letter: char) {
    if let Some(form) = opened(model) {
        form.leaving = false;
    }
    let on_preset = |form: &mut LaunchForm| {
        matches!(form.focus, Spot::Entry(Field::PRESET, _)) && form.launching.is_none()
    };
    if opened(model).is_some_and(on_preset) {
        change(model, |form, model| {
            form.seek(letter, &model.settings.presets)
        });
    } else {
        typing::edit(model, |line| line.insert(letter));
    }
}

/// A click on `spot`: as moving there, and as Space.
pub(super) fn click(model: &mut Model, spot: Spot) -> Vec<Effect> {
    change(model, |form, _| {
        form.leaving = false;
        form.focus_on(spot);
    });
    match spot {
        Spot::Heading(_) => act(model, Action::Toggle),
        Spot::Entry(field, _) if matches!(field.kind(), Kind::Choice(_)) => {
            act(model, Action::Toggle)
        }
        _ => Vec::new(),
    }
}

/// A click on the arrow before or after a choice.
pub(super) fn click_arrow(model: &mut Model, field: Field, forward: bool) {
    change(model, |form, model| {
        form.focus_on(Spot::Entry(field, 0));
        if form.launching.is_none() {
            form.turn(forward, &model.settings.presets);
        }
    });
}

/// The wheel scrolls the fields.
pub(super) fn wheel(model: &mut Model, turn: i16) {
    let area = form_area(model.size);
    if let Some(form) = opened(model) {
        let rows = i64::from(turn) * WHEEL_ROWS;
        form.scroll(rows as isize, area);
        model.dirty = true;
    }
}
