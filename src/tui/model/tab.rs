//! The actions that show tabs and panes: `show-` and the id of the place, or its id alone.

use crate::tui::action::Action;
use crate::tui::context::{Context, Pane, Tab};

impl Tab {
    /// The action that shows it.
    #[must_use]
    pub fn action(self) -> Action {
        shows(self.context())
    }

    /// The one that `action` shows.
    #[must_use]
    pub fn shown_by(action: Action) -> Option<Self> {
        Self::ALL.into_iter().find(|tab| tab.action() == action)
    }
}

impl Pane {
    /// The action that shows it.
    #[must_use]
    pub fn action(self) -> Action {
        shows(self.context())
    }

    /// The one that `action` shows.
    #[must_use]
    pub fn shown_by(action: Action) -> Option<Self> {
        Self::ALL.into_iter().find(|pane| pane.action() == action)
    }
}

/// The action that shows the place of `context`; a test holds that each has its own.
fn shows(context: Context) -> Action {
    let id = context.id();
    Action::from_id(&format!("show-{id}"))
        .or_else(|| Action::from_id(id))
        .unwrap_or(Action::NextPane)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tab_and_every_pane_has_an_action_of_its_own() {
        let tabs = Tab::ALL.map(Tab::action);
        let panes = Pane::ALL.map(Pane::action);
        let mut all: Vec<_> = tabs.into_iter().chain(panes).collect();
        assert!(!all.contains(&Action::NextPane), "{all:?}");
        all.sort();
        all.dedup();
        assert_eq!(all.len(), tabs.len() + panes.len());
    }
}
