//! Clicks and the wheel.

use minic_tui::tui::action::Action;
use minic_tui::tui::message::{Input, Message};
use minic_tui::tui::model::{Column, Field, Overlay, Tab, Target};

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
    click(&mut stage, &Target::Field(Field::Memory));
    assert!(
        matches!(&stage.model.overlay, Some(Overlay::Form(form)) if form.focus == Some(Field::Memory))
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
    assert_eq!(stage.model.overlay, Some(Overlay::Help(3)));
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
