//! [`LimitChange`]: one limit set anew, and what that did.

use crate::spec::{CpuLimit, Limits};

/// What an update did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Updated {
    /// Each limit that changed, in words: `memory 128M → 64.0M`.
    pub changes: Vec<String>,
    /// Whether they hold already; a container that does not run has them from its next start on.
    pub live: bool,
}

/// One limit set anew, `None` being no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitChange {
    /// The cap on CPU time; the weight stays.
    Cpu(Option<CpuLimit>),
    /// The memory limit, in bytes.
    Memory(Option<u64>),
}

impl LimitChange {
    /// The limit of the same kind that `limits` holds.
    #[must_use]
    pub fn of(self, limits: &Limits) -> Self {
        match self {
            Self::Cpu(_) => Self::Cpu(limits.cpu),
            Self::Memory(_) => Self::Memory(limits.memory),
        }
    }

    /// Writes it into `limits`.
    pub fn lay_over(self, limits: &mut Limits) {
        match self {
            Self::Cpu(cap) => limits.cpu = cap,
            Self::Memory(bytes) => limits.memory = bytes,
        }
    }
}
