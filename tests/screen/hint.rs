//! What is remembered from one start to the next: the first-start hint, the divider, the pane.

use std::path::PathBuf;

use minic_tui::tui::Settings;
use minic_tui::tui::effect::Effect;
use minic_tui::tui::message::{Input, Message};
use minic_tui::tui::model::Pane;
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
    let remembered = |stage: &mut Stage| {
        let mut effects = stage.take_effects();
        effects.retain(|effect| matches!(effect, Effect::Remember(..)));
        effects
    };
    assert_eq!(remembered(&mut stage), [Effect::Remember(file, seen)]);
    stage.keys("k");
    assert_eq!(remembered(&mut stage), [], "written once");
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
    let effects = stage.take_effects();
    assert!(
        !effects.iter().any(Effect::changes_something)
            && !effects
                .iter()
                .any(|effect| matches!(effect, Effect::Remember(..))),
        "nothing is written: {effects:?}"
    );
    let mut stage = Stage::with(remembering(), 80, 24);
    stage.model.remembered.hint_seen = true;
    stage.hides("Welcome");
}

/// What was last written.
fn written(stage: &mut Stage) -> Option<Remembered> {
    let last = |effect| match effect {
        Effect::Remember(_, remembered) => Some(remembered),
        _ => None,
    };
    stage
        .take_effects()
        .into_iter()
        .filter_map(last)
        .next_back()
}

#[test]
fn the_divider_and_the_pane_are_remembered() {
    let mut stage = Stage::with(remembering(), 120, 40);
    stage.keys("j").take_effects();
    stage.tick(2);
    assert_eq!(written(&mut stage), None, "nothing that is as it was");
    stage.keys("{");
    let moved = written(&mut stage).unwrap().divider;
    assert!(moved.is_some());
    stage.keys("PI");
    let sorted = written(&mut stage).unwrap();
    assert_eq!(
        (sorted.sort.as_deref(), sorted.descending),
        (Some("cpu"), Some(false))
    );
    stage.keys("l");
    assert_eq!(written(&mut stage).unwrap().pane.as_deref(), Some("logs"));
    stage.keys("jjk");
    assert_eq!(written(&mut stage), None);
    // dragged: written once, when the button is let go
    stage.buffer();
    let divider = stage.model.regions().unwrap().divider;
    stage.send(Message::Input(Input::Click(
        divider.right() - 30,
        divider.y,
    )));
    for y in [divider.y - 1, divider.y - 2, divider.y - 3] {
        stage.send(Message::Input(Input::Drag(3, y)));
    }
    assert_eq!(written(&mut stage), None);
    stage.send(Message::Input(Input::Release));
    let last = written(&mut stage).unwrap();
    assert_ne!(last.divider, moved);
    let mut next = Stage::before_messages(remembering(), 120, 40);
    next.model.recall(last.clone());
    assert_eq!(next.model.frame.divider, last.divider);
    assert_eq!(next.model.frame.pane, Pane::Logs);
    let unknown = Remembered {
        pane: Some("nosuch".into()),
        ..Remembered::default()
    };
    next.model.recall(unknown);
    assert_eq!(next.model.frame.pane, Pane::Overview);
}
