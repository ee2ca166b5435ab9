//! [`update`]: applies a message to the model. Pure: no clock, no engine, no terminal; work outside
//! is returned as effects.

mod card;
mod containers;
mod form;
mod frame;
mod handles;
mod help;
mod logs;
mod looks;
mod mouse;
mod outcomes;
mod overlays;
mod palette;
mod past;
mod preset_form;
mod prompt;
mod requests;
mod results;
mod setup;
mod shells;
mod typing;
mod undo;
mod usage;
mod verbs;

use ratatui::layout::Size;

use super::action::Action;
use super::effect::{Effect, ShellCall, ShellEvent};
use super::keymap::{Chord, Context};
use super::message::{Input, Message, Signal};
use super::model::{
    Focus, Help, Knob, LinePurpose, Model, Overlay, Pane, QuestionArgument, Tab, ToastKind,
};
use crate::manager::Error;

/// Rows that one turn of the wheel moves.
const WHEEL_ROWS: i64 = 3;

/// Applies `message` to `model`; returns the effects to run.
pub fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    let before = frame::shown(model);
    let mut effects = take(model, message);
    effects.extend(frame::follow(model, &before));
    effects.extend(shells::fit(model));
    effects.extend(frame::remember(model));
    if model.settings.read_only {
        effects.retain(|effect| !refused(model, effect));
    }
    effects
}

/// Refuses and answers an effect in a read-only screen. Actions are refused earlier; this catches
/// effects that do not come from one.
fn refused(model: &mut Model, effect: &Effect) -> bool {
    if !effect.changes_something() {
        return false;
    }
    let why = || Error::System {
        message: "this screen is read-only".into(),
        hint: None,
    };
    let answer = match effect {
        Effect::Call(id, _) => Some(Message::EffectDone(*id, Err(why()))),
        Effect::Shell(id, ShellCall::Open(..)) => {
            Some(Message::Shell(*id, ShellEvent::Failed(why())))
        }
        _ => None,
    };
    if let Some(answer) = answer {
        // handling a refusal has no further effects
        take(model, answer);
    }
    true
}

fn take(model: &mut Model, message: Message) -> Vec<Effect> {
    match message {
        Message::Clock(now) => {
            model.now = now;
            model.dirty |= model.toasts.expire(now);
            model.expire_unbound();
            Vec::new()
        }
        Message::Input(input @ (Input::Wheel(..) | Input::Drag(..) | Input::Release)) => {
            take_input(model, input)
        }
        Message::Input(input) => {
            let effects = take_input(model, input);
            form::settle(model);
            effects
        }
        Message::Signal(Signal::Terminate) => vec![Effect::Quit],
        Message::Signal(Signal::Suspend) => vec![Effect::Suspend],
        Message::Signal(Signal::Continue) => redraw(model),
        Message::Sampled(snapshot) => results::sampled(model, *snapshot),
        Message::Records(reading, result) => results::records(model, reading, result),
        Message::ObserverFailed(error) => {
            model.toast(
                ToastKind::Error,
                requests::failure_text("watch the containers", &error),
            );
            Vec::new()
        }
        Message::Progress(id, line) => results::progress(model, id, &line),
        Message::EffectDone(id, result) => {
            let effects = results::done(model, id, result);
            form::settle(model);
            effects
        }
        Message::Log(result) => logs::read(model, result),
        Message::Seen(seen) => looks::seen(model, *seen),
        Message::Shell(id, news) => shells::news(model, id, news),
        Message::NotRemembered(reason) => {
            model.toast(ToastKind::Notice, reason);
            Vec::new()
        }
        Message::Tail(result) => {
            card::log_tail(
                model,
                result.map_err(|error| requests::failure_text("read its log", &error)),
            );
            Vec::new()
        }
        Message::Settings(result) => {
            results::settings(model, result);
            Vec::new()
        }
        Message::Fatal(reason) => {
            model.fatal = Some(reason);
            vec![Effect::Quit]
        }
    }
}

/// The effects to run at the start.
#[must_use]
pub fn start() -> Vec<Effect> {
    vec![Effect::ReadRecords]
}

fn take_input(model: &mut Model, input: Input) -> Vec<Effect> {
    if model.regions().is_none() && !matches!(input, Input::Resize(..)) {
        return blind(model, &input);
    }
    match input {
        Input::Key(chord) => {
            let mut effects = requests::remember(model, |remembered| remembered.hint_seen = true);
            effects.extend(press(model, chord));
            effects
        }
        Input::Paste(text) if model.contexts().contains(&Context::Typing) => {
            shells::paste(model, &text)
        }
        Input::Paste(text) => {
            typing::paste(model, &text);
            Vec::new()
        }
        Input::Click(x, y) => mouse::click(model, x, y),
        Input::Drag(x, y) => mouse::drag(model, x, y),
        Input::Release => {
            frame::release(model);
            handles::release(model)
        }
        Input::Wheel(x, y, turn) => mouse::wheel(model, x, y, turn),
        Input::Resize(width, height) => {
            model.size = Size::new(width, height);
            model.arrange();
            Vec::new()
        }
    }
}

/// On a screen that is too small to show what a key would act on: only leaving works, when nothing
/// would have to be asked.
fn blind(model: &Model, input: &Input) -> Vec<Effect> {
    let Input::Key(chord) = input else {
        return Vec::new();
    };
    let keymap = &model.settings.keymap;
    match keymap.action(&[Context::Global, Context::Everywhere], *chord) {
        Some(Action::Quit) if !model.asks_before_quitting() => vec![Effect::Quit],
        Some(Action::Suspend) => vec![Effect::Suspend],
        Some(Action::Redraw) => vec![Effect::Redraw],
        _ => Vec::new(),
    }
}

fn press(model: &mut Model, chord: Chord) -> Vec<Effect> {
    if setup::takes_keys(model) {
        setup::take_key(model, chord);
        return Vec::new();
    }
    let contexts = model.contexts();
    if let Some(action) = model.settings.keymap.action(&contexts, chord) {
        return act(model, action);
    }
    if contexts.contains(&Context::Typing) {
        return shells::type_chord(model, chord);
    }
    match chord.typed().filter(|_| contexts.contains(&Context::Edit)) {
        Some(c) => form::type_letter(model, c),
        None => model.note_unbound(chord),
    }
    Vec::new()
}

/// Performs `action` in the active context. Keys, clicks and buttons all come here.
pub fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Suspend => return vec![Effect::Suspend],
        Action::Redraw => return redraw(model),
        _ => {}
    }
    model.dirty = true;
    model.unbound = None;
    match model.overlay {
        Some(Overlay::Form(_)) => form::act(model, action),
        Some(Overlay::Preset(_)) => preset_form::act(model, action),
        Some(Overlay::Confirm(_)) => overlays::answer(model, action),
        Some(Overlay::Sort(_)) => overlays::choose_sort(model, action),
        Some(Overlay::Setup(_)) => setup::act(model, action),
        Some(Overlay::Card(_)) => card::act(model, action),
        Some(Overlay::Line(_)) => prompt::act(model, action),
        Some(Overlay::Palette(_)) => palette::act(model, action),
        Some(Overlay::Help(_)) => help::act(model, action),
        Some(Overlay::Signal(_)) => looks::choose_signal(model, action),
        Some(Overlay::Prompt(_)) => looks::prompted(model, action),
        Some(Overlay::Filter(..)) => overlays::type_filter(model, action),
        None => on_tab(model, action),
    }
}

fn on_tab(model: &mut Model, action: Action) -> Vec<Effect> {
    if past::act(model, action) {
        return Vec::new();
    }
    if let Some(reason) = model.refusal(action) {
        refuse(model, action, &reason);
        return Vec::new();
    }
    match action {
        Action::Quit => return quit(model),
        Action::Help => model.overlay = Some(Overlay::Help(Help::default())),
        Action::Dismiss if looks::dismiss(model) => return looks::look(model),
        Action::Dismiss if logs::dismiss(model) || frame::back(model) => {}
        Action::Dismiss => dismiss(model),
        Action::NextTab => return show(model, model.tab.turned(1)),
        Action::PreviousTab => return show(model, model.tab.turned(Tab::ALL.len() - 1)),
        Action::Logs => {
            model.log.merged = model.list.marks.len() > 1;
            frame::open(model, Pane::Logs);
            return logs::show(model);
        }
        Action::Shell => return frame::shell(model),
        Action::NextPane | Action::PreviousPane => return frame::turn(model, action),
        Action::Zoom => frame::zoom(model),
        Action::GrowList | Action::GrowPane => frame::grow(model, action),
        Action::NextContainer | Action::PreviousContainer => frame::turn_container(model, action),
        Action::Run if model.tab == Tab::Presets => return form::open(model, Some(model.preset)),
        Action::Run => return form::open(model, None),
        Action::UsePreset => return form::open(model, Some(model.preset)),
        Action::Start | Action::Stop | Action::Restart | Action::Pause | Action::Destroy => {
            return verbs::ask(model, action);
        }
        Action::AgainWithChanges => {
            let id = model.selected().map(|record| record.spec.id.clone());
            return id.map_or_else(Vec::new, |id| form::open_like(model, &id));
        }
        Action::Inspect => return card::open(model),
        Action::GraphScale => model.graphs_to_limit = !model.graphs_to_limit,
        Action::ShowLaunch => return card::waterfall(model),
        Action::SavePreset => model.ask_line(LinePurpose::PresetName),
        Action::Rename => model.ask_line(LinePurpose::NewName),
        Action::Export => model.ask_line(LinePurpose::ExportFile),
        Action::Palette => palette::open(model),
        Action::Setup => setup::open(model),
        Action::CopyCommand
            if model.focused() == Some(Pane::Logs) && model.log.selection.is_some() =>
        {
            return logs::copy_lines(model);
        }
        Action::CopyCommand => return palette::copy_last(model),
        Action::LimitDown => return handles::step(model, false),
        Action::LimitUp => return handles::step(model, true),
        Action::SwitchGauge => {
            model.handles.focus = if model.handles.focus == Knob::Cpu {
                Knob::Memory
            } else {
                Knob::Cpu
            }
        }
        Action::Undo => return undo::undo(model),
        _ => {
            if let Some(pane) = Pane::shown_by(action) {
                frame::open(model, pane);
            } else if let Some(tab) = Tab::shown_by(action) {
                return show(model, tab);
            } else {
                return in_view(model, action);
            }
        }
    }
    Vec::new()
}

/// Hands `action` to what has the focus.
fn in_view(model: &mut Model, action: Action) -> Vec<Effect> {
    if let Some(pane) = model.pane_for(action) {
        return frame::act(model, pane, action);
    }
    match model.tab {
        Tab::Containers => containers::act(model, action),
        Tab::Presets => preset_form::choose(model, action),
        Tab::Events | Tab::Host => return looks::act(model, action),
        Tab::Images | Tab::Networks => return usage::act(model, action),
    }
    Vec::new()
}

/// Shows why `action` is refused.
fn refuse(model: &mut Model, action: Action, reason: &str) {
    model.toast(ToastKind::Notice, format!("{}: {reason}", action.label()));
}

fn redraw(model: &mut Model) -> Vec<Effect> {
    model.dirty = true;
    vec![Effect::Redraw]
}

/// Quits; asks first if a call has not ended.
fn quit(model: &mut Model) -> Vec<Effect> {
    if !model.asks_before_quitting() {
        return vec![Effect::Quit];
    }
    model.ask(Action::Quit, Vec::new(), QuestionArgument::None);
    Vec::new()
}

fn dismiss(model: &mut Model) {
    if model.toasts.dismiss_newest() {
        return;
    }
    if model.tab == Tab::Events {
        model.looks.events.filter.clear();
    } else if !model.list.filter.is_empty() {
        model.list.filter.clear();
        model.arrange();
    }
}

/// Shows `tab`, with the keys on its list.
fn show(model: &mut Model, tab: Tab) -> Vec<Effect> {
    model.tab = tab;
    model.frame.focus = Focus::List;
    model.frame.zoomed = false;
    model.overlay = None;
    model.arrange();
    looks::look_anew(model)
}

/// The new row in a list of `count` rows, if `action` moves it.
fn moved(action: Action, row: usize, count: usize, page: usize) -> Option<usize> {
    let page = page.max(2);
    let last = count.saturating_sub(1);
    let row = match action {
        Action::Up => row.saturating_sub(1),
        Action::Down => row + 1,
        Action::PageUp => row.saturating_sub(page - 1),
        Action::PageDown => row + page - 1,
        Action::HalfPageUp => row.saturating_sub(page / 2),
        Action::HalfPageDown => row + page / 2,
        Action::First => 0,
        Action::Last => last,
        _ => return None,
    };
    Some(row.min(last))
}
