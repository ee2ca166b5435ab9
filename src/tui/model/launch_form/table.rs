//! The table of the launch form's fields, in order. Those of limits come from the table of limits.

use std::sync::LazyLock;

use strum::VariantArray;

use super::access::{self, Access};
use crate::spec::LimitKey;

/// A section of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, VariantArray)]
pub enum Section {
    /// What is needed, and the limits that most people need.
    Basics,
    /// The other limits.
    Limits,
    /// Volumes and the root.
    Storage,
    /// What the command finds.
    Environment,
    /// Network and names.
    Network,
    /// What happens when it ends or is unwell, and its log.
    Care,
    /// What it may do, and the namespaces it shares.
    Security,
}

/// How a field is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A line for a few characters.
    Short,
    /// A line.
    Long,
    /// Lines.
    List,
    /// One of these words; the first is the default.
    Choice(&'static [&'static str]),
    /// One of the presets.
    Preset,
}

/// A field.
pub(super) struct Row {
    /// Its name in errors.
    pub name: &'static str,
    /// Its section.
    pub section: Section,
    /// How it is filled in.
    pub kind: Kind,
    /// Its label.
    pub label: String,
    /// What nothing in it means, and what can be typed.
    pub hint: &'static str,
    /// Where it stands in a request.
    pub access: Access,
}

const YES: Kind = Kind::Choice(&["no", "yes"]);
const OWN: Kind = Kind::Choice(&["own", "host"]);

/// Every field, in order.
pub(super) static TABLE: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let mut rows = rows();
    let first = rows.iter().position(|row| row.section == Section::Limits);
    let first = first.unwrap_or(rows.len());
    rows.splice(first..first, limit_rows());
    rows
});

macro_rules! fields {
    ($( $section:ident { $( $name:literal, $kind:expr, $label:literal, $access:expr, $hint:literal; )* } )*) => {
        /// The fields that are no limits of the table.
        fn rows() -> Vec<Row> {
            use Access::{Own, Switch, Text, Texts};
            use Kind::{Choice, List, Long, Short};
            vec![ $( $( Row {
                name: $name,
                section: Section::$section,
                kind: $kind,
                label: $label.to_owned(),
                hint: $hint,
                access: $access,
            }, )* )* ]
        }
    };
}

fields! {
    Basics {
        "image", Short, "Image", Own(access::image, access::set_image),
            "host: this machine's own programs; or a folder as its root: /srv/root";
        "preset", Kind::Preset, "Preset", Own(|_| Vec::new(), |_, _| Ok(())),
            "left and right choose, or its first letters";
        "command", Long, "Command", Own(access::command, access::set_command),
            "words as in a shell; pipes and loops need sh -c '…'";
        "name", Short, "Name", Own(access::name, access::set_name),
            "optional; without one it is called by its id";
        "memory", Short, "Memory", limit("memory"),
            "no limit; 128 is MB, or 64M, 1.5G";
        "cpu", Short, "CPU", Own(access::cpu, access::set_cpu),
            "no limit; 512 shares is half a core, 0.5 only caps";
        "pids", Short, "Pids", limit("pids"),
            "4096 processes and threads; or unlimited";
    }
    Limits {
        "ulimit", List, "Ulimits", Texts(|p| &mut p.ulimits),
            "of each process: nofile=1024:2048";
        "oom-score-adj", Short, "OOM score", Text(|p| &mut p.oom_score_adj),
            "-1000 to 1000; the higher, the sooner it is killed when the host has no memory";
        "nice", Short, "Nice", Text(|p| &mut p.nice),
            "-20 to 19; the higher, the more it gives way";
        "best-effort", YES, "Best effort", Switch(|p| &mut p.best_effort),
            "yes: without the limits that this kernel cannot give, instead of refusing";
    }
    Storage {
        "volume", List, "Volumes", Texts(|p| &mut p.volumes),
            "SRC:DST or SRC:DST:ro, a folder or file of the host inside";
        "tmpfs", List, "Tmpfs", Texts(|p| &mut p.tmpfs),
            "DST or DST:size=64M, a file system in memory";
        "device", List, "Devices", Texts(|p| &mut p.devices),
            "SRC, SRC:DST or SRC:DST:rwm, a device of the host inside";
        "storage", Short, "Storage", Text(|p| &mut p.storage),
            "no limit; most that it may write: 64M on disk, tmpfs:64M in memory";
        "overlay", YES, "Overlay", Switch(|p| &mut p.overlay),
            "yes: what it writes to a root folder goes to a layer of its own";
        "mount-propagation", Choice(&["private", "slave"]), "Propagation", Text(|p| &mut p.mount_propagation),
            "slave: mounts that the host makes later appear in its volumes";
    }
    Environment {
        "env", List, "Variables", Texts(|p| &mut p.env),
            "KEY=value; several lines can be pasted";
        "workdir", Long, "Directory", Text(|p| &mut p.workdir),
            "/; an absolute path inside";
        "user", Short, "User", Text(|p| &mut p.user),
            "root; or UID, UID:GID, nobody";
        "hostname", Short, "Host name", Text(|p| &mut p.hostname),
            "its name";
        "tty", YES, "Terminal", Own(access::tty, access::set_tty),
            "yes: it has a terminal, for attach";
        "interactive", YES, "Input", Own(access::interactive, access::set_interactive),
            "yes: its standard input stays open, for attach";
        "init", Choice(&["auto", "yes", "no"]), "Init", Own(access::init, access::set_init),
            "a small init as PID 1; auto: for a shell line or a health check";
        "group", Short, "Group", Text(|p| &mut p.group),
            "the list folds containers of one group; label minic.group";
        "label", List, "Labels", Texts(|p| &mut p.labels),
            "KEY=value";
    }
    Network {
        "net", Short, "Network", Own(access::net, access::set_net),
            "none; or host, container:NAME";
        "dns", List, "Name servers", Texts(|p| &mut p.dns),
            "an address, instead of the host's";
        "add-host", List, "Host names", Texts(|p| &mut p.add_hosts),
            "NAME:ADDRESS, added to its /etc/hosts";
        "sysctl", List, "Sysctls", Texts(|p| &mut p.sysctls),
            "NAME=VALUE, such as net.core.somaxconn=1024";
    }
    Care {
        "restart", Short, "Restart", Own(access::restart, access::set_restart),
            "no; or on-failure, on-failure:N, always";
        "rm", YES, "Remove", Own(access::remove, access::set_remove),
            "yes: it is destroyed when it ends";
        "stop-signal", Short, "Stop signal", Text(|p| &mut p.stop_signal),
            "TERM";
        "stop-timeout", Short, "Stop timeout", Text(|p| &mut p.stop_timeout),
            "the configured grace; 30, 500ms, 2m";
        "health-cmd", Long, "Health check", Text(|p| &mut p.health_command),
            "none; a shell line that exits with 0 while it is healthy";
        "health-interval", Short, "Interval", Text(|p| &mut p.health_interval),
            "30s between two checks, and at most for one";
        "health-retries", Short, "Retries", Text(|p| &mut p.health_retries),
            "3 failures in a row make it unhealthy";
        "log-size", Short, "Log size", Text(|p| &mut p.log_size),
            "10M; then its log is rotated";
        "log-files", Short, "Log files", Text(|p| &mut p.log_files),
            "3 are kept";
        "log-rate", Short, "Log rate", Text(|p| &mut p.log_rate),
            "no limit; more than 1M a second is not logged";
    }
    Security {
        "read-only", YES, "Read-only", Switch(|p| &mut p.read_only),
            "yes: its root cannot be written";
        "userns", Choice(&["default", "auto", "host"]), "Users", Text(|p| &mut p.userns),
            "auto: ids of its own; host: root inside is root outside; default: as configured";
        "cap-add", List, "Add capability", Texts(|p| &mut p.cap_add),
            "such as NET_RAW, or ALL";
        "cap-drop", List, "Drop capability", Texts(|p| &mut p.cap_drop),
            "such as CHOWN, or ALL";
        "seccomp", Long, "Seccomp", Text(|p| &mut p.seccomp),
            "default; or unconfined, a profile's absolute path";
        "apparmor", Short, "AppArmor", Text(|p| &mut p.apparmor),
            "default; or unconfined, a loaded profile";
        "selinux", Short, "SELinux", Text(|p| &mut p.selinux),
            "default; or unconfined, a type, a label";
        "security-opt", YES, "New privileges", Own(access::new_privileges, access::set_new_privileges),
            "yes: set-user-ID programs work (no_new_privs is off)";
        "privileged", YES, "Privileged", Switch(|p| &mut p.privileged),
            "yes: it gives up all of that; its root is this machine's root";
        "pid", Short, "Processes", Own(access::pid, access::set_pid),
            "own; or host, container:NAME";
        "ipc", Short, "Shared memory", Text(|p| &mut p.ipc),
            "own; or host, container:NAME";
        "uts", OWN, "UTS", Text(|p| &mut p.uts),
            "host: it has the host's name";
        "cgroupns", OWN, "Cgroups", Text(|p| &mut p.cgroupns),
            "host: it sees every cgroup";
        "time-offset", List, "Clocks", Texts(|p| &mut p.time_offsets),
            "CLOCK=TIME ahead of the host's: boottime=24h";
    }
}

/// A limit of the basics.
fn limit(key: &str) -> Access {
    let mut all = LimitKey::all();
    let found = all.find(|other| other.key == key);
    found.map_or(Access::Own(|_| Vec::new(), |_, _| Ok(())), Access::Limit)
}

/// A field for each other key of the table of limits. The amount of CPU has one of its own.
fn limit_rows() -> Vec<Row> {
    LimitKey::all()
        .filter(|key| !matches!(key.key, "memory" | "cpu" | "cpus" | "pids"))
        .map(limit_row)
        .collect()
}

fn limit_row(key: &'static LimitKey) -> Row {
    let words = key.field.split('-').zip(0..).map(|(word, at)| match word {
        "cpu" | "oom" => word.to_uppercase(),
        "io" => "I/O".into(),
        word if at == 0 => word[..1].to_uppercase() + &word[1..],
        word => word.to_owned(),
    });
    Row {
        name: key.field,
        section: Section::Limits,
        kind: if key.is_list { Kind::List } else { Kind::Short },
        label: words.collect::<Vec<_>>().join(" "),
        hint: key.help,
        access: Access::Limit(key),
    }
}
