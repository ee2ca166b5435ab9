//! [`Shell`]: a shell in a container, in a terminal that the screen emulates.

use super::error::joinable;
use super::{Error, Manager, Shell, ShellOutput};
use crate::runtime::{ExecOrder, ExecSession};
use crate::spec::ContainerId;
use crate::sys::tty::WindowSize;

/// Prefers bash, if the container has it.
const COMMAND: [&str; 3] = [
    "/bin/sh",
    "-c",
    "command -v bash >/dev/null 2>&1 && exec bash; exec sh",
];

impl Shell for ExecSession {
    fn read(&self, max: usize) -> Result<ShellOutput, Error> {
        Ok(ExecSession::read(self, max)?)
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
            message: "cannot open a shell: this process has no launcher".into(),
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
