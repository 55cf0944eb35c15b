//! A Temporal server that is none, or does not know the namespace: timmy and its worker say so, and go
//! on trying.

use timmy::core::model::incident::Incident;
use timmy::store::{Ledger, incidents};

use super::server::{NAMESPACE, TemporalServer};
use super::workers::WorkerStage;
use crate::support::process::{Run, timmy};

/// What the incident says that jobs stand still, if it is open.
async fn why_jobs_wait(set: &WorkerStage) -> Option<String> {
    let ledger = Ledger::open_read_only(set.stage.ledger()).unwrap();
    let open = ledger.read(incidents::all).await.unwrap();
    let found = open.into_iter().find(|open| open.incident == Incident::JobServerAway);
    found.map(|open| open.text)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_server_is_told() {
    let Some(server) = TemporalServer::start().await else { return };
    let set = WorkerStage::set(&server, 0).await;
    let config = std::fs::read_to_string(&set.stage.launch.config).unwrap();
    let with = |key: &str, before: &str, value: &str| {
        let line = |value: &str| format!("\n{key} = \"{value}\"\n");
        assert_eq!(config.matches(&line(before)).count(), 1, "{config}");
        let changed = config.replace(&line(before), &line(value));
        std::fs::write(&set.stage.launch.config, changed).unwrap();
    };

    // It is a server, and has no such namespace.
    with("namespace", NAMESPACE, "nowhere");
    let bot = set.stage.bot().await;
    let says = async |word: &str| why_jobs_wait(&set).await.is_some_and(|why| why.contains(word));
    set.stage.until("the namespace told", async || says("nowhere").await).await;
    assert!(bot.stop().await.success(), "{}", set.dump());
    let doctor = || {
        let launch = &set.stage.launch;
        let mut command = timmy(launch.config.parent().unwrap(), "doctor --json");
        command.envs(launch.environment.iter().map(|(name, value)| (name, value)));
        Run::of(command.arg("--config").arg(&launch.config))
    };
    let said = doctor();
    assert!(said.code == 1 && said.out.contains("nowhere"), "{}", said.out);
    with("namespace", NAMESPACE, NAMESPACE);
    let said = doctor().out;
    assert!(said.contains(&format!("has the namespace {NAMESPACE}")), "{said}");

    // It listens, and speaks something else.
    let forge = set.stage.sandbox.url().trim_start_matches("http://").trim_end_matches('/');
    with("address", &server.address(), forge);
    let bot = set.stage.bot().await;
    set.stage.until("the address told", async || says(forge).await).await;
    assert!(bot.stop().await.success(), "{}", set.dump());

    // So does a worker.
    set.lead_worker(forge, &set.desk);
    let worker = set.worker();
    set.stage.until("a worker's word", async || set.told().contains(forge)).await;
    assert_eq!(worker.stop().await, Some(0), "{}", set.dump());
}
