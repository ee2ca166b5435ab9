//! `exec`: a command in a running container.

use super::error::joinable;
use super::{Error, Manager};
use crate::record::Record;
use crate::runtime::{self, ExecOrder};
use crate::sys::fault;

/// A command to execute in a running container.
pub type ExecRequest = ExecOrder;

impl Manager {
    /// Runs a command in a container with our standard streams and waits for it. Returns its exit
    /// code, or 128+N for signal N.
    ///
    /// # Errors
    /// When it is not running, cannot be joined, or the command cannot be executed (126, 127).
    pub fn exec(&self, record: &Record, request: &ExecRequest) -> Result<i32, Error> {
        let process = joinable(record, "exec")?;
        fault::may_fail("exec.plan")?;
        Ok(runtime::exec(&self.runtime, record, process, request)?)
    }
}
