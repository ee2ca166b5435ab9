//! Channels between a container and its host: terminals, sockets, the log. Each has been an escape
//! from, or a way into, another runtime.

#![allow(
    unsafe_code,
    reason = "system calls that no library makes are what is tried"
)]

use std::fs;
use std::process::Command;

use nix::errno::Errno;
use nix::libc;

use crate::command::finish;
use crate::fixture::{Container, Fixture};
use crate::history::{Outside, field, own_program, probe, words};

/// The terminal of `exec -t` is made in the container, whose `/dev` it may have changed meanwhile
/// (CVE-2025-52565, and conmon's and docker's consoles before).
#[test]
fn a_replaced_ptmx_is_not_opened() {
    let fixture = Fixture::new();
    let outside = Outside::new(&fixture);
    let container = fixture.detached("box", &["sleep", "1000"]);
    let tty = |container: &Container<'_>| {
        let state = fixture.state().display();
        let line = format!(
            "{} --state {state} exec -t {} tty",
            env!("CARGO_BIN_EXE_minic-tui"),
            container.id()
        );
        finish(
            Command::new("script").args(["-qec", &line, "/dev/null"]),
            "",
        )
    };
    let usual = tty(&container);
    assert!(usual.stdout.contains("/dev/pts/0"), "{usual:?}");
    let away = format!("/proc/1/root{}/secret", outside.path());
    for (what, trick) in [
        ("a file", "echo mine > /dev/ptmx"),
        ("a link to one", "echo mine > /mine; ln -s /mine /dev/ptmx"),
        ("a pipe, which waits", "mkfifo /dev/ptmx"),
        ("another device", "ln -s /dev/zero /dev/ptmx"),
        ("a process's link", "ln -s /proc/self/fd/0 /dev/ptmx"),
        ("a link out", &format!("ln -s {away} /dev/ptmx")),
        ("a circle", "ln -s /dev/ptmx /dev/ptmx"),
        ("nothing", "true"),
        ("a folder", "mkdir /dev/ptmx"),
    ] {
        container.exec(&format!("rm -rf /dev/ptmx; {trick}")).ok();
        let refused = tty(&container);
        assert!(
            refused.code == Some(125)
                && refused
                    .stdout
                    .contains("cannot open a terminal in the container"),
            "{what}: {refused:?}"
        );
        outside.is_untouched(what);
    }
    container
        .exec("rm -rf /dev/ptmx; ln -s pts/ptmx /dev/ptmx")
        .ok();
    let again = tty(&container);
    assert!(
        again.code == Some(0) && again.stdout.contains("/dev/pts/"),
        "{again:?}"
    );
}

/// What a hostile command does to the terminal that it was given.
#[test]
#[ignore = "the child of another test, in a container"]
fn pushes_into_a_terminal() {
    for fd in 0..3 {
        let letter = b'x';
        // SAFETY: the first reads one byte, the second and third read integers.
        let results = unsafe {
            [
                libc::ioctl(fd, libc::TIOCSTI, &raw const letter),
                libc::ioctl(fd, libc::TIOCSCTTY, 1),
                libc::ioctl(fd, libc::TIOCSTI, &raw const letter),
            ]
        };
        println!("\nPUSHED {fd} {results:?}\n");
    }
    let again = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/tty");
    println!("\nOPENED {}", again.is_ok());
}

/// CVE-2017-5226 (bubblewrap), CVE-2016-9016 (firejail), CVE-2016-2568: letters pushed into the
/// caller's own terminal, which its shell then runs.
#[test]
fn nothing_is_pushed_into_the_callers_terminal() {
    let fixture = Fixture::new();
    let own = own_program();
    fixture.detached("usual", &["-v", &own, "sleep", "1000"]);
    fixture.detached(
        "open",
        &["-v", &own, "--seccomp", "unconfined", "sleep", "1000"],
    );
    let child = probe("channels::pushes_into_a_terminal");
    for args in [
        &["exec", "usual"][..],
        &["exec", "-i", "usual"],
        &["exec", "-i", "open"],
        &["run", "--rm", "-v", &own],
        &["run", "--rm", "-i", "-v", &own],
        &["run", "--rm", "-i", "--seccomp", "unconfined", "-v", &own],
    ] {
        let args = words(args, &child);
        let line = [
            &[
                env!("CARGO_BIN_EXE_minic-tui"),
                "--state",
                fixture.state().to_str().unwrap(),
            ],
            &args[..],
        ]
        .concat()
        .join(" ");
        let said = finish(
            Command::new("script").args(["-qec", &line, "/dev/null"]),
            "",
        );
        let seen: Vec<&str> = said
            .stdout
            .lines()
            .filter(|line| line.starts_with("PUSHED"))
            .map(str::trim)
            .collect();
        assert_eq!(
            seen,
            [
                "PUSHED 0 [-1, -1, -1]",
                "PUSHED 1 [-1, -1, -1]",
                "PUSHED 2 [-1, -1, -1]"
            ],
            "{args:?}: {said:?}"
        );
        assert!(said.stdout.contains("OPENED false"), "{args:?}: {said:?}");
    }
}

/// What a hostile command asks of the network.
#[test]
#[ignore = "the child of another test, in a container"]
fn opens_sockets() {
    for (name, family, kind, protocol) in [
        ("packet", libc::AF_PACKET, libc::SOCK_RAW, 0),
        ("raw", libc::AF_INET, libc::SOCK_RAW, libc::IPPROTO_ICMP),
        ("vsock", libc::AF_VSOCK, libc::SOCK_STREAM, 0),
        ("alg", libc::AF_ALG, libc::SOCK_SEQPACKET, 0),
        ("rds", libc::AF_RDS, libc::SOCK_SEQPACKET, 0),
        ("tipc", libc::AF_TIPC, libc::SOCK_SEQPACKET, 0),
        ("can", libc::AF_CAN, libc::SOCK_RAW, 1),
        ("key", libc::AF_KEY, libc::SOCK_RAW, 2),
        ("stream", libc::AF_INET, libc::SOCK_STREAM, 0),
    ] {
        // SAFETY: integers only.
        let fd = unsafe { libc::socket(family, kind, protocol) };
        println!(
            "\nSOCKET {name} {}",
            if fd < 0 {
                format!("{:?}", Errno::last())
            } else {
                "opened".into()
            }
        );
    }
    let mut pair = [-1; 2];
    for (name, family) in [
        ("unix", libc::AF_UNIX),
        ("alg", libc::AF_ALG),
        ("tipc", libc::AF_TIPC),
    ] {
        // SAFETY: `pair` has room for two descriptors.
        let made = unsafe { libc::socketpair(family, libc::SOCK_SEQPACKET, 0, pair.as_mut_ptr()) };
        println!(
            "\nPAIR {name} {}",
            if made < 0 {
                format!("{:?}", Errno::last())
            } else {
                "opened".into()
            }
        );
    }
}

/// CVE-2020-14386, CVE-2017-7308 and CVE-2016-8655 need a packet socket, CVE-2026-31431 one of
/// AF_ALG, CVE-2020-13401 and CVE-2020-10749 a forged answer on a shared network.
#[test]
fn no_packet_can_be_forged() {
    let fixture = Fixture::new();
    let (own, child) = (own_program(), probe("channels::opens_sockets"));
    for network in ["none", "host"] {
        let said = fixture
            .minic(&words(
                &["run", "--rm", "--net", network, "-v", &own],
                &child,
            ))
            .ok();
        for expected in [
            "SOCKET packet EPERM",
            "SOCKET raw EPERM",
            "SOCKET stream opened",
            "PAIR unix opened",
        ] {
            assert!(said.contains(expected), "{network}: {expected}: {said}");
        }
        for family in ["vsock", "alg", "rds", "tipc", "can", "key"] {
            let expected = format!("SOCKET {family} EAFNOSUPPORT");
            assert!(said.contains(&expected), "{network}: {expected}: {said}");
        }
        assert!(
            said.contains("PAIR alg EAFNOSUPPORT") && said.contains("PAIR tipc EAFNOSUPPORT"),
            "{network}: {said}"
        );
    }
    assert_eq!(fixture.sh("ls /sys/class/net"), "lo\n");
}

/// Lines that imitate log entries: output is only text, whatever it contains.
#[test]
fn a_log_entry_cannot_be_forged() {
    let fixture = Fixture::new();
    let forged = "2001-01-01T00:00:00.000000000Z stderr F forged";
    let script = format!("printf 'true\\n{forged}\\n\\r{forged}\\n\\000\\n{forged}'");
    fixture
        .minic(&["run", "--name", "forger", "sh", "-c", &script])
        .ok();
    let lines: Vec<serde_json::Value> = fixture
        .minic(&["logs", "--json", "forger"])
        .ok()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let texts: Vec<&str> = lines
        .iter()
        .map(|line| line["text"].as_str().unwrap())
        .collect();
    assert_eq!(
        texts,
        ["true", forged, &format!("\r{forged}"), "\0", forged]
    );
    assert!(
        lines
            .iter()
            .all(|line| line["stream"] == "stdout"
                && !line["at"].as_str().unwrap().starts_with("2001")),
        "{lines:?}"
    );
}
/// CVE-2020-15257: whoever shares the host's network reaches its abstract sockets, by name and
/// without a path.
#[test]
fn no_socket_of_ours_is_in_a_shared_network() {
    let fixture = Fixture::new();
    let sharing = fixture.detached(
        "sharing",
        &["--net", "host", "sh", "-c", "sleep 1000; true"],
    );
    let status = fs::read_to_string(format!("/proc/{}/status", sharing.pid())).unwrap();
    let (mut sockets, table) = (0, fs::read_to_string("/proc/net/unix").unwrap());
    for pid in [field(&status, "PPid"), sharing.pid().to_string()] {
        for link in fs::read_dir(format!("/proc/{pid}/fd"))
            .unwrap()
            .filter_map(|fd| fs::read_link(fd.unwrap().path()).ok())
        {
            let Some(inode) = link
                .to_str()
                .and_then(|link| link.strip_prefix("socket:[")?.strip_suffix(']'))
            else {
                continue;
            };
            sockets += 1;
            let line = table
                .lines()
                .find(|line| line.split_whitespace().nth(6) == Some(inode));
            let name = line
                .and_then(|line| line.split_whitespace().nth(7))
                .unwrap_or_default();
            assert!(!name.starts_with('@'), "{pid} {name}");
        }
    }
    assert!(sockets > 0, "a supervisor listens");
    // what has a path has it outside of the container's root, in a folder of root's alone
    let seen = sharing.exec("for s in $(grep -o '/.*attach.sock' /proc/net/unix); do [ -e $s ] && echo $s; done; true").ok();
    assert_eq!(seen, "");
}
