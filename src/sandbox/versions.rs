//! Which Gitea the sandbox is, and every difference between them, each a question with a name.
//!
//! Nothing else in the sandbox compares versions. Each answer was seen on a real server: the
//! recordings of all are replayed by `tests/it/recorded`, which has what differs in a file of its
//! own. Where a release between two of them is known to have brought the change, it is named.

use std::fmt;

use super::world::refusal::Refusal;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Version {
    V1_22,
    #[default]
    V1_25,
    V1_27,
}

impl Version {
    /// Every release that the sandbox can be, the oldest first.
    pub const ALL: [Self; 3] = [Self::V1_22, Self::V1_25, Self::V1_27];

    /// As `/api/v1/version` says it: `1.25.4`.
    pub fn number(self) -> &'static str {
        match self {
            Self::V1_22 => "1.22.6",
            Self::V1_25 => "1.25.4",
            Self::V1_27 => "1.27.0",
        }
    }

    fn is_newer(self) -> bool {
        self > Self::V1_22
    }

    fn is_newest(self) -> bool {
        self >= Self::V1_27
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

    /// Whether a list without `page` is its first page (since 1.26), not the whole.
    pub(super) fn pages_without_being_asked(self) -> bool {
        self.is_newest()
    }

    /// Whether the list of what an issue waits for tells how long it is (since 1.26).
    pub(super) fn counts_dependencies(self) -> bool {
        self.is_newest()
    }

    /// The status of a reaction that is taken back (204 since 1.26).
    pub(super) fn reaction_taken_back(self) -> u16 {
        if self.is_newest() { 204 } else { 200 }
    }

    /// Whether the authorization header of a webhook is never shown, as its secret. An edit
    /// without it takes it away all the same.
    pub(super) fn hides_authorization_headers(self) -> bool {
        self.is_newest()
    }

    /// Whether a team is shown to its members and to the organisation's owners only, unless it is
    /// set to be seen by more.
    pub(super) fn keeps_teams_private(self) -> bool {
        self.is_newest()
    }

    /// Whether it has the calls that came with 1.27: assignees one by one, replies to comments on
    /// lines, what a token is good for.
    pub(super) fn has_calls_of_1_27(self) -> bool {
        self.is_newest()
    }

    /// Whether a list of assignees is looked at before any of it is done.
    pub(super) fn assigns_all_or_none(self) -> bool {
        self.is_newest()
    }

    /// Whether a branch can be renamed by API (since 1.23).
    pub(super) fn renames_branches(self) -> bool {
        self.is_newer()
    }

    /// Whether runs of workflows, their jobs and the logs of these are told by API (since 1.25; logs
    /// since 1.24).
    pub(super) fn tells_of_workflow_jobs(self) -> bool {
        self.is_newer()
    }

    /// Whether all who may read a repository may list its runs (since 1.26), or its owner alone;
    /// and whether pages of runs and jobs have their numbers in their addresses, or their places.
    pub(super) fn lists_runs_to_readers(self) -> bool {
        self.is_newest()
    }

    /// Whether `merge_title_field` is read (since 1.26), or `MergeTitleField` alone.
    pub(super) fn knows_newer_names_of_merge_texts(self) -> bool {
        self.is_newest()
    }

    /// Whether a writer may call off a merge that somebody else scheduled.
    pub(super) fn lets_writers_cancel_scheduled_merges(self) -> bool {
        self.is_newer()
    }

    /// Whether a timeline tells after a force push only of the commits that are left.
    pub(super) fn forgets_commits_that_were_forced_away(self) -> bool {
        self.is_newest()
    }

    /// Whether an issue that is opened with assignees is told of before they are.
    pub(super) fn tells_of_the_issue_before_its_assignees(self) -> bool {
        self.is_newest()
    }
}

/// Differences in webhook payloads.
impl Version {
    /// Whether a header tells where the hook is installed (since 1.24).
    pub(super) fn says_where_a_hook_is_installed(self) -> bool {
        self.is_newer()
    }

    /// Whether hooks can ask for statuses (since 1.23).
    pub(super) fn tells_of_statuses(self) -> bool {
        self.is_newer()
    }

    /// Whether a pull request that has other commits names the former head and the new one.
    pub(super) fn names_the_heads_of_a_push(self) -> bool {
        self.is_newest()
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

    /// Whether the commit of a merge, which names its pull request, is no reference to that
    /// (since 1.26).
    pub(super) fn refers_no_merge_to_itself(self) -> bool {
        self.is_newest()
    }

    /// Where a pull request of a branch is opened, below its repository.
    pub(super) fn page_of_a_new_pull(self, base: &str, head: &str) -> String {
        match self.is_newer() {
            true => format!("pulls/new/{head}"),
            false => format!("compare/{base}...{head}"),
        }
    }

    /// Whether a template for issues tells who is assigned.
    pub(super) fn assigns_by_templates(self) -> bool {
        self.is_newer()
    }

    /// Whether an empty list of a pull request is a list, and a review by teams is foreseen;
    /// before, such lists are `null`.
    pub(super) fn lists_nobody_as_empty(self) -> bool {
        self.is_newer()
    }

    /// Whether a count of no review comments is left out.
    pub(super) fn leaves_out_no_review_comments(self) -> bool {
        self.is_newer()
    }

    /// Whether a list shows pull requests as they are shown one by one: their size, too.
    pub(super) fn lists_pulls_in_full(self) -> bool {
        !self.is_newer()
    }

    /// Whether what can be edited has the number of its version (since 1.26), and issues the
    /// projects that they are in.
    pub(super) fn numbers_versions(self) -> bool {
        self.is_newest()
    }

    /// Whether a file tells when it was last changed.
    pub(super) fn dates_contents(self) -> bool {
        self.is_newer()
    }

    /// Whether the rule of a branch has an order and a word on force pushes.
    pub(super) fn guards_forced_pushes(self) -> bool {
        self.is_newer()
    }

    /// Whether every page of a long tree calls itself truncated, even the last.
    pub(super) fn truncates_every_page_of_a_tree(self) -> bool {
        !self.is_newer()
    }

    /// What all checks of a commit come to if there are none (since 1.26 a word).
    pub(super) fn no_checks_come_to(self) -> &'static str {
        if self.is_newest() { "pending" } else { "" }
    }

    /// Whether what all checks come to tells its own address.
    pub(super) fn says_where_combined_statuses_are(self) -> bool {
        self.is_newer()
    }

    /// Whether the list of what all checks come to has links to its other pages.
    pub(super) fn links_combined_statuses(self) -> bool {
        self.is_newest()
    }

    /// Whether webhooks have names (since 1.26).
    pub(super) fn names_hooks(self) -> bool {
        self.is_newest()
    }

    /// Whether a repository counts its branches and says how it updates pull requests.
    pub(super) fn tells_how_pulls_are_updated(self) -> bool {
        self.is_newest()
    }

    /// Whether maintainers may push to the branch of a pull request unless its author says no, and
    /// whether that can be said when it is opened (both since 1.26).
    pub(super) fn lets_maintainers_edit(self) -> bool {
        self.is_newest()
    }

    /// Whether the address that stands for a hidden one begins with the number of the account.
    pub(super) fn numbers_hidden_addresses(self) -> bool {
        self.is_newest()
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

    /// Whether 404 tells which branch is missing.
    pub(super) fn names_missing_branches(self) -> bool {
        !self.is_newer()
    }

    /// What becomes of deleting a branch that is not there.
    pub(super) fn deletion_of_no_branch(self) -> Result<(), Refusal> {
        match self {
            Self::V1_22 => Err(Refusal::Internal),
            Self::V1_25 => Ok(()),
            Self::V1_27 => Err(Refusal::HIDDEN),
        }
    }

    /// The refusal to delete a file that is not there.
    pub(super) fn deletion_of_no_file(self, path: &str) -> Refusal {
        match self.is_newer() {
            true => {
                let text = format!("repository file does not exist [path: {path}]");
                Refusal::NotFound(Some(text))
            }
            false => Refusal::Internal,
        }
    }

    /// 404 to a pull request from a branch, or to one, that is not there.
    pub(super) fn no_branch_to_pull(self, branch: &str) -> Refusal {
        Refusal::NotFound(self.is_newest().then(|| format!("ref \"{branch}\" does not exist")))
    }

    /// 405 to a merge that must wait.
    pub(super) fn merge_must_wait(self, reason: &str) -> String {
        match self.is_newer() {
            true => reason.to_owned(),
            false => format!("not allowed to merge [reason: {reason}]"),
        }
    }

    /// 405 to a merge of what is merged.
    pub(super) fn already_merged(self) -> &'static str {
        if self.is_newer() { "The PR is already merged" } else { "" }
    }

    /// What a push is told that is declined.
    pub(super) fn push_declined(self, text: &str) -> String {
        match self.is_newer() {
            true => format!("\nerror:\nerror: {text}\nerror:"),
            false => format!("\nGitea: {text}"),
        }
    }

    /// What a squashed commit says behind its title of the one who wrote it.
    pub(super) fn co_authors(self, name: &str, email: &str) -> String {
        let author = format!("Co-authored-by: {name} <{email}>\n");
        match self {
            Self::V1_27 => format!("\n\n{author}"),
            Self::V1_25 => format!("\n\n{author}Co-committed-by: {name} <{email}>\n"),
            Self::V1_22 => format!("\n{author}Co-committed-by: {name} <{email}>\n"),
        }
    }

    /// Whether 404 tells in its `errors` what is missing, apart from its message.
    pub(super) fn has_errors_apart(self) -> bool {
        !self.is_newest()
    }

    /// The status and the message for a label that is not there.
    pub(super) fn unknown_label(self, id: i64, org: i64) -> Refusal {
        if self.is_newest() {
            let text = format!("label does not exist [label_id: {id}, org_id: {org}]");
            Refusal::NotFound(Some(text))
        } else {
            Refusal::Unprocessable("label does not exist [label_id: 0]".to_owned())
        }
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
        if self.is_newest() {
            "repo is archived".to_owned()
        } else if self.is_newer() {
            format!("{name} is archived")
        } else {
            format!("<Repository {id}:{name}> is archived")
        }
    }
}
