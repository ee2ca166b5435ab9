//! The input thread: translates crossterm's events.

use std::sync::mpsc::Sender;

use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
    read,
};

use crate::tui::keymap::{Chord, Key};
use crate::tui::message::{Input, Message};

/// Reads until the terminal or the screen is gone.
pub fn read_input(sender: &Sender<Message>) {
    loop {
        let message = match read() {
            Ok(event) => match translate(event) {
                Some(input) => Message::Input(input),
                None => continue,
            },
            Err(error) => Message::Fatal(format!("read the terminal: {error}")),
        };
        let over = matches!(message, Message::Fatal(_));
        if sender.send(message).is_err() || over {
            return;
        }
    }
}

/// Translates `event`; `None` if the screen does not use it.
#[must_use]
pub fn translate(event: Event) -> Option<Input> {
    match event {
        Event::Key(key) => chord(key).map(Input::Key),
        Event::Paste(text) => Some(Input::Paste(text)),
        Event::Resize(width, height) => Some(Input::Resize(width, height)),
        Event::Mouse(MouseEvent {
            kind, column, row, ..
        }) => match kind {
            MouseEventKind::Down(MouseButton::Left) => Some(Input::Click(column, row)),
            MouseEventKind::Drag(MouseButton::Left) => Some(Input::Drag(column, row)),
            MouseEventKind::Up(MouseButton::Left) => Some(Input::Release),
            MouseEventKind::ScrollUp => Some(Input::Wheel(column, row, -1)),
            MouseEventKind::ScrollDown => Some(Input::Wheel(column, row, 1)),
            _ => None,
        },
        Event::FocusGained | Event::FocusLost => None,
    }
}

fn chord(event: KeyEvent) -> Option<Chord> {
    if event.kind == KeyEventKind::Release {
        return None;
    }
    let held = |modifier| event.modifiers.contains(modifier);
    let (mut key, mut shift) = (Key::Esc, held(KeyModifiers::SHIFT));
    match event.code {
        // crossterm calls the bytes 0x1c to 0x1f Ctrl-4 to Ctrl-7; users know them by these names
        KeyCode::Char(c @ '4'..='7') if held(KeyModifiers::CONTROL) => {
            key = Key::Char(['\\', ']', '^', '_'][c as usize - '4' as usize])
        }
        KeyCode::Char(c) => key = Key::Char(c),
        KeyCode::F(number) => key = Key::F(number),
        KeyCode::Enter => key = Key::Enter,
        KeyCode::Esc => {}
        KeyCode::Tab => key = Key::Tab,
        KeyCode::BackTab => (key, shift) = (Key::Tab, true),
        KeyCode::Backspace => key = Key::Backspace,
        KeyCode::Delete => key = Key::Delete,
        KeyCode::Insert => key = Key::Insert,
        KeyCode::Home => key = Key::Home,
        KeyCode::End => key = Key::End,
        KeyCode::PageUp => key = Key::PageUp,
        KeyCode::PageDown => key = Key::PageDown,
        KeyCode::Up => key = Key::Up,
        KeyCode::Down => key = Key::Down,
        KeyCode::Left => key = Key::Left,
        KeyCode::Right => key = Key::Right,
        _ => return None,
    }
    Some(Chord::new(
        key,
        held(KeyModifiers::CONTROL),
        held(KeyModifiers::ALT),
        shift,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_their_usual_names() {
        let key = |code, modifiers| translate(Event::Key(KeyEvent::new(code, modifiers)));
        let written = |text: &str| Some(Input::Key(text.parse().unwrap()));
        assert_eq!(key(KeyCode::Char('G'), KeyModifiers::SHIFT), written("G"));
        assert_eq!(
            key(KeyCode::BackTab, KeyModifiers::SHIFT),
            written("Shift-Tab")
        );
        assert_eq!(
            key(KeyCode::Char('u'), KeyModifiers::CONTROL),
            written("Ctrl-U")
        );
        assert_eq!(key(KeyCode::F(10), KeyModifiers::NONE), written("F10"));
        assert_eq!(key(KeyCode::Esc, KeyModifiers::NONE), written("Esc"));
        assert_eq!(key(KeyCode::CapsLock, KeyModifiers::NONE), None);
    }
}
