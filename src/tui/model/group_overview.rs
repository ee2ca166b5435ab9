//! [`group_plan`]: what the Overview shows of a group in the room there is, and where.
//!
//! ```text
//!  Group     shop · 2 running, 1 failed · by the label minic.group
//!  Now       cpu 41.3% · memory 518M · 23 pids · …
//!  STATE   NAME     CPU              MEMORY           HEALTH UPTIME     the worst first
//!  STOPPED nightly  exited 3 11h ago
//!  web                                db                                each that runs, over time
//!  CPU 27.1%        Memory 99M        CPU 14.2%        Memory 419M
//!  ⣀⣀⣤⣶⣿⣿⣿          ⣀⣀⣀⣀⣀⣀⣀          ⣀⣀⣀⣀⣤⣀⣀          ⣀⣀⣀⣀⣀⣀⣀
//! ```

use ratatui::layout::{Rect, Size};

use super::overview::text_rows;

/// Rows from which on there is more than the figures and the containers.
const ROOMY: u16 = 4;
/// The most rows of one text.
const TEXT_ROWS: usize = 3;
/// The least columns of one graph; two stand beside each other.
const GRAPH_COLUMNS: u16 = 26;
/// The least rows of the graphs of one container: its name, a caption, the curve, the axis.
const GRAPH_ROWS: u16 = 6;

/// The subject of a named line about a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GroupTopic {
    /// What it is.
    Group,
    /// What it uses.
    Now,
    /// What can be done with it.
    Keys,
}

impl GroupTopic {
    /// Its name on the screen.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Group => "Group",
            Self::Now => "Now",
            Self::Keys => "Keys",
        }
    }
}

/// What there is to show of a group.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GroupFacts {
    /// The named lines, in the order of [`GroupTopic`].
    pub texts: Vec<(GroupTopic, String)>,
    /// How many containers it has.
    pub members: usize,
    /// How many of them have a history.
    pub graphs: usize,
}

/// Where the parts stand, from the top left.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GroupPlan {
    /// The named lines.
    pub texts: Vec<(GroupTopic, Rect)>,
    /// The containers, their heading first where it has a row.
    pub members: Rect,
    /// Whether they have a heading.
    pub heading: bool,
    /// The graphs of the first containers that have a history.
    pub graphs: Vec<Rect>,
}

/// The parts for `size`.
#[must_use]
pub fn group_plan(size: Size, facts: &GroupFacts) -> GroupPlan {
    let mut plan = GroupPlan::default();
    let members = u16::try_from(facts.members).unwrap_or(u16::MAX);
    // first a row for each text that is needed, then the containers, then all of the texts
    let mut wanted: Vec<(GroupTopic, u16, u16)> = Vec::new();
    let mut free = size.height;
    let rows = |topic: GroupTopic| {
        let text = facts.texts.iter().find(|(other, _)| *other == topic);
        text.map(|(_, words)| text_rows(words, size.width, TEXT_ROWS, '~').len().max(1) as u16)
    };
    for (topic, enough) in [(GroupTopic::Now, 1), (GroupTopic::Group, ROOMY)] {
        if let Some(rows) = rows(topic).filter(|_| size.height >= enough) {
            wanted.push((topic, 1, rows));
            free -= 1;
        }
    }
    let mut table = members.min(free);
    free -= table;
    plan.heading = free > 0 && table > 0;
    table += u16::from(plan.heading);
    free -= u16::from(plan.heading);
    for (_, rows, all) in &mut wanted {
        let more = (*all - *rows).min(free);
        *rows += more;
        free -= more;
    }
    if let Some(rows) = rows(GroupTopic::Keys).filter(|rows| *rows <= free) {
        wanted.push((GroupTopic::Keys, rows, rows));
    }
    wanted.sort_unstable();
    let mut y = 0;
    for (topic, rows, _) in wanted {
        let last = topic == GroupTopic::Keys;
        let at = if last { y + table } else { y };
        plan.texts.push((topic, Rect::new(0, at, size.width, rows)));
        if last {
            y += rows;
        } else {
            y = at + rows;
        }
    }
    let above: u16 = plan
        .texts
        .iter()
        .filter(|(topic, _)| *topic != GroupTopic::Keys)
        .map(|(_, rect)| rect.height)
        .sum();
    plan.members = Rect::new(0, above, size.width, table);
    let top = y + table;
    plan.graphs = graphs(
        Rect::new(0, top, size.width, size.height - top),
        facts.graphs,
    );
    plan
}

/// Where the graphs of the first of `count` containers stand: as many as can be read.
fn graphs(area: Rect, count: usize) -> Vec<Rect> {
    let across = (area.width / (2 * GRAPH_COLUMNS + 2)).max(1);
    let down = area.height / GRAPH_ROWS;
    if down == 0 || area.width < GRAPH_COLUMNS {
        return Vec::new();
    }
    let count = u16::try_from(count).unwrap_or(u16::MAX);
    let count = count.min(across.saturating_mul(down));
    if count == 0 {
        return Vec::new();
    }
    // as high as they can be in as few rows as hold them
    let across = count.min(across);
    let down = count.div_ceil(across);
    let edge = |whole: u16, parts: u16, n: u16| {
        (u32::from(whole) * u32::from(n) / u32::from(parts)) as u16
    };
    (0..count)
        .map(|n| {
            let (column, line) = (n % across, n / across);
            // the last row may have fewer, which share it
            let in_row = across.min(count - line * across);
            let [left, right] = [column, column + 1].map(|n| edge(area.width, in_row, n));
            let [top, bottom] = [line, line + 1].map(|n| edge(area.height, down, n));
            Rect::new(area.x + left, area.y + top, right - left, bottom - top)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(members: usize, graphs: usize, words: usize) -> GroupFacts {
        let topics = [GroupTopic::Group, GroupTopic::Now, GroupTopic::Keys];
        GroupFacts {
            texts: topics
                .map(|topic| (topic, vec!["figure"; words].join(" ")))
                .into(),
            members,
            graphs,
        }
    }

    #[test]
    fn parts_never_overlap_and_containers_are_left_out_only_where_no_row_is_left() {
        for (members, graphs) in [(1, 0), (1, 1), (3, 2), (9, 9), (40, 12), (10_000, 9_000)] {
            for (width, height) in (1..301)
                .step_by(13)
                .flat_map(|width| (0..101).map(move |height| (width, height)))
            {
                for words in [1, 12, 80] {
                    let facts = facts(members, graphs, words);
                    let plan = group_plan(Size::new(width, height), &facts);
                    let about = || format!("{width}×{height} {members} {graphs}: {plan:?}");
                    let mut all: Vec<Rect> = plan.texts.iter().map(|(_, rect)| *rect).collect();
                    all.push(plan.members);
                    all.extend(&plan.graphs);
                    for (at, rect) in all.iter().enumerate() {
                        assert!(
                            rect.right() <= width && rect.bottom() <= height,
                            "{}",
                            about()
                        );
                        let over = |other: &Rect| rect.intersects(*other);
                        assert!(!all[at + 1..].iter().any(over), "{}", about());
                    }
                    let used: u32 = all.iter().map(|rect| rect.area()).sum();
                    let blank = u32::from(width) * u32::from(height) - used;
                    let shown = plan.members.height - u16::from(plan.heading);
                    assert!(
                        usize::from(shown) == members || blank == 0,
                        "a container is left out beside {blank} blank cells: {}",
                        about()
                    );
                    let readable = plan
                        .graphs
                        .iter()
                        .all(|rect| rect.height >= GRAPH_ROWS && rect.width >= GRAPH_COLUMNS);
                    assert!(readable, "{}", about());
                    assert!(
                        graphs == 0
                            || width < GRAPH_COLUMNS
                            || blank < u32::from(GRAPH_ROWS * width),
                        "{blank} blank cells: {}",
                        about()
                    );
                }
            }
        }
    }

    #[test]
    fn four_rows_say_what_it_is_and_uses_and_name_the_worst_two() {
        let plan = group_plan(Size::new(80, 4), &facts(3, 2, 3));
        let topics: Vec<GroupTopic> = plan.texts.iter().map(|(topic, _)| *topic).collect();
        assert_eq!(topics, [GroupTopic::Group, GroupTopic::Now]);
        assert_eq!(
            (plan.members, plan.heading),
            (Rect::new(0, 2, 80, 2), false)
        );
        let plan = group_plan(Size::new(80, 1), &facts(3, 2, 3));
        assert_eq!(plan.texts, [(GroupTopic::Now, Rect::new(0, 0, 80, 1))]);
    }
}
