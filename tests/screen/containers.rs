//! The Containers tab: table, detail strip, sorting, filtering.

use minic_tui::manager::Engine;
use minic_tui::spec::ContainerName;
use minic_tui::tui::Settings;
use minic_tui::tui::message::Message;
use minic_tui::tui::model::Column;

use crate::stage::{Stage, ascii, settings, snapshot};

#[test]
fn the_table_at_every_size() {
    for (width, height) in [(40, 10), (60, 15), (80, 24), (120, 40), (200, 60)] {
        Stage::new(width, height).golden(&format!("containers-{width}x{height}"));
    }
}

#[test]
fn nothing_depends_on_colour_or_unicode_alone() {
    let mut stage = Stage::with(ascii(), 80, 24);
    stage.select("cpu-quarter").golden("containers-ascii-80x24");
    assert!(stage.screen().is_ascii());
}

#[test]
fn the_detail_of_every_kind_of_container() {
    for name in ["cpu-quarter", "db", "staging", "migrate", "memory-hog"] {
        Stage::new(80, 24)
            .select(name)
            .golden(&format!("detail-{name}-80x24"));
        Stage::new(120, 40)
            .select(name)
            .golden(&format!("detail-{name}-120x40"));
    }
}

#[test]
fn before_anything_is_known() {
    let mut stage = Stage::before_messages(crate::stage::settings(), 80, 24);
    stage.golden("first-frame-80x24");
    stage.send(Message::Records(1, Ok(Vec::new())));
    stage.golden("no-containers-80x24");
}

#[test]
fn the_filter_applies_while_typing_and_can_be_restored() {
    let mut stage = Stage::new(80, 24);
    stage.keys("/st").golden("filter-typing-80x24");
    stage.keys("opped<Enter>").golden("filter-kept-80x24");
    assert_eq!(stage.model.list.visible().len(), 3);
    stage.keys("/<Ctrl-U>zzz");
    stage.golden("filter-no-match-80x24");
    stage.keys("<Esc>");
    assert_eq!(
        stage.model.list.filter, "stopped",
        "Esc takes back what was typed, not what was there"
    );
    stage.keys("<Esc>");
    assert_eq!(stage.model.list.filter, "", "the next Esc clears it");
    assert_eq!(stage.model.list.visible().len(), 9);
}

#[test]
fn every_word_of_the_filter_must_match_somewhere() {
    let mut stage = Stage::new(80, 24);
    stage.keys("/httpd CREATED");
    assert_eq!(stage.selected(), "staging");
    assert_eq!(stage.model.list.visible().len(), 1);
}

#[test]
fn sort_by_keys() {
    let mut stage = Stage::new(120, 40);
    stage.keys("P").golden("sort-cpu-120x40");
    stage.keys("M<Home>");
    assert_eq!(stage.selected(), "db");
    stage.keys("I<Home>");
    assert_eq!(
        stage.selected(),
        "sleeper",
        "least memory first, and those without a figure still last"
    );
    stage.keys("T<Home>");
    assert_eq!(stage.selected(), "web");
    stage.keys("<lt><lt>").shows("NET ↓/↑▼");
    stage.keys("<lt><Home>");
    stage.shows("MEMORY▼");
    stage.keys("<F6>").golden("sort-menu-120x40");
    stage.keys("gj<Enter><Home>");
    stage.shows("NAME▲");
    assert_eq!(stage.selected(), "cache");
    stage.keys("<F6><Enter><Home>");
    stage.shows("NAME▼");
    assert_eq!(
        stage.selected(),
        "web",
        "the same column again turns the order round"
    );
}

#[test]
fn rows_resort_but_the_selection_stays() {
    let mut stage = Stage::new(80, 24);
    stage.keys("P").select("db");
    let (db, web) = (stage.record("db").spec.id, stage.record("web").spec.id);
    let row = stage.model.list.row();
    stage.send(Message::Sampled(Box::new(snapshot(
        500,
        &[(&db, 0, 1), (&web, 0, 1)],
    ))));
    stage.send(Message::Sampled(Box::new(snapshot(
        501,
        &[(&db, 10, 1), (&web, 900_000, 1)],
    ))));
    stage.send(Message::Sampled(Box::new(snapshot(
        502,
        &[(&db, 900_000, 1), (&web, 900_001, 1)],
    ))));
    assert_ne!(stage.model.list.row(), row, "it moved");
    assert_eq!(stage.selected(), "db");
}

#[test]
fn a_list_longer_than_the_screen_scrolls_as_little_as_needed() {
    let mut stage = Stage::new(60, 15);
    let rows = stage.model.regions().unwrap().table_rows();
    stage.keys(&"j".repeat(rows - 1));
    assert_eq!(stage.model.list.offset, 0);
    stage.keys("j");
    assert_eq!(stage.model.list.offset, 1);
    stage.keys("k");
    assert_eq!(
        stage.model.list.offset, 1,
        "moving up within the screen does not scroll"
    );
    stage.keys("G").golden("scrolled-60x15");
    stage.keys("<PageUp><Home>");
    assert_eq!((stage.model.list.offset, stage.model.list.row()), (0, 0));
}

#[test]
fn the_order_keys_follow_the_columns_that_are_shown() {
    let mut stage = Stage::with(
        Settings {
            columns: vec![Column::Pids, Column::Name, Column::Restarts, Column::Cpu],
            ..settings()
        },
        120,
        40,
    );
    stage.keys(">").shows("PIDS▼");
    stage.keys(">").shows("NAME▲");
    stage.keys("<lt><lt>").shows("CPU▼");
    stage.keys(">").shows("PIDS▼");
    let screen = stage.screen();
    assert!(
        !screen.contains("MEMORY") && screen.contains("RESTARTS"),
        "{screen}"
    );
}

#[test]
fn a_name_is_not_cut_while_there_is_room() {
    let mut stage = Stage::new(120, 40);
    let mut records = stage.demo.records().unwrap();
    let long = "a-name-of-forty-four-characters-from-compose";
    records[0].spec.name = ContainerName::new(long).unwrap();
    stage.send(Message::Records(500, Ok(records)));
    stage.shows(long);
    stage.resize(80, 24);
    let screen = stage.screen();
    let row = screen
        .lines()
        .find(|line| line.contains("a-name-of"))
        .unwrap();
    assert!(row.contains('…') && row.chars().count() == 80, "{screen}");
}

#[test]
fn a_key_that_cannot_move_the_divider_says_so_and_changes_nothing() {
    let mut stage = Stage::new(120, 40);
    let rows = |stage: &Stage| stage.model.regions().unwrap().body.height;
    let before = rows(&stage);
    stage.keys("}}}}}}}}");
    assert_eq!((rows(&stage), stage.model.frame.divider), (before, None));
    stage.shows("the list has the rows that it needs");
    stage.keys("{");
    assert!(rows(&stage) < before, "the first key moves it");
    stage.keys("{{{{{{{{");
    let (least, divider) = (rows(&stage), stage.model.frame.divider);
    stage
        .keys("{")
        .shows("the pane has the most rows that it can");
    assert_eq!((rows(&stage), stage.model.frame.divider), (least, divider));
}

#[test]
fn rows_out_of_sight_are_told() {
    let mut stage = Stage::new(80, 24);
    stage.keys("<Home>{{{{{{{{").hides("↑");
    let rows = stage.model.regions().unwrap().table_rows();
    let below = stage.model.list.rows().len() - rows;
    stage.shows(&format!(" ↓{below} "));
    stage.keys("<End>").shows(&format!(" ↑{below} "));
    stage.hides("↓");
    stage.golden("out-of-sight-80x24");
}

#[test]
fn the_order_is_remembered() {
    let mut stage = Stage::with(
        Settings {
            remembered_in: Some("/nonexistent/screen.toml".into()),
            ..settings()
        },
        80,
        24,
    );
    stage.keys("MI");
    let remembered = stage.model.remembered.clone();
    assert_eq!(remembered.sort.as_deref(), Some("memory"));
    assert_eq!(remembered.descending, Some(false));
    let sort = stage.model.list.sort;
    let mut next = Stage::new(80, 24);
    next.model.recall(remembered);
    assert_eq!(next.model.list.sort, sort);
    // a column that there is no more
    let mut other = next.model.remembered.clone();
    other.sort = Some("colour".into());
    next.model.recall(other);
    assert_eq!(next.model.list.sort, minic_tui::tui::model::Sort::default());
}
