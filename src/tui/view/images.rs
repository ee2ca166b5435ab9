//! What containers are made from: the host image, and root filesystems of one's own.
//!
//! ```text
//!  IMAGE                     USED BY
//!  host                      3 (2 running): web, db, batch
//!  /srv/roots/alpine         1 (1 running): shop
//! ```

use std::collections::BTreeMap;

use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::usage::{Usage, draw as draw_usage};

/// Draws them into `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    let mut used: BTreeMap<String, Vec<usize>> = BTreeMap::from([("host".to_owned(), Vec::new())]);
    for (at, record) in canvas.model.records.iter().enumerate() {
        let root = record
            .spec
            .root
            .as_ref()
            .map(|root| root.display().to_string());
        let image = root.unwrap_or_else(|| record.spec.image.clone());
        used.entry(image).or_default().push(at);
    }
    draw_usage(
        canvas,
        area,
        &Usage {
            heading: "IMAGE",
            used: used.into_iter().collect(),
            notes: &[
                "host is made from this machine's own programs and kept in the state folder.",
                "A path is a root filesystem given by --root. Images from registries are not there yet.",
            ],
        },
    );
}
