//! What of the host a container is shown: found once, when it is created, and opened at each start
//! as what it was then.
//!
//! A container may write its volumes, and so replace a folder in one by a link to anywhere. So no
//! link is followed that a container may have made, and what was found is recorded by its device
//! and inode.

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::sys::stat::fstat;

use super::LaunchError;
use crate::record::{Store, boot_id};
use crate::rootfs::{LookedUp, Sources, identify, lies_in, look_up, reopen};
use crate::spec::{ContainerId, ContainerSpec, Source, SpecError};

/// A folder that a container may write, by device and inode; in words, whose.
type Writable = ((u64, u64), String);

/// Finds the sources of `spec` that are not recorded in it yet, and renews the numbers of another
/// boot. Whether anything was recorded.
///
/// # Errors
/// The one that is not there, or is led to by a link that a container may have made.
pub(crate) fn record_sources(store: &Store, spec: &mut ContainerSpec) -> Result<bool, SpecError> {
    let boot = boot_id();
    let due = |found: &Option<Source>| found.as_ref().is_none_or(|source| source.boot != boot);
    let mut looked = Vec::new();
    if let Some(root) = spec.root.clone().filter(|_| due(&spec.root_found)) {
        looked.push(("root", None, find("root", &root, spec.root_found.as_ref())?));
    }
    for (index, volume) in spec
        .volumes
        .iter()
        .enumerate()
        .filter(|(_, volume)| due(&volume.found))
    {
        looked.push((
            "volume",
            Some(index),
            find("volume", &volume.source, volume.found.as_ref())?,
        ));
    }
    let own = own_writable(spec, &looked);
    for (field, index, found) in &looked {
        let path = index.map_or(
            spec.root.as_deref().unwrap_or(Path::new("/")),
            |index: usize| &spec.volumes[index].source,
        );
        refuse_links(store, spec, &own, found)
            .map_err(|why| SpecError::new(field, format!("{} {why}", path.display())))?;
    }
    let changed = !looked.is_empty();
    for (field, index, found) in looked {
        let source = identify(&found.found, boot).map_err(|errno| {
            SpecError::new(
                field,
                format!("cannot look at its source: {}", errno.desc()),
            )
        })?;
        match index {
            Some(index) => spec.volumes[index].found = Some(source),
            None => spec.root_found = Some(source),
        }
    }
    if changed {
        give(store, spec)?;
    }
    Ok(changed)
}

/// Notes what `spec` lets its container write: the container may be gone when somebody names a link
/// that it left there.
fn give(store: &Store, spec: &ContainerSpec) -> Result<(), SpecError> {
    let root = spec
        .root_found
        .as_ref()
        .filter(|_| !spec.overlay && !spec.read_only)
        .map(|root| ("root", root));
    let volumes = spec
        .volumes
        .iter()
        .filter(|volume| !volume.read_only)
        .filter_map(|volume| Some(("volume", volume.found.as_ref()?)));
    root.into_iter()
        .chain(volumes)
        .try_for_each(|(field, source)| {
            let given = store.note_writable(&source.path, source.inode);
            given.map_err(|error| {
                SpecError::new(
                    field,
                    format!("cannot note that a container may write it: {error}"),
                )
            })
        })
}

/// What is at `path`; what was recorded in another boot is still that.
fn find(
    field: &'static str,
    path: &Path,
    recorded: Option<&Source>,
) -> Result<LookedUp, SpecError> {
    match recorded {
        Some(source) => {
            let found = reopen(source, boot_id()).map_err(|why| SpecError::new(field, why))?;
            Ok(LookedUp {
                found,
                links: Vec::new(),
            })
        }
        None => look_up(path).map_err(|errno| {
            SpecError::new(
                field,
                format!("cannot open {}: {}", path.display(), errno.desc()),
            )
        }),
    }
}

/// What the container itself may write: its links are followed no more than another's, for it may
/// be created with the same words again.
fn own_writable(
    spec: &ContainerSpec,
    looked: &[(&'static str, Option<usize>, LookedUp)],
) -> Vec<Writable> {
    let may_write = |index: &Option<usize>| match index {
        Some(index) => !spec.volumes[*index].read_only,
        None => !spec.overlay && !spec.read_only,
    };
    let written = looked.iter().filter(|(_, index, _)| may_write(index));
    let identity = |(_, _, found): &(_, _, LookedUp)| {
        fstat(&found.found)
            .ok()
            .map(|found| (found.st_dev, found.st_ino))
    };
    let whose = |folder| (folder, "this container".to_owned());
    written
        .filter_map(identity)
        .chain(recorded_writable(spec).into_iter().flatten())
        .map(whose)
        .collect()
}

/// By device and inode, what a spec lets its container write; twice where what is recorded is not
/// what is there.
fn recorded_writable(spec: &ContainerSpec) -> Vec<Option<(u64, u64)>> {
    let root = spec
        .root
        .as_deref()
        .filter(|_| !spec.overlay && !spec.read_only)
        .map(|root| (root, &spec.root_found));
    let volumes = spec
        .volumes
        .iter()
        .filter(|volume| !volume.read_only)
        .map(|volume| (volume.source.as_path(), &volume.found));
    let both = |(path, found): (&Path, &Option<Source>)| {
        let recorded = found.as_ref().map(|source| (source.device, source.inode));
        let there = fs::metadata(found.as_ref().map_or(path, |source| &source.path))
            .ok()
            .map(|data| (data.dev(), data.ino()));
        [recorded, there]
    };
    root.into_iter().chain(volumes).flat_map(both).collect()
}

/// Refuses what was reached over a link that a container may have made.
fn refuse_links(
    store: &Store,
    spec: &ContainerSpec,
    own: &[Writable],
    looked: &LookedUp,
) -> Result<(), String> {
    if looked.links.is_empty() {
        return Ok(());
    }
    // rarely come to: only then the records of all others are read
    let mut writable = own.to_vec();
    let layer = |id: &ContainerId| {
        fs::metadata(store.container(id).join("upper"))
            .ok()
            .map(|data| (data.dev(), data.ino()))
    };
    let listed = store.ids().unwrap_or_default();
    let others = listed
        .iter()
        .filter(|id| **id != spec.id)
        .filter_map(|id| store.load_spec(id).ok());
    let trashed = store
        .trash()
        .unwrap_or_default()
        .into_iter()
        .filter_map(|trashed| store.trashed_spec(&trashed).ok());
    for other in others.chain(trashed) {
        let folders = recorded_writable(&other)
            .into_iter()
            .chain([layer(&other.id)])
            .flatten();
        writable.extend(folders.map(|folder| (folder, format!("container {}", other.name))));
    }
    let gone = store.writable_folders().into_iter();
    writable.extend(gone.map(|(folder, path)| {
        (
            folder,
            format!("a container that had {} as a volume", path.display()),
        )
    }));
    for link in &looked.links {
        if let Some(whose) = lies_in(link, &writable)
            .map_err(|errno| format!("cannot be looked up: {}", errno.desc()))?
        {
            let folder = fs::read_link(format!(
                "/proc/self/fd/{}",
                std::os::fd::AsRawFd::as_raw_fd(link)
            ))
            .unwrap_or_default();
            return Err(format!(
                "leads over a symbolic link in {}, which {whose} may have made and may turn anywhere: name the folder itself",
                folder.display()
            ));
        }
    }
    Ok(())
}

/// Opens what `spec` shows of the host, which is what was recorded. Devices are found anew, for a
/// device's node is made anew at each boot.
///
/// # Errors
/// What has changed since it was recorded.
pub(super) fn open_sources(store: &Store, spec: &ContainerSpec) -> Result<Sources, LaunchError> {
    let open = |path: &Path, found: &Option<Source>| -> Result<OwnedFd, LaunchError> {
        let source = found.as_ref().ok_or_else(|| {
            LaunchError::plain(format!("it is not recorded what {} was", path.display()))
        })?;
        reopen(source, boot_id()).map_err(LaunchError::plain)
    };
    let own: Vec<Writable> = recorded_writable(spec)
        .into_iter()
        .flatten()
        .map(|folder| (folder, "this container".to_owned()))
        .collect();
    let device = |path: &Path| -> Result<OwnedFd, LaunchError> {
        let looked = look_up(path).map_err(LaunchError::nix(format!(
            "look at the device {}",
            path.display()
        )))?;
        refuse_links(store, spec, &own, &looked)
            .map_err(|why| LaunchError::plain(format!("the device {} {why}", path.display())))?;
        Ok(looked.found)
    };
    Ok(Sources {
        root: spec
            .root
            .as_deref()
            .map(|root| open(root, &spec.root_found))
            .transpose()?,
        volumes: spec
            .volumes
            .iter()
            .map(|volume| open(&volume.source, &volume.found))
            .collect::<Result<_, _>>()?,
        devices: spec
            .devices
            .iter()
            .map(|one| device(&one.source))
            .collect::<Result<_, _>>()?,
    })
}
