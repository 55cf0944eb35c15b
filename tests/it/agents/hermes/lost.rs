//! What goes wrong between start and end: nothing is started twice, and nothing is called lost that
//! is not.

use std::sync::Arc;
use std::time::Duration;

use timmy::agents::{Agent, AgentTrouble, Sighting, Started};
use timmy::chance::Chance;
use timmy::clock::{Clock, SystemClock, Waiting};
use timmy::core::model::time::Timestamp;
use timmy::gitea::{ClientOptions, Gitea, Token};
use timmy::sandbox::gateway::RunStatus;
use timmy::sandbox::{Fault, Gate, Matcher};

use super::stage::{BOTH, NEW, OLD, Stage, accepted, agent_at};
use crate::support::clock::SECOND;
use crate::support::process::until;

/// A clock on which whoever waits a little is there at once; only answers have all the time.
struct Patient;

impl Clock for Patient {
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    fn until(&self, moment: Timestamp) -> Waiting {
        SystemClock.until(moment)
    }

    fn uptime(&self) -> Duration {
        SystemClock.uptime()
    }

    fn sleep(&self, span: Duration) -> Waiting {
        match span < 10 * SECOND {
            true => Box::pin(std::future::ready(())),
            false => SystemClock.sleep(span),
        }
    }
}

#[tokio::test]
async fn the_same_start_twice_is_one_run() {
    let stage = Stage::of(NEW).await;
    let request = stage.prepared("timmy:l:j1:a1", "hang");
    let first = accepted(stage.agent.start(&request).await.unwrap());
    let second = accepted(stage.agent.start(&request).await.unwrap());
    assert_eq!(first, second);
    assert_eq!(stage.agent.find(&request).await, Ok(Some(first)));
    assert_eq!(stage.gateway.runs().len(), 1);
    assert_eq!(stage.gateway.runs()[0].idempotency_key.as_deref(), Some("timmy:l:j1:a1"));

    let other = stage.prepared("timmy:l:j1:a1", "something else");
    let refused = stage.agent.start(&other).await.unwrap();
    assert_eq!(refused, Started::Refused(AgentTrouble::Conflict));
}

#[tokio::test]
async fn a_start_whose_answer_is_lost_is_found_and_not_repeated() {
    for version in BOTH {
        let stage = Stage::of(version).await;
        let request = stage.prepared("k", "hang");
        stage.gateway.faults().next(Matcher::method_path("POST", "/v1/runs"), Fault::CutAfter);
        let started = stage.agent.start(&request).await.unwrap();
        assert!(matches!(started, Started::Unknown(_)), "{started:?}");
        let found = stage.agent.find(&request).await.unwrap().expect("it was started");
        assert!(matches!(stage.seen(&found).await, Sighting::Working { .. }));
        // Even a start that nobody looked before finds it.
        accepted(stage.agent.start(&request).await.unwrap());
        assert_eq!(stage.gateway.runs().len(), 1);
        match version == NEW {
            true => {
                stage.agent.stop(&found).await.unwrap();
                assert!(matches!(stage.end(&found).await, Sighting::Stopped(_)));
            }
            // Only its session is known, which cannot be stopped.
            false => {
                assert_eq!(stage.agent.stop(&found).await, Err(AgentTrouble::Unsupported));
            }
        }
    }
}

#[tokio::test]
async fn one_whose_name_nobody_knows_is_followed_by_its_session() {
    let stage = Stage::of(OLD).await;
    let request = stage.prepared("k", "all is done");
    stage.gateway.faults().next(Matcher::method_path("POST", "/v1/runs"), Fault::CutAfter);
    stage.agent.start(&request).await.unwrap();
    stage.until(RunStatus::Completed).await;
    let found = stage.agent.find(&request).await.unwrap().expect("it was started");
    let Sighting::Ended(ending) = stage.end(&found).await else { panic!() };
    assert_eq!(ending.text, "all is done");
}

#[tokio::test]
async fn a_start_that_never_arrived_is_surely_none() {
    for version in BOTH {
        let stage = Stage::at(version, Arc::new(Patient)).await;
        let request = stage.prepared("k", "hang");
        stage.gateway.faults().next(Matcher::method_path("POST", "/v1/runs"), Fault::CutBefore);
        let started = stage.agent.start(&request).await.unwrap();
        assert!(matches!(started, Started::Unknown(_)), "{started:?}");
        assert_eq!(stage.agent.find(&request).await, Ok(None));
        accepted(stage.agent.start(&request).await.unwrap());
        assert_eq!(stage.gateway.runs().len(), 1);
    }
}

#[tokio::test]
async fn a_gateway_that_died_tells_what_became_of_a_run() {
    for version in BOTH {
        let mut stage = Stage::of(version).await;
        let (request, ended) =
            (stage.prepared("a", "hang"), stage.started("b", "it is done").await);
        stage.until(RunStatus::Completed).await;
        let run = accepted(stage.agent.start(&request).await.unwrap());
        stage.gateway.kill().await;
        // Its port may have been lent to somebody else, who gives it back.
        let is_down = async || matches!(stage.agent.follow(&run).await, Err(AgentTrouble::Down(_)));
        until("it is seen to be down", is_down).await;
        let refused = stage.agent.start(&stage.prepared("c", "x")).await.unwrap();
        assert!(matches!(refused, Started::Refused(AgentTrouble::Down(_))), "{refused:?}");
        stage.gateway.restart().await.unwrap();
        assert_eq!(stage.seen(&run).await, Sighting::Lost);
        // What came to its end before that is known to have done so.
        let Sighting::Ended(ending) = stage.seen(&ended).await else { panic!() };
        assert_eq!(ending.text, "it is done");
        // The same start again starts nothing: it was started.
        assert!(stage.agent.find(&request).await.unwrap().is_some());
        accepted(stage.agent.start(&request).await.unwrap());
        assert_eq!(stage.gateway.runs().len(), 2);
    }
}

#[tokio::test]
async fn one_that_dies_between_start_and_answer_is_asked_when_it_is_back() {
    for version in BOTH {
        let mut stage = Stage::of(version).await;
        let gate = Gate::new();
        let hang = Fault::HangAfter(gate.clone());
        stage.gateway.faults().next(Matcher::method_path("POST", "/v1/runs"), hang);
        let request = stage.prepared("k", "hang");
        let Stage { gateway, agent } = &mut stage;
        let (started, ()) = tokio::join!(agent.start(&request), async {
            gate.reached().await;
            gateway.kill().await;
        });
        assert!(matches!(started, Ok(Started::Unknown(_))), "{started:?}");
        stage.gateway.restart().await.unwrap();
        let found = stage.agent.find(&request).await.unwrap().expect("it was started");
        // An old one cannot tell that it was another process.
        let seen = stage.seen(&found).await;
        match version == NEW {
            true => assert_eq!(seen, Sighting::Lost),
            false => assert!(matches!(seen, Sighting::Working { .. }), "{seen:?}"),
        }
        assert_eq!(stage.gateway.runs().len(), 1);
    }
}

#[tokio::test]
async fn another_key_of_the_gateway_starts_nothing_twice() {
    let stage = Stage::of(NEW).await;
    let request = stage.prepared("k", "hang");
    let run = accepted(stage.agent.start(&request).await.unwrap());
    stage.gateway.rotate_key("another-key-of-the-gateway");
    assert_eq!(stage.agent.follow(&run).await, Err(AgentTrouble::BadKey));
    assert_eq!(stage.agent.health().await, Err(AgentTrouble::BadKey));

    let url = stage.gateway.url();
    let agent = agent_at(&url, "another-key-of-the-gateway", Arc::new(SystemClock));
    let found = agent.find(&request).await.unwrap().expect("its session is there");
    assert!(matches!(agent.follow(&found).await, Ok(Sighting::Working { .. })));
    assert!(matches!(agent.follow(&run).await, Ok(Sighting::Working { .. })));
    accepted(agent.start(&request).await.unwrap());
    assert_eq!(stage.gateway.runs().len(), 1);
}

#[tokio::test]
async fn a_key_that_was_changed_in_its_file_is_read_again() {
    let stage = Stage::of(NEW).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, timmy::sandbox::gateway::GatewayOptions::default().key).unwrap();
    let text = format!(
        "[gitea]\nurl = \"https://git.example.org\"\ntoken_file = {path:?}\nwatch = [\"a\"]\n\
         [people]\nowner = \"o\"\noperators = []\napprovers = []\n\
         [[agent]]\nname = \"ezra\"\nkind = \"hermes\"\naccount = \"ezra\"\nroles = [\"coder\"]\n\
         url = {:?}\nkey_file = {path:?}\n",
        stage.gateway.url(),
    );
    let file = folder.path().join("timmy.toml");
    std::fs::write(&file, text).unwrap();
    let loaded = timmy::config::load(&file, &|_| None).unwrap();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let gitea = &loaded.config.gitea;
    let token = Token::new(gitea.token.expose()).unwrap();
    let forge = Gitea::new(ClientOptions::new(gitea.url.clone(), token)).unwrap();
    let fleet = timmy::agents::fleet(&loaded.config, &forge, &clock, &Chance::default()).unwrap();
    fleet["ezra"].health().await.unwrap();
    stage.gateway.rotate_key("another-key-of-the-gateway");
    std::fs::write(&path, "another-key-of-the-gateway\n").unwrap();
    fleet["ezra"].health().await.unwrap();
}

#[tokio::test]
async fn one_that_comes_back_as_another_version_is_asked_what_it_can() {
    let mut stage = Stage::of(OLD).await;
    let request = stage.prepared("k", "hang");
    let run = accepted(stage.agent.start(&request).await.unwrap());
    stage.gateway.kill().await;
    stage.gateway.become_version(NEW);
    stage.gateway.restart().await.unwrap();
    assert!(stage.agent.health().await.unwrap().capabilities.keyed);
    assert_eq!(stage.seen(&run).await, Sighting::Lost);
    // Its session is there, its key is not: what the look started by that is stopped at once.
    let found = stage.agent.find(&request).await.unwrap().expect("its session is there");
    stage.until(RunStatus::Cancelled).await;
    assert!(matches!(stage.seen(&found).await, Sighting::Working { .. } | Sighting::Lost));
}
