//! Building a generation: survey, fill a draft, sync it, rename it into place, make it current.

use std::fs::{self, DirBuilder, File};
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use super::home::Home;
use super::list::ImageList;
use super::manifest::Manifest;
use super::survey::survey;
use super::tree::ImageTree;
use super::{ImageError, ImageRoot, Progress};
use crate::rootfs::FileError;

/// Builds the image of `list` and makes it current. The caller holds the lock of `home`.
///
/// # Errors
/// [`ImageError`]; the draft is removed.
pub(super) fn build(
    home: &Home,
    list: &ImageList,
    progress: Progress<'_>,
) -> Result<ImageRoot, ImageError> {
    let survey = survey(list, progress)?;
    let generation = survey.manifest.generation();
    let root = home.root(&generation);
    if home.manifest(&generation).is_file() && root.path.is_dir() {
        // only the searched folders have changed, or a change was reverted
        write_manifest(home, &generation, &survey.manifest)?;
    } else {
        let draft = home.draft("image");
        let filled = fill(&draft, list, &survey.paths, &survey.manifest, progress)
            .and_then(|()| put_in_place(home, &draft, &generation));
        if let Err(error) = filled {
            home.sweep();
            return Err(error.into());
        }
    }
    home.set_current(&generation)?;
    home.sweep();
    Ok(root)
}

fn fill(
    draft: &Path,
    list: &ImageList,
    paths: &[impl AsRef<Path>],
    manifest: &Manifest,
    progress: Progress<'_>,
) -> Result<(), FileError> {
    DirBuilder::new()
        .mode(0o755)
        .create(draft)
        .map_err(FileError::of("make", draft))?;
    let mut tree = ImageTree::new(draft.join("rootfs"))?;
    for link in list.links.iter().filter(|link| link.is_symlink()) {
        tree.place(link)?;
    }
    for (index, path) in paths.iter().enumerate() {
        progress(format!(
            "building the host image: copying file {} of {}…",
            index + 1,
            paths.len()
        ));
        tree.place(path.as_ref())?;
    }
    for directory in &list.directories {
        tree.directory(&directory.path, directory.mode)?;
    }
    for file in &list.files {
        tree.write(&file.path, &file.text)?;
    }
    write_json(&draft.join("manifest.json"), manifest)?;
    // one syncfs(2): hundreds of fsync(2) take longer than the copying
    let synced =
        File::open(draft).and_then(|folder| nix::unistd::syncfs(folder).map_err(Into::into));
    synced.map_err(FileError::of("sync", draft))
}

fn put_in_place(home: &Home, draft: &Path, generation: &str) -> Result<(), FileError> {
    let folder = home.generation(generation);
    if fs::symlink_metadata(&folder).is_ok() {
        // damaged, or it would have been reused
        fs::rename(&folder, home.draft("damaged")).map_err(FileError::of("move aside", &folder))?;
    }
    fs::rename(draft, &folder).map_err(FileError::of("put in place", &folder))
}

fn write_manifest(home: &Home, generation: &str, manifest: &Manifest) -> Result<(), FileError> {
    let draft = home.draft("manifest");
    write_json(&draft, manifest)?;
    let path = home.manifest(generation);
    fs::rename(&draft, &path).map_err(FileError::of("replace", &path))
}

fn write_json(path: &Path, manifest: &Manifest) -> Result<(), FileError> {
    let write = || {
        let mut file = File::create(path)?;
        file.write_all(&serde_json::to_vec(manifest)?)?;
        file.sync_all()
    };
    write().map_err(FileError::of("write", path))
}
