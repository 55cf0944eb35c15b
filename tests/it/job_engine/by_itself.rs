//! What starts by itself where `dispatch.auto` says so, and what does not.

use std::io::Write as _;
use std::time::Duration;

use tempfile::NamedTempFile;
use timmy::core::jobs::{JobRecord, Origin, StateKind};
use timmy::core::reply::cards::LedgerCard;
use timmy::core::scheduling::outlook::{ActsAsSuggest, AutoOutlook};
use timmy::core::scheduling::{Beginning, SuggestReason};
use timmy::sandbox::{BranchRule, Mode, Sandbox, Scopes};
use timmy::store::{Connection, Error, jobs};

use super::scripted::Scripted;
use super::stage::{Stage, live_after};
use crate::support::app::Timmy;
use crate::support::clock::{DAY, HOUR, MINUTE};
use crate::support::config::Config;
use crate::support::forge::DOOR;

/// Ready to be begun by timmy itself.
pub const READY: &str = "The hinge in `door.rs` squeaks whenever somebody opens it at night.\n\n\
    Done when it is silent.";

/// Tokens of the agents, by which it is known what their accounts may do.
pub struct Tokens([(&'static str, NamedTempFile); 2]);

impl Tokens {
    pub fn new() -> Self {
        Self(["ezra", "bezalel"].map(|name| (name, NamedTempFile::new().unwrap())))
    }

    pub fn write(&self, sandbox: &Sandbox) {
        for (name, file) in &self.0 {
            let token = sandbox.add_token(name, Scopes::all()).unwrap();
            write!(file.as_file(), "{token}").unwrap();
        }
    }

    /// Where the one of an agent stands.
    pub fn path(&self, agent: &str) -> String {
        let (_, file) = self.0.iter().find(|(name, _)| *name == agent).unwrap();
        file.path().to_str().unwrap().to_owned()
    }

    /// The usual agents, who have them, in a fleet that starts work by itself at the door.
    pub fn fleet(&self, config: Config) -> Config {
        let [ezra, bezalel] =
            [0, 1].map(|nth: usize| self.0[nth].1.path().to_str().unwrap().to_owned());
        config
            .without_agents()
            .agent("ezra", ["coder"])
            .its("token_file", ezra)
            .its("family", "one")
            .agent("bezalel", ["coder"])
            .its("token_file", bezalel)
            .its("family", "two")
            .its("capacity", 2)
            .with("dispatch.auto", [DOOR])
    }
}

/// The default branch is timmy's alone.
pub fn protect(sandbox: &Sandbox, repo: &str) {
    let rule = BranchRule {
        pushers: Some(Vec::new()),
        mergers: Some(vec!["timmy".to_owned()]),
        ..BranchRule::default()
    };
    sandbox.protect(repo, "main", &rule).unwrap();
}

pub fn ready(sandbox: &Sandbox, by: &str) -> i64 {
    sandbox.open_issue(by, DOOR, "The hinge squeaks", READY).unwrap()
}

async fn auto_after(
    span: Duration,
    furnish: impl FnOnce(&Sandbox),
    change: impl FnOnce(Config) -> Config,
) -> Stage {
    auto_with(&Tokens::new(), span, furnish, change).await
}

/// The same, whose tokens outlive its start.
async fn auto_with(
    tokens: &Tokens,
    span: Duration,
    furnish: impl FnOnce(&Sandbox),
    change: impl FnOnce(Config) -> Config,
) -> Stage {
    let furnish = |sandbox: &Sandbox| {
        tokens.write(sandbox);
        sandbox.add_user("rando");
        furnish(sandbox);
    };
    live_after(span, furnish, |config| change(tokens.fleet(config))).await
}

/// A door whose default branch is protected; nothing of it is ready.
async fn auto(change: impl FnOnce(Config) -> Config) -> Stage {
    auto_after(Duration::ZERO, |sandbox| protect(sandbox, DOOR), change).await
}

/// All jobs that there ever were.
fn all(conn: &Connection) -> Result<Vec<JobRecord>, Error> {
    let ids = jobs::live_ids(conn)?.into_iter().chain(jobs::ended_ids(conn, 100)?);
    ids.filter_map(|id| jobs::record(conn, id).transpose()).collect()
}

/// The issues of which there were jobs, in order.
async fn begun(stage: &Stage) -> Vec<i64> {
    let mut jobs = stage.app.timmy.read(all).await;
    jobs.sort_by_key(|record| record.job.spec.id);
    jobs.iter().map(|record| record.job.spec.given().unwrap().number).collect()
}

/// How an issue would begin.
async fn beginning(stage: &Stage, number: i64) -> Option<Beginning> {
    let judged = stage.app.timmy.engine().ranking().await.unwrap();
    let choice = judged.choices().iter().find(|choice| choice.thread.number == number)?;
    choice.winner.as_ref().map(|winner| winner.beginning)
}

fn held(reason: SuggestReason) -> Option<Beginning> {
    Some(Beginning::HeldBack(reason))
}

fn calls(stage: &Stage) -> usize {
    stage.ezra.script().sent.len() + stage.bezalel.script().sent.len()
}

#[tokio::test]
async fn what_a_person_opens_starts_by_itself_and_its_card_says_so_first() {
    let stage = auto(|config| config).await;
    let number = ready(&stage.app.sandbox, "anna");
    stage.pass(3 * MINUTE, MINUTE).await;
    let jobs = stage.app.timmy.read(all).await;
    let [record] = jobs.as_slice() else { panic!("{} jobs", jobs.len()) };
    assert_eq!((record.job.spec.given().unwrap().number, calls(&stage)), (number, 1));
    assert_eq!(record.job.spec.origin, Origin::Match);
    assert_eq!(record.job.state.kind(), StateKind::Running);
    let said = stage.app.sandbox.comments(DOOR, number).unwrap();
    assert_eq!(said.len(), 1, "one card, and nothing else: {said:?}");
    assert!(LedgerCard::read(said[0].id, &said[0].body).is_some(), "{}", said[0].body);
    stage.pass(5 * MINUTE, MINUTE).await;
    assert_eq!((begun(&stage).await, calls(&stage)), (vec![number], 1));
    stage.end().await;
}

#[tokio::test]
async fn what_was_there_before_is_only_suggested_until_a_person_touches_it() {
    let furnish = |sandbox: &Sandbox| {
        protect(sandbox, DOOR);
        ready(sandbox, "anna");
    };
    let stage = auto_after(2 * DAY, furnish, |config| config).await;
    stage.pass(3 * MINUTE, MINUTE).await;
    assert_eq!(begun(&stage).await, [0; 0]);
    assert_eq!(beginning(&stage, 9).await, held(SuggestReason::Old));
    stage.app.sandbox.comment("anna", DOOR, 9, "It squeaks again.").unwrap();
    stage.pass(3 * MINUTE, MINUTE).await;
    assert_eq!(begun(&stage).await, [9]);
    stage.end().await;
}

#[tokio::test]
async fn an_agent_that_may_push_to_the_default_branch_is_only_suggested() {
    let stage = auto_after(Duration::ZERO, |_| {}, |config| config).await;
    let number = ready(&stage.app.sandbox, "anna");
    stage.pass(3 * MINUTE, MINUTE).await;
    assert_eq!(begun(&stage).await, [0; 0]);
    assert_eq!(beginning(&stage, number).await, held(SuggestReason::Unprotected));
    protect(&stage.app.sandbox, DOOR);
    stage.pass(13 * MINUTE, MINUTE).await;
    assert_eq!(begun(&stage).await, [number], "it is asked again");
    stage.end().await;
}

#[tokio::test]
async fn while_the_default_branch_is_red_only_p0_starts() {
    let stage = auto(|config| config.with("dispatch.starts_per_day", 2)).await;
    let sandbox = &stage.app.sandbox;
    sandbox.set_status("anna", DOOR, "main", ("ci/test", "failure")).unwrap();
    let number = ready(sandbox, "anna");
    stage.pass(3 * MINUTE, MINUTE).await;
    assert_eq!(begun(&stage).await, [0; 0], "nothing begins only to wait");
    assert!(sandbox.comments(DOOR, number).unwrap().is_empty(), "so no card is posted");
    assert_eq!(beginning(&stage, number).await, held(SuggestReason::DefaultBranchRed));
    let judged = stage.app.timmy.engine().ranking().await.unwrap();
    let auto = AutoOutlook::of(&judged, |_| Some(DOOR.to_owned())).expect("it is wished");
    let (place, reason) = (Some(DOOR.to_owned()), SuggestReason::DefaultBranchRed);
    assert_eq!(auto.suggests, [ActsAsSuggest { place, agent: None, reason }]);
    sandbox.add_label(DOOR, "priority/p0", true).unwrap();
    let urgent = ready(sandbox, "anna");
    sandbox.label("anna", DOOR, urgent, &["priority/p0"]).unwrap();
    stage.pass(3 * MINUTE, MINUTE).await;
    assert_eq!(begun(&stage).await, [urgent]);
    sandbox.set_status("anna", DOOR, "main", ("ci/test", "success")).unwrap();
    stage.pass(13 * MINUTE, MINUTE).await;
    assert_eq!(begun(&stage).await, [urgent, number], "the day has room still");
    stage.end().await;
}

#[tokio::test]
async fn a_branch_that_turns_red_costs_one_start_and_no_more() {
    let stage = auto(|config| config).await;
    let sandbox = &stage.app.sandbox;
    let first = ready(sandbox, "anna");
    stage.pass(3 * MINUTE, MINUTE).await;
    sandbox.set_status("anna", DOOR, "main", ("ci/test", "failure")).unwrap();
    let second = ready(sandbox, "anna");
    stage.pass(3 * MINUTE, MINUTE).await;
    assert_eq!((begun(&stage).await, calls(&stage)), (vec![first, second], 1));
    let third = ready(sandbox, "anna");
    stage.pass(2 * MINUTE, MINUTE).await;
    assert_eq!(begun(&stage).await, [first, second]);
    assert_eq!(beginning(&stage, third).await, held(SuggestReason::DefaultBranchRed));
    sandbox.set_status("anna", DOOR, "main", ("ci/test", "success")).unwrap();
    stage.pass(13 * MINUTE, MINUTE).await;
    assert_eq!(calls(&stage), 2, "what waited goes on");
    assert_ne!(beginning(&stage, third).await, held(SuggestReason::DefaultBranchRed));
    stage.end().await;
}

#[tokio::test]
async fn what_the_forge_does_not_show_of_an_agent_is_no_protection() {
    let without_tokens = |config: Config| {
        let config = config.without_agents().with("dispatch.auto", [DOOR]);
        config.agent("ezra", ["coder"]).agent("bezalel", ["coder"])
    };
    let stage = auto(without_tokens).await;
    let number = ready(&stage.app.sandbox, "anna");
    stage.pass(3 * MINUTE, MINUTE).await;
    assert_eq!(begun(&stage).await, [0; 0]);
    assert_eq!(beginning(&stage, number).await, held(SuggestReason::RightsUnknown));
    stage.end().await;
}

#[tokio::test]
async fn a_strangers_issue_starts_nothing() {
    let stage = auto(|config| config).await;
    let number = ready(&stage.app.sandbox, "rando");
    stage.pass(3 * MINUTE, MINUTE).await;
    assert_eq!(begun(&stage).await, [0; 0]);
    assert_eq!(beginning(&stage, number).await, held(SuggestReason::AuthorNotAllowed));
    stage.app.sandbox.collaborator(DOOR, "rando", Mode::Read).unwrap();
    stage.pass(65 * MINUTE, 5 * MINUTE).await;
    assert_eq!(begun(&stage).await, [number]);
    stage.end().await;
}

#[tokio::test]
async fn no_more_start_than_may_on_a_day() {
    let stage = auto(|config| config.with("dispatch.starts_per_day", 1)).await;
    let first = ready(&stage.app.sandbox, "anna");
    stage.pass(3 * MINUTE, MINUTE).await;
    let second = ready(&stage.app.sandbox, "anna");
    stage.pass(3 * MINUTE, MINUTE).await;
    assert_eq!(begun(&stage).await, [first]);
    assert!(matches!(beginning(&stage, second).await, Some(Beginning::HeldBack(_))));
    stage.pass(11 * HOUR, HOUR).await;
    assert_eq!(begun(&stage).await, [first, second], "it is another day");
    stage.end().await;
}

#[tokio::test]
async fn on_trial_an_agent_has_one_job_at_a_time_and_nothing_large() {
    let alone = |config: Config| config.with("dispatch.per_repository", 8);
    let stage = auto(alone).await;
    let sandbox = &stage.app.sandbox;
    sandbox.add_label(DOOR, "size/l", true).unwrap();
    let large = ready(sandbox, "anna");
    sandbox.label("anna", DOOR, large, &["size/l"]).unwrap();
    stage.pass(3 * MINUTE, MINUTE).await;
    assert_eq!(begun(&stage).await, [0; 0]);
    assert_eq!(beginning(&stage, large).await, held(SuggestReason::TooLargeForTrial));
    let others: Vec<i64> = (0..3).map(|_| ready(sandbox, "anna")).collect();
    stage.pass(5 * MINUTE, MINUTE).await;
    assert_eq!(begun(&stage).await, others[..2], "one for each agent");
    stage.end().await;
}

#[tokio::test]
async fn a_repository_that_wants_less_gets_less() {
    let furnish = |sandbox: &Sandbox| {
        let policy = [(".timmy.toml", "mode = \"suggest\"\n")];
        sandbox.commit("anna", DOOR, "main", &policy, "Only suggest").unwrap();
        protect(sandbox, DOOR);
    };
    let stage = auto_after(Duration::ZERO, furnish, |config| config).await;
    let number = ready(&stage.app.sandbox, "anna");
    stage.pass(3 * MINUTE, MINUTE).await;
    assert_eq!(begun(&stage).await, [0; 0]);
    assert_eq!(beginning(&stage, number).await, held(SuggestReason::Policy));
    stage.end().await;
}

#[tokio::test]
async fn of_two_ledgers_one_begins_and_the_other_stops_to_start_by_itself() {
    let tokens = Tokens::new();
    let door = |sandbox: &Sandbox| protect(sandbox, DOOR);
    let mut stage = auto_with(&tokens, Duration::ZERO, door, |config| config).await;
    let mut other =
        Timmy::asleep(stage.app.timmy.config.clone(), &stage.app.timmy.token, &stage.app.clock);
    let agents = [Scripted::new(), Scripted::new()];
    for (name, agent) in ["ezra", "bezalel"].into_iter().zip(&agents) {
        other.drivers.agents.insert(name.to_owned(), std::sync::Arc::new(agent.clone()));
    }
    other.wake().await;
    let number = ready(&stage.app.sandbox, "anna");
    for _ in 0..6 {
        stage.wait(MINUTE).await;
        other.engine().notify();
        other.quiet().await;
        stage.go().await;
    }
    let theirs: usize = agents.iter().map(|agent| agent.script().sent.len()).sum();
    assert_eq!(calls(&stage) + theirs, 1, "one of them calls an agent");
    let loser = if theirs == 0 { &other } else { &stage.app.timmy };
    let noted = loser.noted().await;
    assert!(noted.contains("works as my account"), "{noted}");
    let said = stage.app.sandbox.comments(DOOR, number).unwrap();
    assert_eq!(said.iter().filter(|one| one.body.contains("another timmy")).count(), 1);
    other.stop().await;
    stage.app.timmy.stop().await;
}

#[tokio::test]
async fn a_crash_at_any_moment_starts_nothing_twice() {
    let tokens = Tokens::new();
    let door = |sandbox: &Sandbox| protect(sandbox, DOOR);
    let mut stage = auto_with(&tokens, Duration::ZERO, door, |config| config).await;
    let number = ready(&stage.app.sandbox, "anna");
    for _ in 0..4 {
        stage.app.clock.advance(MINUTE);
        stage.app.timmy.engine().notify();
        stage.app.timmy.kill().await;
        stage.app.timmy.start().await;
    }
    stage.go().await;
    stage.pass(4 * MINUTE, MINUTE).await;
    assert_eq!((begun(&stage).await, calls(&stage)), (vec![number], 1));
    assert_eq!(stage.app.sandbox.comments(DOOR, number).unwrap().len(), 1);
    stage.end().await;
}
