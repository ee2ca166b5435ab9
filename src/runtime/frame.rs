//! The attach protocol: one frame a message on a SEQPACKET socket, a kind byte and its content.

use crate::record::ExitCause;
use crate::sys::tty::WindowSize;

/// Most bytes of input or output in one frame.
pub(super) const MAX_DATA: usize = 32 * 1024;
/// What comes before the bytes in a frame of output: the relay reads right behind it, and sends the
/// frame as it lies there.
pub(super) const KIND: usize = 1;
/// Room for any frame.
pub(super) const MAX_FRAME: usize = MAX_DATA + 64;

/// A message from a client to its supervisor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request<'a> {
    /// Bytes for standard input.
    Stdin(&'a [u8]),
    /// Standard input ends.
    StdinEnd,
    /// The client's terminal has this size.
    Resize(WindowSize),
    /// A signal for the container's init.
    Signal(i32),
    /// Stop it: this signal, and after so many milliseconds kill everything in its cgroup.
    Stop {
        /// The polite signal.
        signal: i32,
        /// The grace, in milliseconds.
        grace_ms: u32,
    },
}

/// A message from the supervisor to its clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply<'a> {
    /// The container wrote to standard output.
    Stdout(&'a [u8]),
    /// The container wrote to standard error.
    Stderr(&'a [u8]),
    /// The client's last input was taken; it may send more.
    Taken,
    /// It ended; its record says so already.
    Ended(ExitCause),
    /// The client did not read for too long and is disconnected; the container goes on.
    Detached,
}

impl Request<'_> {
    /// The frame for it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let with = |kind: u8, content: &[u8]| [&[kind], content].concat();
        match self {
            Self::Stdin(bytes) => with(0, bytes),
            Self::StdinEnd => with(1, &[]),
            Self::Resize(size) => with(
                2,
                &[size.rows.to_le_bytes(), size.columns.to_le_bytes()].concat(),
            ),
            Self::Signal(signal) => with(3, &signal.to_le_bytes()),
            Self::Stop { signal, grace_ms } => {
                with(4, &[signal.to_le_bytes(), grace_ms.to_le_bytes()].concat())
            }
        }
    }
}

impl<'a> Request<'a> {
    /// Reads a frame; `None` when it is not one.
    #[must_use]
    pub fn decode(frame: &'a [u8]) -> Option<Self> {
        let (kind, content) = frame.split_first()?;
        Some(match (kind, content) {
            (0, bytes) => Self::Stdin(bytes),
            (1, []) => Self::StdinEnd,
            (2, &[r0, r1, c0, c1]) => Self::Resize(WindowSize {
                rows: u16::from_le_bytes([r0, r1]),
                columns: u16::from_le_bytes([c0, c1]),
            }),
            (3, bytes) => Self::Signal(signal(bytes.try_into().ok()?)?),
            (4, &[s0, s1, s2, s3, g0, g1, g2, g3]) => Self::Stop {
                signal: signal([s0, s1, s2, s3])?,
                grace_ms: u32::from_le_bytes([g0, g1, g2, g3]),
            },
            _ => return None,
        })
    }
}

/// A signal number that exists (signal(7): 1 to 64).
fn signal(bytes: [u8; 4]) -> Option<i32> {
    Some(i32::from_le_bytes(bytes)).filter(|s| (1..=64).contains(s))
}

/// The kind byte of a frame of output.
pub(super) fn kind_of_output(stderr: bool) -> u8 {
    if stderr { 17 } else { 16 }
}

impl Reply<'_> {
    /// The frame for it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Stdout(bytes) => [&[kind_of_output(false)], *bytes].concat(),
            Self::Stderr(bytes) => [&[kind_of_output(true)], *bytes].concat(),
            Self::Taken => vec![19],
            Self::Detached => vec![20],
            Self::Ended(cause) => {
                [vec![18], serde_json::to_vec(cause).unwrap_or_default()].concat()
            }
        }
    }
}

impl<'a> Reply<'a> {
    /// Reads a frame; `None` when it is not one.
    #[must_use]
    pub fn decode(frame: &'a [u8]) -> Option<Self> {
        match frame.split_first()? {
            (16, bytes) => Some(Self::Stdout(bytes)),
            (17, bytes) => Some(Self::Stderr(bytes)),
            (19, []) => Some(Self::Taken),
            (20, []) => Some(Self::Detached),
            (18, json) => serde_json::from_slice(json).ok().map(Self::Ended),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_survive_the_socket() {
        let size = WindowSize {
            rows: 40,
            columns: 120,
        };
        let all = [
            Request::Stdin(b"x\0y"),
            Request::StdinEnd,
            Request::Resize(size),
            Request::Signal(15),
            Request::Stop {
                signal: 15,
                grace_ms: 10_000,
            },
        ];
        for request in all {
            assert_eq!(Request::decode(&request.encode()), Some(request));
        }
    }

    #[test]
    fn replies_survive_the_socket() {
        let ended = Reply::Ended(ExitCause::OomKilled {
            peak: Some(1),
            limit: None,
        });
        for reply in [
            Reply::Stdout(b"a"),
            Reply::Stderr(b""),
            Reply::Taken,
            ended,
            Reply::Detached,
        ] {
            assert_eq!(Reply::decode(&reply.encode()), Some(reply));
        }
    }

    #[test]
    fn hostile_frames_are_none() {
        for frame in [
            &[][..],
            &[1, 2],
            &[2, 1],
            &[3, 0, 0, 0, 0],
            &[3, 65, 0, 0, 0],
            &[4, 15, 0, 0, 0],
            &[99],
            &[18, b'{'],
        ] {
            assert_eq!(Request::decode(frame), None, "{frame:?}");
            assert_eq!(Reply::decode(frame), None, "{frame:?}");
        }
    }
}
