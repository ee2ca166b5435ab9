//! Help, and how overlays lie over everything else.

use crate::stage::Stage;

#[test]
fn help_at_every_size() {
    for (width, height) in [(60, 15), (80, 24), (120, 40), (200, 60)] {
        Stage::new(width, height)
            .keys("?")
            .golden(&format!("help-{width}x{height}"));
    }
}

#[test]
fn help_begins_with_the_tab_and_scrolls_to_its_end() {
    let mut stage = Stage::new(80, 24);
    stage.keys("<logs>?").golden("help-logs-80x24");
    stage.keys("G").golden("help-end-80x24");
    let end = stage.help_offset();
    assert!(end > Some(10));
    stage.keys("jjj<PageDown>");
    assert_eq!(stage.help_offset(), end, "no further than the last line");
    stage.keys("q");
    assert!(stage.model.overlay.is_none());
    assert!(
        !stage
            .take_effects()
            .contains(&minic_tui::tui::effect::Effect::Quit),
        "q closed help, not the screen"
    );
}

#[test]
fn an_overlay_has_all_keys() {
    let mut stage = Stage::new(80, 24);
    stage.made_passing("web").take_effects();
    for opening in ["?", "D", "<F6>", "/"] {
        stage.keys(opening).keys("sSR3");
        assert_eq!(stage.take_effects(), [], "{opening}");
        assert_eq!(
            stage.model.tab,
            minic_tui::tui::model::Tab::Containers,
            "{opening}"
        );
        stage.keys("<Esc>");
        assert!(stage.model.overlay.is_none(), "{opening}");
        stage.take_effects();
    }
}

#[test]
fn help_is_searched_and_escape_leads_back() {
    for (width, height) in [(80, 24), (120, 40)] {
        let mut stage = Stage::new(width, height);
        stage
            .keys("?")
            .keys("?limit")
            .golden(&format!("help-search-{width}x{height}"));
    }
    let mut stage = Stage::new(80, 24);
    stage
        .keys("?/")
        .keys("qqq")
        .shows("no key does such a thing");
    stage
        .keys("<Ctrl-U>")
        .keys("RENAME")
        .shows("give it another name");
    stage.hides("open the launch form");
    stage.keys("<Enter>").shows("give it another name");
    stage.keys("j<Esc>").shows("open the launch form");
    assert_eq!(stage.help_offset(), Some(0));
    stage.keys("<Esc>");
    assert_eq!(stage.help_offset(), None);
    // what is typed in it does nothing else
    stage.keys("?/s").take_effects();
    stage.keys("sRD");
    assert_eq!(stage.take_effects(), []);
}

#[test]
fn help_begins_with_the_keys_of_what_has_the_focus() {
    let mut stage = Stage::new(120, 40);
    let first = |stage: &mut Stage| {
        let screen = stage.keys("?").screen();
        stage.keys("<Esc>");
        let at = screen
            .lines()
            .position(|line| line.contains("─ Keys"))
            .unwrap();
        screen.lines().nth(at + 1).unwrap().to_owned()
    };
    assert!(first(&mut stage).contains("│ Run and stop "));
    for (keys, title) in [
        ("<Alt-p>", "│ Processes pane "),
        ("<Esc>l", "│ Logs pane "),
        ("<Esc>v", "│ Containers as tiles "),
        ("v4", "│ Presets tab "),
        ("5", "│ Events tab "),
    ] {
        stage.keys(keys);
        let line = first(&mut stage);
        assert!(line.contains(title), "{title}: {line}");
    }
}

#[test]
fn what_help_says_is_never_cut() {
    for width in [60, 80, 100, 116, 120, 200] {
        let mut stage = Stage::new(width, 40);
        stage.keys("?");
        for _ in 0..20 {
            let screen = stage.screen();
            let cut = screen.lines().find(|line| {
                let inside = line.split('│').nth(1).unwrap_or_default();
                inside.contains('…') && !inside.contains("limit, …") && !inside.contains("Launch…")
            });
            assert_eq!(cut, None, "{width}");
            stage.keys("<PageDown>");
        }
    }
}

#[test]
fn a_search_in_help_tells_the_same_keys_once_with_their_places() {
    let mut stage = Stage::new(200, 60);
    stage.keys("?/to the last line");
    let screen = stage.screen();
    let lines = screen.lines().filter(|line| line.contains("End G"));
    assert_eq!(lines.count(), 1, "{screen}");
    stage.shows("also: ");
}
