//! Asks how an attempt goes, and tells its job.

use std::time::Duration;

use super::Jobs;
use super::look::{NextLook, SeenJob};
use super::start::{Found, phase, request_agent};
use super::trouble::spent_until;
use crate::agents::{Agent, AgentEnding, AgentTrouble, FailureKind, RunHandle, Sighting, reset_in};
use crate::core::jobs::{
    Failure, Fence, HeldBy, JobEvent, JobId, NeverRan, OutcomeDigest, Progress, State, ToldText,
    Waiting,
};
use crate::core::model::time::Timestamp;
use crate::core::prompt::told_words;
use crate::store::{Error, jobs};

/// The longest time from one question to the next.
pub(super) const SLOWEST: Duration = Duration::from_secs(10);

/// How often it is kept what an agent does, if that changes: in the beginning, and later.
const KEPT_SOON: Duration = Duration::from_secs(5);
const KEPT: Duration = Duration::from_secs(30);

/// How often a card is brought up to date while its job goes on.
const CARD: Duration = Duration::from_secs(10 * 60);

/// How long it is from one look at a host that is away to the next.
const AWAY: Duration = Duration::from_secs(30);

/// The most of an agent's words that tell outcomes from one another.
const DIGEST: usize = 120;

impl Jobs {
    /// Asks how the attempt goes.
    pub(super) async fn follow(&self, seen: &SeenJob, fence: Fence) -> Result<NextLook, Error> {
        let Some(agent) = self.fleet.agent(request_agent(seen)) else {
            return self.without_agent(seen, fence).await;
        };
        let Some(run) = run_of(seen) else { return self.follow_unseen(seen, fence, &*agent).await };
        match agent.follow(&run).await {
            Ok(sighting) => {
                self.watches.with(seen.id(), |watch| watch.failures = 0);
                if is_held_by_host(&seen.job.state) {
                    return self.progress(seen, fence, Progress::HostBack).await;
                }
                self.sighted(seen, fence, sighting).await
            }
            Err(AgentTrouble::HostAway(_)) if is_held_by_host(&seen.job.state) => {
                Ok(NextLook::At(self.ctx.now().after(AWAY)))
            }
            Err(trouble) => self.unseen(seen, fence, &trouble).await,
        }
    }

    /// An agent that is in the configuration no more: nobody can tell how it goes.
    async fn without_agent(&self, seen: &SeenJob, fence: Fence) -> Result<NextLook, Error> {
        match &seen.job.state {
            State::Uncertain(_) => Ok(NextLook::Idle),
            _ => self.progress(seen, fence, Progress::Unclear).await,
        }
    }

    /// Of an attempt whose handle is not known yet: its host was away when it was to start.
    async fn follow_unseen(
        &self,
        seen: &SeenJob,
        fence: Fence,
        agent: &dyn Agent,
    ) -> Result<NextLook, Error> {
        let Some((_, request)) = self.driven(seen) else {
            return self.progress(seen, fence, Progress::Unclear).await;
        };
        let is_held = is_held_by_host(&seen.job.state);
        match self.find(agent, &request).await {
            Found::Runs(run) => self.accepted(seen, fence, run).await,
            Found::HostAway => Ok(NextLook::At(self.ctx.now().after(AWAY))),
            Found::Nothing if is_held => self.progress(seen, fence, Progress::HostBack).await,
            Found::Nothing => self.progress(seen, fence, Progress::Lost).await,
            Found::Unclear => self.progress(seen, fence, Progress::Unclear).await,
            Found::Unknown => Ok(self.later(seen)),
        }
    }

    /// What the agent tells of the attempt.
    async fn sighted(
        &self,
        seen: &SeenJob,
        fence: Fence,
        sighting: Sighting,
    ) -> Result<NextLook, Error> {
        if is_held_by_person(&seen.job.state) {
            return self.sighted_while_asked(seen, fence, sighting).await;
        }
        let is_answered = seen.job.state.attempt().is_some_and(|a| a.answer.is_some());
        match sighting {
            Sighting::Stopped(_) | Sighting::Ended(_) if is_answered => {
                self.over_without_answer(seen, fence, sighting).await
            }
            Sighting::Working { doing, sign } => self.works(seen, fence, doing, sign).await,
            Sighting::Asks { question, .. } => self.asks(seen, fence, question).await,
            Sighting::Ended(ending) => self.ended(seen, fence, ending).await,
            over => self.sighted_over(seen, fence, over).await,
        }
    }

    /// It is over, and brought nothing.
    pub(super) async fn sighted_over(
        &self,
        seen: &SeenJob,
        fence: Fence,
        sighting: Sighting,
    ) -> Result<NextLook, Error> {
        let now = self.ctx.now();
        let progress = match sighting {
            Sighting::Working { .. } | Sighting::Asks { .. } | Sighting::Ended(_) => {
                return Ok(NextLook::At(now.after(SLOWEST)));
            }
            Sighting::Failed { kind, reason, usage } => {
                tracing::info!(job = %seen.id(), attempt = fence.0, reason, "attempt failed");
                if matches!(kind, FailureKind::GaveUp) {
                    // The next attempt is told in full.
                    let words = self.ctx.policy.jobs.redactor.redact(&reason);
                    self.ctx.ledger.write(move |tx| jobs::said(tx, fence, &words)).await?;
                }
                let kind = match kind {
                    FailureKind::PoolSpent { until } => {
                        let told = until.or_else(|| reset_in(&reason, now));
                        let until = self.quota_spent(request_agent(seen), told).await?;
                        FailureKind::PoolSpent { until: Some(until) }
                    }
                    FailureKind::ClaimsPoolSpent => {
                        let told = reset_in(&reason, now);
                        let until = self.quota_claimed_spent(request_agent(seen), told).await?;
                        FailureKind::PoolSpent { until: Some(until) }
                    }
                    other => other,
                };
                Progress::Failed { failure: failure(kind, &reason, now), usage }
            }
            Sighting::Stopped(usage) => Progress::Stopped { usage },
            Sighting::Lost => Progress::Lost,
            Sighting::CutOff(usage) => Progress::CutOff { usage },
            Sighting::Unclear(why) => {
                tracing::info!(job = %seen.id(), attempt = fence.0, why, "attempt unclear");
                Progress::Unclear
            }
        };
        self.progress(seen, fence, progress).await
    }

    /// It works: a new sign of life is told now and then, and always before its time is over.
    async fn works(
        &self,
        seen: &SeenJob,
        fence: Fence,
        doing: Option<String>,
        sign: String,
    ) -> Result<NextLook, Error> {
        let now = self.ctx.now();
        let silence = seen.job.state.leased().map(|leased| leased.grant.timeouts.silence);
        let often = silence.unwrap_or(SLOWEST) / 4;
        let (is_new, tells, unkept) = self.watches.with(seen.id(), |watch| {
            let is_new = watch.sign.as_ref() != Some(&sign);
            watch.sign = Some(sign);
            watch.has_news |= is_new;
            // Who falls silent after it was seen last is told with what that was.
            watch.unkept = watch.unkept.filter(|_| !is_new).or(is_new.then_some(now));
            let is_over = |at: Option<Timestamp>, span| at.is_none_or(|at| at.is_over(span, now));
            let tells = watch.has_news && (is_over(watch.told_at, often) || seen.is_due(now));
            let unkept = watch.unkept.filter(|_| is_over(watch.kept_at, keeping(seen, now)));
            (is_new, tells, unkept)
        });
        let is_held = phase(&seen.job.state).is_some_and(|(_, is_held)| is_held);
        if let Some(at) = unkept {
            self.keep(seen, fence, (doing, at)).await?;
        }
        self.refresh_card(seen).await?;
        if tells || (is_new && is_held) {
            self.watches.with(seen.id(), |watch| {
                (watch.told_at, watch.has_news) = (Some(now), false);
            });
            return self.progress(seen, fence, Progress::Alive).await;
        }
        Ok(NextLook::At(now.after(pace(seen, now))))
    }

    /// Keeps what an agent does, and when it showed that.
    async fn keep(
        &self,
        seen: &SeenJob,
        fence: Fence,
        (doing, at): (Option<String>, Timestamp),
    ) -> Result<(), Error> {
        self.ctx.ledger.write(move |tx| jobs::seen(tx, fence, doing.as_deref(), at)).await?;
        let now = self.ctx.now();
        self.watches.with(seen.id(), |watch| (watch.kept_at, watch.unkept) = (Some(now), None));
        Ok(())
    }

    /// Brings the card of a job up to date that was not for a while.
    async fn refresh_card(&self, seen: &SeenJob) -> Result<(), Error> {
        let now = self.ctx.now();
        match seen.card_at.is_some_and(|at| at.is_over(CARD, now)) {
            true => self.write_card(seen.id()).await,
            false => Ok(()),
        }
    }

    /// Has the card of a job say how it stands, if it does not.
    pub(super) async fn write_card(&self, id: JobId) -> Result<(), Error> {
        let now = self.ctx.now();
        self.ctx.ledger.write(move |tx| jobs::refresh_card(tx, id, now)).await?;
        self.ctx.stored.notify();
        Ok(())
    }

    /// It ended by itself; what it says is a claim.
    pub(super) async fn ended(
        &self,
        seen: &SeenJob,
        fence: Fence,
        ending: AgentEnding,
    ) -> Result<NextLook, Error> {
        let AgentEnding { text, usage, unheard } = ending;
        let progress = Progress::Ended { claim: self.forge.claim(&text), usage };
        let event = JobEvent::Attempt(fence, progress);
        let ended =
            self.tell_with(seen.id(), event, move |tx| jobs::said(tx, fence, &text)).await?;
        if let (Some(_), Some(text)) = (&ended, unheard) {
            // It came too late for this attempt: the next one gets it.
            let text = self.who_told(seen.id(), text).await?;
            self.tell(seen.id(), JobEvent::Told(text)).await?;
        }
        Ok(super::look::told(ended.is_some()))
    }

    /// A text that comes back from an agent, with who told it.
    async fn who_told(&self, id: JobId, text: String) -> Result<ToldText, Error> {
        let texts = self.ctx.ledger.read(move |conn| jobs::texts(conn, id)).await?;
        let known = texts.into_iter().rev().find(|known| told_words(known) == text);
        Ok(known.unwrap_or(ToldText::alone(text)))
    }

    /// The agent could not be asked, or knows nothing of the attempt.
    async fn unseen(
        &self,
        seen: &SeenJob,
        fence: Fence,
        trouble: &AgentTrouble,
    ) -> Result<NextLook, Error> {
        self.met(request_agent(seen), trouble).await?;
        let progress = match trouble {
            AgentTrouble::HostAway(_) => Progress::HostAway,
            AgentTrouble::NotFound => Progress::Lost,
            AgentTrouble::Conflict | AgentTrouble::Unsupported => Progress::Unclear,
            AgentTrouble::Down(_)
            | AgentTrouble::CannotRun(_)
            | AgentTrouble::Busy { .. }
            | AgentTrouble::BadKey
            | AgentTrouble::ModelGone(_)
            | AgentTrouble::PoolSpent { .. }
            | AgentTrouble::BadRequest(_)
            | AgentTrouble::Timeout
            | AgentTrouble::Garbage(_) => return Ok(self.later(seen)),
        };
        Ok(self.progress(seen, fence, progress).await?.or(self.later(seen)))
    }
}

/// How its agent finds the attempt again.
pub(super) fn run_of(seen: &SeenJob) -> Option<RunHandle> {
    let run = seen.attempt.as_ref()?.run.as_ref()?;
    serde_json::from_str(run).ok()
}

fn is_held_by_person(state: &State) -> bool {
    let is_held = matches!(state, State::Waiting(Waiting::Held(held)) if held.by == HeldBy::Person);
    is_held && state.attempt().is_some_and(|attempt| attempt.stopping.is_none())
}

fn is_held_by_host(state: &State) -> bool {
    matches!(state, State::Waiting(Waiting::Held(held)) if held.by == HeldBy::Host)
}

/// Often in the beginning, when most go wrong that do.
fn pace(seen: &SeenJob, now: Timestamp) -> Duration {
    (Duration::from_secs(1) + runs_for(seen, now) / 10).min(SLOWEST)
}

/// How long what its agent does is not kept anew: people look in the beginning, and many jobs cost
/// little later.
fn keeping(seen: &SeenJob, now: Timestamp) -> Duration {
    (KEPT_SOON + runs_for(seen, now) / 10).min(KEPT)
}

fn runs_for(seen: &SeenJob, now: Timestamp) -> Duration {
    seen.job.state.attempt().map_or(Duration::ZERO, |attempt| now.since(attempt.since))
}

fn failure(kind: FailureKind, reason: &str, now: Timestamp) -> Failure {
    match kind {
        FailureKind::GaveUp => Failure::Agent(digest(reason)),
        FailureKind::BadRequest => Failure::BadRequest,
        FailureKind::PoolSpent { until } => Failure::PoolSpent { until: spent_until(until, now) },
        FailureKind::ClaimsPoolSpent => Failure::PoolSpent { until: spent_until(None, now) },
        FailureKind::BadKey => Failure::Unable(NeverRan::BadKey),
        FailureKind::ModelGone => Failure::Unable(NeverRan::ModelGone),
        FailureKind::Upstream => Failure::Unable(NeverRan::GatewayDown),
        FailureKind::NeverBegan(why) => Failure::NeverBegan(why),
    }
}

/// What equal reasons have in common: nothing that holds a number. People read it as well.
fn digest(reason: &str) -> OutcomeDigest {
    let words = reason.split_whitespace().map(without_numbers).collect::<Vec<_>>().join(" ");
    OutcomeDigest(format!("gave up: {}", words.chars().take(DIGEST).collect::<String>()))
}

fn without_numbers(word: &str) -> &str {
    if word.contains(char::is_numeric) { "…" } else { word }
}

#[cfg(test)]
mod tests {
    use crate::engine::jobs::follow::*;

    #[test]
    fn equal_failures_are_known_by_their_words_and_can_be_read() {
        let said = "it ended with 1 and gave no result: `src/a.rs` holds a GitHub token";
        assert_eq!(
            digest(said).0,
            "gave up: it ended with … and gave no result: `src/a.rs` holds a GitHub token"
        );
        assert_eq!(digest("at 12:03, job 7f3a"), digest("at  14:55,\njob 09c1"));
        assert_ne!(digest("out of memory"), digest("out of turns"));
        assert!(digest(&"word ".repeat(500)).0.chars().count() < 2 * DIGEST);
    }
}
