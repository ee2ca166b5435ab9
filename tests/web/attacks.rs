//! What the server holds off: silent connections, bodies that never end, floods of keys, pages that
//! do not read, other ports.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use tungstenite::client::IntoClientRequest;
use tungstenite::{Message, WebSocket, client};

use crate::chromium::Chromium;
use crate::command::{comes_true, eventually, scale};
use crate::fixture::Fixture;
use crate::server::Server;
use crate::viewer::Viewer;

/// As many as there were places once, and some.
const MANY: usize = 300;
/// What the server may grow by, in KiB.
const GROWTH: u64 = 60 << 10;

/// A real user's request is answered within a second.
#[track_caller]
fn answers_at_once(server: &Server, what: &str) {
    for _ in 0..3 {
        let begun = Instant::now();
        assert_eq!(server.get("/api/containers").status, 200);
        let took = begun.elapsed();
        assert!(took < scale(Duration::from_secs(1)), "{what}: {took:?}");
    }
}

#[test]
fn silent_connections_do_not_block_others() {
    let server = Server::demo(&[]);
    let mut old = Viewer::open(&server, 80, 24);
    old.until("the screen", |text| text.contains("cpu-quarter"));
    let silent: Vec<_> = (0..MANY).map(|_| server.connect()).collect();
    answers_at_once(&server, "silent connections");
    let half: Vec<_> = (0..MANY)
        .map(|_| {
            let mut stream = server.connect();
            let _ = stream.write_all(b"GET /api/containers HTTP/1.1\r\nHost: ");
            stream
        })
        .collect();
    answers_at_once(&server, "half heads");
    Viewer::open(&server, 80, 24).until("another screen", |text| text.contains("cpu-quarter"));
    old.key("4");
    old.until("the one from before goes on", |text| text.contains("[4"));
    drop((silent, half));
}

#[test]
fn a_storm_of_connections_does_not_block_others() {
    let server = Server::demo(&[]);
    let over = Arc::new(AtomicBool::new(false));
    let storm = {
        let (over, host) = (Arc::clone(&over), server.host());
        thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                let _ = TcpStream::connect(&host);
            }
        })
    };
    thread::sleep(Duration::from_millis(300));
    let answered = (0..5).all(|_| server.get("/api/containers").status == 200);
    over.store(true, Ordering::Relaxed);
    storm.join().unwrap();
    assert!(answered);
}

#[test]
fn endless_bodies_do_not_block_others() {
    for args in [&[][..], &["--allow-control"]] {
        let server = Server::demo(args);
        let head = format!(
            "Host: {}\r\nOrigin: {}\r\nAuthorization: Bearer {}\r\n",
            server.host(),
            server.origin(),
            server.token
        );
        let unfinished: Vec<_> = (0..MANY)
            .map(|_| {
                let mut stream = server.connect();
                let _ = write!(
                    stream,
                    "POST /api/containers HTTP/1.1\r\n{head}Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{"
                );
                stream
            })
            .collect();
        answers_at_once(&server, "unfinished bodies");
        drop(unfinished);
    }
}

/// The server's resident memory, in KiB (proc_pid_status(5)).
fn resident(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.child.id())).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

fn open(server: &Server) -> Option<WebSocket<TcpStream>> {
    let mut request = format!("ws://{}/ws?size=120x40", server.host())
        .into_client_request()
        .unwrap();
    request.headers_mut().insert(
        "Authorization",
        format!("Bearer {}", server.token).parse().unwrap(),
    );
    request
        .headers_mut()
        .insert("Origin", server.origin().parse().unwrap());
    client(request, server.connect())
        .ok()
        .map(|(socket, _)| socket)
}

/// Says `what` as fast as it can, reading nothing, on one connection after the other; gives the
/// reasons that it was let go for.
fn flood(server: &Server, what: &[Message], until: &AtomicBool) -> Vec<String> {
    let mut reasons = Vec::new();
    while !until.load(Ordering::Relaxed) {
        let Some(mut socket) = open(server) else {
            continue;
        };
        let mut all = what.iter().cycle();
        while !until.load(Ordering::Relaxed)
            && all
                .next()
                .is_some_and(|message| socket.send(message.clone()).is_ok())
        {}
        while !until.load(Ordering::Relaxed)
            && let Ok(message) = socket.read()
        {
            if let Message::Close(Some(frame)) = message {
                reasons.push(format!("{} {}", u16::from(frame.code), frame.reason));
            }
        }
    }
    reasons
}

#[test]
fn a_flood_of_input_closes_its_connection_and_the_server_does_not_grow() {
    let server = Server::demo(&[]);
    let mut other = Viewer::open(&server, 80, 24);
    other.until("the screen", |text| text.contains("cpu-quarter"));
    let text = |value: serde_json::Value| Message::text(value.to_string());
    let keys_and_sizes = ["Down", "4", "1", "?", "Esc"]
        .map(|key| text(json!({ "key": key })))
        .into_iter();
    let keys_and_sizes: Vec<_> = keys_and_sizes
        .flat_map(|key| {
            [
                key,
                text(json!({"resize": [400, 150]})),
                text(json!({"resize": [20, 5]})),
            ]
        })
        .collect();
    let pastes = vec![text(json!({ "paste": "x".repeat(16_000) }))];
    let nonsense = vec![
        text(json!({"nothing": 1})),
        Message::Ping(vec![0; 100].into()),
        Message::Pong(vec![0; 100].into()),
    ];
    let before = resident(&server);
    let (over, most) = (AtomicBool::new(false), AtomicUsize::new(0));
    let reasons: Vec<String> = thread::scope(|scope| {
        let floods: Vec<_> = [&keys_and_sizes, &keys_and_sizes, &pastes, &nonsense]
            .map(|what| scope.spawn(|| flood(&server, what, &over)))
            .into_iter()
            .collect();
        let end = Instant::now() + Duration::from_secs(10);
        while Instant::now() < end && most.load(Ordering::Relaxed) < 5 * GROWTH as usize {
            most.fetch_max(
                usize::try_from(resident(&server).saturating_sub(before)).unwrap(),
                Ordering::Relaxed,
            );
            thread::sleep(Duration::from_millis(50));
        }
        over.store(true, Ordering::Relaxed);
        floods
            .into_iter()
            .flat_map(|flood| flood.join().unwrap())
            .collect()
    });
    let most = most.into_inner() as u64;
    assert!(most < GROWTH, "it grew from {before} KiB by {most} KiB");
    assert!(
        reasons
            .iter()
            .any(|reason| reason.starts_with("1008 too many")),
        "{:?}",
        &reasons[..reasons.len().min(5)]
    );
    other.key("4");
    other.until("another viewer goes on", |text| text.contains("[4"));
    answers_at_once(&server, "after a flood");
}

#[test]
fn a_page_that_does_not_read_is_disconnected() {
    let server = Server::demo(&[]);
    let mut socket = open(&server).unwrap();
    // whole frames of the largest size, as fast as a person could ask for them, until one cannot be
    // sent
    let gone = comes_true(|| {
        ["?", "Esc"].iter().any(|key| {
            socket
                .send(Message::text(json!({ "key": key }).to_string()))
                .is_err()
        }) || socket
            .send(Message::text(json!({"resize": [400, 150]}).to_string()))
            .is_err()
            || socket
                .send(Message::text(json!({"resize": [399, 149]}).to_string()))
                .is_err()
    });
    assert!(gone, "it holds on to a page that reads nothing");
    answers_at_once(&server, "a page that does not read");
}

#[test]
fn a_page_on_another_port_gets_nothing() {
    let server = Server::demo(&["--allow-control"]);
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = elsewhere.local_addr().unwrap().port();
    let mut browser = Chromium::start(800, 500);
    browser.open(&server.link);
    browser.until("containers", |text| text.contains("cpu-quarter"));
    assert_eq!(
        browser.script("location.href"),
        json!(format!("{}/", server.origin())),
        "the token is not kept in the address"
    );
    assert_eq!(browser.script("document.cookie"), "");
    let heard = thread::spawn(move || {
        let mut heard = Vec::new();
        for mut stream in elsewhere.incoming().map(Result::unwrap) {
            let mut bytes = [0; 8192];
            let n = stream.read(&mut bytes).unwrap_or(0);
            let request = String::from_utf8_lossy(&bytes[..n]).into_owned();
            let page = "<!doctype html><title>elsewhere</title>";
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n{page}",
                page.len()
            );
            let last = request.starts_with("GET /last");
            heard.push(request);
            if last {
                return heard;
            }
        }
        heard
    });
    // in the same tab, as somebody who follows a link does
    browser.open(&format!("http://127.0.0.1:{port}/"));
    browser.until_true("document.title === 'elsewhere'");
    assert_eq!(
        browser.script("sessionStorage.getItem('token')"),
        json!(null)
    );
    // and what that page asks of us in its name is refused: neither read nor done
    let origin = server.origin();
    for (path, how) in [
        ("/api/containers", "{credentials: 'include'}"),
        (
            "/api/containers/web/stop",
            "{method: 'POST', credentials: 'include', mode: 'no-cors'}",
        ),
        (
            "/api/containers",
            "{method: 'POST', body: '{}', headers: {'content-type': 'text/plain'}, credentials: 'include', mode: 'no-cors'}",
        ),
    ] {
        browser.script(&format!(
            "fetch('{origin}{path}', {how}).then((answer) => answer.status, () => 'refused')"
        ));
    }
    let socket = format!(
        "new Promise((done) => {{ const s = new WebSocket('ws://{}/ws', ['minic']); s.onopen = () => done('open'); s.onclose = () => done('closed'); }})",
        server.host()
    );
    assert_eq!(browser.script(&socket), "closed");
    browser.script(&format!("fetch('http://127.0.0.1:{port}/last', {{credentials: 'include'}}).then((answer) => answer.status)"));
    let heard = heard.join().unwrap();
    assert!(heard.len() >= 2, "{heard:?}");
    for request in heard {
        assert!(
            !request.to_lowercase().contains("cookie:") && !request.contains(&server.token),
            "{request}"
        );
    }
    assert_eq!(
        server.get("/api/containers/web").is(200)["state"],
        "RUNNING"
    );
    let count = server
        .get("/api/containers")
        .is(200)
        .as_array()
        .unwrap()
        .len();
    assert_eq!(server.get("/api/system").is(200)["containers"], count);
    // in the storage of its own origin it still is: the way back needs no link
    browser.open(&format!("{origin}/"));
    browser.until("containers", |text| text.contains("cpu-quarter"));
    assert_eq!(
        browser.script("sessionStorage.getItem('token')"),
        json!(server.token)
    );
}

#[test]
fn the_host_view_starts_nothing() {
    let fixture = Fixture::new();
    fixture.detached("only", &["sleep", "1000"]);
    let server = Server::of(&fixture, &[]);
    let mut viewer = Viewer::open(&server, 120, 60);
    viewer.until("the screen", |text| text.contains("only"));
    let events = || fixture.minic(&["events", "--json"]).ok();
    let before = events();
    viewer.key("6");
    viewer.until("what the host can do", |text| {
        text.contains("Disk of the state folder")
    });
    let begun = Instant::now();
    while begun.elapsed() < scale(Duration::from_secs(3)) {
        assert!(viewer.read());
        let names: Vec<_> = fixture
            .list()
            .iter()
            .map(|one| one["name"].clone())
            .collect();
        assert_eq!(names, ["only"]);
    }
    viewer.key("c");
    viewer.until("the refusal", |text| text.contains("read-only"));
    thread::sleep(scale(Duration::from_secs(1)));
    assert_eq!(fixture.list().len(), 1);
    assert_eq!(events(), before);
    eventually("it is answered", || server.get("/healthz").status == 200);
}
