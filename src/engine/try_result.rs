//! How one try at an effect ends, and what a failure means for the next.

use super::context::Context;
use super::incidents::{Incidents, WriteKind};
use super::retry::is_hopeless_for_one;
use crate::core::model::time::Timestamp;
use crate::gitea::{self, Recovery, WriteOutcome};
use crate::store::outbox::OutboxRow as Row;

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Applied {
    /// The id of the comment, or the number of the issue, that it created.
    pub id: Option<i64>,
    /// What kind of write the forge took; none if it was asked for nothing.
    pub written: Option<WriteKind>,
}

impl Applied {
    pub(super) fn written(written: WriteKind) -> Self {
        Self { id: None, written: Some(written) }
    }
}

/// How one try at an effect ended.
pub(super) enum TryResult {
    /// It is seen to be done. `doubtful`: an earlier try may have done it as well, and show later.
    Done { applied: Applied, doubtful: bool },
    /// Once more at that moment. `certain`: nothing was written, so nothing has to be looked for.
    Later { due: Timestamp, reason: String, certain: bool },
    /// Nothing was written: the forge redirects, most likely since the repository was renamed.
    Redirected { reason: String },
    /// Nothing was written: it is not to be said after all, and forgotten as if it never was.
    Withdrawn,
    /// It will never be delivered.
    Dead { reason: String },
}

impl TryResult {
    /// Nothing is to be written any more.
    pub(super) const NOTHING: Self =
        Self::Done { applied: Applied { id: None, written: None }, doubtful: false };

    /// What a refused or lost write means for the next try.
    pub(super) async fn of_write(
        ctx: &Context,
        incidents: &Incidents,
        row: &Row,
        error: &gitea::Error,
    ) -> Self {
        incidents.met(error, row.lane).await;
        let reason = error.to_string();
        let due = match error.heals() {
            Recovery::Later(_) if is_hopeless_for_one(&ctx.gitea, error, row.tries).await => {
                incidents.gave_up(error, row.lane).await;
                return Self::Dead { reason };
            }
            Recovery::Never => return Self::Dead { reason },
            Recovery::Elsewhere => return Self::Redirected { reason },
            Recovery::Later(asked) => ctx.next_try_after(asked, row.tries + 1),
        };
        let (due, certain) = match error.fate() {
            // Of an earlier try nothing is known still.
            WriteOutcome::NotDone => (due, !row.is_uncertain()),
            WriteOutcome::Ended => (due, false),
            WriteOutcome::Open => (due.max(ctx.now().after(ctx.timing.settle)), false),
        };
        Self::Later { due, reason, certain }
    }

    /// What a read that failed means for the next try: what was unknown still is.
    pub(super) async fn of_read(
        ctx: &Context,
        incidents: &Incidents,
        row: &Row,
        error: &gitea::Error,
    ) -> Self {
        match Self::of_write(ctx, incidents, row, error).await {
            Self::Later { due, reason, .. } => Self::Later { due, reason, certain: false },
            other => other,
        }
    }
}
