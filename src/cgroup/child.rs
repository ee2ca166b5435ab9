//! A cgroup below a container's, for what is to end apart from the rest of it: a health check with
//! everything that it started.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::apply::Folder;
use super::folders::{children, write_file};
use super::{Cgroup, CgroupError, Controller, Version};

/// What the cgroups of a container's health checks are called, with a number behind it.
const PROBE: &str = "minic-health-";
/// As many checks may be dying: killed, and waiting in the kernel.
const MAX_DYING: usize = 16;

impl Cgroup {
    /// A cgroup for a run of the health check, below this one, with which it goes. In one tree
    /// only, that where it can be killed: v2, which needs no controllers for that, else the v1
    /// freezer. Always a new one: of a cgroup that was killed once, Linux 6.15 and later kill
    /// whoever is cloned into it from another.
    ///
    /// # Errors
    /// When there is no such tree, it cannot be made, or [`MAX_DYING`] are left of checks that do
    /// not die.
    pub(crate) fn make_probe(&self) -> Result<Self, CgroupError> {
        let parent = self.parent_of_probes()?;
        for number in 0..MAX_DYING {
            let path = parent.path.join(format!("{PROBE}{number}"));
            // what is over leaves it empty; what is not keeps it
            match fs::remove_dir(&path).err().map(|e| e.kind()) {
                None | Some(ErrorKind::NotFound) => {}
                Some(_) => continue,
            }
            fs::create_dir(&path).map_err(|e| CgroupError::io("make", &path, &e))?;
            return Ok(Self::of_folder(Folder {
                path,
                ..parent.clone()
            }));
        }
        Err(CgroupError::missing(
            "make a cgroup in",
            &parent.path,
            format!("{MAX_DYING} health checks do not die"),
            None,
        ))
    }

    fn parent_of_probes(&self) -> Result<&Folder, CgroupError> {
        let folder = self
            .v2()
            .or_else(|| self.folder(Version::V1, Controller::Freezer));
        let first = || self.paths().next().unwrap_or(Path::new("/sys/fs/cgroup"));
        folder.ok_or_else(|| {
            CgroupError::missing(
                "make a cgroup in",
                first(),
                "there is no v2 tree and no v1 freezer",
                None,
            )
        })
    }

    /// Kills its health checks, and waits for none of them to be gone.
    pub(crate) fn kill_probes(&self) {
        let Ok(parent) = self.parent_of_probes() else {
            return;
        };
        let is_probe = |path: &Path| {
            path.file_name()
                .and_then(|name| name.to_str())
                .is_some_and(|name| name.starts_with(PROBE))
        };
        for path in children(&parent.path)
            .into_iter()
            .filter(|path| is_probe(path))
        {
            Self::of_folder(Folder {
                path,
                ..parent.clone()
            })
            .kill_now();
        }
    }

    /// Kills every process in it once, and waits for none of them to be gone.
    pub(crate) fn kill_now(&self) {
        let one_write = self
            .v2()
            .is_some_and(|folder| write_file(&folder.path.join("cgroup.kill"), "1").is_ok());
        if !one_write {
            self.kill_one_by_one();
        }
    }
}
