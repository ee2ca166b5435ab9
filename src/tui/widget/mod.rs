//! Widgets: small things drawn into a buffer, which know nothing of containers.

mod dial;
mod frame;
mod gauge;
mod graph;
mod pen;
mod scale;
mod spark;

pub use dial::Dial;
pub use frame::{center, frame};
pub use gauge::Gauge;
pub use graph::{Graph, Mark};
pub use pen::Pen;
pub use scale::{Scale, Unit};
pub use spark::Spark;
