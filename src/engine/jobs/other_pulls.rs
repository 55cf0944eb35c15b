//! The pull requests of others for the issue of a job: those that are open, and those that were merged
//! since the job was made.

use std::collections::BTreeSet;

use super::drivers::JobResult;
use super::own_pulls::merged_before;
use crate::core::command::value::{IssueRef, JobId};
use crate::core::guards::{OtherPull, OtherPullStanding};
use crate::core::jobs::{Branch, Job, MergedBefore};
use crate::core::model::ids::{RepoName, ThreadId};
use crate::core::model::time::Timestamp;
use crate::core::scheduling::text::closes;
use crate::engine::context::Context;
use crate::gitea::{Error, PullRequest, PullState};
use crate::store::{self, Connection, jobs};

/// How many of them are looked at.
const MOST: usize = 5;

/// What the ledger knows of them.
struct KnownPulls {
    /// Those that are open and say that they close the issue.
    linked: Vec<i64>,
    /// What was merged of the job itself before it began once more.
    before: Vec<MergedBefore>,
    /// When the job was made.
    since: Timestamp,
    /// The jobs of its crew, itself among them.
    crew: BTreeSet<JobId>,
}

impl KnownPulls {
    fn read(conn: &Connection, job: &Job) -> Result<Self, store::Error> {
        let id = job.spec.id;
        let linked = match job.spec.given() {
            Some(thread) => jobs::linked_pulls(conn, thread)?,
            None => Vec::new(),
        };
        let mut crew = BTreeSet::from([id]);
        if let Some(known) = jobs::crew_of(conn, job)? {
            crew.extend(known.tasks.iter().flat_map(|task| &task.jobs));
        }
        let made = jobs::get(conn, id)?.map(|stored| stored.created_at);
        let before = jobs::merged_before_of(conn, job)?;
        Ok(Self { linked, before, since: made.unwrap_or_default(), crew })
    }
}

/// What others have for the issue, as the forge shows it now; none if the ledger cannot tell what is
/// its own. `shown` is what the job brought.
///
/// # Errors
/// If the forge cannot be asked now.
pub(super) async fn other_pulls(
    ctx: &Context,
    result: &JobResult,
    shown: &PullRequest,
) -> Result<Option<Vec<OtherPull>>, Error> {
    let job = result.job.clone();
    let read = ctx.ledger.read(move |conn| KnownPulls::read(conn, &job)).await;
    let Ok(known) = read.inspect_err(|error| tracing::warn!(%error, "nothing can be judged"))
    else {
        return Ok(None);
    };
    // Its own ones that are open it closes itself, once another one took their place.
    let own = (&result.job, &known.before[..]);
    let own = merged_before(&ctx.gitea, &result.repo, own, &shown.base_branch).await?;
    let mut others: Vec<OtherPull> = own.into_iter().map(|(pull, _)| merged(pull)).collect();
    for number in known.linked.iter().copied().filter(|number| *number != shown.number).take(MOST) {
        let Some(pull) = ctx.gitea.pull(&result.repo.name, number).await? else { continue };
        let standing = match pull.state {
            PullState::Open => OtherPullStanding::Open,
            PullState::Merged { .. } => OtherPullStanding::Merged,
            PullState::Closed => continue,
        };
        if !is_of_job(&result.job, &pull.head_branch) {
            others.push(other(pull, standing));
        }
    }
    if let Some(issue) = result.job.spec.given().filter(|_| result.job.spec.adopts.is_none()) {
        for pull in merged_for(ctx, (&result.repo.name, issue), &known).await? {
            if others.iter().all(|other| other.number != pull.number) {
                others.push(merged(pull));
            }
        }
    }
    Ok(Some(others))
}

/// Those that say they close the issue and were merged since the job was made: no list of what is open
/// has them any more.
async fn merged_for(
    ctx: &Context,
    (repo, issue): (&RepoName, ThreadId),
    known: &KnownPulls,
) -> Result<Vec<PullRequest>, Error> {
    let closed = ctx.gitea.closed_lately(repo).await?;
    let is_for_it = |pull: &PullRequest| closes(&pull.body).iter().any(|it| means(it, repo, issue));
    // The forge's clock tells whole seconds.
    let since = known.since.second();
    let is_since = |pull: &PullRequest| pull.merged_at.is_some_and(|at| at >= since);
    let is_own = |pull: &PullRequest| {
        let branch = pull.head_branch.parse::<Branch>().ok().filter(|_| !pull.is_from_fork());
        branch.is_some_and(|branch| known.crew.contains(&branch.job))
    };
    let of_others = closed.into_iter().filter(|pull| is_since(pull) && is_for_it(pull));
    Ok(of_others.filter(|pull| !is_own(pull)).take(MOST).collect())
}

/// Whether a text that stands in `repo` means this issue of it.
fn means(said: &IssueRef, repo: &RepoName, issue: ThreadId) -> bool {
    said.number == issue.number && said.repo.as_ref().is_none_or(|named| named == repo)
}

fn merged(pull: PullRequest) -> OtherPull {
    other(pull, OtherPullStanding::Merged)
}

fn other(pull: PullRequest, standing: OtherPullStanding) -> OtherPull {
    let author = pull.author.map(|author| author.login);
    OtherPull { number: pull.number, author, standing }
}

/// Whether a branch is one of the job's own.
fn is_of_job(job: &Job, branch: &str) -> bool {
    (1..=job.past.branch).any(|number| job.branch_numbered(number).to_string() == branch)
}
