//! [`HitMap`]: what a frame drew where, so that a click hits what is shown.

use ratatui::layout::{Position, Rect};

use super::{Column, Field, Grip, Pane, PresetField, Tab};
use crate::spec::ContainerId;
use crate::tui::action::Action;

/// A target of a click.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A tab's name.
    Tab(Tab),
    /// A pane's name.
    Pane(Pane),
    /// The line between list and pane, beside the names.
    Divider,
    /// A part of the pane that nothing else is in.
    PaneArea,
    /// A row of the container table.
    Container(ContainerId),
    /// The head of a group in it.
    Group(String),
    /// A column heading.
    Heading(Column),
    /// A line of the pane's or the tab's own list, or of the menu over it.
    Line(usize),
    /// A line of the log, by its number.
    LogLine(u64),
    /// A row of the preset list.
    Preset(usize),
    /// A gauge whose handle can be moved.
    Gauge(Grip),
    /// A key on the bottom line or a button.
    Action(Action),
    /// A field of the launch form.
    Field(Field),
    /// A field of a preset's form.
    PresetField(PresetField),
    /// A line of the sort menu.
    SortBy(Column),
    /// A row of the palette.
    Found(usize),
    /// A toast.
    Toast(u64),
    /// An inert part of an overlay: clicks do not reach what is below.
    Nothing,
}

/// What one frame drew where; later areas are on top.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HitMap {
    areas: Vec<(Rect, Target)>,
}

impl HitMap {
    /// Marks `area` as `target`.
    pub fn add(&mut self, area: Rect, target: Target) {
        self.areas.push((area, target));
    }

    /// The target at this cell.
    #[must_use]
    pub fn at(&self, x: u16, y: u16) -> Option<&Target> {
        let hit = self
            .areas
            .iter()
            .rev()
            .find(|(area, _)| area.contains(Position { x, y }));
        hit.map(|(_, target)| target)
    }

    /// Where `target` was drawn.
    #[must_use]
    pub fn find(&self, target: &Target) -> Option<Rect> {
        self.areas
            .iter()
            .find(|(_, t)| t == target)
            .map(|(area, _)| *area)
    }
}
