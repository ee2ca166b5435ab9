//! [`Handles`]: the handles on the gauges, which set limits, and their steps.

use std::collections::BTreeSet;

use super::{Column, EffectId, Model, Pane, Tab};
use crate::manager::LimitChange;
use crate::spec::{ContainerId, CpuLimit, Limits, MIN_MEMORY};

/// A gauge with a handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Knob {
    /// The cap on CPU time.
    #[default]
    Cpu,
    /// The memory limit.
    Memory,
}

/// Bands of CPU caps in millicores: the end of the band and the step within it.
const CPU_STEPS: [(u64, u64); 4] = [(100, 10), (1_000, 50), (4_000, 250), (u64::MAX, 1_000)];
/// Steps of memory per power of two.
const MEMORY_STEPS: u64 = 8;

impl Knob {
    /// What it limits.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Memory => "memory",
        }
    }

    /// The limit it sets, in millicores or bytes; `None` is no limit.
    #[must_use]
    pub fn value(self, limits: &Limits) -> Option<u64> {
        match self {
            Self::Cpu => limits.cpu.map(|cap| (cap.cores() * 1_000.0).round() as u64),
            Self::Memory => limits.memory,
        }
    }

    /// The change that sets `value`, in millicores or bytes.
    #[must_use]
    pub fn change(self, value: Option<u64>) -> LimitChange {
        match self {
            Self::Cpu => LimitChange::Cpu(value.map(CpuLimit::from_millicores)),
            Self::Memory => LimitChange::Memory(value),
        }
    }

    /// The knob of `change`.
    #[must_use]
    pub fn of(change: LimitChange) -> Self {
        match change {
            LimitChange::Cpu(_) => Self::Cpu,
            LimitChange::Memory(_) => Self::Memory,
        }
    }

    /// The smallest value that can be set.
    #[must_use]
    pub fn min(self) -> u64 {
        match self {
            Self::Cpu => 10,
            Self::Memory => MIN_MEMORY,
        }
    }

    /// The distance from `value` to the next step, upwards or downwards.
    fn step(self, value: u64, up: bool) -> u64 {
        match self {
            Self::Cpu => CPU_STEPS
                .iter()
                .find(|(until, _)| value < *until || !up && value == *until)
                .map_or(1_000, |(_, step)| *step),
            Self::Memory => {
                // at a power of two the steps below it are half as long
                let base = if up { value } else { value.saturating_sub(1) }.max(1);
                (1_u64 << base.ilog2()).div_ceil(MEMORY_STEPS)
            }
        }
    }

    /// One step up or down from `value` on a host that has `host_total` of it: above the last step there
    /// is no limit.
    #[must_use]
    pub fn stepped(self, value: Option<u64>, up: bool, host_total: u64) -> Option<u64> {
        let Some(value) = value else {
            return if up {
                None
            } else {
                Some(
                    self.stepped(Some(host_total), false, u64::MAX)?
                        .max(self.min()),
                )
            };
        };
        let step = self.step(value, up);
        if up {
            Some((value / step + 1) * step).filter(|next| *next < host_total)
        } else {
            Some((value.div_ceil(step).saturating_sub(1) * step).max(self.min()))
        }
    }

    /// The step nearest to `value`, to which a released handle snaps.
    #[must_use]
    pub fn snapped(self, value: u64) -> u64 {
        let step = self.step(value, true);
        ((value + step / 2) / step * step).max(self.min())
    }

    /// The end of the gauge in millicores or bytes: a power of two of cores or bytes that leaves
    /// room above the handle; at host_total the host's `host_total`.
    #[must_use]
    pub fn scale(self, limit: Option<u64>, used: u64, host_total: u64) -> u64 {
        let unit = if self == Self::Cpu { 1_000 } else { 1 };
        let wanted = limit
            .map_or(host_total, |limit| limit.saturating_mul(3) / 2)
            .max(used)
            .div_ceil(unit)
            .max(1);
        wanted
            .checked_next_power_of_two()
            .unwrap_or(wanted)
            .saturating_mul(unit)
            .min(host_total.max(1))
    }
}

/// A handle dragged with the mouse, on a gauge of `width` cells from column `left` on that ends at
/// `scale`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grip {
    /// The gauge.
    pub knob: Knob,
    /// The gauge's first column.
    pub left: u16,
    /// The gauge's width in cells.
    pub width: u16,
    /// The value at its end, in millicores or bytes.
    pub scale: u64,
}

impl Grip {
    /// The value at column `x`; `None` (no limit) beyond the end.
    #[must_use]
    pub fn value_at(&self, x: u16) -> Option<u64> {
        let cells = u64::from((x + 1).saturating_sub(self.left));
        if cells > u64::from(self.width) {
            return None;
        }
        Some(
            self.knob
                .snapped(self.scale / u64::from(self.width.max(1)) * cells),
        )
    }
}

/// A requested limit that is not in the records yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingLimit {
    /// The container.
    pub id: ContainerId,
    /// The requested limit.
    pub change: LimitChange,
    /// What the change left behind that it undoes, if it undoes one.
    pub reverts: Option<LimitChange>,
    /// The call to the engine and the limit it sets; `None` while the handle is being dragged.
    pub sent: Option<(EffectId, LimitChange)>,
}

/// The handles of the selected container's gauges.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Handles {
    /// The gauge that the keys move.
    pub focus: Knob,
    /// The handle dragged with the mouse.
    pub grip: Option<Grip>,
    /// The limit being set.
    pub wanted: Option<PendingLimit>,
    /// The calls under way that undo an earlier change.
    pub reverting: BTreeSet<EffectId>,
    /// A limit that waits for an answer: below current use, or of a container that is not alive.
    pub doubtful: Option<LimitChange>,
    /// Containers that are not alive whose limits may be changed without asking again.
    pub agreed: BTreeSet<ContainerId>,
}

impl Handles {
    /// The limits of `id` including the one being set.
    #[must_use]
    pub fn limits(&self, id: &ContainerId, limits: &Limits) -> Limits {
        let mut limits = limits.clone();
        if let Some(wanted) = self.wanted.as_ref().filter(|wanted| wanted.id == *id) {
            wanted.change.apply_to(&mut limits);
        }
        limits
    }
}

impl Model {
    /// Whether the gauge that the keys move is on the screen: in the Overview, or in the list that
    /// has the keys.
    #[must_use]
    pub fn gauge_in_sight(&self) -> bool {
        if self.tab != Tab::Containers {
            return false;
        }
        let column = match self.handles.focus {
            Knob::Cpu => Column::Cpu,
            Knob::Memory => Column::Memory,
        };
        let in_list = self.list.tiles || self.shown_columns().contains(&column);
        self.shows(Pane::Overview) || self.focused().is_none() && in_list
    }

    /// The host's total of what `knob` limits, in millicores or bytes.
    #[must_use]
    pub fn host_total(&self, knob: Knob) -> u64 {
        let host = self.host.as_ref();
        match knob {
            Knob::Cpu => host.map_or(1, |host| host.cores.len().max(1)) as u64 * 1_000,
            Knob::Memory => host.map_or(u64::MAX, |host| host.memory_total),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    #[test]
    fn cpu_moves_in_round_steps() {
        let up = |value| Knob::Cpu.stepped(Some(value), true, 4_000);
        let down = |value| Knob::Cpu.stepped(Some(value), false, 4_000);
        assert_eq!(
            [10, 100, 250, 251, 1_000, 3_750].map(up),
            [20, 150, 300, 300, 1_250, 0].map(|v| Some(v).filter(|v| *v > 0))
        );
        assert_eq!(
            [10, 20, 100, 150, 251, 1_000, 1_250].map(down),
            [10, 10, 90, 100, 250, 950, 1_000].map(Some)
        );
        assert_eq!(Knob::Cpu.stepped(None, true, 4_000), None);
        assert_eq!(
            Knob::Cpu.stepped(None, false, 4_000),
            Some(3_750),
            "from no limit to just below all that there is"
        );
    }

    #[test]
    fn memory_moves_in_eighths_of_a_power_of_two() {
        let up = |value: u64| {
            Knob::Memory
                .stepped(Some(value * MIB), true, 1 << 40)
                .unwrap()
                / MIB
        };
        let down = |value: u64| {
            Knob::Memory
                .stepped(Some(value * MIB), false, 1 << 40)
                .unwrap()
                / MIB
        };
        assert_eq!([64, 72, 100, 120, 128].map(up), [72, 80, 104, 128, 144]);
        assert_eq!([128, 120, 100, 64, 1].map(down), [120, 112, 96, 60, 1]);
        let mut value = 300 * MIB;
        for _ in 0..200 {
            value = Knob::Memory.stepped(Some(value), false, 1 << 40).unwrap();
        }
        assert_eq!(
            value, MIN_MEMORY,
            "down to the least that can be set, and no further"
        );
        assert_eq!(
            Knob::Memory.stepped(Some(15 << 30), true, 16 << 30),
            None,
            "as much as the host has is no limit"
        );
    }

    #[test]
    fn a_dragged_handle_follows_the_mouse() {
        let grip = Grip {
            knob: Knob::Memory,
            left: 10,
            width: 16,
            scale: 256 * MIB,
        };
        assert_eq!(grip.value_at(10), Some(16 * MIB));
        assert_eq!(grip.value_at(17), Some(128 * MIB));
        assert_eq!(grip.value_at(25), Some(256 * MIB));
        assert_eq!(grip.value_at(26), None);
        assert_eq!(grip.value_at(0), Some(MIN_MEMORY));
        assert_eq!(Knob::Memory.scale(Some(128 * MIB), 0, 1 << 34), 256 * MIB);
        assert_eq!(Knob::Cpu.scale(Some(500), 0, 4_000), 1_000);
        assert_eq!(Knob::Cpu.scale(None, 0, 4_000), 4_000);
    }
}
