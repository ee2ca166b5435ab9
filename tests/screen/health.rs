//! The health check in the Overview: its verdict, since when, its failures and what it last said.

use std::time::Duration;

use jiff::Timestamp;
use minic_tui::record::{CheckEnd, CheckRun, Health, HealthReport};
use minic_tui::spec::HealthCheck;
use minic_tui::tui::message::Message;

use crate::stage::Stage;

/// Gives the selected `name` a check that ended so and printed that, `failures` times in a row.
fn checked(stage: &mut Stage, name: &str, failures: u32, end: CheckEnd, output: &str) {
    stage.select(name).tick(2);
    let mut records = stage.model.records.clone();
    let now: Timestamp = stage.model.now;
    let record = records
        .iter_mut()
        .find(|record| record.spec.name.as_str() == name)
        .unwrap();
    record.spec.health = Some(HealthCheck {
        command: "pg_isready -h db".into(),
        interval_ms: 30_000,
        retries: 3,
    });
    record.state.health = Some(match failures {
        0 | 1 => Health::Healthy,
        2 => Health::Starting,
        _ => Health::Unhealthy,
    });
    record.state.health_report = Some(HealthReport {
        since: now - Duration::from_secs(312),
        failures,
        last_run: Some(CheckRun {
            at: now,
            took_ms: 41,
            end,
            output: output.into(),
            truncated: false,
        }),
    });
    stage.send(Message::Records(900, Ok(records)));
}

#[test]
fn a_failing_check_says_why_at_every_size() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let mut stage = Stage::new(width, height);
        stage.tick(60);
        let said = "connecting to db:5432\nconnection refused: db is down\n\n";
        checked(&mut stage, "db", 3, CheckEnd::Exited { code: 2 }, said);
        stage.shows("unhealthy for 5m12s · 3 of 3 failed · exit 2:");
        stage.golden(&format!("overview-unhealthy-{width}x{height}"));
    }
}

#[test]
fn failures_are_counted_before_they_are_a_verdict() {
    let mut stage = Stage::new(120, 40);
    checked(&mut stage, "db", 2, CheckEnd::TimedOut, "");
    stage.shows("starting for 5m12s · 2 of 3 failed · timed out ·");
    let mut stage = Stage::new(120, 40);
    checked(
        &mut stage,
        "db",
        0,
        CheckEnd::Exited { code: 0 },
        "accepting connections",
    );
    stage.shows("healthy for 5m12s · exit 0: accepting");
    stage.hides("failed");
}

#[test]
fn what_a_check_says_is_made_safe() {
    let mut stage = Stage::new(200, 60);
    let said = "one\n10%\r\x1b[31mdo\x1b[2Jwn\u{202e}\tnow\x07";
    checked(&mut stage, "db", 1, CheckEnd::Exited { code: 1 }, said);
    let screen = stage.screen();
    assert!(
        screen.contains("1 of 3 failed · exit 1:") && screen.contains("now␇ · every 30s"),
        "{screen}"
    );
    assert!(!screen.contains("10%\r") && !screen.contains('\u{202e}') && !screen.contains('\x1b'));
    checked(
        &mut stage,
        "db",
        1,
        CheckEnd::NotStarted,
        &"x\u{301}".repeat(4000),
    );
    stage.shows("1 of 3 failed · could not");
}
