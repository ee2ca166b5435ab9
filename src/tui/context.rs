//! [`Context`]: where a key is pressed.

macro_rules! contexts {
    ($($variant:ident $id:literal $title:literal;)*) => {
        /// Where a key is pressed. The innermost active context that binds the key decides what it
        /// does.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Context {
            $(#[doc = $title] $variant,)*
        }

        impl Context {
            /// Every context, in the order in which help lists them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The table's name in keymap.toml.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }

            /// The heading in help.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }
        }
    };
}

contexts! {
    Containers "containers" "Containers tab";
    Tiles "tiles" "Containers as tiles";
    Overview "overview" "Overview pane";
    Processes "processes" "Processes pane";
    Logs "logs" "Logs pane";
    Shell "shell" "Shell pane";
    Typing "typing" "Typing in a shell: every other key is the shell's";
    Files "files" "Files pane";
    Isolation "isolation" "Isolation pane";
    Connections "connections" "Connections pane";
    History "history" "History pane";
    Images "images" "Images tab";
    Networks "networks" "Networks tab";
    Presets "presets" "Presets tab";
    Events "events" "Events tab";
    Host "host" "Host tab";
    Global "global" "Every tab";
    Past "past" "Looking back";
    Form "form" "Launch form";
    Confirm "confirm" "Questions";
    Sort "sort" "Sort menu";
    Menu "menu" "Other menus";
    Filter "filter" "Filter";
    Edit "edit" "Typing";
    Help "help" "Help";
    Palette "palette" "Palette";
    Prompt "prompt" "A line";
    Card "card" "Cards";
    Everywhere "everywhere" "Always";
}

impl Context {
    /// Where an action of this context is available, for messages; `None` for overlays and contexts
    /// that have only motions.
    #[must_use]
    pub fn location(self) -> Option<String> {
        match self {
            Self::Past => Some("while looking back".into()),
            Self::Typing => Some("while typing in a shell".into()),
            Self::Containers
            | Self::Images
            | Self::Networks
            | Self::Presets
            | Self::Events
            | Self::Host => Some(format!("on the {}", self.title())),
            Self::Overview
            | Self::Processes
            | Self::Logs
            | Self::Shell
            | Self::Files
            | Self::Isolation
            | Self::Connections
            | Self::History => Some(format!("in the {}", self.title())),
            _ => None,
        }
    }
}
