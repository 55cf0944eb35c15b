//! Killed while it tells people elsewhere: each thing is told once. Where the receiver took it and nobody
//! noted that, it is told once more, under the same id: more cannot be known, and less would lose some.
//!
//! One of the three is found anew by each run, so that a restart alone makes it vanish for a while.

use std::collections::BTreeMap;

use timmy::sandbox::Mode;
use timmy::store::{Ledger, notifications};
use tokio::time::timeout;

use crate::random_run::times;
use crate::stage::{SHORT, Stage};
use crate::support::forge::DOOR;
use crate::support::notified::NotifiedReceiver;
use crate::support::process::PATIENCE;
use crate::thread::Word;

/// What there is to tell: a repository of the configuration that is not there, a thread in which timmy may
/// not write, and what it could not say there.
const TOLD: [(&str, &str); 3] =
    [("dead_letter", "message"), ("incident", "cannot_read"), ("incident", "thread_locked")];

/// The intent is stored, and nothing was sent.
#[tokio::test(flavor = "multi_thread")]
async fn killed_before_it_is_sent() {
    for nth in 1..=times(TOLD.len() * 2).clamp(1, TOLD.len()) {
        let ids = told_in_spite_of(&format!("notifying:{nth}"), TOLD.len()).await;
        assert!(ids.values().all(|times| *times == 1), "notifying:{nth}: {ids:?}");
    }
}

/// The receiver took it, and nobody noted that.
#[tokio::test(flavor = "multi_thread")]
async fn killed_after_it_was_taken() {
    for nth in 1..=times(TOLD.len() * 2).clamp(1, TOLD.len()) {
        let ids = told_in_spite_of(&format!("notified:{nth}"), TOLD.len() + 1).await;
        let twice = ids.values().filter(|times| **times == 2).count();
        let once = ids.values().filter(|times| **times == 1).count();
        assert_eq!((once, twice), (TOLD.len() - 1, 1), "notified:{nth}: {ids:?}");
    }
}

/// It dies at that step, and is started again. How often each message came, by its id, when so many came.
async fn told_in_spite_of(at: &str, requests: usize) -> BTreeMap<String, usize> {
    let receiver = NotifiedReceiver::start().await;
    let mut stage = stage(&receiver).await;
    let mut bot = stage.launch.start(&[("TIMMY_CRASH_AT", at)]);
    bot.listening().await;
    stage.say(0, Word::Ping);
    let death = timeout(PATIENCE, bot.dies_at(at)).await;
    assert!(death.is_ok(), "it never died at {at}\n{}", stage.dump());

    let mut bot = stage.launch.start(&[]);
    bot.first_poll().await;
    let told = async || receiver.came().len() >= requests && waiting(&stage).await == 0;
    stage.until("all is told", told).await;
    assert!(bot.stop().await.success(), "{at}\n{}", stage.dump());

    // Another life tells nothing of it again.
    let mut bot = stage.launch.start(&[]);
    bot.first_poll().await;
    assert!(bot.stop().await.success(), "{at}\n{}", stage.dump());
    let came = receiver.came();
    assert_eq!(came.len(), requests, "{at}: {came:#?}\n{}", stage.dump());
    let mut told = receiver.told();
    told.sort();
    told.dedup();
    let expected = TOLD.map(|(kind, name)| (kind.to_owned(), name.to_owned()));
    assert_eq!(told, expected, "{at}");
    let mut ids = BTreeMap::new();
    for one in came {
        *ids.entry(one.id()).or_default() += 1;
    }
    ids
}

/// timmy may read in a locked thread, and watches what is not there. The receiver is reached by a name for
/// which the environment has a proxy, at which nobody is: what is told without TLS must not go there.
async fn stage(receiver: &NotifiedReceiver) -> Stage {
    let mut stage = Stage::set(SHORT, 0).await;
    stage.open(DOOR, Word::Chat);
    stage.sandbox.settle().await;
    stage.sandbox.collaborator(DOOR, "timmy", Mode::Read).unwrap();
    stage.sandbox.set_locked("alexander", DOOR, 1, true).unwrap();
    let url = receiver.url.replace("127.0.0.1", "localhost");
    stage.configure(SHORT.poll, |config| {
        config
            .with("gitea.watch", ["foundation", "foundation/vault"])
            .with("notify.kind", "webhook")
            .with("notify.url", url)
    });
    for (name, value) in [("HTTP_PROXY", "http://127.0.0.1:1"), ("NO_PROXY", "127.0.0.1")] {
        stage.launch.environment.push((name, value.to_owned()));
    }
    stage
}

/// How many notifications wait.
async fn waiting(stage: &Stage) -> u64 {
    let ledger = Ledger::open_read_only(stage.ledger()).unwrap();
    ledger.read(notifications::waiting).await.unwrap().0
}
