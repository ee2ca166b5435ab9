//! The whole screen on made-up containers: bytes are keys, clicks, sizes and time.

use std::sync::{Arc, Mutex, OnceLock};

use jiff::{SignedDuration, Timestamp};
use minic_tui::demo::Demo;
use minic_tui::manager::{Engine, Sampling};
use minic_tui::tui::Settings;
use minic_tui::tui::effect::{Call, Effect, LookRunner, Outcome, perform, tail};
use minic_tui::tui::keymap::{Chord, Key};
use minic_tui::tui::message::{Input, Message};
use minic_tui::tui::model::Model;
use minic_tui::tui::update::{start, update};
use minic_tui::tui::view::view;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Size;

/// The most things that are done on one screen.
const MOST: usize = 120;

const NAMED: [Key; 16] = [
    Key::Enter,
    Key::Esc,
    Key::Tab,
    Key::Backspace,
    Key::Delete,
    Key::Insert,
    Key::Home,
    Key::End,
    Key::PageUp,
    Key::PageDown,
    Key::Up,
    Key::Down,
    Key::Left,
    Key::Right,
    Key::F(1),
    Key::F(9),
];

/// Draws the model: nothing on the screen can drive the terminal that it is on.
pub(super) fn draw(model: &mut Model) {
    let Size { width, height } = model.size;
    let mut terminal =
        Terminal::new(TestBackend::new(width, height)).expect("a terminal in memory");
    let mut hits = minic_tui::tui::model::HitMap::default();
    terminal
        .draw(|frame| hits = view(model, frame))
        .expect("it is drawn");
    model.hits = hits;
    for cell in terminal.backend().buffer().content() {
        super::harmless(cell.symbol());
    }
}

struct Play {
    model: Model,
    demo: Demo,
    sampler: Box<dyn Sampling>,
    clock: Arc<Mutex<Timestamp>>,
    lookout: LookRunner,
    readings: u64,
    done: usize,
}

impl Play {
    fn new() -> Self {
        static SETTINGS: OnceLock<Settings> = OnceLock::new();
        let settings = SETTINGS.get_or_init(|| Settings {
            presets: Demo::presets(),
            time_zone: jiff::tz::TimeZone::UTC,
            ..Settings::embedded().expect("assets")
        });
        let now: Timestamp = "2026-11-23T14:03:11Z".parse().expect("a time");
        let clock = Arc::new(Mutex::new(now));
        let hand = Arc::clone(&clock);
        let demo = Demo::new(7, Arc::new(move || *hand.lock().expect("one thread")));
        let model = Model::new(settings.clone(), Size::new(80, 24), now);
        let sampler = demo.sampler().expect("a demo has one");
        let mut play = Self {
            model,
            sampler,
            demo,
            clock,
            lookout: LookRunner::default(),
            readings: 0,
            done: 0,
        };
        play.carry_out(start());
        play
    }

    fn send(&mut self, message: Message) {
        let effects = update(&mut self.model, message);
        self.carry_out(effects);
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            // what answers itself without end would be met here, not by patience
            self.done += 1;
            assert!(self.done < 200 * MOST, "the screen asks and asks");
            match effect {
                Effect::Call(id, call) => {
                    let result = match call {
                        // nothing is written to this machine's disk
                        Call::Write(path, _) | Call::SavePreset(path, ..) => {
                            Ok(Outcome::Written(path))
                        }
                        Call::Extract(..) => Ok(Outcome::Extracted(Box::default())),
                        call => perform(&self.demo, call, &mut |_| true),
                    };
                    self.send(Message::EffectDone(id, result));
                }
                Effect::ReadRecords => {
                    self.readings += 1;
                    self.send(Message::Records(self.readings, self.demo.records()));
                }
                Effect::ReadTail(id) => self.send(Message::Tail(tail(&self.demo, &id, &|| false))),
                Effect::Look(look) => {
                    let seen = self.lookout.look(&self.demo, look);
                    self.send(Message::Seen(Box::new(seen)));
                }
                Effect::OpenLog(_)
                | Effect::ReadLog
                | Effect::Shell(..)
                | Effect::Cancel(_)
                | Effect::Check
                | Effect::PurgeTrash
                | Effect::Remember(..)
                | Effect::Copy(_)
                | Effect::Suspend
                | Effect::Redraw
                | Effect::Quit => {}
            }
        }
    }

    fn tick(&mut self, seconds: u8) {
        let now = {
            let mut clock = self.clock.lock().expect("one thread");
            *clock += SignedDuration::from_secs(i64::from(seconds));
            *clock
        };
        self.send(Message::Clock(now));
        let snapshot = self.sampler.sample();
        self.send(Message::Sampled(Box::new(snapshot)));
        self.carry_out(vec![Effect::ReadRecords]);
    }
}

/// Plays what the bytes say: printable ASCII and letters of two bytes are typed, the other control
/// bytes are named keys, and from 128 on a byte is a move with the bytes after it as its figures.
pub(super) fn played(data: &[u8]) {
    let mut play = Play::new();
    play.tick(1);
    let mut bytes = data.iter().copied();
    let mut next = || bytes.next();
    for _ in 0..MOST {
        let Some(byte) = next() else { break };
        let mut figure = || next().unwrap_or(0);
        let key = |key: Key| Message::Input(Input::Key(key.into()));
        match byte {
            b' '..=b'~' => play.send(key(Key::Char(char::from(byte)))),
            0..=15 => play.send(key(NAMED[usize::from(byte)])),
            0x80..=0x8f => play.send(Message::Input(Input::Click(
                figure().into(),
                figure().into(),
            ))),
            0x90..=0x97 => play.send(Message::Input(Input::Drag(
                figure().into(),
                figure().into(),
            ))),
            0x98..=0x9f => play.send(Message::Input(Input::Release)),
            0xa0..=0xaf => play.send(Message::Input(Input::Wheel(
                figure().into(),
                figure().into(),
                i16::from(byte & 15) - 8,
            ))),
            0xb0..=0xbf => {
                let size = (u16::from(figure()).max(1), u16::from(figure() % 100).max(1));
                play.send(Message::Input(Input::Resize(size.0, size.1)));
                draw(&mut play.model);
            }
            0xc0..=0xcf => play.tick(byte & 15),
            0xd0..=0xdf => {
                let text: Vec<u8> = (0..byte & 15).map(|_| figure()).collect();
                play.send(Message::Input(Input::Paste(
                    String::from_utf8_lossy(&text).into_owned(),
                )));
            }
            0xe0..=0xef => draw(&mut play.model),
            other => {
                let letter = Key::Char(char::from(b'a' + figure() % 26));
                play.send(Message::Input(Input::Key(Chord::new(
                    letter,
                    other & 1 == 1,
                    other & 1 == 0,
                    false,
                ))));
            }
        }
    }
    draw(&mut play.model);
}
