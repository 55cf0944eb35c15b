//! Reads a text back from Gitea, since a delivery alone proves no author.

use super::client::Gitea;
use super::error::Error;
use super::issues::issue_route;
use super::wire::WireIssue;
use crate::core::model::ids::{RepoName, Subject};
use crate::core::model::text::{EditHistory, ListedText, Review};

impl Gitea {
    /// `subject` as it stands in the thread `number` now; none if it is not there, or not yet: the
    /// comments of a review that is not submitted are nobody else's to see.
    ///
    /// A comment or an issue costs one request. The text of a review costs a page of reviews, a
    /// comment on a line also one request for each review that has such comments, the newest
    /// first.
    ///
    /// # Errors
    /// As any read; [`Error::Unreadable`] if what is there makes no sense.
    pub async fn read_back(
        &self,
        repo: &RepoName,
        number: i64,
        subject: Subject,
    ) -> Result<Option<ListedText>, Error> {
        let found = match subject {
            Subject::Issue(_) => self.body_of(repo, number).await.map(Some),
            Subject::Comment(id) => match self.comment_in_place(repo, id).await {
                Ok(None) => self.in_reviews(repo, number, subject).await,
                found => found,
            },
        };
        match found {
            Err(Error::NotFound { .. }) => Ok(None),
            found => {
                Ok(found?.filter(|seen| (seen.subject, seen.written.number) == (subject, number)))
            }
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
    ) -> Result<Option<ListedText>, Error> {
        let (mut pages, mut commented) = (self.reviews(repo, number), Vec::<Review>::new());
        while let Some(page) = pages.next().await? {
            for review in page.entries {
                if review.text.subject == subject {
                    return Ok(Some(ListedText { history: EditHistory::Unknown, ..review.text }));
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
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}
