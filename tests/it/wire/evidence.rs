//! Which requests evidence takes, and what is made of the answers.

use serde_json::{Value, json};
use timmy::core::jobs::evidence::Finding;
use timmy::core::jobs::{AgentClaim, Citation, Commit, Purpose, Pusher, Verdict};
use timmy::core::model::account::Account;
use timmy::core::model::ids::RepoName;
use timmy::core::model::time::Timestamp;
use timmy::engine::evidence::{Evidence, EvidenceQuery, gather_evidence};
use timmy::gitea::Error;

use crate::wire::forge::{Canned, Forge};

const PASS: Verdict = Verdict::Pass { ask: false };

fn commit(letter: char) -> Commit {
    letter.to_string().repeat(40).parse().unwrap()
}

fn ok(body: &Value) -> Canned {
    let count = body.as_array().map_or(1, Vec::len);
    Canned::new(200, body.to_string()).header("x-total-count", &count.to_string())
}

fn gone() -> Canned {
    Canned::new(404, r#"{"message":"not found"}"#)
}

fn user(id: i64) -> Value {
    let login = match id {
        2 => "timmy",
        3 => "ezra",
        _ => "anna",
    };
    json!({ "id": id, "login": login })
}

fn branch(head: char) -> Canned {
    ok(&json!({ "name": "timmy/41-j42", "commit": { "id": commit(head).to_string() } }))
}

fn pull_by(author: i64, number: i64, branch: &str, repo: i64) -> Value {
    json!({
        "number": number, "user": user(author), "state": "open", "title": "Keep sessions",
        "head": { "ref": branch, "sha": commit('a').to_string(), "repo_id": repo,
            "repo": { "id": repo, "full_name": "lab/pub" } },
        "base": { "ref": "main", "sha": commit('b').to_string(), "repo_id": 10 },
        "created_at": "2026-11-28T22:20:47Z",
    })
}

fn pull() -> Canned {
    ok(&pull_by(3, 58, "timmy/41-j42", 10))
}

fn push(by: i64, head: char) -> Value {
    let content = json!({ "HeadCommit": { "Sha1": commit(head).to_string() } }).to_string();
    json!({
        "op_type": "commit_repo", "act_user": user(by), "ref_name": "refs/heads/timmy/41-j42",
        "content": content, "created": "2026-11-28T22:20:46Z",
    })
}

fn nobody() -> Canned {
    ok(&json!([]))
}

fn claimed(number: Option<i64>, letter: Option<char>) -> AgentClaim {
    AgentClaim::PullRequest { number, commit: letter.map(commit) }
}

/// A job of ezra's whose result is looked at.
struct Case {
    purpose: Purpose,
    claim: AgentClaim,
    given: Option<Commit>,
}

impl Case {
    fn code(claim: AgentClaim) -> Self {
        Self { purpose: Purpose::Code, claim, given: None }
    }

    async fn try_on(&self, forge: &Forge) -> Result<Evidence, Error> {
        let repo: RepoName = "lab/pub".parse().unwrap();
        let account = |id: i64, login: &str| Account { id, login: login.to_owned() };
        let query = EvidenceQuery {
            repo: &repo,
            thread: Some(41),
            purpose: self.purpose,
            branch: &"timmy/41-j42".parse().unwrap(),
            base_branch: "main",
            base: &commit('b'),
            given: self.given.as_ref(),
            claim: &self.claim,
            agent: &account(3, "ezra"),
            own: &account(2, "timmy"),
            since: Timestamp::parse("2026-11-28T22:20:00Z").unwrap(),
            began: Timestamp::parse("2026-11-28T22:20:00Z").unwrap(),
        };
        gather_evidence(&forge.client(), &timmy::clock::SystemClock, query).await
    }

    /// What is made of these answers, and that all of them were asked for, and no more.
    async fn judged(&self, answers: Vec<Canned>) -> (Verdict, Vec<&'static str>) {
        self.evidence(answers).await.1
    }

    async fn evidence(&self, answers: Vec<Canned>) -> (Evidence, (Verdict, Vec<&'static str>)) {
        let count = answers.len();
        let forge = Forge::answering(answers).await;
        let evidence = self.try_on(&forge).await.unwrap();
        assert_eq!(forge.asked().len(), count, "{:?}", forge.asked_what());
        let codes = evidence.findings.findings.iter().map(Finding::code).collect();
        let told = (evidence.findings.verdict, codes);
        (evidence, told)
    }
}

#[tokio::test]
async fn a_delivered_pull_request_takes_three_requests() {
    let case = Case::code(claimed(Some(58), Some('a')));
    let answers = vec![branch('a'), pull(), ok(&json!([push(3, 'a')]))];
    let (evidence, told) = case.evidence(answers).await;
    assert_eq!(told, (PASS, vec![]));
    assert_eq!((evidence.findings.pull, evidence.findings.commit), (Some(58), Some(commit('a'))));
    let push = evidence.head_push.unwrap();
    assert_eq!((push.branch, push.by, push.commit), (1, Pusher::Agent, commit('a')));
}

#[tokio::test]
async fn who_pushed_is_looked_for_in_the_timeline_too() {
    let case = Case::code(claimed(Some(58), None));
    let event = |by: i64, head: char| {
        let body = json!({ "is_force_push": false, "commit_ids": [commit(head).to_string()] });
        json!({ "type": "pull_push", "user": user(by), "body": body.to_string() })
    };
    let answers = vec![branch('a'), pull(), gone(), ok(&json!([event(3, 'a')]))];
    assert_eq!(case.judged(answers).await, (PASS, vec![]));
    let answers = vec![branch('a'), pull(), nobody(), ok(&json!([event(3, 'c')]))];
    assert_eq!(case.judged(answers).await, (PASS, vec!["pusher_unknown"]));
    // A person pushed on top of the agent's work, or all of it.
    let answers = vec![branch('a'), pull(), ok(&json!([push(4, 'a'), push(3, 'c')]))];
    assert_eq!(case.judged(answers).await, (PASS, vec!["pushed_by_other"]));
    let answers = vec![branch('a'), pull(), ok(&json!([push(4, 'a')])), nobody()];
    assert_eq!(case.judged(answers).await, (Verdict::Ask, vec!["others_work"]));
    // timmy pushes for agents that do not.
    let answers = vec![branch('a'), pull(), ok(&json!([push(2, 'a')]))];
    assert_eq!(case.judged(answers).await, (PASS, vec![]));
}

#[tokio::test]
async fn what_is_only_said_is_nothing() {
    let case = Case::code(claimed(Some(12), Some('f')));
    let foreign = ok(&pull_by(4, 12, "theirs", 10));
    let told = case.judged(vec![gone(), gone(), nobody(), foreign]).await;
    assert_eq!(told, (Verdict::Nothing, vec!["nothing_there", "foreign_pull"]));
    let told = case.judged(vec![gone(), gone(), nobody(), gone()]).await;
    assert_eq!(told, (Verdict::Nothing, vec!["nothing_there", "missing_pull"]));
    let of_fork = ok(&pull_by(3, 12, "timmy/41-j42", 11));
    let told = case.judged(vec![gone(), gone(), nobody(), of_fork]).await;
    assert_eq!(told, (Verdict::Block, vec!["from_fork"]));
    let told = Case::code(AgentClaim::Nothing).judged(vec![gone(), gone(), nobody()]).await;
    assert_eq!(told, (Verdict::Nothing, vec!["nothing_there", "no_result_line"]));
}

#[tokio::test]
async fn a_branch_without_a_pull_request_is_compared() {
    let case = Case::code(claimed(None, None));
    let ahead = |count: usize| ok(&json!({ "total_commits": count, "commits": [] }));
    let pushed = || ok(&json!([push(3, 'a')]));
    let told = case.judged(vec![branch('a'), gone(), nobody(), ahead(1), pushed()]).await;
    assert_eq!(told, (Verdict::Block, vec!["no_pull"]));
    let told = case.judged(vec![branch('a'), gone(), nobody(), ahead(0), pushed()]).await;
    assert_eq!(told, (Verdict::Nothing, vec!["empty_branch"]));
    // It stands where the work began.
    let told = case.judged(vec![branch('b'), gone(), nobody(), nobody()]).await;
    assert_eq!(told, (Verdict::Nothing, vec!["empty_branch"]));
}

#[tokio::test]
async fn a_second_pull_request_of_the_branch_is_found() {
    let mut closed = pull_by(3, 57, "timmy/41-j42", 10);
    closed["state"] = "closed".into();
    let open = json!([pull_by(3, 58, "timmy/41-j42", 10)]);
    let answers = vec![branch('a'), ok(&closed), ok(&open), ok(&json!([push(3, 'a')]))];
    let (evidence, told) = Case::code(claimed(Some(58), None)).evidence(answers).await;
    assert_eq!((told, evidence.findings.pull), ((PASS, vec![]), Some(58)));
}

#[tokio::test]
async fn the_commit_that_was_named_is_looked_for() {
    let case = Case::code(claimed(Some(58), Some('f')));
    let named = || ok(&json!({ "sha": commit('f').to_string() }));
    let missing = || ok(&json!([{ "sha": commit('f').to_string() }]));
    let pushed = || ok(&json!([push(3, 'a')]));
    let told = case.judged(vec![branch('a'), pull(), gone(), pushed()]).await;
    assert_eq!(told, (Verdict::Block, vec!["commit_gone"]));
    let told = case.judged(vec![branch('a'), pull(), named(), missing(), pushed()]).await;
    assert_eq!(told, (Verdict::Block, vec!["commit_elsewhere"]));
    let told = case.judged(vec![branch('a'), pull(), named(), nobody(), pushed()]).await;
    assert_eq!(told, (Verdict::Block, vec!["commit_behind"]));
}

#[tokio::test]
async fn a_repair_that_threw_away_what_it_was_given_is_seen() {
    let claim = claimed(Some(58), None);
    let case = Case { purpose: Purpose::Repair, claim, given: Some(commit('e')) };
    let pushed = || ok(&json!([push(3, 'a')]));
    let told = case.judged(vec![branch('a'), pull(), nobody(), pushed()]).await;
    assert_eq!(told, (PASS, vec![]));
    let missing = ok(&json!([{ "sha": commit('e').to_string() }]));
    let told = case.judged(vec![branch('a'), pull(), missing, pushed()]).await;
    assert_eq!(told, (Verdict::Block, vec!["rewritten"]));
}

#[tokio::test]
async fn what_was_cited_is_looked_at() {
    let file = |path: &str| Citation::File(path.to_owned());
    let cited =
        vec![Citation::Commit(commit('f')), file("src/a.rs"), file("../etc"), Citation::Pull(9)];
    let case = Case::code(AgentClaim::NoChange { cited });
    let nothing = || vec![gone(), gone(), nobody()];
    let there = [gone(), Canned::new(200, "more than a byte"), gone()];
    let told = case.judged([nothing(), there.to_vec()].concat()).await;
    let missing = "missing_citation";
    assert_eq!(told, (Verdict::NoChange { ask: false }, vec![missing; 3]));
    let told = case.judged([nothing(), vec![gone(); 3]].concat()).await;
    assert_eq!(told.0, Verdict::Block);
    let many = Case::code(AgentClaim::NoChange { cited: vec![file("a"); 20] });
    assert_eq!(many.judged([nothing(), vec![gone(); 6]].concat()).await.0, Verdict::Block);
}

#[tokio::test]
async fn a_comment_of_the_agent_since_it_began_is_the_result() {
    let comment = |id: i64, by: i64, at: &str| json!({ "id": id, "user": user(by), "body": "x", "created_at": at, "updated_at": at });
    let case = Case { purpose: Purpose::Research, claim: AgentClaim::Comment, given: None };
    let list = json!([
        comment(1, 3, "2026-11-28T21:00:00Z"),
        comment(2, 4, "2026-11-28T22:25:00Z"),
        comment(3, 3, "2026-11-28T22:26:00Z"),
    ]);
    let (evidence, told) = case.evidence(vec![ok(&list)]).await;
    assert_eq!((told, evidence.findings.comment), ((PASS, vec![]), Some(3)));
    let others = json!([comment(2, 4, "2026-11-28T22:25:00Z")]);
    assert_eq!(case.judged(vec![ok(&others)]).await, (Verdict::Nothing, vec!["no_comment"]));
}

#[tokio::test]
async fn what_cannot_be_asked_is_not_judged() {
    let down = || Canned::new(502, "");
    let case = Case::code(claimed(Some(58), None));
    for before in [vec![], vec![branch('a')], vec![branch('a'), pull()]] {
        let forge = Forge::answering([before, vec![down(), down(), down()]].concat()).await;
        let error = case.try_on(&forge).await.unwrap_err();
        assert!(matches!(error, Error::Unavailable { .. }), "{error}");
    }
}
