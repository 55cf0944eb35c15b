//! How fast webhooks are stored, so that nothing is lost, and acknowledged.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use axum::body::Bytes;
use axum::http::StatusCode;
use axum::routing::post;
use regex::Regex;
use timmy::clock::SystemClock;
use timmy::core::policy::webhook_scope::HookScope;
use timmy::core::scheduling::text::TextReader;
use timmy::gitea::signature::Keys;
use timmy::store::Ledger;
use timmy::web::{ListenerLimits, Receiver, WebhookState, router, serve};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;

use crate::load::{self, SECRET, deliveries};
use crate::sample::{Compared, Sample};
use crate::stage::{Stage, folder};
use crate::table::Row;

const ROUNDS: usize = 11;
const REQUESTS: usize = 4_000;

/// How fast, beside a route of the same server that does nothing with the same body.
pub fn measure_rate() -> Row {
    const CONNECTIONS: usize = 256;
    let folder = folder();
    let runtime = Runtime::new().unwrap();
    let address = runtime.block_on(listen(Ledger::open(folder.path().join("timmy.db")).unwrap()));
    let first = AtomicUsize::new(1);
    let flood = |path| {
        let requests = deliveries(path, first.fetch_add(REQUESTS, Relaxed), REQUESTS);
        on_its_own_thread(load::flood(&address, CONNECTIONS, requests))
    };
    let Compared { ours, yardstick, ratio } =
        Compared::in_turn(ROUNDS, || flood("/webhook"), || flood("/empty"));
    Row {
        what: "webhooks stored and acknowledged",
        goal: ">= 1/2 of an empty route",
        measured: ratio.to_string(),
        holds: ratio.median() >= 0.5,
        figures: format!("{ours} /s; empty route {yardstick} /s"),
        method: "deliveries of 7 KB, each with a comment of its own, signed, over 256 connections \
                 kept open; the router and the ledger of timmy (synchronous=FULL, on a disk) in \
                 this process, the engine at rest; the empty route of the same server reads the \
                 same body; the generator on a thread of its own takes its part of both",
    }
}

/// How long an answer takes at a pace that no forge reaches.
pub fn measure_delay() -> Row {
    const CONNECTIONS: usize = 64;
    const PER_SECOND: u32 = 500;
    let stage = Stage::new();
    let timmy = stage.start();
    let requests = deliveries("/webhook", 1, 3_000);
    let times = on_its_own_thread(load::pace(&stage.address, CONNECTIONS, PER_SECOND, requests));
    drop(timmy);
    let times = Sample::from(times);
    let ratio = times.percentile(99) / times.median();
    Row {
        what: "webhook answered, at 500/s",
        goal: "p99 < 5 x its median",
        measured: format!("{ratio:.2}"),
        holds: ratio < 5.0,
        figures: format!(
            "p99 {:.1} ms, longest {:.1} ms; median {:.2} ms",
            times.percentile(99),
            times.most(),
            times.median()
        ),
        method: "the real process with its engine running, for 6 s; counted from when a delivery \
                 was due, the timer's millisecond included",
    }
}

async fn listen(ledger: Ledger) -> String {
    let ear = WebhookState {
        is_person: Box::new(|_| true),
        ledger,
        clock: Arc::new(SystemClock),
        reader: Arc::new(TextReader::new(Regex::new("(?i)acceptance").unwrap())),
        receiver: Receiver::new(
            Keys::new([(SECRET, HookScope::Everything)]),
            4 << 20,
            ListenerLimits::default(),
        ),
        results: Arc::default(),
        heard: Box::new(|| {}),
        introduced: Arc::new(|| true),
    };
    let router = router(ear).route("/empty", post(|_: Bytes| async { StatusCode::ACCEPTED }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(serve(listener, router, ListenerLimits::default(), CancellationToken::new()));
    address
}

/// Runs `work` beside the server, which has its own threads.
fn on_its_own_thread<T: Send>(work: impl Future<Output = T> + Send) -> T {
    let run = || Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
    std::thread::scope(|scope| scope.spawn(run).join().unwrap())
}
