//! A container's limits and command as a preset.

use super::resolve::DEFAULT_OOM_SCORE_ADJ;
use super::{ContainerSpec, Limits, Preset, Storage};

impl Preset {
    /// The request for all that bounds the container of `spec`, with `limits` in place of its own,
    /// and for its command.
    #[must_use]
    pub fn of_spec(spec: &ContainerSpec, limits: &Limits) -> Self {
        let bytes = |bytes: u64| format!("{bytes}b");
        Self {
            command: Some(spec.argv.clone()),
            best_effort: spec.best_effort.then_some(true),
            storage: spec.storage.map(|storage| match storage {
                Storage::Disk(size) => bytes(size),
                Storage::Tmpfs(size) => format!("tmpfs:{}", bytes(size)),
            }),
            ulimits: spec.ulimits.iter().map(ToString::to_string).collect(),
            oom_score_adj: spec
                .oom_score_adj
                .filter(|score| *score != DEFAULT_OOM_SCORE_ADJ)
                .map(|score| score.to_string()),
            nice: spec.nice.map(|nice| nice.to_string()),
            log_size: spec.log.map(|log| bytes(log.size)),
            log_files: spec.log.map(|log| log.files.to_string()),
            log_rate: spec.log_rate.map(bytes),
            ..Self::of_limits(limits)
        }
    }
}
