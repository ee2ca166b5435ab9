//! The Logs tab: following, keeping its place, wrapping, times.

use jiff::Timestamp;
use minic_tui::tui::effect::Effect;
use minic_tui::tui::model::{LogLine, LogPosition};

use crate::stage::Stage;

fn line(text: impl Into<String>) -> LogLine {
    LogLine::plain(
        "2026-11-23T14:05:00Z".parse::<Timestamp>().unwrap(),
        false,
        text,
    )
}

#[test]
fn the_log_at_every_size() {
    for (width, height) in [(60, 15), (80, 24), (120, 40)] {
        let mut stage = Stage::new(width, height);
        stage
            .select("web")
            .keys("l")
            .golden(&format!("logs-{width}x{height}"));
        stage
            .keys("t")
            .golden(&format!("logs-times-{width}x{height}"));
    }
}

#[test]
fn the_log_follows_until_scrolled() {
    let mut stage = Stage::new(80, 24);
    stage.select("web").keys("lz");
    let web = stage.record("web").spec.id;
    stage.log_came(web.clone(), vec![line("the newest line")]);
    stage.shows("the newest line");
    stage.keys("kkk");
    let before = stage.screen();
    let shown: Vec<_> = before.lines().skip(7).collect();
    stage.log_came(
        web.clone(),
        (0..50).map(|i| line(format!("later {i}"))).collect(),
    );
    stage.hides("later 49");
    let after = stage.screen();
    assert_eq!(
        after.lines().skip(7).collect::<Vec<_>>(),
        shown,
        "what is being read does not move"
    );
    stage.keys("G");
    stage.shows("later 49");
    assert_eq!(stage.model.log.place, LogPosition::End);
    stage.keys("f");
    stage.log_came(web, vec![line("after f")]);
    stage.hides("after f");
    stage.keys("f");
    stage.shows("after f");
}

#[test]
fn scrolling_reaches_both_ends_and_no_further() {
    let mut stage = Stage::new(80, 24);
    stage.select("web").keys("lzg");
    assert_eq!(stage.model.log.place, LogPosition::At(0, 0));
    stage.keys("kkk<PageUp>");
    assert_eq!(stage.model.log.place, LogPosition::At(0, 0));
    stage.keys("<PageDown><PageDown><PageDown><PageDown><PageDown><PageDown>");
    let LogPosition::At(last, _) = stage.model.log.place else {
        panic!("scrolling down never starts to follow")
    };
    stage.keys("j");
    assert_eq!(stage.model.log.place, LogPosition::At(last, 0));
    assert!(last < stage.model.log.end());
}

#[test]
fn wrapped_or_cut() {
    let mut stage = Stage::new(80, 24);
    stage.select("web").keys("lz");
    let web = stage.record("web").spec.id;
    let long = (0..40)
        .map(|i| format!("word{i}"))
        .collect::<Vec<_>>()
        .join(" ");
    stage.log_came(web, vec![line("short"), line(long)]);
    stage.golden("logs-wrapped-80x24");
    stage.keys("w").golden("logs-cut-80x24");
    stage.keys("<Right><Right>").golden("logs-cut-right-80x24");
}

#[test]
fn returning_keeps_the_position_and_reading_stops_meanwhile() {
    let mut stage = Stage::new(80, 24);
    stage.select("web").keys("lzkk");
    let place = stage.model.log.place;
    stage.keys("1");
    stage.held = true;
    stage.take_effects();
    stage.keys("<logs>");
    assert_eq!(stage.model.log.place, place);
    assert!(
        !stage
            .take_effects()
            .iter()
            .any(|effect| matches!(effect, Effect::OpenLog(_)))
    );
    stage.keys("1").select("db").keys("l");
    let db = stage.record("db").spec.id;
    assert!(stage.take_effects().contains(&Effect::OpenLog(vec![db])));
    assert_eq!(stage.model.log.place, LogPosition::End);
}

#[test]
fn the_next_containers_log_is_a_key_away() {
    let mut stage = Stage::new(80, 24);
    stage.keys("l>");
    let second = stage.model.list.visible()[1];
    assert_eq!(
        stage.model.log.targets.first(),
        Some(&stage.model.records[second].spec.id)
    );
    stage.keys("<lt><lt>");
    assert_eq!(stage.model.list.row(), 0);
}

#[test]
fn nothing_written_and_nothing_selected() {
    let mut stage = Stage::new(80, 24);
    stage
        .select("staging")
        .keys("l")
        .golden("logs-nothing-80x24");
    let mut stage = Stage::before_messages(crate::stage::settings(), 80, 24);
    stage.keys("<logs>").golden("logs-none-selected-80x24");
}

#[test]
fn memory_is_bounded_and_old_lines_are_counted() {
    let mut stage = Stage::new(80, 24);
    stage.select("db").keys("l");
    let db = stage.record("db").spec.id;
    let before = stage.model.log.end();
    for round in 0..30u64 {
        stage.log_came(
            db.clone(),
            (0..1000).map(|i| line(format!("{round} {i}"))).collect(),
        );
    }
    let log = &stage.model.log;
    assert_eq!(log.end(), before + 30_000);
    assert!(
        log.dropped() > 0
            && log.line(log.dropped()).is_some()
            && log.line(log.dropped() - 1).is_none()
    );
    stage.keys("g").golden("logs-dropped-80x24");
}
