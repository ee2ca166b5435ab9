//! `list`: every container in a row.

use clap::Args;
use jiff::Timestamp;

use super::failure::Failure;
use super::session::Session;
use super::stdout;
use super::table::{Colour, Table};
use super::words::{cpu_limit, uptime_or_end};
use crate::json;
use crate::record::{ExitCause, Record, Status};
use crate::spec::{LIMITS, Unit, format_bytes, quote_command};

/// The width to which the list of limits is wrapped.
const COLUMNS: usize = 96;

fn fields() -> String {
    format!(
        "\
Fields of --json, an array of objects in the order of creation; what does not apply is null:
  id, name, state (CREATED, RUNNING, PAUSED, STOPPED, BROKEN), pid, image, command (array), preset, network, labels,
  health (starting, healthy, unhealthy), restarts
{}
  created_at, started_at, ended_at, restart_at: RFC 3339, UTC
  exit_code; cause: kind (exited, signaled, oom_killed, setup_failed, lost), sentence, and code, signal, peak, limit, step, errno as fit
  broken: why its record cannot be used",
        limit_fields()
    )
}

fn limit_fields() -> String {
    let fields: Vec<String> = LIMITS
        .iter()
        .map(|limit| match (limit.unit, limit.unit.json_unit()) {
            (Unit::Rates, _) => format!(
                "{} (array of: device, read_bps, write_bps, read_iops, write_iops)",
                limit.json
            ),
            (_, Some(unit)) => format!("{} ({unit})", limit.json),
            (_, None) => limit.json.to_owned(),
        })
        .collect();
    let mut lines = vec![String::from("  limits:")];
    for word in fields.join(", ").split(' ') {
        if lines[lines.len() - 1].len() + 1 + word.len() > COLUMNS {
            lines.push(String::from(" "));
        }
        let last = lines.len() - 1;
        lines[last] += &format!(" {word}");
    }
    lines.join("\n")
}

/// List every container, oldest first
#[derive(Debug, Args)]
#[command(after_help = fields())]
pub(super) struct List {
    /// Only the ids
    #[arg(short, long, conflicts_with = "json")]
    quiet: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl List {
    pub(super) fn perform(self, session: &Session) -> Result<i32, Failure> {
        let records = session.manager.records_after_gc()?;
        let text = if self.json {
            json::pretty(&records.iter().map(json::Container::new).collect::<Vec<_>>())?
        } else if self.quiet {
            records
                .iter()
                .map(|record| format!("{}\n", record.spec.id))
                .collect()
        } else {
            table(&records, Timestamp::now()).render(stdout::width(), stdout::coloured())
        };
        stdout::write(&text)?;
        Ok(0)
    }
}

fn table(records: &[Record], now: Timestamp) -> Table {
    let mut table = Table::new(vec![
        ("ID", false),
        ("NAME", true),
        ("STATE", false),
        ("PID", false),
        ("CPU-LIMIT", false),
        ("MEMORY-LIMIT", false),
        ("UPTIME/ENDED", false),
        ("IMAGE", true),
        ("COMMAND", true),
    ]);
    for record in records {
        let spec = &record.spec;
        let plain = |text: String| (text, Colour::Plain);
        let or_dash = |text: Option<String>| plain(text.unwrap_or_else(|| "-".into()));
        table.push(vec![
            plain(spec.id.to_string()),
            plain(spec.name.to_string()),
            (
                record.state.status.word().to_owned(),
                colour(&record.state.status),
            ),
            or_dash(
                record
                    .state
                    .status
                    .process()
                    .map(|process| process.pid.to_string()),
            ),
            or_dash(cpu_limit(&spec.limits)),
            or_dash(spec.limits.memory.map(format_bytes)),
            plain(uptime_or_end(record, now)),
            plain(spec.image.clone()),
            plain(quote_command(&spec.argv)),
        ]);
    }
    table
}

fn colour(status: &Status) -> Colour {
    match status {
        Status::Running { .. } => Colour::Green,
        Status::Paused { .. } => Colour::Yellow,
        Status::Stopped {
            cause: ExitCause::OomKilled { .. } | ExitCause::SetupFailed { .. } | ExitCause::Lost,
            ..
        }
        | Status::Broken { .. } => Colour::Red,
        Status::Created | Status::Stopped { .. } => Colour::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Process, State};
    use crate::spec::{ContainerId, Preset, preview};

    fn record(n: u8, name: &str, command: &[&str], status: Status) -> Record {
        let request = Preset {
            command: Some(command.iter().map(|word| (*word).to_owned()).collect()),
            memory: (n == 1).then(|| "128".to_owned()),
            cpu: (n == 1).then(|| "256".to_owned()),
            ..Preset::default()
        };
        Record {
            spec: preview(ContainerId::from_random([n; 6]), Some(name), &request).unwrap(),
            state: State {
                status,
                ..State::created(Timestamp::UNIX_EPOCH)
            },
        }
    }

    fn after(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn records() -> Vec<Record> {
        let process = Process {
            pid: 4711,
            start_ticks: 1,
            boot_id: "b".into(),
        };
        let since = after(0);
        let stopped = |cause| Status::Stopped {
            cause,
            since: Some(since),
            at: after(3600),
        };
        vec![
            record(
                1,
                "web",
                &["sh", "-c", "echo \x1b[2J; sleep 1"],
                Status::Running { process, since },
            ),
            record(2, "job", &["false"], stopped(ExitCause::Exited { code: 1 })),
            record(
                3,
                "big",
                &["sleep", "9"],
                stopped(ExitCause::OomKilled {
                    peak: None,
                    limit: None,
                }),
            ),
            record(4, "new", &["true"], Status::Created),
        ]
    }

    #[test]
    fn a_row_each() {
        let text = table(&records(), after(7265)).render(None, false);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "ID            NAME  STATE    PID   CPU-LIMIT  MEMORY-LIMIT  UPTIME/ENDED           IMAGE  COMMAND",
                "010101010101  web   RUNNING  4711  0.25       128M          up 2h01m               host   sh -c 'echo ␛[2J; sleep 1'",
                "020202020202  job   STOPPED  -     -          -             exited 1, 1h01m ago    host   false",
                "030303030303  big   STOPPED  -     -          -             OOM killed, 1h01m ago  host   sleep 9",
                "040404040404  new   CREATED  -     -          -             never started          host   true",
            ]
        );
    }

    #[test]
    fn json_says_null_for_what_does_not_apply() {
        let records = records();
        let views: Vec<_> = records.iter().map(json::Container::new).collect();
        let value: serde_json::Value =
            serde_json::from_str(&json::pretty(&views).unwrap()).unwrap();
        assert_eq!(
            (&value[0]["pid"], &value[0]["limits"]["memory"]),
            (&4711.into(), &(128 << 20).into())
        );
        assert_eq!(value[0]["limits"]["cpus"], 0.25);
        assert!(
            value[0]["cause"].is_null()
                && value[0]["limits"]["swap"].is_null()
                && value[1]["pid"].is_null()
        );
        assert_eq!(
            (&value[1]["exit_code"], &value[1]["cause"]["kind"]),
            (&1.into(), &"exited".into())
        );
        assert_eq!(value[2]["cause"]["kind"], "oom_killed");
        for key in value[0]
            .as_object()
            .unwrap()
            .keys()
            .chain(value[0]["limits"].as_object().unwrap().keys())
        {
            assert!(fields().contains(key), "{key} is not documented");
        }
    }
}
