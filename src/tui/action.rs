//! [`Action`]: everything a person can ask the screen for. Keys, mouse, help and the bottom line
//! all speak in actions.

macro_rules! actions {
    ($($variant:ident $id:literal $label:literal $about:literal;)*) => {
        /// Something a person can ask for. Its id is what the keymap and the config file call it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action {
            $(#[doc = $about] $variant,)*
        }

        impl Action {
            /// Every action, in the order in which help lists them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name in keymap.toml and config.toml.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }

            /// One or two words for the bottom line and for buttons.
            #[must_use]
            pub fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)* }
            }

            /// What it does, for help.
            #[must_use]
            pub fn about(self) -> &'static str {
                match self { $(Self::$variant => $about,)* }
            }
        }
    };
}

actions! {
    Run "run" "Run" "open the launch form";
    Start "start" "Start" "start it again from its saved spec";
    Stop "stop" "Stop" "ask it to end; after the grace time, kill it";
    Restart "restart" "Restart" "stop it if it runs, then start it";
    Pause "pause" "Pause" "freeze its processes, or let a frozen one go on";
    Destroy "destroy" "Destroy" "stop it and trash it; undo brings it back";
    LimitDown "limit-down" "Limit −" "lower its limit on the chosen gauge";
    LimitUp "limit-up" "Limit +" "raise its limit on the chosen gauge";
    SwitchGauge "switch-gauge" "Gauge" "choose the other gauge: CPU or memory";
    Inspect "inspect" "Inspect" "why it died; of a living one, its launch";
    Graphs "graphs" "Graphs" "every figure of its last ten minutes";
    ShowLaunch "show-launch" "Launch" "the steps of its last launch, with their times";
    Undo "undo" "Undo" "take back the last limit or destroy";
    Logs "logs" "Logs" "show what it wrote";
    UsePreset "use-preset" "Launch…" "open the launch form with this preset";
    EditPreset "edit-preset" "Edit" "change this preset in the config file";
    NewPreset "new-preset" "New" "write a new preset into the config file";
    CopyPreset "copy-preset" "Copy" "begin a new preset with what this one says";
    DeletePreset "delete-preset" "Delete" "take this preset out of the config file";
    ComparePreset "compare-preset" "Compare" "compare the others with this one, or stop";
    CompareContainer "compare-container" "Compare with container" "compare with the selected container, or stop";
    SavePreset "save-preset" "Save preset" "save its limits and command as a preset";
    Export "export" "Export" "write its last ten minutes to a CSV or JSON file";
    Tiles "tiles" "Tiles" "show the containers as tiles, or as rows again";
    Mark "mark" "Mark" "mark it, or not; verbs go to all that are marked";
    Unmark "unmark" "Unmark all" "take every mark away";
    Palette "palette" "Palette" "find an action by its name, and do it";
    CopyCommand "copy-command" "Copy command" "copy selected lines, else the last command line";
    Filter "filter" "Filter" "show only what matches what you type";
    SortMenu "sort-menu" "Sort" "choose the column to sort by";
    SortNext "sort-next" "Sort right" "sort by the next column";
    SortPrevious "sort-previous" "Sort left" "sort by the previous column";
    SortInvert "sort-invert" "Invert" "turn the sort order round";
    SortCpu "sort-cpu" "Sort CPU" "sort by CPU use";
    SortMemory "sort-memory" "Sort memory" "sort by memory use";
    SortTime "sort-time" "Sort time" "sort by uptime";
    Follow "follow" "Follow" "stay at the end of the log as it grows, or not";
    Timestamps "timestamps" "Time" "show or hide when each line was written";
    Wrap "wrap" "Wrap" "wrap long lines, or cut them at the edge";
    MergeLogs "merge-logs" "Merge" "the logs of all marked or in view, or of one";
    Search "search" "Search" "find text in the log, as you type";
    SearchNext "search-next" "Next match" "to the next line that matches";
    SearchPrevious "search-previous" "Previous match" "to the previous line that matches";
    SelectLines "select-lines" "Select" "select lines to copy or save, or let go";
    SaveLog "save-log" "Save" "write the selected lines, else all, to a file";
    PreviousContainer "previous-container" "Previous" "turn to the container above";
    NextContainer "next-container" "Next" "turn to the container below";
    Earlier "earlier" "Earlier" "look back a tick: every pane shows it";
    Later "later" "Later" "one tick on";
    MuchEarlier "much-earlier" "Earlier ×10" "look back ten ticks";
    MuchLater "much-later" "Later ×10" "ten ticks on";
    Live "live" "Live" "back to now";
    Freeze "freeze" "Freeze" "let the display stand still, or go on";
    Signal "signal" "Signal" "send a signal to the process, or the container";
    AllProcesses "all-processes" "All" "of every container, or of the selected one";
    SortTree "sort-tree" "Tree" "each process below its parent";
    OpenShell "open-shell" "New shell" "open a shell in the selected container";
    EnterShell "enter-shell" "Type" "give the keys to the shell, or open one";
    LeaveShell "leave-shell" "Leave" "take the keys back; the shell goes on";
    CloseShell "close-shell" "Close" "hang the shell up";
    NextShell "next-shell" "Next" "show the next shell";
    PreviousShell "previous-shell" "Previous" "show the previous shell";
    OpenFile "open-file" "Open" "show the file";
    ExtractFile "extract-file" "Extract" "copy it out to the host";
    RevertFile "revert-file" "Revert" "put the image's own back, of a stopped one";
    RunCheck "run-check" "Run check" "try out this host: runs short containers";
    Up "up" "Up" "one line up";
    Down "down" "Down" "one line down";
    SelectUp "select-up" "Select up" "select the line above too";
    SelectDown "select-down" "Select down" "select the line below too";
    Left "left" "Left" "to the left";
    Right "right" "Right" "to the right";
    PageUp "page-up" "Page up" "one page up";
    PageDown "page-down" "Page down" "one page down";
    HalfPageUp "half-page-up" "Half page up" "half a page up";
    HalfPageDown "half-page-down" "Half page down" "half a page down";
    First "first" "First" "to the first line";
    Last "last" "Last" "to the last line (in a log: follow it)";
    ShowContainers "show-containers" "Containers" "show the Containers tab";
    ShowProcesses "show-processes" "Processes" "show the Processes tab";
    ShowLogs "show-logs" "Logs" "show the Logs tab";
    ShowShell "show-shell" "Shell" "show the Shell tab";
    ShowFiles "show-files" "Files" "show the Files tab";
    ShowIsolation "show-isolation" "Isolation" "show the Isolation tab";
    ShowEvents "show-events" "Events" "show the Events tab";
    ShowPresets "show-presets" "Presets" "show the Presets tab";
    ShowHost "show-host" "Host" "show the Host tab";
    NextTab "next-tab" "Next tab" "show the next tab";
    PreviousTab "previous-tab" "Previous tab" "show the previous tab";
    Dismiss "dismiss" "Dismiss" "put away the newest message, else the filter";
    Help "help" "Help" "show every key";
    Redraw "redraw" "Redraw" "draw the whole screen again";
    Suspend "suspend" "Suspend" "back to the shell for a while; fg returns";
    Quit "quit" "Quit" "leave the screen; containers keep running";
    Confirm "confirm" "OK" "do it";
    Cancel "cancel" "Cancel" "close this without doing anything";
    NextField "next-field" "Next field" "to the next field";
    PreviousField "previous-field" "Previous field" "to the previous field";
    CursorLeft "cursor-left" "Left" "cursor to the left, or the previous choice";
    CursorRight "cursor-right" "Right" "cursor to the right, or the next choice";
    CursorHome "cursor-home" "Home" "cursor to the beginning";
    CursorEnd "cursor-end" "End" "cursor to the end";
    DeleteBefore "delete-before" "Backspace" "delete the character before the cursor";
    DeleteAt "delete-at" "Delete" "delete the character at the cursor";
    DeleteWord "delete-word" "Delete word" "delete the word before the cursor";
    DeleteLine "delete-line" "Delete line" "delete everything before the cursor";
}

impl Action {
    /// The action called `id`.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.id() == id)
    }

    /// Whether it moves about, types or answers: nothing that anybody looks for by name.
    #[must_use]
    pub fn is_motion(self) -> bool {
        self >= Self::Confirm || (Self::Up..=Self::Last).contains(&self)
    }

    /// Whether it changes a container, runs one or writes a file: refused in read-only mode.
    #[must_use]
    pub fn changes_something(self) -> bool {
        matches!(
            self,
            Self::Run
                | Self::Start
                | Self::Stop
                | Self::Restart
                | Self::Pause
                | Self::Destroy
                | Self::UsePreset
                | Self::EditPreset
                | Self::NewPreset
                | Self::CopyPreset
                | Self::DeletePreset
                | Self::LimitDown
                | Self::LimitUp
                | Self::Undo
                | Self::Signal
                | Self::OpenShell
                | Self::EnterShell
                | Self::RevertFile
                | Self::SaveLog
                | Self::RunCheck
        )
    }
}
