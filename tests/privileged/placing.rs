//! Mounts of host files land inside the root, however a hostile root redirects the path to them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::fixture::Fixture;

/// Everything below a folder, with what files say and links point at.
fn contents(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let text = fs::read_link(&path).map_or_else(
            |_| fs::read_to_string(&path).unwrap_or_default(),
            |to| to.display().to_string(),
        );
        if path.is_dir() && !path.is_symlink() {
            found.extend(contents(&path));
        }
        found.push((path, text));
    }
    found.sort();
    found
}

/// Ways out of a root that a link may claim; `outside` is a folder of the host.
fn ways_out(outside: &str) -> Vec<(&'static str, Vec<(&'static str, String)>)> {
    vec![
        ("an absolute link", vec![("way", outside.to_owned())]),
        (
            "a climbing link",
            vec![("way", format!("../../../../../../../../..{outside}"))],
        ),
        (
            "a chain of links",
            vec![
                ("way", "a".into()),
                ("a", "b/../c".into()),
                ("b", "/".into()),
                ("c", format!("../..{outside}")),
            ],
        ),
        (
            "the magic link of a process's root",
            vec![("way", format!("/proc/self/root{outside}"))],
        ),
        (
            "that of process 1",
            vec![("way", format!("/proc/1/root{outside}"))],
        ),
        (
            "that of a working directory",
            vec![("way", "/proc/self/cwd".into())],
        ),
        ("a link to the root itself", vec![("way", "/".into())]),
        ("a link to the folder above", vec![("way", "..".into())]),
        ("a circle", vec![("way", "a".into()), ("a", "way".into())]),
    ]
}

#[test]
fn no_link_in_a_root_leads_a_mount_or_a_new_folder_out_of_it() {
    let fixture = Fixture::new();
    let outside = fixture.state().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("file"), "host\n").unwrap();
    fs::create_dir(outside.join("folder")).unwrap();
    let data = fixture.state().join("data");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("shown"), "shown\n").unwrap();
    let before = (
        contents(&outside),
        contents(&data),
        fs::read_dir("/").unwrap().count(),
    );
    let (folder, file) = (
        format!("{}:", data.display()),
        format!("{}:", data.join("shown").display()),
    );
    let mut number = 0;
    for (what, links) in ways_out(outside.to_str().unwrap()) {
        number += 1;
        let root = fixture.state().join(format!("root{number}"));
        fs::create_dir_all(root.join("bin")).unwrap();
        fs::copy("/bin/busybox", root.join("bin/sh")).unwrap();
        for (link, target) in &links {
            symlink(target, root.join(link)).unwrap();
        }
        for users in [
            &["--userns", "host"][..],
            &["--userns", "auto"],
            &["--pid", "host"],
        ] {
            for below in ["", "/folder", "/file", "/new", "/new/deeper"] {
                let target = format!("/way{below}");
                for (flag, value) in [
                    ("-v", format!("{folder}{target}")),
                    ("-v", format!("{file}{target}")),
                    ("--tmpfs", target.clone()),
                    ("--device", format!("/dev/zero:{target}")),
                ] {
                    let args = [
                        &["run", "--rm"],
                        users,
                        &["--root", root.to_str().unwrap(), flag, &value],
                    ]
                    .concat();
                    // it runs with the mount somewhere inside, or says why not; it never sees what
                    // is outside
                    let script = format!(
                        "read line < {}/file && echo $line; echo ran",
                        outside.display()
                    );
                    let outcome = fixture.minic(&[&args[..], &["sh", "-c", &script]].concat());
                    let told = format!("{what}: {args:?}: {outcome:?}");
                    assert!(!outcome.stdout.contains("host"), "{told}");
                    assert!(
                        outcome.stdout.ends_with("ran\n") || outcome.stderr.lines().count() == 1,
                        "{told}"
                    );
                    assert_eq!(
                        (
                            contents(&outside),
                            contents(&data),
                            fs::read_dir("/").unwrap().count()
                        ),
                        before,
                        "{told}"
                    );
                }
            }
        }
    }
}

#[test]
fn files_of_its_own_are_not_written_through_a_link_either() {
    let fixture = Fixture::new();
    let outside = fixture.state().join("outside");
    fs::create_dir(&outside).unwrap();
    for users in ["host", "auto"] {
        for (link, target) in [
            ("etc", outside.to_str().unwrap()),
            ("proc", "/"),
            ("dev", outside.to_str().unwrap()),
            ("sys", ".."),
        ] {
            let root = fixture.state().join(format!("{users}-{link}"));
            fs::create_dir_all(root.join("bin")).unwrap();
            fs::copy("/bin/busybox", root.join("bin/sh")).unwrap();
            symlink(target, root.join(link)).unwrap();
            let outcome = fixture.minic(&[
                "run",
                "--rm",
                "--userns",
                users,
                "--root",
                root.to_str().unwrap(),
                "sh",
                "-c",
                "echo ran",
            ]);
            assert!(
                outcome.stdout == "ran\n" || outcome.stderr.lines().count() == 1,
                "{link}: {outcome:?}"
            );
            assert_eq!(
                fs::read_dir(&outside).unwrap().count(),
                0,
                "{users} {link}: {outcome:?}"
            );
        }
    }
}

#[test]
fn a_path_that_climbs_is_refused_before_anything_is_made() {
    let fixture = Fixture::new();
    for users in ["host", "auto"] {
        for (flag, value) in [
            ("-v", "/tmp:/a/../../b"),
            ("-v", "/tmp:relative"),
            ("-v", "/tmp:/"),
            ("--tmpfs", "/.."),
            ("--tmpfs", "/./"),
            ("--device", "/dev/zero:/a/../b"),
            ("--device", "/dev/../dev/zero"),
        ] {
            let refused = fixture
                .minic(&["run", "--userns", users, flag, value, "true"])
                .refused(125);
            assert!(
                refused.contains("absolute path") || refused.contains("root itself"),
                "{value}: {refused}"
            );
        }
    }
    assert!(fixture.list().is_empty());
}

#[test]
fn a_mount_below_a_pseudo_file_system_is_reported_and_harmless() {
    let fixture = Fixture::new();
    for users in ["host", "auto"] {
        let outcome = fixture.minic(&[
            "run",
            "--rm",
            "--userns",
            users,
            "--tmpfs",
            "/proc/nosuch",
            "true",
        ]);
        assert_eq!(outcome.code, Some(125), "{outcome:?}");
        assert!(outcome.stderr.contains("/proc/nosuch"), "{outcome:?}");
    }
}
