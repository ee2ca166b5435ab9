//! A verb on several containers: asked once, with the count and the names; one message at the end.

use minic_tui::manager::Error;
use minic_tui::record::Status;
use minic_tui::tui::effect::{Call, Effect};
use minic_tui::tui::message::Message;
use minic_tui::tui::model::Overlay;

use crate::stage::Stage;

fn calls(stage: &mut Stage) -> Vec<Call> {
    let call = |effect| match effect {
        Effect::Call(_, call) => Some(call),
        _ => None,
    };
    stage.take_effects().into_iter().filter_map(call).collect()
}

fn mark(stage: &mut Stage, names: &[&str]) {
    for name in names {
        stage.select(name).keys("<Space>");
    }
    stage.take_effects();
}

/// Reads the records again with `change` made to those called `name`.
fn changed(stage: &mut Stage, name: &str, status: Option<Status>) {
    let mut records = stage.model.records.clone();
    match status {
        Some(status) => records
            .iter_mut()
            .filter(|record| record.spec.name.as_str() == name)
            .for_each(|record| record.state.status = status.clone()),
        None => records.retain(|record| record.spec.name.as_str() != name),
    }
    let reading = stage.model.records_read.unwrap_or(0) + 1;
    stage.send(Message::Records(reading, Ok(records)));
}

#[test]
fn every_verb_asks_once_and_does_it_to_all() {
    for (key, question, each) in [
        ("s", "Stop 2 containers?", "STOPPED"),
        ("R", "Restart 2 containers?", "RUNNING"),
        ("p", "Pause 2 containers?", "PAUSED"),
    ] {
        let mut stage = Stage::new(120, 40);
        mark(&mut stage, &["web", "db"]);
        stage.keys(key).shows(question);
        assert_eq!(calls(&mut stage), [], "{key}: nothing before the answer");
        stage.shows("web, db.");
        stage.keys("n");
        assert_eq!(calls(&mut stage), [], "{key}");
        stage.keys(key).keys("y");
        assert_eq!(calls(&mut stage).len(), 2, "{key}");
        for name in ["web", "db"] {
            assert_eq!(stage.record(name).state.status.word(), each, "{key} {name}");
        }
    }
    let mut stage = Stage::new(120, 40);
    mark(&mut stage, &["migrate", "nightly"]);
    stage.keys("S").shows("Start 2 containers?");
    stage
        .keys("y")
        .shows("started 2: nightly, migrate; u stops them again");
    mark(&mut stage, &["web"]);
    stage.keys("D").shows("Destroy 3 containers?");
    let before = stage.model.records.len();
    stage.keys("y").shows("destroyed 3: ");
    assert_eq!(stage.model.records.len(), before - 3);
}

#[test]
fn a_signal_to_several_asks_once() {
    let mut stage = Stage::new(80, 24);
    mark(&mut stage, &["web", "db"]);
    stage.keys("<F9>j<Enter>").golden("several-signal-80x24");
    assert_eq!(calls(&mut stage), []);
    stage.keys("y").shows("sent the signal to 2: web, db");
    let ids = ["web", "db"].map(|name| stage.record(name).spec.id);
    assert_eq!(calls(&mut stage), ids.map(|id| Call::Kill(id, 9)));
    assert_eq!(
        stage.model.last_command.as_deref(),
        Some("minic-tui kill -s SIGKILL web db")
    );
}

#[test]
fn the_names_are_listed_and_those_left_out_are_told() {
    for (width, height) in [(80, 24), (120, 40)] {
        let mut stage = Stage::new(width, height);
        let names: Vec<String> = stage
            .model
            .records
            .iter()
            .map(|record| record.spec.name.to_string())
            .collect();
        mark(
            &mut stage,
            &names.iter().map(String::as_str).collect::<Vec<_>>(),
        );
        stage
            .keys("s")
            .golden(&format!("several-stop-{width}x{height}"));
        stage
            .keys("n")
            .keys("D")
            .golden(&format!("several-destroy-{width}x{height}"));
        stage
            .keys("y")
            .golden(&format!("several-destroyed-{width}x{height}"));
    }
}

#[test]
fn one_of_several_that_can_be_stopped_is_stopped_at_once() {
    let mut stage = Stage::new(120, 40);
    mark(&mut stage, &["web", "migrate"]);
    let web = stage.record("web").spec.id;
    stage.keys("s");
    assert_eq!(
        calls(&mut stage),
        [Call::Stop(web, std::time::Duration::from_secs(10))]
    );
    stage.shows("Stop: not 1 of the 2: migrate is STOPPED: there is nothing to stop");
}

#[test]
fn who_ends_while_the_question_is_open_is_left_out_and_told() {
    let mut stage = Stage::new(120, 40);
    mark(&mut stage, &["web", "db", "cache"]);
    stage.keys("s").shows("Stop 3 containers?");
    let ended = stage.record("migrate").state.status;
    changed(&mut stage, "db", Some(ended.clone()));
    stage.shows("Stop 2 containers?");
    stage.shows("Not 1 of the 3: db is STOPPED");
    changed(&mut stage, "cache", None);
    stage.shows("Stop web?");
    changed(&mut stage, "web", Some(ended));
    assert!(stage.model.overlay.is_none(), "nothing is left to stop");
    stage.shows("closed: not 3 of the 3: ");
    assert_eq!(calls(&mut stage), []);
}

#[test]
fn a_question_about_what_is_gone_closes_with_the_names() {
    let mut stage = Stage::new(120, 40);
    for name in ["web", "db"] {
        stage.select(name).keys("<Space>");
    }
    stage.keys("D");
    changed(&mut stage, "web", None);
    assert!(stage.model.overlay.is_some(), "one is left");
    changed(&mut stage, "db", None);
    stage.shows("closed: not 2 of the 2: web is gone");
}

#[test]
fn a_menu_closes_and_says_why_when_its_container_ends() {
    let mut stage = Stage::new(120, 40);
    stage.select("web").keys("<F9>");
    assert!(matches!(stage.model.overlay, Some(Overlay::Signal(_))));
    let ended = stage.record("migrate").state.status;
    changed(&mut stage, "web", Some(ended));
    assert!(stage.model.overlay.is_none());
    stage.shows("closed: web is STOPPED");
    let mut stage = Stage::new(120, 40);
    stage.select("migrate").keys("i");
    changed(&mut stage, "migrate", None);
    stage.shows("closed: the container is gone");
}

#[test]
fn one_message_tells_what_became_of_all() {
    let mut stage = Stage::new(120, 40);
    stage.held = true;
    mark(&mut stage, &["web", "db", "cache"]);
    stage.keys("sy");
    let ids: Vec<_> = stage.model.pending.keys().copied().collect();
    assert_eq!(ids.len(), 3);
    let failed = |why: &str| Error::System {
        message: why.into(),
        hint: None,
    };
    for (id, why) in ids.iter().zip(["one", "two"]) {
        stage.send(Message::EffectDone(*id, Err(failed(why))));
        assert_eq!(
            stage.model.toasts.shown().len(),
            0,
            "until the last one ended"
        );
    }
    let cause = minic_tui::record::ExitCause::Exited { code: 0 };
    let done = minic_tui::tui::message::Outcome::Stopped(cause);
    stage.send(Message::EffectDone(ids[2], Ok(done)));
    let texts: Vec<_> = stage
        .model
        .toasts
        .shown()
        .iter()
        .map(|toast| &toast.text)
        .collect();
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts[0].starts_with("stopped 1: "), "{texts:?}");
    assert!(texts[0].ends_with("; u starts them again"), "{texts:?}");
    assert!(texts[1].ends_with(": one; 1 more failed"), "{texts:?}");
    // what failed is not undone
    stage.take_effects();
    stage.keys("u");
    assert_eq!(calls(&mut stage).len(), 0, "it runs, as far as is known");
}
