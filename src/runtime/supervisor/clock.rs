//! [`StepClock`]: when the steps of a launch were done, the supervisor's own and init's.

use std::time::Instant;

use crate::record::LaunchStep;
use crate::runtime::init::{STEPS, Step, TIMES, step_times};

/// The supervisor's side.
#[derive(Debug)]
pub(super) struct StepClock {
    began: Instant,
    go: u64,
    steps: Vec<LaunchStep>,
}

impl StepClock {
    /// A launch begins now.
    #[must_use]
    pub(super) fn start() -> Self {
        Self {
            began: Instant::now(),
            go: 0,
            steps: Vec::with_capacity(STEPS + 8),
        }
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// The step called `name` is done.
    pub(crate) fn done(&mut self, name: &str) {
        let done_usec = self.elapsed();
        self.steps.push(LaunchStep {
            name: name.to_owned(),
            done_usec,
        });
    }

    /// init begins now.
    pub(crate) fn go(&mut self) {
        self.go = self.elapsed();
    }

    /// Takes in a message of init's clock; anything else is passed over: times are no reason
    /// to fail.
    pub(super) fn take_init(&mut self, message: &[u8]) {
        let Some((&TIMES, times)) = message.split_first() else {
            return;
        };
        for (step, usec) in step_times(times) {
            if usec > 0 {
                self.steps.push(LaunchStep {
                    name: words(step).to_owned(),
                    done_usec: self.go + u64::from(usec),
                });
            }
        }
    }

    /// The steps that were done, by when: the supervisor's and init's go on side by side.
    #[must_use]
    pub(crate) fn steps(&self) -> Vec<LaunchStep> {
        let mut steps = self.steps.clone();
        steps.sort_by_key(|step| step.done_usec);
        steps
    }
}

/// What is said of a step that was done.
fn words(step: Step) -> &'static str {
    match step {
        Step::Namespaces => "make its namespaces",
        Step::Go => "wait for the word to begin",
        Step::Cgroup => "join the cgroup",
        Step::Clocks => "set its clocks",
        Step::Users => "become root of its user namespace",
        Step::Session => "make a session",
        Step::CgroupNamespace => "make the cgroup namespace",
        Step::Hostname => "set the host name",
        Step::Network => "bring the network up",
        Step::Mount => "mount the root filesystem and pivot",
        Step::Sysctl => "write kernel settings",
        Step::Protect => "mask paths",
        Step::Terminal => "open the terminal",
        Step::Stdio => "connect the streams",
        Step::Workdir => "enter the working directory",
        Step::Ulimits => "set its ulimits",
        Step::Restrict => "drop capabilities, set seccomp",
        Step::Reaper => "fork the command",
        Step::Marker => "report",
        Step::Exec => "execute the command",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::init::InitClock;

    #[test]
    fn inits_times_survive_the_socket_and_follow_its_go() {
        let mut init = InitClock::start();
        init.done(Step::Session);
        init.done(Step::Mount);
        let mut clock = StepClock::start();
        clock.done("make the cgroup");
        clock.go();
        clock.take_init(&init.encode());
        clock.take_init(b"M");
        clock.take_init(&[]);
        let steps = clock.steps();
        assert_eq!(
            steps
                .iter()
                .map(|step| step.name.as_str())
                .collect::<Vec<_>>(),
            ["make the cgroup", words(Step::Session), words(Step::Mount)]
        );
        assert!(steps.is_sorted_by_key(|step| step.done_usec));
        let durations = LaunchStep::durations(&steps);
        assert_eq!(durations.iter().sum::<u64>(), steps[2].done_usec);
    }
}
