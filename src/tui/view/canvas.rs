//! [`Canvas`]: the drawing context of every region.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::record::{Record, Status};
use crate::tui::action::Action;
use crate::tui::model::{HitMap, Model};
use crate::tui::row_text;
use crate::tui::theme::Theme;
use crate::tui::widget::Pen;
use crate::tui::wording::is_unexpected;

/// The model, the buffer it is drawn into, and what was drawn where.
pub(super) struct Canvas<'a> {
    /// What to draw.
    pub model: &'a Model,
    /// How it looks.
    pub theme: &'a Theme,
    /// Where it is drawn.
    pub buffer: &'a mut Buffer,
    /// The targets of clicks.
    pub hits: &'a mut HitMap,
    /// The position of the terminal's cursor while something is being typed.
    pub cursor: Option<Position>,
}

impl Canvas<'_> {
    /// A pen on the first row of `area`.
    pub(super) fn pen(&mut self, area: Rect) -> Pen<'_> {
        Pen::new(self.buffer, area, self.theme.symbols.ellipsis)
    }

    /// The key to show for `action`: the overlay's if it has one, else that of what has the focus.
    #[must_use]
    pub(super) fn key(&self, action: Action) -> String {
        let mut contexts = self.model.contexts();
        contexts.extend(self.model.contexts_below());
        let key = self.model.settings.keymap.shown_key(&contexts, action);
        key.map(|chord| chord.to_string()).unwrap_or_default()
    }

    /// What a pane says while no single container is selected, of which it would show `what`.
    #[must_use]
    pub(super) fn none_selected(&self, what: &str) -> String {
        let model = self.model;
        let Some(group) = &model.list.group else {
            return format!("No container is selected: {what} would be here.");
        };
        if model.list.folded.contains(group) {
            let key = self.key(Action::Fold);
            return format!("The group is folded: {key} unfolds it.");
        }
        let next = match model.focused() {
            Some(_) => Action::NextContainer,
            None => Action::Down,
        };
        format!("Choose a container of the group: {}.", self.key(next))
    }

    /// The state of `record` at the moment shown for a column of `width`, with its style.
    #[must_use]
    pub(super) fn state(&self, record: &Record, width: u16) -> (String, Style) {
        let model = self.model;
        if model.past.is_none() {
            return (
                row_text::state(record, width).to_owned(),
                self.state_style(record),
            );
        }
        let running = model.running_since(record).is_some();
        match &record.state.status {
            Status::Stopped { .. } if running => ("RUNNING".into(), self.theme.running),
            Status::Running { .. } | Status::Paused { .. } if !running => {
                ("-".into(), self.theme.dim)
            }
            _ => (
                record.state.status.word().to_owned(),
                self.state_style(record),
            ),
        }
    }

    /// The style of the state of `record`.
    #[must_use]
    pub(super) fn state_style(&self, record: &Record) -> Style {
        match &record.state.status {
            Status::Running { .. } => self.theme.running,
            Status::Paused { .. } => self.theme.paused,
            Status::Created => self.theme.created,
            Status::Stopped { cause, .. } if is_unexpected(cause) => self.theme.failed,
            Status::Broken { .. } => self.theme.failed,
            Status::Stopped { .. } => self.theme.stopped,
        }
    }
}

/// The row `y` of `area`, counted from its top; empty when there is none.
#[must_use]
pub(super) fn row(area: Rect, y: u16) -> Rect {
    Rect {
        y: area.y + y.min(area.height),
        height: u16::from(y < area.height),
        ..area
    }
}
