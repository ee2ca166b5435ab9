//! The data of the screen's panes: processes, changed files, connections, isolation,
//! the host. Independent of
//! the manager, which passes in the record, the cgroup and the folders.

mod capabilities;
mod changes;
mod confinement;
mod connections;
mod extract;
mod extract_target;
mod failure;
mod host;
mod image;
mod isolation;
mod limit_files;
mod processes;
mod sheet;

pub use crate::network::{Endpoint, Protocol, Socket, SocketCounts, SocketState, Traffic};
pub(crate) use changes::Layers;
pub use changes::{Change, ChangeKind, Changes, FileType};
pub use connections::{Connection, Connections, Holder, Network};
pub(crate) use connections::{Member, connections};
pub use extract::Extracted;
pub use failure::InspectError;
pub(crate) use host::{check, facts, host};
pub(crate) use image::{host_image, root};
pub(crate) use isolation::isolation;
pub use processes::ProcessInfo;
pub(crate) use processes::{processes, processes_up_to, signal_process};
pub use sheet::{Fact, Judgement, Section, Sheet};
