//! The steps of a simulated launch.

use crate::record::LaunchStep;

/// The steps of a launch, each with its end in microseconds; a failed one gets as far as the
/// command.
const LAUNCH: [(&str, u64); 14] = [
    ("fork the supervisor", 410),
    ("make the cgroup and write its limits", 960),
    ("plan the mounts and the command", 1_090),
    ("clone into new namespaces", 1_530),
    ("join the cgroup", 1_580),
    ("make a session", 1_584),
    ("make the cgroup namespace", 1_612),
    ("set the host name", 1_615),
    ("bring the network up", 1_690),
    ("mount the root filesystem and pivot", 2_740),
    ("connect the streams", 2_752),
    ("enter the working directory", 2_755),
    ("drop capabilities, set seccomp", 2_830),
    ("execute the command", 3_120),
];

/// The steps of a simulated launch.
pub(super) fn launch_steps(failed: bool) -> Vec<LaunchStep> {
    let done = LAUNCH.len() - usize::from(failed);
    LAUNCH[..done]
        .iter()
        .map(|(name, done_usec)| LaunchStep {
            name: (*name).into(),
            done_usec: *done_usec,
        })
        .collect()
}
