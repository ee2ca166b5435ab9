//! [`Stage`]: a screen on the demo engine with a manual clock, immediate effects, and typed keys.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use minic_tui::demo::Demo;
use minic_tui::manager::{Engine, Inspector, LogSource, Sampling, Shell, ShellOutput};
use minic_tui::record::Record;
use minic_tui::spec::ContainerId;
use minic_tui::stats::Snapshot;
use minic_tui::tui::Settings;
use minic_tui::tui::effect::{Effect, LogBatch, LookRunner, ShellCall, ShellEvent, perform, tail};
use minic_tui::tui::keymap::{Chord, Key};
use minic_tui::tui::message::{Input, Message};
use minic_tui::tui::model::{Focus, LogLine, Model, Overlay, Pane, ShellId, Tab};
use minic_tui::tui::sanitise::coloured_line;
use minic_tui::tui::theme::{ColorDepth, Symbols, Theme};
use minic_tui::tui::update::{start, update};
use minic_tui::tui::view::view;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Size;

/// The time at the start of every test.
const BEGINNING: &str = "2026-11-23T14:03:11Z";

pub(crate) struct Stage {
    pub model: Model,
    pub demo: Demo,
    /// The effects since they were last taken.
    pub effects: Vec<Effect>,
    /// Whether effects are only recorded, not run.
    pub held: bool,
    clock: Arc<Mutex<Timestamp>>,
    sampler: Box<dyn Sampling>,
    logs: Vec<(ContainerId, Box<dyn LogSource>)>,
    log_wanted: bool,
    lookout: LookRunner,
    shells: BTreeMap<ShellId, Box<dyn Shell>>,
    readings: u64,
}

pub(crate) fn settings() -> Settings {
    Settings {
        presets: Demo::presets(),
        time_zone: jiff::tz::TimeZone::UTC,
        badge: Some("DEMO".into()),
        ..Settings::embedded().unwrap()
    }
}

pub(crate) fn ascii() -> Settings {
    Settings {
        theme: Theme::named("colourless", ColorDepth::Sixteen, Symbols::ASCII).unwrap(),
        ..settings()
    }
}

/// Keys to every tab but the first, the list, and every pane.
pub(crate) fn places() -> Vec<String> {
    let tabs = (1..=Tab::ALL.len()).map(|digit| digit.to_string());
    let panes = Pane::ALL.map(|pane| format!("<{}>", pane.title().to_lowercase()));
    tabs.chain(panes).collect()
}

impl Stage {
    /// A screen that has run for ten seconds.
    pub(crate) fn new(width: u16, height: u16) -> Self {
        Self::with(settings(), width, height)
    }

    pub(crate) fn with(settings: Settings, width: u16, height: u16) -> Self {
        let mut stage = Self::before_messages(settings, width, height);
        stage.carry_out(start());
        stage.tick(10);
        stage
    }

    /// A screen before its first message.
    pub(crate) fn before_messages(settings: Settings, width: u16, height: u16) -> Self {
        let clock = Arc::new(Mutex::new(BEGINNING.parse::<Timestamp>().unwrap()));
        let hand = Arc::clone(&clock);
        let demo = Demo::new(7, Arc::new(move || *hand.lock().unwrap()));
        let now = *clock.lock().unwrap();
        Self {
            model: Model::new(settings, Size::new(width, height), now),
            sampler: demo.sampler().unwrap(),
            demo,
            effects: Vec::new(),
            held: false,
            clock,
            logs: Vec::new(),
            log_wanted: false,
            lookout: LookRunner::default(),
            shells: BTreeMap::new(),
            readings: 0,
        }
    }

    pub(crate) fn send(&mut self, message: Message) {
        let effects = update(&mut self.model, message);
        self.effects.extend(effects.iter().cloned());
        if !self.held {
            self.carry_out(effects);
        }
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Call(id, call) => {
                    let mut lines = Vec::new();
                    let result = perform(&self.demo, call, &mut |line| {
                        lines.push(line);
                        true
                    });
                    for line in lines {
                        self.send(Message::Progress(id, line));
                    }
                    self.send(Message::EffectDone(id, result));
                }
                Effect::ReadRecords => {
                    let records = self.demo.records();
                    self.readings += 1;
                    self.send(Message::Records(self.readings, records));
                }
                Effect::OpenLog(ids) => {
                    let opened = ids
                        .into_iter()
                        .map(|id| (id.clone(), self.demo.log(&id).unwrap()));
                    self.logs = opened.collect();
                }
                Effect::ReadTail(id) => self.send(Message::Tail(tail(&self.demo, &id, &|| false))),
                Effect::ReadLog => self.log_wanted = true,
                Effect::Look(look) => {
                    let seen = self.lookout.look(&self.demo, look);
                    self.send(Message::Seen(Box::new(seen)));
                }
                Effect::Shell(id, call) => self.shell(id, call),
                Effect::Cancel(_)
                | Effect::Check
                | Effect::PurgeTrash
                | Effect::Remember(..)
                | Effect::Copy(_)
                | Effect::Suspend
                | Effect::Redraw
                | Effect::Quit => {}
            }
        }
        self.read_log(false);
    }

    /// The demo's shell answers at once: input is followed by its output.
    fn shell(&mut self, id: ShellId, call: ShellCall) {
        match call {
            ShellCall::Open(container, size) => {
                let news = match self.demo.shell(&container, size) {
                    Ok(shell) => {
                        let first = shell.read(1 << 20).unwrap();
                        self.shells.insert(id, shell);
                        self.send(Message::Shell(id, ShellEvent::Opened));
                        self.shown(first)
                    }
                    Err(error) => ShellEvent::Failed(error),
                };
                self.send(Message::Shell(id, news));
            }
            ShellCall::Write(bytes) => {
                let shell = &self.shells[&id];
                shell.write(&bytes).unwrap();
                // the demo's shell does not answer other control characters, and reading would
                // block forever
                if !bytes
                    .iter()
                    .any(|byte| *byte >= b' ' || matches!(byte, 3 | 4 | b'\r'))
                {
                    return;
                }
                let mut news = vec![shell.read(1 << 20).unwrap()];
                if bytes == b"\r" && news[0] == ShellOutput::Bytes(b"\r\n".to_vec()) {
                    news.push(shell.read(1 << 20).unwrap());
                }
                for output in news {
                    let news = self.shown(output);
                    self.send(Message::Shell(id, news));
                }
            }
            ShellCall::Close => drop(self.shells.remove(&id)),
            ShellCall::Read | ShellCall::Resize(_) => {}
        }
    }

    fn shown(&self, output: ShellOutput) -> ShellEvent {
        match output {
            ShellOutput::Bytes(bytes) => ShellEvent::Output(bytes),
            ShellOutput::Ended(code) => ShellEvent::Ended(code),
        }
    }

    fn read_log(&mut self, even_nothing: bool) {
        if !self.log_wanted || self.logs.is_empty() {
            return;
        }
        let mut lines = Vec::new();
        for (source, (_, log)) in self.logs.iter_mut().enumerate() {
            lines.extend(log.read(10_000).unwrap().into_iter().map(|chunk| {
                let (text, runs) = coloured_line(&chunk.bytes);
                LogLine {
                    at: chunk.at,
                    stderr: chunk.stderr,
                    source,
                    text,
                    runs,
                }
            }));
        }
        if lines.is_empty() && !even_nothing {
            return;
        }
        lines.sort_by_key(|line| line.at);
        self.log_wanted = false;
        let ids = self.logs.iter().map(|(id, _)| id.clone()).collect();
        self.send(Message::Log(Ok(LogBatch {
            ids,
            skipped: 0,
            lines,
            unfinished: Vec::new(),
        })));
    }

    /// Delivers lines of the log of `id`.
    pub(crate) fn log_came(&mut self, id: ContainerId, lines: Vec<LogLine>) {
        self.send(Message::Log(Ok(LogBatch {
            ids: vec![id],
            skipped: 0,
            lines,
            unfinished: Vec::new(),
        })));
    }

    /// Lets `seconds` pass, with a sample in each.
    pub(crate) fn tick(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.tick_changed(|_| {});
        }
    }

    /// Lets a second pass, with a sample that `change` changed.
    pub(crate) fn tick_changed(&mut self, change: impl FnOnce(&mut Snapshot)) {
        let now = {
            let mut clock = self.clock.lock().unwrap();
            *clock += SignedDuration::from_secs(1);
            *clock
        };
        self.send(Message::Clock(now));
        let mut snapshot = self.sampler.sample();
        change(&mut snapshot);
        self.send(Message::Sampled(Box::new(snapshot)));
        self.carry_out(vec![Effect::ReadRecords]);
    }

    /// Goes to `pane` by Tab from the one before it.
    fn go_to(&mut self, pane: Pane) {
        self.model.tab = Tab::Containers;
        self.model.frame.pane = pane.turned(Pane::ALL.len() - 1);
        self.model.frame.focus = Focus::Pane;
        self.model.frame.zoomed = self.model.pane().is_none();
        self.send(Message::Input(Input::Key(Key::Tab.into())));
    }

    /// Types: characters as they stand, other keys as `<Enter>`, `<Ctrl-U>`; `<lt>` is `<`, and
    /// `<files>` goes to that pane.
    pub(crate) fn keys(&mut self, keys: &str) -> &mut Self {
        let mut rest = keys;
        while let Some(c) = rest.chars().next() {
            let chord = match rest.strip_prefix('<').and_then(|r| r.split_once('>')) {
                Some((name, after)) => {
                    rest = after;
                    let named = |pane: &Pane| pane.title().to_lowercase() == name;
                    if let Some(pane) = Pane::ALL.into_iter().find(named) {
                        self.go_to(pane);
                        continue;
                    }
                    if name == "lt" {
                        Key::Char('<').into()
                    } else {
                        name.parse::<Chord>().unwrap()
                    }
                }
                None => {
                    rest = &rest[c.len_utf8()..];
                    Key::Char(c).into()
                }
            };
            self.send(Message::Input(Input::Key(chord)));
        }
        self
    }

    /// Draws and keeps the hits in the model, as the loop does.
    pub(crate) fn buffer(&mut self) -> Buffer {
        let Size { width, height } = self.model.size;
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let mut hits = minic_tui::tui::model::HitMap::default();
        terminal
            .draw(|frame| hits = view(&self.model, frame))
            .unwrap();
        self.model.hits = hits;
        terminal.backend().buffer().clone()
    }

    /// The screen as text, without the spaces at the ends of lines.
    pub(crate) fn screen(&mut self) -> String {
        let buffer = self.buffer();
        let width = usize::from(buffer.area.width);
        let line = |cells: &[ratatui::buffer::Cell]| {
            let mut text = String::new();
            let mut skip = 0;
            for cell in cells {
                if skip == 0 {
                    text.push_str(cell.symbol());
                    skip = minic_tui::tui::text::width(cell.symbol()).max(1);
                }
                skip -= 1;
            }
            text.trim_end().to_owned() + "\n"
        };
        buffer.content().chunks(width).map(line).collect()
    }

    /// Asserts that the screen equals the golden file of this name.
    #[track_caller]
    pub(crate) fn golden(&mut self, name: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/screen/golden")
            .join(format!("{name}.txt"));
        let screen = self.screen();
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&path, &screen).unwrap();
            return;
        }
        let wanted = fs::read_to_string(&path).unwrap_or_default();
        if screen != wanted {
            let differing = screen.lines().zip(wanted.lines()).position(|(a, b)| a != b);
            panic!(
                "{name}: differs from its golden file in line {differing:?}; it is now:\n{screen}\nand was:\n{wanted}"
            );
        }
    }

    #[track_caller]
    pub(crate) fn shows(&mut self, text: &str) {
        let screen = self.screen();
        assert!(
            screen.contains(text),
            "{text:?} is not on the screen:\n{screen}"
        );
    }

    #[track_caller]
    pub(crate) fn hides(&mut self, text: &str) {
        let screen = self.screen();
        assert!(
            !screen.contains(text),
            "{text:?} is on the screen:\n{screen}"
        );
    }

    pub(crate) fn record(&self, name: &str) -> Record {
        let found = self
            .model
            .records
            .iter()
            .find(|record| record.spec.name.as_str() == name);
        found
            .unwrap_or_else(|| panic!("no container {name}"))
            .clone()
    }

    pub(crate) fn selected(&self) -> &str {
        self.model
            .selected()
            .map_or("", |record| record.spec.name.as_str())
    }

    /// Selects the container called `name` with the keys.
    pub(crate) fn select(&mut self, name: &str) -> &mut Self {
        self.keys("<Home>");
        for _ in 0..self.model.records.len() {
            if self.selected() == name {
                return self;
            }
            self.keys(if self.model.list.tiles {
                "<Right>"
            } else {
                "j"
            });
        }
        panic!("{name} is not in the list");
    }

    /// Makes the screen treat `name` as a container that removes itself when it ends.
    pub(crate) fn made_passing(&mut self, name: &str) -> &mut Self {
        let mut records = self.demo.records().unwrap();
        records
            .iter_mut()
            .filter(|record| record.spec.name.as_str() == name)
            .for_each(|record| record.spec.remove = true);
        self.send(Message::Records(500, Ok(records)));
        self
    }

    /// The rows that help is scrolled down; `None` when it is not open.
    pub(crate) fn help_offset(&self) -> Option<usize> {
        match &self.model.overlay {
            Some(Overlay::Help(help)) => Some(help.offset),
            _ => None,
        }
    }

    /// Puts the containers `names` into the group `group`.
    pub(crate) fn grouped(&mut self, group: &str, names: &[&str]) -> &mut Self {
        let mut records = self.model.records.clone();
        for record in &mut records {
            if names.contains(&record.spec.name.as_str()) {
                let label = ("minic.group".to_owned(), group.to_owned());
                record.spec.labels.extend([label]);
            }
        }
        self.readings = self.readings.max(500) + 1;
        self.send(Message::Records(self.readings, Ok(records)));
        self
    }

    /// Selects the head of `group`.
    pub(crate) fn select_group(&mut self, group: &str) -> &mut Self {
        self.keys("<Home>");
        for _ in 0..self.model.list.rows().len() {
            if self.model.list.group.as_deref() == Some(group) {
                return self;
            }
            self.keys("j");
        }
        panic!("no group {group}")
    }

    /// Resizes the terminal.
    pub(crate) fn resize(&mut self, width: u16, height: u16) {
        self.send(Message::Input(Input::Resize(width, height)));
    }

    /// Takes the effects that are not looks.
    pub(crate) fn take_changes(&mut self) -> Vec<Effect> {
        let mut effects = self.take_effects();
        effects.retain(|effect| !matches!(effect, Effect::Look(_)));
        effects
    }

    pub(crate) fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }
}

/// A snapshot `at` seconds after the start, with microseconds of CPU and bytes of memory per
/// container.
pub(crate) fn snapshot(at: u64, used: &[(&ContainerId, u64, u64)]) -> Snapshot {
    let sample = |(id, cpu, memory): &(&ContainerId, u64, u64)| {
        let sample = minic_tui::internals::Sample {
            cpu_usec: Some(*cpu),
            memory: Some(*memory),
            ..Default::default()
        };
        ((*id).clone(), sample)
    };
    Snapshot {
        at: Duration::from_secs(at),
        samples: used.iter().map(sample).collect::<BTreeMap<_, _>>(),
        ..Snapshot::default()
    }
}
