//! A root that another user may write changes during set-up: folders become links to the host and
//! back. Nothing is created or mounted outside of the root, and nothing of the kernel's stays
//! unmasked.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};

use crate::fixture::Fixture;

/// How long each step is attacked.
fn time() -> Duration {
    let seconds = std::env::var("MINIC_SWAP_SECONDS")
        .ok()
        .and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(3))
}

/// A root of a few files that belongs to nobody else.
fn small_root(folder: &Path) -> PathBuf {
    let root = folder.join("root");
    fs::create_dir_all(root.join("bin")).unwrap();
    fs::copy("/bin/busybox", root.join("bin/sh")).unwrap();
    root
}

/// Everything below a folder: names, kinds and permissions.
fn contents(folder: &Path) -> Vec<(PathBuf, u32)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let mode = fs::symlink_metadata(&path).unwrap().permissions().mode();
        if path.is_dir() && !path.is_symlink() {
            found.extend(contents(&path));
        }
        found.push((path, mode));
    }
    found.sort();
    found
}

/// Exchanges two names until told to stop, as whoever has the root as a volume can.
fn swap(one: &Path, other: &Path, stop: &AtomicBool) -> u64 {
    let mut swaps = 0;
    while !stop.load(Ordering::Relaxed) {
        renameat2(AT_FDCWD, one, AT_FDCWD, other, RenameFlags::RENAME_EXCHANGE).unwrap();
        swaps += 1;
        // long enough that a launch sees it either way, short enough that it changes under the
        // launch
        thread::sleep(Duration::from_micros(swaps * 37 % 400));
    }
    swaps
}

/// Tells the other thread to stop, also when a test fails.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Starts containers in a root whose `name` is a folder and a link to a folder of the host's in
/// turn.
#[track_caller]
fn attack(name: &str, users: &str, more: &[&str]) {
    let fixture = Fixture::new();
    let base = fixture.state().join("attack");
    let root = small_root(&base);
    let outside = base.join("outside");
    // as much as an attacker finds in a folder of the host's: what a step expects may be there
    for inner in ["pts", "shm", "mqueue", "etc", "sys"] {
        fs::create_dir_all(outside.join(inner)).unwrap();
    }
    fs::write(outside.join("kcore"), "").unwrap();
    let (one, other) = (root.join(name), root.join(format!("{name}.other")));
    fs::create_dir_all(&one).unwrap();
    symlink(&outside, &other).unwrap();
    let data = base.join("data");
    fs::create_dir(&data).unwrap();
    let before = (contents(&outside), contents(&data));
    let volume = format!("{}:/data/v", data.display());
    let script = "for p in /proc /proc.other; do [ -f $p/kcore ] && [ -d $p/self ] && echo unmasked; done; \
                  for p in /proc /proc.other; do [ -d $p/sys/kernel ] && (echo x > $p/sys/kernel/hostname) 2>/dev/null && echo writable; done; echo ran";
    let stop = AtomicBool::new(false);
    let (mut ran, mut refused, mut swaps) = (0, 0, 0);
    thread::scope(|scope| {
        let stopping = Stop(&stop);
        let swapping = scope.spawn(|| swap(&one, &other, &stop));
        let deadline = Instant::now() + time();
        while Instant::now() < deadline {
            let args = [
                "run",
                "--rm",
                "--userns",
                users,
                "--root",
                root.to_str().unwrap(),
                "-v",
                &volume,
            ];
            let outcome = fixture.minic(&[&args[..], more, &["sh", "-c", script]].concat());
            assert!(
                !outcome.stdout.contains("unmasked") && !outcome.stdout.contains("writable"),
                "{name}: {outcome:?}"
            );
            assert_eq!(contents(&outside), before.0, "{name}: {outcome:?}");
            let has_run = outcome.stdout.trim_end().ends_with("ran");
            assert!(
                has_run || outcome.stderr.lines().count() == 1,
                "{name}: {outcome:?}"
            );
            if has_run { ran += 1 } else { refused += 1 }
        }
        drop(stopping);
        swaps = swapping.join().unwrap();
    });
    assert_eq!((contents(&outside), contents(&data)), before, "{name}");
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    assert!(!mounts.contains(base.to_str().unwrap()), "{name}: {mounts}");
    assert!(ran + refused > 0 && swaps > 0);
    eprintln!("{name} ({users}): {ran} ran, {refused} were refused, {swaps} exchanges");
}

#[track_caller]
fn under_both(name: &str, more: &[&str]) {
    ["host", "auto"]
        .into_iter()
        .for_each(|users| attack(name, users, more));
}

#[test]
fn dev() {
    under_both("dev", &[]);
}

#[test]
fn proc() {
    under_both("proc", &[]);
}

#[test]
fn sys() {
    under_both("sys", &[]);
}

#[test]
fn files_of_its_own() {
    under_both("etc", &[]);
}

#[test]
fn the_place_of_a_volume() {
    under_both("data", &[]);
}

#[test]
fn the_place_of_a_tmpfs() {
    under_both("tmp", &["--tmpfs", "/tmp/deep/er"]);
}

#[test]
fn the_place_of_a_device() {
    under_both("run", &["--device", "/dev/zero:/run/deep/zero"]);
}

#[test]
fn a_kernel_setting() {
    under_both("proc", &["--sysctl", "net.ipv4.ip_default_ttl=63"]);
}

#[test]
fn a_working_directory_and_a_terminal() {
    under_both("srv", &["--workdir", "/srv"]);
    under_both("dev", &["--tty"]);
}

#[test]
fn the_processes_and_network_of_the_host() {
    attack("proc", "host", &["--pid", "host"]);
    attack("sys", "host", &["--net", "host"]);
}
