//! Copying what a container changed out to the host.

use std::ffi::CStr;
use std::fs::{self, OpenOptions};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::libc;
use nix::sys::stat::{SFlag, fstat};

use super::super::{Error, Manager};
use super::changes::{Layers, below, c_path, kind, names, open_file};
use super::failed;
use crate::spec::ContainerId;
use crate::sys::mount::open_in_root;

impl Manager {
    pub(super) fn extract(&self, id: &ContainerId, path: &str, into: &Path) -> Result<u64, Error> {
        let layers = self.layers(id)?;
        let inside = c_path(path.trim_matches('/'))?;
        let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        if matches!(name, "" | "." | "..") {
            return Err(failed(format!("extract {path}"), "it names no file"));
        }
        fs::create_dir_all(into).map_err(|error| failed(format!("make {}", into.display()), error))?;
        copy(&layers, &inside, &into.join(name))
    }
}

/// Copies one file, or a folder and what is below it; links, pipes and devices stay where they are: on the host they would mean
/// something else.
fn copy(layers: &Layers, path: &CStr, to: &Path) -> Result<u64, Error> {
    let what = || format!("extract {} to {}", path.to_string_lossy(), to.display());
    let seen = open_in_root(layers.upper.as_fd(), path, libc::O_PATH | libc::O_NOFOLLOW).map_err(|errno| failed(what(), errno.desc()))?;
    match kind(&fstat(&seen).map_err(|errno| failed(what(), errno.desc()))?) {
        SFlag::S_IFREG => {
            let mut from = open_file(layers, path).map_err(|errno| failed(what(), errno.desc()))?;
            // made here, and only here: nothing that is there is followed or overwritten
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to).map_err(|error| failed(what(), error))?;
            std::io::copy(&mut from, &mut file).map_err(|error| failed(what(), error))?;
            Ok(1)
        }
        SFlag::S_IFDIR => {
            fs::create_dir(to).map_err(|error| failed(what(), error))?;
            let folder = open_in_root(layers.upper.as_fd(), path, libc::O_RDONLY | libc::O_DIRECTORY | libc::O_NOFOLLOW);
            let names = folder.and_then(names).map_err(|errno| failed(what(), errno.desc()))?;
            let mut count = 0;
            for name in names {
                let to = to.join(std::os::unix::ffi::OsStrExt::from_bytes(name.to_bytes()) as &std::ffi::OsStr);
                count += copy(layers, &below(path, &name), &to)?;
            }
            Ok(count)
        }
        _ => Ok(0),
    }
}
