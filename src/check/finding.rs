//! [`Finding`]: one thing that this host can or cannot do, what follows from it, and what helps.

/// How far something is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// As it should be.
    Good,
    /// Something that not every container needs is lacking.
    Limited,
    /// Containers cannot be had without it.
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

/// One thing that this host can or cannot do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub what: &'static str,
    /// How far it is there.
    pub verdict: Verdict,
    /// What was found.
    pub detail: String,
    /// What follows for containers, unless all is well.
    pub consequence: Option<String>,
    /// What the user can do, where something helps.
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

    /// The same with what helps.
    pub(super) fn fix(self, fix: impl Into<String>) -> Self {
        Self {
            fix: Some(fix.into()),
            ..self
        }
    }
}
