//! Compares our default profile with docker's: whatever ours allows, docker's does too
//! (`tests/fixtures/docker-seccomp.txt`).

use std::collections::BTreeSet;

use nix::libc;
use syscalls::Sysno;

use super::tests::{ALLOW, NATIVE, run};
use super::*;

/// A line of docker's table.
struct Fact<'a> {
    always: bool,
    without: Option<&'a str>,
    capability: Option<&'a str>,
    calls: Vec<&'a str>,
    test: Option<(usize, &'a str, u64)>,
}

fn facts() -> Vec<Fact<'static>> {
    let here = if cfg!(target_arch = "x86_64") {
        "amd64"
    } else {
        "arm64"
    };
    let lines = include_str!("../../../tests/fixtures/docker-seccomp.txt").lines();
    let parsed = lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .filter_map(|line| {
            let mut parts = line.split(" : ");
            let (condition, calls) = (parts.next().unwrap(), parts.next().unwrap());
            if ["amd64", "arm64"].contains(&condition) && condition != here {
                return None;
            }
            let test = parts.next().map(|test| {
                let words: Vec<&str> = test.split(' ').collect();
                let number = |word: &str| {
                    word.strip_prefix("0x")
                        .map_or_else(|| word.parse(), |hex| u64::from_str_radix(hex, 16))
                        .unwrap()
                };
                match words[..] {
                    [argument, mask, "==", "0"] if mask.starts_with('&') => {
                        (argument.parse().unwrap(), "&", number(&mask[1..]))
                    }
                    [argument, operator, value] => {
                        (argument.parse().unwrap(), operator, number(value))
                    }
                    _ => panic!("{line}"),
                }
            });
            Some(Fact {
                always: condition == "always" || condition == here,
                without: condition.strip_prefix("without "),
                capability: condition.starts_with("CAP_").then_some(condition),
                calls: calls.split(' ').collect(),
                test,
            })
        });
    parsed.collect()
}

impl Fact<'_> {
    fn allows(&self, name: &str, capabilities: Capabilities, arguments: [u64; 6]) -> bool {
        let condition = self.always
            || self.without.is_some_and(|cap| !capabilities.has(cap))
            || self.capability.is_some_and(|cap| capabilities.has(cap));
        let fits = |(argument, operator, value): (usize, &str, u64)| match operator {
            "==" => arguments[argument] == value,
            "<" => arguments[argument] < value,
            "&" => arguments[argument] & value == 0,
            other => panic!("{other}"),
        };
        condition && self.calls.contains(&name) && self.test.is_none_or(fits)
    }
}

/// Values around each one in the tables, every single bit, and the same with bits in the upper
/// half.
fn values(facts: &[Fact]) -> Vec<u64> {
    let named = facts
        .iter()
        .filter_map(|fact| fact.test.map(|(_, _, value)| value));
    // TIOCSTI, TIOCLINUX; clone(2) as fork and as a thread
    let known = [0x5412, 0x541c, 17, 0x3d_0f00, u64::from(u32::MAX), u64::MAX];
    let mut values: BTreeSet<u64> = (0..64)
        .chain(known)
        .chain((0..64).map(|bit| 1 << bit))
        .collect();
    values.extend(named.flat_map(|value| [value.wrapping_sub(1), value, value + 1]));
    let above: Vec<u64> = values.iter().map(|value| value | 1 << 32).collect();
    values.extend(above);
    values.into_iter().collect()
}

/// No capability, the default ones, all, and each alone.
fn sets() -> Vec<(String, Capabilities)> {
    let mut sets = vec![
        ("none".into(), Capabilities::NONE),
        ("the usual".into(), Capabilities::default()),
    ];
    sets.extend(
        Capabilities::ALL
            .names()
            .into_iter()
            .map(|name| (name.clone(), Capabilities::named(&[name]).unwrap())),
    );
    sets.push(("all".into(), Capabilities::ALL));
    sets
}

/// Runs `look` on every system call, set of capabilities and argument value, with the verdicts of
/// both profiles.
fn compared(mut look: impl FnMut(&str, &str, [u64; 6], bool, bool)) {
    let facts = facts();
    let values = values(&facts);
    let profile = Profile::default_profile().unwrap();
    for (set, capabilities) in sets() {
        let program = profile.compile(capabilities, (6, 1)).unwrap();
        for number in 0..600_usize {
            let name = Sysno::new(number).map_or("", |call| call.name());
            let about: Vec<&Fact> = facts
                .iter()
                .filter(|fact| fact.calls.contains(&name))
                .collect();
            // neither profile checks an argument beyond the second
            for (argument, value) in
                (0..2).flat_map(|argument| values.iter().map(move |value| (argument, *value)))
            {
                let mut arguments = [0; 6];
                arguments[argument] = value;
                let ours = [ALLOW, libc::SECCOMP_RET_LOG].contains(&run(
                    &program,
                    NATIVE,
                    number as u32,
                    arguments,
                ));
                let dockers = about
                    .iter()
                    .any(|fact| fact.allows(name, capabilities, arguments));
                look(
                    if name.is_empty() { "unknown" } else { name },
                    &set,
                    arguments,
                    ours,
                    dockers,
                );
            }
        }
    }
}

#[test]
fn nothing_is_allowed_that_docker_refuses() {
    let (mut looser, mut stricter, mut looks) = (Vec::new(), BTreeSet::new(), 0_u64);
    compared(|name, set, arguments, ours, dockers| {
        looks += 1;
        match (ours, dockers) {
            (true, false) => looser.push(format!(
                "{name}({:#x}, {:#x}) with {set}",
                arguments[0], arguments[1]
            )),
            (false, true) => drop(stricter.insert(name.to_owned())),
            _ => {}
        }
    });
    assert!(
        looser.is_empty(),
        "{} are looser than docker's, as {:?}",
        looser.len(),
        &looser[..looser.len().min(8)]
    );
    assert!(looks > 10_000_000, "{looks}");
    // where ours is stricter, it is intended
    let meant = [
        "bpf",               // asks for CAP_BPF, also of whoever has CAP_SYS_ADMIN
        "io_setup",          // CAP_SYS_RESOURCE: the host has few contexts
        "ioctl",             // TIOCSTI, TIOCLINUX
        "lsm_get_self_attr", // what confines it is not its concern
        "lsm_list_modules",
        "lsm_set_self_attr",
        "perf_event_open", // CAP_PERFMON, as bpf
        "socket",          // five families
        "socketpair",      // AF_UNIX
        "syslog",          // CAP_SYSLOG, as bpf
    ];
    assert_eq!(
        stricter.iter().map(String::as_str).collect::<Vec<_>>(),
        meant
    );
}

/// The families that a container may open sockets of: with the usual capabilities, and with
/// CAP_NET_RAW.
fn families(capabilities: Capabilities) -> Vec<u64> {
    let program = Profile::default_profile()
        .unwrap()
        .compile(capabilities, (6, 1))
        .unwrap();
    let number = Sysno::socket.id() as u32;
    (0..256)
        .filter(|family| run(&program, NATIVE, number, [*family, 1, 0, 0, 0, 0]) == ALLOW)
        .collect()
}

#[test]
fn sockets_are_of_few_families_and_the_apparmor_profile_names_the_same() {
    assert_eq!(families(Capabilities::default()), [1, 2, 10, 16]);
    assert_eq!(
        families(Capabilities::default_with(&["NET_RAW".into()], &[]).unwrap()),
        [1, 2, 10, 16, 17]
    );
    let pair = |family| {
        let program = Profile::default_profile()
            .unwrap()
            .compile(Capabilities::ALL, (6, 1))
            .unwrap();
        run(
            &program,
            NATIVE,
            Sysno::socketpair.id() as u32,
            [family, 1, 0, 0, 0, 0],
        ) == ALLOW
    };
    assert_eq!(
        (0..256).filter(|family| pair(*family)).collect::<Vec<_>>(),
        [1]
    );

    let profile = include_str!("../../../assets/apparmor.profile");
    let rules = profile
        .lines()
        .map(str::trim)
        .filter_map(|line| line.strip_prefix("network")?.strip_suffix(','));
    let named: Vec<&str> = rules.map(str::trim).collect();
    assert_eq!(named, ["unix", "inet", "inet6", "netlink", "packet"]);
    for denied in ["deny network alg,", "deny network vsock,"] {
        assert!(
            profile.lines().any(|line| line.trim() == denied),
            "{denied}"
        );
    }
}
