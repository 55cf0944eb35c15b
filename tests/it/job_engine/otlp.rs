//! A job, from the moment it was made to its verdict and on, is one trace, whatever restarts in between.

use std::collections::{BTreeMap, BTreeSet};

use timmy::agents::{FailureKind, Sighting};
use timmy::core::jobs::money::Usage;
use timmy::core::jobs::{Done, State, StateKind};

use super::decisions::{delivered, says};
use super::guards::{hands_in, proposed, pushes, verdict};
use super::scripted::ended;
use super::stage::{Stage, awake_where, live};
use crate::support::clock::{HOUR, MINUTE, SECOND};
use crate::support::collector::{Collector, SeenSpan, Takes};
use crate::support::config::Config;
use crate::support::process::until;

fn traced(collector: &Collector) -> impl FnOnce(Config) -> Config + use<> {
    let url = collector.url.clone();
    move |config| config.with("otlp.endpoint", url)
}

/// timmy looks what became of its jobs, and the collector has a span of this name.
async fn tells(stage: &Stage, collector: &Collector, name: &str) {
    stage.wait(SECOND * 6).await;
    collector.has(name).await;
}

/// The only trace there is, by id, and its root. Each part of it lies below another one.
fn one_trace(collector: &Collector) -> (BTreeMap<String, SeenSpan>, SeenSpan) {
    let spans = collector.spans();
    let traces: BTreeSet<&str> = spans.iter().map(|span| span.trace.as_str()).collect();
    assert_eq!(traces.len(), 1, "{spans:#?}");
    let roots: Vec<&SeenSpan> = spans.iter().filter(|span| span.parent.is_empty()).collect();
    assert_eq!(roots.len(), 1, "{spans:#?}");
    let root = roots[0].clone();
    let by_id: BTreeMap<String, SeenSpan> =
        spans.iter().map(|span| (span.id.clone(), span.clone())).collect();
    assert_eq!(by_id.len(), spans.len(), "one that came twice says the same: {spans:#?}");
    for span in by_id.values().filter(|span| **span != root) {
        assert!(by_id.contains_key(&span.parent), "{span:?} lies nowhere: {spans:#?}");
    }
    (by_id, root)
}

fn named<'a>(spans: &'a BTreeMap<String, SeenSpan>, name: &str) -> Vec<&'a SeenSpan> {
    let mut all: Vec<&SeenSpan> = spans.values().filter(|span| span.name == name).collect();
    all.sort_by_key(|span| span.started);
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn from_a_job_to_its_verdict_in_one_trace_over_a_restart() {
    let collector = Collector::start().await;
    let mut stage = live(|_| {}, traced(&collector)).await;
    let (job, commit) = proposed(&stage, ("oil.md", "oil")).await;
    assert_eq!(stage.kind(job).await, StateKind::Running);
    tells(&stage, &collector, "preflight").await;
    stage.app.timmy.stop().await;
    stage.app.clock.advance(MINUTE * 2);
    stage.app.timmy.wake().await;
    hands_in(&stage, &commit).await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Verified));
    tells(&stage, &collector, "job").await;

    let (spans, root) = one_trace(&collector);
    assert_eq!(root.name, "job");
    assert_eq!(root.facts["timmy.job"], job.0.to_string());
    assert_eq!((root.facts["timmy.state"].as_str(), root.has_failed), ("done", false));
    let only = |name: &str| match named(&spans, name)[..] {
        [one] => one,
        ref other => panic!("{name}: {other:#?}"),
    };
    for (part, whole) in [("match", "job"), ("attempt", "job"), ("preflight", "attempt")] {
        assert_eq!(only(part).parent, only(whole).id, "{part}");
    }
    assert_eq!(only("run").parent, only("attempt").id);
    assert_eq!(only("attempt").facts["timmy.agent"], "ezra");
    let run = only("run").ended - only("run").started;
    assert!(run >= 120_000_000_000, "over the restart: {run}");
    let verify = only("verify");
    assert_eq!(verify.facts["timmy.verdict"], "pass");
    let guards = named(&spans, "guard");
    assert!(guards.iter().all(|guard| guard.parent == verify.id), "{guards:#?}");
    let names: BTreeSet<&str> =
        guards.iter().map(|guard| guard.facts["timmy.guard"].as_str()).collect();
    for guard in ["substance", "secrets", "tests", "protected"] {
        assert!(names.contains(guard), "{names:?}");
    }
    assert!(named(&spans, "effect").iter().any(|it| it.facts["timmy.effect"] == "status"));
    for private in ["Oil it", "oil.md", "Door 1", "door", "foundation", "alexander", &commit[..12]]
    {
        assert!(!collector.heard(private), "{private}");
    }
    // What the guards say of a later push is no part of the verification that has ended.
    let later = pushes(&stage, "anna", ("oil.md", "more oil"));
    stage.pass(MINUTE * 5, MINUTE).await;
    assert!(verdict(&stage, &later).is_some(), "the guards looked");
    stage.end().await;
    let (after, _) = one_trace(&collector);
    assert_eq!(named(&after, "guard").len(), guards.len());
}

/// A question and the merge that a yes to it leads to belong to the job; the comment that says yes has
/// a trace of its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_question_and_a_merge_are_in_the_trace_of_the_job() {
    let collector = Collector::start().await;
    let change = traced(&collector);
    let stage = live(|_| {}, |config| change(config).with("accept.on_yes", "merge")).await;
    let (job, _) = delivered(&stage).await;
    says(&stage, "/timmy approve d1").await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Merged));
    for name in ["merge", "job"] {
        tells(&stage, &collector, name).await;
    }
    collector.has("comment").await;
    let spans = collector.spans();
    let trace = &spans.iter().find(|span| span.name == "job").unwrap().trace;
    let of_job: Vec<&SeenSpan> = spans.iter().filter(|span| span.trace == *trace).collect();
    let question = of_job.iter().find(|span| span.name == "question").unwrap();
    assert_eq!(question.facts["timmy.question"], "accept");
    let effects = of_job.iter().filter(|span| span.name == "effect");
    let effects: BTreeSet<&str> =
        effects.map(|effect| effect.facts["timmy.effect"].as_str()).collect();
    for kind in ["comment", "status", "approve", "merge"] {
        assert!(effects.contains(kind), "{effects:?}");
    }
    let comment = spans.iter().find(|span| span.name == "comment").unwrap();
    assert_ne!(comment.trace, *trace);
    stage.end().await;
}

/// What the collector did not take before timmy was killed, the ledger tells again.
#[tokio::test(flavor = "multi_thread")]
async fn a_crash_before_the_collector_took_anything_loses_no_state_of_a_job() {
    let collector = Collector::start().await;
    collector.takes(Takes::Nothing(503));
    let mut stage = awake_where(traced(&collector)).await;
    let job = stage.assign(1, Some("ezra")).await;
    stage.wait(MINUTE).await;
    stage.ezra.goes(ended("done"));
    stage.follow().await;
    assert_eq!(stage.kind(job).await, StateKind::Done);
    stage.wait(SECOND * 6).await;
    collector.is_called().await;
    stage.app.timmy.kill().await;
    assert_eq!(collector.spans().len(), 0);
    collector.takes(Takes::All);
    stage.app.timmy.wake().await;
    tells(&stage, &collector, "job").await;
    let (spans, root) = one_trace(&collector);
    for part in ["match", "preflight", "run", "attempt", "verify"] {
        assert_eq!(named(&spans, part).len(), 1, "{part}: {spans:#?}");
    }
    assert_eq!(root.facts["timmy.job"], job.0.to_string());
    stage.end().await;
}

/// What the collector refused, it is told again once it takes spans.
#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_refuses_for_a_while_loses_no_state_of_a_job() {
    let collector = Collector::start().await;
    collector.takes(Takes::Nothing(403));
    let stage = awake_where(traced(&collector)).await;
    let done = async |number: i64| {
        let job = stage.assign(number, Some("ezra")).await;
        stage.ezra.goes(ended("done"));
        stage.follow().await;
        assert_eq!(stage.kind(job).await, StateKind::Done);
        stage.wait(SECOND * 6).await;
        job.0.to_string()
    };
    let refused = done(1).await;
    // Nothing but the root of a job says that.
    until("it came", async || collector.heard("timmy.attempts.charged")).await;
    assert!(collector.spans().is_empty());
    collector.takes(Takes::All);
    let taken = done(2).await;
    let has = |job: &str| {
        let spans = collector.spans();
        spans.iter().any(|span| span.name == "job" && span.facts["timmy.job"] == job)
    };
    until("what comes then is taken", async || has(&taken)).await;
    until("what was refused is told again", async || {
        stage.wait(SECOND * 6).await;
        has(&refused)
    })
    .await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_dies_says_so_and_not_in_whose_words() {
    let collector = Collector::start().await;
    let stage = awake_where(traced(&collector)).await;
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
    tells(&stage, &collector, "job").await;
    let (spans, root) = one_trace(&collector);
    assert!(root.has_failed, "{root:?}");
    let attempts = named(&spans, "attempt");
    assert!(
        attempts.len() > 1 && attempts.iter().all(|attempt| attempt.has_failed),
        "{attempts:?}"
    );
    assert!(!collector.heard("turns"));
    stage.end().await;
}

/// Whoever switches it on is told no old stories.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_before_it_was_switched_on_is_not_told() {
    let collector = Collector::start().await;
    let mut stage = awake_where(|config| config).await;
    let old = stage.assign(1, Some("ezra")).await;
    stage.ezra.goes(ended("done"));
    stage.follow().await;
    assert_eq!(stage.kind(old).await, StateKind::Done);
    stage.app.timmy.stop().await;
    stage.app.timmy.config.set("otlp.endpoint", collector.url.clone());
    stage.app.timmy.wake().await;
    let new = stage.assign(2, Some("ezra")).await;
    stage.ezra.goes(ended("done"));
    stage.follow().await;
    assert_eq!(stage.kind(new).await, StateKind::Done);
    tells(&stage, &collector, "job").await;
    let (_, root) = one_trace(&collector);
    assert_eq!(root.facts["timmy.job"], new.0.to_string());
    stage.end().await;
}

/// Nor is a job told whose history cannot be read, which keeps no other job and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_of_the_ledger_keeps_nothing_else() {
    let collector = Collector::start().await;
    let mut stage = awake_where(traced(&collector)).await;
    let broken = stage.assign(1, Some("ezra")).await;
    let breaks = "UPDATE jobs SET first = '{}' WHERE id = ?1";
    stage.app.timmy.write(move |tx| Ok(tx.execute(breaks, [broken.0])?)).await;
    let done = async |stage: &Stage, number: i64| {
        let job = stage.assign(number, Some("ezra")).await;
        stage.ezra.goes(ended("done"));
        stage.follow().await;
        assert_eq!(stage.kind(job).await, StateKind::Done);
        stage.wait(SECOND * 6).await;
        let is_its =
            |span: &SeenSpan| span.name == "job" && span.facts["timmy.job"] == job.0.to_string();
        until("it is told", async || collector.spans().iter().any(is_its)).await;
    };
    stage.ezra.goes(ended("done"));
    stage.follow().await;
    done(&stage, 2).await;
    // Nor does what was told.
    stage.app.timmy.stop().await;
    let ledger = stage.app.timmy.ledger();
    let breaks = "UPDATE meta SET value = '7' WHERE key = 'traced_jobs'";
    assert_eq!(ledger.write(move |tx| Ok(tx.execute(breaks, [])?)).await.unwrap(), 1);
    drop(ledger);
    stage.app.timmy.wake().await;
    done(&stage, 3).await;
    let jobs = collector.spans().into_iter().filter(|span| span.name == "job").count();
    assert_eq!(jobs, 2, "the one that cannot be read is not told");
    stage.app.timmy.stop().await;
}
