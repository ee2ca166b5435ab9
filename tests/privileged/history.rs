//! More of other runtimes' vulnerabilities, each tried from inside: races over mount targets, links
//! left for the next start, name services of the image, kernel settings smuggled into others,
//! inherited capabilities. Terminals, sockets and logs: `channels.rs`.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};

use crate::command::{Outcome, eventually, finish};
use crate::fixture::Fixture;

/// A folder of the host with a secret in it, which nothing may read, write or add to.
pub(crate) struct Outside {
    folder: PathBuf,
}

impl Outside {
    pub(crate) fn new(fixture: &Fixture) -> Self {
        let folder = fixture.state().join("outside");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("secret"), "of the host\n").unwrap();
        Self { folder }
    }

    pub(crate) fn path(&self) -> &str {
        self.folder.to_str().unwrap()
    }

    #[track_caller]
    pub(crate) fn is_untouched(&self, told: &str) {
        let names: Vec<_> = fs::read_dir(&self.folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names, ["secret"], "{told}");
        assert_eq!(
            fs::read_to_string(self.folder.join("secret")).unwrap(),
            "of the host\n",
            "{told}"
        );
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        assert!(!mounts.contains(self.path()), "mounted on the host: {told}");
    }
}

/// The volume that brings this test program inside, and the arguments that run its ignored test
/// `name` there.
pub(crate) fn own_program() -> String {
    // the emulated machine's view of this host has no idmapped mounts
    format!(
        "{}:/probe:ro,noidmap",
        std::env::current_exe().unwrap().display()
    )
}

pub(crate) fn probe(name: &str) -> [String; 5] {
    [
        "/probe".into(),
        "--exact".into(),
        name.into(),
        "--ignored".into(),
        "--nocapture".into(),
    ]
}

pub(crate) fn words<'a>(first: &[&'a str], rest: &'a [String]) -> Vec<&'a str> {
    first
        .iter()
        .copied()
        .chain(rest.iter().map(String::as_str))
        .collect()
}

/// The binary as `caller` (`setpriv …`, `script …`) would start it.
fn from(caller: &[&str], fixture: &Fixture, args: &[&str]) -> Outcome {
    let mut command = Command::new(caller[0]);
    command
        .args(&caller[1..])
        .arg(env!("CARGO_BIN_EXE_minic-tui"))
        .arg("--state")
        .arg(fixture.state())
        .args(args);
    finish(&mut command, "")
}

pub(crate) fn field(status: &str, name: &str) -> String {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.unwrap_or_else(|| panic!("no {name}: {status}"))
        .trim()
        .to_owned()
}

/// What a hostile container runs: it exchanges a folder and a link out, over and over.
#[test]
#[ignore = "the child of another test, in a container"]
fn exchanges() {
    println!("\nEXCHANGES");
    while !Path::new("/shared/stop").exists() {
        renameat2(
            AT_FDCWD,
            "/shared/way",
            AT_FDCWD,
            "/shared/link",
            RenameFlags::RENAME_EXCHANGE,
        )
        .unwrap();
        std::thread::sleep(Duration::from_micros(50));
    }
}

/// CVE-2021-30465: a mount target that is a folder when it is looked at and a link when it is
/// mounted on. CVE-2024-45310: the same for the folder or file that is made there.
#[test]
fn a_mount_target_that_is_exchanged_is_not_followed() {
    let fixture = Fixture::new();
    let outside = Outside::new(&fixture);
    let (shared, data) = (fixture.state().join("shared"), fixture.state().join("data"));
    fs::create_dir_all(shared.join("way")).unwrap();
    fs::create_dir(&data).unwrap();
    symlink(
        format!("../../../../../../../..{}", outside.path()),
        shared.join("link"),
    )
    .unwrap();
    let volume = format!("{}:/shared", shared.display());
    let look = format!("cat {}/secret 2>/dev/null; echo ran", outside.path());
    let launch = |round: usize| {
        let (scratch, shown) = (
            format!("/shared/way/tmp{round}"),
            format!("{}:/shared/way/data{round}", data.display()),
        );
        let file = format!("{}/secret:/shared/way/file{round}", outside.path());
        let users = ["host", "auto"][round % 2];
        fixture.minic(&[
            "run", "--rm", "--userns", users, "-v", &volume, "--tmpfs", &scratch, "-v", &shown,
            "-v", &file, "sh", "-c", &look,
        ])
    };
    assert_eq!(launch(0).ok(), "ran\n", "while nobody exchanges anything");
    let child = probe("history::exchanges");
    let own = own_program();
    let exchanging = fixture.detached("exchanging", &words(&["-v", &volume, "-v", &own], &child));
    eventually("it exchanges", || {
        fixture
            .minic(&["logs", "exchanging"])
            .stdout
            .contains("EXCHANGES")
    });
    // fewer in the emulated machine
    let rounds = if std::env::var_os("MINIC_TEST_SCALE").is_some() {
        6
    } else {
        40
    };
    for round in 1..=rounds {
        let outcome = launch(round);
        let told = format!("{outcome:?}");
        assert!(
            outcome.stdout == "ran\n"
                || outcome.stdout.is_empty() && outcome.stderr.lines().count() == 1,
            "{told}"
        );
        outside.is_untouched(&told);
    }
    fs::write(shared.join("stop"), "").unwrap();
    exchanging.ends();
    assert!(
        fixture
            .minic(&["logs", "exchanging"])
            .stdout
            .contains("test result: ok. 1 passed"),
        "it went on exchanging"
    );
}

/// CVE-2015-3627, CVE-2015-3629: what a container put in the place of a mount target waits for its
/// next start.
#[test]
fn links_left_for_the_next_start_are_not_followed() {
    let fixture = Fixture::new();
    let outside = Outside::new(&fixture);
    let data = fixture.state().join("data");
    fs::create_dir(&data).unwrap();
    let volume = format!("{}:/mnt/deep/x", data.display());
    // fewer in the emulated machine
    let ways = if std::env::var_os("MINIC_TEST_SCALE").is_some() {
        1
    } else {
        3
    };
    for (number, way) in ["", "/proc/1/root", "/proc/self/cwd/../../../../../../../.."][..ways]
        .iter()
        .enumerate()
    {
        for target in ["/mnt", "/etc", "/proc", "/dev", "/sys"] {
            let name = format!("again{number}{}", target.replace('/', "-"));
            let again = fixture.detached(
                &name,
                &["-v", &volume, "--tmpfs", "/mnt/scratch", "sleep", "1000"],
            );
            // what is mounted cannot be moved, what is above it can
            let moved = again.exec(&format!(
                "mv {target} /gone && ln -s {way}{} {target}",
                outside.path()
            ));
            let started = again.verb(&["restart", "-t", "0"]);
            let told = format!("{way} {target}: {moved:?} {started:?}");
            assert!(
                started.code == Some(0) || started.stderr.lines().count() == 1,
                "{told}"
            );
            assert!(
                !again
                    .exec(&format!("cat {}/secret", outside.path()))
                    .stdout
                    .contains("of the host"),
                "{told}"
            );
            outside.is_untouched(&told);
            fixture.minic(&["destroy", "-f", &name]).ok();
        }
    }
    assert_eq!(fs::read_dir(&data).unwrap().count(), 0);
}

/// CVE-2019-19921, CVE-2023-27561, CVE-2023-28642: `/proc` or `/sys` of the image is a link into a
/// volume that another container serves.
#[test]
fn a_proc_that_the_image_makes_a_link_is_refused() {
    let fixture = Fixture::new();
    let volume = fixture.state().join("volume");
    for folder in ["proc/self/attr", "proc/self/fd", "sys/firmware"] {
        fs::create_dir_all(volume.join(folder)).unwrap();
    }
    for file in ["proc/keys", "proc/kcore", "proc/self/attr/exec"] {
        fs::write(volume.join(file), "").unwrap();
    }
    for link in ["proc", "sys"] {
        let root = fixture.state().join(format!("root-{link}"));
        fs::create_dir_all(root.join("bin")).unwrap();
        fs::copy("/bin/busybox", root.join("bin/busybox")).unwrap();
        symlink(format!("volume/{link}"), root.join(link)).unwrap();
        let script = "[ -z \"$(/bin/busybox head -c 1 /proc/keys)\" ] && [ -e /proc/self/status ] && (echo x > /proc/sys/kernel/domainname) \
                      2>/dev/null || echo held";
        let args = [
            "run",
            "--rm",
            "--root",
            root.to_str().unwrap(),
            "-v",
            &format!("{}:/volume", volume.display()),
        ];
        let outcome = fixture.minic(&[&args[..], &["/bin/busybox", "sh", "-c", script]].concat());
        assert!(
            outcome.stdout == "held\n"
                || outcome.code == Some(125) && outcome.stderr.lines().count() == 1,
            "{link}: {outcome:?}"
        );
        for file in ["proc/keys", "proc/kcore", "proc/self/attr/exec"] {
            assert_eq!(
                fs::read(volume.join(file)).unwrap(),
                b"",
                "{link}: {file}: {outcome:?}"
            );
        }
    }
}

/// CVE-2022-0811: one setting's value sets another, which is the host's.
#[test]
fn no_sysctl_sets_another_one() {
    let fixture = Fixture::new();
    let pattern = || fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap();
    let before = pattern();
    for setting in [
        "kernel.core_pattern=|/evil",
        "kernel/core_pattern=|/evil",
        "net/../kernel/core_pattern=|/evil",
        "net.../kernel/core_pattern=|/evil",
        "kernel.shm_rmid_forced=1+kernel.core_pattern=|/evil",
        "kernel.shm_rmid_forced/../core_pattern=|/evil",
        "fs.mqueue./../../kernel.core_pattern=|/evil",
        "vm.panic_on_oom=1",
        "kernel.shm_rmid_forced=1\nkernel.core_pattern=|/evil",
    ] {
        let outcome = fixture.minic(&["run", "--rm", "--sysctl", setting, "true"]);
        assert!(
            outcome.code == Some(125) && outcome.stderr.lines().count() == 1,
            "{setting:?}: {outcome:?}"
        );
        assert_eq!(pattern(), before, "{setting:?}");
    }
}

/// CVE-2022-29162, CVE-2022-24769: inheritable capabilities of whoever calls come along.
#[test]
fn capabilities_of_the_caller_are_not_inherited() {
    let fixture = Fixture::new();
    let caller = [
        "setpriv",
        "--inh-caps=+chown,+net_admin,+sys_admin",
        "--ambient-caps=+chown,+net_admin,+sys_admin",
    ];
    let own = finish(
        Command::new(caller[0])
            .args(&caller[1..])
            .args(["cat", "/proc/self/status"]),
        "",
    )
    .ok();
    assert_ne!(
        field(&own, "CapAmb"),
        "0000000000000000",
        "the caller has some"
    );
    from(
        &caller,
        &fixture,
        &["run", "-d", "--name", "box", "sleep", "1000"],
    )
    .ok();
    let read = ["cat", "/proc/self/status"];
    for args in [
        &["run", "--rm"][..],
        &["run", "--rm", "--user", "1000"],
        &["run", "--rm", "--userns", "auto"],
        &["exec", "box"],
        &["exec", "--user", "1000", "box"],
    ] {
        let status = from(&caller, &fixture, &[args, &read].concat()).ok();
        for set in ["CapInh", "CapAmb"] {
            assert_eq!(field(&status, set), "0000000000000000", "{args:?} {set}");
        }
        assert_eq!(field(&status, "CapBnd"), "00000000a00405fb", "{args:?}");
    }
}

/// CVE-2023-25809 and CVE-2022-0492 in a user namespace of its own, where mounting is allowed to
/// its root.
#[test]
fn no_cgroup_can_be_written_with_users_of_its_own() {
    let fixture = Fixture::new();
    let script = "mkdir -p /tmp/c; for o in memory pids devices; do mount -t cgroup -o $o none /tmp/c 2>/dev/null && echo mounted $o; done; \
                  mount -t cgroup2 none /tmp/c 2>/dev/null && echo mounted; mount -o remount,rw /sys/fs/cgroup 2>/dev/null && echo remounted; \
                  find / -xdev -name release_agent 2>/dev/null; find /sys/fs/cgroup -writable \\( -type f -o -type d \\) 2>/dev/null | head -n 3; \
                  for f in $(find /sys/fs/cgroup -name cgroup.procs 2>/dev/null | head -n 5); do (echo $$ > $f) 2>/dev/null && echo joined; done; true";
    for users in ["host", "auto"] {
        assert_eq!(
            fixture
                .minic(&["run", "--rm", "--userns", users, "sh", "-c", script])
                .ok(),
            "",
            "{users}"
        );
    }
}

/// CVE-2019-14271: the host's side of an exec loads name services, or reads files, of the
/// container's choosing. Here each such file is a pipe that nobody writes to: who opens one waits
/// for ever.
#[test]
fn no_file_of_the_image_is_read_or_loaded_by_our_processes() {
    let fixture = Fixture::new();
    let root = fixture.state().join("root");
    for folder in ["bin", "etc", "lib/x86_64-linux-gnu", "usr/share", "root"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    fs::copy("/bin/busybox", root.join("bin/busybox")).unwrap();
    let root = root.to_str().unwrap();
    let bait = fixture.detached("bait", &["--root", root, "/bin/busybox", "sleep", "1000"]);
    let files = "/etc/passwd /etc/group /etc/shadow /etc/nsswitch.conf /etc/ld.so.preload /etc/ld.so.cache /etc/localtime /etc/subuid \
                 /lib/x86_64-linux-gnu/libnss_files.so.2 /lib/x86_64-linux-gnu/libc.so.6 /lib/libnss_files.so.2 /root/.profile /config.toml";
    let lay = format!("for f in {files}; do /bin/busybox rm -rf $f; /bin/busybox mkfifo $f; done");
    fixture
        .minic(&["exec", "bait", "/bin/busybox", "sh", "-c", &lay])
        .ok();
    for args in [
        &["exec", "bait"][..],
        &["exec", "--user", "1000", "bait"],
        &["exec", "--user", "1000:1000", "--workdir", "/etc", "bait"],
    ] {
        fixture
            .minic(&[args, &["/bin/busybox", "true"]].concat())
            .ok();
    }
    bait.verb(&["restart", "-t", "0"]).ok();
    fixture
        .minic(&["exec", "bait", "/bin/busybox", "true"])
        .ok();
}

/// CVE-2016-8649 (lxc-attach), CVE-2025-52881: whoever joins believes the container's `/proc`, and
/// writes its restrictions into a file of the container's making.
#[test]
fn a_fake_proc_removes_no_restriction_from_exec() {
    let fixture = Fixture::new();
    let args = [
        "--cap-add",
        "SYS_ADMIN",
        "--seccomp",
        "unconfined",
        "sleep",
        "1000",
    ];
    let liar = fixture.detached("liar", &args);
    let set_up = "mount -t tmpfs none /proc && mkdir -p /proc/self/attr/apparmor /proc/self/fd /proc/thread-self/attr/apparmor /proc/sys/kernel && \
                  touch /proc/self/attr/exec /proc/self/attr/apparmor/exec /proc/thread-self/attr/exec /proc/self/status /proc/self/uid_map && \
                  ln -s / /proc/self/cwd && ln -s / /proc/self/root && echo lies";
    assert_eq!(liar.exec(set_up).ok(), "lies\n");
    let mut joined = fixture
        .command(&["exec", "liar", "sleep", "1001"])
        .spawn()
        .unwrap();
    let command = |pid: &str| fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let mut pid = String::new();
    eventually("it joined", || {
        let pids = liar.cgroup_file(&["cgroup.procs"]);
        let found = pids.lines().find(|pid| command(pid) == b"sleep\x001001\0");
        found.is_some_and(|found| {
            found.clone_into(&mut pid);
            true
        })
    });
    let status = |pid: &str| fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let (init, joiner) = (status(&liar.pid().to_string()), status(&pid));
    for name in [
        "CapInh",
        "CapPrm",
        "CapEff",
        "CapBnd",
        "CapAmb",
        "NoNewPrivs",
        "Uid",
        "Gid",
    ] {
        assert_eq!(field(&joiner, name), field(&init, name), "{name}");
    }
    let written = liar.exec("find /proc -type f -size +0").ok();
    assert_eq!(written, "");
    fixture.minic(&["stop", "-t", "0", "liar"]).ok();
    joined.wait().unwrap();
}
