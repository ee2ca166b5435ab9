//! `u`: takes back what a key did, and says before what it would do.

use std::time::Duration;

use minic_tui::manager::{Engine, LimitChange};
use minic_tui::spec::CpuLimit;
use minic_tui::tui::effect::{Call, Effect, EffectId};

use crate::stage::{Stage, settings};

fn calls(stage: &mut Stage) -> Vec<Call> {
    let call = |effect| match effect {
        Effect::Call(_, call) => Some(call),
        _ => None,
    };
    stage.take_effects().into_iter().filter_map(call).collect()
}

#[test]
fn a_stop_is_undone_by_a_start_and_the_other_way_round() {
    let mut stage = Stage::new(120, 40);
    stage.select("web").keys("s").golden("undo-stop-120x40");
    let id = stage.record("web").spec.id;
    stage.take_effects();
    stage.keys("u").shows("started web again");
    assert_eq!(calls(&mut stage), [Call::Start(id)]);
    assert_eq!(stage.record("web").state.status.word(), "RUNNING");
    stage
        .keys("u")
        .shows("nothing was changed here that can be taken back");
    stage
        .select("migrate")
        .keys("S")
        .shows("started migrate; u stops it again");
    stage.take_effects();
    stage.keys("u").shows("stopped migrate again");
    let id = stage.record("migrate").spec.id;
    assert_eq!(calls(&mut stage), [Call::Stop(id, Duration::from_secs(10))]);
}

#[test]
fn a_pause_is_undone_too() {
    let mut stage = Stage::new(120, 40);
    stage
        .select("web")
        .keys("p")
        .shows("paused web; u lets it go on");
    stage.keys("u");
    assert_eq!(stage.record("web").state.status.word(), "RUNNING");
    stage.keys("pp").shows("web goes on; u pauses it again");
    stage.keys("u");
    assert_eq!(stage.record("web").state.status.word(), "PAUSED");
}

#[test]
fn what_was_done_to_several_is_undone_in_one_step() {
    let mut stage = Stage::new(120, 40);
    for name in ["web", "db", "cache"] {
        stage.select(name).keys("<Space>");
    }
    stage
        .keys("sy")
        .shows("stopped 3: web, cache, db; u starts them again");
    stage.take_effects();
    stage.keys("u").shows("started again 3: web, cache, db");
    assert_eq!(calls(&mut stage).len(), 3);
    stage.keys("Dy").shows("u brings them back for 10 minutes");
    stage.keys("u").shows("brought back, running: 3: ");
    for name in ["web", "db", "cache"] {
        assert_eq!(stage.record(name).state.status.word(), "RUNNING");
    }
    stage.keys("U").select("migrate").keys("D");
    stage.keys("u").shows("brought migrate back; it is stopped");
}

#[test]
fn what_cannot_be_undone_says_so_and_is_not_passed_over() {
    let mut stage = Stage::new(120, 40);
    stage.select("db").keys("s");
    stage
        .select("web")
        .keys("R")
        .shows("restarted web; this cannot be undone");
    stage.take_effects();
    stage
        .keys("u")
        .shows("Undo: restart of web cannot be undone; u again starts db again");
    assert_eq!(calls(&mut stage), [], "the stop of db was not meant");
    stage.keys("u").shows("started db again");
}

#[test]
fn a_container_that_removes_itself_cannot_be_started_again() {
    let mut stage = Stage::new(120, 40);
    stage.made_passing("web").select("web").keys("s");
    stage.shows("this cannot be undone");
    stage.take_effects();
    stage.keys("u").shows("stop of web cannot be undone");
    assert_eq!(calls(&mut stage), []);
}

#[test]
fn nobody_is_told_of_a_key_that_would_do_something_else() {
    let mut stage = Stage::new(120, 40);
    stage.held = true;
    stage.select("web").keys("s");
    let first = EffectId(stage.model.last_effect);
    stage.select("db").keys("s");
    let cause = minic_tui::record::ExitCause::Exited { code: 0 };
    let done = minic_tui::tui::message::Outcome::Stopped(cause);
    stage.send(minic_tui::tui::message::Message::EffectDone(
        first,
        Ok(done),
    ));
    assert_eq!(stage.model.toasts.shown()[0].text, "stopped web: exited 0");
    stage.take_effects();
    stage.keys("u").shows("stop of db is still under way");
    assert_eq!(calls(&mut stage), []);
}

#[test]
fn what_changed_meanwhile_is_told_and_left_alone() {
    let mut stage = Stage::new(120, 40);
    stage.select("web").keys("s");
    let id = stage.record("web").spec.id;
    // somebody else starts it
    stage.demo.start(&id).unwrap();
    stage.tick(1);
    stage.take_effects();
    stage.keys("u").shows("Undo: web is RUNNING already");
    assert_eq!(calls(&mut stage), []);
    stage.select("db").keys("s");
    let id = stage.record("db").spec.id;
    stage.demo.destroy(&id, true).unwrap();
    stage.tick(1);
    stage.keys("u").shows("Undo: db is gone");
}

#[test]
fn a_limit_that_somebody_else_changed_meanwhile_stays() {
    let mut stage = Stage::new(120, 40);
    stage.select("web").keys("<F7>");
    let web = stage.record("web").spec;
    let other = LimitChange::Cpu(Some(CpuLimit::from_millicores(300)));
    stage.demo.set_limit(&web.id, other, false).unwrap();
    // the screen has not read it yet
    stage
        .keys("u")
        .shows("web: not undone: its cpu limit was changed meanwhile to 30%");
    assert_eq!(stage.record("web").spec.limits.cpu, other_cap(other));
    stage.keys("<F7>");
    let mine = stage.record("web").spec.limits.cpu;
    assert_ne!(mine, other_cap(other));
    stage.keys("u");
    assert_eq!(
        stage.record("web").spec.limits.cpu,
        other_cap(other),
        "a change of its own is still taken back"
    );
    // between two steps of one change, too
    stage.keys("<F7>");
    stage
        .demo
        .set_limit(&web.id, LimitChange::Cpu(None), false)
        .unwrap();
    stage.tick(1);
    stage.keys("<F7>u");
    assert_eq!(stage.record("web").spec.limits.cpu, None);
    stage
        .keys("u")
        .shows("not undone: its cpu limit was changed meanwhile to unlimited");
}

fn other_cap(change: LimitChange) -> Option<CpuLimit> {
    match change {
        LimitChange::Cpu(cap) => cap,
        LimitChange::Memory(_) => None,
    }
}

#[test]
fn a_name_that_somebody_else_gave_meanwhile_stays() {
    let mut stage = Stage::new(120, 40);
    stage.select("web").keys("E<Ctrl-U>shop<Enter>");
    let id = stage.record("shop").spec.id;
    stage.demo.rename(&id, "byadmin").unwrap();
    stage
        .keys("u")
        .shows("not undone: it was renamed meanwhile to byadmin");
    assert_eq!(stage.record("byadmin").spec.id, id);
}

#[test]
fn a_start_is_not_undone_of_what_is_paused_or_was_started_again_meanwhile() {
    let grace = Duration::from_secs(10);
    let mut stage = Stage::new(120, 40);
    stage.select("migrate").keys("S");
    let id = stage.record("migrate").spec.id;
    stage.demo.pause(&id).unwrap();
    stage.tick(1);
    stage.take_effects();
    stage
        .keys("u")
        .shows("not undone: migrate was paused meanwhile");
    assert_eq!(calls(&mut stage), []);
    stage.demo.stop(&id, grace).unwrap();
    stage.tick(1);
    stage.keys("S").tick(1);
    stage.demo.stop(&id, grace).unwrap();
    stage.tick(1);
    stage.demo.start(&id).unwrap();
    stage.tick(1);
    stage.take_effects();
    stage
        .keys("u")
        .shows("not undone: migrate was started again meanwhile");
    assert_eq!(calls(&mut stage), []);
}

#[test]
fn renaming_and_back() {
    let mut stage = Stage::new(80, 24);
    stage.select("web").keys("E").golden("rename-80x24");
    stage
        .keys("<Ctrl-U>db<Enter>")
        .shows("another container has that name");
    stage
        .keys("<Ctrl-U>a b<Enter>")
        .golden("rename-invalid-80x24");
    stage.keys("<Ctrl-U>shop<Enter>");
    assert_eq!(stage.selected(), "shop");
    stage.shows("renamed web to shop; u names it web again");
    assert_eq!(
        stage.model.last_command.as_deref(),
        Some("minic-tui rename web shop")
    );
    stage.keys("u").shows("web has its name again");
    assert_eq!(stage.selected(), "web");
    stage.take_effects();
    stage.keys("E<Enter>");
    assert_eq!(calls(&mut stage), [], "the same name is no change");
    assert!(stage.model.overlay.is_none());
}

#[test]
fn a_name_is_not_changed_in_a_read_only_screen() {
    let mut settings = settings();
    settings.read_only = true;
    let mut stage = Stage::with(settings, 80, 24);
    stage
        .select("web")
        .keys("E")
        .shows("Rename: this screen is read-only");
    assert!(stage.model.overlay.is_none());
}

#[test]
fn a_key_that_does_nothing_is_told_once_and_quietly() {
    let mut stage = Stage::new(80, 24);
    stage.keys("Q").golden("unbound-80x24");
    stage.shows("Q does nothing here; ? shows the keys");
    assert!(stage.model.toasts.shown().is_empty());
    stage.tick(5);
    stage.hides("does nothing here");
    stage.keys("Q").hides("does nothing here");
    stage.keys("X").shows("X does nothing here");
    stage.keys("j").hides("does nothing here");
    stage.keys("X").shows("X does nothing here");
    // what is typed is text, and the help key is one only where it helps
    stage.keys("j/Q").hides("does nothing here");
    stage.keys("<F9>").shows("F9 does nothing here");
    stage.hides("shows the keys");
}

#[test]
fn escape_goes_back_one_step_at_a_time_and_a_kept_filter_is_the_last() {
    let mut stage = Stage::new(120, 40);
    let all = stage.model.list.visible().len();
    stage.keys("/running<Enter>");
    let some = stage.model.list.visible().len();
    assert!(some < all);
    stage.keys("<Alt-p>z?");
    let seen = |stage: &Stage| {
        (
            stage.model.overlay.is_some(),
            stage.model.frame.zoomed,
            stage.model.focused().is_some(),
            stage.model.list.visible().len() == some,
        )
    };
    let mut steps = vec![seen(&stage)];
    for _ in 0..4 {
        stage.keys("<Esc>");
        steps.push(seen(&stage));
    }
    assert_eq!(
        steps,
        [
            (true, true, true, true),
            (false, true, true, true),
            (false, false, true, true),
            (false, false, false, true),
            (false, false, false, false),
        ]
    );
    assert_eq!(stage.model.list.filter, "");
    assert_eq!(stage.model.list.visible().len(), all);
    // the filter of the events is kept and cleared in the same way
    stage.keys("5/started<Enter>").shows("started");
    assert_eq!(stage.model.looks.events.filter, "started");
    stage.keys("<Esc>");
    assert_eq!(stage.model.looks.events.filter, "");
}
