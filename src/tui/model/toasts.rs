//! [`Toasts`]: short messages that expire.

use jiff::{SignedDuration, Timestamp};

use super::EffectId;

/// How long a success stays.
const BRIEF: SignedDuration = SignedDuration::from_secs(4);
/// How long an error stays unless it is dismissed.
const LONG: SignedDuration = SignedDuration::from_secs(8);
/// The most toasts at once.
const MAX_SHOWN: usize = 5;

/// The kind of a toast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToastKind {
    /// Something worked.
    Success,
    /// A figure was changed; the next such message replaces it.
    Changed,
    /// Something cannot be done now.
    Notice,
    /// Something failed.
    Error,
    /// Progress; it stays until the effect ends.
    Progress(EffectId),
}

/// A short message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// Its id.
    pub id: u64,
    /// Its kind.
    pub kind: ToastKind,
    /// Its text, sanitised.
    pub text: String,
    /// When it expires; `None` is never.
    pub until: Option<Timestamp>,
    /// Where in the text it begins to say what the undo key does.
    hint_at: Option<usize>,
}

impl Toast {
    fn without_hint(&self) -> &str {
        &self.text[..self.hint_at.unwrap_or(self.text.len())]
    }
}

/// The messages shown, the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Toasts {
    shown: Vec<Toast>,
    last_id: u64,
}

impl Toasts {
    /// Shows `text`, replacing an equal message or the progress it ends.
    pub fn show(&mut self, kind: ToastKind, text: String, now: Timestamp) {
        let until = match kind {
            ToastKind::Success | ToastKind::Changed | ToastKind::Notice => Some(now + BRIEF),
            ToastKind::Error => Some(now + LONG),
            ToastKind::Progress(_) => None,
        };
        let replaces = matches!(kind, ToastKind::Progress(_) | ToastKind::Changed);
        self.shown
            .retain(|toast| toast.without_hint() != text && !(replaces && toast.kind == kind));
        if self.shown.len() >= MAX_SHOWN {
            self.shown.remove(0);
        }
        self.last_id += 1;
        self.shown.push(Toast {
            id: self.last_id,
            kind,
            text,
            until,
            hint_at: None,
        });
    }

    /// Gives the message `id` another text, if it is still shown; returns whether it is.
    pub fn rewrite(&mut self, id: u64, text: String) -> bool {
        let shown = self.shown.iter_mut().find(|toast| toast.id == id);
        shown.map(|toast| toast.text = text).is_some()
    }

    /// Adds to the newest message what the undo key does; every earlier one stops saying it.
    pub fn hint(&mut self, hint: &str) {
        self.drop_hints();
        if let Some(newest) = self.shown.last_mut().filter(|_| !hint.is_empty()) {
            newest.hint_at = Some(newest.text.len());
            newest.text.push_str(hint);
        }
    }

    /// The undo key does something else now.
    pub fn drop_hints(&mut self) {
        for toast in &mut self.shown {
            if let Some(at) = toast.hint_at.take() {
                toast.text.truncate(at);
            }
        }
    }

    /// Removes the progress of `effect`.
    pub fn end_progress(&mut self, effect: EffectId) {
        self.shown
            .retain(|toast| toast.kind != ToastKind::Progress(effect));
    }

    /// Removes expired toasts; returns whether there were any.
    pub fn expire(&mut self, now: Timestamp) -> bool {
        let before = self.shown.len();
        self.shown
            .retain(|toast| toast.until.is_none_or(|until| until > now));
        self.shown.len() != before
    }

    /// Removes the newest one that is not progress; returns whether there was one.
    pub fn dismiss_newest(&mut self) -> bool {
        let newest = self.shown.iter().rposition(|toast| toast.until.is_some());
        newest.map(|at| self.shown.remove(at)).is_some()
    }

    /// Removes the one with this id.
    pub fn dismiss(&mut self, id: u64) {
        self.shown.retain(|toast| toast.id != id);
    }

    /// When the next one expires.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_expired_are_removed() {
        let mut toasts = Toasts::default();
        let now = Timestamp::UNIX_EPOCH;
        toasts.show(ToastKind::Notice, "brief".into(), now);
        toasts.show(ToastKind::Error, "long".into(), now);
        assert!(!toasts.expire(now));
        let end = toasts.next_end().unwrap();
        assert!(toasts.expire(end), "one was removed");
        assert_eq!(toasts.shown().len(), 1);
        assert!(!toasts.expire(end), "nothing is left to remove");
    }
}
