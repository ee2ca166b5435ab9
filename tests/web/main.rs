//! `minic-tui web`: its door, its routes, its description, its viewers, and real Chromium. Needs
//! root for the containers of this machine; each test has a server, and a state folder where it
//! makes containers, of its own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on has failed"
)]
#![allow(
    clippy::print_stderr,
    reason = "a leak found while a test fails is told, not thrown"
)]

mod api;
mod attacks;
mod browser;

mod access;
#[allow(
    dead_code,
    reason = "shared with the privileged tests, which use all of it"
)]
#[path = "../privileged/census.rs"]
mod census;
mod chromium;
#[allow(
    dead_code,
    reason = "shared with the privileged tests, which use all of it"
)]
#[path = "../privileged/command.rs"]
mod command;
mod description;
#[allow(
    dead_code,
    reason = "shared with the privileged tests, which use all of it"
)]
#[path = "../privileged/fixture.rs"]
mod fixture;
mod live;
mod server;
mod socket;
mod viewer;
mod viewers;
