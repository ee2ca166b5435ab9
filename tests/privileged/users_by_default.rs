//! The default users of a container: its own, except for the cases that README names; and the users
//! of one that joins another.

use std::fs;

use crate::command::eventually;
use crate::fixture::Fixture;

/// Who shares a container's processes is in its user namespace, in its own of everything else; who
/// shares its memory has its ids.
#[test]
fn joining_its_processes_joins_its_user_namespace() {
    let fixture = Fixture::new();
    let one = fixture.detached("one", &["--hostname", "first", "sleep", "1000"]);
    let spaces = "for n in user pid mnt uts ipc net cgroup; do readlink /proc/self/ns/$n; done; ps -e -o args; hostname; ls /sys/class/net; id -u; touch /made /tmp/x; stat -c %u /made";
    let own = one.exec(spaces).ok();
    for asked in [&[][..], &["--userns", "auto"]] {
        let args = [
            &["run", "--rm"],
            asked,
            &[
                "--pid",
                "container:one",
                "--name",
                "second",
                "sh",
                "-c",
                spaces,
            ],
        ]
        .concat();
        let seen = fixture.minic(&args).ok();
        let (seen, own): (Vec<&str>, Vec<&str>) = (seen.lines().collect(), own.lines().collect());
        assert_eq!(seen[..2], own[..2], "its users and its processes");
        assert!(
            (2..7).all(|n| seen[n] != own[n]),
            "the rest is its own: {seen:?} {own:?}"
        );
        assert!(
            seen.contains(&"sleep 1000") && !seen.iter().any(|line| line.contains("supervisor")),
            "{seen:?}"
        );
        assert_eq!(seen[seen.len() - 4..], ["second", "lo", "0", "0"]);
    }
    let queue = "grep -c . /proc/sysvipc/shm; cat /proc/self/uid_map";
    let map = one.exec("cat /proc/self/uid_map").ok();
    assert!(
        fixture
            .minic(&["run", "--rm", "--ipc", "container:one", "sh", "-c", queue])
            .ok()
            .ends_with(&map)
    );
    let other = fixture
        .minic(&[
            "run",
            "--rm",
            "--net",
            "container:one",
            "cat",
            "/proc/self/uid_map",
        ])
        .ok();
    assert_ne!(other, map, "a network has no owners: its ids are its own");
    let second = fixture.detached("second", &["--pid", "container:one", "sleep", "2000"]);
    assert_eq!(
        second.exec("ps -e -o args | grep -c sleep.[12]000").ok(),
        "2\n"
    );
    assert_eq!(
        second.exec("hostname; cat /proc/self/uid_map").ok(),
        format!("second\n{map}")
    );
    one.verb(&["stop", "-t", "0"]).ok();
    eventually("it ends with them", || second.state() == "STOPPED");
    assert!(
        second
            .verb(&["start"])
            .refused(125)
            .contains("is not running")
    );
    one.verb(&["start"]).ok();
    second.verb(&["start"]).ok();
    assert_eq!(
        second.exec("ps -e -o args | grep -c sleep.[12]000").ok(),
        "2\n"
    );
}

/// A range is taken until the last that has it is gone.
#[test]
fn shared_ids_are_given_to_nobody_else_while_one_has_them() {
    let fixture = Fixture::new();
    let settings = fixture.state().join("settings.toml");
    fs::write(&settings, "[userns]\nfirst = 700000\nranges = 1\n").unwrap();
    let minic =
        |args: &[&str]| fixture.minic(&[&["--config", settings.to_str().unwrap()], args].concat());
    minic(&["run", "-d", "--name", "a", "sleep", "1000"]).ok();
    minic(&[
        "run",
        "-d",
        "--name",
        "b",
        "--ipc",
        "container:a",
        "sleep",
        "1000",
    ])
    .ok();
    minic(&["destroy", "-f", "a"]).ok();
    assert!(
        minic(&["create", "--name", "n", "true"])
            .refused(125)
            .contains("userns.ranges")
    );
    minic(&["destroy", "-f", "b"]).ok();
    minic(&["create", "--name", "n", "true"]).ok();
    assert_eq!(fixture.json(&["info", "n"])[0]["ids"]["first"], 700_000);
}

/// The rules of README: what cannot be had with ids of its own has the host's, and says so.
#[test]
fn the_default_user_ids_give_way_only_by_rule() {
    let fixture = Fixture::new();
    fixture.detached("hosts", &["--userns", "host", "sleep", "1000"]);
    let created = |args: &[&str]| {
        let id = fixture
            .minic(&[&["create"], args, &["sleep", "1"]].concat())
            .ok();
        let info = fixture.json(&["info", id.trim()])[0].clone();
        let said = fixture.minic(&["info", id.trim()]).ok();
        fixture.minic(&["destroy", id.trim()]).ok();
        let field = |name: &str| info[name].as_str().map(str::to_owned);
        (
            field("userns").unwrap(),
            field("host_users"),
            info["ids"]["first"].as_u64(),
            said,
        )
    };
    for own in [
        &[][..],
        &["--cap-add", "SYS_ADMIN"],
        &["--cap-add", "NET_ADMIN"],
        &["--cap-add", "SYS_PTRACE"],
        &["--uts", "host"],
        &["--cgroupns", "host"],
        &["--seccomp", "unconfined"],
        &["-v", "/tmp:/t"],
        &["--user", "7"],
        &["--net", "host", "--userns", "auto"],
    ] {
        let (mode, why, ids, said) = created(own);
        assert_eq!(
            (mode.as_str(), why, ids.is_some()),
            ("auto", None, true),
            "{own:?}"
        );
        assert!(
            said.contains("Users        its own: 0 to 65535 inside are "),
            "{said}"
        );
    }
    for (args, reason) in [
        (&["--privileged"][..], "--privileged"),
        (&["--net", "host"], "--net host"),
        (&["--pid", "host"], "--pid host"),
        (&["--ipc", "host"], "--ipc host"),
        (&["--device", "/dev/zero"], "--device"),
        (&["--cap-add", "MKNOD"], "gives MKNOD"),
        (&["--cap-add", "CAP_SYS_TIME"], "gives SYS_TIME"),
        (&["--net", "container:hosts"], "container hosts"),
        (&["--pid", "container:hosts"], "container hosts"),
    ] {
        let (mode, why, ids, said) = created(args);
        assert_eq!((mode.as_str(), ids), ("host", None), "{args:?}");
        let why = why.unwrap();
        assert!(
            why.contains(reason) && said.contains(&format!("Users        the host's: {why}")),
            "{args:?}: {why} {said}"
        );
    }
    let (mode, why, ..) = created(&["--userns", "host"]);
    assert_eq!(
        (mode.as_str(), why),
        ("host", None),
        "nobody needs to be told what he asked for"
    );
    let settings = fixture.state().join("settings.toml");
    for text in ["userns = \"host\"\n", "[userns]\ndefault = \"host\"\n"] {
        fs::write(&settings, text).unwrap();
        let (mode, why, ..) = created(&["--config", settings.to_str().unwrap()]);
        assert_eq!(
            (mode.as_str(), why.is_some_and(|why| why.contains("config"))),
            ("host", true),
            "{text}"
        );
    }
}
