//! Replacing a config file: its line endings, owner, mode and the links to it stay.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use nix::fcntl::{AT_FDCWD, OFlag, openat, renameat};
use nix::sys::stat::Mode;
use nix::unistd::{UnlinkatFlags, geteuid, unlinkat};

use super::document::Document;
use super::layer::Layer;
use super::{ConfigError, error};

/// The most links followed (as the kernel).
const MAX_LINKS: usize = 40;
const NOT_WRITTEN: &str = "cannot write it";

/// Replaces `file`, whose text is `old`, with `text` atomically, if `text` is a valid config. Where
/// `file` is a link, its target is replaced.
pub(super) fn replace(file: &Path, old: &str, text: &str) -> Result<(), ConfigError> {
    let shown = error::shown(file);
    Document::new(shown.clone(), text.to_owned()).parse::<Layer>()?;
    let failed =
        |error: io::Error| ConfigError::new(shown.clone(), &format!("{NOT_WRITTEN}: {error}"));
    let file = target(file).map_err(failed)?;
    write(&file, with_endings_of(old, text).as_bytes()).map_err(failed)
}

/// What `file` leads to. A link is followed if it belongs to us, to root, or to the owner of what
/// it leads to: nobody else decides what is written to.
fn target(file: &Path) -> io::Result<PathBuf> {
    let mut file = file.to_owned();
    for _ in 0..MAX_LINKS {
        let about = match fs::symlink_metadata(&file) {
            Ok(about) if about.is_symlink() => about,
            Ok(_) => return Ok(file),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(file),
            Err(error) => return Err(error),
        };
        let is_of_owner = || fs::metadata(&file).is_ok_and(|end| end.uid() == about.uid());
        if ![0, geteuid().as_raw()].contains(&about.uid()) && !is_of_owner() {
            return Err(io::Error::other(format!(
                "it is a link of user {} to a file of somebody else",
                about.uid()
            )));
        }
        let to = fs::read_link(&file)?;
        file = file.parent().unwrap_or(Path::new("/")).join(to);
    }
    Err(io::Error::from_raw_os_error(libc::ELOOP))
}

/// Writes a new file beside `file` and renames it, with the owner and mode of the old one.
fn write(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let before = match fs::symlink_metadata(file) {
        Ok(about) => Some(checked(about)?),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let name = file.file_name().ok_or(ErrorKind::InvalidInput)?;
    let folder = match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder)?;
    // everything from here on is relative to this folder, which cannot be exchanged for another
    let flags = OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let folder = File::from(openat(AT_FDCWD, folder, flags, Mode::empty())?);
    let mut new_name = name.to_owned();
    new_name.push(".new");
    // left behind if an earlier process was killed here
    let _ = unlinkat(&folder, new_name.as_os_str(), UnlinkatFlags::NoRemoveDir);
    let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_CLOEXEC;
    let mode = Mode::from_bits_truncate(if before.is_some() { 0o600 } else { 0o666 });
    let mut new = File::from(openat(&folder, new_name.as_os_str(), flags, mode)?);
    let written = new
        .write_all(bytes)
        .and_then(|()| before.map_or(Ok(()), |before| resemble(&new, &before)))
        .and_then(|()| new.sync_all())
        .and_then(|()| Ok(renameat(&folder, new_name.as_os_str(), &folder, name)?));
    if written.is_err() {
        let _ = unlinkat(&folder, new_name.as_os_str(), UnlinkatFlags::NoRemoveDir);
    }
    written
}

fn checked(about: Metadata) -> io::Result<Metadata> {
    if !about.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    // root may write to it all the same, but that is not what its owner wants
    if about.mode() & 0o200 == 0 {
        return Err(io::Error::other("it is read-only"));
    }
    Ok(about)
}

/// Gives `new` the owner, group and mode of `before`.
fn resemble(new: &File, before: &Metadata) -> io::Result<()> {
    let about = new.metadata()?;
    if (about.uid(), about.gid()) != (before.uid(), before.gid()) {
        fchown(new, Some(before.uid()), Some(before.gid()))?;
    }
    // after the owner, who takes the set-id bits away
    new.set_permissions(fs::Permissions::from_mode(before.mode() & 0o7777))
}

/// `text` with the line endings of `old`: each line that was there its own, any other the most
/// frequent; and with its byte order mark.
fn with_endings_of(old: &str, text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let carriages = old.matches("\r\n").count();
    let mark = match old.starts_with('\u{feff}') && !text.starts_with('\u{feff}') {
        true => "\u{feff}",
        false => "",
    };
    if carriages == 0 {
        return format!("{mark}{text}");
    }
    let usual = carriages * 2 > old.matches('\n').count();
    let endings: BTreeMap<&str, bool> = old
        .split_inclusive('\n')
        .filter_map(|line| line.strip_suffix('\n'))
        .map(|line| (line.trim_end_matches('\r'), line.ends_with('\r')))
        .collect();
    let mut whole = mark.to_owned();
    for line in text.split_inclusive('\n') {
        match line.strip_suffix('\n') {
            Some(line) => {
                whole.push_str(line);
                let has_carriage = *endings.get(line).unwrap_or(&usual);
                whole.push_str(if has_carriage { "\r\n" } else { "\n" });
            }
            None => whole.push_str(line),
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{chown, symlink};

    use super::*;

    fn folder(name: &str) -> PathBuf {
        let path =
            std::env::temp_dir().join(format!("minic-replace-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        path
    }

    #[test]
    fn a_link_stays_and_its_target_is_replaced() {
        let folder = folder("link");
        fs::create_dir(folder.join("kept")).unwrap();
        let (link, second) = (folder.join("config.toml"), folder.join("second.toml"));
        let end = folder.join("kept/real.toml");
        fs::write(&end, "tick = \"1s\"\n").unwrap();
        symlink("second.toml", &link).unwrap();
        symlink("kept/real.toml", &second).unwrap();
        replace(&link, "", "tick = \"2s\"\n").unwrap();
        assert_eq!(fs::read_to_string(&end).unwrap(), "tick = \"2s\"\n");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(fs::symlink_metadata(&second).unwrap().is_symlink());
        assert_eq!(fs::read_dir(folder.join("kept")).unwrap().count(), 1);
        // one that leads to nothing yet, and one that leads to itself
        fs::remove_file(&end).unwrap();
        replace(&link, "", "tick = \"3s\"\n").unwrap();
        assert_eq!(fs::read_to_string(&end).unwrap(), "tick = \"3s\"\n");
        let round = folder.join("round.toml");
        symlink("round.toml", &round).unwrap();
        assert!(replace(&round, "", "").is_err());
        let null = folder.join("null.toml");
        symlink("/dev/null", &null).unwrap();
        let error = replace(&null, "", "").unwrap_err().to_string();
        assert!(error.contains("not a regular file"), "{error}");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn owner_and_mode_stay_and_somebody_elses_link_is_not_followed() {
        let folder = folder("owner");
        let file = folder.join("config.toml");
        fs::write(&file, "").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        if geteuid().is_root() {
            chown(&file, Some(12_345), Some(12_346)).unwrap();
        }
        let before = fs::metadata(&file).unwrap();
        replace(&file, "", "tick = \"2s\"\n").unwrap();
        let after = fs::metadata(&file).unwrap();
        let what = |about: &Metadata| (about.uid(), about.gid(), about.mode());
        assert_eq!(what(&after), what(&before));
        assert_ne!(after.ino(), before.ino());
        fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).unwrap();
        let error = replace(&file, "", "").unwrap_err().to_string();
        assert!(error.contains("it is read-only"), "{error}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "tick = \"2s\"\n");
        if geteuid().is_root() {
            let (link, ours) = (folder.join("link.toml"), folder.join("ours.toml"));
            fs::write(&ours, "").unwrap();
            symlink(&ours, &link).unwrap();
            std::os::unix::fs::lchown(&link, Some(12_345), None).unwrap();
            let error = replace(&link, "", "tick = \"2s\"\n").unwrap_err();
            assert!(error.to_string().contains("link of user 12345"), "{error}");
            assert_eq!(fs::read_to_string(&ours).unwrap(), "");
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_hard_link_in_the_place_of_the_new_file_is_not_written_to() {
        let folder = folder("hard");
        let other = folder.join("other");
        fs::write(&other, "precious").unwrap();
        fs::hard_link(&other, folder.join("config.toml.new")).unwrap();
        replace(&folder.join("config.toml"), "", "tick = \"2s\"\n").unwrap();
        assert_eq!(fs::read_to_string(&other).unwrap(), "precious");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn lines_keep_their_endings() {
        for (old, text, wanted) in [
            ("a\r\nb\r\n", "a\nc\nb\n", "a\r\nc\r\nb\r\n"),
            ("a\nb\r\nc\n", "a\nb\nc\nd\n", "a\nb\r\nc\nd\n"),
            ("a\nb", "a\nb", "a\nb"),
            ("\u{feff}a\r\n", "a\nb", "\u{feff}a\r\nb"),
        ] {
            assert_eq!(with_endings_of(old, text), wanted);
        }
    }
}
