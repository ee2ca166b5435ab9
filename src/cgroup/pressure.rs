//! Pressure triggers (kernel: Documentation/accounting/psi.rst, "Monitoring for pressure
//! thresholds").

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;

use nix::fcntl::OFlag;

use super::{Cgroup, CgroupError};

/// Some task stalled on memory for a tenth of 2 s. A window that is a multiple of 2 s
/// needs no CAP_SYS_RESOURCE.
const MEMORY_STALL: &str = "some 200000 2000000";

impl Cgroup {
    /// A descriptor that poll(2) reports as POLLPRI whenever tasks in it stall on memory,
    /// at most once in 2 s; `None` where there is no v2 tree. It lasts as long as it is open.
    ///
    /// # Errors
    /// When pressure is not accounted: built without CONFIG_PSI, or switched off at boot.
    pub(crate) fn watch_memory_pressure(&self) -> Result<Option<OwnedFd>, CgroupError> {
        let Some(folder) = self.v2() else {
            return Ok(None);
        };
        let path = folder.path.join("memory.pressure");
        let opened = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(OFlag::O_NONBLOCK.bits())
            .open(&path);
        let mut file = opened.map_err(|e| CgroupError::io("open", &path, &e))?;
        // the kernel wants the whole trigger, with its NUL, in one write
        let trigger = [MEMORY_STALL.as_bytes(), &[0]].concat();
        file.write_all(&trigger)
            .map_err(|e| CgroupError::write(MEMORY_STALL, &path, &e))?;
        Ok(Some(file.into()))
    }
}
