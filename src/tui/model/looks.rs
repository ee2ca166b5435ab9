//! [`Looks`]: what the tabs that look into things show: processes, isolation, host, events, files.

use std::collections::VecDeque;

use super::{LineEdit, LogSearch, Place, ProcessView};
use crate::inspect::{Change, Changes, Sheet};
use crate::record::LoggedEvent;
use crate::spec::ContainerId;

/// The most events kept.
const MAX_EVENTS: usize = 10_000;

/// A sheet on the screen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SheetView {
    /// Whose it is, where it is a container's.
    pub of: Option<ContainerId>,
    /// The sheet, or why there is none; `None` before the first look.
    pub sheet: Option<Result<Sheet, String>>,
    /// Lines scrolled down.
    pub offset: usize,
}

/// The events on the screen.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EventView {
    /// The newest, oldest first.
    pub list: VecDeque<LoggedEvent>,
    /// Why they cannot be read.
    pub error: Option<String>,
    /// What an event must contain to be shown.
    pub filter: String,
    /// Lines scrolled up from the newest; `None` follows it.
    pub back: Option<usize>,
}

impl EventView {
    /// Takes in new events. What is being read stays where it is.
    pub fn extend(&mut self, happened: Vec<LoggedEvent>) {
        let shown = happened
            .iter()
            .filter(|happening| self.matches(happening))
            .count();
        if let Some(back) = &mut self.back {
            *back += shown;
        }
        self.list.extend(happened);
        let surplus = self.list.len().saturating_sub(MAX_EVENTS);
        self.list.drain(..surplus);
    }

    /// Whether the filter lets it through: the words must be in its name, id, kind, cause or
    /// detail.
    #[must_use]
    pub fn matches(&self, happening: &LoggedEvent) -> bool {
        if self.filter.is_empty() {
            return true;
        }
        let cause = happening
            .cause
            .as_ref()
            .map(|cause| cause.brief())
            .unwrap_or_default();
        let detail = happening.detail.as_deref().unwrap_or_default();
        let text = format!(
            "{} {} {} {cause} {detail}",
            happening.name, happening.id, happening.event
        )
        .to_lowercase();
        self.filter
            .to_lowercase()
            .split_whitespace()
            .all(|word| text.contains(word))
    }

    /// The events let through, oldest first.
    pub fn shown(&self) -> impl DoubleEndedIterator<Item = &LoggedEvent> {
        self.list.iter().filter(|happening| self.matches(happening))
    }
}

/// A text file on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// Its path.
    pub path: String,
    /// Its lines, safe to draw; or why it cannot be shown.
    pub lines: Result<Vec<String>, String>,
    /// Lines scrolled down.
    pub offset: usize,
}

/// The changed files on the screen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FileView {
    /// Whose they are.
    pub of: Option<ContainerId>,
    /// What changed, or why that cannot be told; `None` before the first look.
    pub changes: Option<Result<Changes, String>>,
    /// The chosen one's path.
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

    /// The line that is chosen: the first that does not come before the path that was.
    #[must_use]
    pub fn row(&self) -> usize {
        let Some(path) = &self.selected else { return 0 };
        let list = self.list();
        list.partition_point(|change| change.path < *path)
            .min(list.len().saturating_sub(1))
    }

    /// The chosen change.
    #[must_use]
    pub fn chosen(&self) -> Option<&Change> {
        self.list().get(self.row())
    }
}

/// What one line typed at the bottom is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// Which events are shown; what it was before.
    EventFilter(String),
    /// What is looked for in the log: what it was before and where the log stood, and the line from
    /// which on it is looked for.
    LogSearch {
        /// To go back to.
        before: Box<(LogSearch, Place)>,
        /// The number of the line.
        from: u64,
    },
    /// Where this path of this container is extracted to.
    Extract(ContainerId, String),
}

impl Purpose {
    /// What stands before the line.
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
    /// What for.
    pub purpose: Purpose,
    /// The line.
    pub line: LineEdit,
}

/// Who gets a signal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignalTo {
    /// One process of a container.
    Process {
        /// The container.
        id: ContainerId,
        /// The process, as the host numbers it.
        pid: i32,
        /// Its command line.
        command: String,
    },
    /// The init of each of these containers.
    Containers(Vec<ContainerId>),
}

impl SignalTo {
    /// The container, when it is about one alone.
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
    /// Who gets it.
    pub to: SignalTo,
    /// The line that is chosen.
    pub row: usize,
}

impl SignalMenu {
    /// The signals offered, with what people want of each.
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

/// How far the check of the host is, which runs containers and is begun by a key alone.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Check {
    /// Nobody asked for it.
    #[default]
    NotRun,
    /// It tries things out.
    Running,
    /// What it found, or why it could not be run.
    Done(Result<Sheet, String>),
}

/// What the tabs that look into things show.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Looks {
    /// Whether something is being looked into: asked for and not yet answered.
    pub busy: bool,
    /// The Processes tab.
    pub processes: ProcessView,
    /// The Isolation tab.
    pub isolation: SheetView,
    /// The Host tab.
    pub host: SheetView,
    /// What can be read of what the host can do; `None` before it was.
    pub facts: Option<Result<Sheet, String>>,
    /// Whether that was asked for.
    pub facts_asked: bool,
    /// What `check` found out.
    pub check: Check,
    /// The Events tab.
    pub events: EventView,
    /// The Files tab.
    pub files: FileView,
}
