//! [`ContainerList`]: which containers are shown, in which order and groups, and which one is
//! selected. `update` arranges it; drawing only reads it.

use std::collections::{BTreeMap, BTreeSet};

use super::Model;
use super::columns::Column;
use super::contents::Contents;
use super::groups::{Group, Row};
use super::sort::{Sort, SortKey, group_key, sort_key};
use super::usage::{image_word, network_word};
use crate::record::Record;
use crate::spec::ContainerId;

/// Which containers are shown.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ContainerList {
    /// The selected one; none while a group is selected.
    pub selected: Option<ContainerId>,
    /// The name of the selected group.
    pub group: Option<String>,
    /// A container to select as soon as it appears.
    pub wanted: Option<ContainerId>,
    /// The containers marked for an action on all of them.
    pub marks: BTreeSet<ContainerId>,
    /// The order.
    pub sort: Sort,
    /// The filter.
    pub filter: String,
    /// The first row on the screen.
    pub offset: usize,
    /// Whether tiles are shown instead of rows.
    pub tiles: bool,
    /// What the rows have to say, column by column.
    pub contents: Contents,
    /// The groups that are folded, by name.
    pub folded: BTreeSet<String>,
    /// The containers that match, in order, folded or not: indices into the model's records.
    visible: Vec<usize>,
    /// The groups of these.
    groups: Vec<Group>,
    /// The rows.
    rows: Vec<Row>,
    /// The selected row.
    row: usize,
}

/// Whether the record's name, id, state, image, command or group contains every word of `filter`,
/// ignoring case; or its image or network is what the word names: `image:host`, `network:none`.
fn matches(record: &Record, filter: &str) -> bool {
    if filter.is_empty() {
        return true;
    }
    let spec = &record.spec;
    let shown = [
        spec.name.as_str(),
        spec.id.as_str(),
        crate::tui::row_text::state(record, u16::MAX),
        &spec.image,
        &spec.argv.join(" "),
        spec.group().unwrap_or_default(),
    ]
    .join("\n")
    .to_lowercase();
    // what the Images and Networks tabs lead to
    let used = [image_word(record), network_word(record)].map(|word| word.to_lowercase());
    filter.split_whitespace().all(|word| {
        let word = word.to_lowercase();
        shown.contains(&word) || used.contains(&word)
    })
}

/// A group or a container of none: what is sorted among each other.
enum Unit {
    Group(String, Vec<(SortKey, usize)>),
    Container(usize),
}

/// `keyed`, in its order, with the containers of each group together.
fn units(keyed: Vec<(SortKey, usize)>, records: &[Record], column: Column) -> Vec<(SortKey, Unit)> {
    let mut units: Vec<(SortKey, Unit)> = Vec::with_capacity(keyed.len());
    let mut of_group: BTreeMap<&str, usize> = BTreeMap::new();
    for (key, at) in keyed {
        let Some(name) = records[at].spec.group() else {
            units.push((key, Unit::Container(at)));
            continue;
        };
        let unit = *of_group.entry(name).or_insert(units.len());
        match units.get_mut(unit) {
            Some((_, Unit::Group(_, members))) => members.push((key, at)),
            _ => units.push((
                SortKey::Figure(None),
                Unit::Group(name.to_owned(), vec![(key, at)]),
            )),
        }
    }
    for (key, unit) in &mut units {
        if let Unit::Group(name, members) = unit {
            let keys: Vec<SortKey> = members.iter().map(|(key, _)| key.clone()).collect();
            *key = group_key(column, name, &keys);
        }
    }
    units
}

impl ContainerList {
    /// Filters and sorts again. The selection stays on its container while that is shown, else on
    /// its row.
    pub fn arrange(&mut self, model: &Model) {
        let (records, now) = (&model.records, model.moment());
        let shown = (0..records.len()).filter(|at| matches(&records[*at], &self.filter));
        let mut keyed: Vec<(SortKey, usize)> = shown
            .map(|at| {
                let record = &records[at];
                (
                    sort_key(
                        self.sort.column,
                        record,
                        model.reading(record).as_deref(),
                        model.running_since(record),
                        now,
                    ),
                    at,
                )
            })
            .collect();
        keyed.sort_by(|(a, _), (b, _)| a.order(b, self.sort.descending));
        let mut units = units(keyed, records, self.sort.column);
        units.sort_by(|(a, _), (b, _)| a.order(b, self.sort.descending));
        self.lay_out(units, model);
        self.contents = Contents::of(model, &self.visible, &self.groups);
        self.find_selected(records);
    }

    /// Makes the rows: the head of a group, then its containers unless it is folded. Tiles have no
    /// heads.
    fn lay_out(&mut self, units: Vec<(SortKey, Unit)>, model: &Model) {
        let wanted = self.wanted.as_ref().and_then(|id| model.record(id));
        if let Some(group) = wanted.and_then(|record| record.spec.group()) {
            self.folded.remove(group);
        }
        (self.visible, self.groups, self.rows) = (Vec::new(), Vec::new(), Vec::new());
        for (_, unit) in units {
            let members = match unit {
                Unit::Container(at) => {
                    self.visible.push(at);
                    self.rows.push(Row::Container(at));
                    continue;
                }
                Unit::Group(name, members) => {
                    let members: Vec<usize> = members.into_iter().map(|(_, at)| at).collect();
                    if !self.tiles {
                        self.rows.push(Row::Group(self.groups.len()));
                        self.groups
                            .push(Group::of(name.clone(), members.clone(), model));
                    }
                    if self.tiles || !self.folded.contains(&name) {
                        self.rows
                            .extend(members.iter().copied().map(Row::Container));
                    }
                    members
                }
            };
            self.visible.extend(members);
        }
    }

    /// Finds the row of what is selected; of a container whose group was folded, the group's.
    fn find_selected(&mut self, records: &[Record]) {
        if let Some(row) = self.wanted.as_ref().and_then(|id| self.row_of(id, records)) {
            self.row = row;
            self.wanted = None;
        } else if let Some(row) = self.selected_row(records) {
            self.row = row;
        }
        self.select_row(self.row, records);
    }

    fn selected_row(&self, records: &[Record]) -> Option<usize> {
        if let Some(name) = &self.group {
            return self.row_of_group(name);
        }
        let id = self.selected.as_ref()?;
        self.row_of(id, records).or_else(|| {
            let record = records.iter().find(|record| record.spec.id == *id)?;
            self.row_of_group(record.spec.group()?)
        })
    }

    /// The row of the container `id`, if it is shown.
    #[must_use]
    pub fn row_of(&self, id: &ContainerId, records: &[Record]) -> Option<usize> {
        self.rows
            .iter()
            .position(|row| matches!(row, Row::Container(at) if records[*at].spec.id == *id))
    }

    /// The row of the head of the group `name`.
    #[must_use]
    pub fn row_of_group(&self, name: &str) -> Option<usize> {
        self.rows
            .iter()
            .position(|row| matches!(row, Row::Group(at) if self.groups[*at].name == name))
    }

    /// Selects the container or group on `row`, or on the last one.
    pub fn select_row(&mut self, row: usize, records: &[Record]) {
        self.row = row.min(self.rows.len().saturating_sub(1));
        (self.selected, self.group) = match self.rows.get(self.row) {
            Some(Row::Container(at)) => (Some(records[*at].spec.id.clone()), None),
            Some(Row::Group(at)) => (None, Some(self.groups[*at].name.clone())),
            None => (None, None),
        };
    }

    /// The next row with a container, upwards or downwards.
    #[must_use]
    pub fn row_of_neighbour(&self, downwards: bool) -> Option<usize> {
        let is_container = |row: &usize| matches!(self.rows.get(*row), Some(Row::Container(_)));
        if downwards {
            (self.row + 1..self.rows.len()).find(is_container)
        } else {
            (0..self.row).rev().find(is_container)
        }
    }

    /// Folds the selected group, or unfolds it; elsewhere all groups.
    pub fn fold(&mut self) {
        let names: Vec<&String> = match &self.group {
            Some(name) => vec![name],
            None => self.groups.iter().map(|group| &group.name).collect(),
        };
        let all_folded = names.iter().all(|name| self.folded.contains(*name));
        for name in names.into_iter().cloned().collect::<Vec<_>>() {
            if all_folded {
                self.folded.remove(&name);
            } else {
                self.folded.insert(name);
            }
        }
    }

    /// Scrolls by the least amount that shows the selected row in `height` rows, without empty rows
    /// below the last.
    pub fn scroll_into_view(&mut self, height: usize) {
        let height = height.max(1);
        self.offset = self
            .offset
            .min(self.row)
            .max((self.row + 1).saturating_sub(height));
        self.offset = self.offset.min(self.rows.len().saturating_sub(height));
    }

    /// The same for a grid of `columns` × `rows` tiles.
    pub fn scroll_tiles_into_view(&mut self, columns: usize, rows: usize) {
        let (columns, rows) = (columns.max(1), rows.max(1));
        let (line, lines) = (self.row / columns, self.rows.len().div_ceil(columns));
        let top = (self.offset / columns)
            .min(line)
            .max((line + 1).saturating_sub(rows));
        self.offset = top.min(lines.saturating_sub(rows)) * columns;
    }

    /// The rows.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The groups that match.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The selected group.
    #[must_use]
    pub fn selected_group(&self) -> Option<&Group> {
        let name = self.group.as_ref()?;
        self.groups.iter().find(|group| group.name == *name)
    }

    /// The containers that match, in order, folded or not: indices into the model's records.
    #[must_use]
    pub fn visible(&self) -> &[usize] {
        &self.visible
    }

    /// How many rows are above the `height` rows on the screen, and below them.
    #[must_use]
    pub fn out_of_sight(&self, height: usize) -> (usize, usize) {
        let below = self.rows.len().saturating_sub(self.offset + height);
        (self.offset, below)
    }

    /// The selected row.
    #[must_use]
    pub fn row(&self) -> usize {
        self.row
    }
}
