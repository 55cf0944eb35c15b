//! Decisions and dead letters are told elsewhere, once each: what they are and a link, and nothing of
//! what they say.

use timmy::agents::{AgentTrouble, FailureKind, Sighting};
use timmy::core::jobs::money::Usage;
use timmy::core::jobs::{JobEvent, JobId, JobLimits, NewJob, Origin, Purpose, StateKind};
use timmy::core::model::ids::ThreadId;
use timmy::sandbox::{Mode, Sandbox};
use timmy::store::backlog;

use super::decisions::{delivered, said};
use super::scripted::{Scripted, ended};
use super::stage::{Stage, awake_where, live};
use crate::support::clock::{HOUR, MINUTE, SECOND};
use crate::support::config::Config;
use crate::support::forge::DOOR;
use crate::support::notified::NotifiedReceiver;

fn told_to(receiver: &NotifiedReceiver) -> impl FnOnce(Config) -> Config {
    let url = receiver.url.clone();
    move |config| config.with("notify.kind", "webhook").with("notify.url", url)
}

fn told(receiver: &NotifiedReceiver) -> Vec<String> {
    receiver.told().into_iter().map(|(kind, name)| format!("{kind} {name}")).collect()
}

fn link(stage: &Stage, rest: &str) -> String {
    format!("{}/{DOOR}/{rest}", stage.app.sandbox.url().trim_end_matches('/'))
}

/// The jobs and messages that were told as dead.
fn told_dead(receiver: &NotifiedReceiver) -> Vec<String> {
    told(receiver).into_iter().filter(|told| told.starts_with("dead_letter")).collect()
}

/// The agent does not understand what is asked next.
fn is_not_understood(agent: &Scripted) {
    let (kind, reason) = (FailureKind::BadRequest, "400: no".to_owned());
    let failed = Sighting::Failed { kind, reason, usage: Usage::NONE };
    agent.script().plan.push_back(failed);
}

/// An issue is given to an agent, who gives up at once.
async fn dies(stage: &Stage, number: i64, (name, agent): (&str, &Scripted)) -> JobId {
    is_not_understood(agent);
    let job = stage.assign(number, Some(name)).await;
    stage.follow().await;
    assert_eq!(stage.kind(job).await, StateKind::Dead);
    job
}

#[tokio::test]
async fn a_question_is_told_once_with_a_link_to_it() {
    let receiver = NotifiedReceiver::start().await;
    let told_there = told_to(&receiver);
    let mut stage = live(|_| {}, |config| told_there(config).with("accept.on_yes", "merge")).await;
    let (job, _) = delivered(&stage).await;
    assert_eq!(stage.kind(job).await, StateKind::Deciding);
    stage.pass(MINUTE, SECOND * 20).await;
    assert_eq!(told(&receiver), ["decision d1"]);
    let (question, _) =
        said(&stage).into_iter().rfind(|(_, body)| body.starts_with("### ")).unwrap();
    let message = receiver.came().remove(0);
    let expected = link(&stage, &format!("issues/1#issuecomment-{question}"));
    assert_eq!(message.json()["link"], expected);
    for private in ["Oil", "oil.md", "Door 1", "ezra", "alexander"] {
        assert!(!message.body.contains(private), "{}", message.body);
    }

    stage.pass(HOUR * 2, MINUTE * 10).await;
    stage.app.timmy.stop().await;
    stage.app.timmy.wake().await;
    stage.pass(MINUTE, SECOND * 20).await;
    assert_eq!(told(&receiver), ["decision d1"]);

    stage.end().await;
}

#[tokio::test]
async fn a_job_that_dies_is_told_once() {
    let receiver = NotifiedReceiver::start().await;
    let stage = awake_where(told_to(&receiver)).await;
    for agent in [&stage.ezra, &stage.bezalel] {
        let failed = || Sighting::Failed {
            kind: FailureKind::GaveUp,
            reason: "ran out of turns".to_owned(),
            usage: Usage::NONE,
        };
        agent.script().plan.extend([failed(), failed(), failed()]);
    }
    let job = stage.assign(1, None).await;
    stage.pass(HOUR, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Dead);
    stage.pass(HOUR, MINUTE * 5).await;
    let dead: Vec<String> =
        told(&receiver).into_iter().filter(|told| told.starts_with("dead_letter")).collect();
    assert_eq!(dead, ["dead_letter j1"]);
    let message = receiver.came().into_iter().find(|came| came.json()["name"] == "j1").unwrap();
    assert_eq!(message.json()["link"], link(&stage, "issues/1"));
    stage.end().await;
}

/// Whoever switches it on is told no old stories.
#[tokio::test]
async fn what_was_before_it_was_switched_on() {
    let receiver = NotifiedReceiver::start().await;
    let mut stage = awake_where(|config| config).await;
    for agent in [&stage.ezra, &stage.bezalel] {
        let failed = || Sighting::Failed {
            kind: FailureKind::GaveUp,
            reason: "ran out of turns".to_owned(),
            usage: Usage::NONE,
        };
        agent.script().plan.extend([failed(), failed(), failed()]);
    }
    let dead = stage.assign(2, None).await;
    stage.pass(HOUR, MINUTE).await;
    assert_eq!(stage.kind(dead).await, StateKind::Dead);
    stage.app.timmy.stop().await;
    stage.app.timmy.config = told_to(&receiver)(stage.app.timmy.config.clone());
    stage.app.timmy.wake().await;
    stage.pass(MINUTE * 5, MINUTE).await;
    let told = told(&receiver);
    assert!(!told.iter().any(|told| told.starts_with("dead_letter")), "{told:?}");
    stage.end().await;
}

/// It is one o'clock, and quiet until three.
#[tokio::test]
async fn what_was_taken_up_again_in_quiet_hours_is_not_told_as_dead() {
    let receiver = NotifiedReceiver::start().await;
    let told_there = told_to(&receiver);
    let quiet = |config: Config| told_there(config).with("people.quiet_hours", "12:30-15:00");
    let stage = awake_where(quiet).await;
    let taken_up = dies(&stage, 1, ("ezra", &stage.ezra)).await;
    let left = dies(&stage, 2, ("bezalel", &stage.bezalel)).await;
    stage.pass(MINUTE * 2, MINUTE / 2).await;
    assert_eq!(told(&receiver), [""; 0]);
    stage.bezalel.script().plan.push_back(ended("done"));
    stage.tell(taken_up, JobEvent::Retry(Some("bezalel".to_owned()))).await;
    stage.follow().await;
    assert_eq!(stage.kind(taken_up).await, StateKind::Done);
    stage.pass(HOUR * 2 + MINUTE * 30, MINUTE * 5).await;
    assert_eq!(told_dead(&receiver), [format!("dead_letter {left}")]);
    stage.end().await;
}

/// Neither its name nor the number of its issue goes anywhere else.
#[tokio::test]
async fn what_is_not_public_is_looked_at_on_the_forge() {
    const VAULT: &str = "foundation/vault";
    let receiver = NotifiedReceiver::start().await;
    let furnish = |sandbox: &Sandbox| {
        sandbox.add_repo(VAULT, true).unwrap();
        for login in ["timmy", "anna", "ezra"] {
            sandbox.collaborator(VAULT, login, Mode::Write).unwrap();
        }
        sandbox.commit("anna", VAULT, "main", &[("code.md", "1234")], "Begin").unwrap();
        sandbox.open_issue("alexander", VAULT, "The vault's code", "It is known.").unwrap();
    };
    let stage = live(furnish, told_to(&receiver)).await;
    let tracked = stage.app.timmy.read(backlog::tracked).await;
    let vault = tracked.into_iter().find(|repo| repo.name.to_string() == VAULT).unwrap().id;
    // What was given up before anybody was to be told is an old story.
    stage.app.clock.advance(SECOND);
    is_not_understood(&stage.ezra);
    let job = stage.create(NewJob {
        adopts: None,
        claims_by_card: false,
        crew: None,
        thread: ThreadId { repo: vault, number: 1 }.into(),
        purpose: Purpose::Code,
        role: "coder".to_owned(),
        origin: Origin::Person("alexander".to_owned()),
        agent: Some("ezra".to_owned()),
        limits: JobLimits::default(),
        budget: None,
    });
    let job = job.await;
    stage.follow().await;
    assert_eq!(stage.kind(job).await, StateKind::Dead);
    stage.pass(MINUTE * 3, SECOND * 20).await;
    assert_eq!(told_dead(&receiver), [format!("dead_letter {job}")]);
    let name = job.to_string();
    let message = receiver.came().into_iter().find(|came| came.json()["name"] == name).unwrap();
    let forge = format!("{}/", stage.app.sandbox.url().trim_end_matches('/'));
    assert_eq!(message.json()["link"], forge);
    assert!(!format!("{:?}", receiver.came()).contains("vault"), "{:?}", receiver.came());
    stage.end().await;
}

#[tokio::test]
async fn an_agent_that_needs_something_is_named_with_what_to_do() {
    let receiver = NotifiedReceiver::start().await;
    let stage = awake_where(told_to(&receiver)).await;
    stage.ezra.script().trouble = Some(AgentTrouble::BadKey);
    stage.pass(MINUTE * 3, SECOND * 20).await;
    assert_eq!(told(&receiver), ["incident agent ezra: key refused"]);
    let message = receiver.came().remove(0).json();
    let remedy = message["remedy"].as_str().unwrap();
    assert!(remedy.starts_with("Put its gateway's key into its key_file"), "{remedy}");
    stage.ezra.script().trouble = None;
    stage.end().await;
}

/// What waited when it was switched off, and what died while it was off, are old stories.
#[tokio::test]
async fn what_was_while_it_was_switched_off() {
    let receiver = NotifiedReceiver::start().await;
    let told_there = told_to(&receiver);
    let mut stage =
        awake_where(|config| told_there(config).with("people.quiet_hours", "12:30-15:00")).await;
    dies(&stage, 1, ("ezra", &stage.ezra)).await;
    stage.pass(MINUTE, MINUTE / 2).await;
    stage.app.timmy.stop().await;

    let on = stage.app.timmy.config.clone();
    stage.app.timmy.config = on.clone().without_table("notify");
    stage.app.timmy.wake().await;
    dies(&stage, 2, ("bezalel", &stage.bezalel)).await;
    let waits = stage.app.timmy.read(timmy::store::notifications::waiting).await;
    assert_eq!(waits, (0, None), "nobody is waited for");
    stage.app.timmy.stop().await;

    stage.app.timmy.config = on;
    stage.app.timmy.wake().await;
    stage.pass(HOUR * 2 + MINUTE * 30, MINUTE * 5).await;
    assert_eq!(told_dead(&receiver), [""; 0]);
    let after = dies(&stage, 3, ("bezalel", &stage.bezalel)).await;
    stage.pass(MINUTE, MINUTE / 2).await;
    assert_eq!(told_dead(&receiver), [format!("dead_letter {after}")]);
    stage.end().await;
}
