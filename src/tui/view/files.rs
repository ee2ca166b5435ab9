//! The files that a container changed against its image, and the open file.
//!
//! ```text
//!  web  6 changes: 4 added, 1 changed, 1 deleted
//!  A d        - /var/lib/web
//! ▌A      18.0M /var/lib/web/data.db
//!  A l        - /var/lib/web/current -> data.db
//!  D          - /etc/motd
//! ```

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Canvas, row};
use crate::inspect::{ChangeKind, FileType};
use crate::spec::format_bytes;
use crate::tui::action::Action;
use crate::tui::model::{Target, Viewer};
use crate::tui::sanitise::printable;

/// Draws them into `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    let (model, theme) = (canvas.model, canvas.theme);
    let files = &model.looks.files;
    canvas.buffer.set_style(row(area, 0), theme.bar);
    if let Some(viewer) = &files.viewer {
        return open_file(canvas, area, viewer);
    }
    let Some(record) = model.selected() else {
        let text = canvas.none_selected("what it changed");
        canvas.pen(row(area, 1)).skip(2).put(&text, theme.dim);
        return;
    };
    canvas
        .pen(row(area, 0))
        .skip(1)
        .put(&printable(record.spec.name.as_str()), theme.title);
    let current = files
        .changes
        .as_ref()
        .filter(|_| files.of.as_ref() == Some(&record.spec.id));
    let changes = match current {
        Some(Ok(changes)) => changes,
        other => {
            let (text, style) = match other {
                Some(Err(error)) => (printable(error), theme.error),
                _ => ("Looking…".to_owned(), theme.dim),
            };
            canvas.pen(row(area, 1)).skip(2).put(&text, style);
            return;
        }
    };
    if changes.list.is_empty() {
        canvas
            .pen(row(area, 1))
            .skip(2)
            .put("It changed nothing against its image.", theme.dim);
        return;
    }
    let count = |kind| {
        changes
            .list
            .iter()
            .filter(|change| change.kind == kind)
            .count()
    };
    let sizes = changes.list.iter().map(|change| match change.file_type {
        FileType::Regular(size) => size,
        _ => 0,
    });
    let size = sizes.fold(0_u64, u64::saturating_add);
    let counts = format!(
        "  {} added, {} changed, {} deleted; {}{}",
        count(ChangeKind::Added),
        count(ChangeKind::Changed),
        count(ChangeKind::Deleted),
        format_bytes(size),
        if changes.cut {
            "; and more that are not listed"
        } else {
            ""
        }
    );
    let mut pen = canvas.pen(row(area, 0));
    pen.skip(1 + record.spec.name.as_str().len() as u16)
        .put(&counts, theme.label);
    let rows = usize::from(area.height.saturating_sub(1));
    let chosen = files.row();
    let offset = (chosen + 1).saturating_sub(rows);
    for (y, (at, change)) in (1..area.height).zip(changes.list.iter().enumerate().skip(offset)) {
        let place = row(area, y);
        let selected = at == chosen;
        let ground = if selected {
            theme.selected
        } else {
            Style::new()
        };
        if selected {
            canvas.buffer.set_style(place, theme.selected);
        }
        let style = match change.kind {
            ChangeKind::Added => theme.success,
            ChangeKind::Changed => theme.warning,
            ChangeKind::Deleted => theme.error,
        };
        let size = match change.file_type {
            FileType::Regular(size) => format_bytes(size),
            _ => "-".to_owned(),
        };
        let more = match &change.file_type {
            FileType::Folder => "/".to_owned(),
            FileType::Link(target) => format!(" -> {}", printable(target)),
            _ => String::new(),
        };
        let mut pen = canvas.pen(place);
        pen.symbol(if selected { theme.symbols.marker } else { ' ' }, ground)
            .symbol(change.kind.letter(), ground.patch(style));
        pen.put(
            &format!(
                " {}{size:>7} {}{more}",
                change.file_type.letter(),
                printable(&change.path),
            ),
            ground,
        );
        canvas.hits.add(place, Target::Line(at));
    }
}

fn open_file(canvas: &mut Canvas<'_>, area: Rect, viewer: &Viewer) {
    let theme = canvas.theme;
    let way_out = canvas.key(Action::OpenFile);
    let mut pen = canvas.pen(row(area, 0));
    pen.skip(1).put(&printable(&viewer.path), theme.title);
    match &viewer.lines {
        Err(error) => {
            canvas
                .pen(row(area, 1))
                .skip(2)
                .put(&printable(error), theme.error);
        }
        Ok(lines) => {
            pen.put(&format!("  {} lines", lines.len()), theme.label)
                .put_right(&format!("{way_out} closes "), theme.label);
            for (y, line) in (1..area.height).zip(lines.iter().skip(viewer.offset)) {
                canvas.pen(row(area, y)).skip(1).put(line, Style::new());
            }
        }
    }
}
