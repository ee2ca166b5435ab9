//! The palette, the command line of an action, copying it, and marks.

use minic_tui::tui::action::Action;
use minic_tui::tui::effect::{Call, Effect};
use minic_tui::tui::keymap::{Context, Keymap};
use minic_tui::tui::model::{Overlay, Palette, Tab};

use crate::stage::Stage;

#[test]
fn a_few_letters_find_an_action_and_enter_performs_it() {
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
fn every_action_is_listed_and_unavailable_ones_say_why() {
    for (tab, key) in Tab::ALL.into_iter().zip('1'..) {
        let mut stage = Stage::new(120, 40);
        stage.select("web").keys(&key.to_string()).tick(1);
        stage.keys(":");
        let Some(Overlay::Palette(palette)) = stage.model.overlay.clone() else {
            panic!()
        };
        for action in Action::ALL {
            let wanted = !action.is_motion() && *action != Action::Palette;
            assert_eq!(palette.found.contains(action), wanted, "{}", action.id());
        }
        for (at, action) in palette.found.iter().enumerate() {
            let elsewhere = !action.contexts().contains(&Context::Global)
                && !action.contexts().contains(&tab.context());
            let refusal = stage.model.refusal_by_name(*action);
            if elsewhere {
                let reason = refusal.as_deref().unwrap_or_default();
                assert!(reason.starts_with("only "), "{}: {reason}", action.id());
            }
            if let Some(reason) = refusal {
                stage.model.overlay = Some(Overlay::Palette(Palette {
                    row: at,
                    ..palette.clone()
                }));
                let beginning: String = reason.chars().take(45).collect();
                stage.shows(&beginning);
            }
        }
    }
}

#[test]
fn an_unavailable_action_says_why_and_does_nothing() {
    let mut stage = Stage::new(80, 24);
    stage
        .select("migrate")
        .keys(":sto")
        .golden("palette-off-80x24");
    stage.take_effects();
    stage
        .keys("<Enter>")
        .shows("Stop: migrate is STOPPED: there is nothing to stop");
    assert!(stage.take_effects().is_empty(), "nor what matches less");
    stage
        .keys(":wrap<Enter>")
        .shows("Wrap: only in the Logs pane");
    stage
        .keys(":live<Enter>")
        .shows("Live: only while looking back");
    stage.keys(":unmark<Enter>").shows("no container is marked");
}

#[test]
fn every_key_of_an_action_is_in_one_of_its_contexts() {
    let keymap = Keymap::embedded().unwrap();
    for context in Context::ALL {
        for (action, _) in keymap.listed(*context) {
            let known = action.is_motion()
                || action.contexts().contains(&Context::Global)
                || action.contexts().contains(context);
            // available in every context; and on every tab, but without effect until looking back
            let exempt = *context == Context::Everywhere
                || (*context == Context::Global && action == Action::Later);
            assert!(known || exempt, "{} in [{}]", action.id(), context.id());
        }
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
fn verbs_apply_to_all_marked_containers() {
    let mut stage = Stage::new(80, 24);
    stage.select("web").keys("<Space><Space>");
    stage.select("migrate").keys("<Space>");
    stage.golden("marked-80x24");
    stage.keys("s").take_effects();
    stage.keys("y");
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
    stage.keys("Dy");
    assert_eq!(stage.model.records.len(), 6);
    assert!(
        stage.model.list.marks.is_empty(),
        "what is gone is not marked"
    );
    stage.keys("u");
    assert_eq!(stage.model.records.len(), 9);
    let mut stage = Stage::new(80, 24);
    stage.select("web").keys("<Space><Space>U");
    assert!(stage.model.list.marks.is_empty());
}

#[test]
fn a_command_line_without_room_keeps_its_verb() {
    let mut stage = Stage::new(80, 24);
    let folder = format!("/tmp/{}", "deep/".repeat(20));
    let program = ["minic-tui", "--state", &folder].map(str::to_owned);
    stage.model.settings.program = program.to_vec();
    stage.select("web").keys(":stop");
    stage.shows("$ minic-tui … stop -t");
    stage.take_effects();
    stage.keys("<Ctrl-Y>");
    let effects = stage.take_effects();
    assert!(
        matches!(effects.as_slice(), [Effect::Copy(line)] if line.contains(&folder)),
        "{effects:?}"
    );
}
