//! F9 and `p` on the Containers tab: a signal to the init of one or all marked containers, and
//! pausing them.

use minic_tui::tui::effect::{Call, Effect};
use minic_tui::tui::message::Message;

use crate::stage::Stage;

fn calls(stage: &mut Stage) -> Vec<Call> {
    let call = |effect| {
        if let Effect::Call(_, call) = effect {
            Some(call)
        } else {
            None
        }
    };
    stage.take_effects().into_iter().filter_map(call).collect()
}

/// Marks these containers in any sort order.
fn mark(stage: &mut Stage, names: &[&str]) {
    for name in names {
        stage.select(name).keys("<Space>");
    }
}

#[test]
fn a_signal_goes_to_the_selected_container() {
    let mut stage = Stage::new(80, 24);
    stage.select("web").take_effects();
    stage.keys("<F9>").golden("signal-container-80x24");
    assert_eq!(calls(&mut stage), [], "the menu is the question");
    stage.keys("jjjjjjj<Enter>");
    let web = stage.record("web").spec.id;
    assert_eq!(calls(&mut stage), [Call::Kill(web, 10)]);
    stage.shows("web has the signal");
    assert_eq!(
        stage.model.last_command.as_deref(),
        Some("minic-tui kill -s SIGUSR1 web")
    );
    assert!(stage.record("web").state.status.is_alive());
    stage.keys("<F9>j<Enter>");
    assert_eq!(stage.record("web").state.status.word(), "STOPPED");
    stage
        .keys("<F9>")
        .shows("web is STOPPED: there is nothing to send a signal to");
    assert!(stage.model.overlay.is_none());
}

#[test]
fn a_signal_goes_to_all_marked_living_containers() {
    let mut stage = Stage::new(80, 24);
    mark(&mut stage, &["web", "db", "migrate"]);
    stage.select("sleeper").take_effects();
    stage.keys("<F9>").golden("signal-marked-80x24");
    // one of them ends while the menu is open
    let mut records = stage.model.records.clone();
    records.retain(|record| record.spec.name.as_str() != "db");
    let web = stage.record("web").spec.id;
    stage.send(Message::Records(900, Ok(records)));
    stage.keys("<Enter>");
    assert_eq!(calls(&mut stage), [Call::Kill(web, 15)]);
    assert!(
        stage.record("sleeper").state.status.is_alive(),
        "the cursor's own is not meant while others are marked"
    );
}

#[test]
fn a_signal_menu_closes_when_its_container_is_gone() {
    let mut stage = Stage::new(80, 24);
    stage.select("web").keys("<F9>");
    let mut records = stage.model.records.clone();
    records.retain(|record| record.spec.name.as_str() != "web");
    stage.send(Message::Records(900, Ok(records)));
    assert!(stage.model.overlay.is_none());
}

#[test]
fn none_alive_and_none_at_all() {
    let mut stage = Stage::new(80, 24);
    mark(&mut stage, &["migrate", "nightly"]);
    stage.keys("<F9>").shows("none of the 2 is alive");
    stage
        .keys("U/zzzzzz<Enter><F9>")
        .shows("Signal: no container is selected");
    assert_eq!(calls(&mut stage), []);
}

#[test]
fn one_key_pauses_and_resumes() {
    let mut stage = Stage::new(80, 24);
    stage.select("web").take_effects();
    let web = stage.record("web").spec.id;
    stage.keys("p");
    assert_eq!(calls(&mut stage), [Call::Pause(web.clone())]);
    assert_eq!(stage.record("web").state.status.word(), "PAUSED");
    assert_eq!(
        stage.model.last_command.as_deref(),
        Some("minic-tui pause web")
    );
    stage.golden("paused-80x24");
    stage.keys("p");
    assert_eq!(calls(&mut stage), [Call::Resume(web)]);
    assert_eq!(stage.record("web").state.status.word(), "RUNNING");
    assert_eq!(
        stage.model.last_command.as_deref(),
        Some("minic-tui resume web")
    );
    stage
        .select("migrate")
        .keys("p")
        .shows("migrate is STOPPED: there is nothing to pause");
    assert_eq!(calls(&mut stage), []);
}

#[test]
fn marked_containers_are_all_paused_before_any_resumes() {
    let mut stage = Stage::new(80, 24);
    stage.select("db").keys("p").take_effects();
    mark(&mut stage, &["web", "db", "migrate"]);
    stage.keys("p");
    let ids: Vec<_> = ["web", "db"]
        .iter()
        .map(|name| stage.record(name).spec.id)
        .collect();
    assert_eq!(
        calls(&mut stage),
        [Call::Pause(ids[0].clone())],
        "db is frozen already and stays so"
    );
    stage.shows("Pause: not 2 of the 3: ");
    stage.keys("p").shows("Resume 2 containers?");
    stage.keys("y");
    let mut woken = calls(&mut stage);
    woken.sort_by_key(|call| *call == Call::Resume(ids[1].clone()));
    assert_eq!(
        woken,
        [Call::Resume(ids[0].clone()), Call::Resume(ids[1].clone())]
    );
}
