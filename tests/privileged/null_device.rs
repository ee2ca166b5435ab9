//! A stream without a destination is the container's own null device, never the host's.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use crate::command::eventually;
use crate::fixture::Fixture;

/// The host's null device as it was; as it must be, when this is dropped.
struct HostNull {
    before: (u64, u64, u32, u32, u32),
}

impl HostNull {
    fn look() -> (u64, u64, u32, u32, u32) {
        let data = fs::metadata("/dev/null").unwrap();
        (data.dev(), data.ino(), data.mode(), data.uid(), data.gid())
    }
}

impl Drop for HostNull {
    fn drop(&mut self) {
        fs::set_permissions("/dev/null", fs::Permissions::from_mode(0o666)).unwrap();
        std::os::unix::fs::chown("/dev/null", Some(0), Some(0)).unwrap();
    }
}

#[test]
fn no_container_holds_the_hosts_null_device() {
    let host = HostNull {
        before: HostNull::look(),
    };
    let fixture = Fixture::new();
    // 0640 and not 000: the machine goes on meanwhile, should it work
    let spoil = |links: &str| {
        format!(
            "chmod 640 {links}; chown 1:1 {links}; touch -d 2001-01-01 {links}; stat -L -c '%d:%i %t:%T' {links}"
        )
    };
    let streams = "/proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2";
    for users in ["host", "auto"] {
        let check = format!(
            "({}) > /said.new; mv /said.new /said",
            spoil("/proc/self/fd/0 /proc/self/fd/2")
        );
        let health = [
            "--userns",
            users,
            "--health-cmd",
            check.as_str(),
            "--health-interval",
            "300ms",
        ];
        let plain = fixture.detached(
            &format!("plain-{users}"),
            &[&health[..], &["sleep", "1000"]].concat(),
        );
        let line = format!("({}) > /own; while :; do sleep 1; done", spoil(streams));
        let shell = fixture.detached(
            &format!("shell-{users}"),
            &["--userns", users, "sh", "-c", &line],
        );
        let mut said = vec![plain.exec(&spoil("/proc/1/fd/0 /proc/self/fd/0")).stdout];
        for (container, file) in [(&plain, "/said"), (&shell, "/own")] {
            eventually("it told", || {
                container.exec(&format!("grep -q : {file}")).code == Some(0)
            });
            said.push(container.exec(&format!("cat {file}")).ok());
        }
        assert_eq!(HostNull::look(), host.before, "{users}: {said:?}");
        // with ids of its own its nodes are the host's, which belong to nobody inside
        let told = said.concat();
        let nulls: Vec<&str> = told
            .lines()
            .filter_map(|line| line.strip_suffix(" 1:3"))
            .collect();
        assert!(
            nulls.len() >= 3,
            "a null device for each that has nothing to read: {said:?}"
        );
        let of_host = format!("{}:{}", host.before.0, host.before.1);
        assert!(
            users == "auto" || !nulls.contains(&of_host.as_str()),
            "{said:?}"
        );
    }
}

/// A container that put something else in its null device's place has that to do with, never the
/// host's.
#[test]
fn a_replaced_null_device_is_not_used() {
    let fixture = Fixture::new();
    fixture.detached("web", &["sleep", "1000"]);
    fixture
        .minic(&["exec", "web", "mv", "/dev/null", "/dev/saved"])
        .ok();
    for trick in [
        "ln -s /proc/1/fd/0 /dev/null",
        "mkfifo /dev/null",
        "echo mine > /dev/null",
        "mv /dev/zero /dev/null",
        "mkdir /dev/null",
        "true",
    ] {
        let done = fixture.minic(&[
            "exec",
            "-i",
            "web",
            "sh",
            "-c",
            &format!("rm -rf /dev/null; {trick}"),
        ]);
        assert_eq!(done.code, Some(0), "{trick}: {done:?}");
        let said = fixture.minic(&["exec", "web", "cat"]).refused(125);
        assert!(said.contains("null device"), "{trick}: {said}");
    }
    fixture
        .minic(&["exec", "-i", "web", "sh", "-c", "mv /dev/saved /dev/null"])
        .ok();
    assert_eq!(fixture.minic(&["exec", "web", "cat"]).ok(), "");
}
