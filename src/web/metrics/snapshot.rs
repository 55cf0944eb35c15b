//! What the ledger held a moment ago. It is read once at a time, beside the writer; whoever asks
//! while it cannot be read gets what was read last.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, watch};
use tokio::time::timeout;

use super::attempts::{AttemptCounters, CountedAgent};
use super::setting::MetricsSetting;
use crate::clock::Clock;
use crate::core::metrics::Histogram;
use crate::core::model::time::Timestamp;
use crate::store::metrics::{LedgerMetrics, MetricsQuery, WAITING_TIMES};
use crate::store::{Error, Readers};

/// What is committed later than this after its own time is not counted among what people waited for.
const COMMIT: Duration = Duration::from_secs(5);

/// What was read.
#[derive(Debug)]
pub(super) struct Snapshot {
    pub(super) at: Timestamp,
    pub(super) ledger: LedgerMetrics,
    /// How long texts waited that were answered since the start of the process.
    pub(super) answered: Histogram,
    /// What agents did, by agent.
    pub(super) attempts: Vec<CountedAgent>,
}

/// Reads the ledger.
pub(super) struct Snapshots {
    readers: Readers,
    clock: Arc<dyn Clock>,
    setting: Arc<MetricsSetting>,
    latest: watch::Sender<Latest>,
    /// Held while it is read.
    turn: Arc<Mutex<Counted>>,
    /// How long somebody who asks waits for a new one.
    patience: Duration,
}

#[derive(Debug, Default)]
struct Latest {
    snapshot: Option<Arc<Snapshot>>,
    /// How often it was read, or tried.
    reads: u64,
}

/// What was counted until now.
#[derive(Debug)]
struct Counted {
    answered: AnsweredTexts,
    attempts: AttemptCounters,
}

/// The texts that were answered until a moment.
#[derive(Debug)]
struct AnsweredTexts {
    until: Timestamp,
    waited: Histogram,
}

impl Snapshots {
    pub(super) fn new(
        readers: Readers,
        clock: Arc<dyn Clock>,
        setting: Arc<MetricsSetting>,
        patience: Duration,
    ) -> Arc<Self> {
        let before = setting.started_at.before(Duration::from_micros(1));
        let answered = AnsweredTexts { until: before, waited: Histogram::new(&WAITING_TIMES) };
        let counted = Counted { answered, attempts: AttemptCounters::default() };
        let (latest, turn) = (watch::Sender::default(), Arc::new(Mutex::new(counted)));
        Arc::new(Self { readers, clock, setting, latest, turn, patience })
    }

    /// The newest there is; none if the ledger could not be read yet.
    pub(super) async fn newest(self: &Arc<Self>) -> Option<Arc<Snapshot>> {
        let mut news = self.latest.subscribe();
        // While somebody else has it read, this waits for that.
        if let Ok(mut counted) = self.turn.clone().try_lock_owned() {
            let own = self.clone();
            // Apart: whoever goes away, or waits no longer, leaves it to the next.
            tokio::spawn(async move {
                let read = own.read(&mut counted).await;
                // First, so that whoever hears of it finds its turn free.
                drop(counted);
                own.note(read);
            });
        }
        let _ = timeout(self.patience, news.changed()).await;
        self.latest.borrow().snapshot.clone()
    }

    async fn read(&self, counted: &mut Counted) -> Result<Snapshot, Error> {
        let Counted { answered, attempts } = counted;
        let at = self.clock.now();
        let until = at.before(COMMIT);
        // A clock that was set back counts on from there.
        let after = answered.until.min(until);
        let query = MetricsQuery {
            now: at,
            day_began: at.day_began(&self.setting.zone),
            agents: self.setting.agents.iter().map(|agent| agent.name.clone()).collect(),
            answered: (after, until),
        };
        let ledger = self.readers.read(move |conn| LedgerMetrics::read(conn, &query)).await?;
        answered.waited.add(&ledger.answered);
        answered.until = until;
        let attempts = attempts.count(&self.setting.agents, &ledger.attempts);
        Ok(Snapshot { at, ledger, answered: answered.waited.clone(), attempts })
    }

    fn note(&self, read: Result<Snapshot, Error>) {
        let read = read.inspect_err(|error| tracing::warn!(%error, "metrics could not be read"));
        self.latest.send_modify(|latest| {
            latest.reads = latest.reads.wrapping_add(1);
            if let Ok(snapshot) = read {
                latest.snapshot = Some(Arc::new(snapshot));
            }
        });
    }
}
