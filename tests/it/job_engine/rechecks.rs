//! What was brought is examined once more, or one guard is lifted of it, by a person's word.

use insta::assert_snapshot;
use timmy::agents::Sighting;
use timmy::core::jobs::money::Usage;
use timmy::core::jobs::{Done, JobEvent, JobId, State, StateKind};

use super::decisions::{BRANCH, questions, said, says};
use super::guards::{found, hands_in, proposed, reports, trusts_ci, verdict, with_ci};
use super::stage::{Stage, live};
use crate::confinement::stage::{open_folder, staged};
use crate::support::clock::{MINUTE, SECOND};
use crate::support::config::Config;
use crate::support::forge::DOOR;

#[tokio::test]
async fn one_guard_is_lifted_of_one_commit() {
    let stage = live(|_| {}, |config| config).await;
    let (job, large) = proposed(&stage, ("oil.md", &"oil\n".repeat(900))).await;
    hands_in(&stage, &large).await;
    assert_eq!(stage.kind(job).await, StateKind::Deciding);
    assert_eq!(found(&stage, job).await, ["too_many_lines"]);
    says(&stage, "/timmy override size generated").await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Verified));
    assert_eq!(found(&stage, job).await, Vec::<String>::new());
    assert_eq!(verdict(&stage, &large).as_deref(), Some("success"));
    let lifted = format!("**Lifted:** `size` says nothing any more of `{}`", &large[..7]);
    assert!(said(&stage).iter().any(|(_, said)| said.starts_with(&lifted)), "{lifted}");
    stage.end().await;
}

#[tokio::test]
async fn who_is_asked_for_a_yes_is_told_which_guard_was_lifted() {
    let stage = live(|_| {}, |config| config.with("accept.on_yes", "merge")).await;
    let (job, large) = proposed(&stage, ("oil.md", &"oil\n".repeat(900))).await;
    hands_in(&stage, &large).await;
    says(&stage, "/timmy override size all of it is *generated*").await;
    let asked = questions(&stage).pop().unwrap();
    assert!(asked.starts_with("### Merge"), "{asked}");
    let (_, asked) = asked.split_once(" guards passed on ").unwrap_or_else(|| panic!("{asked}"));
    let asked = asked.split("\n\n<!-- timmy").next().unwrap().replace(&large[..7], "8b195ee");
    assert_snapshot!(asked, @r"
    `8b195ee`.

    **A person let this pass:**

    - `size` was lifted by \@alexander: all of it is \*generated\*. It says: It changes 900 lines; an issue without a size may change 800.

    Reply with one of these lines:

    ```
    /timmy approve d2
    /timmy revise d2 what should change
    /timmy reject d2 why
    ```

    **approve** merges exactly `8b195ee`, with what a person let pass; a new push voids this question. It waits until somebody answers.

    <details><summary>What was checked</summary>

    | | guard | found |
    |---|---|---|
    | ✅ | artifact | pull request \#9, head `8b195ee` |
    | ✅ | author | `ezra` pushed it |
    | ⚠️ | size | lifted by `alexander`, on: It changes 900 lines; an issue without a size may change 800. |
    | ✅ | checks | no check ran, and none is required |
    | ✅ | tests | 0 added, none removed, none skipped |
    | ✅ | 7 more | substance, protected, secrets, claims, duplicate, base, late |

    </details>
    ");
    let said = said(&stage).pop().unwrap().1;
    assert!(said.contains("(1 file, +900 -0). 11 of 12 guards passed on"), "{said}");
    says(&stage, "/timmy approve").await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Merged));
    stage.end().await;
}

#[tokio::test]
async fn and_what_a_person_said_yes_to() {
    let stage = live(|_| {}, |config| config.with("accept.on_yes", "merge")).await;
    let (job, large) = proposed(&stage, ("oil.md", &"oil\n".repeat(900))).await;
    hands_in(&stage, &large).await;
    assert!(questions(&stage).pop().unwrap().starts_with("### May this pass?"));
    says(&stage, "/timmy approve").await;
    let asked = questions(&stage).pop().unwrap();
    assert!(asked.starts_with("### Merge"), "{asked}");
    let told = " guards passed on `8b195ee`.\n\n**A person let this pass:**\n\n- ";
    assert!(asked.replace(&large[..7], "8b195ee").contains(told), "{asked}");
    says(&stage, "/timmy approve").await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Merged));
    stage.end().await;
}

#[tokio::test]
async fn what_is_pushed_after_that_is_judged_in_full() {
    let stage = live(|_| {}, |config| config.with("accept.on_yes", "merge")).await;
    let (job, large) = proposed(&stage, ("oil.md", &"oil\n".repeat(900))).await;
    hands_in(&stage, &large).await;
    says(&stage, "/timmy override size generated").await;
    assert_eq!(found(&stage, job).await, Vec::<String>::new());
    assert_eq!(stage.kind(job).await, StateKind::Deciding);
    let files = [("oil.md", "oil\n".repeat(901))];
    let files = files.each_ref().map(|(path, text)| (*path, text.as_str()));
    stage.app.sandbox.commit("anna", DOOR, BRANCH, &files, "More").unwrap();
    stage.pass(MINUTE * 5, MINUTE).await;
    assert_eq!(found(&stage, job).await, ["too_many_lines", "pushed_by_other"]);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ran_runs_again() {
    drop(staged!());
    let gate = open_folder();
    let script = format!(
        "[[guards.script]]\nname = \"gate\"\nkind = \"exit_code\"\n\
         command = [\"test\", \"-f\", \"{}/open\"]\n",
        gate.path().display()
    );
    let mounts = [gate.path().display().to_string()];
    let change = |config: Config| config.with("guards.mounts", mounts).and(&script);
    let stage = live(|_| {}, change).await;
    let (job, commit) = proposed(&stage, ("oil.md", "oil")).await;
    hands_in(&stage, &commit).await;
    assert_eq!(stage.kind(job).await, StateKind::BackingOff);
    assert_eq!(found(&stage, job).await, ["script_blocks"]);
    stage.pass(MINUTE * 2, SECOND * 30).await;
    let prompt = stage.ezra.script().sent.last().unwrap().body.clone();
    assert!(prompt.contains("The guard gate speaks against it."), "{prompt}");
    stage.ezra.script().obeys = true;
    std::fs::write(gate.path().join("open"), "").unwrap();
    stage.tell(job, JobEvent::Lifted).await;
    stage.pass(MINUTE * 2, SECOND * 30).await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Verified));
    assert_eq!(verdict(&stage, &commit).as_deref(), Some("success"));
    stage.end().await;
}

/// A fleet where a person accepts.
fn merges(config: Config) -> Config {
    trusts_ci(config).with("accept.on_yes", "merge")
}

async fn is_merged(stage: &Stage, job: JobId) -> bool {
    says(stage, "/timmy approve").await;
    stage.job(job).await.state == State::Done(Done::Merged)
}

#[tokio::test]
async fn a_red_check_that_was_lifted_does_not_keep_a_yes_from_being_acted_on() {
    let stage = live(with_ci, merges).await;
    let (job, commit) = proposed(&stage, ("oil.md", "oil")).await;
    reports(&stage, &commit, ("ci/test", "failure"));
    hands_in(&stage, &commit).await;
    assert_eq!(found(&stage, job).await, ["check_red"]);
    // ezra mends it already.
    stage.pass(MINUTE * 2, SECOND * 30).await;
    assert_eq!(stage.kind(job).await, StateKind::Running);
    says(&stage, "/timmy override checks it is broken").await;
    stage.ezra.goes(Sighting::Stopped(Usage::NONE));
    stage.follow().await;
    let past = stage.job(job).await.past;
    assert_eq!((past.rounds, past.commit.map(|head| head.to_string())), (0, Some(commit)));
    assert!(is_merged(&stage, job).await, "{:?}", said(&stage));
    stage.end().await;
}

#[tokio::test]
async fn nor_does_one_that_is_red_on_the_target_as_well() {
    let stage = live(with_ci, merges).await;
    let base = stage.app.sandbox.branch_head(DOOR, "main").unwrap().unwrap();
    reports(&stage, &base, ("ci/test", "failure"));
    let (job, commit) = proposed(&stage, ("oil.md", "oil")).await;
    reports(&stage, &commit, ("ci/test", "failure"));
    hands_in(&stage, &commit).await;
    assert_eq!(found(&stage, job).await, ["check_red_on_target"]);
    assert!(is_merged(&stage, job).await, "{:?}", said(&stage));
    stage.end().await;
}

#[tokio::test]
async fn one_that_turns_red_after_the_question_does() {
    let stage = live(with_ci, merges).await;
    let (job, commit) = proposed(&stage, ("oil.md", "oil")).await;
    reports(&stage, &commit, ("ci/test", "success"));
    hands_in(&stage, &commit).await;
    assert_eq!(stage.kind(job).await, StateKind::Deciding);
    reports(&stage, &commit, ("ci/test", "failure"));
    assert!(!is_merged(&stage, job).await, "{:?}", said(&stage));
    stage.end().await;
}
