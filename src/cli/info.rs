//! `info`: everything known of a container.

use clap::Args;
use jiff::Timestamp;

use super::arguments::Containers;
use super::failure::Failure;
use super::session::Session;
use super::stdout;
use super::words::{all_limits, between, next_restart};
use crate::cgroup::Sample;
use crate::json;
use crate::manager::Info;
use crate::record::{LaunchStep, Record, Status};
use crate::spec::{
    Capabilities, ContainerSpec, Storage, Volume, format_bytes, format_duration, logged,
    quote_command, sanitize, signal_name,
};

const FIELDS: &str = "\
Fields of --json, an array of objects, beside those of `list --json`:
  env, cwd, hostname, tty, interactive, init, restart, stop_signal, remove, supervisor (its pid), folder, cgroups, last_lines
  userns: auto or host; host_users: why it is host although nobody asked for it; ids: first (its root, on the host) and count
  storage: bound of its own layer: kind (disk, tmpfs), limit and used (bytes; used is null where it cannot be told); null without one
  without: limits, AppArmor or SELinux that it was last started without, and why
  health_check, null without one: command, interval_ms, retries, since (when `health` last changed),
    failures (in a row, at most retries); last_run: at, took_ms, exit_code, output (stdout and
    stderr, the last 4 KiB), truncated, end (exited, timed_out, not_started); null before the first;
    a run like the recorded one is not recorded, one with another output alone once a minute
  usage, while it is alive: cpu_usec, throttled_usec, nr_throttled, nr_periods, memory, memory_peak, swap, oom_kills, pids,
    read_bytes, write_bytes, rx_bytes, tx_bytes (of its own network, without loopback),
    cpu_pressure, memory_pressure, io_pressure (% of the last 10 s); null where they cannot be told
  not_available: figure and reason of each such null";

/// Width of the longest label.
const LABEL: usize = 11;

/// Show all details of containers: state, limits, usage, cause of death, last output
#[derive(Debug, Args)]
#[command(after_help = FIELDS)]
pub(super) struct InfoArguments {
    /// Print JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    containers: Containers,
}

impl InfoArguments {
    pub(super) fn perform(self, session: &Session) -> Result<i32, Failure> {
        let mut found = Vec::new();
        let code = session.each("info", &self.containers.words, |record| {
            found.push(session.manager.info(&record.spec.id)?);
            Ok(())
        })?;
        let text = if self.json {
            json::pretty(&found.iter().map(json::Details::new).collect::<Vec<_>>())?
        } else {
            let now = Timestamp::now();
            found
                .iter()
                .map(|info| described(info, now))
                .collect::<Vec<_>>()
                .join("\n")
        };
        stdout::write(&text)?;
        Ok(code)
    }
}

/// Aligned fields, one a line; what does not apply is left out.
fn described(info: &Info, now: Timestamp) -> String {
    let spec = &info.record.spec;
    let ago = |at: Timestamp| format!("{}, {} ago", instant(at), format_duration(between(at, now)));
    let mut fields: Vec<(&str, String)> =
        vec![("Name", spec.name.to_string()), ("Id", spec.id.to_string())];
    let mut say = |label, text: String| fields.push((label, text));
    match &info.record.state.status {
        Status::Created => say("State", "CREATED, never started".into()),
        Status::Running { process, since } | Status::Paused { process, since } => {
            let up = format_duration(between(*since, now));
            say(
                "State",
                format!(
                    "{}, up {up}, pid {}",
                    info.record.state.status.word(),
                    process.pid
                ),
            );
        }
        Status::Stopped { cause, at, .. } => {
            say(
                "State",
                format!(
                    "STOPPED with exit code {}{}",
                    cause.exit_code(),
                    next_restart(&info.record, now)
                ),
            );
            say("Cause", cause.sentence());
            say("Ended", ago(*at));
        }
        Status::Broken { reason } => {
            say(
                "State",
                "BROKEN: its record cannot be used; it can be destroyed".into(),
            );
            say("Reason", reason.clone());
        }
    }
    if !info.record.state.launch.is_empty() {
        say("Launch", launched(&info.record.state.launch));
    }
    for (label, text) in health(&info.record, ago) {
        say(label, text);
    }
    say("Created", ago(info.record.state.created_at));
    if info.record.state.restarts > 0 {
        say("Restarts", info.record.state.restarts.to_string());
    }
    say("Command", quote_command(&spec.argv));
    match &spec.root {
        Some(root) => say(
            "Root",
            format!(
                "{}{}",
                root.display(),
                if spec.overlay {
                    ", below a layer of its own"
                } else {
                    ""
                }
            ),
        ),
        None => say("Image", spec.image.clone()),
    }
    for (label, text) in shown(spec) {
        say(label, text);
    }
    if !spec.labels.is_empty() {
        let labels: Vec<String> = spec
            .labels
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        say("Labels", labels.join("\n"));
    }
    if let Some(preset) = &spec.preset {
        say("Preset", preset.clone());
    }
    say("Limits", all_limits(spec));
    let without = info.record.without();
    if !without.is_empty() {
        say("Without", without.join("\n"));
    }
    if let Some(storage) = spec.storage {
        say("Storage", storage_used(storage, info.storage_used));
    }
    if let Some(sample) = &info.sample {
        say("Use", used(sample, spec.limits.memory));
    }
    for gap in &info.gaps {
        say("n/a", format!("{}: {}", gap.figure, gap.reason));
    }
    say("Users", spec.describe_users());
    let traffic = info.traffic.map_or(String::new(), |traffic| {
        let (rx, tx) = (traffic.rx_bytes, traffic.tx_bytes);
        format!(", received {}, sent {}", format_bytes(rx), format_bytes(tx))
    });
    say("Network", format!("{}{traffic}", spec.network));
    say("Hostname", spec.hostname.clone());
    say("Folder", spec.cwd.clone());
    say("Environment", spec.env.join("\n"));
    say("Stop signal", signal_name(spec.stop_signal));
    say("Restart", String::from(spec.restart));
    say("Kept in", info.folder.to_string_lossy().into_owned());
    if !info.cgroups.is_empty() {
        let folders: Vec<_> = info
            .cgroups
            .iter()
            .map(|path| path.to_string_lossy())
            .collect();
        say("Cgroups", folders.join("\n"));
    }
    if !info.last_lines.is_empty() {
        let lines: Vec<String> = info.last_lines.iter().map(|line| logged(line)).collect();
        say("Last output", lines.join("\n"));
    }
    fields
        .iter()
        .map(|(label, text)| field(label, text))
        .collect()
}

/// The verdict of its health check, and the last run of that.
fn health(
    Record { spec, state }: &Record,
    ago: impl Fn(Timestamp) -> String,
) -> Vec<(&'static str, String)> {
    let mut fields = Vec::new();
    let report = state.health_report.as_ref();
    if let Some(health) = state.health {
        let since = report.map_or(String::new(), |report| {
            let failed = match (report.failures, &spec.health) {
                (0, _) | (_, None) => String::new(),
                (failures, Some(check)) => {
                    format!("; {failures} of {} failed in a row", check.retries)
                }
            };
            format!(" since {}{failed}", ago(report.since))
        });
        fields.push(("Health", format!("{}{since}", health.word())));
    }
    if let Some(run) = report.and_then(|report| report.last_run.as_ref()) {
        let mut text = format!("{} after {} ms, {}", run.result(), run.took_ms, ago(run.at));
        if run.truncated {
            text += "\n… (the last 4 KiB)";
        }
        if !run.output.is_empty() {
            let lines: Vec<String> = run.output.lines().map(logged).collect();
            text = format!("{text}\n{}", lines.join("\n"));
        }
        fields.push(("Last check", text));
    }
    fields
}

/// What of the host it is shown, and what else was asked for.
fn shown(spec: &ContainerSpec) -> Vec<(&'static str, String)> {
    let volume = |volume: &Volume| {
        let words = [(volume.read_only, "ro"), (volume.no_idmap, "noidmap")];
        let options: String = words
            .into_iter()
            .filter(|(is, _)| *is)
            .map(|(_, word)| format!(", {word}"))
            .collect();
        format!("{} on {}{options}", volume.source.display(), volume.target)
    };
    let lines = |lines: Vec<String>| lines.join("\n");
    let added = spec
        .security
        .capabilities
        .without(Capabilities::default())
        .names();
    let dropped = Capabilities::default()
        .without(spec.security.capabilities)
        .names();
    let signed = |sign: &str, names: Vec<String>| {
        names
            .into_iter()
            .map(|name| format!("{sign}{name}"))
            .collect::<Vec<_>>()
    };
    let capabilities = [signed("+", added), signed("-", dropped)].concat();
    let mut fields = vec![
        ("Volumes", lines(spec.volumes.iter().map(volume).collect())),
        (
            "Tmpfs",
            lines(
                spec.tmpfs
                    .iter()
                    .map(|tmpfs| tmpfs.target.clone())
                    .collect(),
            ),
        ),
        (
            "Devices",
            lines(
                spec.devices
                    .iter()
                    .map(|device| format!("{} on {}", device.source.display(), device.target))
                    .collect(),
            ),
        ),
        (
            "Privileges",
            if spec.security.privileged {
                "all: --privileged".into()
            } else {
                capabilities.join(" ")
            },
        ),
        (
            "Read-only",
            if spec.read_only {
                "its root".into()
            } else {
                String::new()
            },
        ),
        (
            "Check",
            spec.health
                .as_ref()
                .map_or(String::new(), |check| check.command.clone()),
        ),
    ];
    if !spec.user.is_root() {
        fields.push(("User", format!("{}:{}", spec.user.uid, spec.user.gid)));
    }
    fields.retain(|(_, text)| !text.is_empty());
    fields
}

/// How long a launch took, and its steps: those that took a hundredth of it or more, each with its
/// milliseconds.
fn launched(steps: &[LaunchStep]) -> String {
    let milliseconds = |usec: u64| format!("{:.2}", usec as f64 / 1e3);
    let total = steps.last().map_or(0, |step| step.done_usec);
    let durations = LaunchStep::durations(steps);
    let long = steps
        .iter()
        .zip(durations)
        .filter(|(_, usec)| *usec * 100 >= total && *usec > 0);
    let lines: Vec<String> = long
        .map(|(step, usec)| format!("{:>8} ms  {}", milliseconds(usec), step.name))
        .collect();
    format!("{} ms\n{}", milliseconds(total), lines.join("\n"))
}

/// `Label  text`, further lines of the text under its first.
fn field(label: &str, text: &str) -> String {
    let lines = text.split('\n').enumerate();
    let label = |n| if n == 0 { label } else { "" };
    lines
        .map(|(n, line)| format!("{:LABEL$}  {}\n", label(n), sanitize(line)))
        .collect()
}

fn used(sample: &Sample, limit: Option<u64>) -> String {
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "n/a".into());
    let cpu = or_none(
        sample
            .cpu_usec
            .map(|usec| format!("{:.3} s", usec as f64 / 1e6)),
    );
    let memory = or_none(sample.memory.map(format_bytes));
    let of = limit.map_or(String::new(), |limit| {
        format!(" of {}", format_bytes(limit))
    });
    let peak = or_none(sample.memory_peak.map(format_bytes));
    let pids = or_none(sample.pids.map(|pids| pids.to_string()));
    format!("cpu {cpu}, memory {memory}{of} (peak {peak}), pids {pids}")
}

fn storage_used(storage: Storage, used: Option<u64>) -> String {
    let used = used.map_or_else(|| "n/a".into(), format_bytes);
    let place = match storage {
        Storage::Disk(_) => "on disk (project quota)",
        Storage::Tmpfs(_) => "in memory (tmpfs), lost when it stops",
    };
    format!("{used} of {} {place}", format_bytes(storage.bytes()))
}

/// To the second, in UTC.
fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{CheckEnd, CheckRun, ExitCause, HealthReport, Record, State};
    use crate::spec::{ContainerId, Preset, preview};

    fn info() -> Info {
        let request = Preset {
            command: Some(vec![
                "sh".into(),
                "-c".into(),
                "evil \x1b]0;title\x07".into(),
            ]),
            memory: Some("200".into()),
            ..Preset::default()
        };
        let spec = preview(ContainerId::from_random([7; 6]), Some("web"), &request).unwrap();
        let at = Timestamp::from_second(60).unwrap();
        Info {
            record: Record {
                spec,
                state: State {
                    status: Status::Stopped {
                        cause: ExitCause::OomKilled {
                            peak: Some(200 << 20),
                            limit: Some(200 << 20),
                        },
                        since: None,
                        at,
                    },
                    restarts: 2,
                    ..State::created(Timestamp::UNIX_EPOCH)
                },
            },
            sample: None,
            traffic: None,
            gaps: Vec::new(),
            cgroups: Vec::new(),
            folder: "/s/containers/x".into(),
            storage_used: None,
            last_lines: vec!["one".into(), "\x1b[2Jtwo".into()],
        }
    }

    #[test]
    fn fields_are_aligned_and_safe() {
        let text = described(&info(), Timestamp::from_second(120).unwrap());
        assert!(text.starts_with("Name         web\nId           070707070707\nState        STOPPED with exit code 137\nCause        "));
        assert!(
            text.contains("OOM")
                && text.contains("Ended        1970-01-01 00:01:00 UTC, 1m00s ago\n"),
            "{text}"
        );
        assert!(
            text.contains("Command      sh -c 'evil ␛]0;title␇'\n"),
            "{text}"
        );
        assert!(
            text.contains("Last output  one\n             two\n"),
            "{text}"
        );
        assert!(!text.contains("Use "), "a figure only while there is one");
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
    }

    #[test]
    fn the_last_check_is_told_and_made_safe() {
        let mut info = info();
        info.record.state.health_report = Some(HealthReport {
            since: Timestamp::UNIX_EPOCH,
            failures: 3,
            last_run: Some(CheckRun {
                at: Timestamp::from_second(60).unwrap(),
                took_ms: 12,
                end: CheckEnd::Exited { code: 1 },
                output: "asking\n\x1b[31mdb is down".into(),
                truncated: true,
            }),
        });
        let text = described(&info, Timestamp::from_second(120).unwrap());
        let wanted = "\
Last check   exit 1 after 12 ms, 1970-01-01 00:01:00 UTC, 1m00s ago
             … (the last 4 KiB)
             asking
             db is down
";
        assert!(text.contains(wanted) && !text.contains("Health"), "{text}");
    }

    #[test]
    fn a_pending_restart_is_part_of_the_state() {
        let mut info = info();
        info.record.state.restart_at = Some(Timestamp::from_second(123).unwrap());
        let text = described(&info, Timestamp::from_second(120).unwrap());
        assert!(
            text.contains("State        STOPPED with exit code 137, restarts in 3s\n"),
            "{text}"
        );
    }

    #[test]
    fn json_fields_are_documented() {
        let info = info();
        let listed = serde_json::to_value(json::Container::new(&info.record)).unwrap();
        let value: serde_json::Value =
            serde_json::from_str(&json::line(&json::Details::new(&info)).unwrap()).unwrap();
        for key in value.as_object().unwrap().keys() {
            assert!(
                listed.get(key).is_some() || FIELDS.contains(key),
                "{key} is not documented"
            );
        }
        assert_eq!(value["cause"]["limit"], 200 << 20);
    }

    #[test]
    fn what_cannot_be_had_is_not_zero() {
        assert_eq!(
            used(&Sample::default(), None),
            "cpu n/a, memory n/a (peak n/a), pids n/a"
        );
    }
}
