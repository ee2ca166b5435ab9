//! The command line: clap definitions, one verb a file, tables and JSON.
//!
//! [`main`] does the verb that was asked for, or says which screen is to be opened. What goes wrong
//! is one line on standard error, `minic-tui: VERB WORD: what (what to do)`; exit codes are
//! docker's.

#![allow(clippy::print_stderr, reason = "the one folder that prints")]

mod arguments;
mod attach;
mod check;
mod completions;
mod create;
mod destroy;
mod entry;
mod env_file;
mod events;
mod exec;
mod failure;
mod fast_path;
mod gc;
mod info;
mod kill;
mod limits;
mod list;
mod log_filter;
mod logs;
mod man;
mod pause;
mod plain;
mod progress;
mod prune;
mod rename;
mod request;
mod restart;
mod resume;
mod run;
mod security;
mod session;
mod start;
mod stdout;
mod stop;
mod table;
mod update;
mod wait;
mod web;
mod words;

pub use arguments::ScreenOptions;
pub use entry::{Next, Screen, Web, install_panic_hook, main, plain, refuse, say};
pub use run::parse_run;
pub use web::{Listen, WebOptions};
