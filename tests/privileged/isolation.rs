//! What a container can see of its host, and what is left on the host afterwards: nothing.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::Command;

use crate::fixture::Fixture;

#[test]
fn it_sees_only_its_own_processes() {
    let fixture = Fixture::new();
    let seen = fixture
        .minic(&[
            "run",
            "--memory",
            "128",
            "--cpu",
            "512",
            "/bin/sh",
            "-c",
            "cat /proc/self/cgroup; hostname; ps",
        ])
        .ok();
    let (cgroups, rest): (Vec<&str>, Vec<&str>) = seen
        .lines()
        .partition(|line| line.contains(':') && line.contains("/") && !line.contains(' '));
    assert!(
        !cgroups.is_empty() && cgroups.iter().all(|line| line.ends_with(":/")),
        "its cgroup is its root: {cgroups:?}"
    );
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    assert_ne!(rest[0], host.trim());
    let processes: Vec<&str> = rest[2..]
        .iter()
        .filter_map(|line| line.split_whitespace().last())
        .collect();
    assert_eq!(processes, ["minic-init", "sh", "ps"], "{seen}");

    let inside = fixture.sh("ls /proc | grep '^[0-9]'");
    assert!(inside.lines().count() <= 4, "{inside}");
}

#[test]
fn every_namespace_is_its_own() {
    let fixture = Fixture::new();
    let namespaces = |pid: &str| {
        ["pid", "mnt", "uts", "ipc", "net", "cgroup"]
            .map(|kind| fs::read_link(format!("/proc/{pid}/ns/{kind}")).unwrap())
    };
    let own = namespaces("self");
    let apart = fixture.detached("apart", &["sleep", "1000"]);
    let its = namespaces(&apart.pid().to_string());
    assert!(own.iter().zip(&its).all(|(a, b)| a != b), "{own:?} {its:?}");

    let shared = fixture.detached("shared", &["--net", "host", "sleep", "1000"]);
    let its = namespaces(&shared.pid().to_string());
    let same: Vec<_> = own.iter().zip(&its).filter(|(a, b)| a == b).collect();
    assert_eq!(
        same.len(),
        1,
        "--net host shares the network and nothing else: {same:?}"
    );
}

#[test]
fn its_root_is_not_the_hosts() {
    let fixture = Fixture::new();
    let secret = fixture.state().join("secret");
    fs::write(&secret, "host").unwrap();
    assert_eq!(
        fixture.sh(&format!("cat {} 2>/dev/null; echo done", secret.display())),
        "done\n"
    );
    fs::remove_file(secret).unwrap();

    let writer = fixture.detached(
        "writer",
        &[
            "sh",
            "-c",
            "echo x > /written; echo x > /etc/written; exec sleep 1000",
        ],
    );
    crate::command::eventually("it wrote", || {
        writer.exec("test -e /etc/written").code == Some(0)
    });
    assert!(!fs::exists("/written").unwrap() && !fs::exists("/etc/written").unwrap());
    let root = |pid: &str| {
        fs::metadata(format!("/proc/{pid}/root/"))
            .map(|data| (data.dev(), data.ino()))
            .unwrap()
    };
    assert_ne!(root("self"), root(&writer.pid().to_string()));
    assert_eq!(
        fixture.sh("test -e /written && echo leaked; echo done"),
        "done\n",
        "nor does the next one see it"
    );
}

#[test]
fn the_hosts_mounts_are_not_there() {
    let fixture = Fixture::new();
    let table = fixture.sh("cat /proc/self/mountinfo");
    let points: BTreeSet<&str> = table
        .lines()
        .filter_map(|line| line.split(' ').nth(4))
        .collect();
    let expected = |point: &str| {
        point == "/"
            || ["/proc", "/sys", "/dev", "/tmp", "/run", "/etc/"]
                .iter()
                .any(|top| point.starts_with(top))
    };
    assert!(points.contains("/") && points.contains("/proc"), "{table}");
    assert!(points.iter().all(|point| expected(point)), "{table}");
    assert_eq!(
        table
            .lines()
            .filter(|line| line.split(' ').nth(4) == Some("/"))
            .count(),
        1,
        "the old root is detached:\n{table}"
    );
    assert!(
        !table.contains("shared:"),
        "no mount is announced to the host:\n{table}"
    );
}

#[test]
fn the_usual_devices_are_there_and_work() {
    let fixture = Fixture::new();
    let seen = fixture.sh(
        "cd /dev; for d in null zero full random urandom tty ptmx fd stdin stdout stderr shm mqueue pts; do test -e $d || echo missing $d; done; \
         head -c 3 zero | wc -c; echo x > null; head -c 9 urandom | wc -c; echo shm > shm/f; cat shm/f; ls -d sd* vd* mem kmsg 2>/dev/null; echo end",
    );
    assert_eq!(
        seen.split_whitespace().collect::<Vec<_>>(),
        ["3", "9", "shm", "end"]
    );
}

#[test]
fn sys_is_read_only_and_tmp_is_not() {
    let fixture = Fixture::new();
    let table = fixture.sh("cat /proc/self/mountinfo");
    let sys = table
        .lines()
        .find(|line| line.split(' ').nth(4) == Some("/sys"))
        .unwrap_or_else(|| panic!("no /sys:\n{table}"));
    assert!(
        sys.split(' ')
            .nth(5)
            .unwrap()
            .split(',')
            .any(|option| option == "ro"),
        "{sys}"
    );
    assert_eq!(fixture.sh("echo x > /tmp/f && cat /tmp/f"), "x\n");
}

#[test]
fn the_network_is_lo_alone_and_up() {
    let fixture = Fixture::new();
    let seen = fixture.sh("cat /proc/net/dev");
    let devices: Vec<&str> = seen
        .lines()
        .skip(2)
        .filter_map(|line| line.split(':').next())
        .map(str::trim)
        .collect();
    assert_eq!(devices, ["lo"]);
    let flags = fixture.sh("cat /sys/class/net/lo/flags");
    let flags = u32::from_str_radix(flags.trim().trim_start_matches("0x"), 16).unwrap();
    assert_eq!(flags & 1, 1, "IFF_UP");
}

#[test]
fn hostname_and_hosts_are_in_etc() {
    let fixture = Fixture::new();
    let seen = fixture
        .minic(&[
            "run",
            "--name",
            "etc",
            "sh",
            "-c",
            "hostname; cat /etc/hostname; id -un; cat /etc/hosts",
        ])
        .ok();
    let lines: Vec<&str> = seen.lines().collect();
    assert_eq!(lines[0], lines[1]);
    assert_eq!(lines[2], "root");
    assert!(
        seen.contains("127.0.0.1") && lines[3..].iter().any(|line| line.contains(lines[0])),
        "{seen}"
    );
}

#[test]
fn two_containers_do_not_see_each_other() {
    let fixture = Fixture::new();
    let one = fixture.detached("one", &["sleep", "1111"]);
    let two = fixture.detached("two", &["sleep", "2222"]);
    one.exec("echo one > /tmp/mine; hostname other 2>/dev/null; true")
        .ok();
    assert_eq!(two.exec("ls /tmp").ok(), "");
    assert!(!two.exec("cat /proc/[0-9]*/cmdline").ok().contains("1111"));
    assert_ne!(two.exec("hostname").ok(), "other\n");
}

#[test]
fn nothing_of_the_host_has_changed() {
    let mounts = || {
        fs::read_to_string("/proc/self/mountinfo")
            .unwrap()
            .lines()
            .filter(|line| !line.contains("minic-test-"))
            .count()
    };
    let hostname = || Command::new("uname").arg("-n").output().unwrap().stdout;
    let before = (mounts(), hostname());
    {
        let fixture = Fixture::new();
        let one = fixture.detached("one", &["sleep", "1000"]);
        one.exec("hostname other; mount -t tmpfs tmpfs /mnt; true")
            .ok();
        one.verb(&["destroy", "-f"]).ok();
        fixture.is_clean();
    }
    assert_eq!(before, (mounts(), hostname()));
}
