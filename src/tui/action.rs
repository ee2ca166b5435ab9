//! [`Action`]: everything the user can do on the screen, as one table. Keys, mouse, help, the
//! palette and the bottom line all use it.

use strum::{EnumString, IntoStaticStr, VariantArray};

use super::context::Context;

/// The effect of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Moves, types or answers: not listed in the palette.
    Motion,
    /// Changes what the screen shows, and nothing else.
    View,
    /// Changes or runs a container, or writes a file: refused in read-only mode.
    Change,
}

/// What an action requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing.
    Nothing,
    /// A selected container.
    Container,
    /// A selected container that is running.
    Running,
    /// Marked containers, or a selected one.
    Targets,
    /// The same, and at least one of them must be alive.
    LivingTargets,
    /// At least one marked container.
    Marks,
}

/// What one wants to do: the sections of help, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, VariantArray)]
pub enum Topic {
    /// Run containers and end them.
    Run,
    /// See what they do.
    Look,
    /// Change their limits.
    Limits,
    /// Move in what is shown.
    Move,
    /// Choose and order what lists show.
    Lists,
    /// Use the screen.
    Screen,
}

impl Topic {
    /// Every topic, in the order of help.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// Its heading.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Run => "Run and stop",
            Self::Look => "Look",
            Self::Limits => "Limits",
            Self::Move => "Move",
            Self::Lists => "Lists and filter",
            Self::Screen => "Screen",
        }
    }
}

macro_rules! actions {
    ($(
        $variant:ident $label:literal $help:literal
        [$($context:ident),*] $kind:ident $($needs:ident)? $(=> $topic:ident)?;
    )*) => {
        /// An action of the user. Its id in the keymap and the config file is its name in
        /// kebab-case.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumString, IntoStaticStr,
            VariantArray,
        )]
        #[strum(serialize_all = "kebab-case")]
        pub enum Action {
            $(#[doc = $help] $variant,)*
        }

        impl Action {
            /// One or two words for the bottom line and for buttons.
            #[must_use]
            pub fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)* }
            }

            /// What it does, in a few words.
            #[must_use]
            pub fn help(self) -> &'static str {
                match self { $(Self::$variant => $help,)* }
            }

            /// Where it is available; empty for a motion, which works wherever it has a key.
            #[must_use]
            pub fn contexts(self) -> &'static [Context] {
                match self { $(Self::$variant => &[$(Context::$context),*],)* }
            }

            /// Its effect.
            #[must_use]
            pub fn kind(self) -> Kind {
                match self { $(Self::$variant => Kind::$kind,)* }
            }

            /// What it requires.
            #[must_use]
            pub fn needs(self) -> Needs {
                match self { $(Self::$variant => [$(Needs::$needs,)? Needs::Nothing][0],)* }
            }

            /// What one wants to do with it.
            #[must_use]
            pub fn topic(self) -> Topic {
                let topic = match self {
                    $(Self::$variant => [$(Some(Topic::$topic),)? None][0],)*
                };
                topic.unwrap_or(match self.kind() {
                    Kind::Motion => Topic::Move,
                    Kind::View => Topic::Look,
                    Kind::Change => Topic::Run,
                })
            }
        }
    };
}

// action, label, help, contexts, kind, needs, topic (else that of its kind)
actions! {
    Run "Run" "open the launch form" [Global] Change;
    Start "Start" "start it again from its saved spec" [Global] Change Targets;
    Stop "Stop" "ask it to end; after the grace time, kill it" [Global] Change Targets;
    Restart "Restart" "stop it if it runs, then start it" [Global] Change Targets;
    Pause "Pause" "freeze its processes, or let a frozen one go on" [Global] Change Targets;
    Destroy "Destroy" "stop it and trash it; undo brings it back" [Global] Change Targets;
    AgainWithChanges "Again…" "open the launch form with its settings" [Global] Change Container;
    Rename "Rename" "give it another name" [Global] Change Container;
    LimitDown "Limit −" "lower its limit on the chosen gauge" [Global] Change Container => Limits;
    LimitUp "Limit +" "raise its limit on the chosen gauge" [Global] Change Container => Limits;
    SwitchGauge "Gauge" "choose the other gauge: CPU or memory" [Global] View => Limits;
    Inspect "Inspect" "why it died; of a living one, its launch" [Global] View Container;
    GraphScale "Scale" "scale graphs to the limit, or to the data" [Global] View;
    ShowLaunch "Launch" "its last launch, or the one that just failed" [Global] View;
    Undo "Undo" "take back the last stop, start, limit, …" [Global] Change;
    Logs "Logs" "what it wrote; of all that are marked" [Global] View;
    UsePreset "Launch…" "open the launch form with this preset" [Presets] Change;
    EditPreset "Edit" "change this preset in the config file" [Presets] Change;
    NewPreset "New" "write a new preset into the config file" [Presets] Change;
    CopyPreset "Copy" "begin a new preset with what this one says" [Presets] Change;
    DeletePreset "Delete" "take this preset out of the config file" [Presets] Change;
    ComparePreset "Compare" "compare the others with this one, or stop" [Presets] View;
    CompareContainer "Compare with container" "compare with the selected container, or stop"
        [Presets] View Container;
    SavePreset "Save preset" "save its limits and command as a preset" [Global] Change Container;
    Export "Export" "write its last ten minutes to a CSV or JSON file"
        [Global] Change Container => Look;
    Tiles "Tiles" "show the containers as tiles, or as rows again" [Containers] View => Lists;
    Fold "Fold" "fold or unfold the group, else all of them" [Containers] View => Lists;
    Mark "Mark" "mark it, or not; verbs go to all that are marked"
        [Containers] View Targets => Lists;
    Unmark "Unmark all" "take every mark away" [Containers] View Marks => Lists;
    ShowUsers "Used by" "show only the containers that use it" [Images, Networks] View => Lists;
    Palette "Palette" "find an action by its name, and do it" [Global] View => Screen;
    CopyCommand "Copy command" "copy selected lines, else the last command line"
        [Global] View => Screen;
    Setup "Setup" "choose columns, meters, theme, tick and keys" [Global] View => Screen;
    Filter "Filter" "show only what matches what you type" [Containers, Events, Help] View => Lists;
    SortMenu "Sort" "choose the column to sort by" [Containers] View => Lists;
    SortNext "Sort right" "sort by the next column" [Containers] View => Lists;
    SortPrevious "Sort left" "sort by the previous column" [Containers] View => Lists;
    SortInvert "Invert" "turn the sort order round" [Containers, Sort] View => Lists;
    SortCpu "Sort CPU" "sort by CPU use" [Containers, Processes] View => Lists;
    SortMemory "Sort memory" "sort by memory use" [Containers, Processes] View => Lists;
    SortTime "Sort time" "sort by uptime" [Containers] View => Lists;
    Follow "Follow" "stay at the end of the log as it grows, or not" [Logs, Events] View;
    Timestamps "Time" "show or hide when each line was written" [Logs] View;
    Wrap "Wrap" "wrap long lines, or cut them at the edge" [Logs] View;
    MergeLogs "Merge" "the logs of all marked or in view, or of one" [Logs] View;
    Search "Search" "find text in the log, as you type" [Logs] View;
    SearchNext "Next match" "to the next line that matches" [Logs] View;
    SearchPrevious "Previous match" "to the previous line that matches" [Logs] View;
    SelectLines "Select" "select lines to copy or save, or let go" [Logs] View;
    SaveLog "Save" "write the selected lines, else all, to a file" [Logs] Change;
    WidenHistory "Time" "show more time, up to all that is kept" [History] View;
    PreviousContainer "Previous" "turn to the container above"
        [Overview, Processes, Logs, Shell, Files, Isolation, Connections, History] View => Move;
    NextContainer "Next" "turn to the container below"
        [Overview, Processes, Logs, Shell, Files, Isolation, Connections, History] View => Move;
    Earlier "Earlier" "look back a tick: every pane shows it" [Global] View;
    Later "Later" "one tick on" [Past] View;
    MuchEarlier "Earlier ×10" "look back ten ticks" [Global] View;
    MuchLater "Later ×10" "ten ticks on" [Past] View;
    Live "Live" "back to now" [Past] View;
    Freeze "Freeze" "let the display stand still, or go on" [Global] View;
    Signal "Signal" "send a signal to the process, or the container"
        [Containers, Processes] Change LivingTargets;
    AllProcesses "All" "of every container, or of the selected one" [Processes] View;
    SortTree "Tree" "each process below its parent" [Processes] View;
    Shell "Shell" "open a shell in it, or go on in the open one" [Global] Change Running;
    SortConnections "Sort" "by state, by port, or by what was sent" [Connections] View;
    OpenShell "New shell" "open another shell in it" [Shell] Change Running;
    EnterShell "Type" "give the keys to the shell, or open one" [Shell] Change;
    LeaveShell "Leave" "take the keys back; the shell goes on" [Typing] View;
    CloseShell "Close" "hang the shell up" [Shell] View;
    NextShell "Next" "show the next shell" [Shell] View;
    PreviousShell "Previous" "show the previous shell" [Shell] View;
    OpenFile "Open" "show the file" [Files] View;
    ExtractFile "Extract" "copy it out to the host" [Files] Change Container;
    RevertFile "Revert" "put the image's own back, of a stopped one" [Files] Change Container;
    RunCheck "Run check" "try out this host: runs short containers" [Host] Change;
    Up "Up" "one line up" [] Motion;
    Down "Down" "one line down" [] Motion;
    SelectUp "Select up" "select the line above too" [] Motion;
    SelectDown "Select down" "select the line below too" [] Motion;
    Left "Left" "to the left" [] Motion;
    Right "Right" "to the right" [] Motion;
    PageUp "Page up" "one page up" [] Motion;
    PageDown "Page down" "one page down" [] Motion;
    HalfPageUp "Half page up" "half a page up" [] Motion;
    HalfPageDown "Half page down" "half a page down" [] Motion;
    First "First" "to the first line" [] Motion;
    Last "Last" "to the last line (in a log: follow it)" [] Motion;
    ShowContainers "Containers" "show the Containers tab" [Global] View => Screen;
    ShowImages "Images" "show what containers are made from" [Global] View => Screen;
    ShowNetworks "Networks" "show which network each container has" [Global] View => Screen;
    ShowPresets "Presets" "show the Presets tab" [Global] View => Screen;
    ShowEvents "Events" "show the Events tab" [Global] View => Screen;
    ShowHost "Host" "show the Host tab" [Global] View => Screen;
    ShowOverview "Overview" "its figures, limits, and how it is" [Global] View;
    ShowProcesses "Processes" "its processes" [Global] View;
    ShowShell "Shells" "the shells in it" [Global] View;
    ShowFiles "Files" "what it changed against its image" [Global] View;
    ShowIsolation "Isolation" "how it is held apart" [Global] View;
    ShowConnections "Connections" "its sockets" [Global] View;
    ShowHistory "History" "every figure of its last ten minutes" [Global] View;
    NextPane "Next pane" "to the pane, then to the next one" [Global] View;
    PreviousPane "Previous pane" "to the pane, then to the previous one" [Global] View;
    Zoom "Zoom" "give the pane the whole screen, or the list back" [Containers] View;
    GrowList "List +" "more rows for the list, fewer for the pane" [Containers] View => Screen;
    GrowPane "Pane +" "more rows for the pane, fewer for the list" [Containers] View => Screen;
    NextTab "Next tab" "show the next tab" [Global] View => Screen;
    PreviousTab "Previous tab" "show the previous tab" [Global] View => Screen;
    Dismiss "Back" "one step back: zoom, pane, message, filter" [Global] View => Screen;
    Help "Help" "show every key" [Global] View => Screen;
    Redraw "Redraw" "draw the whole screen again" [Global] View => Screen;
    Suspend "Suspend" "back to the shell for a while; fg returns" [Global] View => Screen;
    Quit "Quit" "leave the screen; containers keep running" [Global] View => Screen;
    Confirm "OK" "do it" [] Motion;
    Cancel "Cancel" "close this without doing anything" [] Motion;
    Choose "Choose" "switch it on or off, or give it a key" [] Motion;
    MoveUp "Move up" "move it up" [] Motion;
    MoveDown "Move down" "move it down" [] Motion;
    NextField "Next field" "to the next field" [] Motion;
    PreviousField "Previous field" "to the previous field" [] Motion;
    NextSection "Next section" "to the next section" [] Motion;
    PreviousSection "Previous section" "to the section before" [] Motion;
    Toggle "Fold" "fold or unfold a section; the next choice" [] Motion;
    RemoveLine "Remove line" "take this line out of a list" [] Motion;
    Launch "Launch" "launch it, from wherever in the form" [] Motion;
    CursorLeft "Left" "cursor to the left, or the previous choice" [] Motion;
    CursorRight "Right" "right, the next choice, or complete the word" [] Motion;
    CursorHome "Home" "cursor to the beginning" [] Motion;
    CursorEnd "End" "cursor to the end" [] Motion;
    DeleteBefore "Backspace" "delete the character before the cursor" [] Motion;
    DeleteAt "Delete" "delete the character at the cursor" [] Motion;
    DeleteWord "Delete word" "delete the word before the cursor" [] Motion;
    DeleteLine "Delete line" "delete everything before the cursor" [] Motion;
}

impl Action {
    /// Every action, in the order in which help lists them.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The name in keymap.toml and config.toml.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.into()
    }

    /// The action called `id`.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        id.parse().ok()
    }

    /// Whether it moves, types or answers: not listed in the palette.
    #[must_use]
    pub fn is_motion(self) -> bool {
        self.kind() == Kind::Motion
    }

    /// Whether it changes or runs a container, or writes a file: refused in read-only mode.
    #[must_use]
    pub fn changes_something(self) -> bool {
        self.kind() == Kind::Change
    }
}
