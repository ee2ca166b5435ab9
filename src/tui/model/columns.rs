//! The columns of the container list: which of the chosen ones are shown in a width, and how wide
//! each is. Pure, so that `update` moves through what `view` shows.

use std::collections::BTreeMap;

use super::contents::Contents;
pub use crate::config::Column;

/// Columns of a gauge that is only its figures: `27.1%/100%`.
const FIGURES: u16 = 11;
/// From this width on nothing but the figures has to go.
const ROOMY: u16 = 100;

/// The columns without which a row says little, the most needed first.
const NEEDED: [Column; 4] = [Column::Name, Column::State, Column::Cpu, Column::Memory];
/// The others, the first to get room first.
const OTHERS: [Column; 9] = [
    Column::Uptime,
    Column::Pids,
    Column::Health,
    Column::Command,
    Column::Network,
    Column::CpuHistory,
    Column::Restarts,
    Column::Ports,
    Column::Image,
];
/// Those that come when the ones before have a readable width.
const DETAILS: [Column; 5] = [
    Column::Disk,
    Column::Pressure,
    Column::Throttled,
    Column::Pid,
    Column::Labels,
];

impl Column {
    /// The columns without a choice of the user's, left to right.
    pub const DEFAULT: &[Self] = &[
        Self::State,
        Self::Name,
        Self::Cpu,
        Self::CpuHistory,
        Self::Memory,
        Self::Throttled,
        Self::Pressure,
        Self::Network,
        Self::Disk,
        Self::Ports,
        Self::Health,
        Self::Restarts,
        Self::Pids,
        Self::Uptime,
        Self::Pid,
        Self::Image,
        Self::Command,
    ];

    /// The heading.
    #[must_use]
    pub fn heading(self) -> &'static str {
        match self {
            Self::State => "STATE",
            Self::Name => "NAME",
            Self::Pid => "PID",
            Self::Cpu => "CPU",
            Self::CpuHistory => "LAST",
            Self::Memory => "MEMORY",
            Self::Throttled => "THROTTLED",
            Self::Pressure => "PRESSURE",
            Self::Network => "NET ↓/↑",
            Self::Disk => "DISK r/w",
            Self::Ports => "PORTS",
            Self::Health => "HEALTH",
            Self::Restarts => "RESTARTS",
            Self::Pids => "PIDS",
            Self::Uptime => "UPTIME",
            Self::Image => "IMAGE",
            Self::Command => "COMMAND",
            Self::Labels => "LABELS",
        }
    }

    /// What it shows, for the setup.
    #[must_use]
    pub fn help(self) -> &'static str {
        match self {
            Self::State => "running, stopped, …",
            Self::Name => "its name; always shown",
            Self::Pid => "its init's pid on the host",
            Self::Cpu => "CPU use against its limit",
            Self::CpuHistory => "CPU use of the last seconds",
            Self::Memory => "memory use against its limit",
            Self::Throttled => "time in which its CPU limit stopped it",
            Self::Pressure => "the worst of CPU, memory and disk pressure",
            Self::Network => "bytes received and sent a second",
            Self::Disk => "bytes read and written a second",
            Self::Ports => "the ports that it publishes",
            Self::Health => "the result of its health check",
            Self::Restarts => "how often it was restarted",
            Self::Pids => "processes and threads",
            Self::Uptime => "time since the start, or since the end",
            Self::Image => "the image",
            Self::Command => "the command",
            Self::Labels => "its labels",
        }
    }

    /// Whether choosing the column sorts descending, as users expect of a figure.
    #[must_use]
    pub fn descends(self) -> bool {
        matches!(
            self,
            Self::Cpu
                | Self::CpuHistory
                | Self::Memory
                | Self::Throttled
                | Self::Pressure
                | Self::Network
                | Self::Disk
                | Self::Restarts
                | Self::Pids
                | Self::Uptime
        )
    }

    /// Whether it stands at the right edge of its column.
    #[must_use]
    pub fn is_figure(self) -> bool {
        matches!(
            self,
            Self::Pid
                | Self::Throttled
                | Self::Pressure
                | Self::Network
                | Self::Disk
                | Self::Restarts
                | Self::Pids
                | Self::Uptime
        )
    }

    /// Whether it says nothing of a container that does not run: the row is for why it does not.
    #[must_use]
    pub fn is_live(self) -> bool {
        !matches!(
            self,
            Self::State | Self::Name | Self::Restarts | Self::Image | Self::Command | Self::Labels
        )
    }

    /// Whether its width follows what is in it.
    #[must_use]
    pub fn is_text(self) -> bool {
        matches!(
            self,
            Self::Name | Self::Ports | Self::Health | Self::Image | Self::Command | Self::Labels
        )
    }

    /// The least width in which it is worth showing.
    fn least(self) -> u16 {
        match self {
            Self::State => 4,
            Self::Name => 8,
            Self::Cpu | Self::Memory | Self::Network | Self::Disk => FIGURES,
            Self::CpuHistory => 12,
            Self::Throttled | Self::Labels => 10,
            Self::Pressure | Self::Restarts => 9,
            Self::Command => 12,
            Self::Pid | Self::Uptime | Self::Health => 7,
            Self::Ports | Self::Image => 6,
            Self::Pids => 5,
        }
    }
}

/// Which columns are shown, each with its width, and the room that is left.
struct Plan<'a> {
    chosen: &'a [Column],
    contents: &'a Contents,
    widths: BTreeMap<Column, u16>,
    room: u16,
}

impl Plan<'_> {
    /// Adds `column` with its least width, if there is room.
    fn add(&mut self, column: Column) {
        let gap = u16::from(!self.widths.is_empty());
        let least = match column {
            Column::Cpu => self.contents.longest(column).clamp(FIGURES - 1, FIGURES),
            _ => column.least(),
        };
        let wanted = least + gap;
        if self.chosen.contains(&column)
            && !self.widths.contains_key(&column)
            && wanted <= self.room
        {
            self.widths.insert(column, least);
            self.room -= wanted;
        }
    }

    /// Widens `columns` by turns, up to `width` each, as far as there is room.
    fn grow(&mut self, columns: &[Column], width: u16) {
        loop {
            let before = self.room;
            for column in columns {
                if let Some(now) = self.widths.get_mut(column)
                    && *now < width
                    && self.room > 0
                {
                    *now += 1;
                    self.room -= 1;
                }
            }
            if self.room == before {
                return;
            }
        }
    }
}

/// The columns of a list of `width` cells, left to right as `chosen`, with their widths. One cell is
/// for the mark before each row, and one lies between two columns.
///
/// Needed columns come first. A name is cut only when nothing is left to give to it; a column in
/// which no row says anything is shown only when no other one is cut.
#[must_use]
pub(super) fn layout(width: u16, chosen: &[Column], contents: &Contents) -> Vec<(Column, u16)> {
    let mut plan = Plan {
        chosen,
        contents,
        widths: BTreeMap::new(),
        room: width.saturating_sub(1),
    };
    let name = contents.longest(Column::Name);
    let command = contents.longest(Column::Command);
    let gauges = [Column::Cpu, Column::Memory];
    NEEDED.iter().for_each(|column| plan.add(*column));
    plan.grow(&[Column::Name], name.min(12));
    plan.grow(&[Column::State], 7);
    plan.grow(&[Column::Name], name.min(16));
    plan.grow(&gauges, 15);
    plan.grow(&[Column::Name], name.min(width / 3));
    let says = |column: &&Column| !contents.is_empty(**column);
    for column in OTHERS.iter().filter(says) {
        plan.add(*column);
    }
    plan.grow(&[Column::Name], name);
    for column in [Column::Ports, Column::Health, Column::Image] {
        plan.grow(&[column], contents.longest(column));
    }
    plan.grow(&gauges, 19);
    plan.grow(&[Column::Command], command.min(24));
    for column in DETAILS.iter().filter(says) {
        plan.add(*column);
    }
    if width >= ROOMY {
        plan.grow(&[Column::State], contents.longest(Column::State).max(8));
    }
    plan.grow(&[Column::CpuHistory], 20);
    for column in [Column::Command, Column::Labels] {
        plan.grow(&[column], contents.longest(column));
    }
    for column in OTHERS.iter().chain(&DETAILS) {
        plan.add(*column);
    }
    plan.grow(&[gauges[0], gauges[1], Column::CpuHistory], 30);
    plan.grow(&gauges, 36);
    plan.grow(&[Column::CpuHistory], 60);
    let shown = chosen.iter();
    shown
        .filter_map(|column| Some((*column, *plan.widths.get(column)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that are the same in every run (an LCG of Knuth's MMIX).
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, end: u64) -> u64 {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % end
        }

        fn choice(&mut self) -> Vec<Column> {
            let mut all = Column::ALL.to_vec();
            for at in (1..all.len()).rev() {
                all.swap(at, self.below(at as u64 + 1) as usize);
            }
            let count = 1 + self.below(all.len() as u64) as usize;
            all.truncate(count);
            if !all.contains(&Column::Name) {
                all.push(Column::Name);
            }
            all
        }

        fn contents(&mut self) -> Contents {
            let mut contents = Contents::default();
            for column in Column::ALL {
                let width = match self.below(4) {
                    0 => 0,
                    1 => self.below(12),
                    2 => self.below(70),
                    _ => self.below(400),
                };
                contents.note(*column, width as usize);
            }
            contents.note(Column::Name, 1 + self.below(64) as usize);
            contents
        }
    }

    fn taken(shown: &[(Column, u16)]) -> u16 {
        let widths: u16 = shown.iter().map(|(_, width)| width).sum();
        widths + 1 + (shown.len() as u16).saturating_sub(1)
    }

    #[test]
    fn at_every_width_all_fits_and_nothing_is_cut_beside_blank_space() {
        let mut numbers = Numbers(7);
        for width in 20..=400 {
            for _ in 0..40 {
                let (chosen, contents) = (numbers.choice(), numbers.contents());
                let shown = layout(width, &chosen, &contents);
                let told = format!("{width} {chosen:?} {contents:?}: {shown:?}");
                assert!(taken(&shown) <= width, "{told}");
                let order: Vec<Column> = shown.iter().map(|(column, _)| *column).collect();
                let kept: Vec<Column> = chosen
                    .iter()
                    .copied()
                    .filter(|column| order.contains(column))
                    .collect();
                assert_eq!(order, kept, "each once, in the order chosen: {told}");
                let of = |column| {
                    shown
                        .iter()
                        .find(|(shown, _)| *shown == column)
                        .map(|(_, width)| *width)
                };
                let name = of(Column::Name).expect(&told);
                if name < contents.longest(Column::Name) {
                    assert_eq!(
                        taken(&shown),
                        width,
                        "a cut name beside blank space: {told}"
                    );
                    for (column, width) in &shown {
                        assert!(
                            !column.is_text()
                                || *width <= column.least().max(contents.longest(*column)),
                            "{column:?} has blank space, and a name is cut: {told}"
                        );
                        assert!(
                            NEEDED.contains(column) || !contents.is_empty(*column),
                            "{column:?} is blank, and a name is cut: {told}"
                        );
                    }
                }
                let gauge = [Column::Cpu, Column::Memory]
                    .into_iter()
                    .filter_map(of)
                    .max();
                let cut = |column| of(column).is_some_and(|w| w < contents.longest(column));
                assert!(
                    gauge.is_none_or(|gauge| gauge <= 19)
                        || !(cut(Column::Command) || cut(Column::Labels)),
                    "wide gauges beside a cut text: {told}"
                );
            }
        }
    }

    #[test]
    fn forty_cells_show_state_name_cpu_and_memory() {
        let mut contents = Contents::default();
        for column in Column::ALL {
            contents.note(*column, 10);
        }
        let shown = layout(40, Column::DEFAULT, &contents);
        let columns: Vec<Column> = shown.iter().map(|(column, _)| *column).collect();
        assert_eq!(
            columns,
            [Column::State, Column::Name, Column::Cpu, Column::Memory]
        );
        assert_eq!(taken(&shown), 40);
        for width in 40..=400 {
            let shown = layout(width, Column::DEFAULT, &contents);
            for needed in NEEDED {
                assert!(
                    shown.iter().any(|(column, _)| *column == needed),
                    "{width}: {needed:?} is missing"
                );
            }
        }
    }

    #[test]
    fn every_column_has_its_turn() {
        let mut ranked: Vec<Column> = NEEDED.into_iter().chain(OTHERS).chain(DETAILS).collect();
        ranked.sort();
        assert_eq!(ranked, Column::ALL);
        let mut contents = Contents::default();
        Column::ALL
            .iter()
            .for_each(|column| contents.note(*column, 5));
        assert_eq!(layout(400, Column::ALL, &contents).len(), Column::ALL.len());
        let headings = Column::ALL.iter();
        for column in headings {
            assert!(
                *column == Column::State
                    || usize::from(column.least()) > column.heading().chars().count()
                    || column.is_text(),
                "{column:?}: its heading and the sign of the order fit"
            );
        }
    }
}
