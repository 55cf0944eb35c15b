//! What was brought is examined once more, or one guard is lifted of it, by a person's word.

use timmy::core::jobs::{Done, JobEvent, State, StateKind};

use super::decisions::{BRANCH, said, says};
use super::guards::{found, hands_in, proposed, verdict};
use super::stage::live;
use crate::confinement::stage::{open_folder, staged};
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
    stage.pass(crate::support::clock::MINUTE * 5, crate::support::clock::MINUTE).await;
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
    std::fs::write(gate.path().join("open"), "").unwrap();
    stage.tell(job, JobEvent::Recheck).await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Verified));
    assert_eq!(verdict(&stage, &commit).as_deref(), Some("success"));
    stage.end().await;
}
