//! Limits of ranges: the last value accepted, and the first one refused.

use super::{IdRange, Storage};

#[test]
fn storage_bounds() {
    assert_eq!("64K".parse(), Ok(Storage::Disk(64 << 10)));
    assert_eq!("tmpfs:64K".parse(), Ok(Storage::Tmpfs(64 << 10)));
    assert!("65535b".parse::<Storage>().is_err());
}

#[test]
fn id_range_bounds() {
    let range = IdRange {
        first: 100_000,
        count: 65_536,
    };
    assert_eq!(range.map(), "0 100000 65536\n");
}
