//! [`Sheet`]: facts in sections, each with a judgement, for a common view.

/// What a fact means for isolation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// As it should be.
    Good,
    /// Something is open, shared or without a limit.
    Weak,
    /// Neither good nor bad.
    Plain,
}

impl Judgement {
    /// `ok`, `weak` or empty, for displays without colours.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Weak => "weak",
            Self::Plain => "",
        }
    }

    /// Good when `good`, else weak.
    #[must_use]
    pub fn of(good: bool) -> Self {
        if good { Self::Good } else { Self::Weak }
    }
}

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Its name.
    pub what: String,
    /// Its value.
    pub value: String,
    /// The effect; may be empty.
    pub effect: String,
    /// The judgement.
    pub judgement: Judgement,
}

impl Fact {
    /// A fact without a judgement.
    pub fn plain(what: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            value: value.into(),
            effect: String::new(),
            judgement: Judgement::Plain,
        }
    }

    /// A fact with a judgement and an effect.
    pub fn judged(
        what: impl Into<String>,
        value: impl Into<String>,
        judgement: Judgement,
        effect: impl Into<String>,
    ) -> Self {
        Self {
            what: what.into(),
            value: value.into(),
            effect: effect.into(),
            judgement,
        }
    }
}

/// Facts that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The heading.
    pub title: String,
    /// The facts.
    pub facts: Vec<Fact>,
}

impl Section {
    /// A section of these facts.
    pub fn new(title: impl Into<String>, facts: Vec<Fact>) -> Self {
        Self {
            title: title.into(),
            facts,
        }
    }
}

/// All facts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    /// The sections, in display order.
    pub sections: Vec<Section>,
}

impl Sheet {
    /// The number of facts with this judgement.
    #[must_use]
    pub fn count(&self, judgement: Judgement) -> usize {
        self.sections
            .iter()
            .flat_map(|section| &section.facts)
            .filter(|fact| fact.judgement == judgement)
            .count()
    }
}
