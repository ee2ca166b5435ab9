//! [`LimitChange`]: a new value of one limit, and the result of an update.

use super::Error;
use crate::spec::{CpuLimit, Limits, format_bytes};

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
    /// The value in words.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Cpu(Some(cap)) => format!("{:.0}% of a core", cap.cores() * 100.0),
            Self::Memory(Some(bytes)) => format_bytes(bytes),
            Self::Cpu(None) | Self::Memory(None) => "unlimited".into(),
        }
    }

    /// The same limit in `limits`.
    #[must_use]
    pub fn of(self, limits: &Limits) -> Self {
        match self {
            Self::Cpu(_) => Self::Cpu(limits.cpu),
            Self::Memory(_) => Self::Memory(limits.memory),
        }
    }

    /// Checks that `limits` still has it.
    ///
    /// # Errors
    /// [`Error::NotUndone`] when it was changed meanwhile.
    pub fn check_still(self, limits: &Limits) -> Result<(), Error> {
        let now = self.of(limits);
        if now == self {
            return Ok(());
        }
        let (what, value) = match now {
            Self::Cpu(cap) => ("cpu", cap.map(|cap| format!("{:.0}%", cap.cores() * 100.0))),
            Self::Memory(bytes) => ("memory", bytes.map(format_bytes)),
        };
        let value = value.as_deref().unwrap_or("unlimited");
        Err(Error::NotUndone(format!(
            "its {what} limit was changed meanwhile to {value}"
        )))
    }

    /// Writes it into `limits`. A cap takes with it the part of the burst that it does not allow.
    pub fn apply_to(self, limits: &mut Limits) {
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
            LimitChange::Cpu(cap.map(CpuLimit::from_millicores)).apply_to(&mut limits);
            limits.check().unwrap();
            limits.cpu_burst_usec
        };
        assert_eq!(burst_under(Some(400)), Some(30_000));
        assert_eq!(burst_under(Some(250)), Some(25_000));
        assert_eq!(burst_under(None), None);
    }
}
