//! Gauges with handles: limits set by keys and by the mouse, confirmed if below current use,
//! undone.

use minic_tui::manager::LimitChange;
use minic_tui::tui::effect::{Call, Effect, EffectId, Outcome};
use minic_tui::tui::message::{Input, Message};
use minic_tui::tui::model::{Grip, Knob, Overlay, Reversal, Target};

use crate::stage::{Stage, settings};

const MIB: u64 = 1 << 20;

fn grip(stage: &mut Stage, knob: Knob) -> (Grip, u16) {
    stage.buffer();
    let mut cells = (0..120).flat_map(|x| (0..40).map(move |y| (x, y)));
    let found = cells.find_map(|(x, y)| match stage.model.hits.at(x, y) {
        Some(Target::Gauge(grip)) if grip.knob == knob => Some((grip.clone(), y)),
        _ => None,
    });
    found.expect("a gauge is on the screen")
}

#[test]
fn keys_move_the_limit_and_undo_restores_it() {
    let mut stage = Stage::new(80, 24);
    stage.select("web").keys("<F7><F7>");
    assert_eq!(stage.record("web").spec.limits.cpu.unwrap().cores(), 0.9);
    stage.golden("limit-cpu-80x24");
    stage.keys("=<F8>");
    assert_eq!(stage.record("web").spec.limits.memory, Some(288 * MIB));
    stage.tick(3);
    stage.golden("limit-memory-80x24");
    stage.keys("u");
    assert_eq!(stage.record("web").spec.limits.memory, Some(256 * MIB));
    stage.keys("u");
    assert_eq!(
        stage.record("web").spec.limits.cpu.unwrap().cores(),
        1.0,
        "two quick steps are one thing to take back"
    );
    assert_eq!(
        stage.record("web").spec.limits.cpu_shares,
        Some(1024),
        "the weight was never touched"
    );
}

#[test]
fn what_was_taken_back_is_not_said_to_be_taken_back_by_u() {
    let mut stage = Stage::new(120, 40);
    stage
        .select("web")
        .keys("<F7>=<F8>")
        .shows("u: back to 256M");
    stage.tick(20);
    stage.hides("u: back to");
    stage.keys("u").shows("web: memory 288M → 256M");
    stage.hides("u: back to");
    // one that waits behind the change it takes back
    let mut stage = Stage::new(120, 40);
    stage.held = true;
    stage.select("web").keys("<F7>u");
    let updated = minic_tui::manager::Updated {
        changes: vec!["cpu 100% of a core → 95% of a core".into()],
        live: true,
    };
    stage.send(Message::EffectDone(
        EffectId(1),
        Ok(Outcome::LimitSet(updated)),
    ));
    stage.shows("→ 95% of a core");
    stage.hides("u: back to");
}

#[test]
fn an_undo_that_fails_forgets_no_other_change() {
    let mut stage = Stage::new(120, 40);
    stage.select("web").keys("<F7>=<F8>");
    stage.held = true;
    stage.keys("u");
    let failed = minic_tui::manager::Error::System {
        message: "no".into(),
        hint: None,
    };
    let last = EffectId(stage.model.last_effect);
    stage.send(Message::EffectDone(last, Err(failed)));
    let newest = stage.model.undo.newest().expect("the change of the cap");
    let Reversal::Limit { back, .. } = newest.steps[0].reversal else {
        panic!("{newest:?}");
    };
    assert_eq!(
        back,
        Knob::Cpu.change(Some(1_000)),
        "it can still be taken back"
    );
}

#[test]
fn undo_waits_for_a_destroy_under_way() {
    let mut stage = Stage::new(120, 40);
    stage.select("web").keys("<F7>");
    stage.held = true;
    stage.keys("D").take_effects();
    stage.keys("u").shows("destroy of web is still under way");
    assert_eq!(
        stage.take_effects(),
        [],
        "the cap, changed before, stays as it is"
    );
    let destroy = EffectId(stage.model.last_effect);
    stage.send(Message::EffectDone(destroy, Ok(Outcome::ThrownAway)));
    stage.take_effects();
    let id = stage.record("web").spec.id;
    stage.keys("u");
    assert_eq!(
        stage.take_effects(),
        [Effect::Call(
            EffectId(destroy.0 + 1),
            Call::TakeBack(id.clone(), true)
        )]
    );
}

#[test]
fn a_destroy_that_failed_is_not_taken_back() {
    let mut stage = Stage::new(120, 40);
    stage.held = true;
    stage.select("web").keys("D");
    let failed = minic_tui::manager::Error::System {
        message: "no".into(),
        hint: None,
    };
    let destroy = EffectId(stage.model.last_effect);
    stage.send(Message::EffectDone(destroy, Err(failed)));
    assert_eq!(stage.model.undo.newest(), None);
}

#[test]
fn what_has_no_limit_says_how_to_set_one() {
    let mut stage = Stage::new(120, 40);
    stage.select("db").take_effects();
    stage.keys("<F8>=<F8>");
    let shown = stage.model.toasts.shown().iter();
    let texts: Vec<_> = shown.map(|toast| toast.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "Limit +: db has no cpu limit; F7 sets one",
            "Limit +: db has no memory limit; F7 sets one"
        ]
    );
    assert_eq!(stage.take_effects(), []);
}

#[test]
fn a_limit_below_current_use_asks_first() {
    let mut stage = Stage::new(80, 24);
    stage.select("cache").keys("=<F7><F7>");
    stage.golden("limit-below-use-80x24");
    stage.keys("n");
    assert_eq!(stage.record("cache").spec.limits.memory, Some(240 * MIB));
    stage.keys("<F7>y").golden("limit-refused-80x24");
    assert_eq!(
        stage.record("cache").spec.limits.memory,
        Some(240 * MIB),
        "what cannot be freed is not taken"
    );
    assert_eq!(
        stage.model.handles.wanted, None,
        "the handle is back where it was"
    );
    let mut stage = Stage::new(120, 40);
    stage
        .select("cache")
        .keys("=<F7><F7>")
        .golden("limit-below-use-120x40");
}

#[test]
fn the_gauge_moves_at_once_and_calls_are_serialized() {
    let mut stage = Stage::new(80, 24);
    stage.held = true;
    stage.select("cpu-quarter").take_effects();
    let id = stage.record("cpu-quarter").spec.id;
    stage.keys("<F8><F8><F8>");
    let call = |effect, millicores| {
        Effect::Call(
            EffectId(effect),
            Call::SetLimit(id.clone(), Knob::Cpu.change(Some(millicores)), true),
        )
    };
    assert_eq!(stage.take_effects(), [call(1, 300)], "the others wait");
    stage.golden("limit-on-its-way-80x24");
    let updated = minic_tui::manager::Updated {
        changes: vec!["cpu 25% of a core → 30% of a core".into()],
        live: true,
    };
    stage.send(Message::EffectDone(
        EffectId(1),
        Ok(Outcome::LimitSet(updated.clone())),
    ));
    assert_eq!(
        stage.take_effects(),
        [call(2, 400), Effect::ReadRecords],
        "what was asked for last, and nothing in between"
    );
    stage.send(Message::EffectDone(
        EffectId(2),
        Ok(Outcome::LimitSet(updated)),
    ));
    assert_eq!(stage.take_effects(), [Effect::ReadRecords]);
}

#[test]
fn the_mouse_drags_the_handle() {
    let mut stage = Stage::new(120, 40);
    stage.select("web").take_effects();
    let (grip, y) = grip(&mut stage, Knob::Memory);
    let x = |share: u16| grip.left + grip.width * share / 8 - 1;
    stage.send(Message::Input(Input::Click(x(6), y)));
    assert_eq!(stage.model.handles.focus, Knob::Memory);
    stage.send(Message::Input(Input::Drag(x(7), 2)));
    stage.golden("limit-held-120x40");
    assert_eq!(
        stage.take_effects(),
        [],
        "nothing is asked for while it is held"
    );
    stage.send(Message::Input(Input::Release));
    let wanted = grip.value_at(x(7));
    assert_eq!(stage.record("web").spec.limits.memory, wanted);
    assert!(wanted.is_some_and(|bytes| bytes > 400 * MIB), "{wanted:?}");
    // far below current use: it asks first
    stage.send(Message::Input(Input::Click(grip.left, y)));
    stage.send(Message::Input(Input::Release));
    assert!(matches!(stage.model.overlay, Some(Overlay::Confirm(_))));
    assert!(matches!(
        stage.model.handles.doubtful,
        Some(LimitChange::Memory(Some(_)))
    ));
}

#[test]
fn read_only_moves_nothing() {
    let mut stage = Stage::with(
        minic_tui::tui::Settings {
            read_only: true,
            ..settings()
        },
        120,
        40,
    );
    stage.select("web").take_effects();
    let (grip, y) = grip(&mut stage, Knob::Cpu);
    stage.send(Message::Input(Input::Click(grip.left, y)));
    stage.send(Message::Input(Input::Drag(grip.left + 4, y)));
    stage.send(Message::Input(Input::Release));
    stage.keys("<F7><F8>u");
    assert_eq!(stage.take_effects(), []);
    stage.shows("this screen is read-only");
}

#[test]
fn what_is_said_of_undo_is_what_undo_does() {
    let mut stage = Stage::new(120, 40);
    stage
        .select("web")
        .keys("<F7>")
        .shows("u: back to 100% of a core");
    stage.tick(1);
    stage
        .keys("<F7><F7>")
        .shows("→ 85% of a core; u: back to 100% of a core");
    stage.tick(3);
    stage
        .keys("<F7>")
        .shows("→ 80% of a core; u: back to 85% of a core");
    stage.keys("u");
    assert_eq!(stage.record("web").spec.limits.cpu.unwrap().cores(), 0.85);
    stage.keys("u");
    assert_eq!(stage.record("web").spec.limits.cpu.unwrap().cores(), 1.0);
}

#[test]
fn what_ended_is_asked_about_before_its_limit_changes() {
    let mut stage = Stage::new(80, 24);
    stage.select("web").keys("=<F7>");
    let limit = |stage: &Stage| stage.record("web").spec.limits.memory;
    let before = limit(&stage);
    stage.keys("s<F7><F7>");
    assert_eq!(limit(&stage), before, "a key held down changes nothing");
    stage.golden("limit-next-start-80x24");
    stage.keys("n<F7>y");
    let after = limit(&stage);
    assert!(after < before);
    stage.keys("<F7>");
    assert!(limit(&stage) < after, "asked once");
    assert_eq!(stage.model.overlay, None);
    // what runs again is asked about anew after its next end
    stage.tick(3);
    stage.keys("S<F8>s<F7>");
    assert!(matches!(stage.model.overlay, Some(Overlay::Confirm(_))));
}

#[test]
fn a_step_that_comes_after_the_end_is_refused_by_the_engine() {
    let mut stage = Stage::new(120, 40);
    stage.select("web").keys("=<F7>");
    let record = stage.record("web");
    let id = record.spec.id.clone();
    let grace = std::time::Duration::ZERO;
    minic_tui::manager::Engine::stop(&stage.demo, &id, grace).unwrap();
    // the screen does not know of it yet
    stage
        .keys("<F7>")
        .shows("web is STOPPED: its limit needs it to be alive");
    assert_eq!(stage.record("web").spec.limits, record.spec.limits);
    let newest = stage.model.undo.newest().expect("the step before");
    assert!(matches!(
        newest.steps[0].reversal,
        Reversal::Limit { back: LimitChange::Memory(Some(bytes)), .. } if bytes == 256 * MIB
    ));
}

#[test]
fn a_gauge_that_is_not_in_sight_is_not_moved() {
    let mut stage = Stage::new(120, 40);
    stage.select("web").keys("<logs>").take_effects();
    stage.keys("<F7>");
    stage.shows("Limit −: the gauge is not in sight: Alt-o");
    let calls = |stage: &mut Stage| {
        let effects = stage.take_effects();
        effects
            .iter()
            .filter(|effect| matches!(effect, Effect::Call(..)))
            .count()
    };
    assert_eq!(calls(&mut stage), 0);
    stage.keys("<Esc><F7>");
    assert_eq!(calls(&mut stage), 1, "the list shows it");
    stage.keys("<Alt-o>z<F7>");
    assert_eq!(calls(&mut stage), 1, "and so does the Overview");
}
