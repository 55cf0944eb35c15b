//! Branches that an agent pushed in an attempt, and asked nobody to merge. No pull request tells what
//! they change of workflow files, and the forge runs these all the same: so they are looked at when the
//! attempt is judged, and again as long as one of them is there.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::core::guards::change_actions;
use crate::core::jobs::Commit;
use crate::core::model::account::Account;
use crate::core::model::repository::Repo;
use crate::core::model::time::Timestamp;
use crate::engine::context::Context;
use crate::gitea::{Error, RecentPushes, Recovery};
use crate::store::agent_heads;

/// How many that were pushed are looked at, the latest first, and how many that were noted before.
const MOST: usize = 5;

/// How long it is believed that a branch changes workflow files: what it has may be merged meanwhile.
const BELIEVED: Duration = Duration::from_secs(10 * 60);

/// How far the clocks of timmy and the forge may differ.
const SKEW: Duration = Duration::from_secs(60);

/// A branch that is noted to change what Actions run, by its head, and when that was noted.
type Noted = BTreeMap<String, (Commit, Timestamp)>;

/// Notes which of the branches that `agent` pushed `since` then change what Actions run. `base_branch`:
/// into which its work is merged; `judged`: the branch of which a pull request tells all that; `known`: what
/// was pushed lately, if that was read already.
///
/// # Errors
/// If the forge cannot be asked now.
pub(super) async fn look_at_pushed(
    ctx: &Context,
    (repo, base_branch): (&Repo, &str),
    (agent, since): (&Account, Timestamp),
    (judged, known): (Option<&str>, Option<RecentPushes>),
) -> Result<(), Error> {
    let recent = match known {
        Some(known) => known,
        None => ctx.gitea.recent_pushes(&repo.name).await?,
    };
    let id = repo.id;
    let read = ctx.ledger.read(move |conn| agent_heads::branches_that_change_actions(conn, id));
    let noted: Noted = match read.await {
        Ok(noted) => noted.into_iter().map(|(name, head, at)| (name, (head, at))).collect(),
        Err(error) => {
            tracing::warn!(%error, "what agents pushed is looked at later");
            return Ok(());
        }
    };
    let mut pushed = pushed_by(recent, agent, since.before(SKEW));
    pushed.retain(|name| name != base_branch && Some(name.as_str()) != judged);
    pushed.truncate(MOST);
    let again = noted.keys().filter(|name| !pushed.contains(*name)).take(MOST);
    let names: Vec<String> = pushed.iter().chain(again).cloned().collect();
    for name in names {
        let head = match look_at_branch(ctx, (repo, base_branch), (&name, &noted)).await? {
            BranchLook::ChangesActions(head) => Some(head),
            BranchLook::ChangesNone if noted.contains_key(&name) => None,
            BranchLook::ChangesNone | BranchLook::Known => continue,
        };
        let now = ctx.now();
        let write = ctx
            .ledger
            .write(move |tx| agent_heads::note_branch(tx, (id, &name), head.as_ref(), now));
        if let Err(error) = write.await {
            tracing::warn!(%error, "what agents pushed is noted later");
        }
    }
    Ok(())
}

/// The branches that it pushed to, the latest first, each once.
fn pushed_by(recent: RecentPushes, agent: &Account, since: Timestamp) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for push in recent.pushes {
        let is_its = push.by.as_ref().is_some_and(|by| by.id == agent.id);
        let is_since = push.at.is_none_or(|at| at >= since);
        if is_its && is_since && !names.contains(&push.branch) {
            names.push(push.branch);
        }
    }
    names
}

/// What a look at a branch shows.
enum BranchLook {
    /// Its head does.
    ChangesActions(Commit),
    /// It does not, or is gone.
    ChangesNone,
    /// What was noted of it.
    Known,
}

/// Looks whether a branch changes what Actions run. What is too much to be read may.
async fn look_at_branch(
    ctx: &Context,
    (repo, base_branch): (&Repo, &str),
    (name, noted): (&str, &Noted),
) -> Result<BranchLook, Error> {
    let Some(branch) = ctx.gitea.branch(&repo.name, name).await? else {
        return Ok(BranchLook::ChangesNone);
    };
    let is_known = noted
        .get(name)
        .is_some_and(|(head, at)| *head == branch.head && !at.is_over(BELIEVED, ctx.now()));
    if is_known {
        return Ok(BranchLook::Known);
    }
    let changes = match ctx.gitea.paths_ahead(&repo.name, base_branch, name).await {
        Ok(paths) => paths.is_some_and(|paths| change_actions(paths.iter().map(String::as_str))),
        Err(error) if error.heals() == Recovery::Never => true,
        Err(error) => return Err(error),
    };
    Ok(match changes {
        true => BranchLook::ChangesActions(branch.head),
        false => BranchLook::ChangesNone,
    })
}
