//! A listener of this process, with limits that a test can reach.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use regex::Regex;
use tempfile::TempDir;
use timmy::clock::SystemClock;
use timmy::core::policy::webhook_scope::HookScope;
use timmy::core::scheduling::text::TextReader;
use timmy::gitea::signature::Keys;
use timmy::store::Ledger;
use timmy::web::{self, ListenerLimits, Receiver, WebhookState};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::listener::client::{Client, delivery};
use crate::support::config::SECRETS;

/// The largest body that is read, in bytes.
pub const MAX_BODY: usize = 1 << 20;

/// No test waits for what takes this long.
pub const NEVER: Duration = Duration::from_secs(3600);

/// Times that never pass: a test sets the one that it is about.
pub const PATIENT: ListenerLimits = ListenerLimits {
    connections: 256,
    head_time: NEVER,
    body_time: NEVER,
    small_body: 1 << 10,
    body_memory: MAX_BODY,
    body_grace: NEVER,
    linger: Duration::from_secs(1),
    accept_pause: NEVER,
    quiet: NEVER,
};

pub struct Stage {
    pub address: SocketAddr,
    pub stop: CancellationToken,
    pub serving: JoinHandle<()>,
    stored: Arc<AtomicUsize>,
    _folder: TempDir,
}

impl Stage {
    pub async fn set(limits: ListenerLimits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let stored = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&stored);
        let router = web::router(WebhookState {
            ledger: Ledger::open(folder.path().join("timmy.db")).unwrap(),
            clock: Arc::new(SystemClock),
            reader: Arc::new(TextReader::new(Regex::new("acceptance").unwrap())),
            receiver: Receiver::new(
                Keys::new([(SECRETS[0], HookScope::Everything)]),
                MAX_BODY,
                limits,
            ),
            results: Arc::default(),
            heard: Box::new(move || {
                count.fetch_add(1, Ordering::Relaxed);
            }),
            is_person: Box::new(|_| true),
            introduced: Arc::new(|| true),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let serving = tokio::spawn(web::serve(listener, router, limits, stop.clone()));
        Self { address, stop, serving, stored, _folder: folder }
    }

    pub async fn connect(&self) -> Client {
        Client::connect(self.address).await
    }

    /// Sends a delivery of `padding` bytes and more, signed; the status of the answer.
    pub async fn deliver(&self, padding: usize) -> u16 {
        let mut client = self.connect().await;
        client.send(&delivery(padding)).await;
        client.status().await
    }

    /// How many deliveries were stored.
    pub fn stored(&self) -> usize {
        self.stored.load(Ordering::Relaxed)
    }
}
