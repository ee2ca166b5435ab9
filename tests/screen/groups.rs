//! Groups: containers of one label, folded and unfolded, with sums, verbs and marks on all of them.

use minic_tui::spec::ContainerName;
use minic_tui::tui::effect::{Call, Effect};
use minic_tui::tui::message::{Input, Message};
use minic_tui::tui::model::{Pane, Row, Target};

use crate::stage::{Stage, ascii, snapshot};

fn shop(width: u16, height: u16) -> Stage {
    grouped(Stage::new(width, height))
}

fn grouped(mut stage: Stage) -> Stage {
    stage
        .grouped("shop", &["web", "db", "nightly"])
        .grouped("old", &["migrate", "memory-hog"]);
    stage
}

/// The names and groups in the rows.
fn rows(stage: &Stage) -> Vec<String> {
    let list = &stage.model.list;
    let name = |row: &Row| match row {
        Row::Group(at) => format!("[{}]", list.groups()[*at].name),
        Row::Container(at) => stage.model.records[*at].spec.name.to_string(),
    };
    list.rows().iter().map(name).collect()
}

#[test]
fn groups_at_every_size() {
    for (width, height) in [(40, 10), (80, 24), (120, 40), (200, 60)] {
        let mut stage = shop(width, height);
        stage
            .keys("<Home>")
            .golden(&format!("groups-{width}x{height}"));
        stage
            .keys("t")
            .golden(&format!("groups-folded-{width}x{height}"));
    }
    let mut stage = Stage::with(ascii(), 80, 24);
    stage.grouped("shop", &["web", "db"]).keys("<Home>t");
    stage.golden("groups-ascii-80x24");
    assert!(stage.screen().is_ascii());
}

#[test]
fn a_groups_containers_stand_below_its_head_and_fold_into_it() {
    let mut stage = shop(120, 40);
    assert_eq!(
        rows(&stage),
        [
            "[shop]",
            "web",
            "db",
            "nightly",
            "cache",
            "sleeper",
            "cpu-quarter",
            "staging",
            "[old]",
            "migrate",
            "memory-hog"
        ]
    );
    stage.keys("<Home>t");
    assert_eq!(stage.model.list.group.as_deref(), Some("shop"));
    assert_eq!(rows(&stage)[..2], ["[shop]", "cache"], "only this one");
    assert_eq!(
        stage.model.list.visible().len(),
        9,
        "what is folded matches nevertheless"
    );
    stage.keys("jt");
    assert_eq!(stage.selected(), "cache");
    assert_eq!(
        rows(&stage).len(),
        6,
        "elsewhere all are folded that are not"
    );
    stage.keys("<F5>");
    assert_eq!(rows(&stage).len(), 11, "and all unfolded");
    stage.select("db").keys("t");
    assert_eq!(
        stage.model.list.group.as_deref(),
        Some("shop"),
        "the head is selected in place of what it hides"
    );
}

#[test]
fn a_head_has_the_sums_and_the_worst_state() {
    let mut stage = shop(200, 60);
    let (web, db) = (stage.record("web").spec.id, stage.record("db").spec.id);
    for (at, used) in [(500, 0), (501, 250_000)] {
        let samples = [(&web, used, 100 << 20), (&db, 2 * used, 20 << 20)];
        stage.send(Message::Sampled(Box::new(snapshot(at, &samples))));
    }
    let screen = stage.screen();
    let head = screen
        .lines()
        .find(|line| line.contains("▾ shop (3)"))
        .unwrap();
    for part in ["STOPPED", "75.0%/host", "120M/host", "2 running, 1 failed"] {
        assert!(head.contains(part), "{part}:\n{screen}");
    }
    let ended = screen
        .lines()
        .find(|line| line.contains("▾ old (2)"))
        .unwrap();
    assert!(ended.contains("1 stopped, 1 failed"), "{screen}");
}

#[test]
fn groups_are_sorted_by_their_sums_and_containers_inside_them() {
    let mut stage = shop(120, 40);
    let ids: Vec<_> = ["web", "db", "cache"]
        .map(|name| stage.record(name).spec.id)
        .into();
    for (at, used) in [(500, 0), (501, 100_000)] {
        // neither alone uses as much as cache, both together do
        let samples = [
            (&ids[0], 2 * used, 1),
            (&ids[1], 3 * used, 1),
            (&ids[2], 4 * used, 1),
        ];
        stage.send(Message::Sampled(Box::new(snapshot(at, &samples))));
    }
    stage.keys("P");
    assert_eq!(
        rows(&stage)[..5],
        ["[shop]", "db", "web", "nightly", "cache"]
    );
    stage.keys("I");
    assert_eq!(
        rows(&stage)[..5],
        ["cache", "[shop]", "web", "db", "nightly"],
        "least first, what has no figure last in its group"
    );
}

#[test]
fn the_filter_finds_containers_by_their_group() {
    let mut stage = shop(120, 40);
    stage.keys("/shop run<Enter>");
    assert_eq!(rows(&stage), ["[shop]", "web", "db"]);
    stage.keys("<Esc>/old<Enter>");
    assert_eq!(rows(&stage), ["[old]", "migrate", "memory-hog"]);
}

#[test]
fn verbs_on_a_head_go_to_all_of_the_group() {
    let mut stage = shop(120, 40);
    stage.held = true;
    stage.keys("<Home>").take_effects();
    stage.keys("D").shows("Destroy 3 containers?");
    assert_eq!(stage.take_effects(), [], "asked once");
    stage.keys("y");
    let thrown: Vec<_> = stage
        .take_effects()
        .into_iter()
        .filter(|effect| matches!(effect, Effect::Call(_, Call::ThrowAway(..))))
        .collect();
    assert_eq!(thrown.len(), 3, "{thrown:?}");
}

#[test]
fn a_mark_on_a_head_marks_all_of_the_group_or_none() {
    let mut stage = shop(120, 40);
    stage.keys("<Home><Space>");
    assert_eq!(stage.model.list.marks.len(), 3);
    stage.keys("<Home><Space>");
    assert_eq!(stage.model.list.marks.len(), 0);
}

#[test]
fn a_click_on_a_head_folds_it() {
    let mut stage = shop(120, 40);
    stage.buffer();
    let head = stage.model.hits.find(&Target::Group("old".into())).unwrap();
    stage.send(Message::Input(Input::Click(head.x + 5, head.y)));
    assert_eq!(rows(&stage).last().unwrap(), "[old]");
    assert_eq!(stage.model.list.group.as_deref(), Some("old"));
    stage.buffer();
    stage.send(Message::Input(Input::Click(head.x + 5, head.y)));
    assert_eq!(rows(&stage).last().unwrap(), "memory-hog");
}

#[test]
fn a_hostile_group_name_is_drawn_safely() {
    let mut stage = Stage::new(120, 40);
    stage
        .grouped("a\u{1b}[2Jb\u{202e}c", &["web"])
        .keys("<Home>");
    let screen = stage.screen();
    assert!(!screen.contains('\u{1b}') && !screen.contains('\u{202e}'));
    assert!(
        ContainerName::new("web").is_ok() && screen.contains("(1)"),
        "{screen}"
    );
}

#[test]
fn tiles_have_no_heads() {
    let mut stage = shop(120, 40);
    stage.keys("<Home>v");
    assert_eq!(rows(&stage).len(), 9);
    assert_eq!(stage.selected(), "web", "the first of the group");
}

/// The panes that show one container.
const OF_ONE: [Pane; 5] = [
    Pane::Shell,
    Pane::Files,
    Pane::Isolation,
    Pane::Connections,
    Pane::History,
];

#[test]
fn panes_of_one_container_say_how_to_choose_one_of_the_group() {
    let mut stage = shop(120, 40);
    stage.keys("<Home><Tab>");
    for _ in 0..8 {
        stage.keys("<Tab>");
        if OF_ONE.contains(&stage.model.frame.pane) {
            stage.shows("Choose a container of the group: ");
        }
    }
    stage.keys("<Alt-f><Esc>");
    stage.shows("Choose a container of the group: Down.");
    stage.keys("t");
    stage.shows("The group is folded: t unfolds it.");
}

#[test]
fn the_log_of_a_head_is_that_of_its_containers_by_time() {
    let mut stage = shop(120, 40);
    stage.keys("<Home>").take_effects();
    stage.keys("l");
    let ids: Vec<_> = ["web", "db", "nightly"]
        .iter()
        .map(|name| stage.record(name).spec.id)
        .collect();
    let mut targets = stage.model.log.targets.clone();
    targets.sort();
    let mut wanted = ids.clone();
    wanted.sort();
    assert_eq!(targets, wanted);
    stage.shows("3 containers  of the group");
    stage.keys("J");
    assert_eq!(stage.model.log.targets.len(), 1, "then that of one");
    stage.keys("<Esc>").select_group("old");
    assert_eq!(stage.model.log.targets.len(), 2, "the pane follows");
}

#[test]
fn processes_of_a_head_are_those_of_all_that_live() {
    let mut stage = shop(120, 40);
    stage.keys("<Home><Alt-p>");
    let shown = &stage.model.looks.processes.shown;
    assert_eq!(shown.len(), 2, "nightly ended");
    stage.shows("httpd");
    stage.shows("postgres");
    stage.keys("<Esc>").select_group("old");
    stage.shows("None of the group runs: it has no processes.");
}

#[test]
fn what_cannot_be_done_to_some_of_the_group_says_so() {
    let mut stage = shop(120, 40);
    stage.keys("<Home>s");
    stage.shows("Not 1 of the 3 of the group: nightly is STOPPED");
    stage.keys("<Esc>").select_group("old").keys("s");
    stage.shows("not 2 of the 2 of the group: ");
}

#[test]
fn the_overview_of_a_head_shows_its_containers_the_worst_first() {
    for (width, height) in [(80, 24), (120, 40), (200, 60), (300, 100)] {
        let mut stage = Stage::new(width, height);
        stage.tick(60);
        let mut stage = grouped(stage);
        stage.keys("<Home>");
        stage.golden(&format!("group-overview-{width}x{height}"));
        stage.select_group("old");
        stage.golden(&format!("group-overview-old-{width}x{height}"));
    }
    let mut stage = shop(120, 40);
    stage.keys("<Home>t");
    let screen = stage.screen();
    let below: Vec<&str> = screen
        .lines()
        .skip_while(|line| !line.contains("[Overview]"))
        .collect();
    let place = |word: &str| below.iter().position(|line| line.contains(word));
    assert!(place("by the label minic.group").is_some(), "{screen}");
    assert!(
        place(" nightly ") < place(" web "),
        "what failed first: {screen}"
    );
    assert!(place("exited 3").is_some(), "{screen}");
}

#[test]
fn a_click_on_a_container_in_the_overview_of_a_folded_group_selects_it() {
    let mut stage = shop(120, 40);
    stage.keys("<Home>t").buffer();
    let id = stage.record("db").spec.id;
    let line = stage.model.hits.find(&Target::Container(id)).unwrap();
    stage.send(Message::Input(Input::Click(line.x + 5, line.y)));
    assert_eq!(stage.selected(), "db");
}
