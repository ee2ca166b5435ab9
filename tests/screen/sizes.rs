//! Every size: too small, just enough, huge; and changing it.

use minic_tui::tui::effect::Effect;
use minic_tui::tui::message::{Input, Message};

use crate::stage::Stage;

#[test]
fn too_small_says_what_it_needs() {
    Stage::new(39, 20).golden("too-small-39x20");
    Stage::new(80, 9).golden("too-small-80x9");
}

#[test]
fn nothing_breaks_at_any_size_in_any_state() {
    let states = [
        "",
        "?",
        "D",
        "<F6>",
        "/we",
        "r",
        "r<Enter>",
        "<logs>",
        "<logs>t",
        "<logs>w",
        "4",
        "4<Enter>",
        "<processes>",
        "<processes><F9>",
        "<shell>",
        "<shell><Enter>",
        "<files>",
        "<files><Enter>",
        "<isolation>",
        "<connections>",
        "h",
        "z",
        "2",
        "3",
        "5",
        "6",
        "G",
        "s",
        "v",
        "vG",
    ];
    for keys in states {
        let mut stage = Stage::new(80, 24);
        stage.keys(keys);
        for width in [1, 2, 10, 59, 60, 61, 75, 79, 80, 99, 100, 133, 300] {
            for height in [1, 2, 14, 15, 16, 19, 20, 24, 31, 100] {
                stage.send(Message::Input(Input::Resize(width, height)));
                stage.buffer();
            }
        }
    }
}

#[test]
fn resizing_keeps_the_selection_visible() {
    let mut stage = Stage::new(120, 40);
    stage.keys("G");
    let last = stage.selected().to_owned();
    stage.send(Message::Input(Input::Resize(60, 15)));
    assert!(stage.model.dirty);
    stage.shows("▌STOPPED memory-hog");
    stage.send(Message::Input(Input::Resize(120, 40)));
    assert_eq!(
        (stage.selected(), stage.model.list.offset),
        (last.as_str(), 0),
        "no empty rows below the last"
    );
}

#[test]
fn the_columns_line_up_at_every_width() {
    for width in 60..=200 {
        let mut stage = Stage::new(width, 24);
        let screen = stage.screen();
        let line = |text: &str| {
            screen
                .lines()
                .find(|line| line.contains(text))
                .unwrap()
                .to_owned()
        };
        let end = |line: &str, text: &str| {
            line.char_indices()
                .take_while(|(at, _)| *at < line.find(text).unwrap() + text.len())
                .count()
        };
        // figures end where their heading ends
        let (heading, row) = (line("STATE▲"), line(" web "));
        for (name, figure) in [(" UPTIME", " 2d04h"), (" PID ", " 4131 ")] {
            let shown = heading.contains(name);
            assert!(shown || width < 200, "{name} at {width}:\n{screen}");
            if shown {
                assert_eq!(end(&heading, name), end(&row, figure), "{width}:\n{screen}");
            }
        }
        assert!(
            screen
                .lines()
                .all(|line| line.chars().count() <= usize::from(width)),
            "{width}"
        );
    }
}

#[test]
fn nothing_is_done_to_what_cannot_be_seen() {
    for (width, height) in [(39, 9), (10, 3), (1, 1)] {
        let mut stage = Stage::new(80, 24);
        stage.select("web").take_effects();
        let selected = stage.selected().to_owned();
        stage.send(Message::Input(Input::Resize(width, height)));
        stage.take_effects();
        for keys in [
            "GD",
            "s",
            "y",
            "<F7>",
            "<Enter>",
            "rsleep 9<Enter>",
            ":stop<Enter>",
            " ",
        ] {
            stage.keys(keys);
            assert_eq!(stage.take_effects(), [], "{keys} at {width}x{height}");
        }
        stage.send(Message::Input(Input::Click(0, 0)));
        stage.send(Message::Input(Input::Paste("D".into())));
        assert_eq!(stage.take_effects(), []);
        assert!(stage.model.overlay.is_none());
        assert_eq!(stage.selected(), selected);
        stage.keys("q");
        assert_eq!(stage.take_effects(), [Effect::Quit]);
    }
}

#[test]
fn the_figures_of_the_header_stand_still() {
    let mut stage = Stage::new(120, 40);
    let places = |stage: &mut Stage| {
        let screen = stage.screen();
        let line = screen.lines().find(|line| line.contains("Load ")).unwrap();
        ["Load", "Up", "Net", "Disk"].map(|word| {
            let before = line.split(word).next().unwrap();
            before.chars().count()
        })
    };
    let before = places(&mut stage);
    let host = stage.model.host.as_mut().unwrap();
    host.load = [10.6, 123.4, 0.0];
    (host.rx_rate, host.tx_rate) = (Some(7.0), Some(1e9));
    host.disk = Some((0.0, 123_456.0));
    assert_eq!(places(&mut stage), before);
}
