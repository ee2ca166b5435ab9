//! What the screen costs: frames, bytes, allocations, the answer to a key under load, and the whole
//! program beside real containers.
//!
//! `tests/bench/screen-report` runs it in a release build and writes `tests/bench/SCREEN.md`.
//! Usage: `screen [--program BINARY COUNT SECONDS]`: without arguments what can be measured inside
//! one process; with them the CPU share of BINARY's screen beside COUNT real containers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a measuring tool, not the product"
)]

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use minic_tui::demo::Demo;
use minic_tui::internals::Sample;
use minic_tui::record::{Process, Record, State, Status};
use minic_tui::spec::{ContainerId, Preset, preview};
use minic_tui::stats::{HostSample, Snapshot};
use minic_tui::tui::Settings;
use minic_tui::tui::action::Action;
use minic_tui::tui::effect::LogBatch;
use minic_tui::tui::keymap::Context;
use minic_tui::tui::message::{Input, Message};
use minic_tui::tui::model::{LogLine, Model};
use minic_tui::tui::terminal::Screen;
use minic_tui::tui::update::update;
use minic_tui::tui::view::view;
use ratatui::Terminal;
use ratatui::layout::Size;

#[path = "screen/program.rs"]
mod program;

const SIZE: Size = Size::new(200, 60);

/// Counts what a terminal would have got.
#[derive(Clone, Default)]
struct Sink(Arc<AtomicU64>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A model of `count` running containers, a terminal that goes nowhere, and the ticks.
struct Bench {
    model: Model,
    terminal: Terminal<Screen<Sink>>,
    sent: Arc<AtomicU64>,
    ids: Vec<ContainerId>,
    tick: u64,
}

impl Bench {
    fn new(count: usize) -> Self {
        let sink = Sink::default();
        let sent = Arc::clone(&sink.0);
        let now: Timestamp = "2026-11-23T14:03:11Z".parse().unwrap();
        let settings = Settings {
            presets: Demo::presets(),
            ..Settings::embedded().unwrap()
        };
        let mut model = Model::new(settings, SIZE, now);
        let record = |n: usize| {
            let request = Preset {
                command: Some(vec!["sleep".into(), "1000".into()]),
                memory: Some("64M".into()),
                ..Preset::default()
            };
            let spec = preview(
                ContainerId::new(format!("{n:012x}")).unwrap(),
                Some(&format!("worker-{n:04}")),
                &request,
            )
            .unwrap();
            let process = Process {
                pid: 1000 + n as i32,
                start_ticks: 1,
                boot_id: "bench".into(),
            };
            Record {
                spec,
                state: State {
                    status: Status::Running {
                        process,
                        since: now,
                    },
                    ..State::created(now)
                },
            }
        };
        let records: Vec<Record> = (0..count).map(record).collect();
        let ids = records
            .iter()
            .map(|record| record.spec.id.clone())
            .collect();
        update(&mut model, Message::Records(1, Ok(records)));
        Self {
            model,
            terminal: Terminal::new(Screen::new(sink, SIZE)).unwrap(),
            sent,
            ids,
            tick: 0,
        }
    }

    /// The figures of the next tick: every container's have changed.
    fn snapshot(&mut self) -> Snapshot {
        self.tick += 1;
        let tick = self.tick;
        let sample = |n: usize| Sample {
            cpu_usec: Some(tick * (100 + (n as u64 * 7919) % 900_000)),
            throttled_usec: Some(tick * (n as u64 % 5_000)),
            memory: Some((1 << 20) + ((tick * 4096 + n as u64 * 65_536) % (60 << 20))),
            pids: Some(1 + n as u64 % 9),
            ..Sample::default()
        };
        let samples: BTreeMap<_, _> = self
            .ids
            .iter()
            .enumerate()
            .map(|(n, id)| (id.clone(), sample(n)))
            .collect();
        let host = HostSample {
            cores: vec![(tick % 100) as f32 / 100.0; 4],
            memory_total: 8 << 30,
            memory_used: 1 << 30,
            ..HostSample::default()
        };
        Snapshot {
            at: Duration::from_secs(tick),
            host,
            samples,
            ..Snapshot::default()
        }
    }

    fn step(&mut self) {
        let snapshot = self.snapshot();
        update(&mut self.model, Message::Sampled(Box::new(snapshot)));
    }

    fn draw(&mut self) {
        self.model.dirty = false;
        let mut hits = Default::default();
        let model = &self.model;
        self.terminal
            .draw(|frame| hits = view(model, frame))
            .unwrap();
        self.model.hits = hits;
    }
}

/// The median and the slowest in a hundred of `times`, in milliseconds.
fn summary(mut times: Vec<Duration>) -> (f64, f64) {
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    (at(0.5), at(0.99))
}

fn row(what: &str, budget: &str, measured: String) {
    println!("| {what} | {budget} | {measured} |");
}

fn frames() {
    let mut bench = Bench::new(1_000);
    let (mut updates, mut frames) = (Vec::new(), Vec::new());
    for _ in 0..500 {
        let snapshot = bench.snapshot();
        let begin = Instant::now();
        update(&mut bench.model, Message::Sampled(Box::new(snapshot)));
        updates.push(begin.elapsed());
        let begin = Instant::now();
        bench.draw();
        frames.push(begin.elapsed());
    }
    let ((draw, draw_slow), (fold, fold_slow)) = (summary(frames), summary(updates));
    row(
        "one frame with 1,000 containers, every figure changed, 200×60",
        "4 ms",
        format!("{draw:.2} ms (99 %: {draw_slow:.2} ms)"),
    );
    row(
        "taking in one tick of 1,000 containers (rates, rings, sorting)",
        "–",
        format!("{fold:.2} ms (99 %: {fold_slow:.2} ms)"),
    );
    bench.model.list.tiles = true;
    let tiled = (0..500).map(|_| {
        bench.step();
        let begin = Instant::now();
        bench.draw();
        begin.elapsed()
    });
    let (tiles, tiles_slow) = summary(tiled.collect());
    row(
        "one frame of them as tiles",
        "4 ms",
        format!("{tiles:.2} ms (99 %: {tiles_slow:.2} ms)"),
    );
    let before = bench.sent.load(Ordering::Relaxed);
    for _ in 0..100 {
        bench.draw();
    }
    row(
        "bytes written by 100 frames in which nothing changed",
        "0",
        (bench.sent.load(Ordering::Relaxed) - before).to_string(),
    );
}

fn memory() {
    let mut bench = Bench::new(50);
    let mut run = |ticks: usize| {
        let info = allocation_counter::measure(|| {
            for _ in 0..ticks {
                bench.step();
                bench.draw();
            }
        });
        (info.bytes_current, info.count_total as f64 / ticks as f64)
    };
    let (_, early) = run(1_000);
    let (kept, late) = run(10_000);
    row(
        "bytes kept by 10,000 ticks and frames with 50 containers, after the rings are full",
        "0",
        kept.to_string(),
    );
    row(
        "allocations of one tick and frame: in the first 1,000 ticks, in the 10,000 after",
        "equal",
        format!("{early:.1}, {late:.1}"),
    );
}

/// 1,000 rows change ten times a second and a log grows by 50 MB/s, while keys are pressed: the
/// time from a key to the frame that shows it.
fn answers() {
    let mut bench = Bench::new(1_000);
    bench.step();
    let shows_logs = bench
        .model
        .settings
        .keymap
        .shown_key(&[Context::Containers], Action::Logs)
        .expect("a key shows the logs");
    update(&mut bench.model, Message::Input(Input::Key(shows_logs)));
    let id = bench
        .model
        .log
        .targets
        .first()
        .cloned()
        .expect("a log is shown");
    let (sender, messages) = channel::<Message>();
    let pressed = Arc::new(Mutex::new(None::<Instant>));
    let log_sender = sender.clone();
    std::thread::spawn(move || {
        let line = |n: usize| {
            LogLine::plain(
                Timestamp::UNIX_EPOCH,
                false,
                format!("{n:08} {}", "x".repeat(490)),
            )
        };
        let begin = Instant::now();
        for batch in 0.. {
            // 2,000 lines of 500 bytes: a megabyte, fifty times a second, as the reader hands over
            // what it gathered in 20 ms
            let lines = (0..2_000).map(line).collect();
            if log_sender
                .send(Message::Log(Ok(LogBatch {
                    ids: vec![id.clone()],
                    skipped: 0,
                    lines,
                    unfinished: Vec::new(),
                })))
                .is_err()
            {
                return;
            }
            std::thread::sleep(
                (begin + Duration::from_millis(20) * (batch + 1))
                    .saturating_duration_since(Instant::now()),
            );
        }
    });
    let (keys, at) = (sender, Arc::clone(&pressed));
    std::thread::spawn(move || {
        for n in 0..200 {
            std::thread::sleep(Duration::from_millis(23));
            *at.lock().unwrap() = Some(Instant::now());
            let key = if n % 2 == 0 { "w" } else { "t" };
            if keys
                .send(Message::Input(Input::Key(key.parse().unwrap())))
                .is_err()
            {
                return;
            }
        }
    });
    let (mut times, mut last_tick) = (Vec::new(), Instant::now());
    while times.len() < 180 {
        let Ok(first) = messages.recv() else { break };
        let mut keyed = false;
        for message in std::iter::once(first)
            .chain(messages.try_iter())
            .take(1_000)
        {
            keyed |= matches!(message, Message::Input(_));
            update(&mut bench.model, message);
        }
        if last_tick.elapsed() > Duration::from_millis(100) {
            last_tick = Instant::now();
            bench.step();
        }
        bench.draw();
        if keyed && let Some(at) = pressed.lock().unwrap().take() {
            times.push(at.elapsed());
        }
    }
    let (median, slow) = summary(times);
    row(
        "a key answered while 1,000 rows change and a log prints 50 MB/s",
        "one frame of 60 Hz, 16.7 ms",
        format!("{median:.2} ms (99 %: {slow:.2} ms)"),
    );
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        [] => {
            frames();
            memory();
            answers();
        }
        ["--program", binary, count, seconds] => {
            let share = program::share(
                binary,
                count.parse().expect("a count"),
                seconds.parse().expect("seconds"),
            );
            let budget = if count.parse::<usize>().is_ok_and(|count| count <= 50) {
                "0.3 %"
            } else {
                "2 %"
            };
            row(
                &format!(
                    "the whole program beside {count} idle containers, one sample a second, for {seconds} s"
                ),
                budget,
                share,
            );
        }
        _ => println!("usage: screen [--program BINARY COUNT SECONDS]"),
    }
}
