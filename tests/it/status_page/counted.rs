//! What is counted, in which order it stands, and when it leaves.

use timmy::agents::{FailureKind, Sighting};
use timmy::clock::Clock as _;
use timmy::core::effect::BLOCKED;
use timmy::core::jobs::money::Usage;
use timmy::core::jobs::{Done, JobEvent, State, StateKind};
use timmy::core::model::ids::ThreadId;
use timmy::core::model::incident::Incident;
use timmy::core::model::time::Timestamp;
use timmy::sandbox::BranchRule;
use timmy::store::outbox::{self, NewEffect, Pushed};
use timmy::store::{Error, Transaction, incidents};

use super::html::Html;
use super::stage::{page_of, site};
use crate::job_engine::decisions::{delivered, says};
use crate::job_engine::scripted::ended;
use crate::job_engine::stage::{awake_where, live};
use crate::support::clock::{DAY, MINUTE};
use crate::support::config::Config;
use crate::support::forge::DOOR;

fn shown(config: Config) -> Config {
    config.with("web.listen", "127.0.0.1:0")
}

/// How many things are broken, as the page says it.
fn broken(page: &Html) -> usize {
    let link = page.all("a").find(|link| link.attributes["href"] == "#broken").unwrap();
    link.text.strip_prefix("Broken ").unwrap().parse().unwrap()
}

fn give_up(
    tx: &Transaction<'_>,
    thread: ThreadId,
    reason: &str,
    at: Timestamp,
) -> Result<(), Error> {
    let key = format!("gone-{}-{}", thread.number, at.micros());
    let effect = NewEffect::new(key, thread, &serde_json::json!({}), at)?;
    let Pushed::New(seq) = outbox::push(tx, &effect, at)? else { panic!("it is there") };
    outbox::die(tx, seq, reason, at)
}

#[tokio::test]
async fn what_is_broken_is_counted_in_full() {
    let site = site().await;
    let before = broken(&page_of(&site.stage, "/").await);
    let (repo, now) = (site.stage.repo().await, site.stage.app.clock.now());
    let write = site.stage.app.timmy.write(move |tx| {
        for number in 1000..1060 {
            give_up(tx, ThreadId { repo, number }, "404: it is gone", now)?;
        }
        // Who blocked timmy wants it so, and what is old is no news.
        give_up(tx, ThreadId { repo, number: 2000 }, BLOCKED, now)?;
        give_up(tx, ThreadId { repo, number: 2001 }, "500: an old story", now.before(DAY * 8))?;
        let blocked = Incident::ThreadBlocked { thread: ThreadId { repo, number: 1 } };
        incidents::note(tx, &blocked, Some(DOOR), "whoever opened it wants it so", now)
    });
    write.await;
    let page = page_of(&site.stage, "/").await;
    assert_eq!(broken(&page), before + 60);
    assert!(page.text().contains(" more are broken, and are not shown here."));
    for silent in [BLOCKED, "an old story", "wants it so"] {
        assert!(!page.text().contains(silent), "{silent}");
    }

    // What is taken up again is given up no more.
    let dead = format!("retry {}", site.dead);
    assert!(page.text().contains(&dead), "{}", page.text());
    site.stage.tell(site.dead, JobEvent::Retry(None)).await;
    let page = page_of(&site.stage, "/").await;
    assert_eq!(broken(&page), before + 59);
    assert!(!page.text().contains(&dead), "{}", page.text());
    site.stage.end().await;
}

#[tokio::test]
async fn a_dead_job_leaves_with_its_issue() {
    let stage = awake_where(shown).await;
    let (kind, reason) = (FailureKind::BadRequest, "400: no".to_owned());
    let failed = Sighting::Failed { kind, reason, usage: Usage::NONE };
    stage.ezra.script().plan.push_back(failed);
    let job = stage.assign(1, Some("ezra")).await;
    stage.follow().await;
    assert_eq!(stage.kind(job).await, StateKind::Dead);
    let line = format!("retry {job}");
    assert!(page_of(&stage, "/").await.text().contains(&line));
    stage.app.sandbox.set_open("alexander", DOOR, 1, false).unwrap();
    stage.pass(MINUTE * 3, MINUTE).await;
    let page = page_of(&stage, "/").await;
    assert!(!page.text().contains(&line), "{}", page.text());
    stage.end().await;
}

/// Whether it is a question or not.
#[tokio::test]
async fn what_has_waited_longest_stands_first() {
    let stage = live(|_| {}, |config| shown(config).with("accept.on_yes", "merge")).await;
    let (first, _) = delivered(&stage).await;
    let two = BranchRule { approvals: 2, ..BranchRule::default() };
    stage.app.sandbox.protect(DOOR, "main", &two).unwrap();
    says(&stage, "/timmy approve d1").await;
    assert_eq!(stage.job(first).await.state, State::Done(Done::Accepted));

    let second = stage.assign(2, Some("ezra")).await;
    let (sandbox, branch) = (&stage.app.sandbox, "timmy/2-j2");
    let commit = sandbox.commit("ezra", DOOR, branch, &[("tar.md", "tar")], "Tar it").unwrap();
    let pull = sandbox.open_pull("ezra", DOOR, "Tar it", "", branch).unwrap();
    stage.ezra.goes(ended(&format!(
        "timmy-result: {{\"outcome\":\"pull_request\",\"pull\":{pull},\"commit\":\"{commit}\"}}"
    )));
    stage.follow().await;
    assert_eq!(stage.kind(second).await, StateKind::Deciding);

    let page = page_of(&stage, "/").await;
    let waits = page.all("section").find(|part| part.attributes["id"] == "waits").unwrap();
    let at = |words: &str| waits.text.find(words).unwrap_or_else(|| panic!("{}", waits.text));
    assert!(at("Accepted, and not merged") < at(&format!("Merge {DOOR}#{pull}?")));
    stage.end().await;
}
