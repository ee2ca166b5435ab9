//! [`Finding`]: one feature of this host, the consequence for containers, and the fix.

/// Whether a feature is available.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Available.
    Good,
    /// Something that not every container needs is missing.
    Limited,
    /// Containers cannot run without it.
    Missing,
}

impl Verdict {
    /// `ok`, `limited` or `missing`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Limited => "limited",
            Self::Missing => "missing",
        }
    }
}

/// One feature of this host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The feature.
    pub what: &'static str,
    /// Whether it is available.
    pub verdict: Verdict,
    /// What was found.
    pub detail: String,
    /// The consequence for containers, unless all is well.
    pub consequence: Option<String>,
    /// What the user can do about it.
    pub fix: Option<String>,
}

impl Finding {
    pub(super) fn good(what: &'static str, detail: impl Into<String>) -> Self {
        Self {
            what,
            verdict: Verdict::Good,
            detail: detail.into(),
            consequence: None,
            fix: None,
        }
    }

    pub(super) fn limited(
        what: &'static str,
        detail: impl Into<String>,
        consequence: impl Into<String>,
    ) -> Self {
        Self {
            verdict: Verdict::Limited,
            consequence: Some(consequence.into()),
            ..Self::good(what, detail)
        }
    }

    pub(super) fn missing(
        what: &'static str,
        detail: impl Into<String>,
        consequence: impl Into<String>,
    ) -> Self {
        Self {
            verdict: Verdict::Missing,
            ..Self::limited(what, detail, consequence)
        }
    }

    /// Adds a fix.
    pub(super) fn fix(self, fix: impl Into<String>) -> Self {
        Self {
            fix: Some(fix.into()),
            ..self
        }
    }
}
