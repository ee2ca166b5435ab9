//! The palette, the command line for what is done, copying it, and marks.

use minic_tui::tui::action::Action;
use minic_tui::tui::effect::{Call, Effect};
use minic_tui::tui::model::Overlay;

use crate::stage::Stage;

#[test]
fn a_few_letters_find_it_and_enter_does_it() {
    for (width, height) in [(60, 15), (80, 24), (120, 40)] {
        Stage::new(width, height)
            .keys(":")
            .golden(&format!("palette-{width}x{height}"));
    }
    let mut stage = Stage::new(80, 24);
    stage
        .select("web")
        .keys(":sto")
        .golden("palette-found-80x24");
    assert!(stage.record("web").state.status.is_alive());
    stage.keys("<Enter>");
    assert_eq!(stage.record("web").state.status.word(), "STOPPED");
    assert!(stage.model.overlay.is_none());
    stage.keys(":zzz").golden("palette-nothing-80x24");
    stage.keys("<Enter>");
    assert!(stage.model.overlay.is_none());
}

#[test]
fn every_action_that_is_not_a_motion_is_offered_somewhere() {
    let mut offered = Vec::new();
    for tab in ["1", "2", "3", "4", "5", "6", "7", "8", "9"] {
        let mut stage = Stage::new(80, 24);
        stage.keys(tab).keys(":");
        let Some(Overlay::Palette(palette)) = &stage.model.overlay else {
            panic!()
        };
        offered.extend(palette.found.clone());
    }
    for action in Action::ALL {
        let wanted = !action.is_motion() && *action != Action::Palette;
        // these mean something only while the past is looked at, or a shell typed into
        let past = matches!(
            action,
            Action::Later | Action::MuchLater | Action::Live | Action::LeaveShell
        );
        assert!(
            offered.contains(action) || !wanted || past,
            "{}",
            action.id()
        );
    }
}

#[test]
fn the_command_line_is_shown_and_copied() {
    let mut stage = Stage::new(80, 24);
    stage.select("web").keys(":stop");
    stage.shows("$ minic-tui stop -t 10 web");
    stage.keys("<Ctrl-Y>");
    assert_eq!(
        stage.take_effects().pop(),
        Some(Effect::Copy("minic-tui stop -t 10 web".into()))
    );
    stage.keys("<Esc>");
    let mut copied = |keys: &str| {
        stage.keys(keys).keys("y");
        match stage.take_effects().pop() {
            Some(Effect::Copy(text)) => text,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(copied("<F7>"), "minic-tui update --cpus 0.95 web");
    assert_eq!(copied("=<F8>"), "minic-tui update --memory 288M web");
    assert_eq!(copied("s"), "minic-tui stop -t 10 web");
    assert_eq!(copied("D"), "minic-tui destroy -f web");
    assert_eq!(
        copied("rsleep 9<Tab>nap<Enter>"),
        "minic-tui run -d --name nap -- sleep 9"
    );
    Stage::new(80, 24).keys("y").shows("nothing was done yet");
}

#[test]
fn verbs_go_to_all_that_are_marked() {
    let mut stage = Stage::new(80, 24);
    stage.select("web").keys("<Space><Space>");
    stage.select("migrate").keys("<Space>");
    stage.golden("marked-80x24");
    stage.take_effects();
    stage.keys("s");
    let stopped = stage
        .take_effects()
        .into_iter()
        .filter(|effect| matches!(effect, Effect::Call(_, Call::Stop(..))))
        .count();
    assert_eq!(stopped, 2, "the third is stopped already");
    stage.golden("marked-stopped-80x24");
    stage.keys("y");
    assert_eq!(
        stage.take_effects().pop(),
        Some(Effect::Copy("minic-tui stop -t 10 web cache".into()))
    );
    stage.keys("D");
    assert_eq!(stage.model.records.len(), 6);
    assert!(
        stage.model.list.marks.is_empty(),
        "what is gone is not marked"
    );
    stage.keys("uuu");
    assert_eq!(stage.model.records.len(), 9);
    let mut stage = Stage::new(80, 24);
    stage.select("web").keys("<Space><Space>U");
    assert!(stage.model.list.marks.is_empty());
}
