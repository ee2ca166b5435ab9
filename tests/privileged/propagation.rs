//! Mounts that the host makes while a container runs: they appear inside with `--mount-propagation
//! slave`, and not without it.

use std::fs;
use std::path::{Path, PathBuf};

use nix::mount::{MntFlags, MsFlags, mount, umount2};

use crate::command::eventually;
use crate::fixture::Fixture;

/// A folder of this test's that is a mount of its own, shared as systemd shares the host's.
struct SharedMount(PathBuf);

impl SharedMount {
    fn new(folder: PathBuf) -> Self {
        fs::create_dir(&folder).unwrap();
        let none = None::<&Path>;
        mount(Some(&folder), &folder, none, MsFlags::MS_BIND, none).unwrap();
        mount(none, &folder, none, MsFlags::MS_SHARED, none).unwrap();
        fs::create_dir(folder.join("later")).unwrap();
        Self(folder)
    }

    /// Something mounted below it, with a file.
    fn mount_later(&self) {
        let later = self.0.join("later");
        mount(
            Some("tmpfs"),
            &later,
            Some("tmpfs"),
            MsFlags::empty(),
            None::<&Path>,
        )
        .unwrap();
        fs::write(later.join("file"), "later\n").unwrap();
    }

    /// Whether that is still mounted.
    fn has_later(&self) -> bool {
        self.0.join("later/file").exists()
    }

    fn unmount_later(&self) {
        umount2(&self.0.join("later"), MntFlags::MNT_DETACH).unwrap();
    }
}

impl Drop for SharedMount {
    fn drop(&mut self) {
        let _ = umount2(&self.0.join("later"), MntFlags::MNT_DETACH);
        let _ = umount2(&self.0, MntFlags::MNT_DETACH);
    }
}

#[test]
fn a_mount_made_later_appears_with_slave_and_not_with_private() {
    let fixture = Fixture::new();
    let shared = SharedMount::new(fixture.state().join("data"));
    let volume = format!("{}:/data", shared.0.display());
    let start = |name: &str, args: &[&str]| {
        fixture
            .detached(
                name,
                &[args, &["-v", volume.as_str(), "sleep", "1000"]].concat(),
            )
            .name
    };
    let mut names = Vec::new();
    for users in ["host", "auto"] {
        for (mode, appears) in [
            ("private", false),
            ("rprivate", false),
            ("slave", true),
            ("rslave", true),
        ] {
            names.push((
                start(
                    &format!("{users}-{mode}"),
                    &["--userns", users, "--mount-propagation", mode],
                ),
                appears,
            ));
        }
        names.push((
            start(&format!("{users}-usual"), &["--userns", users]),
            false,
        ));
    }
    shared.mount_later();
    for (name, appears) in &names {
        let seen = fixture.minic(&["exec", name, "cat", "/data/later/file"]);
        assert_eq!(
            seen.stdout,
            if *appears { "later\n" } else { "" },
            "{name}: {seen:?}"
        );
    }
    shared.unmount_later();
    for (name, _) in names.iter().filter(|(_, appears)| *appears) {
        eventually("it is gone again", || {
            fixture
                .minic(&["exec", name, "ls", "/data/later"])
                .stdout
                .is_empty()
        });
    }
    for (name, _) in &names {
        fixture.minic(&["destroy", "-f", name]).ok();
    }
}

#[test]
fn nothing_spreads_from_a_container_to_a_shared_mount_of_the_host() {
    let fixture = Fixture::new();
    let shared = SharedMount::new(fixture.state().join("data"));
    let volume = format!("{}:/data", shared.0.display());
    let tmpfs = "/data/later";
    // by its whole path: another test has one that ends alike
    let below = format!(" {} ", shared.0.join("later").display());
    let below = || {
        fs::read_to_string("/proc/self/mountinfo")
            .unwrap()
            .lines()
            .filter(|line| line.contains(&below))
            .count()
    };
    for users in ["host", "auto"] {
        for mode in ["private", "slave"] {
            // a mount inside, on the very folder that the host shares
            let args = [
                "run",
                "--rm",
                "--userns",
                users,
                "--mount-propagation",
                mode,
                "-v",
                &volume,
                "--tmpfs",
                tmpfs,
            ];
            let seen = fixture
                .minic(
                    &[
                        &args[..],
                        &[
                            "sh",
                            "-c",
                            "echo x > /data/later/x; stat -f -c %T /data/later",
                        ],
                    ]
                    .concat(),
                )
                .ok();
            assert_eq!(seen, "tmpfs\n");
            assert_eq!(
                (
                    below(),
                    fs::read_dir(shared.0.join("later")).unwrap().count()
                ),
                (0, 0),
                "mounts spread: {users} {mode}"
            );
        }
    }
}

/// A container leaves the host's root and detaches its copy: nothing of that may reach the host, whose
/// mounts are shared.
#[test]
fn what_a_container_unmounts_stays_mounted_on_the_host() {
    let fixture = Fixture::new();
    let shared = SharedMount::new(fixture.state().join("data"));
    shared.mount_later();
    for users in ["host", "auto"] {
        for mode in ["private", "slave"] {
            let args = ["--rm", "--userns", users, "--mount-propagation", mode];
            fixture
                .minic(&[&["run"], &args[..], &["true"]].concat())
                .ok();
            assert!(shared.has_later(), "unmounted: {users} {mode}");
        }
    }
}

#[test]
fn a_propagation_that_the_source_lacks_is_refused() {
    let fixture = Fixture::new();
    for mode in ["shared", "rshared"] {
        let refused = fixture
            .minic(&["run", "--mount-propagation", mode, "true"])
            .refused(125);
        assert!(
            refused.contains("not supported") && refused.contains("slave"),
            "{refused}"
        );
    }
    assert!(
        fixture
            .minic(&["run", "--mount-propagation", "x", "true"])
            .refused(125)
            .contains("private or slave")
    );
}
