//! Reviews of a pull request and their comments on lines: texts that no other list shows.

use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::client::Gitea;
use super::error::Error;
use super::pages::{self, ListShape, Pages, UnusableEntry};
use super::route::Route;
use super::wire::{MissingField, WireTime, WireUser, or_default, positive};
use crate::core::model::account::Account;
use crate::core::model::ids::{RepoName, Subject};
use crate::core::model::remark::{Remark, RemarkLine};
use crate::core::model::text::{EditHistory, ListedText, PostedText, Review};
use crate::core::model::time::Timestamp;
use crate::core::model::verdict::{Opinion, ReviewVerdict};

/// A line of the list of reviews.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListedReview {
    Given(Box<Review>),
    /// Somebody is asked for one.
    Asked(Account),
}

impl Gitea {
    /// The reviews of a pull request and the requests for one, oldest first; not drafts.
    pub fn reviews_and_requests(&self, repo: &RepoName, number: i64) -> Pages<'_, ListedReview> {
        Pages::new(self, list_of(repo, number), ListShape { list: pages::plain, entry: listed })
    }

    /// The reviews that were given to a pull request, oldest first; not drafts, and not requests
    /// for one.
    pub fn reviews(&self, repo: &RepoName, number: i64) -> Pages<'_, Review> {
        Pages::new(self, list_of(repo, number), ListShape { list: pages::plain, entry: given })
    }

    /// All of them. Needs the scope `read:repository`.
    ///
    /// # Errors
    /// As any read.
    pub async fn all_reviews(&self, repo: &RepoName, number: i64) -> Result<Vec<Review>, Error> {
        let mut pages = self.reviews(repo, number);
        let mut reviews = Vec::new();
        while let Some(page) = pages.next().await? {
            reviews.extend(page.entries);
        }
        Ok(reviews)
    }

    /// The comments on lines that belong to a review, replies to them included.
    pub async fn inline_comments(
        &self,
        repo: &RepoName,
        review: &Review,
    ) -> Result<Vec<ListedText>, Error> {
        let route = comments_of(repo, review.text.written.number, review.id);
        let list = pages::plain(&self.get(&route).await?)?;
        let mut comments =
            pages::usable(&list, pages::entry::<Inline, ListedText>, route.template());
        for comment in &mut comments {
            comment.history = history_of(&comment.written, review.submitted_at);
        }
        Ok(comments)
    }

    /// What `by` said of lines in a review of theirs; not what others replied there.
    ///
    /// # Errors
    /// As any read.
    pub async fn remarks(
        &self,
        repo: &RepoName,
        number: i64,
        review: i64,
        by: &Account,
    ) -> Result<Vec<Remark>, Error> {
        let route = comments_of(repo, number, review);
        let list = pages::plain(&self.get(&route).await?)?;
        let found = pages::usable(&list, pages::entry::<Inline, SignedRemark>, route.template());
        let own = found.into_iter().filter(|said| said.by.as_ref().is_some_and(|a| a.id == by.id));
        Ok(own.map(|said| said.remark).collect())
    }

    /// All comments on lines of a pull request: a request for each review that has some.
    pub async fn all_inline_comments(
        &self,
        repo: &RepoName,
        number: i64,
    ) -> Result<Vec<ListedText>, Error> {
        let (mut pages, mut comments) = (self.reviews(repo, number), Vec::new());
        while let Some(page) = pages.next().await? {
            for review in page.entries.iter().filter(|review| review.comments > 0) {
                comments.extend(self.inline_comments(repo, review).await?);
            }
        }
        Ok(comments)
    }

    /// Answers a comment on a line in its place ([`Extra::Replies`]); the number of the answer.
    ///
    /// # Errors
    /// [`Error::NotFound`] if that comment is not there, [`Error::Unprocessable`] if it stands on
    /// no line.
    ///
    /// [`Extra::Replies`]: super::extra::Extra::Replies
    pub async fn reply_to_inline(
        &self,
        repo: &RepoName,
        number: i64,
        comment: i64,
        body: &str,
    ) -> Result<i64, Error> {
        #[derive(Deserialize)]
        struct Posted {
            id: i64,
        }
        let route = Route::new(
            "repos/{owner}/{repo}/pulls/{index}/comments/{id}/replies",
            &[&repo.owner(), &repo.name(), &number, &comment],
        );
        let answer = self.send(Method::POST, &route, &json!({ "body": body })).await?;
        let Posted { id } = answer.expect(StatusCode::CREATED)?.json()?;
        Ok(positive(id, "id")?)
    }
}

/// The list of the reviews of a pull request.
pub(super) fn list_of(repo: &RepoName, number: i64) -> Route {
    Route::new(
        "repos/{owner}/{repo}/pulls/{index}/reviews",
        &[&repo.owner(), &repo.name(), &number],
    )
}

/// A review.
pub(super) fn one(repo: &RepoName, number: i64, review: i64) -> Route {
    Route::new(
        "repos/{owner}/{repo}/pulls/{index}/reviews/{id}",
        &[&repo.owner(), &repo.name(), &number, &review],
    )
}

/// Where it is said of a review that it counts no more.
pub(super) fn dismissals_of(repo: &RepoName, number: i64, review: i64) -> Route {
    Route::new(
        "repos/{owner}/{repo}/pulls/{index}/reviews/{id}/dismissals",
        &[&repo.owner(), &repo.name(), &number, &review],
    )
}

/// The list of the comments on lines that belong to a review.
fn comments_of(repo: &RepoName, number: i64, review: i64) -> Route {
    Route::new(
        "repos/{owner}/{repo}/pulls/{index}/reviews/{id}/comments",
        &[&repo.owner(), &repo.name(), &number, &review],
    )
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireReview {
    #[serde(deserialize_with = "or_default")]
    id: i64,
    user: Option<WireUser>,
    #[serde(deserialize_with = "or_default")]
    state: String,
    #[serde(deserialize_with = "or_default")]
    body: String,
    #[serde(deserialize_with = "or_default")]
    commit_id: String,
    #[serde(deserialize_with = "or_default")]
    stale: bool,
    #[serde(deserialize_with = "or_default")]
    dismissed: bool,
    #[serde(deserialize_with = "or_default")]
    official: bool,
    #[serde(deserialize_with = "or_default")]
    comments_count: i64,
    submitted_at: WireTime,
    updated_at: WireTime,
    #[serde(deserialize_with = "or_default")]
    html_url: String,
    #[serde(deserialize_with = "or_default")]
    pull_request_url: String,
}

/// A review that was begun and not given: nobody else sees it.
pub(super) struct DraftReview {
    pub(super) review: i64,
    pub(super) by: Account,
}

pub(super) fn draft(json: &RawValue) -> Result<Option<DraftReview>, UnusableEntry> {
    let review: WireReview = serde_json::from_str(json.get())?;
    if review.state != "PENDING" {
        return Ok(None);
    }
    let id = positive(review.id, "id")?;
    Ok(review.user.and_then(WireUser::account).map(|by| DraftReview { review: id, by }))
}

fn given(json: &RawValue) -> Result<Option<Review>, UnusableEntry> {
    Ok(match listed(json)? {
        Some(ListedReview::Given(review)) => Some(*review),
        Some(ListedReview::Asked(_)) | None => None,
    })
}

/// A team that is asked is no account.
fn listed(json: &RawValue) -> Result<Option<ListedReview>, UnusableEntry> {
    let review: WireReview = serde_json::from_str(json.get())?;
    match review.state.as_str() {
        "PENDING" => Ok(None),
        "REQUEST_REVIEW" => Ok(review.user.and_then(WireUser::account).map(ListedReview::Asked)),
        _ => Ok(Some(ListedReview::Given(Box::new(review.try_into()?)))),
    }
}

fn opinion_of(state: &str) -> Opinion {
    match state {
        "APPROVED" => Opinion::Approved,
        "REQUEST_CHANGES" => Opinion::ChangesRequested,
        _ => Opinion::Comment,
    }
}

impl TryFrom<WireReview> for Review {
    type Error = MissingField;

    fn try_from(review: WireReview) -> Result<Self, MissingField> {
        let begun_at = review.submitted_at.or(review.updated_at, "submitted_at")?;
        let updated_at = review.updated_at.or(review.submitted_at, "updated_at")?;
        let id = positive(review.id, "id")?;
        let verdict = ReviewVerdict {
            review: id,
            opinion: opinion_of(&review.state),
            commit: review.commit_id,
            is_stale: review.stale,
            is_dismissed: review.dismissed,
            is_official: review.official,
        };
        Ok(Self {
            id,
            verdict,
            // `submitted_at` is when the draft was begun, `updated_at` when it was submitted; but
            // also when it was dismissed, which makes nothing new of it.
            given_at: if review.dismissed { begun_at } else { updated_at },
            submitted_at: (!review.dismissed).then_some(updated_at),
            comments: review.comments_count,
            text: ListedText {
                // An edit changes the comment that a review is as well, and not what is read here.
                history: EditHistory::NoEditSeen,
                on_line: false,
                subject: comment_of(&review.html_url)?,
                written: PostedText {
                    number: thread_of(&review.pull_request_url)?,
                    is_pull: true,
                    author: review.user.and_then(WireUser::account),
                    migrated: false,
                    body: review.body,
                    created_at: begun_at,
                    updated_at,
                },
            },
        })
    }
}

/// What the times of a comment on a line show, whose review was `submitted_at`. Those of a draft
/// are those of when it was begun, so it may have been changed until it was submitted; a reply
/// may be younger than its review.
fn history_of(comment: &PostedText, submitted_at: Option<Timestamp>) -> EditHistory {
    let as_written = submitted_at.unwrap_or(comment.created_at).max(comment.created_at);
    if comment.updated_at > as_written { EditHistory::Edited } else { EditHistory::NoEditSeen }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Inline {
    #[serde(deserialize_with = "or_default")]
    id: i64,
    user: Option<WireUser>,
    #[serde(deserialize_with = "or_default")]
    body: String,
    created_at: WireTime,
    updated_at: WireTime,
    #[serde(deserialize_with = "or_default")]
    pull_request_url: String,
    #[serde(deserialize_with = "or_default")]
    path: String,
    /// The line in the proposed file, and in the one before; 0 where it is in the other one.
    #[serde(deserialize_with = "or_default")]
    position: i64,
    #[serde(deserialize_with = "or_default")]
    original_position: i64,
}

/// A remark, and whose it is; none for a deleted user.
struct SignedRemark {
    by: Option<Account>,
    remark: Remark,
}

impl TryFrom<Inline> for SignedRemark {
    type Error = MissingField;

    fn try_from(inline: Inline) -> Result<Self, MissingField> {
        let line = match (inline.position, inline.original_position) {
            (new, _) if new > 0 => Some(RemarkLine::New(new)),
            (_, old) if old > 0 => Some(RemarkLine::Old(old)),
            _ => None,
        };
        let comment = positive(inline.id, "id")?;
        let remark = Remark { comment, path: inline.path, line, text: inline.body }.bounded();
        Ok(Self { by: inline.user.and_then(WireUser::account), remark })
    }
}

impl TryFrom<Inline> for ListedText {
    type Error = MissingField;

    fn try_from(inline: Inline) -> Result<Self, MissingField> {
        Ok(Self {
            subject: Subject::Comment(positive(inline.id, "id")?),
            // Until it is compared with its review.
            history: EditHistory::Unknown,
            on_line: true,
            written: PostedText {
                number: thread_of(&inline.pull_request_url)?,
                is_pull: true,
                author: inline.user.and_then(WireUser::account),
                migrated: false,
                body: inline.body,
                created_at: inline.created_at.or(inline.updated_at, "created_at")?,
                updated_at: inline.updated_at.or(inline.created_at, "updated_at")?,
            },
        })
    }
}

/// The comment that a review is, too: 177 of `.../pulls/6#issuecomment-177`.
fn comment_of(page: &str) -> Result<Subject, MissingField> {
    let id = page.rsplit_once("#issuecomment-").and_then(|(_, id)| id.parse().ok());
    Ok(Subject::Comment(positive(id.unwrap_or(0), "html_url")?))
}

/// The number at the end of a thread's page: 6 of `.../pulls/6`.
pub(super) fn thread_of(page: &str) -> Result<i64, MissingField> {
    let number = page.rsplit_once('/').and_then(|(_, number)| number.parse().ok());
    positive(number.unwrap_or(0), "the thread's page")
}

#[cfg(test)]
mod tests {
    use crate::gitea::reviews::*;

    fn read(json: &str) -> Option<Review> {
        given(&RawValue::from_string(json.to_owned()).unwrap()).unwrap()
    }

    const GIVEN: &str = r#"{"id":6,"state":"COMMENT","body":"/timmy status","comments_count":1,
        "user":{"id":3,"login":"ezra"},"official":false,"dismissed":false,
        "submitted_at":"2026-11-22T21:50:05Z","updated_at":"2026-11-22T21:58:00Z",
        "html_url":"http://gitea.example/lab/pub/pulls/9#issuecomment-136",
        "pull_request_url":"http://gitea.example/lab/pub/pulls/9"}"#;

    #[test]
    fn a_review_is_a_comment_given_when_its_draft_was_submitted() {
        let review = read(GIVEN).unwrap();
        assert_eq!((review.text.subject, review.text.written.number), (Subject::Comment(136), 9));
        assert_eq!(review.given_at.to_string(), "2026-11-22T21:58:00Z");
        let dismissed = read(&GIVEN.replace(r#""dismissed":false"#, r#""dismissed":true"#));
        assert_eq!(dismissed.unwrap().given_at.to_string(), "2026-11-22T21:50:05Z");
    }

    #[test]
    fn a_comment_on_a_line_changed_after_its_review_is_an_edit() {
        let at = |minute: i64| Timestamp::from_micros(minute * 60_000_000);
        let history = |created: i64, updated: i64, submitted: Option<i64>| {
            let written = PostedText {
                created_at: at(created),
                updated_at: at(updated),
                ..read(GIVEN).unwrap().text.written
            };
            history_of(&written, submitted.map(at))
        };
        // Begun as a draft, changed as a draft, submitted.
        assert_eq!(history(1, 2, Some(3)), EditHistory::NoEditSeen);
        assert_eq!(history(1, 4, Some(3)), EditHistory::Edited);
        // A reply to an old review.
        assert_eq!(history(8, 8, Some(3)), EditHistory::NoEditSeen);
        assert_eq!(history(8, 9, Some(3)), EditHistory::Edited);
        // Dismissed: nobody knows any more when it was submitted.
        assert_eq!(history(1, 1, None), EditHistory::NoEditSeen);
        assert_eq!(history(1, 2, None), EditHistory::Edited);
    }

    #[test]
    fn drafts_and_requests_say_nothing() {
        assert_eq!(read(&GIVEN.replace("COMMENT", "PENDING")), None);
        assert_eq!(read(r#"{"id":7,"state":"REQUEST_REVIEW","html_url":""}"#), None);
    }
}
