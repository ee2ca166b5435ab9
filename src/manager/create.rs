//! `create`: makes a container's record and layers without starting it.

use std::cell::{OnceCell, RefCell};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use super::{Error, Manager};
use crate::record::{self, Lock, Process, Record, StoreError};
use crate::security::{Profile, selinux};
use crate::spec::{
    Categories, ContainerId, ContainerRequest, ContainerSpec, Defaults, IdRange, Lookup, SeLinux,
    Seccomp, SpecError, resolve,
};
use crate::sys::fault;
use crate::sys::{files, random};
use crate::{namespace, rootfs, runtime};

/// A new container, locked so that only the caller can start it ([`Manager::create_to_start`]).
#[derive(Debug)]
pub struct NewContainer {
    pub(super) record: Record,
    pub(super) lock: Lock,
}

/// How long a check of the image against this machine's files is valid: for one command's creation
/// and start.
const IMAGE_CACHE_TIME: Duration = Duration::from_millis(100);

/// Maximum size of a seccomp profile, in bytes; docker's has 15 thousand.
const MAX_PROFILE: u64 = 4 << 20;

/// Reads and checks the seccomp profile that a request names, so that no start fails for it later.
fn own_profile(spec: &ContainerSpec, file: Option<&str>) -> Result<Option<String>, Error> {
    let Some(file) = file.filter(|_| spec.security.seccomp == Seccomp::Own) else {
        return Ok(None);
    };
    let read = files::read_text(Path::new(file), MAX_PROFILE);
    let text = read.map_err(|e| SpecError::new("seccomp", format!("cannot read {file}: {e}")))?;
    Profile::parse(&text).map_err(|e| SpecError::new("seccomp", format!("{file}: {e}")))?;
    Ok(Some(text))
}

/// Looks up what resolving a request needs from this host and its containers. The names are locked
/// from [`Lookup::prepare`] on, so that two creations cannot choose the same.
struct Host<'a> {
    manager: &'a Manager,
    seccomp: Option<&'a str>,
    progress: RefCell<&'a mut dyn FnMut(String)>,
    prepared: OnceCell<Prepared>,
}

/// The result of preparing a spec.
struct Prepared {
    names: Lock,
    /// The text of the container's own seccomp profile.
    profile: Option<String>,
}

impl Host<'_> {
    fn names(&self) -> Result<&Lock, Error> {
        let prepared = self.prepared.get();
        prepared
            .map(|prepared| &prepared.names)
            .ok_or_else(|| failed("cannot choose ids: the names are not locked".into()))
    }
}

impl Lookup for Host<'_> {
    type Error = Error;

    fn new_id(&self) -> Result<ContainerId, Error> {
        let mut bytes = [0; 6];
        random::fill(&mut bytes).map_err(|e| failed(format!("cannot make an id: {}", e.desc())))?;
        Ok(ContainerId::from_random(bytes))
    }

    fn container(&self, word: &str) -> Result<ContainerSpec, Error> {
        Ok(self.manager.find(word)?.spec)
    }

    fn cannot_map_users(&self) -> Option<String> {
        namespace::cannot_map_users(self.manager.ids)
    }

    fn prepare(&self, spec: &mut ContainerSpec) -> Result<(), Error> {
        match &spec.root {
            Some(folder) if !folder.is_dir() => {
                return Err(SpecError::new(
                    "root",
                    format!("{} is not a folder on this host", folder.display()),
                )
                .into());
            }
            Some(_) => {}
            None => drop(self.manager.image(&mut **self.progress.borrow_mut())?),
        }
        runtime::record_sources(self.manager.store(), spec)?;
        let profile = own_profile(spec, self.seccomp)?;
        fault::may_fail("create.names")?;
        let names = self.manager.store().lock_names()?;
        self.manager.check_free(&spec.name, None)?;
        self.prepared.get_or_init(|| Prepared { names, profile });
        Ok(())
    }

    fn ids(&self, spec: &ContainerSpec, joined: Option<IdRange>) -> Result<IdRange, Error> {
        match joined {
            Some(ids) => {
                ids.check(spec.user)?;
                let store = self.manager.store();
                store.share_ids(&spec.id, ids, self.names()?)?;
                Ok(ids)
            }
            None => self.manager.give_ids(spec, self.names()?),
        }
    }

    fn sharing_processes(&self, with: &ContainerId) -> Result<Vec<ContainerSpec>, Error> {
        self.manager.sharing_processes(with)
    }

    fn categories(
        &self,
        spec: &ContainerSpec,
        joined: Option<Categories>,
    ) -> Result<Option<Categories>, Error> {
        let confined = spec.security.selinux != SeLinux::Unconfined;
        if !confined || selinux::own_label().is_none() {
            return Ok(None);
        }
        match joined {
            Some(categories) => Ok(Some(categories)),
            None => self.manager.free_categories().map(Some),
        }
    }
}

fn failed(message: String) -> Error {
    Error::System {
        message,
        hint: None,
    }
}

impl Manager {
    /// Creates a container without starting it. Builds the image on first use, reporting to
    /// `progress`.
    ///
    /// # Errors
    /// When the request is invalid, the name is in use, or a write fails; nothing partial is left.
    pub fn create(
        &self,
        what: &ContainerRequest,
        progress: &mut dyn FnMut(String),
    ) -> Result<Record, Error> {
        Ok(self.make(what, None, progress)?.0)
    }

    /// Creates a container that the caller starts at once. Until then it is locked; if the caller
    /// dies first, the next command removes it.
    ///
    /// # Errors
    /// As [`Manager::create`].
    pub fn create_to_start(
        &self,
        what: &ContainerRequest,
        progress: &mut dyn FnMut(String),
    ) -> Result<NewContainer, Error> {
        let caller = record::identify(std::process::id().cast_signed());
        let (record, lock) = self.make(what, caller.as_ref(), progress)?;
        Ok(NewContainer { record, lock })
    }

    /// Creates it, locked before it appears in the list.
    fn make(
        &self,
        what: &ContainerRequest,
        caller: Option<&Process>,
        progress: &mut dyn FnMut(String),
    ) -> Result<(Record, Lock), Error> {
        let host = Host {
            manager: self,
            seccomp: what.settings.seccomp.as_deref(),
            progress: RefCell::new(progress),
            prepared: OnceCell::new(),
        };
        let defaults = Defaults { userns: self.users };
        let spec = resolve(what, &defaults, &host)?;
        let Prepared { names, profile } = host.prepared.into_inner().ok_or_else(|| {
            failed("cannot create the container: the names are not locked".into())
        })?;
        let draft = self.store().begin(&spec.id)?;
        fault::may_fail("create.base")?;
        if let Some(ids) = spec.ids {
            // the upper folder is the container's `/`, which its root owns
            let upper = draft.folder().join("upper");
            chown(&upper, Some(ids.first), Some(ids.first)).map_err(|e| Error::System {
                message: format!("cannot give {} to the container: {e}", upper.display()),
                hint: None,
            })?;
        }
        let base = draft.folder().join("base");
        rootfs::write_base(&base, &spec).map_err(|e| Error::System {
            message: e.to_string(),
            hint: None,
        })?;
        if let Some(storage) = spec.storage {
            rootfs::storage::bound(draft.folder(), storage).map_err(|e| Error::System {
                message: e.why,
                hint: e.hint,
            })?;
        }
        if let Some(profile) = profile {
            let file = draft.folder().join(runtime::PROFILE_FILE);
            std::fs::write(&file, profile).map_err(|e| Error::System {
                message: format!("write {}: {e}", file.display()),
                hint: None,
            })?;
        }
        fault::may_fail("create.commit")?;
        self.store().enter_name(&spec, &names)?;
        let lock = self.store().lock(&spec.id)?;
        let record = self.store().commit(draft, &spec, caller).inspect_err(|_| {
            // taking the lock made a run folder for a container that does not exist
            let _ = self.store().remove(&spec.id);
        })?;
        drop(names);
        self.store().append_event(&record.spec, "created", None);
        Ok((record, lock))
    }

    /// Host ids that no other container uses.
    fn give_ids(&self, spec: &ContainerSpec, names: &Lock) -> Result<IdRange, Error> {
        let unknown = |error: StoreError| Error::System {
            message: format!("cannot read which ids a container uses: {error}"),
            hint: Some("destroy that container, or use --userns host".into()),
        };
        let none_left = || Error::System {
            message: format!("all {} ranges of ids are in use", self.ids.ranges),
            hint: Some(
                "destroy a container, raise userns.ranges in the config file, or use --userns host"
                    .into(),
            ),
        };
        let any = IdRange {
            first: self.ids.first,
            count: self.ids.size,
        };
        any.check(spec.user)?;
        let mut from = [0; 4];
        random::fill(&mut from).map_err(|e| Error::System {
            message: format!("cannot choose user ids: {}", e.desc()),
            hint: None,
        })?;
        let ids = self
            .store()
            .give_ids(&spec.id, self.ids, u32::from_ne_bytes(from), names)
            .map_err(unknown)?
            .ok_or_else(none_left)?;
        Ok(ids)
    }

    /// SELinux categories that no other container uses.
    fn free_categories(&self) -> Result<Categories, Error> {
        let mut random = [0; 4];
        random::fill(&mut random)
            .map_err(|e| failed(format!("cannot choose SELinux categories: {}", e.desc())))?;
        let taken = self.store().categories().map_err(|e| {
            failed(format!(
                "cannot read which SELinux categories are in use: {e}"
            ))
        })?;
        let free = Categories::free(u32::from_ne_bytes(random), &taken);
        free.ok_or_else(|| {
            failed("all pairs of SELinux categories are in use: destroy a container".into())
        })
    }

    /// The image that containers start from, built or rebuilt when needed. A rebuild removes the
    /// generations that no running container uses.
    pub(super) fn image(
        &self,
        progress: &mut dyn FnMut(String),
    ) -> Result<rootfs::ImageRoot, Error> {
        let mut known = self.image.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, image)) = known
            .as_ref()
            .filter(|(at, _)| at.elapsed() < IMAGE_CACHE_TIME)
        {
            return Ok(image.clone());
        }
        let image = self.ensure_image(progress)?;
        *known = Some((Instant::now(), image.clone()));
        Ok(image)
    }

    fn ensure_image(&self, progress: &mut dyn FnMut(String)) -> Result<rootfs::ImageRoot, Error> {
        let system = |e: rootfs::ImageError| Error::System {
            message: e.to_string(),
            hint: None,
        };
        let mut built = false;
        let mut tell = |line: String| {
            built = true;
            progress(line);
        };
        let images = self.store().images();
        let image = rootfs::host_image::ensure(&images, &mut tell).map_err(system)?;
        if built {
            let alive = self
                .records()?
                .into_iter()
                .filter(|r| r.state.status.is_alive() || r.state.restart_at.is_some());
            let generation =
                |root: PathBuf| Some(root.parent()?.file_name()?.to_string_lossy().into_owned());
            let keep: Vec<String> = alive
                .filter_map(|r| r.state.image_root)
                .filter_map(generation)
                .collect();
            rootfs::host_image::prune(&images, &keep).map_err(system)?;
        }
        Ok(image)
    }

    /// Creates and starts a container in the background. It is removed if it cannot be started.
    ///
    /// # Errors
    /// As [`Manager::create`] and [`Manager::start`].
    pub fn launch(
        &self,
        what: &ContainerRequest,
        progress: &mut dyn FnMut(String),
    ) -> Result<ContainerId, Error> {
        let NewContainer { record, lock } = self.create_to_start(what, progress)?;
        let id = record.spec.id.clone();
        match self.launch_record(record, &lock, None) {
            Ok(()) => Ok(id),
            Err(error) => {
                // the caller reports the first error
                let _ = self.destroy_holding(&id, true, lock);
                Err(error)
            }
        }
    }
}
