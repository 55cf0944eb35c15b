//! What the forge shows of the result of an attempt.

use std::time::Duration;

use super::asked_review::AskedReview;
use super::drivers::{JobEvidence, JobResult, ShownChange, ShownWords};
use super::examine::ANSWER;
use super::forge::LiveForge;
use super::pushed_branches::look_at_pushed;
use super::task_parts::told_thread;
use crate::core::guards::{SaidFacts, secrets_said};
use crate::core::jobs::evidence::{Facts, Finding, Made, ReviewPosting, judge, read_result};
use crate::core::jobs::{
    AgentClaim, Commit, Job, Leased, Purpose, Push, ResultJudgement, State, Verdict, WorkKind,
};
use crate::core::model::issue::Issue;
use crate::core::prompt::sent_prompt;
use crate::engine::context::WorksBy;
use crate::engine::evidence::{Evidence, EvidenceQuery, gather_evidence};
use crate::gitea::{Error, PullRequest};
use crate::store::jobs::StoredAttempt;

/// Gitea's clock tells whole seconds.
const SECOND: Duration = Duration::from_secs(1);

impl LiveForge {
    /// The present name of the default branch that an attempt began at, if it got another one
    /// meanwhile: then a pull request into that is what was asked for.
    async fn renamed_base(
        &self,
        query: EvidenceQuery<'_>,
        evidence: &Evidence,
    ) -> Result<Option<String>, Error> {
        let other = evidence.findings.findings.iter().find_map(|finding| match finding {
            Finding::OtherBase { base, .. } => Some(base),
            _ => None,
        });
        let Some(other) = other else { return Ok(None) };
        let gitea = &self.ctx.gitea;
        let listed = gitea.visible_repo(query.repo).await?.entries.into_iter().next();
        let is_default = listed.is_some_and(|repo| repo.default_branch.as_ref() == Some(other));
        let is_renamed = is_default && gitea.branch(query.repo, query.base_branch).await?.is_none();
        Ok(is_renamed.then(|| other.clone()))
    }

    /// The commit that a person accepted, if timmy itself merged the target into it to make the
    /// present head.
    async fn updated(
        &self,
        query: EvidenceQuery<'_>,
        evidence: &Evidence,
        job: &Job,
    ) -> Result<Option<Commit>, Error> {
        let is_own = evidence.pusher.as_ref() == Some(&query.own.login);
        let (Some(accepted), Some(head), true) =
            (&job.past.accepted, &evidence.findings.commit, is_own)
        else {
            return Ok(None);
        };
        let made = self.ctx.gitea.commit(query.repo, head).await?;
        let is_update = made.is_some_and(
            |made| matches!(&made.parents[..], [first, _] if *first == accepted.commit),
        );
        Ok(is_update.then(|| accepted.commit.clone()))
    }

    /// The thread as it is now; none if it is gone, or there is none.
    async fn thread_of(&self, result: &JobResult) -> Result<Option<Issue>, Error> {
        let Some(thread) = result.job.spec.given() else { return Ok(None) };
        match self.ctx.gitea.issue(&result.repo.name, thread.number).await {
            Ok(issue) => Ok(Some(issue)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn look_at(&self, result: &JobResult) -> Result<Option<JobEvidence>, Error> {
        Ok(self.see(result).await?.map(|found| with_long_line(result, found)))
    }

    async fn see(&self, result: &JobResult) -> Result<Option<JobEvidence>, Error> {
        let job = &result.job;
        let Some(attempt) = attempt_of(result) else { return Ok(None) };
        let (Some((base_branch, base)), Some(own), Some(terms)) =
            (&attempt.base, self.identity.known(), self.terms(&attempt.agent))
        else {
            return Ok(None);
        };
        let Some(agent) = self.account(&terms.account).await? else { return Ok(None) };
        let pushes = terms.works_by == WorksBy::Pushing;
        let (place, pushed) = ((&result.repo, &base_branch[..]), (&agent, attempt.may_run_since()));
        if pushes && !makes_a_change(job) {
            look_at_pushed(&self.ctx, place, Some(pushed), (None, None)).await?;
        }
        if job.spec.purpose.is_review() {
            let Some(pull) = job.spec.given() else { return Ok(None) };
            let (given, agent) = (base, &agent);
            let asked = AskedReview { result, attempt, pull, given, terms, agent };
            return self.look_at_review(asked).await;
        }
        if job.spec.purpose == Purpose::Plan {
            // That it is gone is seen elsewhere; it may be out of sight for a moment.
            let Some(issue) = self.thread_of(result).await? else { return Ok(None) };
            let is_edited = is_edited(&issue, attempt);
            return Ok(self.look_at_plan(result, attempt, (issue, is_edited)).await);
        }
        if job.spec.purpose == Purpose::Split {
            let epic = self.thread_of(result).await?;
            let is_edited = epic.as_ref().is_some_and(|epic| is_edited(epic, attempt));
            return self.look_at_split(result, attempt, (epic, is_edited)).await.map(Some);
        }
        let said = read_result(attempt.said.as_deref().unwrap_or_default());
        let claim = said.claim;
        // On a branch of its own it was given none: that was left with its pull request.
        let is_repair = job.past.pull.is_some()
            && matches!(&job.past.last, Some(Leased { work: WorkKind::Repair(_), .. }));
        let branch = job.branch();
        // Who adopts a pull request is given the head at which the attempt begins.
        let given = match branch.is_adopted() {
            true => Some(base),
            false => job.past.commit.as_ref().filter(|_| is_repair),
        };
        let began = result.attempts.iter().map(StoredAttempt::may_run_since);
        let query = EvidenceQuery {
            repo: &result.repo.name,
            thread: job.spec.given().map(|thread| thread.number),
            purpose: job.spec.purpose,
            branch: &branch,
            base_branch,
            base,
            given,
            claim: &claim,
            agent: &agent,
            own,
            since: attempt.may_run_since(),
            began: began.min().unwrap_or_default(),
        };
        let mut evidence = gather_evidence(&self.ctx.gitea, &*self.ctx.clock, query).await?;
        if let Some(renamed) = self.renamed_base(query, &evidence).await? {
            let query = EvidenceQuery { base_branch: &renamed, ..query };
            evidence = gather_evidence(&self.ctx.gitea, &*self.ctx.clock, query).await?;
        }
        if makes_a_change(job) {
            let judged = evidence.pull.as_ref().map(|pull| pull.head_branch.as_str());
            let known = evidence.recent.clone();
            look_at_pushed(&self.ctx, place, pushes.then_some(pushed), (judged, known)).await?;
        }
        let mut answer = None;
        if is_unsaid(&evidence) && claim == AgentClaim::Comment && !said.words.is_empty() {
            let words = self.ctx.policy.jobs.redactor.redact(&said.words);
            match self.posting(attempt).await {
                Some(ReviewPosting::None) if matches!(job.state, State::Verifying(_)) => {
                    if may_be_said(&words) {
                        self.post_answer(result, attempt, &words).await;
                        return Ok(None);
                    }
                    // It is judged as if it stood there, and mended before anybody reads it.
                    evidence.findings.findings.retain(|finding| *finding != Finding::NoComment);
                    evidence.findings.verdict = Verdict::Pass { ask: false };
                    answer = Some(words);
                }
                Some(ReviewPosting::Done { comment: Some(comment) }) => {
                    answer = Some(words);
                    let made = Made::Comments(vec![comment]);
                    evidence.findings = judge(&claim, &Facts { made, cited: Vec::new() });
                    evidence.findings.findings.push(Finding::PostedByTimmy);
                }
                Some(ReviewPosting::Failed(reason)) => {
                    evidence.findings.findings.push(Finding::NotPosted { reason });
                }
                Some(ReviewPosting::Done { comment: None }) => {}
                Some(ReviewPosting::None | ReviewPosting::Waits) | None => return Ok(None),
            }
        }
        let updates = self.updated(query, &evidence, job).await?;
        let issue = self.thread_of(result).await?;
        let Evidence { findings: mut found, head_push, pull, pusher, said: comments, .. } =
            evidence;
        if issue.as_ref().is_some_and(|issue| is_edited(issue, attempt)) {
            found.findings.push(Finding::IssueEdited);
        }
        let is_said = matches!(job.spec.purpose, Purpose::Research | Purpose::Ops);
        let words = ShownWords { comments, answer, issue: issue.clone() };
        let by = pull.as_ref().and_then(PullRequest::merged_by);
        let into = pull.as_ref().map_or(query.base_branch, |pull| &pull.base_branch);
        let merged = found.merged.map(|commit| self.ctx.policy.merge(commit, by, into));
        let change = pull.map(|pull| Box::new(ShownChange { pull, pusher, updates, issue }));
        // What an attempt named when it ended was made in it, however late it came there; what was
        // there before it began was not.
        let begun = attempt.may_run_since().second().before(SECOND);
        let is_its = |push: &Push| names(&claim, &push.commit) && push.at >= begun;
        let head_push = head_push.filter(|push| !is_its(push));
        Ok(Some(JobEvidence {
            judgement: ResultJudgement {
                look: job.past.look,
                verdict: found.verdict,
                commit: found.commit,
                pull: found.pull,
                digest: found.digest,
                change: None,
                examined: None,
                asks: None,
            },
            merged,
            over: None,
            findings: found.findings,
            head_push,
            change,
            said: is_said.then(|| Box::new(words)),
            review: None,
            proposed: None,
        }))
    }
}

fn makes_a_change(job: &Job) -> bool {
    matches!(job.spec.purpose, Purpose::Code | Purpose::Repair)
}

/// Whether an attempt names this very commit as its result.
fn names(claim: &AgentClaim, commit: &Commit) -> bool {
    matches!(claim, AgentClaim::PullRequest { commit: Some(named), .. } if named == commit)
}

/// Whether an attempt was to answer, and no answer of its account is there.
fn is_unsaid(evidence: &Evidence) -> bool {
    evidence.findings.findings.contains(&Finding::NoComment)
}

/// What was found, with that its result line was too long to be read, if it was.
fn with_long_line(result: &JobResult, mut found: JobEvidence) -> JobEvidence {
    let said = attempt_of(result).and_then(|attempt| attempt.said.as_deref());
    if said.is_some_and(|said| read_result(said).is_too_long) {
        let is_other = |finding: &Finding| *finding != Finding::NoResultLine;
        found.findings.retain(is_other);
        found.findings.push(Finding::ResultLineTooLong);
    }
    found
}

/// Whether nothing in these words must not be said.
pub(super) fn may_be_said(words: &str) -> bool {
    let texts = vec![(ANSWER.to_owned(), words.to_owned())];
    secrets_said(&SaidFacts { texts, ..SaidFacts::default() }).has_passed()
}

/// The attempt whose result is judged: a round of repair that was taken back brought none.
fn attempt_of(result: &JobResult) -> Option<&StoredAttempt> {
    let last = result.job.past.last.as_ref().map(Leased::fence);
    let begun = || result.attempts.iter().rev().filter(|attempt| attempt.base.is_some());
    begun().find(|attempt| Some(attempt.fence) == last).or_else(|| begun().next())
}

/// Whether the thread says something else than what the attempt was told of it.
fn is_edited(issue: &Issue, attempt: &StoredAttempt) -> bool {
    let told = attempt.request.as_deref();
    told.is_some_and(|request| !told_thread(issue).is_told_in(&sent_prompt(request)))
}
