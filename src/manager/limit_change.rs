//! [`LimitChange`]: a new value of one limit, and the result of an update.

use crate::spec::{CpuLimit, Limits};

/// The result of an update.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Updated {
    /// The changed limits as text: `memory 128M → 64.0M`.
    pub changes: Vec<String>,
    /// Whether they are in effect; for a stopped container they apply from its next start.
    pub live: bool,
}

/// A new value of one limit; `None` is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitChange {
    /// The cap on CPU time; the weight stays.
    Cpu(Option<CpuLimit>),
    /// The memory limit, in bytes.
    Memory(Option<u64>),
}

impl LimitChange {
    /// The same limit in `limits`.
    #[must_use]
    pub fn of(self, limits: &Limits) -> Self {
        match self {
            Self::Cpu(_) => Self::Cpu(limits.cpu),
            Self::Memory(_) => Self::Memory(limits.memory),
        }
    }

    /// Sets it in `limits`.
    pub fn apply_to(self, limits: &mut Limits) {
        match self {
            Self::Cpu(cap) => limits.cpu = cap,
            Self::Memory(bytes) => limits.memory = bytes,
        }
    }
}
