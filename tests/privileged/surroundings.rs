//! What a container is given of the host, and its identity: volumes, tmpfs, devices, roots, users,
//! process limits, shared namespaces.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::fixture::Fixture;

/// A folder of the host for one test, beside its state.
fn folder(fixture: &Fixture, name: &str) -> PathBuf {
    let folder = fixture.state().join(name);
    fs::create_dir(&folder).unwrap();
    folder
}

fn run(fixture: &Fixture, args: &[&str], script: &str) -> crate::command::Outcome {
    fixture.minic(&[&["run", "--rm"], args, &["sh", "-c", script]].concat())
}

#[test]
fn a_volume_is_shown_and_written_unless_it_is_read_only() {
    let fixture = Fixture::new();
    let data = folder(&fixture, "data");
    fs::write(data.join("in"), "from the host\n").unwrap();
    let volume = format!("{}:/deep/in/side", data.display());
    assert_eq!(
        run(
            &fixture,
            &["-v", &volume],
            "cat /deep/in/side/in; echo back > /deep/in/side/out"
        )
        .ok(),
        "from the host\n"
    );
    assert_eq!(fs::read_to_string(data.join("out")).unwrap(), "back\n");
    let read_only = format!("{volume}:ro");
    assert_ne!(
        run(&fixture, &["-v", &read_only], "echo no > /deep/in/side/out").code,
        Some(0)
    );
    assert_eq!(fs::read_to_string(data.join("out")).unwrap(), "back\n");
    let file = format!("{}:/etc/one-file", data.join("in").display());
    assert_eq!(
        run(&fixture, &["-v", &file], "cat /etc/one-file").ok(),
        "from the host\n"
    );
}

#[test]
fn a_link_in_the_root_cannot_point_a_volume_at_the_host() {
    let fixture = Fixture::new();
    let (root, data, outside) = (
        folder(&fixture, "root"),
        folder(&fixture, "data"),
        folder(&fixture, "outside"),
    );
    fs::create_dir(root.join("bin")).unwrap();
    fs::copy("/bin/busybox", root.join("bin/sh")).unwrap();
    symlink(&outside, root.join("absolute")).unwrap();
    symlink("../../../../../../..", root.join("climbing")).unwrap();
    for target in ["/absolute/x", "/climbing/x"] {
        let volume = format!("{}:{target}", data.display());
        let _ = run(
            &fixture,
            &["--root", root.to_str().unwrap(), "-v", &volume],
            "true",
        );
        assert_eq!(
            fs::read_dir(&outside).unwrap().count(),
            0,
            "{target}: nothing was made outside"
        );
        assert!(!Path::new("/x").exists(), "{target}");
    }
}

#[test]
fn tmpfs_devices_and_a_read_only_root() {
    let fixture = Fixture::new();
    let script = "echo x > /scratch/x && df /scratch | tail -n 1; head -c 3 /dev/mine | wc -c; echo x > /x || echo read-only";
    let args = [
        "--tmpfs",
        "/scratch:size=2M",
        "--device",
        "/dev/zero:/dev/mine",
        "--read-only",
    ];
    let seen = run(&fixture, &args, script).ok();
    let lines: Vec<&str> = seen.lines().collect();
    assert!(
        lines[0].contains(" 2048 ") && lines[1].trim() == "3" && lines[2] == "read-only",
        "{seen}"
    );
}

#[test]
fn any_folder_is_a_root_as_it_is_or_below_a_layer() {
    let fixture = Fixture::new();
    let root = folder(&fixture, "root");
    fs::create_dir(root.join("bin")).unwrap();
    fs::copy("/bin/busybox", root.join("bin/busybox")).unwrap();
    symlink("busybox", root.join("bin/sh")).unwrap();
    let path = root.to_str().unwrap();
    run(
        &fixture,
        &["--root", path, "--overlay"],
        "echo x > /written",
    )
    .ok();
    assert!(
        !root.join("written").exists(),
        "it went to the container's layer"
    );
    run(&fixture, &["--root", path], "echo x > /written").ok();
    assert!(root.join("written").exists());
    assert_ne!(
        run(
            &fixture,
            &["--root", path, "--read-only"],
            "echo x > /again"
        )
        .code,
        Some(0)
    );
    assert!(!root.join("again").exists());
    assert!(
        run(&fixture, &["--root", "/no/such/folder"], "true")
            .refused(125)
            .contains("/no/such/folder")
    );
}

#[test]
fn another_user_has_no_capabilities() {
    let fixture = Fixture::new();
    let seen = run(
        &fixture,
        &["--user", "1234:5678"],
        "id -u; id -g; grep CapEff /proc/self/status; echo x > /dev/stdout; touch /x || echo no",
    )
    .ok();
    let lines: Vec<&str> = seen.lines().collect();
    assert_eq!(
        (lines[0], lines[1], lines[3], lines[4]),
        ("1234", "5678", "x", "no"),
        "{seen}"
    );
    assert!(lines[2].ends_with("0000000000000000"), "{seen}");
    assert!(
        run(&fixture, &["--user", "nosuch"], "true")
            .refused(125)
            .contains("user")
    );
}

#[test]
fn limits_and_settings_of_its_own() {
    let fixture = Fixture::new();
    let args = [
        "--ulimit",
        "nofile=100:200",
        "--nice",
        "5",
        "--oom-score-adj",
        "300",
        "--sysctl",
        "net.ipv4.ip_forward=1",
    ];
    let script =
        "ulimit -n; ulimit -Hn; nice; cat /proc/self/oom_score_adj /proc/sys/net/ipv4/ip_forward";
    let before = fs::read_to_string("/proc/sys/net/ipv4/ip_forward").unwrap();
    assert_eq!(run(&fixture, &args, script).ok(), "100\n200\n5\n300\n1\n");
    assert_eq!(
        fs::read_to_string("/proc/sys/net/ipv4/ip_forward").unwrap(),
        before,
        "the host's own is as before"
    );
    assert!(
        run(&fixture, &["--sysctl", "kernel.panic=1"], "true")
            .refused(125)
            .contains("kernel.panic")
    );
    assert!(
        run(
            &fixture,
            &["--net", "host", "--sysctl", "net.ipv4.ip_forward=1"],
            "true"
        )
        .refused(125)
        .contains("host")
    );
}

#[test]
fn names_and_addresses() {
    let fixture = Fixture::new();
    let args = [
        "--hostname",
        "box",
        "--add-host",
        "db:192.0.2.7",
        "--dns",
        "192.0.2.53",
    ];
    let seen = run(&fixture, &args, "hostname; cat /etc/hosts /etc/resolv.conf").ok();
    assert!(
        seen.starts_with("box\n")
            && seen.contains("192.0.2.7\tdb")
            && seen.contains("nameserver 192.0.2.53"),
        "{seen}"
    );
}

#[test]
fn network_and_processes_are_shared_when_asked_for() {
    let fixture = Fixture::new();
    let first = fixture.detached("first", &["sleep", "1000"]);
    let network = "readlink /proc/self/ns/net";
    let of_first = first.exec(network).ok();
    assert_ne!(run(&fixture, &[], network).ok(), of_first);
    assert_eq!(
        run(&fixture, &["--net", "container:first"], network).ok(),
        of_first
    );
    let host = fs::read_link("/proc/self/ns/net").unwrap();
    assert_eq!(
        run(&fixture, &["--net", "host"], network).ok().trim(),
        host.to_str().unwrap()
    );
    let processes = run(&fixture, &["--pid", "container:first"], "ps -e -o args").ok();
    assert!(processes.contains("sleep 1000"), "{processes}");
    fixture.minic(&["stop", "-t", "0", "first"]).ok();
    assert!(
        run(&fixture, &["--net", "container:first"], "true")
            .refused(125)
            .contains("not running")
    );
}

#[test]
fn a_container_among_the_hosts_processes_is_stopped_whole() {
    let fixture = Fixture::new();
    let all = fixture.detached(
        "all",
        &["--pid", "host", "sh", "-c", "sleep 1234 & sleep 1235"],
    );
    let own = std::process::id();
    assert!(
        all.exec(&format!("test -d /proc/{own} && echo seen"))
            .ok()
            .contains("seen")
    );
    fixture.minic(&["stop", "-t", "0", "all"]).ok();
    fixture.minic(&["destroy", "all"]).ok();
    fixture.is_clean();
}

#[test]
fn rename_and_prune() {
    let fixture = Fixture::new();
    fixture.detached("old", &["sleep", "1000"]);
    fixture.minic(&["rename", "old", "new"]).ok();
    assert_eq!(fixture.list()[0]["name"].as_str(), Some("new"));
    fixture.minic(&["run", "true"]).ok();
    assert!(
        fixture
            .minic(&["rename", "new", "a/b"])
            .refused(125)
            .contains("name")
    );
    fixture.minic(&["prune", "-f"]).ok();
    let left = fixture.list();
    assert_eq!(
        (left.len(), left[0]["name"].as_str()),
        (1, Some("new")),
        "what runs stays"
    );
}
