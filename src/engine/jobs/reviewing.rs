//! What the forge shows of a review that an agent was asked for, and what timmy posts of what it says.

use std::collections::BTreeSet;
use std::time::Duration;

use super::asked_review::AskedReview;
use super::drivers::{JobEvidence, JobResult};
use super::forge::LiveForge;
use super::given_review::{ReviewRead, has_words};
use super::posting::posting_key;
use crate::core::effect::marker::key_of;
use crate::core::guards::diff::{Diff, LARGEST_DIFF, parse_diff};
use crate::core::guards::{GuardFinding, ReviewClaims, ReviewFacts, review_claims, reviewer};
use crate::core::jobs::evidence::{
    AgentResult, ReviewLook, ReviewPosting, ReviewedFacts, ReviewedPull, SeenReview, judge_review,
    read_result,
};
use crate::core::jobs::{AgentClaim, CancelReason, Commit, ResultJudgement, State, Verdict};
use crate::core::model::account::Account;
use crate::core::model::verdict::Opinion;
use crate::core::reply::{answer_of, review_of};
use crate::engine::head_pushers::{PushedBy, pushed_by};
use crate::gitea::{Error, PullRequest, PullState};
use crate::store::jobs::{self, StoredAttempt};

/// How far the clocks of timmy and the forge may differ.
const SKEW: Duration = Duration::from_secs(60);

impl LiveForge {
    /// What the forge shows of a review; none if that cannot be told yet, also since what the agent
    /// says is on its way there.
    pub(super) async fn look_at_review(
        &self,
        asked: AskedReview<'_>,
    ) -> Result<Option<JobEvidence>, Error> {
        let job = &asked.result.job;
        // Of one that was given up nothing is posted any more.
        if !matches!(job.state, State::Verifying(_)) {
            return Ok(None);
        }
        let (name, number) = (&asked.result.repo.name, asked.pull.number);
        let pull = self.ctx.gitea.pull(name, number).await?;
        let standing = match pull.as_ref().map(|pull| (&pull.state, &pull.head)) {
            Some((PullState::Open, head)) => ReviewedPull::Open { head: head.clone() },
            Some((PullState::Merged { .. }, _)) => ReviewedPull::Merged,
            Some((PullState::Closed, _)) | None => ReviewedPull::Over,
        };
        let Some(posting) = self.posting(asked.attempt).await else { return Ok(None) };
        let Some(taken) = self.taken(&asked).await else { return Ok(None) };
        let own = self.own_review(&asked, pull.as_ref(), &taken).await?;
        if own.is_none() && posting == ReviewPosting::Waits {
            return Ok(None);
        }
        let diff = match &pull {
            Some(pull) if pull.state == PullState::Open => self.diff_of(&asked, pull).await?,
            Some(_) | None => None,
        };
        let said = read_result(asked.attempt.said.as_deref().unwrap_or_default());
        let guards = match (&pull, &posting) {
            (Some(pull), _) => {
                let diff = diff.as_deref().and_then(|text| parse_diff(text).ok());
                self.guards_of(&asked, pull, &said, diff.as_ref()).await?
            }
            (None, _) => Some(Vec::new()),
        };
        let Some(guards) = guards else { return Ok(None) };
        let facts = ReviewedFacts {
            given: asked.given.clone(),
            pull: standing,
            own: own.clone(),
            posting,
            has_words: has_words(&said),
            may_look_again: job.past.rounds == 0,
            guards,
        };
        let read = ReviewRead { said, pull, own, diff };
        match judge_review(&read.said.claim, &facts) {
            ReviewLook::Wait => Ok(None),
            ReviewLook::Over { is_merged } => {
                let over = match is_merged {
                    true => CancelReason::PullMerged,
                    false => CancelReason::IssueGone,
                };
                let merged = read.pull.and_then(|pull| match pull.state {
                    PullState::Merged { commit, by } => {
                        let commit = commit.unwrap_or(pull.head);
                        Some(self.ctx.policy.merge(commit, by.as_ref(), &pull.base_branch))
                    }
                    PullState::Open | PullState::Closed => None,
                });
                Ok(Some(JobEvidence { merged, ..JobEvidence::over(job, over) }))
            }
            ReviewLook::Post { commit, as_review } => {
                self.post_review(&asked, &read, &commit, as_review).await;
                Ok(None)
            }
            ReviewLook::Judged(found) => {
                // What a guard blocks, or somebody dismissed, acts on nothing.
                let stands = matches!(found.verdict, Verdict::Pass { .. })
                    && !read.own.as_ref().is_some_and(|own| own.is_dismissed);
                let review = match found.commit.as_ref().filter(|_| stands) {
                    Some(head) => Some(self.given(&asked, &read, head).await?),
                    None => None,
                };
                let judgement = ResultJudgement {
                    look: job.past.look,
                    verdict: found.verdict,
                    commit: found.commit,
                    pull: None,
                    digest: found.digest,
                    change: None,
                    examined: None,
                    asks: None,
                };
                Ok(Some(JobEvidence {
                    judgement,
                    merged: None,
                    over: None,
                    findings: found.findings,
                    head_push: None,
                    change: None,
                    said: None,
                    review: review.map(Box::new),
                    proposed: None,
                }))
            }
        }
    }

    /// The numbers of the reviews that other attempts gave; none if the ledger cannot be read now.
    async fn taken(&self, asked: &AskedReview<'_>) -> Option<BTreeSet<i64>> {
        let (thread, fence) = (asked.pull, asked.attempt.fence);
        let read = self.ctx.ledger.read(move |conn| jobs::taken_reviews(conn, thread, fence));
        read.await.inspect_err(|error| tracing::warn!(%error, "nothing can be judged")).ok()
    }

    /// The last review by the agent's account since the attempt began, of the head that it was given or
    /// of the present one; not what another attempt gave.
    async fn own_review(
        &self,
        asked: &AskedReview<'_>,
        pull: Option<&PullRequest>,
        taken: &BTreeSet<i64>,
    ) -> Result<Option<SeenReview>, Error> {
        let Some(pull) = pull else { return Ok(None) };
        let began = asked.attempt.may_run_since();
        let reviews = self.ctx.gitea.all_reviews(&asked.result.repo.name, pull.number).await?;
        let key = posting_key(asked.attempt);
        let own = reviews.into_iter().rev().find_map(|review| {
            let written = review.text.written;
            let is_its = written.author.is_some_and(|author| author.id == asked.agent.id);
            let commit: Commit = review.verdict.commit.parse().ok()?;
            let marked = key_of(&written.body);
            let is_of_another =
                marked.is_some_and(|other| other != key) || taken.contains(&review.id);
            let (opinion, is_dismissed) = (review.verdict.opinion, review.verdict.is_dismissed);
            // What was dismissed may be why it was asked at all: that is no early review of its own.
            let since = if is_dismissed { began } else { began.before(SKEW) };
            let counts = is_its
                && review.given_at >= since
                && !is_of_another
                && (commit == *asked.given || commit == pull.head);
            let (remarks, review, body) = (review.comments, review.id, written.body);
            counts.then_some(SeenReview { review, commit, opinion, remarks, is_dismissed, body })
        });
        Ok(own)
    }

    /// What the pull request changes; none if nobody can read that.
    async fn diff_of(
        &self,
        asked: &AskedReview<'_>,
        pull: &PullRequest,
    ) -> Result<Option<Vec<u8>>, Error> {
        let name = &asked.result.repo.name;
        match self.ctx.gitea.pull_diff(name, pull.number, LARGEST_DIFF).await {
            Ok(diff) => Ok(Some(diff)),
            Err(Error::TooLarge { .. } | Error::NotFound { .. } | Error::Server { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What speaks against who reviews, or against what is said; none if that cannot be told now.
    async fn guards_of(
        &self,
        asked: &AskedReview<'_>,
        pull: &PullRequest,
        said: &AgentResult,
        diff: Option<&Diff<'_>>,
    ) -> Result<Option<Vec<GuardFinding>>, Error> {
        let Some(makers) = self.makers(asked, pull).await? else { return Ok(None) };
        let mut found: Vec<GuardFinding> = Vec::new();
        for author in makers {
            let author_family = self.family_of(&author);
            let facts = ReviewFacts {
                reviewer: asked.terms.account.clone(),
                reviewer_family: asked.terms.family.clone(),
                author,
                author_family,
            };
            found.extend(reviewer(&facts).findings);
        }
        if let AgentClaim::Review(claim) = &said.claim {
            let approves = claim.opinion == Opinion::Approved;
            let findings = claim.findings.iter();
            let findings = findings.map(|one| (one.path.clone(), one.text.clone())).collect();
            found.extend(review_claims(diff, &ReviewClaims { approves, findings }).findings);
        }
        Ok(Some(found))
    }

    /// The accounts that made a pull request: who opened it, the agent that pushed to it as far as the
    /// forge tells, and those that worked on it. None if the ledger cannot be read now.
    async fn makers(
        &self,
        asked: &AskedReview<'_>,
        pull: &PullRequest,
    ) -> Result<Option<BTreeSet<String>>, Error> {
        let thread = asked.pull;
        let read = self.ctx.ledger.read(move |conn| jobs::worked_on(conn, thread));
        let worked = match read.await {
            Ok(worked) => worked,
            Err(error) => {
                tracing::warn!(%error, "nothing can be judged");
                return Ok(None);
            }
        };
        let agents = &self.ctx.policy.jobs.agents;
        let mut makers: BTreeSet<String> =
            pull.author.iter().map(|author| author.login.clone()).collect();
        let worked = worked.iter().filter_map(|agent| agents.get(agent));
        makers.extend(worked.map(|terms| terms.account.clone()));
        if pull.state == PullState::Open {
            let is_agents = |account: &Account| self.ctx.policy.is_agents(account);
            let name = &asked.result.repo.name;
            if let PushedBy::Agent(login) =
                pushed_by(&self.ctx.gitea, name, pull, is_agents).await?
            {
                makers.insert(login);
            }
        }
        Ok(Some(makers))
    }

    /// Whose model the agent with this account runs, if it is one.
    fn family_of(&self, login: &str) -> Option<String> {
        let mut agents = self.ctx.policy.jobs.agents.values();
        agents.find(|terms| terms.account.eq_ignore_ascii_case(login))?.family.clone()
    }

    async fn post_review(
        &self,
        asked: &AskedReview<'_>,
        read: &ReviewRead,
        commit: &Commit,
        as_review: bool,
    ) {
        let AskedReview { result, attempt, .. } = asked;
        let since = attempt.may_run_since();
        let diff = read.diff.as_deref().and_then(|text| parse_diff(text).ok());
        let (claim, words) = self.shown(&read.said);
        let said = (attempt.agent.as_str(), &claim, words.as_str());
        let posted = review_of(said, commit, diff.as_ref(), as_review, since);
        self.post(result, attempt, posted).await;
    }

    /// Has the answer of an attempt posted that left none by itself.
    pub(super) async fn post_answer(
        &self,
        result: &JobResult,
        attempt: &StoredAttempt,
        words: &str,
    ) {
        let posted = answer_of(&attempt.agent, words, attempt.may_run_since());
        self.post(result, attempt, posted).await;
    }
}
