//! [`Remembered`]: what the screen remembers from one start to the next without being asked to. It
//! is state, not configuration: in a file of its own, which may be lost at any time.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, Metadata};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use nix::fcntl::{AT_FDCWD, OFlag, openat, renameat};
use nix::sys::stat::Mode;
use nix::unistd::{UnlinkatFlags, geteuid, unlinkat};
use serde::{Deserialize, Serialize};

use crate::sys::files;

const FOLDER: &str = "minic-tui";
const FILE: &str = "screen.toml";
const NEW_FILE: &str = "screen.toml.new";
/// The most bytes read: a hundred times what is written.
const MAX_SIZE: u64 = 16 << 10;
/// The most bytes of /etc/passwd read.
const MAX_PASSWD: u64 = 4 << 20;
/// The most characters of a pane's name.
const MAX_NAME: usize = 32;

/// What the screen remembers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Remembered {
    /// Whether the first-start hint was shown.
    pub hint_seen: bool,
    /// The height of the list, in percent of the list and the pane together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub divider: Option<u16>,
    /// The name of the pane that was shown last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pane: Option<String>,
    /// The name of the column that the list is sorted by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<String>,
    /// Whether it is sorted with the most first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub descending: Option<bool>,
}

/// The file, from the environment: below `XDG_STATE_HOME`, else below `HOME`. `None` if neither
/// is an absolute path. Those of somebody else, which sudo may have kept, are not written to: it is
/// then below the home that /etc/passwd has for this user.
#[must_use]
pub fn file(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let folder = |name: &str| {
        variable(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let below = |home: PathBuf| home.join(".local").join("state");
    let (state, home) = (folder("XDG_STATE_HOME"), folder("HOME"));
    if state.is_none() && home.is_none() {
        return None;
    }
    let of_environment = [state, home.map(below)].into_iter().flatten();
    let state = of_environment
        .into_iter()
        .find(|path| is_own(path))
        .or_else(|| own_home().map(below).filter(|path| is_own(path)))?;
    Some(state.join(FOLDER).join(FILE))
}

/// Whether `path`, or of its folders the last that exists, belongs to us or to root. Of a link,
/// both itself and its target.
fn is_own(path: &Path) -> bool {
    let is_ours = |about: &Metadata| [0, geteuid().as_raw()].contains(&about.uid());
    let last = path
        .ancestors()
        .find_map(|path| Some((path, fs::symlink_metadata(path).ok()?)));
    last.is_some_and(|(path, about)| {
        is_ours(&about) && fs::metadata(path).is_ok_and(|end| is_ours(&end))
    })
}

/// Our home in /etc/passwd; the libc of a static binary cannot ask for it.
fn own_home() -> Option<PathBuf> {
    let users = files::read_text(Path::new("/etc/passwd"), MAX_PASSWD).ok()?;
    home_of(geteuid().as_raw(), &users)
}

fn home_of(uid: u32, users: &str) -> Option<PathBuf> {
    let fields = users.lines().map(|line| line.split(':').collect());
    let home = fields.filter_map(|fields: Vec<&str>| match fields.as_slice() {
        [_, _, id, _, _, home, ..] if id.parse() == Ok(uid) => Some(PathBuf::from(home)),
        _ => None,
    });
    home.into_iter().find(|home| home.is_absolute())
}

impl Remembered {
    /// Reads `file`. Without one nothing is remembered yet.
    ///
    /// # Errors
    /// Why its content is ignored: it cannot be read, belongs to somebody else, or is not what
    /// [`Remembered::save`] writes.
    pub fn load(file: &Path) -> Result<Self, String> {
        let ignored = |reason: String| format!("{} is ignored: {reason}", file.display());
        let opened = match files::open_to_read(file) {
            Ok(opened) => opened,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(ignored(error.to_string())),
        };
        let text = read(&opened).map_err(|error| ignored(error.to_string()))?;
        let remembered: Self =
            toml::from_str(&text).map_err(|error| ignored(error.message().to_owned()))?;
        remembered.check().map_err(ignored)?;
        Ok(remembered)
    }

    fn check(&self) -> Result<(), String> {
        if let Some(percent) = self.divider.filter(|percent| *percent > 100) {
            return Err(format!("divider is {percent}: use 0 to 100"));
        }
        let is_name = |name: &str| {
            name.chars().count() <= MAX_NAME
                && name.chars().all(|c| c.is_ascii_lowercase() || c == '-')
        };
        if self.pane.as_deref().is_some_and(|name| !is_name(name)) {
            return Err("pane is not the name of a pane".into());
        }
        if self.sort.as_deref().is_some_and(|name| !is_name(name)) {
            return Err("sort is not the name of a column".into());
        }
        Ok(())
    }

    /// Writes `file`, mode 0600, replacing it by rename; creates its folder if needed. The folder
    /// must be the user's own: this process is root, and would write for whoever owns it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(&self, file: &Path) -> io::Result<()> {
        let text = toml::to_string(self).map_err(io::Error::other)?;
        let folder = file.parent().ok_or(ErrorKind::InvalidInput)?;
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        // everything from here on is relative to this folder, which cannot be exchanged for another
        let flags = OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let folder = File::from(openat(AT_FDCWD, folder, flags, Mode::empty())?);
        is_ours(&folder)?;
        // left behind if an earlier process was killed here
        let _ = unlinkat(&folder, NEW_FILE, UnlinkatFlags::NoRemoveDir);
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_CLOEXEC;
        let mode = Mode::S_IRUSR | Mode::S_IWUSR;
        let mut new = File::from(openat(&folder, NEW_FILE, flags, mode)?);
        let written = new.write_all(text.as_bytes());
        match written.and_then(|()| Ok(renameat(&folder, NEW_FILE, &folder, FILE)?)) {
            Ok(()) => Ok(()),
            Err(error) => {
                let _ = unlinkat(&folder, NEW_FILE, UnlinkatFlags::NoRemoveDir);
                Err(error)
            }
        }
    }
}

fn read(file: &File) -> io::Result<String> {
    is_ours(file)?;
    let mut text = String::new();
    file.take(MAX_SIZE + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_SIZE {
        return Err(io::Error::other(format!(
            "it has more than {MAX_SIZE} bytes"
        )));
    }
    Ok(text)
}

fn is_ours(file: &File) -> io::Result<()> {
    let owner = file.metadata()?.uid();
    if owner == geteuid().as_raw() {
        return Ok(());
    }
    Err(io::Error::other(format!("it belongs to user {owner}")))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn folder(name: &str) -> PathBuf {
        let path =
            std::env::temp_dir().join(format!("minic-remembered-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        path
    }

    fn something() -> Remembered {
        Remembered {
            hint_seen: true,
            divider: Some(40),
            pane: Some("logs".into()),
            sort: Some("cpu".into()),
            descending: Some(false),
        }
    }

    #[test]
    fn what_is_saved_is_loaded_and_only_the_user_can_read_it() {
        let home = folder("saved");
        let file = file(|name| (name == "HOME").then(|| home.clone().into_os_string())).unwrap();
        assert_eq!(file, home.join(".local/state/minic-tui/screen.toml"));
        assert_eq!(Remembered::load(&file), Ok(Remembered::default()));
        for remembered in [something(), Remembered::default(), something()] {
            remembered.save(&file).unwrap();
            assert_eq!(Remembered::load(&file), Ok(remembered));
        }
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&file), 0o600);
        assert_eq!(mode(file.parent().unwrap()), 0o700);
        let left = fs::read_dir(file.parent().unwrap()).unwrap().count();
        assert_eq!(left, 1, "nothing beside it");
        fs::remove_dir_all(home).unwrap();
    }

    #[test]
    fn the_place_comes_from_the_environment_or_there_is_none() {
        let of = |state: &str, home: &str| {
            file(|name| {
                let value = if name == "HOME" { home } else { state };
                Some(value.into())
            })
        };
        let place = |text: &str| Some(PathBuf::from(text));
        assert_eq!(of("/s", "/h"), place("/s/minic-tui/screen.toml"));
        // the specification: a path that is not absolute is ignored
        assert_eq!(
            of("s", "/h"),
            place("/h/.local/state/minic-tui/screen.toml")
        );
        assert_eq!(of("", ""), None);
        assert_eq!(file(|_| None), None);
    }

    #[test]
    fn nothing_is_remembered_in_the_home_of_somebody_else() {
        if !geteuid().is_root() {
            return;
        }
        let folder = folder("home");
        let (theirs, ours) = (folder.join("theirs"), folder.join("ours"));
        fs::create_dir(&theirs).unwrap();
        fs::create_dir(&ours).unwrap();
        std::os::unix::fs::chown(&theirs, Some(12_345), None).unwrap();
        let of = |state: Option<&Path>, home: &Path| {
            file(|name| match name {
                "HOME" => Some(home.into()),
                _ => state.map(Into::into),
            })
        };
        let below = |state: &Path| Some(state.join("minic-tui/screen.toml"));
        let own = own_home().expect("root has a home").join(".local/state");
        assert_eq!(of(None, &theirs), below(&own));
        let state = theirs.join(".local/state");
        assert_eq!(of(Some(&state), &theirs), below(&own));
        assert_eq!(of(Some(&state), &ours), below(&ours.join(".local/state")));
        // a link: of ours to ours, of ours to theirs, of theirs to ours
        let links = ["good", "away", "made"].map(|name| folder.join(name));
        for (link, to) in links.iter().zip([&ours, &theirs, &ours]) {
            symlink(to, link).unwrap();
        }
        std::os::unix::fs::lchown(&links[2], Some(12_345), None).unwrap();
        assert_eq!(of(Some(&links[0]), &theirs), below(&links[0]));
        assert_eq!(of(Some(&links[1]), &theirs), below(&own));
        assert_eq!(of(Some(&links[2]), &theirs), below(&own));
        let file = of(Some(&links[0]), &theirs).unwrap();
        something().save(&file).unwrap();
        assert!(ours.join("minic-tui/screen.toml").exists());
        assert_eq!(fs::read_dir(&theirs).unwrap().count(), 0);
        fs::remove_dir_all(folder).unwrap();
        let users = "root:x:0:0:root:/root:/bin/sh\n+\nann:x:7:7::/home/ann:\n";
        assert_eq!(home_of(7, users), Some("/home/ann".into()));
        assert_eq!(home_of(8, users), None);
    }

    #[test]
    fn other_content_is_ignored_with_the_reason() {
        let folder = folder("hostile");
        let file = folder.join(FILE);
        for (content, reason) in [
            (&b"hint_seen = 3"[..], "expected a boolean"),
            (b"divider = 101", "use 0 to 100"),
            (b"divider = -1", "invalid value"),
            (b"pane = \"\\u001b[2J\"", "not the name of a pane"),
            (b"sort = \"CPU \"", "not the name of a column"),
            (b"descending = 1", "expected a boolean"),
            (b"\xff\xfe\x00", "valid UTF-8"),
            (b"[[[", ""),
            (&[b'#'; 20_000], "more than 16384 bytes"),
        ] {
            fs::write(&file, content).unwrap();
            let error = Remembered::load(&file).unwrap_err();
            assert!(error.contains(reason), "{error}");
            assert!(error.contains("screen.toml is ignored"), "{error}");
        }
        // what a later version writes is read as far as it is known
        fs::write(&file, "hint_seen = true\nlater = [1]\n").unwrap();
        assert!(Remembered::load(&file).unwrap().hint_seen);
        fs::remove_file(&file).unwrap();
        nix::unistd::mkfifo(&file, Mode::S_IRWXU).unwrap();
        assert!(Remembered::load(&file).unwrap_err().contains("a FIFO"));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn no_link_is_followed() {
        let folder = folder("links");
        let (elsewhere, place) = (folder.join("elsewhere"), folder.join("minic-tui"));
        fs::create_dir(&elsewhere).unwrap();
        fs::write(elsewhere.join(FILE), "hint_seen = true").unwrap();
        symlink(&elsewhere, &place).unwrap();
        assert!(something().save(&place.join(FILE)).is_err());
        assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 1);
        fs::remove_file(&place).unwrap();
        fs::create_dir(&place).unwrap();
        for name in [FILE, NEW_FILE] {
            symlink(elsewhere.join(FILE), place.join(name)).unwrap();
        }
        assert!(Remembered::load(&place.join(FILE)).is_err());
        something().save(&place.join(FILE)).unwrap();
        let target = fs::read_to_string(elsewhere.join(FILE)).unwrap();
        assert_eq!(target, "hint_seen = true", "the links were replaced");
        assert_eq!(Remembered::load(&place.join(FILE)), Ok(something()));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_belongs_to_somebody_else_is_left_alone() {
        if !geteuid().is_root() {
            return;
        }
        let folder = folder("owner");
        let file = folder.join(FILE);
        something().save(&file).unwrap();
        std::os::unix::fs::chown(&file, Some(12_345), None).unwrap();
        assert!(
            Remembered::load(&file)
                .unwrap_err()
                .contains("belongs to user 12345")
        );
        std::os::unix::fs::chown(&folder, Some(12_345), None).unwrap();
        let error = something().save(&file).unwrap_err().to_string();
        assert!(error.contains("belongs to user 12345"), "{error}");
        fs::remove_dir_all(folder).unwrap();
    }
}
