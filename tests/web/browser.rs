//! A real browser opens the link: what a person sees and does.

use std::path::PathBuf;

use serde_json::json;

use crate::chromium::Chromium;
use crate::command::eventually;
use crate::fixture::Fixture;
use crate::server::Server;

/// The fields of the launch form.
const FIELDS: [&str; 5] = ["Preset", "Command", "Name", "Memory", "CPU"];

/// Keeps a picture where `MINIC_PICTURES` says: for the README.
fn keep(browser: &mut Chromium, name: &str) {
    let picture = browser.picture();
    assert!(
        picture.starts_with(b"\x89PNG") && picture.len() > 5_000,
        "a picture of {} bytes",
        picture.len()
    );
    if let Some(folder) = std::env::var_os("MINIC_PICTURES") {
        std::fs::write(PathBuf::from(folder).join(name), picture).unwrap();
    }
}

/// The percentage in the CPU column of the row of `name`.
fn cpu(text: &str, name: &str) -> Option<f64> {
    let row = text
        .lines()
        .find(|line| line.contains(name) && line.contains("RUNNING"))?;
    row.split_whitespace()
        .find_map(|word| word.split_once('%')?.0.parse().ok())
}

#[test]
fn a_container_is_run_watched_and_destroyed_from_a_page() {
    let fixture = Fixture::new();
    let _there = fixture.detached("quiet", &["sleep", "1000"]);
    let server = Server::of(&fixture, &["--allow-control"]);
    let mut browser = Chromium::start(1200, 760);
    browser.open(&server.link);
    browser.until("the containers of this machine", |text| {
        text.contains("quiet") && text.contains("RUNNING")
    });
    assert_eq!(
        browser.script("location.href"),
        json!(format!("http://{}/", server.host())),
        "the token is not kept in the address"
    );
    browser.press("r");
    browser.until("the form", |text| text.contains("─ Run a container ─"));
    fill(&mut browser, "Command", "sh -c 'while :; do :; done'");
    fill(&mut browser, "Name", "busy");
    fill(&mut browser, "CPU", "512");
    browser.press("Enter");
    browser.until("it runs", |text| {
        text.lines()
            .any(|line| line.contains("busy") && line.contains("RUNNING"))
    });
    browser.until("its gauge rises", |text| {
        cpu(text, "busy").is_some_and(|percent| percent > 20.0)
    });
    keep(&mut browser, "web.png");
    let at = browser.place_of("busy");
    browser.mouse("mousePressed", at, 0);
    browser.mouse("mouseReleased", at, 0);
    browser.until("it is selected", |text| text.contains("─ busy "));
    browser.press("D");
    browser.until("it is gone, and can be had back", |text| {
        text.contains("u brings it back")
            && !text
                .lines()
                .any(|line| line.contains("busy") && line.contains("RUNNING"))
    });
    eventually("it is destroyed", || {
        fixture.list().iter().all(|one| one["name"] != "busy")
    });
    assert_eq!(fixture.list().len(), 1, "and nothing else is");
}

/// Goes to the field called `name` and types over what is in it.
#[track_caller]
fn fill(browser: &mut Chromium, name: &str, text: &str) {
    let mark = format!("▌{name} ");
    for _ in 0..8 {
        let shown = browser.until("a field that is typed in", |text| {
            FIELDS
                .iter()
                .any(|field| text.contains(&format!("▌{field} ")))
        });
        if shown.contains(&mark) {
            browser.press_with("u", 2);
            browser.type_text(text);
            browser.until("what was typed", |shown| {
                shown.contains(&format!("{mark:<19}{text}"))
            });
            return;
        }
        let active = FIELDS
            .iter()
            .find(|field| shown.contains(&format!("▌{field} ")))
            .unwrap();
        browser.press("Tab");
        browser.until("the next field", |shown| {
            !shown.contains(&format!("▌{active} "))
        });
    }
    panic!("no field {name}");
}

#[test]
fn text_is_selected_and_copied_keys_scale_and_a_lost_server_is_found_again() {
    let server = Server::demo(&[]);
    let mut browser = Chromium::start(1000, 700);
    browser.open(&server.link);
    browser.until("containers", |text| text.contains("cpu-quarter"));
    let (x, y) = browser.place_of("cpu-quarter");
    browser.mouse("mousePressed", (x - 3.0, y), 8);
    browser.mouse("mouseMoved", (x + 40.0, y), 8);
    browser.mouse("mouseReleased", (x + 40.0, y), 8);
    browser.until_true("'cpu-quarter'.startsWith(String(getSelection()).trim()) && String(getSelection()).trim().length > 2");
    let columns = browser
        .script("Number(document.querySelector('#cells').dataset.columns)")
        .as_u64()
        .unwrap();
    browser.press_with("+", 2);
    browser.press_with("+", 2);
    browser.until_true(&format!(
        "Number(document.querySelector('#cells').dataset.columns) < {columns}"
    ));
    browser.press_with("0", 2);
    browser.until_true(&format!(
        "Number(document.querySelector('#cells').dataset.columns) === {columns}"
    ));
    // read-only: refused where it can be seen
    browser.press("D");
    browser.until("the refusal", |text| text.contains("read-only"));
    browser.press("Escape");
    // the person leaves, and comes back
    browser.press("q");
    browser.until_true("!document.querySelector('#banner').hidden && document.querySelector('#what').textContent.includes('keep running')");
    browser.press("Enter");
    browser.until_true("document.querySelector('#banner').hidden");
    browser.until("containers", |text| text.contains("cpu-quarter"));
    // another server in its place has another token: said, not tried for ever
    let host = server.host();
    drop(server);
    browser.until_true("document.querySelector('#what').textContent.includes('trying again')");
    let again = Server::demo(&["--bind", &host]);
    assert_eq!(again.host(), host);
    browser.until_true("document.querySelector('#what').textContent.includes('started anew')");
    browser.open(&again.link);
    browser.until("containers", |text| text.contains("cpu-quarter"));
}

#[test]
fn a_broken_connection_is_made_again() {
    let server = Server::demo(&[]);
    let mut browser = Chromium::start(900, 600);
    browser.open(&server.link);
    browser.until("containers", |text| text.contains("cpu-quarter"));
    browser.press("4");
    browser.until("presets", |text| text.contains("[4"));
    browser.call("Network.enable", json!({}));
    browser.call(
        "Network.emulateNetworkConditions",
        json!({"offline": true, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}),
    );
    browser.until_true("!document.querySelector('#banner').hidden");
    browser.call(
        "Network.emulateNetworkConditions",
        json!({"offline": false, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}),
    );
    browser.until_true("document.querySelector('#banner').hidden");
    browser.until("a screen of its own", |text| {
        text.contains("[1") && text.contains("cpu-quarter")
    });
}

#[test]
fn it_fits_a_phone_and_is_touched() {
    let server = Server::demo(&["--allow-control"]);
    let mut browser = Chromium::start(500, 800);
    browser.be_a_phone();
    browser.open(&server.link);
    browser.until("containers", |text| text.contains("cpu-quarter"));
    let columns = browser.script("Number(document.querySelector('#cells').dataset.columns)");
    assert!(
        (40..60).contains(&columns.as_u64().unwrap()),
        "list and pane take turns: {columns}"
    );
    assert_eq!(
        browser.script("getComputedStyle(document.querySelector('#bar')).display"),
        "block"
    );
    assert_eq!(
        browser.script("document.documentElement.scrollWidth <= innerWidth"),
        true
    );
    let touch = |browser: &mut Chromium, text: &str| {
        let (x, y) = browser.place_of(text);
        browser.call(
            "Input.dispatchTouchEvent",
            json!({"type": "touchStart", "touchPoints": [{"x": x, "y": y}]}),
        );
        browser.call(
            "Input.dispatchTouchEvent",
            json!({"type": "touchEnd", "touchPoints": []}),
        );
    };
    let pane = |text: &str| text.contains("[Ove");
    assert!(!pane(&browser.text()));
    touch(&mut browser, "cache");
    browser.until("the row that was touched", |text| text.contains("▌RUN"));
    touch(&mut browser, "cache");
    browser.until("its pane, by a second touch", pane);
    browser.script("document.querySelector('[data-key=Esc]').click()");
    browser.until("the list again", |text| !pane(text));
    touch(&mut browser, "4Pre");
    browser.until("the tab that was touched", |text| text.contains("[4"));
    browser.script("document.querySelector('[data-key=F1]').click()");
    browser.until("help", |text| text.contains("─ Keys, rows"));
    browser.script("document.querySelector('[data-key=Esc]').click()");
    browser.until("no help", |text| !text.contains("─ Keys, rows"));
    // what the keyboard of a phone says
    browser.script("document.querySelector('[data-key=\"/\"]').click(); document.querySelector('[data-do=keyboard]').click()");
    browser.call("Input.insertText", json!({"text": "abc"}));
    keep(&mut browser, "web-phone.png");
}
