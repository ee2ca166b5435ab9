//! Resolving a request into a [`ContainerSpec`]: defaults filled in, everything checked, nothing left to guess.

use super::{ContainerId, ContainerName, ContainerSpec, Preset, SpecError, parse_signal};

/// The image used when none is named.
pub const DEFAULT_IMAGE: &str = "host";
/// `PATH` inside a container unless `--env` says otherwise.
pub const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// Longest host name (Linux `HOST_NAME_MAX`).
const HOST_NAME_MAX: usize = 64;

/// Turns `request` (already laid over its preset) into a spec for the new container `id`.
/// `name` is the user's choice; without one the container is called by its id.
///
/// # Errors
/// [`SpecError`] naming the first wrong field.
pub fn resolve(id: ContainerId, name: Option<&str>, request: &Preset, tty: bool, interactive: bool) -> Result<ContainerSpec, SpecError> {
    let name = match name.map(str::trim).filter(|n| !n.is_empty()) {
        Some(text) => ContainerName::new(text)?,
        None => ContainerName::new(id.as_str())?,
    };
    let argv = request.command.clone().unwrap_or_default();
    if argv.is_empty() || argv[0].is_empty() {
        return Err(SpecError::new("command", "no command: say what to run, such as sh or sleep 1000"));
    }
    no_nul("command", &argv)?;
    let limits = request.limits()?;
    let cwd = request.workdir.clone().unwrap_or_else(|| "/".into());
    if !cwd.starts_with('/') || cwd.contains('\0') {
        return Err(SpecError::new(
            "workdir",
            format!("{cwd:?} is not an absolute path inside the container"),
        ));
    }
    let hostname = request.hostname.clone().unwrap_or_else(|| name.as_str().to_owned());
    if hostname.is_empty()
        || hostname.len() > HOST_NAME_MAX
        || !hostname.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
    {
        return Err(SpecError::new(
            "hostname",
            format!("{hostname:?} is not a host name: letters, digits, '-', '_' and '.', at most {HOST_NAME_MAX}"),
        ));
    }
    let image = request.image.clone().unwrap_or_else(|| DEFAULT_IMAGE.into());
    if image != DEFAULT_IMAGE {
        return Err(SpecError::new(
            "image",
            format!("there is no image {image:?}; the only one is {DEFAULT_IMAGE}"),
        ));
    }
    Ok(ContainerSpec {
        env: environment(&request.env, &hostname, tty)?,
        init: is_shell_line(&argv),
        id,
        name,
        image,
        argv,
        cwd,
        hostname,
        limits,
        network: request.net.unwrap_or_default(),
        tty,
        interactive,
        restart: request.restart.unwrap_or_default(),
        stop_signal: request
            .stop_signal
            .as_deref()
            .map_or(Ok(15), |text| parse_signal("stop-signal", text))?,
        remove: false,
        preset: None,
    })
}

/// A shell line as PID 1 would neither reap orphans nor end on SIGTERM (a PID 1 has no default actions, pid_namespaces(7)): it gets an init.
fn is_shell_line(argv: &[String]) -> bool {
    let shell = argv[0].rsplit('/').next().unwrap_or_default();
    matches!(shell, "sh" | "dash" | "bash" | "ash" | "zsh" | "ksh") && argv.get(1).is_some_and(|a| a.starts_with('-') && a.ends_with('c'))
}

fn no_nul(field: &'static str, words: &[String]) -> Result<(), SpecError> {
    match words.iter().find(|w| w.contains('\0')) {
        Some(word) => Err(SpecError::new(
            field,
            format!("{word:?} has a NUL byte, which no program can be given"),
        )),
        None => Ok(()),
    }
}

/// Defaults first, then the user's; a later `KEY` replaces an earlier one.
fn environment(asked: &[String], hostname: &str, tty: bool) -> Result<Vec<String>, SpecError> {
    no_nul("env", asked)?;
    let mut env = vec![format!("PATH={DEFAULT_PATH}"), "HOME=/root".into(), format!("HOSTNAME={hostname}")];
    if tty {
        env.push("TERM=xterm".into());
    }
    for pair in asked {
        let Some((key, _)) = pair.split_once('=').filter(|(key, _)| !key.is_empty()) else {
            return Err(SpecError::new("env", format!("{pair:?} is not KEY=value")));
        };
        env.retain(|old| old.split_once('=').is_none_or(|(k, _)| k != key));
        env.push(pair.clone());
    }
    Ok(env)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> ContainerId {
        ContainerId::from_random([0, 1, 2, 3, 4, 255])
    }

    fn request(command: &[&str]) -> Preset {
        Preset {
            command: Some(command.iter().map(|s| (*s).to_owned()).collect()),
            ..Preset::default()
        }
    }

    #[test]
    fn defaults_are_filled_in() {
        let spec = resolve(id(), None, &request(&["sh"]), false, false).unwrap();
        assert_eq!(
            (spec.name.as_str(), spec.hostname.as_str(), spec.cwd.as_str(), spec.image.as_str()),
            ("0001020304ff", "0001020304ff", "/", "host")
        );
        assert!(spec.env.iter().any(|e| e.starts_with("PATH=")));
    }

    #[test]
    fn a_shell_line_gets_an_init() {
        let init = |command: &[&str]| resolve(id(), None, &request(command), false, false).unwrap().init;
        assert!(init(&["sh", "-c", "sleep 1"]) && init(&["/bin/bash", "-ec", "true"]));
        assert!(!init(&["sh"]) && !init(&["sleep", "1"]) && !init(&["sh", "script"]));
    }

    #[test]
    fn later_environment_wins_and_replaces_defaults() {
        let mut wanted = request(&["sh"]);
        wanted.env = vec!["HOME=/a".into(), "HOME=/b".into()];
        let spec = resolve(id(), None, &wanted, true, false).unwrap();
        let homes: Vec<_> = spec.env.iter().filter(|e| e.starts_with("HOME=")).collect();
        assert_eq!(homes, ["HOME=/b"]);
        assert!(spec.env.contains(&"TERM=xterm".to_owned()));
    }

    #[test]
    fn each_wrong_field_is_named() {
        let field = |name, preset: &Preset| resolve(id(), name, preset, false, false).unwrap_err().field;
        assert_eq!(field(None, &request(&[])), "command");
        assert_eq!(field(None, &request(&["a\0b"])), "command");
        assert_eq!(field(Some("../x"), &request(&["sh"])), "name");
        assert_eq!(
            field(
                None,
                &Preset {
                    workdir: Some("tmp".into()),
                    ..request(&["sh"])
                }
            ),
            "workdir"
        );
        assert_eq!(
            field(
                None,
                &Preset {
                    hostname: Some("a b".into()),
                    ..request(&["sh"])
                }
            ),
            "hostname"
        );
        assert_eq!(
            field(
                None,
                &Preset {
                    env: vec!["NOVALUE".into()],
                    ..request(&["sh"])
                }
            ),
            "env"
        );
        assert_eq!(
            field(
                None,
                &Preset {
                    image: Some("debian".into()),
                    ..request(&["sh"])
                }
            ),
            "image"
        );
        assert_eq!(
            field(
                None,
                &Preset {
                    memory: Some("lots".into()),
                    ..request(&["sh"])
                }
            ),
            "memory"
        );
    }
}
