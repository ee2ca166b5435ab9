//! A volume stays what it was when its container was created: a user who may write above it cannot
//! redirect it to other files of the host.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::command::eventually;
use crate::fixture::{Container, Fixture};

/// A folder of the host with folders in it.
fn folder(fixture: &Fixture, name: &str, inner: &[&str]) -> PathBuf {
    let folder = fixture.state().join(name);
    fs::create_dir(&folder).unwrap();
    inner
        .iter()
        .for_each(|name| fs::create_dir(folder.join(name)).unwrap());
    folder
}

fn at(source: &Path, place: &str) -> String {
    format!("{}:{place}", source.display())
}

/// A folder of the host's that no container was given.
fn hosts(fixture: &Fixture) -> PathBuf {
    let hosts = folder(fixture, "hosts", &[]);
    fs::write(hosts.join("secret"), "secret\n").unwrap();
    hosts
}

/// Why it is not running, as its record says.
#[track_caller]
fn cause(container: &Container<'_>) -> String {
    container.info()["cause"].to_string()
}

fn spec_file(fixture: &Fixture, container: &Container<'_>) -> PathBuf {
    fixture
        .state()
        .join("containers")
        .join(container.id())
        .join("spec.json")
}

#[track_caller]
fn names_both(error: &str, source: &Path, now: &str) {
    for word in [
        source.to_str().unwrap(),
        now,
        "when the container was created",
    ] {
        assert!(error.contains(word), "{word}: {error}");
    }
}

#[test]
fn a_container_cannot_exchange_its_own_volume_for_a_link() {
    let fixture = Fixture::new();
    let (v, hosts) = (folder(&fixture, "v", &["a"]), hosts(&fixture));
    // it is root's there, as the host's root: it plants the link and ends, and looks what it has
    // got when it is started again
    let script = format!(
        "cat /a/secret >> /v/seen; [ -L /v/a ] && exec sleep 1000; mv /v/a /v/b; ln -s {} /v/a; exit 1",
        hosts.display()
    );
    for users in ["host", "auto"] {
        let (own, inner) = (at(&v, "/v"), at(&v.join("a"), "/a"));
        let args = [
            "--restart",
            "always",
            "--userns",
            users,
            "-v",
            &own,
            "-v",
            &inner,
            "sh",
            "-c",
            &script,
        ];
        let one = fixture.detached(users, &args);
        eventually("it was not started again", || {
            cause(&one).contains("when the container was created")
                || v.join("seen").metadata().unwrap().len() > 0
        });
        assert_eq!(
            fs::read_to_string(v.join("seen")).unwrap(),
            "",
            "{users}: the host was seen"
        );
        names_both(&cause(&one), &v.join("a"), hosts.to_str().unwrap());
        let refused = one.verb(&["restart"]);
        assert_ne!(refused.code, Some(0), "{refused:?}");
        one.verb(&["destroy", "-f"]).ok();
        fs::remove_file(v.join("a")).unwrap();
        fs::rename(v.join("b"), v.join("a")).unwrap();
    }
}

#[test]
fn another_container_cannot_exchange_a_volume_either() {
    let fixture = Fixture::new();
    let (v, hosts) = (
        folder(&fixture, "v", &["a", "a/deep", "other"]),
        hosts(&fixture),
    );
    fs::create_dir(hosts.join("deep")).unwrap();
    fs::write(hosts.join("deep/secret"), "secret\n").unwrap();
    let planter = fixture.detached("planter", &["-v", &at(&v, "/v"), "sleep", "1000"]);
    let victim = fixture.detached(
        "victim",
        &["-v", &at(&v.join("a/deep"), "/a"), "sleep", "1000"],
    );
    let stop = || victim.verb(&["stop", "-t", "0"]).ok();
    let deep = v.join("a/deep");
    let hidden = || assert!(!victim.exec("cat /a/secret").stdout.contains("secret"));
    for (plant, undo, now) in [
        (
            format!("mv /v/a/deep /v/kept; ln -s {} /v/a/deep", hosts.display()),
            "rm /v/a/deep; mv /v/kept /v/a/deep",
            hosts.to_str().unwrap(),
        ),
        (
            format!("mv /v/a /v/kept; ln -s {} /v/a", hosts.display()),
            "rm /v/a; mv /v/kept /v/a",
            "a/deep",
        ),
        (
            "mv /v/a/deep /v/kept; ln -s ../other /v/a/deep".into(),
            "rm /v/a/deep; mv /v/kept /v/a/deep",
            "../other",
        ),
        (
            "mv /v/a/deep /v/kept; mv /v/other /v/a/deep".into(),
            "mv /v/a/deep /v/other; mv /v/kept /v/a/deep",
            "inode",
        ),
        (
            "mv /v/a/deep /v/kept; echo x > /v/a/deep".into(),
            "rm /v/a/deep; mv /v/kept /v/a/deep",
            "file",
        ),
        (
            "mv /v/a/deep /v/kept".into(),
            "mv /v/kept /v/a/deep",
            "not there",
        ),
    ] {
        stop();
        planter.exec(&plant).ok();
        let refused = victim.verb(&["start"]);
        assert_eq!(
            (refused.code, refused.stderr.lines().count()),
            (Some(125), 1),
            "{plant}: {refused:?}"
        );
        names_both(&refused.stderr, &deep, now);
        names_both(&cause(&victim), &deep, now);
        planter.exec(undo).ok();
        victim.verb(&["start"]).ok();
        hidden();
    }
}

#[test]
fn no_link_in_a_folder_that_a_container_may_write_is_followed_at_creation() {
    let fixture = Fixture::new();
    let (v, hosts) = (folder(&fixture, "v", &["real"]), hosts(&fixture));
    symlink(&hosts, v.join("a")).unwrap();
    // the user's own links are his affair, as long as no container may write them
    let (outer, read_only) = (fixture.state().join("link"), at(&v, "/v:ro"));
    symlink(v.join("a"), &outer).unwrap();
    let see = |volumes: &[&str]| {
        let flags: Vec<&str> = volumes.iter().flat_map(|volume| ["-v", volume]).collect();
        fixture.minic(&[&["run", "--rm"], &flags[..], &["cat", "/a/secret"]].concat())
    };
    let (inner, far) = (at(&v.join("a"), "/a:ro"), at(&outer, "/a:ro"));
    for volume in [&inner, &far] {
        assert_eq!(see(&[volume]).ok(), "secret\n");
        assert_eq!(see(&[&read_only, volume]).ok(), "secret\n");
        let refused = see(&[&at(&v, "/v"), volume]).refused(125);
        assert!(
            refused.contains(v.to_str().unwrap()) && refused.contains("symbolic link"),
            "{refused}"
        );
    }
    // a stopped container that may write it has written it before, perhaps
    let planter = fixture
        .minic(&["create", "-v", &at(&v, "/v"), "true"])
        .ok()
        .trim()
        .to_owned();
    for volume in [&inner, &far, &at(&v.join("a/../v/a"), "/a")] {
        let refused = see(&[volume]).refused(125);
        assert!(refused.contains("link"), "{refused}");
    }
    assert_eq!(
        see(&[&at(&v.join("real"), "/a")]).code,
        Some(1),
        "a folder is no link"
    );
    // nor is one that a container left which is gone
    fixture.minic(&["destroy", &planter]).ok();
    for volume in [&inner, &far] {
        let refused = see(&[volume]).refused(125);
        assert!(
            refused.contains("a container that had") && refused.contains("symbolic link"),
            "{refused}"
        );
    }
    let left = folder(&fixture, "left", &["cache"]);
    let plant = format!("rmdir /left/cache; ln -s {} /left/cache", hosts.display());
    fixture
        .minic(&["run", "--rm", "-v", &at(&left, "/left"), "sh", "-c", &plant])
        .ok();
    let refused = see(&[&at(&left.join("cache"), "/a")]).refused(125);
    assert!(refused.contains("a container that had"), "{refused}");
    // nor is one in a container's own layer
    fixture.minic(&["create", "--name", "layer", "true"]).ok();
    let upper = fixture
        .state()
        .join("containers")
        .join(fixture.container("layer").id())
        .join("upper");
    symlink(&hosts, upper.join("a")).unwrap();
    assert!(
        see(&[&at(&upper.join("a"), "/a")])
            .refused(125)
            .contains("container layer")
    );
    // the same for a root, and a source that is not there is said at once
    fixture
        .minic(&["create", "--name", "planter", "-v", &at(&v, "/v"), "true"])
        .ok();
    let root = v.join("a");
    let refused = fixture
        .minic(&["run", "--rm", "--root", root.to_str().unwrap(), "true"])
        .refused(125);
    assert!(refused.contains("link"), "{refused}");
    let refused = fixture
        .minic(&["create", "-v", &at(&v.join("missing"), "/a"), "true"])
        .refused(125);
    assert!(refused.contains("missing"), "{refused}");
}

#[test]
fn a_root_that_was_exchanged_is_refused() {
    let fixture = Fixture::new();
    let v = folder(&fixture, "v", &["root", "root/bin", "other", "other/bin"]);
    for root in ["root", "other"] {
        fs::copy("/bin/busybox", v.join(root).join("bin/sh")).unwrap();
        fs::write(v.join(root).join("which"), format!("{root}\n")).unwrap();
    }
    let root = v.join("root");
    for (users, overlay) in [
        ("host", false),
        ("host", true),
        ("auto", false),
        ("auto", true),
    ] {
        let how = [
            &[
                "create",
                "--userns",
                users,
                "--root",
                root.to_str().unwrap(),
            ][..],
            if overlay { &["--overlay"] } else { &[] },
        ]
        .concat();
        let id = fixture
            .minic(&[&how[..], &["sh", "-c", "read line < /which; echo $line"]].concat())
            .ok()
            .trim()
            .to_owned();
        assert_eq!(
            fixture.minic(&["start", "-a", &id]).ok(),
            "root\n",
            "{how:?}"
        );
        fs::rename(&root, v.join("kept")).unwrap();
        symlink("other", &root).unwrap();
        let refused = fixture.minic(&["start", "-a", &id]).refused(125);
        names_both(&refused, &root, "other");
        fs::remove_file(&root).unwrap();
        fs::rename(v.join("kept"), &root).unwrap();
        fixture.minic(&["destroy", &id]).ok();
    }
}

/// Changes a container's spec where its first volume is recorded.
fn change(file: &Path, how: impl FnOnce(&mut Value)) {
    let mut spec: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    how(&mut spec["volumes"][0]);
    fs::write(file, serde_json::to_vec(&spec).unwrap()).unwrap();
}

#[test]
fn an_older_record_is_completed_at_its_next_start_and_another_boot_has_other_devices() {
    let fixture = Fixture::new();
    let v = folder(&fixture, "v", &["a", "other"]);
    let one = fixture.detached("one", &["-v", &at(&v.join("a"), "/a"), "sleep", "1000"]);
    let file = spec_file(&fixture, &one);
    let found = |file: &Path| {
        serde_json::from_slice::<Value>(&fs::read(file).unwrap()).unwrap()["volumes"][0]["found"]
            .clone()
    };
    let whole = found(&file);
    assert_eq!(
        whole["inode"].as_u64(),
        Some(fs::metadata(v.join("a")).unwrap().ino()),
        "{whole}"
    );
    one.verb(&["stop", "-t", "0"]).ok();
    change(&file, |volume| {
        drop(volume.as_object_mut().unwrap().remove("found"))
    });
    one.verb(&["start"]).ok();
    assert_eq!(found(&file), whole);
    one.verb(&["stop", "-t", "0"]).ok();
    // a device may have another number after a reboot, and only then
    change(&file, |volume| volume["found"]["device"] = 1.into());
    assert!(one.verb(&["start"]).refused(125).contains("device"));
    change(&file, |volume| volume["found"]["boot"] = "another".into());
    one.verb(&["start"]).ok();
    one.verb(&["stop", "-t", "0"]).ok();
    change(&file, |volume| volume["found"]["inode"] = 1.into());
    assert!(one.verb(&["start"]).refused(125).contains("inode"));
}
