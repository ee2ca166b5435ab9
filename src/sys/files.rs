//! Opening untrusted paths: a FIFO could block for ever, a device may have no end, a link may lead
//! anywhere.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use nix::errno::Errno;

/// Never blocks on a FIFO (open(2), O_NONBLOCK), and never acquires a controlling terminal.
const SAFE_FLAGS: i32 = libc::O_NONBLOCK | libc::O_NOCTTY;

/// Opens a file of ours with `options` and the flags `more`; refuses links and anything but a
/// regular file.
///
/// # Errors
/// The error of open(2), ELOOP for a link, or the type of what is not a regular file.
pub(crate) fn open(path: &Path, options: &mut OpenOptions, more: i32) -> io::Result<File> {
    let file = options
        .custom_flags(SAFE_FLAGS | libc::O_NOFOLLOW | more)
        .open(path)
        .map_err(|error| explain_enxio(path, error))?;
    check(&file.metadata()?)?;
    Ok(file)
}

/// As [`open`], for reading.
///
/// # Errors
/// As [`open`].
pub(crate) fn open_to_read(path: &Path) -> io::Result<File> {
    open(path, OpenOptions::new().read(true), 0)
}

/// As [`open`], for appending; creates the file if needed (mode 0600).
///
/// # Errors
/// As [`open`].
pub(crate) fn open_to_append(path: &Path) -> io::Result<File> {
    open(
        path,
        OpenOptions::new().append(true).create(true).mode(0o600),
        0,
    )
}

/// Reads a whole file named by a user: a regular file of at most `max` bytes, links followed.
/// `/dev/null` counts as empty.
///
/// # Errors
/// As [`open`]; an error when it is too long.
pub(crate) fn read(path: &Path, max: u64) -> io::Result<Vec<u8>> {
    let mut options = OpenOptions::new();
    let file = options
        .read(true)
        .custom_flags(SAFE_FLAGS)
        .open(path)
        .map_err(|error| explain_enxio(path, error))?;
    let about = file.metadata()?;
    if is_null(&about) {
        return Ok(Vec::new());
    }
    check(&about)?;
    let mut bytes = Vec::new();
    // it may have grown
    file.take(max.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max {
        return Err(io::Error::other(format!("it has more than {max} bytes")));
    }
    Ok(bytes)
}

/// As [`read`], for text.
///
/// # Errors
/// As [`read`]; InvalidData when it is not UTF-8.
pub(crate) fn read_text(path: &Path, max: u64) -> io::Result<String> {
    let not_text = |_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8");
    String::from_utf8(read(path, max)?).map_err(not_text)
}

/// Names the file type for ENXIO, which open(2) returns for a socket, or a FIFO without a reader.
fn explain_enxio(path: &Path, error: io::Error) -> io::Error {
    match (
        error.raw_os_error().map(Errno::from_raw),
        std::fs::symlink_metadata(path),
    ) {
        (Some(Errno::ENXIO | Errno::EISDIR), Ok(about)) => check(&about).err().unwrap_or(error),
        _ => error,
    }
}

fn check(about: &Metadata) -> io::Result<()> {
    let kind = about.file_type();
    let what = match () {
        () if kind.is_file() => return Ok(()),
        () if kind.is_dir() => "a folder",
        () if kind.is_fifo() => "a FIFO",
        () if kind.is_socket() => "a socket",
        () => "a device",
    };
    Err(io::Error::other(format!("it is {what}, not a file")))
}

fn is_null(about: &Metadata) -> bool {
    about.file_type().is_char_device() && about.rdev() == libc::makedev(1, 3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::stat::Mode;

    #[test]
    fn only_regular_files_are_opened_and_nothing_blocks() {
        let folder = std::env::temp_dir().join(format!("minic-files-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let at = |name: &str| folder.join(name);
        std::fs::write(at("file"), "text").unwrap();
        std::fs::create_dir(at("folder")).unwrap();
        nix::unistd::mkfifo(&at("fifo"), Mode::S_IRWXU).unwrap();
        let _listener = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        std::os::unix::fs::symlink(at("file"), at("link")).unwrap();
        for (name, word) in [
            ("folder", "a folder"),
            ("fifo", "a FIFO"),
            ("socket", "a socket"),
        ] {
            for opened in [
                open_to_read(&at(name)),
                open_to_append(&at(name)),
                read(&at(name), 9).map(|_| unreachable!()),
            ] {
                let error = opened.unwrap_err().to_string();
                assert!(error.contains(word), "{name}: {error}");
            }
        }
        assert_eq!(
            open_to_read(&at("link")).unwrap_err().raw_os_error(),
            Some(libc::ELOOP)
        );
        assert_eq!(read_text(&at("link"), 4).unwrap(), "text");
        assert!(
            read(&at("file"), 3)
                .unwrap_err()
                .to_string()
                .contains("more than 3 bytes")
        );
        assert!(
            read(Path::new("/dev/zero"), 9)
                .unwrap_err()
                .to_string()
                .contains("a device")
        );
        assert_eq!(read(Path::new("/dev/null"), 9).unwrap(), b"");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
