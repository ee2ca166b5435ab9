//! The columns of the Overview: the parts that stand in each, and graphs in pairs.

use ratatui::layout::{Rect, Size};

use super::{Need, Part, WIDE};

/// The least columns of a graph in a pair.
pub(super) const PAIRED_COLUMNS: u16 = 26;

/// A column and what stands in it.
pub(super) struct Column {
    pub(super) x: u16,
    pub(super) width: u16,
    pub(super) free: u16,
    /// Each part with what it needs and the rows it has.
    pub(super) parts: Vec<(Part, Need, u16)>,
    /// Graphs of these parts, each with the one at its right.
    pub(super) pairs: Vec<(Part, Part)>,
    /// Whether graphs can stand in pairs.
    pairing: bool,
}

/// The empty columns of an area.
pub(super) fn columns(size: Size, count: usize) -> Vec<Column> {
    let shares: &[u32] = match count {
        1 => &[100],
        2 => &[54, 46],
        _ => &[35, 29, 36],
    };
    let (mut columns, mut x, mut share) = (Vec::new(), 0, 0);
    for (at, part) in shares.iter().enumerate() {
        share += part;
        let end = if at + 1 == shares.len() {
            size.width
        } else {
            (u32::from(size.width) * share / 100) as u16
        };
        columns.push(Column {
            x,
            width: end.saturating_sub(x),
            free: size.height,
            parts: Vec::new(),
            pairs: Vec::new(),
            pairing: size.width >= WIDE
                && halves(end.saturating_sub(x)).0.saturating_sub(1) >= PAIRED_COLUMNS,
        });
        // the line between the columns
        x = end + 1;
    }
    columns
}

impl Column {
    pub(super) fn has(&self, part: Part) -> bool {
        self.parts.iter().any(|(other, ..)| *other == part)
    }

    pub(super) fn has_history(&self) -> bool {
        self.parts.iter().any(|(part, ..)| part.is_history())
    }

    /// Puts `part` at the right of a graph that stands alone; returns whether there is one.
    pub(super) fn pair(&mut self, part: Part) -> bool {
        let mut graphs = self.parts.iter().filter(|(part, ..)| part.is_history());
        let is_alone = |graph: &Part| !self.pairs.iter().any(|(left, _)| left == graph);
        let alone = graphs.find(|(graph, ..)| self.pairing && is_alone(graph));
        let Some(left) = alone.map(|(graph, ..)| *graph) else {
            return false;
        };
        self.pairs.push((left, part));
        true
    }

    /// Gives its parts a row each in turn, up to `target`.
    pub(super) fn grow(&mut self, target: impl Fn(&Need) -> u16) {
        loop {
            let before = self.free;
            for (_, need, rows) in &mut self.parts {
                if self.free > 0 && *rows < target(need) {
                    *rows += 1;
                    self.free -= 1;
                }
            }
            if self.free == before || self.free == 0 {
                return;
            }
        }
    }
}

/// The columns of two graphs beside each other; the left one has its last free.
fn halves(width: u16) -> (u16, u16) {
    (width / 2, width - width / 2)
}

pub(super) fn placed(size: Size, columns: Vec<Column>) -> Vec<(Part, Rect)> {
    let mut all = Vec::new();
    for mut column in columns {
        if column.x > 0 {
            all.push((Part::Rule, Rect::new(column.x - 1, 0, 1, size.height)));
        }
        column.parts.sort_by_key(|(part, ..)| part.order());
        let mut y = 0;
        for (part, _, rows) in column.parts {
            let rect = Rect::new(column.x, y, column.width, rows);
            y += rows;
            let partner = match part {
                Part::Cpu => Some(Part::Memory),
                _ => column
                    .pairs
                    .iter()
                    .find(|(left, _)| *left == part)
                    .map(|(_, right)| *right),
            };
            let Some(partner) = partner else {
                all.push((part, rect));
                continue;
            };
            // the two graphs share their rows
            let (left, right) = halves(rect.width);
            let right = Rect {
                x: rect.x + left,
                width: right,
                ..rect
            };
            let left = Rect {
                width: left.saturating_sub(1),
                ..rect
            };
            all.extend([(part, left), (partner, right)]);
        }
    }
    all
}
