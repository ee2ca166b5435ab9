//! Replacing a record: the order of syncs, and atomicity.

use std::cell::RefCell;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{read, write, write_first};

thread_local! {
    static SYNCED: RefCell<Vec<(PathBuf, Option<Value>)>> = const { RefCell::new(Vec::new()) };
}

/// Records that `path` is synced now, with the contents of the record at that time.
pub(super) fn note(path: &Path) {
    let folder = if path.is_dir() {
        path
    } else {
        path.parent().unwrap()
    };
    let there = read(&folder.join("r.json")).ok();
    SYNCED.with_borrow_mut(|all| all.push((path.to_owned(), there)));
}

fn synced() -> Vec<(PathBuf, Option<Value>)> {
    SYNCED.take()
}

/// A folder that is removed after the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("minic-replace-{}-{name}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_file_is_synced_before_the_rename_and_the_folder_after() {
    let folder = Folder::new("order");
    let (old, new) = (json!({"format": 1, "a": 1}), json!({"format": 1, "a": 2}));
    write_first(&folder.0, "r.json", &json!({"a": 1}), true).unwrap();
    let first = synced();
    assert_eq!(first.len(), 1, "{first:?}");
    assert_eq!(first[0].0, folder.0.join("r.json"));
    write(&folder.0, "r.json", &json!({"a": 2}), true).unwrap();
    assert_eq!(
        synced(),
        [
            (folder.0.join(".r.json.new"), Some(old)),
            (folder.0.clone(), Some(new))
        ]
    );
    write(&folder.0, "r.json", &json!({"a": 3}), false).unwrap();
    assert_eq!(synced(), [], "one that need not be durable is not synced");
}

#[test]
fn an_open_old_file_is_unchanged() {
    let folder = Folder::new("open");
    let path = folder.0.join("r.json");
    write(&folder.0, "r.json", &json!({"a": "old"}), true).unwrap();
    let mut opened = fs::File::open(&path).unwrap();
    write(&folder.0, "r.json", &json!({"a": "new"}), true).unwrap();
    let mut text = String::new();
    opened.read_to_string(&mut text).unwrap();
    assert!(text.contains("old"), "{text}");
    assert!(fs::read_to_string(&path).unwrap().contains("new"));
    let names: Vec<_> = fs::read_dir(&folder.0).unwrap().collect();
    assert_eq!(names.len(), 1, "nothing else is left: {names:?}");
}

/// Also one that is too long for the fast path.
#[test]
fn only_known_formats_are_read() {
    let folder = Folder::new("format");
    let path = folder.0.join("r.json");
    let written = |text: &str| {
        fs::write(&path, text).unwrap();
        read::<Value>(&path).map_err(|error| error.to_string())
    };
    assert_eq!(
        written("{\"a\": 1}").unwrap()["a"],
        1,
        "from before there was a number"
    );
    assert_eq!(written("{\"format\": 1, \"a\": 2}").unwrap()["a"], 2);
    let newer = written("{\"format\": 2, \"a\": 3}").unwrap_err();
    assert!(newer.contains("newer minic-tui"), "{newer}");
    let long = "x".repeat(100_000);
    write(&folder.0, "r.json", &json!({ "a": long }), false).unwrap();
    assert_eq!(read::<Value>(&path).unwrap()["a"], long);
}
