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

    /// Writes it into `limits`. A cap takes with it the part of the burst that it does not allow.
    pub fn lay_over(self, limits: &mut Limits) {
        match self {
            Self::Cpu(cap) => {
                limits.cpu = cap;
                let burst = limits.cpu_burst_usec.zip(cap);
                limits.cpu_burst_usec = burst.map(|(usec, cap)| usec.min(cap.quota_usec));
            }
            Self::Memory(bytes) => limits.memory = bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cap_lowers_the_burst_to_what_it_allows() {
        let burst_under = |cap: Option<u64>| {
            let mut limits = Limits {
                cpu: Some(CpuLimit::from_millicores(500)),
                cpu_burst_usec: Some(30_000),
                ..Limits::default()
            };
            LimitChange::Cpu(cap.map(CpuLimit::from_millicores)).lay_over(&mut limits);
            limits.check().unwrap();
            limits.cpu_burst_usec
        };
        assert_eq!(burst_under(Some(400)), Some(30_000));
        assert_eq!(burst_under(Some(250)), Some(25_000));
        assert_eq!(burst_under(None), None);
    }
}
