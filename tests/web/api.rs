//! The API on sample data: every verb, what each refuses, and the metrics.

use serde_json::json;

use crate::server::Server;

#[test]
fn containers_go_through_their_states_over_the_api() {
    let server = Server::demo(&["--allow-control"]);
    let made = server
        .post(
            "/api/containers",
            &json!({"name": "new", "command": ["sleep", "9"], "memory": 64}).to_string(),
        )
        .is(201);
    assert_eq!(
        (&made["name"], &made["state"], &made["limits"]["memory"]),
        (&json!("new"), &json!("RUNNING"), &json!(64 << 20))
    );
    let state = |path: &str| {
        server
            .post(&format!("/api/containers/new/{path}"), "")
            .is(200)["state"]
            .clone()
    };
    assert_eq!(state("pause"), "PAUSED");
    assert_eq!(state("resume"), "RUNNING");
    assert_eq!(state("stop"), "STOPPED");
    assert_eq!(state("start"), "RUNNING");
    assert_eq!(state("restart"), "RUNNING");
    assert_eq!(
        server
            .post("/api/containers/new/kill", r#"{"signal":"INT"}"#)
            .is(200)["state"],
        "STOPPED"
    );
    let id = made["id"].as_str().unwrap();
    assert_eq!(
        server.get(&format!("/api/containers/{}", &id[..8])).is(200)["id"],
        id,
        "the beginning of an id will do"
    );
    assert_eq!(
        server.ask("DELETE /api/containers/new", "").is(200)["id"],
        id
    );
    server.get("/api/containers/new").is(404);
}

#[test]
fn errors_are_json() {
    let server = Server::demo(&["--allow-control"]);
    let error = |response: crate::server::Response, status| {
        let said = response.is(status);
        assert!(
            said["error"].as_str().is_some_and(|text| !text.is_empty()),
            "{said}"
        );
        said["error"].as_str().unwrap().to_owned()
    };
    error(server.get("/api/containers/nobody"), 404);
    error(server.get("/api/nothing"), 404);
    error(server.ask("PUT /api/containers", ""), 405);
    error(server.post("/api/containers/web/start", ""), 409);
    error(server.post("/api/containers/web/resume", ""), 409);
    error(server.ask("DELETE /api/containers/web", ""), 409);
    error(
        server.ask("DELETE /api/containers/web?force=maybe", ""),
        400,
    );
    error(
        server.post("/api/containers/web/kill", r#"{"signal":"NOPE"}"#),
        422,
    );
    error(
        server.post("/api/containers/web/stop", r#"{"timeout":99999999}"#),
        422,
    );
    error(
        server.post("/api/containers/web/stop", r#"{"timeout":-1}"#),
        400,
    );
    error(
        server.post("/api/containers/web/stop", r#"{"tiemout":1}"#),
        400,
    );
    error(server.post("/api/containers", "{"), 400);
    error(server.post("/api/containers", "[]"), 400);
    assert!(
        error(
            server.post("/api/containers", r#"{"command":["true"],"memory":"lots"}"#),
            422
        )
        .contains("memory")
    );
    assert!(
        error(
            server.post("/api/containers", r#"{"command":["true"],"memroy":"1"}"#),
            422
        )
        .contains("memroy")
    );
    assert!(
        error(
            server.post("/api/containers", r#"{"command":["true"],"name":"../x"}"#),
            422
        )
        .contains("name")
    );
    assert!(
        error(
            server.post("/api/containers", r#"{"preset":"nosuch"}"#),
            422
        )
        .contains("nosuch")
    );
    error(
        server.post("/api/containers", r#"{"command":["true"],"name":"web"}"#),
        409,
    );
    error(
        server.post("/api/containers", r#"{"command":["nosuch"]}"#),
        422,
    );
    let bearer = format!("Bearer {}", server.token);
    let form = [
        ("Host", &*server.host()),
        ("Authorization", &bearer),
        ("Origin", &*server.origin()),
        ("Content-Type", "text/plain"),
    ];
    error(
        server.raw("POST /api/containers", &form, r#"{"command":["true"]}"#),
        415,
    );
}

#[test]
fn a_read_only_server_changes_nothing() {
    let server = Server::demo(&[]);
    let before = server.get("/api/containers").is(200);
    for line in [
        "POST /api/containers",
        "DELETE /api/containers/staging",
        "POST /api/containers/web/stop",
        "POST /api/containers/web/kill",
        "POST /api/containers/staging/start",
        "POST /api/containers/web/pause",
        "POST /api/containers/web/resume",
        "POST /api/containers/web/restart",
    ] {
        let said = server.ask(line, "").is(403);
        assert!(
            said["hint"].as_str().unwrap().contains("--allow-control"),
            "{line}: {said}"
        );
    }
    let states = |all: &serde_json::Value| {
        all.as_array()
            .unwrap()
            .iter()
            .map(|one| one["state"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        states(&server.get("/api/containers").is(200)),
        states(&before)
    );
    assert_eq!(server.get("/api/system").is(200)["read_only"], true);
}

#[test]
fn metrics_are_valid_openmetrics() {
    let server = Server::demo(&[]);
    crate::command::eventually("the first sample", || {
        server.get("/api/containers/web").is(200)["usage"]["memory"].is_u64()
    });
    let response = server.get("/metrics");
    assert_eq!(
        response.header("content-type"),
        Some("application/openmetrics-text; version=1.0.0; charset=utf-8")
    );
    let text = &response.body;
    assert!(text.ends_with("\n# EOF\n"));
    let (mut family, mut kind, mut seen, mut samples) =
        (String::new(), String::new(), Vec::new(), 0);
    for line in text.lines().filter(|line| *line != "# EOF") {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, of) = rest.split_once(' ').unwrap();
            assert!(!seen.contains(&name.to_owned()), "{name} twice");
            seen.push(name.to_owned());
            (family, kind) = (name.to_owned(), of.to_owned());
            assert!(["counter", "gauge", "stateset"].contains(&of), "{line}");
        } else if let Some(rest) = line.strip_prefix("# UNIT ") {
            let (name, unit) = rest.split_once(' ').unwrap();
            assert!(
                name == family && name.ends_with(&format!("_{unit}")),
                "{line}"
            );
        } else if let Some(rest) = line.strip_prefix("# HELP ") {
            assert!(rest.starts_with(&format!("{family} ")), "{line}");
        } else {
            let (name, value) = line.rsplit_once(' ').unwrap();
            let bare = name.split('{').next().unwrap();
            let wanted = if kind == "counter" {
                format!("{family}_total")
            } else {
                family.clone()
            };
            assert_eq!(bare, wanted, "{line}");
            assert!(value.parse::<f64>().is_ok_and(f64::is_finite), "{line}");
            samples += 1;
        }
    }
    assert!(samples > 100, "{samples}");
    assert!(text.contains("container_memory_usage_bytes{id=") && text.contains("name=\"web\""));
}
