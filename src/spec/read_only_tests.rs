//! Which read-only mounts a container, or one beside it, could make writable again.

use super::*;
use crate::spec::{Preset, preview};

/// A container with users of its own, with `volume`, that may mount or not.
fn container(volume: Option<&str>, mounts: bool) -> ContainerSpec {
    let request = Preset {
        command: Some(vec!["sh".into()]),
        volumes: volume.map(str::to_owned).into_iter().collect(),
        cap_add: mounts.then(|| "SYS_ADMIN".to_owned()).into_iter().collect(),
        ..Preset::default()
    };
    let mut spec = preview(ContainerId::from_random([1; 6]), None, &request).unwrap();
    spec.userns = Userns::Auto;
    spec
}

/// One with `/srv` as its root, which is an overlay or read-only.
fn rooted(overlay: bool, read_only: bool) -> ContainerSpec {
    let mut spec = container(None, true);
    (spec.root, spec.overlay, spec.read_only) = (Some("/srv".into()), overlay, read_only);
    spec
}

fn of_host(mut spec: ContainerSpec) -> ContainerSpec {
    spec.userns = Userns::Host;
    spec
}

const SHIFTED: Option<&str> = Some("/a:/b:ro");

#[test]
fn who_may_mount_gets_nothing_read_only_whose_owners_are_shifted() {
    let refused = |spec: ContainerSpec| spec.check_read_only().map_err(|error| error.field);
    assert_eq!(refused(container(SHIFTED, true)), Err("volume"));
    assert_eq!(refused(rooted(false, true)), Err("read-only"));
    for allowed in [
        container(SHIFTED, false),
        container(None, true),
        container(Some("/a:/b"), true),
        container(Some("/a:/b:ro,noidmap"), true),
        rooted(true, true),
        rooted(false, false),
        of_host(container(SHIFTED, true)),
        of_host(rooted(false, true)),
        ContainerSpec {
            read_only: true,
            ..container(None, true)
        },
    ] {
        assert_eq!(refused(allowed.clone()), Ok(()), "{allowed:?}");
    }
}

#[test]
fn nor_does_who_shares_processes_with_it() {
    let refused = |new: &ContainerSpec, old: &ContainerSpec| {
        new.check_read_only_beside(old).map_err(|error| error.field)
    };
    let [plain, mounts] = [false, true].map(|mounts| container(None, mounts));
    let shifted = container(SHIFTED, false);
    assert_eq!(refused(&mounts, &shifted), Err("cap-add"));
    assert_eq!(refused(&shifted, &mounts), Err("pid"));
    for (new, old) in [
        (&plain, &shifted),
        (&shifted, &plain),
        (&shifted, &shifted),
        (&mounts, &mounts),
        (&mounts, &of_host(shifted.clone())),
        (&shifted, &of_host(mounts.clone())),
    ] {
        assert_eq!(refused(new, old), Ok(()), "{new:?} {old:?}");
    }
    let error = mounts.check_read_only_beside(&shifted).unwrap_err();
    assert!(error.reason.contains("the volume /a:/b:ro"), "{error}");
    let error = mounts.check_read_only_beside(&rooted(false, true));
    assert!(error.unwrap_err().reason.contains("the root folder"));
}
