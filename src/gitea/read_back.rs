//! Reads a text back from Gitea, since a delivery alone proves no author.

use super::client::Gitea;
use super::error::Error;
use super::issues::issue_route;
use super::wire::WireIssue;
use crate::core::model::ids::{RepoName, Subject};
use crate::core::model::text::{EditHistory, ListedText, Review};
use crate::core::model::time::Timestamp;
use crate::core::model::verdict::ReviewVerdict;

/// What the forge shows of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextLookup {
    /// The text, and when the review was submitted that holds it, if one does.
    Shown(ListedText, Option<Timestamp>),
    /// The text of a review, and what that says of the pull request.
    Review(ListedText, ReviewVerdict),
    /// It stands in a review that is not submitted: nobody but its author may see it.
    Draft,
    Gone,
}

impl Gitea {
    /// `subject` as it stands in the thread `number` now; none if it is not there, or not yet.
    ///
    /// # Errors
    /// As [`Gitea::look_up`].
    pub async fn read_back(
        &self,
        repo: &RepoName,
        number: i64,
        subject: Subject,
    ) -> Result<Option<ListedText>, Error> {
        Ok(match self.look_up(repo, number, subject).await? {
            TextLookup::Shown(text, _) | TextLookup::Review(text, _) => Some(text),
            TextLookup::Draft | TextLookup::Gone => None,
        })
    }

    /// What is to be seen of `subject` in the thread `number` now.
    ///
    /// A comment or an issue costs one request. The text of a review costs a page of reviews, a
    /// comment on a line also one request for each review that has such comments, the newest
    /// first.
    ///
    /// # Errors
    /// As any read; [`Error::Unreadable`] if what is there makes no sense.
    pub async fn look_up(
        &self,
        repo: &RepoName,
        number: i64,
        subject: Subject,
    ) -> Result<TextLookup, Error> {
        let found = match subject {
            Subject::Issue(_) => self.body_of(repo, number).await.map(shown),
            Subject::Comment(id) => match self.comment_in_place(repo, id).await {
                Ok(None) => self.in_reviews(repo, number, subject).await,
                found => found.map(|found| found.map_or(TextLookup::Gone, shown)),
            },
        };
        match found {
            Err(Error::NotFound { .. }) => Ok(TextLookup::Gone),
            Ok(TextLookup::Shown(text, _) | TextLookup::Review(text, _))
                if (text.subject, text.written.number) != (subject, number) =>
            {
                Ok(TextLookup::Gone)
            }
            found => found,
        }
    }

    /// Whether `subject`, which was heard in the thread `number`, is there still: one request. Of
    /// what a review holds no more is shown at its own address than that.
    ///
    /// # Errors
    /// As [`Gitea::look_up`].
    pub async fn stands(
        &self,
        repo: &RepoName,
        number: i64,
        subject: Subject,
    ) -> Result<bool, Error> {
        let found = match subject {
            Subject::Issue(_) => self.body_of(repo, number).await.map(Some),
            Subject::Comment(id) => self.comment_in_place(repo, id).await,
        };
        match found {
            Ok(Some(text)) => Ok((text.subject, text.written.number) == (subject, number)),
            Ok(None) => Ok(true),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn body_of(&self, repo: &RepoName, number: i64) -> Result<ListedText, Error> {
        let issue: WireIssue = self.get(&issue_route(repo, number)).await?.json()?;
        let (subject, history) = (Subject::Issue(issue.id), issue.history());
        let is_pull = issue.pull_request.is_some();
        Ok(ListedText { subject, history, written: issue.written(is_pull)?, on_line: false })
    }

    /// What stands in a review shows little of how it came about: an edit of its text changes a
    /// comment that is shown elsewhere, and until a draft is submitted every writer may change its
    /// comments on lines without a trace. Only a reply to it is seen as it was written.
    async fn in_reviews(
        &self,
        repo: &RepoName,
        number: i64,
        subject: Subject,
    ) -> Result<TextLookup, Error> {
        let (mut pages, mut commented) = (self.reviews(repo, number), Vec::<Review>::new());
        while let Some(page) = pages.next().await? {
            for review in page.entries {
                if review.text.subject == subject {
                    let text = ListedText { history: EditHistory::Unknown, ..review.text };
                    return Ok(TextLookup::Review(text, review.verdict));
                }
                if review.comments > 0 {
                    commented.push(review);
                }
            }
        }
        for review in commented.iter().rev() {
            let comments = self.inline_comments(repo, review).await?;
            if let Some(mut found) = comments.into_iter().find(|seen| seen.subject == subject) {
                let is_reply = review.submitted_at.is_some_and(|at| found.written.created_at > at);
                if !is_reply && found.history == EditHistory::NoEditSeen {
                    found.history = EditHistory::Unknown;
                }
                return Ok(TextLookup::Shown(found, review.submitted_at));
            }
        }
        Ok(TextLookup::Draft)
    }
}

fn shown(text: ListedText) -> TextLookup {
    TextLookup::Shown(text, None)
}
