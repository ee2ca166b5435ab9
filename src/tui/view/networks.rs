//! Which network each container has.
//!
//! ```text
//!  NETWORK                   USED BY
//! ▌none                      3 (2 running): web, db, batch
//!  host                      1 (1 running): proxy
//!
//!  none
//!    what      a loopback interface of its own, and nothing else
//! ```

use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::usage::{Usage, draw as draw_usage};
use crate::inspect::Fact;
use crate::spec::NetworkMode;

/// Draws them into `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    let model = canvas.model;
    let used = model.used();
    let member = used
        .get(model.used_row(&used))
        .and_then(|one| one.members.first());
    let what = member.map(|at| match &model.records[*at].spec.network {
        NetworkMode::None => "a loopback interface of its own, and nothing else: it reaches nobody",
        NetworkMode::Host => "the host's own: its interfaces, addresses and ports",
        NetworkMode::Container(_) => "the other container's: its interfaces, addresses and ports",
    });
    let facts = what.map(|what| Fact::plain("what", what));
    draw_usage(
        canvas,
        area,
        &Usage {
            heading: "NETWORK",
            facts: facts.into_iter().collect(),
            note: "Networks of several containers and published ports are not there yet.",
        },
    );
}
