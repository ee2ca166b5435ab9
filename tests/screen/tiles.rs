//! The containers as tiles: the same list with another layout and other motions.

use minic_tui::tui::message::{Input, Message};

use crate::stage::{Stage, ascii};

fn tiled(width: u16, height: u16) -> Stage {
    let mut stage = Stage::new(width, height);
    stage.keys("v");
    stage
}

#[test]
fn the_tiles_at_every_size() {
    for (width, height) in [(60, 15), (80, 24), (120, 40), (200, 60), (300, 100)] {
        tiled(width, height).golden(&format!("tiles-{width}x{height}"));
    }
}

#[test]
fn nothing_depends_on_colour_or_unicode_alone() {
    let mut stage = Stage::with(ascii(), 80, 24);
    stage.keys("v ").golden("tiles-ascii-80x24");
    assert!(stage.screen().is_ascii());
}

#[test]
fn one_key_toggles_tiles_and_tabs_keep_them() {
    let mut stage = Stage::new(80, 24);
    let table = stage.screen();
    stage.keys("v");
    let tiles = stage.screen();
    assert_ne!(table, tiles);
    stage.keys("<logs><overview><Esc>");
    assert_eq!(stage.screen(), tiles, "another pane and back");
    stage.keys("v");
    assert_eq!(stage.screen(), table);
}

#[test]
fn arrows_go_in_two_directions() {
    let mut stage = tiled(120, 40);
    let columns = stage.model.tiles().unwrap().columns;
    assert_eq!(columns, 4);
    let mut at = |keys: &str| {
        stage.keys(keys);
        stage.model.list.row()
    };
    assert_eq!(at("g"), 0);
    assert_eq!(at("<Left>"), 0, "nothing is before the first");
    assert_eq!(at("<Right><Right>"), 2);
    assert_eq!(at("<Down>"), 6);
    assert_eq!(
        at("<Down>"),
        8,
        "nine containers: the last line has one tile, and the column goes on"
    );
    assert_eq!(at("<Right>"), 8, "nothing is behind the last");
    assert_eq!(at("<Up><Left>"), 3);
    assert_eq!(at("G"), 8);
    assert_eq!(at("<Home>"), 0);
}

#[test]
fn the_selected_tile_is_always_visible() {
    for (width, height) in [(60, 15), (80, 24), (120, 40)] {
        let mut stage = tiled(width, height);
        stage.keys("g");
        for _ in 0..9 {
            let name = stage.selected().to_owned();
            assert!(
                stage.screen().contains(&format!(" {name} ")),
                "{name} at {width}x{height}:\n{}",
                stage.screen()
            );
            stage.keys("<Right>");
        }
        stage.send(Message::Input(Input::Resize(200, 60)));
        assert_eq!(
            stage.model.list.offset, 0,
            "no empty line of tiles below the last"
        );
    }
}

#[test]
fn tiles_share_verbs_marks_filter_and_order_with_the_table() {
    let mut stage = tiled(120, 40);
    stage.keys("g  ");
    assert_eq!(
        (stage.model.list.marks.len(), stage.model.list.row()),
        (2, 2),
        "a mark goes on to the next tile"
    );
    stage.keys("U/memory-hog");
    assert_eq!(stage.model.list.visible().len(), 1);
    stage.keys("<Esc>P");
    let first = stage.model.list.visible()[0];
    assert_eq!(
        stage.model.records[first].spec.name.as_str(),
        "web",
        "the most CPU first"
    );
    stage.select("web").keys("s");
    assert_eq!(stage.record("web").state.status.word(), "STOPPED");
}

#[test]
fn a_handle_moves_the_limit_of_the_selected_tile() {
    let mut stage = tiled(120, 40);
    stage.select("cpu-quarter");
    let before = stage.record("cpu-quarter").spec.limits.cpu.unwrap();
    stage.keys("<F8>");
    stage.tick(2);
    let after = stage.record("cpu-quarter").spec.limits.cpu.unwrap();
    assert!(after.cores() > before.cores(), "{before:?} {after:?}");
}

#[test]
fn a_click_selects_and_the_wheel_scrolls_by_rows() {
    let mut stage = tiled(120, 40);
    stage.keys("g");
    let screen = stage.screen();
    let (y, line) = screen
        .lines()
        .enumerate()
        .find(|(_, line)| line.contains(" web "))
        .unwrap();
    let x = line
        .chars()
        .collect::<String>()
        .find(" web ")
        .map(|at| line[..at].chars().count())
        .unwrap();
    stage.send(Message::Input(Input::Click(x as u16 + 1, y as u16 + 2)));
    assert_eq!(stage.selected(), "web");
    stage.keys("g");
    stage.send(Message::Input(Input::Wheel(5, 20, 1)));
    assert_eq!(stage.model.list.row(), 4);
}

#[test]
fn looking_back_moves_the_tiles_too() {
    let mut stage = tiled(120, 40);
    stage.tick(5);
    stage.keys(",,");
    assert!(stage.model.past.is_some());
    let row = stage.model.list.row();
    stage.keys("<Left>");
    assert_eq!(stage.model.list.row(), row, "Left goes back in time there");
    stage.golden("tiles-past-120x40");
}
