//! Branches that an agent pushed in an attempt, and asked nobody to merge. No pull request tells what
//! they change of workflow files, and the forge runs these all the same: so they are looked at when the
//! attempt is judged, and again as long as one of them is there.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::core::guards::change_actions;
use crate::core::jobs::Commit;
use crate::core::model::account::Account;
use crate::core::model::ids::RepoId;
use crate::core::model::repository::Repo;
use crate::core::model::time::Timestamp;
use crate::engine::context::Context;
use crate::gitea::{Error, RecentPushes, Recovery};
use crate::store::agent_heads;

/// How many that were pushed are looked at, the latest first; of the rest it is believed that they do.
const MOST_PUSHED: usize = 10;

/// How many that were noted before are looked at again, the longest known first.
const MOST_AGAIN: usize = 5;

/// How long it is believed that a branch changes workflow files: what it has may be merged meanwhile.
const BELIEVED: Duration = Duration::from_secs(10 * 60);

/// How far the clocks of timmy and the forge may differ.
const SKEW: Duration = Duration::from_secs(60);

/// A branch that is noted to change what Actions run, by its head, and when that was noted.
type Noted = BTreeMap<String, (Commit, Timestamp)>;

/// Notes which of the branches that an agent pushed since then change what Actions run (none: one that
/// pushes nothing by itself), and looks again at those that were noted before, whoever pushed them.
/// `base_branch`: into which its work is merged; `judged`: the branch of which a pull request tells all
/// that; `known`: what was pushed lately, if that was read already.
///
/// # Errors
/// If the forge cannot be asked now.
pub(super) async fn look_at_pushed(
    ctx: &Context,
    (repo, base_branch): (&Repo, &str),
    by: Option<(&Account, Timestamp)>,
    (judged, known): (Option<&str>, Option<RecentPushes>),
) -> Result<(), Error> {
    let recent = match (by, known) {
        (Some(_), None) => ctx.gitea.recent_pushes(&repo.name).await?,
        (_, known) => known.unwrap_or_default(),
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
    let mut pushed =
        by.map_or_else(Vec::new, |(agent, since)| pushed_by(recent, agent, since.before(SKEW)));
    pushed.retain(|(name, _)| name != base_branch && Some(name.as_str()) != judged);
    let mut beyond = pushed.split_off(pushed.len().min(MOST_PUSHED));
    let pushed: Vec<String> = pushed.into_iter().map(|(name, _)| name).collect();
    let again = longest_known(&noted).filter(|name| !pushed.contains(name)).take(MOST_AGAIN);
    let names: Vec<String> = pushed.iter().cloned().chain(again).collect();
    let login = by.map(|(agent, _)| agent.login.as_str());
    for name in names {
        let of = login.filter(|_| pushed.contains(&name));
        match look_at_branch(ctx, (repo, base_branch), (&name, &noted)).await? {
            BranchLook::ChangesActions(head) => note(ctx, id, vec![(name, Some(head))], of).await,
            BranchLook::ChangesNone if noted.contains_key(&name) => {
                note(ctx, id, vec![(name, None)], of).await;
            }
            BranchLook::ChangesNone | BranchLook::Known => {}
        }
    }
    beyond.retain(|(name, head)| head.is_some() && !noted.contains_key(name));
    if !beyond.is_empty() {
        note(ctx, id, beyond, login).await;
    }
    Ok(())
}

/// Keeps that these heads of branches change what Actions run; none: it does not, or is gone. `agent`: the
/// account that pushed them, if that was seen now.
async fn note(
    ctx: &Context,
    repo: RepoId,
    branches: Vec<(String, Option<Commit>)>,
    agent: Option<&str>,
) {
    let (now, agent) = (ctx.now(), agent.map(str::to_owned));
    let write = ctx.ledger.write(move |tx| {
        branches.iter().try_for_each(|(name, head)| {
            agent_heads::note_branch(tx, (repo, name), (head.as_ref(), agent.as_deref()), now)
        })
    });
    if let Err(error) = write.await {
        tracing::warn!(%error, "what agents pushed is noted later");
    }
}

/// The branches that it pushed to, the latest first, each once, with where they stood after that.
fn pushed_by(
    recent: RecentPushes,
    agent: &Account,
    since: Timestamp,
) -> Vec<(String, Option<Commit>)> {
    let mut found: Vec<(String, Option<Commit>)> = Vec::new();
    for push in recent.pushes {
        let is_its = push.by.as_ref().is_some_and(|by| by.id == agent.id);
        let is_since = push.at.is_none_or(|at| at >= since);
        if !is_its || !is_since {
            continue;
        }
        // That a branch was made, and what came with it, are told apart.
        match found.iter_mut().find(|(name, _)| *name == push.branch) {
            Some((_, head)) => *head = head.take().or(push.head),
            None => found.push((push.branch, push.head)),
        }
    }
    found
}

fn longest_known(noted: &Noted) -> impl Iterator<Item = String> {
    let mut names: Vec<(Timestamp, &String)> =
        noted.iter().map(|(name, (_, at))| (*at, name)).collect();
    names.sort_unstable();
    names.into_iter().map(|(_, name)| name.clone())
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
