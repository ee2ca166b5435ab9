//! Nothing changed means nothing drawn.

use minic_tui::manager::Error;
use minic_tui::tui::message::{Input, Message};
use minic_tui::tui::model::Pane;

use crate::stage::Stage;

fn drawn(stage: &mut Stage) {
    stage.model.dirty = false;
}

#[test]
fn messages_without_a_change_draw_no_frame() {
    let mut stage = Stage::new(80, 24);
    drawn(&mut stage);
    let same = stage.model.records.clone();
    stage.send(Message::Records(800, Ok(same)));
    stage.send(Message::Clock(
        stage.model.now + jiff::SignedDuration::from_secs(1),
    ));
    stage.send(Message::Input(Input::Click(79, 20)));
    stage.keys("<F12>#");
    stage.send(Message::Input(Input::Paste("rm -rf /\n".into())));
    let older = Vec::new();
    stage.send(Message::Records(3, Ok(older)));
    assert_eq!(
        stage.model.records.len(),
        9,
        "an older reading that comes late is dropped"
    );
    stage.model.dirty = false;
    stage.send(Message::Records(801, Ok(stage.model.records.clone())));
    assert!(!stage.model.dirty);
}

#[test]
fn a_key_without_meaning_draws_nothing() {
    let mut stage = Stage::new(80, 24);
    drawn(&mut stage);
    stage.keys("#");
    assert!(stage.model.dirty, "it is told");
    stage.model.dirty = false;
    stage.keys("##");
    assert!(!stage.model.dirty, "once");
    stage.keys("j");
    assert!(stage.model.dirty);
}

#[test]
fn a_log_without_news_draws_nothing() {
    let mut stage = Stage::new(80, 24);
    stage.select("web").keys("l");
    drawn(&mut stage);
    let web = stage.record("web").spec.id;
    stage.log_came(web.clone(), Vec::new());
    assert!(!stage.model.dirty);
    let other = stage.record("db").spec.id;
    let line =
        minic_tui::tui::model::LogLine::plain(stage.model.now, false, "of another container");
    stage.log_came(other, vec![line]);
    assert!(!stage.model.dirty);
    stage.hides("of another container");
    assert_eq!(stage.model.pane(), Some(Pane::Logs));
}

#[test]
fn observer_failures_are_shown() {
    let mut stage = Stage::new(80, 24);
    stage.send(Message::ObserverFailed(Error::System {
        message: "inotify_init: Too many open files".into(),
        hint: Some("raise fs.inotify.max_user_instances".into()),
    }));
    stage.golden("blind-80x24");
}
