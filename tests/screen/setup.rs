//! The setup: what is chosen shows at once, Esc brings back what was there, Enter saves what changed.

use std::path::PathBuf;
use std::time::Duration;

use minic_tui::config::{Column, Meter};
use minic_tui::tui::Settings;
use minic_tui::tui::action::Action;
use minic_tui::tui::effect::{Call, Effect};
use minic_tui::tui::keymap::Context;
use minic_tui::tui::message::{Input, Message};
use minic_tui::tui::model::{SetupSection, Target};

use crate::stage::{Stage, settings};

fn with_file() -> Stage {
    let mut stage = Stage::with(
        Settings {
            config_file: Some(PathBuf::from("/etc/minic/config.toml")),
            ..settings()
        },
        120,
        40,
    );
    stage.held = true;
    stage.take_effects();
    stage
}

/// What Enter wants to have saved.
fn saved(stage: &mut Stage) -> Option<minic_tui::config::ScreenChanges> {
    stage.keys("<Enter>");
    stage
        .take_effects()
        .into_iter()
        .find_map(|effect| match effect {
            Effect::Call(_, Call::SaveScreen(_, changes)) => Some(*changes),
            _ => None,
        })
}

#[test]
fn every_section_at_every_size() {
    for (width, height) in [(40, 10), (80, 24), (120, 40)] {
        let mut stage = Stage::new(width, height);
        stage.keys("<F2>");
        for section in SetupSection::ALL {
            let name = section.title().to_lowercase();
            stage.golden(&format!("setup-{name}-{width}x{height}"));
            stage.keys("<Tab>");
        }
    }
    let mut stage = Stage::with(crate::stage::ascii(), 80, 24);
    stage.keys("<F2>");
    assert!(stage.screen().is_ascii());
}

#[test]
fn columns_are_switched_and_moved_and_show_at_once() {
    let mut stage = with_file();
    assert!(!stage.screen().contains("LABELS"));
    // state, then name, cpu, cpu-history, memory, …
    stage.keys("<F2> jj++");
    let screen = stage.screen();
    let heading = screen.lines().find(|line| line.contains(" NAME")).unwrap();
    assert!(!heading.contains("STATE"), "{screen}");
    let at = |word: &str| heading.find(word).unwrap();
    assert!(
        at("LAST") < at("MEMORY") && at("MEMORY") < at("CPU "),
        "{screen}"
    );
    stage
        .keys("<Home>j ")
        .shows("a row without its name says nothing");
    let changes = saved(&mut stage).unwrap();
    let columns = changes.columns.unwrap();
    assert_eq!(
        columns[..4],
        [
            Column::Name,
            Column::CpuHistory,
            Column::Memory,
            Column::Cpu
        ]
    );
    assert!(!columns.contains(&Column::State));
    assert_eq!(
        (
            changes.meters,
            changes.theme,
            changes.tick,
            changes.keys.len()
        ),
        (None, None, None, 0),
        "nothing else is written"
    );
}

#[test]
fn esc_leaves_everything_as_it_was() {
    let mut stage = with_file();
    let before = stage.model.settings.clone();
    let screen = stage.screen();
    stage.keys("<F2> +<Tab> <Tab>jj<Tab>j<Tab> <F3>");
    assert!(stage.model.settings != before);
    stage.keys("<Esc>");
    assert!(stage.model.settings == before);
    assert_eq!(stage.screen(), screen);
    assert!(stage.take_effects().is_empty());
}

#[test]
fn themes_and_ticks_are_chosen_by_moving() {
    let mut stage = with_file();
    stage.keys("<F2><Tab><Tab>j");
    assert_eq!(stage.model.settings.theme.name, "light");
    stage.keys("<Tab>");
    stage.shows("(x) 1s");
    stage.keys("k");
    let changes = saved(&mut stage).unwrap();
    assert_eq!(changes.theme.as_deref(), Some("light"));
    assert_eq!(changes.tick, Some(Duration::from_millis(500)));
    assert_eq!(changes.columns, None);
}

#[test]
fn meters_are_switched_off_and_on() {
    let mut stage = with_file();
    stage.keys("<F2><Tab> ");
    assert!(!stage.model.settings.meters.contains(&Meter::Cores));
    let meters = saved(&mut stage).unwrap().meters.unwrap();
    assert_eq!(meters, Meter::ALL[1..]);
}

/// Chooses `action` of the containers among the keys.
fn choose(stage: &mut Stage, action: Action) {
    stage.keys("<F2><Shift-Tab>");
    let minic_tui::tui::model::Overlay::Setup(setup) = stage.model.overlay.as_ref().unwrap() else {
        panic!("no setup");
    };
    let row = setup
        .keys
        .iter()
        .position(|row| *row == (Context::Containers, action));
    stage.keys(&"j".repeat(row.unwrap()));
}

#[test]
fn a_key_is_given_by_pressing_it() {
    let mut stage = with_file();
    choose(&mut stage, Action::Fold);
    stage.keys(" ").shows("press a key");
    stage.keys("<F3>");
    let keymap = &stage.model.settings.keymap;
    let keys = keymap.keys_of(Context::Containers, Action::Fold);
    assert_eq!(keys, ["F3".parse().unwrap()]);
    let changes = saved(&mut stage).unwrap();
    assert_eq!(
        changes.keys,
        [(
            "containers".to_owned(),
            [("fold".to_owned(), vec!["F3".to_owned()])].into()
        )]
        .into()
    );
}

#[test]
fn a_key_that_another_action_has_is_told_and_taken_on_the_second_press() {
    let mut stage = with_file();
    choose(&mut stage, Action::Fold);
    stage
        .keys(" v")
        .shows("v is \"Tiles\" here: press it again");
    let tiles = |stage: &Stage| {
        let keymap = &stage.model.settings.keymap;
        keymap.keys_of(Context::Containers, Action::Tiles).len()
    };
    assert_eq!(tiles(&stage), 1, "not yet");
    stage.keys("v");
    assert_eq!(tiles(&stage), 0);
    let changes = saved(&mut stage).unwrap();
    let containers = &changes.keys["containers"];
    assert_eq!(containers["fold"], ["v"]);
    assert!(
        containers["tiles"].is_empty(),
        "else the file could give it to both"
    );
}

#[test]
fn esc_while_a_key_is_asked_for_leaves_only_that() {
    let mut stage = with_file();
    choose(&mut stage, Action::Fold);
    stage.keys(" <Esc>").hides("press a key");
    assert!(stage.model.overlay.is_some());
}

#[test]
fn the_last_key_that_quits_stays() {
    let mut stage = with_file();
    stage.keys("<F2><Shift-Tab>");
    let minic_tui::tui::model::Overlay::Setup(setup) = stage.model.overlay.as_ref().unwrap() else {
        panic!("no setup");
    };
    let quit = (Context::Global, Action::Quit);
    let row = setup.keys.iter().position(|row| *row == quit).unwrap();
    stage.keys(&"j".repeat(row)).keys("<Delete>");
    stage.shows("quit has no key; give it one");
    let keymap = &stage.model.settings.keymap;
    assert!(!keymap.keys_of(Context::Global, Action::Quit).is_empty());
}

#[test]
fn a_read_only_screen_saves_nothing_and_keeps_it_while_it_is_open() {
    let mut stage = with_file();
    stage.model.settings.read_only = true;
    stage.keys("<F2> <Shift-Tab><Shift-Tab>k");
    assert_eq!(saved(&mut stage), None);
    stage.shows("Setup: kept until this screen is left, not saved");
    assert!(!stage.model.settings.columns.contains(&Column::State));
    assert_eq!(stage.model.settings.tick, Duration::from_secs(1));
}

#[test]
fn nothing_changed_writes_nothing() {
    let mut stage = with_file();
    stage.keys("<F2>");
    assert_eq!(saved(&mut stage), None);
    assert!(stage.model.overlay.is_none());
}

#[test]
fn clicks_choose_sections_and_rows() {
    let mut stage = with_file();
    stage.keys("<F2>").buffer();
    let find = |stage: &Stage, target| stage.model.hits.find(&target).unwrap();
    let line = find(&stage, Target::Line(0));
    stage.send(Message::Input(Input::Click(line.x + 3, line.y)));
    assert!(!stage.model.settings.columns.contains(&Column::State));
    stage.buffer();
    let tab = find(&stage, Target::Setup(SetupSection::Theme));
    stage.send(Message::Input(Input::Click(tab.x + 1, tab.y)));
    stage.buffer();
    let line = find(&stage, Target::Line(1));
    stage.send(Message::Input(Input::Click(line.x + 3, line.y)));
    assert_eq!(stage.model.settings.theme.name, "light");
}

#[test]
fn a_column_without_room_says_so() {
    let mut stage = Stage::new(120, 40);
    stage.keys("<F2>");
    stage.shows("[x] ports        no room at 120 columns");
    stage.shows("[x] name         its name");
}
