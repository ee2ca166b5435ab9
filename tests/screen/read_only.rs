//! A read-only screen: whatever is pressed, chosen or clicked, nothing changes, and it is said.

use minic_tui::manager::Engine;
use minic_tui::tui::Settings;
use minic_tui::tui::action::Action;
use minic_tui::tui::effect::Effect;
use minic_tui::tui::message::{Input, Message};
use minic_tui::tui::model::{Overlay, Palette, Tab};

use crate::stage::{Stage, settings};

fn read_only() -> Stage {
    let config_file = Some("/nowhere/config.toml".into());
    Stage::with(
        Settings {
            read_only: true,
            config_file,
            ..settings()
        },
        80,
        24,
    )
}

/// Has the palette do `action`: the way that knows every action, also those without a key here.
fn choose(stage: &mut Stage, action: Action) {
    stage.model.overlay = Some(Overlay::Palette(Palette {
        found: vec![action],
        ..Palette::default()
    }));
    stage.keys("<Enter>");
}

#[track_caller]
fn nothing_changed(stage: &mut Stage, what: &str) {
    let changing: Vec<Effect> = stage
        .take_effects()
        .into_iter()
        .filter(Effect::changes_something)
        .collect();
    assert_eq!(changing, [], "{what}");
}

#[test]
fn every_action_on_every_tab() {
    for action in Action::ALL
        .iter()
        .filter(|action| !action.is_motion() || **action == Action::Confirm)
    {
        let mut stage = read_only();
        let before = stage.demo.records().unwrap();
        for name in ["web", "migrate"] {
            stage.keys("1").select(name);
            for (tab, key) in Tab::ALL.into_iter().zip('1'..) {
                stage.keys(&key.to_string());
                choose(&mut stage, *action);
                // whatever it opened is answered with yes
                stage.keys("<Enter><Enter>");
                (
                    stage.model.overlay,
                    stage.model.past,
                    stage.model.shells.typing,
                ) = (None, None, false);
                nothing_changed(&mut stage, &format!("{} on {tab:?} of {name}", action.id()));
            }
        }
        let statuses = |records: &[minic_tui::record::Record]| {
            records
                .iter()
                .map(|record| record.state.status.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            statuses(&stage.demo.records().unwrap()),
            statuses(&before),
            "{}",
            action.id()
        );
    }
}

#[test]
fn every_refusal_is_seen() {
    for action in Action::ALL
        .iter()
        .filter(|action| action.changes_something())
    {
        let mut stage = read_only();
        stage.select("web");
        choose(&mut stage, *action);
        stage.shows("this screen is read-only");
        assert!(stage.model.overlay.is_none(), "{}", action.id());
    }
}

#[test]
fn files_of_the_host_are_not_written_either() {
    let mut stage = read_only();
    stage
        .select("web")
        .keys("x<Enter>")
        .shows("save: this screen is read-only");
    let mut stage = read_only();
    stage
        .select("web")
        .keys("A<Enter>")
        .shows("save-preset web: this screen is read-only");
    let mut stage = read_only();
    stage.select("web").keys("5").tick(1);
    stage.keys("e<Enter>").shows("this screen is read-only");
    nothing_changed(&mut stage, "extract");
    assert!(
        stage.model.pending.is_empty(),
        "nobody waits for what was refused"
    );
}

#[test]
fn a_click_on_every_cell() {
    for tab in Tab::ALL {
        let mut stage = read_only();
        stage.select("web");
        stage.model.tab = tab;
        stage.tick(1);
        stage.buffer();
        let hits = stage.model.hits.clone();
        for y in 0..24 {
            for x in 0..80 {
                stage.send(Message::Input(Input::Click(x, y)));
                stage.send(Message::Input(Input::Drag(x.saturating_sub(5), y)));
                stage.send(Message::Input(Input::Release));
                (stage.model.tab, stage.model.overlay) = (tab, None);
            }
        }
        stage.model.hits = hits;
        nothing_changed(&mut stage, &format!("{tab:?}"));
    }
}

#[test]
fn a_changed_config_file_makes_it_no_less_read_only() {
    let mut stage = read_only();
    let now = stage.model.settings.clone();
    let mut changed = settings();
    changed.read_only = false;
    stage.send(Message::Settings(Ok(Box::new(changed.staying(&now)))));
    stage.select("web").take_effects();
    stage.keys("s").shows("Stop: this screen is read-only");
    nothing_changed(&mut stage, "stop");
}
