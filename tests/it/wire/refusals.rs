//! What the forge says no to, in its own words: the error, its fate, and whether it heals.

use timmy::core::model::ids::RepoName;
use timmy::gitea::{Error, Recovery, WriteOutcome};

use crate::wire::forge::{Canned, Forge};
use crate::wire::recorded::{self, Recorded};

fn lab() -> RepoName {
    "lab/pub".parse().unwrap()
}

/// What posting a comment gives, if the forge answers as it was recorded; none where not.
async fn posting(recorded: &Recorded, name: &str) -> Option<Error> {
    if !recorded.has(name) {
        return None;
    }
    let forge = recorded.forge(name).await;
    let error = forge.client().post_comment(&lab(), 1, "x").await.unwrap_err();
    assert_eq!(forge.asked().len(), 1, "a write is never repeated");
    Some(error)
}

#[tokio::test]
async fn refusals_are_final() {
    for recorded in recorded::all() {
        for (name, expected) in [
            ("comment-edit-someone-elses-by-stranger", "the forge forbids it"),
            ("comment-empty-body", "Required"),
            ("comment-on-repo-bot-cannot-see", "not found, or not visible"),
            ("comment-get-missing", "not found, or not visible"),
            ("edge-comment-on-archived", "the repository is archived: unarchive it first"),
            ("label-remove-unknown-id", "label does not exist"),
        ] {
            let version = &recorded.version;
            let expected = match (name, version.as_str()) {
                ("label-remove-unknown-id", "1.27.0") => "not found, or not visible",
                _ => expected,
            };
            if let Some(error) = posting(&recorded, name).await {
                assert!(error.to_string().contains(expected), "{version} {name}: {error}");
                assert_eq!(error.fate(), WriteOutcome::NotDone, "{version} {name}");
                assert_eq!(error.heals(), Recovery::Never, "{version} {name}");
            }
        }
    }
}

#[tokio::test]
async fn a_missing_scope_waits_for_a_better_token() {
    for recorded in recorded::all() {
        if let Some(error) = posting(&recorded, "edge-scope-missing-write-issue").await {
            let version = &recorded.version;
            let expected = "the token lacks the scope `write:issue`";
            assert!(error.to_string().contains(expected), "{version}: {error}");
            assert_eq!(
                (error.fate(), error.heals()),
                (WriteOutcome::NotDone, Recovery::Later(None))
            );
        }
    }
}

#[tokio::test]
async fn a_locked_thread_is_told_from_other_refusals() {
    let [.., latest] = recorded::all();
    let error = posting(&latest, "comment-on-locked-by-stranger").await;
    assert_eq!(error, Some(Error::Locked));
}

#[tokio::test]
async fn a_bad_token_heals_because_it_says_nothing_about_the_request() {
    for recorded in recorded::all() {
        let error = posting(&recorded, "bad-token").await.unwrap();
        assert!(matches!(error, Error::BadToken { .. }), "{error}");
        assert_eq!((error.fate(), error.heals()), (WriteOutcome::NotDone, Recovery::Later(None)));
    }
}

#[tokio::test]
async fn a_500_may_have_been_done_but_is_over() {
    for recorded in recorded::all() {
        for name in ["comment-on-missing-issue", "issue-assign-unknown-user"] {
            let error = posting(&recorded, name).await.unwrap();
            assert_eq!(error, Error::Server { message: String::new() });
            assert_eq!((error.fate(), error.heals()), (WriteOutcome::Ended, Recovery::Later(None)));
        }
    }
}

#[tokio::test]
async fn only_201_means_that_a_comment_was_posted() {
    for (status, body) in [(200, "[]"), (202, "{}"), (204, "")] {
        let forge = Forge::answering([Canned::new(status, body)]).await;
        let error = forge.client().post_comment(&lab(), 1, "x").await.unwrap_err();
        assert_eq!(error, Error::Unexpected { status, expected: 201 });
        assert_eq!(error.fate(), WriteOutcome::Ended);
    }
}

#[tokio::test]
async fn a_name_that_would_change_the_path_is_not_asked_for() {
    let forge = Forge::answering([Canned::new(204, "")]).await;
    let client = forge.client();
    for login in ["..", ".", ""] {
        let error = client.is_collaborator(&lab(), login).await.unwrap_err();
        assert_eq!(error, Error::NotAName(login.to_owned()));
        assert!(client.is_org_member(login, "ezra").await.is_err());
    }
    assert_eq!(forge.asked(), []);
}
