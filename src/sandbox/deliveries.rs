//! Webhooks on their way: signed, sent once, never again.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::Client;
use sha2::{Digest, Sha256};
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::faults::{DeliveryFault, Faults, Gate};
use super::signature;
use super::world::events::Outgoing;
use super::world::records::ContentType;

/// How many webhooks are on their way at once.
const WORKERS: usize = 4;
/// How long a receiver may take (Gitea's `DELIVER_TIMEOUT`).
const TIMEOUT: Duration = Duration::from_secs(5);

/// In which order webhooks arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Up to four at once, so in no certain order: as with Gitea since 1.17.
    #[default]
    Concurrent,
    /// One after the other, each sent once the one before was answered.
    InOrder,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRecord {
    /// Its id: the header `X-Gitea-Delivery`.
    pub uuid: String,
    pub event_type: &'static str,
    pub url: String,
    pub outcome: DeliveryResult,
}

/// How a webhook ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryResult {
    /// The receiver answered with this status.
    Answered(u16),
    /// The receiver could not be reached or did not answer in time.
    Failed,
    Dropped,
}

/// A webhook that was not answered yet.
struct QueuedDelivery {
    number: u64,
    uuid: String,
    outgoing: Outgoing,
    gate: Option<Gate>,
    /// What must be sent behind this one.
    then: Option<Box<QueuedDelivery>>,
}

#[derive(Clone)]
pub(super) struct Deliveries(Arc<DeliveryContext>);

struct DeliveryContext {
    queue: mpsc::UnboundedSender<QueuedDelivery>,
    client: Client,
    faults: Faults,
    origin: String,
    count: AtomicU64,
    workers: Semaphore,
    log: Mutex<Vec<DeliveryRecord>>,
    /// What was not answered yet, with the gate that holds it.
    pending: Mutex<HashMap<u64, Option<Gate>>>,
    /// What waits for the next webhook to be answered.
    behind_next: Mutex<Option<Box<QueuedDelivery>>>,
    changed: Notify,
}

impl Deliveries {
    /// Starts sending; `origin` makes the ids of this sandbox differ from another's.
    pub(super) fn start(
        origin: &str,
        order: Order,
        faults: Faults,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Result<Self, reqwest::Error> {
        let (queue, jobs) = mpsc::unbounded_channel();
        let shared = Arc::new(DeliveryContext {
            queue,
            client: client()?,
            faults,
            origin: origin.to_owned(),
            count: AtomicU64::new(0),
            workers: Semaphore::new(WORKERS),
            log: Mutex::default(),
            pending: Mutex::default(),
            behind_next: Mutex::default(),
            changed: Notify::new(),
        });
        let deliveries = Self(shared);
        let run = deliveries.clone().run(jobs, order, tasks.clone(), stop.clone());
        let stopped = stop.clone();
        tasks.spawn(async move { stopped.run_until_cancelled_owned(run).await });
        Ok(deliveries)
    }

    /// Takes a webhook over. Does not wait.
    pub(super) fn send(&self, outgoing: Outgoing) {
        match self.0.faults.strike_delivery() {
            None => self.enqueue(outgoing, None),
            Some(DeliveryFault::Held(gate)) => self.enqueue(outgoing, Some(gate)),
            Some(DeliveryFault::Twice) => {
                self.enqueue(outgoing.clone(), None);
                self.enqueue(outgoing, None);
            }
            Some(DeliveryFault::Dropped) => {
                let job = self.job(outgoing, None);
                self.note(&job, DeliveryResult::Dropped);
            }
            Some(DeliveryFault::AfterNext) => {
                let mut job = self.job(outgoing, None);
                let mut behind_next = lock(&self.0.behind_next);
                job.then = behind_next.take();
                *behind_next = Some(Box::new(job));
            }
        }
    }

    fn enqueue(&self, outgoing: Outgoing, gate: Option<Gate>) {
        let mut job = self.job(outgoing, gate);
        job.then = lock(&self.0.behind_next).take();
        let chain = std::iter::successors(Some(&job), |job| job.then.as_deref());
        lock(&self.0.pending).extend(chain.map(|link| (link.number, job.gate.clone())));
        // Refused only when the sandbox has stopped, and then nobody waits for it.
        let _ = self.0.queue.send(job);
    }

    fn job(&self, outgoing: Outgoing, gate: Option<Gate>) -> QueuedDelivery {
        let number = self.0.count.fetch_add(1, Ordering::Relaxed);
        let uuid = uuid(&format!("{}/{number}", self.0.origin));
        QueuedDelivery { number, uuid, outgoing, gate, then: None }
    }

    /// Returns when every webhook so far was answered or lost. Those behind a closed gate, and
    /// those that wait for a next one, are not waited for.
    pub(super) async fn settle(&self) {
        loop {
            let changed = self.0.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let held = |gate: &Option<Gate>| gate.as_ref().is_some_and(|gate| !gate.is_open());
            if lock(&self.0.pending).values().all(held) {
                return;
            }
            changed.await;
        }
    }

    /// What became of the webhooks, in the order in which they ended.
    pub(super) fn log(&self) -> Vec<DeliveryRecord> {
        lock(&self.0.log).clone()
    }

    async fn run(
        self,
        mut jobs: mpsc::UnboundedReceiver<QueuedDelivery>,
        order: Order,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) {
        while let Some(job) = jobs.recv().await {
            let held = job.gate.is_some();
            let deliver = self.clone().deliver(job);
            if order == Order::InOrder && !held {
                deliver.await;
            } else {
                let stop = stop.clone();
                tasks.spawn(async move { stop.run_until_cancelled_owned(deliver).await });
            }
        }
    }

    async fn deliver(self, job: QueuedDelivery) {
        let _passage = match &job.gate {
            Some(gate) => Some(gate.pass().await),
            None => None,
        };
        // The semaphore is never closed; without a permit there would just be no limit.
        let _permit = self.0.workers.acquire().await;
        let mut next = Some(Box::new(job));
        while let Some(job) = next {
            let outcome = self.post(&job).await;
            self.note(&job, outcome);
            lock(&self.0.pending).remove(&job.number);
            self.0.changed.notify_waiters();
            next = job.then;
        }
    }

    async fn post(&self, job: &QueuedDelivery) -> DeliveryResult {
        let outgoing = &job.outgoing;
        let mut request = self.0.client.post(&outgoing.url);
        for (name, value) in headers(job) {
            request = request.header(name, value);
        }
        match request.body(body(outgoing)).send().await {
            Ok(response) => DeliveryResult::Answered(response.status().as_u16()),
            Err(_) => DeliveryResult::Failed,
        }
    }

    fn note(&self, job: &QueuedDelivery, outcome: DeliveryResult) {
        lock(&self.0.log).push(DeliveryRecord {
            uuid: job.uuid.clone(),
            event_type: job.outgoing.name.kind,
            url: job.outgoing.url.clone(),
            outcome,
        });
    }
}

/// The headers of `addDefaultHeaders` in Gitea's `services/webhook/deliver.go`.
fn headers(job: &QueuedDelivery) -> Vec<(&'static str, String)> {
    let outgoing = &job.outgoing;
    let (event, kind) = (outgoing.name.event.to_owned(), outgoing.name.kind.to_owned());
    let uuid = job.uuid.clone();
    let sha256 = signature::sha256(&outgoing.secret, &outgoing.payload);
    let sha1 = signature::sha1(&outgoing.secret, &outgoing.payload);
    let content = match outgoing.content {
        ContentType::Json => "application/json",
        ContentType::Form => "application/x-www-form-urlencoded",
    };
    let mut headers = vec![
        ("User-Agent", "Go-http-client/1.1".to_owned()),
        ("Content-Type", content.to_owned()),
        ("Accept-Encoding", "gzip".to_owned()),
        ("X-Gitea-Delivery", uuid.clone()),
        ("X-Gitea-Event", event.clone()),
        ("X-Gitea-Event-Type", kind.clone()),
        ("X-Gitea-Signature", sha256.clone()),
        ("X-Gogs-Delivery", uuid.clone()),
        ("X-Gogs-Event", event.clone()),
        ("X-Gogs-Event-Type", kind.clone()),
        ("X-Gogs-Signature", sha256.clone()),
        ("X-Hub-Signature", format!("sha1={sha1}")),
        ("X-Hub-Signature-256", format!("sha256={sha256}")),
        ("X-GitHub-Delivery", uuid),
        ("X-GitHub-Event", event),
        ("X-GitHub-Event-Type", kind),
    ];
    if !outgoing.authorization.is_empty() {
        headers.push(("Authorization", outgoing.authorization.clone()));
    }
    if let Some(target) = outgoing.target {
        headers.push(("X-Gitea-Hook-Installation-Target-Type", target.to_owned()));
        headers.push(("X-GitHub-Hook-Installation-Target-Type", target.to_owned()));
    }
    headers
}

/// The JSON that was signed, or a form with it.
fn body(outgoing: &Outgoing) -> Vec<u8> {
    match outgoing.content {
        ContentType::Json => outgoing.payload.to_vec(),
        ContentType::Form => {
            let escaped: String = form_urlencoded::byte_serialize(&outgoing.payload).collect();
            format!("payload={escaped}").into_bytes()
        }
    }
}

/// A client for receivers on this machine: no proxy, and no root certificates to load.
pub(super) fn client() -> Result<Client, reqwest::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring speaks the default versions of TLS")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    Client::builder().tls_backend_preconfigured(tls).no_proxy().timeout(TIMEOUT).build()
}

/// Something that looks like a random UUID (version 4), always the same for a seed.
fn uuid(seed: &str) -> String {
    let hash = Sha256::digest(seed.as_bytes());
    let digits = base16ct::lower::encode_string(&hash[..16]);
    let (a, b, c, d, e) =
        (&digits[..8], &digits[8..12], &digits[13..16], &digits[17..20], &digits[20..]);
    format!("{a}-{b}-4{c}-8{d}-{e}")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is guarded here is whole after every statement.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
