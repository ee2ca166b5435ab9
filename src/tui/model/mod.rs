//! [`Model`]: everything the screen knows. Plain data: `update` changes it, `view` reads it.

mod card;
mod command;
mod container_list;
mod handles;
mod help;
mod hit;
mod launch_form;
mod layout;
mod line_edit;
mod log_view;
mod looks;
mod palette;
mod past;
mod preset_form;
mod processes;
mod prompt;
mod refusal;
mod sheet;
mod shells;
mod tab;
mod toasts;
mod undo;

use std::collections::BTreeMap;

use jiff::Timestamp;
use ratatui::layout::Size;

pub use card::{Card, FailedLaunch};
pub use container_list::{Column, ContainerList, Sort};
pub use handles::{Grip, Handles, Knob, PendingLimit};
pub use help::HelpLine;
pub use hit::{HitMap, Target};
pub use launch_form::{Field, LaunchForm, command_line};
pub use layout::{CoreGrid, MIN_SIZE, PALETTE_FRAME, Regions, TileGrid, help_rows, palette_rows};
pub use line_edit::LineEdit;
pub use log_view::{
    LogLine, LogPosition, LogSearch, LogView, MARK_COLUMNS, Pane, Selection, TIME_COLUMNS,
};
pub use looks::{
    Check, EventView, FileView, Looks, Prompt, Purpose, SheetView, SignalMenu, SignalTarget, Viewer,
};
pub use palette::Palette;
pub use past::Past;
pub use preset_form::{Compared, PresetField, PresetForm};
pub use processes::{ProcessRow, ProcessSort, ProcessView};
pub use prompt::{LinePrompt, LinePurpose, preset_of};
pub use sheet::{SheetLine, sheet_lines};
pub use shells::{Emulator, ShellId, ShellPane, ShellState, Shells};
pub use tab::Tab;
pub use toasts::{Toast, ToastKind, Toasts};
pub use undo::{Undo, UndoStep, Undoable};

use super::action::Action;
use super::keymap::Context;
use super::settings::Settings;
use crate::record::Record;
use crate::spec::ContainerId;
use crate::stats::{Gap, History, HostSample};

/// Ticks of history kept for each container: ten minutes at one a second.
const HISTORY_TICKS: usize = 600;

/// A question: yes does `action` to `target`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What yes does.
    pub action: Action,
    /// To which container; `None` when it is about no container.
    pub target: Option<ContainerId>,
    /// Of which changed file of it, when it is about one.
    pub file: Option<String>,
}

/// What lies over the tab and has the keys.
#[derive(Debug, Clone, PartialEq)]
pub enum Overlay {
    /// The launch form.
    Form(Box<LaunchForm>),
    /// A preset being edited.
    Preset(Box<PresetForm>),
    /// A question.
    Confirm(Question),
    /// The sort menu, with the line that is chosen.
    Sort(Column),
    /// A container, or a launch, looked at closely.
    Card(Card),
    /// A line to be typed.
    Line(LinePrompt),
    /// The palette.
    Palette(Palette),
    /// Help, scrolled down by so many lines.
    Help(usize),
    /// A signal for a process, or for containers.
    Signal(SignalMenu),
    /// One line typed at the bottom.
    Prompt(Prompt),
    /// The filter while it is typed, and what it was before.
    Filter(LineEdit, String),
}

/// Tells one thing asked for from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EffectId(pub u64);

/// Something asked for and not yet done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// What was asked for.
    pub action: Action,
    /// Of which container; a launch has none yet.
    pub target: Option<ContainerId>,
    /// What to call it.
    pub name: String,
}

/// Everything the screen knows.
#[derive(Debug)]
pub struct Model {
    /// What it was told at the start.
    pub settings: Settings,
    /// Columns and rows of the terminal.
    pub size: Size,
    /// The current time.
    pub now: Timestamp,
    /// Every container, by creation time.
    pub records: Vec<Record>,
    /// Which reading of the records this is; `None` before the first.
    pub records_read: Option<u64>,
    /// The host's figures; `None` before the first sample.
    pub host: Option<HostSample>,
    /// What cannot be had here.
    pub gaps: Vec<Gap>,
    /// The recent past of every living container.
    pub history: History,
    /// When the newest tick was sampled.
    pub sampled_at: Timestamp,
    /// The moment looked at; `None` is now.
    pub past: Option<Past>,
    /// The tab shown.
    pub tab: Tab,
    /// The container table.
    pub list: ContainerList,
    /// The handles on the selected container's gauges.
    pub handles: Handles,
    /// The launch that failed last, until it was looked at.
    pub failed_launch: Option<FailedLaunch>,
    /// The command line for what was done last from this screen.
    pub last_command: Option<String>,
    /// What can be taken back.
    pub undo: Undo,
    /// When the trash is to be looked through next; `None` before anything was thrown away.
    pub purge_at: Option<Timestamp>,
    /// The log.
    pub log: LogView,
    /// Whether the log is being read on: asked for and not yet answered.
    pub log_reading: bool,
    /// What the tabs that look into things show.
    pub looks: Looks,
    /// The shells.
    pub shells: Shells,
    /// The selected preset's place among the presets.
    pub preset: usize,
    /// What it is compared with.
    pub compared: Option<Compared>,
    /// What lies over the tab.
    pub overlay: Option<Overlay>,
    /// The messages shown.
    pub toasts: Toasts,
    /// What was asked for and is not yet done.
    pub pending: BTreeMap<EffectId, Pending>,
    /// The number of the last thing asked for.
    pub last_effect: u64,
    /// What the last frame drew where.
    pub hits: HitMap,
    /// Whether something changed since the last frame.
    pub dirty: bool,
    /// Why the screen ended, when it was not asked to.
    pub fatal: Option<String>,
}

impl Model {
    /// An empty screen of `size` columns and rows.
    #[must_use]
    pub fn new(settings: Settings, size: Size, now: Timestamp) -> Self {
        Self {
            settings,
            size,
            now,
            records: Vec::new(),
            records_read: None,
            host: None,
            gaps: Vec::new(),
            history: History::new(HISTORY_TICKS),
            sampled_at: now,
            past: None,
            tab: Tab::Containers,
            list: ContainerList::default(),
            handles: Handles::default(),
            failed_launch: None,
            last_command: None,
            undo: Undo::default(),
            purge_at: None,
            log: LogView::default(),
            log_reading: false,
            looks: Looks::default(),
            shells: Shells::default(),
            preset: 0,
            compared: None,
            overlay: None,
            toasts: Toasts::default(),
            pending: BTreeMap::new(),
            last_effect: 0,
            hits: HitMap::default(),
            dirty: true,
            fatal: None,
        }
    }

    /// The record of `id`.
    #[must_use]
    pub fn record(&self, id: &ContainerId) -> Option<&Record> {
        self.records.iter().find(|record| record.spec.id == *id)
    }

    /// The selected container.
    #[must_use]
    pub fn selected(&self) -> Option<&Record> {
        self.list.selected.as_ref().and_then(|id| self.record(id))
    }

    /// What a verb is for: the marked containers, else the selected one.
    #[must_use]
    pub fn targets(&self) -> Vec<&Record> {
        if self.list.marks.is_empty() {
            return self.selected().into_iter().collect();
        }
        self.records
            .iter()
            .filter(|record| self.list.marks.contains(&record.spec.id))
            .collect()
    }

    /// What was asked of `id` and is not yet done; a limit on its way keeps nobody waiting.
    #[must_use]
    pub fn pending_for(&self, id: &ContainerId) -> Option<&Pending> {
        self.pending.values().find(|pending| {
            pending.target.as_ref() == Some(id) && pending.action != Action::LimitUp
        })
    }

    /// Why the figure called `figure` cannot be had here.
    #[must_use]
    pub fn gap(&self, figure: &str) -> Option<&str> {
        self.gaps
            .iter()
            .find(|gap| gap.figure == figure)
            .map(|gap| gap.reason.as_str())
    }

    /// Where the keys go, innermost first.
    #[must_use]
    pub fn contexts(&self) -> Vec<Context> {
        let mut contexts = match &self.overlay {
            None if self.tab == Tab::Shell && self.shells.typing => return vec![Context::Typing],
            None => self.contexts_below(),
            Some(Overlay::Form(_) | Overlay::Preset(_)) => vec![Context::Form, Context::Edit],
            Some(Overlay::Confirm(_)) => vec![Context::Confirm],
            Some(Overlay::Sort(_)) => vec![Context::Sort],
            Some(Overlay::Card(_)) => vec![Context::Card],
            Some(Overlay::Line(_)) => vec![Context::Prompt, Context::Edit],
            Some(Overlay::Palette(_)) => vec![Context::Palette, Context::Edit],
            Some(Overlay::Help(_)) => vec![Context::Help],
            Some(Overlay::Signal(_)) => vec![Context::Menu],
            Some(Overlay::Prompt(_)) => vec![Context::Filter, Context::Edit],
            Some(Overlay::Filter(..)) => vec![Context::Filter, Context::Edit],
        };
        contexts.push(Context::Everywhere);
        contexts
    }

    /// Where the keys go when no overlay has them, innermost first.
    fn contexts_below(&self) -> Vec<Context> {
        let tab = self.tab.context();
        if self.past.is_some() {
            vec![Context::Past, tab, Context::Global]
        } else if self.tab == Tab::Containers && self.list.tiles {
            vec![Context::Tiles, tab, Context::Global]
        } else {
            vec![tab, Context::Global]
        }
    }

    /// Where everything lies on a terminal of this size; `None` when it is too small.
    #[must_use]
    pub fn regions(&self) -> Option<Regions> {
        Regions::of(
            self.size,
            self.host.as_ref().map_or(0, |host| host.cores.len()),
            self.tab,
        )
    }

    /// Filters and sorts the containers again and keeps the selection in sight.
    pub fn arrange(&mut self) {
        let mut list = std::mem::take(&mut self.list);
        list.arrange(self);
        self.list = list;
        self.scroll_list();
        self.dirty = true;
    }

    /// Scrolls the containers as little as brings the selected one into sight.
    pub fn scroll_list(&mut self) {
        match (self.regions(), self.tiles()) {
            (_, Some(grid)) => self.list.scroll_tiles_into_view(grid.columns, grid.rows),
            (Some(regions), None) => self.list.scroll_into_view(regions.table_rows()),
            (None, None) => {}
        }
    }

    /// How the containers lie as tiles; `None` while they are rows, or there is no room.
    #[must_use]
    pub fn tiles(&self) -> Option<TileGrid> {
        self.regions()
            .filter(|_| self.list.tiles)
            .map(|regions| regions.tiles())
    }

    /// Asks before doing `action` to `target`.
    pub fn ask(&mut self, action: Action, target: Option<ContainerId>) {
        self.overlay = Some(Overlay::Confirm(Question {
            action,
            target,
            file: None,
        }));
    }

    /// Shows a message.
    pub fn toast(&mut self, kind: ToastKind, text: impl AsRef<str>) {
        let text = super::sanitise::printable(text.as_ref());
        self.toasts.show(kind, text, self.now);
        self.dirty = true;
    }
}
