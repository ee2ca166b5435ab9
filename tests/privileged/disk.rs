//! A state folder on a full or read-only disk: a clear error, nothing half-made, and running
//! containers continue.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use nix::mount::{MntFlags, MsFlags, mount, umount2};

use crate::command::eventually;
use crate::fixture::{Container, Fixture, image_root};
use crate::truth::lies;

/// A small file system of a test's own. Make it before the fixture in it: it goes last.
struct Disk {
    place: PathBuf,
}

impl Disk {
    fn folder() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "minic-disk-{}-{:03}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let place = std::env::temp_dir().join(name);
        fs::create_dir(&place).unwrap();
        Self { place }
    }

    /// 4 MiB in memory.
    fn tmpfs() -> Self {
        let disk = Self::folder();
        mount(
            Some("none"),
            &disk.place,
            Some("tmpfs"),
            MsFlags::empty(),
            Some("size=4m,mode=700"),
        )
        .unwrap();
        disk
    }

    /// 16 MiB of ext4 in a file, through a loop device.
    fn ext4() -> Self {
        let disk = Self::folder();
        let image = disk.place.with_extension("image");
        fs::File::create(&image).unwrap().set_len(16 << 20).unwrap();
        let run =
            |command: &mut Command| assert!(command.status().unwrap().success(), "{command:?}");
        run(Command::new("mkfs.ext4").arg("-q").arg(&image));
        run(Command::new("mount")
            .args(["-o", "loop"])
            .arg(&image)
            .arg(&disk.place));
        fs::remove_file(&image).unwrap();
        disk
    }

    /// Writes to a file of its own until there is no room, not even for a byte.
    fn fill(&self) {
        let mut filler = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.place.join("filler"))
            .unwrap();
        for size in [64 << 10, 1 << 10, 1] {
            while filler.write_all(&vec![0; size]).is_ok() {}
        }
        let _ = filler.sync_all();
    }

    fn make_room(&self) {
        fs::remove_file(self.place.join("filler")).unwrap();
    }

    /// Read-only for everybody who comes by its path, until this is dropped; what is open already
    /// stays as it is.
    fn read_only(&self) -> ReadOnly<'_> {
        let (place, none) = (self.place.as_path(), None::<&str>);
        mount(Some(place), place, none, MsFlags::MS_BIND, none).unwrap();
        mount(
            none,
            place,
            none,
            MsFlags::MS_BIND | MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY,
            none,
        )
        .unwrap();
        ReadOnly(place)
    }
}

/// A read-only mount over a disk's own.
struct ReadOnly<'a>(&'a Path);

impl Drop for ReadOnly<'_> {
    fn drop(&mut self) {
        umount2(self.0, MntFlags::MNT_DETACH).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = umount2(&self.place, MntFlags::MNT_DETACH);
        let _ = fs::remove_dir(&self.place);
    }
}

/// Runs on the image of another folder: this one is to be small.
fn start<'a>(fixture: &'a Fixture, name: &str, script: &str) -> Container<'a> {
    let root = image_root();
    fixture.detached(
        name,
        &[
            "--root",
            root.to_str().unwrap(),
            "--overlay",
            "sh",
            "-c",
            script,
        ],
    )
}

fn half_made(state: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(state.join("containers"))
        .unwrap()
        .flatten()
        .map(|entry| entry.path());
    entries
        .filter(|path| {
            path.file_name()
                .unwrap()
                .as_encoded_bytes()
                .starts_with(b".")
        })
        .collect()
}

/// New ones are refused and leave nothing; `word` is what the kernel says.
fn nothing_new(fixture: &Fixture, word: &str) {
    let root = image_root();
    let root = root.to_str().unwrap();
    let before = fixture.list();
    for args in [&["create"][..], &["run", "-d"], &["run", "--rm"]] {
        let told = fixture
            .minic(
                &[
                    args,
                    &["--name", "new", "--root", root, "--overlay", "true"],
                ]
                .concat(),
            )
            .refused(125);
        assert!(told.contains(word), "{args:?}: {told}");
    }
    assert_eq!(half_made(fixture.state()), Vec::<PathBuf>::new());
    assert_eq!(fixture.list(), before);
}

fn a_full_disk(disk: &Disk) {
    let fixture = Fixture::in_folder(&disk.place);
    let talker = start(
        &fixture,
        "talker",
        "while :; do echo word; sleep 0.05; done",
    );
    let worker = start(
        &fixture,
        "worker",
        "trap 'exit 3' TERM; while :; do sleep 0.05; done",
    );
    let stopped = start(&fixture, "stopped", "exit 7");
    stopped.ends();
    disk.fill();

    nothing_new(&fixture, "No space left");
    assert_eq!(
        (talker.state().as_str(), worker.state().as_str()),
        ("RUNNING", "RUNNING")
    );
    assert_eq!(worker.exec("echo inside").ok(), "inside\n");
    worker.verb(&["pause"]).ok();
    assert_eq!(worker.state(), "PAUSED");
    worker.verb(&["resume"]).ok();
    // how it ends is written over what is there: that takes no room
    worker.verb(&["stop", "-t", "60"]).ok();
    assert_eq!(
        (worker.state().as_str(), worker.info()["exit_code"].as_i64()),
        ("STOPPED", Some(3))
    );
    assert_eq!(stopped.info()["exit_code"], 7);
    assert_eq!(lies(&fixture), Vec::<String>::new());
    // what starts needs no more room than it has already
    let told = worker.verb(&["start"]);
    assert!(
        told.code == Some(0) || told.code == Some(125) && told.stderr.contains("No space left"),
        "{told:?}"
    );
    worker.verb(&["destroy", "-f"]).ok();

    disk.make_room();
    stopped.verb(&["start"]).ok();
    assert_eq!(talker.state(), "RUNNING", "it lost its words, not its life");
    talker.verb(&["stop", "-t", "0"]).ok();
    for name in ["talker", "stopped"] {
        fixture.minic(&["destroy", "-f", name]).ok();
    }
    fixture.is_clean();
}

#[test]
fn a_full_tmpfs_loses_no_container() {
    a_full_disk(&Disk::tmpfs());
}

#[test]
fn a_full_ext4_loses_no_container() {
    a_full_disk(&Disk::ext4());
}

#[test]
fn a_read_only_state_folder_loses_no_end() {
    let disk = Disk::tmpfs();
    let fixture = Fixture::in_folder(&disk.place);
    let worker = start(
        &fixture,
        "worker",
        "trap 'exit 3' TERM; while :; do sleep 0.05; done",
    );
    let other = start(&fixture, "other", "sleep 1000");
    let stopped = start(&fixture, "stopped", "exit 7");
    stopped.ends();
    eventually("its supervisor is gone", || {
        fixture.supervisors().len() == 2
    });
    let read_only = disk.read_only();

    nothing_new(&fixture, "Read-only file system");
    assert_eq!(worker.state(), "RUNNING");
    assert_eq!(worker.exec("echo inside").ok(), "inside\n");
    for verb in [
        &["start", "stopped"][..],
        &["destroy", "stopped"],
        &["rename", "stopped", "other-name"],
        &["pause", "worker"],
    ] {
        let told = fixture.minic(verb).refused(125);
        assert!(told.contains("Read-only file system"), "{verb:?}: {told}");
    }
    assert_eq!(stopped.info()["exit_code"], 7, "it is as it was");
    assert_eq!(
        worker.state(),
        "RUNNING",
        "what cannot be recorded is not done"
    );
    // it can still be stopped; how it ended cannot be written down there, and is known all the same
    worker.verb(&["stop", "-t", "60"]).ok();
    eventually("it is stopped", || worker.state() == "STOPPED");
    assert_eq!(
        (
            worker.info()["cause"]["kind"].as_str(),
            worker.info()["exit_code"].as_i64()
        ),
        (Some("exited"), Some(3))
    );
    assert_eq!(lies(&fixture), Vec::<String>::new());

    drop(read_only);
    assert_eq!(
        (worker.state().as_str(), other.state().as_str()),
        ("STOPPED", "RUNNING")
    );
    assert_eq!(
        worker.info()["exit_code"],
        3,
        "and is written down when that can be"
    );
    let ends = Path::new("/run").join(format!(
        "{}.ends",
        crate::census::cgroup_parent(fixture.state())
    ));
    assert!(!ends.exists(), "nothing is left where it was kept");
    let deaths = fixture.minic(&["events", "--json"]).ok();
    let deaths: Vec<&str> = deaths
        .lines()
        .filter(|line| line.contains("died") && line.contains("worker"))
        .collect();
    assert!(
        deaths.len() == 1 && !deaths[0].contains("lost"),
        "{deaths:?}"
    );
    worker.verb(&["start"]).ok();
    for name in ["worker", "other", "stopped"] {
        fixture.minic(&["destroy", "-f", name]).ok();
    }
    fixture.is_clean();
}
