//! A log whose files are being moved on: one number is free for a moment.

use std::fs;
use std::path::PathBuf;

use super::{files, numbered};

/// A log in a folder that is gone when the test is over, with a file of each of `numbers`.
struct Log(PathBuf);

impl Log {
    fn new(name: &str, numbers: &[u32]) -> Self {
        let folder = std::env::temp_dir().join(format!("minic-gap-{}-{name}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        let path = folder.join("log");
        for number in numbers {
            let file = match number {
                0 => path.clone(),
                _ => numbered(&path, *number),
            };
            fs::write(file, number.to_string()).unwrap();
        }
        Self(path)
    }

    /// Which are found, the newest first.
    fn found(&self) -> Vec<String> {
        let files = files(&self.0).unwrap().into_iter();
        files
            .map(|file| std::io::read_to_string(file).unwrap())
            .collect()
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(self.0.parent().unwrap());
    }
}

#[test]
fn one_free_number_is_no_end_and_two_are() {
    assert_eq!(Log::new("whole", &[0, 1, 2]).found(), ["0", "1", "2"]);
    assert_eq!(Log::new("moved", &[1, 2, 4]).found(), ["1", "2", "4"]);
    assert_eq!(Log::new("ended", &[0, 3]).found(), ["0"]);
}
