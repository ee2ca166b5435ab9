//! [`ProcessView`]: the processes on the screen, as a tree or sorted; CPU use is computed from two
//! looks.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::inspect::ProcessInfo;
use crate::manager::Error;
use crate::spec::ContainerId;

/// The least time in microseconds over which CPU use is computed.
const MIN_ELAPSED: f64 = 200_000.0;

/// How the processes are ordered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ProcessSort {
    /// Each below its parent.
    #[default]
    Tree,
    /// The busiest first.
    Cpu,
    /// The largest first.
    Memory,
}

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub enum ProcessRow {
    /// A container, with the error if its processes cannot be read.
    Container(ContainerId, usize, Option<String>),
    /// A process of the container.
    Process {
        /// The container.
        id: ContainerId,
        /// Its data.
        info: ProcessInfo,
        /// Cores used between the last two looks; `None` after the first.
        cores: Option<f64>,
        /// For each level above it whether that branch continues below, its own last.
        branch: Vec<bool>,
    },
}

/// The processes on the screen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProcessView {
    /// Whether to show those of every living container instead of the selected one.
    pub all: bool,
    /// How they are ordered.
    pub sort: ProcessSort,
    /// The lines; empty before the first look.
    pub rows: Vec<ProcessRow>,
    /// The selected process.
    pub selected: Option<(ContainerId, i32)>,
    /// The containers of `rows`.
    pub shown: Vec<ContainerId>,
    /// CPU time in microseconds at the last look, and its time.
    last: BTreeMap<(ContainerId, i32), u64>,
    looked: Option<Timestamp>,
    groups: Vec<(ContainerId, Result<Vec<ProcessInfo>, Error>)>,
    cores: BTreeMap<(ContainerId, i32), f64>,
}

impl ProcessView {
    /// Takes the processes seen at `now`.
    pub fn take(
        &mut self,
        groups: Vec<(ContainerId, Result<Vec<ProcessInfo>, Error>)>,
        now: Timestamp,
    ) {
        let elapsed = self
            .looked
            .map(|then| now.duration_since(then).as_micros() as f64);
        // shortly after a look its figures stay: the kernel counts in ticks of 10 ms
        if elapsed.is_none_or(|micros| micros >= MIN_ELAPSED) {
            let mut used = BTreeMap::new();
            self.cores.clear();
            for (id, result) in &groups {
                for info in result.iter().flatten() {
                    let key = (id.clone(), info.pid);
                    if let (Some(before), Some(elapsed)) = (self.last.get(&key), elapsed) {
                        let cores = info.cpu_usec.saturating_sub(*before) as f64 / elapsed;
                        self.cores.insert(key.clone(), cores);
                    }
                    used.insert(key, info.cpu_usec);
                }
            }
            (self.last, self.looked) = (used, Some(now));
        }
        self.shown = groups.iter().map(|(id, _)| id.clone()).collect();
        self.groups = groups;
        self.arrange();
    }

    /// Sorts the lines again and keeps the selection, or moves it to the nearest line when that
    /// process has ended.
    pub fn arrange(&mut self) {
        let before = self.row();
        self.rows.clear();
        if self.is_flat() {
            self.push_sorted();
        }
        for (id, result) in std::mem::take(&mut self.groups) {
            match &result {
                Ok(_) if self.is_flat() => {}
                Ok(list) => {
                    self.rows
                        .push(ProcessRow::Container(id.clone(), list.len(), None));
                    self.push_tree(&id, list);
                }
                Err(error) => self.rows.push(ProcessRow::Container(
                    id.clone(),
                    0,
                    Some(error.to_string()),
                )),
            }
            self.groups.push((id, result));
        }
        if self.selected_index().is_none() {
            self.select(before.unwrap_or(0));
        }
    }

    /// Sorts by `sort`; of all containers' processes the first is selected, which is looked for.
    pub fn sort_by(&mut self, sort: ProcessSort) {
        self.sort = sort;
        if self.is_flat() {
            self.selected = None;
        }
    }

    /// Whether the processes of all containers are one list, sorted across them.
    #[must_use]
    pub fn is_flat(&self) -> bool {
        self.all && self.sort != ProcessSort::Tree
    }

    /// Those of all containers, sorted across them.
    fn push_sorted(&mut self) {
        let all = self.groups.iter().flat_map(|(id, result)| {
            let list = result.as_deref().unwrap_or_default();
            list.iter().map(move |info| (id, info))
        });
        let mut sorted: Vec<(&ContainerId, &ProcessInfo)> = all.collect();
        sorted.sort_by(|a, b| self.order(*a, *b));
        self.rows = sorted
            .into_iter()
            .map(|(id, info)| self.line(id, info, Vec::new()))
            .collect();
    }

    /// Which of two comes first where they are sorted.
    fn order(&self, a: (&ContainerId, &ProcessInfo), b: (&ContainerId, &ProcessInfo)) -> Ordering {
        let cores =
            |(id, info): (&ContainerId, &ProcessInfo)| self.cores_of(id, info).unwrap_or(-1.0);
        let by = match self.sort {
            ProcessSort::Memory => b.1.memory.cmp(&a.1.memory),
            _ => cores(b).total_cmp(&cores(a)),
        };
        by.then(a.1.pid.cmp(&b.1.pid))
    }

    fn cores_of(&self, id: &ContainerId, info: &ProcessInfo) -> Option<f64> {
        self.cores.get(&(id.clone(), info.pid)).copied()
    }

    fn line(&self, id: &ContainerId, info: &ProcessInfo, branch: Vec<bool>) -> ProcessRow {
        ProcessRow::Process {
            id: id.clone(),
            info: info.clone(),
            cores: self.cores_of(id, info),
            branch,
        }
    }

    fn push_tree(&mut self, id: &ContainerId, list: &[ProcessInfo]) {
        let row = |info: &ProcessInfo, branch: Vec<bool>| self.line(id, info, branch);
        let mut rows = Vec::with_capacity(list.len());
        match self.sort {
            ProcessSort::Tree => {
                let pids: BTreeSet<i32> = list.iter().map(|info| info.pid).collect();
                let mut children: BTreeMap<i32, Vec<&ProcessInfo>> = BTreeMap::new();
                for info in list {
                    let parent = if pids.contains(&info.parent) && info.parent != info.pid {
                        info.parent
                    } else {
                        0
                    };
                    children.entry(parent).or_default().push(info);
                }
                // a stack of what to add, the next one last; a process is added once, even if its
                // parents form a circle
                let mut stack: Vec<(&ProcessInfo, Vec<bool>)> = Vec::new();
                stack.extend(take_children(0, &[], &mut children));
                while let Some((info, branch)) = stack.pop() {
                    rows.push(row(info, branch[1..].to_vec()));
                    stack.extend(take_children(info.pid, &branch, &mut children));
                }
            }
            ProcessSort::Cpu | ProcessSort::Memory => {
                let mut sorted: Vec<&ProcessInfo> = list.iter().collect();
                sorted.sort_by(|a, b| self.order((id, *a), (id, *b)));
                rows.extend(sorted.into_iter().map(|info| row(info, Vec::new())));
            }
        }
        self.rows.append(&mut rows);
    }

    fn is_process(row: &ProcessRow, id: &ContainerId, pid: i32) -> bool {
        matches!(row, ProcessRow::Process { id: of, info, .. } if of == id && info.pid == pid)
    }

    fn selected_index(&self) -> Option<usize> {
        let (id, pid) = self.selected.as_ref()?;
        self.rows
            .iter()
            .position(|row| Self::is_process(row, id, *pid))
    }

    /// The selected row.
    #[must_use]
    pub fn row(&self) -> Option<usize> {
        self.selected_index()
    }

    /// Selects the process nearest to line `row`, downwards first.
    pub fn select(&mut self, row: usize) {
        let of = |row: &ProcessRow| match row {
            ProcessRow::Process { id, info, .. } => Some((id.clone(), info.pid)),
            ProcessRow::Container(..) => None,
        };
        let row = row.min(self.rows.len());
        let (above, below) = self.rows.split_at(row);
        self.selected = below
            .iter()
            .find_map(of)
            .or_else(|| above.iter().rev().find_map(of));
    }

    /// Selects the process nearest to line `row` in the direction of the move.
    pub fn step_to(&mut self, row: usize, up: bool) {
        let mut row = row;
        while up && row > 0 && matches!(self.rows.get(row), Some(ProcessRow::Container(..))) {
            row -= 1;
        }
        self.select(row);
    }

    /// The selected process.
    #[must_use]
    pub fn chosen(&self) -> Option<(&ContainerId, &ProcessInfo)> {
        match self.rows.get(self.selected_index()?)? {
            ProcessRow::Process { id, info, .. } => Some((id, info)),
            ProcessRow::Container(..) => None,
        }
    }
}

/// The children of `parent` with their branches in reverse order, for a stack.
fn take_children<'a>(
    parent: i32,
    branch: &[bool],
    children: &mut BTreeMap<i32, Vec<&'a ProcessInfo>>,
) -> Vec<(&'a ProcessInfo, Vec<bool>)> {
    let mut found = children.remove(&parent).unwrap_or_default();
    found.sort_by_key(|info| info.pid);
    let last = found.len().saturating_sub(1);
    found
        .into_iter()
        .enumerate()
        .map(|(at, info)| (info, [branch, &[at < last]].concat()))
        .rev()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(pid: i32, parent: i32, memory: u64) -> ProcessInfo {
        let command = format!("p{pid}");
        ProcessInfo {
            pid,
            inside: Some(pid),
            parent,
            uid: 0,
            user: Some(0),
            cpu_usec: 0,
            memory,
            state: 'S',
            threads: 1,
            command,
        }
    }

    fn order(view: &ProcessView) -> Vec<(i32, usize)> {
        let of = |row: &ProcessRow| match row {
            ProcessRow::Process { info, branch, .. } => Some((info.pid, branch.len())),
            ProcessRow::Container(..) => None,
        };
        view.rows.iter().filter_map(of).collect()
    }

    #[test]
    fn processes_are_below_their_parents_and_sorting_keeps_the_selection() {
        let id = ContainerId::from_random([1; 6]);
        let list = vec![
            info(30, 10, 5),
            info(10, 1, 1),
            info(20, 10, 9),
            info(21, 20, 2),
            info(99, 98, 3),
        ];
        let mut view = ProcessView::default();
        view.take(vec![(id.clone(), Ok(list.clone()))], Timestamp::UNIX_EPOCH);
        assert_eq!(order(&view), [(10, 0), (20, 1), (21, 2), (30, 1), (99, 0)]);
        assert_eq!(
            view.chosen().unwrap().1.pid,
            10,
            "a container's own line is never chosen"
        );
        view.selected = Some((id.clone(), 21));
        view.sort = ProcessSort::Memory;
        view.arrange();
        assert_eq!(
            order(&view).iter().map(|(pid, _)| *pid).collect::<Vec<_>>(),
            [20, 30, 99, 21, 10]
        );
        assert_eq!(view.chosen().unwrap().1.pid, 21);
        let left = list.into_iter().filter(|info| info.pid != 21).collect();
        view.take(vec![(id, Ok(left))], Timestamp::UNIX_EPOCH);
        assert!(
            view.chosen().is_some(),
            "the nearest is chosen when the chosen one has ended"
        );
    }

    #[test]
    fn those_of_all_containers_are_sorted_across_them() {
        let ids = [1, 2].map(|byte| ContainerId::from_random([byte; 6]));
        let mut view = ProcessView {
            all: true,
            sort: ProcessSort::Memory,
            ..ProcessView::default()
        };
        let failed = Error::Unknown("c".into());
        view.take(
            vec![
                (ids[0].clone(), Ok(vec![info(10, 1, 1), info(11, 10, 7)])),
                (ids[1].clone(), Ok(vec![info(20, 1, 5)])),
                (ContainerId::from_random([3; 6]), Err(failed)),
            ],
            Timestamp::UNIX_EPOCH,
        );
        assert_eq!(order(&view), [(11, 0), (20, 0), (10, 0)]);
        assert!(
            matches!(view.rows.last(), Some(ProcessRow::Container(_, 0, Some(_)))),
            "what cannot be read is told below"
        );
        view.sort = ProcessSort::Tree;
        view.arrange();
        assert_eq!(order(&view), [(10, 0), (11, 1), (20, 0)]);
        assert!(matches!(view.rows[0], ProcessRow::Container(..)));
    }

    #[test]
    fn a_circle_of_parents_terminates() {
        let id = ContainerId::from_random([1; 6]);
        let mut view = ProcessView::default();
        view.take(
            vec![(id, Ok(vec![info(1, 2, 0), info(2, 1, 0), info(3, 3, 0)]))],
            Timestamp::UNIX_EPOCH,
        );
        assert_eq!(
            order(&view),
            [(3, 0)],
            "two that claim each other have no place in a tree"
        );
    }
}
