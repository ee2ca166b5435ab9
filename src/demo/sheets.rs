//! The sheets of simulated containers and of their host: isolation, capabilities, the host.

use crate::inspect::{Fact, Judgement, Section, Sheet};
use crate::record::Record;
use crate::spec::format_bytes;

/// How a simulated container is held apart.
pub(super) fn isolation(record: &Record) -> Sheet {
    let limits = &record.spec.limits;
    let own = |name: &str, n: u64| {
        Fact::judged(
            name,
            format!("{}", 4_026_532_280 + n),
            Judgement::Good,
            format!("its own; the host's is {}", 4_026_531_834 + n),
        )
    };
    let mut namespaces: Vec<Fact> = ["pid", "mnt", "net", "ipc", "uts", "cgroup"]
        .iter()
        .zip(1..)
        .map(|(name, n)| own(name, n))
        .collect();
    namespaces.push(Fact::judged(
        "user",
        "4026531837",
        Judgement::Weak,
        "shared: root inside is root outside",
    ));
    namespaces.push(Fact::judged(
        "time",
        "4026531834",
        Judgement::Plain,
        "shared: has the host's clocks",
    ));
    let privileges = vec![
        Fact::judged("user", "uid 0 on the host", Judgement::Plain, ""),
        Fact::judged(
            "capabilities",
            "chown dac_override fowner kill setgid setuid",
            Judgement::Good,
            "none of them opens the host",
        ),
        Fact::judged(
            "seccomp",
            "filtering",
            Judgement::Good,
            "system calls pass through 1 filter",
        ),
        Fact::judged(
            "no_new_privs",
            "on",
            Judgement::Good,
            "set-user-id programs give nothing",
        ),
        Fact::judged(
            "AppArmor",
            "minic-default (enforce)",
            Judgement::Good,
            "restricted by the profile",
        ),
    ];
    let limit = |file: &str, value: Option<u64>, effect: String, open: &str| match value {
        Some(value) => Fact::judged(file, value.to_string(), Judgement::Good, effect),
        None => Fact::judged(file, "max", Judgement::Weak, format!("no limit: {open}")),
    };
    let group = vec![
        limit(
            "memory.max",
            limits.memory,
            format!("at most {}", format_bytes(limits.memory.unwrap_or(0))),
            "may take all memory",
        ),
        limit(
            "pids.max",
            limits.pids,
            format!("at most {}", limits.pids.unwrap_or(0)),
            "a fork bomb takes every pid",
        ),
        match limits.cpu {
            Some(cpu) => Fact::judged(
                "cpu.max",
                format!("{:.0} 100000", cpu.cores() * 1e5),
                Judgement::Good,
                format!("at most {:.1}% of a core", cpu.cores() * 100.0),
            ),
            None => Fact::judged(
                "cpu.max",
                "max 100000",
                Judgement::Weak,
                "no limit: may take every core",
            ),
        },
    ];
    let mounts = vec![
        Fact::plain("/", "overlay rw,relatime"),
        Fact::judged("/proc", "proc rw,nosuid,nodev,noexec", Judgement::Good, ""),
        Fact::judged("/sys", "sysfs ro,nosuid,nodev,noexec", Judgement::Good, ""),
        Fact::plain("/dev", "tmpfs rw,nosuid"),
    ];
    let sections = vec![
        Section::new("Namespaces", namespaces),
        Section::new("Privileges", privileges),
        Section::new(
            "Id maps",
            vec![Fact::judged(
                "uid",
                "0 is 0, 4294967295 ids",
                Judgement::Weak,
                "0 inside is 0 outside",
            )],
        ),
        Section::new("Control group", group),
        Section::new("Mounts", mounts),
    ];
    Sheet { sections }
}

/// What the simulated host can do.
pub(super) fn facts() -> [Fact; 2] {
    [
        Fact::judged("kernel", "Linux 6.12.0 on x86_64", Judgement::Good, ""),
        Fact::judged(
            "swap accounting",
            "off",
            Judgement::Weak,
            "--swap is refused, and swap shows n/a; boot with swapaccount=1",
        ),
    ]
}

/// The simulated host.
pub(super) fn host() -> Sheet {
    let version = |name: &str| Fact::judged(name, "v2", Judgement::Good, "");
    Sheet {
        sections: vec![
            Section::new(
                "System",
                vec![
                    Fact::plain("kernel", "Linux 6.12.0 x86_64"),
                    Fact::plain("name", "demo"),
                    Fact::plain("load average", "0.52 0.48 0.41"),
                ],
            ),
            Section::new(
                "Memory",
                vec![
                    Fact::plain("memory", "4.90G free of 8.00G"),
                    Fact::plain("cached", "1.21G"),
                    Fact::plain("swap", "2.00G free of 2.00G"),
                ],
            ),
            Section::new(
                "Pressure",
                vec![
                    Fact::judged(
                        "cpu",
                        "some waited 3.2%, all waited 0.0%",
                        Judgement::Good,
                        "of the last 10 s",
                    ),
                    Fact::judged(
                        "memory",
                        "some waited 0.0%, all waited 0.0%",
                        Judgement::Good,
                        "of the last 10 s",
                    ),
                    Fact::judged(
                        "io",
                        "some waited 14.1%, all waited 9.0%",
                        Judgement::Weak,
                        "of the last 10 s: it is scarce",
                    ),
                ],
            ),
            Section::new(
                "Disk of the state folder",
                vec![Fact::judged(
                    "/var/lib/minic",
                    "31.4G free of 98.0G",
                    Judgement::Good,
                    "",
                )],
            ),
            Section::new(
                "Control groups",
                vec![
                    Fact::plain("layout", "v2"),
                    version("cpu"),
                    version("memory"),
                    version("pids"),
                    version("io"),
                ],
            ),
        ],
    }
}
