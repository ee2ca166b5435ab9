//! Messages from the joining processes to their caller, besides those of an init.

/// First byte of the message that carries the command's pidfd.
pub(crate) const COMMAND: u8 = b'P';
/// First byte of the message with the command's exit code.
pub(crate) const ENDED: u8 = b'E';
/// First byte of the message with a [`LaunchError`] as JSON.
pub(crate) const FAILED: u8 = b'J';
