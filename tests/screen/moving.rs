//! Moving and editing: each key moves as far as it should, and its opposite returns.

use jiff::Timestamp;
use minic_tui::tui::effect::LogBatch;
use minic_tui::tui::message::{Input, Message};
use minic_tui::tui::model::{LogLine, Overlay, Tab, help_rows};

use crate::stage::Stage;

fn lines(count: usize) -> Vec<LogLine> {
    let at: Timestamp = "2026-11-23T14:05:00Z".parse().unwrap();
    let line = |number| LogLine::plain(at, false, format!("line {number}"));
    (0..count).map(line).collect()
}

/// A screen that shows a log with two hundred extra lines.
fn log() -> Stage {
    let mut stage = Stage::new(80, 24);
    stage.select("web").keys("lw");
    let id = stage.record("web").spec.id;
    stage.log_came(id, lines(200));
    stage
}

fn wheel(turn: i16) -> Message {
    Message::Input(Input::Wheel(5, 8, turn))
}

#[test]
fn a_log_scrolls_as_far_down_as_up() {
    let mut stage = log();
    let pane = stage.model.regions().unwrap().log_size();
    let (page, half) = (pane.height as u64 - 1, pane.height as u64 / 2);
    stage.keys("g");
    let over = |turn| Message::Input(Input::Wheel(5, 20, turn));
    let first = stage.model.log.top(pane).0;
    let mut at = |keys: &str, expected: u64| {
        stage.keys(keys);
        assert_eq!(stage.model.log.top(pane).0 - first, expected, "{keys}");
    };
    at("j", 1);
    at("<Down>", 2);
    at("k", 1);
    at("<Up>", 0);
    at("<PageDown>", page);
    at("<Ctrl-D>", page + half);
    at("<Ctrl-U>", page);
    at("<PageUp>", 0);
    stage.send(over(1));
    assert_eq!(stage.model.log.top(pane).0 - first, 3);
    stage.send(over(-1));
    assert_eq!(stage.model.log.top(pane).0, first);
    stage.send(wheel(1));
    assert_eq!(
        stage.model.log.top(pane).0,
        first,
        "the wheel moves what is below the pointer"
    );
}

#[test]
fn help_and_the_list_move_as_far_down_as_up() {
    let mut stage = Stage::new(80, 24);
    let rows = help_rows(ratatui::layout::Size::new(80, 24));
    let mut at = |keys: &str, expected: usize| {
        stage.keys(keys);
        assert_eq!(stage.model.overlay, Some(Overlay::Help(expected)), "{keys}");
    };
    at("?", 0);
    at("j", 1);
    at("<Ctrl-D>", 1 + rows / 2);
    at("<PageDown>", rows / 2 + rows);
    at("<PageUp>", 1 + rows / 2);
    at("<Ctrl-U>", 1);
    at("k", 0);
    stage.send(wheel(1));
    stage.send(wheel(-1));
    assert_eq!(stage.model.overlay, Some(Overlay::Help(0)));
    stage.keys("<Esc><Home>");
    let page = stage.model.regions().unwrap().table_rows();
    let mut at = |keys: &str, expected: usize| {
        stage.keys(keys);
        assert_eq!(stage.model.list.row(), expected, "{keys}");
    };
    at("j", 1);
    at("<Ctrl-D>", 1 + page / 2);
    at("<Ctrl-U>", 1);
    at("k", 0);
    at("G", 8);
    stage.send(wheel(-1));
    assert_eq!(stage.model.list.row(), 5);
}

#[test]
fn the_scrollback_of_a_shell_scrolls_as_far_down_as_up() {
    let mut stage = Stage::new(80, 24);
    stage
        .select("web")
        .keys("<shell><Enter>seq 100<Enter><Ctrl-]>");
    let page = usize::from(stage.model.regions().unwrap().below_title().height);
    let mut back = |keys: &str, expected: usize| {
        stage.keys(keys);
        let pane = stage.model.shell().unwrap();
        assert_eq!(pane.terminal.screen().scrollback(), expected, "{keys}");
    };
    back("k", 1);
    back("<PageUp>", 1 + page);
    back("<Ctrl-U>", 1 + page + page / 2);
    back("<Ctrl-D>", 1 + page);
    back("<PageDown>", 1);
    back("j", 0);
}

#[test]
fn tabs_turn_both_ways_and_round() {
    let mut stage = Stage::new(80, 24);
    let mut at = |keys: &str, expected: Tab| {
        stage.keys(keys);
        assert_eq!(stage.model.tab, expected, "{keys}");
    };
    at("]", Tab::Images);
    at("[", Tab::Containers);
    at("[", Tab::Host);
    at("<Shift-Tab>", Tab::Events);
    at("<Tab><Tab>", Tab::Containers);
}

#[test]
fn a_line_is_deleted_backwards_and_forwards_from_the_cursor() {
    let mut stage = Stage::new(80, 24);
    stage.keys("/");
    let mut text = |keys: &str, expected: &str| {
        stage.keys(keys);
        assert_eq!(stage.model.list.filter, expected, "{keys}");
    };
    text("abcd", "abcd");
    text("<Backspace>", "abc");
    text("<Left><Backspace>", "ac");
    text("x", "axc");
    text("<Delete>", "ax");
    text(" yz<Left>", "ax yz");
    text("<Ctrl-W>", "ax z");
    text("<Ctrl-U>", "z");
    text("<Backspace>", "z");
    text("<End>w<Home>v", "vzw");
}

#[test]
fn skipped_lines_are_counted() {
    let mut stage = log();
    let log = &stage.model.log;
    let (ids, end) = (log.targets.clone(), log.end());
    stage.send(Message::Log(Ok(LogBatch {
        ids,
        skipped: 7_000,
        lines: lines(3),
        unfinished: Vec::new(),
    })));
    let log = &stage.model.log;
    assert_eq!(
        log.dropped(),
        end + 7_000,
        "what was there before is not kept"
    );
    assert_eq!(log.missing(), end + 7_000);
    assert_eq!(log.end(), end + 7_003);
    let shown = format!("{}", end + 7_000);
    let grouped = format!("{},{}", &shown[..1], &shown[1..]);
    stage.shows(&grouped);
}

#[test]
fn skipped_lines_of_merged_logs_are_counted_and_nothing_is_dropped() {
    let mut stage = Stage::new(80, 24);
    stage.select("web").keys("<Space><Space>l");
    let log = &stage.model.log;
    assert_eq!(log.targets.len(), 2);
    let (ids, end, missing) = (log.targets.clone(), log.end(), log.missing());
    for skipped in [12, 5] {
        stage.send(Message::Log(Ok(LogBatch {
            ids: ids.clone(),
            skipped,
            lines: lines(3),
            unfinished: Vec::new(),
        })));
    }
    let log = &stage.model.log;
    assert_eq!(log.end(), end + 6);
    assert_eq!(log.missing(), missing + 17);
}
