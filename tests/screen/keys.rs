//! The keymap: the default is consistent, and the config file overrides it.

use std::collections::{BTreeMap, HashMap};

use minic_tui::tui::Settings;
use minic_tui::tui::action::Action;
use minic_tui::tui::keymap::{Bindings, Chord, Context, Keymap};

use crate::stage::{Stage, settings};

fn overrides(context: &str, action: &str, keys: &[&str]) -> Bindings {
    let keys = keys.iter().map(|key| (*key).to_owned()).collect();
    BTreeMap::from([(
        context.to_owned(),
        BTreeMap::from([(action.to_owned(), keys)]),
    )])
}

#[test]
fn every_key_does_one_thing_in_a_context_and_no_tab_hides_a_key_of_all_tabs() {
    let keymap = Keymap::embedded().unwrap();
    let keys = |context: Context| -> HashMap<Chord, Action> {
        let mut seen = HashMap::new();
        for (action, chords) in keymap.listed(context) {
            for chord in chords {
                let before = seen.insert(*chord, action);
                assert_eq!(before, None, "{chord} in [{}]", context.id());
            }
        }
        seen
    };
    for context in Context::ALL {
        keys(*context);
    }
    let global = keys(Context::Global);
    for tab in [Context::Containers, Context::Logs, Context::Presets] {
        for chord in keys(tab).keys() {
            assert!(
                !global.contains_key(chord),
                "{chord} in [{}] hides a key of every tab",
                tab.id()
            );
        }
    }
}

#[test]
fn every_action_has_a_key_somewhere() {
    let keymap = Keymap::embedded().unwrap();
    for action in Action::ALL {
        let bound = Context::ALL
            .iter()
            .any(|context| !keymap.keys_of(*context, *action).is_empty());
        assert!(bound, "{} has no key", action.id());
    }
}

#[test]
fn the_bottom_line_shows_only_what_has_a_key_there() {
    let keymap = Keymap::embedded().unwrap();
    for context in Context::ALL {
        for action in keymap.bar(*context) {
            // what the list has, a pane has too; a place is always in a form
            let contexts = [
                *context,
                Context::Containers,
                Context::Global,
                Context::Form,
                Context::Edit,
            ];
            assert!(
                keymap.shown_key(&contexts, *action).is_some(),
                "{} in [{}]",
                action.id(),
                context.id()
            );
        }
    }
}

#[test]
fn help_lists_every_binding() {
    let mut stage = Stage::new(200, 60);
    // wherever it is opened
    for keys in ["", "<Alt-p>", "4", "5"] {
        stage.keys(keys).keys("?");
        let mut shown = String::new();
        for _ in 0..8 {
            shown.push_str(&stage.screen());
            stage.keys("<PageDown>");
        }
        stage.keys("<Esc>");
        let keymap = Keymap::embedded().unwrap();
        for context in Context::ALL {
            for (action, chords) in keymap.listed(*context) {
                let keys: Vec<_> = chords.iter().map(ToString::to_string).collect();
                let keys = keys.join(" ");
                let found = shown.lines().any(|line| {
                    // two columns: keys, then what they do
                    let at = line.find(action.help());
                    let before = at.map(|at| &line[..at]).unwrap_or_default();
                    format!("{before} ").contains(&format!(" {keys} "))
                });
                assert!(found, "{} in [{}]: {keys}", action.id(), context.id());
            }
        }
    }
}

#[test]
fn a_rebound_key_works_and_is_shown_everywhere() {
    let keymap = Keymap::embedded()
        .unwrap()
        .with_overrides(&overrides("containers", "stop", &["x"]))
        .unwrap();
    let mut stage = Stage::with(
        Settings {
            keymap,
            ..settings()
        },
        80,
        24,
    );
    stage.shows("x Stop");
    stage.select("web").keys("s");
    assert!(
        stage.model.pending.is_empty() && stage.record("web").state.status.is_alive(),
        "the old key does nothing"
    );
    stage.keys("x");
    assert!(!stage.record("web").state.status.is_alive());
    stage.keys("?");
    stage.shows("   x                      ask it to end");
}

#[test]
fn a_key_taken_from_another_action_is_gone_there() {
    let keymap = Keymap::embedded()
        .unwrap()
        .with_overrides(&overrides("containers", "start", &["s"]))
        .unwrap();
    assert_eq!(keymap.keys_of(Context::Containers, Action::Stop), []);
    let contexts = [Context::Containers, Context::Global];
    assert_eq!(
        keymap.action(&contexts, "s".parse().unwrap()),
        Some(Action::Start)
    );
    let without = Keymap::embedded()
        .unwrap()
        .with_overrides(&overrides("containers", "destroy", &[]))
        .unwrap();
    assert_eq!(without.action(&contexts, "D".parse().unwrap()), None);
}

#[test]
fn errors_name_the_key_and_the_valid_choices() {
    let wrong = |context: &str, action: &str, keys: &[&str]| {
        let keymap = Keymap::embedded().unwrap();
        keymap
            .with_overrides(&overrides(context, action, keys))
            .unwrap_err()
            .to_string()
    };
    assert!(
        wrong("table", "stop", &["x"])
            .contains("[table] is not a context; use containers, images, networks, presets")
    );
    assert!(
        wrong("containers", "stpo", &["x"])
            .contains("\"stpo\" is not an action; use one of run, start, stop")
    );
    assert!(
        wrong("containers", "stop", &["F13"])
            .contains("[containers] stop: \"F13\" is not a key; use one character")
    );
    assert!(wrong("containers", "stop", &["x", "x"]).contains("x is given to both stop and stop"));
    assert!(wrong("global", "quit", &[]).contains("quit has no key"));
    assert!(
        Keymap::from_toml("[global]\nquit = \"q\"")
            .unwrap_err()
            .to_string()
            .contains("[global]")
    );
}
