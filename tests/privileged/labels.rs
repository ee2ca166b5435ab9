//! AppArmor: the profile that a container's processes run under. On a kernel without AppArmor (or
//! without its securityfs) only the first test applies; `tests/vm/run` has a kernel with it: see
//! README.md.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::command::{Outcome, finish, not_tried};
use crate::fixture::Fixture;

fn is_on() -> bool {
    let lacking = "this host has no AppArmor, or its securityfs is not mounted";
    is_tried(
        Path::new("/sys/kernel/security/apparmor").exists(),
        "MINIC_TEST_APPARMOR",
        lacking,
    )
}

/// Whether a test has what it needs. Said, because a test that tries nothing must not look like one
/// that did; where `variable` promises it, it must be there.
pub(crate) fn is_tried(there: bool, variable: &str, lacking: &str) -> bool {
    assert!(
        there || std::env::var_os(variable).is_none_or(|promised| promised != "1"),
        "{variable}: {lacking}"
    );
    if !there {
        not_tried(lacking);
    }
    there
}

/// Whether a container may mount, with everything given up that forbids it but for a security
/// module.
pub(crate) fn mounts(fixture: &Fixture, more: &[&str]) -> bool {
    let args = [
        &[
            "run",
            "--rm",
            "--cap-add",
            "SYS_ADMIN",
            "--seccomp",
            "unconfined",
        ],
        more,
        &["mount", "-t", "tmpfs", "x", "/mnt"],
    ];
    finish(&mut fixture.command(&args.concat()), "").code == Some(0)
}

/// Opens the Isolation pane of the only container, and waits for a good line with all of `words`.
pub(crate) fn isolation_says(fixture: &Fixture, words: &[&str]) {
    let tmux = crate::screen::open(fixture, 120, 40);
    tmux.wait_for("RUNNING");
    crate::screen::show_pane(&tmux, "M-i", "Isolation");
    tmux.wait_until("the Isolation pane says it", |screen| {
        let mut good = screen
            .lines()
            .filter(|line| line.trim_start().starts_with("ok"));
        good.any(|line| words.iter().all(|word| line.contains(word)))
    });
    tmux.press(&["q"]);
    tmux.wait_for("prompt$");
}

/// A command of ours in a mount namespace of its own, where `before` has changed what the module
/// shows.
pub(crate) fn after(fixture: &Fixture, before: &str, args: &str) -> Outcome {
    let script = format!(
        "{before} && exec {} --state {} {args}",
        env!("CARGO_BIN_EXE_minic-tui"),
        fixture.state().display()
    );
    finish(
        std::process::Command::new("unshare").args(["--mount", "sh", "-c", &script]),
        "",
    )
}

/// What joins a container is confined as it is: where `unmount` has taken the module away, by
/// nothing if it was started so, and otherwise it does not join.
pub(crate) fn joins_alike(fixture: &Fixture, unmount: &str, module: &str) {
    let told = format!("without {module}, which this host has: its file system is not mounted");
    fixture.detached("confined", &["sleep", "2881"]);
    let refused = after(fixture, unmount, "exec confined touch /joined").refused(125);
    assert!(
        refused.contains(&format!("what joins confined would run {told}")),
        "{refused}"
    );
    assert_ne!(
        fixture
            .minic(&["exec", "confined", "test", "-e", "/joined"])
            .code,
        Some(0),
        "it ran all the same"
    );

    after(fixture, unmount, "run -d --name bare sleep 2882").ok();
    let joined = fixture
        .minic(&["exec", "bare", "cat", "/proc/self/attr/current"])
        .ok();
    let bare = labels_of(fixture, "sleep 2882");
    assert_eq!(bare, [joined.trim_matches(['\n', '\0', ' '])]);
    assert_ne!(bare, labels_of(fixture, "sleep 2881"));
    let without = |name: &str| fixture.json(&["info", name])[0]["without"].clone();
    let lacking = without("bare")[0]
        .as_str()
        .map(str::to_owned)
        .unwrap_or_default();
    assert!(
        lacking.starts_with(&told["without ".len()..]),
        "{lacking:?}"
    );
    assert_eq!(without("confined"), json!([]));
    assert!(
        fixture
            .minic(&["info", "bare"])
            .ok()
            .contains(&told["without ".len()..])
    );

    fixture.minic(&["stop", "bare"]).ok();
    fixture.minic(&["start", "bare"]).ok();
    assert_eq!(labels_of(fixture, "sleep 2882").len(), 1);
    assert_ne!(
        labels_of(fixture, "sleep 2882"),
        bare,
        "the next start has what there is"
    );
    assert_eq!(without("bare"), json!([]));
}

/// The label of a process, AppArmor's or SELinux's.
pub(crate) fn label(pid: i32) -> String {
    let read = |file: &str| fs::read_to_string(format!("/proc/{pid}/attr/{file}")).ok();
    read("apparmor/current")
        .or_else(|| read("current"))
        .unwrap_or_default()
        .trim_matches(['\n', '\0', ' '])
        .to_owned()
}

/// The processes of a container, by a word of their command lines, and their labels.
pub(crate) fn labels_of(fixture: &Fixture, word: &str) -> Vec<String> {
    let ours = crate::census::Census::take(fixture.state()).processes;
    ours.iter()
        .filter(|(_, title)| title.starts_with(word))
        .map(|(pid, _)| label(*pid))
        .collect()
}

#[test]
fn without_apparmor_nothing_is_said_and_a_profile_by_name_is_refused() {
    let fixture = Fixture::new();
    if Path::new("/sys/kernel/security/apparmor").exists() {
        let refused = fixture
            .minic(&["run", "--rm", "--apparmor", "no-such-profile", "true"])
            .refused(125);
        assert!(
            refused.contains("no AppArmor profile \"no-such-profile\" is loaded"),
            "{refused}"
        );
    } else {
        let outcome = fixture.minic(&["run", "--rm", "true"]);
        assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""));
        let refused = fixture
            .minic(&["run", "--rm", "--apparmor", "no-such-profile", "true"])
            .refused(125);
        assert!(refused.contains("this host has no AppArmor"), "{refused}");
    }
    assert!(fixture.list().is_empty(), "nothing half-made stays");
    assert_eq!(
        fixture
            .minic(&["run", "--rm", "--apparmor", "unconfined", "true"])
            .code,
        Some(0)
    );
}

#[test]
fn run_exec_and_the_health_check_are_confined() {
    if !is_on() {
        return;
    }
    let fixture = Fixture::new();
    let args = [
        "--health-cmd",
        "cat /proc/self/attr/current > /label-of-health",
        "--health-interval",
        "1s",
        "sleep",
        "2987",
    ];
    let container = fixture.detached("confined", &args);
    // not its first process: a container with a health check has our own init
    assert_eq!(
        labels_of(&fixture, "sleep 2987"),
        ["minic-default (enforce)"]
    );
    assert_eq!(
        container.exec("cat /proc/self/attr/current").ok().trim(),
        "minic-default (enforce)"
    );
    crate::command::eventually("the health check said its label", || {
        container.exec("cat /label-of-health").stdout.trim() == "minic-default (enforce)"
    });
    // a shell line below our own init, and one with ids of its own
    fixture.detached("line", &["sh", "-c", "sleep 2988; true"]);
    fixture.detached("users", &["--userns", "auto", "sleep", "2989"]);
    for word in ["sleep 2988", "sleep 2989"] {
        assert_eq!(
            labels_of(&fixture, word),
            ["minic-default (enforce)"],
            "{word}"
        );
    }
    fixture.detached("loose", &["--apparmor", "unconfined", "sleep", "2990"]);
    assert_eq!(labels_of(&fixture, "sleep 2990"), ["unconfined"]);
}

#[test]
fn the_apparmor_profile_alone_refuses_a_mount() {
    if !is_on() {
        return;
    }
    let fixture = Fixture::new();
    assert!(!mounts(&fixture, &[]), "refused by the profile alone");
    assert!(
        mounts(&fixture, &["--apparmor", "unconfined"]),
        "nothing else refuses it"
    );
}

/// CVE-2019-16884: what the image has for `/proc` takes the order to confine in the place of the
/// kernel.
#[test]
fn a_fake_proc_does_not_swallow_the_profile() {
    if !is_on() {
        return;
    }
    let fixture = Fixture::new();
    let root = fixture.state().join("false-root");
    fs::create_dir_all(root.join("bin")).unwrap();
    fs::create_dir_all(root.join("proc/self/attr/apparmor")).unwrap();
    fs::create_dir_all(root.join("proc/thread-self/attr/apparmor")).unwrap();
    for file in [
        "self/attr/exec",
        "thread-self/attr/exec",
        "thread-self/attr/apparmor/exec",
    ] {
        fs::write(root.join("proc").join(file), "").unwrap();
    }
    fs::copy("/bin/busybox", root.join("bin/sleep")).unwrap();
    let root_text = root.display().to_string();
    let volume = format!("{root_text}/proc:/proc");
    fixture.detached("plain", &["--root", &root_text, "sleep", "2991"]);
    assert_eq!(
        labels_of(&fixture, "sleep 2991"),
        ["minic-default (enforce)"]
    );
    let laid = fixture.minic(&[
        "run", "-d", "--root", &root_text, "-v", &volume, "sleep", "2992",
    ]);
    let labels = labels_of(&fixture, "sleep 2992");
    assert!(
        laid.code != Some(0) && labels.is_empty() || labels == ["minic-default (enforce)"],
        "{laid:?} {labels:?}"
    );
    for file in [
        "self/attr/exec",
        "thread-self/attr/exec",
        "thread-self/attr/apparmor/exec",
    ] {
        assert_eq!(
            fs::read_to_string(root.join("proc").join(file)).unwrap(),
            "",
            "{file} was written to"
        );
    }
}

#[test]
fn it_is_shown_as_the_kernel_has_it() {
    if !is_on() {
        return;
    }
    let fixture = Fixture::new();
    fixture.detached("seen", &["sleep", "1000"]);
    let check = fixture.json(&["check", "--quick"]).to_string();
    assert!(
        check.contains("containers run under minic-default"),
        "{check}"
    );
    isolation_says(&fixture, &["AppArmor", "minic-default (enforce)"]);
}

/// A host with AppArmor whose tool is not installed, or whose file system is not mounted: a
/// container runs, and it is said that nothing confines it.
#[test]
fn a_start_without_apparmor_says_why() {
    if !is_on() {
        return;
    }
    let fixture = Fixture::new();
    let unmount = "umount /sys/kernel/security";
    let outcome = after(&fixture, unmount, "run --rm true");
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(
        outcome
            .stderr
            .contains("runs without AppArmor, which this host has: its file system is not mounted"),
        "{outcome:?}"
    );
    joins_alike(&fixture, unmount, "AppArmor");
}
