//! Owners of the files that a container with user ids of its own sees: of the image, of a root
//! folder, of a volume.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::Command;

use crate::fixture::Fixture;
use crate::userns::{detached, first_id, folder, run, small_root};

#[test]
fn with_the_hosts_owners_a_volumes_file_of_roots_cannot_be_written() {
    let fixture = Fixture::new();
    let data = folder(&fixture, "data");
    fs::write(data.join("public"), "host\n").unwrap();
    fs::write(data.join("secret"), "secret\n").unwrap();
    fs::set_permissions(data.join("secret"), fs::Permissions::from_mode(0o600)).unwrap();
    let open_to_all = folder(&fixture, "open");
    fs::set_permissions(&open_to_all, fs::Permissions::from_mode(0o777)).unwrap();
    let (volume, open) = (
        format!("{}:/data:noidmap", data.display()),
        format!("{}:/open:noidmap", open_to_all.display()),
    );
    let script = "id -u; cat /data/public; cat /data/secret || echo hidden; echo x > /data/public || echo refused; \
                  touch /data/new || echo refused; rm -f /data/public || echo refused; chown 0 /data/public || echo refused; \
                  chmod 777 /data/secret || echo refused; touch /open/mine && echo made";
    let seen = run(&fixture, &["-v", &volume, "-v", &open], script).ok();
    assert_eq!(
        seen,
        "0\nhost\nhidden\nrefused\nrefused\nrefused\nrefused\nrefused\nmade\n"
    );
    assert_eq!(fs::read_to_string(data.join("public")).unwrap(), "host\n");
    assert_eq!(fs::read_dir(&data).unwrap().count(), 2);
    let made = fs::metadata(open_to_all.join("mine")).unwrap();
    assert!(
        made.uid() > 100_000 && made.gid() > 100_000,
        "it belongs to nobody of the host: {}",
        made.uid()
    );
    // the same with the host's users: this is what --userns auto takes away
    let host = [
        "run",
        "--rm",
        "--userns",
        "host",
        "-v",
        &volume,
        "sh",
        "-c",
        "echo x > /data/public",
    ];
    fixture.minic(&host).ok();
    assert_eq!(fs::read_to_string(data.join("public")).unwrap(), "x\n");
}

#[test]
fn the_image_is_not_copied_and_writes_are_owned_by_its_users() {
    let fixture = Fixture::new();
    let one = detached(&fixture, "one", &[]);
    assert_eq!(
        one.exec("stat -c %u:%g /usr/bin/env /etc/passwd / /root /etc/hosts")
            .ok(),
        "0:0\n".repeat(5)
    );
    one.exec("echo x >> /etc/passwd; mkdir /made; echo y > /made/file; chown 1000:1001 /made/file; rm /usr/bin/env").ok();
    let first = first_id(&fixture, &one);
    let upper = fixture
        .state()
        .join("containers")
        .join(one.id())
        .join("upper");
    let owner = |path: &str| {
        fs::symlink_metadata(upper.join(path))
            .map(|data| (data.uid() - first, data.gid() - first))
            .unwrap()
    };
    assert_eq!(["", "etc/passwd", "made"].map(owner), [(0, 0); 3]);
    assert_eq!(owner("made/file"), (1000, 1001));
    let mut written: BTreeSet<String> = BTreeSet::new();
    let found = Command::new("find")
        .arg(&upper)
        .args(["-mindepth", "1", "-printf", "%P\n"])
        .output()
        .unwrap();
    written.extend(
        String::from_utf8(found.stdout)
            .unwrap()
            .lines()
            .map(str::to_owned),
    );
    for expected in [
        "etc",
        "etc/passwd",
        "made",
        "made/file",
        "usr",
        "usr/bin",
        "usr/bin/env",
    ] {
        assert!(written.remove(expected), "{expected}");
    }
    assert!(
        written
            .iter()
            .all(|path| ["dev", "proc", "sys"].contains(&path.as_str())),
        "nothing else was copied: {written:?}"
    );
    one.verb(&["restart", "-t", "0"]).ok();
    assert_eq!(
        one.exec(
            "tail -n 1 /etc/passwd; stat -c %u:%g /made/file; test -e /usr/bin/env || echo gone"
        )
        .ok(),
        "x\n1000:1001\ngone\n"
    );
}

#[test]
fn any_folder_can_be_the_root_with_or_without_a_layer() {
    let fixture = Fixture::new();
    let root = small_root(&fixture);
    let path = root.to_str().unwrap();
    let owners = "busybox stat -c %u /bin /bin/busybox; echo x > /written && busybox stat -c %u /written /etc/hosts; busybox cat /etc/hostname";
    let expected = "0\n0\n0\n0\nbox\n";
    assert_eq!(
        run(
            &fixture,
            &["--root", path, "--overlay", "--hostname", "box"],
            owners
        )
        .ok(),
        expected
    );
    assert!(
        !root.join("written").exists(),
        "it went to the container's layer"
    );
    assert_eq!(
        run(&fixture, &["--root", path, "--hostname", "box"], owners).ok(),
        expected
    );
    // the folder is the container's own root: what its root writes is root's
    assert_eq!(fs::metadata(root.join("written")).unwrap().uid(), 0);
    assert_ne!(
        run(
            &fixture,
            &["--root", path, "--read-only"],
            "echo x > /again"
        )
        .code,
        Some(0)
    );
    assert_ne!(
        run(
            &fixture,
            &["--root", path, "--overlay", "--read-only"],
            "echo x > /again"
        )
        .code,
        Some(0)
    );
    assert!(!root.join("again").exists());
}

#[test]
fn a_folder_that_only_root_may_search_can_be_shown() {
    let fixture = Fixture::new();
    let (hidden, inner) = (
        folder(&fixture, "hidden"),
        fixture.state().join("hidden/inner"),
    );
    fs::create_dir(&inner).unwrap();
    fs::write(inner.join("file"), "shown\n").unwrap();
    fs::set_permissions(&hidden, fs::Permissions::from_mode(0o700)).unwrap();
    let volume = format!("{}:/shown:ro", inner.display());
    assert_eq!(
        run(
            &fixture,
            &["-v", &volume],
            "cat /shown/file; echo x > /shown/file || echo refused"
        )
        .ok(),
        "shown\nrefused\n"
    );
    let refused = run(&fixture, &["-v", "/no/such/folder:/x"], "true").refused(125);
    assert!(refused.contains("/no/such/folder"), "{refused}");
}
