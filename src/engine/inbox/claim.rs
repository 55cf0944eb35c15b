//! Claims a text by a reaction that the forge gives each account only once.

use crate::crash;
use crate::engine::context::Context;
use crate::engine::error::EngineError;
use crate::engine::reactions::ClaimReactions;
use crate::gitea::{Error, Reacted, WriteOutcome};
use crate::store::inbox::{self, Ending, InboxText, StoredVersion};

pub(super) enum Claim {
    /// This ledger made the reaction: it may act.
    Ours,
    /// So it may where the server has no reaction to claim with.
    Alone,
    /// Another ledger of this account was faster.
    Theirs,
    /// The text was deleted: there is nothing to answer.
    Gone,
    /// Somebody who has a say over the thread, or wrote the text, wants nothing of this account.
    Blocked,
}

/// Claims `text` for this ledger by a reaction.
pub(super) async fn claim(
    ctx: &Context,
    reactions: &ClaimReactions,
    text: &InboxText,
) -> Result<Claim, EngineError> {
    let seq = text.seq;
    let tries = ctx.ledger.write(move |tx| inbox::claim(tx, seq)).await?;
    crash::point("claiming");
    let claim = match reactions.react(&text.inbound).await {
        Ok(Some(Reacted::New)) => return Ok(Claim::Ours),
        Ok(Some(Reacted::Already)) if tries > 1 || holds(ctx, text).await? => {
            return Ok(Claim::Ours);
        }
        Ok(Some(Reacted::Already)) => return Ok(Claim::Theirs),
        Err(Error::NotFound { .. }) => return Ok(Claim::Gone),
        Err(error) if error.fate() != WriteOutcome::NotDone => return Err(error.into()),
        Ok(None) => Ok(Claim::Alone),
        Err(Error::Blocked) => Ok(Claim::Blocked),
        Err(error) => Err(error.into()),
    };
    // Else a reaction found later, another ledger's, would pass for this try's.
    ctx.ledger.write(move |tx| inbox::unclaim(tx, seq)).await?;
    claim
}

/// Whether another version of a text is this ledger's already: it was claimed by an earlier one.
async fn holds(ctx: &Context, text: &InboxText) -> Result<bool, EngineError> {
    let (subject, repo, seq) = (text.inbound.subject, text.inbound.repo.id, text.seq);
    let versions = ctx.ledger.read(move |conn| inbox::versions(conn, subject, repo)).await?;
    let others: Vec<_> = versions.iter().filter(|version| version.seq != seq).collect();
    let is_lost = |v: &&StoredVersion| v.ending == Some(Ending::ClaimedElsewhere);
    Ok(!others.is_empty() && !others.iter().any(is_lost))
}
