//! Looking back, freezing, and back to now.

use crate::stage::Stage;

#[test]
fn every_pane_shows_the_moment() {
    let mut stage = Stage::new(80, 24);
    stage.tick(30);
    stage.select("cache");
    let live = stage.screen();
    stage.keys("<Shift-Left><Left><Left>").golden("past-80x24");
    stage.shows("PAST −12 s");
    let then = stage.screen();
    stage.tick(5);
    stage.shows("PAST −17 s");
    let figures = |screen: &str| {
        screen
            .lines()
            .filter(|line| line.contains("cache "))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        figures(&then)[0],
        figures(&stage.screen())[0],
        "the moment stays while time goes on"
    );
    stage.keys("<End>").hides("PAST");
    assert_ne!(figures(&live)[0], figures(&stage.screen())[0]);
    let mut stage = Stage::new(120, 40);
    stage.tick(30);
    stage.keys("<Shift-Left><Left>").golden("past-120x40");
}

#[test]
fn an_ended_container_is_running_in_the_past() {
    let mut stage = Stage::new(80, 24);
    stage.tick(5);
    stage.select("web").keys("s").tick(3);
    assert_eq!(stage.record("web").state.status.word(), "STOPPED");
    stage
        .keys("<Left><Left><Left><Left><Left>")
        .golden("past-alive-80x24");
    stage.keys("<Esc>").golden("past-over-80x24");
}

#[test]
fn the_log_ends_at_the_moment() {
    let mut stage = Stage::new(80, 24);
    stage.tick(20);
    stage.select("web").keys("lt");
    let live = stage.screen();
    stage.keys(",,,,,,,,").golden("past-logs-80x24");
    stage.shows("PAST −8 s");
    assert_ne!(live, stage.screen());
    stage.keys("<End>");
    assert_eq!(live, stage.screen());
}

#[test]
fn looking_back_is_limited_to_the_kept_history() {
    let mut stage = Stage::new(80, 24);
    for _ in 0..200 {
        stage.keys("<Shift-Left>");
    }
    assert_eq!(stage.model.past.unwrap().tick, stage.model.history.oldest());
    stage.keys("<Shift-Right><Shift-Right>");
    assert_eq!(stage.model.past, None);
    stage.keys("<Right>.");
    assert_eq!(stage.model.past, None);
}

#[test]
fn a_frozen_display_stands_still() {
    let mut stage = Stage::new(80, 24);
    stage.keys("Z").shows("FROZEN −0 s");
    let frozen: Vec<_> = stage.screen().lines().skip(6).map(str::to_owned).collect();
    stage.tick(7);
    let later: Vec<_> = stage.screen().lines().skip(6).map(str::to_owned).collect();
    assert_eq!(frozen[..14], later[..14]);
    stage.golden("frozen-80x24");
    stage.keys("Z").hides("FROZEN");
}

#[test]
fn peak_and_oom_kills_are_those_of_the_moment() {
    let mut stage = Stage::new(200, 60);
    stage.select("db").tick(5);
    let figure = |stage: &mut Stage| {
        let screen = stage.screen();
        let line = screen
            .lines()
            .find(|line| line.contains(" Now "))
            .unwrap()
            .to_owned();
        line.split("peak ")
            .nth(1)
            .unwrap()
            .split(' ')
            .next()
            .unwrap()
            .to_owned()
    };
    let now = figure(&mut stage);
    let id = stage.record("db").spec.id;
    let then = stage.model.history.series(&id).unwrap().value(
        minic_tui::stats::Figure::MemoryPeak,
        stage.model.history.oldest(),
    );
    stage.keys("<Shift-Left><Shift-Left><Shift-Left>");
    let shown = figure(&mut stage);
    assert_eq!(
        shown,
        minic_tui::spec::format_bytes(then.unwrap() as u64),
        "now {now}"
    );
    stage.shows("OOM kills 0");
}
