//! Has the guards look at a change, and says what follows from all that was found of it.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::drivers::{JobEvidence, JobResult, ShownChange};
use super::other_pulls::other_pulls;
use crate::config::GuardRuns;
use crate::core::guards::{
    ClaimFacts, CommentFacts, CommitVerdict, ExaminedChange, GuardFacts, GuardGrade, GuardName,
    GuardRules, LatePush, LetPass, SaidFacts, Standing, examine,
};
use crate::core::jobs::evidence::{Finding, read_result};
use crate::core::jobs::{
    Commit, CrewPart, Job, JobId, JudgedChange, Late, Purpose, ResultJudgement, SeenResult, State,
    Verdict, Verifying,
};
use crate::core::model::ids::ThreadId;
use crate::core::model::issue::Issue;
use crate::core::scheduling::IssueLabels;
use crate::core::scheduling::text::TextReader;
use crate::engine::context::Context;
use crate::engine::guards::{
    ChangeQuery, Examined, Excused, HeadStatuses, RunQuery, RunningGuards, Targets, add_check_logs,
    examine_change, guards_said, policy_unreadable, statuses_of,
};
use crate::engine::repository_policies::{PolicyFile, RepositoryPolicies};
use crate::gitea::{Error, PullState};
use crate::store::agent_heads::ActionsChange;
use crate::store::{self, Connection, agent_heads, lifted_guards};

/// What an answer is called that is posted for an agent.
pub(super) const ANSWER: &str = "its answer";

/// How many jobs are remembered that wait for checks. One that is forgotten is looked at in full.
const MOST_WAITING: usize = 1000;

/// Looks at changes.
pub(super) struct Examiner {
    ctx: Context,
    reader: Arc<TextReader>,
    targets: Targets,
    running: Arc<RunningGuards>,
    policies: Arc<RepositoryPolicies>,
    waiting: Mutex<HashMap<JobId, WaitsForChecks>>,
}

/// A change of which all is known but how its checks end.
#[derive(Debug, Clone, PartialEq)]
struct WaitsForChecks {
    pull: i64,
    commit: Commit,
    said: HeadStatuses,
    /// For what changes what Actions say counted for nothing.
    workflows_changed: Vec<ActionsChange>,
}

impl Examiner {
    pub(super) fn new(
        ctx: &Context,
        reader: Arc<TextReader>,
        (running, policies): (Arc<RunningGuards>, Arc<RepositoryPolicies>),
    ) -> Self {
        let (targets, waiting) = Default::default();
        Self { ctx: ctx.clone(), reader, targets, running, policies, waiting }
    }

    /// Whether nothing happened to a change since it was seen to wait for its checks. This is asked
    /// often, and takes two requests.
    pub(super) async fn still_waits(&self, result: &JobResult) -> Result<bool, Error> {
        let (id, repo) = (result.job.spec.id, &result.repo);
        if let Some(commit) = self.running.under_way(id) {
            return Ok(self.head(result).await?.as_ref() == Some(&commit));
        }
        let known = self.table(|table| table.remove(&id));
        let Some(known) = known.filter(|_| !self.is_time_up(&result.job)) else { return Ok(false) };
        if self.head(result).await?.as_ref() != Some(&known.commit) {
            return Ok(false);
        }
        let said = statuses_of(&self.ctx.gitea, repo, &known.commit).await?;
        let changed = self.workflows_changed(result, known.pull).await;
        let waits = said == Some(known.said) && changed.as_ref() == Some(&known.workflows_changed);
        if waits {
            self.remember(id, known);
        }
        Ok(waits)
    }

    async fn head(&self, result: &JobResult) -> Result<Option<Commit>, Error> {
        let branch = result.job.branch().to_string();
        let found = self.ctx.gitea.branch(&result.repo.name, &branch).await?;
        Ok(found.map(|branch| branch.head))
    }

    /// What is found of a result with what the guards say of it; none if that cannot be told yet.
    pub(super) async fn examine(
        &self,
        result: &JobResult,
        mut evidence: JobEvidence,
    ) -> Result<Option<JobEvidence>, Error> {
        if let Some((change, commit)) = to_examine(&evidence) {
            let own = self.policies.of_target(&result.repo, &change.pull, &commit).await?;
            let policy = own.tightened(&self.ctx.policy);
            let rules = &policy.rules;
            let number = change.pull.number;
            let Some(workflows_changed) = self.workflows_changed(result, number).await else {
                return Ok(None);
            };
            let by = (&commit, rules, workflows_changed.clone());
            let began = self.ctx.now();
            let Some(mut examined) = self.change(result, change, by).await? else {
                return Ok(None);
            };
            if let Some(changes) = examined.changes_actions
                && !self.note(result, number, (&commit, changes)).await
            {
                return Ok(None);
            }
            if matches!(own, PolicyFile::Unreadable) {
                examined.verdict.results.push(policy_unreadable());
            }
            let Some(excused) = self.excused(result, &commit).await else { return Ok(None) };
            let let_pass = LetPass { guards: excused.lifted.clone(), ..LetPass::default() };
            examined.verdict = examined.verdict.without(&let_pass);
            // Those that run something say for themselves what they took.
            let without_runs = examined.verdict.results.len();
            // What blocks is mended first, and run then.
            if examined.verdict.standing() != Standing::Block {
                let Some(said) = self.running.said(&to_run(result, change, &policy.runs, excused))
                else {
                    return Ok(None);
                };
                examined.verdict.results.extend(said);
                examined.verdict = examined.verdict.without(&let_pass);
            }
            if examined.verdict.standing() == Standing::Wait {
                if let Some(said) = examined.waits_for_checks() {
                    let waits = WaitsForChecks { pull: number, commit, said, workflows_changed };
                    self.remember(result.job.spec.id, waits);
                }
                return Ok(None);
            }
            // The trace of a job that has ended has no verification any more.
            if !result.is_over {
                let said = examined.verdict.results.get(..without_runs).unwrap_or_default();
                guards_said(&self.ctx, (result.job.spec.id, result.job.past.look), said, began);
            }
            add_check_logs(&self.ctx, &result.repo.name, &mut examined.verdict).await;
            let updates = change.updates.clone();
            evidence.judgement.change =
                examined.digest.map(|digest| JudgedChange { digest, updates });
            add(&mut evidence, &examined.verdict);
            evidence.judgement.examined =
                Some(ExaminedChange::of(examined.size, &examined.verdict));
        }
        if let Some(said) = self.words(result, &evidence) {
            add(&mut evidence, &said);
        }
        evidence.judgement.asks = asks(&evidence.findings);
        evidence.judgement.verdict = self.asking(&result.job, &evidence.judgement);
        Ok(Some(evidence))
    }

    /// What the guards say of a result that is words alone, which stand on what the attempt began at.
    fn words(&self, result: &JobResult, evidence: &JobEvidence) -> Option<CommitVerdict> {
        let shown = evidence.said.as_deref().filter(|_| could_be_taken(evidence))?;
        let began = result.attempts.iter().rev().find_map(|attempt| attempt.base.as_ref());
        let (_, base) = began?;
        let said = result.attempts.iter().rev().find_map(|attempt| attempt.said.as_deref());
        let summary = said.map(|said| read_result(said).summary).unwrap_or_default();
        let points = |issue: &Issue| self.reader.acceptance_points(result.repo.id, &issue.body);
        // The task of a crew has points of its own.
        let issue = shown.issue.as_ref().filter(|_| result.job.spec.crew.is_none());
        let all = shown.comments.iter().flatten().map(|comment| comment.body.as_str());
        let all: Vec<&str> = all.chain(shown.answer.as_deref()).chain([summary.as_str()]).collect();
        let claims =
            ClaimFacts { said: all.join("\n"), asked: issue.map(points).unwrap_or_default() };
        let said = shown.comments.as_ref().map_err(Clone::clone).map(|comments| {
            let answer = shown.answer.clone().map(|answer| (ANSWER.to_owned(), answer));
            let texts = [("its summary".to_owned(), summary)].into_iter().chain(answer).collect();
            let comments = comments.iter().map(|one| (one.id, one.body.clone())).collect();
            SaidFacts { texts, comments, ..SaidFacts::default() }
        });
        let facts = GuardFacts::Comment(CommentFacts { said, claims });
        Some(examine(base.clone(), &facts, &self.ctx.policy.guards.rules))
    }

    async fn change(
        &self,
        result: &JobResult,
        change: &ShownChange,
        (commit, rules, workflows_changed): (&Commit, &GuardRules, Vec<ActionsChange>),
    ) -> Result<Option<Examined>, Error> {
        let ShownChange { pull, pusher, issue, .. } = change;
        // The forge has not seen yet what was pushed.
        if pull.head != *commit {
            return Ok(None);
        }
        let (job, policy) = (&result.job, &self.ctx.policy);
        let said = result.attempts.iter().rev().find_map(|attempt| attempt.said.as_deref());
        let Some(others) = other_pulls(&self.ctx, result, pull).await? else { return Ok(None) };
        let text = |issue: &Issue| self.reader.acceptance_points(result.repo.id, &issue.body);
        let agents = policy.jobs.agents.values().map(|terms| terms.account.clone()).collect();
        let query = ChangeQuery {
            repo: &result.repo,
            pull,
            commit,
            pusher: pusher.clone(),
            size: issue.as_ref().and_then(|issue| IssueLabels::of_issue(issue).size),
            summary: &said.map(|said| read_result(said).summary).unwrap_or_default(),
            asked: issue.as_ref().map(text).unwrap_or_default(),
            agents,
            others,
            late: job.past.late.iter().map(late).collect(),
            workflows_changed,
            waited: self.waited(job),
            rules,
        };
        examine_change(&self.ctx.gitea, &self.targets, query, self.ctx.now()).await
    }

    /// What people let pass of a commit; none if that cannot be told yet.
    async fn excused(&self, result: &JobResult, commit: &Commit) -> Option<Excused> {
        let (repo, asked) = (result.repo.id, commit.clone());
        let lifted = self.read(move |conn| lifted_guards::of(conn, repo, &asked)).await?;
        Some(Excused { passed: result.job.past.passed.clone(), lifted })
    }

    /// What stands in the ledger; none if it cannot be read now. It is there at the next look, and
    /// a verdict without it would be one on less than is known.
    async fn read<T: Send + 'static>(
        &self,
        what: impl FnOnce(&Connection) -> Result<T, store::Error> + Send + 'static,
    ) -> Option<T> {
        let read = self.ctx.ledger.read(what).await;
        read.inspect_err(|error| tracing::warn!(%error, "nothing can be judged")).ok()
    }

    /// The other branches of agents that change what Actions run there: where there are some, these prove
    /// nothing there. None if that cannot be told now.
    async fn workflows_changed(&self, result: &JobResult, pull: i64) -> Option<Vec<ActionsChange>> {
        let (pull, now) = (ThreadId { repo: result.repo.id, number: pull }, self.ctx.now());
        let branch = result.job.branch().to_string();
        self.read(move |conn| agent_heads::change_actions_beside(conn, (pull, &branch), now)).await
    }

    /// Keeps whether this head changes what Actions run; no if that cannot be kept now.
    async fn note(&self, result: &JobResult, pull: i64, (head, changes): (&Commit, bool)) -> bool {
        let (pull, now) = (ThreadId { repo: result.repo.id, number: pull }, self.ctx.now());
        let (head, branch) = (head.clone(), result.job.branch().to_string());
        let last = result.job.past.last.as_ref().map(|last| last.grant.agent.as_str());
        let terms = last.and_then(|agent| self.ctx.policy.jobs.agents.get(agent));
        let agent = terms.map(|terms| terms.account.clone());
        let write = self.ctx.ledger.write(move |tx| {
            let from = (branch.as_str(), agent.as_deref());
            agent_heads::note(tx, pull, (&head, changes), from, now)
        });
        let noted = write.await;
        noted.inspect_err(|error| tracing::warn!(%error, "nothing can be judged")).is_ok()
    }

    /// A verdict with whether a person is asked for a yes to it, as the configuration wants it. What
    /// a person let pass on that very commit passes, if nothing more is asked.
    fn asking(&self, job: &Job, judgement: &ResultJudgement) -> Verdict {
        // Of a crew people are asked about its plan and its change.
        let ask = match (&job.spec.crew, job.spec.purpose) {
            (Some(CrewPart::Plans(terms)), _) => terms.ask_plan,
            (_, Purpose::Review) => false,
            // Nothing is made without a yes.
            (_, Purpose::Split) => true,
            (Some(CrewPart::Works(_)), Purpose::Research | Purpose::Ops) => false,
            (_, _) => self.ctx.policy.jobs.take_over.is_some(),
        };
        let passed = job.past.passed.as_ref();
        let has_passed = |seen: &SeenResult| seen.covers(&SeenResult::of(judgement));
        match judgement.verdict {
            Verdict::Pass { .. } => Verdict::Pass { ask },
            // Of a routine that found nothing nobody hears.
            Verdict::NoChange { .. } => Verdict::NoChange { ask: ask && job.home().is_some() },
            Verdict::Ask if passed.is_some_and(has_passed) => Verdict::Pass { ask },
            other => other,
        }
    }

    /// How long what there is was judged by now.
    fn waited(&self, job: &Job) -> Duration {
        match &job.state {
            State::Verifying(Verifying { until }) => {
                self.ctx.now().since(until.before(job.spec.limits.judging))
            }
            _ => Duration::ZERO,
        }
    }

    fn is_time_up(&self, job: &Job) -> bool {
        self.waited(job) >= self.ctx.policy.guards.rules.checks_within
    }

    fn remember(&self, id: JobId, waits: WaitsForChecks) {
        self.table(|table| {
            if table.len() >= MOST_WAITING {
                table.clear();
            }
            table.insert(id, waits);
        });
    }

    fn table<T>(&self, change: impl FnOnce(&mut HashMap<JobId, WaitsForChecks>) -> T) -> T {
        change(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn to_run<'a>(
    result: &'a JobResult,
    change: &'a ShownChange,
    runs: &'a GuardRuns,
    excused: Excused,
) -> RunQuery<'a> {
    RunQuery {
        job: result.job.spec.id,
        is_traced: !result.is_over,
        repo: &result.repo,
        pull: &change.pull,
        issue: change.issue.as_ref().map(|issue| issue.number),
        look: result.job.past.look,
        excused,
        runs,
    }
}

/// Whether words that are a result could be taken as that.
fn could_be_taken(evidence: &JobEvidence) -> bool {
    match evidence.judgement.verdict {
        Verdict::Pass { .. } | Verdict::Ask | Verdict::NoChange { .. } => true,
        Verdict::Block
        | Verdict::Stuck
        | Verdict::Nothing
        | Verdict::HeadMoved
        | Verdict::Unfit => false,
    }
}

/// The change of a result that could be accepted, and its commit.
fn to_examine(evidence: &JobEvidence) -> Option<(&ShownChange, Commit)> {
    let could_pass = match evidence.judgement.verdict {
        Verdict::Pass { .. } | Verdict::Ask => true,
        Verdict::NoChange { .. }
        | Verdict::Block
        | Verdict::Stuck
        | Verdict::Nothing
        | Verdict::HeadMoved
        | Verdict::Unfit => false,
    };
    let change = evidence.change.as_deref().filter(|change| change.pull.state == PullState::Open);
    Some((change.filter(|_| could_pass)?, evidence.judgement.commit.clone()?))
}

/// What guards ask a person about; none if they ask nothing.
fn asks(findings: &[Finding]) -> Option<BTreeSet<String>> {
    let asked = |finding: &Finding| {
        let Finding::Guard(found) = finding else { return None };
        (found.grade() == GuardGrade::Ask).then(|| found.asked_key())
    };
    let asks: BTreeSet<String> = findings.iter().filter_map(asked).collect();
    (!asks.is_empty()).then_some(asks)
}

/// Adds what the guards say.
fn add(evidence: &mut JobEvidence, said: &CommitVerdict) {
    // A guard says that nobody can tell who pushed, and what follows.
    evidence.findings.retain(|finding| *finding != Finding::PusherUnknown);
    // What came late the job knows, and tells itself.
    let told = said.findings().into_iter().filter(|finding| finding.guard != GuardName::Late);
    let guards = told.cloned().map(Finding::Guard);
    evidence.findings.extend(guards);
    evidence.findings.sort_by_key(|finding| std::cmp::Reverse(finding.grade()));
    let judgement = &mut evidence.judgement;
    judgement.verdict = match (said.standing(), judgement.verdict) {
        (Standing::Block, _) => Verdict::Block,
        (Standing::Ask, _) => Verdict::Ask,
        (Standing::Pass | Standing::Wait, verdict) => verdict,
    };
    let digest = digest(said);
    if !digest.is_empty() {
        judgement.digest.0 = format!("{} {digest}", judgement.digest.0);
    }
}

/// What equal verdicts have in common. That something came late is no part of it: once a person has
/// looked, it is forgotten, and what else they let pass is still the same.
fn digest(said: &CommitVerdict) -> String {
    let results = said.results.iter().filter(|result| result.guard != GuardName::Late).cloned();
    CommitVerdict::new(said.commit.clone(), results.collect()).digest()
}

fn late(late: &Late) -> LatePush {
    LatePush { commit: late.commit.clone(), by: None }
}
