//! Approving, merging and what is said of a commit, over real git; and what a forge's refusals mean.

use timmy::core::jobs::{Commit, MergeRecovery, MergeRefusal};
use timmy::core::model::commit_status::{CheckState, SaidOfCommit};
use timmy::core::model::verdict::Opinion;
use timmy::gitea::{Error, FileChange, Gitea, Merge, NewCommit, PullState};

use crate::evidence::{Scene, scene};
use crate::support::forge::DOOR;
use crate::wire::forge::{Canned, Forge};

fn squash(head: &Commit) -> Merge {
    Merge {
        head: head.clone(),
        style: "squash",
        title: Some("Oil the hinges (#41)".to_owned()),
        message: "Approved by walt in d7.".to_owned(),
        deletes_branch: true,
    }
}

async fn proposed(s: &Scene) -> (Commit, i64) {
    let head = s.commits(&s.ezra, "hinge.txt").await;
    (head, s.proposes(&s.ezra).await)
}

async fn commits_to_main(s: &Scene, who: &Gitea, file: &str, content: &str) {
    let new = NewCommit {
        branch: "main".to_owned(),
        new_branch: None,
        message: "Meanwhile".to_owned(),
        changes: vec![FileChange::Create {
            path: file.to_owned(),
            content: content.as_bytes().to_vec(),
        }],
    };
    who.commit_files(&s.repo, &new).await.unwrap();
}

#[tokio::test]
async fn exactly_the_commit_that_was_shown_is_merged() {
    let s = scene().await;
    let (shown, number) = proposed(&s).await;
    let head = s.commits(&s.ezra, "lock.txt").await;
    let refused = s.timmy.merge(&s.repo, number, &squash(&shown)).await.unwrap();
    assert_eq!(refused, Err(MergeRefusal::HeadMoved));
    assert_eq!(s.timmy.merge(&s.repo, number, &squash(&head)).await.unwrap(), Ok(()));
    let pull = s.timmy.pull(&s.repo, number).await.unwrap().unwrap();
    let PullState::Merged { commit: Some(commit), .. } = pull.state else { panic!("{pull:?}") };
    let file = s.sandbox.file(DOOR, &commit.to_string(), "lock.txt").unwrap();
    assert_eq!(file.as_deref(), Some("lock.txt"));
    let again = s.timmy.merge(&s.repo, number, &squash(&head)).await.unwrap();
    assert_eq!(again, Err(MergeRefusal::AlreadyMerged));
}

#[tokio::test]
async fn a_closed_one_and_one_that_conflicts_are_not_merged() {
    let s = scene().await;
    let (head, number) = proposed(&s).await;
    commits_to_main(&s, &s.timmy, "hinge.txt", "another\n").await;
    let pull = s.timmy.pull(&s.repo, number).await.unwrap().unwrap();
    assert!(!pull.is_mergeable);
    assert!(!s.timmy.update_pull(&s.repo, number).await.unwrap());
    let refused = s.timmy.merge(&s.repo, number, &squash(&head)).await.unwrap();
    assert_eq!(refused, Err(MergeRefusal::TryLater));
    s.ezra.close_pull(&s.repo, number).await.unwrap();
    let refused = s.timmy.merge(&s.repo, number, &squash(&head)).await.unwrap();
    assert_eq!(refused, Err(MergeRefusal::Closed));
}

#[tokio::test]
async fn one_that_is_behind_is_updated_by_timmys_own_commit() {
    let s = scene().await;
    let (head, number) = proposed(&s).await;
    commits_to_main(&s, &s.timmy, "door.txt", "a door\n").await;
    assert!(s.timmy.update_pull(&s.repo, number).await.unwrap());
    let pull = s.timmy.pull(&s.repo, number).await.unwrap().unwrap();
    assert_ne!(pull.head, head);
    let refused = s.timmy.merge(&s.repo, number, &squash(&head)).await.unwrap();
    assert_eq!(refused, Err(MergeRefusal::HeadMoved));
}

#[tokio::test]
async fn a_review_proves_who_said_what_of_which_commit() {
    let s = scene().await;
    let (head, number) = proposed(&s).await;
    let id = s.timmy.approve(&s.repo, number, &head, "All guards passed.").await.unwrap();
    let reviews = s.timmy.all_reviews(&s.repo, number).await.unwrap();
    let [review] = reviews.as_slice() else { panic!("{reviews:?}") };
    let verdict = &review.verdict;
    assert_eq!((verdict.review, verdict.opinion), (id, Opinion::Approved));
    assert_eq!((verdict.commit.as_str(), verdict.is_dismissed), (head.to_string().as_str(), false));
    let by = review.text.written.author.as_ref();
    assert_eq!(by.map(|by| by.login.as_str()), Some("timmy"));
    let own = s.ezra.approve(&s.repo, number, &head, "").await;
    assert!(matches!(own, Err(Error::Unprocessable { .. })), "{own:?}");
}

#[tokio::test]
async fn what_is_said_of_a_commit_takes_the_place_of_what_was_said_before() {
    let s = scene().await;
    let (head, _) = proposed(&s).await;
    let says = |state, description: &str| SaidOfCommit {
        context: "timmy/verify".to_owned(),
        state,
        description: description.to_owned(),
        target_url: "https://git.example.org/foundation/door/pulls/2".to_owned(),
    };
    s.timmy.say_of(&s.repo, &head, &says(CheckState::Pending, "looking")).await.unwrap();
    s.timmy.say_of(&s.repo, &head, &says(CheckState::Failure, "2 guards block")).await.unwrap();
    let newest = s.timmy.combined_status(&s.repo, &head.to_string()).await.unwrap();
    let [status] = newest.as_slice() else { panic!("{newest:?}") };
    assert_eq!(
        (status.state, status.description.as_str()),
        (CheckState::Failure, "2 guards block")
    );
}

#[tokio::test]
async fn each_refusal_says_what_has_to_happen_first() {
    use MergeRecovery::{ByAPerson, JudgedAnew, Over, Repaired, Soon, Updated};
    let wrapped = |reason: &str| format!("not allowed to merge [reason: {reason}]");
    let cases: [(u16, String, MergeRefusal, MergeRecovery); 18] = [
        (405, String::new(), MergeRefusal::AlreadyMerged, Over),
        (405, "The PR is already merged".into(), MergeRefusal::AlreadyMerged, Over),
        (404, "Not found.".into(), MergeRefusal::Closed, Over),
        (405, "Please try again later".into(), MergeRefusal::TryLater, Soon),
        (409, "merge push out of date".into(), MergeRefusal::BaseMoved, Soon),
        (409, "head out of date".into(), MergeRefusal::HeadMoved, JudgedAnew),
        (
            405,
            wrapped("Not all required status checks successful"),
            MergeRefusal::ChecksMissing,
            JudgedAnew,
        ),
        (405, wrapped("The head branch is behind the base branch"), MergeRefusal::Behind, Updated),
        (409, String::new(), MergeRefusal::Conflict, Repaired),
        (405, "User not allowed to merge PR".into(), MergeRefusal::MayNotMerge, ByAPerson),
        (405, "Work in progress PRs cannot be merged".into(), MergeRefusal::Draft, ByAPerson),
        (405, "Does not have enough approvals".into(), MergeRefusal::TooFewApprovals, ByAPerson),
        (405, "There are requested changes".into(), MergeRefusal::ReviewBlocks, JudgedAnew),
        (
            405,
            wrapped("There are official review requests"),
            MergeRefusal::ReviewAwaited,
            ByAPerson,
        ),
        (405, "Changed protected files".into(), MergeRefusal::ProtectedFiles, ByAPerson),
        (
            405,
            "rebase is not allowed an allowed merge style for this repository".into(),
            MergeRefusal::StyleNotAllowed,
            ByAPerson,
        ),
        (405, "wont sign: nokey".into(), MergeRefusal::NotSigned, ByAPerson),
        (
            409,
            "PushRejected with remote message: no".into(),
            MergeRefusal::Rejected("PushRejected with remote message: no".into()),
            ByAPerson,
        ),
    ];
    let (repo, head) = ("lab/pub".parse().unwrap(), "a".repeat(40).parse().unwrap());
    for (status, message, refusal, recovery) in cases {
        let body = serde_json::json!({ "message": message, "url": "x" }).to_string();
        let forge = Forge::answering([Canned::new(status, body)]).await;
        let answered = forge.client().merge(&repo, 2, &squash(&head)).await.unwrap();
        assert_eq!(answered, Err(refusal.clone()), "{status} {message}");
        assert_eq!(refusal.recovery(), recovery, "{message}");
        let asked = forge.asked().remove(0);
        assert!(asked.body.contains(r#""head_commit_id":"aaaa"#), "{}", asked.body);
    }
}
