//! The Overview of the selected container or group: what there is room for of its graphs, its limits and
//! figures, its log and its processes; when it ended, why. Which parts, and where, is decided by
//! [`plan`].
//!
//! ```text
//!  CPU 25.0% of a core     0–25% (limit)   Memory 101M      0–200M, limit 300M │ Log     l Logs
//!  ⣀⣀⣤⣶⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿   ⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣤⣤⣤⣤⣤⣤⣤ │ 14:03:11   GET /item/41 200
//!  ███████▒▒▒▒▒┃──── F7− F8+  ██████████████────── │ 14:03:12 ! upstream timed out
//!  Limits    cpu 25% (weight 256) · memory 300M    │  PID   CPU%   MEM COMMAND
//!  Now       throttled 74.8% · peak 140M           │   31   24.8  1.2M nginx: worker 1
//! ```

mod graphs;
mod group;
mod log;
mod processes;
mod texts;

use ratatui::layout::{Rect, Size};

use super::canvas::{Canvas, row};
use crate::record::{Record, Status};
use crate::stats::Reading;
use crate::tui::model::{Facts, Knob, LogLine, Part, ProcessRow, Topic, plan, text_rows};
use crate::tui::text;

/// Draws the selected container into `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    let model = canvas.model;
    let Some(record) = model.selected() else {
        if let Some(selected) = model.list.selected_group() {
            group::draw(canvas, area, selected);
        }
        return;
    };
    let subject = Subject::of(canvas, record);
    let size = Size::new(area.width, area.height);
    for (part, place) in plan(size, &subject.facts) {
        let place = Rect {
            x: area.x + place.x,
            y: area.y + place.y,
            ..place
        };
        match part {
            Part::Cpu => graphs::handled(canvas, place, &subject, Knob::Cpu),
            Part::Memory => graphs::handled(canvas, place, &subject, Knob::Memory),
            Part::History(figure) => graphs::history(canvas, place, &subject, figure),
            Part::Text(topic) => named_line(canvas, place, &subject, topic),
            Part::Log => log::draw(canvas, place, &subject.log),
            Part::Processes => processes::draw(canvas, place, &subject.processes),
            Part::Rule => {
                for y in 0..place.height {
                    let upright = canvas.theme.symbols.upright;
                    let border = canvas.theme.border;
                    canvas.pen(row(place, y)).symbol(upright, border);
                }
            }
        }
    }
}

/// The container of the Overview, and what is known of it.
struct Subject<'a> {
    record: &'a Record,
    reading: Option<Reading>,
    /// Whether it is alive at the moment shown.
    alive: bool,
    log: Vec<&'a LogLine>,
    processes: Vec<&'a ProcessRow>,
    facts: Facts,
}

impl<'a> Subject<'a> {
    fn of(canvas: &Canvas<'a>, record: &'a Record) -> Self {
        let model = canvas.model;
        let alive = model.running_since(record).is_some() || record.state.status.is_alive();
        let reading = model.reading(record).map(std::borrow::Cow::into_owned);
        let mut subject = Self {
            record,
            reading,
            alive,
            log: Vec::new(),
            processes: Vec::new(),
            facts: Facts {
                alive,
                ..Facts::default()
            },
        };
        subject.look_at(canvas);
        let figures = graphs::figures(model, record);
        subject.facts.graphs = alive || !figures.is_empty();
        subject.facts.figures = figures;
        let texts = texts::of(canvas, &subject);
        subject.facts.texts.extend(texts);
        subject
    }

    /// Takes what the last look found, as far as it had come about at the moment shown.
    fn look_at(&mut self, canvas: &Canvas<'a>) {
        let model = canvas.model;
        let seen = &model.looks.overview;
        if seen.of.as_ref() != Some(&self.record.spec.id) {
            // its place is kept while it is read
            if self.alive {
                (self.facts.log, self.facts.processes) = (vec![0], 1);
            }
            return;
        }
        let moment = model.moment();
        match &seen.log {
            Some(Ok(lines)) => {
                let then = |line: &&LogLine| model.past.is_none() || line.at <= moment;
                self.log = lines.iter().filter(then).collect();
                if self.log.is_empty() && self.record.state.status != Status::Created {
                    self.note(Topic::NoLog, "it has written nothing");
                }
            }
            Some(Err(reason)) => self.note(Topic::NoLog, reason),
            None => {}
        }
        self.facts.log = self
            .log
            .iter()
            .map(|line| text::width(&line.text))
            .collect();
        // processes are those of now
        for line in seen.processes.rows.iter().filter(|_| model.past.is_none()) {
            match line {
                ProcessRow::Container(_, _, Some(error)) => {
                    self.note(Topic::NoProcesses, &format!("n/a: {error}"));
                }
                ProcessRow::Container(..) => {}
                ProcessRow::Process { .. } => self.processes.push(line),
            }
        }
        self.facts.processes = self.processes.len();
    }

    fn note(&mut self, topic: Topic, words: &str) {
        let words = crate::tui::sanitise::printable(words);
        self.facts.texts.push((topic, words));
    }
}

/// A named line of text, in as many rows as it has.
fn named_line(canvas: &mut Canvas<'_>, area: Rect, subject: &Subject<'_>, topic: Topic) {
    let theme = canvas.theme;
    let words = subject
        .facts
        .texts
        .iter()
        .find(|(other, _)| *other == topic);
    let words = words.map_or("", |(_, words)| words.as_str());
    let style = texts::style(canvas, subject.record, topic);
    let rows = text_rows(
        words,
        area.width,
        area.height.into(),
        theme.symbols.ellipsis,
    );
    for (y, text) in (0..area.height).zip(&rows) {
        let name = if y == 0 { topic.name() } else { "" };
        canvas
            .pen(row(area, y))
            .put(&format!(" {name:<10}"), theme.label)
            .put(text, style);
    }
}
