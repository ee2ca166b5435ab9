//! The user ids given to a container: no two containers share one, and none is reused while a
//! record needs it.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

use crate::fixture::{Container, Fixture};
use crate::userns::{detached, first_id, folder, owner, run};

#[test]
fn no_two_containers_have_an_id_in_common_and_a_range_comes_free_again() {
    let fixture = Fixture::new();
    let (one, two) = (
        detached(&fixture, "one", &[]),
        detached(&fixture, "two", &[]),
    );
    let (first, second) = (first_id(&fixture, &one), first_id(&fixture, &two));
    assert!(first.abs_diff(second) >= 65_536, "{first} {second}");
    // what one leaves in a folder of everybody's, the other cannot touch
    let shared = folder(&fixture, "shared");
    fs::set_permissions(&shared, fs::Permissions::from_mode(0o1777)).unwrap();
    let volume = format!("{}:/shared:noidmap", shared.display());
    run(
        &fixture,
        &["-v", &volume],
        "umask 077; echo mine > /shared/of-third",
    )
    .ok();
    let third = fs::metadata(shared.join("of-third")).unwrap().uid();
    assert!(
        [first, second]
            .iter()
            .all(|other| third.abs_diff(*other) >= 65_536),
        "{third} {first} {second}"
    );
    chown(shared.join("of-third"), Some(first), Some(first)).unwrap();
    assert_eq!(
        run(
            &fixture,
            &["-v", &volume],
            "cat /shared/of-third || echo not mine"
        )
        .ok(),
        "not mine\n"
    );
    // where there are two ranges, a stopped one keeps its own, and a destroyed one leaves it to the
    // next
    let settings = fixture.state().join("settings.toml");
    fs::write(&settings, "[userns]\nfirst = 700000\nranges = 2\n").unwrap();
    let create = |name: &str| {
        fixture.minic(&[
            "--config",
            settings.to_str().unwrap(),
            "create",
            "--name",
            name,
            "true",
        ])
    };
    let ids = |name: &str| fixture.json(&["info", name])[0]["ids"]["first"].as_u64();
    create("three").ok();
    create("four").ok();
    assert_eq!(
        BTreeSet::from([ids("three"), ids("four")]),
        [Some(700_000), Some(765_536)].into()
    );
    let third = ids("three");
    assert!(create("five").refused(125).contains("userns.ranges"));
    fixture.container("three").verb(&["destroy"]).ok();
    create("five").ok();
    assert_eq!(ids("five"), third);
}

#[test]
fn a_user_beyond_its_ids_is_refused_and_so_is_one_container_too_many() {
    let fixture = Fixture::new();
    let refused = fixture
        .minic(&["run", "--userns", "auto", "--user", "65536", "true"])
        .refused(125);
    assert!(
        refused.contains("user: ") && refused.contains("0 to 65535"),
        "{refused}"
    );
    let settings = fixture.state().join("settings.toml");
    fs::write(
        &settings,
        "[userns]\nfirst = 700000\nsize = 1000\nranges = 1\n",
    )
    .unwrap();
    let config = ["--config", settings.to_str().unwrap()];
    let args = [
        &config[..],
        &[
            "run", "-d", "--name", "one", "--userns", "auto", "sleep", "1000",
        ],
    ]
    .concat();
    fixture.minic(&args).ok();
    let pid = fixture.json(&["info", "one"])[0]["pid"].as_i64().unwrap();
    assert_eq!(owner(i32::try_from(pid).unwrap()), (700_000, 700_000));
    let exec = fixture
        .minic(&["exec", "--user", "1000", "one", "true"])
        .refused(125);
    assert!(exec.contains("0 to 999"), "{exec}");
    let refused = fixture.minic(&[&config[..], &["create", "--userns", "auto", "true"]].concat());
    assert_eq!(
        (refused.code, fixture.list().len()),
        (Some(125), 1),
        "{refused:?}"
    );
    assert!(refused.stderr.contains("userns.ranges"), "{refused:?}");
    fs::write(&settings, "[userns]\nranges = 0\n").unwrap();
    assert!(
        fixture
            .minic(&[&config[..], &["list"]].concat())
            .stderr
            .contains("userns")
    );
}

/// A record that cannot be read keeps its ids, and nobody else from getting some.
#[test]
fn an_unreadable_record_keeps_its_ids() {
    let fixture = Fixture::new();
    let first_of = |container: &Container<'_>| {
        let map = fs::read_to_string(format!("/proc/{}/uid_map", container.pid())).unwrap();
        map.split_whitespace()
            .nth(1)
            .unwrap()
            .parse::<u64>()
            .unwrap()
    };
    let one = detached(&fixture, "one", &[]);
    let (first, id) = (first_of(&one), one.id());
    let folder = fixture.state().join("containers").join(&id);
    fs::write(folder.join("spec.json"), "{").unwrap();
    let other = detached(&fixture, "other", &[]);
    assert!(
        first_of(&other).abs_diff(first) >= 65_536,
        "{} and {first}",
        first_of(&other)
    );
    // and what neither tells is said, where the index of ids is made anew, as after a boot
    fs::remove_dir_all(folder.join("upper")).unwrap();
    let index = fs::read_dir(fixture.state())
        .unwrap()
        .flatten()
        .find(|e| e.file_name().to_str().unwrap().starts_with(".ids-"))
        .unwrap();
    fs::remove_dir_all(index.path()).unwrap();
    let refused = fixture
        .minic(&["run", "-d", "--userns", "auto", "sleep", "1000"])
        .refused(125);
    assert!(
        refused.contains("spec.json") && refused.contains("destroy that container"),
        "{refused}"
    );
    fixture.minic(&["destroy", "-f", &id]).ok();
    other.verb(&["destroy", "-f"]).ok();
}

/// What is brought back from the trash must not find its ids given to another.
#[test]
fn what_lies_in_the_trash_keeps_its_ids() {
    let fixture = Fixture::new();
    let create = || {
        fixture
            .minic(&["create", "--userns", "auto", "sleep", "1000"])
            .ok()
            .trim()
            .to_owned()
    };
    let folder = |id: &str| fixture.state().join("containers").join(id);
    let ids = |folder: &Path| {
        let spec: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(folder.join("spec.json")).unwrap()).unwrap();
        spec["ids"]["first"].as_u64().unwrap()
    };
    let one = create();
    let now = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .unwrap()
        .as_secs();
    let trashed = fixture.state().join("trash").join(format!("{now}-{one}"));
    fs::create_dir_all(trashed.parent().unwrap()).unwrap();
    fs::rename(folder(&one), &trashed).unwrap();
    let other = create();
    assert_ne!(ids(&trashed), ids(&folder(&other)));
    fixture.minic(&["destroy", &other]).ok();
    fixture.minic(&["prune", "-f"]).ok();
}
