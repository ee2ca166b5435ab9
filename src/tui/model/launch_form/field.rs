//! [`Field`]: the fields of the launch form, as one table. Those of limits come from the table of
//! limits.

use std::sync::LazyLock;

use strum::VariantArray;

use super::access::{self, Access};
use crate::spec::{ContainerRequest, LIMITS, Limit, LimitKey, Limits, Preset, SpecError};
use crate::tui::model::cpu_amount::cpu_meaning;

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

impl Section {
    /// Every section, in order.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// Its heading.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Basics => "Basics",
            Self::Limits => "Limits",
            Self::Storage => "Storage",
            Self::Environment => "Environment",
            Self::Network => "Network",
            Self::Care => "Restart & health",
            Self::Security => "Security",
        }
    }

    /// What its fields are called, in one line.
    #[must_use]
    pub fn contents(self) -> String {
        self.fields()
            .map(Field::word)
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// Its fields, in order.
    pub fn fields(self) -> impl Iterator<Item = Field> {
        TABLE
            .iter()
            .filter(move |row| row.section == self)
            .map(|row| row.field)
    }
}

/// A field, called as errors call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Field(&'static str);

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

struct Row {
    field: Field,
    section: Section,
    kind: Kind,
    label: String,
    hint: &'static str,
    access: Access,
}

const YES: Kind = Kind::Choice(&["no", "yes"]);
const OWN: Kind = Kind::Choice(&["own", "host"]);

static TABLE: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let row = |field, section, kind, label: &str, hint, access| Row {
        field: Field(field),
        section,
        kind,
        label: label.to_owned(),
        hint,
        access,
    };
    use Access::{Own, Switch, Text, Texts};
    use Kind::{Choice, List, Long, Short};
    use Section::{Basics, Care, Environment, Network, Security, Storage};
    let mut rows = vec![
        row(
            "image",
            Basics,
            Short,
            "Image",
            "host: this machine's own programs; or a folder as its root: /srv/root",
            Own(access::image, access::set_image),
        ),
        row(
            "preset",
            Basics,
            Kind::Preset,
            "Preset",
            "left and right choose, or its first letters",
            Own(|_| Vec::new(), |_, _| Ok(())),
        ),
        row(
            "command",
            Basics,
            Long,
            "Command",
            "words as in a shell; pipes and loops need sh -c '…'",
            Own(access::command, access::set_command),
        ),
        row(
            "name",
            Basics,
            Short,
            "Name",
            "optional; without one it is called by its id",
            Own(access::name, access::set_name),
        ),
    ];
    let key = |name: &str| {
        let found = LimitKey::all().find(|key| key.key == name);
        found.map(|key| limit_row(key, Basics))
    };
    rows.extend(key("memory"));
    rows.push(row(
        "cpu",
        Basics,
        Short,
        "CPU",
        "no limit; 512 shares is half a core, 0.5 only caps",
        Own(access::cpu, access::set_cpu),
    ));
    rows.extend(key("pids"));
    let rest = LimitKey::all().filter(|key| !matches!(key.key, "memory" | "cpu" | "cpus" | "pids"));
    rows.extend(rest.map(|key| limit_row(key, Section::Limits)));
    rows.extend([
        row(
            "ulimit",
            Section::Limits,
            List,
            "Ulimits",
            "of each process: nofile=1024:2048",
            Texts(|p| &mut p.ulimits),
        ),
        row(
            "oom-score-adj",
            Section::Limits,
            Short,
            "OOM score",
            "-1000 to 1000; the higher, the sooner it is killed when the host has no memory",
            Text(|p| &mut p.oom_score_adj),
        ),
        row(
            "nice",
            Section::Limits,
            Short,
            "Nice",
            "-20 to 19; the higher, the more it gives way",
            Text(|p| &mut p.nice),
        ),
        row(
            "best-effort",
            Section::Limits,
            YES,
            "Best effort",
            "yes: without the limits that this kernel cannot give, instead of refusing",
            Switch(|p| &mut p.best_effort),
        ),
        row(
            "volume",
            Storage,
            List,
            "Volumes",
            "SRC:DST or SRC:DST:ro, a folder or file of the host inside",
            Texts(|p| &mut p.volumes),
        ),
        row(
            "tmpfs",
            Storage,
            List,
            "Tmpfs",
            "DST or DST:size=64M, a file system in memory",
            Texts(|p| &mut p.tmpfs),
        ),
        row(
            "device",
            Storage,
            List,
            "Devices",
            "SRC, SRC:DST or SRC:DST:rwm, a device of the host inside",
            Texts(|p| &mut p.devices),
        ),
        row(
            "storage",
            Storage,
            Short,
            "Storage",
            "no limit; most that it may write: 64M on disk, tmpfs:64M in memory",
            Text(|p| &mut p.storage),
        ),
        row(
            "overlay",
            Storage,
            YES,
            "Overlay",
            "yes: what it writes to a root folder goes to a layer of its own",
            Switch(|p| &mut p.overlay),
        ),
        row(
            "mount-propagation",
            Storage,
            Choice(&["private", "slave"]),
            "Propagation",
            "slave: mounts that the host makes later appear in its volumes",
            Text(|p| &mut p.mount_propagation),
        ),
        row(
            "env",
            Environment,
            List,
            "Variables",
            "KEY=value; several lines can be pasted",
            Texts(|p| &mut p.env),
        ),
        row(
            "workdir",
            Environment,
            Long,
            "Directory",
            "/; an absolute path inside",
            Text(|p| &mut p.workdir),
        ),
        row(
            "user",
            Environment,
            Short,
            "User",
            "root; or UID, UID:GID, nobody",
            Text(|p| &mut p.user),
        ),
        row(
            "hostname",
            Environment,
            Short,
            "Host name",
            "its name",
            Text(|p| &mut p.hostname),
        ),
        row(
            "tty",
            Environment,
            YES,
            "Terminal",
            "yes: it has a terminal, for attach",
            Own(access::tty, access::set_tty),
        ),
        row(
            "interactive",
            Environment,
            YES,
            "Input",
            "yes: its standard input stays open, for attach",
            Own(access::interactive, access::set_interactive),
        ),
        row(
            "init",
            Environment,
            Choice(&["auto", "yes", "no"]),
            "Init",
            "a small init as PID 1; auto: for a shell line or a health check",
            Own(access::init, access::set_init),
        ),
        row(
            "group",
            Environment,
            Short,
            "Group",
            "the list folds containers of one group; label minic.group",
            Own(access::group, access::set_group),
        ),
        row(
            "label",
            Environment,
            List,
            "Labels",
            "KEY=value",
            Own(access::labels, access::set_labels),
        ),
        row(
            "net",
            Network,
            Short,
            "Network",
            "none; or host, container:NAME",
            Own(access::net, access::set_net),
        ),
        row(
            "dns",
            Network,
            List,
            "Name servers",
            "an address, instead of the host's",
            Texts(|p| &mut p.dns),
        ),
        row(
            "add-host",
            Network,
            List,
            "Host names",
            "NAME:ADDRESS, added to its /etc/hosts",
            Texts(|p| &mut p.add_hosts),
        ),
        row(
            "sysctl",
            Network,
            List,
            "Sysctls",
            "NAME=VALUE, such as net.core.somaxconn=1024",
            Texts(|p| &mut p.sysctls),
        ),
        row(
            "restart",
            Care,
            Short,
            "Restart",
            "no; or on-failure, on-failure:N, always",
            Own(access::restart, access::set_restart),
        ),
        row(
            "rm",
            Care,
            YES,
            "Remove",
            "yes: it is destroyed when it ends",
            Own(access::remove, access::set_remove),
        ),
        row(
            "stop-signal",
            Care,
            Short,
            "Stop signal",
            "TERM",
            Text(|p| &mut p.stop_signal),
        ),
        row(
            "stop-timeout",
            Care,
            Short,
            "Stop timeout",
            "the configured grace; 30, 500ms, 2m",
            Text(|p| &mut p.stop_timeout),
        ),
        row(
            "health-cmd",
            Care,
            Long,
            "Health check",
            "none; a shell line that exits with 0 while it is healthy",
            Text(|p| &mut p.health_command),
        ),
        row(
            "health-interval",
            Care,
            Short,
            "Interval",
            "30s between two checks, and at most for one",
            Text(|p| &mut p.health_interval),
        ),
        row(
            "health-retries",
            Care,
            Short,
            "Retries",
            "3 failures in a row make it unhealthy",
            Text(|p| &mut p.health_retries),
        ),
        row(
            "log-size",
            Care,
            Short,
            "Log size",
            "10M; then its log is rotated",
            Text(|p| &mut p.log_size),
        ),
        row(
            "log-files",
            Care,
            Short,
            "Log files",
            "3 are kept",
            Text(|p| &mut p.log_files),
        ),
        row(
            "log-rate",
            Care,
            Short,
            "Log rate",
            "no limit; more than 1M a second is not logged",
            Text(|p| &mut p.log_rate),
        ),
        row(
            "read-only",
            Security,
            YES,
            "Read-only",
            "yes: its root cannot be written",
            Switch(|p| &mut p.read_only),
        ),
        row(
            "userns",
            Security,
            Choice(&["default", "auto", "host"]),
            "Users",
            "auto: ids of its own; host: root inside is root outside; default: as configured",
            Text(|p| &mut p.userns),
        ),
        row(
            "cap-add",
            Security,
            List,
            "Add capability",
            "such as NET_RAW, or ALL",
            Texts(|p| &mut p.cap_add),
        ),
        row(
            "cap-drop",
            Security,
            List,
            "Drop capability",
            "such as CHOWN, or ALL",
            Texts(|p| &mut p.cap_drop),
        ),
        row(
            "seccomp",
            Security,
            Long,
            "Seccomp",
            "default; or unconfined, a profile's absolute path",
            Text(|p| &mut p.seccomp),
        ),
        row(
            "apparmor",
            Security,
            Short,
            "AppArmor",
            "default; or unconfined, a loaded profile",
            Text(|p| &mut p.apparmor),
        ),
        row(
            "selinux",
            Security,
            Short,
            "SELinux",
            "default; or unconfined, a type, a label",
            Text(|p| &mut p.selinux),
        ),
        row(
            "security-opt",
            Security,
            YES,
            "New privileges",
            "yes: set-user-ID programs work (no_new_privs is off)",
            Own(access::new_privileges, access::set_new_privileges),
        ),
        row(
            "privileged",
            Security,
            YES,
            "Privileged",
            "yes: it gives up all of that; its root is this machine's root",
            Switch(|p| &mut p.privileged),
        ),
        row(
            "pid",
            Security,
            Short,
            "Processes",
            "own; or host, container:NAME",
            Own(access::pid, access::set_pid),
        ),
        row(
            "ipc",
            Security,
            Short,
            "Shared memory",
            "own; or host, container:NAME",
            Text(|p| &mut p.ipc),
        ),
        row(
            "uts",
            Security,
            OWN,
            "UTS",
            "host: it has the host's name",
            Text(|p| &mut p.uts),
        ),
        row(
            "cgroupns",
            Security,
            OWN,
            "Cgroups",
            "host: it sees every cgroup",
            Text(|p| &mut p.cgroupns),
        ),
        row(
            "time-offset",
            Security,
            List,
            "Clocks",
            "CLOCK=TIME ahead of the host's: boottime=24h",
            Texts(|p| &mut p.time_offsets),
        ),
    ]);
    rows
});

fn limit_row(key: &'static LimitKey, section: Section) -> Row {
    let words = key.field.split('-').zip(0..).map(|(word, at)| match word {
        "cpu" | "oom" => word.to_uppercase(),
        "io" => "I/O".into(),
        word if at == 0 => word[..1].to_uppercase() + &word[1..],
        word => word.to_owned(),
    });
    let label = words.collect::<Vec<_>>().join(" ");
    let hint = match key.key {
        "memory" => "no limit; 128 is MB, or 64M, 1.5G",
        "pids" => "4096 processes and threads; or unlimited",
        _ => key.help,
    };
    Row {
        field: Field(key.field),
        section,
        kind: if key.is_list { Kind::List } else { Kind::Short },
        label,
        hint,
        access: Access::Limit(key),
    }
}

impl Field {
    /// The image, or a folder as root.
    pub const IMAGE: Self = Self("image");
    /// The preset that fills in the rest.
    pub const PRESET: Self = Self("preset");
    /// The command, in shell syntax.
    pub const COMMAND: Self = Self("command");
    /// The container's name.
    pub const NAME: Self = Self("name");
    /// Memory limit.
    pub const MEMORY: Self = Self("memory");
    /// CPU shares and cap, or cores.
    pub const CPU: Self = Self("cpu");
    /// The network.
    pub const NET: Self = Self("net");
    /// The processes it sees.
    pub const PID: Self = Self("pid");
    /// Shared memory.
    pub const IPC: Self = Self("ipc");
    /// Volumes.
    pub const VOLUME: Self = Self("volume");
    /// Environment variables.
    pub const ENV: Self = Self("env");

    /// Every field, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.field)
    }

    /// The field that errors call `name`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let name = match name {
            "cpus" => "cpu",
            "root" => "image",
            "network" => "net",
            other => other,
        };
        Self::all().find(|field| field.0 == name)
    }

    /// As errors call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0
    }

    #[allow(clippy::indexing_slicing, reason = "a field comes from the table")]
    fn row(self) -> &'static Row {
        let at = TABLE.iter().position(|row| row.field == self);
        &TABLE[at.unwrap_or(0)]
    }

    /// Its label.
    #[must_use]
    pub fn label(self) -> &'static str {
        &self.row().label
    }

    /// Its label within a sentence.
    #[must_use]
    pub fn word(self) -> String {
        let label = self.label();
        let is_name = |c: char| c.is_uppercase() || c == '/';
        if label.chars().nth(1).is_some_and(is_name) {
            label.to_owned()
        } else {
            label.to_lowercase()
        }
    }

    /// How it is filled in.
    #[must_use]
    pub fn kind(self) -> Kind {
        self.row().kind
    }

    /// Its section.
    #[must_use]
    pub fn section(self) -> Section {
        self.row().section
    }

    /// What nothing in it means, and what can be typed.
    #[must_use]
    pub fn hint(self) -> &'static str {
        self.row().hint
    }

    /// The texts that stand for its value in `request`: one, or any number for a list.
    #[must_use]
    pub fn texts(self, request: &ContainerRequest) -> Vec<String> {
        let row = self.row();
        let mut texts = row.access.read(request);
        match row.kind {
            Kind::List => {}
            Kind::Choice(words) if texts.is_empty() => texts.push(words[0].to_owned()),
            _ if texts.is_empty() => texts.push(String::new()),
            _ => {}
        }
        texts
    }

    /// Puts `texts` into `request`.
    ///
    /// # Errors
    /// [`SpecError`] when they cannot be read.
    pub fn put(self, request: &mut ContainerRequest, texts: &[String]) -> Result<(), SpecError> {
        let row = self.row();
        let texts: Vec<String> = match row.kind {
            Kind::Choice(words) if texts.first().is_some_and(|text| text == words[0]) => Vec::new(),
            _ => texts.to_vec(),
        };
        row.access.write(request, texts)
    }

    /// A value that is right by itself.
    pub(super) fn placeholder(self) -> Vec<String> {
        let text = match (self, &self.row().access) {
            (Self::COMMAND, _) => "true",
            (Self::IMAGE, _) => "/srv",
            (Self::CPU, _) => "512",
            (_, Access::Limit(key)) => key.example,
            _ => return Vec::new(),
        };
        vec![text.to_owned()]
    }

    /// The meaning of `text` in it, or what can be typed.
    #[must_use]
    pub fn meaning(self, text: &str) -> String {
        if text.is_empty() || matches!(self.kind(), Kind::Choice(_)) {
            return self.hint().to_owned();
        }
        match &self.row().access {
            _ if self == Self::CPU => cpu_meaning(text),
            Access::Limit(key) => limit_meaning(key, text),
            _ => self.hint().to_owned(),
        }
    }
}

fn limit_meaning(key: &'static LimitKey, text: &str) -> String {
    let mut limits = Limits::default();
    if let Err(error) = key.set(&mut limits, text) {
        return error.reason;
    }
    let owns = |limit: &&Limit| limit.keys.iter().any(|other| other.key == key.key);
    let limit = LIMITS.iter().find(owns);
    let amount = limit.and_then(|limit| Some((limit, limit.of(&limits)?)));
    match amount {
        None => "no limit".into(),
        Some((limit, amount)) if limit.name == "memory" => {
            format!("at most {}", amount.words())
        }
        Some((limit, amount)) => limit.words(&amount.words()),
    }
}

/// The settings of `request`, as its fields have them.
pub(super) fn all_texts(request: &ContainerRequest) -> Vec<(Field, Vec<String>)> {
    Field::all()
        .map(|field| (field, field.texts(request)))
        .collect()
}

/// The request that `preset` makes by itself.
pub(super) fn request_of(preset: Option<&(String, Preset)>) -> ContainerRequest {
    ContainerRequest {
        settings: preset.map(|(_, preset)| preset.clone()).unwrap_or_default(),
        preset: preset.map(|(name, _)| name.clone()),
        ..ContainerRequest::default()
    }
}
