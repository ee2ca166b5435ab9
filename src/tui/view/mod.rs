//! [`view`]: draws the model and returns what was drawn where. One file per region, each with its
//! layout in its doc.
//!
//! Nothing here sorts, filters or decides: it draws what the model contains.

mod bar;
mod canvas;
mod connections;
mod curve;
mod death;
mod dials;
mod divider;
mod events;
mod facts;
mod files;
mod form;
mod header;
mod help;
mod hint;
mod history;
mod images;
mod logs;
mod networks;
mod overview;
mod palette;
mod preset_form;
mod presets;
mod processes;
mod prompt;
mod question;
mod question_words;
mod setup;
mod sheet;
mod shell;
mod signal_menu;
mod sort_menu;
mod table;
mod tabs;
mod tiles;
mod toasts;
mod usage;
mod waterfall;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use super::action::Action;
use super::model::{Card, HitMap, MIN_SIZE, Model, Overlay, Pane, Regions, Tab, Target};
use super::widget::Pen;
use canvas::Canvas;

/// Draws the whole screen; returns the targets of clicks.
pub fn view(model: &Model, frame: &mut Frame<'_>) -> HitMap {
    let mut hits = HitMap::default();
    let mut canvas = Canvas {
        model,
        theme: &model.settings.theme,
        buffer: frame.buffer_mut(),
        hits: &mut hits,
        cursor: None,
    };
    draw(&mut canvas);
    let cursor = canvas.cursor;
    if !canvas.theme.symbols.braille {
        to_ascii(canvas.buffer);
    }
    if let Some(position) = cursor {
        frame.set_cursor_position(position);
    }
    hits
}

fn draw(canvas: &mut Canvas<'_>) {
    let model = canvas.model;
    let Some(regions) = model.regions() else {
        too_small(canvas);
        return;
    };
    header::draw(canvas, regions.header, regions.cores);
    tabs::draw(canvas, regions.tabs);
    match model.tab {
        Tab::Containers => {
            if model.list.tiles {
                tiles::draw(canvas, regions.body, regions.tiles())
            } else if regions.body.height > 0 {
                table::draw(canvas, regions.body)
            }
            divider::draw(canvas, regions.divider);
            draw_pane(canvas, &regions);
        }
        Tab::Images => images::draw(canvas, regions.body),
        Tab::Networks => networks::draw(canvas, regions.body),
        Tab::Presets => presets::draw(canvas, regions.body),
        Tab::Events => events::draw(canvas, regions.body),
        Tab::Host => sheet::host(canvas, regions.body),
    }
    bar::draw(canvas, regions.bar);
    let between = Rect {
        height: regions.bar.y,
        ..canvas.buffer.area
    };
    match &model.overlay {
        Some(Overlay::Form(form)) => form::draw(canvas, between, form),
        Some(Overlay::Preset(form)) => preset_form::draw(canvas, between, form),
        Some(Overlay::Confirm(question)) => question::draw(canvas, between, question),
        Some(Overlay::Sort(column)) => sort_menu::draw(canvas, between, *column),
        Some(Overlay::Setup(setup)) => setup::draw(canvas, between, setup),
        Some(Overlay::Card(Card::FailedLaunch(failed))) => {
            waterfall::draw_failed(canvas, between, failed)
        }
        Some(Overlay::Card(card)) => {
            let record = card.id().and_then(|id| model.record(id));
            match (card, record) {
                (Card::Death { log_tail, .. }, Some(record)) => {
                    death::draw(canvas, between, record, log_tail.as_ref())
                }
                (_, Some(record)) => waterfall::draw(canvas, between, record),
                (_, None) => {}
            }
        }
        Some(Overlay::Line(prompt)) => prompt::draw(canvas, between, prompt),
        Some(Overlay::Palette(palette)) => palette::draw(canvas, between, palette),
        Some(Overlay::Help(help)) => help::draw(canvas, between, help),
        Some(Overlay::Signal(menu)) => signal_menu::draw(canvas, between, menu),
        None if model.shows_hint() => hint::draw(canvas, between),
        Some(Overlay::Prompt(_) | Overlay::Filter(..)) | None => {}
    }
    toasts::draw(canvas, between);
}

fn draw_pane(canvas: &mut Canvas<'_>, regions: &Regions) {
    let area = regions.pane;
    let Some(pane) = canvas.model.pane() else {
        return;
    };
    canvas.hits.add(area, Target::PaneArea);
    match pane {
        Pane::Overview => overview::draw(canvas, area),
        Pane::Processes => processes::draw(canvas, area),
        Pane::Logs => logs::draw(canvas, area),
        Pane::Shell => shell::draw(canvas, area),
        Pane::Files => files::draw(canvas, area),
        Pane::Isolation => sheet::isolation(canvas, area),
        Pane::Connections => connections::draw(canvas, area),
        Pane::History => history::draw(canvas, area),
    }
}

/// Replaces characters that are not ASCII: names and output of containers can have any, and our own
/// texts have arrows and signs.
fn to_ascii(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if cell.symbol().is_ascii() {
            continue;
        }
        let stands = match cell.symbol() {
            "→" => ">",
            "↓" => "v",
            "↑" => "^",
            "−" | "–" | "—" => "-",
            "×" => "x",
            "≠" => "!",
            "…" => "~",
            "µ" => "u",
            "·" => ".",
            _ => "?",
        };
        cell.set_symbol(stands);
    }
}

fn too_small(canvas: &mut Canvas<'_>) {
    let Size { width, height } = canvas.model.size;
    let lines = [
        "too small".to_owned(),
        format!(
            "{width}×{height}, needs {}×{}",
            MIN_SIZE.width, MIN_SIZE.height
        ),
    ];
    let mut lines = lines.to_vec();
    lines.push(if canvas.model.asks_before_quitting() {
        "something is under way".to_owned()
    } else {
        format!("{} quits", canvas.key(Action::Quit))
    });
    let area = canvas.buffer.area;
    for (line, y) in lines.iter().zip(area.y..area.bottom()) {
        let row = Rect {
            y,
            height: 1,
            ..area
        };
        Pen::new(canvas.buffer, row, canvas.theme.symbols.ellipsis).put(line, canvas.theme.warning);
    }
}
