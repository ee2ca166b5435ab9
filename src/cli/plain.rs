//! `--plain`: what the screen shows, in lines: for screen readers, dumb terminals and pipes. Every
//! container once, then a line for every change; an empty line typed asks for everything again.

use std::io::{BufRead, IsTerminal, stdin};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use jiff::Timestamp;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::failure::Failure;
use super::stdout;
use super::words::between;
use crate::manager::{Engine, Error};
use crate::record::{Record, Status};
use crate::spec::{format_bytes, format_duration, quote_command, sanitize};
use crate::stats::{History, Reading, Snapshot};

/// Rates need two samples this far apart.
const BETWEEN_SAMPLES: Duration = Duration::from_millis(300);
/// How long a wait for changes lasts before it is begun again.
const WAIT: Duration = Duration::from_secs(60);

/// What the loop waits for.
enum Turn {
    /// Some record changed.
    Changed,
    /// Everything is to be said again.
    Again,
    /// The person is done.
    Quit,
    /// Changes cannot be watched.
    ObserverFailed(Error),
}

/// Says everything on `engine`, then every change, until the person quits, standard output is
/// closed or watching fails.
///
/// # Errors
/// When the containers cannot be read or watched.
pub(super) fn follow(engine: &Arc<dyn Engine>) -> Result<(), Failure> {
    let (sender, turns) = channel();
    // watched before read: no change falls in between
    let mut watching = engine.watch()?;
    let changes = sender.clone();
    std::thread::spawn(move || {
        loop {
            let turn = match watching.wait(WAIT) {
                Ok(false) => continue,
                Ok(true) => Turn::Changed,
                Err(error) => Turn::ObserverFailed(error),
            };
            if changes.send(turn).is_err() {
                return;
            }
        }
    });
    let closed = sender.clone();
    std::thread::spawn(move || {
        wait_until_closed();
        // the loop may have ended already
        let _ = closed.send(Turn::Quit);
    });
    if stdin().is_terminal() {
        std::thread::spawn(move || listen(&sender));
        stdout::write("Enter says everything again; q and Enter quit.\n")?;
    }
    let mut known = say_all(&**engine)?;
    while let Ok(turn) = turns.recv() {
        match turn {
            Turn::Quit => break,
            Turn::Again => known = say_all(&**engine)?,
            Turn::Changed => {
                let records = engine.records()?;
                let now = Timestamp::now();
                let lines: String = changes_between(&known, &records)
                    .map(|line| format!("{now:.0} {line}\n"))
                    .collect();
                stdout::write(&lines)?;
                known = records;
            }
            Turn::ObserverFailed(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Waits until nobody reads standard output any more: `| head` must not wait for the next change
/// (poll(2): errors are always told).
fn wait_until_closed() {
    let out = std::io::stdout();
    let mut fds = [PollFd::new(out.as_fd(), PollFlags::empty())];
    while matches!(poll(&mut fds, PollTimeout::NONE), Err(Errno::EINTR)) {}
}

fn listen(sender: &Sender<Turn>) {
    for line in stdin().lock().lines() {
        let turn = match line.as_deref().map(str::trim) {
            Ok("q" | "quit") | Err(_) => Turn::Quit,
            Ok(_) => Turn::Again,
        };
        if sender.send(turn).is_err() {
            return;
        }
    }
    let _ = sender.send(Turn::Quit);
}

fn say_all(engine: &dyn Engine) -> Result<Vec<Record>, Failure> {
    let mut sampler = engine.sampler()?;
    let mut history = History::new(2);
    history.push(&sampler.sample());
    std::thread::sleep(BETWEEN_SAMPLES);
    let snapshot = sampler.sample();
    history.push(&snapshot);
    let records = engine.records()?;
    let now = Timestamp::now();
    let mut text = host(&snapshot);
    for record in &records {
        text.push_str(&described(record, history.reading(&record.spec.id), now));
        text.push('\n');
    }
    if records.is_empty() {
        text.push_str("No containers.\n");
    }
    stdout::write(&text)?;
    Ok(records)
}

fn host(snapshot: &Snapshot) -> String {
    let host = &snapshot.host;
    let busy: f32 = host.cores.iter().sum();
    let (used, total) = (
        format_bytes(host.memory_used),
        format_bytes(host.memory_total),
    );
    let [one, ..] = host.load;
    format!(
        "Host: {:.0}% of {} cores busy, memory {used} of {total}, load {one:.2}.\n",
        busy * 100.0,
        host.cores.len()
    )
}

/// One container in one line.
fn described(record: &Record, reading: Option<&Reading>, now: Timestamp) -> String {
    let spec = &record.spec;
    let mut parts = vec![format!("{}: {}", spec.name, standing(record, now))];
    if record.state.status.is_alive() {
        let of = |limit: Option<String>| {
            limit.map_or(", no limit".into(), |limit| format!(", limit {limit}"))
        };
        let cpu = reading
            .and_then(|r| r.cpu_cores)
            .map_or("n/a".into(), |cores| {
                format!("{:.1}% of a core", cores * 100.0)
            });
        parts.push(format!(
            "CPU {cpu}{}",
            of(spec
                .limits
                .cpu
                .map(|cap| format!("{:.0}%", cap.cores() * 100.0)))
        ));
        let memory = reading
            .and_then(|r| r.sample.memory)
            .map_or("n/a".into(), format_bytes);
        parts.push(format!(
            "memory {memory}{}",
            of(spec.limits.memory.map(format_bytes))
        ));
        let pids = reading
            .and_then(|r| r.sample.pids)
            .map_or("n/a".into(), |count| count.to_string());
        parts.push(format!("processes {pids}"));
    }
    parts.push(format!("command {}", sanitize(&quote_command(&spec.argv))));
    parts.join("; ")
}

fn standing(record: &Record, now: Timestamp) -> String {
    match &record.state.status {
        Status::Created => "CREATED, never started".into(),
        Status::Running { since, .. } | Status::Paused { since, .. } => {
            format!(
                "{} for {}",
                record.state.status.word(),
                format_duration(between(*since, now))
            )
        }
        Status::Broken { reason } => format!("BROKEN: {}", sanitize(reason)),
        Status::Stopped { cause, at, .. } => {
            format!(
                "STOPPED {} ago. {}",
                format_duration(between(*at, now)),
                cause.sentence().trim_end_matches('.')
            )
        }
    }
}

/// What changed from `before` to `after`, a line each.
fn changes_between(before: &[Record], after: &[Record]) -> impl Iterator<Item = String> {
    let find = |records: &[Record], wanted: &Record| {
        records
            .iter()
            .find(|record| record.spec.id == wanted.spec.id)
            .cloned()
    };
    let mut lines = Vec::new();
    for record in after {
        let name = &record.spec.name;
        match find(before, record) {
            None => lines.push(format!("{name}: new, {}", record.state.status.word())),
            Some(old) if old.state.status != record.state.status => {
                lines.push(match &record.state.status {
                    Status::Stopped { cause, .. } => {
                        format!("{name}: STOPPED. {}", cause.sentence())
                    }
                    status => format!("{name}: {}", status.word()),
                })
            }
            Some(old) if old.spec.limits != record.spec.limits => {
                lines.push(format!(
                    "{name}: limits are now {}",
                    super::words::limits(&record.spec.limits)
                ));
            }
            Some(_) => {}
        }
    }
    lines.extend(
        before
            .iter()
            .filter(|record| find(after, record).is_none())
            .map(|record| format!("{}: gone", record.spec.name)),
    );
    lines.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::Demo;
    use crate::spec::Preset;

    #[test]
    fn every_container_and_every_change_is_a_line() {
        let start: Timestamp = "2026-11-23T14:03:11Z".parse().unwrap();
        let demo = Demo::new(1, Arc::new(move || start));
        let before = demo.records().unwrap();
        let web = before
            .iter()
            .find(|record| record.spec.name.as_str() == "web")
            .unwrap();
        let line = described(web, None, start);
        assert!(
            line.starts_with("web: RUNNING for 2d04h; CPU n/a, limit 100%; memory n/a, limit 256M; processes n/a; command httpd"),
            "{line}"
        );
        assert!(!line.contains('\n'));
        demo.stop(&web.spec.id, Duration::ZERO).unwrap();
        let request = Preset {
            command: Some(vec!["sleep".into(), "9".into()]),
            ..Preset::default()
        };
        let created = crate::spec::ContainerRequest {
            name: Some("nap".into()),
            settings: request,
            preset: None,
            ..crate::spec::ContainerRequest::default()
        };
        demo.launch(&created, &mut |_| ()).unwrap();
        demo.destroy(
            &before
                .iter()
                .find(|r| r.spec.name.as_str() == "migrate")
                .unwrap()
                .spec
                .id,
            true,
        )
        .unwrap();
        let lines: Vec<_> = changes_between(&before, &demo.records().unwrap()).collect();
        assert!(
            lines[0].starts_with("web: STOPPED. SIGTERM (signal 15) ended it"),
            "{lines:?}"
        );
        assert_eq!(lines[1..], ["nap: new, RUNNING", "migrate: gone"]);
        assert_eq!(changes_between(&before, &before).count(), 0);
    }
}
