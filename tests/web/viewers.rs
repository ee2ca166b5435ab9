//! The screen over WebSockets: what a page is told, what it may say, and that viewers do not share
//! what is theirs.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::server::Server;
use crate::viewer::Viewer;

#[test]
fn a_page_is_shown_the_screen_and_has_its_keys_and_mouse() {
    let server = Server::demo(&[]);
    let mut viewer = Viewer::open(&server, 120, 40);
    let text = viewer.until("the containers", |text| {
        text.contains("cpu-quarter") && text.contains("RUNNING")
    });
    assert_eq!(viewer.hello["theme"], "dark");
    assert_eq!(text.lines().count(), 40);
    viewer.key("?");
    viewer.until("help", |text| text.contains("─ Keys, rows"));
    viewer.key("Esc");
    let text = viewer.until("no help", |text| !text.contains("─ Keys, rows"));
    let (row, line) = text
        .lines()
        .enumerate()
        .find(|(_, line)| line.contains("2 Images"))
        .unwrap();
    let column = line
        .find("2 Images")
        .map(|at| line[..at].chars().count())
        .unwrap();
    viewer.say(&json!({"click": [column + 2, row]}));
    viewer.until("the other tab", |text| text.contains("[2 Images]"));
    viewer.say(&json!({"resize": [80, 24]}));
    viewer.until("another size", |text| text.lines().count() == 24);
    viewer.say(&json!({"paste": "nothing to paste into"}));
    viewer.key("q");
    viewer.until_over();
    assert_eq!(
        viewer.left.as_ref().map(|left| left["reason"].is_null()),
        Some(true)
    );
}

#[test]
fn viewers_have_models_of_their_own_and_one_observer() {
    let server = Server::demo(&["--allow-control"]);
    let (mut one, mut other) = (
        Viewer::open(&server, 100, 30),
        Viewer::open(&server, 80, 24),
    );
    one.until("containers", |text| text.contains("cpu-quarter"));
    other.until("containers", |text| text.contains("cpu-quarter"));
    one.key("4");
    one.until("presets", |text| text.contains("[4"));
    server
        .post(
            "/api/containers",
            r#"{"name":"shared","command":["sleep","9"]}"#,
        )
        .is(201);
    let text = other.until("what happened elsewhere", |text| text.contains("shared"));
    assert!(text.contains("[1"), "its own tab:\n{text}");
    drop(one);
    other.key("q");
    other.until_over();
}

#[test]
fn a_read_only_screen_says_so_and_does_nothing() {
    let server = Server::demo(&[]);
    let mut viewer = Viewer::open(&server, 120, 40);
    viewer.until("containers", |text| text.contains("cpu-quarter"));
    for key in ["r", "s", "R", "D", "F7", "F8"] {
        viewer.key(key);
        viewer.until(key, |text| text.contains("read-only"));
        viewer.key("Esc");
        viewer.until("the toast is gone", |text| {
            !text.contains("this screen is read-only")
        });
    }
    assert_eq!(
        server.get("/api/containers/web").is(200)["state"],
        "RUNNING"
    );
}

#[test]
fn unchanged_frames_are_not_sent_and_nonsense_is_ignored() {
    let server = Server::demo(&[]);
    let mut viewer = Viewer::open(&server, 100, 30);
    viewer.until("containers", |text| text.contains("cpu-quarter"));
    for nonsense in [
        json!({}),
        json!([1]),
        json!({"key": "Hyper-X"}),
        json!({"click": [-1, 70000]}),
        json!({"key": "\u{1b}[2J"}),
        json!({"exec": "sh"}),
    ] {
        viewer.say(&nonsense);
    }
    viewer.key("4");
    viewer.until("it goes on", |text| text.contains("[4"));
    // a frame that was not drawn costs nothing: with the display frozen, no tick changes anything
    viewer.key("1");
    viewer.until("containers", |text| text.contains("[1"));
    viewer.key("Z");
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(3) {
        assert!(viewer.read());
    }
    assert!(viewer.frames < 60, "{} frames", viewer.frames);
}

#[test]
fn the_number_of_viewers_is_bounded() {
    let server = Server::demo(&[]);
    let bearer = format!("Bearer {}", server.token);
    let upgrade = |from: [u8; 4]| {
        server.raw_upgrade(
            from,
            &[("Authorization", &bearer), ("Origin", &server.origin())],
        )
    };
    let (here, there) = ([127, 0, 0, 1], [127, 0, 0, 2]);
    let mut viewers: Vec<_> = (0..64).map(|_| Viewer::open(&server, 60, 15)).collect();
    viewers[63].until("the last of them", |text| text.contains("web"));
    let refused = upgrade(here);
    assert!(
        refused.starts_with("HTTP/1.1 503"),
        "of one peer: {refused}"
    );
    viewers.extend((0..36).map(|_| Viewer::open_from(&server, there, 60, 15)));
    let refused = upgrade([127, 0, 0, 3]);
    assert!(refused.starts_with("HTTP/1.1 503"), "of all: {refused}");
    assert_eq!(
        server.get("/healthz").status,
        200,
        "everything else is answered"
    );
    drop(viewers);
    crate::command::eventually("there is room again", || {
        upgrade(here).starts_with("HTTP/1.1 101")
    });
}
