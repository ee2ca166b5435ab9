//! The Shell pane: opening, typing, leaving, closing, and the encoding of keys.

use super::requests::failure_text;
use crate::sys::tty::WindowSize;
use crate::tui::action::Action;
use crate::tui::effect::{Effect, ShellCall, ShellEvent};
use crate::tui::keymap::{Chord, Key};
use crate::tui::model::{Model, Pane, ShellId, ShellState, ToastKind};

/// The terminal's size: the pane without its title line.
fn size(model: &Model) -> Option<WindowSize> {
    let area = model.regions()?.below_title();
    Some(WindowSize {
        rows: area.height.max(1),
        columns: area.width,
    })
}

/// Resizes every shell to the pane.
pub(super) fn fit(model: &mut Model) -> Vec<Effect> {
    if !model.shows(Pane::Shell) || model.shells.list.is_empty() {
        return Vec::new();
    }
    let Some(size) = size(model) else {
        return Vec::new();
    };
    model
        .shells
        .fit(size)
        .into_iter()
        .map(|id| Effect::Shell(id, ShellCall::Resize(size)))
        .collect()
}

/// News from a shell.
pub(super) fn news(model: &mut Model, id: ShellId, news: ShellEvent) -> Vec<Effect> {
    let shown = model.shows(Pane::Shell) && model.shell().is_some_and(|pane| pane.id == id);
    let Some(pane) = model.shells.find(id) else {
        return Vec::new();
    };
    let (mut effects, mut over) = (Vec::new(), None);
    match news {
        ShellEvent::Opened => {
            pane.state = ShellState::Open;
            effects.push(Effect::Shell(id, ShellCall::Read));
        }
        ShellEvent::Output(bytes) => {
            let answer = pane.terminal.take(&bytes);
            if !answer.is_empty() {
                effects.push(Effect::Shell(id, ShellCall::Write(answer)));
            }
            effects.push(Effect::Shell(id, ShellCall::Read));
        }
        ShellEvent::InputDropped => {
            let words = format!(
                "shell in {}: its program does not read input; what you type is dropped",
                pane.name
            );
            model.toast(ToastKind::Notice, words);
            return effects;
        }
        ShellEvent::Ended(code) => over = Some(format!("ended with exit code {code}")),
        ShellEvent::Failed(error) => over = Some(failure_text("shell", &error)),
    }
    model.dirty |= shown || over.is_some();
    if let Some(words) = over {
        let name = std::mem::take(&mut pane.name);
        pane.name.clone_from(&name);
        pane.state = ShellState::Ended(words.clone());
        if shown {
            model.shells.typing = false;
        } else {
            model.toast(ToastKind::Notice, format!("shell in {name}: {words}"));
        }
    }
    effects
}

/// Types into the shell that is shown.
pub(super) fn type_chord(model: &mut Model, chord: Chord) -> Vec<Effect> {
    let Some(pane) = model.shell_mut() else {
        return Vec::new();
    };
    pane.terminal.scroll_to(0);
    let bytes = encode(chord, pane.terminal.screen().application_cursor());
    let id = pane.id;
    model.dirty = true;
    vec![Effect::Shell(id, ShellCall::Write(bytes))]
}

/// Pastes into the shell that is shown, bracketed if its program enabled that.
pub(super) fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    let Some(pane) = model.shell() else {
        return Vec::new();
    };
    // text after an end marker inside the paste would count as typed
    let text = text.replace("\u{1b}[201~", "").replace('\n', "\r");
    let bytes = if pane.terminal.screen().bracketed_paste() {
        format!("\u{1b}[200~{text}\u{1b}[201~")
    } else {
        text
    };
    vec![Effect::Shell(pane.id, ShellCall::Write(bytes.into_bytes()))]
}

/// Handles the keys of the tab while not typing.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let page = size(model).map_or(1, |size| usize::from(size.rows));
    match action {
        Action::OpenShell => return open(model),
        Action::EnterShell => match model.shell() {
            Some(pane) if !matches!(pane.state, ShellState::Ended(_)) => model.shells.typing = true,
            _ => return open(model),
        },
        Action::LeaveShell => model.shells.typing = false,
        Action::CloseShell => {
            if let Some(id) = model.shell().map(|pane| pane.id) {
                model.shells.remove(id);
                return vec![Effect::Shell(id, ShellCall::Close)];
            }
        }
        Action::NextShell | Action::PreviousShell => {
            if let Some(id) = model.list.selected.clone() {
                model.shells.turn(&id, action == Action::NextShell);
            }
        }
        _ => {
            if let Some(pane) = model.shell_mut() {
                let back = pane.terminal.screen().scrollback();
                let back = match action {
                    Action::Up => back + 1,
                    Action::Down => back.saturating_sub(1),
                    Action::PageUp => back + page,
                    Action::PageDown => back.saturating_sub(page),
                    Action::HalfPageUp => back + page / 2,
                    Action::HalfPageDown => back.saturating_sub(page / 2),
                    Action::First => usize::MAX,
                    Action::Last => 0,
                    _ => back,
                };
                pane.terminal.scroll_to(back);
            }
        }
    }
    Vec::new()
}

fn open(model: &mut Model) -> Vec<Effect> {
    let Some(record) = model.selected() else {
        return Vec::new();
    };
    let (id, name) = (record.spec.id.clone(), record.spec.name.to_string());
    let Some(size) = size(model) else {
        return Vec::new();
    };
    let shell = model.shells.open(id.clone(), name, size);
    vec![Effect::Shell(shell, ShellCall::Open(id, size))]
}

/// The bytes that xterm sends for a key (ctlseqs, "PC-Style Function Keys"); `application`: the
/// cursor keys are in application mode.
fn encode(chord: Chord, application: bool) -> Vec<u8> {
    // xterm's modifier code: 1 plus a bit for each modifier
    let modifiers = 1 + u8::from(chord.shift) + 2 * u8::from(chord.alt) + 4 * u8::from(chord.ctrl);
    let letter = |c: char| match (modifiers, application) {
        (1, true) => format!("\u{1b}O{c}"),
        (1, false) => format!("\u{1b}[{c}"),
        _ => format!("\u{1b}[1;{modifiers}{c}"),
    };
    let number = |n: u8| {
        if modifiers == 1 {
            format!("\u{1b}[{n}~")
        } else {
            format!("\u{1b}[{n};{modifiers}~")
        }
    };
    let escaped = |text: String| {
        if chord.alt {
            format!("\u{1b}{text}")
        } else {
            text
        }
    };
    let text = match chord.key {
        Key::Char(c) if chord.ctrl => {
            let byte = match c.to_ascii_lowercase() {
                c @ 'a'..='z' => c as u8 & 0x1f,
                ' ' | '@' | '2' => 0,
                '[' | '3' => 0x1b,
                '\\' | '4' => 0x1c,
                ']' | '5' => 0x1d,
                '^' | '6' => 0x1e,
                '_' | '/' | '7' => 0x1f,
                '?' | '8' => 0x7f,
                other => return escaped(other.to_string()).into_bytes(),
            };
            escaped(char::from(byte).to_string())
        }
        Key::Char(c) => escaped(c.to_string()),
        Key::Enter => escaped("\r".into()),
        Key::Esc => escaped("\u{1b}".into()),
        Key::Tab if chord.shift => "\u{1b}[Z".into(),
        Key::Tab => escaped("\t".into()),
        Key::Backspace => escaped(if chord.ctrl { "\u{8}" } else { "\u{7f}" }.into()),
        Key::Up => letter('A'),
        Key::Down => letter('B'),
        Key::Right => letter('C'),
        Key::Left => letter('D'),
        Key::Home => letter('H'),
        Key::End => letter('F'),
        Key::Insert => number(2),
        Key::Delete => number(3),
        Key::PageUp => number(5),
        Key::PageDown => number(6),
        Key::F(n @ 1..=4) if modifiers == 1 => format!("\u{1b}O{}", char::from(b'O' + n)),
        Key::F(n @ 1..=4) => format!("\u{1b}[1;{modifiers}{}", char::from(b'O' + n)),
        Key::F(n @ 5..=12) => number([15, 17, 18, 19, 20, 21, 23, 24][usize::from(n - 5)]),
        Key::F(_) => String::new(),
    };
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sent_as_xterm_sends_them() {
        let sent = |key: &str, application| {
            String::from_utf8(encode(key.parse().unwrap(), application)).unwrap()
        };
        for (key, bytes) in [
            ("a", "a"),
            ("é", "é"),
            ("Ctrl-C", "\u{3}"),
            ("Ctrl-Z", "\u{1a}"),
            ("Alt-x", "\u{1b}x"),
            ("Enter", "\r"),
            ("Backspace", "\u{7f}"),
            ("Up", "\u{1b}[A"),
            ("Ctrl-Right", "\u{1b}[1;5C"),
            ("Shift-Tab", "\u{1b}[Z"),
            ("F1", "\u{1b}OP"),
            ("F4", "\u{1b}OS"),
            ("F5", "\u{1b}[15~"),
            ("F12", "\u{1b}[24~"),
            ("Delete", "\u{1b}[3~"),
        ] {
            assert_eq!(sent(key, false), bytes, "{key}");
        }
        assert_eq!(sent("Up", true), "\u{1b}OA");
    }
}
