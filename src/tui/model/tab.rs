//! [`Tab`] and [`Pane`]: what the box has, and what one container does. One row each adds one.

use crate::tui::action::Action;
use crate::tui::keymap::Context;

macro_rules! views {
    ($name:ident, $about:literal: $($view:ident $short:literal $action:ident $what:literal;)*) => {
        #[doc = $about]
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $(#[doc = $what] $view,)*
        }

        impl $name {
            /// All of them, left to right.
            pub const ALL: [Self; [$(Self::$view),*].len()] = [$(Self::$view),*];

            /// Its name.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$view => stringify!($view),)* }
            }

            /// Its name where space is short.
            #[must_use]
            pub fn short(self) -> &'static str {
                match self { $(Self::$view => $short,)* }
            }

            /// The action that shows it.
            #[must_use]
            pub fn action(self) -> Action {
                match self { $(Self::$view => Action::$action,)* }
            }

            /// The one that `action` shows.
            #[must_use]
            pub fn shown_by(action: Action) -> Option<Self> {
                Self::ALL.into_iter().find(|view| view.action() == action)
            }

            /// The context of its keys.
            #[must_use]
            pub fn context(self) -> Context {
                match self { $(Self::$view => Context::$view,)* }
            }

            /// The one `steps` to the right, beginning again at the left.
            #[must_use]
            pub fn turned(self, steps: usize) -> Self {
                let at = Self::ALL.iter().position(|view| *view == self).unwrap_or(0);
                Self::ALL[(at + steps) % Self::ALL.len()]
            }
        }
    };
}

views! {
    Tab, "What the box has: the tabs at the top, left to right.":
    Containers "Cont" ShowContainers "The containers, with a pane about the selected one.";
    Images "Imgs" ShowImages "What containers are made from.";
    Networks "Nets" ShowNetworks "Which network each container has.";
    Presets "Pres" ShowPresets "The presets.";
    Events "Evts" ShowEvents "What happened.";
    Host "Host" ShowHost "The host.";
}

views! {
    Pane, "What one container does: the panes below the list, left to right.":
    Overview "Over" ShowOverview "Its figures, limits, and how it is.";
    Processes "Proc" ShowProcesses "Its processes.";
    Logs "Logs" Logs "What it wrote.";
    Shell "Shell" ShowShell "Shells in it.";
    Files "Files" ShowFiles "What it changed.";
    Isolation "Isol" ShowIsolation "How it is held apart.";
    Connections "Conn" ShowConnections "Its sockets.";
    History "Hist" ShowHistory "Every figure of its last ten minutes.";
}
