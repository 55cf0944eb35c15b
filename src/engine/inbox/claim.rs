//! Claims a text by a reaction that the forge gives each account only once.

use crate::core::effect::Reaction;
use crate::crash;
use crate::engine::context::Context;
use crate::engine::error::EngineError;
use crate::gitea::{Error, Reacted, WriteOutcome};
use crate::store::inbox::{self, Ending, InboxText, StoredVersion};

pub(super) enum Claim {
    /// This ledger made the reaction: it may act.
    Ours,
    /// Another ledger of this account was faster.
    Theirs,
    /// The text was deleted: there is nothing to answer.
    Gone,
}

/// Claims `text` for this ledger by a reaction.
pub(super) async fn claim(ctx: &Context, text: &InboxText) -> Result<Claim, EngineError> {
    let (inbound, seq) = (&text.inbound, text.seq);
    let tries = ctx.ledger.write(move |tx| inbox::claim(tx, seq)).await?;
    crash::point("claiming");
    match ctx.gitea.react(&inbound.repo.name, inbound.number, inbound.subject, Reaction::Eyes).await
    {
        Ok(Reacted::New) => Ok(Claim::Ours),
        Ok(Reacted::Already) if tries > 1 || holds(ctx, text).await? => Ok(Claim::Ours),
        Ok(Reacted::Already) => Ok(Claim::Theirs),
        Err(Error::NotFound { .. }) => Ok(Claim::Gone),
        Err(error) => {
            if error.fate() == WriteOutcome::NotDone {
                // Else a reaction found later, another ledger's, would pass for this try's.
                ctx.ledger.write(move |tx| inbox::unclaim(tx, seq)).await?;
            }
            Err(error.into())
        }
    }
}

/// Whether another version of a text is this ledger's already: it was claimed by an earlier one.
async fn holds(ctx: &Context, text: &InboxText) -> Result<bool, EngineError> {
    let (subject, repo, seq) = (text.inbound.subject, text.inbound.repo.id, text.seq);
    let versions = ctx.ledger.read(move |conn| inbox::versions(conn, subject, repo)).await?;
    let others: Vec<_> = versions.iter().filter(|version| version.seq != seq).collect();
    let is_lost = |v: &&StoredVersion| v.ending == Some(Ending::ClaimedElsewhere);
    Ok(!others.is_empty() && !others.iter().any(is_lost))
}
