//! The standard streams of a container: pipes, or the master of its terminal.

use std::os::fd::OwnedFd;

use crate::runtime::LaunchError;
use crate::runtime::init::Stdio;
use crate::runtime::pipe::{give, pipe};
use crate::security::selinux::Labels;
use crate::spec::ContainerSpec;

/// Our ends of a container's streams.
#[derive(Debug)]
pub(super) enum Streams {
    /// Three pipes; no stdin when nobody may write to it.
    Pipes {
        /// Writing end of its standard input.
        stdin: Option<OwnedFd>,
        /// Reading end of its standard output.
        stdout: OwnedFd,
        /// Reading end of its standard error.
        stderr: OwnedFd,
    },
    /// The master of its terminal.
    Terminal(OwnedFd),
}

/// Both ends of a container's streams; none of either where it has a terminal, which init makes in
/// the container's own devpts.
#[derive(Debug, Default)]
pub(super) struct StreamEnds {
    /// The container's.
    pub theirs: Option<Stdio>,
    /// The supervisor's.
    pub ours: Option<Streams>,
}

/// Makes the streams of `spec`; `open_stdin` leaves its standard input to attached clients.
///
/// # Errors
/// EMFILE; what SELinux refuses.
pub(super) fn streams(
    spec: &ContainerSpec,
    labels: Option<&Labels>,
    open_stdin: bool,
) -> Result<StreamEnds, LaunchError> {
    if spec.tty {
        return Ok(StreamEnds::default());
    }
    let (stdin, writer) = if open_stdin {
        pipe(labels).map(|(reader, writer)| (Some(reader), Some(writer)))?
    } else {
        (None, None)
    };
    let (out_reader, stdout) = pipe(labels)?;
    let (err_reader, stderr) = pipe(labels)?;
    give(stdin.iter().chain([&stdout, &stderr]), spec, spec.user)?;
    Ok(StreamEnds {
        theirs: Some(Stdio {
            stdin,
            stdout,
            stderr,
        }),
        ours: Some(Streams::Pipes {
            stdin: writer,
            stdout: out_reader,
            stderr: err_reader,
        }),
    })
}
