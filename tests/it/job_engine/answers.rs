//! Results that are words alone stand up to guards as well: nothing that must not be said is taken, or
//! said for an agent.

use timmy::core::jobs::{Done, JobId, JobLimits, NewJob, Origin, Purpose, State, StateKind};
use timmy::core::model::ids::ThreadId;

use super::scripted::ended;
use super::stage::{Stage, live};
use crate::support::clock::{MINUTE, SECOND};
use crate::support::forge::DOOR;

const THREAD: i64 = 3;

/// Text that no key is, and that looks like one.
fn key() -> String {
    let alphabet = b"q7mz2kxw3rb4tyvf6nchopslidjgae5u";
    let chaos = (0..52).map(|n| char::from(alphabet[(n * 7 + n / 3) % alphabet.len()]));
    format!("gto_{}", chaos.collect::<String>())
}

/// ezra, of whose account timmy holds no token, is to find something out.
async fn asked(stage: &Stage) -> JobId {
    let order = NewJob {
        purpose: Purpose::Research,
        role: "coder".to_owned(),
        adopts: None,
        claims_by_card: false,
        crew: None,
        thread: ThreadId { repo: stage.repo().await, number: THREAD }.into(),
        origin: Origin::Person("alexander".to_owned()),
        agent: Some("ezra".to_owned()),
        limits: JobLimits::default(),
        budget: None,
    };
    stage.create(order).await
}

/// What somebody says in the thread, each with the comment's number.
fn said_by(stage: &Stage, who: &str) -> Vec<(i64, String)> {
    let all = stage.app.sandbox.comments(DOOR, THREAD).unwrap().into_iter();
    all.filter(|said| said.author == who).map(|said| (said.id, said.body)).collect()
}

/// What ezra works on ends with a comment, of which it says this.
async fn ends(stage: &Stage, summary: &str) {
    let result = serde_json::json!({ "outcome": "comment", "summary": summary });
    stage.ezra.goes(ended(&format!("timmy-result: {result}")));
    stage.follow().await;
}

/// ezra works on it again, and knows what is wrong, but not the secret itself.
async fn works_again(stage: &Stage, job: JobId, wrong: &str) {
    stage.pass(MINUTE * 10, SECOND * 30).await;
    assert_eq!(stage.kind(job).await, StateKind::Running);
    let prompt = stage.ezra.script().sent.last().unwrap().body.clone();
    assert!(prompt.contains(wrong), "{prompt}");
    assert!(!prompt.contains(&key()), "{prompt}");
}

#[tokio::test]
async fn a_key_in_a_comment_is_mended_before_the_comment_is_taken() {
    let stage = live(|_| {}, |config| config).await;
    let job = asked(&stage).await;
    let leak = stage.app.sandbox.comment("ezra", DOOR, THREAD, &format!("With {}.", key()));
    let leak = leak.unwrap();
    ends(&stage, "Oil helps.").await;
    assert_eq!(stage.kind(job).await, StateKind::BackingOff);
    let told: String = said_by(&stage, "timmy").into_iter().map(|(_, body)| body).collect();
    assert!(told.contains("holds a Gitea application's secret"), "{told}");
    assert!(told.contains(&leak.to_string()), "{told}");
    assert!(!told.contains(&key()), "{told}");
    assert!(!told.contains("override"), "no commit carries it: {told}");
    works_again(&stage, job, "delete it, or take that out of it").await;
    // Another comment takes nothing away.
    stage.app.sandbox.comment("ezra", DOOR, THREAD, "Oil helps.").unwrap();
    ends(&stage, "Oil helps.").await;
    assert_eq!(stage.kind(job).await, StateKind::BackingOff);
    works_again(&stage, job, "delete it, or take that out of it").await;
    stage.app.sandbox.delete_comment("ezra", leak).unwrap();
    stage.app.sandbox.comment("ezra", DOOR, THREAD, "Oil helps, as I said.").unwrap();
    ends(&stage, "Oil helps.").await;
    assert_eq!(stage.kind(job).await, StateKind::Done);
    stage.end().await;
}

#[tokio::test]
async fn a_comment_without_one_is_taken() {
    let stage = live(|_| {}, |config| config).await;
    let job = asked(&stage).await;
    stage.app.sandbox.comment("ezra", DOOR, THREAD, "Oil helps.").unwrap();
    ends(&stage, "Oil helps.").await;
    assert_eq!(stage.kind(job).await, StateKind::Done);
    let own = said_by(&stage, "ezra");
    assert_eq!(own.len(), 1, "nothing is said for it: {own:?}");
    stage.end().await;
}

#[tokio::test]
async fn a_key_is_never_said_for_an_agent() {
    let stage = live(|_| {}, |config| config).await;
    let job = asked(&stage).await;
    ends(&stage, &format!("Oil helps.\nI used {}", key())).await;
    assert_eq!(stage.kind(job).await, StateKind::BackingOff);
    let told: String = said_by(&stage, "timmy").into_iter().map(|(_, body)| body).collect();
    assert!(told.contains("holds a Gitea application's secret"), "{told}");
    assert!(!told.contains(&key()) && !told.contains("Oil helps"), "{told}");
    works_again(&stage, job, "holds a Gitea application's secret").await;
    ends(&stage, "Oil helps.").await;
    stage.pass(MINUTE, SECOND * 20).await;
    assert_eq!(stage.kind(job).await, StateKind::Done);
    let told: String = said_by(&stage, "timmy").into_iter().map(|(_, body)| body).collect();
    assert!(told.contains("Oil helps."), "{told}");
    stage.end().await;
}

#[tokio::test]
async fn what_was_asked_for_and_not_spoken_of_is_told() {
    let stage = live(
        |sandbox| {
            let asked = "Why?\n\n## Acceptance\n\n- [ ] name the cheapest lubricant\n";
            sandbox.edit_issue("alexander", DOOR, THREAD, asked).unwrap();
        },
        |config| config,
    );
    let stage = stage.await;
    let job = asked(&stage).await;
    stage.app.sandbox.comment("ezra", DOOR, THREAD, "It is rusty.").unwrap();
    ends(&stage, "It is rusty.").await;
    assert_eq!(stage.kind(job).await, StateKind::Done, "words prove nothing");
    let told: String = said_by(&stage, "timmy").into_iter().map(|(_, body)| body).collect();
    assert!(told.contains("It does not speak of this"), "{told}");
    stage.end().await;
}

#[tokio::test]
async fn a_person_who_closes_the_issue_accepts_the_answer() {
    let stage = live(|_| {}, |config| config.with("accept.on_yes", "merge")).await;
    let job = asked(&stage).await;
    stage.app.sandbox.comment("ezra", DOOR, THREAD, "Oil helps.").unwrap();
    ends(&stage, "Oil helps.").await;
    let told = said_by(&stage, "timmy");
    assert!(told.iter().any(|(_, body)| body.starts_with("### Is this done?")), "{told:?}");
    stage.app.sandbox.set_open("anna", DOOR, THREAD, false).unwrap();
    stage.pass(MINUTE * 5, MINUTE).await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Accepted));
    stage.end().await;
}
