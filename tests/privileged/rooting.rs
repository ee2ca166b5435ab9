//! Nothing of the host is reachable from a container's root, also where pivot_root(2) cannot work:
//! in a chroot, and where the host's root is a ramfs (`tests/vm/run --root ramfs`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{Outcome, finish};
use crate::fixture::Fixture;

/// Tries to climb out with CAP_SYS_CHROOT, which a container's root keeps: its folder stays above
/// its root (chroot(2), "Notes"). Each line that it prints lists the top of what it reached.
const CLIMB: &str = "mkdir -p /tmp/x; ls / | tr '\\n' ' '; echo; for up in .. ../.. ../../../../../../../../../..; do \
                     nsenter --root=/tmp/x --wd=/ ./busybox ls $up | tr '\\n' ' '; echo; done; \
                     cut -d' ' -f5 /proc/self/mountinfo | grep -x /; ls -d /proc/1/root/host-only 2>/dev/null; echo end";

#[track_caller]
fn nothing_was_reached(outcome: Outcome, host: &str) {
    let seen = outcome.ok();
    let lines: Vec<&str> = seen.lines().collect();
    assert_eq!(lines.len(), 6, "{seen}");
    assert!(
        lines[0].contains("busybox") && !lines[0].contains(host),
        "{seen}"
    );
    assert!(
        lines[1..4].iter().all(|line| *line == lines[0]),
        "wherever it climbs, it is in its own root: {seen}"
    );
    assert_eq!(lines[4..], ["/", "end"], "{seen}");
}

#[test]
fn a_chroot_escape_inside_stays_inside() {
    let fixture = Fixture::new();
    for users in ["host", "auto"] {
        let args = [
            "run",
            "--rm",
            "--userns",
            users,
            "-v",
            "/bin/busybox:/busybox:noidmap",
            "sh",
            "-c",
            CLIMB,
        ];
        nothing_was_reached(
            fixture.minic(&args),
            fixture.state().file_name().unwrap().to_str().unwrap(),
        );
    }
}

/// A folder that is no mount, with what the binary needs below it, and a command that runs in it as
/// its root. Its mounts are in a namespace of their own.
fn jailed(fixture: &Fixture, args: &[&str]) -> Command {
    let jail = fixture.state().join("jail");
    let state = format!(
        "state-{}",
        fixture.state().file_name().unwrap().to_str().unwrap()
    );
    if !jail.exists() {
        for folder in [
            "usr",
            "etc",
            "proc",
            "sys",
            "dev",
            "tmp",
            "host-only",
            &state,
        ] {
            fs::create_dir_all(jail.join(folder)).unwrap();
        }
        for name in ["bin", "sbin", "lib", "lib64"] {
            match fs::read_link(Path::new("/").join(name)) {
                Ok(target) => std::os::unix::fs::symlink(target, jail.join(name)).unwrap(),
                Err(_) => fs::create_dir(jail.join(name)).unwrap(),
            }
        }
        fs::copy(env!("CARGO_BIN_EXE_minic-tui"), jail.join("minic-tui")).unwrap();
        fs::copy("/bin/busybox", jail.join("busybox")).unwrap();
        let images: [PathBuf; 2] = [fixture.state().join("images"), jail.join(&state)];
        assert!(
            Command::new("cp")
                .arg("-a")
                .args(images)
                .status()
                .unwrap()
                .success()
        );
    }
    let enter = "cd \"$0\" && for d in usr etc proc sys dev bin sbin lib lib64; do [ -L $d ] || [ ! -d /$d ] || mount --rbind /$d $d || exit 99; done; exec chroot . /minic-tui \"$@\"";
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "--propagation", "private", "sh", "-c", enter])
        .arg(&jail);
    command.args(["--state", &format!("/{state}")]).args(args);
    command
}

#[test]
fn in_a_chroot_nothing_outside_is_reachable() {
    let fixture = Fixture::new();
    let args = ["run", "--rm", "-v", "/busybox:/busybox", "sh", "-c", CLIMB];
    nothing_was_reached(finish(&mut jailed(&fixture, &args), ""), "host-only");
    let script = "id -u; ls /sys/class/net; stat -f -c %T /proc /dev; mount | grep -c host-only";
    let outcome = finish(
        &mut jailed(
            &fixture,
            &[
                "run",
                "--rm",
                "--mount-propagation",
                "slave",
                "sh",
                "-c",
                script,
            ],
        ),
        "",
    );
    assert_eq!(outcome.stdout, "0\nlo\nproc\ntmpfs\n0\n", "{outcome:?}");
    let refused = finish(
        &mut jailed(&fixture, &["run", "--rm", "--userns", "auto", "true"]),
        "",
    )
    .refused(125);
    assert!(
        refused.contains("user namespace") && refused.contains("chroot"),
        "{refused}"
    );
}
