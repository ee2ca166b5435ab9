//! minic-tui: a container manager you can watch. One binary, no daemon: runtime, manager and
//! monitor.
//!
//! Imports point to a lower floor only; siblings on one floor never import each other
//! (`tests/tidy.rs` holds this). `src/README.md` is the tour.
//!
//! | floor | folders | what |
//! |---|---|---|
//! | 7 | [`web`] | the screen in a browser, the JSON API, the metrics |
//! | 6 | [`cli`], [`tui`] | how people reach it |
//! | 5 | [`proof`], [`demo`], [`json`] | limits measured; made-up data; what JSON shows |
//! | 4 | [`manager`], [`config`] | the verbs; the settings |
//! | 3 | [`runtime`], [`stats`], [`inspect`] | what runs after a fork; what is sampled; what the panes look into |
//! | 2 | [`record`], [`check`] | what is on disk; what this host can do |
//! | 1 | [`cgroup`], [`rootfs`], [`namespace`], [`security`], [`network`] | one kernel mechanism a folder |
//! | 0 | [`spec`], [`sys`] | pure types; thin safe system calls |

pub(crate) mod cgroup;
pub mod check;
pub mod cli;
pub mod config;
pub mod demo;
pub mod inspect;
pub mod json;
pub mod manager;
pub(crate) mod namespace;
pub(crate) mod network;
pub mod proof;
pub mod record;
pub(crate) mod rootfs;
pub(crate) mod runtime;
pub(crate) mod security;
pub mod spec;
pub mod stats;
pub(crate) mod sys;
pub mod tui;
pub mod web;

/// What the suites below `tests/` reach for in rooms that nothing outside the crate is to use.
#[doc(hidden)]
pub mod internals {
    pub use crate::cgroup::{Controller, Layout, Sample, parse, plan};
    pub use crate::rootfs::{RootfsPaths, RootfsPlan};
    pub use crate::runtime::{Reply, Request, StepReport};
    pub use crate::security::Profile;
    pub use crate::sys::tty::WindowSize;
}
