//! Whose rights and whose folders it works with: a set-user-ID copy, a state folder of somebody
//! else, a hostile environment.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use crate::binary::{Folder, command, finish, minic};

const NOBODY: u32 = 65534;

/// The line with which a state folder is refused.
#[track_caller]
fn refused(state: &Path) -> String {
    minic(&["--state", state.to_str().unwrap(), "list"]).refused(125)
}

#[test]
fn a_set_user_id_copy_refuses_to_work() {
    let folder = Folder::new();
    let copy = folder.path().join("minic-tui");
    assert!(
        Command::new("cp")
            .arg(env!("CARGO_BIN_EXE_minic-tui"))
            .arg(&copy)
            .status()
            .unwrap()
            .success()
    );
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    for mode in [0o4755, 0o2755] {
        fs::set_permissions(&copy, Permissions::from_mode(mode)).unwrap();
        for args in [&["list"][..], &["--version"], &[]] {
            let mut hostile = Command::new(&copy);
            hostile
                .args(args)
                .env_clear()
                .env("MINIC_CONFIG", "/etc/shadow")
                .env("MINIC_ROOT", "/tmp")
                .uid(NOBODY)
                .gid(NOBODY);
            let line = finish(&mut hostile).refused(125);
            assert!(
                line.contains("set-user-ID") && line.contains("sudo"),
                "{mode:o}: {line}"
            );
        }
    }
}

#[test]
fn a_state_folder_of_somebody_else_is_refused() {
    let folder = Folder::new();
    let state = folder.path().join("state");
    fs::create_dir(&state).unwrap();
    chown(&state, Some(NOBODY), None).unwrap();
    let line = refused(&state);
    assert!(
        line.contains("belongs to another user (65534)") && line.contains(state.to_str().unwrap()),
        "{line}"
    );
    chown(&state, Some(0), None).unwrap();
    for mode in [0o777, 0o770] {
        fs::set_permissions(&state, Permissions::from_mode(mode)).unwrap();
        assert!(
            refused(&state).contains("other users can write to it"),
            "{mode:o}"
        );
    }
    fs::set_permissions(&state, Permissions::from_mode(0o700)).unwrap();
    assert_eq!(
        minic(&["--state", state.to_str().unwrap(), "list", "-q"]).ok(),
        ""
    );

    let link = folder.path().join("link");
    symlink(&state, &link).unwrap();
    nix::unistd::fchownat(
        nix::fcntl::AT_FDCWD,
        &link,
        Some(NOBODY.into()),
        None,
        nix::fcntl::AtFlags::AT_SYMLINK_NOFOLLOW,
    )
    .unwrap();
    assert!(
        refused(&link).contains("belongs to another user (65534)"),
        "a link of somebody else"
    );
}

#[test]
fn a_state_folder_that_others_could_exchange_is_refused() {
    let folder = Folder::new();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
    let line = refused(&folder.path().join("state"));
    assert!(line.contains("any user could replace"), "{line}");
    // as /tmp is
    fs::set_permissions(folder.path(), Permissions::from_mode(0o1777)).unwrap();
    let state = folder.path().join("state");
    assert_eq!(
        minic(&["--state", state.to_str().unwrap(), "list", "-q"]).ok(),
        ""
    );
    assert_eq!(
        fs::metadata(&state).unwrap().permissions().mode() & 0o7777,
        0o700
    );
}

/// Whose the folder above is may exchange what is in it at any time, also later.
#[test]
fn a_state_folder_below_somebody_elses_is_refused() {
    let folder = Folder::new();
    let theirs = folder.path().join("theirs");
    fs::create_dir(&theirs).unwrap();
    let state = theirs.join("state");
    assert_eq!(
        minic(&["--state", state.to_str().unwrap(), "list", "-q"]).ok(),
        ""
    );
    for mode in [0o755, 0o1777] {
        fs::set_permissions(&theirs, Permissions::from_mode(mode)).unwrap();
        chown(&theirs, Some(NOBODY), None).unwrap();
        assert!(refused(&state).contains("user 65534"), "{mode:o}");
        chown(&theirs, Some(0), None).unwrap();
    }
    // also where a link of ours leads there
    let link = folder.path().join("link");
    symlink(&state, &link).unwrap();
    chown(&theirs, Some(NOBODY), None).unwrap();
    assert!(refused(&link).contains("user 65534"));
    chown(&theirs, Some(0), Some(NOBODY)).unwrap();
    fs::set_permissions(&theirs, Permissions::from_mode(0o775)).unwrap();
    assert!(refused(&state).contains("group 65534"));
}

#[test]
fn a_hostile_environment_changes_nothing() {
    let folder = Folder::new();
    let bin = folder.path().join("bin");
    fs::create_dir(&bin).unwrap();
    let marker = folder.path().join("ran");
    for name in [
        "sh", "mount", "umount", "ip", "ldd", "cp", "tar", "modprobe", "unshare",
    ] {
        let program = bin.join(name);
        fs::write(&program, format!("#!/bin/bash\n: > {}\n", marker.display())).unwrap();
        fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    }
    let mut hostile = command(&[
        "--state",
        folder.path().join("state").to_str().unwrap(),
        "list",
    ]);
    hostile
        .env("PATH", &bin)
        .env("HOME", "/nonexistent\x1b[2J")
        .env("TERM", "\x1b]0;x\x07")
        .env("LANG", "../../etc/passwd");
    assert!(
        finish(&mut hostile)
            .ok()
            .chars()
            .all(|c| c == '\n' || !c.is_control())
    );
    assert!(!marker.exists(), "it ran a program of the caller's PATH");
}
