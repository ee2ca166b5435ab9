//! [`plan`]: which parts the Overview of a container shows in the room there is, and where.
//!
//! ```text
//! up to 99 columns   100 to 159                160 and more
//! CPU     Memory     CPU    Memory │ Log       CPU    Memory │ Limits  │ Log
//! Limits             Limits        │           Read   Write  │ Now     │
//! Now                Now           │ Top       PIDs          │ Command │ Top
//! Log                Command       │
//! ```
//!
//! Parts come in the order of their importance: first each gets the rows that it needs, then those
//! that it wants, and what is left goes to graphs, the log and the processes.

mod columns;

use ratatui::layout::{Rect, Size};

use columns::{Column, columns, placed};

use crate::stats::Figure;
use crate::tui::text;

/// Columns before the text of a named line: a space, the name, a space.
pub const NAME_COLUMNS: u16 = 11;
/// Columns of the time before a log line, with the space after it.
pub const CLOCK_COLUMNS: u16 = 9;
/// Columns before a log line: a space, the time, the mark of stderr.
const LOG_MARGIN: u16 = 1 + CLOCK_COLUMNS + 2;

/// The most rows that a text takes while other parts want rows.
const TEXT_ROWS: u16 = 3;
/// Log lines wanted beside other parts.
const LOG_ROWS: u16 = 4;
/// Processes wanted beside other parts.
const PROCESS_ROWS: u16 = 4;
/// The height up to which graphs grow while the log and the processes grow too.
const GRAPH_ROWS: u16 = 12;

/// From this width on there are three columns, and other graphs stand in pairs.
const WIDE: u16 = 160;

/// The subject of a named line, in the order in which they are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// Why its record cannot be read.
    Broken,
    /// Why it ended.
    Ended,
    /// When it ended.
    When,
    /// What can be done next.
    Next,
    /// What bounds it.
    Limits,
    /// Its figures.
    Now,
    /// Its health check.
    Health,
    /// What it was started without.
    Without,
    /// Since when it runs.
    Started,
    /// Its command.
    Command,
    /// Its image and network.
    Container,
    /// What is mounted in it.
    Mounts,
    /// Why there are no log lines.
    NoLog,
    /// Why there are no processes.
    NoProcesses,
}

impl Topic {
    /// Its name on the screen.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Broken => "Broken",
            Self::Ended => "Ended",
            Self::When => "When",
            Self::Next => "Next",
            Self::Limits => "Limits",
            Self::Now => "Now",
            Self::Health => "Health",
            Self::Without => "Without",
            Self::Started => "Started",
            Self::Command => "Command",
            Self::Container => "Container",
            Self::Mounts => "Mounts",
            Self::NoLog => "Log",
            Self::NoProcesses => "Processes",
        }
    }
}

/// A part of the Overview, in the order in which they are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// CPU over time, with its handle.
    Cpu,
    /// Memory over time, with its handle.
    Memory,
    /// A named line.
    Text(Topic),
    /// The end of the log.
    Log,
    /// The busiest processes.
    Processes,
    /// Another figure over time.
    History(Figure),
    /// The line between two columns.
    Rule,
}

impl Part {
    fn is_history(self) -> bool {
        matches!(self, Self::History(_))
    }

    /// Where it stands in its column.
    fn order(self) -> (u8, Self) {
        let place = match self {
            Self::Text(topic) if topic <= Topic::Next => 0,
            Self::Cpu | Self::Memory => 1,
            Self::Text(_) => 2,
            Self::History(_) => 3,
            Self::Log => 4,
            Self::Processes => 5,
            Self::Rule => 6,
        };
        (place, self)
    }
}

/// What there is to show of a container.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// The named lines.
    pub texts: Vec<(Topic, String)>,
    /// Columns of each of the last log lines, without their time.
    pub log: Vec<usize>,
    /// The number of processes.
    pub processes: usize,
    /// Whether CPU and memory have a history.
    pub graphs: bool,
    /// Whether they have handles: it is alive.
    pub alive: bool,
    /// Other figures with a history, the most important first.
    pub figures: Vec<Figure>,
}

/// Rows of a part at some width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Need {
    /// With fewer it is left out.
    min: u16,
    /// Enough to be read well.
    wanted: u16,
    /// What it grows to while other parts grow.
    shared: u16,
    /// What it grows to when nothing else does.
    max: u16,
}

impl Facts {
    /// The parts in the order of their importance, in three steps: those of the second come when
    /// those of the first have what they want.
    fn steps(&self) -> [Vec<Part>; 3] {
        use Topic as T;
        let text = |topic| {
            self.texts
                .iter()
                .any(|(other, _)| *other == topic)
                .then_some(Part::Text(topic))
        };
        let log = (!self.log.is_empty()).then_some(Part::Log);
        let processes = (self.processes > 0).then_some(Part::Processes);
        let graphs = self.graphs.then_some(Part::Cpu);
        let limits = text(T::Limits);
        let first = [
            text(T::Broken),
            text(T::Ended),
            text(T::Now),
            limits.filter(|_| self.alive),
            log,
            text(T::Next),
            text(T::When),
            text(T::Health),
            graphs.filter(|_| self.alive),
            processes,
            text(T::Without),
        ];
        let second = [
            limits.filter(|_| !self.alive),
            text(T::Started),
            text(T::Command),
            text(T::Container),
            text(T::Mounts),
            text(T::NoLog),
            text(T::NoProcesses),
        ];
        let third = graphs
            .filter(|_| !self.alive)
            .into_iter()
            .chain(self.figures.iter().map(|figure| Part::History(*figure)));
        [
            first.into_iter().flatten().collect(),
            second.into_iter().flatten().collect(),
            third.collect(),
        ]
    }

    /// How many rows `part` needs in `width` columns.
    fn need(&self, part: Part, width: u16) -> Need {
        match part {
            Part::Cpu | Part::Memory => {
                let dial = u16::from(self.alive);
                Need {
                    min: 2 + dial,
                    // a caption, three rows of the curve, the axis
                    wanted: 5 + dial,
                    shared: GRAPH_ROWS,
                    max: u16::MAX,
                }
            }
            Part::History(_) => Need {
                min: 3,
                wanted: 5,
                shared: GRAPH_ROWS,
                max: u16::MAX,
            },
            Part::Text(topic) => {
                let words = self.texts.iter().find(|(other, _)| *other == topic);
                let words = words.map_or("", |(_, words)| words.as_str());
                let rows = match text::width(words) {
                    columns if columns <= text_room(width) => 1,
                    _ => rows(text_rows(words, width, usize::MAX, '~').len()),
                };
                Need {
                    min: 1,
                    wanted: rows.min(TEXT_ROWS),
                    shared: rows,
                    max: rows,
                }
            }
            Part::Log => {
                let room = usize::from(width.saturating_sub(LOG_MARGIN)).max(2);
                let all = rows(self.log.iter().map(|line| line.div_ceil(room).max(1)).sum());
                // with three rows or more, the first is a heading
                let heading = u16::from(all > 2);
                Need {
                    min: 1,
                    wanted: heading + all.min(LOG_ROWS),
                    shared: heading + all,
                    max: heading + all,
                }
            }
            Part::Processes => {
                let all = rows(self.processes);
                let heading = u16::from(all > 1);
                Need {
                    min: 1,
                    wanted: heading + all.min(PROCESS_ROWS),
                    shared: heading + all,
                    max: heading + all,
                }
            }
            Part::Rule => Need {
                min: 0,
                wanted: 0,
                shared: 0,
                max: 0,
            },
        }
    }
}

fn rows(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX / 2)
}

/// The rows of a named line's `words` in `width` columns, at most `max`.
#[must_use]
pub fn text_rows(words: &str, width: u16, max: usize, ellipsis: char) -> Vec<String> {
    text::wrap_words(words, text_room(width), max, ellipsis)
}

/// Columns of the text of a named line.
fn text_room(width: u16) -> usize {
    usize::from(width.saturating_sub(NAME_COLUMNS)).max(2)
}

/// The parts for `size` and where they stand in it, from the top left.
#[must_use]
pub fn plan(size: Size, facts: &Facts) -> Vec<(Part, Rect)> {
    let most = match size.width {
        0..100 => 1,
        100..WIDE => 2,
        _ => 3,
    };
    // what ended does not change: it is read best in as few columns as hold it
    if !facts.alive {
        for count in 1..most {
            let columns = fill(size, facts, count);
            if is_whole(&columns, facts) {
                return placed(size, columns);
            }
        }
    }
    // a column that would be empty is left out
    for count in (1..=most).rev() {
        let columns = fill(size, facts, count);
        if count == 1 || columns.iter().all(|column| !column.parts.is_empty()) {
            return placed(size, columns);
        }
    }
    Vec::new()
}

/// Whether no part is left out or cut.
fn is_whole(columns: &[Column], facts: &Facts) -> bool {
    let placed: usize = columns
        .iter()
        .map(|column| column.parts.len() + column.pairs.len())
        .sum();
    let all: usize = facts.steps().iter().map(Vec::len).sum();
    let enough = |need: &Need| match need.max {
        u16::MAX => need.wanted,
        rows => rows,
    };
    let mut parts = columns.iter().flat_map(|column| &column.parts);
    placed == all && parts.all(|(_, need, rows)| *rows >= enough(need))
}

/// Puts the parts into `count` columns.
fn fill(size: Size, facts: &Facts, count: usize) -> Vec<Column> {
    let mut columns = columns(size, count);
    for (step, parts) in facts.steps().into_iter().enumerate() {
        if step == 2 {
            // the log says more than a graph below it
            let logs = columns.iter_mut().filter(|column| column.has(Part::Log));
            logs.for_each(|column| column.grow(|need| need.shared));
        }
        for part in parts {
            let has_room = |column: &Column| {
                !column.has_history() && column.free >= facts.need(part, column.width).wanted
            };
            if part.is_history()
                && !columns.iter().any(has_room)
                && columns.iter_mut().any(|column| column.pair(part))
            {
                continue;
            }
            let own = match (part, count) {
                (_, 1) | (Part::Cpu, _) => Some(0),
                (Part::Text(_), 2) => Some(0),
                (Part::Text(_), _) => Some(1),
                (Part::Log | Part::Processes, _) => Some(count - 1),
                _ => None,
            };
            let need = |at: usize| facts.need(part, columns[at].width);
            let fits = |at: usize| columns[at].free >= need(at).min.max(1);
            let column = own.filter(|at| fits(*at)).or_else(|| {
                // where no graph stands yet and most is left, and rather not below the log
                let roomy = (0..count).filter(|at| fits(*at));
                let first = |at: usize| part.is_history() && !columns[at].has_history();
                roomy.max_by_key(|at| (first(*at), *at + 1 < count, columns[*at].free, count - at))
            });
            if let Some(at) = column {
                let need = need(at);
                columns[at].free -= need.min;
                columns[at].parts.push((part, need, need.min));
            }
        }
        for column in &mut columns {
            column.grow(|need| need.wanted);
        }
    }
    for column in &mut columns {
        column.grow(|need| need.shared);
        column.grow(|need| need.max);
    }
    columns
}

#[cfg(test)]
#[path = "overview_tests.rs"]
mod tests;
