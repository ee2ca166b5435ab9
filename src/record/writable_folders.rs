//! Host folders that any container could ever write to: a container may leave a symbolic link in
//! one that a later path would follow. One link to each folder, named by its inode and the hash of
//! its path, in `given` of the state folder. They outlive the containers.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

use super::folders::make_folder;
use super::{Store, StoreError};

impl Store {
    fn given(&self) -> PathBuf {
        self.folder().join("given")
    }

    /// Records that a container may write to the folder at `path`, with the inode `inode`.
    ///
    /// # Errors
    /// When the link cannot be created.
    pub fn note_writable(&self, path: &Path, inode: u64) -> Result<(), StoreError> {
        let note = self.given().join(format!("{inode}-{:016x}", hash(path)));
        let noted = match symlink(path, &note) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                make_folder(&self.given())?;
                symlink(path, &note)
            }
            other => other,
        };
        noted.or_else(|error| {
            if error.kind() == ErrorKind::AlreadyExists {
                Ok(())
            } else {
                Err(StoreError::of("link", &note)(error))
            }
        })
    }

    /// The recorded folders that are still the same, by device and inode, each with its path. Links
    /// to folders that were replaced are removed.
    #[must_use]
    pub fn writable_folders(&self) -> Vec<((u64, u64), PathBuf)> {
        let notes = fs::read_dir(self.given()).into_iter().flatten().flatten();
        let folder = |note: fs::DirEntry| {
            let path = fs::read_link(note.path()).ok()?;
            let inode: u64 = note.file_name().to_str()?.split('-').next()?.parse().ok()?;
            match fs::symlink_metadata(&path) {
                Ok(there) if there.ino() == inode => Some(((there.dev(), there.ino()), path)),
                Ok(_) => {
                    let _ = fs::remove_file(note.path());
                    None
                }
                // its file system may not be mounted now
                Err(_) => None,
            }
        };
        notes.filter_map(folder).collect()
    }
}

/// FNV-1a.
fn hash(path: &Path) -> u64 {
    path.as_os_str()
        .as_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_writable_folder_is_listed_until_it_is_replaced() {
        let folder = std::env::temp_dir().join(format!("minic-given-{}", std::process::id()));
        let store = Store::open(&folder).unwrap();
        let given = folder.join("a folder");
        fs::create_dir(&given).unwrap();
        let about = fs::metadata(&given).unwrap();
        (0..2).for_each(|_| store.note_writable(&given, about.ino()).unwrap());
        assert_eq!(
            store.writable_folders(),
            [((about.dev(), about.ino()), given.clone())]
        );
        fs::rename(&given, folder.join("elsewhere")).unwrap();
        fs::create_dir(&given).unwrap();
        assert_eq!(store.writable_folders(), []);
        fs::remove_dir_all(folder).unwrap();
    }
}
