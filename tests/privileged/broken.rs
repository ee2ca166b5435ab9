//! Records that cannot be read: the container is BROKEN and can be destroyed, others are
//! unaffected. And which files `gc` considers ours.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use nix::sys::stat::Mode;

use crate::census::cgroup_parent;
use crate::command::eventually;
use crate::fixture::Fixture;
use crate::tmux::Tmux;

/// Ways to spoil the file at a path, and what is to be read of it.
type Spoiler = (&'static str, fn(&Path), &'static str);

const SPOILERS: [Spoiler; 14] = [
    ("empty", |path| fs::write(path, "").unwrap(), "EOF"),
    ("truncated", |path| truncate(path), "EOF"),
    (
        "rubbish",
        |path| fs::write(path, b"\xff\xfe\x00\x1b[2J\x1b]0;evil\x07").unwrap(),
        "expected value",
    ),
    (
        "another type",
        |path| fs::write(path, "[1, 2]").unwrap(),
        "understand",
    ),
    (
        "an object without anything",
        |path| fs::write(path, "{}").unwrap(),
        "missing field",
    ),
    (
        "nested without end",
        |path| fs::write(path, "[".repeat(1 << 20)).unwrap(),
        "understand",
    ),
    (
        "from the future",
        |path| replace(path, "\"format\": 1", "\"format\": 2"),
        "newer minic-tui",
    ),
    (
        "numbers out of bounds",
        |path| replace(path, "\"format\": 1", "\"format\": 99999999999999999999"),
        "understand",
    ),
    (
        "huge",
        |path| fs::File::create(path).unwrap().set_len(1 << 40).unwrap(),
        "more than any record",
    ),
    (
        "a FIFO",
        |path| {
            special(path, |path| {
                nix::unistd::mkfifo(path, Mode::S_IRWXU).unwrap()
            })
        },
        "not a file",
    ),
    (
        "a link",
        |path| special(path, |path| symlink("/etc/passwd", path).unwrap()),
        "symbolic link",
    ),
    (
        "a folder",
        |path| special(path, |path| fs::create_dir(path).unwrap()),
        "not a file",
    ),
    (
        "a device",
        |path| special(path, |path| symlink("/dev/zero", path).unwrap()),
        "symbolic link",
    ),
    (
        "gone",
        |path| fs::remove_file(path).unwrap(),
        "No such file",
    ),
];

fn truncate(path: &Path) {
    let text = fs::read(path).unwrap();
    fs::write(path, &text[..text.len() / 2]).unwrap();
}

fn replace(path: &Path, old: &str, new: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(old), "{text}");
    fs::write(path, text.replace(old, new)).unwrap();
}

fn special(path: &Path, make: fn(&Path)) {
    fs::remove_file(path).unwrap();
    make(path);
}

fn file_of(fixture: &Fixture, id: &str, name: &str) -> PathBuf {
    fixture.state().join("containers").join(id).join(name)
}

#[test]
fn a_damaged_record_is_shown_as_broken_and_can_be_destroyed() {
    let fixture = Fixture::new();
    let other = fixture.detached("other", &["sleep", "1000"]);
    let pid = other.pid();
    for name in ["state.json", "spec.json"] {
        for (how, spoil, reason) in SPOILERS {
            let id = fixture
                .minic(&["create", "--name", "x", "true"])
                .ok()
                .trim()
                .to_owned();
            spoil(&file_of(&fixture, &id, name));
            let what = format!("{name} is {how}");
            let listed = fixture.list();
            let one = listed
                .iter()
                .find(|c| c["id"] == id.as_str())
                .unwrap_or_else(|| panic!("{what}: {listed:?}"));
            assert_eq!(
                (one["state"].as_str(), one["pid"].as_i64()),
                (Some("BROKEN"), None),
                "{what}"
            );
            let told = one["broken"].as_str().unwrap();
            assert!(
                told.contains(reason) && told.contains(name),
                "{what}: {told}"
            );
            let info = fixture.minic(&["info", &id]).ok();
            assert!(
                info.contains("BROKEN") && info.contains(reason),
                "{what}: {info}"
            );
            assert!(
                info.chars().all(|c| c == '\n' || !c.is_control()),
                "{what}: {info:?}"
            );
            for verb in [
                &["start"][..],
                &["stop"],
                &["pause"],
                &["update", "--memory", "64M"],
                &["exec"],
                &["wait"],
            ] {
                let rest: &[&str] = if verb[0] == "exec" { &["true"] } else { &[] };
                let refused = fixture.minic(&[verb, &[&id], rest].concat()).refused(1);
                assert!(refused.contains("BROKEN"), "{what}: {verb:?}: {refused}");
            }
            assert!(
                fixture
                    .minic(&["rename", &id, "y"])
                    .refused(1)
                    .contains("BROKEN"),
                "{what}"
            );
            assert_eq!(other.pid(), pid, "{what}");
            fixture.minic(&["destroy", &id]).ok();
            assert_eq!(fixture.list().len(), 1, "{what}");
        }
    }
    fixture.minic(&["destroy", "-f", "other"]).ok();
    fixture.is_clean();
}

#[test]
fn hostile_values_are_refused() {
    let fixture = Fixture::new();
    for (old, new) in [
        ("\"name\": \"x\"", "\"name\": \"../../x\""),
        ("\"name\": \"x\"", "\"name\": \"\\u001b[2J\""),
        ("\"id\": \"", "\"id\": \"../"),
        ("\"id\": \"", "\"id\": \"0"),
        ("\"argv\": [", "\"argv\": [], \"ignored\": ["),
        (
            "\"argv\": [",
            "\"sysctls\": [{\"name\": \"net.ipv4.ip_forward\", \"value\": \"1\\n0\"}], \"argv\": [",
        ),
        (
            "\"argv\": [",
            "\"sysctls\": [{\"name\": \"kernel.core_pattern\", \"value\": \"|/bin/sh\"}], \"argv\": [",
        ),
    ] {
        let id = fixture
            .minic(&["create", "--name", "x", "true"])
            .ok()
            .trim()
            .to_owned();
        replace(&file_of(&fixture, &id, "spec.json"), old, new);
        assert_eq!(fixture.list()[0]["state"], "BROKEN", "{new}");
        fixture.minic(&["destroy", &id]).ok();
    }
    // a process that is not its own: another start time, another boot
    for (old, new) in [
        ("\"start_ticks\": ", "\"start_ticks\": 1"),
        ("\"boot_id\": \"", "\"boot_id\": \"another-"),
        ("\"pid\": ", "\"pid\": 9"),
    ] {
        let x = fixture.detached("x", &["sleep", "1000"]);
        let (id, pid) = (x.id(), x.pid());
        for supervisor in fixture.supervisors() {
            nix::sys::signal::kill(
                nix::unistd::Pid::from_raw(supervisor),
                nix::sys::signal::Signal::SIGKILL,
            )
            .unwrap();
        }
        eventually("its supervisor is gone", || {
            fixture.supervisors().is_empty()
        });
        replace(&file_of(&fixture, &id, "state.json"), old, new);
        assert_eq!(
            (x.state().as_str(), x.info()["cause"]["kind"].as_str()),
            ("STOPPED", Some("lost")),
            "{new}"
        );
        assert!(
            !crate::truth::lives(pid),
            "what lived in its cgroup is gone with that: {new}"
        );
        x.verb(&["destroy"]).ok();
    }
}

#[test]
fn a_clock_that_jumps_changes_no_state() {
    let fixture = Fixture::new();
    let x = fixture.detached("x", &["sleep", "1000"]);
    // as if it had been started in a time to come: the clock was set back since
    let since = fixture.list()[0]["started_at"].as_str().unwrap().to_owned();
    replace(
        &file_of(&fixture, &x.id(), "state.json"),
        &since,
        "2999-01-01T00:00:00Z",
    );
    assert_eq!(x.state(), "RUNNING");
    assert!(
        fixture.minic(&["list"]).ok().contains("up 0"),
        "no time is negative"
    );
    x.verb(&["stop", "-t", "0"]).ok();
    assert_eq!(x.state(), "STOPPED");
    x.verb(&["start"]).ok();
    assert_eq!(x.state(), "RUNNING");
}

#[test]
fn a_running_container_with_a_damaged_record_is_killed_only_with_force() {
    let fixture = Fixture::new();
    let x = fixture.detached("x", &["sleep", "1000"]);
    let (id, pid) = (x.id(), x.pid());
    fs::write(file_of(&fixture, &id, "state.json"), "").unwrap();
    assert_eq!(x.state(), "BROKEN");
    assert!(x.verb(&["destroy"]).refused(125).contains("destroy -f"));
    fixture.minic(&["gc"]).ok();
    assert!(crate::truth::lives(pid));
    x.verb(&["destroy", "-f"]).ok();
    assert!(fixture.list().is_empty());
    fixture.is_clean();
}

#[test]
fn the_screen_shows_broken_containers() {
    let fixture = Fixture::new();
    fixture.detached("fine", &["sleep", "1000"]);
    let id = fixture
        .minic(&["create", "--name", "spoiled", "true"])
        .ok()
        .trim()
        .to_owned();
    fs::write(file_of(&fixture, &id, "state.json"), "{").unwrap();
    let tmux = Tmux::new(120, 40);
    tmux.write(&format!(
        "{} --state {}",
        env!("CARGO_BIN_EXE_minic-tui"),
        fixture.state().display()
    ));
    tmux.press(&["Enter"]);
    tmux.wait_until("both are shown", |screen| {
        screen.contains("RUNNING") && screen.contains("BROKEN") && screen.contains("1 broken")
    });
    tmux.press(&["G"]);
    tmux.wait_for("cannot understand");
    tmux.press(&["q"]);
    tmux.wait_for("prompt$");
}

#[test]
fn gc_removes_what_is_ours_and_nothing_else() {
    let fixture = Fixture::new();
    let other = fixture.detached("other", &["sleep", "1000"]);
    let (ours, strangers) = ("0123456789ab", "ba9876543210");
    let state = fixture.state();
    let tree = |names: &[&str]| {
        let named = names
            .iter()
            .map(|name| Path::new("/sys/fs/cgroup").join(name))
            .find(|tree| tree.exists());
        named
            .unwrap_or_else(|| "/sys/fs/cgroup".into())
            .join(cgroup_parent(state))
    };
    // in any tree, and in the one where a container gets its first cgroup and keeps its last
    let (cgroup, first) = (tree(&["memory"]), tree(&["unified", "systemd", "memory"]));
    let left = |id: &str, cgroup: &Path| {
        fs::create_dir_all(cgroup.join(id)).unwrap();
        fs::create_dir_all(state.join(format!("containers/.new-{id}/upper"))).unwrap();
        fs::create_dir_all(state.join(format!("containers/.old-{id}/upper"))).unwrap();
        fs::create_dir_all(state.join("run").join(id)).unwrap();
        fs::write(state.join("run").join(id).join("lock"), "").unwrap();
    };
    let kept = [
        state.join("notes"),
        state.join("containers/.hidden"),
        state.join("run/notes"),
        state.join("run/abc/keep"),
    ];
    for path in &kept {
        fs::create_dir_all(path).unwrap();
    }
    fs::create_dir(cgroup.join(strangers)).unwrap();
    left(ours, &cgroup);

    let would = fixture.minic(&["gc", "--dry-run"]).ok();
    assert_eq!(would.matches("would remove").count(), 4, "{would}");
    assert!(
        cgroup.join(ours).exists() && state.join(format!("containers/.new-{ours}")).exists(),
        "only told"
    );
    let done = fixture.minic(&["gc"]).ok();
    assert_eq!(done.matches("removed").count(), 4, "{done}");
    assert!(
        done.contains(&format!("left alone the cgroup of {strangers}")),
        "{done}"
    );
    assert!(!cgroup.join(ours).exists() && cgroup.join(strangers).exists());

    // every other command does the same, without a word
    left(ours, &first);
    fixture.minic(&["list", "-q"]).ok();
    assert!(!first.join(ours).exists() && cgroup.join(strangers).exists());
    for mark in ["containers/.new-", "containers/.old-", "run/"] {
        assert!(!state.join(format!("{mark}{ours}")).exists(), "{mark}");
    }
    assert!(
        kept.iter().all(|path| path.exists()),
        "what is not ours stays"
    );
    assert_eq!(other.state(), "RUNNING");
    fs::remove_dir(cgroup.join(strangers)).unwrap();
    fs::remove_dir_all(state.join("run/notes")).unwrap();
    fs::remove_dir_all(state.join("run/abc")).unwrap();
    fs::remove_dir_all(state.join("containers/.hidden")).unwrap();
}
