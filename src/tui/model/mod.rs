//! [`Model`]: everything the screen knows. Plain data: `update` changes it, `view` reads it.

mod batch;
mod card;
mod columns;
mod command;
mod connections;
mod container_list;
mod contents;
mod cpu_amount;
mod frame;
mod group_overview;
mod groups;
mod handles;
mod help;
mod hit;
mod launch_form;
mod layout;
mod line_edit;
mod log_view;
mod looks;
mod overview;
mod palette;
mod past;
mod preset_form;
mod processes;
mod prompt;
mod question;
mod refusal;
mod setup;
mod sheet;
mod shells;
mod sort;
mod tab;
mod toasts;
mod unbound;
mod undo;
mod usage;

use std::collections::BTreeMap;

use jiff::Timestamp;
use ratatui::layout::Size;

pub use crate::tui::context::{Pane, Tab};
pub use batch::{Batch, Batches};
pub use card::{Card, CrashLoop, FailedLaunch};
pub use columns::Column;
pub use connections::{ConnectionSort, ConnectionView};
pub use container_list::ContainerList;
pub use contents::{Contents, INDENT};
pub use frame::{Focus, Frame};
pub use group_overview::{GroupFacts, GroupPlan, GroupTopic, group_plan};
pub use groups::{Badness, Group, Row, Sums};
pub use handles::{Grip, Handles, Knob, PendingLimit};
pub use help::{Help, HelpLayout, HelpLine, HelpSection};
pub use hit::{HitMap, Target};
pub use launch_form::{
    Field, FormLayout, FormRow, Kind, LaunchForm, Problem, Section, Spot, command_line,
    command_rows, error_rows, form_area,
};
pub use layout::{
    Content, CoreGrid, MIN_SIZE, PALETTE_FRAME, Regions, TileGrid, help_page, palette_rows,
};
pub use line_edit::LineEdit;
pub use log_view::{
    LogLine, LogPosition, LogSearch, LogSize, LogView, MARK_COLUMNS, Selection, TIME_COLUMNS,
};
pub use looks::{
    Check, EventView, FileView, Looks, OverviewView, Prompt, Purpose, SheetView, SignalMenu,
    SignalTarget, Viewer,
};
pub use overview::{CLOCK_COLUMNS, Facts, NAME_COLUMNS, Part, Topic, plan, text_rows};
pub use palette::Palette;
pub use past::{Past, Span};
pub use preset_form::{Compared, PresetField, PresetForm};
pub use processes::{ProcessRow, ProcessSort, ProcessView};
pub use prompt::{LinePrompt, LinePurpose, preset_of};
pub use question::{Able, Question, QuestionArgument};
pub use setup::{Setup, SetupSection};
pub use sheet::{RATING, SheetColumns, SheetLine, sheet_lines};
pub use shells::{Emulator, ShellId, ShellPane, ShellState, Shells};
pub use sort::Sort;
pub use toasts::{Toast, ToastKind, Toasts};
pub use unbound::Unbound;
pub(in crate::tui) use undo::running_since;
pub use undo::{Reversal, Undo, UndoStep, Undoable};
pub use usage::{UsageView, Used, image_word, network_word};

use super::action::Action;
use super::keymap::Context;
use super::remembered::Remembered;
use super::settings::Settings;
use crate::record::Record;
use crate::spec::ContainerId;
use crate::stats::{Gap, History, HostSample};

/// Ticks of history kept for each container: ten minutes at one a second.
const HISTORY_TICKS: usize = 600;

/// An overlay over the tab, which gets the keys.
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
    /// The setup.
    Setup(Box<Setup>),
    /// A card about a container or a launch.
    Card(Card),
    /// A prompt for one line, in a box.
    Line(LinePrompt),
    /// The palette.
    Palette(Palette),
    /// Help.
    Help(Help),
    /// A signal for a process, or for containers.
    Signal(SignalMenu),
    /// A prompt for one line, at the bottom.
    Prompt(Prompt),
    /// The filter being typed, with its previous value.
    Filter(LineEdit, String),
}

/// The id of an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EffectId(pub u64);

/// An engine call that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The action.
    pub action: Action,
    /// Its container; a launch has none yet.
    pub target: Option<ContainerId>,
    /// Its name for messages.
    pub name: String,
}

/// Everything the screen knows.
#[derive(Debug)]
pub struct Model {
    /// The settings.
    pub settings: Settings,
    /// The size of the terminal in cells.
    pub size: Size,
    /// When the screen was opened.
    pub opened_at: Timestamp,
    /// The current time.
    pub now: Timestamp,
    /// Every container, by creation time.
    pub records: Vec<Record>,
    /// The number of the read of the records; `None` before the first.
    pub records_read: Option<u64>,
    /// The host's figures; `None` before the first sample.
    pub host: Option<HostSample>,
    /// Figures that are not available on this host.
    pub gaps: Vec<Gap>,
    /// The recent past of every living container.
    pub history: History,
    /// When the newest tick was sampled.
    pub sampled_at: Timestamp,
    /// The moment shown; `None` is now.
    pub past: Option<Past>,
    /// How much time the History pane shows; `None` until it is chosen.
    pub span: Option<Span>,
    /// Whether graphs are scaled to the limit instead of the data.
    pub graphs_to_limit: bool,
    /// The tab shown.
    pub tab: Tab,
    /// The parts of the Containers tab.
    pub frame: Frame,
    /// The container table.
    pub list: ContainerList,
    /// The handles on the selected container's gauges.
    pub handles: Handles,
    /// The last failed launch, until it is shown.
    pub failed_launch: Option<FailedLaunch>,
    /// The containers that die again and again.
    pub crash_loops: BTreeMap<ContainerId, CrashLoop>,
    /// The command line of the last action.
    pub last_command: Option<String>,
    /// Actions on several containers that have not ended.
    pub batches: Batches,
    /// What can be undone.
    pub undo: Undo,
    /// When the trash is to be purged next; `None` before anything was put into it.
    pub purge_at: Option<Timestamp>,
    /// The log.
    pub log: LogView,
    /// Whether a read of the log has not been answered yet.
    pub log_reading: bool,
    /// The state of the tabs that query the engine.
    pub looks: Looks,
    /// The Images and Networks tabs.
    pub usage: UsageView,
    /// The shells.
    pub shells: Shells,
    /// The index of the selected preset.
    pub preset: usize,
    /// What the selected preset is compared with.
    pub compared: Option<Compared>,
    /// The overlay.
    pub overlay: Option<Overlay>,
    /// The names of the containers that went while the overlay was open, or just before.
    pub departed: BTreeMap<ContainerId, String>,
    /// What is remembered from one start to the next.
    pub remembered: Remembered,
    /// The last key that does nothing where it was pressed.
    pub unbound: Option<Unbound>,
    /// The messages shown.
    pub toasts: Toasts,
    /// The engine calls that have not ended.
    pub pending: BTreeMap<EffectId, Pending>,
    /// The id of the last effect.
    pub last_effect: u64,
    /// What the last frame drew where.
    pub hits: HitMap,
    /// Whether something changed since the last frame.
    pub dirty: bool,
    /// The fatal error that ended the screen.
    pub fatal: Option<String>,
}

impl Model {
    /// An empty screen of `size` cells.
    #[must_use]
    pub fn new(settings: Settings, size: Size, now: Timestamp) -> Self {
        Self {
            settings,
            size,
            opened_at: now,
            now,
            records: Vec::new(),
            records_read: None,
            host: None,
            gaps: Vec::new(),
            history: History::new(HISTORY_TICKS),
            sampled_at: now,
            past: None,
            span: None,
            graphs_to_limit: false,
            tab: Tab::Containers,
            frame: Frame::default(),
            list: ContainerList::default(),
            handles: Handles::default(),
            failed_launch: None,
            crash_loops: BTreeMap::new(),
            last_command: None,
            batches: Batches::default(),
            undo: Undo::default(),
            purge_at: None,
            log: LogView::default(),
            log_reading: false,
            looks: Looks::default(),
            usage: UsageView::default(),
            shells: Shells::default(),
            preset: 0,
            compared: None,
            overlay: None,
            departed: BTreeMap::new(),
            unbound: None,
            remembered: Remembered::default(),
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

    /// Whether leaving is asked about: something is under way, or a shell is open.
    #[must_use]
    pub fn asks_before_quitting(&self) -> bool {
        !self.pending.is_empty() || self.shells.running() > 0
    }

    /// The shell shown: one in the selected container.
    #[must_use]
    pub fn shell(&self) -> Option<&ShellPane> {
        self.shells.shown(self.list.selected.as_ref()?)
    }

    /// The same, to change it.
    pub fn shell_mut(&mut self) -> Option<&mut ShellPane> {
        let id = self.shell()?.id;
        self.shells.find(id)
    }

    /// Whether keys go to the shell.
    #[must_use]
    pub fn typing(&self) -> bool {
        self.shells.typing && self.focused() == Some(Pane::Shell)
    }

    /// The targets of a verb: the marked containers, else those of the selected group, else the
    /// selected one.
    #[must_use]
    pub fn targets(&self) -> Vec<&Record> {
        if self.list.marks.is_empty() {
            return self.chosen();
        }
        self.records
            .iter()
            .filter(|record| self.list.marks.contains(&record.spec.id))
            .collect()
    }

    /// The containers of the selected group, else the selected one.
    #[must_use]
    pub fn chosen(&self) -> Vec<&Record> {
        match self.list.selected_group() {
            Some(group) => group.members.iter().map(|at| &self.records[*at]).collect(),
            None => self.selected().into_iter().collect(),
        }
    }

    /// The call on `id` that has not ended, except for setting a limit, which blocks no other verb.
    #[must_use]
    pub fn pending_for(&self, id: &ContainerId) -> Option<&Pending> {
        self.pending.values().find(|pending| {
            pending.target.as_ref() == Some(id) && pending.action != Action::LimitUp
        })
    }

    /// Why what is reported as `figure` ([`crate::stats::Figure::gap`]) is not available on this
    /// host.
    #[must_use]
    pub fn gap(&self, figure: &str) -> Option<&str> {
        self.gaps
            .iter()
            .find(|gap| gap.figure == figure)
            .map(|gap| gap.reason.as_str())
    }

    /// The active contexts, innermost first.
    #[must_use]
    pub fn contexts(&self) -> Vec<Context> {
        let mut contexts = match &self.overlay {
            None if self.typing() => return vec![Context::Typing],
            None => self.contexts_below(),
            Some(Overlay::Form(form)) if !form.is_typing() => {
                vec![Context::Place, Context::Form]
            }
            Some(Overlay::Form(_) | Overlay::Preset(_)) => vec![Context::Form, Context::Edit],
            Some(Overlay::Confirm(_)) => vec![Context::Confirm],
            Some(Overlay::Sort(_)) => vec![Context::Sort],
            Some(Overlay::Setup(_)) => vec![Context::Setup],
            Some(Overlay::Card(_)) => vec![Context::Card],
            Some(Overlay::Line(_)) => vec![Context::Prompt, Context::Edit],
            Some(Overlay::Palette(_)) => vec![Context::Palette, Context::Edit],
            Some(Overlay::Help(help)) if help.typing => vec![Context::Filter, Context::Edit],
            Some(Overlay::Help(_)) => vec![Context::Help],
            Some(Overlay::Signal(_)) => vec![Context::Menu],
            Some(Overlay::Prompt(_)) => vec![Context::Filter, Context::Edit],
            Some(Overlay::Filter(..)) => vec![Context::Filter, Context::Edit],
        };
        contexts.push(Context::Everywhere);
        contexts
    }

    /// The regions of the screen; `None` when it is too small.
    #[must_use]
    pub fn regions(&self) -> Option<Regions> {
        let content = Content {
            cores: self.host.as_ref().map_or(0, |host| host.cores.len()),
            meters: &self.settings.meters,
            tab: self.tab,
            frame: &self.frame,
            rows: self.list.rows().len(),
            tiles: self.list.tiles,
        };
        Regions::of(self.size, &content)
    }

    /// Filters and sorts the containers again and keeps the selection visible.
    pub fn arrange(&mut self) {
        let mut list = std::mem::take(&mut self.list);
        list.arrange(self);
        self.list = list;
        self.scroll_list();
        self.dirty = true;
    }

    /// Scrolls the containers by the least amount that shows the selected one.
    pub fn scroll_list(&mut self) {
        match (self.regions(), self.tiles()) {
            (_, Some(grid)) => self.list.scroll_tiles_into_view(grid.columns, grid.rows),
            (Some(regions), None) => self.list.scroll_into_view(regions.table_rows()),
            (None, None) => {}
        }
    }

    /// The layout of the tiles; `None` while rows are shown, or there is no room.
    #[must_use]
    pub fn tiles(&self) -> Option<TileGrid> {
        self.regions()
            .filter(|_| self.list.tiles)
            .map(|regions| regions.tiles())
    }

    /// The columns of a list of `width` cells, with their widths.
    #[must_use]
    pub fn columns(&self, width: u16) -> Vec<(Column, u16)> {
        columns::layout(width, &self.settings.columns, &self.list.contents)
    }

    /// Those of `chosen` that rows of `width` cells show, with their widths.
    #[must_use]
    pub fn columns_of(&self, width: u16, chosen: &[Column]) -> Vec<(Column, u16)> {
        columns::layout(width, chosen, &self.list.contents)
    }

    /// The columns that the list shows, left to right.
    #[must_use]
    pub fn shown_columns(&self) -> Vec<Column> {
        let width = self.regions().map_or(0, |regions| regions.body.width);
        let shown = self.columns(width).into_iter();
        shown.map(|(column, _)| column).collect()
    }

    /// Whether the first-start hint is shown: only where it can be remembered that it was.
    #[must_use]
    pub fn shows_hint(&self) -> bool {
        let remembers = self.settings.remembered_in.is_some() && !self.settings.read_only;
        remembers && !self.remembered.hint_seen
    }

    /// Shows a message.
    pub fn toast(&mut self, kind: ToastKind, text: impl AsRef<str>) {
        let text = super::sanitise::printable(text.as_ref());
        self.toasts.show(kind, text, self.now);
        self.dirty = true;
    }
}
