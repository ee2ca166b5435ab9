//! Small files of the kernel's, read with as few system calls as they take:
//! `std::fs::read_to_string` asks for the size first, which is 0 for each of them, and then begins
//! with 32 bytes.

use std::io::{self, Read as _};
use std::path::Path;

/// More than most of them hold, in bytes.
const USUAL: usize = 8 << 10;

/// The text of the file at `path`.
///
/// # Errors
/// What open(2) and read(2) say, and InvalidData when it is no UTF-8.
pub(crate) fn read(path: impl AsRef<Path>) -> io::Result<String> {
    let mut text = Vec::with_capacity(USUAL);
    // what is taken from a file has no size to ask for
    std::fs::File::open(path)?
        .take(u64::MAX)
        .read_to_end(&mut text)?;
    String::from_utf8(text).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Whether the file at `path` begins with one of `words`; one that cannot be read does not.
#[must_use]
pub(crate) fn begins_with(path: impl AsRef<Path>, words: &[&str]) -> bool {
    let mut start = [0; 32];
    let length = std::fs::File::open(path)
        .and_then(|mut file| file.read(&mut start))
        .unwrap_or(0);
    words
        .iter()
        .any(|word| start[..length].starts_with(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_standard_library_reads() {
        for path in [
            "/proc/self/mountinfo",
            "/proc/sys/kernel/random/boot_id",
            "/proc/cpuinfo",
            "/proc/self/cgroup",
        ] {
            let (ours, theirs) = (read(path).unwrap(), std::fs::read_to_string(path).unwrap());
            // frequencies change from one look to the next
            assert!(
                ours == theirs || ours.lines().count() == theirs.lines().count(),
                "{path}"
            );
        }
        assert_eq!(
            read("/proc/nothing").unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
    }
}
