//! [`Tab`]: the tabs of the screen.

use crate::tui::action::Action;
use crate::tui::keymap::Context;

macro_rules! tabs {
    ($($tab:ident $short:literal $action:ident $about:literal;)*) => {
        /// The tabs, left to right.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Tab {
            $(#[doc = $about] $tab,)*
        }

        impl Tab {
            /// Every tab, left to right.
            pub const ALL: [Self; [$(Self::$tab),*].len()] = [$(Self::$tab),*];

            /// Its name.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$tab => stringify!($tab),)* }
            }

            /// Its name where space is short.
            #[must_use]
            pub fn short(self) -> &'static str {
                match self { $(Self::$tab => $short,)* }
            }

            /// The action that shows it.
            #[must_use]
            pub fn action(self) -> Action {
                match self { $(Self::$tab => Action::$action,)* }
            }

            /// The context of its keys.
            #[must_use]
            pub fn context(self) -> Context {
                match self { $(Self::$tab => Context::$tab,)* }
            }
        }
    };
}

tabs! {
    Containers "Cont" ShowContainers "The container table.";
    Processes "Proc" ShowProcesses "The processes of containers.";
    Logs "Logs" ShowLogs "The logs of containers.";
    Shell "Shell" ShowShell "Shells in containers.";
    Files "Files" ShowFiles "What a container changed.";
    Isolation "Isol" ShowIsolation "How a container is held apart.";
    Events "Evts" ShowEvents "What happened.";
    Presets "Pres" ShowPresets "The presets.";
    Host "Host" ShowHost "The host.";
}
