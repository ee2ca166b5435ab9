//! The Images and Networks tabs, and what leads from one tab to another.

use minic_tui::spec::NetworkMode;
use minic_tui::tui::message::{Input, Message};
use minic_tui::tui::model::{Focus, Pane, Tab, Target};

use crate::stage::Stage;

/// A screen whose containers have several images and networks.
fn varied(width: u16, height: u16) -> Stage {
    let mut stage = Stage::new(width, height);
    let mut records = stage.model.records.clone();
    let web = stage.record("web").spec.id;
    for record in &mut records {
        match record.spec.name.as_str() {
            "db" => record.spec.root = Some("/srv/my roots/alpine".into()),
            "web" => record.spec.network = NetworkMode::Host,
            "cache" => record.spec.network = NetworkMode::Container(web.clone()),
            _ => {}
        }
    }
    stage.send(Message::Records(900, Ok(records)));
    stage
}

#[test]
fn images_and_networks_are_selected_and_lead_to_their_containers() {
    let mut stage = varied(120, 40);
    stage.keys("2").shows("412 files and folders");
    stage.golden("images-120x40");
    let first = stage.model.selected_image().unwrap().0;
    stage.keys("j");
    assert_ne!(stage.model.selected_image().unwrap().0, first);
    stage.shows("/srv/my roots/alpine");
    stage.keys("<Enter>");
    let shown = |stage: &Stage| stage.model.list.visible().len();
    assert_eq!(
        (shown(&stage), stage.selected()),
        (1, "db"),
        "a path with a space"
    );
    stage.keys("<Esc>2k<Enter>");
    assert_eq!(shown(&stage), stage.model.records.len() - 1);
    stage.keys("<Esc>");
    assert_eq!(stage.model.list.visible().len(), stage.model.records.len());
    let mut stage = varied(80, 24);
    stage.keys("3").golden("networks-80x24");
    let rows = stage.model.used();
    assert!(rows.len() > 1);
    stage.keys("<Down><Enter>");
    assert_eq!(stage.model.list.visible().len(), rows[1].members.len());
}

#[test]
fn a_click_selects_an_image_and_no_pane() {
    let mut stage = varied(80, 24);
    stage.keys("3").buffer();
    let line = stage.model.hits.find(&Target::Line(1)).unwrap();
    stage.send(Message::Input(Input::Click(line.x + 2, line.y)));
    let used = stage.model.used();
    assert_eq!(stage.model.used_row(&used), 1);
    assert_eq!(stage.model.frame.focus, Focus::List);
}

#[test]
fn keys_of_panes_work_from_every_tab() {
    for tab in "23456".chars() {
        let mut stage = Stage::new(120, 40);
        stage.keys(&tab.to_string()).keys("<Alt-p>");
        assert_eq!(stage.model.focused(), Some(Pane::Processes), "{tab}");
        assert_eq!(stage.model.tab, Tab::Containers);
    }
}

#[test]
fn processes_of_all_are_one_list_when_sorted() {
    for (width, height) in [(80, 24), (120, 40)] {
        let mut stage = Stage::new(width, height);
        stage.keys("<Alt-p>a");
        stage.tick(2);
        stage.keys("M").shows("CONTAINER");
        stage.golden(&format!("processes-all-sorted-{width}x{height}"));
        stage.keys("t").hides("CONTAINER");
    }
}
