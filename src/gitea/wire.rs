//! Gitea's own types, as far as timmy needs them, and what they mean in its words.
//!
//! Lenient by rule: unknown fields are skipped, and every field may be missing, `null` or empty,
//! because one version or another was seen to send it so. What cannot be missing is asked for
//! when a value of [`crate::core`] is made of it, and named in [`MissingField`].

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

use crate::core::model::account::Account;
use crate::core::model::due_day::DueDay;
use crate::core::model::ids::{RepoId, RepoName};
use crate::core::model::issue::{Comment, Issue, Label};
use crate::core::model::repository::{Permissions, Repo};
use crate::core::model::text::{EditHistory, PostedText};
use crate::core::model::time::Timestamp;
use crate::core::scheduling::Milestone;

/// A field without which nothing can be made of a payload or an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is missing or not usable")]
pub(super) struct MissingField(pub(super) &'static str);

/// How much of what came from outside an error repeats, in characters.
const LONGEST_QUOTE: usize = 300;

/// `text` on one line, without control characters, cut to what an error may repeat.
pub(super) fn clip(text: &str) -> String {
    let line = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c });
    line.take(LONGEST_QUOTE).collect()
}

/// `null` as the default: what a missing field gives with `#[serde(default)]`.
pub(super) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// A time that may be `null`, empty or nonsense, and the day with which it is written.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct WireTime(Option<Timestamp>, Option<DueDay>);

impl WireTime {
    /// This time, else `other`, else the complaint that `field` is missing.
    pub(super) fn or(self, other: Self, field: &'static str) -> Result<Timestamp, MissingField> {
        self.0.or(other.0).ok_or(MissingField(field))
    }

    /// This time, unless it is one of the forge's ways to say that there is none.
    pub(super) fn given(self) -> Option<Timestamp> {
        self.0.filter(|moment| moment.micros() > 0)
    }

    /// The day as the server wrote it, if it is given.
    fn day(self) -> Option<DueDay> {
        self.given().and(self.1)
    }
}

impl<'de> Deserialize<'de> for WireTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TimeVisitor;
        impl Visitor<'_> for TimeVisitor {
            type Value = WireTime;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time or null")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<WireTime, E> {
                Ok(WireTime(Timestamp::parse(text), DueDay::written_in(text)))
            }

            fn visit_unit<E: de::Error>(self) -> Result<WireTime, E> {
                Ok(WireTime::default())
            }
        }
        deserializer.deserialize_any(TimeVisitor)
    }
}

/// An account; `null` for a deleted one, and after an edit that changed nothing (1.25).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireUser {
    #[serde(deserialize_with = "or_default")]
    id: i64,
    #[serde(deserialize_with = "or_default")]
    login: String,
}

impl WireUser {
    pub(super) fn account(self) -> Option<Account> {
        (!self.login.is_empty()).then_some(Account { id: self.id, login: self.login })
    }

    /// The same, of one that is still there: a deleted one has another's name and number.
    pub(super) fn present(self) -> Option<Account> {
        const GHOST: i64 = -1;
        self.account().filter(|account| account.id != GHOST)
    }
}

/// Who wrote a text. Of a migrated one nobody here: Gitea names the one who migrated it.
fn author(user: Option<WireUser>, migrated: bool) -> Option<Account> {
    user.filter(|_| !migrated).and_then(WireUser::account)
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireRepository {
    #[serde(deserialize_with = "or_default")]
    id: i64,
    #[serde(deserialize_with = "or_default")]
    full_name: String,
    owner: Option<WireOwner>,
    private: Option<bool>,
    internal: Option<bool>,
    empty: Option<bool>,
    pub(super) archived: Option<bool>,
    pub(super) default_branch: Option<String>,
    permissions: Option<WirePermissions>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct WireOwner {
    visibility: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct WirePermissions {
    #[serde(deserialize_with = "or_default")]
    admin: bool,
    #[serde(deserialize_with = "or_default")]
    push: bool,
    #[serde(deserialize_with = "or_default")]
    pull: bool,
}

impl WireRepository {
    /// What the one that the payload or answer is about may do with the code.
    pub(super) fn permissions(&self) -> Option<Permissions> {
        let WirePermissions { admin, push, pull } = *self.permissions.as_ref()?;
        Some(Permissions { admin, push, pull })
    }

    /// Whether there is no commit in it.
    pub(super) fn is_empty(&self) -> bool {
        self.empty == Some(true)
    }

    /// Whether everybody may read it: not if its owner is hidden from anybody.
    fn is_public(&self) -> bool {
        let owner = self.owner.as_ref().and_then(|owner| owner.visibility.as_deref());
        self.private == Some(false)
            && self.internal != Some(true)
            && matches!(owner, None | Some("" | "public"))
    }
}

impl TryFrom<WireRepository> for Repo {
    type Error = MissingField;

    fn try_from(repository: WireRepository) -> Result<Self, MissingField> {
        if repository.id <= 0 {
            return Err(MissingField("repository.id"));
        }
        let name: RepoName =
            repository.full_name.parse().map_err(|_| MissingField("repository.full_name"))?;
        Ok(Self { id: RepoId(repository.id), name, private: !repository.is_public() })
    }
}

/// What an issue tells of the pull request that it is.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct WirePullMeta {
    draft: Option<bool>,
}

/// An issue; a pull request too, seen as an issue.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireIssue {
    #[serde(deserialize_with = "or_default")]
    pub(super) id: i64,
    #[serde(deserialize_with = "or_default")]
    pub(super) number: i64,
    #[serde(deserialize_with = "or_default")]
    title: String,
    #[serde(deserialize_with = "or_default")]
    body: String,
    user: Option<WireUser>,
    #[serde(deserialize_with = "or_default")]
    original_author: String,
    #[serde(deserialize_with = "or_default")]
    state: String,
    #[serde(deserialize_with = "or_default")]
    is_locked: bool,
    pub(super) pull_request: Option<WirePullMeta>,
    #[serde(deserialize_with = "or_default")]
    labels: Vec<WireLabel>,
    #[serde(deserialize_with = "or_default")]
    assignees: Vec<WireUser>,
    milestone: Option<WireMilestone>,
    due_date: WireTime,
    #[serde(deserialize_with = "or_default")]
    pin_order: i64,
    content_version: Option<i64>,
    /// Where it is told as a pull request.
    draft: Option<bool>,
    created_at: WireTime,
    updated_at: WireTime,
}

impl WireIssue {
    pub(super) fn is_migrated(&self) -> bool {
        !self.original_author.is_empty()
    }

    /// Whether its author calls it unfinished; older servers say so by its title alone.
    pub(super) fn is_draft(&self, is_pull: bool) -> bool {
        let told = self.draft.or_else(|| self.pull_request.as_ref()?.draft);
        let says_so = |mark: &&str| {
            self.title.get(..mark.len()).is_some_and(|head| head.eq_ignore_ascii_case(mark))
        };
        is_pull && told.unwrap_or_else(|| ["WIP:", "[WIP]"].iter().any(says_so))
    }

    /// What is known of edits of its body. Its times move with everything; 1.26 and later count
    /// the edits.
    pub(super) fn history(&self) -> EditHistory {
        match self.content_version {
            Some(0) => EditHistory::NeverEdited,
            Some(_) => EditHistory::Edited,
            None if self.created_at.0.is_some() && self.created_at.0 == self.updated_at.0 => {
                EditHistory::NoEditSeen
            }
            None => EditHistory::Unknown,
        }
    }

    /// Its body. Only the caller knows what kind of thing it asked for.
    pub(super) fn written(self, is_pull: bool) -> Result<PostedText, MissingField> {
        let migrated = self.is_migrated();
        Ok(PostedText {
            number: positive(self.number, "number")?,
            is_pull,
            author: author(self.user, migrated),
            migrated,
            body: self.body,
            created_at: self.created_at.or(self.updated_at, "created_at")?,
            updated_at: self.updated_at.or(self.created_at, "updated_at")?,
        })
    }
}

impl TryFrom<WireIssue> for Issue {
    type Error = MissingField;

    fn try_from(issue: WireIssue) -> Result<Self, MissingField> {
        let migrated = issue.is_migrated();
        let is_draft = issue.is_draft(issue.pull_request.is_some());
        Ok(Self {
            id: positive(issue.id, "id")?,
            number: positive(issue.number, "number")?,
            body: issue.body,
            author: author(issue.user, migrated),
            open: issue.state == "open",
            locked: issue.is_locked,
            is_draft,
            is_pull: issue.pull_request.is_some(),
            title: issue.title,
            labels: issue.labels.into_iter().filter_map(|label| label.try_into().ok()).collect(),
            assignees: issue.assignees.into_iter().filter_map(WireUser::account).collect(),
            milestone: issue.milestone.map(Milestone::from),
            due_at: issue.due_date.day(),
            pinned: issue.pin_order > 0,
            created_at: issue.created_at.or(issue.updated_at, "created_at")?,
            updated_at: issue.updated_at.or(issue.created_at, "updated_at")?,
        })
    }
}

/// A comment, as the lists and the payloads give it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireComment {
    #[serde(deserialize_with = "or_default")]
    pub(super) id: i64,
    user: Option<WireUser>,
    #[serde(deserialize_with = "or_default")]
    original_author: String,
    #[serde(deserialize_with = "or_default")]
    body: String,
    created_at: WireTime,
    updated_at: WireTime,
}

impl WireComment {
    fn is_migrated(&self) -> bool {
        !self.original_author.is_empty()
    }

    /// What it says in the thread `number`.
    pub(super) fn written(self, number: i64, is_pull: bool) -> Result<PostedText, MissingField> {
        let migrated = self.is_migrated();
        Ok(PostedText {
            number,
            is_pull,
            author: author(self.user, migrated),
            migrated,
            body: self.body,
            created_at: self.created_at.or(self.updated_at, "comment.created_at")?,
            updated_at: self.updated_at.or(self.created_at, "comment.updated_at")?,
        })
    }
}

impl TryFrom<WireComment> for Comment {
    type Error = MissingField;

    fn try_from(comment: WireComment) -> Result<Self, MissingField> {
        let migrated = comment.is_migrated();
        Ok(Self {
            id: positive(comment.id, "id")?,
            author: author(comment.user, migrated),
            body: comment.body,
            created_at: comment.created_at.or(comment.updated_at, "created_at")?,
            updated_at: comment.updated_at.or(comment.created_at, "updated_at")?,
        })
    }
}

/// A label; 1.15 has no `exclusive`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireLabel {
    #[serde(deserialize_with = "or_default")]
    id: i64,
    #[serde(deserialize_with = "or_default")]
    name: String,
    #[serde(deserialize_with = "or_default")]
    exclusive: bool,
}

impl TryFrom<WireLabel> for Label {
    type Error = MissingField;

    fn try_from(label: WireLabel) -> Result<Self, MissingField> {
        let id = positive(label.id, "label.id")?;
        Ok(Self { id, name: label.name, exclusive: label.exclusive })
    }
}

/// A milestone, as it stands in an issue.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct WireMilestone {
    #[serde(deserialize_with = "or_default")]
    title: String,
    due_on: WireTime,
}

impl From<WireMilestone> for Milestone {
    fn from(milestone: WireMilestone) -> Self {
        Self { title: milestone.title, due_at: milestone.due_on.day() }
    }
}

/// `number` if it can be an id, else the complaint that `field` is missing.
pub(super) fn positive(number: i64, field: &'static str) -> Result<i64, MissingField> {
    if number > 0 { Ok(number) } else { Err(MissingField(field)) }
}

#[cfg(test)]
mod tests {
    use crate::gitea::wire::*;

    fn repo(json: &str) -> Result<Repo, MissingField> {
        serde_json::from_str::<WireRepository>(json).unwrap().try_into()
    }

    #[test]
    fn a_repository_is_public_only_if_everything_says_so() {
        let private =
            |more: &str| repo(&format!(r#"{{"id":1,"full_name":"o/r"{more}}}"#)).unwrap().private;
        assert!(!private(r#","private":false"#));
        assert!(!private(r#","private":false,"internal":false,"owner":{"visibility":"public"}"#));
        assert!(private(""));
        assert!(private(r#","private":null"#));
        assert!(private(r#","private":true"#));
        assert!(private(r#","private":false,"internal":true"#));
        assert!(private(r#","private":false,"owner":{"visibility":"limited"}"#));
    }

    #[test]
    fn a_repository_without_id_or_name_is_none() {
        assert_eq!(repo(r#"{"full_name":"o/r"}"#), Err(MissingField("repository.id")));
        assert_eq!(
            repo(r#"{"id":1,"full_name":"../r"}"#),
            Err(MissingField("repository.full_name"))
        );
    }

    #[test]
    fn what_may_be_null_or_empty_is_borne() {
        let json = r#"{"id":7,"number":2,"title":null,"body":null,"user":null,"labels":null,
            "assignees":null,"pull_request":null,"created_at":"","updated_at":"2026-11-22T21:33:40Z"}"#;
        let item: Issue = serde_json::from_str::<WireIssue>(json).unwrap().try_into().unwrap();
        assert_eq!((item.id, item.number, item.author, item.is_pull), (7, 2, None, false));
        assert_eq!(item.created_at, item.updated_at);
    }

    #[test]
    fn a_due_date_is_the_day_that_the_server_wrote() {
        for zone in ["Z", "+09:00", "-05:00"] {
            let json = format!(
                r#"{{"id":7,"number":2,"created_at":"2026-11-22T21:33:40Z",
                "due_date":"2026-12-01T23:59:59{zone}","milestone":{{"due_on":"2026-12-24T00:00:00{zone}"}}}}"#
            );
            let item: Issue = serde_json::from_str::<WireIssue>(&json).unwrap().try_into().unwrap();
            let day = |day: Option<DueDay>| day.unwrap().date().to_string();
            assert_eq!(day(item.due_at), "2026-12-01", "{zone}");
            assert_eq!(day(item.milestone.unwrap().due_at), "2026-12-24", "{zone}");
        }
    }

    #[test]
    fn a_migrated_text_has_no_author_here() {
        let json = r#"{"id":7,"user":{"id":1,"login":"alexander"},"original_author":"octocat",
            "created_at":"2026-11-22T21:33:40Z"}"#;
        let comment: Comment =
            serde_json::from_str::<WireComment>(json).unwrap().try_into().unwrap();
        assert_eq!(comment.author, None);
    }
}
