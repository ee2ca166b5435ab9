//! Removing a container: folders of any depth, files that cannot be removed, several commands at
//! once.

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use nix::fcntl::{OFlag, open, openat};
use nix::sys::stat::{Mode, mkdirat};

use crate::command::{eventually, finish, not_tried};
use crate::fixture::{Fixture, image_root};

/// Folders inside each other, made by descriptor: no path is that long.
pub(crate) fn deep(top: &Path, levels: usize) {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let mut at: OwnedFd = open(top, flags, Mode::empty()).unwrap();
    for _ in 0..levels {
        mkdirat(&at, "d", Mode::S_IRWXU).unwrap();
        at = openat(&at, "d", flags, Mode::empty()).unwrap();
    }
}

fn left(fixture: &Fixture) -> Vec<PathBuf> {
    let listed = fs::read_dir(fixture.state().join("containers"))
        .unwrap()
        .flatten()
        .map(|entry| entry.path());
    listed
        .filter(|path| {
            path.file_name()
                .unwrap()
                .as_encoded_bytes()
                .starts_with(b".")
        })
        .collect()
}

/// A folder in memory: where deleting is slow, a test of tens of thousands of folders tries nothing
/// but the disk.
struct InMemory(PathBuf);

impl InMemory {
    fn new() -> Self {
        let place = PathBuf::from(format!("/dev/shm/minic-deep-{}", std::process::id()));
        fs::create_dir(&place).unwrap();
        fs::set_permissions(&place, fs::Permissions::from_mode(0o700)).unwrap();
        Self(place)
    }
}

impl Drop for InMemory {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

/// Removes what a failed test left before its fixture does, which is by recursion.
struct Emptied(PathBuf);

impl Drop for Emptied {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = Command::new("rm").arg("-rf").arg(&self.0).status();
        }
    }
}

#[test]
fn deep_folders_are_removed_with_few_descriptors() {
    let memory = InMemory::new();
    let fixture = Fixture::in_folder(&memory.0);
    let _first = Emptied(fixture.state().join("containers"));
    let image = image_root();
    let root = ["--root", image.to_str().unwrap(), "--overlay"];
    let upper = |id: &str| {
        fixture
            .state()
            .join("containers")
            .join(id.trim())
            .join("upper")
    };
    let id = fixture
        .minic(&[&["create", "--name", "deep"], &root[..], &["true"]].concat())
        .ok();
    deep(&upper(&id), 30_000);
    fs::create_dir(upper(&id).join("wide")).unwrap();
    (0..5_000).for_each(|n| fs::create_dir_all(upper(&id).join(format!("wide/{n}/x"))).unwrap());
    let line = format!(
        "ulimit -n 48; exec {} --state {} destroy deep",
        env!("CARGO_BIN_EXE_minic-tui"),
        fixture.state().display()
    );
    finish(Command::new("sh").arg("-c").arg(line), "").ok();
    assert_eq!(left(&fixture), Vec::<PathBuf>::new());

    // its supervisor removes it
    let container = fixture.detached("gone", &[&["--rm"], &root[..], &["sleep", "1000"]].concat());
    deep(&upper(&container.id()), 30_000);
    container.verb(&["kill"]).ok();
    eventually("it is gone", || fixture.list().is_empty());
    fixture.is_clean();

    // what a killed removal left
    let crashed = fixture.state().join("containers/.old-0123456789ab");
    fs::create_dir(&crashed).unwrap();
    deep(&crashed, 30_000);
    let told = fixture.minic(&["gc"]).ok();
    assert!(
        told.contains("removed half a removal") && !crashed.exists(),
        "{told}"
    );
}

/// A file that cannot be removed, until this is dropped (chattr(1), `+i`).
struct Immutable(PathBuf);

impl Immutable {
    fn new(path: &Path) -> Option<Self> {
        fs::write(path, "").unwrap();
        let set = Command::new("chattr")
            .arg("+i")
            .arg(path)
            .stderr(Stdio::null())
            .status();
        set.is_ok_and(|status| status.success())
            .then(|| Self(path.to_owned()))
    }
}

impl Drop for Immutable {
    fn drop(&mut self) {
        // it may have been moved up with its folder
        let _ = Command::new("chattr")
            .args(["-R", "-i"])
            .arg(&self.0)
            .status();
    }
}

#[test]
fn a_file_that_cannot_be_removed_is_reported_and_put_off() {
    let fixture = Fixture::new();
    let id = fixture
        .minic(&["create", "--name", "held", "true"])
        .ok()
        .trim()
        .to_owned();
    let folder = fixture.state().join("containers").join(&id);
    let Some(mut held) = Immutable::new(&folder.join("upper/file")) else {
        not_tried("this file system knows no immutable files");
        return;
    };
    let rest = folder.join("upper/rest");
    fs::create_dir_all(&rest).unwrap();
    let told = fixture.minic(&["destroy", "held"]).refused(125);
    assert!(
        told.contains("held is destroyed, but not all of its files could be removed")
            && told.contains("not permitted"),
        "{told}"
    );
    let trash = fixture.state().join(format!("containers/.old-{id}"));
    held.0.clone_from(&trash);
    assert!(
        trash.join("upper/file").exists() && !trash.join("upper/rest").exists(),
        "the rest is gone"
    );
    assert!(fixture.list().is_empty());
    assert!(
        fixture
            .minic(&["events", "--json"])
            .ok()
            .contains("not removed")
    );

    // other commands do not try again before its time
    let reminder = fixture.state().join(format!("run/.put-off-.old-{id}"));
    fs::File::options()
        .append(true)
        .open(&reminder)
        .unwrap()
        .set_modified(SystemTime::now() + Duration::from_secs(1000))
        .unwrap();
    let failures = fs::metadata(&reminder).unwrap().len();
    for _ in 0..3 {
        let _ = fs::remove_file(fixture.state().join("run/.swept"));
        fixture.minic(&["run", "--rm", "true"]).ok();
    }
    assert_eq!(fs::metadata(&reminder).unwrap().len(), failures);
    // gc does, and says why it stays
    let told = fixture.minic(&["gc"]).ok();
    assert!(
        told.contains("left alone half a removal") && told.contains("not permitted"),
        "{told}"
    );
    assert_eq!(fs::metadata(&reminder).unwrap().len(), failures + 1);
    drop(held);
    assert!(
        fixture
            .minic(&["gc"])
            .ok()
            .contains("removed half a removal")
    );
    assert!(!reminder.exists() && !trash.exists());
}

#[test]
fn a_destroy_that_comes_too_late_says_so() {
    let fixture = Fixture::new();
    for round in 0..8 {
        let name = format!("raced-{round}");
        fixture.detached(&name, &["sleep", "1000"]);
        let racers: Vec<Child> = (0..6)
            .map(|n| {
                let verb: &[&str] = if n % 3 == 0 {
                    &["stop", "-t", "0"]
                } else {
                    &["destroy", "-f"]
                };
                fixture
                    .command(&[verb, &[&name]].concat())
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped())
                    .spawn()
                    .unwrap()
            })
            .collect();
        for racer in racers {
            let output = racer.wait_with_output().unwrap();
            let told = String::from_utf8_lossy(&output.stderr);
            assert!(
                !told.contains(".json") && !told.contains("No such file"),
                "{told}"
            );
        }
    }
    fixture.is_clean();
}
