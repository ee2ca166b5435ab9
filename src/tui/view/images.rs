//! What containers are made from: the host image, and root filesystems of one's own.
//!
//! ```text
//!  IMAGE                     USED BY
//! ▌host                      3 (2 running): web, db, batch
//!  /srv/roots/alpine         1 (1 running): shop
//!
//!  host
//!    kept in   /var/lib/minic/images/host/…/rootfs
//! ```

use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::usage::{Usage, draw as draw_usage};
use crate::inspect::Fact;

/// Draws them into `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    let model = canvas.model;
    let facts = match (&model.usage.about, model.selected_image()) {
        (Some(Ok(sheet)), Some((name, _))) if model.usage.seen.as_ref() == Some(&name) => {
            let facts = sheet.sections.iter().flat_map(|section| &section.facts);
            facts.cloned().collect()
        }
        (Some(Err(error)), _) => vec![Fact::plain("n/a", error.clone())],
        _ => vec![Fact::plain("", "Looking…")],
    };
    draw_usage(
        canvas,
        area,
        &Usage {
            heading: "IMAGE",
            facts,
            note: "Images from registries are not there yet.",
        },
    );
}
