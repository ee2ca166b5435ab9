//! [`Sheet`]: facts in sections, each fact with a judgement, so that one view shows whatever was
//! looked into.

/// What a fact means for keeping the container and the host apart.
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
    /// `ok`, `weak` or nothing: for whoever sees no colours.
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
    /// What it is about.
    pub what: String,
    /// How it stands.
    pub value: String,
    /// What follows from that; may be empty.
    pub effect: String,
    /// What to think of it.
    pub judgement: Judgement,
}

impl Fact {
    /// A fact that is neither good nor bad.
    pub fn plain(what: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            value: value.into(),
            effect: String::new(),
            judgement: Judgement::Plain,
        }
    }

    /// A fact with a judgement and what follows from it.
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
    /// Their heading.
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

/// Everything that was looked into.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    /// Its sections, in the order in which they are shown.
    pub sections: Vec<Section>,
}

impl Sheet {
    /// How many facts are judged so.
    #[must_use]
    pub fn count(&self, judgement: Judgement) -> usize {
        self.sections
            .iter()
            .flat_map(|section| &section.facts)
            .filter(|fact| fact.judgement == judgement)
            .count()
    }
}
