//! A container's settings as a preset, and as the request that makes another like it.

use std::time::Duration;

use super::fields::given;
use super::resolve::{DEFAULT_OOM_SCORE_ADJ, DEFAULT_PATH, DEFAULT_PIDS, is_shell_line};
use super::{
    AppArmor, Capabilities, ClockOffsets, ContainerId, ContainerRequest, ContainerSpec,
    DEFAULT_IMAGE, DeviceAccess, HealthCheck, Limits, NetworkMode, Own, PidMode, Preset,
    Propagation, Relabel, RestartPolicy, SeLinux, Seccomp, Storage, Userns, Volume, exact_bytes,
    signal_name,
};

impl Preset {
    /// The request for all that bounds the container of `spec`, with `limits` in place of its own,
    /// and for its command.
    #[must_use]
    pub fn of_spec(spec: &ContainerSpec, limits: &Limits) -> Self {
        Self {
            command: Some(spec.argv.clone()),
            best_effort: spec.best_effort.then_some(true),
            storage: spec.storage.map(|storage| match storage {
                Storage::Disk(size) => exact_bytes(size),
                Storage::Tmpfs(size) => format!("tmpfs:{}", exact_bytes(size)),
            }),
            ulimits: spec.ulimits.iter().map(ToString::to_string).collect(),
            oom_score_adj: spec
                .oom_score_adj
                .filter(|score| *score != DEFAULT_OOM_SCORE_ADJ)
                .map(|score| score.to_string()),
            nice: spec.nice.map(|nice| nice.to_string()),
            log_size: spec.log.map(|log| exact_bytes(log.size)),
            log_files: spec.log.map(|log| log.files.to_string()),
            log_rate: spec.log_rate.map(exact_bytes),
            ..Self::of_limits(limits)
        }
    }
}

impl ContainerRequest {
    /// The request for another container like that of `spec`, with `limits` in place of its own and
    /// without its name. Defaults are left out. `named` says what people call another container;
    /// `profile` is the file of its own seccomp profile.
    #[must_use]
    pub fn of_spec(
        spec: &ContainerSpec,
        limits: &Limits,
        named: &dyn Fn(&ContainerId) -> String,
        profile: &str,
    ) -> Self {
        let mut settings = Preset::of_spec(spec, limits);
        if limits.pids == Some(DEFAULT_PIDS) {
            settings.pids = None;
        }
        namespaces(&mut settings, spec, named);
        files(&mut settings, spec);
        security(&mut settings, spec, profile);
        care(&mut settings, spec);
        Self {
            name: None,
            settings,
            preset: spec.preset.clone(),
            tty: spec.tty,
            interactive: spec.interactive,
            remove: spec.remove,
        }
    }
}

fn namespaces(settings: &mut Preset, spec: &ContainerSpec, named: &dyn Fn(&ContainerId) -> String) {
    let own = |own: Own| (own == Own::Host).then(|| "host".to_owned());
    settings.net = match &spec.network {
        NetworkMode::None => None,
        NetworkMode::Host => Some(NetworkMode::Host),
        NetworkMode::Container(id) => Some(NetworkMode::Container(named(id))),
    };
    settings.pid = match &spec.pid {
        PidMode::Own => None,
        PidMode::Host => Some(PidMode::Host),
        PidMode::Container(id) => Some(PidMode::Container(named(id))),
    };
    settings.ipc = match &spec.ipc {
        super::IpcMode::Own => None,
        super::IpcMode::Host => Some("host".into()),
        super::IpcMode::Container(id) => Some(format!("container:{}", named(id))),
    };
    settings.uts = own(spec.uts);
    settings.cgroupns = own(spec.cgroupns);
    // the host's users by rule are by rule again
    settings.userns = (spec.userns == Userns::Host && spec.host_users.is_none())
        .then(|| Userns::Host.as_str().to_owned());
    settings.time_offsets = spec.clocks.map_or(Vec::new(), |clocks| {
        let ClockOffsets {
            monotonic_ms,
            boottime_ms,
        } = clocks;
        [("monotonic", monotonic_ms), ("boottime", boottime_ms)]
            .map(|(clock, millis)| format!("{clock}={millis}ms"))
            .to_vec()
    });
}

fn files(settings: &mut Preset, spec: &ContainerSpec) {
    settings.image = Some(spec.image.clone()).filter(|image| image != DEFAULT_IMAGE);
    settings.root = spec.root.as_ref().map(|root| root.display().to_string());
    settings.overlay = spec.overlay.then_some(true);
    settings.read_only = spec.read_only.then_some(true);
    settings.mount_propagation =
        (spec.propagation == Propagation::Slave).then(|| "slave".to_owned());
    settings.volumes = spec.volumes.iter().map(volume).collect();
    let tmpfs = spec.tmpfs.iter().map(|tmpfs| match tmpfs.size {
        Some(size) => format!("{}:size={}", tmpfs.target, exact_bytes(size)),
        None => tmpfs.target.clone(),
    });
    settings.tmpfs = tmpfs.collect();
    let devices = spec.devices.iter().map(|device| {
        let source = device.source.display();
        let mut text = source.to_string();
        if device.source.as_os_str() != device.target.as_str() {
            text = format!("{source}:{}", device.target);
        }
        if device.access != DeviceAccess::default() {
            text = format!("{text}:{}", access(device.access));
        }
        text
    });
    settings.devices = devices.collect();
}

fn access(access: DeviceAccess) -> String {
    [(access.read, 'r'), (access.write, 'w'), (access.mknod, 'm')]
        .iter()
        .filter_map(|(has, letter)| has.then_some(*letter))
        .collect()
}

fn volume(volume: &Volume) -> String {
    let relabel = volume.relabel.map(|relabel| match relabel {
        Relabel::Shared => "z",
        Relabel::Own => "Z",
    });
    let options: Vec<&str> = [
        volume.read_only.then_some("ro"),
        relabel,
        volume.no_idmap.then_some("noidmap"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let mut text = format!("{}:{}", volume.source.display(), volume.target);
    if !options.is_empty() {
        text = format!("{text}:{}", options.join(","));
    }
    text
}

fn security(settings: &mut Preset, spec: &ContainerSpec, profile: &str) {
    let security = &spec.security;
    settings.apparmor = match &security.apparmor {
        AppArmor::Default => security.privileged.then(|| "default".to_owned()),
        AppArmor::Unconfined => (!security.privileged).then(|| "unconfined".to_owned()),
        AppArmor::Named(name) => Some(name.clone()),
    };
    settings.selinux = match &security.selinux {
        SeLinux::Default => security.privileged.then(|| "default".to_owned()),
        SeLinux::Unconfined => (!security.privileged).then(|| "unconfined".to_owned()),
        SeLinux::Named(label) => Some(label.clone()),
    };
    if security.privileged {
        settings.privileged = Some(true);
        return;
    }
    settings.no_new_privileges = (!security.no_new_privileges).then_some(false);
    settings.seccomp = match security.seccomp {
        Seccomp::Default => None,
        Seccomp::Unconfined => Some("unconfined".into()),
        Seccomp::Own => Some(profile.to_owned()),
    };
    let words = |set: Capabilities| {
        let names = set.names().into_iter();
        let bare = names.map(|name| name.trim_start_matches("CAP_").to_owned());
        bare.collect::<Vec<_>>()
    };
    let all = security.asked == Capabilities::ALL;
    settings.cap_add = if all {
        vec!["ALL".into()]
    } else {
        words(security.asked)
    };
    let base = if all {
        Capabilities::ALL
    } else {
        Capabilities::default()
    };
    let dropped = base.without(security.capabilities);
    settings.cap_drop = if !all && dropped == base.without(security.asked) {
        vec!["ALL".into()]
    } else {
        words(dropped)
    };
}

/// The process, its environment, and how it is looked after.
fn care(settings: &mut Preset, spec: &ContainerSpec) {
    settings.workdir = Some(spec.cwd.clone()).filter(|cwd| cwd != "/");
    settings.hostname =
        Some(spec.hostname.clone()).filter(|hostname| hostname != spec.name.as_str());
    settings.user = (spec.user != super::User::default())
        .then(|| format!("{}:{}", spec.user.uid, spec.user.gid));
    settings.env = own_environment(spec);
    settings.labels = spec
        .labels
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    settings.add_hosts = spec
        .add_hosts
        .iter()
        .map(|(name, address)| format!("{name}:{address}"))
        .collect();
    settings.dns = spec.dns.iter().map(ToString::to_string).collect();
    settings.sysctls = spec
        .sysctls
        .iter()
        .map(|sysctl| format!("{}={}", sysctl.name, sysctl.value))
        .collect();
    if let Some(health) = &spec.health {
        let default = HealthCheck::DEFAULT_INTERVAL.as_millis();
        settings.health_command = Some(health.command.clone());
        settings.health_interval = Some(health.interval_ms)
            .filter(|interval| u128::from(*interval) != default)
            .map(time);
        settings.health_retries = Some(health.retries)
            .filter(|retries| *retries != HealthCheck::DEFAULT_RETRIES)
            .map(|retries| retries.to_string());
    }
    let by_itself = is_shell_line(&spec.argv) || given(&settings.health_command).is_some();
    settings.init = (spec.init != by_itself).then_some(spec.init);
    settings.restart = Some(spec.restart).filter(|policy| *policy != RestartPolicy::No);
    settings.stop_signal = match spec.stop_signal {
        15 => None,
        // a real-time signal has no name
        number @ 32.. => Some(number.to_string()),
        number => Some(signal_name(number)),
    };
    settings.stop_timeout = spec.stop_timeout_ms.map(time);
}

/// Its environment without what every container has.
fn own_environment(spec: &ContainerSpec) -> Vec<String> {
    let home = if spec.user.is_root() { "/root" } else { "/" };
    let usual = [
        format!("PATH={DEFAULT_PATH}"),
        format!("HOME={home}"),
        format!("HOSTNAME={}", spec.hostname),
    ];
    let usual =
        |pair: &&String| usual.contains(*pair) || (spec.tty && pair.as_str() == "TERM=xterm");
    spec.env
        .iter()
        .filter(|pair| !usual(pair))
        .cloned()
        .collect()
}

fn time(millis: u64) -> String {
    let time = Duration::from_millis(millis);
    if time.subsec_millis() == 0 {
        format!("{}s", time.as_secs())
    } else {
        format!("{millis}ms")
    }
}

#[cfg(test)]
#[path = "saved_tests.rs"]
mod tests;
