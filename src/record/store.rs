//! [`Store`]: the state folder. Creation is a folder renamed into place, removal a rename out of the list: a list never sees half a container.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::{ExitCause, Happening, Lock, Record, State, StoreError, events, owner};
use crate::spec::{ContainerId, ContainerSpec};

/// The default state folder; its run folder and cgroup parent have fixed names too.
const DEFAULT_STATE: &str = "/var/lib/minic";
const DEFAULT_RUN: &str = "/run/minic";

/// The state folder (`/var/lib/minic`, survives a reboot) and the run folder (`/run/minic`, does not).
#[derive(Debug, Clone)]
pub struct Store {
    state: PathBuf,
    run: PathBuf,
}

/// A container folder that is not in the list yet; removed again unless committed.
#[derive(Debug)]
pub struct Draft {
    folder: PathBuf,
    committed: bool,
}

impl Store {
    /// Opens the state folder, making it (mode 0700) with its sub-folders.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(state: &Path) -> Result<Self, StoreError> {
        let state = std::path::absolute(state).map_err(StoreError::of("resolve", state))?;
        let run = if state == Path::new(DEFAULT_STATE) { PathBuf::from(DEFAULT_RUN) } else { state.join("run") };
        let store = Self { state, run };
        for folder in [store.state.clone(), store.containers(), store.images(), store.run.clone()] {
            make_folder(&folder)?;
            owner::check(&folder)?;
        }
        store.ensure_index()?;
        Ok(store)
    }

    /// The state folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.state
    }

    /// Where images are kept.
    #[must_use]
    pub fn images(&self) -> PathBuf {
        self.state.join("images")
    }

    fn containers(&self) -> PathBuf {
        self.state.join("containers")
    }

    /// A container's folder.
    #[must_use]
    pub fn container(&self, id: &ContainerId) -> PathBuf {
        self.containers().join(id.as_str())
    }

    /// A container's log.
    #[must_use]
    pub fn log(&self, id: &ContainerId) -> PathBuf {
        self.container(id).join("log")
    }

    /// A container's run folder (lock and socket), made when it is not there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn run_folder(&self, id: &ContainerId) -> Result<PathBuf, StoreError> {
        let folder = self.run.join(id.as_str());
        make_folder(&folder)?;
        Ok(folder)
    }

    /// The stream of what happened; it changes whenever any record does.
    #[must_use]
    pub fn events(&self) -> PathBuf {
        self.state.join("events.jsonl")
    }

    /// The name of the cgroup folder that holds this store's containers: `minic`, or one of its own for another state folder.
    #[must_use]
    pub fn cgroup_parent(&self) -> String {
        if self.state == Path::new(DEFAULT_STATE) {
            return "minic".into();
        }
        // FNV-1a: a stable short name for a path, not a secret
        let hash =
            self.state.as_os_str().as_encoded_bytes().iter().fold(0x811c_9dc5_u32, |h, b| (h ^ u32::from(*b)).wrapping_mul(0x0100_0193));
        format!("minic-{hash:08x}")
    }

    /// Takes the lock that creation and renaming hold while they look whether a name is free.
    ///
    /// # Errors
    /// When it cannot be taken.
    pub fn lock_names(&self) -> Result<Lock, StoreError> {
        Lock::take(&self.run.join("names.lock"))
    }

    /// Takes a container's lock: one lifecycle verb at a time.
    ///
    /// # Errors
    /// When it cannot be taken.
    pub fn lock(&self, id: &ContainerId) -> Result<Lock, StoreError> {
        Lock::take(&self.run_folder(id)?.join("lock"))
    }

    /// Begins a container: a folder outside the list, to be filled and then [`Store::commit`]ted.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn begin(&self, id: &ContainerId) -> Result<Draft, StoreError> {
        let folder = self.containers().join(format!(".new-{id}"));
        let draft = Draft { folder: folder.clone(), committed: false };
        for made in [folder.clone(), folder.join("work"), folder.join("merged")] {
            DirBuilder::new().mode(0o700).create(&made).map_err(StoreError::of("make", &made))?;
        }
        // the upper folder becomes the container's `/`, which everybody inside must be able to enter
        let upper = folder.join("upper");
        DirBuilder::new().mode(0o755).create(&upper).map_err(StoreError::of("make", &upper))?;
        Ok(draft)
    }

    /// Puts a filled draft into the list. A container that is destroyed when it ends need not survive a crash, so it is not synced.
    ///
    /// # Errors
    /// When a file cannot be written or the folder cannot be renamed.
    pub fn commit(&self, mut draft: Draft, spec: &ContainerSpec) -> Result<Record, StoreError> {
        let state = State::created(Timestamp::now());
        let durable = !spec.remove;
        write_json(&draft.folder, "spec.json", spec, durable)?;
        write_json(&draft.folder, "state.json", &state, durable)?;
        let folder = self.container(&spec.id);
        fs::rename(&draft.folder, &folder).map_err(StoreError::of("rename", &draft.folder))?;
        draft.committed = true;
        if durable {
            sync_folder(&self.containers())?;
        }
        Ok(record(spec.clone(), state))
    }

    /// The container's record as it is on disk.
    ///
    /// # Errors
    /// When it is not there or cannot be understood.
    pub fn load(&self, id: &ContainerId) -> Result<Record, StoreError> {
        let folder = self.container(id);
        let spec: ContainerSpec = read_json(&folder.join("spec.json"))?;
        if spec.id != *id {
            let source = io::Error::other(format!("it is the spec of {}", spec.id));
            return Err(StoreError { op: "use", path: folder.join("spec.json"), source });
        }
        Ok(record(spec, read_json(&folder.join("state.json"))?))
    }

    /// The ids of all containers in the list.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn ids(&self) -> Result<Vec<ContainerId>, StoreError> {
        let folder = self.containers();
        let entries = fs::read_dir(&folder).map_err(StoreError::of("read", &folder))?;
        Ok(entries.filter_map(|e| ContainerId::new(e.ok()?.file_name().into_string().ok()?).ok()).collect())
    }

    /// Replaces the changing part of a record, atomically.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(&self, record: &Record) -> Result<(), StoreError> {
        let state = State {
            status: record.status.clone(),
            created_at: record.created_at,
            restarts: record.restarts,
            image_root: record.image_root.clone(),
            health: record.health,
            restart_at: record.restart_at,
            supervisor: record.supervisor.clone(),
            launch: record.launch.clone(),
            skipped: record.skipped.clone(),
        };
        write_json(&self.container(&record.spec.id), "state.json", &state, !record.spec.remove)
    }

    /// Replaces a container's spec, atomically.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save_spec(&self, spec: &ContainerSpec) -> Result<(), StoreError> {
        write_json(&self.container(&spec.id), "spec.json", spec, !spec.remove)
    }

    /// Takes a container out of the list and deletes everything of it. Fine when it is already gone.
    ///
    /// # Errors
    /// When something cannot be removed; it is out of the list by then, and the next [`Store::sweep`] tries again.
    pub fn remove(&self, id: &ContainerId) -> Result<(), StoreError> {
        self.unlist(id)?;
        remove_folder(&self.removed(id))?;
        remove_folder(&self.run.join(id.as_str()))
    }

    /// Takes a container out of the list; [`Store::remove`] or the next [`Store::sweep`] deletes it. Fine when it is already out.
    ///
    /// # Errors
    /// When it cannot be renamed.
    pub fn unlist(&self, id: &ContainerId) -> Result<(), StoreError> {
        let folder = self.container(id);
        match fs::rename(&folder, self.removed(id)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StoreError::of("rename", &folder)(error)),
            _ => Ok(()),
        }
    }

    fn removed(&self, id: &ContainerId) -> PathBuf {
        self.containers().join(format!(".old-{id}"))
    }

    /// Whether a removal or creation is under way, or was killed and left something.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn has_leftovers(&self) -> Result<bool, StoreError> {
        let folder = self.containers();
        let entries = fs::read_dir(&folder).map_err(StoreError::of("read", &folder))?;
        Ok(entries.flatten().any(|entry| entry.file_name().as_encoded_bytes().starts_with(b".")))
    }

    /// Deletes what a removal or creation that was killed left behind. Call with [`Store::lock_names`] held, so that no draft is being filled.
    ///
    /// # Errors
    /// When the folder cannot be read or something cannot be removed.
    pub fn sweep(&self, _names: &Lock) -> Result<(), StoreError> {
        let folder = self.containers();
        let entries = fs::read_dir(&folder).map_err(StoreError::of("read", &folder))?;
        for entry in entries.flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with(".old-") || name.starts_with(".new-") {
                remove_folder(&entry.path())?;
            }
        }
        Ok(())
    }

    /// Appends to the stream of what happened.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn tell(&self, spec: &ContainerSpec, event: &str, cause: Option<&ExitCause>) -> Result<(), StoreError> {
        self.tell_more(spec, event, cause, None)
    }

    /// As [`Store::tell`], with more in words.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn tell_more(
        &self,
        spec: &ContainerSpec,
        event: &str,
        cause: Option<&ExitCause>,
        detail: Option<String>,
    ) -> Result<(), StoreError> {
        let (id, name) = (spec.id.clone(), spec.name.clone());
        let happening = Happening { at: Timestamp::now(), id, name, event: event.to_owned(), cause: cause.cloned(), detail };
        events::append(&self.events(), &happening)
    }
}

impl Draft {
    /// The folder to fill.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.committed {
            // nothing better can be done here; the next sweep tries again
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

fn record(spec: ContainerSpec, state: State) -> Record {
    Record {
        spec,
        status: state.status,
        created_at: state.created_at,
        restarts: state.restarts,
        image_root: state.image_root,
        health: state.health,
        restart_at: state.restart_at,
        supervisor: state.supervisor,
        launch: state.launch,
        skipped: state.skipped,
    }
}

pub(super) fn make_folder(folder: &Path) -> Result<(), StoreError> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(StoreError::of("make", folder))
}

pub(super) fn remove_folder(folder: &Path) -> Result<(), StoreError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StoreError::of("remove", folder)(error)),
        _ => Ok(()),
    }
}

pub(super) fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, StoreError> {
    let text = fs::read(path).map_err(StoreError::of("read", path))?;
    serde_json::from_slice(&text).map_err(|e| StoreError { op: "understand", path: path.to_owned(), source: e.into() })
}

/// Temp file, fsync, rename, fsync of the folder: after a crash there is the old file or the new one, never half of one.
fn write_json<T: serde::Serialize>(folder: &Path, name: &str, value: &T, durable: bool) -> Result<(), StoreError> {
    let temp = folder.join(format!(".{name}.new"));
    let path = folder.join(name);
    let text = serde_json::to_vec_pretty(value).map_err(|e| StoreError { op: "encode", path: path.clone(), source: e.into() })?;
    let written = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temp).and_then(|mut file| {
        file.write_all(&text)?;
        if durable { file.sync_all() } else { Ok(()) }
    });
    written.map_err(StoreError::of("write", &temp))?;
    fs::rename(&temp, &path).map_err(StoreError::of("rename", &temp))?;
    if durable { sync_folder(folder) } else { Ok(()) }
}

fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    File::open(folder).and_then(|f| f.sync_all()).map_err(StoreError::of("sync", folder))
}
