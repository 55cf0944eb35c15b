//! What answers a command, and which commands nothing answers yet.

use super::context::CommandContext;
use super::snapshot::Needs;
use crate::core::command::verb::Verb;
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

/// The commands, or verbs, of which this build only knows what they will mean, as a pattern.
///
/// The only list of them: where the commands are led to their handlers, the compiler misses the
/// handler of one that is not in it, and finds the one too many of one that is.
macro_rules! not_built {
    ($kind:ident) => {
        $kind::Split { .. }
    };
}

pub(super) use not_built;

/// Whether this build acts on a verb.
pub(super) fn is_built(verb: Verb) -> bool {
    !matches!(verb, not_built!(Verb))
}
