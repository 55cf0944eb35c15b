//! What is read, in which order.

use super::pushers::HeadPushRead;
use super::query::EvidenceQuery;
use super::{citations, commits, pulls, pushers};
use crate::clock::Clock;
use crate::core::guards::CannotBeRead;
use crate::core::jobs::evidence::{
    BranchFacts, CodeFacts, Facts, Findings, HeadPusher, Made, judge,
};
use crate::core::jobs::{AgentClaim, Purpose, Push};
use crate::core::model::issue::Comment;
use crate::gitea::{Error, ForgeBranch, Gitea, PullRequest, RecentPushes};

/// How much of what an agent wrote in a thread is looked at, in bytes.
const MOST_SAID: usize = 1 << 20;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    pub findings: Findings,
    /// The push that made the head of the job's branch, where the forge tells it; when, by timmy's
    /// clock.
    pub head_push: Option<Push>,
    /// The pull request of the job's branch, as it was read, if there is one.
    pub pull: Option<PullRequest>,
    /// Who pushed the head of the job's branch, by login; none if nobody can tell.
    pub pusher: Option<String>,
    /// What was pushed there lately, on all branches, if that was read.
    pub recent: Option<RecentPushes>,
    /// What the agent's account wrote in the thread since the job began, where that is what the job
    /// brings.
    pub said: Result<Vec<Comment>, CannotBeRead>,
}

/// What was read of what an attempt was to make.
struct ThingsRead {
    made: Made,
    head_push: Option<Push>,
    pull: Option<PullRequest>,
    pusher: Option<String>,
    recent: Option<RecentPushes>,
    said: Result<Vec<Comment>, CannotBeRead>,
}

/// Looks at the forge, and judges what it shows.
///
/// # Errors
/// If the forge cannot be asked now: then nothing is known.
pub async fn gather_evidence(
    gitea: &Gitea,
    clock: &dyn Clock,
    query: EvidenceQuery<'_>,
) -> Result<Evidence, Error> {
    let ThingsRead { made, head_push, pull, pusher, recent, said } = match query.purpose {
        Purpose::Code | Purpose::Repair => code(gitea, clock, query).await?,
        Purpose::Review | Purpose::Research | Purpose::Ops | Purpose::Plan | Purpose::Split => {
            comments(gitea, query).await?
        }
    };
    let cited = match query.claim {
        AgentClaim::NoChange { cited } => citations::look(gitea, query, cited).await?,
        AgentClaim::PullRequest { .. }
        | AgentClaim::Comment
        | AgentClaim::Review(_)
        | AgentClaim::Blocked
        | AgentClaim::Nothing => Vec::new(),
    };
    let findings = judge(query.claim, &Facts { made, cited });
    Ok(Evidence { findings, head_push, pull, pusher, recent, said })
}

/// What this attempt wrote is its result. What earlier ones wrote is still to be read there.
async fn comments(gitea: &Gitea, query: EvidenceQuery<'_>) -> Result<ThingsRead, Error> {
    let since = query.earliest_of_job();
    let all = match query.thread {
        Some(thread) => gitea.comments_by(query.repo, thread, query.agent, since).await?,
        None => Vec::new(),
    };
    let own = all.iter().filter(|comment| comment.created_at >= query.earliest());
    let made = Made::Comments(own.map(|comment| comment.id).collect());
    let length = all.iter().fold(0, |sum: usize, one| sum.saturating_add(one.body.len()));
    let said = if length > MOST_SAID { Err(CannotBeRead::TooLarge) } else { Ok(all) };
    Ok(ThingsRead { made, head_push: None, pull: None, pusher: None, recent: None, said })
}

async fn code(
    gitea: &Gitea,
    clock: &dyn Clock,
    query: EvidenceQuery<'_>,
) -> Result<ThingsRead, Error> {
    let branch = gitea.branch(query.repo, &query.branch.to_string()).await?;
    let pull = pulls::of_branch(gitea, query).await?;
    let named_pull = pulls::named(gitea, query, pull.as_ref()).await?;
    let head = branch.as_ref().map(|branch| &branch.head);
    let named_commit = commits::named(gitea, query, head).await?;
    let given = commits::kept(gitea, query, head).await?;
    let (branch, head_push, pushed_by, recent) = match branch {
        None => (None, None, None, None),
        Some(branch) => {
            let holds_work = holds_work(gitea, query, &branch, pull.is_some()).await?;
            let number = pull.as_ref().map(|pull| pull.number);
            let read = pushers::of_head(gitea, clock, query, &branch.head, number).await?;
            let HeadPushRead { push: pushed, recent } = read;
            // What it began at nobody pushed for it.
            let is_given = query.branch.is_adopted() && branch.head == *query.base;
            let push = pushed.push(query.branch.number(), &branch.head).filter(|_| !is_given);
            let pusher = pushed.pusher;
            let by = match &pusher {
                HeadPusher::Agent => Some(query.agent.login.clone()),
                HeadPusher::Timmy => Some(query.own.login.clone()),
                HeadPusher::Other { login, .. } => Some(login.clone()),
                HeadPusher::Unknown => None,
            };
            (Some(BranchFacts { head: branch.head, holds_work, pusher }), push, by, Some(recent))
        }
    };
    let base_branch = query.base_branch.to_owned();
    let facts = pull.clone().map(|pull| pulls::facts(query, pull));
    let code = CodeFacts { branch, pull: facts, named_pull, named_commit, given, base_branch };
    let made = Made::Code(Box::new(code));
    Ok(ThingsRead { made, head_push, pull, pusher: pushed_by, recent, said: Ok(Vec::new()) })
}

/// Whether there is something in the branch that the base has not. A pull request says so: there is
/// none without.
async fn holds_work(
    gitea: &Gitea,
    query: EvidenceQuery<'_>,
    branch: &ForgeBranch,
    has_pull: bool,
) -> Result<bool, Error> {
    // A round that begins at the job's own work, and adds nothing to it, takes nothing away.
    let began_at_its_work = !query.branch.is_adopted() && query.given == Some(query.base);
    if branch.head == *query.base && !began_at_its_work {
        return Ok(false);
    }
    if has_pull {
        return Ok(true);
    }
    let compared = gitea.compare(query.repo, query.base_branch, &branch.name).await;
    match compared {
        Ok(compared) => Ok(compared.is_none_or(|compared| compared.ahead > 0)),
        // There is more than is looked at.
        Err(Error::TooLarge { .. }) => Ok(true),
        Err(error) => Err(error),
    }
}
