//! [`Shells`]: shells in containers, each with a terminal emulator that keeps running while it is
//! not shown.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU16;

use crate::spec::ContainerId;
use crate::sys::tty::WindowSize;

/// Lines kept above each terminal.
const SCROLLBACK: usize = 2_000;

/// The id of a shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShellId(pub u64);

/// The state of a shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShellState {
    /// It is being opened.
    Opening,
    /// It runs.
    Open,
    /// It ended, with the reason.
    Ended(String),
}

/// Replies to terminal queries: cursor position (DSR) and device attributes (DA); ECMA-48 and the
/// VT100 manual.
#[derive(Debug, Default)]
struct Answers(Vec<u8>);

impl vt100::Callbacks for Answers {
    fn unhandled_csi(
        &mut self,
        screen: &mut vt100::Screen,
        i1: Option<u8>,
        _: Option<u8>,
        params: &[&[u16]],
        c: char,
    ) {
        let first = params
            .first()
            .and_then(|param| param.first())
            .copied()
            .unwrap_or(0);
        let answer = match (i1, c, first) {
            (None, 'n', 5) => "\u{1b}[0n".to_owned(),
            (None, 'n', 6) => {
                let (row, column) = screen.cursor_position();
                format!("\u{1b}[{};{}R", row + 1, column + 1)
            }
            // identifies as a VT100 with advanced video
            (None, 'c', 0) => "\u{1b}[?1;2c".to_owned(),
            _ => return,
        };
        self.0.extend(answer.bytes());
    }
}

/// A terminal emulator drawn on the screen.
pub struct Emulator {
    parser: vt100::Parser<Answers>,
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator")
            .field("size", &self.parser.screen().size())
            .finish()
    }
}

impl Emulator {
    fn new(size: WindowSize) -> Self {
        let (rows, columns) = cells(size);
        Self {
            parser: vt100::Parser::new_with_callbacks(
                rows,
                columns,
                SCROLLBACK,
                Answers::default(),
            ),
        }
    }

    /// Processes output; returns the terminal's replies.
    pub fn take(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.parser.process(bytes);
        std::mem::take(&mut self.parser.callbacks_mut().0)
    }

    /// What it shows.
    #[must_use]
    pub fn screen(&self) -> &vt100::Screen {
        self.parser.screen()
    }

    /// Scrolls back by `lines`.
    pub fn scroll_to(&mut self, lines: usize) {
        self.parser.screen_mut().set_scrollback(lines);
    }

    fn resize(&mut self, size: WindowSize) {
        let (rows, columns) = cells(size);
        self.parser.set_size(rows, columns);
    }
}

fn cells(size: WindowSize) -> (NonZeroU16, NonZeroU16) {
    (
        NonZeroU16::new(size.rows).unwrap_or(NonZeroU16::MIN),
        NonZeroU16::new(size.columns).unwrap_or(NonZeroU16::MIN),
    )
}

/// One shell.
#[derive(Debug)]
pub struct ShellPane {
    /// Its id.
    pub id: ShellId,
    /// Its container.
    pub container: ContainerId,
    /// The container's name.
    pub name: String,
    /// Its state.
    pub state: ShellState,
    /// Its terminal.
    pub terminal: Emulator,
}

/// The shells.
#[derive(Debug, Default)]
pub struct Shells {
    /// The shells in order of opening.
    pub list: Vec<ShellPane>,
    /// The one that was chosen of each container.
    pub chosen: BTreeMap<ContainerId, ShellId>,
    /// Whether keys go to it.
    pub typing: bool,
    /// The size of every terminal.
    pub size: Option<WindowSize>,
    last: u64,
}

impl Shells {
    /// Adds a shell in a container and shows it.
    pub fn open(&mut self, container: ContainerId, name: String, size: WindowSize) -> ShellId {
        self.last += 1;
        let id = ShellId(self.last);
        self.size = Some(size);
        self.list.push(ShellPane {
            id,
            container: container.clone(),
            name,
            state: ShellState::Opening,
            terminal: Emulator::new(size),
        });
        self.chosen.insert(container, id);
        self.typing = true;
        id
    }

    /// The shells in `container`, oldest first.
    pub fn inside(&self, container: &ContainerId) -> impl DoubleEndedIterator<Item = &ShellPane> {
        self.list
            .iter()
            .filter(move |pane| pane.container == *container)
    }

    /// The one shown of `container`: that which was chosen, else the newest.
    #[must_use]
    pub fn shown(&self, container: &ContainerId) -> Option<&ShellPane> {
        let chosen = self.chosen.get(container);
        self.inside(container)
            .find(|pane| Some(&pane.id) == chosen)
            .or_else(|| self.inside(container).next_back())
    }

    /// The shell `id`.
    pub fn find(&mut self, id: ShellId) -> Option<&mut ShellPane> {
        self.list.iter_mut().find(|pane| pane.id == id)
    }

    /// Removes the shell `id`.
    pub fn remove(&mut self, id: ShellId) {
        self.list.retain(|pane| pane.id != id);
        self.typing = false;
    }

    /// Shows another one of `container`.
    pub fn turn(&mut self, container: &ContainerId, forward: bool) {
        let ids: Vec<_> = self.inside(container).map(|pane| pane.id).collect();
        let shown = self.shown(container).map(|pane| pane.id);
        if let Some(at) = ids.iter().position(|id| Some(*id) == shown) {
            let steps = if forward { 1 } else { ids.len() - 1 };
            self.chosen
                .insert(container.clone(), ids[(at + steps) % ids.len()]);
        }
    }

    /// The number of running shells.
    #[must_use]
    pub fn running(&self) -> usize {
        self.list
            .iter()
            .filter(|pane| !matches!(pane.state, ShellState::Ended(_)))
            .count()
    }

    /// Resizes every terminal; returns the shells to notify, none if the size is unchanged.
    pub fn fit(&mut self, size: WindowSize) -> Vec<ShellId> {
        if self.size == Some(size) {
            return Vec::new();
        }
        self.size = Some(size);
        for pane in &mut self.list {
            pane.terminal.resize(size);
        }
        self.list.iter().map(|pane| pane.id).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_answers_queries() {
        let mut terminal = Emulator::new(WindowSize {
            rows: 5,
            columns: 20,
        });
        assert_eq!(terminal.take(b"ab\x1b[6n"), b"\x1b[1;3R");
        assert_eq!(terminal.take(b"\x1b[c\x1b[5n"), b"\x1b[?1;2c\x1b[0n");
        assert!(
            terminal.take(b"\x1b]52;c;aGk=\x07\x1b[31mred").is_empty(),
            "nothing is answered to what nobody asked"
        );
        assert_eq!(terminal.screen().contents(), "abred");
    }

    #[test]
    fn hostile_bytes_and_sizes_break_nothing() {
        let mut terminal = Emulator::new(WindowSize {
            rows: 24,
            columns: 80,
        });
        let mut state: u64 = 42;
        for round in 0..3_000_u32 {
            let mut bytes = Vec::new();
            for _ in 0..64 {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                let random = (state >> 33) as u8;
                match random % 8 {
                    0 => bytes.extend(b"\x1b["),
                    1 => bytes.extend(format!("{};{}", random, state >> 50).bytes()),
                    2 => bytes.push(b"ABCDEFGHJKLMPSTXZ@`acdfhlmnqrsu"[usize::from(random) % 31]),
                    3 => bytes.extend("漢字é\u{301}🙂".bytes()),
                    _ => bytes.push(random),
                }
            }
            terminal.take(&bytes);
            if round % 10 == 0 {
                terminal.resize(WindowSize {
                    rows: (state >> 20) as u16 % 50,
                    columns: (state >> 40) as u16 % 120,
                });
            }
        }
        let (rows, columns) = terminal.screen().size();
        let (row, column) = terminal.screen().cursor_position();
        assert!(row < rows.get() && column <= columns.get());
    }
}
