//! The forge's memory: pure data, the operations on it, and what they make known.
//!
//! Nothing here waits, sends or reads a clock: the time is set before each operation, and
//! webhooks are left in [`World::outgoing`] for the caller to take.

pub(crate) mod access;
pub(crate) mod code;
pub(crate) mod code_events;
pub(crate) mod code_records;
pub(crate) mod comments;
mod emit;
pub(crate) mod events;
pub(crate) mod forks;
pub(crate) mod heads;
pub(crate) mod hooks;
pub(crate) mod issues;
pub(crate) mod labels;
mod last_search;
pub(crate) mod leaving;
pub(crate) mod merging;
pub(crate) mod people;
pub(crate) mod protection;
pub(crate) mod pulls;
mod pushes;
pub(crate) mod reactions;
pub(crate) mod records;
mod references;
pub(crate) mod refusal;
pub(crate) mod repos;
pub(crate) mod review_requests;
pub(crate) mod rights;
pub(crate) mod search;
pub(crate) mod statuses;
pub(crate) mod tokens;
mod workflow_jobs;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::core::model::ids::{RepoId, RepoName, Subject};
use crate::core::model::time::Timestamp;
use crate::sandbox::git::Repositories;
use crate::sandbox::versions::Version;

use events::Outgoing;
use last_search::LastSearch;
use records::{
    CommentRecord, HookRecord, IssueRecord, LabelRecord, MilestoneRecord, ReactionRecord,
    RepoRecord, TeamRecord, TimelineRecord, USUAL_REACTIONS, UserRecord,
};
use refusal::Refusal;
use tokens::TokenRecord;

pub(crate) struct World {
    /// Where the forge is reached, without a slash at the end.
    pub(crate) base: String,
    pub(crate) version: Version,
    /// Paths of the API that it does not have, as its description writes them.
    pub(crate) without: BTreeSet<String>,
    /// The time of the operation that runs, in whole seconds.
    pub(crate) now: Timestamp,
    pub(crate) users: BTreeMap<i64, UserRecord>,
    /// Login in lower case to id.
    logins: HashMap<String, i64>,
    /// Former logins, in lower case.
    former_logins: HashMap<String, i64>,
    tokens: HashMap<String, TokenRecord>,
    pub(crate) teams: BTreeMap<i64, TeamRecord>,
    pub(crate) repos: BTreeMap<RepoId, RepoRecord>,
    /// Their code, on disk.
    git: Repositories,
    /// Present names, in lower case.
    names: HashMap<String, RepoId>,
    /// Former names, in lower case.
    former_names: HashMap<String, RepoId>,
    pub(crate) issues: BTreeMap<i64, IssueRecord>,
    pub(crate) comments: BTreeMap<i64, CommentRecord>,
    /// The comments that came from elsewhere.
    pub(crate) imported: BTreeSet<i64>,
    pub(crate) reactions: HashMap<Subject, Vec<ReactionRecord>>,
    /// What the server is set to allow of them.
    pub(crate) allowed_reactions: Vec<String>,
    /// Who shows their profile to nobody.
    pub(crate) hidden_profiles: BTreeSet<i64>,
    /// Who blocked whom.
    pub(crate) blocks: BTreeSet<(i64, i64)>,
    pub(crate) labels: BTreeMap<i64, LabelRecord>,
    pub(crate) milestones: BTreeMap<i64, MilestoneRecord>,
    pub(crate) hooks: BTreeMap<i64, HookRecord>,
    /// Who changed labels and assignees, oldest first.
    pub(crate) timeline: Vec<TimelineRecord>,
    /// Webhooks that are due, oldest first.
    pub(crate) outgoing: Vec<Outgoing>,
    /// The next review fails between its draft and its end.
    pub(crate) fails_to_submit: bool,
    last_ids: HashMap<IdKind, i64>,
    last_search: LastSearch,
}

/// What has ids of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum IdKind {
    User,
    Team,
    Repo,
    Issue,
    Pull,
    Comment,
    Review,
    Label,
    Milestone,
    Hook,
    Status,
    Activity,
    WorkflowJob,
}

impl World {
    pub(crate) fn new(base: String, version: Version) -> Self {
        Self {
            base,
            version,
            without: BTreeSet::new(),
            fails_to_submit: false,
            now: Timestamp::default(),
            users: BTreeMap::new(),
            logins: HashMap::new(),
            former_logins: HashMap::new(),
            tokens: HashMap::new(),
            teams: BTreeMap::new(),
            repos: BTreeMap::new(),
            git: Repositories::default(),
            names: HashMap::new(),
            former_names: HashMap::new(),
            issues: BTreeMap::new(),
            comments: BTreeMap::new(),
            imported: BTreeSet::new(),
            reactions: HashMap::new(),
            hidden_profiles: BTreeSet::new(),
            allowed_reactions: USUAL_REACTIONS.map(str::to_owned).to_vec(),
            blocks: BTreeSet::new(),
            labels: BTreeMap::new(),
            milestones: BTreeMap::new(),
            hooks: BTreeMap::new(),
            timeline: Vec::new(),
            outgoing: Vec::new(),
            last_ids: HashMap::new(),
            last_search: LastSearch::default(),
        }
    }

    /// A number that nothing else of its kind had or will have.
    pub(crate) fn next_id(&mut self, kind: IdKind) -> i64 {
        let last = self.last_ids.entry(kind).or_insert(0);
        *last += 1;
        *last
    }

    /// The repository that an item points to.
    pub(crate) fn repo(&self, id: RepoId) -> &RepoRecord {
        &self.repos[&id]
    }

    /// The repository now called `name`.
    pub(crate) fn repo_named(&self, name: &RepoName) -> Result<RepoId, Refusal> {
        self.names.get(&name.to_string().to_ascii_lowercase()).copied().ok_or(Refusal::HIDDEN)
    }

    /// The global id of `number` in `repo`, unless its kind is switched off there.
    pub(crate) fn thread(&self, repo: RepoId, number: i64) -> Result<i64, Refusal> {
        let repo = self.repo(repo);
        let id = repo.threads.get(&number).copied().ok_or(Refusal::HIDDEN)?;
        match repo.off.contains(&self.issue(id).unit()) {
            true => Err(Refusal::HIDDEN),
            false => Ok(id),
        }
    }

    /// The issue of a global id, as [`World::thread`] hands them out.
    pub(crate) fn issue(&self, id: i64) -> &IssueRecord {
        &self.issues[&id]
    }

    fn issue_mut(&mut self, id: i64) -> &mut IssueRecord {
        self.last_search.forget();
        self.issues.get_mut(&id).expect("ids of issues are looked up in the same operation")
    }

    /// The issue, to be changed: it moves now.
    fn touch(&mut self, id: i64) -> &mut IssueRecord {
        let now = self.now;
        let issue = self.issue_mut(id);
        issue.updated = now;
        issue
    }
}
