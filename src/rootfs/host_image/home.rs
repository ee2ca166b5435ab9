//! [`Home`]: the folder of the `host` image's generations, its lock, and its link to the current
//! one.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

use super::digest::{Digest, is_digest};
use super::manifest::Manifest;
use super::{ImageError, ImageRoot, Kept};
use crate::rootfs::FileError;
use crate::sys::{files, tree};

/// Prefix of unfinished and discarded entries. Only the lock holder creates them, so existing ones
/// are leftovers that the next holder may remove.
const DRAFT: &str = ".draft-";

/// Records the last comparison: the list, the generation, and the searched folders.
const COMPARED: &str = "compared";
/// Ends the head of [`COMPARED`]; missing in a partial write.
const END: &str = "--";
/// How long a comparison is valid, so that launches in quick succession skip it.
const VALID_FOR: Duration = Duration::from_secs(1);
/// The maximum size of a manifest or comparison, in bytes.
const MAX_SIZE: u64 = 64 << 20;
/// More than a tick of the kernel's coarse clock for file times, which may lag by that much.
const TICK: Duration = Duration::from_millis(20);

/// `<images>/host`.
#[derive(Debug)]
pub(super) struct Home {
    folder: PathBuf,
}

impl Home {
    /// The folder, whether or not it is there: to look, not to write.
    pub(super) fn of(images: &Path) -> Self {
        Self {
            folder: images.join("host"),
        }
    }

    /// The current generation, and when it was last compared.
    pub(super) fn kept(&self) -> Option<Kept> {
        let root = self.root(&self.current_name()?);
        let about = fs::symlink_metadata(self.folder.join(COMPARED));
        root.path.is_dir().then(|| Kept {
            root,
            compared: about.and_then(|about| about.modified()).ok(),
        })
    }

    /// Opens it, creating it with mode 0700 if needed.
    ///
    /// # Errors
    /// [`ImageError::Unsafe`] when it is a link or others may write in it; [`ImageError::File`].
    pub(super) fn open(images: &Path) -> Result<Self, ImageError> {
        let folder = images.join("host");
        let kind = match fs::symlink_metadata(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let made = DirBuilder::new()
                    .recursive(true)
                    .mode(0o700)
                    .create(&folder);
                made.and_then(|()| fs::symlink_metadata(&folder))
            }
            other => other,
        };
        let kind = kind.map_err(FileError::of("make", &folder))?;
        if !kind.is_dir()
            || kind.uid() != nix::unistd::geteuid().as_raw()
            || kind.mode() & 0o022 != 0
        {
            return Err(ImageError::Unsafe { path: folder });
        }
        Ok(Self { folder })
    }

    /// The current generation, if it is complete and matches the list of this digest and the host's
    /// files.
    pub(super) fn current(&self, list: Digest) -> Option<ImageRoot> {
        let began = SystemTime::now();
        let generation = self.current_name()?;
        let manifest: Manifest =
            serde_json::from_slice(&files::read(&self.manifest(&generation), MAX_SIZE).ok()?)
                .ok()?;
        let root = self.root(&generation);
        let current = manifest.is_current(list) && root.path.is_dir();
        if current {
            self.note_comparison(list, &generation, &manifest, began);
        }
        current.then_some(root)
    }

    /// The current generation, if it was compared within [`VALID_FOR`] and none of the folders
    /// changed since: package managers replace files, which changes the folder. A file overwritten
    /// in place is noticed at the next comparison.
    pub(super) fn compared(&self, list: Digest) -> Option<ImageRoot> {
        let file = files::open_to_read(&self.folder.join(COMPARED)).ok()?;
        let at = file.metadata().and_then(|about| about.modified()).ok()?;
        // a time in the future: the clock was set back
        at.elapsed().ok().filter(|age| *age < VALID_FOR)?;
        let mut text = String::with_capacity(1024);
        file.take(MAX_SIZE).read_to_string(&mut text).ok()?;
        let mut lines = text.lines();
        let generation = self.current_name()?;
        let same = lines.next() == Some(&list.to_string()) && lines.next() == Some(&generation);
        let unchanged = |folder: &str| match fs::metadata(folder) {
            Ok(about) => about.modified().is_ok_and(|changed| changed < at),
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        };
        let root = self.root(&generation);
        (same && lines.next() == Some(END) && lines.all(unchanged) && root.path.is_dir())
            .then_some(root)
    }

    /// Records for [`Home::compared`] that the comparison begun at `began` found no change.
    fn note_comparison(
        &self,
        list: Digest,
        generation: &str,
        manifest: &Manifest,
        began: SystemTime,
    ) {
        let folders: String = manifest
            .folders()
            .filter_map(|folder| Some(format!("{}\n", folder.to_str()?)))
            .collect();
        let note = format!("{list}\n{generation}\n{END}\n{folders}");
        let mut open = OpenOptions::new();
        open.write(true).create(true).truncate(true).mode(0o600);
        // if it cannot be written, the next launch compares again
        let _ = files::open(&self.folder.join(COMPARED), &mut open, 0).and_then(|mut file| {
            file.write_all(note.as_bytes())?;
            began
                .checked_sub(TICK)
                .map_or(Ok(()), |at| file.set_modified(at))
        });
    }

    /// The target of `current`.
    pub(super) fn current_name(&self) -> Option<String> {
        let target = fs::read_link(self.folder.join("current")).ok()?;
        target
            .to_str()
            .filter(|name| is_digest(name))
            .map(str::to_owned)
    }

    /// The image of a generation, which may not exist.
    pub(super) fn root(&self, generation: &str) -> ImageRoot {
        ImageRoot {
            path: self.generation(generation).join("rootfs"),
            generation: generation.to_owned(),
        }
    }

    /// The folder of a generation, which may not exist.
    pub(super) fn generation(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The path of a generation's manifest.
    pub(super) fn manifest(&self, generation: &str) -> PathBuf {
        self.generation(generation).join("manifest.json")
    }

    /// The names of all generations.
    ///
    /// # Errors
    /// [`FileError`].
    pub(super) fn generations(&self) -> Result<Vec<String>, FileError> {
        let entries = fs::read_dir(&self.folder).map_err(FileError::of("list", &self.folder))?;
        let names = entries
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok());
        Ok(names.filter(|name| is_digest(name)).collect())
    }

    /// Waits for and takes the lock that builders and [`prune`](super::prune()) hold. `wait` is
    /// called when another process has it.
    ///
    /// # Errors
    /// [`FileError`].
    pub(super) fn lock(&self, wait: impl FnOnce()) -> Result<Flock<File>, FileError> {
        let path = self.folder.join("lock");
        let fail = |errno: Errno| FileError::of("lock", &path)(errno.into());
        let mut options = OpenOptions::new();
        let opened = files::open(
            &path,
            options
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600),
            0,
        );
        let file = opened.map_err(FileError::of("open", &path))?;
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => Ok(lock),
            Err((file, Errno::EWOULDBLOCK)) => {
                wait();
                Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, errno)| fail(errno))
            }
            Err((_, errno)) => Err(fail(errno)),
        }
    }

    /// The path of a draft. The caller holds the lock.
    pub(super) fn draft(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{DRAFT}{name}"))
    }

    /// Removes drafts of dead builders, as far as possible. The caller holds the lock.
    pub(super) fn sweep(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return;
        };
        for entry in entries.flatten() {
            if entry
                .file_name()
                .as_encoded_bytes()
                .starts_with(DRAFT.as_bytes())
            {
                let path = entry.path();
                // a failure is harmless and retried next time
                let _ = tree::remove(&path, None);
            }
        }
    }

    /// Points `current` at a generation, atomically. The caller holds the lock.
    ///
    /// # Errors
    /// [`FileError`].
    pub(super) fn set_current(&self, generation: &str) -> Result<(), FileError> {
        let draft = self.draft("current");
        symlink(OsStr::new(generation), &draft).map_err(FileError::of("make", &draft))?;
        let current = self.folder.join("current");
        fs::rename(&draft, &current).map_err(FileError::of("replace", &current))?;
        let synced = File::open(&self.folder).and_then(|folder| folder.sync_all());
        synced.map_err(FileError::of("sync", &self.folder))
    }
}
