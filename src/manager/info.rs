//! `info`: the details of one container.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use super::sampling::target;
use super::{Error, Manager};
use crate::cgroup::Sample;
use crate::network::Traffic;
use crate::record::Record;
use crate::rootfs::storage;
use crate::spec::{ContainerId, Storage};
use crate::stats::{Gap, Sampler};

/// How many of the last log lines are shown.
const LAST_LINES: usize = 5;

/// How much of the end of a log is read for them, in bytes.
const LAST_BYTES: u64 = 256 << 10;
/// Maximum number of entries in that: each takes at least its time and stream.
const LAST_CHUNKS: usize = LAST_BYTES as usize / 40;

/// The details of a container.
#[derive(Debug, Clone)]
pub struct Info {
    /// The record.
    pub record: Record,
    /// Its last sample, if it is running.
    pub sample: Option<Sample>,
    /// What it received and sent, if it is running and has a network of its own.
    pub traffic: Option<Traffic>,
    /// Figures that this host does not provide.
    pub gaps: Vec<Gap>,
    /// Its existing cgroup folders.
    pub cgroups: Vec<PathBuf>,
    /// Its folder on disk.
    pub folder: PathBuf,
    /// Bytes used in its own layer, if that is limited and known (for a tmpfs only while it runs).
    pub storage_used: Option<u64>,
    /// Its last log lines, oldest first (lossy UTF-8).
    pub last_lines: Vec<String>,
}

impl Manager {
    /// The details of a container.
    ///
    /// # Errors
    /// When it is unknown.
    pub fn info(&self, id: &ContainerId) -> Result<Info, Error> {
        let record = self.load(id)?;
        let cgroups: Vec<PathBuf> = self
            .cgroup(id)
            .paths()
            .filter(|path| path.exists())
            .map(Path::to_owned)
            .collect();
        let mut sampler = Sampler::new(self.runtime.layout.clone(), self.cgroup_parent());
        let alive = record.state.status.is_alive().then(|| target(&record));
        let mut snapshot = sampler.sample(alive.as_slice());
        let traffic = snapshot.traffic.remove(id);
        Ok(Info {
            sample: snapshot.samples.remove(id),
            traffic,
            gaps: snapshot.gaps,
            cgroups,
            storage_used: self.storage_used(&record),
            folder: self.store().container(id),
            last_lines: self.last_lines(id)?,
            record,
        })
    }

    /// Bytes used in its own layer, if that is limited and known.
    pub(super) fn storage_used(&self, record: &Record) -> Option<u64> {
        match record.spec.storage? {
            Storage::Disk(_) => storage::used(&self.store().container(&record.spec.id)),
            Storage::Tmpfs(_) => storage::used_in_memory(record.state.status.process()?.pid),
        }
    }

    fn last_lines(&self, id: &ContainerId) -> Result<Vec<String>, Error> {
        let mut log = self.log_near_end(id, LAST_BYTES)?;
        let mut lines: VecDeque<String> = VecDeque::new();
        let mut open = false;
        // one read only: a container that keeps writing would never let a loop end
        for chunk in log.read(LAST_CHUNKS)? {
            let text = String::from_utf8_lossy(&chunk.bytes);
            match lines.back_mut() {
                Some(last) if open => last.push_str(&text),
                _ => lines.push_back(text.into_owned()),
            }
            open = !chunk.full;
            if lines.len() > LAST_LINES {
                lines.pop_front();
            }
        }
        Ok(lines.into())
    }
}
