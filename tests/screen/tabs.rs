//! The tabs that query the engine: their content at every size, keys, effects, and errors.

use std::path::PathBuf;

use minic_tui::internals::WindowSize;
use minic_tui::manager::{Error, Inspector};
use minic_tui::tui::Settings;
use minic_tui::tui::effect::{Call, Effect, Look, Seen, ShellCall, ShellEvent};
use minic_tui::tui::message::{Input, Message};
use minic_tui::tui::model::{Check, Pane};

use crate::stage::{Stage, ascii, settings};

const SIZES: [(u16, u16); 5] = [(60, 15), (80, 24), (120, 40), (200, 60), (300, 100)];

#[test]
fn every_tab_at_every_size() {
    for (key, name) in [
        ("<processes>", "processes"),
        ("<files>", "files"),
        ("<isolation>", "isolation"),
        ("5", "events"),
        ("6", "host"),
    ] {
        for (width, height) in SIZES {
            let mut stage = Stage::new(width, height);
            stage.select("web").keys(key).tick(2);
            stage.golden(&format!("{name}-{width}x{height}"));
        }
    }
}

#[test]
fn every_tab_in_ascii_without_colours() {
    for (key, name) in [
        ("<processes>", "processes"),
        ("<isolation>", "isolation"),
        ("6", "host"),
    ] {
        let mut stage = Stage::with(ascii(), 80, 24);
        stage.select("web").keys(key).tick(2);
        stage.golden(&format!("{name}-ascii-80x24"));
    }
}

#[test]
fn nothing_selected_and_nothing_running() {
    for (key, name) in [
        ("<processes>", "processes"),
        ("<shell>", "shell"),
        ("<files>", "files"),
        ("<isolation>", "isolation"),
    ] {
        let mut stage = Stage::before_messages(settings(), 80, 24);
        stage
            .keys(key)
            .golden(&format!("{name}-none-selected-80x24"));
        let mut stage = Stage::new(80, 24);
        stage
            .select("migrate")
            .keys(key)
            .golden(&format!("{name}-stopped-80x24"));
    }
}

#[test]
fn a_tab_looks_only_while_shown_and_one_look_at_a_time() {
    let mut stage = Stage::new(80, 24);
    stage.select("web").take_effects();
    let looks = |stage: &mut Stage| {
        let effects = stage.take_effects();
        let count = |wanted: fn(&Look) -> bool| {
            let is = |effect: &&Effect| matches!(effect, Effect::Look(look) if wanted(look));
            effects.iter().filter(is).count()
        };
        (
            count(|look| matches!(look, Look::Overview { .. })),
            count(|look| matches!(look, Look::Processes(_))),
        )
    };
    stage.tick(3);
    assert_eq!(looks(&mut stage), (3, 0));
    stage.keys("<processes>").tick(3);
    assert_eq!(looks(&mut stage), (0, 4));
    stage.keys("2").tick(3);
    assert_eq!(looks(&mut stage), (0, 0));
    stage.keys("1<overview>").tick(3);
    assert_eq!(looks(&mut stage).0, 4);
    stage.held = true;
    stage.keys("<processes>").tick(3);
    assert_eq!(looks(&mut stage), (0, 1), "the answer has not come yet");
}

#[test]
fn processes_are_sorted_and_signalled() {
    let mut stage = Stage::new(80, 24);
    stage.select("web").keys("<processes>").tick(2);
    stage.keys("P").golden("processes-cpu-80x24");
    stage.keys("M").golden("processes-memory-80x24");
    stage.keys("tjj");
    let web = stage.record("web");
    let pid = stage.model.looks.processes.chosen().unwrap().1.pid;
    assert_eq!(pid, web.state.status.process().unwrap().pid + 2);
    stage.keys("<F9>").golden("signal-menu-80x24");
    stage.take_effects();
    stage.keys("j<Enter>");
    let call = Call::Signal(web.spec.id.clone(), pid, 9);
    assert!(
        stage
            .take_effects()
            .iter()
            .any(|effect| matches!(effect, Effect::Call(_, asked) if *asked == call))
    );
    stage.golden("signalled-80x24");
    stage.keys("g<F9><Esc>");
    assert!(stage.model.overlay.is_none());
}

#[test]
fn the_processes_of_all_and_of_the_next() {
    let mut stage = Stage::new(120, 40);
    stage.select("web").keys("<processes>").tick(1);
    stage.keys("a").golden("processes-all-120x40");
    stage.keys("a>").tick(1);
    let shown = stage.model.looks.processes.shown.clone();
    assert_eq!(Some(&shown[0]), stage.model.list.selected.as_ref());
}

#[test]
fn errors_reading_processes_are_shown() {
    let mut stage = Stage::new(80, 24);
    stage.held = true;
    stage.select("web").keys("<processes>");
    let error = Error::System {
        message: "read cgroup.procs: Permission denied".into(),
        hint: None,
    };
    let web = stage.record("web").spec.id;
    stage.send(Message::Seen(Box::new(Seen::Processes(vec![(
        web,
        Err(error),
    )]))));
    stage.golden("processes-error-80x24");
}

#[test]
fn events_follow_keep_their_position_and_are_filtered() {
    let mut stage = Stage::new(80, 24);
    stage.select("sleeper").keys("s5").tick(1);
    stage.golden("events-stopped-80x24");
    stage.keys("/died").golden("events-filter-typing-80x24");
    stage.keys("<Enter>").golden("events-filtered-80x24");
    stage
        .keys("/<Ctrl-U>nothing like it<Enter>")
        .golden("events-no-match-80x24");
    stage.keys("/x<Esc>");
    assert_eq!(
        stage.model.looks.events.filter, "nothing like it",
        "Esc takes back what was typed"
    );
    let error = Error::System {
        message: "cannot read the events: Input/output error".into(),
        hint: None,
    };
    stage.send(Message::Seen(Box::new(Seen::Events(Err(error)))));
    stage.golden("events-error-80x24");
}

#[test]
fn sheets_scroll_to_their_end_and_no_further() {
    for (key, name) in [("<isolation>", "isolation"), ("6", "host")] {
        let mut stage = Stage::new(80, 24);
        stage.select("web").keys(key).tick(1);
        stage.keys("GGjj").golden(&format!("{name}-end-80x24"));
        stage.keys("gk");
        assert_eq!(
            (
                stage.model.looks.isolation.offset,
                stage.model.looks.host.offset
            ),
            (0, 0)
        );
    }
    let mut stage = Stage::new(80, 24);
    stage.held = true;
    stage.select("web").keys("<isolation>");
    let error = Error::System {
        message: "read /proc/1/status: No such process".into(),
        hint: None,
    };
    let web = stage.record("web").spec.id;
    stage.send(Message::Seen(Box::new(Seen::Isolation(web, Err(error)))));
    stage.golden("isolation-error-80x24");
}

#[test]
fn files_are_opened_extracted_and_reverted() {
    let mut stage = Stage::new(80, 24);
    stage
        .select("web")
        .keys("<files>jjj<Enter>")
        .golden("file-open-80x24");
    stage.keys("G").golden("file-open-end-80x24");
    stage.keys("<Esc>").golden("files-chosen-80x24");
    let web = stage.record("web").spec.id;
    let path = "/var/lib/web/data.db".to_owned();
    stage.keys("c").golden("file-extract-80x24");
    stage.take_effects();
    stage.keys("<Ctrl-U>/srv/out<Enter>");
    let call = Call::Extract(web.clone(), path.clone(), PathBuf::from("/srv/out"));
    assert!(
        stage
            .take_effects()
            .iter()
            .any(|effect| matches!(effect, Effect::Call(_, asked) if *asked == call))
    );
    stage.golden("file-extract-refused-80x24");
    stage
        .keys("<Esc>")
        .keys("<files>b")
        .golden("file-revert-refused-80x24");
    stage
        .keys("<Esc>1")
        .select("migrate")
        .keys("<files>")
        .tick(1);
    stage.keys("b").golden("file-revert-80x24");
    stage.keys("n").take_effects();
    stage.keys("b<Enter>").tick(1);
    stage.golden("file-reverted-80x24");
    assert!(
        stage
            .model
            .looks
            .files
            .list()
            .iter()
            .all(|change| change.path != "/etc/motd")
    );
    stage.keys("g<Enter>").golden("file-open-80x24-migrate");
}

#[test]
fn a_shell_gets_every_key_but_one_and_survives_other_tabs() {
    for (width, height) in [(60, 15), (80, 24), (120, 40)] {
        let mut stage = Stage::new(width, height);
        stage
            .select("web")
            .keys("<shell><Enter>")
            .golden(&format!("shell-open-{width}x{height}"));
        stage
            .keys("ls<Enter>nope<Enter>1q?:")
            .golden(&format!("shell-typed-{width}x{height}"));
    }
    let mut stage = Stage::new(80, 24);
    stage.select("web").keys("<shell><Enter>").take_effects();
    stage.keys("<Ctrl-C><Ctrl-Z><Tab>q<F10>");
    assert!(
        stage
            .take_effects()
            .iter()
            .all(|effect| matches!(effect, Effect::Shell(..))),
        "Ctrl-C, Ctrl-Z, Tab, q and F10 are the shell's"
    );
    assert_eq!(stage.model.pane(), Some(Pane::Shell));
    stage.keys("<Ctrl-]>").golden("shell-left-80x24");
    stage.keys("1");
    let id = stage.model.shells.list[0].id;
    stage.send(Message::Shell(
        id,
        ShellEvent::Output(b"\r\nwritten meanwhile\r\n".to_vec()),
    ));
    stage.keys("<shell><Enter>").shows("written meanwhile");
    assert!(stage.model.shells.typing, "it is attached again");
    stage
        .keys("<Ctrl-]>1")
        .select("db")
        .keys("en")
        .golden("shell-second-80x24");
    stage.keys("<Ctrl-]>n<Ctrl-]><lt>").shows("shell 1 of 2");
    stage.keys("q").golden("shell-quit-80x24");
    stage.keys("nX").shows("shell 1 of 1");
    assert!(
        stage
            .take_effects()
            .iter()
            .any(|effect| matches!(effect, Effect::Shell(_, ShellCall::Close)))
    );
}

#[test]
fn a_shell_ends_fails_and_is_resized() {
    let mut stage = Stage::new(80, 24);
    stage
        .select("web")
        .keys("<shell><Enter>exit 3<Enter>")
        .golden("shell-ended-80x24");
    assert!(!stage.model.shells.typing);
    stage.keys("<Enter>").take_effects();
    let id = stage.model.shell().unwrap().id;
    stage.send(Message::Input(Input::Resize(120, 40)));
    let area = stage.model.regions().unwrap().below_title();
    let size = WindowSize {
        rows: area.height,
        columns: 120,
    };
    assert!(
        stage
            .take_effects()
            .contains(&Effect::Shell(id, ShellCall::Resize(size))),
        "the window's size follows"
    );
    let error = Error::Launch {
        message: "/bin/sh: command not found in the container".into(),
        code: 127,
        launch: Vec::new(),
    };
    stage.send(Message::Shell(id, ShellEvent::Failed(error)));
    stage.golden("shell-failed-120x40");
}

#[test]
fn a_shell_needs_a_running_container() {
    let mut stage = Stage::new(80, 24);
    stage
        .select("migrate")
        .keys("<shell>n")
        .shows("migrate is STOPPED: a shell needs a running one");
    stage
        .keys("1")
        .select("web")
        .keys("p<shell>n")
        .shows("web is PAUSED: a shell needs a running one");
    assert!(stage.model.shells.list.is_empty());
}

#[test]
fn a_shell_keeps_its_scrollback_and_colours() {
    let mut stage = Stage::new(80, 24);
    stage
        .select("web")
        .keys("<shell><Enter>seq 100<Enter><Ctrl-]><PageUp>")
        .golden("shell-back-80x24");
    let id = stage.model.shells.list[0].id;
    stage.keys("G");
    stage.send(Message::Shell(
        id,
        ShellEvent::Output(
            "\x1b[2J\x1b[H\x1b[31mred\x1b[0m 漢字 \x1b[7mreversed"
                .as_bytes()
                .to_vec(),
        ),
    ));
    let buffer = stage.buffer();
    let y = stage.model.regions().unwrap().below_title().y;
    assert_eq!(buffer[(0, y)].fg, ratatui::style::Color::Indexed(1));
    stage.golden("shell-colours-80x24");
    stage.keys("<Enter>");
    stage.take_effects();
    stage.send(Message::Shell(
        id,
        ShellEvent::Output(b"\x1b[?2004h".to_vec()),
    ));
    stage.held = true;
    stage.send(Message::Input(Input::Paste("one\ntwo".into())));
    let typed = b"\x1b[200~one\rtwo\x1b[201~".to_vec();
    assert!(
        stage
            .take_effects()
            .contains(&Effect::Shell(id, ShellCall::Write(typed)))
    );
}

#[test]
fn read_only_opens_no_shell_and_sends_no_signal() {
    let mut stage = Stage::with(
        Settings {
            read_only: true,
            ..settings()
        },
        80,
        24,
    );
    stage.select("web").keys("<shell><Enter>n").take_effects();
    assert!(stage.model.shells.list.is_empty());
    stage.keys("<processes><F9><files>b");
    assert!(stage.model.overlay.is_none());
    assert!(
        !stage
            .take_effects()
            .iter()
            .any(|effect| matches!(effect, Effect::Call(..)))
    );
}

#[test]
fn the_host_check_runs_only_on_a_key() {
    for read_only in [false, true] {
        let mut stage = Stage::with(
            Settings {
                read_only,
                ..settings()
            },
            80,
            24,
        );
        stage.keys("6").tick(3);
        stage.keys("16").tick(2);
        let effects = stage.take_effects();
        assert_eq!(
            effects
                .iter()
                .filter(|effect| **effect == Effect::Look(Look::Facts))
                .count(),
            1
        );
        assert!(
            !effects.iter().any(Effect::changes_something),
            "{effects:?}"
        );
        stage.keys("cc");
        let asked = stage
            .take_effects()
            .iter()
            .filter(|effect| **effect == Effect::Check)
            .count();
        assert_eq!(
            asked,
            usize::from(!read_only),
            "once, and never when it is read-only"
        );
        assert_eq!(stage.model.looks.check == Check::Running, !read_only);
    }
}

#[test]
fn the_check_replaces_the_facts() {
    let mut stage = Stage::new(120, 40);
    stage.keys("6").tick(2);
    stage.keys("c").tick(2);
    stage.keys("G").golden("host-checking-120x40");
    let found = stage.demo.check_sheet();
    stage.send(Message::Seen(Box::new(Seen::Check(found))));
    stage.keys("G").golden("host-checked-120x40");
    let error = Error::System {
        message: "run minic-tui check: no".into(),
        hint: None,
    };
    stage.send(Message::Seen(Box::new(Seen::Check(Err(error)))));
    stage.keys("G").golden("host-check-failed-120x40");
}
