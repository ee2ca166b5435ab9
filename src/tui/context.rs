//! Where one can be on the screen: [`Tab`], [`Pane`], and [`Context`], which has them and the
//! overlays. One table: a row adds one.

macro_rules! views {
    ($name:ident, $about:literal: $($view:ident $short:literal $what:literal;)*) => {
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

macro_rules! contexts {
    (
        tabs { $($tab:ident $tab_id:literal $tab_short:literal $tab_what:literal;)* }
        panes { $($pane:ident $pane_id:literal $pane_short:literal $pane_what:literal;)* }
        others { $($variant:ident $id:literal $title:literal;)* }
    ) => {
        views! {
            Tab, "What the box has: the tabs at the top, left to right.":
            $($tab $tab_short $tab_what;)*
        }

        views! {
            Pane, "What one container does: the panes below the list, left to right.":
            $($pane $pane_short $pane_what;)*
        }

        /// Where a key is pressed. The innermost active context that binds the key decides what it
        /// does.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Context {
            $(#[doc = $tab_what] $tab,)*
            $(#[doc = $pane_what] $pane,)*
            $(#[doc = $title] $variant,)*
        }

        impl Context {
            /// Every context, in the order in which help lists them.
            pub const ALL: &[Self] =
                &[$(Self::$tab,)* $(Self::$pane,)* $(Self::$variant,)*];

            /// The table's name in keymap.toml.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self {
                    $(Self::$tab => $tab_id,)*
                    $(Self::$pane => $pane_id,)*
                    $(Self::$variant => $id,)*
                }
            }

            /// The heading in help.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self {
                    $(Self::$tab => concat!(stringify!($tab), " tab"),)*
                    $(Self::$pane => concat!(stringify!($pane), " pane"),)*
                    $(Self::$variant => $title,)*
                }
            }

            /// Where an action of this context is available, for messages; `None` for overlays and
            /// contexts that have only motions.
            #[must_use]
            pub fn location(self) -> Option<String> {
                match self {
                    Self::Past => Some("while looking back".into()),
                    Self::Typing => Some("while typing in a shell".into()),
                    $(Self::$tab)|* => Some(format!("on the {}", self.title())),
                    $(Self::$pane)|* => Some(format!("in the {}", self.title())),
                    _ => None,
                }
            }
        }
    };
}

contexts! {
    tabs {
        Containers "containers" "Cont" "The containers, with a pane about the selected one.";
        Images "images" "Imgs" "What containers are made from.";
        Networks "networks" "Nets" "Which network each container has.";
        Presets "presets" "Pres" "The presets.";
        Events "events" "Evts" "What happened.";
        Host "host" "Host" "The host.";
    }
    panes {
        Overview "overview" "Over" "Its figures, limits, and how it is.";
        Processes "processes" "Proc" "Its processes.";
        Logs "logs" "Logs" "What it wrote.";
        Shell "shell" "Shell" "Shells in it.";
        Files "files" "Files" "What it changed.";
        Isolation "isolation" "Isol" "How it is held apart.";
        Connections "connections" "Conn" "Its sockets.";
        History "history" "Hist" "Every figure of its last ten minutes.";
    }
    others {
        Tiles "tiles" "Containers as tiles";
        Typing "typing" "Typing in a shell: every other key is the shell's";
        Global "global" "Every tab";
        Past "past" "Looking back";
        Form "form" "Launch form";
        Place "place" "Launch form, where nothing is typed";
        Confirm "confirm" "Questions";
        Sort "sort" "Sort menu";
        Setup "setup" "Setup";
        Menu "menu" "Other menus";
        Filter "filter" "Filter";
        Edit "edit" "Typing";
        Help "help" "Help";
        Palette "palette" "Palette";
        Prompt "prompt" "A line";
        Card "card" "Cards";
        Everywhere "everywhere" "Always";
    }
}
