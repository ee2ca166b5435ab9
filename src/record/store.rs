//! [`Store`]: the state folder. Creation is a folder renamed into place, removal a rename out of
//! the list: a list never sees half a container.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::folders::{MAX_TRIES, make_folder, remove_folder, remove_run_folder};
use super::{
    ExitCause, Lock, LoggedEvent, Process, Record, State, StoreError, events, json_file, owner,
};
use crate::rootfs::storage::Project;
use crate::spec::{ContainerId, ContainerSpec};
use crate::sys::{fault, tree};

/// Beside the record: see [`Store::caller`].
const CALLER: &str = "caller.json";

/// The default state folder; its run folder and cgroup parent have fixed names too.
const DEFAULT_STATE: &str = "/var/lib/minic";
const DEFAULT_RUN: &str = "/run/minic";

/// The state folder (`/var/lib/minic`, survives a reboot) and the run folder (`/run/minic`, does
/// not).
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
    /// Opens the state folder, creating it (mode 0700) and its sub-folders if needed.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(state: &Path) -> Result<Self, StoreError> {
        let state = std::path::absolute(state).map_err(StoreError::of("resolve", state))?;
        let run = if state == Path::new(DEFAULT_STATE) {
            PathBuf::from(DEFAULT_RUN)
        } else {
            state.join("run")
        };
        let store = Self {
            run,
            state: state.clone(),
        };
        owner::ensure(&state, None)?;
        for folder in [store.containers(), store.images(), store.run.clone()] {
            owner::ensure(&folder, Some(&state))?;
        }
        match store.ensure_index() {
            // without the index, names are searched in the records, and no new name is assigned
            Err(error) if json_file::is_unwritable(&error) => {}
            made => made?,
        }
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

    pub(super) fn containers(&self) -> PathBuf {
        self.state.join("containers")
    }

    /// A container's folder.
    #[must_use]
    pub fn container(&self, id: &ContainerId) -> PathBuf {
        self.containers().join(id.as_str())
    }

    pub(super) fn runs(&self) -> &Path {
        &self.run
    }

    /// A container's log.
    #[must_use]
    pub fn log(&self, id: &ContainerId) -> PathBuf {
        self.container(id).join("log")
    }

    /// A container's run folder (lock and socket), created if needed.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn run_folder(&self, id: &ContainerId) -> Result<PathBuf, StoreError> {
        let folder = self.run.join(id.as_str());
        make_folder(&folder)?;
        Ok(folder)
    }

    /// The event log; it changes whenever any record does.
    #[must_use]
    pub fn events(&self) -> PathBuf {
        self.state.join("events.jsonl")
    }

    /// The name of the cgroup folder that holds this store's containers: `minic`, or one of its own
    /// for another state folder.
    #[must_use]
    pub fn cgroup_parent(&self) -> String {
        if self.state == Path::new(DEFAULT_STATE) {
            return "minic".into();
        }
        // FNV-1a: a stable short name for a path, not a secret
        let hash = self
            .state
            .as_os_str()
            .as_encoded_bytes()
            .iter()
            .fold(0x811c_9dc5_u32, |h, b| {
                (h ^ u32::from(*b)).wrapping_mul(0x0100_0193)
            });
        format!("minic-{hash:08x}")
    }

    /// Takes the lock that creation and renaming hold while they check whether a name is free.
    ///
    /// # Errors
    /// When it cannot be taken.
    pub fn lock_names(&self) -> Result<Lock, StoreError> {
        Lock::take(&self.run.join("names.lock"))
    }

    /// Takes a container's lock: one lifecycle command at a time.
    ///
    /// # Errors
    /// When it cannot be taken.
    pub fn lock(&self, id: &ContainerId) -> Result<Lock, StoreError> {
        self.in_run_folder(id, |folder| Lock::take(&folder.join("lock")))
    }

    /// As [`Store::lock`], without waiting.
    ///
    /// # Errors
    /// When it cannot be taken.
    pub fn try_lock(&self, id: &ContainerId) -> Result<Option<Lock>, StoreError> {
        self.in_run_folder(id, |folder| Lock::try_take(&folder.join("lock")))
    }

    /// Retries when a concurrent destroy removes the run folder between its creation and its use.
    fn in_run_folder<T>(
        &self,
        id: &ContainerId,
        take: impl Fn(&Path) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        for _ in 0..MAX_TRIES {
            match take(&self.run_folder(id)?) {
                Err(error) if error.source.kind() == io::ErrorKind::NotFound => {}
                taken => return taken,
            }
        }
        take(&self.run_folder(id)?)
    }

    /// The lock that a supervisor holds while it runs; `None` while another one holds it.
    ///
    /// # Errors
    /// When it cannot be taken.
    pub fn try_supervise(&self, id: &ContainerId) -> Result<Option<Lock>, StoreError> {
        self.in_run_folder(id, Lock::try_folder)
    }

    /// Begins a container: an unlisted folder, to be filled and then [`Store::commit`]ted.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn begin(&self, id: &ContainerId) -> Result<Draft, StoreError> {
        let folder = self.containers().join(format!(".new-{id}"));
        let draft = Draft {
            folder: folder.clone(),
            committed: false,
        };
        for made in [folder.clone(), folder.join("work"), folder.join("merged")] {
            DirBuilder::new()
                .mode(0o700)
                .create(&made)
                .map_err(StoreError::of("make", &made))?;
        }
        // the upper folder becomes the container's `/`, which all users inside must be able to
        // enter
        let upper = folder.join("upper");
        DirBuilder::new()
            .mode(0o755)
            .create(&upper)
            .map_err(StoreError::of("make", &upper))?;
        Ok(draft)
    }

    /// Lists a filled draft. A container that is destroyed when it ends need not survive a crash,
    /// so it is not synced.
    ///
    /// `caller` is the process that starts it right away: if it dies before, the container is
    /// removed.
    ///
    /// # Errors
    /// When a file cannot be written or the folder cannot be renamed.
    pub fn commit(
        &self,
        mut draft: Draft,
        spec: &ContainerSpec,
        caller: Option<&Process>,
    ) -> Result<Record, StoreError> {
        let state = State::created(Timestamp::now());
        let durable = !spec.remove;
        json_file::write_first(&draft.folder, "spec.json", spec, durable)?;
        json_file::write_first(&draft.folder, "state.json", &state, durable)?;
        if let Some(caller) = caller {
            json_file::write_first(&draft.folder, CALLER, caller, false)?;
        }
        if durable {
            json_file::sync_folder(&draft.folder)?;
        }
        let folder = self.container(&spec.id);
        let listed = fault::may_fail("create.rename")
            .map_err(io::Error::from)
            .and_then(|()| fs::rename(&draft.folder, &folder));
        listed.map_err(StoreError::of("rename", &draft.folder))?;
        draft.committed = true;
        if durable {
            let synced = fault::may_fail("create.sync")
                .map_err(|e| StoreError::of("sync", &folder)(e.into()));
            synced
                .and_then(|()| json_file::sync_folder(&self.containers()))
                .inspect_err(|_| {
                    // on failure it must not stay listed
                    let _ = self.remove(&spec.id);
                })?;
        }
        Ok(Record {
            spec: spec.clone(),
            state,
        })
    }

    /// The process that created a container only to start it, and has not yet; `None` for one made
    /// by `create`.
    #[must_use]
    pub fn caller(&self, id: &ContainerId) -> Option<Process> {
        json_file::read(&self.container(id).join(CALLER)).ok()
    }

    /// Loads the container's record.
    ///
    /// # Errors
    /// When it is not there or cannot be understood.
    pub fn load(&self, id: &ContainerId) -> Result<Record, StoreError> {
        let folder = self.container(id);
        let spec = self.load_spec(id)?;
        let state = json_file::read(&folder.join("state.json"))?;
        Ok(Record { spec, state })
    }

    /// Loads the container's spec.
    ///
    /// # Errors
    /// When it is not there or cannot be understood.
    pub fn load_spec(&self, id: &ContainerId) -> Result<ContainerSpec, StoreError> {
        let file = self.container(id).join("spec.json");
        let spec: ContainerSpec = json_file::read(&file)?;
        let unusable = |why: String| {
            Err(StoreError {
                op: "use",
                path: file.clone(),
                source: io::Error::other(why),
            })
        };
        match spec.id == *id {
            false => unusable(format!("it is the spec of {}", spec.id)),
            true if spec.argv.is_empty() => unusable("it has no command".into()),
            true => Ok(spec),
        }
    }

    /// The ids of all listed containers.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn ids(&self) -> Result<Vec<ContainerId>, StoreError> {
        let folder = self.containers();
        let entries = fs::read_dir(&folder).map_err(StoreError::of("read", &folder))?;
        Ok(entries
            .filter_map(|e| ContainerId::new(e.ok()?.file_name().into_string().ok()?).ok())
            .collect())
    }

    /// Replaces the state of a record atomically. On a full disk it is overwritten in place, which
    /// is safe against a crash of ours, but not of the machine.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(&self, record: &Record) -> Result<(), StoreError> {
        let _state = Lock::folder(&self.container(&record.spec.id))?;
        self.write_state(record)
    }

    /// Loads a record, applies `change`, and saves its state if that returns true, under a lock.
    /// Returns the record and whether it was changed.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn change(
        &self,
        id: &ContainerId,
        change: impl FnOnce(&mut Record) -> bool,
    ) -> Result<(Record, bool), StoreError> {
        let _state = Lock::folder(&self.container(id))?;
        let mut record = self.load(id)?;
        let changed = change(&mut record);
        if changed {
            self.write_state(&record)?;
        }
        Ok((record, changed))
    }

    fn write_state(&self, record: &Record) -> Result<(), StoreError> {
        let folder = self.container(&record.spec.id);
        let written = json_file::write(&folder, "state.json", &record.state, !record.spec.remove);
        written.or_else(|error| match error.source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                json_file::overwrite(&folder, "state.json", &record.state).map_err(|_| error)
            }
            _ => Err(error),
        })
    }

    /// Replaces a container's spec, atomically.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save_spec(&self, spec: &ContainerSpec) -> Result<(), StoreError> {
        json_file::write(&self.container(&spec.id), "spec.json", spec, !spec.remove)
    }

    /// Unlists a container and deletes all its files. Not an error when it is already gone.
    ///
    /// # Errors
    /// When something cannot be removed; it is unlisted by then, and [`Store::sweep`] retries with
    /// back-off.
    pub fn remove(&self, id: &ContainerId) -> Result<(), StoreError> {
        self.unlist(id)?;
        let removed = self.removed(id);
        fault::may_fail("remove.folder")
            .map_err(|e| StoreError::of("remove", &removed)(e.into()))?;
        self.discard_unsaved_end(id);
        let project = Project::of(&removed);
        let files = remove_folder(&removed).inspect_err(|_| self.postpone(&removed));
        if files.is_ok() {
            project.release(self.folder());
        }
        let run = self.run.join(id.as_str());
        fault::may_fail("remove.run").map_err(|e| StoreError::of("remove", &run)(e.into()))?;
        files.and(remove_run_folder(&run))
    }

    /// Unlists a container; [`Store::remove`] or the next [`Store::sweep`] deletes it. Not an error
    /// when it is already unlisted.
    ///
    /// # Errors
    /// When it cannot be renamed.
    pub fn unlist(&self, id: &ContainerId) -> Result<(), StoreError> {
        let folder = self.container(id);
        let renamed = fault::may_fail("remove.rename")
            .map_err(io::Error::from)
            .and_then(|()| fs::rename(&folder, self.removed(id)));
        match renamed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(StoreError::of("rename", &folder)(error))
            }
            _ => Ok(()),
        }
    }

    fn removed(&self, id: &ContainerId) -> PathBuf {
        self.containers().join(format!(".old-{id}"))
    }

    /// Appends to the event log. Best effort: a full disk must not fail a command.
    pub fn append_event(&self, spec: &ContainerSpec, event: &str, cause: Option<&ExitCause>) {
        self.append_event_with(spec, event, cause, None);
    }

    /// As [`Store::append_event`], with details.
    pub fn append_event_with(
        &self,
        spec: &ContainerSpec,
        event: &str,
        cause: Option<&ExitCause>,
        detail: Option<String>,
    ) {
        let (id, name) = (spec.id.clone(), spec.name.clone());
        let event_line = LoggedEvent {
            at: Timestamp::now(),
            id,
            name,
            event: event.to_owned(),
            cause: cause.cloned(),
            detail,
        };
        let _ = events::append(&self.events(), &event_line);
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
            // best effort; the next sweep retries
            let _ = tree::remove(&self.folder, None);
        }
    }
}
