//! Reading small kernel files with few system calls: `std::fs::read_to_string` asks for the size
//! first, which is 0 for these, and then starts with 32 bytes.

use std::io::{self, Read as _};
use std::path::Path;

/// Initial capacity in bytes, enough for most of them.
const INITIAL_CAPACITY: usize = 8 << 10;

/// The text of the file at `path`.
///
/// # Errors
/// The errors of open(2) and read(2), and InvalidData when it is not UTF-8.
pub(crate) fn read(path: impl AsRef<Path>) -> io::Result<String> {
    let mut text = Vec::with_capacity(INITIAL_CAPACITY);
    // `take` avoids the query of the size
    std::fs::File::open(path)?
        .take(u64::MAX)
        .read_to_end(&mut text)?;
    String::from_utf8(text).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Whether the file at `path` begins with one of `words`; `false` when it cannot be read.
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
            // frequencies change between reads
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
