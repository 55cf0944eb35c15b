//! `[notify]`: tells people elsewhere of decisions, dead letters and incidents, each once.
//!
//! What there is to tell is found in the ledger and kept there until it is told, so no crash loses
//! any of it. A receiver that takes nothing delays it and stops nothing else; that it takes nothing
//! is an incident, of which nobody is told elsewhere. Nothing is taken from there, either.
//!
//! A message that may have arrived (the answer never came, or timmy died) is sent once more, under
//! the same id: by that a receiver knows it again. One that is refused may be refused for what it is
//! itself: it waits long, and the next one is tried a moment later.

mod outcome;
mod receiver;

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use self::outcome::SendOutcome;
use self::receiver::NotifyReceiver;
use super::activity::Loop;
use super::context::Context;
use super::incidents::Incidents;
use super::queue::DRAIN;
use crate::core::backoff::Backoff;
use crate::core::model::incident::Incident;
use crate::core::model::time::Timestamp;
use crate::core::notify::Message;
use crate::crash;
use crate::store::notifications::{self, NotificationEnd, StoredNotification};
use crate::store::{Error, meta};

/// How long it is from one look at what there is to tell to the next.
const LOOK: Duration = Duration::from_secs(15);

/// Before a receiver that is away, fails or refuses is tried again.
const PAUSE: Backoff =
    Backoff { first: Duration::from_secs(30), longest: Duration::from_secs(60 * 60) };

/// However long a receiver asks to be left alone.
const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);

/// Before a message is tried again that is refused: somebody has to correct something first.
const REFUSED: Duration = Duration::from_secs(6 * 60 * 60);

/// What could not be told for so long is not told any more: it is in the report.
const PATIENCE: Duration = Duration::from_secs(24 * 60 * 60);

/// After so many failures in a row, or a refusal, it is an incident that nobody takes anything.
const FAILURES: u32 = 3;

pub(super) struct Notifier {
    ctx: Context,
    incidents: Arc<Incidents>,
}

/// How the receiver was found.
#[derive(Debug, Default)]
struct ReceiverState {
    /// Nothing is sent before.
    closed_until: Timestamp,
    /// How often in a row it took nothing.
    failures: u32,
}

impl Notifier {
    pub(super) fn new(ctx: Context, incidents: Arc<Incidents>) -> Self {
        Self { ctx, incidents }
    }

    /// Tells what there is to tell, until `stop`.
    pub(super) async fn run(&self, mut at: Loop, stop: &CancellationToken) -> Result<(), Error> {
        let Some(notify) = &self.ctx.policy.notify else { return self.forget().await };
        let now = self.ctx.now();
        self.ctx.ledger.write(move |tx| notifications::switched_on(tx, now)).await?;
        let receiver = match NotifyReceiver::new(notify) {
            Ok(receiver) => receiver,
            Err(why) => {
                let text = format!("nothing can be told to [notify]: {why}");
                self.incidents.set(Incident::NotifyFailed, Some(text)).await;
                return Ok(());
            }
        };
        let mut state = ReceiverState::default();
        loop {
            self.look().await?;
            let is_quiet = notify.hours.is_quiet(self.ctx.now());
            while !is_quiet && !stop.is_cancelled() && state.closed_until <= self.ctx.now() {
                if !self.tell_next(&receiver, &mut state, stop).await? {
                    break;
                }
            }
            let due = self.ctx.now().after(LOOK);
            let rest = at.rest(&*self.ctx.clock, Some(due), None);
            if stop.run_until_cancelled(rest).await.is_none() {
                return Ok(());
            }
        }
    }

    /// Nobody is told: what an earlier run was to tell is told nowhere.
    async fn forget(&self) -> Result<(), Error> {
        if self.ctx.ledger.read(notifications::is_switched_on).await? {
            let now = self.ctx.now();
            self.ctx.ledger.write(move |tx| notifications::switched_off(tx, now)).await?;
        }
        Ok(())
    }

    /// Notes what there is to tell by now, and what not any more.
    async fn look(&self) -> Result<(), Error> {
        let now = self.ctx.now();
        let read = self.ctx.ledger.read(move |conn| notifications::news(conn, now));
        if !read.await?.is_empty() {
            self.ctx.ledger.write(move |tx| notifications::note(tx, now)).await?;
        }
        Ok(())
    }

    /// Tells the first thing that is due; whether there may be another one.
    async fn tell_next(
        &self,
        receiver: &NotifyReceiver,
        state: &mut ReceiverState,
        stop: &CancellationToken,
    ) -> Result<bool, Error> {
        let now = self.ctx.now();
        let next = self.ctx.ledger.read(move |conn| notifications::due(conn, now)).await?;
        let Some(next) = next else { return Ok(false) };
        let Some(message) = self.message(&next).await? else {
            // It is not so any more.
            self.look().await?;
            return Ok(true);
        };
        let seq = next.seq;
        self.ctx.ledger.write(move |tx| notifications::sending(tx, seq, now)).await?;
        crash::point("notifying");
        let sending = receiver.send(&message, now);
        let patience = async {
            stop.cancelled().await;
            tokio::time::sleep(DRAIN).await;
        };
        let outcome = tokio::select! {
            outcome = sending => outcome,
            // The next start sends it once more, under the same id.
            () = patience => return Ok(false),
        };
        crash::point("notified");
        self.follow(&next, outcome, receiver, state).await
    }

    /// What comes of a try; whether the receiver takes another one.
    async fn follow(
        &self,
        next: &StoredNotification,
        outcome: SendOutcome,
        receiver: &NotifyReceiver,
        state: &mut ReceiverState,
    ) -> Result<bool, Error> {
        let (is_refused, asked, why) = match outcome {
            SendOutcome::Taken => {
                tracing::info!(what = next.subject.name(), "told to [notify]");
                *state = ReceiverState::default();
                self.end(next, NotificationEnd::Told).await?;
                self.incidents.set(Incident::NotifyFailed, None).await;
                return Ok(true);
            }
            SendOutcome::Refused(why) => (true, None, why),
            SendOutcome::Later { asked, why } => (false, asked, why),
        };
        state.failures = state.failures.saturating_add(1);
        let pause = PAUSE.pause(state.failures, self.ctx.chance.draw());
        let pause = asked.map_or(pause, |asked| asked.clamp(Duration::from_secs(1), LONGEST_PAUSE));
        state.closed_until = self.ctx.now().after(pause);
        let until = match is_refused {
            true => self.ctx.now().after(REFUSED),
            false => state.closed_until,
        };
        tracing::info!(why, %until, "not told to [notify] yet");
        // Only now: it was tried once more, however long timmy itself was away.
        if self.ctx.now().since(next.found_at) >= PATIENCE {
            tracing::warn!(what = next.subject.name(), "given up: nobody took it for a day");
            self.end(next, NotificationEnd::GivenUp).await?;
        } else {
            let seq = next.seq;
            self.ctx.ledger.write(move |tx| notifications::put_off(tx, seq, until)).await?;
        }
        if is_refused || state.failures >= FAILURES {
            let text = format!("{} takes nothing that [notify] tells: {why}", receiver.host());
            self.incidents.set(Incident::NotifyFailed, Some(text)).await;
        }
        Ok(false)
    }

    async fn end(&self, of: &StoredNotification, end: NotificationEnd) -> Result<(), Error> {
        let (seq, now) = (of.seq, self.ctx.now());
        self.ctx.ledger.write(move |tx| notifications::end(tx, seq, end, now)).await
    }

    /// What is to be said; none if what it is about is not so any more.
    async fn message(&self, of: &StoredNotification) -> Result<Option<Message>, Error> {
        let stored = of.clone();
        let read = self.ctx.ledger.read(move |conn| {
            let place = notifications::place(conn, &stored.subject)?;
            Ok((place, meta::get(conn, meta::LEDGER)?))
        });
        let (place, ledger) = read.await?;
        let id = format!("timmy-{}-n{}", ledger.unwrap_or_default(), of.seq);
        let forge = self.ctx.policy.jobs.forge.as_str();
        Ok(place.map(|place| Message::of(id, &of.subject, &place, forge)))
    }
}
