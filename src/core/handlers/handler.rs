//! What answers a command.

use super::context::CommandContext;
use super::snapshot::Needs;
use crate::core::reply::Answer;

/// What answers one command.
pub(super) struct Handler<'a> {
    /// What has to be known for that.
    pub(super) needs: Needs,
    handle: Box<dyn FnOnce(&mut CommandContext<'_>) -> Answer + 'a>,
}

impl<'a> Handler<'a> {
    /// One that needs to know `needs`, and then does `handle`.
    pub(super) fn new(
        needs: Needs,
        handle: impl FnOnce(&mut CommandContext<'_>) -> Answer + 'a,
    ) -> Self {
        Self { needs, handle: Box::new(handle) }
    }

    /// Answers the command, and does what the answer says.
    pub(super) fn handle(self, context: &mut CommandContext<'_>) -> Answer {
        (self.handle)(context)
    }
}
