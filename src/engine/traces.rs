//! Traces of jobs, told from the ledger, and of texts and effects, told when they are over.
//!
//! How much of which job was told is stored once it is with the collector: what a crash or a
//! collector that is away keeps back is told later, under the same ids, and some of it twice.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::activity::Loop;
use super::context::Context;
use crate::core::effect::Effect;
use crate::core::jobs::JobId;
use crate::core::model::time::Timestamp;
use crate::core::trace::{
    EffectOwner, Span, TextKey, Trace, TraceSubject, effect_owner, job_spans,
};
use crate::store::outbox::OutboxRow;
use crate::store::traced_jobs::{self, MovedJob, TracedJobs};
use crate::store::{Error, meta, traces};

/// How long it is from one look at the jobs to the next.
const LOOK: Duration = Duration::from_secs(5);

/// Lets spans be made, which are called by the name of the ledger. It has one.
pub(super) async fn begin(ctx: &Context) -> Result<(), Error> {
    if !ctx.tracer.is_on() {
        return Ok(());
    }
    if let Some(name) = ctx.ledger.read(|conn| meta::get(conn, meta::LEDGER)).await? {
        ctx.tracer.set_ledger(&name);
    }
    Ok(())
}

/// How much of which job was told, and how much of that is stored.
struct Mark {
    told: TracedJobs,
    stored: TracedJobs,
    /// Whether what is not stored is told once more, since the collector refused some of it.
    is_told_again: bool,
}

/// Tells what became of jobs.
pub(super) struct JobTraces<'a> {
    ctx: &'a Context,
}

impl<'a> JobTraces<'a> {
    pub(super) fn new(ctx: &'a Context) -> Self {
        Self { ctx }
    }

    /// Tells it until `stop`, and then what happened until then. What keeps that from being told keeps
    /// nothing else.
    ///
    /// # Errors
    /// One that concerns all of the ledger.
    pub(super) async fn run(self, mut at: Loop, stop: &CancellationToken) -> Result<(), Error> {
        if self.ctx.tracer.ledger().is_none() {
            return Ok(());
        }
        let mut mark: Option<Mark> = None;
        let mut is_well = true;
        loop {
            match self.go_on(&mut mark).await {
                Ok(()) => is_well = true,
                Err(error) if error.concerns_all() => return Err(error),
                Err(error) => {
                    // What is so is said once.
                    if is_well {
                        tracing::warn!(%error, "what becomes of jobs cannot be traced now: all else goes on");
                    }
                    is_well = false;
                }
            }
            if stop.is_cancelled() {
                return Ok(());
            }
            let due = self.ctx.now().after(LOOK);
            let rest = at.rest(&*self.ctx.clock, Some(due), None);
            // The last look is after the stop.
            let _ = stop.run_until_cancelled(rest).await;
        }
    }

    /// Tells what is new, and stores what the collector has.
    async fn go_on(&self, mark: &mut Option<Mark>) -> Result<(), Error> {
        if mark.is_none() {
            *mark = Some(self.found().await?);
        }
        let Some(mark) = mark else { return Ok(()) };
        self.look(&mut mark.told).await?;
        if mark.told == mark.stored || !self.ctx.tracer.is_drained() {
            return Ok(());
        }
        if self.ctx.tracer.take_refused() && !mark.is_told_again {
            // It takes spans again: it is told once more, and only once, what it did not take.
            mark.told = mark.stored.clone();
            mark.is_told_again = true;
            return Ok(());
        }
        self.store(&mark.told).await?;
        mark.stored = mark.told.clone();
        mark.is_told_again = false;
        Ok(())
    }

    /// What was told before; of a ledger of which nothing ever was, what happened until now counts as
    /// told.
    async fn found(&self) -> Result<Mark, Error> {
        let found = match self.ctx.ledger.read(|conn| meta::get(conn, meta::TRACED_JOBS)).await {
            Err(error) if error.is_unreadable() => {
                tracing::warn!(
                    %error,
                    "how much of the jobs was traced cannot be read: what happened until now counts as traced"
                );
                None
            }
            found => found?,
        };
        let told = match found {
            Some(told) => told,
            None => {
                let told = self.ctx.ledger.read(TracedJobs::now).await?;
                self.store(&told).await?;
                told
            }
        };
        Ok(Mark { stored: told.clone(), told, is_told_again: false })
    }

    async fn store(&self, told: &TracedJobs) -> Result<(), Error> {
        let told = told.clone();
        self.ctx.ledger.write(move |tx| meta::set(tx, meta::TRACED_JOBS, &told)).await
    }

    /// Tells what is new, as far as there is room for it: the rest with a later look.
    async fn look(&self, told: &mut TracedJobs) -> Result<(), Error> {
        if !self.ctx.tracer.has_room() {
            return Ok(());
        }
        let before = told.clone();
        let moved = self.ctx.ledger.read(move |conn| traced_jobs::moved(conn, before)).await?;
        let (moved, shortened) = moved;
        *told = shortened;
        for job in moved {
            if !self.ctx.tracer.has_room() {
                break;
            }
            for span in self.readable_spans(job).await? {
                self.ctx.tracer.send(span);
            }
            told.told(job);
        }
        Ok(())
    }

    /// The new spans of a job; none if its history cannot be read, which keeps no other job from being
    /// told.
    async fn readable_spans(&self, job: MovedJob) -> Result<Vec<Span>, Error> {
        match self.spans(job).await {
            Err(error) if error.concerns_all() || matches!(error, Error::Open(_)) => Err(error),
            Err(error) => {
                tracing::warn!(job = %job.id, %error, "its trace cannot be told");
                Ok(Vec::new())
            }
            spans => spans,
        }
    }

    async fn spans(&self, job: MovedJob) -> Result<Vec<Span>, Error> {
        let Some(ledger) = self.ctx.tracer.ledger() else { return Ok(Vec::new()) };
        let read = self.ctx.ledger.read(move |conn| traces::story(conn, job.id));
        let Some(story) = read.await? else { return Ok(Vec::new()) };
        // What happened since it was counted is told with the next look.
        let steps = story.steps.iter().map(|stored| (&stored.step, stored.now));
        let steps = steps.take(usize::try_from(job.steps).unwrap_or(usize::MAX));
        let known = usize::try_from(job.told).unwrap_or(usize::MAX);
        let spans = job_spans(ledger, (story.first, story.created_at), steps, known);
        Ok(spans.unwrap_or_else(|illegal| {
            tracing::debug!(job = %job.id, %illegal, "its trace cannot be told");
            Vec::new()
        }))
    }
}

/// An effect is done, or is a dead letter, since then: that, and all of the text that led to it once nothing else of
/// it is to be done. What keeps that from being told keeps nothing else.
pub(super) async fn effect_over(
    ctx: &Context,
    row: &OutboxRow,
    effect: &Effect,
    end: (bool, Timestamp),
) {
    let told = tell_effect(ctx, row, effect, end).await;
    if let Err(error) = told {
        tracing::debug!(effect = %row.key, %error, "its trace cannot be told");
    }
}

async fn tell_effect(
    ctx: &Context,
    row: &OutboxRow,
    effect: &Effect,
    (is_dead, ended): (bool, Timestamp),
) -> Result<(), Error> {
    let Some(ledger) = ctx.tracer.ledger() else { return Ok(()) };
    let Some(owner) = effect_owner(&row.key, ledger) else { return Ok(()) };
    let trace = match owner {
        EffectOwner::Text(key) => Some(Trace::of(ledger, TraceSubject::Text(&key.to_string()))),
        EffectOwner::Job(id) => trace_of_job(ctx, ledger, id).await?,
        EffectOwner::Decision(number) => {
            match ctx.ledger.read(move |conn| traces::job_of(conn, number)).await? {
                Some(job) => trace_of_job(ctx, ledger, job).await?,
                None => None,
            }
        }
    };
    let Some(trace) = trace else { return Ok(()) };
    let span = trace
        .keyed_step("effect", &row.key, (row.created_at, ended))
        .word("timmy.effect", effect.name())
        .number("timmy.tries", row.tries)
        .failed(is_dead);
    ctx.tracer.send(span);
    match owner {
        EffectOwner::Text(key) => tell_text(ctx, key, ended, Some(row.created_at)).await,
        EffectOwner::Job(_) | EffectOwner::Decision(_) => Ok(()),
    }
}

/// The trace of a job; none of one whose root never comes.
async fn trace_of_job(ctx: &Context, ledger: &str, job: JobId) -> Result<Option<Trace>, Error> {
    let told = ctx.ledger.read(|conn| meta::get(conn, meta::TRACED_JOBS)).await?;
    let is_told_of = told.is_some_and(|told| told.knows(job));
    Ok(is_told_of.then(|| Trace::of(ledger, TraceSubject::Job(job))))
}

/// All of a text, if nothing of it is to be done any more.
pub(super) async fn text_over(ctx: &Context, key: TextKey, now: Timestamp) -> Result<(), Error> {
    tell_text(ctx, key, now, None).await
}

/// The same, if what was stored `then` was decided with it: what is confirmed later is told apart.
async fn tell_text(
    ctx: &Context,
    key: TextKey,
    now: Timestamp,
    then: Option<Timestamp>,
) -> Result<(), Error> {
    let Some(ledger) = ctx.tracer.ledger() else { return Ok(()) };
    let read = ctx.ledger.read(move |conn| traces::text(conn, key));
    let text = read.await?.filter(|text| then.is_none_or(|then| then == text.handled_at));
    let Some(text) = text else { return Ok(()) };
    let trace = Trace::of(ledger, TraceSubject::Text(&key.to_string()));
    let (kind, id) = (key.root_name(), key.number());
    // Whoever tells it tells the same, also if two see at once that nothing is to be done any more.
    let ended = text.effects_over_at.unwrap_or(now).max(text.handled_at);
    let span = trace.root(kind, (text.received_at, ended)).number("timmy.text", id);
    ctx.tracer.send(span);
    Ok(())
}
