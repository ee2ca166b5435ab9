//! Which network each container has.
//!
//! ```text
//!  NETWORK                   USED BY
//!  none                      3 (2 running): web, db, batch
//!  host                      1 (1 running): proxy
//! ```

use std::collections::BTreeMap;

use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::usage::{Usage, draw as draw_usage};
use crate::spec::NetworkMode;

/// Draws them into `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    let model = canvas.model;
    let mut used: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, record) in model.records.iter().enumerate() {
        let name = match &record.spec.network {
            NetworkMode::None => "none".to_owned(),
            NetworkMode::Host => "host".to_owned(),
            NetworkMode::Container(id) => {
                let other = model.record(id).map(|record| record.spec.name.to_string());
                format!("container:{}", other.unwrap_or_else(|| id.to_string()))
            }
        };
        used.entry(name).or_default().push(at);
    }
    draw_usage(
        canvas,
        area,
        &Usage {
            heading: "NETWORK",
            used: used.into_iter().collect(),
            notes: &[
                "none: a loopback interface of its own. host: the host's network. container:NAME: that of NAME.",
                "Networks of several containers and published ports are not there yet.",
            ],
        },
    );
}
