//! The files of a record: written so that a crash leaves the old one or the new one, read with
//! suspicion.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use nix::fcntl::OFlag;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::sys::{fault, files};

/// The form in which records are written. A newer minic-tui that changes it in a way that this one
/// would misunderstand writes a higher number.
const FORMAT: u32 = 1;
/// More than most records have, in bytes.
const USUAL: usize = 16 << 10;
/// How what [`write`] writes begins, so that it need not be parsed twice to know its format.
const HEAD: &str = "{\n  \"format\": 1,\n";
/// No record of ours comes near: a spec holds an environment and a command line, which the kernel
/// bounds (execve(2)).
const LARGEST: u64 = 16 << 20;

#[derive(Serialize)]
struct Written<'a, T> {
    format: u32,
    #[serde(flatten)]
    body: &'a T,
}

#[derive(Deserialize)]
struct Head {
    /// Records from before there was a number are of the first format.
    #[serde(default = "first_format")]
    format: u32,
}

fn first_format() -> u32 {
    1
}

/// Reads a record's file: a regular file of a sensible size, in a format that we know.
///
/// # Errors
/// When it is not there (`NotFound`), or is anything else than what [`write`] writes.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, StoreError> {
    // a FIFO would hold us for ever, a link could lead anywhere
    let flags = (OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits();
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open(path)
        .map_err(StoreError::of("read", path))?;
    // most are small, and what they hold says that they are files of ours: one read then
    let mut start = [0; USUAL];
    if let Ok(length @ 1..USUAL) = file.read_at(&mut start, 0)
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
    if about.len() > LARGEST {
        return wrong(&format!(
            "it has {} bytes, more than any record of ours",
            about.len()
        ));
    }
    let mut text = Vec::new();
    file.take(LARGEST)
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

/// Writes a file into a folder that is not in the list yet: what a crash leaves of it is never
/// read. `durable` false leaves the sync out.
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

/// Replaces a record's file: temp file, fsync, rename, fsync of the folder. `durable` false leaves
/// the syncs out.
///
/// # Errors
/// When it cannot be written; the old one is as it was then.
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
        // half of it is worth nothing, and its space may be what is wanted
        let _ = fs::remove_file(&temp);
    })?;
    if durable { sync_folder(folder) } else { Ok(()) }
}

/// Writes over the file that is there, within its length: what can still be done on a full disk.
/// Not safe against a power cut in the middle.
///
/// # Errors
/// When there is no such file, the new text is longer than what a full disk has room for, or it
/// cannot be written.
pub(super) fn overwrite<T: Serialize>(
    folder: &Path,
    name: &str,
    value: &T,
) -> Result<(), StoreError> {
    let path = folder.join(name);
    let mut text = encode(&path, value)?;
    let written = files::open(&path, OpenOptions::new().write(true), 0).and_then(|file| {
        // white space at the end of JSON says nothing, and one write is never seen half done by a
        // reader of one page
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

/// fsync(2) of a folder: what was renamed in it stays so.
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

/// fsync(2) of the file or folder at `path`. Tests look at the order.
fn sync(file: &File, path: &Path) -> io::Result<()> {
    #[cfg(test)]
    replace_tests::note(path);
    #[cfg(not(test))]
    let _ = path;
    file.sync_all()
}

/// Whether it failed because nothing can be written now: a full disk, or one that is read-only.
#[must_use]
pub(super) fn has_no_room(error: &StoreError) -> bool {
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
    fn what_is_written_begins_as_the_quick_way_wants_it() {
        let text = encode(Path::new("x"), &serde_json::json!({ "a": 1 })).unwrap();
        assert!(
            text.starts_with(HEAD.as_bytes()),
            "{}",
            String::from_utf8_lossy(&text)
        );
        assert!(HEAD.contains(&format!("\"format\": {FORMAT},")));
    }
}
