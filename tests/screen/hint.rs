//! The first-start hint: once.

use std::path::PathBuf;

use minic_tui::tui::Settings;
use minic_tui::tui::effect::Effect;
use minic_tui::tui::remembered::Remembered;

use crate::stage::{Stage, settings};

fn remembering() -> Settings {
    Settings {
        remembered_in: Some(PathBuf::from("/nonexistent/screen.toml")),
        ..settings()
    }
}

#[test]
fn it_is_shown_until_the_first_key_and_never_again() {
    for (width, height) in [(60, 15), (80, 24), (120, 40)] {
        Stage::with(remembering(), width, height).golden(&format!("hint-{width}x{height}"));
    }
    let mut stage = Stage::with(remembering(), 80, 24);
    stage.shows("Welcome");
    stage.take_effects();
    let row = stage.model.list.row();
    stage.keys("j").hides("Welcome");
    assert_eq!(stage.model.list.row(), row + 1, "the key does what it does");
    let seen = Remembered {
        hint_seen: true,
        ..Remembered::default()
    };
    let file = PathBuf::from("/nonexistent/screen.toml");
    assert_eq!(stage.take_effects(), [Effect::Remember(file, seen)]);
    stage.keys("k");
    assert_eq!(stage.take_effects(), [], "written once");
}

#[test]
fn it_is_not_shown_where_it_would_come_every_time() {
    Stage::new(80, 24).hides("Welcome");
    let mut read_only = remembering();
    read_only.read_only = true;
    let mut stage = Stage::with(read_only, 80, 24);
    stage.hides("Welcome");
    stage.take_effects();
    stage.keys("j");
    assert_eq!(stage.take_effects(), [], "nothing is written");
    let mut stage = Stage::with(remembering(), 80, 24);
    stage.model.remembered.hint_seen = true;
    stage.hides("Welcome");
}
