//! `--userns auto`: root inside is nobody outside, and everything that a container does still
//! works.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{Outcome, eventually, finish};
use crate::fixture::{Container, Fixture};

/// A folder of the host for one test, beside its state.
fn folder(fixture: &Fixture, name: &str) -> PathBuf {
    let folder = fixture.state().join(name);
    fs::create_dir(&folder).unwrap();
    folder
}

/// A root of a few files: busybox as `sh`.
fn small_root(fixture: &Fixture) -> PathBuf {
    let root = folder(fixture, "root");
    fs::create_dir(root.join("bin")).unwrap();
    fs::copy("/bin/busybox", root.join("bin/busybox")).unwrap();
    symlink("busybox", root.join("bin/sh")).unwrap();
    root
}

#[track_caller]
fn run(fixture: &Fixture, args: &[&str], script: &str) -> Outcome {
    fixture.minic(
        &[
            &["run", "--rm", "--userns", "auto"],
            args,
            &["sh", "-c", script],
        ]
        .concat(),
    )
}

fn detached<'a>(fixture: &'a Fixture, name: &str, args: &[&str]) -> Container<'a> {
    fixture.detached(
        name,
        &[&["--userns", "auto"], args, &["sleep", "1000"]].concat(),
    )
}

/// The host's user and group of a process.
fn owner(pid: i32) -> (u32, u32) {
    let data = fs::metadata(format!("/proc/{pid}")).unwrap();
    (data.uid(), data.gid())
}

/// What a state folder's spec says of the first of a container's ids.
fn first_id(fixture: &Fixture, container: &Container<'_>) -> u32 {
    let spec = fs::read(
        fixture
            .state()
            .join("containers")
            .join(container.id())
            .join("spec.json"),
    )
    .unwrap();
    let spec: serde_json::Value = serde_json::from_slice(&spec).unwrap();
    u32::try_from(spec["ids"]["first"].as_u64().unwrap()).unwrap()
}

#[test]
fn root_inside_is_nobody_outside() {
    let fixture = Fixture::new();
    let one = detached(&fixture, "one", &[]);
    assert_eq!(one.exec("id -u; id -g").ok(), "0\n0\n");
    let first = first_id(&fixture, &one);
    assert!(first > 100_000, "{first}");
    assert_eq!(owner(one.pid()), (first, first));
    let map = one.exec("cat /proc/self/uid_map /proc/self/gid_map").ok();
    let words: Vec<&str> = map.split_whitespace().collect();
    assert_eq!(
        words,
        [
            "0",
            &first.to_string(),
            "65536",
            "0",
            &first.to_string(),
            "65536"
        ]
    );
    let capabilities = fs::read_to_string(format!("/proc/{}/status", one.pid())).unwrap();
    assert!(capabilities.contains("NoNewPrivs:\t1"), "{capabilities}");
}

#[test]
fn with_the_hosts_owners_a_volumes_file_of_roots_cannot_be_written() {
    let fixture = Fixture::new();
    let data = folder(&fixture, "data");
    fs::write(data.join("public"), "host\n").unwrap();
    fs::write(data.join("secret"), "secret\n").unwrap();
    fs::set_permissions(data.join("secret"), fs::Permissions::from_mode(0o600)).unwrap();
    let open_to_all = folder(&fixture, "open");
    fs::set_permissions(&open_to_all, fs::Permissions::from_mode(0o777)).unwrap();
    let (volume, open) = (
        format!("{}:/data:noidmap", data.display()),
        format!("{}:/open:noidmap", open_to_all.display()),
    );
    let script = "id -u; cat /data/public; cat /data/secret || echo hidden; echo x > /data/public || echo refused; \
                  touch /data/new || echo refused; rm -f /data/public || echo refused; chown 0 /data/public || echo refused; \
                  chmod 777 /data/secret || echo refused; touch /open/mine && echo made";
    let seen = run(&fixture, &["-v", &volume, "-v", &open], script).ok();
    assert_eq!(
        seen,
        "0\nhost\nhidden\nrefused\nrefused\nrefused\nrefused\nrefused\nmade\n"
    );
    assert_eq!(fs::read_to_string(data.join("public")).unwrap(), "host\n");
    assert_eq!(fs::read_dir(&data).unwrap().count(), 2);
    let made = fs::metadata(open_to_all.join("mine")).unwrap();
    assert!(
        made.uid() > 100_000 && made.gid() > 100_000,
        "it belongs to nobody of the host: {}",
        made.uid()
    );
    // the same with the host's users: this is what --userns auto takes away
    let host = [
        "run",
        "--rm",
        "--userns",
        "host",
        "-v",
        &volume,
        "sh",
        "-c",
        "echo x > /data/public",
    ];
    fixture.minic(&host).ok();
    assert_eq!(fs::read_to_string(data.join("public")).unwrap(), "x\n");
}

#[test]
fn no_two_containers_have_an_id_in_common_and_a_range_comes_free_again() {
    let fixture = Fixture::new();
    let (one, two) = (
        detached(&fixture, "one", &[]),
        detached(&fixture, "two", &[]),
    );
    let (first, second) = (first_id(&fixture, &one), first_id(&fixture, &two));
    assert!(first.abs_diff(second) >= 65_536, "{first} {second}");
    // what one leaves in a folder of everybody's, the other cannot touch
    let shared = folder(&fixture, "shared");
    fs::set_permissions(&shared, fs::Permissions::from_mode(0o1777)).unwrap();
    let volume = format!("{}:/shared:noidmap", shared.display());
    run(
        &fixture,
        &["-v", &volume],
        "umask 077; echo mine > /shared/of-third",
    )
    .ok();
    let third = fs::metadata(shared.join("of-third")).unwrap().uid();
    assert!(
        [first, second]
            .iter()
            .all(|other| third.abs_diff(*other) >= 65_536),
        "{third} {first} {second}"
    );
    chown(shared.join("of-third"), Some(first), Some(first)).unwrap();
    assert_eq!(
        run(
            &fixture,
            &["-v", &volume],
            "cat /shared/of-third || echo not mine"
        )
        .ok(),
        "not mine\n"
    );
    // where there are two ranges, a stopped one keeps its own, and a destroyed one leaves it to the
    // next
    let settings = fixture.state().join("settings.toml");
    fs::write(&settings, "[userns]\nfirst = 700000\nranges = 2\n").unwrap();
    let create = |name: &str| {
        fixture.minic(&[
            "--config",
            settings.to_str().unwrap(),
            "create",
            "--name",
            name,
            "true",
        ])
    };
    let ids = |name: &str| fixture.json(&["info", name])[0]["ids"]["first"].as_u64();
    create("three").ok();
    create("four").ok();
    assert_eq!(
        BTreeSet::from([ids("three"), ids("four")]),
        [Some(700_000), Some(765_536)].into()
    );
    let third = ids("three");
    assert!(create("five").refused(125).contains("userns.ranges"));
    fixture.container("three").verb(&["destroy"]).ok();
    create("five").ok();
    assert_eq!(ids("five"), third);
}

#[test]
fn the_image_is_not_copied_and_writes_are_owned_by_its_users() {
    let fixture = Fixture::new();
    let one = detached(&fixture, "one", &[]);
    assert_eq!(
        one.exec("stat -c %u:%g /usr/bin/env /etc/passwd / /root /etc/hosts")
            .ok(),
        "0:0\n".repeat(5)
    );
    one.exec("echo x >> /etc/passwd; mkdir /made; echo y > /made/file; chown 1000:1001 /made/file; rm /usr/bin/env").ok();
    let first = first_id(&fixture, &one);
    let upper = fixture
        .state()
        .join("containers")
        .join(one.id())
        .join("upper");
    let owner = |path: &str| {
        fs::symlink_metadata(upper.join(path))
            .map(|data| (data.uid() - first, data.gid() - first))
            .unwrap()
    };
    assert_eq!(["", "etc/passwd", "made"].map(owner), [(0, 0); 3]);
    assert_eq!(owner("made/file"), (1000, 1001));
    let mut written: BTreeSet<String> = BTreeSet::new();
    let found = Command::new("find")
        .arg(&upper)
        .args(["-mindepth", "1", "-printf", "%P\n"])
        .output()
        .unwrap();
    written.extend(
        String::from_utf8(found.stdout)
            .unwrap()
            .lines()
            .map(str::to_owned),
    );
    for expected in [
        "etc",
        "etc/passwd",
        "made",
        "made/file",
        "usr",
        "usr/bin",
        "usr/bin/env",
    ] {
        assert!(written.remove(expected), "{expected}");
    }
    assert!(
        written
            .iter()
            .all(|path| ["dev", "proc", "sys"].contains(&path.as_str())),
        "nothing else was copied: {written:?}"
    );
    one.verb(&["restart", "-t", "0"]).ok();
    assert_eq!(
        one.exec(
            "tail -n 1 /etc/passwd; stat -c %u:%g /made/file; test -e /usr/bin/env || echo gone"
        )
        .ok(),
        "x\n1000:1001\ngone\n"
    );
}

#[test]
fn its_user_namespace_owns_the_others() {
    let fixture = Fixture::new();
    let one = detached(&fixture, "one", &["--time-offset", "boottime=1h"]);
    let pid = one.pid().to_string();
    let lsns = || {
        Command::new("lsns")
            .args(["-n", "-r", "-o", "TYPE,NS,ONS", "-p", &pid])
            .output()
            .unwrap()
            .stdout
    };
    // it gives up when a process ends that it is just looking at, and others' tests end many
    let mut listed = String::new();
    eventually("lsns lists them", || {
        listed = String::from_utf8(lsns()).unwrap();
        !listed.is_empty()
    });
    let rows: Vec<Vec<&str>> = listed
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    let user = rows
        .iter()
        .find(|row| row[0] == "user")
        .unwrap_or_else(|| panic!("{listed}"))[1];
    let owned: BTreeSet<&str> = rows
        .iter()
        .filter(|row| row[2] == user)
        .map(|row| row[0])
        .collect();
    assert_eq!(
        owned,
        ["cgroup", "ipc", "mnt", "net", "pid", "time", "uts"].into(),
        "{listed}"
    );
}

#[test]
fn everything_works_in_it() {
    let fixture = Fixture::new();
    for (args, script, expected) in [
        (
            &[][..],
            "stat -f -c %T /proc /sys /dev /dev/pts /dev/shm /dev/mqueue",
            "proc\nsysfs\ntmpfs\ndevpts\ntmpfs\nmqueue\n",
        ),
        (
            &[],
            "echo x > /dev/null; head -c 3 /dev/zero | wc -c; head -c 3 /dev/urandom | wc -c",
            "3\n3\n",
        ),
        (
            &[],
            "echo one > /dev/stdout; echo x > /dev/shm/x; cat /dev/shm/x",
            "one\nx\n",
        ),
        (
            &[],
            "ls /sys/class/net; cat /sys/class/net/lo/operstate; touch /sys/x 2>/dev/null || echo read-only",
            "lo\nunknown\nread-only\n",
        ),
        (
            &[],
            "stat -c '%u %n' / /dev /dev/shm /dev/mqueue",
            "0 /\n0 /dev\n0 /dev/shm\n0 /dev/mqueue\n",
        ),
        (&[], "cut -d: -f3 /proc/self/cgroup | sort -u", "/\n"),
        (
            &[],
            "su=$(stat -c %a /tmp); echo $su; ulimit -c 0; mkdir /a/b 2>/dev/null || echo no",
            "1777\nno\n",
        ),
        (
            &["--hostname", "box"],
            "hostname; cat /proc/sys/kernel/hostname",
            "box\nbox\n",
        ),
        (
            &["--sysctl", "net.core.somaxconn=77"],
            "cat /proc/sys/net/core/somaxconn",
            "77\n",
        ),
        (
            &[
                "--ulimit",
                "nofile=100:200",
                "--nice",
                "5",
                "--oom-score-adj",
                "300",
            ],
            "ulimit -n; nice; cat /proc/self/oom_score_adj",
            "100\n5\n300\n",
        ),
        (
            &["--user", "1234:5678"],
            "id -u; id -g; echo x > /dev/stdout; touch /x || echo no; touch /tmp/x && stat -c %u /tmp/x",
            "1234\n5678\nx\nno\n1234\n",
        ),
        (
            &["--tmpfs", "/scratch:size=2M"],
            "echo x > /scratch/x; stat -c %u /scratch/x /scratch; df /scratch | awk 'NR==2 {print $2}'",
            "0\n0\n2048\n",
        ),
        (
            &["--device", "/dev/zero:/dev/mine"],
            "head -c 3 /dev/mine | wc -c",
            "3\n",
        ),
        (
            &["--read-only"],
            "echo x > /x || echo read-only",
            "read-only\n",
        ),
        (
            &["--memory", "64M", "--pids-limit", "20", "--cpu", "512"],
            "echo in",
            "in\n",
        ),
        (
            &["-t"],
            "tty; stat -c %u $(tty); stty size >/dev/null && echo sized",
            "/dev/pts/0\r\n0\r\nsized\r\n",
        ),
    ] {
        let outcome = run(&fixture, args, script);
        assert_eq!(
            (outcome.code, outcome.stdout.as_str()),
            (Some(0), expected),
            "{args:?} {}",
            outcome.stderr
        );
    }
    assert_eq!(
        finish(
            &mut fixture.command(&["run", "-i", "--rm", "--userns", "auto", "cat"]),
            "typed\n"
        )
        .ok(),
        "typed\n"
    );
    assert_eq!(run(&fixture, &[], "exit 7").code, Some(7));
    assert_eq!(run(&fixture, &[], "kill -9 $$").code, Some(137));
}

#[test]
fn namespaces_are_shared_where_the_kernel_allows_it() {
    let fixture = Fixture::new();
    let own = |kind: &str| {
        fs::read_link(format!("/proc/self/ns/{kind}"))
            .unwrap()
            .display()
            .to_string()
    };
    let host_name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    for (args, kind, script) in [
        (["--net", "host"], "net", "test -d /sys/class/net/lo"),
        (["--pid", "host"], "pid", "test -d /proc/self"),
        (["--ipc", "host"], "ipc", "test -d /dev/mqueue"),
        (["--uts", "host"], "uts", "true"),
        (["--cgroupns", "host"], "cgroup", "true"),
    ] {
        let seen = run(
            &fixture,
            &args,
            &format!("{script} && readlink /proc/self/ns/{kind}; hostname; id -u"),
        )
        .ok();
        let lines: Vec<&str> = seen.lines().collect();
        assert_eq!((lines[0], lines[2]), (own(kind).as_str(), "0"), "{args:?}");
        assert_eq!(
            lines[1] == host_name.trim(),
            kind == "uts",
            "{args:?}: {seen}"
        );
    }
    let pid = std::process::id();
    let seen = run(
        &fixture,
        &["--pid", "host"],
        &format!("test -d /proc/{pid} && echo seen; kill -0 {pid} || echo untouchable"),
    )
    .ok();
    assert_eq!(
        seen, "seen\nuntouchable\n",
        "it sees the host's processes and has no power over them"
    );
    let one = detached(&fixture, "one", &[]);
    let network = one
        .exec("readlink /proc/self/ns/net /proc/self/ns/ipc")
        .ok();
    let joined = "readlink /proc/self/ns/net /proc/self/ns/ipc; ls /sys/class/net";
    for users in ["auto", "host"] {
        let args = [
            "run",
            "--rm",
            "--userns",
            users,
            "--net",
            "container:one",
            "--ipc",
            "container:one",
            "sh",
            "-c",
            joined,
        ];
        assert_eq!(
            fixture.minic(&args).ok(),
            format!("{network}lo\n"),
            "{users}"
        );
    }
    let refused = fixture.minic(&[
        "run",
        "--userns",
        "auto",
        "--pid",
        "container:shared",
        "true",
    ]);
    assert!(
        refused.code == Some(1) && refused.stderr.contains("no container"),
        "{refused:?}"
    );
    let shared = fixture.detached("shared", &["--userns", "host", "sleep", "1001"]);
    let refused = fixture
        .minic(&[
            "run",
            "--userns",
            "auto",
            "--pid",
            "container:shared",
            "true",
        ])
        .refused(125);
    assert!(
        refused.contains("pid: ") && refused.contains("leave out --userns auto"),
        "{refused}"
    );
    drop(shared);
}

#[test]
fn any_folder_is_its_root_with_a_layer_or_without() {
    let fixture = Fixture::new();
    let root = small_root(&fixture);
    let path = root.to_str().unwrap();
    let owners = "busybox stat -c %u /bin /bin/busybox; echo x > /written && busybox stat -c %u /written /etc/hosts; busybox cat /etc/hostname";
    let expected = "0\n0\n0\n0\nbox\n";
    assert_eq!(
        run(
            &fixture,
            &["--root", path, "--overlay", "--hostname", "box"],
            owners
        )
        .ok(),
        expected
    );
    assert!(
        !root.join("written").exists(),
        "it went to the container's layer"
    );
    assert_eq!(
        run(&fixture, &["--root", path, "--hostname", "box"], owners).ok(),
        expected
    );
    // the folder is the container's own root: what its root writes is root's
    assert_eq!(fs::metadata(root.join("written")).unwrap().uid(), 0);
    assert_ne!(
        run(
            &fixture,
            &["--root", path, "--read-only"],
            "echo x > /again"
        )
        .code,
        Some(0)
    );
    assert_ne!(
        run(
            &fixture,
            &["--root", path, "--overlay", "--read-only"],
            "echo x > /again"
        )
        .code,
        Some(0)
    );
    assert!(!root.join("again").exists());
}

#[test]
fn a_folder_that_only_root_may_search_can_be_shown() {
    let fixture = Fixture::new();
    let (hidden, inner) = (
        folder(&fixture, "hidden"),
        fixture.state().join("hidden/inner"),
    );
    fs::create_dir(&inner).unwrap();
    fs::write(inner.join("file"), "shown\n").unwrap();
    fs::set_permissions(&hidden, fs::Permissions::from_mode(0o700)).unwrap();
    let volume = format!("{}:/shown:ro", inner.display());
    assert_eq!(
        run(
            &fixture,
            &["-v", &volume],
            "cat /shown/file; echo x > /shown/file || echo refused"
        )
        .ok(),
        "shown\nrefused\n"
    );
    let refused = run(&fixture, &["-v", "/no/such/folder:/x"], "true").refused(125);
    assert!(refused.contains("/no/such/folder"), "{refused}");
}

#[test]
fn it_is_checked_and_restarted() {
    let fixture = Fixture::new();
    let check = [
        "--health-cmd",
        "test $(id -u) = 0 && test -e /proc/1",
        "--health-interval",
        "200ms",
        "--restart",
        "always",
    ];
    let one = detached(&fixture, "one", &check);
    eventually("it is healthy", || {
        one.info()["health"].as_str() == Some("healthy")
    });
    let first = one.pid();
    nix::sys::signal::kill(
        nix::unistd::Pid::from_raw(first),
        nix::sys::signal::Signal::SIGKILL,
    )
    .unwrap();
    eventually("it runs again", || {
        one.info()["pid"]
            .as_i64()
            .is_some_and(|pid| pid != i64::from(first))
    });
    assert_eq!(owner(one.pid()).0, first_id(&fixture, &one));
}

#[test]
fn a_user_beyond_its_ids_is_refused_and_so_is_one_container_too_many() {
    let fixture = Fixture::new();
    let refused = fixture
        .minic(&["run", "--userns", "auto", "--user", "65536", "true"])
        .refused(125);
    assert!(
        refused.contains("user: ") && refused.contains("0 to 65535"),
        "{refused}"
    );
    let settings = fixture.state().join("settings.toml");
    fs::write(
        &settings,
        "[userns]\nfirst = 700000\nsize = 1000\nranges = 1\n",
    )
    .unwrap();
    let config = ["--config", settings.to_str().unwrap()];
    let args = [
        &config[..],
        &[
            "run", "-d", "--name", "one", "--userns", "auto", "sleep", "1000",
        ],
    ]
    .concat();
    fixture.minic(&args).ok();
    let pid = fixture.json(&["info", "one"])[0]["pid"].as_i64().unwrap();
    assert_eq!(owner(i32::try_from(pid).unwrap()), (700_000, 700_000));
    let exec = fixture
        .minic(&["exec", "--user", "1000", "one", "true"])
        .refused(125);
    assert!(exec.contains("0 to 999"), "{exec}");
    let refused = fixture.minic(&[&config[..], &["create", "--userns", "auto", "true"]].concat());
    assert_eq!(
        (refused.code, fixture.list().len()),
        (Some(125), 1),
        "{refused:?}"
    );
    assert!(refused.stderr.contains("userns.ranges"), "{refused:?}");
    fs::write(&settings, "[userns]\nranges = 0\n").unwrap();
    assert!(
        fixture
            .minic(&[&config[..], &["list"]].concat())
            .stderr
            .contains("userns")
    );
}

#[test]
fn nothing_of_it_stays_in_the_hosts_mounts() {
    let fixture = Fixture::new();
    let mounts = || fs::read_to_string("/proc/self/mountinfo").unwrap();
    let state = fixture.state().to_str().unwrap();
    let one = detached(&fixture, "one", &[]);
    assert!(!mounts().contains(state), "{}", mounts());
    let supervisor = one.info()["supervisor"].as_i64().unwrap();
    let its = |kind: &str| fs::read_link(format!("/proc/{supervisor}/ns/{kind}")).unwrap();
    for kind in [
        "mnt",
        "net",
        "ipc",
        "user",
        "time_for_children",
        "pid_for_children",
    ] {
        assert_eq!(
            its(kind),
            fs::read_link(format!("/proc/self/ns/{kind}")).unwrap(),
            "the supervisor came back"
        );
    }
    assert_eq!(
        fs::read_link(format!("/proc/{supervisor}/root")).unwrap(),
        Path::new("/")
    );
}

/// A record that cannot be read keeps its ids, and nobody else from getting some.
#[test]
fn an_unreadable_record_keeps_its_ids() {
    let fixture = Fixture::new();
    let first_of = |container: &Container<'_>| {
        let map = fs::read_to_string(format!("/proc/{}/uid_map", container.pid())).unwrap();
        map.split_whitespace()
            .nth(1)
            .unwrap()
            .parse::<u64>()
            .unwrap()
    };
    let one = detached(&fixture, "one", &[]);
    let (first, id) = (first_of(&one), one.id());
    let folder = fixture.state().join("containers").join(&id);
    fs::write(folder.join("spec.json"), "{").unwrap();
    let other = detached(&fixture, "other", &[]);
    assert!(
        first_of(&other).abs_diff(first) >= 65_536,
        "{} and {first}",
        first_of(&other)
    );
    // and what neither tells is said, where the index of ids is made anew, as after a boot
    fs::remove_dir_all(folder.join("upper")).unwrap();
    let index = fs::read_dir(fixture.state())
        .unwrap()
        .flatten()
        .find(|e| e.file_name().to_str().unwrap().starts_with(".ids-"))
        .unwrap();
    fs::remove_dir_all(index.path()).unwrap();
    let refused = fixture
        .minic(&["run", "-d", "--userns", "auto", "sleep", "1000"])
        .refused(125);
    assert!(
        refused.contains("spec.json") && refused.contains("destroy that container"),
        "{refused}"
    );
    fixture.minic(&["destroy", "-f", &id]).ok();
    other.verb(&["destroy", "-f"]).ok();
}

/// What is brought back from the trash must not find its ids given to another.
#[test]
fn what_lies_in_the_trash_keeps_its_ids() {
    let fixture = Fixture::new();
    let create = || {
        fixture
            .minic(&["create", "--userns", "auto", "sleep", "1000"])
            .ok()
            .trim()
            .to_owned()
    };
    let folder = |id: &str| fixture.state().join("containers").join(id);
    let ids = |folder: &Path| {
        let spec: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(folder.join("spec.json")).unwrap()).unwrap();
        spec["ids"]["first"].as_u64().unwrap()
    };
    let one = create();
    let now = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .unwrap()
        .as_secs();
    let trashed = fixture.state().join("trash").join(format!("{now}-{one}"));
    fs::create_dir_all(trashed.parent().unwrap()).unwrap();
    fs::rename(folder(&one), &trashed).unwrap();
    let other = create();
    assert_ne!(ids(&trashed), ids(&folder(&other)));
    fixture.minic(&["destroy", &other]).ok();
    fixture.minic(&["prune", "-f"]).ok();
}
