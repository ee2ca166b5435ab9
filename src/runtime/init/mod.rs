//! The container's init: the plan it is given, the steps it takes, and its life until execve.

mod clock;
mod plan;
mod run;
mod step;
mod terminal;

#[cfg(test)]
pub(crate) use clock::InitClock;
pub(crate) use clock::{STEPS, TIMES, step_times};
pub(crate) use plan::{InitPlan, SharedProcesses, Stdio, command};
pub(crate) use run::{enter, run};
pub use step::StepReport;
pub(crate) use step::{
    CLOCKS, FRAME, GO, LIMITED, MARKER, NAMESPACES, REPORT, SUCCESSOR, Step, TERMINAL,
};
pub(crate) use terminal::give_terminal;
