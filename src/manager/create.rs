//! `create`: a record in the list, with its layers; nothing runs yet.

use std::path::PathBuf;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use super::error::reached;
use super::{Created, Error, Manager};
use crate::record::Record;
use crate::rootfs;
use crate::spec::{ContainerId, ContainerSpec, NetworkMode, PidMode, SpecError, resolve};

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

/// How long an image counts as compared with this machine's files: one command's creation and start, not longer.
const IMAGE_HOLDS: Duration = Duration::from_millis(100);

impl Manager {
    /// Creates a container without starting it; builds the image on first use, telling `progress`.
    ///
    /// # Errors
    /// When the request is wrong, the name is in use, or the disk refuses; nothing half-made stays behind.
    pub fn create(&self, what: &Created, options: CreateOptions, progress: &mut dyn FnMut(String)) -> Result<Record, Error> {
        let mut random = [0; 6];
        getrandom::fill(&mut random).map_err(|e| Error::System { message: format!("cannot make an id: {e}"), hint: None })?;
        let id = ContainerId::from_random(random);
        let mut spec = resolve(id, what.name.as_deref(), &what.request, options.tty, options.interactive)?;
        spec.remove = options.remove;
        spec.preset = what.preset.clone();
        self.resolve_shared(&mut spec)?;
        match &spec.root {
            Some(folder) if !folder.is_dir() => {
                return Err(SpecError::new("root", format!("{} is not a folder of this host", folder.display())).into());
            }
            Some(_) => {}
            None => drop(self.image(progress)?),
        }

        reached("create.names")?;
        let names = self.store().lock_names()?;
        let taken = self.records()?.into_iter().any(|r| r.spec.name == spec.name || r.spec.id.as_str() == spec.name.as_str());
        if taken {
            return Err(Error::NameInUse(spec.name.to_string()));
        }
        let draft = self.store().begin(&spec.id)?;
        reached("create.base")?;
        let base = draft.folder().join("base");
        rootfs::write_base(&base, &spec).map_err(|e| Error::System { message: e.to_string(), hint: None })?;
        reached("create.commit")?;
        let record = self.store().commit(draft, &spec)?;
        drop(names);
        self.store().tell(&record.spec, "created", None);
        Ok(record)
    }

    /// Other containers whose namespaces are shared are recorded by id: their names may change.
    fn resolve_shared(&self, spec: &mut ContainerSpec) -> Result<(), Error> {
        if let NetworkMode::Container(word) = &mut spec.network {
            *word = self.find(word)?.spec.id.to_string();
        }
        if let PidMode::Container(word) = &mut spec.pid {
            *word = self.find(word)?.spec.id.to_string();
        }
        Ok(())
    }

    /// The image that containers start from, built or rebuilt when needed. After a rebuild the generations that no living
    /// container stands on are removed.
    pub(super) fn image(&self, progress: &mut dyn FnMut(String)) -> Result<rootfs::ImageRoot, Error> {
        let mut known = self.image.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, image)) = known.as_ref().filter(|(at, _)| at.elapsed() < IMAGE_HOLDS) {
            return Ok(image.clone());
        }
        let image = self.ensure_image(progress)?;
        *known = Some((Instant::now(), image.clone()));
        Ok(image)
    }

    fn ensure_image(&self, progress: &mut dyn FnMut(String)) -> Result<rootfs::ImageRoot, Error> {
        let system = |e: rootfs::ImageError| Error::System { message: e.to_string(), hint: None };
        let mut built = false;
        let mut tell = |line: String| {
            built = true;
            progress(line);
        };
        let images = self.store().images();
        let image = rootfs::host_image::ensure(&images, &mut tell).map_err(system)?;
        if built {
            let alive = self.records()?.into_iter().filter(|r| r.status.is_alive() || r.restart_at.is_some());
            let generation = |root: PathBuf| Some(root.parent()?.file_name()?.to_string_lossy().into_owned());
            let keep: Vec<String> = alive.filter_map(|r| r.image_root).filter_map(generation).collect();
            rootfs::host_image::prune(&images, &keep).map_err(system)?;
        }
        Ok(image)
    }

    /// Creates and starts a container in the background. One that cannot be started does not stay behind.
    ///
    /// # Errors
    /// As [`Manager::create`] and [`Manager::start`].
    pub fn launch(&self, what: &Created, options: CreateOptions, progress: &mut dyn FnMut(String)) -> Result<ContainerId, Error> {
        let record = self.create(what, options, progress)?;
        let id = record.spec.id;
        self.start(&id).inspect_err(|_| self.discard(&id))?;
        Ok(id)
    }

    /// Removes a container whose first start failed; the failure itself is what the caller reports.
    pub(super) fn discard(&self, id: &ContainerId) {
        let _ = self.destroy(id, true);
    }
}
