//! The containers of this machine, seen and led through the door.

use std::io::{BufRead, BufReader, Write};

use serde_json::json;

use crate::command::eventually;
use crate::fixture::Fixture;
use crate::server::Server;
use crate::viewer::Viewer;

#[test]
fn a_life_over_the_api_and_its_events() {
    let fixture = Fixture::new();
    let server = Server::of(&fixture, &["--allow-control"]);
    let mut stream = server.connect();
    write!(
        stream,
        "GET /api/events HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\r\n",
        server.host(),
        server.token
    )
    .unwrap();
    let mut events = BufReader::new(stream).lines().map(Result::unwrap);
    assert!(events.next().unwrap().starts_with("HTTP/1.1 200"));
    assert!(events.any(|line| line == "content-type: text/event-stream"));
    let made = server
        .post(
            "/api/containers",
            &json!({"name": "job", "command": ["sleep", "1000"], "memory": "64M", "cpus": "0.5"})
                .to_string(),
        )
        .is(201);
    assert_eq!(
        (&made["state"], &made["limits"]["memory"]),
        (&json!("RUNNING"), &json!(64 << 20))
    );
    eventually("a sample of it", || {
        server.get("/api/containers/job").is(200)["usage"]["pids"].as_u64() == Some(1)
    });
    assert!(
        server
            .get("/metrics")
            .body
            .contains("container_processes{id=\"")
    );
    assert_eq!(
        server.post("/api/containers/job/pause", "").is(200)["state"],
        "PAUSED"
    );
    assert_eq!(
        server.post("/api/containers/job/resume", "").is(200)["state"],
        "RUNNING"
    );
    assert_eq!(
        server
            .post("/api/containers/job/stop", r#"{"timeout":1}"#)
            .is(200)["state"],
        "STOPPED"
    );
    server.ask("DELETE /api/containers/job", "").is(200);
    assert!(fixture.list().is_empty());
    for kind in ["created", "started", "died", "destroyed"] {
        let line = format!("event: {kind}");
        assert!(events.any(|said| said == line), "{kind}");
        assert!(events.next().unwrap().contains("\"name\":\"job\""));
    }
    let missing = server
        .post("/api/containers", r#"{"command":["/no/such/program"]}"#)
        .is(422);
    assert!(
        missing["error"]
            .as_str()
            .unwrap()
            .contains("/no/such/program"),
        "{missing}"
    );
    assert!(fixture.list().is_empty(), "nothing half-made stays behind");
}

#[test]
fn what_a_viewer_runs_outlives_the_server() {
    let fixture = Fixture::new();
    let mut server = Server::of(&fixture, &["--allow-control"]);
    let mut viewer = Viewer::open(&server, 120, 40);
    viewer.until("the screen", |text| text.contains("[1 Containers]"));
    server
        .post(
            "/api/containers",
            r#"{"name":"stays","command":["sleep","1000"]}"#,
        )
        .is(201);
    viewer.until("it runs", |text| {
        text.lines()
            .any(|line| line.contains("RUNNING") && line.contains("stays"))
    });
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    viewer.until_over();
    assert_eq!(fixture.list()[0]["state"], "RUNNING");
    let again = Server::of(&fixture, &["--allow-control"]);
    let mut viewer = Viewer::open(&again, 120, 40);
    viewer.until("it still runs", |text| {
        text.lines()
            .any(|line| line.contains("RUNNING") && line.contains("stays"))
    });
    assert_eq!(
        again
            .ask("DELETE /api/containers/stays?force=true", "")
            .is(200)["name"],
        "stays"
    );
    viewer.until("it is gone", |text| !text.contains("stays"));
}

#[test]
fn what_a_container_is_called_cannot_drive_a_page_or_a_terminal() {
    let fixture = Fixture::new();
    let server = Server::of(&fixture, &["--allow-control"]);
    let hostile = "\u{1b}]52;c;aGk=\u{7}\u{9b}2J\u{202e}<script>alert(1)</script>";
    let made = server.post(
        "/api/containers",
        &json!({"name": "odd", "command": ["sleep", "1000", hostile]}).to_string(),
    );
    assert_eq!(made.status, 201, "{made:?}");
    assert!(
        made.body
            .chars()
            .all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'),
        "{:?}",
        made.body
    );
    assert_eq!(made.json()["command"][2], hostile, "the value is the same");
    let mut viewer = Viewer::open(&server, 200, 40);
    let text = viewer.until("it", |text| text.contains("odd"));
    assert!(
        text.chars()
            .all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'),
        "{text:?}"
    );
    server
        .ask("DELETE /api/containers/odd?force=true", "")
        .is(200);
}
