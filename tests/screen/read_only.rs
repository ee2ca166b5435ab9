//! A read-only screen: no key, palette entry or click changes anything, and each refusal is shown.

use minic_tui::manager::Engine;
use minic_tui::tui::Settings;
use minic_tui::tui::action::{Action, Kind};
use minic_tui::tui::effect::Effect;
use minic_tui::tui::message::{Input, Message};
use minic_tui::tui::model::{Overlay, Palette, Target};

use crate::stage::{Stage, places, settings};

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

/// Performs `action` through the palette, which also has actions without a key here.
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
            for place in places() {
                stage.keys(&place);
                choose(&mut stage, *action);
                // confirm whatever it opened
                stage.keys("<Enter><Enter>");
                (
                    stage.model.overlay,
                    stage.model.past,
                    stage.model.shells.typing,
                ) = (None, None, false);
                nothing_changed(&mut stage, &format!("{} on {place} of {name}", action.id()));
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
fn every_refusal_is_shown() {
    for action in Action::ALL
        .iter()
        .filter(|action| action.changes_something())
    {
        for place in places() {
            let mut stage = read_only();
            stage.select("web").keys(&place);
            choose(&mut stage, *action);
            stage.shows(&format!("{}: this screen is read-only", action.label()));
            assert!(stage.model.overlay.is_none(), "{}", action.id());
            nothing_changed(&mut stage, action.id());
        }
    }
}

/// View actions in a screen that allows changes: a wrong kind in the table would be a hole in every
/// read-only screen.
#[test]
fn view_actions_change_nothing() {
    let views = Action::ALL.iter().filter(|action| {
        // the palette performs the selected action
        action.kind() == Kind::View && **action != Action::Palette
    });
    for action in views {
        for name in ["web", "migrate"] {
            for place in places() {
                let mut stage = read_only();
                stage.model.settings.read_only = false;
                stage.select(name).keys(&place);
                stage.tick(1);
                stage.take_effects();
                stage.held = true;
                choose(&mut stage, *action);
                if stage.model.overlay.is_some() {
                    stage.keys("<Enter>");
                }
                nothing_changed(&mut stage, &format!("{} on {place} of {name}", action.id()));
            }
        }
    }
}

#[test]
fn changing_actions_are_grey_everywhere() {
    for place in places() {
        let mut stage = read_only();
        stage.select("web").keys(&place).tick(1);
        let bar = stage
            .model
            .settings
            .keymap
            .bar(stage.model.contexts()[0])
            .to_vec();
        for action in bar.iter().filter(|action| action.changes_something()) {
            greyed(&mut stage, &Target::Action(*action), action.id());
        }
        stage.keys(":");
        let Some(Overlay::Palette(palette)) = stage.model.overlay.clone() else {
            panic!()
        };
        for (at, action) in palette.found.iter().enumerate() {
            if !action.changes_something() {
                continue;
            }
            stage.model.overlay = Some(Overlay::Palette(Palette {
                row: at,
                ..palette.clone()
            }));
            greyed(&mut stage, &Target::Found(at), action.id());
            let row = stage.model.hits.find(&Target::Found(at)).unwrap();
            let line = stage.screen().lines().nth(row.y.into()).unwrap().to_owned();
            assert!(line.contains("this screen is read-only"), "{line}");
        }
    }
    let mut stage = read_only();
    stage.select("migrate").keys("i");
    greyed(&mut stage, &Target::Action(Action::Start), "on a card");
    read_only()
        .select("web")
        .keys("?")
        .golden("read-only-help-80x24");
}

#[track_caller]
fn greyed(stage: &mut Stage, target: &Target, what: &str) {
    let buffer = stage.buffer();
    let Some(place) = stage.model.hits.find(target) else {
        return; // there was no room for it
    };
    let off = stage.model.settings.theme.key_off.fg;
    let marker = stage.model.settings.theme.symbols.marker.to_string();
    for x in place.left()..place.right() {
        let cell = &buffer[(x, place.y)];
        let blank = [" ", &marker].contains(&cell.symbol());
        assert!(
            blank || Some(cell.fg) == off,
            "{what} is not grey: {cell:?}"
        );
    }
}

#[test]
fn host_files_are_not_written() {
    let mut stage = read_only();
    stage
        .select("web")
        .keys("x")
        .shows("Export: this screen is read-only");
    stage
        .keys("A")
        .shows("Save preset: this screen is read-only");
    stage.keys("<files>").tick(1);
    stage.keys("c").shows("Extract: this screen is read-only");
    nothing_changed(&mut stage, "files");
    assert!(
        stage.model.pending.is_empty(),
        "nobody waits for what was refused"
    );
}

#[test]
fn a_click_on_every_cell() {
    for place in places() {
        let mut stage = read_only();
        stage.select("web").keys(&place);
        stage.tick(1);
        stage.buffer();
        let hits = stage.model.hits.clone();
        for y in 0..24 {
            for x in 0..80 {
                stage.send(Message::Input(Input::Click(x, y)));
                stage.send(Message::Input(Input::Drag(x.saturating_sub(5), y)));
                stage.send(Message::Input(Input::Release));
                stage.model.overlay = None;
                stage.keys(&place);
            }
        }
        stage.model.hits = hits;
        nothing_changed(&mut stage, &place);
    }
}

#[test]
fn a_changed_config_file_keeps_it_read_only() {
    let mut stage = read_only();
    let now = stage.model.settings.clone();
    let mut changed = settings();
    changed.read_only = false;
    stage.send(Message::Settings(Ok(Box::new(changed.staying(&now)))));
    stage.select("web").take_effects();
    stage.keys("s").shows("Stop: this screen is read-only");
    nothing_changed(&mut stage, "stop");
}
