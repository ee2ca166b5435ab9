//! Resolving a request into a [`ContainerSpec`]: defaults filled in, everything validated.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

use super::container::GROUP_LABEL;
use super::environment::set_variable;
use super::fields::{given, no_nul, not_empty, number, parse_all};
use super::log::log_rate;
use super::namespaces::Namespaces;
use super::{
    ContainerId, ContainerName, ContainerRequest, ContainerSpec, Defaults, HealthCheck, HostUsers,
    IpcMode, Limits, LogLimits, Lookup, NetworkMode, PidMode, Preset, Propagation, Security,
    SpecError, Storage, Sysctl, User, Userns, parse_duration, parse_signal,
};

/// The image used when none is named.
pub const DEFAULT_IMAGE: &str = "host";
/// `PATH` inside a container unless `--env` says otherwise.
pub const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// Default maximum of processes and threads, so that a fork bomb does not exhaust the host's.
pub const DEFAULT_PIDS: u64 = 4096;
/// The value that systemd gives to applications of a session (systemd.special(7), app.slice): when
/// the host runs out of memory, containers are killed before its services, which have 0.
pub const DEFAULT_OOM_SCORE_ADJ: i16 = 200;
/// Longest host name (Linux `HOST_NAME_MAX`).
const HOST_NAME_MAX: usize = 64;

/// Turns `asked` into the complete spec of a new container, as it is saved.
///
/// # Errors
/// [`SpecError`] naming the first wrong field; what `lookup` says.
pub fn resolve<E: From<SpecError>>(
    asked: &ContainerRequest,
    defaults: &Defaults,
    lookup: &dyn Lookup<Error = E>,
) -> Result<ContainerSpec, E> {
    let mut others: Vec<ContainerSpec> = Vec::new();
    let mut spec = parse(
        lookup.new_id()?,
        asked,
        &mut |word: String| -> Result<ContainerId, E> {
            let other = lookup.container(&word)?;
            let id = other.id.clone();
            others.push(other);
            Ok(id)
        },
    )?;
    choose_users(&mut spec, asked, defaults, &others, lookup)?;
    spec.check_read_only()?;
    lookup.prepare(&mut spec)?;
    if let (Userns::Auto, Some(with)) = (spec.userns, spec.pid.container()) {
        for other in lookup.sharing_processes(with)? {
            spec.check_read_only_beside(&other)?;
        }
    }
    // sharing processes or memory needs the same users and the same label
    let shared = spec.pid.container().or(spec.ipc.container());
    let beside = shared.and_then(|id| others.iter().find(|other| other.id == *id));
    if spec.userns == Userns::Auto {
        spec.ids = Some(lookup.ids(&spec, beside.and_then(|other| other.ids))?);
    }
    spec.categories = lookup.categories(&spec, beside.and_then(|other| other.categories))?;
    Ok(spec)
}

/// The spec of `settings` without looking at the host or other containers: for checking a form or a
/// preset, and for demo containers.
///
/// # Errors
/// [`SpecError`] naming the first wrong field.
pub fn preview(
    id: ContainerId,
    name: Option<&str>,
    settings: &Preset,
) -> Result<ContainerSpec, SpecError> {
    let asked = ContainerRequest {
        name: name.map(str::to_owned),
        settings: settings.clone(),
        ..ContainerRequest::default()
    };
    parse(id, &asked, &mut ContainerId::new)
}

/// As [`preview`], for a whole request; `named` says which container a word means.
///
/// # Errors
/// [`SpecError`] naming the first wrong field.
pub fn preview_request(
    id: ContainerId,
    asked: &ContainerRequest,
    named: &mut dyn FnMut(String) -> Result<ContainerId, SpecError>,
) -> Result<ContainerSpec, SpecError> {
    parse(id, asked, named)
}

/// Chooses its user namespace: `--userns`, else the default, unless another setting needs the
/// host's ids. When it shares a container's processes or memory, it gets that one's.
fn choose_users<E: From<SpecError>>(
    spec: &mut ContainerSpec,
    asked: &ContainerRequest,
    defaults: &Defaults,
    others: &[ContainerSpec],
    lookup: &dyn Lookup<Error = E>,
) -> Result<(), E> {
    let explicit = asked.settings.userns.is_some();
    if explicit && spec.userns == Userns::Host {
        return Ok(());
    }
    let host_ids = others.iter().find(|other| other.ids.is_none());
    if explicit {
        return match (host_ids, &spec.pid) {
            (Some(other), PidMode::Container(_)) => {
                let name = &other.name;
                let why = format!(
                    "the container {name} has the host's ids: a container with its own cannot mount a /proc for its processes"
                );
                Err(SpecError::new(
                    "pid",
                    format!("{why}; leave out --userns auto, or start {name} with it"),
                )
                .into())
            }
            _ => Ok(()),
        };
    }
    let configured = (defaults.userns == Userns::Host).then_some(HostUsers::Config);
    spec.host_users = configured
        .or_else(|| HostUsers::needed_by(spec))
        .or_else(|| host_ids.map(|other| HostUsers::Joined(other.name.to_string())))
        .or_else(|| lookup.cannot_map_users().map(HostUsers::Kernel));
    spec.userns = match spec.host_users {
        Some(_) => Userns::Host,
        None => Userns::Auto,
    };
    Ok(())
}

/// `named` resolves the name of another container to its id.
fn parse<E: From<SpecError>>(
    id: ContainerId,
    asked: &ContainerRequest,
    named: &mut dyn FnMut(String) -> Result<ContainerId, E>,
) -> Result<ContainerSpec, E> {
    let mut spec = parse_settings(id, asked)?;
    let (request, namespaces) = (&asked.settings, Namespaces::of(&asked.settings)?);
    spec.network = request
        .net
        .clone()
        .unwrap_or_default()
        .look_up(&mut *named)?;
    spec.ipc = namespaces.ipc.look_up(&mut *named)?;
    spec.pid = namespaces.pid.look_up(&mut *named)?;
    Ok(spec)
}

/// Everything except the namespaces that other containers may share.
fn parse_settings(id: ContainerId, asked: &ContainerRequest) -> Result<ContainerSpec, SpecError> {
    let (request, tty) = (&asked.settings, asked.tty);
    not_empty("name", asked.name.as_deref(), "web")?;
    request.check_amounts()?;
    let name = match asked.name.as_deref().map(str::trim) {
        Some(text) => ContainerName::new(text)?,
        None => ContainerName::new(id.as_str())?,
    };
    let argv = request.command.clone().unwrap_or_default();
    if argv.is_empty() || argv[0].is_empty() {
        return Err(SpecError::new(
            "command",
            "no command: say what to run, such as sh or sleep 1000",
        ));
    }
    no_nul("command", &argv)?;
    let limits = request.limits_over(&Limits {
        pids: Some(DEFAULT_PIDS),
        ..Limits::default()
    })?;
    limits.check()?;
    let cwd = request.workdir.clone().unwrap_or_else(|| "/".into());
    if !cwd.starts_with('/') || cwd.contains('\0') {
        return Err(SpecError::new(
            "workdir",
            format!("{cwd:?} is not an absolute path inside the container"),
        ));
    }
    let hostname = request
        .hostname
        .clone()
        .unwrap_or_else(|| name.as_str().to_owned());
    if !is_host_name(&hostname) {
        return Err(SpecError::new(
            "hostname",
            format!(
                "{hostname:?} is not a host name: letters, digits, '-', '_' and '.', at most {HOST_NAME_MAX}"
            ),
        ));
    }
    let namespaces = Namespaces::of(request)?;
    let user = request
        .user
        .as_deref()
        .map_or(Ok(User::default()), str::parse)?;
    let image = request
        .image
        .clone()
        .unwrap_or_else(|| DEFAULT_IMAGE.into());
    if image != DEFAULT_IMAGE {
        return Err(SpecError::new(
            "image",
            format!("there is no image {image:?}; the only one is {DEFAULT_IMAGE}"),
        ));
    }
    Ok(ContainerSpec {
        env: environment(&request.env, &hostname, user, tty)?,
        init: request
            .init
            // PID 1 has to reap the orphans of a health check
            .unwrap_or_else(|| is_shell_line(&argv) || given(&request.health_command).is_some()),
        id,
        name,
        image,
        argv,
        cwd,
        hostname,
        limits,
        best_effort: request.best_effort.unwrap_or_default(),
        network: NetworkMode::None,
        sysctls: Sysctl::resolve(request, &namespaces.ipc)?,
        pid: PidMode::Own,
        ipc: IpcMode::Own,
        uts: namespaces.uts,
        cgroupns: namespaces.cgroupns,
        userns: namespaces.userns,
        host_users: None,
        ids: None,
        categories: None,
        clocks: namespaces.clocks,
        user,
        volumes: parse_all(&request.volumes)?,
        tmpfs: parse_all(&request.tmpfs)?,
        devices: parse_all(&request.devices)?,
        root: root(request)?,
        root_found: None,
        overlay: request.overlay.unwrap_or_default(),
        propagation: request
            .mount_propagation
            .as_deref()
            .map_or(Ok(Propagation::Private), str::parse)?,
        read_only: request.read_only.unwrap_or_default(),
        storage: storage(request)?,
        security: Security::resolve(request)?,
        ulimits: parse_all(&request.ulimits)?,
        oom_score_adj: number("oom-score-adj", &request.oom_score_adj, -1000..=1000)?
            .map_or(Some(DEFAULT_OOM_SCORE_ADJ), |n| Some(n as i16)),
        nice: number("nice", &request.nice, -20..=19)?.map(|n| n as i8),
        add_hosts: request
            .add_hosts
            .iter()
            .map(|text| host_line(text))
            .collect::<Result<_, _>>()?,
        dns: request
            .dns
            .iter()
            .map(|text| address("dns", text))
            .collect::<Result<_, _>>()?,
        labels: labels(request)?,
        health: HealthCheck::resolve(request)?,
        log: LogLimits::resolve(request)?,
        log_rate: log_rate(request)?,
        tty,
        interactive: asked.interactive,
        restart: request.restart.unwrap_or_default(),
        stop_signal: request
            .stop_signal
            .as_deref()
            .map_or(Ok(15), |text| parse_signal("stop-signal", text))?,
        stop_timeout_ms: given(&request.stop_timeout)
            .map(|t| parse_duration("stop-timeout", t))
            .transpose()?
            .map(|t| t.as_millis() as u64),
        remove: asked.remove,
        preset: asked.preset.clone(),
    })
}

/// Whether it is a shell line, which gets an init: a shell as PID 1 neither reaps orphans nor ends
/// on SIGTERM (PID 1 has no default actions, pid_namespaces(7)).
pub(super) fn is_shell_line(argv: &[String]) -> bool {
    let shell = argv[0].rsplit('/').next().unwrap_or_default();
    matches!(shell, "sh" | "dash" | "bash" | "ash" | "zsh" | "ksh")
        && argv
            .get(1)
            .is_some_and(|a| a.starts_with('-') && a.ends_with('c'))
}

fn address(field: &'static str, text: &str) -> Result<IpAddr, SpecError> {
    text.trim()
        .parse()
        .map_err(|_| SpecError::new(field, format!("{text:?} is not an IP address")))
}

fn host_line(text: &str) -> Result<(String, IpAddr), SpecError> {
    let (name, ip) = text
        .split_once(':')
        .ok_or_else(|| SpecError::new("add-host", format!("{text:?} is not NAME:ADDRESS")))?;
    if !is_host_name(name) {
        return Err(SpecError::new(
            "add-host",
            format!("{name:?} is not a host name"),
        ));
    }
    Ok((name.to_owned(), address("add-host", ip)?))
}

/// The labels, the group's among them.
fn labels(request: &Preset) -> Result<BTreeMap<String, String>, SpecError> {
    not_empty("group", request.group.as_deref(), "shop")?;
    let labels = request.labels.iter().map(|text| label(text));
    let mut labels: BTreeMap<_, _> = labels.collect::<Result<_, _>>()?;
    if let Some(group) = given(&request.group) {
        labels.insert(GROUP_LABEL.to_owned(), group.to_owned());
    }
    Ok(labels)
}

fn label(text: &str) -> Result<(String, String), SpecError> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err(SpecError::new(
            "label",
            format!("{text:?} is not KEY=value"),
        )),
    }
}

/// The folder of the host that is asked for as root.
fn given_root(request: &Preset) -> Option<&str> {
    request.root.as_deref().filter(|root| !root.is_empty())
}

fn root(request: &Preset) -> Result<Option<PathBuf>, SpecError> {
    let Some(root) = given_root(request) else {
        return match request.overlay {
            Some(true) => Err(SpecError::new(
                "overlay",
                "an image always has a writable layer; use --overlay with --root only",
            )),
            _ => Ok(None),
        };
    };
    if !root.starts_with('/') || root.contains('\0') || root.trim_end_matches('/').is_empty() {
        return Err(SpecError::new(
            "root",
            format!("{root:?} is not an absolute path of a folder below /"),
        ));
    }
    if request.image.is_some() {
        return Err(SpecError::new(
            "root",
            "--root and --image exclude each other; leave one out",
        ));
    }
    Ok(Some(root.into()))
}

fn storage(request: &Preset) -> Result<Option<Storage>, SpecError> {
    let storage = given(&request.storage).map(str::parse).transpose()?;
    if storage.is_some() && given_root(request).is_some() && request.overlay != Some(true) {
        return Err(SpecError::new(
            "storage",
            "with --root, writes go to that folder itself; add --overlay for a writable layer",
        ));
    }
    Ok(storage)
}

fn is_host_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= HOST_NAME_MAX
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
}

/// Defaults first, then the user's; a later `KEY` replaces an earlier one.
fn environment(
    asked: &[String],
    hostname: &str,
    user: User,
    tty: bool,
) -> Result<Vec<String>, SpecError> {
    no_nul("env", asked)?;
    let mut env = vec![
        format!("PATH={DEFAULT_PATH}"),
        format!("HOME={}", if user.is_root() { "/root" } else { "/" }),
        format!("HOSTNAME={hostname}"),
    ];
    if tty {
        env.push("TERM=xterm".into());
    }
    for pair in asked {
        if pair.split_once('=').is_none_or(|(key, _)| key.is_empty()) {
            return Err(SpecError::new("env", format!("{pair:?} is not KEY=value")));
        }
        set_variable(&mut env, pair);
    }
    Ok(env)
}

#[cfg(test)]
#[path = "resolve_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "lookup_tests.rs"]
mod lookup_tests;
