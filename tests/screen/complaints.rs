//! Common complaints about other screens that no other file tests; `README.md` lists the test of
//! each complaint.

use minic_tui::manager::Sampling;
use minic_tui::spec::{ContainerId, ContainerName};
use minic_tui::stats::HostSample;
use minic_tui::stats::Snapshot;
use minic_tui::tui::action::Action;
use minic_tui::tui::effect::{Call, Effect, ShellCall};
use minic_tui::tui::keymap::{Chord, Key};
use minic_tui::tui::message::{Input, Message};
use minic_tui::tui::model::Target;

use crate::stage::{Stage, places, settings};

/// Every key that could be pressed by accident.
fn chords() -> Vec<Chord> {
    let letters = ('!'..='~').map(Key::Char);
    let held = ('a'..='z').map(|c| Chord {
        ctrl: true,
        ..Key::Char(c).into()
    });
    let named = [
        Key::Enter,
        Key::Esc,
        Key::Tab,
        Key::Backspace,
        Key::Delete,
        Key::Insert,
        Key::Home,
        Key::End,
        Key::PageUp,
        Key::PageDown,
    ];
    let functions = (1..=12).map(Key::F);
    letters
        .chain(named)
        .chain(functions)
        .map(Chord::from)
        .chain(held)
        .collect()
}

/// Whether the effect cannot be undone.
fn is_final(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::Call(
            _,
            Call::Destroy(_)
                | Call::Kill(..)
                | Call::Signal(..)
                | Call::Revert(..)
                | Call::Write(..)
        )
    )
}

#[test]
fn no_single_key_destroys_anything_irreversibly() {
    for name in ["web", "migrate"] {
        for place in places() {
            let mut stage = Stage::new(80, 24);
            for chord in chords() {
                stage
                    .made_passing(name)
                    .keys("1")
                    .select(name)
                    .keys(&place)
                    .take_effects();
                stage.send(Message::Input(Input::Key(chord)));
                (
                    stage.model.overlay,
                    stage.model.past,
                    stage.model.shells.typing,
                ) = (None, None, false);
                let ended = stage.take_effects().into_iter().find(is_final);
                assert_eq!(ended, None, "{chord} on {place} of {name}");
            }
            if (name, place.as_str()) == ("migrate", "<files>") {
                assert!(
                    !stage.model.looks.files.list().is_empty(),
                    "there was something to lose"
                );
            }
        }
    }
}

#[test]
fn stop_is_not_offered_for_stopped_containers() {
    let mut stage = Stage::new(120, 40);
    let off = stage.model.settings.theme.key_off;
    let shown_off = |stage: &mut Stage, action| {
        let buffer = stage.buffer();
        let place = stage.model.hits.find(&Target::Action(action)).unwrap();
        buffer[(place.x, place.y)].style().fg == off.fg
    };
    stage.select("migrate");
    assert!(shown_off(&mut stage, Action::Stop) && !shown_off(&mut stage, Action::Start));
    stage.select("web");
    assert!(!shown_off(&mut stage, Action::Stop) && shown_off(&mut stage, Action::Start));
}

#[test]
fn the_full_name_is_on_the_screen() {
    let long = "a-name-as-long-as-a-name-can-be-and-that-is-sixty-four-letters-x";
    assert_eq!(long.len(), 64);
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let mut stage = Stage::new(width, height);
        let mut records = stage.model.records.clone();
        records[0].spec.name = ContainerName::new(long).unwrap();
        stage.held = true;
        stage.send(Message::Records(900, Ok(records)));
        stage.select(long).shows(long);
    }
}

#[test]
fn an_unknown_figure_is_not_shown_as_zero() {
    let mut stage = Stage::before_messages(settings(), 120, 40);
    let records = minic_tui::manager::Engine::records(&stage.demo);
    stage.send(Message::Records(1, records));
    stage.select("web").hides("0.0%");
    // memory is known after one sample; CPU use needs two
    let mut sampler = minic_tui::manager::Engine::sampler(&stage.demo).unwrap();
    let snapshot = Sampling::sample(&mut *sampler);
    stage.send(Message::Sampled(Box::new(snapshot)));
    stage.hides("0.0%");
}

#[test]
fn a_huge_host_with_a_thousand_containers() {
    for (width, height) in [(60, 15), (80, 24), (120, 40), (300, 100)] {
        let mut stage = Stage::new(width, height);
        let web = stage.record("web");
        let made = (0..1_000_u32).map(|n| {
            let mut record = web.clone();
            record.spec.id = ContainerId::new(format!("{n:012x}")).unwrap();
            record.spec.name = ContainerName::new(format!("c{n:04}")).unwrap();
            record
        });
        stage.held = true;
        stage.send(Message::Records(900, Ok(made.collect())));
        let host = HostSample {
            cores: vec![0.5; 512],
            memory_total: 12 << 40,
            memory_used: 5 << 40,
            load: [511.5; 3],
            ..HostSample::default()
        };
        stage.send(Message::Sampled(Box::new(Snapshot {
            host,
            ..Snapshot::default()
        })));
        let rows = stage.model.regions().unwrap().table_rows();
        assert!(
            rows >= 4,
            "{rows} rows are left for the containers at {width}x{height}"
        );
        stage.keys("<Home>").shows("c0000");
        stage.keys("G").shows("c0999");
        stage.shows("12.0T");
    }
}

#[test]
fn a_growing_log_does_not_move_the_view() {
    let mut stage = Stage::new(80, 24);
    stage.select("web").keys("lz<PageUp>");
    let body = |stage: &mut Stage| {
        stage
            .screen()
            .lines()
            .skip(7)
            .take(10)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let before = body(&mut stage);
    let web = stage.record("web").spec.id;
    let line = |n: u32| {
        minic_tui::tui::model::LogLine::plain(stage.model.now, false, format!("late line {n}"))
    };
    let lines = (0..200).map(line).collect();
    stage.log_came(web, lines);
    assert_eq!(body(&mut stage), before);
}

#[test]
fn a_shell_outlives_its_tab_and_the_selection() {
    let mut stage = Stage::new(80, 24);
    stage.select("web").keys("<shell><Enter>").take_effects();
    stage
        .keys("<Ctrl-]><Esc>")
        .select("db")
        .keys("<processes><logs><files>")
        .tick(3);
    assert_eq!(stage.model.shells.running(), 1);
    assert!(
        !stage
            .take_effects()
            .iter()
            .any(|effect| matches!(effect, Effect::Shell(_, ShellCall::Close)))
    );
}
