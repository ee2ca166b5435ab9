//! SELinux: the labels of a container's processes and files. On a kernel without SELinux only the
//! first test applies; `tests/vm/run --selinux` has a kernel that enforces Debian's policy: see
//! README.md.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Stdio;

use crate::command::finish;
use crate::fixture::Fixture;
use crate::labels::{after, is_tried, isolation_says, joins_alike, label, labels_of, mounts};

const ENFORCE: &str = "/sys/fs/selinux/enforce";

fn is_on() -> bool {
    let enforces = fs::read_to_string(ENFORCE).is_ok_and(|text| text.trim() == "1");
    is_tried(
        enforces,
        "MINIC_TEST_SELINUX",
        "this host has no SELinux, or does not enforce it",
    )
}

/// The categories of a container's label, `c1,c2`; it must be one of a container.
fn categories(label: &str) -> String {
    let categories = label.strip_prefix("system_u:system_r:container_t:s0:");
    categories
        .unwrap_or_else(|| panic!("{label:?} is not the label of a container"))
        .to_owned()
}

/// The label of a file, by a path of the host.
fn file_label(path: &Path) -> String {
    let listed = finish(
        std::process::Command::new("stat")
            .args(["--format=%C"])
            .arg(path),
        "",
    );
    listed.ok().trim().to_owned()
}

#[test]
fn without_selinux_nothing_is_said_and_a_label_by_name_is_refused() {
    let fixture = Fixture::new();
    let outcome = fixture.minic(&["run", "--rm", "true"]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""));
    let refused = fixture
        .minic(&["run", "--rm", "--selinux", "no_such_t", "true"])
        .refused(125);
    let why = if is_on() {
        "the loaded policy does not know system_u:system_r:no_such_t:s0"
    } else {
        "this host has no SELinux"
    };
    assert!(refused.contains(why), "{refused}");
    assert!(fixture.list().is_empty(), "nothing half-made stays");
    assert_eq!(
        fixture
            .minic(&["run", "--rm", "--selinux", "unconfined", "true"])
            .code,
        Some(0)
    );
}

#[test]
fn run_exec_and_the_health_check_are_labelled() {
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
        "2887",
    ];
    let container = fixture.detached("labelled", &args);
    // not its first process: a container with a health check has our own init
    let [own] = &labels_of(&fixture, "sleep 2887")[..] else {
        panic!("the command is not one process")
    };
    let own = own.clone();
    let pair = categories(&own);
    let current = |script: &str| {
        container
            .exec(script)
            .ok()
            .trim_matches(['\0', '\n', ' '])
            .to_owned()
    };
    assert_eq!(current("cat /proc/self/attr/current"), own);
    crate::command::eventually("the health check said its label", || {
        container
            .exec("cat /label-of-health")
            .stdout
            .trim_matches(['\0', '\n', ' '])
            == own
    });
    // everything of it: the root, a file of its own, and what is mounted on it
    let files =
        container.exec("touch /new; stat --format=%C / /bin/sh /etc/hosts /new /dev/null /dev/shm /dev/pts /dev/mqueue /proc/kcore");
    let files = files.ok();
    assert_eq!(files.lines().count(), 9, "{files}");
    assert!(
        files
            .lines()
            .all(|line| line == format!("system_u:object_r:container_file_t:s0:{pair}")),
        "{files}"
    );
    // a shell line below our own init, one with ids of its own, and another type
    fixture.detached("line", &["sh", "-c", "sleep 2888; true"]);
    fixture.detached(
        "users",
        &[
            "--userns",
            "auto",
            "--tmpfs",
            "/cache:size=1M",
            "sleep",
            "2889",
        ],
    );
    let mut pairs = vec![pair];
    for word in ["sleep 2888", "sleep 2889"] {
        let [label] = &labels_of(&fixture, word)[..] else {
            panic!("{word} is not one process")
        };
        pairs.push(categories(label));
    }
    pairs.sort_unstable();
    pairs.dedup();
    assert_eq!(pairs.len(), 3, "each has categories of its own");
    assert_eq!(
        fixture
            .container("users")
            .exec("touch /here /cache/there /dev/shm/x && ls /dev/mqueue && echo done")
            .ok(),
        "done\n"
    );
    fixture.detached("loose", &["--selinux", "unconfined", "sleep", "2890"]);
    assert_eq!(
        labels_of(&fixture, "sleep 2890"),
        [label(std::process::id().cast_signed())]
    );
}

#[test]
fn what_shares_processes_or_memory_shares_the_categories_and_a_restart_keeps_them() {
    if !is_on() {
        return;
    }
    let fixture = Fixture::new();
    let one = fixture.detached("one", &["sleep", "2891"]);
    let before = label(one.pid());
    let beside = fixture.detached(
        "beside",
        &[
            "--ipc",
            "container:one",
            "--pid",
            "container:one",
            "sleep",
            "2892",
        ],
    );
    assert_eq!(label(beside.pid()), before);
    beside.verb(&["destroy", "--force"]).ok();
    one.verb(&["stop", "-t", "1"]).ok();
    one.verb(&["start"]).ok();
    assert_eq!(label(one.pid()), before);
}

#[test]
fn the_selinux_policy_alone_refuses_a_mount() {
    if !is_on() {
        return;
    }
    let fixture = Fixture::new();
    assert!(!mounts(&fixture, &[]), "refused by the policy alone");
    assert!(
        mounts(&fixture, &["--selinux", "unconfined"]),
        "nothing else refuses it"
    );
}

#[test]
fn a_volume_is_usable_by_the_containers_it_is_labelled_for() {
    if !is_on() {
        return;
    }
    let fixture = Fixture::new();
    let volume = fixture.state().join("volume");
    fs::create_dir_all(volume.join("below")).unwrap();
    fs::write(volume.join("below/file"), "seen\n").unwrap();
    let outside = fixture.state().join("outside");
    fs::write(&outside, "the host's\n").unwrap();
    let before = file_label(&outside);
    symlink(&outside, volume.join("link")).unwrap();
    let run = |mode: &str| {
        let text = format!("{}:/v{mode}", volume.display());
        fixture.minic(&["run", "--rm", "-v", &text, "cat", "/v/below/file"])
    };
    assert_ne!(run("").code, Some(0), "the host's files are the host's");
    assert_eq!(run(":z").ok(), "seen\n");
    assert_eq!(run("").ok(), "seen\n", "what is everybody's stays so");
    assert_eq!(run(":ro,Z").ok(), "seen\n");
    assert_ne!(
        run("").code,
        Some(0),
        "what is one container's is no other's"
    );
    assert_eq!(file_label(&outside), before, "no link is followed");
    // a link that leads to what the host needs
    let lure = fixture.state().join("lure");
    symlink("/etc", &lure).unwrap();
    let refused = fixture
        .minic(&[
            "run",
            "--rm",
            "-v",
            &format!("{}:/v:Z", lure.display()),
            "true",
        ])
        .refused(125);
    assert!(refused.contains("belongs to the host"), "{refused}");
    assert!(fixture.list().is_empty());
}

#[test]
fn exec_streams_work_whatever_the_caller_has() {
    if !is_on() {
        return;
    }
    let fixture = Fixture::new();
    // below an init that reaps: what is left behind must not look alive
    let container = fixture.detached("streams", &["--init", "sleep", "1000"]);
    let (from, to) = (fixture.state().join("from"), fixture.state().join("to"));
    // more than fits into a pipe, from a file and into one, which the container's label allows
    // neither of
    let text = "0123456789abcdef\n".repeat(20_000);
    fs::write(&from, &text).unwrap();
    let mut command = fixture.command(&[
        "exec",
        "-i",
        "streams",
        "sh",
        "-c",
        "cat; echo told >&2; exit 7",
    ]);
    let command = command
        .stdin(fs::File::open(&from).unwrap())
        .stdout(fs::File::create(&to).unwrap())
        .stderr(Stdio::piped());
    let output = command.output().unwrap();
    assert_eq!(
        (output.status.code(), output.stderr.as_slice()),
        (Some(7), b"told\n".as_slice())
    );
    assert_eq!(fs::read_to_string(&to).unwrap(), text);
    // one that leaves a child with its streams behind ends all the same
    let left = container.exec("sleep 900 & echo left");
    assert_eq!((left.code, left.stdout.as_str()), (Some(0), "left\n"));
    let loud = container.exec("yes & echo done >&2");
    assert_eq!((loud.code, loud.stderr.as_str()), (Some(0), "done\n"));
    // one whose reader goes away ends as it would have by itself
    let script = format!(
        "{} --state {} exec streams yes | head -n 1",
        env!("CARGO_BIN_EXE_minic-tui"),
        fixture.state().display()
    );
    assert_eq!(
        finish(std::process::Command::new("sh").args(["-c", &script]), "").ok(),
        "y\n"
    );
    crate::command::eventually("yes has ended", || {
        !container
            .exec("cat /proc/[0-9]*/comm")
            .stdout
            .lines()
            .any(|name| name == "yes")
    });
}

#[test]
fn a_root_with_a_layer_has_the_containers_etc_files() {
    if !is_on() {
        return;
    }
    let fixture = Fixture::new();
    let root = fixture.state().join("own-root");
    fs::create_dir_all(root.join("bin")).unwrap();
    for name in ["sh", "cat"] {
        fs::copy("/bin/busybox", root.join("bin").join(name)).unwrap();
    }
    let args = [
        "run",
        "--rm",
        "--root",
        root.to_str().unwrap(),
        "--overlay",
        "--hostname",
        "own",
        "cat",
        "/etc/hostname",
    ];
    assert_eq!(fixture.minic(&args).ok(), "own\n");
}

/// CVE-2019-16884: what the image has for `/proc` takes the label in the place of the kernel.
#[test]
fn a_fake_proc_does_not_swallow_the_label() {
    if !is_on() {
        return;
    }
    let fixture = Fixture::new();
    let root = fixture.state().join("false-root");
    fs::create_dir_all(root.join("bin")).unwrap();
    fs::create_dir_all(root.join("proc/thread-self/attr")).unwrap();
    fs::write(root.join("proc/thread-self/attr/exec"), "").unwrap();
    fs::copy("/bin/busybox", root.join("bin/sleep")).unwrap();
    fixture.detached(
        "plain",
        &[
            "--root",
            root.to_str().unwrap(),
            "--overlay",
            "sleep",
            "2893",
        ],
    );
    let [label] = &labels_of(&fixture, "sleep 2893")[..] else {
        panic!("not one process")
    };
    categories(label);
    assert_eq!(
        fs::read_to_string(root.join("proc/thread-self/attr/exec")).unwrap(),
        ""
    );
}

#[test]
fn it_is_shown_as_the_kernel_has_it() {
    if !is_on() {
        return;
    }
    let fixture = Fixture::new();
    let pair = categories(&label(fixture.detached("seen", &["sleep", "1000"]).pid()));
    let check = fixture.json(&["check", "--quick"]).to_string();
    assert!(
        check.contains("SELinux, enforcing")
            && check.contains("containers run as system_u:system_r:container_t:s0"),
        "{check}"
    );
    isolation_says(&fixture, &["SELinux", &format!("container_t:s0:{pair}")]);
}

/// A host with SELinux whose file system is not mounted, or whose policy lacks a rule: a container
/// runs, and it is said that it has no label.
#[test]
fn a_start_without_selinux_says_why() {
    if !is_on() {
        return;
    }
    let fixture = Fixture::new();
    let run = |before: &str| {
        let outcome = after(&fixture, before, "run --rm true");
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        assert!(
            outcome
                .stderr
                .contains("runs without an SELinux label, which this host has: "),
            "{outcome:?}"
        );
        outcome.stderr
    };
    assert!(run("umount /sys/fs/selinux").contains("its file system is not mounted"));
    assert!(run("mount -t tmpfs none /etc/selinux").contains("/etc/selinux/config: No such file"));
    let contexts =
        "for c in /etc/selinux/*/contexts/lxc_contexts; do mount --bind /dev/null $c; done";
    assert!(run(contexts).contains("it names no process and no file"));
    let told = run(
        "for c in /etc/selinux/*/contexts/lxc_contexts; do sed 's/container_t/kernel_t/' $c > /run/c-$$; mount --bind /run/c-$$ $c; done",
    );
    assert!(
        told.contains("the policy lacks \"allow unconfined_t kernel_t:process transition;\""),
        "{told}"
    );
    joins_alike(&fixture, "umount /sys/fs/selinux", "an SELinux label");
}
