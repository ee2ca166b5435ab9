//! Help, and how overlays lie over everything else.

use minic_tui::tui::model::Overlay;

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
    let Some(Overlay::Help(end)) = stage.model.overlay else {
        panic!()
    };
    stage.keys("jjj<PageDown>");
    assert_eq!(
        stage.model.overlay,
        Some(Overlay::Help(end)),
        "no further than the last line"
    );
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
