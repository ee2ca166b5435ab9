//! [`Curve`]: a figure of a container over time, the same everywhere: caption with its value and
//! scale, graph, time axis.
//!
//! ```text
//! CPU 45.0% of a core      0–50% (limit)
//! ⠉⠉⠉⠉⠉⠉⠉⣿⣿⣿⣿⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉
//! ⣀⣀⣤⣶⣾⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀
//! ─────▒▒▒▒▒▒────────────────────
//! -60s          ▒ throttled   now
//! ```

use jiff::SignedDuration;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Canvas, row};
use crate::record::{ExitCause, Record, Status};
use crate::spec::{format_bytes, format_duration};
use crate::stats::{Figure, highest_of};
use crate::tui::model::Model;
use crate::tui::text;
use crate::tui::theme::Theme;
use crate::tui::widget::{Graph, Mark, Scale, Unit};
use crate::tui::wording::{NOT_AVAILABLE, cap_percent, grouped, percent, round_bytes};

/// A figure of a container over time.
#[derive(Clone, Copy)]
pub(super) struct Curve<'a> {
    /// The container.
    pub record: &'a Record,
    /// The figure.
    pub figure: Figure,
    /// The tick at the right edge.
    pub last: u64,
    /// Whether that is the container's end.
    pub ended: bool,
    /// How many ticks each value stands for: it is the highest of them.
    pub per: u64,
}

impl<'a> Curve<'a> {
    /// `figure` of `record` up to the moment shown.
    pub(super) fn shown(model: &Model, record: &'a Record, figure: Figure) -> Self {
        Self {
            record,
            figure,
            last: model.tick(),
            ended: false,
            per: 1,
        }
    }

    /// `figure` of `record` up to its end.
    pub(super) fn ended(model: &Model, record: &'a Record, figure: Figure) -> Self {
        let series = model.history.series(&record.spec.id);
        Self {
            record,
            figure,
            last: series.map_or(0, |series| series.last()),
            ended: true,
            per: 1,
        }
    }

    /// `figure` of `record` up to the moment shown, or up to its end if that was before.
    pub(super) fn lived(model: &Model, record: &'a Record, figure: Figure) -> Self {
        let ended = Self::ended(model, record, figure);
        let alive = model.running_since(record).is_some() || record.state.status.is_alive();
        if alive || ended.last > model.tick() {
            return Self::shown(model, record, figure);
        }
        ended
    }

    /// The same with each value the highest of `per` ticks.
    pub(super) fn each_of(self, per: u64) -> Self {
        Self { per, ..self }
    }

    /// Draws caption, graph and axis into `area`; only the caption where it has one row.
    pub(super) fn draw(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let plot = Rect {
            y: area.y + 1.min(area.height),
            height: area.height.saturating_sub(1),
            ..area
        };
        let scale = self.plot(canvas, plot);
        self.caption(canvas, row(area, 0), scale);
    }

    /// Draws the graph without a caption; returns its scale, if there is a value to draw.
    pub(super) fn plot(&self, canvas: &mut Canvas<'_>, area: Rect) -> Option<Scale> {
        let (model, theme) = (canvas.model, canvas.theme);
        let id = &self.record.spec.id;
        let count = Graph::ticks(area.width, theme) as u64;
        let first = (self.last / self.per + 1).saturating_sub(count) * self.per;
        let ticks = (self.last + 1 - first) as usize;
        let values = model.history.values(id, self.figure, self.last, ticks);
        let values = highest_of(&values, self.per as usize);
        let known = values.iter().copied().filter(|value| !value.is_nan());
        let highest = known.reduce(f64::max)?;
        let scale = self.scale(model, highest);
        let graph = Graph {
            values: &values,
            scale,
            limit: self.full(model),
            style: style(self.figure, theme),
            marks: &|back| self.marks(model, back as u64),
            times: [
                &self.time(model, first, ticks.max((count * self.per) as usize)),
                &self.time(model, self.last, 1),
            ],
        };
        graph.draw(canvas.buffer, area, theme);
        Some(scale)
    }

    fn caption(&self, canvas: &mut Canvas<'_>, line: Rect, scale: Option<Scale>) {
        let (model, theme) = (canvas.model, canvas.theme);
        let series = model.history.series(&self.record.spec.id);
        let now = series.and_then(|series| series.value(self.figure, self.last));
        let (value, more) = match now {
            Some(value) => (words(self.figure, value), self.more().to_owned()),
            None => (NOT_AVAILABLE.to_owned(), self.why_not(model)),
        };
        let [short, long] =
            scale.map_or_else(Default::default, |scale| self.scale_words(model, scale));
        let [long_name, short_name] = names(self.figure);
        // the scale matters more than the words after the value, its limit less; a reason most
        let ways = if now.is_some() {
            [
                (long_name, more.as_str(), long.as_str()),
                (long_name, "", &long),
                (long_name, "", &short),
                (short_name, "", &short),
            ]
        } else {
            [
                (long_name, more.as_str(), long.as_str()),
                (long_name, &more, &short),
                (short_name, &more, &short),
                (short_name, &more, ""),
            ]
        };
        let room = usize::from(line.width);
        let columns = |(name, more, scale): &(&str, &str, &str)| {
            [*name, &value, more, scale]
                .map(text::width)
                .iter()
                .sum::<usize>()
                + 2
        };
        let way = ways.iter().find(|way| columns(way) <= room);
        let (name, more, scale) = way.unwrap_or(&ways[3]);
        let mut pen = canvas.pen(line);
        pen.put(name, theme.label)
            .put(" ", theme.label)
            .put(&value, theme.strong)
            .put(more, theme.strong)
            .put_right(scale, theme.dim);
    }

    /// What follows the value where there is room.
    fn more(&self) -> &'static str {
        match self.figure {
            _ if self.ended => " last sample",
            Figure::Cpu => " of a core",
            _ => "",
        }
    }

    /// The scale of data up to `highest`, in the way chosen.
    fn scale(&self, model: &Model, highest: f64) -> Scale {
        let unit = unit(self.figure);
        let limit = self.limit(model);
        let scale = match self.most(model) {
            Some((most, _)) if model.graphs_to_limit => Scale::of_limit(highest, most, unit),
            _ => Scale::of_data(highest, limit, unit),
        };
        // what the host has is no limit
        Scale {
            line: scale.line.filter(|_| limit.is_some()),
            ..scale
        }
    }

    /// The scale in words: shortly, and with the limit.
    fn scale_words(&self, model: &Model, scale: Scale) -> [String; 2] {
        let round = |value| round_words(self.figure, value);
        let short = format!("0–{}", round(scale.top));
        let long = match (self.limit(model), self.most(model)) {
            (Some(limit), _) if limit == scale.top => format!("{short} (limit)"),
            (Some(limit), _) => format!("{short}, limit {}", round(limit)),
            (None, Some((most, Most::OfHost))) if most == scale.top => format!("{short} (host)"),
            (None, _) => short.clone(),
        };
        [short, long]
    }

    /// The container's limit of the figure.
    fn limit(&self, model: &Model) -> Option<f64> {
        let spec = &self.record.spec;
        let limits = model.handles.limits(&spec.id, &spec.limits);
        match self.figure {
            Figure::Cpu => limits.cpu.map(|cap| cap.cores()),
            Figure::Memory | Figure::MemoryPeak => limits.memory.map(|bytes| bytes as f64),
            Figure::Pids => limits.pids.map(|count| count as f64),
            Figure::Throttled
            | Figure::Read
            | Figure::Write
            | Figure::NetRx
            | Figure::NetTx
            | Figure::PsiCpu
            | Figure::PsiMemory
            | Figure::PsiIo
            | Figure::OomKills => None,
        }
        .filter(|limit| *limit > 0.0)
    }

    /// The value at which nothing is left: the limit, or all of the time.
    fn full(&self, model: &Model) -> Option<f64> {
        match unit(self.figure) {
            Unit::Percent => Some(100.0),
            Unit::Share | Unit::Bytes | Unit::Count => self.limit(model),
        }
    }

    /// The most that the figure can be: what is full, else what the host has.
    fn most(&self, model: &Model) -> Option<(f64, Most)> {
        let host = || {
            let host = model.host_at_moment()?;
            match self.figure {
                Figure::Cpu => Some(host.cores.len() as f64),
                Figure::Memory => Some(host.memory_total as f64),
                _ => None,
            }
            .filter(|most| *most > 0.0)
        };
        let own = self.full(model).map(|full| (full, Most::OfItsOwn));
        own.or_else(|| Some((host()?, Most::OfHost)))
    }

    /// What happened in the ticks of the value that is `back` before the newest.
    fn marks(&self, model: &Model, back: u64) -> Option<Mark> {
        let first = (self.last / self.per).checked_sub(back)? * self.per;
        let ticks = first..=(first + self.per - 1).min(self.last);
        ticks.filter_map(|tick| self.mark(model, tick)).max()
    }

    /// What happened at `tick`.
    fn mark(&self, model: &Model, tick: u64) -> Option<Mark> {
        let series = model.history.series(&self.record.spec.id)?;
        let value = |figure, tick| series.value(figure, tick);
        let kills = value(Figure::OomKills, tick).unwrap_or_default();
        let before = tick.checked_sub(1);
        let before = before.and_then(|tick| value(Figure::OomKills, tick));
        let ended = self.ended && tick == self.last && was_oom_killed(self.record);
        if ended || before.is_some_and(|before| kills > before) {
            return Some(Mark::OomKill);
        }
        let cpu = matches!(self.figure, Figure::Cpu | Figure::PsiCpu);
        let throttled = || value(Figure::Throttled, tick).is_some_and(|share| share > 0.0);
        (cpu && throttled()).then_some(Mark::Throttled)
    }

    /// When `tick` was, the oldest of `count`: how long ago, or before its end; the time of day while
    /// looking back, which stands still.
    fn time(&self, model: &Model, tick: u64, count: usize) -> String {
        if tick == self.last && self.ended {
            return "its end".into();
        }
        let until = model.history.age(self.last).unwrap_or_default();
        // before the screen was opened there were no ticks: as if there had been
        let whole = || until + model.settings.tick * count.saturating_sub(1) as u32;
        let age = model.history.age(tick).unwrap_or_else(whole);
        if self.ended {
            return format!("-{}", format_duration(age.saturating_sub(until)));
        }
        if model.past.is_some() {
            let at = model.sampled_at - SignedDuration::try_from(age).unwrap_or_default();
            let zone = model.settings.time_zone.clone();
            return at.to_zoned_datetime(zone).strftime("%H:%M:%S").to_string();
        }
        if tick == self.last {
            return "now".into();
        }
        format!("-{}", format_duration(age))
    }

    /// Why there is no value at the right edge.
    fn why_not(&self, model: &Model) -> String {
        if let Some(reason) = model.gap(self.figure.gap()) {
            return format!(" ({reason})");
        }
        let alive = model.running_since(self.record).is_some();
        let sampled = model.reading(self.record).is_some();
        match (alive, sampled) {
            (true, true) => " (needs two samples)".into(),
            (true, false) => " (not sampled yet)".into(),
            (false, _) => " (not running)".into(),
        }
    }
}

/// Whose the most of a figure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Most {
    OfItsOwn,
    OfHost,
}

fn was_oom_killed(record: &Record) -> bool {
    matches!(
        &record.state.status,
        Status::Stopped {
            cause: ExitCause::OomKilled { .. },
            ..
        }
    )
}

/// The name of `figure`, and a short one.
fn names(figure: Figure) -> [&'static str; 2] {
    match figure {
        Figure::Cpu => ["CPU"; 2],
        Figure::Throttled => ["Throttled"; 2],
        Figure::Memory => ["Memory"; 2],
        Figure::Pids => ["PIDs"; 2],
        Figure::Read => ["Disk read", "Read"],
        Figure::Write => ["Disk write", "Write"],
        Figure::NetRx => ["Received", "In"],
        Figure::NetTx => ["Sent", "Out"],
        Figure::PsiCpu => ["CPU pressure", "CPU PSI"],
        Figure::PsiMemory => ["Memory pressure", "Memory PSI"],
        Figure::PsiIo => ["I/O pressure", "I/O PSI"],
        Figure::MemoryPeak => ["Peak memory", "Peak"],
        Figure::OomKills => ["OOM kills"; 2],
    }
}

fn unit(figure: Figure) -> Unit {
    match figure {
        Figure::Cpu | Figure::Throttled => Unit::Share,
        Figure::Memory
        | Figure::MemoryPeak
        | Figure::Read
        | Figure::Write
        | Figure::NetRx
        | Figure::NetTx => Unit::Bytes,
        Figure::Pids | Figure::OomKills => Unit::Count,
        Figure::PsiCpu | Figure::PsiMemory | Figure::PsiIo => Unit::Percent,
    }
}

fn style(figure: Figure, theme: &Theme) -> Style {
    match figure {
        Figure::Memory | Figure::MemoryPeak | Figure::PsiMemory => theme.memory,
        Figure::Throttled => theme.gauge_second,
        _ => theme.cpu,
    }
}

/// The value of `figure`.
fn words(figure: Figure, value: f64) -> String {
    match unit(figure) {
        Unit::Share => percent(value),
        Unit::Percent => format!("{value:.1}%"),
        Unit::Count => grouped(value as u64),
        Unit::Bytes => format!("{}{}", format_bytes(value as u64), per_second(figure)),
    }
}

/// A round value of `figure`, without needless digits.
fn round_words(figure: Figure, value: f64) -> String {
    match unit(figure) {
        Unit::Share => cap_percent(value),
        Unit::Percent => format!("{value}%"),
        Unit::Count => grouped(value as u64),
        Unit::Bytes => format!("{}{}", round_bytes(value as u64), per_second(figure)),
    }
}

fn per_second(figure: Figure) -> &'static str {
    if matches!(
        figure,
        Figure::Read | Figure::Write | Figure::NetRx | Figure::NetTx
    ) {
        "/s"
    } else {
        ""
    }
}
