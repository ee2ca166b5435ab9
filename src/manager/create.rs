//! `create`: a record in the list, with its layers; nothing runs yet.

use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use super::{Created, Error, Manager};
use crate::record::{self, Lock, Process, Record, StoreError};
use crate::security::{Profile, selinux};
use crate::spec::{
    Categories, ContainerId, ContainerSpec, HostUsers, IdRange, IpcMode, NetworkMode, PidMode,
    Preset, SeLinux, Seccomp, SpecError, Userns, resolve,
};
use crate::sys::fault;
use crate::sys::{files, random};
use crate::{namespace, rootfs, runtime};

/// What creation needs beside the request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CreateOptions {
    /// Give it a terminal (`-t`).
    pub tty: bool,
    /// Keep its standard input open (`-i`).
    pub interactive: bool,
    /// Destroy it when it ends (`--rm`).
    pub remove: bool,
}

/// A container that nobody else can start before the caller does ([`Manager::create_to_start`]).
#[derive(Debug)]
pub struct Fresh {
    pub(super) record: Record,
    pub(super) lock: Lock,
}

/// How long an image counts as compared with this machine's files: one command's creation and
/// start, not longer.
const IMAGE_HOLDS: Duration = Duration::from_millis(100);

/// The largest seccomp profile, in bytes: docker's has 15 thousand.
const LARGEST_PROFILE: u64 = 4 << 20;

/// The text of the seccomp profile that a request names, checked now, so that no start fails for it
/// later.
fn own_profile(spec: &ContainerSpec, request: &Preset) -> Result<Option<String>, Error> {
    let Some(file) = request
        .seccomp
        .as_deref()
        .filter(|_| spec.security.seccomp == Seccomp::Own)
    else {
        return Ok(None);
    };
    let read = files::read_text(Path::new(file), LARGEST_PROFILE);
    let text = read.map_err(|e| SpecError::new("seccomp", format!("cannot read {file}: {e}")))?;
    Profile::parse(&text).map_err(|e| SpecError::new("seccomp", format!("{file}: {e}")))?;
    Ok(Some(text))
}

/// The containers some of whose namespaces `spec` shares, by id.
fn joined(spec: &ContainerSpec) -> Vec<&str> {
    let network = if let NetworkMode::Container(id) = &spec.network {
        Some(id)
    } else {
        None
    };
    let ipc = if let IpcMode::Container(id) = &spec.ipc {
        Some(id)
    } else {
        None
    };
    let pid = if let PidMode::Container(id) = &spec.pid {
        Some(id)
    } else {
        None
    };
    [network, ipc, pid]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect()
}

impl Manager {
    /// Creates a container without starting it; builds the image on first use, telling `progress`.
    ///
    /// # Errors
    /// When the request is wrong, the name is in use, or the disk refuses; nothing half-made stays
    /// behind.
    pub fn create(
        &self,
        what: &Created,
        options: CreateOptions,
        progress: &mut dyn FnMut(String),
    ) -> Result<Record, Error> {
        Ok(self.make(what, options, None, progress)?.0)
    }

    /// Creates a container that the caller starts at once: until then nobody else can, and should
    /// the caller die before, whoever comes by next removes it.
    ///
    /// # Errors
    /// As [`Manager::create`].
    pub fn create_to_start(
        &self,
        what: &Created,
        options: CreateOptions,
        progress: &mut dyn FnMut(String),
    ) -> Result<Fresh, Error> {
        let caller = record::identify(std::process::id().cast_signed());
        let (record, lock) = self.make(what, options, caller.as_ref(), progress)?;
        Ok(Fresh { record, lock })
    }

    /// The container is locked when it comes into the list.
    fn make(
        &self,
        what: &Created,
        options: CreateOptions,
        caller: Option<&Process>,
        progress: &mut dyn FnMut(String),
    ) -> Result<(Record, Lock), Error> {
        let mut bytes = [0; 6];
        random::fill(&mut bytes).map_err(|e| Error::System {
            message: format!("cannot make an id: {}", e.desc()),
            hint: None,
        })?;
        let id = ContainerId::from_random(bytes);
        let mut spec = resolve(
            id,
            what.name.as_deref(),
            &what.request,
            options.tty,
            options.interactive,
        )?;
        spec.remove = options.remove;
        spec.preset = what.preset.clone();
        self.resolve_shared(&mut spec)?;
        self.choose_users(&mut spec, what.request.userns.is_some())?;
        spec.check_read_only()?;
        match &spec.root {
            Some(folder) if !folder.is_dir() => {
                return Err(SpecError::new(
                    "root",
                    format!("{} is not a folder of this host", folder.display()),
                )
                .into());
            }
            Some(_) => {}
            None => drop(self.image(progress)?),
        }

        runtime::record_sources(self.store(), &mut spec)?;

        let profile = own_profile(&spec, &what.request)?;

        fault::may_fail("create.names")?;
        let names = self.store().lock_names()?;
        self.check_free(&spec.name, None)?;
        if spec.userns == Userns::Auto {
            self.give_ids(&mut spec, &names)?;
        }
        if spec.security.selinux != SeLinux::Unconfined && selinux::own_label().is_some() {
            self.give_categories(&mut spec)?;
        }
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
            // taking the lock made a run folder for a container that is not there
            let _ = self.store().remove(&spec.id);
        })?;
        drop(names);
        self.store().tell(&record.spec, "created", None);
        Ok((record, lock))
    }

    /// Whether it has ids of its own: what `--userns` asked for, else the default, unless something
    /// else was asked for that cannot be had with them. A container whose processes or shared
    /// memory it has gives it its own.
    fn choose_users(&self, spec: &mut ContainerSpec, asked: bool) -> Result<(), Error> {
        if asked && spec.userns == Userns::Host {
            return Ok(());
        }
        let joined: Vec<ContainerSpec> = joined(spec)
            .into_iter()
            .map(|id| Ok(self.find(id)?.spec))
            .collect::<Result<_, Error>>()?;
        let stranger = joined
            .iter()
            .find(|other| other.ids.is_none())
            .map(|other| HostUsers::Joined(other.name.to_string()));
        if asked {
            return match (&stranger, &spec.pid) {
                (Some(HostUsers::Joined(name)), PidMode::Container(_)) => {
                    let why = format!(
                        "the container {name} has the host's ids, so that nobody with others can have a /proc for its processes"
                    );
                    Err(SpecError::new(
                        "pid",
                        format!("{why}; leave out --userns auto, or start {name} with it"),
                    )
                    .into())
                }
                _ => Ok(()),
            };
        }
        let configured = (self.users == Userns::Host).then_some(HostUsers::Config);
        let kernel = || namespace::cannot_map_users(self.ids).map(HostUsers::Kernel);
        spec.host_users = configured
            .or_else(|| HostUsers::needed_by(spec))
            .or(stranger)
            .or_else(kernel);
        spec.userns = if spec.host_users.is_some() {
            Userns::Host
        } else {
            Userns::Auto
        };
        Ok(())
    }

    /// Gives it ids of the host that no other has. Under the lock of names, so that two creations
    /// cannot choose alike.
    fn give_ids(&self, spec: &mut ContainerSpec, names: &Lock) -> Result<(), Error> {
        if let (PidMode::Container(id), _) | (_, IpcMode::Container(id)) = (&spec.pid, &spec.ipc)
            && let Some(ids) = self.find(id)?.spec.ids
        {
            // what both share belongs to the same users
            ids.check(spec.user)?;
            self.store().share_ids(&spec.id, ids, names)?;
            spec.ids = Some(ids);
            return Ok(());
        }
        let unknown = |error: StoreError| Error::System {
            message: format!("nobody knows which ids a container has: {error}"),
            hint: Some("destroy that container, or use --userns host".into()),
        };
        let none_left = || Error::System {
            message: format!(
                "each of the {} ranges of ids belongs to a container",
                self.ids.ranges
            ),
            hint: Some(
                "destroy some, raise userns.ranges in the config file, or use --userns host".into(),
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
        spec.ids = Some(ids);
        Ok(())
    }

    /// Gives it SELinux categories that no other has, or those of the container whose processes or
    /// shared memory it has. Under the lock of names, as its ids.
    fn give_categories(&self, spec: &mut ContainerSpec) -> Result<(), Error> {
        let beside = match (&spec.pid, &spec.ipc) {
            (PidMode::Container(id), _) | (_, IpcMode::Container(id)) => {
                self.find(id)?.spec.categories
            }
            _ => None,
        };
        if beside.is_some() {
            spec.categories = beside;
            return Ok(());
        }
        let system = |message: String| Error::System {
            message,
            hint: None,
        };
        let mut random = [0; 4];
        random::fill(&mut random)
            .map_err(|e| system(format!("cannot choose SELinux categories: {}", e.desc())))?;
        let taken = self.store().categories().map_err(|e| {
            system(format!(
                "nobody knows which SELinux categories are taken: {e}"
            ))
        })?;
        let free = Categories::free(u32::from_ne_bytes(random), &taken);
        spec.categories = Some(free.ok_or_else(|| {
            system("each pair of SELinux categories belongs to a container: destroy some".into())
        })?);
        Ok(())
    }

    /// Other containers whose namespaces are shared are recorded by id: their names may change.
    fn resolve_shared(&self, spec: &mut ContainerSpec) -> Result<(), Error> {
        if let NetworkMode::Container(word) = &mut spec.network {
            *word = self.find(word)?.spec.id.to_string();
        }
        if let IpcMode::Container(word) = &mut spec.ipc {
            *word = self.find(word)?.spec.id.to_string();
        }
        if let PidMode::Container(word) = &mut spec.pid {
            *word = self.find(word)?.spec.id.to_string();
        }
        Ok(())
    }

    /// The image that containers start from, built or rebuilt when needed. After a rebuild the
    /// generations that no living container stands on are removed.
    pub(super) fn image(
        &self,
        progress: &mut dyn FnMut(String),
    ) -> Result<rootfs::ImageRoot, Error> {
        let mut known = self.image.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, image)) = known.as_ref().filter(|(at, _)| at.elapsed() < IMAGE_HOLDS) {
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

    /// Creates and starts a container in the background. One that cannot be started does not stay
    /// behind.
    ///
    /// # Errors
    /// As [`Manager::create`] and [`Manager::start`].
    pub fn launch(
        &self,
        what: &Created,
        options: CreateOptions,
        progress: &mut dyn FnMut(String),
    ) -> Result<ContainerId, Error> {
        let Fresh { record, lock } = self.create_to_start(what, options, progress)?;
        let id = record.spec.id.clone();
        match self.launch_record(record, &lock, None) {
            Ok(()) => Ok(id),
            Err(error) => {
                // the failure itself is what the caller reports
                let _ = self.destroy_holding(&id, true, lock);
                Err(error)
            }
        }
    }
}
