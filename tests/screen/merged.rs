//! The Logs tab: several logs in one, colours, searching, selecting, copying and saving.

use jiff::{SignedDuration, Timestamp};
use minic_tui::tui::effect::{Call, Effect, LogBatch};
use minic_tui::tui::message::{Input, Message};
use minic_tui::tui::model::{LogLine, LogPosition, Overlay, Target};
use minic_tui::tui::sanitise::coloured_line;
use ratatui::style::{Color, Modifier};

use crate::stage::{Stage, settings};

const BOTH: [(u16, u16); 2] = [(80, 24), (120, 40)];

/// A line `seconds` after the start of the test.
fn at(seconds: i64, source: usize, text: &str) -> LogLine {
    let at =
        "2026-11-23T14:10:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds);
    let (text, runs) = coloured_line(text.as_bytes());
    LogLine {
        at,
        stderr: false,
        source,
        text,
        runs,
    }
}

/// Delivers lines of the logs that are shown.
fn came(stage: &mut Stage, lines: Vec<LogLine>) {
    let ids = stage.model.log.targets.clone();
    stage.send(Message::Log(Ok(LogBatch {
        ids,
        skipped: 0,
        lines,
        unfinished: Vec::new(),
    })));
}

/// A screen with the log of `web`, and numbered lines at its end.
fn with_lines(width: u16, height: u16, count: i64) -> Stage {
    let mut stage = Stage::new(width, height);
    stage.select("web").keys("lz");
    let word = |i: i64| {
        if i % 10 == 3 {
            "an Error"
        } else {
            "all is well"
        }
    };
    came(
        &mut stage,
        (0..count)
            .map(|i| at(i, 0, &format!("numbered {i}: {}", word(i))))
            .collect(),
    );
    stage
}

fn kept(stage: &Stage) -> Vec<(usize, &str)> {
    stage
        .model
        .log
        .wanted()
        .map(|line| (line.source, line.text.as_str()))
        .collect()
}

#[test]
fn the_logs_of_all_in_view_are_merged_by_time() {
    for (width, height) in BOTH {
        let mut stage = Stage::new(width, height);
        stage
            .keys("<logs>a")
            .golden(&format!("logs-merged-{width}x{height}"));
        assert_eq!(stage.model.log.targets.len(), stage.model.records.len());
        let times: Vec<_> = stage.model.log.wanted().map(|line| line.at).collect();
        assert!(times.is_sorted() && times.len() > 50);
        stage
            .keys("t")
            .golden(&format!("logs-merged-times-{width}x{height}"));
        stage.keys("a");
        assert_eq!(stage.model.log.targets.len(), 1);
    }
}

#[test]
fn marks_decide_which_logs_are_merged() {
    let mut stage = Stage::new(80, 24);
    stage
        .select("web")
        .keys("<Space>")
        .select("db")
        .keys("<Space>")
        .keys("l");
    assert_eq!(stage.model.log.names, ["web", "db"]);
    stage.shows("2 containers  marked");
    stage.keys("1U").select("cache").keys("l");
    assert_eq!(stage.model.log.names, ["cache"]);
}

#[test]
fn a_merged_view_ends_with_its_marks() {
    let mut stage = Stage::new(120, 40);
    stage.select("web").keys("<Space>").select("db");
    stage.keys("<Space>l").shows("2 containers");
    stage.keys("U").hides("2 containers");
    let selected = stage.selected();
    assert_eq!(stage.model.log.names, [selected]);
    stage.keys("<Esc>").select("cache");
    assert_eq!(stage.model.log.names, ["cache"], "it follows the selection");
    stage.keys("<Space>").select("web").keys("<Space>l");
    assert_eq!(stage.model.log.targets.len(), 2);
    stage.keys("<Esc>").select("web").keys("<Space>");
    assert_eq!(stage.model.log.targets.len(), 1, "one mark is left");
}

#[test]
fn what_is_read_is_left_alone_when_the_containers_change() {
    let mut stage = Stage::new(80, 24);
    stage.keys("<logs>akk");
    let all = stage.model.log.targets.len();
    let mut records = stage.model.records.clone();
    records.pop();
    stage.send(Message::Records(900, Ok(records.clone())));
    assert_eq!(stage.model.log.targets.len(), all);
    stage.keys("G");
    records.pop();
    stage.send(Message::Records(901, Ok(records)));
    assert_eq!(stage.model.log.targets.len(), all - 2);
}

#[test]
fn late_lines_are_merged_without_moving_the_view() {
    let mut stage = Stage::new(80, 24);
    stage
        .select("web")
        .keys("<Space>")
        .select("db")
        .keys("<Space>")
        .keys("l");
    let before = stage.model.log.end();
    came(
        &mut stage,
        (0..40)
            .map(|i| at(2 * i, 0, &format!("even {i}")))
            .collect(),
    );
    stage.keys("kkv");
    let selected = stage.model.log.selection.unwrap().head;
    let text = stage.model.log.line(selected).unwrap().text.clone();
    let top = stage.screen().lines().nth(6).unwrap().to_owned();
    came(
        &mut stage,
        (0..40)
            .map(|i| at(2 * i + 1, 1, &format!("odd {i}")))
            .collect(),
    );
    let mine: Vec<String> = (before..before + 6)
        .map(|number| stage.model.log.line(number).unwrap().text.clone())
        .collect();
    assert_eq!(
        mine,
        ["even 0", "odd 0", "even 1", "odd 1", "even 2", "odd 2"]
    );
    let now = stage.model.log.selection.unwrap();
    assert_eq!(
        (now.anchor, &stage.model.log.line(now.head).unwrap().text),
        (now.head, &text)
    );
    assert_eq!(stage.screen().lines().nth(6).unwrap(), top);
}

#[test]
fn new_containers_join_while_it_follows_and_sorting_changes_nothing() {
    let mut stage = Stage::new(80, 24);
    stage.keys("<logs>a");
    let all = stage.model.log.targets.clone();
    stage.keys("1P<logs>");
    assert_eq!(stage.model.log.targets, all);
    stage.keys("1rsleep 9<Enter>");
    stage.keys("<logs>");
    assert_eq!(stage.model.log.targets.len(), all.len() + 1);
}

#[test]
fn colours_of_the_output_are_shown_unless_colourless() {
    let line = "\x1b[1;31mred\x1b[0m plain \x1b[38;2;1;2;3mrgb";
    let mut stage = Stage::new(80, 24);
    stage.select("web").keys("l");
    came(&mut stage, vec![at(0, 0, line)]);
    let cell = |stage: &mut Stage, column: u16| {
        let buffer = stage.buffer();
        let y = (0..24)
            .find(|y| buffer[(2, *y)].symbol() == "r" && buffer[(6, *y)].symbol() == "p")
            .unwrap();
        (buffer[(column, y)].fg, buffer[(column, y)].modifier)
    };
    assert_eq!(cell(&mut stage, 3), (Color::Red, Modifier::BOLD));
    assert_eq!(cell(&mut stage, 7), (Color::Reset, Modifier::empty()));
    let depth = stage.model.settings.theme.depth.unwrap();
    assert_eq!(cell(&mut stage, 12).0, depth.nearest(Color::Rgb(1, 2, 3)));
    stage.model.settings = crate::stage::ascii();
    assert_eq!(cell(&mut stage, 3), (Color::Reset, Modifier::BOLD));
    assert_eq!(cell(&mut stage, 12).0, Color::Reset);
}

#[test]
fn search_is_incremental() {
    for (width, height) in BOTH {
        let mut stage = with_lines(width, height, 100);
        stage
            .keys("g/error")
            .golden(&format!("logs-searching-{width}x{height}"));
        stage.keys("<Enter>");
        stage.shows("match 1 of 10");
        stage.shows("numbered 3: an Error");
        stage.keys("nn").shows("match 3 of 10");
        stage.shows("numbered 23: an Error");
        stage.keys("NNN").shows("match 10 of 10");
        stage.shows("numbered 93: an Error");
        stage.golden(&format!("logs-found-{width}x{height}"));
        stage.keys("n").shows("match 1 of 10");
        came(&mut stage, vec![at(200, 0, "one more error")]);
        stage.shows("match 1 of 11");
        stage.keys("<Esc>").hides("match 1");
    }
}

#[test]
fn a_cancelled_search_restores_the_position() {
    let mut stage = with_lines(80, 24, 100);
    let before = stage.screen();
    stage.keys("/numbered 5").hides("following");
    stage.keys("<Esc>");
    assert_eq!(
        (stage.screen(), stage.model.log.place),
        (before, LogPosition::End)
    );
    stage.keys("/nowhere to be found<Enter>").shows("no match");
    stage.keys("n").shows("search: no line matches");
    stage.keys("/error<Enter>/<Enter>").shows("match 1 of 10");
    let mut stage = with_lines(80, 24, 1);
    stage.keys("n").shows("no pattern yet");
}

#[test]
fn matches_are_highlighted_across_wrapped_rows() {
    let mut stage = Stage::new(80, 24);
    stage.select("web").keys("l");
    came(
        &mut stage,
        vec![at(0, 0, &format!("{}needle", "x".repeat(75)))],
    );
    stage.keys("/needle<Enter>");
    let buffer = stage.buffer();
    let lit: String = buffer
        .content()
        .iter()
        .filter(|cell| cell.modifier.contains(Modifier::UNDERLINED))
        .map(|cell| cell.symbol())
        .collect();
    assert!(lit.ends_with("needle"), "{lit}");
}

#[test]
fn lines_are_selected_with_keys_and_copied() {
    for (width, height) in BOTH {
        let mut stage = with_lines(width, height, 50);
        stage
            .keys("v<Up><Up>")
            .golden(&format!("logs-selected-{width}x{height}"));
        came(&mut stage, vec![at(100, 0, "later")]);
        stage.shows("3 lines selected");
        stage.effects.clear();
        stage.keys("y");
        let wanted = "numbered 47: all is well\nnumbered 48: all is well\nnumbered 49: all is well";
        assert_eq!(stage.effects, [Effect::Copy(wanted.into())]);
        stage.keys("<Esc>").hides("selected");
        stage.keys("<Shift-Up><Shift-Up>").shows("2 lines selected");
        stage.keys("v").hides("selected");
    }
}

#[test]
fn selecting_stops_at_both_ends() {
    let mut stage = with_lines(80, 24, 50);
    stage.keys("vg");
    let all = stage.model.log.end();
    assert_eq!(stage.model.log.wanted().count() as u64, all);
    stage.keys("<Up><PageUp>");
    assert_eq!(
        (
            stage.model.log.selection.unwrap().head,
            stage.model.log.place
        ),
        (0, LogPosition::At(0, 0))
    );
    stage.keys("G<Down>");
    assert_eq!(stage.model.log.selection.unwrap().head, all - 1);
}

#[test]
fn lines_are_selected_with_the_mouse() {
    let mut stage = with_lines(80, 24, 50);
    stage.screen();
    let end = stage.model.log.end();
    let place = stage.model.hits.find(&Target::LogLine(end - 3)).unwrap();
    stage.send(Message::Input(Input::Click(10, place.y)));
    stage.shows("1 line selected");
    stage.send(Message::Input(Input::Drag(10, place.y + 2)));
    stage.shows("3 lines selected");
    assert_eq!(kept(&stage).last(), Some(&(0, "numbered 49: all is well")));
    let body = stage.model.regions().unwrap().below_title();
    for _ in 0..body.height {
        stage.send(Message::Input(Input::Drag(10, body.y - 1)));
    }
    let top = stage.model.log.selection.unwrap().head;
    assert_eq!(
        stage.model.log.place,
        LogPosition::At(top, 0),
        "it scrolls at its edge"
    );
    stage.send(Message::Input(Input::Release));
    stage.send(Message::Input(Input::Wheel(10, 10, 1)));
    assert_eq!(
        stage.model.log.selection.unwrap().head,
        top,
        "the wheel moves what is seen alone"
    );
}

#[test]
fn the_log_or_selection_is_saved_to_a_new_file_only() {
    let folder = std::env::temp_dir().join(format!("minic-tui-saved-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("web.log");
    for (width, height) in BOTH {
        let mut stage = with_lines(width, height, 20);
        stage
            .keys("v<Up>W")
            .golden(&format!("logs-save-{width}x{height}"));
        stage.keys("<Ctrl-U><Enter>").shows("a file's name");
    }
    let mut stage = with_lines(80, 24, 20);
    stage
        .keys("v<Up>W<Ctrl-U>")
        .keys(file.to_str().unwrap())
        .keys("<Enter>")
        .shows("written:");
    assert_eq!(
        std::fs::read_to_string(&file).unwrap(),
        "numbered 18: all is well\nnumbered 19: all is well\n"
    );
    stage
        .keys("W<Ctrl-U>")
        .keys(file.to_str().unwrap())
        .keys("<Enter>")
        .shows("File exists");
    assert!(
        std::fs::read_to_string(&file)
            .unwrap()
            .starts_with("numbered 18"),
        "it is not written over"
    );
    stage.held = true;
    stage.keys("<Esc><Esc>tW<Enter>");
    let whole = stage.effects.iter().rev().find_map(|effect| match effect {
        Effect::Call(_, Call::Write(path, text)) if path.to_str() == Some("web.log") => {
            Some(text.clone())
        }
        _ => None,
    });
    let whole = whole.unwrap();
    assert!(
        whole.ends_with("2026-11-23T14:10:19.000Z numbered 19: all is well\n"),
        "{whole}"
    );
    assert_eq!(whole.lines().count() as u64, stage.model.log.end());
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_read_only_screen_saves_no_log() {
    let mut stage = Stage::with(
        minic_tui::tui::Settings {
            read_only: true,
            ..settings()
        },
        80,
        24,
    );
    stage.select("web").keys("lW");
    stage.shows("Save: this screen is read-only");
    assert!(!matches!(stage.model.overlay, Some(Overlay::Line(_))));
}

#[test]
fn a_flood_of_several_logs_is_bounded() {
    let mut stage = Stage::new(80, 24);
    stage
        .select("web")
        .keys("<Space>")
        .select("db")
        .keys("<Space>")
        .keys("l/flood<Enter>");
    for round in 0..30 {
        came(
            &mut stage,
            (0..1_000)
                .map(|i| {
                    at(
                        round * 10 + i / 100,
                        i as usize % 2,
                        &format!("flood {round} {i}"),
                    )
                })
                .collect(),
        );
    }
    let log = &stage.model.log;
    assert!(log.missing() > 0 && log.end() - log.dropped() <= 20_000);
    assert_eq!(
        log.search.count(log.end()) as u64,
        log.end() - log.dropped()
    );
}

#[test]
fn omitted_logs_are_reported() {
    let mut stage = Stage::new(120, 40);
    let one = stage.record("web");
    let many = (0..100).map(|n| {
        let mut record = one.clone();
        record.spec.id = minic_tui::spec::ContainerId::new(format!("{n:012x}")).unwrap();
        record.spec.name = minic_tui::spec::ContainerName::new(format!("w{n}")).unwrap();
        record
    });
    stage.send(Message::Records(1_000, Ok(many.collect())));
    // the demo has none of them: reading is not tested here
    stage.held = true;
    stage.keys("la");
    assert_eq!(stage.model.log.targets.len(), 64);
    stage.shows("only the 64 oldest of 100 logs are shown");
}
