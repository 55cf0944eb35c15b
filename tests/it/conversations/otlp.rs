//! A comment, and all that it leads to, is one trace, sent to a real collector over HTTP.

use std::collections::BTreeSet;

use timmy::core::model::ids::Subject;

use crate::conversations::talk::talk_where;
use crate::support::collector::{Collector, SeenSpan, Takes};
use crate::support::config::Config;
use crate::support::process::until;

fn traced(collector: &Collector) -> impl FnOnce(Config) -> Config + use<> {
    let url = collector.url.clone();
    move |config| config.with("otlp.endpoint", url)
}

#[tokio::test]
async fn from_a_comment_to_its_reply_in_one_trace() {
    let collector = Collector::start().await;
    talk_where(traced(&collector), async |t| {
        t.ask("walt", "/timmy hold while the hinges are away").await;
        t.ignored("walt", "Nice door.").await;
        let steps =
            ["receive", "parse", "read back", "rights", "claim", "decide", "store", "effect"];
        // Whoever delivers an effect may be done before all that led to it is handed in.
        for name in steps.into_iter().chain(["comment"]) {
            collector.has(name).await;
        }
        let is_reply =
            |span: &SeenSpan| span.name == "effect" && span.facts["timmy.effect"] == "comment";
        until("its reply is told", async || collector.spans().iter().any(is_reply)).await;
        let spans = collector.spans();
        let traces: BTreeSet<&str> = spans.iter().map(|span| span.trace.as_str()).collect();
        assert_eq!(traces.len(), 1, "what nobody asks timmy has none: {spans:?}");
        let root = spans.iter().find(|span| span.parent.is_empty()).unwrap();
        assert_eq!(root.name, "comment");
        let parts: BTreeSet<&str> =
            spans.iter().filter(|span| *span != root).map(|span| span.name.as_str()).collect();
        assert_eq!(parts, BTreeSet::from(steps), "{spans:?}");
        let is_below = |span: &SeenSpan| {
            span.parent == root.id && span.started >= root.started && span.ended <= root.ended
        };
        assert!(spans.iter().filter(|span| *span != root).all(is_below), "{spans:?}");
        let receive = spans.iter().find(|span| span.name == "receive").unwrap();
        assert_eq!(receive.facts["timmy.source"], "webhook");
        for private in ["hinges", "hold", "walt", "door", "foundation", "Nice"] {
            assert!(!collector.heard(private), "{private}");
        }
    })
    .await;
}

/// The traces whose roots came.
fn traces(collector: &Collector) -> BTreeSet<String> {
    let spans = collector.spans().into_iter();
    spans.filter(|span| span.parent.is_empty()).map(|root| root.trace).collect()
}

/// Two comments are two traces, and an edit of one is a third.
#[tokio::test]
async fn each_comment_has_a_trace_of_its_own() {
    let collector = Collector::start().await;
    talk_where(traced(&collector), async |t| {
        t.ask("walt", "/timmy ping").await;
        let comment = t.says("walt", "/timmy ping");
        t.quiet().await;
        t.saw(Subject::Comment(comment), "eyes");
        assert_eq!(t.replies().len(), 1);
        until("both are told", async || traces(&collector).len() == 2).await;
        t.sandbox.edit_comment("walt", comment, "/timmy ping\n\n/timmy size s").unwrap();
        t.quiet().await;
        assert_eq!(t.replies(), ["Now size **s**."]);
        until("the edit is told", async || traces(&collector).len() == 3).await;
    })
    .await;
}

/// The replies are there while it has not answered anybody. Once it does, it is told all of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_answers_nobody_keeps_nobody_waiting() {
    let collector = Collector::start().await;
    collector.takes(Takes::Hangs);
    talk_where(traced(&collector), async |t| {
        t.ask("walt", "/timmy ping").await;
        collector.is_called().await;
        t.ask("walt", "/timmy ping").await;
        assert!(collector.spans().is_empty(), "it has answered nobody yet");
        collector.takes(Takes::All);
        until("both are told", async || traces(&collector).len() == 2).await;
    })
    .await;
}

/// Nor does what it answers, nor that nobody listens at its address; and all of that keeps nobody from
/// stopping.
#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_takes_nothing_keeps_nobody_waiting() {
    for status in [503, 403] {
        let collector = Collector::start().await;
        collector.takes(Takes::Nothing(status));
        talk_where(traced(&collector), async |t| {
            let before = t.ask("walt", "/timmy ping").await;
            collector.is_called().await;
            assert_eq!(t.ask("walt", "/timmy ping").await, before, "{status}");
        })
        .await;
    }
    let nobody = format!("http://127.0.0.1:{}", crate::support::process::free_port());
    let change = |config: Config| config.with("otlp.endpoint", nobody);
    talk_where(change, async |t| {
        let before = t.ask("walt", "/timmy ping").await;
        assert_eq!(t.ask("walt", "/timmy ping").await, before);
    })
    .await;
}

/// What it could not take for a while it is told when it is there again.
#[tokio::test(flavor = "multi_thread")]
async fn one_that_was_away_for_a_while_is_told_all_of_it() {
    let collector = Collector::start().await;
    collector.takes(Takes::Nothing(503));
    talk_where(traced(&collector), async |t| {
        t.ask("walt", "/timmy ping").await;
        collector.is_called().await;
        collector.takes(Takes::All);
        collector.has("comment").await;
        collector.has("receive").await;
    })
    .await;
}
