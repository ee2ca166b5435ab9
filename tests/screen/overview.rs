//! The Overview: its parts at every size, what it looks at and when, hostile text.

use minic_tui::inspect::ProcessInfo;
use minic_tui::tui::effect::{Effect, Look, Seen};
use minic_tui::tui::message::Message;
use minic_tui::tui::model::LogLine;

use crate::stage::Stage;

/// The containers looked at since the effects were last taken.
fn looked_at(stage: &mut Stage) -> Vec<String> {
    let effects = stage.take_effects();
    let name = |effect: &Effect| match effect {
        Effect::Look(Look::Overview { id, .. }) => {
            let record = stage.model.record(id).unwrap();
            Some(record.spec.name.to_string())
        }
        _ => None,
    };
    effects.iter().filter_map(name).collect()
}

#[test]
fn its_parts_at_every_size() {
    let sizes = [
        (80, 24),
        (100, 30),
        (120, 40),
        (160, 50),
        (200, 60),
        (300, 100),
    ];
    for (width, height) in sizes {
        for name in ["db", "memory-hog"] {
            let mut stage = Stage::new(width, height);
            stage.tick(60);
            stage.select(name).tick(2);
            stage.golden(&format!("overview-{name}-{width}x{height}"));
        }
    }
}

#[test]
fn a_held_key_leaves_one_look_and_the_last_one_is_answered() {
    let mut stage = Stage::new(120, 40);
    stage.select("web").take_effects();
    stage.held = true;
    stage.keys("jjjj").tick(3);
    assert_eq!(looked_at(&mut stage), ["cache"], "one look under way");
    let cache = stage.record("cache").spec.id;
    let answer = Seen::Overview {
        id: cache,
        log: Ok(vec![LogLine::plain(stage.model.now, false, "of the cache")]),
        processes: None,
    };
    stage.send(Message::Seen(Box::new(answer)));
    assert_eq!(stage.selected(), "cpu-quarter");
    assert_eq!(looked_at(&mut stage), ["cpu-quarter"]);
    stage.hides("of the cache");
}

#[test]
fn what_ended_is_looked_at_once_and_again_when_it_runs() {
    let mut stage = Stage::new(120, 40);
    stage.select("nightly").tick(1);
    stage.take_effects();
    stage.tick(5);
    assert_eq!(looked_at(&mut stage), [""; 0]);
    stage.keys("S").tick(2);
    assert!(!looked_at(&mut stage).is_empty());
}

#[test]
fn a_look_without_news_draws_no_frame() {
    let mut stage = Stage::new(120, 40);
    stage.select("web").tick(2);
    let seen = stage.model.looks.overview.clone();
    let log = seen.log.unwrap().unwrap();
    stage.held = true;
    let answer = |log| {
        Message::Seen(Box::new(Seen::Overview {
            id: seen.of.clone().unwrap(),
            log: Ok(log),
            processes: None,
        }))
    };
    stage.send(answer(log.clone()));
    stage.model.dirty = false;
    stage.send(answer(log.clone()));
    assert!(!stage.model.dirty);
    stage.send(answer(log[1..].to_vec()));
    assert!(stage.model.dirty);
}

#[test]
fn processes_have_the_user_inside() {
    let mut stage = Stage::new(120, 40);
    stage.select("web").keys("<processes>").take_effects();
    stage.held = true;
    let process = |pid: i32, user| ProcessInfo {
        pid,
        inside: Some(pid),
        parent: 1,
        uid: 1_349_582_848,
        user,
        cpu_usec: 0,
        memory: 1 << 20,
        state: 'S',
        threads: 1,
        command: "cat".into(),
    };
    let id = stage.record("web").spec.id;
    let list = vec![process(1, Some(0)), process(2, Some(33)), process(3, None)];
    stage.send(Message::Seen(Box::new(Seen::Processes(vec![(
        id,
        Ok(list),
    )]))));
    stage.shows("PID  INSIDE USER       HOST UID S");
    stage.shows("1 root     1349582848 S");
    stage.shows("2 33  ");
    stage.shows("3 -  ");
    stage.send(Message::Input(minic_tui::tui::message::Input::Resize(
        80, 24,
    )));
    stage.hides("1349582848");
    stage.shows("root");
}

#[test]
fn commands_and_errors_are_safe_to_draw() {
    let mut stage = Stage::new(200, 60);
    stage.select("web").take_effects();
    stage.held = true;
    let process = |pid: i32| ProcessInfo {
        pid,
        inside: Some(pid),
        parent: 1,
        uid: 0,
        user: Some(0),
        cpu_usec: 0,
        memory: 1 << 20,
        state: 'S',
        threads: 1,
        command: format!("evil\u{1b}[2J\u{202e}{}", "x".repeat(100_000)),
    };
    let answer = Seen::Overview {
        id: stage.record("web").spec.id,
        log: Err(minic_tui::manager::Error::System {
            message: "cannot read\u{1b}]0;title\u{7} it".into(),
            hint: None,
        }),
        processes: Some(Ok(vec![process(1), process(2)])),
    };
    stage.send(Message::Seen(Box::new(answer)));
    let screen = stage.screen();
    assert!(
        !screen.contains(['\u{1b}', '\u{7}', '\u{202e}']),
        "{screen}"
    );
    stage.shows("evil");
    stage.shows("cannot read");
}

#[test]
fn the_past_shows_no_later_lines() {
    let mut stage = Stage::new(120, 40);
    stage.select("web").tick(20);
    let newest = |stage: &Stage| {
        let lines = stage.model.looks.overview.log.clone().unwrap().unwrap();
        let at = lines.last().unwrap().at.to_string();
        at[11..19].to_owned()
    };
    let last = newest(&stage);
    stage.shows(&last);
    stage.keys(",,,,,,,,");
    stage.hides(&format!("{last} "));
}

#[test]
fn a_container_of_many_processes_says_why_none_is_compared() {
    let mut stage = Stage::new(120, 40);
    stage.select("web").take_effects();
    stage.held = true;
    let answer = Seen::Overview {
        id: stage.record("web").spec.id,
        log: Ok(Vec::new()),
        processes: Some(Err(minic_tui::manager::Error::System {
            message: "compare its processes: it has 5000, more than 200".into(),
            hint: None,
        })),
    };
    stage.send(Message::Seen(Box::new(answer)));
    stage.shows("n/a: compare its processes:");
    stage.shows("5000");
}
