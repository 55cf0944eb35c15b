//! What has to be known of the world to answer a text, and what is known of it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::backlog::facts::BacklogFacts;
use super::backlog::query::BacklogQuery;
use super::decision_facts::{DecisionFacts, DecisionQuery};
use super::jobs::{JobFacts, JobQuery};
use super::review_facts::ReviewFacts;
use crate::core::command::value::{Date, IssueRef};
use crate::core::effect::SetLabel;
use crate::core::model::account::Account;
use crate::core::model::dependency::{VisibleBlocker, WaitsFor};
use crate::core::model::ids::{RepoName, ThreadId};
use crate::core::model::issue::Issue;
use crate::core::model::repository::Repo;
use crate::core::model::thread::{PastCommand, ThreadState};
use crate::core::model::time::Timestamp;
use crate::core::model::verdict::ReviewVerdict;
use crate::core::policy::authority::People;
use crate::core::policy::controls::{AgentProfile, Controls};
use crate::core::reply::AgentView;
use crate::core::report::digest::Digest;
use crate::core::scheduling::Ineligible;

/// What an answer tells again of what people said before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Quotes {
    #[default]
    Nothing,
    /// The reason of a hold.
    Reason,
    /// That, and the latest commands.
    Commands,
}

/// What has to be known to answer a text. Asking the forge costs a request each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Needs {
    /// The issue itself, as the forge shows it now.
    pub item: bool,
    /// Of which of these accounts it has to be known whether they can be assigned, by their names.
    pub assignable: HashSet<String>,
    /// Whether it has to be known of the author of the text, too.
    pub assignable_author: bool,
    /// The same in other threads: of this account, or of the author of the text.
    pub assignable_there: HashSet<(IssueRef, Option<String>)>,
    /// What the thread waits for.
    pub blockers: bool,
    /// What is told again of what people said, here and in the other threads: those texts still
    /// have to stand.
    pub quotes: Quotes,
    /// Other threads.
    pub targets: HashSet<IssueRef>,
    /// Those of them for which this thread is to wait: do they wait for it?
    pub circles: HashSet<IssueRef>,
    /// Accounts that may get a right, or lose it, by their names in lower case.
    pub accounts: HashSet<String>,
    /// Repositories that may be paused, or looked at.
    pub repos: HashSet<RepoName>,
    /// From which days on the past is to be summed up.
    pub digests: HashSet<Option<Date>>,
    /// The backlog, and what of it.
    pub backlog: Option<BacklogQuery>,
    /// What of jobs.
    pub jobs: JobQuery,
    /// What of decisions.
    pub decisions: DecisionQuery,
    /// How the agents are, and what their accounts may do in this repository.
    pub agents: bool,
    /// What the text says as a review of a job's pull request.
    pub review: Option<ReviewVerdict>,
}

impl Needs {
    /// That of the backlog, and nothing else.
    pub(super) fn of_backlog(query: BacklogQuery) -> Self {
        Self { backlog: Some(query), ..Self::default() }
    }

    /// These, and those.
    pub(super) fn and(mut self, other: Self) -> Self {
        let Self {
            item,
            assignable,
            assignable_author,
            assignable_there,
            blockers,
            quotes,
            targets,
            circles,
            accounts,
            repos,
            digests,
            backlog,
            jobs,
            decisions,
            agents,
            review,
        } = other;
        self.review = self.review.take().or(review);
        self.agents |= agents;
        self.jobs.extend(jobs);
        self.decisions.extend(decisions);
        self.item |= item;
        self.assignable.extend(assignable);
        self.assignable_author |= assignable_author;
        self.assignable_there.extend(assignable_there);
        self.blockers |= blockers;
        self.quotes = self.quotes.max(quotes);
        self.targets.extend(targets);
        self.circles.extend(circles);
        self.accounts.extend(accounts);
        self.repos.extend(repos);
        self.digests.extend(digests);
        if let Some(query) = backlog {
            self.backlog.get_or_insert_default().extend(query);
        }
        self
    }
}

/// What is known of the world when a text is answered.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The moment of the answer.
    pub now: Timestamp,
    /// The zone in which dates are meant and times are said.
    pub zone: TimeZone,
    /// timmy's account.
    pub own: String,
    /// Who may what.
    pub people: Arc<People>,
    /// The agents.
    pub agents: Vec<AgentProfile>,
    /// The guards of the configuration, by name.
    pub scripts: Vec<String>,
    /// How they are, by name, if it was needed.
    pub views: HashMap<String, AgentView>,
    /// What is paused, and to whom the right to approve is lent.
    pub fleet: Controls,
    /// The issue, if it was needed.
    pub item: Option<Issue>,
    /// Who of them can be assigned.
    pub assignable: Vec<String>,
    /// What the thread waits for, if it was needed and the forge keeps such a thing there.
    pub blockers: Option<WaitsFor<VisibleBlocker>>,
    /// The other threads that exist, and may be shown here.
    pub targets: HashMap<IssueRef, OtherThread>,
    /// The threads that this one is to wait for, as far as they wait for it already, or may do so.
    pub circles: HashMap<ThreadId, CircleSearch>,
    /// The accounts that exist, by their names in lower case.
    pub accounts: HashMap<String, DelegateAccount>,
    /// The repositories that are watched, and may be shown here.
    pub repos: HashMap<RepoName, Repo>,
    /// The past, summed up for the readers of this thread.
    pub digests: HashMap<Option<Date>, Digest>,
    /// The backlog, if it was needed.
    pub backlog: Option<BacklogFacts>,
    /// The jobs, as far as they were needed.
    pub jobs: JobFacts,
    /// The decisions, as far as they were needed.
    pub decisions: DecisionFacts,
    /// What is known of the review, if the text is one that says something to a job.
    pub review: ReviewFacts,
    /// What the ledger holds of this thread.
    pub state: ThreadState,
    /// The latest commands here, oldest first.
    pub recent: Vec<PastCommand>,
    /// What the priority is to change back to, if it is.
    pub pending: Option<SetLabel>,
}

/// What came of the search whether another thread waits for this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CircleSearch {
    /// The way on which it does; both ends belong to it.
    Found(Vec<VisibleBlocker>),
    /// So many threads were looked at, and there are more.
    Unfinished { met: usize },
}

/// Another thread that somebody asks about.
#[derive(Debug, Clone)]
pub struct OtherThread {
    /// Which.
    pub thread: ThreadId,
    /// Where it is.
    pub repo: RepoName,
    /// Whether that is the repository in which it is asked.
    pub here: bool,
    /// Whether everybody who reads it reads the thread in which it is asked, too.
    pub same_readers: bool,
    /// Why nothing at all is handed out there, if so.
    pub left_out: Option<Ineligible>,
    /// The issue.
    pub item: Issue,
    /// Who can be assigned there, of those of whom that was asked.
    pub assignable: Vec<String>,
    /// What it waits for.
    pub blockers: WaitsFor<VisibleBlocker>,
    /// What the ledger holds of it.
    pub state: ThreadState,
    /// The latest commands there.
    pub recent: Vec<PastCommand>,
}

impl OtherThread {
    /// What it is called in the thread in which it is asked: `#12`, elsewhere `o/r#12`.
    pub fn name(&self) -> String {
        match self.here {
            true => format!("#{}", self.thread.number),
            false => format!("{}#{}", self.repo, self.thread.number),
        }
    }
}

/// An account that may get the right to approve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelegateAccount {
    /// Which.
    pub account: Account,
    /// Whether the configuration gives it that right everywhere, by name or by a team.
    pub approves: bool,
}
