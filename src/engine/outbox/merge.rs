//! A pull request is merged as exactly the commit that a person accepted, never by the forge's own
//! schedule. Checks and reviews of that commit are read again right before. What the forge does not
//! merge is an outcome: it is told to the job, which knows what comes next.

use std::time::Duration;

use super::delivery::{ApplyError, Deliver, EffectDelivery};
use super::stored_effect::effect_of;
use crate::core::effect::{Effect, MergePull};
use crate::core::guards::{
    CheckFacts, ExpectedChecks, FindingCode, GuardFinding, GuardName, GuardRules, checks,
    rests_on_actions,
};
use crate::core::jobs::evidence::Finding;
use crate::core::jobs::{
    IllegalReason, JobEvent, JobRecord, MergeRefusal, Objection, ObjectionForce, StepTime,
};
use crate::core::model::text::Review;
use crate::engine::dismissed_reviews::dismissed_among;
use crate::engine::guards::{actions_changed_beside, said_of_heads};
use crate::engine::incidents::WriteKind;
use crate::engine::try_result::Applied;
use crate::gitea::{self, Merge, PullRequest, PullState, Recovery};
use crate::store::outbox::OutboxRow;
use crate::store::{Error, Transaction, agent_heads, decisions, jobs, lifted_guards};

/// How long it is to the next try where the forge is not ready, or the base just moved.
const MOMENT: Duration = Duration::from_secs(5);

/// After so many tries a forge that is not ready means a conflict: it says the same of both. A merge
/// that waits keeps its thread waiting.
const TRIES: u32 = 6;

impl Deliver for MergePull {
    async fn find(&self, to: &EffectDelivery<'_>) -> Result<Option<Applied>, ApplyError> {
        if !self.is_wanted(to).await? {
            return Ok(None);
        }
        let pull = to.ctx.gitea.pull(to.name(), to.number()).await?;
        match pull {
            Some(pull) => self.is_over(to, &pull).await,
            None => Ok(None),
        }
    }

    async fn apply(&self, to: &EffectDelivery<'_>) -> Result<Applied, ApplyError> {
        let _turn = to.merge_turns.wait(to.thread().repo).await;
        // Somebody went on with the job otherwise: nobody wants this merge any more.
        if !self.is_wanted(to).await? {
            return Ok(Applied::default());
        }
        let Some(pull) = to.ctx.gitea.pull(to.name(), to.number()).await? else {
            return self.not_merged(to, MergeRefusal::Closed).await;
        };
        if let Some(over) = self.is_over(to, &pull).await? {
            return Ok(over);
        }
        if let Some(refusal) = self.speaks_against(to, &pull).await? {
            return self.not_merged(to, refusal).await;
        }
        match to.ctx.gitea.merge(to.name(), to.number(), &self.merge(to)).await {
            Ok(Ok(())) => {
                let after = to.ctx.gitea.pull(to.name(), to.number()).await?;
                if let Some(pull) = after {
                    self.is_over(to, &pull).await?;
                }
                Ok(Applied::written(WriteKind::Setting))
            }
            Ok(Err(refusal)) => self.refused(to, &pull, refusal).await,
            // Whoever waits for it is told, and not the log alone.
            Err(error) if error.heals() == Recovery::Never => {
                self.not_merged(to, MergeRefusal::Other(error.to_string())).await
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl MergePull {
    fn merge(&self, to: &EffectDelivery<'_>) -> Merge {
        Merge {
            head: self.commit.clone(),
            style: to.ctx.policy.jobs.merge_style,
            title: None,
            message: self.message.clone(),
            deletes_branch: !self.keeps_branch,
        }
    }

    /// Whether the job still is where a person took its result.
    async fn is_wanted(&self, to: &EffectDelivery<'_>) -> Result<bool, ApplyError> {
        let job = self.job;
        let stored = to.ctx.ledger.read(move |conn| jobs::get(conn, job)).await?;
        Ok(stored.is_some_and(|stored| stored.job.is_accepted_as(to.number(), &self.commit)))
    }

    /// Whether somebody merged or closed it, which is told to the job.
    async fn is_over(
        &self,
        to: &EffectDelivery<'_>,
        pull: &PullRequest,
    ) -> Result<Option<Applied>, ApplyError> {
        match &pull.state {
            PullState::Open => Ok(None),
            PullState::Merged { commit, by } => {
                let commit = commit.clone().unwrap_or_else(|| pull.head.clone());
                let merge = to.ctx.policy.merge(commit, by.as_ref(), &pull.base_branch);
                to.incidents.merged(to.thread(), &merge).await;
                self.tell(to, JobEvent::Merged(merge)).await?;
                Ok(Some(Applied::default()))
            }
            PullState::Closed => self.not_merged(to, MergeRefusal::Closed).await.map(Some),
        }
    }

    /// Whether the yes rests on a right that was lent, and was taken back since.
    async fn is_yes_taken_back(&self, to: &EffectDelivery<'_>) -> Result<bool, ApplyError> {
        let job = self.job;
        let read = to.ctx.ledger.read(move |conn| decisions::is_yes_taken_back(conn, job));
        Ok(read.await?)
    }

    /// What is known to be against it, without asking the forge to merge.
    async fn speaks_against(
        &self,
        to: &EffectDelivery<'_>,
        pull: &PullRequest,
    ) -> Result<Option<MergeRefusal>, ApplyError> {
        if self.is_yes_taken_back(to).await? {
            return Ok(Some(MergeRefusal::RightTakenBack));
        }
        if pull.head != self.commit {
            return Ok(Some(MergeRefusal::HeadMoved));
        }
        if pull.base_branch != self.target {
            return Ok(Some(MergeRefusal::Retargeted));
        }
        if pull.is_draft {
            return Ok(Some(MergeRefusal::Draft));
        }
        let own = to.policies.of_target(to.repo, pull, &self.commit).await?;
        let rules = own.tightened(&to.ctx.policy).rules;
        if self.a_check_speaks_against(to, (pull, &rules)).await? {
            return Ok(Some(MergeRefusal::ChecksMissing));
        }
        if self.is_news_by_rules(to, (&own, &rules)).await? {
            return Ok(Some(MergeRefusal::RulesTightened));
        }
        let reviews = to.ctx.gitea.all_reviews(to.name(), to.number()).await?;
        if self.is_no_longer_reviewed(to, &reviews).await? {
            return Ok(Some(MergeRefusal::ReviewDismissed));
        }
        let pull = to.thread();
        let shown = to.ctx.ledger.read(move |conn| jobs::reviews_of_pull(conn, pull)).await?;
        let all = Objection::all(&reviews, &shown, &self.commit);
        // The others the forge refuses by itself, where its rules are such.
        let is_heeded = all.iter().any(|objection| objection.force == ObjectionForce::Heeded);
        Ok(is_heeded.then_some(MergeRefusal::ReviewObjects))
    }

    /// Whether none of the `reviews` is one any more on which it stands that a crew's change is to be merged.
    async fn is_no_longer_reviewed(
        &self,
        to: &EffectDelivery<'_>,
        reviews: &[Review],
    ) -> Result<bool, ApplyError> {
        let job = self.job;
        let read = to.ctx.ledger.read(move |conn| match jobs::get(conn, job)? {
            Some(stored) => jobs::crew_of(conn, &stored.job),
            None => Ok(None),
        });
        let Some(crew) = read.await? else { return Ok(false) };
        let shown = (to.thread(), reviews);
        Ok(dismissed_among(to.ctx, shown, &crew, &self.commit).await?.is_some())
    }

    /// Whether the guard `checks` would block or wait now, if nobody lifted it. Which of them is missing
    /// was judged before: a check that speaks against the commit has said something of it.
    async fn a_check_speaks_against(
        &self,
        to: &EffectDelivery<'_>,
        (pull, rules): (&PullRequest, &GuardRules),
    ) -> Result<bool, ApplyError> {
        let statuses = to.ctx.gitea.statuses(to.name(), &self.commit).await?;
        let branch = &pull.head_branch;
        let is_news =
            rests_on_actions(&statuses, rules) && self.is_news_of_actions(to, branch).await?;
        let mut facts = CheckFacts {
            statuses: Ok(statuses),
            required: Ok(Vec::new()),
            on_target: Vec::new(),
            waited: Duration::MAX,
            workflows_changed: false,
        };
        let is_none = |finding: &GuardFinding| finding.code == FindingCode::NoChecks;
        let nothing_ran = checks(&facts, rules).findings.iter().any(is_none);
        let rules = GuardRules { checks: ExpectedChecks::IfPresent, ..rules.clone() };
        let lets_pass = checks(&facts, &rules).lets_pass();
        let speaks_at_once = is_news || nothing_ran;
        if (lets_pass && !speaks_at_once) || self.is_lifted(to, &GuardName::Checks).await? {
            return Ok(false);
        }
        if speaks_at_once {
            return Ok(true);
        }
        if let Some(base) = &pull.base {
            facts.on_target = said_of_heads(&to.ctx.gitea, to.name(), base).await?;
        }
        Ok(!checks(&facts, &rules).lets_pass())
    }

    /// Whether a branch of an agent changes by now what Actions run there, and nobody was asked about
    /// that one.
    async fn is_news_of_actions(
        &self,
        to: &EffectDelivery<'_>,
        branch: &str,
    ) -> Result<bool, ApplyError> {
        let (pull, now, job) = (to.thread(), to.ctx.now(), self.job);
        let branch = branch.to_owned();
        let read = to.ctx.ledger.read(move |conn| {
            let changed = agent_heads::change_actions_beside(conn, (pull, &branch), now)?;
            let record = jobs::record(conn, job)?;
            let found = record.as_ref().and_then(JobRecord::findings).unwrap_or_default();
            let is_shown = |one: &GuardFinding| {
                let key = one.key();
                found.iter().any(|it| matches!(it, Finding::Guard(known) if known.key() == key))
            };
            Ok(!actions_changed_beside(&changed).iter().all(is_shown))
        });
        Ok(read.await?)
    }

    pub(super) async fn is_lifted(
        &self,
        to: &EffectDelivery<'_>,
        guard: &GuardName,
    ) -> Result<bool, ApplyError> {
        let (repo, commit) = (to.thread().repo, self.commit.clone());
        let lifted = to.ctx.ledger.read(move |conn| lifted_guards::of(conn, repo, &commit)).await?;
        Ok(lifted.contains_key(guard))
    }

    async fn refused(
        &self,
        to: &EffectDelivery<'_>,
        pull: &PullRequest,
        refusal: MergeRefusal,
    ) -> Result<Applied, ApplyError> {
        let later = || ApplyError::NotBefore(to.ctx.now().after(MOMENT), "the forge is not ready");
        match refusal {
            MergeRefusal::BaseMoved | MergeRefusal::TryLater if to.row.tries < TRIES => {
                Err(later())
            }
            MergeRefusal::TryLater if !pull.is_mergeable => {
                self.not_merged(to, MergeRefusal::Conflict).await
            }
            MergeRefusal::Behind => {
                let refusal = match to.ctx.gitea.update_pull(to.name(), to.number()).await {
                    Ok(true) => MergeRefusal::Behind,
                    Ok(false) => MergeRefusal::Conflict,
                    // Gitea answers 500 where the account may not push to that branch.
                    Err(gitea::Error::Forbidden { .. } | gitea::Error::Server { .. }) => {
                        MergeRefusal::MayNotUpdate
                    }
                    Err(error) => return Err(error.into()),
                };
                self.not_merged(to, refusal).await
            }
            refusal => self.not_merged(to, refusal).await,
        }
    }

    async fn not_merged(
        &self,
        to: &EffectDelivery<'_>,
        refusal: MergeRefusal,
    ) -> Result<Applied, ApplyError> {
        tracing::info!(job = %self.job, commit = %self.commit, ?refusal, "not merged");
        self.tell(to, JobEvent::NotMerged(refusal)).await?;
        Ok(Applied::default())
    }

    /// Told once, however often this effect is tried.
    async fn tell(&self, to: &EffectDelivery<'_>, event: JobEvent) -> Result<(), ApplyError> {
        let (job, key, now) = (self.job, told_key(to.row), to.ctx.step_time());
        let is_review = matches!(
            event,
            JobEvent::NotMerged(MergeRefusal::ReviewObjects | MergeRefusal::ReviewBlocks)
        );
        let write = to.ctx.ledger.write(move |tx| {
            match jobs::advance(tx, job, Some(&key), event, now)? {
                // It cannot go on, since another job works there: people are told all the same.
                Err(illegal) if is_review && illegal.why == IllegalReason::AnotherJob => {
                    let event = JobEvent::NotMerged(MergeRefusal::ChangesRequested);
                    jobs::advance(tx, job, Some(&key), event, now)
                }
                told => Ok(told),
            }
        });
        let told = write.await?;
        if let Err(illegal) = told {
            tracing::info!(%job, %illegal, "the job went on otherwise meanwhile");
        }
        to.ctx.stored.notify();
        Ok(())
    }
}

/// The name of what is told of a merge.
fn told_key(row: &OutboxRow) -> String {
    format!("{}.told", row.key)
}

/// If that is a merge, which will never be tried again, its job learns it.
pub(super) fn gave_up(
    tx: &Transaction<'_>,
    row: &OutboxRow,
    reason: String,
    now: StepTime,
) -> Result<(), Error> {
    let Ok(Effect::Merge(merge)) = effect_of(row) else { return Ok(()) };
    let job = merge.job;
    let (stored, thread) = (jobs::get(tx, job)?, row.lane.thread());
    let is_wanted = stored.zip(thread).is_some_and(|(stored, thread)| {
        // Nobody waits for it if the job went on otherwise.
        stored.job.is_accepted_as(thread.number, &merge.commit)
    });
    if !is_wanted {
        return Ok(());
    }
    let event = JobEvent::NotMerged(MergeRefusal::GaveUp(reason));
    match jobs::advance(tx, job, Some(&told_key(row)), event, now)? {
        Ok(_) => {}
        Err(illegal) => tracing::info!(%job, %illegal, "the job went on otherwise meanwhile"),
    }
    Ok(())
}
