//! Thin safe wrappers for what nix lacks. The only `unsafe` in the house, each block with a SAFETY
//! line.
#![allow(unsafe_code)]

pub mod bpf;
pub mod caps;
pub mod clone;
pub mod exec;
pub mod fault;
pub mod fds;
pub mod files;
pub mod mount;
pub mod net;
pub mod null;
pub mod pidfd;
pub mod process;
pub mod program;
pub mod quota;
pub mod random;
pub mod reaper;
pub mod seccomp;
pub mod seqpacket;
pub mod text;
pub mod tree;
pub mod tty;
pub mod xattr;
