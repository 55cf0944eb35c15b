//! What is under way when it is changed how its agent is driven.

use std::collections::BTreeSet;
use std::sync::Arc;

use tempfile::TempDir;
use timmy::agents::{self, AgentTask};
use timmy::chance::Chance;
use timmy::clock::{Clock, SystemClock};
use timmy::core::jobs::Purpose;
use timmy::gitea::{ClientOptions, Gitea, Token};
use timmy::store::{Ledger, jobs};
use timmy::temporal::{RemoteHosts, begun_otherwise};

use super::commit;
use super::stage::{at, begin, bid, tracked};
use crate::support::config::Config;
use crate::support::ledger::in_transaction;

/// What the ledger keeps of an attempt of ezra's that is driven by this engine.
fn request(engine: &str, key: &str) -> String {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("ezra.key"), "a-key").unwrap();
    let config = Config::of("http://127.0.0.1:1")
        .with("engine.kind", engine)
        .with("worker.listen", "127.0.0.1:1")
        .agent("ezra", ["coder"])
        .its("kind", "hermes")
        .its("url", "http://127.0.0.1:2")
        .its("key_file", "ezra.key")
        .its("host", "mac");
    let config = config.load(folder.path(), "a-token");
    let forge = ClientOptions::new("http://127.0.0.1:1".parse().unwrap(), Token::new("t").unwrap());
    let forge = Gitea::new(forge).unwrap();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let ledger = Ledger::open(folder.path().join("timmy.db")).unwrap();
    let fleet = match RemoteHosts::of(&config, &forge, &clock, &ledger).unwrap() {
        Some(hosts) => hosts.agents(),
        None => agents::fleet(&config, &forge, &clock, &Chance::default()).unwrap(),
    };
    let prepared = fleet["ezra"].prepare(&AgentTask {
        key: key.to_owned(),
        purpose: Purpose::Code,
        repository: "foundation/door".parse().unwrap(),
        clone_url: "http://127.0.0.1:1/foundation/door.git".parse().unwrap(),
        base_branch: "main".to_owned(),
        base: commit('a'),
        branch: "timmy/1-j1".parse().unwrap(),
        pull: None,
        prompt: "Oil the hinge.".to_owned(),
    });
    serde_json::to_string(&prepared).unwrap()
}

#[test]
fn an_attempt_that_was_begun_otherwise_is_known_and_no_other() {
    for (engine, was_remote) in [("embedded", false), ("temporal", true)] {
        in_transaction(move |tx| {
            tracked(tx)?;
            let job = begin(tx, 1, at(0))?;
            let (lease, _) = jobs::lease(tx, job, &bid("ezra"), at(0))?.expect("a lease");
            let (ezra, nobody) = (BTreeSet::from(["ezra".to_owned()]), BTreeSet::new());
            let (same, other) = if was_remote { (ezra, nobody) } else { (nobody, ezra) };
            // Nothing was asked of its agent yet.
            assert_eq!(begun_otherwise(tx, &same)?, None);
            assert_eq!(begun_otherwise(tx, &other)?, None);
            let request = request(engine, lease.key());
            jobs::prepared(tx, lease.fence(), &request, "main", &commit('a'))?;
            assert_eq!(begun_otherwise(tx, &same)?, None, "{engine}");
            let begun = begun_otherwise(tx, &other)?.expect("an attempt under way").to_string();
            let driven = if was_remote { "by a worker on its host" } else { "from here" };
            let works = format!("ezra works on {job}");
            assert!(begun.contains(&works) && begun.contains(driven), "{begun}");
            Ok(())
        });
    }
}
