//! The host's files: attempts of a container to read or write them, through volumes, its root and
//! its state.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::attempts::{USERS, compiled, folder, tried};
use crate::command::finish;
use crate::fixture::Fixture;

/// A container that shares processes and users can enter the other's mounts, and mount there.
#[test]
fn a_read_only_volume_is_not_mounted_writable_by_who_shares_its_processes() {
    let fixture = Fixture::new();
    let data = folder(&fixture, "data");
    let volume = format!("{}:/v:ro", data.display());
    let run = |args: &[&str]| fixture.minic(&[&["run", "--rm"][..], args, &["true"]].concat());
    fixture.detached("reader", &["-v", &volume, "sleep", "2771"]);
    fixture.detached("mounter", &["--cap-add", "SYS_ADMIN", "sleep", "2772"]);
    fixture.detached("beside", &["--pid", "container:mounter", "sleep", "2773"]);
    let refused = run(&["--pid", "container:reader", "--cap-add", "SYS_ADMIN"]).refused(125);
    assert!(
        refused.contains("cap-add: ") && refused.contains("of reader"),
        "{refused}"
    );
    // also by way of a third
    for other in ["mounter", "beside"] {
        let join = format!("container:{other}");
        let refused = run(&["--pid", &join, "-v", &volume]).refused(125);
        assert!(
            refused.contains("pid: mounter has SYS_ADMIN"),
            "{other}: {refused}"
        );
    }
    assert_eq!(fixture.list().len(), 3, "nothing half-made stays");
    let not_shifted = format!("{volume},noidmap");
    assert_eq!(
        run(&["--pid", "container:mounter", "-v", &not_shifted]).code,
        Some(0)
    );
    assert_eq!(run(&["--pid", "container:reader"]).code, Some(0));
    // and what a record says at a later start, such as one that came back from the trash
    let args = [
        "create",
        "--pid",
        "container:mounter",
        "-v",
        &not_shifted,
        "true",
    ];
    let id = fixture.minic(&args).ok().trim().to_owned();
    let file = fixture
        .state()
        .join("containers")
        .join(&id)
        .join("spec.json");
    let mut spec: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(spec["volumes"][0]["no_idmap"].take(), true);
    spec["volumes"][0]["no_idmap"] = false.into();
    fs::write(&file, spec.to_string()).unwrap();
    let refused = fixture.minic(&["start", &id]).refused(125);
    assert!(refused.contains("mounter has SYS_ADMIN"), "{refused}");
}

/// A read-only mount is refused to a container that could mount it writable again.
#[test]
fn a_read_only_volume_is_not_mounted_writable_again() {
    let fixture = Fixture::new();
    let data = folder(&fixture, "data");
    fs::write(data.join("file"), "host\n").unwrap();
    let path = data.display().to_string();
    let remount = "mount -o remount,bind,rw /v; echo x > /v/file; mount -o remount,bind,rw /; echo x > /file; true";
    // without CAP_SYS_ADMIN it cannot be remounted
    for users in USERS {
        tried(
            &fixture,
            &["--userns", users, "-v", &format!("{path}:/v:ro")],
            remount,
        );
        assert_eq!(
            fs::read_to_string(data.join("file")).unwrap(),
            "host\n",
            "{users}"
        );
    }
    let mounter = [
        "run",
        "--rm",
        "--cap-add",
        "SYS_ADMIN",
        "--seccomp",
        "unconfined",
    ];
    let refused = fixture
        .minic(&[&mounter[..], &["-v", &format!("{path}:/v:ro"), "true"]].concat())
        .refused(125);
    assert!(
        refused.contains("volume: ") && refused.contains("SYS_ADMIN"),
        "{refused}"
    );
    let refused = fixture
        .minic(&[&mounter[..], &["--root", &path, "--read-only", "true"]].concat())
        .refused(125);
    assert!(
        refused.contains("read-only: ") && refused.contains("--overlay"),
        "{refused}"
    );
    // with the host's owners it is nobody's who remounts it
    let said = tried(
        &fixture,
        &[
            "--cap-add",
            "SYS_ADMIN",
            "--seccomp",
            "unconfined",
            "-v",
            &format!("{path}:/v:ro,noidmap"),
        ],
        remount,
    );
    assert_eq!(
        fs::read_to_string(data.join("file")).unwrap(),
        "host\n",
        "{said}"
    );
}

/// open_by_handle_at(2), as the "shocker" of 2014: a handle of the host's root by way of a volume.
#[test]
fn no_file_handle_leads_out_of_a_volume() {
    let fixture = Fixture::new();
    let data = folder(&fixture, "data");
    let source = r#"
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <sys/stat.h>
int main(int c, char **v) {
    struct file_handle *h = calloc(1, sizeof *h + 128), *n; int id;
    h->handle_bytes = 128;
    int dir = open("/v", O_RDONLY);
    if (name_to_handle_at(AT_FDCWD, "/v", h, &id, 0)) { printf("no handle\n"); return 0; }
    int self = open_by_handle_at(dir, h, O_RDONLY);
    printf("self %d\n", self >= 0);
    for (unsigned ino = 1; ino < 4096; ino++) {
        struct file_handle *g = calloc(1, sizeof *g + 128);
        g->handle_bytes = 8; g->handle_type = 1;
        memcpy(g->f_handle, &ino, 4);
        int fd = open_by_handle_at(dir, g, O_RDONLY);
        if (fd >= 0) { printf("REACHED inode %u\n", ino); return 0; }
        free(g);
    }
    printf("nothing\n");
}
"#;
    let program = compiled(&fixture, source);
    let volumes = [
        format!("{}:/v", data.display()),
        format!("{}:/attack:ro,noidmap", program.display()),
    ];
    for args in [
        &["--userns", "auto"][..],
        &[
            "--userns",
            "auto",
            "--cap-add",
            "DAC_READ_SEARCH",
            "--cap-add",
            "SYS_ADMIN",
            "--seccomp",
            "unconfined",
        ],
        &["--userns", "host"],
    ] {
        let args = [args, &["-v", &volumes[0], "-v", &volumes[1]]].concat();
        let outcome = fixture.minic(&[&["run", "--rm"], &args[..], &["/attack"]].concat());
        assert!(
            outcome.code == Some(0) && !outcome.stdout.contains("REACHED"),
            "{args:?} {outcome:?}"
        );
    }
}

/// A container whose root is a volume of the state folder's owner sees neither another container's
/// files nor the records.
#[test]
fn the_state_folder_stays_roots_alone() {
    let fixture = Fixture::new();
    let one = fixture.detached(
        "one",
        &[
            "sh",
            "-c",
            "echo secret > /secret; chmod 666 /secret; chmod 777 /; sleep 1000",
        ],
    );
    one.exec("chmod -R 777 /tmp; mkdir -p -m 777 /open; cp /bin/sh /open/sh; chmod 6777 /open/sh")
        .ok();
    let upper = fixture
        .state()
        .join("containers")
        .join(one.id())
        .join("upper");
    // somebody else on the host
    let somebody = |script: String| {
        let mut command = Command::new("setpriv");
        command.args([
            "--reuid",
            "65534",
            "--regid",
            "65534",
            "--clear-groups",
            "sh",
            "-c",
            &script,
        ]);
        finish(&mut command, "")
    };
    for script in [
        format!("cat {}/secret", upper.display()),
        format!("{}/open/sh -p -c id", upper.display()),
        format!("ls {}", fixture.state().join("containers").display()),
        format!("cat /proc/{}/root/secret", one.pid()),
    ] {
        let outcome = somebody(script.clone());
        assert!(
            outcome.code != Some(0) && outcome.stdout.is_empty(),
            "{script}: {outcome:?}"
        );
    }
    assert_eq!(
        fs::metadata(&upper).unwrap().permissions().mode() & 0o777,
        0o777,
        "the container tried"
    );
    assert_ne!(fs::metadata(&upper).unwrap().uid(), 0);
}

/// What a container writes into its own files that commands of the host's side read: names, limits
/// of lines, links.
#[test]
fn links_among_the_containers_files_are_not_followed_by_the_host() {
    let fixture = Fixture::new();
    let one = fixture.detached("one", &["sleep", "1000"]);
    let secret = fixture.state().join("hosts-secret");
    fs::write(&secret, "hosts-secret\n").unwrap();
    let path = secret.display();
    one.exec(&format!(
        "for f in /etc/passwd /etc/group /etc/hosts /etc/hostname /etc/resolv.conf /etc/mtab /etc/ld.so.preload; do rm -f $f; ln -s {path} $f; done; \
         rm -rf /root; ln -s {path} /root; true"
    ))
    .ok();
    for args in [
        &["exec", "one", "true"][..],
        &["exec", "--user", "7", "one", "true"],
        &["info", "one"],
        &["logs", "one"],
        &["restart", "-t", "0", "one"],
        &["info", "one"],
    ] {
        let outcome = fixture.minic(args);
        assert!(
            !outcome.stdout.contains("hosts-secret\n")
                && !outcome.stderr.contains("hosts-secret\n"),
            "{args:?} {outcome:?}"
        );
    }
    assert_eq!(fs::read_to_string(&secret).unwrap(), "hosts-secret\n");
    assert_eq!(one.state(), "RUNNING");
}

/// youki CVE-2025-54867, CVE-2025-62596: the root's `/proc` and `/dev` are links, or not what they
/// should be.
#[test]
fn a_root_whose_proc_and_dev_are_links_is_not_followed() {
    let fixture = Fixture::new();
    let target = folder(&fixture, "target");
    for (lie, users) in ["dev", "proc", "sys", "etc", "dev/shm", "dev/pts"]
        .into_iter()
        .flat_map(|lie| USERS.map(|users| (lie, users)))
    {
        let root = fixture
            .state()
            .join(format!("root-{}-{users}", lie.replace('/', "-")));
        fs::create_dir_all(root.join("bin")).unwrap();
        fs::copy("/bin/busybox", root.join("bin/busybox")).unwrap();
        if let Some(parent) = Path::new(lie).parent() {
            fs::create_dir_all(root.join(parent)).unwrap();
        }
        std::os::unix::fs::symlink(&target, root.join(lie)).unwrap();
        for more in [&[][..], &["--overlay"]] {
            let args = [
                &[
                    "run",
                    "--rm",
                    "--userns",
                    users,
                    "--root",
                    root.to_str().unwrap(),
                ],
                more,
                &["/bin/busybox", "true"],
            ]
            .concat();
            // it may run or be refused; nothing of the host is touched
            let outcome = fixture.minic(&args);
            assert!(outcome.code.is_some(), "{outcome:?}");
            let found: Vec<_> = fs::read_dir(&target)
                .unwrap()
                .flatten()
                .map(|entry| entry.path())
                .collect();
            assert!(found.is_empty(), "{lie} {users} {more:?}: {found:?}");
        }
    }
}
