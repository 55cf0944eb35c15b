//! Evidence over real git: an agent works through the API, and what the forge shows is judged.

use std::sync::Arc;

use timmy::clock::ManualClock;
use timmy::core::jobs::{AgentClaim, Citation, Commit, Purpose, Verdict};
use timmy::core::model::ids::RepoName;
use timmy::core::model::time::Timestamp;
use timmy::engine::evidence::{EvidenceQuery, gather_evidence};
use timmy::gitea::{AgentToken, FileChange, Gitea, NewCommit, NewPullRequest, Token};
use timmy::sandbox::{Sandbox, Scopes};

use crate::support::clock::noon;
use crate::support::forge::{DOOR, client, forge, furnish};
use crate::support::people::account;

const PASS: Verdict = Verdict::Pass { ask: false };
const BRANCH: &str = "timmy/41-j42";

/// A forge, timmy, ezra who is an agent, and walt.
pub(crate) struct Scene {
    pub(crate) sandbox: Sandbox,
    pub(crate) timmy: Gitea,
    pub(crate) ezra: Gitea,
    pub(crate) walt: Gitea,
    pub(crate) repo: RepoName,
    base: Commit,
    clock: ManualClock,
    since: Timestamp,
}

pub(crate) async fn scene() -> Scene {
    let clock = noon();
    let sandbox = forge(&clock).await;
    let timmy = client(&sandbox, &furnish(&sandbox, "timmy"));
    let acting = |login: &str| {
        let token = sandbox.add_token(login, Scopes::all()).unwrap();
        timmy.acting_as(AgentToken {
            login: login.to_owned(),
            token: Token::new(&token).unwrap(),
            reload: Arc::new(|| None),
        })
    };
    let (ezra, walt) = (acting("ezra"), acting("walt"));
    let repo: RepoName = DOOR.parse().unwrap();
    let base = timmy.branch(&repo, "main").await.unwrap().unwrap().head;
    let since = timmy::clock::Clock::now(&clock);
    Scene { sandbox, timmy, ezra, walt, repo, base, clock, since }
}

impl Scene {
    /// One more file on the branch, which is made if there is none.
    pub(crate) async fn commits(&self, who: &Gitea, file: &str) -> Commit {
        let has_branch = self.timmy.branch(&self.repo, BRANCH).await.unwrap().is_some();
        let (branch, new_branch) = match has_branch {
            true => (BRANCH, None),
            false => ("main", Some(BRANCH.to_owned())),
        };
        let content = file.as_bytes().to_vec();
        let new = NewCommit {
            branch: branch.to_owned(),
            new_branch,
            message: format!("Add {file}"),
            changes: vec![FileChange::Create { path: file.to_owned(), content }],
        };
        who.commit_files(&self.repo, &new).await.unwrap()
    }

    pub(crate) async fn proposes(&self, who: &Gitea) -> i64 {
        let (title, body) = ("Oil the hinges".to_owned(), String::new());
        let new = NewPullRequest { title, body, head: BRANCH.to_owned(), base: "main".to_owned() };
        who.create_pull(&self.repo, &new).await.unwrap().number
    }

    async fn judged(&self, claim: AgentClaim, given: Option<&Commit>) -> (Verdict, Vec<String>) {
        let query = EvidenceQuery {
            repo: &self.repo,
            thread: Some(41),
            purpose: if given.is_some() { Purpose::Repair } else { Purpose::Code },
            branch: &BRANCH.parse().unwrap(),
            base_branch: "main",
            base: &self.base,
            given,
            claim: &claim,
            agent: &account("ezra"),
            own: &account("timmy"),
            since: self.since,
            began: self.since,
        };
        let before = self.sandbox.requests().len();
        let evidence = gather_evidence(&self.timmy, &self.clock, query).await.unwrap();
        let asked = self.sandbox.requests().len() - before;
        assert!(asked <= 10, "{asked} requests");
        let codes = evidence.findings.findings.iter().map(|found| found.code().to_owned());
        (evidence.findings.verdict, codes.collect())
    }
}

fn claimed(number: Option<i64>, commit: Option<&Commit>) -> AgentClaim {
    AgentClaim::PullRequest { number, commit: commit.cloned() }
}

fn told(verdict: Verdict, codes: &[&str]) -> (Verdict, Vec<String>) {
    (verdict, codes.iter().map(|code| (*code).to_owned()).collect())
}

#[tokio::test]
async fn an_agent_delivers_and_the_forge_shows_it() {
    let s = scene().await;
    let nothing = s.judged(claimed(None, None), None).await;
    assert_eq!(nothing, told(Verdict::Nothing, &["nothing_there"]));
    let head = s.commits(&s.ezra, "hinge.txt").await;
    let unasked = s.judged(claimed(None, Some(&head)), None).await;
    assert_eq!(unasked, told(Verdict::Block, &["no_pull"]));
    let number = s.proposes(&s.ezra).await;
    assert_eq!(s.judged(claimed(Some(number), Some(&head)), None).await, told(PASS, &[]));
    assert_eq!(s.judged(AgentClaim::Nothing, None).await, told(PASS, &["no_result_line"]));
}

#[tokio::test]
async fn a_repair_goes_on_from_what_it_was_given() {
    let s = scene().await;
    let given = s.commits(&s.ezra, "hinge.txt").await;
    let number = s.proposes(&s.ezra).await;
    let head = s.commits(&s.ezra, "lock.txt").await;
    let claim = || claimed(Some(number), Some(&head));
    assert_eq!(s.judged(claim(), Some(&given)).await, told(PASS, &[]));
    let behind = s.judged(claimed(None, Some(&given)), Some(&given)).await;
    assert_eq!(behind, told(Verdict::Block, &["commit_behind"]));
    s.commits(&s.walt, "by-hand.txt").await;
    assert_eq!(s.judged(claim(), Some(&given)).await, told(PASS, &["pushed_by_other"]));
    // The branch is made anew: what was given, and what it named, is no longer in it.
    s.ezra.delete_branch(&s.repo, BRANCH).await.unwrap();
    s.commits(&s.ezra, "other.txt").await;
    let (verdict, codes) = s.judged(claim(), Some(&given)).await;
    assert_eq!(verdict, Verdict::Block);
    assert!(codes.contains(&"rewritten".to_owned()), "{codes:?}");
}

#[tokio::test]
async fn somebody_elses_work_is_not_the_agents() {
    let s = scene().await;
    let head = s.commits(&s.walt, "hinge.txt").await;
    let number = s.proposes(&s.walt).await;
    let found = s.judged(claimed(Some(number), Some(&head)), None).await;
    assert_eq!(found, told(Verdict::Ask, &["others_work"]));
}

#[tokio::test]
async fn that_nothing_has_to_change_is_shown_by_a_file_of_the_base() {
    let s = scene().await;
    let tree = s.timmy.tree(&s.repo, &s.base, 10).await.unwrap().unwrap();
    let path = tree.entries[0].path.clone();
    let cited = vec![Citation::File(path), Citation::File("no/such/file".to_owned())];
    let found = s.judged(AgentClaim::NoChange { cited }, None).await;
    assert_eq!(found, told(Verdict::NoChange { ask: false }, &["missing_citation"]));
}
