//! The command line as its users meet it: the real binary's help, errors, settings, completions and
//! man page. No container is made.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on has failed"
)]

mod binary;
mod generated;
mod help;
mod mistakes;
mod pipes;
mod rights;
mod settings;
mod verbs;
