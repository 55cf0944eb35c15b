//! What a worker does that is asked to run guards: one run, which ends with its session.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio_util::task::AbortOnDropHandle;

use super::errand::Errands;
use super::guard_ask::{GuardAsk, GuardsSaid};
use crate::confinement::Remote;
use crate::core::guards::GuardResult;
use crate::guard_runs::{GuardPlace, GuardWatch, TrialEnd};

/// How long one question waits for the end of a run: less than timmy waits for its answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// What is asked with one ticket.
pub(super) struct GuardSession {
    place: GuardPlace,
    errands: Arc<Errands>,
    /// Where it runs.
    main: Handle,
    ticket: String,
    run: Mutex<Option<(GuardAsk, HeldRun)>>,
}

enum HeldRun {
    /// It ends when this is dropped.
    UnderWay(AbortOnDropHandle<GuardsSaid>),
    Ended(GuardsSaid),
}

/// Nobody here keeps traces.
struct Unwatched;

impl GuardWatch for Unwatched {
    fn fetched(&self, _: bool) {}

    fn said(&self, _: &GuardResult) {}
}

impl GuardSession {
    pub(super) fn new(
        place: GuardPlace,
        errands: Arc<Errands>,
        main: Handle,
        ticket: String,
    ) -> Self {
        Self { place, errands, main, ticket, run: Mutex::default() }
    }

    /// What is to be said now of what is asked. It is begun if it is not under way; whatever else was
    /// ends.
    pub(super) async fn answer(&self, ask: GuardAsk) -> GuardsSaid {
        let mut run = self.run.lock().await;
        let held = match run.take() {
            Some((asked, held)) if asked == ask => held,
            _ => HeldRun::UnderWay(self.begin(ask.clone())),
        };
        // It stays there when nobody waits here any more.
        let (_, held) = run.insert((ask, held));
        let ended = match held {
            HeldRun::Ended(said) => return said.clone(),
            HeldRun::UnderWay(running) => tokio::time::timeout(PATIENCE, running).await,
        };
        let Ok(ended) = ended else { return GuardsSaid::UnderWay };
        let said = ended.unwrap_or_else(|error| {
            tracing::error!(%error, "panic at a run of guards (a bug in timmy)");
            GuardsSaid::NotNow("its worker failed at it".to_owned())
        });
        *held = HeldRun::Ended(said.clone());
        said
    }

    fn begin(&self, ask: GuardAsk) -> AbortOnDropHandle<GuardsSaid> {
        let bearer = format!("Bearer {}", self.ticket);
        let ca = self.errands.ca().map(Path::to_owned);
        let remote = Remote::new(self.errands.repository().to_string(), bearer).vouched_for_by(ca);
        let place = self.place.clone();
        let running = self.main.spawn(async move { carry_out(&place, &ask, &remote).await });
        AbortOnDropHandle::new(running)
    }
}

async fn carry_out(place: &GuardPlace, ask: &GuardAsk, remote: &Remote) -> GuardsSaid {
    match ask {
        GuardAsk::Run(order) => {
            let repository = order.change.facts.repository.as_str();
            tracing::info!(repository, commit = %order.change.head, "guards run");
            match place.run(order, remote, &Unwatched).await {
                Ok(results) => GuardsSaid::Ran(results),
                Err(error) => {
                    tracing::warn!(%error, remedy = error.remedy(), "guards cannot run yet");
                    GuardsSaid::NotNow(error.to_string())
                }
            }
        }
        GuardAsk::Try(trial) => {
            let confined = place.confines(&trial.sandbox).await;
            let fixtures = place.try_scripts(trial).await;
            GuardsSaid::Tried(TrialEnd { confined, fixtures })
        }
    }
}
