//! The effect threads: every call is answered by messages, whatever the engine does.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use jiff::Timestamp;
use minic_tui::demo::Demo;
use minic_tui::inspect::{Changes, Connections, Extracted, ProcessInfo, Sheet};
use minic_tui::internals::WindowSize;
use minic_tui::manager::{
    Engine, Error, EventStream, Inspector, LimitChange, LogChunk, LogSource, Sampling, Shell,
    ShellOutput, Updated, Watching,
};
use minic_tui::record::{ExitCause, Record};
use minic_tui::spec::ContainerId;
use minic_tui::spec::ContainerRequest;
use minic_tui::tui::effect::{
    Call, Effect, EffectId, Effects, LogBatch, Look, LookRunner, Outcome, Seen, ShellCall,
    ShellEvent,
};
use minic_tui::tui::message::Message;
use minic_tui::tui::model::ShellId;

/// A generous timeout; no test measures time by it.
const PATIENCE: Duration = Duration::from_secs(60);

/// The demo, with a log that never ends and verbs that fail.
struct FaultyEngine(Demo);

struct Flood(u64);

impl LogSource for Flood {
    fn read(&mut self, max: usize) -> Result<Vec<LogChunk>, Error> {
        let chunk = |number| LogChunk {
            at: Timestamp::UNIX_EPOCH,
            stderr: number % 3 == 0,
            bytes: format!("line {number} {}", "x".repeat(500)).into_bytes(),
            full: true,
        };
        let first = self.0;
        self.0 += max as u64;
        Ok((first..self.0).map(chunk).collect())
    }
}

impl Inspector for FaultyEngine {
    fn processes(&self, id: &ContainerId) -> Result<Vec<ProcessInfo>, Error> {
        self.0.processes(id)
    }

    fn processes_up_to(&self, id: &ContainerId, _: usize) -> Result<Vec<ProcessInfo>, Error> {
        self.processes(id)
    }

    fn signal_process(&self, id: &ContainerId, pid: i32, signal: i32) -> Result<(), Error> {
        self.0.signal_process(id, pid, signal)
    }

    fn event_stream(&self) -> Result<Box<dyn EventStream>, Error> {
        self.0.event_stream()
    }

    fn isolation(&self, id: &ContainerId) -> Result<Sheet, Error> {
        self.0.isolation(id)
    }

    fn connections(&self, id: &ContainerId) -> Result<Connections, Error> {
        self.0.connections(id)
    }

    fn image_sheet(&self, root: Option<&Path>) -> Result<Sheet, Error> {
        self.0.image_sheet(root)
    }

    fn host_sheet(&self) -> Result<Sheet, Error> {
        self.0.host_sheet()
    }

    fn facts_sheet(&self) -> Result<Sheet, Error> {
        self.0.facts_sheet()
    }

    fn check_sheet(&self) -> Result<Sheet, Error> {
        self.0.check_sheet()
    }

    fn changes(&self, id: &ContainerId) -> Result<Changes, Error> {
        self.0.changes(id)
    }

    fn changed_file(&self, id: &ContainerId, path: &str, max: usize) -> Result<Vec<u8>, Error> {
        self.0.changed_file(id, path, max)
    }

    /// Never finishes by itself.
    fn extract(
        &self,
        _: &ContainerId,
        _: &str,
        into: &Path,
        proceed: &mut dyn FnMut(&Extracted) -> bool,
    ) -> Result<Extracted, Error> {
        let mut done = Extracted {
            into: into.to_owned(),
            ..Extracted::default()
        };
        while proceed(&done) {
            done.files += 1;
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(Extracted {
            stopped: Some("it was stopped".into()),
            ..done
        })
    }

    fn revert(&self, id: &ContainerId, path: &str) -> Result<(), Error> {
        self.0.revert(id, path)
    }

    fn shell(&self, id: &ContainerId, size: WindowSize) -> Result<Box<dyn Shell>, Error> {
        self.0
            .shell(id, size)
            .map(|_| Box::new(StuckShell) as Box<dyn Shell>)
    }
}

/// A shell whose program neither reads nor writes.
struct StuckShell;

impl Shell for StuckShell {
    fn read(&self, _max: usize) -> Result<ShellOutput, Error> {
        loop {
            std::thread::park();
        }
    }
    fn write(&self, _bytes: &[u8]) -> Result<(), Error> {
        loop {
            std::thread::park();
        }
    }
    fn resize(&self, _size: WindowSize) {}
    fn close(&self) {}
}

impl Engine for FaultyEngine {
    fn records(&self) -> Result<Vec<Record>, Error> {
        self.0.records()
    }
    fn launch(
        &self,
        what: &ContainerRequest,
        progress: &mut dyn FnMut(String),
    ) -> Result<ContainerId, Error> {
        self.0.launch(what, progress)
    }
    fn start(&self, _id: &ContainerId) -> Result<(), Error> {
        panic!("out of imagination")
    }
    fn stop(&self, id: &ContainerId, grace: Duration) -> Result<ExitCause, Error> {
        self.0.stop(id, grace)
    }
    fn restart(&self, id: &ContainerId, grace: Duration) -> Result<(), Error> {
        self.0.restart(id, grace)
    }
    fn rename(&self, id: &ContainerId, name: &str) -> Result<(), Error> {
        self.0.rename(id, name)
    }
    fn restore_name(&self, id: &ContainerId, left: &str, back: &str) -> Result<(), Error> {
        self.0.restore_name(id, left, back)
    }
    fn pause(&self, id: &ContainerId) -> Result<(), Error> {
        self.0.pause(id)
    }
    fn resume(&self, id: &ContainerId) -> Result<(), Error> {
        self.0.resume(id)
    }
    fn kill(&self, id: &ContainerId, signal: i32) -> Result<(), Error> {
        self.0.kill(id, signal)
    }
    fn destroy(&self, id: &ContainerId, force: bool) -> Result<(), Error> {
        self.0.destroy(id, force)
    }
    fn set_limit(
        &self,
        id: &ContainerId,
        change: LimitChange,
        only_alive: bool,
    ) -> Result<Updated, Error> {
        self.0.set_limit(id, change, only_alive)
    }
    fn restore_limit(
        &self,
        id: &ContainerId,
        left: LimitChange,
        back: LimitChange,
    ) -> Result<Updated, Error> {
        self.0.restore_limit(id, left, back)
    }
    fn throw_away(&self, id: &ContainerId, grace: Duration) -> Result<(), Error> {
        self.0.throw_away(id, grace)
    }
    fn take_back(&self, id: &ContainerId) -> Result<(), Error> {
        self.0.take_back(id)
    }
    fn purge_trash(&self) -> Result<(), Error> {
        self.0.purge_trash()
    }
    fn log(&self, id: &ContainerId) -> Result<Box<dyn LogSource>, Error> {
        if id.as_str() == "unknown" {
            return Err(Error::Unknown(id.to_string()));
        }
        Ok(Box::new(Flood(0)))
    }
    fn sampler(&self) -> Result<Box<dyn Sampling>, Error> {
        self.0.sampler()
    }
    fn watch(&self) -> Result<Box<dyn Watching>, Error> {
        self.0.watch()
    }
}

fn faulty() -> (Effects, Receiver<Message>, Vec<Record>) {
    let demo = Demo::new(3, Arc::new(Timestamp::now));
    let records = demo.records().unwrap();
    let (sender, messages) = channel();
    (
        Effects::new(Arc::new(FaultyEngine(demo)), sender),
        messages,
        records,
    )
}

fn batch(messages: &Receiver<Message>) -> LogBatch {
    match messages.recv_timeout(PATIENCE).unwrap() {
        Message::Log(Ok(batch)) => batch,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_call_is_answered_once_and_its_progress_comes_first() {
    let (mut effects, messages, _) = faulty();
    let created = ContainerRequest {
        name: Some("new".into()),
        settings: minic_tui::spec::Preset {
            command: Some(vec!["sleep".into(), "1".into()]),
            ..Default::default()
        },
        ..ContainerRequest::default()
    };
    effects.run(Effect::Call(EffectId(5), Call::Launch(Box::new(created))));
    assert!(matches!(
        messages.recv_timeout(PATIENCE),
        Ok(Message::Progress(EffectId(5), _))
    ));
    assert!(matches!(
        messages.recv_timeout(PATIENCE),
        Ok(Message::EffectDone(EffectId(5), Ok(Outcome::Launched(_))))
    ));
    effects.run(Effect::ReadRecords);
    let Ok(Message::Records(_, Ok(records))) = messages.recv_timeout(PATIENCE) else {
        panic!()
    };
    assert!(
        records
            .iter()
            .any(|record| record.spec.name.as_str() == "new")
    );
}

#[test]
fn a_panic_in_a_verb_is_reported_as_an_error() {
    let (mut effects, messages, records) = faulty();
    effects.run(Effect::Call(
        EffectId(1),
        Call::Start(records[0].spec.id.clone()),
    ));
    let Ok(Message::EffectDone(EffectId(1), Err(error))) = messages.recv_timeout(PATIENCE) else {
        panic!()
    };
    assert!(error.to_string().contains("out of imagination"), "{error}");
}

#[test]
fn an_extraction_reports_progress_and_can_be_cancelled() {
    let (mut effects, messages, records) = faulty();
    let call = Call::Extract(
        records[0].spec.id.clone(),
        "/data".into(),
        "/srv/out".into(),
    );
    effects.run(Effect::Call(EffectId(3), call));
    let Ok(Message::Progress(EffectId(3), line)) = messages.recv_timeout(PATIENCE) else {
        panic!()
    };
    assert!(line.contains("0 files"), "{line}");
    effects.run(Effect::Cancel(EffectId(3)));
    let end = messages
        .iter()
        .find(|message| !matches!(message, Message::Progress(EffectId(3), _)));
    let Some(Message::EffectDone(EffectId(3), Ok(Outcome::Extracted(done)))) = end else {
        panic!()
    };
    assert!(
        !done.is_whole() && done.to_string().contains("it was stopped"),
        "{done}"
    );
}

#[test]
fn observing_sends_records_samples_and_changes() {
    let (mut effects, messages, records) = faulty();
    effects.observe(Duration::from_millis(50), None);
    let (mut sampled, mut readings) = (0, BTreeSet::new());
    while sampled < 3 || readings.is_empty() {
        match messages.recv_timeout(PATIENCE).unwrap() {
            Message::Sampled(snapshot) => {
                assert!(!snapshot.samples.is_empty() && !snapshot.host.cores.is_empty());
                sampled += 1;
            }
            Message::Records(reading, Ok(read)) => {
                assert_eq!(read.len(), records.len());
                readings.insert(reading);
            }
            other => panic!("{other:?}"),
        }
    }
    let running = records
        .iter()
        .find(|record| record.state.status.is_alive())
        .unwrap();
    effects.run(Effect::Call(
        EffectId(1),
        Call::Stop(running.spec.id.clone(), Duration::ZERO),
    ));
    loop {
        if let Message::Records(reading, Ok(read)) = messages.recv_timeout(PATIENCE).unwrap() {
            let same = read
                .iter()
                .find(|record| record.spec.id == running.spec.id)
                .unwrap();
            if !same.state.status.is_alive() {
                assert!(
                    readings.insert(reading),
                    "every reading has a number of its own"
                );
                break;
            }
        }
    }
}

#[test]
fn a_flooding_log_is_read_on_request_and_bounded() {
    let (mut effects, messages, records) = faulty();
    effects.run(Effect::OpenLog(vec![records[0].spec.id.clone()]));
    let mut next = 0;
    for _ in 0..3 {
        effects.run(Effect::ReadLog);
        let batch = batch(&messages);
        assert!(batch.lines.len() <= 5_000);
        let first: u64 = batch.lines[0]
            .text
            .split(' ')
            .nth(1)
            .unwrap()
            .parse()
            .unwrap();
        assert_eq!(first, next + batch.skipped, "what is left out is counted");
        next = first + batch.lines.len() as u64;
        assert!(messages.try_recv().is_err(), "one batch for one request");
    }
    effects.run(Effect::OpenLog(vec![ContainerId::new("unknown").unwrap()]));
    let Ok(Message::Log(Err(error))) = messages.recv_timeout(PATIENCE) else {
        panic!()
    };
    assert_eq!(error, Error::Unknown("unknown".into()));
}

#[test]
fn input_for_a_shell_that_never_reads_is_bounded() {
    let (mut effects, messages, records) = faulty();
    let running = records
        .iter()
        .find(|record| record.state.status.is_alive())
        .unwrap();
    let id = ShellId(1);
    effects.run(Effect::Shell(
        id,
        ShellCall::Open(
            running.spec.id.clone(),
            WindowSize {
                rows: 24,
                columns: 80,
            },
        ),
    ));
    assert_eq!(
        messages.recv_timeout(PATIENCE).unwrap(),
        Message::Shell(id, ShellEvent::Opened)
    );
    let kib = |effects: &mut Effects| {
        effects.run(Effect::Shell(id, ShellCall::Write(vec![b'x'; 1 << 10])))
    };
    (0..1_024).for_each(|_| kib(&mut effects));
    assert!(messages.try_recv().is_err(), "a large paste is taken");
    kib(&mut effects);
    assert_eq!(
        messages.recv_timeout(PATIENCE).unwrap(),
        Message::Shell(id, ShellEvent::InputDropped)
    );
}

#[test]
fn tails_are_read_by_one_thread_and_only_the_newest_request_counts() {
    let (mut effects, messages, records) = faulty();
    // each of these logs is endless
    for _ in 0..200 {
        effects.run(Effect::ReadTail(records[0].spec.id.clone()));
    }
    let name = |task: std::io::Result<std::fs::DirEntry>| {
        std::fs::read_to_string(task.unwrap().path().join("comm"))
    };
    let count = || {
        std::fs::read_dir("/proc/self/task")
            .unwrap()
            .filter_map(|task| name(task).ok())
            .filter(|name| name == "tail\n")
            .count()
    };
    // a thread sets its name when it first runs
    let until = std::time::Instant::now() + PATIENCE;
    while count() == 0 && std::time::Instant::now() < until {
        std::thread::yield_now();
    }
    let tails = count();
    effects.run(Effect::ReadTail(ContainerId::new("unknown").unwrap()));
    let Ok(Message::Tail(Err(error))) = messages.recv_timeout(PATIENCE) else {
        panic!()
    };
    assert_eq!(error, Error::Unknown("unknown".into()));
    assert_eq!(tails, 1);
}

#[test]
fn the_end_of_a_log_that_floods_is_read_within_bounds() {
    let demo = Demo::new(3, Arc::new(Timestamp::now));
    let id = demo.records().unwrap()[0].spec.id.clone();
    let engine = FaultyEngine(demo);
    let mut runner = LookRunner::default();
    for _ in 0..3 {
        let look = Look::Overview {
            id: id.clone(),
            alive: false,
        };
        let Seen::Overview { log, processes, .. } = runner.look(&engine, look) else {
            panic!("another answer");
        };
        let lines = log.unwrap();
        assert!((1..=121).contains(&lines.len()), "{}", lines.len());
        assert_eq!(processes, None);
    }
    let unknown = Look::Overview {
        id: ContainerId::new("unknown").unwrap(),
        alive: false,
    };
    assert!(matches!(
        runner.look(&engine, unknown),
        Seen::Overview { log: Err(_), .. }
    ));
}
