//! [`DemoShell`]: a shell with a few commands and colours, to show the terminal.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, PoisonError};

use crate::manager::{Error, Shell, ShellOutput};
use crate::sys::tty::WindowSize;

const CTRL_C: u8 = 3;
const CTRL_D: u8 = 4;
const BACKSPACE: u8 = 0x7f;

struct State {
    name: String,
    line: Vec<u8>,
    output: VecDeque<u8>,
    ended: Option<i32>,
}

/// A simulated shell.
pub(super) struct DemoShell {
    state: Mutex<State>,
    changed: Condvar,
}

impl DemoShell {
    /// A shell in the container called `name`.
    pub(super) fn new(name: &str) -> Self {
        let mut state = State {
            name: name.to_owned(),
            line: Vec::new(),
            output: VecDeque::new(),
            ended: None,
        };
        state.prompt();
        Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
        }
    }
}

impl State {
    fn show(&mut self, text: &str) {
        self.output.extend(text.bytes());
    }

    fn prompt(&mut self) {
        let prompt = format!(
            "\u{1b}[1;32mroot@{}\u{1b}[0m:\u{1b}[34m/\u{1b}[0m# ",
            self.name
        );
        self.show(&prompt);
    }

    fn take(&mut self, byte: u8) {
        match byte {
            b'\r' => {
                self.show("\r\n");
                let line = String::from_utf8_lossy(&std::mem::take(&mut self.line))
                    .trim()
                    .to_owned();
                self.run(&line);
                if self.ended.is_none() {
                    self.prompt();
                }
            }
            CTRL_C => {
                self.line.clear();
                self.show("^C\r\n");
                self.prompt();
            }
            CTRL_D if self.line.is_empty() => self.run("exit"),
            BACKSPACE if self.line.pop().is_some() => self.show("\u{8} \u{8}"),
            BACKSPACE => {}
            0x20.. => {
                self.line.push(byte);
                self.output.push_back(byte);
            }
            _ => {}
        }
    }

    fn run(&mut self, line: &str) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "" => {}
            "exit" => self.ended = Some(rest.trim().parse().unwrap_or(0)),
            "echo" => self.show(&format!("{rest}\r\n")),
            "hostname" => {
                let name = self.name.clone();
                self.show(&format!("{name}\r\n"));
            }
            "id" => self.show("uid=0(root) gid=0(root)\r\n"),
            "ls" => self.show("\u{1b}[34mbin\u{1b}[0m  \u{1b}[34mdev\u{1b}[0m  \u{1b}[34metc\u{1b}[0m  \u{1b}[34mproc\u{1b}[0m  \u{1b}[34mvar\u{1b}[0m\r\n"),
            "seq" => {
                let last = rest.trim().parse::<u16>().unwrap_or(1);
                for n in 1..=last {
                    self.show(&format!("{n}\r\n"));
                }
            }
            "clear" => self.show("\u{1b}[2J\u{1b}[H"),
            _ => self.show(&format!("sh: {word}: not found (the demo knows echo, exit, hostname, id, ls, seq and clear)\r\n")),
        }
    }
}

impl Shell for DemoShell {
    fn read(&self, most: usize) -> Result<ShellOutput, Error> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if !state.output.is_empty() {
                let length = state.output.len().min(most);
                return Ok(ShellOutput::Bytes(state.output.drain(..length).collect()));
            }
            if let Some(code) = state.ended {
                return Ok(ShellOutput::Ended(code));
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn write(&self, bytes: &[u8]) -> Result<(), Error> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for byte in bytes {
            state.take(*byte);
        }
        self.changed.notify_all();
        Ok(())
    }

    fn resize(&self, _: WindowSize) {}

    fn close(&self) {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .ended = Some(129);
        self.changed.notify_all();
    }
}
