//! `events`: what happened to containers, and on as it happens.

use std::fmt::Write as _;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;

use super::failure::Failure;
use super::log_filter::parse_time;
use super::session::Session;
use super::stdout;
use crate::json;
use crate::record::LoggedEvent;
use crate::spec::sanitize;

/// How long to wait at a time for the next event.
const WAIT: Duration = Duration::from_secs(60);

const FIELDS: &str = "\
Fields of --json, one object a line: at (RFC 3339, UTC), id, name, event, cause (for died: kind and its numbers), detail.";

/// Print what happened to containers: started, died and why, changed, destroyed
#[derive(Debug, Args)]
#[command(after_help = FIELDS)]
pub(super) struct Events {
    /// Keep printing new events until interrupted
    #[arg(short, long)]
    follow: bool,

    /// Only events since: 10m ago, 2026-11-24T14:03:11, RFC 3339, or seconds since 1970
    #[arg(long, value_name = "TIME", value_parser = at)]
    since: Option<Timestamp>,

    /// Print JSON, one object per line
    #[arg(long)]
    json: bool,
}

fn at(text: &str) -> Result<Timestamp, String> {
    parse_time(text, Timestamp::now())
}

impl Events {
    pub(super) fn perform(self, session: &Session) -> Result<i32, Failure> {
        // watching before reading, so that nothing falls in between
        let mut changes = session.manager.watch()?;
        let mut events = session.manager.events()?;
        loop {
            let mut text = String::new();
            let since =
                |happening: &LoggedEvent| self.since.is_none_or(|since| happening.at >= since);
            for happening in events.read()?.into_iter().filter(since) {
                text += &if self.json {
                    json::line(&happening)?
                } else {
                    line(&happening)
                };
            }
            if !text.is_empty() {
                stdout::write(&text)?;
            }
            if !self.follow {
                return Ok(0);
            }
            changes.wait(WAIT)?;
        }
    }
}

/// One event for people: `2026-11-23T14:03:11Z web (6f1c…) died: exited 3`.
fn line(happening: &LoggedEvent) -> String {
    let mut text = format!(
        "{:.3} {} {} {}",
        happening.at, happening.id, happening.name, happening.event
    );
    let more = happening
        .cause
        .as_ref()
        .map(|cause| cause.brief())
        .or_else(|| happening.detail.clone());
    if let Some(more) = more {
        // writing to a String cannot fail
        let _ = write!(text, ": {}", sanitize(&more));
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::ExitCause;
    use crate::spec::{ContainerId, ContainerName};

    #[test]
    fn an_event_is_one_safe_line() {
        let mut happening = LoggedEvent {
            at: jiff::Timestamp::UNIX_EPOCH,
            id: ContainerId::new("abc").unwrap(),
            name: ContainerName::new("web").unwrap(),
            event: "died".into(),
            cause: Some(ExitCause::Exited { code: 3 }),
            detail: None,
        };
        assert_eq!(
            line(&happening),
            "1970-01-01T00:00:00.000Z abc web died: exited 3\n"
        );
        happening.cause = None;
        happening.detail = Some("a\x1b[2J\nb".into());
        assert_eq!(
            line(&happening),
            "1970-01-01T00:00:00.000Z abc web died: a␛[2J␊b\n"
        );
    }
}
