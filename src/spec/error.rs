//! [`SpecError`]: which field of a request is wrong, and why.

/// A request that cannot be turned into a container.
///
/// `field` is the name the user knows it by (`memory`, `name`, `command`), so that a form can show
/// the reason beside its field and the command line can name the flag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct SpecError {
    /// The field's name as the user wrote it, without dashes.
    pub field: &'static str,
    /// What is wrong and what is allowed, in one line.
    pub reason: String,
}

impl SpecError {
    /// Builds an error for `field`.
    pub fn new(field: &'static str, reason: impl Into<String>) -> Self {
        Self {
            field,
            reason: reason.into(),
        }
    }
}
