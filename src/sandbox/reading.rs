//! Looking at the forge: what a test asserts and a demo prints.

use std::sync::PoisonError;

use super::Sandbox;
use super::acting::issue_id;
use super::deliveries::DeliveryRecord;
use super::server::Asked;
use super::setup::repo_id;
use super::world::World;
use super::world::records::{CommentRecord, IssueRecord, ReviewState};
use super::world::refusal::Refusal;
use crate::core::model::ids::Subject;
use crate::core::model::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Its global id.
    pub id: i64,
    pub author: String,
    pub body: String,
    /// How often its text was changed.
    pub edits: u32,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// An issue, as it stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenIssue {
    pub number: i64,
    pub author: String,
    pub title: String,
    pub body: String,
    pub open: bool,
    /// The numbers of those that it waits for, as long as they are of its repository.
    pub waits_for: Vec<i64>,
}

impl Sandbox {
    /// The issues of a repository, open and closed, the oldest first.
    ///
    /// # Errors
    /// If there is no such repository.
    pub fn issues(&self, repo: &str) -> Result<Vec<SeenIssue>, Refusal> {
        self.forge.look(|world| {
            let repo = world.repo(repo_id(world, repo)?);
            let issues = repo.threads.values().map(|id| world.issue(*id));
            let issues = issues.filter(|issue| issue.pull.is_none());
            let seen = |issue: &IssueRecord| SeenIssue {
                number: issue.number,
                author: world
                    .users
                    .get(&issue.author)
                    .map_or_else(String::new, |by| by.login.clone()),
                title: issue.title.clone(),
                body: issue.body.clone(),
                open: issue.is_open(),
                waits_for: {
                    let blockers = issue.blockers.iter().map(|id| world.issue(*id));
                    let here = blockers.filter(|blocker| blocker.repo == issue.repo);
                    let mut numbers: Vec<i64> = here.map(|blocker| blocker.number).collect();
                    numbers.sort_unstable();
                    numbers
                },
            };
            Ok(issues.map(seen).collect())
        })
    }

    /// The comments of a thread, oldest first.
    ///
    /// # Errors
    /// If there is no such thread.
    pub fn comments(&self, repo: &str, number: i64) -> Result<Vec<Said>, Refusal> {
        self.forge.look(|world| {
            let issue = world.issue(issue_id(world, repo, number)?);
            let comments = issue.comments.iter().filter_map(|id| world.comments.get(id));
            Ok(comments.map(|comment| said(world, comment)).collect())
        })
    }

    /// The comments on lines of a pull request, review by review, each with the answers to it.
    ///
    /// # Errors
    /// If there is no such thread.
    pub fn said_on_lines(&self, repo: &str, number: i64) -> Result<Vec<Said>, Refusal> {
        self.forge.look(|world| {
            let pull = world.issue(issue_id(world, repo, number)?).pull.as_ref();
            let reviews = pull.into_iter().flat_map(|pull| &pull.reviews);
            let ids = reviews.flat_map(|review| &review.inline).map(|inline| inline.comment);
            Ok(ids.map(|id| said(world, &world.comments[&id])).collect())
        })
    }

    /// The id of the comment that a review is, too; none if it is not submitted.
    ///
    /// # Errors
    /// If there is no such thread.
    pub fn review_comment(
        &self,
        repo: &str,
        number: i64,
        review: i64,
    ) -> Result<Option<i64>, Refusal> {
        self.forge.look(|world| {
            let pull = world.issue(issue_id(world, repo, number)?).pull.as_ref();
            let mut reviews = pull.into_iter().flat_map(|pull| &pull.reviews);
            let found = reviews.find(|found| found.id == review);
            Ok(found.and_then(|found| found.given.as_ref()).map(|given| given.comment))
        })
    }

    /// How many approvals by `user` count for a pull request.
    ///
    /// # Errors
    /// If there is no such thread, or nobody of that name.
    pub fn approvals(&self, user: &str, repo: &str, number: i64) -> Result<usize, Refusal> {
        self.forge.look(|world| {
            let user = world.user_named(user)?;
            let pull = world.issue(issue_id(world, repo, number)?).pull.as_ref();
            let reviews = pull.into_iter().flat_map(|pull| &pull.reviews);
            let own = reviews.filter(|one| one.author == user && one.dismissed.is_none());
            let given = own.filter_map(|one| one.given.as_ref());
            Ok(given.filter(|given| given.verdict == ReviewState::Approved).count())
        })
    }

    /// The ids of the comments on lines of a pull request.
    ///
    /// # Errors
    /// If there is no such thread.
    pub fn remarks(&self, repo: &str, number: i64) -> Result<Vec<i64>, Refusal> {
        Ok(self.said_on_lines(repo, number)?.into_iter().map(|said| said.id).collect())
    }

    /// The reactions to something: who, and what. Oldest first.
    pub fn reactions(&self, subject: Subject) -> Vec<(String, String)> {
        self.forge.look(|world| {
            let reactions = world.reactions_to(subject).iter();
            reactions.map(|r| (world.users[&r.user].login.clone(), r.content.clone())).collect()
        })
    }

    /// The names of the labels on an issue, sorted.
    ///
    /// # Errors
    /// If there is no such issue.
    pub fn labels(&self, repo: &str, number: i64) -> Result<Vec<String>, Refusal> {
        self.forge.look(|world| {
            let issue = issue_id(world, repo, number)?;
            Ok(world.labels_on(issue).into_iter().map(|label| label.name.clone()).collect())
        })
    }

    /// The logins of those who are assigned, in the order of assignment.
    ///
    /// # Errors
    /// If there is no such issue.
    pub fn assignees(&self, repo: &str, number: i64) -> Result<Vec<String>, Refusal> {
        self.forge.look(|world| {
            let issue = world.issue(issue_id(world, repo, number)?);
            Ok(issue.assignees.iter().map(|id| world.users[id].login.clone()).collect())
        })
    }

    /// Whether an issue is open.
    ///
    /// # Errors
    /// If there is no such issue.
    pub fn is_open(&self, repo: &str, number: i64) -> Result<bool, Refusal> {
        self.forge.look(|world| Ok(world.issue(issue_id(world, repo, number)?).is_open()))
    }

    /// The body of an issue as something to react to, by its global id.
    ///
    /// # Errors
    /// If there is no such issue.
    pub fn issue_subject(&self, repo: &str, number: i64) -> Result<Subject, Refusal> {
        self.forge.look(|world| issue_id(world, repo, number).map(Subject::Issue))
    }

    /// The requests so far, in the order in which they were done.
    pub fn requests(&self) -> Vec<Asked> {
        self.forge.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn count_requests(&self) -> usize {
        self.forge.log.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The webhooks so far, in the order in which they ended.
    pub fn deliveries(&self) -> Vec<DeliveryRecord> {
        self.forge.deliveries.log()
    }
}

fn said(world: &World, comment: &CommentRecord) -> Said {
    Said {
        id: comment.id,
        author: world.users[&comment.author].login.clone(),
        body: comment.body.clone(),
        edits: comment.edits,
        created_at: comment.created,
        updated_at: comment.updated,
    }
}
