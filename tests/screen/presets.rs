//! The Presets tab.

use minic_tui::tui::effect::{Call, Effect, EffectId, Outcome};
use minic_tui::tui::message::Message;

use crate::stage::{Stage, settings};

#[test]
fn the_presets_at_every_size() {
    for (width, height) in [(60, 15), (80, 24), (120, 40)] {
        Stage::new(width, height)
            .keys("4j")
            .golden(&format!("presets-{width}x{height}"));
    }
    Stage::new(80, 24)
        .keys("4G")
        .golden("presets-profile-80x24");
}

#[test]
fn enter_opens_the_form_with_it_and_enter_launches() {
    let mut stage = Stage::new(80, 24);
    stage.keys("4j<Enter>").golden("presets-form-80x24");
    stage.take_effects();
    stage.keys("<Tab>mine<Enter>");
    let effects = stage.take_effects();
    let Some(Effect::Call(_, Call::Launch(created))) = effects.first() else {
        panic!("{effects:?}")
    };
    assert_eq!(
        (created.preset.as_deref(), created.name.as_deref()),
        (Some("cpu-quarter"), Some("mine"))
    );
    assert_eq!(stage.selected(), "mine");
    stage.tick(4);
    stage.golden("presets-launched-80x24");
}

#[test]
fn moving_stays_within_the_list() {
    let mut stage = Stage::new(80, 24);
    stage.keys("4k");
    assert_eq!(stage.model.preset, 0);
    stage.keys("jjjjjjjjjjjj<PageDown>");
    assert_eq!(stage.model.preset, settings().presets.len() - 1);
}

#[test]
fn none() {
    let mut stage = Stage::with(
        minic_tui::tui::Settings {
            presets: Vec::new(),
            ..settings()
        },
        80,
        24,
    );
    stage.keys("4j").golden("presets-none-80x24");
    stage.keys("<Enter><Up><Right>");
    stage.shows("◂ none ▸");
}

fn with_file() -> Stage {
    let mut stage = Stage::with(
        minic_tui::tui::Settings {
            config_file: Some("/etc/minic/config.toml".into()),
            ..settings()
        },
        120,
        40,
    );
    stage.held = true;
    stage.keys("4j");
    stage
}

fn call(stage: &mut Stage) -> Option<Call> {
    stage
        .take_effects()
        .into_iter()
        .find_map(|effect| match effect {
            Effect::Call(_, call) => Some(call),
            _ => None,
        })
}

#[test]
fn the_form_of_a_preset_at_every_size() {
    for (width, height) in [(60, 15), (80, 24), (120, 40), (200, 60)] {
        Stage::new(width, height)
            .keys("4je")
            .golden(&format!("presets-edit-{width}x{height}"));
    }
    Stage::new(80, 24).keys("4n").golden("presets-new-80x24");
    Stage::new(80, 24)
        .keys("4jD")
        .golden("presets-delete-80x24");
}

#[test]
fn a_preset_is_changed_by_its_name() {
    let mut stage = with_file();
    stage.keys("e<Ctrl-U>64M<Enter>");
    let Some(Call::ChangePreset(file, old, name, preset)) = call(&mut stage) else {
        panic!("no change")
    };
    assert_eq!(
        (file.to_str(), old.as_str(), name.as_str()),
        (Some("/etc/minic/config.toml"), "cpu-quarter", "cpu-quarter")
    );
    let before = settings()
        .presets
        .into_iter()
        .find(|(name, _)| name == "cpu-quarter")
        .unwrap()
        .1;
    assert_eq!(
        *preset,
        minic_tui::spec::Preset {
            memory: Some("64M".into()),
            ..before
        },
        "nothing else changes"
    );
    stage.keys("<Enter>x");
    assert!(
        call(&mut stage).is_none(),
        "one write at a time, and no typing meanwhile"
    );
    stage.golden("presets-saving-120x40");
}

#[test]
fn a_preset_just_saved_is_used_for_the_next_launch() {
    let mut stage = with_file();
    stage.keys("e<Ctrl-U>64M<Enter>");
    let Some(Call::ChangePreset(file, ..)) = call(&mut stage) else {
        panic!("no change")
    };
    let id = EffectId(stage.model.last_effect);
    stage.send(Message::EffectDone(id, Ok(Outcome::Written(file))));
    // the file has not been reloaded yet
    stage.keys("<Enter>");
    stage.shows("Memory   64M");
    stage.shows("--preset cpu-quarter");
    stage.hides("--memory");
}

#[test]
fn errors_are_shown_beside_their_fields() {
    for (name, keys) in [
        ("memory", "e<Ctrl-U>lots<Enter>"),
        ("name", "c<Ctrl-U>a b<Enter>"),
        ("taken", "c<Ctrl-U>cpu-quarter<Enter>"),
        ("command", "e<Shift-Tab><Ctrl-U>sh 'x<Enter>"),
    ] {
        for (width, height) in [(80, 24), (120, 40)] {
            let mut stage = with_file();
            stage.resize(width, height);
            stage
                .keys(keys)
                .golden(&format!("presets-bad-{name}-{width}x{height}"));
            assert!(call(&mut stage).is_none());
        }
    }
}

#[test]
fn presets_are_copied_created_and_deleted() {
    let mut stage = with_file();
    stage.keys("c<Enter>");
    let Some(Call::SavePreset(_, name, preset)) = call(&mut stage) else {
        panic!("not saved")
    };
    assert_eq!(name, "cpu-quarter-copy");
    assert!(preset.command.is_some());
    let mut stage = with_file();
    stage.keys("nfresh<Tab>for tests<Tab>sleep 9<Enter>");
    let Some(Call::SavePreset(_, name, preset)) = call(&mut stage) else {
        panic!("not saved")
    };
    assert_eq!(
        (name.as_str(), preset.description.as_deref()),
        ("fresh", Some("for tests"))
    );
    assert_eq!(preset.command, Some(vec!["sleep".into(), "9".into()]));
    let mut stage = with_file();
    stage.keys("Dn");
    assert!(call(&mut stage).is_none(), "asked, and answered no");
    stage.keys("Dy");
    assert!(matches!(call(&mut stage), Some(Call::DeletePreset(_, name)) if name == "cpu-quarter"));
}

#[test]
fn presets_are_compared_with_each_other_and_with_a_container() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        Stage::new(width, height)
            .keys("4j<Space>j")
            .golden(&format!("presets-compared-{width}x{height}"));
        Stage::new(width, height)
            .keys("4jC")
            .golden(&format!("presets-container-{width}x{height}"));
    }
    let mut stage = Stage::new(120, 40);
    stage.keys("4j<Space>j").shows("≠");
    stage.keys("k<Space>");
    assert_eq!(stage.model.compared, None);
}
