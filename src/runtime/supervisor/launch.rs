//! [`Launch`]: one container that is being started.

use super::clock::StepClock;
use crate::record::Record;
use crate::runtime::{Runtime, StartOrder};

/// Everything that a launch is about: what is started, from what, for whom, and since when.
#[derive(Debug)]
pub(crate) struct Launch<'a> {
    pub runtime: &'a Runtime,
    pub order: &'a StartOrder,
    pub record: Record,
    /// Whether its standard input is left open for attached clients.
    pub open_stdin: bool,
    /// Times its steps.
    pub(super) clock: StepClock,
}

impl<'a> Launch<'a> {
    /// A launch that begins now; `attached` tells whether a client is from the start on.
    #[must_use]
    pub(crate) fn new(
        runtime: &'a Runtime,
        order: &'a StartOrder,
        record: Record,
        attached: bool,
    ) -> Self {
        Self {
            runtime,
            order,
            open_stdin: record.spec.interactive || attached,
            record,
            clock: StepClock::start(),
        }
    }
}
