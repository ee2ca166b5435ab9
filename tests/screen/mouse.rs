//! Clicks and the wheel.

use minic_tui::tui::action::Action;
use minic_tui::tui::message::{Input, Message};
use minic_tui::tui::model::{Column, Field, Overlay, Pane, Spot, Tab, Target};

use crate::stage::Stage;

#[track_caller]
fn click(stage: &mut Stage, target: &Target) {
    stage.buffer();
    let area = stage
        .model
        .hits
        .find(target)
        .unwrap_or_else(|| panic!("{target:?} is not on the screen"));
    stage.send(Message::Input(Input::Click(area.x, area.y)));
}

#[test]
fn rows_headings_tabs_and_keys() {
    let mut stage = Stage::new(80, 24);
    let db = stage.record("db").spec.id;
    click(&mut stage, &Target::Container(db));
    assert_eq!(stage.selected(), "db");
    click(&mut stage, &Target::Heading(Column::Memory));
    stage.shows("MEMORY▼");
    click(&mut stage, &Target::Heading(Column::Memory));
    stage.shows("MEMORY▲");
    assert_eq!(stage.selected(), "db");
    stage.made_passing("db");
    stage.send(Message::Input(Input::Resize(120, 24)));
    click(&mut stage, &Target::Action(Action::Destroy));
    assert!(matches!(stage.model.overlay, Some(Overlay::Confirm(_))));
    click(&mut stage, &Target::Action(Action::Cancel));
    assert!(stage.model.overlay.is_none());
    click(&mut stage, &Target::Tab(Tab::Presets));
    click(&mut stage, &Target::Preset(2));
    assert_eq!((stage.model.tab, stage.model.preset), (Tab::Presets, 2));
    click(&mut stage, &Target::Action(Action::UsePreset));
    click(&mut stage, &Target::Spot(Spot::Entry(Field::MEMORY, 0)));
    assert!(
        matches!(&stage.model.overlay, Some(Overlay::Form(form)) if form.focus == Spot::Entry(Field::MEMORY, 0))
    );
}

#[test]
fn nothing_is_hit_through_an_overlay() {
    let mut stage = Stage::new(80, 24);
    stage.made_passing("web").select("web").keys("D");
    stage.buffer();
    let (x, y) = (40, 11);
    assert_eq!(stage.model.hits.at(x, y), Some(&Target::Nothing));
    stage.send(Message::Input(Input::Click(x, y)));
    assert_eq!(stage.selected(), "web");
}

#[test]
fn the_wheel_scrolls_the_active_context() {
    let mut stage = Stage::new(80, 24);
    stage
        .keys("<Home>")
        .send(Message::Input(Input::Wheel(5, 8, 1)));
    assert_eq!(stage.model.list.row(), 3);
    stage.keys("?").send(Message::Input(Input::Wheel(5, 8, 1)));
    assert_eq!(stage.help_offset(), Some(3));
    stage.keys("<Esc>");
    let name = stage.selected().to_owned();
    stage
        .made_passing(&name)
        .keys("D")
        .send(Message::Input(Input::Wheel(5, 8, 1)));
    assert_eq!(stage.model.list.row(), 3, "a question is not scrolled away");
}

#[test]
fn a_click_dismisses_a_toast() {
    let mut stage = Stage::new(80, 24);
    stage.select("migrate").keys("s");
    let id = stage.model.toasts.shown()[0].id;
    click(&mut stage, &Target::Toast(id));
    assert!(stage.model.toasts.shown().is_empty());
}

#[test]
fn panes_the_divider_and_the_keys_of_questions_and_help() {
    let mut stage = Stage::new(120, 40);
    for pane in Pane::ALL {
        click(&mut stage, &Target::Pane(pane));
        stage.send(Message::Input(Input::Release));
        assert_eq!(stage.model.pane(), Some(pane), "{pane:?}");
    }
    for tab in Tab::ALL {
        click(&mut stage, &Target::Tab(tab));
        assert_eq!(stage.model.tab, tab, "{tab:?}");
    }
    let mut stage = Stage::new(120, 40);
    stage.buffer();
    let divider = stage.model.regions().unwrap().divider;
    // beside the names of the panes
    let x = (divider.x..divider.right())
        .find(|x| stage.model.hits.at(*x, divider.y) == Some(&Target::Divider))
        .unwrap();
    stage.send(Message::Input(Input::Click(x, divider.y)));
    stage.send(Message::Input(Input::Drag(x, divider.y - 4)));
    stage.send(Message::Input(Input::Release));
    let moved = stage.model.regions().unwrap().divider;
    assert!(moved.y < divider.y, "{moved:?} {divider:?}");
    // and on a name, which is shown when it is let go where it was pressed
    stage.keys("<Esc>").buffer();
    let logs = stage.model.hits.find(&Target::Pane(Pane::Logs)).unwrap();
    stage.send(Message::Input(Input::Click(logs.x, logs.y)));
    stage.send(Message::Input(Input::Drag(logs.x, logs.y + 2)));
    stage.send(Message::Input(Input::Release));
    let lower = stage.model.regions().unwrap().divider;
    assert_eq!(lower.y, moved.y + 2);
    assert_ne!(stage.model.pane(), Some(Pane::Logs), "it was dragged");
    // several are asked about, and answered with a click
    for name in ["web", "db"] {
        stage.select(name).keys("<Space>");
    }
    click(&mut stage, &Target::Action(Action::Stop));
    assert!(matches!(stage.model.overlay, Some(Overlay::Confirm(_))));
    click(&mut stage, &Target::Action(Action::Confirm));
    for name in ["web", "db"] {
        assert_eq!(stage.record(name).state.status.word(), "STOPPED");
    }
    let toast = stage.model.toasts.shown()[0].id;
    click(&mut stage, &Target::Toast(toast));
    assert!(stage.model.toasts.shown().is_empty());
    click(&mut stage, &Target::Action(Action::Help));
    click(&mut stage, &Target::Action(Action::Filter));
    stage.keys("rename").shows("give it another name");
    click(&mut stage, &Target::Action(Action::Cancel));
    click(&mut stage, &Target::Action(Action::Cancel));
    assert!(stage.model.overlay.is_none());
}
