//! What was made of an attempt on another host, and is brought as a bundle: timmy looks at it as at
//! what comes out of a sandbox here, and pushes it as the account of the agent.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use timmy::agents::{AccountOrigin, AttemptPlace, NewCommits, Origin, OriginTrouble};
use timmy::clock::Clock;
use timmy::confinement::PushEnd;
use timmy::core::jobs::Commit;
use timmy::sandbox::{Fault, Matcher, Scopes};

use super::stage::{BRANCH, Stage};
use crate::support::forge::DOOR;
use crate::support::work_tree::WorkTree;

/// What the agent has on its host, and timmy here.
struct Elsewhere {
    stage: Stage,
    tree: WorkTree,
    origin: AccountOrigin,
    place: AttemptPlace,
}

impl Elsewhere {
    async fn new() -> Self {
        let stage = Stage::new().await;
        let token = stage.sandbox.add_token("ezra", Scopes::all()).unwrap();
        let tree = WorkTree::cloned(&stage.sandbox.clone_url(DOOR), "ezra", &token).await;
        tree.branch(BRANCH).await;
        let clock: Arc<dyn Clock> = Arc::new(stage.clock.clone());
        let origin = AccountOrigin::new(stage.ezra.clone(), clock);
        let place = AttemptPlace::of(&stage.task());
        Self { stage, tree, origin, place }
    }

    /// A bundle of what follows on `begin`.
    async fn bundle(&self, begin: &Commit) -> PathBuf {
        let file = self.stage.path("a.bundle");
        let name = file.to_str().unwrap();
        self.tree
            .git(&["bundle", "create", "--quiet", name, &format!("{begin}..HEAD")])
            .await
            .good();
        file
    }

    fn commits(&self, head: &str) -> NewCommits {
        NewCommits { was: None, begin: self.stage.base.clone(), head: head.parse().unwrap() }
    }

    async fn brought(&self, bundle: &Path, commits: &NewCommits) -> Result<PushEnd, OriginTrouble> {
        let said = ("Mend the hinge", "It is silent now.");
        let folder = self.stage.folder.path();
        let may = Box::pin(async { Ok::<(), OriginTrouble>(()) });
        self.origin.push_brought(&self.place, (bundle, folder), commits, said, may).await
    }

    /// It is not taken, for this reason, and nothing of it is on the forge.
    async fn is_refused(&self, bundle: &Path, commits: &NewCommits, why: &str) {
        let head = self.stage.head();
        match self.brought(bundle, commits).await {
            Ok(PushEnd::Refused(said)) => assert!(said.contains(why), "{said}"),
            other => panic!("{other:?}"),
        }
        assert_eq!(self.stage.head(), head);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_pushed_once_and_asked_for_by_the_account_of_the_agent() {
    let there = Elsewhere::new().await;
    let head = there.tree.commit("oil.md", "oil\n", "Oil it").await;
    let bundle = there.bundle(&there.stage.base).await;
    let commits = there.commits(&head);
    for _ in 0..2 {
        assert_eq!(there.brought(&bundle, &commits).await, Ok(PushEnd::Pushed));
        assert_eq!(there.stage.head().as_deref(), Some(head.as_str()));
    }
    let said = ("Mend the hinge", "It is silent now.");
    let number = there.origin.open_pull(&there.place, said).await.unwrap();
    assert_eq!(there.origin.open_pull(&there.place, said).await, Ok(number));
    let pull = there.stage.ezra.pull(&DOOR.parse().unwrap(), number).await.unwrap().unwrap();
    assert_eq!(pull.author.map(|author| author.login).as_deref(), Some("ezra"));
    let branch = there.origin.branch(&there.place).await.unwrap();
    assert_eq!(branch.map(|head| head.to_string()), Some(head));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repair_goes_on_from_what_the_branch_holds() {
    let there = Elsewhere::new().await;
    let first = there.tree.commit("oil.md", "oil\n", "Oil it").await;
    let bundle = there.bundle(&there.stage.base).await;
    let commits = there.commits(&first);
    assert_eq!(there.brought(&bundle, &commits).await, Ok(PushEnd::Pushed));
    let first: Commit = first.parse().unwrap();
    let second = there.tree.commit("oil.md", "more oil\n", "Oil it more").await;
    let bundle = there.bundle(&first).await;
    // As if its branch were not there: somebody else's commits would be written over.
    let without = NewCommits { begin: first.clone(), ..there.commits(&second) };
    there.is_refused(&bundle, &without, "holds something else by now").await;
    let commits = NewCommits { was: Some(first), ..without };
    assert_eq!(there.brought(&bundle, &commits).await, Ok(PushEnd::Pushed));
    assert_eq!(there.stage.head(), Some(second));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_follow_on_what_the_forge_has_is_not_taken() {
    let there = Elsewhere::new().await;
    let head = there.tree.commit("oil.md", "oil\n", "Oil it").await;
    let bundle = there.bundle(&there.stage.base).await;
    let rewritten = "do not follow on the one that it was given";
    // Another head than the one that is brought.
    let other = there.tree.commit("oil.md", "no oil\n", "Wipe it").await;
    there.is_refused(&bundle, &there.commits(&other), rewritten).await;
    // A beginning that nobody knows here.
    let begin = NewCommits { begin: head.parse().unwrap(), ..there.commits(&other) };
    let later = there.bundle(&begin.begin).await;
    there.is_refused(&later, &begin, rewritten).await;
    // A history of its own.
    there.tree.git(&["checkout", "--quiet", "--orphan", "other"]).await.good();
    let orphan = there.tree.commit("oil.md", "oil\n", "Begin anew").await;
    let whole = there.stage.path("whole.bundle");
    let name = whole.to_str().unwrap();
    there.tree.git(&["bundle", "create", "--quiet", name, "HEAD"]).await.good();
    there.is_refused(&whole, &there.commits(&orphan), rewritten).await;
    // No bundle at all.
    std::fs::write(&bundle, "PACK").unwrap();
    there.is_refused(&bundle, &there.commits(&head), "cannot be committed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_host_does_not_look_at_timmy_does() {
    let there = Elsewhere::new().await;
    let key = format!("ghp_{}\n", "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5");
    there.tree.commit("key", &key, "A key").await;
    let head = there.tree.commit("key", "none\n", "No key").await;
    let bundle = there.bundle(&there.stage.base).await;
    there.is_refused(&bundle, &there.commits(&head), "a secret would have been").await;

    let there = Elsewhere::new().await;
    std::fs::create_dir_all(there.tree.path().join(".gitea/workflows")).unwrap();
    let head = there.tree.commit(".gitea/workflows/ci.yml", "on: push\n", "Check it").await;
    let bundle = there.bundle(&there.stage.base).await;
    there.is_refused(&bundle, &there.commits(&head), "says what the forge runs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_forge_is_away_nobody_says_that_it_does_not_take_it() {
    let there = Elsewhere::new().await;
    let head = there.tree.commit("oil.md", "oil\n", "Oil it").await;
    let bundle = there.bundle(&there.stage.base).await;
    let all = Matcher::method_path("GET", "/branches/");
    there.stage.sandbox.faults().rate(1, all, 1000, Fault::BadGateway);
    let away = there.brought(&bundle, &there.commits(&head)).await;
    assert!(matches!(away, Err(OriginTrouble::NotNow(_))), "{away:?}");
    there.stage.sandbox.faults().clear();
    assert_eq!(there.brought(&bundle, &there.commits(&head)).await, Ok(PushEnd::Pushed));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_pushed_any_more_when_it_was_looked_at_is_not() {
    let there = Elsewhere::new().await;
    let head = there.tree.commit("oil.md", "oil\n", "Oil it").await;
    let bundle = there.bundle(&there.stage.base).await;
    let (commits, said) = (there.commits(&head), ("Mend the hinge", "It is silent now."));
    let from = (bundle.as_path(), there.stage.folder.path());
    let stopped = || "it was asked to stop".to_owned();
    let may = Box::pin(async { Err::<(), _>(OriginTrouble::Refused(stopped())) });
    let pushed = there.origin.push_brought(&there.place, from, &commits, said, may).await;
    assert_eq!(pushed, Ok(PushEnd::Refused(stopped())));
    let unknown = || OriginTrouble::NotNow("the ledger cannot be read".to_owned());
    let may = Box::pin(async { Err::<(), _>(unknown()) });
    let pushed = there.origin.push_brought(&there.place, from, &commits, said, may).await;
    assert_eq!(pushed, Err(unknown()));
    assert_eq!(there.stage.head(), None);
    assert_eq!(there.brought(&bundle, &commits).await, Ok(PushEnd::Pushed));
}
