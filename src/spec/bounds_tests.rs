//! The last value that is taken, and the first that is not.

use super::{IdRange, Storage};

#[test]
fn of_storage() {
    assert_eq!("64K".parse(), Ok(Storage::Disk(64 << 10)));
    assert_eq!("tmpfs:65536".parse(), Ok(Storage::Tmpfs(64 << 10)));
    assert!("65535".parse::<Storage>().is_err());
}

#[test]
fn of_a_range_of_ids() {
    let range = IdRange {
        first: 100_000,
        count: 65_536,
    };
    assert_eq!(range.map(), "0 100000 65536\n");
}
