//! The files of a record: written atomically, and validated when read.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use nix::fcntl::OFlag;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::sys::{fault, files};

/// The version of the record format. Raised on a change that this version would misunderstand.
const FORMAT: u32 = 1;
/// Initial capacity in bytes, enough for most records.
const INITIAL_CAPACITY: usize = 16 << 10;
/// The head written by [`write`], so that a file need not be parsed twice to know its format.
const HEAD: &str = "{\n  \"format\": 1,\n";
/// The maximum size, far beyond any record: the kernel limits environment and command line
/// (execve(2)).
const MAX_SIZE: u64 = 16 << 20;

#[derive(Serialize)]
struct Written<'a, T> {
    format: u32,
    #[serde(flatten)]
    body: &'a T,
}

#[derive(Deserialize)]
struct Head {
    /// Records without a number have the first format.
    #[serde(default = "first_format")]
    format: u32,
}

fn first_format() -> u32 {
    1
}

/// Reads a record's file: a regular file of limited size, in a known format.
///
/// # Errors
/// When it does not exist (`NotFound`), or is not what [`write`] writes.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, StoreError> {
    // a FIFO could block for ever, a link could lead anywhere
    let flags = (OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits();
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open(path)
        .map_err(StoreError::of("read", path))?;
    // most are small, with our head: one read is enough then
    let mut start = [0; INITIAL_CAPACITY];
    if let Ok(length @ 1..INITIAL_CAPACITY) = file.read_at(&mut start, 0)
        && start.starts_with(HEAD.as_bytes())
        && let Ok(record) = serde_json::from_slice(&start[..length])
    {
        return Ok(record);
    }
    let about = file.metadata().map_err(StoreError::of("read", path))?;
    let wrong = |what: &str| {
        Err(StoreError {
            op: "understand",
            path: path.to_owned(),
            source: io::Error::other(what.to_owned()),
        })
    };
    if !about.is_file() {
        return wrong("it is not a file");
    }
    if about.len() > MAX_SIZE {
        return wrong(&format!(
            "it has {} bytes, more than any record of ours",
            about.len()
        ));
    }
    let mut text = Vec::new();
    file.take(MAX_SIZE)
        .read_to_end(&mut text)
        .map_err(StoreError::of("read", path))?;
    let misread = |e: serde_json::Error| StoreError {
        op: "understand",
        path: path.to_owned(),
        source: e.into(),
    };
    let head: Head = serde_json::from_slice(&text).map_err(misread)?;
    if head.format != FORMAT {
        return wrong(&format!(
            "a newer minic-tui wrote it (format {}, this one knows {FORMAT})",
            head.format
        ));
    }
    serde_json::from_slice(&text).map_err(misread)
}

/// Writes a file into a folder that is not listed yet, so that it need not be atomic. `durable`
/// false skips the sync.
///
/// # Errors
/// When it cannot be written.
pub(super) fn write_first<T: Serialize>(
    folder: &Path,
    name: &str,
    value: &T,
    durable: bool,
) -> Result<(), StoreError> {
    let path = folder.join(name);
    let text = encode(&path, value)?;
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .and_then(|mut file| {
            fault::may_fail("record.write")?;
            file.write_all(&text)?;
            if durable { sync(&file, &path) } else { Ok(()) }
        });
    written.map_err(StoreError::of("write", &path))
}

/// Replaces a record's file: temp file, fsync, rename, fsync of the folder. `durable` false skips
/// the syncs.
///
/// # Errors
/// When it cannot be written; the old file is unchanged.
pub(super) fn write<T: Serialize>(
    folder: &Path,
    name: &str,
    value: &T,
    durable: bool,
) -> Result<(), StoreError> {
    let temp = folder.join(format!(".{name}.new"));
    let path = folder.join(name);
    let text = encode(&path, value)?;
    let mut options = OpenOptions::new();
    let made = files::open(
        &temp,
        options.write(true).create(true).truncate(true).mode(0o600),
        0,
    );
    let written = made.and_then(|mut file| {
        fault::may_fail("record.write")?;
        file.write_all(&text)?;
        if durable { sync(&file, &temp) } else { Ok(()) }
    });
    let renamed = written
        .map_err(StoreError::of("write", &temp))
        .and_then(|()| {
            let ready = fault::may_fail("record.rename").map_err(io::Error::from);
            ready
                .and_then(|()| fs::rename(&temp, &path))
                .map_err(StoreError::of("rename", &temp))
        });
    renamed.inspect_err(|_| {
        // useless when incomplete, and the disk may be full
        let _ = fs::remove_file(&temp);
    })?;
    if durable { sync_folder(folder) } else { Ok(()) }
}

/// Overwrites the file in place, within its length, which works on a full disk. Not atomic on a
/// power failure.
///
/// # Errors
/// When the file does not exist, the new text does not fit on the full disk, or it cannot be
/// written.
pub(super) fn overwrite<T: Serialize>(
    folder: &Path,
    name: &str,
    value: &T,
) -> Result<(), StoreError> {
    let path = folder.join(name);
    let mut text = encode(&path, value)?;
    let written = files::open(&path, OpenOptions::new().write(true), 0).and_then(|file| {
        // trailing white space is valid JSON; a reader of one page never sees a partial write
        let length = file.metadata()?.len();
        text.resize(text.len().max(usize::try_from(length).unwrap_or(0)), b'\n');
        file.write_all_at(&text, 0)?;
        file.sync_all()
    });
    written.map_err(StoreError::of("write", &path))
}

fn encode<T: Serialize>(path: &Path, body: &T) -> Result<Vec<u8>, StoreError> {
    let written = Written {
        format: FORMAT,
        body,
    };
    serde_json::to_vec_pretty(&written).map_err(|e| StoreError {
        op: "encode",
        path: path.to_owned(),
        source: e.into(),
    })
}

/// fsync(2) of a folder, which makes renames in it durable.
///
/// # Errors
/// When the folder cannot be opened or synced.
pub(super) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(OFlag::O_DIRECTORY.bits())
        .open(folder);
    opened
        .and_then(|file| sync(&file, folder))
        .map_err(StoreError::of("sync", folder))
}

/// fsync(2) of the file or folder at `path`. Tests record the order.
fn sync(file: &File, path: &Path) -> io::Result<()> {
    #[cfg(test)]
    replace_tests::note(path);
    #[cfg(not(test))]
    let _ = path;
    file.sync_all()
}

/// Whether the cause is a full or read-only file system.
#[must_use]
pub(super) fn is_unwritable(error: &StoreError) -> bool {
    use io::ErrorKind::{QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    matches!(
        error.source.kind(),
        QuotaExceeded | ReadOnlyFilesystem | StorageFull
    )
}

#[cfg(test)]
#[path = "replace_tests.rs"]
mod replace_tests;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_files_begin_with_the_head() {
        let text = encode(Path::new("x"), &serde_json::json!({ "a": 1 })).unwrap();
        assert!(
            text.starts_with(HEAD.as_bytes()),
            "{}",
            String::from_utf8_lossy(&text)
        );
        assert!(HEAD.contains(&format!("\"format\": {FORMAT},")));
    }
}
