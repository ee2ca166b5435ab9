//! The launch form: sections of fields, what is to be said of the focused one, and the command line
//! so far. `model/launch_form/layout.rs` has its layout.

use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::canvas::{Canvas, row};
use crate::tui::action::Action;
use crate::tui::model::{
    Field, FormLayout, FormRow, Kind, LaunchForm, LineEdit, Section, Spot, Target, command_rows,
    error_rows,
};
use crate::tui::sanitise::printable;
use crate::tui::text;
use crate::tui::widget::frame;

/// Draws the form over `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, form: &LaunchForm) {
    let theme = canvas.theme;
    let layout = FormLayout::of(form, area);
    let title = match (&form.launching, &form.like) {
        (Some(_), _) => "Launching".to_owned(),
        (None, Some(name)) => format!("Another like {}", printable(name)),
        (None, None) => "Run a container".into(),
    };
    frame(canvas.buffer, layout.outer, &title, theme);
    canvas.hits.add(layout.outer, Target::Nothing);
    for ((column, rows), first) in layout.columns.iter().zip(form.first_rows) {
        for (form_row, y) in rows.iter().skip(first).zip(0..column.height) {
            draw_row(canvas, row(*column, y), form, *form_row);
        }
        more(canvas, &layout, *column, rows.len(), first);
    }
    if let Some(rule) = layout.rule {
        let line = String::from(theme.symbols.line).repeat(usize::from(rule.width));
        canvas.pen(rule).put(&line, theme.border);
    }
    message(canvas, &layout, form);
    if let Some(buttons) = layout.buttons {
        draw_buttons(canvas, buttons);
    }
}

/// Arrows in the edge of the box where there is more above or below.
fn more(canvas: &mut Canvas<'_>, layout: &FormLayout, column: Rect, rows: usize, first: usize) {
    let theme = canvas.theme;
    let [up, down] = theme.symbols.order;
    let edge = |y: u16| Rect::new(layout.outer.right().saturating_sub(1), y, 1, 1);
    if first > 0 {
        canvas.pen(edge(column.y)).symbol(up, theme.key);
    }
    if rows > first + usize::from(column.height) && column.height > 0 {
        let last = edge(column.bottom() - 1);
        canvas.pen(last).symbol(down, theme.key);
    }
}

fn draw_row(canvas: &mut Canvas<'_>, line: Rect, form: &LaunchForm, form_row: FormRow) {
    let theme = canvas.theme;
    match form_row {
        FormRow::Heading(section) => heading(canvas, line, form, section),
        FormRow::Entry(field, at) => entry(canvas, line, form, field, at),
        FormRow::Error(field, at, part) => {
            let rows = error_rows(form, field, at, line.width);
            let sign = if part == 0 {
                theme.symbols.failure
            } else {
                ' '
            };
            canvas
                .pen(line)
                .skip(FormLayout::labels(line.width))
                .symbol(sign, theme.error)
                .skip(1)
                .put(rows.get(part).map_or("", String::as_str), theme.error);
        }
        FormRow::Blank => {}
    }
}

fn heading(canvas: &mut Canvas<'_>, line: Rect, form: &LaunchForm, section: Section) {
    let theme = canvas.theme;
    let active = form.focus == Spot::Heading(section);
    let is_folded = form.folded.contains(&section);
    let [open, folded] = theme.symbols.fold;
    canvas.hits.add(line, Target::Spot(Spot::Heading(section)));
    let style = if active { theme.selected } else { theme.title };
    let mut pen = canvas.pen(line);
    pen.symbol(if is_folded { folded } else { open }, theme.key)
        .skip(1)
        .put(section.title(), style);
    if !is_folded {
        return;
    }
    pen.skip(
        (FormLayout::labels(line.width) + 1)
            .saturating_sub(pen.x() - line.x)
            .max(2),
    );
    let wrong = form.errors_in(section);
    if wrong > 0 {
        let text = format!("{} {wrong} wrong  ", theme.symbols.failure);
        pen.put(&text, theme.error);
    }
    let summary = form.summary(section);
    if summary.is_empty() {
        pen.put(&section.contents(), theme.dim);
    } else {
        pen.put(&printable(&summary), Style::new());
    }
}

fn entry(canvas: &mut Canvas<'_>, line: Rect, form: &LaunchForm, field: Field, at: usize) {
    let theme = canvas.theme;
    let spot = Spot::Entry(field, at);
    let active = form.focus == spot;
    let error = form.error(field, at);
    let label_style = match (error, active) {
        (Some(_), _) => theme.error,
        (None, true) => theme.strong,
        (None, false) => theme.label,
    };
    let marker = if active { theme.symbols.marker } else { ' ' };
    let labels = FormLayout::labels(line.width);
    canvas.hits.add(line, Target::Spot(spot));
    let label = Rect {
        width: labels.saturating_sub(1).min(line.width),
        ..line
    };
    let name = if at == 0 { field.label() } else { "" };
    canvas
        .pen(label)
        .symbol(marker, theme.key)
        .put(name, label_style);
    let input = Rect {
        x: line.x + labels,
        width: line.width.saturating_sub(labels),
        ..line
    };
    let beside = FormLayout::beside(field, line.width);
    // up to the remark
    let short = beside.map_or(input.width, |from| from - labels - 2);
    let used = match field.kind() {
        Kind::Preset | Kind::Choice(_) => choice(canvas, input, form, field, active),
        _ => {
            let edit = form.lines.get(&field).and_then(|lines| lines.get(at));
            let text = edit.map_or(0, |edit| text::width(&printable(edit.text()))) as u16;
            // a long text may use the room of the remark
            let width = if error.is_none() {
                text.saturating_add(1).clamp(short, input.width)
            } else {
                short
            };
            let input = Rect { width, ..input };
            line_edit(canvas, input, edit, active);
            if active {
                ghost(canvas, input, form);
            }
            width
        }
    };
    let used = used.max(short) + 2;
    let room = Rect {
        x: input.x + used,
        width: input.width.saturating_sub(used),
        ..input
    };
    if beside.is_none() || room.width < 10 {
        return;
    }
    if active && form.completion(&canvas.model.records).is_some() {
        choices(canvas, room, form);
        return;
    }
    let (text, style) = remark(canvas, form, field, at);
    // all of an error is in the rows below otherwise, and all that a hint says below the fields
    let fits = |text: &&str| text::width(text) <= usize::from(room.width);
    let is_choice = matches!(field.kind(), Kind::Choice(_));
    let begin = text.split("; ").next();
    let begin = begin.filter(|_| error.is_none() && !is_choice);
    if let Some(text) = [Some(text.as_str()), begin]
        .into_iter()
        .flatten()
        .find(fits)
    {
        canvas.pen(room).put(text, style);
    }
}

/// A word between two arrows; returns the columns that it takes.
fn choice(
    canvas: &mut Canvas<'_>,
    input: Rect,
    form: &LaunchForm,
    field: Field,
    active: bool,
) -> u16 {
    let theme = canvas.theme;
    let style = if active {
        theme.field_active
    } else {
        theme.field
    };
    let word = if field == Field::PRESET {
        form.preset.as_ref().map_or("none", |(name, _)| name)
    } else {
        form.text(field)
    };
    let [previous, next] = theme.symbols.choice;
    let text = format!("{previous} {} {next}", printable(word));
    canvas.pen(input).put(&text, style);
    let width = (text::width(&text) as u16).min(input.width);
    let arrow = |x: u16| Rect {
        x,
        width: 2.min(width),
        ..input
    };
    let arrows = [(input.x, false), (input.x + width.saturating_sub(2), true)];
    for (x, forward) in arrows {
        canvas.hits.add(arrow(x), Target::Arrow(field, forward));
    }
    width
}

/// The rest of what the text can be completed to, after the cursor.
fn ghost(canvas: &mut Canvas<'_>, input: Rect, form: &LaunchForm) {
    let typed = form.focused_line().map_or("", |line| line.text());
    let completion = form.completion(&canvas.model.records);
    let rest = completion.as_deref().and_then(|it| it.strip_prefix(typed));
    let (Some(rest), false) = (rest, typed.is_empty()) else {
        return;
    };
    let x = text::width(&printable(typed)) as u16;
    let room = Rect {
        x: input.x + x,
        width: input.width.saturating_sub(x),
        ..input
    };
    let style = canvas.theme.field_active.patch(canvas.theme.dim);
    canvas.pen(room).put(&printable(rest), style);
}

/// What the focused text can be completed to.
fn choices(canvas: &mut Canvas<'_>, room: Rect, form: &LaunchForm) {
    let theme = canvas.theme;
    let key = canvas.key(Action::CursorRight);
    let words = form.choices(&canvas.model.records).join(", ");
    let mut pen = canvas.pen(room);
    pen.put(&key, theme.key)
        .skip(1)
        .put(&printable(&words), theme.dim);
}

/// An input line; it has the cursor while it is `active`.
pub(super) fn line_edit(
    canvas: &mut Canvas<'_>,
    input: Rect,
    edit: Option<&LineEdit>,
    active: bool,
) {
    let theme = canvas.theme;
    let style = if active {
        theme.field_active
    } else {
        theme.field
    };
    canvas.buffer.set_style(input, style);
    let Some(edit) = edit else {
        if active {
            canvas.cursor = Some(Position::new(input.x, input.y));
        }
        return;
    };
    let whole = printable(edit.text());
    if !active {
        canvas.pen(input).put(&whole, style);
        return;
    }
    // scroll a long line so that the cursor is visible
    let room = usize::from(input.width.saturating_sub(1));
    let before = text::width(&printable(edit.before_cursor()));
    let hidden = before.saturating_sub(room);
    let shown = text::after(&whole, hidden);
    canvas.pen(input).put(shown, style);
    let x = input.x + (before - hidden).min(room) as u16;
    canvas.cursor = Some(Position::new(x, input.y));
}

/// The remark about a line: what is wrong with it, or its meaning.
fn remark(canvas: &Canvas<'_>, form: &LaunchForm, field: Field, at: usize) -> (String, Style) {
    let theme = canvas.theme;
    if let Some(error) = form.error(field, at) {
        let text = format!("{} {}", theme.symbols.failure, printable(error));
        return (text, theme.error);
    }
    let preset = form.preset.as_ref().filter(|_| field == Field::PRESET);
    let description = preset.and_then(|(_, preset)| preset.description.as_deref());
    let lines = form.lines.get(&field).and_then(|lines| lines.get(at));
    let typed = lines.map_or("", |line| line.text().trim());
    let meaning = description.map_or_else(|| field.meaning(typed), str::to_owned);
    (printable(&meaning), theme.dim)
}

/// The progress, what is wrong, or the meaning of the focused line; below it the command line. What
/// is wrong may use the room of both.
fn message(canvas: &mut Canvas<'_>, layout: &FormLayout, form: &LaunchForm) {
    let theme = canvas.theme;
    let symbols = theme.symbols;
    let (text, style, long) = match (&form.launching, &form.refused, form.focus) {
        _ if form.leaving => {
            let key = canvas.key(Action::Cancel);
            let text =
                format!("throw away what you typed? {key} again does, any other key keeps it");
            (text, theme.warning, true)
        }
        (Some(_), _, _) => {
            let progress = form.progress.as_deref().unwrap_or("starting it");
            (format!("{} {progress}", symbols.busy), theme.pending, true)
        }
        (None, Some((None, error)), _) => {
            let text = format!("{} {}", symbols.failure, printable(error));
            (text, theme.error, true)
        }
        (_, _, Spot::Entry(field, at)) => {
            let is_error = form.error(field, at).is_some();
            let (mut text, style) = remark(canvas, form, field, at);
            if !is_error && field.kind() == Kind::List {
                let last = form
                    .lines
                    .get(&field)
                    .is_none_or(|lines| at + 1 >= lines.len());
                let enter = canvas.key(Action::Confirm);
                let more = if last {
                    format!("{enter} goes to the next field")
                } else {
                    let remove = canvas.key(Action::RemoveLine);
                    format!("{enter} adds a line, {remove} removes this one")
                };
                text = format!("{text}; {more}");
            }
            (text, style, is_error)
        }
        (_, _, Spot::Heading(section)) => (section.contents(), theme.dim, false),
        (_, _, Spot::CommandLine) => {
            let (copy, right) = (
                canvas.key(Action::CopyCommand),
                canvas.key(Action::CursorRight),
            );
            let text = format!("what a shell would be told; {copy} copies it, {right} scrolls it");
            (text, theme.dim, false)
        }
    };
    let both = Rect {
        height: layout.message.height + layout.command.height,
        ..layout.message
    };
    let width = usize::from(both.width);
    let needed = text::wrap_words(&text, width, usize::MAX, symbols.ellipsis).len();
    let takes_both = long && needed > usize::from(layout.message.height);
    let area = if takes_both { both } else { layout.message };
    let lines = text::wrap_words(&text, width, area.height.into(), symbols.ellipsis);
    for (line, y) in lines.iter().zip(0..area.height) {
        canvas.pen(row(area, y)).put(line, style);
    }
    if !takes_both {
        command(canvas, layout.command, form);
    }
}

fn command(canvas: &mut Canvas<'_>, area: Rect, form: &LaunchForm) {
    let theme = canvas.theme;
    let active = form.focus == Spot::CommandLine;
    let style = match (active, form.is_wrong()) {
        (true, _) => theme.strong,
        (false, true) => theme.dim,
        (false, false) => Style::new(),
    };
    canvas.hits.add(area, Target::Spot(Spot::CommandLine));
    let rows = command_rows(form, usize::from(area.width));
    let shown = rows.iter().skip(form.command_row);
    for (line, y) in shown.zip(0..area.height) {
        canvas.pen(row(area, y)).put(line, style);
    }
}

fn draw_buttons(canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    let mut x = area.x;
    for (action, label) in [
        (Action::Launch, "Launch"),
        (Action::CopyCommand, "Copy the command line"),
        (Action::Cancel, "Cancel"),
    ] {
        let key = canvas.key(action);
        let width = (text::width(&key) + label.len() + 5) as u16;
        let place = Rect { x, width, ..area }.intersection(area);
        canvas
            .pen(place)
            .put("[ ", theme.border)
            .put(&key, theme.key)
            .skip(1)
            .put(label, Style::new())
            .put(" ]", theme.border);
        canvas.hits.add(place, Target::Action(action));
        x += width + 2;
    }
}
