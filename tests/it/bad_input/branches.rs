//! A default branch that gets another name in mid-work, or holds nothing.

use insta::assert_snapshot;
use timmy::core::jobs::StateKind;
use timmy::sandbox::gateway::{AgentRun, Coder, RunEnd};
use timmy::sandbox::{Mode, Scopes};

use super::stage::{Stage, oils, stage};
use crate::support::clock::{MINUTE, SECOND};
use crate::support::forge::{DOOR, http_client};
use crate::support::work_tree::WorkTree;

impl Stage {
    /// alexander gives the default branch of the door another name, as its settings do.
    async fn renames_default_branch(&self, name: &str) {
        let token = self.app.sandbox.add_token("alexander", Scopes::all()).unwrap();
        let answer = http_client()
            .patch(format!("{}/api/v1/repos/{DOOR}/branches/main", self.app.sandbox.url()))
            .header("Authorization", format!("token {token}"))
            .header("Content-Type", "application/json")
            .body(format!("{{\"name\":\"{name}\"}}"))
            .send();
        let status = answer.await.unwrap().status();
        assert!(status.is_success(), "{status}");
    }
}

#[tokio::test]
async fn what_was_delivered_before_it_is_done() {
    let stage = stage(async |coder: Coder, run: AgentRun| {
        RunEnd::Completed(oils(&coder, &run).await.last_words("Oiled."))
    })
    .await;
    let job = stage.assigns("ezra").await;
    stage.ezra.until(|runs| runs[0].status.is_over()).await;
    stage.renames_default_branch("trunk").await;
    stage.ends().await;
    assert_eq!(stage.kind(job).await, StateKind::Done);
    assert_snapshot!(stage.last_said(), @r"
    **Done: \#2 is open for this.** Seen on `COMMIT`; review and merge it.

    <details><summary>What was checked</summary>

    | | guard | found |
    |---|---|---|
    | ✅ | artifact | pull request \#2 from `timmy/1-j1`, head `COMMIT` |
    | ✅ | author | `ezra` pushed it |
    | ✅ | checks | no check ran, and none is required |
    | ✅ | tests | 0 added, none removed, none skipped |
    | ✅ | 8 more | substance, protected, secrets, size, claims, duplicate, base, late |

    </details>
    ");
    assert_eq!(stage.ezra.runs().len(), 1, "there is nothing to mend");
    stage.end().await;
}

#[tokio::test]
async fn who_finds_it_gone_is_told_its_new_name() {
    let stage = stage(async |coder: Coder, run: AgentRun| {
        run.begin_tool("make");
        while run.end_tool("made", false).is_empty() && run.input().contains("branch `main`") {
            tokio::task::yield_now().await;
        }
        // Its branch is pushed; only the pull request into `main` is refused.
        let handed_in = coder.hand_in(&run, ("oil.md", "A drop a month.\n"), "Oil it").await;
        assert!(handed_in.is_err());
        RunEnd::Completed("Nobody takes it.".to_owned())
    })
    .await;
    let job = stage.assigns("ezra").await;
    stage.renames_default_branch("trunk").await;
    stage.ezra.tell(&stage.ezra.runs()[0].id, "go on");
    stage.ends().await;
    while stage.kind(job).await == StateKind::Verifying {
        stage.wait(SECOND).await;
    }
    assert_snapshot!(stage.card(), @"**The next round of repair starts at HH:MM UTC**");
    stage.app.sandbox.open_pull("ezra", DOOR, "Oil it", "", "timmy/1-j1").unwrap();
    stage.pass(2 * MINUTE, 30 * SECOND).await;
    stage.ends().await;
    assert_eq!(stage.kind(job).await, StateKind::Done);
    let told = stage.ezra.runs().remove(1).input;
    assert!(told.contains("- Base: branch `trunk`"), "{told}");
    assert_snapshot!(stage.last_said(), @r"
    **Done: \#2 is open for this.** Seen on `COMMIT`; review and merge it.

    <details><summary>What was checked</summary>

    | | guard | found |
    |---|---|---|
    | ✅ | artifact | pull request \#2 from `timmy/1-j1`, head `COMMIT` |
    | ✅ | author | `ezra` pushed it |
    | ⚠️ | claims | It did not say what it did: I went by what is here. |
    | ✅ | checks | no check ran, and none is required |
    | ✅ | tests | 0 added, none removed, none skipped |
    | ✅ | 8 more | substance, protected, secrets, size, claims, duplicate, base, late |

    </details>
    ");
    stage.end().await;
}

#[tokio::test]
async fn where_there_is_none_nothing_begins_before_somebody_made_one() {
    const SHED: &str = "foundation/shed";
    let stage = stage(async |coder: Coder, run: AgentRun| {
        RunEnd::Completed(oils(&coder, &run).await.last_words("Oiled."))
    })
    .await;
    let sandbox = &stage.app.sandbox;
    sandbox.add_empty_repo(SHED).unwrap();
    for login in ["timmy", "ezra", "walt"] {
        sandbox.collaborator(SHED, login, Mode::Write).unwrap();
    }
    sandbox.open_issue("alexander", SHED, "The lamp", "Fill it.").unwrap();
    sandbox.comment("alexander", SHED, 1, "/timmy assign ezra").unwrap();
    stage.pass(5 * MINUTE, 30 * SECOND).await;
    assert!(stage.ezra.runs().is_empty());
    assert_snapshot!(stage.app.timmy.noted().await, @"foundation/shed is empty: push a first commit to it, then its jobs begin by themselves");
    let tree = WorkTree::empty("walt", &stage.tokens["walt"]);
    tree.git(&["init", "--quiet"]).await.good();
    tree.branch("main").await;
    tree.commit("README.md", "# Shed\n", "Begin").await;
    tree.git(&["push", "--quiet", &sandbox.clone_url(SHED), "main"]).await.good();
    stage.pass(10 * MINUTE, 30 * SECOND).await;
    stage.ends().await;
    let said = sandbox.comments(SHED, 1).unwrap().pop().unwrap().body;
    assert!(said.starts_with("**Done: "), "{said}");
    assert_eq!(stage.app.timmy.noted().await, "");
    stage.end().await;
}
