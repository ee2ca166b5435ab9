//! Locks that are held, and locks whose file was removed.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::thread;

use super::Lock;

/// The path of a file, in a folder that is removed after the test.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("minic-lock-{}-{name}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    fn file(&self) -> PathBuf {
        self.0.join("lock")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Whether `take` returned only after `lock` was released.
fn is_waited_for(lock: Lock, take: impl FnOnce() -> Lock + Send) -> bool {
    let (says, told) = channel();
    thread::scope(|threads| {
        let waiting = threads.spawn(move || {
            says.send("asks").unwrap();
            let lock = take();
            says.send("has it").unwrap();
            drop(lock);
        });
        assert_eq!(told.recv().unwrap(), "asks");
        // long enough for one that does not wait to report
        let early = told.recv_timeout(std::time::Duration::from_millis(300));
        drop(lock);
        waiting.join().unwrap();
        early.is_err()
    })
}

#[test]
fn a_lock_is_waited_for() {
    let place = Place::new("waited");
    let take = |path: &Path| Lock::take(path).unwrap();
    let file = place.file();
    assert!(is_waited_for(take(&file), || take(&file)), "of a file");
    let held = Lock::folder(&place.0).unwrap();
    assert!(
        is_waited_for(held, || Lock::folder(&place.0).unwrap()),
        "of a folder"
    );
}

#[test]
fn trying_does_not_wait() {
    let place = Place::new("tried");
    let (file, folder) = (place.file(), &place.0);
    let held = (
        Lock::take(&file).unwrap(),
        Lock::try_folder(folder).unwrap(),
    );
    assert!(held.1.is_some());
    assert!(Lock::try_take(&file).unwrap().is_none());
    assert!(Lock::try_folder(folder).unwrap().is_none());
    drop(held);
    assert!(Lock::try_take(&file).unwrap().is_some());
}

/// destroy removes the file while others wait for it.
#[test]
fn a_lock_of_a_removed_file_guards_nothing() {
    let place = Place::new("removed");
    let file = &place.file();
    let held = Lock::take(file).unwrap();
    thread::scope(|threads| {
        let (says, told) = channel();
        let waiting = threads.spawn(move || {
            says.send(()).unwrap();
            Lock::take(file).unwrap()
        });
        told.recv().unwrap();
        // it has opened the old file, or will open the new one: both must work
        thread::sleep(std::time::Duration::from_millis(200));
        fs::remove_file(file).unwrap();
        drop(held);
        let lock = waiting.join().unwrap();
        assert!(
            Lock::try_take(file).unwrap().is_none(),
            "what it holds is the file that is there"
        );
        drop(lock);
    });
}
