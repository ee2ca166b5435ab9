//! Detection on recorded hosts (`tests/fixtures/cgroup/README.md`).

use std::fs;
use std::path::{Path, PathBuf};

use super::*;

fn fixture(host: &str) -> Layout {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/cgroup")
        .join(host);
    let text = |file: &str| fs::read_to_string(folder.join(file)).unwrap();
    let read = |path: &Path| match path.file_name().and_then(|n| n.to_str()) {
        Some("cgroups") => fs::read_to_string(folder.join("proc-cgroups")).ok(),
        Some(file) => fs::read_to_string(folder.join(file)).ok(),
        None => None,
    };
    Layout::parse(&text("mountinfo"), &text("cgroup"), &read).unwrap()
}

fn mount(layout: &Layout, controller: Controller) -> Option<&str> {
    layout.hierarchy(controller).and_then(|h| h.mount.to_str())
}

fn own(layout: &Layout, controller: Controller) -> Option<&str> {
    layout.hierarchy(controller).and_then(|h| h.own.as_deref())
}

fn reason<'a>(layout: &'a Layout, figure: &str) -> Option<&'a str> {
    layout
        .missing()
        .iter()
        .find(|m| m.figure == figure)
        .map(|m| m.reason.as_str())
}

#[test]
fn pure_v2_with_systemd() {
    let layout = fixture("v2-systemd");
    assert_eq!((layout.mode(), layout.hierarchies().len()), (Mode::V2, 1));
    for controller in Controller::ALL
        .into_iter()
        .filter(|c| *c != Controller::Systemd)
    {
        assert_eq!(
            layout.version(controller),
            Some(Version::V2),
            "{controller:?}"
        );
    }
    assert_eq!(layout.version(Controller::Systemd), None);
    assert_eq!(
        own(&layout, Controller::Memory),
        Some("/user.slice/user-1000.slice/session-3.scope")
    );
    assert_eq!(layout.missing(), []);
}

#[test]
fn hybrid_decides_per_controller() {
    let layout = fixture("hybrid");
    assert_eq!(layout.mode(), Mode::Hybrid);
    assert_eq!(layout.hierarchies()[0].version, Version::V2, "v2 first");
    assert_eq!(
        mount(&layout, Controller::Memory),
        Some("/sys/fs/cgroup/memory")
    );
    assert_eq!(own(&layout, Controller::Memory), Some("/agent/worker"));
    assert_eq!(mount(&layout, Controller::Io), Some("/sys/fs/cgroup/blkio"));
    assert_eq!(layout.version(Controller::Freezer), Some(Version::V1));
    assert_eq!(layout.version(Controller::Hugetlb), Some(Version::V2));
    assert_eq!(
        layout.v2().and_then(|h| h.mount.to_str()),
        Some("/sys/fs/cgroup/unified")
    );
    assert_eq!(layout.missing(), []);
    let joined = layout
        .hierarchies()
        .iter()
        .filter(|h| h.is_joined())
        .map(|h| h.mount.file_name().unwrap());
    let joined: Vec<_> = joined.map(|n| n.to_str().unwrap()).collect();
    assert_eq!(
        joined,
        [
            "unified", "cpu", "cpuacct", "memory", "devices", "freezer", "blkio", "pids", "systemd"
        ],
        "cpuset limits nothing by itself and is left out"
    );
}

#[test]
fn v1_with_two_controllers_on_one_mount() {
    let layout = fixture("v1");
    assert_eq!((layout.mode(), layout.v2()), (Mode::V1, None));
    for controller in [Controller::Cpu, Controller::Cpuacct] {
        assert_eq!(
            mount(&layout, controller),
            Some("/sys/fs/cgroup/cpu,cpuacct")
        );
        assert_eq!(own(&layout, controller), Some("/user.slice"));
    }
    assert_eq!(
        own(&layout, Controller::Systemd),
        Some("/user.slice/user-0.slice/session-1.scope")
    );
    assert!(
        !layout
            .hierarchies()
            .iter()
            .any(|h| h.mount.ends_with("perf_event")),
        "nothing of ours is there"
    );
    assert_eq!(layout.missing(), []);
}

#[test]
fn container_with_a_cgroup_namespace() {
    let layout = fixture("container-v2");
    assert_eq!(
        (layout.mode(), own(&layout, Controller::Cpu)),
        (Mode::V2, Some("/"))
    );
    assert!(layout.hierarchies()[0].is_joined());
}

#[test]
fn read_only_views_are_seen_and_not_used() {
    let layout = fixture("container-v1-readonly");
    assert_eq!(layout.mode(), Mode::V1);
    assert!(
        layout
            .hierarchies()
            .iter()
            .all(|h| h.read_only && !h.is_joined())
    );
    assert_eq!(
        own(&layout, Controller::Cpu),
        Some("/"),
        "the mount shows our own folder"
    );
    assert_eq!(own(&layout, Controller::Pids), Some("/inner"));
    assert_eq!(
        own(&layout, Controller::Memory),
        None,
        "/docker/4f5c1 is not in /docker/4f5c12"
    );
    assert!(
        reason(&layout, "memory")
            .unwrap()
            .contains("/sys/fs/cgroup/memory is mounted read-only")
    );
    assert!(reason(&layout, "pids").unwrap().contains("--privileged"));
}

#[test]
fn a_mount_that_shows_more_than_our_namespace() {
    let layout = fixture("namespace-below-mount");
    assert_eq!(layout.mode(), Mode::V2);
    assert_eq!(
        own(&layout, Controller::Cpu),
        None,
        "where we are in it cannot be told"
    );
}

#[test]
fn a_folder_of_the_tree_with_some_controllers() {
    let layout = fixture("delegated-without-io");
    assert_eq!(
        own(&layout, Controller::Cpu),
        Some("/init.scope"),
        "escapes of mountinfo are undone"
    );
    assert_eq!(layout.version(Controller::Io), None);
    assert!(
        reason(&layout, "io")
            .unwrap()
            .contains("not passed on to /sys/fs/cgroup")
    );
    assert_eq!(layout.missing().len(), 1);
}

#[test]
fn no_memory_controller() {
    let layout = fixture("no-memory");
    assert_eq!(layout.version(Controller::Memory), None);
    assert!(
        reason(&layout, "memory")
            .unwrap()
            .contains("cgroup_enable=memory")
    );
    assert_eq!(layout.missing().len(), 1);
}

#[test]
fn a_v1_host_whose_kernel_has_memory_on_v2_only() {
    let mountinfo =
        "1 0 0:1 / / rw - ext4 d rw\n2 1 0:2 / /sys/fs/cgroup/cpu rw - cgroup c rw,cpu\n";
    let read = |path: &Path| {
        path.ends_with("cgroups")
            .then(|| "cpu 1 1 1\nmemory 0 80 1\npids 5 9 1\n".to_owned())
    };
    let layout = Layout::parse(mountinfo, "1:cpu:/\n", &read).unwrap();
    assert!(
        reason(&layout, "memory")
            .unwrap()
            .contains("mount -t cgroup2")
    );
    assert!(
        reason(&layout, "pids")
            .unwrap()
            .contains("v1 tree is not mounted")
    );
    assert!(
        reason(&layout, "io")
            .unwrap()
            .contains("this kernel has no io controller")
    );
}

#[test]
fn without_any_tree_the_error_says_what_to_do() {
    let error = Layout::parse("1 0 0:1 / / rw - ext4 d rw\n", "0::/\n", &|_| None).unwrap_err();
    assert!(error.to_string().contains("none is mounted"), "{error}");
    assert!(error.hint.unwrap().contains("mount -t cgroup2"));
}

#[test]
fn the_writable_view_of_a_tree_wins() {
    let mountinfo = "1 0 0:1 / / rw - ext4 d rw\n2 1 0:9 / /ro ro - cgroup2 c rw\n3 1 0:9 / /rw rw - cgroup2 c rw\n4 1 0:9 / /too rw - cgroup2 c rw\n";
    let layout = Layout::parse(mountinfo, "0::/\n", &|_| Some("memory".into())).unwrap();
    assert_eq!(
        (
            layout.hierarchies().len(),
            mount(&layout, Controller::Memory)
        ),
        (1, Some("/rw"))
    );
}
