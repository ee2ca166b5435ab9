//! A container takes as much as it can of resources that the kernel counts once for the whole host,
//! or per user; root outside still gets some.

#![allow(
    unsafe_code,
    reason = "system calls that no library makes are what is tried"
)]

use std::ffi::CString;
use std::fs::{self, File};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::process::{Command, Stdio};

use nix::errno::Errno;
use nix::libc;
use nix::sched::{CloneFlags, unshare};
use nix::sys::inotify::{InitFlags, Inotify};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::command::{eventually, finish};
use crate::fixture::{Container, Fixture};
use crate::history::{own_program, probe, words};

/// More than Linux gives any one user by default.
const ENOUGH: usize = 100_000;

/// Takes until it is refused: how many, and what was said then.
fn take<T>(most: usize, mut one: impl FnMut(usize) -> nix::Result<T>) -> (Vec<T>, String) {
    let mut taken = Vec::new();
    while taken.len() < most {
        match one(taken.len()) {
            Ok(thing) => taken.push(thing),
            Err(errno) => return (taken, format!("{errno:?}")),
        }
    }
    (taken, "all".into())
}

fn timer() -> nix::Result<libc::timer_t> {
    let mut id: libc::timer_t = std::ptr::null_mut();
    // SAFETY: no event is given, which is documented; `id` is alive.
    Errno::result(unsafe {
        libc::timer_create(libc::CLOCK_MONOTONIC, std::ptr::null_mut(), &raw mut id)
    })
    .map(|_| id)
}

fn queue(name: &str) -> nix::Result<OwnedFd> {
    let name = CString::new(name).unwrap();
    let attributes = std::ptr::null_mut::<libc::mq_attr>();
    // SAFETY: a NUL-terminated name, a mode, and no attributes, which is documented.
    let fd = Errno::result(unsafe {
        libc::mq_open(
            name.as_ptr(),
            libc::O_CREAT | libc::O_RDWR | libc::O_CLOEXEC,
            0o600,
            attributes,
        )
    })?;
    // SAFETY: on Linux it is a descriptor, and new.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn events_of_aio(count: u32) -> nix::Result<u64> {
    let mut context = 0_u64;
    // SAFETY: `context` is zero and alive, as io_setup(2) wants it.
    Errno::result(unsafe { libc::syscall(libc::SYS_io_setup, count, &raw mut context) })
        .map(|_| context)
}

fn terminal() -> nix::Result<OwnedFd> {
    let opened = File::options().read(true).write(true).open("/dev/ptmx");
    opened
        .map(OwnedFd::from)
        .map_err(|error| Errno::from_raw(error.raw_os_error().unwrap()))
}

fn inotify() -> nix::Result<Inotify> {
    Inotify::init(InitFlags::IN_CLOEXEC)
}

#[test]
#[ignore = "the child of another test, in a container"]
fn takes_everything() {
    let wanted = std::env::var("TAKE").unwrap();
    let wants = |word: &str| wanted.split(' ').any(|one| one == word);
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).unwrap();
    let say = |what: &str, count: usize, why: String| println!("\nTOOK {what} {count} {why}");
    let mut held = Vec::new();
    if wants("inotify") {
        let (taken, why) = take(ENOUGH, |_| inotify());
        say("inotify", taken.len(), why);
        std::mem::forget(taken);
    }
    if wants("terminals") {
        let (taken, why) = take(ENOUGH, |_| terminal());
        say("terminals", taken.len(), why);
        held.extend(taken);
    }
    if wants("queues") {
        let (taken, why) = take(200, |n| queue(&format!("/taken-{n}")));
        say("queues", taken.len(), why);
        held.extend(taken);
    }
    if wants("timers") {
        let (taken, why) = take(ENOUGH, |_| timer());
        say("timers", taken.len(), why);
    }
    if wants("aio") {
        let events = fs::read_to_string("/proc/sys/fs/aio-max-nr")
            .unwrap()
            .trim()
            .parse()
            .unwrap();
        let (taken, why) = take(1, |_| events_of_aio(events));
        say("aio", taken.len(), why);
    }
    if wants("files") {
        let made = |n| {
            File::create(format!("/dev/shm/{n}"))
                .map_err(|error| Errno::from_raw(error.raw_os_error().unwrap()))
        };
        let (taken, why) = take(2 * ENOUGH, |n| made(n).map(drop));
        say("files", taken.len(), why);
    }
    if wants("namespaces") {
        let namespace = |_| {
            unshare(CloneFlags::CLONE_NEWUTS)?;
            File::open("/proc/thread-self/ns/uts").map_err(|_| Errno::EIO)
        };
        let (taken, why) = take(2000, namespace);
        say("namespaces", taken.len(), why);
        std::mem::forget(taken);
    }
    println!("\nHOLDS {}", held.len());
    std::thread::sleep(std::time::Duration::from_secs(1000));
}

/// A container that has taken what it could.
fn greedy<'a>(
    fixture: &'a Fixture,
    name: &str,
    args: &[&str],
    what: &str,
) -> (Container<'a>, String) {
    let (own, child) = (own_program(), probe("exhaustion::takes_everything"));
    let take = format!("TAKE={what}");
    let first = [args, &["-v", &own, "--env", &take]].concat();
    let container = fixture.detached(name, &words(&first, &child));
    let log = || fixture.minic(&["logs", name]).stdout;
    eventually("it has taken what it could", || log().contains("HOLDS"));
    let said = log();
    (container, said)
}

/// How many of `what` it took.
#[track_caller]
fn took(said: &str, what: &str) -> usize {
    let line = said.lines().find_map(|line| {
        line.strip_prefix("TOOK ")?
            .strip_prefix(what)?
            .strip_prefix(' ')
    });
    line.and_then(|line| line.split(' ').next()?.parse().ok())
        .unwrap_or_else(|| panic!("no {what}: {said}"))
}

/// What root of the host still gets one of.
#[track_caller]
fn root_still_gets(what: &[&str], said: &str) {
    let name = format!("/minic-test-{}", std::process::id());
    for one in what {
        let got = match *one {
            "inotify" => inotify().map(drop),
            "terminals" => terminal().map(drop),
            "queues" => queue(&name).map(drop),
            "timers" => timer().map(|id| {
                // SAFETY: it was just made.
                unsafe { libc::timer_delete(id) };
            }),
            "aio" => events_of_aio(64).map(|context| {
                // SAFETY: it was just made.
                unsafe { libc::syscall(libc::SYS_io_destroy, context) };
            }),
            other => panic!("{other}"),
        };
        let c_name = CString::new(name.as_str()).unwrap();
        // SAFETY: a NUL-terminated name; nothing is there unless it was just made.
        unsafe { libc::mq_unlink(c_name.as_ptr()) };
        assert_eq!(got, Ok(()), "{one}: {said}");
    }
}

#[test]
fn with_its_own_user_ids_a_container_takes_nothing_from_root() {
    let fixture = Fixture::new();
    let all = ["inotify", "terminals", "queues", "timers", "aio"];
    let (greedy, said) = greedy(
        &fixture,
        "greedy",
        &["--userns", "auto"],
        &format!("{} files", all.join(" ")),
    );
    root_still_gets(&all, &said);
    assert!(took(&said, "inotify") > 8, "it has its own: {said}");
    assert!((32..=128).contains(&took(&said, "terminals")), "{said}");
    assert!((3..20).contains(&took(&said, "queues")), "{said}");
    assert!((1000..=16_384).contains(&took(&said, "timers")), "{said}");
    assert!(took(&said, "files") < 65_536, "{said}");
    assert!(said.contains("TOOK aio 0 ENOSYS"), "{said}");
    // a second one is not hurt either
    let second = fixture.detached("second", &["--userns", "auto", "sleep", "1000"]);
    let script = "timeout 1 tail -f /etc/hostname 2>&1; exec script -qec tty /dev/null";
    let seen = second.exec(script);
    assert!(
        !seen.stdout.contains("inotify") && seen.stdout.contains("/dev/pts/"),
        "{seen:?}"
    );
    assert_eq!(greedy.state(), "RUNNING");
}

#[test]
fn with_the_hosts_user_ids_half_of_each_resource_is_left() {
    let fixture = Fixture::new();
    // inotify instances would be root's own, and other tests need some
    let all = ["terminals", "queues", "timers", "aio"];
    let (_greedy, said) = greedy(&fixture, "greedy", &["--userns", "host"], &all.join(" "));
    root_still_gets(&all, &said);
    assert!((32..=128).contains(&took(&said, "terminals")), "{said}");
}

/// `NS_GET_OWNER_UID` (ioctl_ns(2)).
fn owner_of(namespace: &File) -> u32 {
    let mut owner = u32::MAX;
    // SAFETY: the kernel writes one uid_t.
    Errno::result(unsafe { libc::ioctl(namespace.as_raw_fd(), 0xb704, &raw mut owner) }).unwrap();
    owner
}

#[test]
fn a_user_namespace_is_owned_by_its_own_root_and_has_limits() {
    let fixture = Fixture::new();
    let container = fixture.detached(
        "owned",
        &[
            "--userns",
            "auto",
            "--cap-add",
            "SYS_ADMIN",
            "sleep",
            "1000",
        ],
    );
    let map = container.exec("cat /proc/self/uid_map; cat /proc/sys/user/max_net_namespaces /proc/sys/user/max_inotify_watches").ok();
    let words: Vec<&str> = map.split_whitespace().collect();
    assert_eq!(words[3..], ["256", "65536"], "limits: {map}");
    let namespace = File::open(format!("/proc/{}/ns/user", container.pid())).unwrap();
    let owner = owner_of(&namespace).to_string();
    assert_eq!(owner, words[1], "owner of the user namespace");
    // whoever may make namespaces inside makes as many as that
    let (_many, said) = greedy(
        &fixture,
        "many",
        &["--userns", "auto", "--cap-add", "SYS_ADMIN"],
        "namespaces",
    );
    assert!((200..=256).contains(&took(&said, "namespaces")), "{said}");
    // and cannot raise it
    let raised = container.exec(
        "echo 1000 > /proc/sys/user/max_net_namespaces; cat /proc/sys/user/max_net_namespaces",
    );
    assert_eq!(raised.stdout, "256\n", "{raised:?}");
}

/// The binary as a root that has no inotify instance left: that of a user namespace in which there
/// are none to be had.
fn without_inotify(fixture: &Fixture, args: &str) -> Command {
    let line = format!(
        "echo 0 > /proc/sys/user/max_inotify_instances && exec {} --state {} {args}",
        env!("CARGO_BIN_EXE_minic-tui"),
        fixture.state().display()
    );
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "sh", "-c", &line]);
    command
}

#[test]
fn following_goes_on_without_an_inotify_instance() {
    let fixture = Fixture::new();
    let _container = fixture.detached(
        "talker",
        &[
            "sh",
            "-c",
            "for i in 1 2 3 4 5 6; do echo word $i; sleep 0.5; done",
        ],
    );
    let followed = finish(&mut without_inotify(&fixture, "logs -f talker"), "");
    assert!(
        followed.code == Some(0) && followed.stdout.contains("word 6"),
        "{followed:?}"
    );
    assert_eq!(
        followed.stderr.matches("polling instead").count(),
        1,
        "{followed:?}"
    );

    let mut events = without_inotify(&fixture, "events -f");
    let mut events = events
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    fixture.minic(&["rename", "talker", "singer"]).ok();
    let mut output = std::io::BufReader::new(events.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("singer") {
        line.clear();
        assert!(
            std::io::BufRead::read_line(&mut output, &mut line).unwrap() > 0,
            "it ended"
        );
    }
    events.kill().unwrap();
    events.wait().unwrap();
}

#[test]
fn check_tells_of_the_kernels_limits() {
    let fixture = Fixture::new();
    let told = fixture.minic(&["check"]).stdout;
    assert!(told.contains("kernel limits"), "{told}");
}
