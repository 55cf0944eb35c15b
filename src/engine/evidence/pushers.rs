//! Who pushed the head of the job's branch.

use super::query::EvidenceQuery;
use crate::clock::Clock;
use crate::core::jobs::evidence::HeadPusher;
use crate::core::jobs::{Commit, Push, Pusher};
use crate::core::model::account::Account;
use crate::core::model::time::Timestamp;
use crate::gitea::{Error, Gitea, RecentPushes};

/// Who pushed the head, and when, as far as the forge tells.
pub(super) struct HeadPush {
    pub(super) pusher: HeadPusher,
    /// In the words of the reducer, by whom and when; none if that is not told.
    told: Option<(Pusher, Timestamp)>,
}

/// The same, with all that was read of pushes for it.
pub(super) struct HeadPushRead {
    pub(super) push: HeadPush,
    pub(super) recent: RecentPushes,
}

impl HeadPush {
    /// The push as an event of the job.
    pub(super) fn push(&self, branch: u32, head: &Commit) -> Option<Push> {
        let (by, at) = self.told?;
        Some(Push { branch, commit: head.clone(), by, at })
    }
}

/// One push to the branch.
struct Seen {
    by: Option<Account>,
    head: Option<Commit>,
    /// By timmy's clock.
    at: Option<Timestamp>,
}

/// What both clocks showed at one moment.
struct Clocks {
    /// None where the forge does not tell.
    forge: Option<Timestamp>,
    own: Timestamp,
}

impl Clocks {
    /// A moment of the forge's clock by timmy's: how long ago it was is the same by both.
    fn by_own(&self, at: Timestamp) -> Timestamp {
        self.forge.map_or(at, |forge| self.own.before(forge.since(at)))
    }
}

/// Looks at the repository's activity and, where that does not tell, at the timeline of the pull
/// request.
pub(super) async fn of_head(
    gitea: &Gitea,
    clock: &dyn Clock,
    query: EvidenceQuery<'_>,
    head: &Commit,
    pull: Option<i64>,
) -> Result<HeadPushRead, Error> {
    let branch = query.branch.to_string();
    let recent = gitea.recent_pushes(query.repo).await?;
    let clocks = Clocks { forge: recent.read_at, own: clock.now() };
    let at = |at: Option<Timestamp>| at.map(|at| clocks.by_own(at));
    let of_branch = recent.pushes.iter().filter(|push| push.branch == branch).cloned();
    let mut seen: Vec<Seen> =
        of_branch.map(|push| Seen { by: push.by, head: push.head, at: at(push.at) }).collect();
    let push = judge(query, &seen, head);
    let is_settled = match &push.pusher {
        HeadPusher::Agent | HeadPusher::Timmy => true,
        HeadPusher::Other { agent_before, .. } => *agent_before,
        HeadPusher::Unknown => false,
    };
    let Some(number) = pull.filter(|_| !is_settled) else {
        return Ok(HeadPushRead { push, recent });
    };
    let timeline = gitea.pull_pushes(query.repo, number, query.earliest()).await?.pushes;
    let timeline = timeline.into_iter();
    seen.extend(timeline.map(|push| Seen { by: push.by, head: Some(push.head), at: at(push.at) }));
    Ok(HeadPushRead { push: judge(query, &seen, head), recent })
}

fn judge(query: EvidenceQuery<'_>, seen: &[Seen], head: &Commit) -> HeadPush {
    let of_head = seen.iter().filter(|push| push.head.as_ref() == Some(head));
    let Some((push, by)) = of_head.filter_map(|push| Some((push, push.by.as_ref()?))).next() else {
        return HeadPush { pusher: HeadPusher::Unknown, told: None };
    };
    let agents = |push: &Seen| push.by.as_ref().is_some_and(|by| query.is_agents(by));
    let pusher = match by.id {
        id if id == query.agent.id => HeadPusher::Agent,
        id if id == query.own.id => HeadPusher::Timmy,
        _ => HeadPusher::Other { login: by.login.clone(), agent_before: seen.iter().any(agents) },
    };
    let kind = if by.id == query.agent.id { Pusher::Agent } else { Pusher::Known };
    HeadPush { pusher, told: push.at.map(|at| (kind, at)) }
}
