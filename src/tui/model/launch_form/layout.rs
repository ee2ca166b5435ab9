//! [`FormLayout`]: where the launch form has what. Pure, so that `update` can scroll by what `view`
//! shows.
//!
//! ```text
//! ▾ Basics                          ▸ Storage    volumes /srv/web:/data:ro
//!   Image    host                   ▾ Environment
//!   Preset   ◂ none ▸                 Variables  A=1
//! ───────────────────────────────────────────────────────────────────────
//! a meaning, or what is wrong
//! $ minic-tui run -d …
//! [ Launch ]  [ Copy the command line ]  [ Cancel ]
//! ```

use ratatui::layout::{Margin, Rect, Size};

use super::{Field, Kind, LaunchForm, Section, Spot, command_rows};
use crate::tui::sanitise::printable;
use crate::tui::text;

/// The fewest columns of the form for two columns of fields.
const TWO_COLUMNS: u16 = 112;
/// The most columns of the form with one column of fields, and with two.
const MAX_WIDTHS: [u16; 2] = [100, 172];
/// The fewest columns of fields for remarks beside them.
const BESIDE: u16 = 54;
/// Columns of a label, with the marker before it; where there is little room, and otherwise.
const LABELS: [u16; 2] = [14, 19];
/// Columns of a short field with a remark beside it, and of the gap between; where there is little
/// room, and otherwise.
const SHORT: [u16; 2] = [16, 22];
/// The fewest rows of the form for a line between fields and message, and for buttons.
const ROOMY: u16 = 16;
/// The most rows that say what is wrong with a line; all of it stands below the fields.
const MAX_ERROR_ROWS: usize = 3;
/// Columns between two columns of fields.
const GAP: u16 = 2;

/// A row of fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormRow {
    /// The heading of a section.
    Heading(Section),
    /// A line of a field.
    Entry(Field, usize),
    /// What is wrong with the line above: a row of that text.
    Error(Field, usize, usize),
    /// Nothing, between two sections.
    Blank,
}

/// Where the form has what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormLayout {
    /// The box.
    pub outer: Rect,
    /// Each column of fields, with all its rows.
    pub columns: Vec<(Rect, Vec<FormRow>)>,
    /// The line below the fields.
    pub rule: Option<Rect>,
    /// The meaning of the focused field, or what is wrong with it.
    pub message: Rect,
    /// The command line.
    pub command: Rect,
    /// The buttons.
    pub buttons: Option<Rect>,
}

/// Where the form may be drawn on a screen of `size`: above the bottom line.
#[must_use]
pub fn form_area(size: Size) -> Rect {
    Rect::new(0, 0, size.width, size.height.saturating_sub(1))
}

impl FormLayout {
    /// The layout of `form` over `area`.
    #[must_use]
    pub fn of(form: &LaunchForm, area: Rect) -> Self {
        let margin = if area.width >= 60 { 4 } else { 0 };
        let room = area.width - margin;
        let two = room >= TWO_COLUMNS;
        let width = room.min(MAX_WIDTHS[usize::from(two)]);
        let inner_width = width.saturating_sub(4);
        let columns: Vec<&[Section]> = if two {
            let (left, right) = Section::ALL.split_at(2);
            vec![left, right]
        } else {
            vec![Section::ALL]
        };
        let count = columns.len() as u16;
        let column_width = (inner_width - GAP * (count - 1)) / count;
        let mut rows: Vec<Vec<FormRow>> = columns
            .iter()
            .map(|sections| rows(form, sections, column_width))
            .collect();

        let max = area.height.saturating_sub(2);
        let roomy = max >= ROOMY;
        let fixed = if roomy { 4 } else { 1 };
        let command_rows = command_rows(form, usize::from(inner_width)).len() as u16;
        let most = match max {
            _ if form.focus == Spot::CommandLine => max / 2,
            0..12 => 1,
            12..24 => 2,
            _ => 4,
        };
        let command = command_rows.clamp(1, most.max(1));
        let fields = max.saturating_sub(fixed + command).max(1);
        let longest = |rows: &[Vec<FormRow>]| rows.iter().map(Vec::len).max().unwrap_or(0);
        let spaced: Vec<_> = rows.iter().map(|rows| spaced(rows)).collect();
        if longest(&spaced) <= usize::from(fields) && max > 24 {
            rows = spaced;
        }
        let fields = fields.min(longest(&rows) as u16);

        let height = fields + fixed + command + 2;
        let outer = Rect {
            x: area.x + (area.width - width) / 2,
            // folding a section moves only the lower edge
            y: area.y + u16::from(area.height > height + 1),
            width,
            height: height.min(area.height),
        };
        let inside = outer.inner(Margin::new(2, 1));
        let part = |y: u16, height: u16| {
            Rect {
                y: inside.y + y,
                height,
                ..inside
            }
            .intersection(inside)
        };
        let columns = rows.into_iter().zip(0..).map(|(rows, at)| {
            let area = Rect {
                x: inside.x + at * (column_width + GAP),
                width: column_width,
                ..part(0, fields)
            };
            (area, rows)
        });
        let below = fields + u16::from(roomy);
        let message = if roomy { 2 } else { 1 };
        Self {
            outer,
            columns: columns.collect(),
            rule: roomy.then(|| part(fields, 1)),
            message: part(below, message),
            command: part(below + message, command),
            buttons: roomy.then(|| part(below + message + command, 1)),
        }
    }

    /// Columns of the labels in a column of this width.
    #[must_use]
    pub fn labels(width: u16) -> u16 {
        LABELS[usize::from(width >= BESIDE)]
    }

    /// Where the remark about a line of `field` begins in a column of this width; `None` when there
    /// is no room beside it.
    #[must_use]
    pub fn beside(field: Field, width: u16) -> Option<u16> {
        let is_short = !matches!(field.kind(), Kind::Long | Kind::List);
        let short = SHORT[usize::from(width >= 66)];
        (width >= BESIDE && is_short).then(|| Self::labels(width) + short)
    }
}

fn rows(form: &LaunchForm, sections: &[Section], width: u16) -> Vec<FormRow> {
    let mut rows = Vec::new();
    for section in sections {
        rows.push(FormRow::Heading(*section));
        if form.folded.contains(section) {
            continue;
        }
        for field in section.fields() {
            let lines = form.lines.get(&field).map_or(1, Vec::len);
            for line in 0..lines {
                rows.push(FormRow::Entry(field, line));
                let room = FormLayout::beside(field, width).map_or(0, |from| width - from);
                let error = form.error(field, line).map(printable);
                if error.is_some_and(|error| text::width(&error) + 2 > usize::from(room)) {
                    let count = error_rows(form, field, line, width).len();
                    rows.extend((0..count).map(|at| FormRow::Error(field, line, at)));
                }
            }
        }
    }
    rows
}

/// What is wrong with a line, in the rows below it in a column of this width.
#[must_use]
pub fn error_rows(form: &LaunchForm, field: Field, line: usize, width: u16) -> Vec<String> {
    let error = printable(form.error(field, line).unwrap_or_default());
    // a sign before it
    let room = usize::from(width.saturating_sub(FormLayout::labels(width) + 2));
    text::wrap_words(&error, room, MAX_ERROR_ROWS, '…')
}

fn is_heading(row: &FormRow) -> bool {
    matches!(row, FormRow::Heading(_))
}

/// With a blank row before each section but the first, and but for two folded ones in a row.
fn spaced(rows: &[FormRow]) -> Vec<FormRow> {
    let mut spaced = Vec::new();
    for row in rows {
        let after_fields = matches!(spaced.last(), Some(FormRow::Entry(..) | FormRow::Error(..)));
        if after_fields && matches!(row, FormRow::Heading(_)) {
            spaced.push(FormRow::Blank);
        }
        spaced.push(*row);
    }
    spaced
}

impl LaunchForm {
    /// Opens what else most people need, where it fits beside the basics on `area`.
    pub fn open_what_fits(&mut self, area: Rect) {
        for section in &[Section::Storage, Section::Environment, Section::Network] {
            if FormLayout::of(self, area).columns.len() < 2 {
                return;
            }
            if !self.folded.remove(section) {
                continue;
            }
            let layout = FormLayout::of(self, area);
            let fits = |(area, rows): &(Rect, Vec<FormRow>)| rows.len() <= usize::from(area.height);
            if !layout.columns.iter().all(fits) {
                self.folded.insert(*section);
            }
        }
    }

    /// Scrolls by `rows`.
    pub fn scroll(&mut self, rows: isize, area: Rect) {
        for first in &mut self.first_rows {
            *first = first.saturating_add_signed(rows);
        }
        self.clamp(area);
    }

    fn clamp(&mut self, area: Rect) {
        let layout = FormLayout::of(self, area);
        for ((area, rows), first) in layout.columns.iter().zip(&mut self.first_rows) {
            *first = (*first).min(rows.len().saturating_sub(usize::from(area.height)));
        }
        let width = usize::from(layout.command.width);
        let rows = command_rows(self, width).len();
        let most = rows.saturating_sub(usize::from(layout.command.height));
        self.command_row = match self.focus {
            Spot::CommandLine => self.command_row.min(most),
            // the command stands last, and is being typed
            Spot::Entry(Field::COMMAND, _) => most,
            _ => 0,
        };
    }

    /// Scrolls by the least amount that shows the focus.
    pub fn scroll_into_view(&mut self, area: Rect) {
        let layout = FormLayout::of(self, area);
        for ((area, rows), first) in layout.columns.iter().zip(&mut self.first_rows) {
            let is_focus = |row: &FormRow| match (row, self.focus) {
                (FormRow::Heading(section), Spot::Heading(focus)) => *section == focus,
                (FormRow::Entry(field, line), Spot::Entry(focus, at)) => {
                    (*field, *line) == (focus, at)
                }
                _ => false,
            };
            let Some(at) = rows.iter().position(is_focus) else {
                continue;
            };
            let height = usize::from(area.height).max(1);
            // a line with what is wrong with it, a heading with its fields
            let of_error = |row: &&FormRow| matches!(row, FormRow::Error(..));
            let errors = rows.iter().skip(at + 1).take_while(of_error).count();
            let below = match self.focus {
                Spot::Heading(_) => rows
                    .iter()
                    .skip(at + 1)
                    .take_while(|row| !is_heading(row))
                    .count(),
                _ => errors,
            };
            let last = at + below.min(height - 1);
            *first = (*first).min(at).max((last + 1).saturating_sub(height));
        }
        self.clamp(area);
    }
}
