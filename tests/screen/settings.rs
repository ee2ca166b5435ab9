//! The config file changes while the screen is open; themes.

use minic_tui::tui::Settings;
use minic_tui::tui::effect::Effect;
use minic_tui::tui::keymap::Keymap;
use minic_tui::tui::message::Message;
use minic_tui::tui::theme::{ColorDepth, Symbols, THEME_NAMES, Theme};

use crate::stage::{Stage, settings};

#[test]
fn a_changed_config_applies_at_once_and_an_invalid_one_is_ignored() {
    let mut stage = Stage::new(80, 24);
    let overrides = [(
        "containers".into(),
        [("stop".into(), vec!["x".into()])].into(),
    )]
    .into();
    let keymap = Keymap::embedded()
        .unwrap()
        .with_overrides(&overrides)
        .unwrap();
    stage.send(Message::Settings(Ok(Box::new(Settings {
        keymap,
        ..settings()
    }))));
    stage.golden("reloaded-80x24");
    stage.send(Message::Settings(Err(
        "/etc/minic/config.toml:3:8: tick: soon is not a time".into(),
    )));
    stage.golden("reload-wrong-80x24");
    stage.take_effects();
    stage.select("web").keys("x");
    assert!(
        stage
            .take_effects()
            .iter()
            .any(|effect| matches!(effect, Effect::Call(..))),
        "the new key still holds"
    );
}

#[test]
fn every_theme_shows_the_same_words() {
    let shown = |name: &str, depth| {
        let theme = Theme::named(name, depth, Symbols::UNICODE).unwrap();
        Stage::with(
            Settings {
                theme,
                ..settings()
            },
            80,
            24,
        )
        .screen()
    };
    let first = shown("dark", ColorDepth::True);
    for name in THEME_NAMES {
        for depth in [ColorDepth::True, ColorDepth::Indexed, ColorDepth::Sixteen] {
            assert_eq!(shown(name, depth), first, "{name} {depth:?}");
        }
    }
}

#[test]
fn ascii_mode_is_pure_ascii_in_every_overlay() {
    for keys in [
        "",
        "?",
        ":",
        "r",
        "<F6>",
        "/x",
        "i",
        "w",
        "<Left>",
        "<processes>",
        "<logs>",
        "<F7>",
    ] {
        let mut stage = Stage::with(crate::stage::ascii(), 80, 24);
        stage.tick(5);
        stage.keys(keys);
        let strange: String = stage.screen().chars().filter(|c| !c.is_ascii()).collect();
        assert_eq!(strange, "", "{keys}");
    }
}
