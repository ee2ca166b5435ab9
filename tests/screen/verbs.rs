//! Start, stop, restart, destroy: the engine calls, their containers, and the messages.

use std::time::Duration;

use minic_tui::manager::Error;
use minic_tui::tui::effect::{Call, Effect, EffectId};
use minic_tui::tui::message::Message;

use crate::stage::{Stage, settings};

#[test]
fn stop_start_restart_destroy() {
    let mut stage = Stage::new(80, 24);
    stage.select("sleeper").keys("s");
    let id = stage.record("sleeper").spec.id;
    assert!(stage.take_effects().contains(&Effect::Call(
        EffectId(1),
        Call::Stop(id.clone(), Duration::from_secs(10))
    )));
    assert_eq!(stage.record("sleeper").state.status.word(), "STOPPED");
    assert_eq!(
        stage.selected(),
        "sleeper",
        "it sorts lower now, and stays selected"
    );
    stage.golden("stopped-80x24");
    stage.keys("S");
    assert_eq!(stage.record("sleeper").state.status.word(), "RUNNING");
    stage.keys("R");
    assert_eq!(stage.record("sleeper").state.restarts, 0, "by hand");
    stage.keys("D");
    assert!(stage.take_effects().contains(&Effect::Call(
        EffectId(4),
        Call::ThrowAway(id.clone(), Duration::from_secs(10))
    )));
    assert!(stage.model.record(&id).is_none());
    stage.golden("destroyed-80x24");
    stage.keys("u").golden("brought-back-80x24");
    assert_eq!(stage.record("sleeper").state.status.word(), "RUNNING");
    stage.keys("u").shows("restart of sleeper cannot be undone");
}

#[test]
fn destroy_applies_to_the_container_in_the_question() {
    let mut stage = Stage::new(80, 24);
    stage
        .made_passing("web")
        .select("web")
        .keys("D")
        .golden("confirm-destroy-80x24");
    let web = stage.record("web").spec.id;
    // the rows move while the question is open
    let mut records = stage.model.records.clone();
    records.reverse();
    records.retain(|record| record.spec.name.as_str() != "cache");
    stage.send(Message::Records(900, Ok(records)));
    stage.held = true;
    stage.take_effects();
    stage.keys("<Enter>");
    assert_eq!(
        stage.take_effects(),
        [Effect::Call(EffectId(1), Call::Destroy(web))]
    );
}

#[test]
fn a_question_closes_when_its_container_is_gone() {
    let mut stage = Stage::new(80, 24);
    stage.made_passing("web").select("web").keys("D");
    let mut records = stage.model.records.clone();
    records.retain(|record| record.spec.name.as_str() != "web");
    stage.send(Message::Records(900, Ok(records)));
    assert!(stage.model.overlay.is_none());
    stage.held = true;
    stage.take_effects();
    stage.keys("y<Enter>");
    assert!(
        !stage
            .take_effects()
            .iter()
            .any(|effect| matches!(effect, Effect::Call(_, Call::Destroy(_))))
    );
}

#[test]
fn answering_no_does_nothing() {
    for no in ["n", "<Esc>", "q", "<Ctrl-C>"] {
        let mut stage = Stage::new(80, 24);
        stage.made_passing("web").select("web").take_effects();
        stage.keys("D").keys(no);
        assert_eq!(stage.take_effects(), [], "{no}");
        assert!(stage.model.overlay.is_none());
    }
}

#[test]
fn pending_calls_are_shown_and_not_repeated() {
    let mut stage = Stage::new(80, 24);
    stage.held = true;
    stage.select("web").take_effects();
    stage.keys("ss");
    assert_eq!(stage.take_effects().len(), 1);
    stage.golden("stopping-80x24");
    stage.keys("R");
    assert_eq!(stage.take_effects(), []);
    stage.shows("stop of web is still under way");
}

#[test]
fn unavailable_verbs_are_refused_without_calling_the_engine() {
    let mut stage = Stage::new(80, 24);
    stage.select("migrate").take_effects();
    stage.keys("s");
    stage.shows("migrate is STOPPED: there is nothing to stop");
    stage.select("web").keys("S");
    stage.shows("web is RUNNING already");
    assert_eq!(stage.take_changes(), []);
}

#[test]
fn an_error_stays_eight_seconds_or_until_dismissed() {
    let fail = |stage: &mut Stage| {
        stage.held = true;
        stage.select("web").keys("s");
        let message = "write 1 to cgroup.kill of web: Device or resource busy".into();
        let hint = Some("try again in a moment".into());
        stage.send(Message::EffectDone(
            EffectId(1),
            Err(Error::System { message, hint }),
        ));
    };
    let mut stage = Stage::new(80, 24);
    fail(&mut stage);
    stage.golden("error-toast-80x24");
    stage.tick(7);
    stage.shows("Device or resource busy");
    stage.tick(2);
    stage.hides("Device or resource busy");
    let mut stage = Stage::new(80, 24);
    fail(&mut stage);
    stage.keys("<Esc>");
    stage.hides("Device or resource busy");
}

#[test]
fn read_only_refuses_every_change() {
    let mut stage = Stage::with(
        minic_tui::tui::Settings {
            read_only: true,
            ..settings()
        },
        80,
        24,
    );
    stage.held = true;
    stage.select("web").take_effects();
    stage.keys("sSRDr8<Enter>1");
    assert_eq!(stage.take_changes(), []);
    assert!(stage.model.overlay.is_none());
    stage.golden("read-only-80x24");
}

#[test]
fn an_unexpected_death_is_reported() {
    let mut stage = Stage::new(120, 40);
    stage.keys("rsh -c 'while :; do x=$x$(printf %0100000d 0); done'<Tab>eater<Tab>32<Enter>");
    assert_eq!(stage.selected(), "eater");
    assert_eq!(stage.record("eater").state.status.word(), "RUNNING");
    stage.tick(3);
    stage.golden("filling-120x40");
    stage.tick(6);
    assert_eq!(stage.record("eater").state.status.word(), "STOPPED");
    stage.golden("oom-killed-120x40");
}

#[test]
fn quitting_with_a_pending_call_asks_first() {
    let mut stage = Stage::new(80, 24);
    stage.keys("q");
    assert_eq!(stage.take_effects().pop(), Some(Effect::Quit));
    stage.held = true;
    stage.select("web").keys("s");
    stage.take_effects();
    stage.keys("q").golden("confirm-quit-80x24");
    assert_eq!(stage.take_effects(), []);
    stage.keys("y");
    assert_eq!(stage.take_effects(), [Effect::Quit]);
}
