//! minic-tui: a container manager you can watch. One binary, no daemon: runtime, manager and
//! monitor.
//!
//! Imports point to a lower floor only; siblings on one floor never import each other
//! (`tests/tidy.rs` holds this). `src/README.md` is the tour.
//!
//! | floor | folders | what |
//! |---|---|---|
//! | 6 | [`web`] | the screen in a browser, the JSON API, the metrics |
//! | 5 | [`cli`], [`tui`] | how people reach it |
//! | 4 | [`manager`], [`config`] | the verbs; the settings |
//! | 3 | [`runtime`], [`stats`] | what runs after a fork; what is watched |
//! | 2 | [`record`] | what is on disk |
//! | 1 | [`cgroup`], [`rootfs`], [`namespace`], [`security`], [`network`] | one kernel mechanism a folder |
//! | 0 | [`spec`], [`sys`] | pure types; thin safe system calls |

pub mod cgroup;
pub mod cli;
pub mod config;
pub mod manager;
pub mod namespace;
pub mod network;
pub mod record;
pub mod rootfs;
pub mod runtime;
pub mod security;
pub mod spec;
pub mod stats;
pub mod sys;
pub mod tui;
pub mod web;
