//! Which Gitea the sandbox is, and every difference between them, each a question with a name.
//!
//! Nothing else in the sandbox compares versions. Each answer was seen on a real server: the
//! recordings of both are replayed by `tests/it/recorded`, which has what differs in a file of its
//! own. Where a release between the two is known to have brought the change, it is named.

use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Version {
    V1_22,
    #[default]
    V1_25,
}

impl Version {
    /// Every release that the sandbox can be, the oldest first.
    pub const ALL: [Self; 2] = [Self::V1_22, Self::V1_25];

    /// As `/api/v1/version` says it: `1.25.4`.
    pub fn number(self) -> &'static str {
        match self {
            Self::V1_22 => "1.22.6",
            Self::V1_25 => "1.25.4",
        }
    }

    fn is_newer(self) -> bool {
        self > Self::V1_22
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.number())
    }
}

/// Differences in behaviour.
impl Version {
    /// How a former name of a repository leads to the present one. Many clients make a `GET` of
    /// a `POST` at 301, none at 307.
    pub(super) fn redirect(self) -> (u16, &'static str) {
        if self.is_newer() { (301, "Moved Permanently") } else { (307, "Temporary Redirect") }
    }

    /// Whether threads can be locked by API (since 1.24), not only on their page.
    pub(super) fn has_lock_calls(self) -> bool {
        self.is_newer()
    }

    /// Whether `/permission` answers somebody who is no administrator about themselves (since
    /// 1.24); before it never recognised anybody as the one who is asked about.
    pub(super) fn tells_people_of_their_own_rights(self) -> bool {
        self.is_newer()
    }

    /// Whether a team with rights on units has a right as a whole, the least of them, which
    /// `/permission` then counts (until 1.23).
    pub(super) fn gives_teams_their_least_right(self) -> bool {
        !self.is_newer()
    }

    /// Whether a thread moves when one of its comments is deleted.
    pub(super) fn moves_a_thread_when_a_comment_is_deleted(self) -> bool {
        !self.is_newer()
    }

    /// Whether an edit that changes nothing is told by webhook and moves the comment. If not,
    /// its answer has no author (since 1.25).
    pub(super) fn takes_any_edit_for_a_change(self) -> bool {
        !self.is_newer()
    }
}

/// Differences in webhook payloads.
impl Version {
    /// Whether a header tells where the hook is installed (since 1.24).
    pub(super) fn says_where_a_hook_is_installed(self) -> bool {
        self.is_newer()
    }

    /// Whether an edit of a comment is told although its review is not submitted (until 1.24.2).
    pub(super) fn tells_of_drafts(self) -> bool {
        !self.is_newer()
    }

    /// Whether a comment on a pull request comes with the pull request (since 1.23).
    pub(super) fn sends_the_pull_with_its_comments(self) -> bool {
        self.is_newer()
    }

    /// Whether a pull request is shown as the one sees it who did something to it; if not, as a
    /// visitor without an account does.
    pub(super) fn shows_pulls_to_their_doers(self) -> bool {
        self.is_newer()
    }

    /// Whether a review names its reviewer apart from the sender.
    pub(super) fn names_the_reviewer(self) -> bool {
        self.is_newer()
    }

    /// Whether an edit has room for labels, which it leaves empty.
    pub(super) fn lists_labels_among_changes(self) -> bool {
        self.is_newer()
    }
}

/// Differences in JSON forms.
impl Version {
    /// What a hook that asks for reviews says that it asks for.
    pub(super) fn events_of_reviews(self) -> &'static [&'static str] {
        if self.is_newer() {
            &["pull_request_review"]
        } else {
            &[
                "pull_request_review_approved",
                "pull_request_review_rejected",
                "pull_request_review_comment",
            ]
        }
    }

    /// Whether issues have an estimate of time (since 1.23).
    pub(super) fn estimates_issues(self) -> bool {
        self.is_newer()
    }

    /// Whether a repository has topics, licenses and a word on its code; before, it has `null`
    /// as its parent and its transfer.
    pub(super) fn describes_repos_in_full(self) -> bool {
        self.is_newer()
    }

    /// Whether an empty list of a pull request is a list, a review by teams is foreseen and a
    /// count of no review comments is left out; before, such lists are `null` and the count is 0.
    pub(super) fn lists_nobody_as_empty(self) -> bool {
        self.is_newer()
    }

    /// Whether the settings tell how long an answer may be.
    pub(super) fn bounds_answers(self) -> bool {
        self.is_newer()
    }
}

/// Differences in the texts of refusals.
impl Version {
    pub(super) fn not_found(self) -> &'static str {
        if self.is_newer() { "not found" } else { "The target couldn't be found." }
    }

    /// 401 to a token that nobody has.
    pub(super) fn bad_token(self) -> &'static str {
        if self.is_newer() {
            "invalid username, password or token"
        } else {
            "user does not exist [uid: 0, name: ]"
        }
    }

    /// 403 to a token with the scopes `held` that would need `required`.
    pub(super) fn missing_scope(self, required: &str, held: &str) -> String {
        let lacks = "token does not have at least one of required scope(s)";
        if self.is_newer() {
            format!("{lacks}, required=[{required}], token scope={held}")
        } else {
            format!("{lacks}: [{required}]")
        }
    }

    /// 412 to closing what waits for something open.
    pub(super) fn open_dependencies(self) -> &'static str {
        if self.is_newer() {
            "cannot close this issue or pull request because it still has open dependencies"
        } else {
            "cannot close this issue because it still has open dependencies"
        }
    }

    /// 423 to writing to an archived repository.
    pub(super) fn archived(self, id: i64, name: &str) -> String {
        if self.is_newer() {
            format!("{name} is archived")
        } else {
            format!("<Repository {id}:{name}> is archived")
        }
    }
}
