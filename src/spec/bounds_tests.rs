//! Limits of ranges: the last value accepted, and the first one refused; the range of a container.

use super::{ContainerId, IdRange, Preset, Storage, preview};

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

#[test]
fn only_with_ids_of_its_own_are_the_users_of_another_joined() {
    let request = Preset {
        command: Some(vec!["sh".into()]),
        ..Preset::default()
    };
    let mut spec = preview(ContainerId::from_random([1; 6]), None, &request).unwrap();
    let other = ContainerId::from_random([2; 6]);
    let others = format!("container:{other}");
    let ids = Some(IdRange {
        first: 100_000,
        count: 65_536,
    });
    for (pid, ids, joined) in [
        ("own", None, None),
        ("own", ids, None),
        ("host", None, None),
        (&others, None, None),
        (&others, ids, Some(other.to_string())),
    ] {
        (spec.pid, spec.ids) = (pid.parse().unwrap(), ids);
        assert_eq!(
            spec.joined_users().map(ToString::to_string),
            joined,
            "{pid} {ids:?}"
        );
    }
}
