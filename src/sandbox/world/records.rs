//! What the forge stores: one struct a kind of thing, without behaviour.

use std::collections::{BTreeMap, BTreeSet};

use crate::core::model::ids::RepoId;
use crate::core::model::time::Timestamp;
use crate::sandbox::git::ChangeCount;

use super::code_records::{FeedRecord, ProtectionRecord, StatusRecord, WorkflowJobRecord};
use super::rights::{Mode, Unit};

/// An account: a person (or a bot), or an organisation.
pub(crate) struct UserRecord {
    pub(crate) id: i64,
    pub(crate) login: String,
    pub(crate) kind: UserKind,
    /// The hash in the address of its picture.
    pub(crate) avatar: String,
    pub(crate) created: Timestamp,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum UserKind {
    Person,
    SiteAdmin,
    Organisation,
}

/// A group of an organisation's members, with rights in all of its repositories.
pub(crate) struct TeamRecord {
    pub(crate) id: i64,
    pub(crate) org: i64,
    pub(crate) name: String,
    pub(crate) rights: TeamRights,
    pub(crate) members: BTreeSet<i64>,
    /// Whether all of the organisation may see it, where teams are private by default.
    pub(crate) is_shown: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TeamRights {
    /// Everything: they own the organisation.
    Owners,
    /// These rights on these units.
    Units(BTreeMap<Unit, Mode>),
}

pub(crate) struct RepoRecord {
    pub(crate) id: RepoId,
    pub(crate) owner: i64,
    pub(crate) name: String,
    pub(crate) private: bool,
    pub(crate) archived: bool,
    /// The parts that are switched off.
    pub(crate) off: BTreeSet<Unit>,
    pub(crate) created: Timestamp,
    pub(crate) collaborators: BTreeMap<i64, Mode>,
    pub(crate) open_issues: usize,
    pub(crate) open_pulls: usize,
    /// The highest number that was given.
    pub(crate) last_number: i64,
    /// Number to global id.
    pub(crate) threads: BTreeMap<i64, i64>,
    /// Plain comments, oldest first.
    pub(crate) comments: BTreeSet<i64>,
    /// What issues are to be made of: name, beginning of the title, text.
    pub(crate) templates: Vec<(String, String, String)>,
    /// The branch that a clone begins with.
    pub(crate) trunk: String,
    pub(crate) fork_of: Option<RepoId>,
    /// It began without a first commit.
    pub(crate) began_empty: bool,
    /// Rules of branches, the first that fits counts.
    pub(crate) protections: Vec<ProtectionRecord>,
    /// What was said of commits, oldest first.
    pub(crate) statuses: Vec<StatusRecord>,
    /// The jobs of workflows that ended, oldest first.
    pub(crate) workflow_jobs: Vec<WorkflowJobRecord>,
    /// What the secrets are called that its workflows may read.
    pub(crate) secrets: Vec<String>,
    /// What happened to its code, oldest first.
    pub(crate) feed: Vec<FeedRecord>,
}

/// An issue, or a pull request if `pull` is set.
pub(crate) struct IssueRecord {
    pub(crate) id: i64,
    pub(crate) repo: RepoId,
    pub(crate) number: i64,
    pub(crate) author: i64,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) locked: bool,
    pub(crate) labels: BTreeSet<i64>,
    pub(crate) assignees: Vec<i64>,
    pub(crate) milestone: Option<i64>,
    pub(crate) due: Option<Timestamp>,
    pub(crate) pinned: bool,
    /// The issues that must be closed before this one.
    pub(crate) blockers: BTreeSet<i64>,
    /// Plain comments, oldest first.
    pub(crate) comments: BTreeSet<i64>,
    pub(crate) pull: Option<PullRecord>,
    /// How often its text changed.
    pub(crate) version: u32,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    /// When it was closed; none while it is open.
    pub(crate) closed: Option<Timestamp>,
}

impl IssueRecord {
    /// Whether it is a pull request that its author calls unfinished.
    pub(crate) fn is_draft(&self) -> bool {
        self.pull.is_some() && (self.title.starts_with("WIP:") || self.title.starts_with("[WIP]"))
    }
}

impl RepoRecord {
    /// How many issues, or else pull requests, are open.
    pub(crate) fn open_count(&mut self, pulls: bool) -> &mut usize {
        if pulls { &mut self.open_pulls } else { &mut self.open_issues }
    }

    /// Switches a part off, or on again.
    pub(crate) fn switch(&mut self, unit: Unit, on: bool) {
        match on {
            true => self.off.remove(&unit),
            false => self.off.insert(unit),
        };
    }
}

impl IssueRecord {
    pub(crate) fn is_open(&self) -> bool {
        self.closed.is_none()
    }

    pub(crate) fn unit(&self) -> Unit {
        if self.pull.is_some() { Unit::Pulls } else { Unit::Issues }
    }
}

/// What a pull request has beside an issue.
pub(crate) struct PullRecord {
    pub(crate) id: i64,
    pub(crate) head: BranchRecord,
    pub(crate) base: BranchRecord,
    /// The last commit that both have.
    pub(crate) merge_base: String,
    pub(crate) size: ChangeCount,
    /// Whether it can be merged without a conflict.
    pub(crate) mergeable: bool,
    pub(crate) merged: Option<MergeRecord>,
    /// Whether who may write to the base may push to the head, in a fork.
    pub(crate) maintainers_may_edit: bool,
    /// That somebody wants it merged as soon as that is possible.
    pub(crate) scheduled: Option<ScheduleRecord>,
    /// Who is asked for a review.
    pub(crate) asked: Vec<ReviewRequestRecord>,
    pub(crate) reviews: Vec<ReviewRecord>,
}

/// A branch and the commit that it points to.
pub(crate) struct BranchRecord {
    pub(crate) repo: RepoId,
    pub(crate) name: String,
    pub(crate) sha: String,
    /// Whether it was deleted.
    pub(crate) is_gone: bool,
}

/// How a pull request was merged.
pub(crate) struct MergeRecord {
    pub(crate) by: i64,
    pub(crate) at: Timestamp,
    pub(crate) commit: String,
}

/// How commits come into the base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HowToMerge {
    Merge,
    /// Each of its commits, put onto the base.
    Rebase,
    /// Put onto the base, and a merge commit that names them.
    RebaseMerge,
    Squash,
    FastForward,
}

/// A merge that waits until nothing is missing.
pub(crate) struct ScheduleRecord {
    pub(crate) by: i64,
    pub(crate) how: HowToMerge,
    pub(crate) deletes_branch: bool,
}

/// Somebody who is asked for a review; Gitea counts it among the reviews.
pub(crate) struct ReviewRequestRecord {
    pub(crate) id: i64,
    pub(crate) reviewer: i64,
    pub(crate) at: Timestamp,
}

pub(crate) struct ReviewRecord {
    pub(crate) id: i64,
    pub(crate) author: i64,
    /// When its draft was begun: Gitea calls it the time of submission.
    pub(crate) begun: Timestamp,
    pub(crate) inline: Vec<InlineRecord>,
    /// The commit that it is about.
    pub(crate) commit: String,
    /// Whether something was pushed since.
    pub(crate) stale: bool,
    /// Whether it does not count any more, and since when.
    pub(crate) dismissed: Option<Timestamp>,
    /// What it says as a whole; none until it is submitted.
    pub(crate) given: Option<GivenReview>,
}

/// A review that was submitted.
pub(crate) struct GivenReview {
    /// The comment that carries its body.
    pub(crate) comment: i64,
    pub(crate) verdict: ReviewState,
    pub(crate) body: String,
    /// Whether the reviewer may write: only then does the verdict count.
    pub(crate) official: bool,
    pub(crate) at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewState {
    /// Good to merge.
    Approved,
    /// Not like this.
    RequestChanges,
    /// Just remarks.
    Comment,
}

/// A comment on a line of the change.
pub(crate) struct InlineRecord {
    /// The comment that carries its text.
    pub(crate) comment: i64,
    pub(crate) path: String,
    pub(crate) position: i64,
    /// The part of the change that it is about.
    pub(crate) hunk: String,
}

/// A comment of an issue or pull request.
pub(crate) struct CommentRecord {
    pub(crate) id: i64,
    pub(crate) issue: i64,
    pub(crate) author: i64,
    pub(crate) kind: CommentKind,
    pub(crate) body: String,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    /// How often its text changed. Gitea keeps a history, but not in its API.
    pub(crate) edits: u32,
}

/// Reviews and inline comments are comments too, but only plain ones can be listed or read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum CommentKind {
    Plain,
    OfReview,
}

/// The reactions that Gitea allows out of the box.
pub(crate) const USUAL_REACTIONS: [&str; 8] =
    ["+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes"];

/// A line of a thread's timeline.
pub(crate) struct TimelineRecord {
    pub(crate) id: i64,
    pub(crate) issue: i64,
    pub(crate) user: i64,
    pub(crate) change: TimelineChange,
    pub(crate) at: Timestamp,
}

/// What came or went.
pub(crate) enum TimelineChange {
    Close,
    Reopen,
    Label(i64),
    Assignee {
        user: i64,
        removed: bool,
    },
    ReviewRequest {
        reviewer: i64,
        review: i64,
        removed: bool,
    },
    /// Commits came; of a force push the former head and the new one.
    Push {
        forced: bool,
        commits: Vec<String>,
    },
    Review {
        review: i64,
        comment: i64,
        body: String,
    },
    DismissReview {
        review: i64,
        message: String,
    },
    Merge,
    DeleteBranch {
        branch: String,
    },
    /// A commit of the default branch names the thread.
    Reference {
        commit: String,
        subject: String,
    },
    Schedule,
    Unschedule,
}

pub(crate) struct ReactionRecord {
    pub(crate) user: i64,
    pub(crate) content: String,
    pub(crate) created: Timestamp,
}

/// A label of a repository or of an organisation.
pub(crate) struct LabelRecord {
    pub(crate) id: i64,
    pub(crate) home: Home,
    pub(crate) name: String,
    pub(crate) color: String,
    pub(crate) description: String,
    pub(crate) exclusive: bool,
}

impl LabelRecord {
    /// What stands before the last `/`: of an exclusive scope an issue holds one label.
    pub(crate) fn exclusive_scope(&self) -> Option<&str> {
        let (scope, _) = self.name.rsplit_once('/')?;
        (self.exclusive && !scope.is_empty()).then_some(scope)
    }
}

pub(crate) struct MilestoneRecord {
    pub(crate) id: i64,
    pub(crate) repo: RepoId,
    pub(crate) title: String,
    pub(crate) due: Option<Timestamp>,
    pub(crate) created: Timestamp,
}

/// Where a label or a webhook belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Home {
    Repo(RepoId),
    Org(i64),
}

pub(crate) struct HookRecord {
    pub(crate) id: i64,
    pub(crate) home: Home,
    pub(crate) url: String,
    pub(crate) content: ContentType,
    pub(crate) secret: String,
    pub(crate) events: BTreeSet<&'static str>,
    /// What it sends as `Authorization`; may be empty.
    pub(crate) authorization: String,
    pub(crate) active: bool,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
}

/// How a webhook's payload is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ContentType {
    Json,
    Form,
}

impl ContentType {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Form => "form",
        }
    }
}
