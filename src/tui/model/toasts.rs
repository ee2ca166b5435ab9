//! [`Toasts`]: short messages about what was done, which go away by themselves.

use jiff::{SignedDuration, Timestamp};

use super::EffectId;

/// How long good news stays.
const BRIEF: SignedDuration = SignedDuration::from_secs(4);
/// How long an error stays unless it is dismissed.
const LONG: SignedDuration = SignedDuration::from_secs(8);
/// The most kept at once.
const MOST: usize = 5;

/// What a toast is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToastKind {
    /// Something worked.
    Success,
    /// A figure was changed; the next such message takes its place.
    Changed,
    /// Something cannot be done now.
    Notice,
    /// Something failed.
    Error,
    /// Something is under way; it stays until that is done.
    Progress(EffectId),
}

/// A short message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// Tells it from the others.
    pub id: u64,
    /// What it is about.
    pub kind: ToastKind,
    /// What it says, sanitised.
    pub text: String,
    /// When it goes away; never while `None`.
    pub until: Option<Timestamp>,
}

/// The messages shown, the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Toasts {
    shown: Vec<Toast>,
    last_id: u64,
}

impl Toasts {
    /// Shows `text`, in place of an equal message or of the progress that it ends.
    pub fn show(&mut self, kind: ToastKind, text: String, now: Timestamp) {
        let until = match kind {
            ToastKind::Success | ToastKind::Changed | ToastKind::Notice => Some(now + BRIEF),
            ToastKind::Error => Some(now + LONG),
            ToastKind::Progress(_) => None,
        };
        let replaces = matches!(kind, ToastKind::Progress(_) | ToastKind::Changed);
        self.shown
            .retain(|toast| toast.text != text && !(replaces && toast.kind == kind));
        if self.shown.len() >= MOST {
            self.shown.remove(0);
        }
        self.last_id += 1;
        self.shown.push(Toast {
            id: self.last_id,
            kind,
            text,
            until,
        });
    }

    /// Takes away the progress of `effect`.
    pub fn end_progress(&mut self, effect: EffectId) {
        self.shown
            .retain(|toast| toast.kind != ToastKind::Progress(effect));
    }

    /// Takes away what is over; says whether anything was.
    pub fn expire(&mut self, now: Timestamp) -> bool {
        let before = self.shown.len();
        self.shown
            .retain(|toast| toast.until.is_none_or(|until| until > now));
        self.shown.len() != before
    }

    /// Takes away the newest one that is not progress; says whether there was one.
    pub fn dismiss_newest(&mut self) -> bool {
        let newest = self.shown.iter().rposition(|toast| toast.until.is_some());
        newest.map(|at| self.shown.remove(at)).is_some()
    }

    /// Takes away the one called `id`.
    pub fn dismiss(&mut self, id: u64) {
        self.shown.retain(|toast| toast.id != id);
    }

    /// When the next one goes away.
    #[must_use]
    pub fn next_end(&self) -> Option<Timestamp> {
        self.shown.iter().filter_map(|toast| toast.until).min()
    }

    /// The messages shown, the oldest first.
    #[must_use]
    pub fn shown(&self) -> &[Toast] {
        &self.shown
    }
}
