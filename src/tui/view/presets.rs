//! The presets: their list, and the content of the selected one.
//!
//! ```text
//!  PRESET            WHAT IT IS FOR        cpu-quarter
//! ▌cpu-quarter       a loop held to a …  │ A loop held to a quarter of a core
//!  memory-300        256 MB filled …     │ Command   sh -c 'while true; do :; done'
//! ```

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Canvas, row};
use crate::spec::{ContainerRequest, Preset, format_bytes, quote_command};
use crate::tui::action::Action;
use crate::tui::model::{Compared, Model, Target, command_line, preset_of};
use crate::tui::sanitise::printable;
use crate::tui::text;
use crate::tui::wording::cap_percent;

const NAME_COLUMNS: usize = 11;
/// Columns for the content of the selected preset, before a longer text in the list gets them.
const CONTENT: u16 = 46;

/// Draws the presets into `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    let (model, theme) = (canvas.model, canvas.theme);
    let presets = &model.settings.presets;
    let name_columns = presets
        .iter()
        .map(|(name, _)| text::width(name))
        .max()
        .unwrap_or(0)
        .clamp(6, 20);
    // what each is for, as far as the content of the selected one leaves room
    let about = presets
        .iter()
        .filter_map(|(_, preset)| preset.description.as_deref());
    let about = about
        .map(|text| text::width(&printable(text)))
        .max()
        .unwrap_or(0);
    let needed = (name_columns + about + 3) as u16;
    let usual = (area.width * 2 / 5).clamp(24, 60);
    let list = Rect {
        width: needed.clamp(usual, usual.max(area.width.saturating_sub(CONTENT))),
        ..area
    };
    canvas.buffer.set_style(row(area, 0), theme.header);
    canvas.pen(row(list, 0)).put(" PRESET", theme.header);
    if presets.is_empty() {
        let text = "No presets. The config file's [presets.NAME] tables are listed here.";
        canvas.pen(row(area, 2)).skip(2).put(text, theme.dim);
        return;
    }
    let rows = usize::from(list.height - 1);
    let offset = (model.preset + 1).saturating_sub(rows);
    for (y, (at, (name, preset))) in (1..list.height).zip(presets.iter().enumerate().skip(offset)) {
        let line = row(list, y);
        let selected = at == model.preset;
        if selected {
            canvas.buffer.set_style(line, theme.selected);
        }
        let marker = if selected { theme.symbols.marker } else { ' ' };
        let ground = if selected {
            theme.selected
        } else {
            Style::new()
        };
        let name = text::truncate(name, name_columns, theme.symbols.ellipsis).into_owned();
        let padding = name_columns.saturating_sub(text::width(&name)) as u16 + 1;
        let mut pen = canvas.pen(line);
        pen.symbol(marker, ground)
            .put(&printable(&name), ground.patch(theme.strong))
            .skip(padding);
        pen.put(
            &printable(preset.description.as_deref().unwrap_or_default()),
            if selected { ground } else { theme.dim },
        );
        canvas.hits.add(line, Target::Preset(at));
    }
    let right = Rect {
        x: list.right() + 1,
        width: area.width.saturating_sub(list.width + 1),
        ..area
    };
    for y in 1..area.height {
        let edge = Rect {
            x: list.right(),
            width: 1,
            ..row(area, y)
        };
        canvas.pen(edge).symbol(theme.symbols.upright, theme.border);
    }
    if let Some((name, preset)) = presets.get(model.preset) {
        match other(model, name) {
            Some((with, theirs)) => compare(canvas, right, (name, preset), (&with, &theirs)),
            None => profile(canvas, right, name, preset),
        }
    }
}

/// The preset that `name` is compared with, with its title.
fn other(model: &Model, name: &str) -> Option<(String, Preset)> {
    match model.compared.as_ref()? {
        Compared::Preset(with) if with == name => None,
        Compared::Preset(with) => model
            .settings
            .presets
            .iter()
            .find(|(known, _)| known == with)
            .cloned(),
        Compared::Container(id) => {
            let record = model.record(id)?;
            let preset = preset_of(record, &model.handles.limits(id, &record.spec.limits));
            Some((
                format!("{}", record.spec.name),
                Preset {
                    image: Some(record.spec.image.clone()),
                    ..preset
                },
            ))
        }
    }
}

/// Two presets side by side, with differences highlighted.
fn compare(
    canvas: &mut Canvas<'_>,
    area: Rect,
    (name, preset): (&str, &Preset),
    (with, theirs): (&str, &Preset),
) {
    let theme = canvas.theme;
    let half = usize::from(area.width).saturating_sub(NAME_COLUMNS + 2) / 2;
    let pad = |text: &str| {
        let text =
            text::truncate(text, half.saturating_sub(1), theme.symbols.ellipsis).into_owned();
        let padding = half.saturating_sub(text::width(&text));
        format!("{text}{}", " ".repeat(padding))
    };
    let mut pen = canvas.pen(row(area, 0));
    pen.skip(NAME_COLUMNS as u16 + 1)
        .put(&pad(&printable(name)), theme.header)
        .put(&pad(&printable(with)), theme.header);
    let (own, others) = (facts(preset), facts(theirs));
    let mut labels: Vec<&str> = own.iter().map(|(label, _)| *label).collect();
    labels.extend(
        others
            .iter()
            .map(|(label, _)| *label)
            .filter(|label| own.iter().all(|(known, _)| known != label)),
    );
    let said = |facts: &[(&'static str, String)], label: &str| {
        facts
            .iter()
            .find(|(known, _)| *known == label)
            .map_or_else(|| "usual".to_owned(), |(_, value)| value.clone())
    };
    let mut y = 2;
    for label in labels {
        let (left, right) = (said(&own, label), said(&others, label));
        let style = if left == right {
            theme.dim
        } else {
            theme.strong
        };
        let sign = if left == right { ' ' } else { '≠' };
        let wrap =
            |text: &str| text::wrap_words(text, half.saturating_sub(1), 3, theme.symbols.ellipsis);
        let (left, right) = (wrap(&left), wrap(&right));
        for i in 0..left.len().max(right.len()).max(1) {
            let (sign, label) = if i == 0 { (sign, label) } else { (' ', "") };
            let mut pen = canvas.pen(row(area, y));
            pen.symbol(sign, theme.warning)
                .put(&format!("{label:<NAME_COLUMNS$}"), theme.label);
            for side in [&left, &right] {
                pen.put(&pad(side.get(i).map_or("", String::as_str)), style);
            }
            y += 1;
        }
    }
}

fn profile(canvas: &mut Canvas<'_>, area: Rect, name: &str, preset: &Preset) {
    let theme = canvas.theme;
    canvas
        .pen(row(area, 0))
        .put(&format!(" {}", printable(name)), theme.header);
    let width = usize::from(area.width).saturating_sub(2);
    let mut y = 1;
    let description = printable(preset.description.as_deref().unwrap_or_default());
    for line in text::wrap_words(&description, width, 3, theme.symbols.ellipsis) {
        canvas
            .pen(row(area, y))
            .put(&format!(" {line}"), theme.strong);
        y += 1;
    }
    y += 1;
    for (label, value) in facts(preset) {
        let room = width.saturating_sub(NAME_COLUMNS);
        for (i, line) in text::wrap_words(&value, room, 4, theme.symbols.ellipsis)
            .iter()
            .enumerate()
        {
            let label = if i == 0 { label } else { "" };
            canvas
                .pen(row(area, y))
                .put(&format!(" {label:<NAME_COLUMNS$}"), theme.label)
                .put(line, Style::new());
            y += 1;
        }
    }
    y += 1;
    let created = ContainerRequest {
        name: None,
        settings: preset.clone(),
        preset: Some(name.to_owned()),
        ..ContainerRequest::default()
    };
    let mut shown = vec![(
        "From a shell",
        command_line(&canvas.model.settings, &created, Some(preset)),
    )];
    if preset.command.is_none() {
        shown[0].1.push_str(" -- COMMAND");
    }
    let key = canvas.key(Action::UsePreset);
    shown.push((
        "On this screen",
        format!("{key} opens the launch form with it"),
    ));
    for (label, value) in shown {
        canvas
            .pen(row(area, y))
            .put(&format!(" {label}"), theme.label);
        y += 1;
        for line in text::wrap_words(
            &printable(&value),
            width.saturating_sub(2),
            3,
            theme.symbols.ellipsis,
        ) {
            canvas
                .pen(row(area, y))
                .put(&format!("   {line}"), Style::new());
            y += 1;
        }
    }
}

/// The limits that have a row of their own; the others share one.
const SHOWN: [&str; 5] = ["memory", "swap", "cpu", "cpu shares", "pids"];

/// The content of a preset as text, with the meaning of amounts.
fn facts(preset: &Preset) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    let command = preset
        .command
        .as_deref()
        .map(|words| printable(&quote_command(words)));
    facts.push((
        "Command",
        command.unwrap_or_else(|| "yours: this is only a limit profile".into()),
    ));
    match preset.limits() {
        Ok(limits) => {
            let weight = limits.cpu_shares.map(|shares| format!("weight {shares}"));
            let cap = limits
                .cpu
                .map(|cpu| format!("at most {} of a core", cap_percent(cpu.cores())));
            let cpu: Vec<String> = cap.into_iter().chain(weight).collect();
            facts.push((
                "CPU",
                if cpu.is_empty() {
                    "no limit".into()
                } else {
                    cpu.join(", ")
                },
            ));
            let bytes = limits
                .memory
                .map(|bytes| format!("at most {}", format_bytes(bytes)));
            facts.push(("Memory", bytes.unwrap_or_else(|| "no limit".into())));
            facts.extend(limits.swap.map(|swap| {
                (
                    "Swap",
                    if swap == 0 {
                        "none".into()
                    } else {
                        format_bytes(swap)
                    },
                )
            }));
            let pids = limits.pids.map(|pids| format!("at most {pids}"));
            let unlimited = || preset.pids.is_some().then(|| "no limit".to_owned());
            facts.extend(pids.or_else(unlimited).map(|pids| ("Pids", pids)));
            let others: Vec<String> = limits
                .amounts()
                .filter(|(limit, _)| !SHOWN.contains(&limit.name))
                .map(|(limit, amount)| printable(&limit.words(&amount.words())))
                .collect();
            if !others.is_empty() {
                facts.push(("Limits", others.join(", ")));
            }
        }
        Err(error) => facts.push(("Wrong", error.to_string())),
    }
    let text = |value: &Option<String>| value.as_deref().map(printable);
    facts.extend(text(&preset.image).map(|image| ("Image", image)));
    facts.extend(preset.net.as_ref().map(|net| ("Network", net.to_string())));
    facts.extend(text(&preset.workdir).map(|dir| ("Directory", dir)));
    facts.extend(text(&preset.hostname).map(|name| ("Host name", name)));
    if !preset.env.is_empty() {
        facts.push(("Variables", printable(&preset.env.join(" "))));
    }
    facts
}
