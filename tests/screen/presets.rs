//! The Presets tab.

use minic_tui::tui::effect::{Call, Effect};

use crate::stage::{Stage, settings};

#[test]
fn the_presets_at_every_size() {
    for (width, height) in [(60, 15), (80, 24), (120, 40)] {
        Stage::new(width, height).keys("8j").golden(&format!("presets-{width}x{height}"));
    }
    Stage::new(80, 24).keys("8G").golden("presets-profile-80x24");
}

#[test]
fn enter_opens_the_form_with_it_and_enter_launches() {
    let mut stage = Stage::new(80, 24);
    stage.keys("8j<Enter>").golden("presets-form-80x24");
    stage.take_effects();
    stage.keys("<Tab>mine<Enter>");
    let effects = stage.take_effects();
    let Some(Effect::Call(_, Call::Launch(created))) = effects.first() else { panic!("{effects:?}") };
    assert_eq!((created.preset.as_deref(), created.name.as_deref()), (Some("cpu-quarter"), Some("mine")));
    assert_eq!(stage.selected(), "mine");
    stage.tick(4);
    stage.golden("presets-launched-80x24");
}

#[test]
fn moving_stays_within_the_list() {
    let mut stage = Stage::new(80, 24);
    stage.keys("8k");
    assert_eq!(stage.model.preset, 0);
    stage.keys("jjjjjjjjjjjj<PageDown>");
    assert_eq!(stage.model.preset, settings().presets.len() - 1);
}

#[test]
fn none() {
    let mut stage = Stage::with(minic_tui::tui::Settings { presets: Vec::new(), ..settings() }, 80, 24);
    stage.keys("8j").golden("presets-none-80x24");
    stage.keys("<Enter><Up><Right>");
    stage.shows("◂ none ▸");
}
