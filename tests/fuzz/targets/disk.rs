//! What is on disk: records, logs, events. A container writes its log, and somebody else may have
//! written the rest.

use std::sync::OnceLock;

use jiff::Timestamp;
use minic_tui::internals::{RootfsPaths, RootfsPlan};
use minic_tui::record::{Event, EventReader, LogChunk, LogReader, Record, State};
use minic_tui::spec::ContainerSpec;
use minic_tui::tui::Settings;
use minic_tui::tui::message::Message;
use minic_tui::tui::model::Model;
use minic_tui::tui::sanitise::log_line;
use minic_tui::tui::update::update;
use ratatui::layout::Size;

use super::{InMemory, harmless, texts};

/// A container's log.
pub(super) fn log(data: &[u8]) {
    let file = InMemory::new(data);
    let read = |most: usize| {
        let mut reader = LogReader::open(file.path()).expect("it can be opened");
        let mut all: Vec<LogChunk> = Vec::new();
        loop {
            let some = reader.read(most).expect("it can be read");
            assert!(some.len() <= most);
            if some.is_empty() {
                return all;
            }
            all.extend(some);
        }
    };
    let all = read(usize::MAX);
    assert_eq!(read(1), all, "one by one is all at once");
    for chunk in &all {
        assert!(!chunk.bytes.contains(&b'\n'));
        harmless(&log_line(&chunk.bytes));
    }
    let near = LogReader::open_near_end(file.path(), data.len() as u64 / 2)
        .and_then(|mut reader| reader.read(usize::MAX));
    let near = near.expect("it can be read");
    assert!(
        all.ends_with(&near[near.len().min(1)..]),
        "the end is the end of the whole, but for the entry that was cut"
    );
}

/// `events.jsonl`.
pub(super) fn events(data: &[u8]) {
    let file = InMemory::new(data);
    let mut reader = EventReader::open(file.path()).expect("it can be opened");
    for happening in reader.read().expect("it can be read") {
        let json = serde_json::to_vec(&happening).expect("it can be written");
        assert_eq!(
            serde_json::from_slice::<minic_tui::record::LoggedEvent>(&json).expect("and read back"),
            happening
        );
        if let Some(cause) = &happening.cause {
            assert!(!cause.sentence().is_empty() && !cause.brief().is_empty());
        }
    }
    assert!(reader.read().expect("it can be read").is_empty());
}

/// `spec.json` and `state.json` with a NUL between them: what can be read can be saved, planned,
/// listed and drawn.
pub(super) fn record(data: &[u8]) {
    let [spec, state] = texts::<2>(data);
    let spec = serde_json::from_str::<ContainerSpec>(&spec).ok();
    let state = serde_json::from_str::<State>(&state).ok();
    if let Some(spec) = &spec {
        let json = serde_json::to_string(spec).expect("it can be saved");
        assert_eq!(
            &serde_json::from_str::<ContainerSpec>(&json).expect("and read back"),
            spec
        );
        planned(spec);
    }
    if let Some(state) = &state {
        let json = serde_json::to_string(state).expect("it can be saved");
        assert_eq!(
            &serde_json::from_str::<State>(&json).expect("and read back"),
            state
        );
        lived(state);
    }
    let (Some(spec), Some(state)) = (
        spec.or_else(|| sample().0.clone()),
        state.or_else(|| sample().1.clone()),
    ) else {
        return;
    };
    drawn(Record { spec, state });
}

/// A half that stands in for one that cannot be read, so that the other is looked at.
fn sample() -> &'static (Option<ContainerSpec>, Option<State>) {
    static SAMPLE: OnceLock<(Option<ContainerSpec>, Option<State>)> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        let id = minic_tui::spec::ContainerId::new("0123456789ab").expect("an id");
        let request = minic_tui::spec::Preset {
            command: Some(vec!["sh".into()]),
            ..Default::default()
        };
        let spec = minic_tui::spec::preview(id, None, &request).expect("a request");
        (Some(spec), Some(State::created(Timestamp::UNIX_EPOCH)))
    })
}

fn planned(spec: &ContainerSpec) {
    let paths = RootfsPaths::new(
        "/state/containers/a".as_ref(),
        "/state/images/host".as_ref(),
    );
    let _ = RootfsPlan::new(spec, &paths);
    if let Some(ids) = spec.ids {
        let _ = ids.check(spec.user);
        assert_eq!(ids.map().lines().count(), 1);
    }
    if let Some(health) = &spec.health {
        let _ = health.interval();
    }
}

fn lived(state: &State) {
    let status = state.status.clone();
    let _ = (status.word(), status.process().cloned());
    let dead = status.clone().observed(false, Timestamp::UNIX_EPOCH);
    assert!(!dead.is_alive(), "without its process nothing is alive");
    for event in [
        Event::Paused,
        Event::Resumed,
        Event::Ended(minic_tui::record::ExitCause::Lost, Timestamp::UNIX_EPOCH),
    ] {
        let _ = status.clone().on(event);
    }
    if let minic_tui::record::Status::Stopped { cause, .. } = &status {
        assert!(!cause.sentence().is_empty() && !cause.brief().is_empty());
        let _ = cause.exit_code();
    }
}

fn drawn(record: Record) {
    static SETTINGS: OnceLock<Settings> = OnceLock::new();
    let settings = SETTINGS.get_or_init(|| Settings {
        time_zone: jiff::tz::TimeZone::UTC,
        ..Settings::embedded().expect("assets")
    });
    let mut model = Model::new(
        settings.clone(),
        Size::new(100, 40),
        "2026-11-23T14:03:11Z".parse().expect("a time"),
    );
    update(&mut model, Message::Records(1, Ok(vec![record])));
    super::screen::draw(&mut model);
}
