//! [`Looks`]: the state of the tabs that query the engine: processes, isolation, host, events,
//! files.

use std::collections::VecDeque;

use jiff::Timestamp;

use super::{ConnectionView, LineEdit, LogLine, LogPosition, LogSearch, ProcessSort, ProcessView};
use crate::inspect::{Change, Changes, ProcessInfo, Sheet};
use crate::manager::Error;
use crate::record::{LoggedEvent, Status};
use crate::spec::ContainerId;

/// The most events kept.
const MAX_EVENTS: usize = 10_000;

/// A sheet on the screen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SheetView {
    /// The container, if the sheet is about one.
    pub of: Option<ContainerId>,
    /// The sheet or an error; `None` before the first answer.
    pub sheet: Option<Result<Sheet, String>>,
    /// Lines scrolled down.
    pub offset: usize,
}

/// What the Overview shows beside the record and the figures of its container.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OverviewView {
    /// The container, and its status when it was last looked at.
    pub asked: Option<(ContainerId, Status)>,
    /// The container that was seen.
    pub of: Option<ContainerId>,
    /// The last lines of its log, or an error.
    pub log: Option<Result<Vec<LogLine>, String>>,
    /// Its processes, the busiest first.
    pub processes: ProcessView,
}

impl OverviewView {
    /// Takes what was seen of `id` at `now`; returns whether it differs from what was shown.
    pub fn take(
        &mut self,
        id: ContainerId,
        log: Result<Vec<LogLine>, String>,
        processes: Option<Result<Vec<ProcessInfo>, Error>>,
        now: Timestamp,
    ) -> bool {
        let same = self.of.as_ref() == Some(&id);
        if !same {
            self.processes = ProcessView::default();
            self.processes.sort = ProcessSort::Cpu;
        }
        let before = self.processes.rows.clone();
        let groups = processes.map(|seen| (id.clone(), seen));
        self.processes.take(groups.into_iter().collect(), now);
        let log = Some(log);
        let changed = !same || self.log != log || self.processes.rows != before;
        (self.of, self.log) = (Some(id), log);
        changed
    }
}

/// The events on the screen.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EventView {
    /// The newest events, oldest first.
    pub list: VecDeque<LoggedEvent>,
    /// Why they cannot be read.
    pub error: Option<String>,
    /// The filter.
    pub filter: String,
    /// Lines scrolled up from the newest; `None` when following it.
    pub back: Option<usize>,
}

impl EventView {
    /// Adds new events without moving the view.
    pub fn extend(&mut self, events: Vec<LoggedEvent>) {
        let shown = events.iter().filter(|event| self.matches(event)).count();
        if let Some(back) = &mut self.back {
            *back += shown;
        }
        self.list.extend(events);
        let surplus = self.list.len().saturating_sub(MAX_EVENTS);
        self.list.drain(..surplus);
    }

    /// Whether its name, id, kind, cause or detail contains every word of the filter.
    #[must_use]
    pub fn matches(&self, event: &LoggedEvent) -> bool {
        if self.filter.is_empty() {
            return true;
        }
        let cause = event
            .cause
            .as_ref()
            .map(|cause| cause.brief())
            .unwrap_or_default();
        let detail = event.detail.as_deref().unwrap_or_default();
        let text = format!(
            "{} {} {} {cause} {detail}",
            event.name, event.id, event.event
        )
        .to_lowercase();
        self.filter
            .to_lowercase()
            .split_whitespace()
            .all(|word| text.contains(word))
    }

    /// The events that match the filter, oldest first.
    pub fn shown(&self) -> impl DoubleEndedIterator<Item = &LoggedEvent> {
        self.list.iter().filter(|event| self.matches(event))
    }
}

/// A text file on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// Its path.
    pub path: String,
    /// Its lines, safe to draw, or an error.
    pub lines: Result<Vec<String>, String>,
    /// Lines scrolled down.
    pub offset: usize,
}

/// The changed files on the screen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FileView {
    /// The container.
    pub of: Option<ContainerId>,
    /// The changes or an error; `None` before the first answer.
    pub changes: Option<Result<Changes, String>>,
    /// The path of the selected change.
    pub selected: Option<String>,
    /// An open file.
    pub viewer: Option<Viewer>,
}

impl FileView {
    /// The changes.
    #[must_use]
    pub fn list(&self) -> &[Change] {
        match &self.changes {
            Some(Ok(changes)) => &changes.list,
            _ => &[],
        }
    }

    /// The selected row: the first at or after the selected path.
    #[must_use]
    pub fn row(&self) -> usize {
        let Some(path) = &self.selected else { return 0 };
        let list = self.list();
        list.partition_point(|change| change.path < *path)
            .min(list.len().saturating_sub(1))
    }

    /// The selected change.
    #[must_use]
    pub fn chosen(&self) -> Option<&Change> {
        self.list().get(self.row())
    }
}

/// The purpose of the line typed at the bottom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// The event filter, with its previous value.
    EventFilter(String),
    /// A search in the log, with the previous search and position, and the line from which to
    /// search.
    LogSearch {
        /// The previous search and position.
        before: Box<(LogSearch, LogPosition)>,
        /// The number of the line.
        from: u64,
    },
    /// The target folder for this path of this container.
    Extract(ContainerId, String),
}

impl Purpose {
    /// The label before the line.
    #[must_use]
    pub fn title(&self) -> &'static str {
        match self {
            Self::EventFilter(_) => "Filter",
            Self::LogSearch { .. } => "Search",
            Self::Extract(..) => "Extract into the folder",
        }
    }
}

/// One line being typed at the bottom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// Its purpose.
    pub purpose: Purpose,
    /// The line.
    pub line: LineEdit,
}

/// The target of a signal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignalTarget {
    /// One process of a container.
    Process {
        /// The container.
        id: ContainerId,
        /// Its pid on the host.
        pid: i32,
        /// Its command line.
        command: String,
    },
    /// The init of each of these containers.
    Containers(Vec<ContainerId>),
}

impl SignalTarget {
    /// Its containers.
    #[must_use]
    pub fn ids(&self) -> Vec<ContainerId> {
        match self {
            Self::Process { id, .. } => vec![id.clone()],
            Self::Containers(ids) => ids.clone(),
        }
    }

    /// The container, if there is only one.
    #[must_use]
    pub fn only(&self) -> Option<&ContainerId> {
        match self {
            Self::Process { id, .. } => Some(id),
            Self::Containers(ids) => ids.first().filter(|_| ids.len() == 1),
        }
    }
}

/// The signal menu over a process or containers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignalMenu {
    /// The target.
    pub to: SignalTarget,
    /// The selected row.
    pub row: usize,
}

impl SignalMenu {
    /// The signals offered, each with its usual purpose.
    pub const SIGNALS: [(i32, &'static str); 9] = [
        (15, "ask it to end"),
        (9, "end it at once"),
        (2, "interrupt it, as Ctrl-C does"),
        (1, "hang up; many read their settings again"),
        (3, "quit, with a core dump"),
        (19, "stop it until SIGCONT"),
        (18, "let it go on"),
        (10, "for what the program makes of it"),
        (12, "for what the program makes of it"),
    ];
}

/// The state of the host check, which runs containers and is started only by a key.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Check {
    /// Not started.
    #[default]
    NotRun,
    /// Running.
    Running,
    /// Its result, or an error.
    Done(Result<Sheet, String>),
}

/// The state of the tabs that query the engine.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Looks {
    /// Whether a look has not been answered yet.
    pub busy: bool,
    /// Whether something else is shown than what was asked for.
    pub again: bool,
    /// The Overview of the selected container.
    pub overview: OverviewView,
    /// The Processes pane.
    pub processes: ProcessView,
    /// The Isolation pane.
    pub isolation: SheetView,
    /// The Connections pane.
    pub connections: ConnectionView,
    /// The Host tab.
    pub host: SheetView,
    /// The host's capabilities, as far as they can be read; `None` before the first answer.
    pub facts: Option<Result<Sheet, String>>,
    /// Whether they were requested.
    pub facts_asked: bool,
    /// The host check.
    pub check: Check,
    /// The Events tab.
    pub events: EventView,
    /// The Files pane.
    pub files: FileView,
}
