//! [`Setup`]: the screen's settings while they are being changed. What is chosen is shown at once;
//! what was there before comes back unless it is saved.

use std::time::Duration;

use strum::{IntoStaticStr, VariantArray};

use super::Column;
use crate::config::{Meter, ScreenChanges};
use crate::tui::action::Action;
use crate::tui::keymap::{Bindings, Chord, Context, Keymap};
use crate::tui::settings::Settings;
use crate::tui::theme::{THEME_NAMES, Theme};

/// The times between two samples that can be chosen, in milliseconds.
const TICKS: [u64; 9] = [100, 250, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000];

/// A section of the setup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, VariantArray, IntoStaticStr)]
pub enum SetupSection {
    /// The columns of the list.
    Columns,
    /// The meters of the header.
    Meters,
    /// The colours.
    Theme,
    /// The time between two samples.
    Tick,
    /// The keys.
    Keys,
}

impl SetupSection {
    /// All of them, left to right.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// Its name.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.into()
    }
}

/// The setup.
#[derive(Debug, Clone, PartialEq)]
pub struct Setup {
    /// The section shown.
    pub section: SetupSection,
    /// The row that is chosen in it.
    pub row: usize,
    /// Every column and whether it is on: those that are on first, in their order.
    pub columns: Vec<(Column, bool)>,
    /// Every meter and whether it is on.
    pub meters: Vec<(Meter, bool)>,
    /// The times between two samples to choose from.
    pub ticks: Vec<Duration>,
    /// The actions that can have keys, with their contexts.
    pub keys: Vec<(Context, Action)>,
    /// Whether the next key is taken for the chosen action.
    pub asking: bool,
    /// The key that another action has: pressed again it is taken from that.
    pub taken: Option<Chord>,
    /// What was refused, or what is to be done.
    pub note: Option<String>,
    /// The settings before.
    pub before: Box<Settings>,
}

impl Setup {
    /// The setup of what `settings` say.
    #[must_use]
    pub fn of(settings: &Settings) -> Self {
        let mut ticks: Vec<Duration> = TICKS.map(Duration::from_millis).to_vec();
        ticks.push(settings.tick);
        ticks.sort();
        ticks.dedup();
        Self {
            section: SetupSection::Columns,
            row: 0,
            columns: on_first(&settings.columns, Column::ALL),
            meters: Meter::ALL
                .iter()
                .map(|meter| (*meter, settings.meters.contains(meter)))
                .collect(),
            ticks,
            keys: actions_with_keys(&settings.keymap),
            asking: false,
            taken: None,
            note: None,
            before: Box::new(settings.clone()),
        }
    }

    /// The rows of the section.
    #[must_use]
    pub fn rows(&self) -> usize {
        match self.section {
            SetupSection::Columns => self.columns.len(),
            SetupSection::Meters => self.meters.len(),
            SetupSection::Theme => THEME_NAMES.len(),
            SetupSection::Tick => self.ticks.len(),
            SetupSection::Keys => self.keys.len(),
        }
    }

    /// Shows `section`, on what `settings` have chosen in it.
    pub fn show(&mut self, section: SetupSection, settings: &Settings) {
        self.section = section;
        self.note = None;
        self.row = match section {
            SetupSection::Columns | SetupSection::Meters | SetupSection::Keys => 0,
            SetupSection::Theme => THEME_NAMES
                .iter()
                .position(|name| *name == settings.theme.name)
                .unwrap_or(0),
            SetupSection::Tick => self
                .ticks
                .iter()
                .position(|tick| *tick == settings.tick)
                .unwrap_or(0),
        };
    }

    /// Shows the section `steps` to the right, beginning again at the left.
    pub fn turn(&mut self, steps: usize, settings: &Settings) {
        let all = SetupSection::ALL;
        let at = all.iter().position(|section| *section == self.section);
        let to = (at.unwrap_or(0) + steps) % all.len();
        self.show(all[to], settings);
    }

    /// Switches the chosen column or meter on or off, or asks for a key.
    pub fn choose(&mut self) {
        self.note = None;
        match self.section {
            SetupSection::Columns => {
                let (column, on) = &mut self.columns[self.row];
                if *column == Column::Name {
                    self.note = Some("a row without its name says nothing".into());
                } else {
                    *on = !*on;
                }
            }
            SetupSection::Meters => {
                let (_, on) = &mut self.meters[self.row];
                *on = !*on;
            }
            SetupSection::Keys => (self.asking, self.taken) = (true, None),
            SetupSection::Theme | SetupSection::Tick => {}
        }
    }

    /// Moves the chosen column by one place.
    pub fn shift(&mut self, downwards: bool) {
        if self.section != SetupSection::Columns {
            return;
        }
        let to = if downwards {
            self.row + 1
        } else {
            self.row.wrapping_sub(1)
        };
        if to < self.columns.len() {
            self.columns.swap(self.row, to);
            self.row = to;
        }
    }

    /// Makes `settings` what is chosen.
    pub fn apply(&self, settings: &mut Settings) {
        settings.columns = chosen(&self.columns);
        settings.meters = chosen(&self.meters);
        match self.section {
            SetupSection::Theme => {
                let now = &settings.theme;
                let theme = Theme::named(THEME_NAMES[self.row], now.terminal, now.symbols);
                // only an embedded theme that is wrong could fail
                if let Ok(theme) = theme {
                    settings.theme = theme;
                }
            }
            SetupSection::Tick => settings.tick = self.ticks[self.row],
            SetupSection::Columns | SetupSection::Meters | SetupSection::Keys => {}
        }
    }

    /// Gives `chord` to the chosen action in `keymap`: that has no other key then. A key of another
    /// action has to be pressed twice.
    ///
    /// # Errors
    /// Why not, or not yet.
    pub fn give(&mut self, keymap: &Keymap, chord: Chord) -> Result<Keymap, String> {
        let (context, action) = self.keys[self.row];
        let owner = keymap
            .action(&[context], chord)
            .filter(|owner| *owner != action);
        if let Some(owner) = owner
            && self.taken != Some(chord)
        {
            self.taken = Some(chord);
            return Err(format!(
                "{chord} is {:?} here: press it again to take it, or another key",
                owner.label()
            ));
        }
        (self.asking, self.taken) = (false, None);
        let keys = vec![chord.to_string()];
        rebound(keymap, context, action, keys)
    }

    /// Takes its keys from the chosen action.
    ///
    /// # Errors
    /// Why it must have one.
    pub fn take_keys(&self, keymap: &Keymap) -> Result<Keymap, String> {
        let (context, action) = self.keys[self.row];
        rebound(keymap, context, action, Vec::new())
    }

    /// What is different in `settings` from before.
    #[must_use]
    pub fn changes(&self, settings: &Settings) -> ScreenChanges {
        let before = &*self.before;
        let changed = |is: bool| is.then_some(());
        ScreenChanges {
            columns: changed(settings.columns != before.columns).map(|()| settings.columns.clone()),
            meters: changed(settings.meters != before.meters).map(|()| settings.meters.clone()),
            theme: changed(settings.theme.name != before.theme.name)
                .map(|()| settings.theme.name.clone()),
            tick: changed(settings.tick != before.tick).map(|()| settings.tick),
            keys: changed_keys(&before.keymap, &settings.keymap),
        }
    }
}

fn rebound(
    keymap: &Keymap,
    context: Context,
    action: Action,
    keys: Vec<String>,
) -> Result<Keymap, String> {
    let actions = [(action.id().to_owned(), keys)].into();
    let overrides: Bindings = [(context.id().to_owned(), actions)].into();
    keymap
        .clone()
        .with_overrides(&overrides)
        .map_err(|error| error.to_string())
}

/// The keys that are different, of whoever has them or had them.
fn changed_keys(before: &Keymap, now: &Keymap) -> Bindings {
    let mut changed = Bindings::new();
    for context in Context::ALL {
        for action in Action::ALL {
            let keys = now.keys_of(*context, *action);
            if keys != before.keys_of(*context, *action) {
                changed.entry(context.id().to_owned()).or_default().insert(
                    action.id().to_owned(),
                    keys.iter().map(ToString::to_string).collect(),
                );
            }
        }
    }
    changed
}

fn actions_with_keys(keymap: &Keymap) -> Vec<(Context, Action)> {
    let of_context = |context: &Context| {
        let context = *context;
        let here = move |action: &Action| {
            action.contexts().contains(&context) || !keymap.keys_of(context, *action).is_empty()
        };
        Action::ALL
            .iter()
            .copied()
            .filter(here)
            .map(move |action| (context, action))
    };
    Context::ALL.iter().flat_map(of_context).collect()
}

fn on_first<T: Copy + PartialEq>(on: &[T], all: &[T]) -> Vec<(T, bool)> {
    let off = all.iter().copied().filter(|one| !on.contains(one));
    let on = on.iter().copied().map(|one| (one, true));
    on.chain(off.map(|one| (one, false))).collect()
}

fn chosen<T: Copy>(list: &[(T, bool)]) -> Vec<T> {
    let on = list.iter().filter(|(_, on)| *on);
    on.map(|(one, _)| *one).collect()
}
