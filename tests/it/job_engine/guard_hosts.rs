//! Guards that another host runs: it may be away for as long as it likes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use timmy::core::guards::{FindingCode, GuardFinding, GuardName, GuardResult, Sentence};
use timmy::core::jobs::{Done, State, StateKind};
use timmy::core::model::incident::Incident;
use timmy::guard_runs::{
    GuardCall, GuardHost, GuardOrder, GuardSandbox, GuardTrial, HostTrouble, TrialEnd,
};
use timmy::sandbox::Sandbox;
use timmy::store::incidents;
use url::Url;

use super::guards::{found, hands_in, proposed, verdict};
use super::stage::{Stage, live_with_guards_on};
use crate::support::clock::{HOUR, MINUTE, SECOND};
use crate::support::config::Config;
use crate::support::forge::DOOR;

const NAME: &str = "vps-2";

/// A host that says of each guard what it is told to, once it is there.
#[derive(Clone, Default)]
struct Host {
    is_there: Arc<AtomicBool>,
    blocks: Arc<AtomicBool>,
    asked: Arc<Mutex<Vec<(GuardOrder, Url)>>>,
}

impl Host {
    fn orders(&self) -> Vec<(GuardOrder, Url)> {
        self.asked.lock().unwrap().clone()
    }

    fn said(&self, order: &GuardOrder) -> Result<Vec<GuardResult>, HostTrouble> {
        if !self.is_there.load(Ordering::SeqCst) {
            return Err(HostTrouble::Away("nobody came for it".to_owned()));
        }
        let blocks = self.blocks.load(Ordering::SeqCst);
        let result = |name: &str| {
            let guard = GuardName::Script(name.to_owned());
            let said = Sentence::of("The last that it printed: {}", &["no hinge"]);
            let finding = GuardFinding::new(guard.clone(), FindingCode::ScriptBlocks, said);
            let findings = if blocks { vec![finding] } else { Vec::new() };
            GuardResult::new(guard, Sentence::of("it ran", &[]), findings)
        };
        Ok(order.plan.scripts.iter().map(|(name, _)| result(name)).collect())
    }
}

impl GuardHost for Host {
    fn name(&self) -> &str {
        NAME
    }

    fn run<'a>(&'a self, order: &'a GuardOrder, from: &'a Url) -> GuardCall<'a, Vec<GuardResult>> {
        self.asked.lock().unwrap().push((order.clone(), from.clone()));
        Box::pin(async move { self.said(order) })
    }

    fn try_out<'a>(&'a self, _: &'a GuardTrial) -> GuardCall<'a, TrialEnd> {
        Box::pin(async { Err(HostTrouble::Away("nobody came for it".to_owned())) })
    }
}

fn door(sandbox: &Sandbox) {
    sandbox.commit("alexander", DOOR, "main", &[("door.sh", "open\n")], "A door").unwrap();
}

fn with_script(config: Config) -> Config {
    config.and(
        "[[guards.script]]\nname = \"poka-yoke\"\nkind = \"exit_code\"\ncommand = [\"check\"]\n\
         timeout = \"1m\"\n",
    )
}

/// What is said of its being away, while it is.
async fn is_away(stage: &Stage) -> Option<String> {
    let open = stage.app.timmy.read(incidents::all).await;
    let away = Incident::GuardHostAway { host: NAME.to_owned() };
    open.into_iter().find(|open| open.incident == away).map(|open| open.text)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verdict_waits_for_the_host_that_is_away_and_nobody_is_blamed() {
    let host = Host::default();
    let stage = live_with_guards_on(Arc::new(host.clone()), door, with_script).await;
    let (job, commit) = proposed(&stage, ("door.sh", "open wide\n")).await;
    hands_in(&stage, &commit).await;
    // Far more often than commits are tried to be had.
    stage.pass(MINUTE * 20, SECOND * 30).await;
    // And for longer than anything else is waited for that is to be judged.
    stage.pass(HOUR * 4, MINUTE * 5).await;
    assert_eq!(stage.kind(job).await, StateKind::Verifying);
    assert!(host.orders().len() > 5, "{}", host.orders().len());
    let why = is_away(&stage).await.expect("an incident");
    assert!(why.contains(NAME) && why.contains("nobody came for it"), "{why}");
    assert_eq!(found(&stage, job).await, Vec::<String>::new());
    host.is_there.store(true, Ordering::SeqCst);
    stage.pass(MINUTE * 4, SECOND * 30).await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Verified));
    assert_eq!(verdict(&stage, &commit).as_deref(), Some("success"));
    assert_eq!(is_away(&stage).await, None);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_host_finds_goes_back_to_the_agent() {
    let host = Host::default();
    host.is_there.store(true, Ordering::SeqCst);
    host.blocks.store(true, Ordering::SeqCst);
    let stage = live_with_guards_on(Arc::new(host.clone()), door, with_script).await;
    let (job, commit) = proposed(&stage, ("door.sh", "open wide\n")).await;
    hands_in(&stage, &commit).await;
    assert_eq!(stage.kind(job).await, StateKind::BackingOff);
    assert_eq!(found(&stage, job).await, ["script_blocks"]);
    // All that it takes is told: nothing is looked up there.
    let orders = host.orders();
    let [(order, from)] = &orders[..] else { panic!("{orders:?}") };
    assert_eq!(order.change.head.to_string(), commit);
    assert_eq!(order.plan.scripts[0].1.words, ["check"]);
    assert_eq!(order.sandbox, GuardSandbox::Bwrap { mounts: Vec::new() });
    assert!(from.path().ends_with("/foundation/door.git"), "{from}");
    stage.end().await;
}
