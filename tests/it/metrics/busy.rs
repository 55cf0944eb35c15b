//! A scrape of a ledger that cannot be read right now.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use timmy::clock::{Clock as _, ManualClock};
use timmy::core::jobs::money::Budgets;
use timmy::gitea::{Gitea, RequestCounts};
use timmy::store::{Ledger, jobs};
use timmy::web::metrics::{
    BuildInfo, LiveMetrics, MetricsAgent, MetricsSetting, MetricsState, metrics_routes,
};
use timmy::web::{ListenerLimits, own_router, serve};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::support::clock::noon;
use crate::support::forge::http_client;
use crate::support::ledger::occupy;
use crate::support::process::until;
use crate::support::scrape::Scrape;

struct Stage {
    ledger: Ledger,
    clock: ManualClock,
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

/// What a client counts that sent nothing.
fn no_requests() -> RequestCounts {
    let token = timmy::gitea::Token::new("0123456789").unwrap();
    let options = timmy::gitea::ClientOptions::new("http://127.0.0.1:1".parse().unwrap(), token);
    Gitea::new(options).unwrap().request_counts()
}

impl Stage {
    /// A scrape waits for the ledger as long as `patience`.
    async fn set(patience: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(folder.path().join("timmy.db")).unwrap();
        let clock = noon();
        let agent = MetricsAgent { name: "ezra".into(), kind: "hermes".into(), capacity: 2 };
        let build = BuildInfo { version: "0", commit: "unknown", features: "none" };
        let setting = MetricsSetting {
            agents: vec![agent],
            budgets: Budgets::default(),
            zone: TimeZone::UTC,
            build,
            started_at: clock.now(),
        };
        let live = || LiveMetrics {
            requests: no_requests(),
            polled_at: None,
            introduced: true,
            up: Default::default(),
        };
        let state = MetricsState {
            ledger: ledger.clone(),
            clock: Arc::new(clock.clone()),
            setting,
            live: Box::new(live),
            webhook: Arc::default(),
            patience,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = own_router(address, [metrics_routes(state)]);
        let limits = ListenerLimits::of_own_pages();
        tokio::spawn(serve(listener, router, limits, CancellationToken::new()));
        Self { ledger, clock, address, _folder: folder }
    }

    async fn answer(&self) -> reqwest::Response {
        let url = format!("http://{}/metrics", self.address);
        http_client().get(url).send().await.unwrap()
    }
}

/// The writer is never in the way, and never kept waiting.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_yet_is_asked_for_again_and_what_was_read_is_told() {
    let stage = Stage::set(Duration::from_millis(100)).await;
    let held = occupy(&stage.ledger).await;
    let busy = stage.answer().await;
    assert_eq!(busy.status().as_u16(), 503);
    assert_eq!(busy.headers()["retry-after"], "5");
    assert_eq!(busy.text().await.unwrap(), "the ledger is busy\n");
    // Nor does a scrape that waits keep writes waiting.
    let now = stage.clock.now();
    stage.ledger.write(move |tx| jobs::trust_again(tx, "ezra", now)).await.unwrap();
    drop(held);
    until("the ledger is read", async || stage.answer().await.status().as_u16() == 200).await;

    let _held = occupy(&stage.ledger).await;
    stage.clock.advance(Duration::from_secs(60));
    let scrape = Scrape::of(stage.address).await;
    let age = scrape.of_sample("timmy_ledger_snapshot_age_seconds");
    assert_eq!(age, "60", "what was read before is told");
}

/// Many at once have it read once, and each is answered.
#[tokio::test(flavor = "multi_thread")]
async fn many_scrapers_are_all_answered() {
    let stage = Stage::set(Duration::from_secs(60)).await;
    let mut scrapes = tokio::task::JoinSet::new();
    for _ in 0..20 {
        scrapes.spawn(Scrape::of(stage.address));
    }
    for scrape in scrapes.join_all().await {
        assert_eq!(scrape.of_sample("timmy_ledger_snapshot_age_seconds"), "0");
    }
}
