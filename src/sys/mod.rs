//! Thin safe wrappers for system calls that nix lacks. The only `unsafe` in the crate; each block
//! has a SAFETY comment.
#![allow(unsafe_code)]

pub(crate) mod bpf;
pub(crate) mod caps;
pub(crate) mod clone;
pub(crate) mod exec;
pub(crate) mod fault;
pub(crate) mod fds;
pub(crate) mod files;
pub(crate) mod mount;
pub(crate) mod net;
pub(crate) mod null;
pub(crate) mod pidfd;
pub(crate) mod process;
pub(crate) mod program;
pub(crate) mod quota;
pub(crate) mod random;
pub(crate) mod reaper;
pub(crate) mod seccomp;
pub(crate) mod seqpacket;
pub(crate) mod text;
pub(crate) mod tree;
pub(crate) mod tty;
pub(crate) mod xattr;
