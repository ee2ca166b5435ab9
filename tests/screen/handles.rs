//! Gauges with handles: limits set by keys and by the mouse, confirmed if below current use,
//! undone.

use minic_tui::manager::LimitChange;
use minic_tui::tui::effect::{Call, Effect, EffectId, Outcome};
use minic_tui::tui::message::{Input, Message};
use minic_tui::tui::model::{Grip, Knob, Overlay, Target};

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
            Call::SetLimit(id.clone(), Knob::Cpu.change(Some(millicores))),
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
