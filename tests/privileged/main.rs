//! The real binary on the real kernel: what a user was promised, seen from outside. Needs root;
//! containers are made and destroyed.
//!
//! Each test has a state folder of its own ([`fixture::Fixture`]) and ends with a census: no mount,
//! cgroup, folder or process is left.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on has failed"
)]
#![allow(
    clippy::print_stderr,
    reason = "a leak found while a test fails is told, not thrown"
)]

mod attempts;
mod broken;
mod caller;
mod census;
mod channels;
mod check;
mod command;
mod connections;
mod control;
mod crowd;
mod disk;
mod each_tab;
mod endings;
mod escapes;
mod exhaustion;
mod faults;
mod files;
mod fixture;
mod gauges;
mod graces;
mod history;
mod host_files;
mod host_settings;
mod hostile;
mod idmapped;
mod input;
mod isolation;
mod joining;
mod joins;
mod kernel_files;
mod labels;
mod launching;
mod lifecycle;
mod limits;
mod null_device;
mod output;
mod paid;
mod passthrough;
mod placing;
mod probes;
mod profile;
mod propagation;
mod removal;
mod rooting;
mod screen;
mod selinux;
mod settings;
mod shifted;
mod slow_clients;
mod sources;
mod storage;
mod streams;
mod surroundings;
mod survival;
mod swaps;
mod tabs;
mod terminals;
mod tmux;
mod truth;
mod user_ids;
mod userns;
mod users_by_default;
mod usual_tools;
mod verdicts;
mod walk;
