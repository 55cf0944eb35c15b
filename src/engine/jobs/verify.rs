//! Has judged what the forge shows of what a job brought.

use std::time::Duration;

use super::Jobs;
use super::drivers::{JobEvidence, JobResult, Proposed, ReviewEvidence};
use super::look::{NextLook, SeenJob, told};
use crate::core::jobs::evidence::Finding;
use crate::core::jobs::{
    Job, JobEvent, OutcomeDigest, Push, ResultJudgement, ReviewFollowUp, StateKind, Verdict,
    asks_for_changes,
};
use crate::store::jobs::{self, ToldReviewed};
use crate::store::{Error, Transaction, decisions};

/// How long it is from one look to the next at what may still be pushed.
const LATE: Duration = Duration::from_secs(10 * 60);

/// How long it is from one look to the next at what cannot be told yet: soon in the beginning, as
/// seldom as this in the end.
const AGAIN: Duration = Duration::from_secs(15);
const SELDOM: Duration = Duration::from_secs(2 * 60);

impl Jobs {
    pub(super) async fn verify(&self, seen: &SeenJob) -> Result<NextLook, Error> {
        let Some(result) = self.result(seen).await? else { return Ok(NextLook::Idle) };
        match self.forge.judge(&result).await {
            Ok(Some(evidence)) => self.found(seen, result, evidence).await,
            Ok(None) => Ok(self.in_a_while(seen)),
            Err(error) => {
                self.incidents.met(&error, seen.job.lane()).await;
                Ok(self.later(seen))
            }
        }
    }

    /// The forge was read. Late work is known before it is judged.
    async fn found(
        &self,
        seen: &SeenJob,
        mut result: JobResult,
        evidence: JobEvidence,
    ) -> Result<NextLook, Error> {
        if let Some(why) = evidence.over.clone() {
            if let Some(merge) = &evidence.merged {
                self.incidents.merged(seen.job.lane(), merge).await;
            }
            let told_it = self.tell(seen.id(), JobEvent::Cancel(why)).await?;
            return Ok(told(told_it.is_some()).or(self.in_a_while(seen)));
        }
        if let Some(merge) = evidence.merged.clone() {
            let told_it = self.tell_found(seen, evidence.findings, JobEvent::Merged(merge)).await?;
            return Ok(told(told_it).or(self.in_a_while(seen)));
        }
        if let Some(push) = evidence.head_push.clone().filter(|push| self.is_news(seen, push)) {
            match self.tell(seen.id(), JobEvent::Pushed(push)).await? {
                Some(pushed) => result.job = pushed.after,
                None => return Ok(self.in_a_while(seen)),
            }
        }
        match self.forge.examine(&result, evidence).await {
            Ok(Some(evidence)) => {
                self.watches.with(seen.id(), |watch| watch.failures = 0);
                let look = result.job.past.look;
                let judged = JobEvent::Judged(ResultJudgement { look, ..evidence.judgement });
                let told_it = match evidence.review {
                    Some(review) => {
                        self.tell_review(seen, (*review, evidence.findings), judged).await?
                    }
                    None => match evidence.proposed {
                        Some(proposed) => {
                            let proposed = (proposed, look);
                            self.tell_proposed(seen, proposed, evidence.findings, judged).await?
                        }
                        None => self.tell_found(seen, evidence.findings, judged).await?,
                    },
                };
                Ok(told(told_it).or(self.in_a_while(seen)))
            }
            Ok(None) => Ok(self.in_a_while(seen)),
            Err(error) => {
                self.incidents.met(&error, seen.job.lane()).await;
                Ok(self.later(seen))
            }
        }
    }

    /// When what cannot be told yet is looked at again.
    fn in_a_while(&self, seen: &SeenJob) -> NextLook {
        let now = self.ctx.now();
        let begun = seen.job.state.due_at().map(|due| due.before(seen.job.spec.limits.judging));
        let waited = begun.map_or(Duration::ZERO, |begun| now.since(begun));
        NextLook::At(now.after((AGAIN + waited / 8).min(SELDOM)))
    }

    /// What a job may have brought.
    async fn result(&self, seen: &SeenJob) -> Result<Option<JobResult>, Error> {
        let Some(repo) = seen.repo.clone() else { return Ok(None) };
        let id = seen.id();
        let attempts = self.ctx.ledger.read(move |conn| jobs::attempts(conn, id)).await?;
        Ok(Some(JobResult { job: seen.job.clone(), repo, attempts, is_over: false }))
    }

    /// Looks whether an agent that was not seen to stop pushed something since.
    pub(super) async fn look_for_late(&self, seen: &SeenJob) -> Result<NextLook, Error> {
        let again = NextLook::At(self.ctx.now().after(LATE));
        let Some(result) = self.result(seen).await? else { return Ok(NextLook::Idle) };
        let push = match self.forge.judge(&result).await {
            Ok(evidence) => evidence.and_then(|evidence| evidence.head_push),
            Err(error) => {
                self.incidents.met(&error, seen.job.lane()).await;
                return Ok(self.later(seen));
            }
        };
        if let Some(push) = push.filter(|push| self.is_news(seen, push)) {
            self.tell(seen.id(), JobEvent::Pushed(push)).await?;
        }
        Ok(again)
    }

    /// What was found is kept with what it makes of the job, so that what is said of it is told
    /// from the same.
    async fn tell_found(
        &self,
        seen: &SeenJob,
        findings: Vec<Finding>,
        event: JobEvent,
    ) -> Result<bool, Error> {
        let last = seen.job.past.last.as_ref().map(|last| last.fence());
        let keep = move |tx: &Transaction<'_>| match last {
            Some(fence) => jobs::keep_findings(tx, fence, &findings),
            None => Ok(()),
        };
        Ok(self.tell_with(seen.id(), event, keep).await?.is_some())
    }

    /// What was proposed is kept with what it makes of its job.
    async fn tell_proposed(
        &self,
        seen: &SeenJob,
        (proposed, look): (Proposed, u32),
        findings: Vec<Finding>,
        judged: JobEvent,
    ) -> Result<bool, Error> {
        let (id, now) = (seen.id(), self.ctx.now());
        // What is asked covers what the issue said then: the ledger knows no less of it.
        let (Proposed::Plan { issue, .. } | Proposed::Split { epic: issue, .. }) = &proposed;
        if let Some(repo) = &seen.repo {
            self.keep_fresh(repo, issue, None).await?;
        }
        let last = seen.job.past.last.as_ref().map(|last| last.fence());
        let keep = move |tx: &Transaction<'_>| {
            if let Some(fence) = last {
                jobs::keep_findings(tx, fence, &findings)?;
            }
            match &proposed {
                Proposed::Plan { plan, issue } => jobs::planned(tx, (id, look), (plan, issue), now),
                Proposed::Split { proposal, epic } => {
                    jobs::proposed(tx, (id, look), (proposal, epic))
                }
            }
        };
        Ok(self.tell_with(id, judged, keep).await?.is_some())
    }

    /// The time is over in which a review was to be seen. No person can tell more of it, and another
    /// agent may give one.
    pub(super) async fn not_seen_in_time(&self, seen: &SeenJob) -> Result<bool, Error> {
        let found = Finding::NotSeenInTime;
        let judgement = ResultJudgement {
            look: seen.job.past.look,
            commit: None,
            pull: None,
            verdict: Verdict::Unfit,
            digest: OutcomeDigest(format!("review {}", found.code())),
            change: None,
            examined: None,
            asks: None,
        };
        self.tell_found(seen, vec![found], JobEvent::Judged(judgement)).await
    }

    /// A review is kept with what it makes of its job, and with what it makes of the job that works
    /// there: one that asks for changes is told to that.
    async fn tell_review(
        &self,
        seen: &SeenJob,
        (evidence, findings): (ReviewEvidence, Vec<Finding>),
        judged: JobEvent,
    ) -> Result<bool, Error> {
        let (id, now) = (seen.id(), self.step_time());
        let Some(thread) = seen.job.spec.given() else { return Ok(false) };
        let ReviewEvidence { mut review, told, is_current, may_be_mended } = evidence;
        let look = seen.job.past.look;
        // Once its time is over nobody waits for who works there.
        let is_over = seen.job.state.due_at().is_some_and(|due| due <= now.at);
        let write = self.ctx.ledger.write(move |tx| {
            // Of one that was given up meanwhile nobody is told.
            let present = jobs::get(tx, id)?.map(|stored| stored.job);
            let is_awaited =
                |job: &Job| job.state.kind() == StateKind::Verifying && job.past.look == look;
            if !present.as_ref().is_some_and(is_awaited) {
                return Ok(None);
            }
            jobs::keep_findings(tx, review.attempt, &findings)?;
            let is_to_be_mended = is_current && asks_for_changes(review.opinion, review.findings());
            let mut mends = None;
            // A crew sends its work back no more often than it has rounds.
            let crew = match &present {
                Some(job) => jobs::crew_of(tx, job)?,
                None => None,
            };
            let may_send_back = crew.is_none_or(|crew| crew.has_rounds());
            if is_to_be_mended && may_send_back {
                let became = jobs::tell_reviewed(tx, thread, (&review, told), now)?;
                let Some(follow_up) = follow_up(&became, is_over, may_be_mended) else {
                    return Ok(None);
                };
                review.follow_up = follow_up;
                if let ToldReviewed::Told(advanced) = became {
                    mends = Some(advanced);
                }
            }
            jobs::keep_review(tx, thread.repo, &review, now.at)?;
            decisions::say_reviewed(tx, thread, &review, now.at)?;
            Ok(Some((mends, jobs::advance(tx, id, None, judged, now)?)))
        });
        let Some((mends, judged)) = write.await? else { return Ok(false) };
        if let Some(mends) = &mends {
            self.moved(mends).await;
        }
        match judged {
            Ok(advanced) => {
                self.moved(&advanced).await;
                Ok(true)
            }
            Err(illegal) => {
                tracing::debug!(%illegal, "told in vain");
                Ok(false)
            }
        }
    }

    /// Whether a push was not told before.
    fn is_news(&self, seen: &SeenJob, push: &Push) -> bool {
        self.watches.with(seen.id(), |watch| {
            let is_known = watch.pushed.as_ref() == Some(&push.commit)
                || seen.job.past.commit.as_ref() == Some(&push.commit);
            watch.pushed = Some(push.commit.clone());
            !is_known
        })
    }
}

/// What becomes of what a review asks for; none as long as whoever works there is waited for. `is_over`:
/// nobody waits any longer.
fn follow_up(became: &ToldReviewed, is_over: bool, may_be_mended: bool) -> Option<ReviewFollowUp> {
    Some(match became {
        ToldReviewed::NotYet if !is_over => return None,
        ToldReviewed::Told(advanced) => ReviewFollowUp::Told(advanced.after.spec.id),
        ToldReviewed::NotNow | ToldReviewed::NotYet => ReviewFollowUp::Nothing,
        ToldReviewed::Nobody if may_be_mended => ReviewFollowUp::Offered,
        ToldReviewed::Nobody => ReviewFollowUp::ByPeople,
    })
}

#[cfg(test)]
mod tests {
    use crate::engine::jobs::verify::*;

    #[test]
    fn who_works_there_is_waited_for_until_its_due_and_no_longer() {
        use ReviewFollowUp::{ByPeople, Nothing, Offered};
        use ToldReviewed::{Nobody, NotNow, NotYet};
        for may_be_mended in [true, false] {
            assert_eq!(follow_up(&NotYet, false, may_be_mended), None);
            assert_eq!(follow_up(&NotYet, true, may_be_mended), Some(Nothing));
            for is_over in [true, false] {
                let offered = if may_be_mended { Offered } else { ByPeople };
                assert_eq!(follow_up(&NotNow, is_over, may_be_mended), Some(Nothing));
                assert_eq!(follow_up(&Nobody, is_over, may_be_mended), Some(offered));
            }
        }
    }
}
