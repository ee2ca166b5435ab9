//! Thin safe wrappers for what nix lacks. The only `unsafe` in the house, each block with a SAFETY line.
#![allow(unsafe_code)]
pub mod net;
