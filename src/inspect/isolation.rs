//! The isolation of a container: the kernel's facts about its init, compared with our own.

use std::fs;
use std::path::{Path, PathBuf};

use super::capabilities::{dangerous, names};
use super::confinement::confinement;
use super::failure::{InspectError, failed};
use super::{Fact, Judgement, Section, Sheet, limit_files};
use crate::cgroup::Cgroup;
use crate::record::{Process, Record, is_alive};
use crate::spec::{HostUsers, PidMode, Storage, format_bytes};

/// Namespaces by their names in `/proc/PID/ns`, the effect of sharing, and whether that is weak.
const NAMESPACES: [(&str, &str, bool); 8] = [
    ("pid", "sees the host's processes", true),
    ("mnt", "sees the host's mounts", true),
    ("net", "uses the host's network", true),
    (
        "ipc",
        "shares memory segments and queues with the host",
        true,
    ),
    ("uts", "has the host's name", true),
    ("cgroup", "sees the host's control groups", true),
    ("user", "root inside is root outside", true),
    ("time", "has the host's clocks", false),
];

/// How the container of `record`, whose init is `process`, is isolated from the host. `used` is
/// the size of its own layer in bytes.
pub(crate) fn isolation(
    record: &Record,
    process: &Process,
    cgroup: &Cgroup,
    used: Option<u64>,
) -> Result<Sheet, InspectError> {
    let folder = Path::new("/proc").join(process.pid.to_string());
    let read = |file: &str| fs::read_to_string(folder.join(file));
    let status = read("status")
        .map_err(|error| failed(format!("read {}/status", folder.display()), error))?;
    let mut sections = vec![
        Section::new(
            "Namespaces",
            namespaces(&folder, record.spec.host_users.as_ref())
                .into_iter()
                .chain(joined(record))
                .collect(),
        ),
        Section::new(
            "Privileges",
            privileges(&status)
                .into_iter()
                .chain([confinement(&folder, record.state.unconfined.as_ref())])
                .collect(),
        ),
        Section::new(
            "Id maps",
            ["uid_map", "gid_map"]
                .iter()
                .map(|file| id_map(file, &read(file).unwrap_or_default()))
                .collect(),
        ),
    ];
    let limits = limit_files::facts(&cgroup.paths().map(PathBuf::from).collect::<Vec<_>>());
    sections.push(Section::new("Control group", limits));
    sections.push(Section::new(
        "Disk",
        vec![written(record.spec.storage, used)],
    ));
    sections.push(Section::new(
        "Mounts",
        mounts(&read("mountinfo").unwrap_or_default()),
    ));
    // the pid may have been reused while its files were read
    if !is_alive(process) {
        return Err(ended(record));
    }
    Ok(Sheet { sections })
}

/// The container whose pid namespace it joined: root can reach the files of visible processes
/// (proc(5), `/proc/PID/root`).
fn joined(record: &Record) -> Option<Fact> {
    let PidMode::Container(id) = &record.spec.pid else {
        return None;
    };
    let meaning = "each reaches the other's files and volumes through /proc/PID/root";
    Some(Fact::judged("pid of", id.clone(), Judgement::Weak, meaning))
}

/// Pure: the use and limit of its own layer.
fn written(storage: Option<Storage>, used: Option<u64>) -> Fact {
    let Some(storage) = storage else {
        return Fact::judged(
            "storage",
            "no limit",
            Judgement::Weak,
            "may fill the state folder's disk",
        );
    };
    let limit = format_bytes(storage.bytes());
    let place = match storage {
        Storage::Disk(_) => "on disk, by a project quota",
        Storage::Tmpfs(_) => "in memory, lost when it stops",
    };
    let used = used.map_or_else(|| "n/a".into(), format_bytes);
    Fact::judged(
        "storage",
        format!("{used} of {limit}"),
        Judgement::Good,
        format!("at most {limit} {place}"),
    )
}

fn ended(record: &Record) -> InspectError {
    failed(
        format!("look into {}", record.spec.name),
        "it has just ended",
    )
}

fn namespaces(folder: &Path, host_users: Option<&HostUsers>) -> Vec<Fact> {
    let inode = |folder: &Path, name: &str| {
        let link = fs::read_link(folder.join("ns").join(name)).ok()?;
        link.to_str()?
            .split_once('[')?
            .1
            .strip_suffix(']')
            .map(str::to_owned)
    };
    let fact = |(name, shared, weak): &(&str, &str, bool)| match (
        inode(folder, name),
        inode(Path::new("/proc/self"), name),
    ) {
        (Some(own), Some(host)) if own != host => Fact::judged(
            *name,
            own,
            Judgement::Good,
            format!("its own; the host's is {host}"),
        ),
        (Some(own), Some(_)) => {
            let why = host_users
                .filter(|_| *name == "user")
                .map_or(String::new(), |why| format!(" ({why})"));
            Fact::judged(
                *name,
                own,
                if *weak {
                    Judgement::Weak
                } else {
                    Judgement::Plain
                },
                format!("shared: {shared}{why}"),
            )
        }
        _ => Fact::plain(*name, "n/a: this kernel has no such namespace"),
    };
    NAMESPACES.iter().map(fact).collect()
}

/// Pure: the privileges in `/proc/PID/status` (proc_pid_status(5)).
fn privileges(status: &str) -> Vec<Fact> {
    let line = |key: &str| {
        status
            .lines()
            .find_map(|line| line.strip_prefix(key))
            .map(str::trim)
    };
    let mut facts = Vec::new();
    let uid = line("Uid:")
        .and_then(|text| text.split_whitespace().nth(1))
        .unwrap_or("n/a");
    facts.push(Fact::judged(
        "user",
        format!("uid {uid} on the host"),
        if uid == "0" {
            Judgement::Plain
        } else {
            Judgement::Good
        },
        "",
    ));
    for (key, what) in [("CapEff:", "capabilities"), ("CapBnd:", "bounding set")] {
        let Some(held) = line(key).and_then(names) else {
            facts.push(Fact::plain(what, "n/a: not reported by the kernel"));
            continue;
        };
        let opens = dangerous(&held);
        let effect = if opens.is_empty() {
            "none gives access to the host".to_owned()
        } else {
            format!("give access to the host: {}", opens.join(", "))
        };
        let value = if held.is_empty() {
            "none".to_owned()
        } else {
            held.join(" ")
        };
        facts.push(Fact::judged(
            what,
            value,
            Judgement::of(opens.is_empty()),
            if held.is_empty() {
                String::new()
            } else {
                effect
            },
        ));
    }
    let filters = line("Seccomp_filters:").unwrap_or("some");
    facts.push(match line("Seccomp:") {
        Some("2") => Fact::judged(
            "seccomp",
            "filtering",
            Judgement::Good,
            format!(
                "system calls pass through {filters} {}",
                if filters == "1" { "filter" } else { "filters" }
            ),
        ),
        Some("1") => Fact::judged(
            "seccomp",
            "strict",
            Judgement::Good,
            "read, write and exit only",
        ),
        Some("0") => Fact::judged(
            "seccomp",
            "off",
            Judgement::Weak,
            "all system calls are allowed",
        ),
        _ => Fact::plain("seccomp", "n/a: the kernel has none"),
    });
    facts.push(match line("NoNewPrivs:") {
        Some("1") => Fact::judged(
            "no_new_privs",
            "on",
            Judgement::Good,
            "set-user-ID has no effect",
        ),
        Some(_) => Fact::judged(
            "no_new_privs",
            "off",
            Judgement::Weak,
            "set-user-ID programs work",
        ),
        None => Fact::plain("no_new_privs", "n/a: not reported by the kernel"),
    });
    facts
}

/// Pure: one id map (user_namespaces(7)): lines of first id inside, first id outside, count.
fn id_map(file: &str, text: &str) -> Fact {
    let ranges: Vec<Vec<u64>> = text
        .lines()
        .map(|line| {
            line.split_whitespace()
                .filter_map(|word| word.parse().ok())
                .collect()
        })
        .collect();
    let mut shown = Vec::new();
    let mut zero_is_zero = false;
    for range in &ranges {
        let [inside, outside, count] = range[..] else {
            continue;
        };
        zero_is_zero |= inside == 0 && outside == 0;
        shown.push(format!("{inside} is {outside}, {count} ids"));
    }
    let what = file.trim_end_matches("_map");
    match shown.is_empty() {
        true => Fact::plain(what, "n/a: no ids are mapped"),
        false if zero_is_zero => Fact::judged(
            what,
            shown.join("; "),
            Judgement::Weak,
            "0 inside is 0 outside",
        ),
        false => Fact::judged(
            what,
            shown.join("; "),
            Judgement::Good,
            "ids inside mean nothing outside",
        ),
    }
}

/// Pure: `/proc/PID/mountinfo` (proc_pid_mountinfo(5)), one fact per mount.
fn mounts(text: &str) -> Vec<Fact> {
    let fact = |line: &str| {
        let (left, right) = line.split_once(" - ")?;
        let fields: Vec<&str> = left.split(' ').collect();
        let (root, place, options) = (fields.get(3)?, fields.get(4)?, fields.get(5)?);
        let kind = right.split(' ').next()?;
        let has = |option: &str| options.split(',').any(|o| o == option);
        let kernel = matches!(
            kind,
            "sysfs" | "cgroup" | "cgroup2" | "securityfs" | "debugfs" | "tracefs"
        );
        let judgement = match () {
            () if kernel => Judgement::of(has("ro")),
            () if kind == "proc" && *root == "/" => {
                Judgement::of(has("nosuid") && has("nodev") && has("noexec"))
            }
            () if place.starts_with("/proc/") || place.starts_with("/sys/") => Judgement::Good,
            () => Judgement::Plain,
        };
        let effect = match judgement {
            Judgement::Weak if kernel => "the kernel's own settings can be written".to_owned(),
            Judgement::Weak => "without nosuid, nodev, noexec".to_owned(),
            Judgement::Good if !kernel && kind != "proc" => {
                "hides what the kernel shows there".to_owned()
            }
            _ => String::new(),
        };
        let place = place.replace("\\040", " ");
        Some(Fact::judged(
            place,
            format!("{kind} {options}"),
            judgement,
            effect,
        ))
    };
    text.lines().filter_map(fact).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged<'a>(facts: &'a [Fact], what: &str) -> (&'a str, Judgement) {
        let fact = facts.iter().find(|fact| fact.what == what).unwrap();
        (fact.value.as_str(), fact.judgement)
    }

    #[test]
    fn privileges_are_parsed_and_judged() {
        let open = "Uid:\t0\t0\t0\t0\nCapEff:\t000001ffffffffff\nCapBnd:\t000001ffffffffff\nNoNewPrivs:\t0\nSeccomp:\t0\n";
        let facts = privileges(open);
        assert_eq!(judged(&facts, "seccomp"), ("off", Judgement::Weak));
        assert_eq!(judged(&facts, "no_new_privs").1, Judgement::Weak);
        assert_eq!(judged(&facts, "capabilities").1, Judgement::Weak);
        let shut = "Uid:\t100\t100\t0\t0\nCapEff:\t0\nCapBnd:\t00000000000000fb\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t1\n";
        let facts = privileges(shut);
        assert!(
            facts.iter().all(|fact| fact.judgement == Judgement::Good),
            "{facts:?}"
        );
        assert_eq!(judged(&facts, "capabilities").0, "none");
        assert!(privileges("").iter().all(|fact| fact.value.contains("n/a")));
    }

    #[test]
    fn maps_and_mounts_are_judged() {
        assert_eq!(
            id_map("uid_map", "         0          0 4294967295\n").judgement,
            Judgement::Weak
        );
        let mapped = id_map("uid_map", "0 100000 65536\n");
        assert_eq!(
            (mapped.judgement, mapped.value.as_str()),
            (Judgement::Good, "0 is 100000, 65536 ids")
        );
        let text = "1 0 0:1 / / rw,relatime - overlay overlay rw\n2 1 0:2 / /proc rw,nosuid,nodev,noexec - proc proc rw\n\
                    3 1 0:3 / /sys rw - sysfs sysfs rw\n4 1 0:4 / /a\\040b rw - tmpfs tmpfs rw\nnonsense\n";
        let facts = mounts(text);
        assert_eq!(judged(&facts, "/proc").1, Judgement::Good);
        assert_eq!(judged(&facts, "/sys").1, Judgement::Weak);
        assert_eq!(judged(&facts, "/a b").1, Judgement::Plain);
        assert_eq!(facts.len(), 4);
    }
}
