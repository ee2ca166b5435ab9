//! [`Shell`]: a shell in a container with a terminal that a screen draws itself.

use super::exec::joinable;
use super::{Error, Manager};
use crate::runtime::{ExecOrder, ExecSession, SessionOutput};
use crate::spec::ContainerId;
use crate::sys::tty::WindowSize;

/// The container's best shell: bash when it has one.
const COMMAND: [&str; 3] = [
    "/bin/sh",
    "-c",
    "command -v bash >/dev/null 2>&1 && exec bash; exec sh",
];

/// What a read brought.
pub type ShellOutput = SessionOutput;

/// A shell. One thread may read while another writes.
pub trait Shell: Send + Sync {
    /// Waits for output, of which at most `most` bytes come at once, or for the end.
    ///
    /// # Errors
    /// When it could not be executed, or was closed.
    fn read(&self, most: usize) -> Result<ShellOutput, Error>;

    /// Types `bytes`, waiting while it takes none.
    ///
    /// # Errors
    /// When it is gone.
    fn write(&self, bytes: &[u8]) -> Result<(), Error>;

    /// Gives its terminal another size.
    fn resize(&self, size: WindowSize);

    /// Hangs up, as closing a terminal's window does.
    fn close(&self);
}

impl Shell for ExecSession {
    fn read(&self, most: usize) -> Result<ShellOutput, Error> {
        Ok(ExecSession::read(self, most)?)
    }

    fn write(&self, bytes: &[u8]) -> Result<(), Error> {
        Ok(ExecSession::write(self, bytes)?)
    }

    fn resize(&self, size: WindowSize) {
        ExecSession::resize(self, size);
    }

    fn close(&self) {
        ExecSession::close(self);
    }
}

impl Manager {
    pub(super) fn open_shell(
        &self,
        id: &ContainerId,
        size: WindowSize,
    ) -> Result<Box<dyn Shell>, Error> {
        let record = self.load(id)?;
        joinable(&record, "a shell")?;
        let launcher = self.launcher.as_ref().ok_or_else(|| Error::System {
            message: "open a shell: this process has no launcher".into(),
            hint: None,
        })?;
        let argv = COMMAND.map(str::to_owned).to_vec();
        let env = vec!["TERM=xterm-256color".to_owned()];
        let order = ExecOrder {
            argv,
            env,
            tty: true,
            interactive: true,
            ..ExecOrder::default()
        };
        Ok(Box::new(ExecSession::open(
            launcher,
            &record.spec,
            order,
            size,
        )?))
    }
}
