//! The cards: why a container died, how a launch went.

use minic_tui::manager::{Engine, Error};
use minic_tui::record::{ExitCause, LaunchStep, Status};
use minic_tui::tui::message::Message;
use minic_tui::tui::model::Overlay;

use crate::stage::Stage;

#[test]
fn the_cause_of_death_at_every_size() {
    for (width, height) in [(60, 15), (80, 24), (120, 40)] {
        let mut stage = Stage::new(width, height);
        stage
            .keys("rsh -c 'while :; do x=$x$(printf %0100000d 0); done'<Tab>eater<Tab>32<Enter>")
            .tick(9);
        assert_eq!(stage.selected(), "eater");
        stage.shows("eater died: OOM killed; i on it shows why");
        stage
            .keys("<Esc>i")
            .golden(&format!("death-{width}x{height}"));
        stage.keys("<Esc>");
        assert!(stage.model.overlay.is_none());
    }
}

#[test]
fn containers_that_ended_before_the_screen_opened_have_no_graphs() {
    let mut stage = Stage::new(80, 24);
    stage
        .select("memory-hog")
        .keys("i")
        .golden("death-before-80x24");
    stage.keys("<Esc>");
    stage.select("migrate").keys("i").golden("ended-well-80x24");
    let mut stage = Stage::new(120, 40);
    stage
        .select("nightly")
        .keys("i")
        .golden("death-before-120x40");
}

#[test]
fn unreadable_and_empty_logs() {
    let mut stage = Stage::new(80, 24);
    stage.held = true;
    stage.select("nightly").keys("i").shows("reading its log");
    stage.send(Message::Tail(Err(Error::System {
        message: "open log: Input/output error".into(),
        hint: None,
    })));
    stage.golden("death-no-log-80x24");
    let other = stage.record("web").spec.id;
    let batch = |id| minic_tui::tui::effect::LogBatch {
        ids: vec![id],
        skipped: 0,
        lines: Vec::new(),
        unfinished: Vec::new(),
    };
    stage.send(Message::Tail(Ok(batch(other))));
    stage.shows("Input/output error");
    let id = stage.record("nightly").spec.id;
    stage.send(Message::Tail(Ok(batch(id))));
    stage.shows("it wrote nothing");
}

#[test]
fn verbs_apply_to_the_container_on_the_card() {
    let mut stage = Stage::new(80, 24);
    stage.select("nightly").keys("iS");
    assert!(stage.record("nightly").state.status.is_alive() && stage.model.overlay.is_none());
}

#[test]
fn a_stopped_container_is_not_reported_as_died() {
    let mut stage = Stage::new(80, 24);
    stage.select("web").keys("s").hides("died");
}

#[test]
fn the_waterfall_of_a_launch() {
    for (width, height) in [(60, 15), (80, 24), (120, 40)] {
        let mut stage = Stage::new(width, height);
        stage
            .select("web")
            .keys("w")
            .golden(&format!("launch-{width}x{height}"));
    }
    let mut stage = Stage::new(80, 24);
    stage.select("staging").keys("w").shows("was never started");
    stage.select("web").keys("i");
    assert!(
        matches!(stage.model.overlay, Some(Overlay::Card(_))),
        "of a living one inspect shows the launch"
    );
}

#[test]
fn the_waterfall_of_a_failed_launch() {
    let mut stage = Stage::new(80, 24);
    stage
        .keys("rnosuch --verbose<Enter><Esc><Esc>w")
        .golden("launch-failed-80x24");
    stage
        .keys("<Esc>")
        .select("web")
        .keys("w")
        .shows("The launch of web took");
    let mut stage = Stage::new(80, 24);
    stage.select("db").keys("rnosuch<Enter><Esc><Esc>");
    stage
        .select("web")
        .keys("w")
        .shows("The launch of web took");
    let mut stage = Stage::new(80, 24);
    stage.keys("rnosuch<Enter><Esc><Esc>").tick(40);
    stage.keys("w").hides("nosuch");
    let mut stage = Stage::new(120, 40);
    stage
        .keys("rnosuch --verbose<Enter><Esc><Esc>w")
        .golden("launch-failed-120x40");
}

#[test]
fn a_container_whose_restart_failed_shows_the_step() {
    let mut stage = Stage::new(80, 24);
    let mut records = stage.demo.records().unwrap();
    let record = &mut records[0];
    record.state.launch = vec![LaunchStep {
        name: "fork the supervisor".into(),
        done_usec: 512,
    }];
    let cause = ExitCause::SetupFailed {
        step: "write 9999999999999 to memory.max".into(),
        errno: 22,
        code: 125,
    };
    record.state.status = Status::Stopped {
        cause,
        since: None,
        at: stage.model.now,
    };
    let name = record.spec.name.as_str().to_owned();
    stage.send(Message::Records(500, Ok(records)));
    stage
        .select(&name)
        .keys("w")
        .golden("launch-of-failed-80x24");
}

/// `name` died for the `deaths`th time, and is restarted in 3 s.
fn dies_again(stage: &mut Stage, name: &str, deaths: u32, again: bool) {
    let mut records = stage.model.records.clone();
    let now = stage.model.now;
    let record = records.iter_mut().find(|it| it.spec.name.as_str() == name);
    let state = &mut record.unwrap().state;
    let cause = ExitCause::Exited { code: 1 };
    state.status = Status::Stopped {
        cause,
        since: Some(now),
        at: now,
    };
    state.restarts = deaths - 1;
    state.restart_at = again.then(|| now + std::time::Duration::from_millis(2_500));
    let reading = 500 + u64::from(deaths);
    stage.send(Message::Records(reading, Ok(records)));
}

#[test]
fn a_crash_loop_is_one_message_and_one_place() {
    let mut stage = Stage::new(120, 40);
    let place = |stage: &mut Stage| {
        let screen = stage.screen();
        screen.lines().position(|line| line.contains(" web "))
    };
    let before = place(&mut stage);
    dies_again(&mut stage, "web", 1, true);
    stage.shows("web died: exited 1, it is restarted; i on it shows why");
    stage.shows("RESTART");
    stage.shows("exited 1 0s ago, restarts in 3s");
    stage.shows("1 restarting");
    assert_eq!(place(&mut stage), before, "it stays where it was");
    dies_again(&mut stage, "web", 2, true);
    dies_again(&mut stage, "web", 4, true);
    stage.shows("web died 4 times: exited 1, it is restarted");
    assert_eq!(stage.model.toasts.shown().len(), 1);
    stage.keys("<Esc>");
    dies_again(&mut stage, "web", 5, true);
    assert!(stage.model.toasts.shown().is_empty(), "it is known");
    dies_again(&mut stage, "web", 6, false);
    stage.shows("web died 6 times: exited 1, it is not restarted again");
    stage.shows("STOPPED");
    stage.hides("restarting");
    assert!(stage.model.crash_loops.is_empty());
}

#[test]
fn figures_of_the_dead_are_those_of_the_last_sample() {
    let mut stage = Stage::new(120, 40);
    stage
        .keys("rsh -c 'while :; do x=$x$(printf %0100000d 0); done'<Tab>eater<Tab>32<Enter>")
        .tick(9);
    stage
        .keys("i")
        .shows("Figures   peak 32.0M; last sample: memory");
    stage.shows("Memory 28.0M last sample");
    stage.keys("<Esc>h").shows("up to its end, ");
    stage.shows("its end");
    stage.hides("(not running)");
    let mut records = stage.model.records.clone();
    let mut brief = stage.record("nightly");
    brief.spec.id = minic_tui::spec::ContainerId::new("brief").unwrap();
    brief.spec.name = minic_tui::spec::ContainerName::new("brief").unwrap();
    brief.state.status = Status::Stopped {
        cause: ExitCause::Exited { code: 1 },
        since: None,
        at: stage.model.now,
    };
    records.push(brief);
    stage.send(Message::Records(900, Ok(records)));
    stage.keys("<Esc>").select("brief").keys("h");
    stage.shows("n/a: it ended before it was sampled");
    stage.keys("<Esc>").select("nightly").keys("h");
    stage.shows("n/a: it ended before this screen was opened");
}

#[test]
fn a_death_card_closes_when_its_container_starts_again() {
    let mut stage = Stage::new(80, 24);
    stage.select("nightly").keys("i");
    assert!(stage.model.overlay.is_some());
    let id = stage.record("nightly").spec.id;
    stage.demo.start(&id).unwrap();
    stage.tick(1);
    assert!(stage.model.overlay.is_none());
}
