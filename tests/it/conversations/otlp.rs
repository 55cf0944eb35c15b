//! A comment, and all that it leads to, is one trace, sent to a real collector over HTTP.

use std::collections::BTreeSet;

use crate::conversations::talk::talk_where;
use crate::support::collector::{Collector, SeenSpan, Takes};
use crate::support::config::Config;

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
        collector.has("comment").await;
        let spans = collector.spans();
        let traces: BTreeSet<&str> = spans.iter().map(|span| span.trace.as_str()).collect();
        assert_eq!(traces.len(), 1, "what nobody asks timmy has none: {spans:?}");
        let root = spans.iter().find(|span| span.parent.is_empty()).unwrap();
        assert_eq!(root.name, "comment");
        let parts: BTreeSet<&str> =
            spans.iter().filter(|span| *span != root).map(|span| span.name.as_str()).collect();
        let steps =
            ["receive", "parse", "read back", "rights", "claim", "decide", "store", "effect"];
        assert_eq!(parts, BTreeSet::from(steps), "{spans:?}");
        let is_below = |span: &SeenSpan| {
            span.parent == root.id && span.started >= root.started && span.ended <= root.ended
        };
        assert!(spans.iter().filter(|span| *span != root).all(is_below), "{spans:?}");
        let receive = spans.iter().find(|span| span.name == "receive").unwrap();
        assert_eq!(receive.facts["timmy.source"], "webhook");
        let replies = spans.iter().filter(|span| span.name == "effect");
        assert!(replies.map(|span| &span.facts["timmy.effect"]).any(|kind| kind == "comment"));
        for private in ["hinges", "hold", "walt", "door", "foundation", "Nice"] {
            assert!(!collector.heard(private), "{private}");
        }
    })
    .await;
}

/// Two comments are two traces, and an edit of one is a third.
#[tokio::test]
async fn each_comment_has_a_trace_of_its_own() {
    let collector = Collector::start().await;
    talk_where(traced(&collector), async |t| {
        t.ask("walt", "/timmy ping").await;
        t.ask("walt", "/timmy ping").await;
        let roots = || {
            let spans = collector.spans().into_iter();
            let roots = spans.filter(|span| span.parent.is_empty());
            roots.map(|root| root.trace).collect::<BTreeSet<String>>()
        };
        crate::support::process::until("both are told", async || roots().len() == 2).await;
    })
    .await;
}

/// People are answered, whatever the collector does; and what it does keeps nobody from stopping.
#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_of_no_use_keeps_nobody_waiting() {
    for takes in [Takes::Hangs, Takes::Nothing(503), Takes::Nothing(403)] {
        let collector = Collector::start().await;
        collector.takes(takes.clone());
        talk_where(traced(&collector), async |t| {
            t.ask("walt", "/timmy ping").await;
            collector.is_called().await;
            t.ask("walt", "/timmy ping").await;
        })
        .await;
        assert!(collector.spans().is_empty(), "{takes:?}");
    }
}

/// Nobody listens at its address.
#[tokio::test]
async fn one_that_is_not_there_keeps_nobody_waiting() {
    let nobody = format!("http://127.0.0.1:{}", crate::support::process::free_port());
    talk_where(
        |config| config.with("otlp.endpoint", nobody),
        async |t| {
            t.ask("walt", "/timmy ping").await;
            t.ask("walt", "/timmy ping").await;
        },
    )
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
