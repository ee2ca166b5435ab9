//! Hostile text: all of it reaches the terminal as plain text only.

use minic_tui::spec::{ContainerId, Preset, preview};
use minic_tui::tui::message::{Input, Message};
use minic_tui::tui::model::LogLine;
use minic_tui::tui::sanitise::log_line;

use crate::stage::{Stage, settings};

const NASTY: &str = "\x1b[2J\x1b]0;pwned\x07\u{202e}gpj.exe\u{9b}31m\r\n\t\u{200b}A\u{301}\u{301}\u{301}\u{301}👩\u{200d}👩\u{200d}👧日本語";

#[track_caller]
fn harmless(stage: &mut Stage) {
    let buffer = stage.buffer();
    for cell in buffer.content() {
        let clean = cell
            .symbol()
            .chars()
            .all(|c| !c.is_control() && !('\u{202a}'..='\u{202e}').contains(&c) && c != '\u{200d}');
        assert!(clean, "{:?} on\n{}", cell.symbol(), stage.screen());
    }
}

#[test]
fn commands_descriptions_logs_errors_and_pastes() {
    let mut settings = settings();
    settings.presets[0].0 = format!("p{NASTY}");
    settings.presets[0].1.description = Some(NASTY.into());
    settings.presets[0].1.command = Some(vec![NASTY.into()]);
    settings.presets[0].1.env = vec![format!("A={NASTY}")];
    let mut stage = Stage::with(settings, 80, 24);
    let request = Preset {
        command: Some(vec!["sh".into(), NASTY.into()]),
        ..Preset::default()
    };
    let spec = preview(
        ContainerId::new("0000nasty").unwrap(),
        Some("nasty"),
        &request,
    )
    .unwrap();
    let mut records = stage.model.records.clone();
    records[0].spec = spec;
    stage.held = true;
    stage.send(Message::Records(900, Ok(records)));
    stage.select("nasty");
    harmless(&mut stage);
    stage.golden("hostile-command-80x24");
    stage
        .keys("/")
        .send(Message::Input(Input::Paste(NASTY.into())));
    harmless(&mut stage);
    stage.keys("<Esc><logs>");
    harmless(&mut stage);
    stage.keys("<Enter>");
    harmless(&mut stage);
    stage.keys("<Esc>l");
    let id = stage.model.log.targets.first().cloned();
    if let Some(id) = id {
        stage.log_came(id, vec![nasty_line(NASTY)]);
    }
    harmless(&mut stage);
    stage
        .model
        .toast(minic_tui::tui::model::ToastKind::Error, NASTY);
    harmless(&mut stage);
}

fn nasty_line(text: &str) -> LogLine {
    LogLine::plain(
        "2026-11-23T14:05:00Z".parse().unwrap(),
        true,
        log_line(text.as_bytes()),
    )
}

#[test]
fn a_line_of_ninety_thousand_characters() {
    let mut stage = Stage::new(80, 24);
    stage.select("db").keys("l");
    let db = stage.record("db").spec.id;
    stage.log_came(
        db,
        vec![
            nasty_line("before"),
            nasty_line(&"0123456789".repeat(9_000)),
            nasty_line("after"),
        ],
    );
    stage.golden("logs-long-line-80x24");
    // every row of it can be scrolled through
    let rows = (0..300)
        .take_while(|_| !stage.keys("k").screen().contains("! before"))
        .count();
    assert!((190..215).contains(&rows), "{rows}");
    stage.keys("wG").golden("logs-long-line-cut-80x24");
}

#[test]
fn a_command_of_a_megabyte() {
    let mut stage = Stage::new(200, 60);
    let mut records = stage.model.records.clone();
    records[0].spec.argv = vec!["sh".into(), "x".repeat(1 << 20)];
    stage.send(Message::Records(900, Ok(records)));
    harmless(&mut stage);
}
