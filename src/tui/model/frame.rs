//! [`Frame`]: which pane is shown below the container list, what has the focus, and how the rows
//! are divided.

use super::{Column, Model, Pane, Sort, Tab};
use crate::tui::action::Action;
use crate::tui::keymap::Context;
use crate::tui::remembered::Remembered;

/// Half of the rows: the list's share until the divider is moved.
const HALF: u16 = 50;
/// The least and the most share of the list.
const SHARES: (u16, u16) = (15, 85);

/// What gets the keys of the Containers tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Focus {
    /// The list.
    #[default]
    List,
    /// The pane below it.
    Pane,
}

/// The parts of the Containers tab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The pane shown.
    pub pane: Pane,
    /// What gets the keys.
    pub focus: Focus,
    /// Whether the pane has the whole screen.
    pub zoomed: bool,
    /// The most of the rows that the list takes, in percent; `None` is half of them.
    pub divider: Option<u16>,
    /// Whether the divider is being dragged.
    pub dragging: bool,
    /// The pane whose name is held with the mouse, and the row where.
    pub pressed: Option<(Pane, u16)>,
}

impl Default for Frame {
    fn default() -> Self {
        Self {
            pane: Pane::Overview,
            focus: Focus::List,
            zoomed: false,
            divider: None,
            dragging: false,
            pressed: None,
        }
    }
}

impl Frame {
    /// The most of `rows` that the list takes.
    #[must_use]
    pub fn share(&self, rows: u16) -> u16 {
        let percent = self.divider.unwrap_or(HALF).clamp(SHARES.0, SHARES.1);
        (u32::from(rows) * u32::from(percent) / 100) as u16
    }

    /// Gives the list `list` of `rows`.
    pub fn divide(&mut self, list: u16, rows: u16) {
        // rounded up: the share of it, rounded down, is `list` again
        let percent = (u32::from(list) * 100).div_ceil(u32::from(rows.max(1)));
        self.divider = Some((percent as u16).clamp(SHARES.0, SHARES.1));
    }
}

impl Model {
    /// Goes on with what an earlier screen remembered.
    pub fn recall(&mut self, remembered: Remembered) {
        self.frame.divider = remembered.divider;
        self.frame.pane = Self::remembered_pane(&remembered);
        self.list.sort = Self::remembered_sort(&remembered);
        self.remembered = remembered;
    }

    /// The pane that is remembered; the first one where it is none that there is.
    #[must_use]
    pub fn remembered_pane(remembered: &Remembered) -> Pane {
        let called = |pane: &Pane| remembered.pane.as_deref() == Some(pane.context().id());
        Pane::ALL.into_iter().find(called).unwrap_or(Pane::ALL[0])
    }

    /// The order of the list that is remembered; by state where it is none that there is.
    #[must_use]
    pub fn remembered_sort(remembered: &Remembered) -> Sort {
        let called = |column: &&Column| remembered.sort.as_deref() == Some(column.id());
        let Some(column) = Column::ALL.iter().find(called) else {
            return Sort::default();
        };
        let sort = Sort::by(*column);
        Sort {
            descending: remembered.descending.unwrap_or(sort.descending),
            ..sort
        }
    }

    /// Whether `pane` is on the screen.
    #[must_use]
    pub fn shows(&self, pane: Pane) -> bool {
        self.pane() == Some(pane)
    }

    /// The pane on the screen.
    #[must_use]
    pub fn pane(&self) -> Option<Pane> {
        let room = self
            .regions()
            .is_some_and(|regions| regions.pane.height > 0);
        (self.tab == Tab::Containers && room).then_some(self.frame.pane)
    }

    /// The pane that gets the keys.
    #[must_use]
    pub fn focused(&self) -> Option<Pane> {
        self.pane().filter(|_| self.frame.focus == Focus::Pane)
    }

    /// The pane that gets `action`: the focused one, if it is one of its own, or moves.
    #[must_use]
    pub fn pane_for(&self, action: Action) -> Option<Pane> {
        let own = |pane: &Pane| {
            let contexts = action.contexts();
            let typed = *pane == Pane::Shell && contexts.contains(&Context::Typing);
            action.is_motion() || typed || contexts.contains(&pane.context())
        };
        self.focused().filter(own)
    }

    /// The active contexts without an overlay, innermost first.
    #[must_use]
    pub fn contexts_below(&self) -> Vec<Context> {
        let mut contexts = Vec::new();
        if self.past.is_some() {
            contexts.push(Context::Past);
        }
        if let Some(pane) = self.focused() {
            contexts.push(pane.context());
        } else if self.tab == Tab::Containers && self.list.tiles {
            contexts.push(Context::Tiles);
        }
        contexts.extend([self.tab.context(), Context::Global]);
        contexts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_divider_keeps_both_sides() {
        let mut frame = Frame::default();
        assert_eq!(frame.share(30), 15);
        frame.divide(28, 30);
        assert_eq!(frame.share(30), 25, "the pane keeps some rows");
        frame.divide(0, 30);
        assert_eq!(frame.share(30), 4, "the list keeps some rows");
        for rows in [11_u16, 30, 57, 99] {
            for list in rows / 5..rows * 4 / 5 {
                frame.divide(list, rows);
                assert_eq!(frame.share(rows), list, "{list} of {rows}");
            }
        }
        frame.divide(10, 0);
        assert_eq!(frame.divider, Some(SHARES.1));
    }
}
