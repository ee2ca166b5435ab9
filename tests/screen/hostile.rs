//! Hostile text: all of it reaches the terminal as plain text only.

use minic_tui::inspect::{Change, ChangeKind, Changes, FileType, ProcessInfo};
use minic_tui::spec::{ContainerId, Preset, preview};
use minic_tui::tui::message::{Input, Message, Seen};
use minic_tui::tui::model::{LogLine, ProcessRow};
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

/// Names as `ls` in the container would show them: all alike.
const ALIKE: [&str; 4] = [
    "passwd",
    "passwd\x1b[0m",
    "passwd\x1b]0;hidden secret tail\x07",
    "passwd\u{200b}",
];
const TOLD_APART: [&str; 4] = [
    "passwd",
    "passwd␛[0m",
    "passwd␛]0;hidden secret tail␇",
    "passwd<U+200B>",
];

#[test]
fn files_whose_names_hide_sequences_are_told_apart() {
    let mut stage = Stage::new(80, 24);
    stage.select("web").keys("<files>z");
    let id = stage.record("web").spec.id;
    let file = |path: &str, file_type| Change {
        path: path.into(),
        kind: ChangeKind::Added,
        file_type,
    };
    let mut list: Vec<Change> = ALIKE
        .iter()
        .map(|name| file(&format!("/etc/{name}"), FileType::Regular(0)))
        .collect();
    list.extend([
        file("/x/char", FileType::CharDevice),
        file("/x/disk", FileType::BlockDevice),
        file("/x/folder", FileType::Folder),
        file("/x/link", FileType::Link("../\x1b[2J\u{202e}shadow".into())),
        file("/x/pipe", FileType::Fifo),
        file("/x/sock", FileType::Socket),
    ]);
    list.sort_by(|a, b| a.path.cmp(&b.path));
    let changes = Changes { list, cut: false };
    stage.send(Message::Seen(Box::new(Seen::Changes(id, Ok(changes)))));
    let rows = stage.screen();
    for name in TOLD_APART {
        let row = format!("/etc/{name}");
        let is_row = |line: &&str| line.trim_end().ends_with(&row);
        assert_eq!(rows.lines().filter(is_row).count(), 1, "{row}\n{rows}");
    }
    stage.shows("l      - /x/link -> ../␛[2J<U+202E>shadow");
    stage.golden("files-hostile-80x24");
}

#[test]
fn processes_whose_commands_hide_sequences_are_told_apart() {
    let mut stage = Stage::new(120, 40);
    stage.select("web").keys("<processes>z");
    let id = stage.record("web").spec.id;
    let rows = stage.model.looks.processes.rows.iter();
    let one = rows
        .filter_map(|row| match row {
            ProcessRow::Process { info, .. } => Some(info.clone()),
            ProcessRow::Container(..) => None,
        })
        .next()
        .unwrap();
    let list = (1..).zip(ALIKE).map(|(pid, name)| ProcessInfo {
        pid,
        command: format!("{name} --end"),
        ..one.clone()
    });
    let seen = vec![(id, Ok(list.collect()))];
    stage.send(Message::Seen(Box::new(Seen::Processes(seen))));
    for name in TOLD_APART {
        stage.shows(&format!(" {name} --end"));
    }
    harmless(&mut stage);
}

#[test]
fn a_group_and_labels_show_their_sequences() {
    let mut stage = Stage::new(200, 60);
    stage.grouped("g\x1b[31mx", &["web", "db"]);
    stage.shows("g␛[31mx (2)");
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
