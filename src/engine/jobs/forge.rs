//! The forge, as jobs need it: what an attempt is asked, and what the forge shows of its result.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::access::{AgentAccess, by_rights, by_token};
use super::adopted::{AdoptedPull, adopted_pull, open_reviews};
use super::asked_review::AskedReview;
use super::base::{Base, base_of, health_of};
use super::drivers::{
    CannotBegin, ForgeCall, JobEvidence, JobForge, JobOrder, JobResult, OrderSubject, ShownChange,
    ShownWords,
};
use super::examine::{ANSWER, Examiner};
use super::pushed_branches::look_at_pushed;
use super::review_task::{ReviewTask, review_task};
use super::task_parts::{
    begin_of, earlier, faults, permission, red_checks, told_subject, told_thread,
};
use crate::agents::AgentTask;
use crate::config::EffectivePolicy;
use crate::core::command::value::Level;
use crate::core::guards::{SaidFacts, secrets_said};
use crate::core::jobs::evidence::{Facts, Finding, Made, ReviewPosting, judge, read_result};
use crate::core::jobs::{
    AgentClaim, Commit, Job, Leased, NeverRan, Purpose, Push, ResultJudgement, State, ToldText,
    Verdict, WorkKind,
};
use crate::core::model::account::Account;
use crate::core::model::commit_status::BranchHealth;
use crate::core::model::ids::RepoName;
use crate::core::model::issue::Issue;
use crate::core::model::repository::Repo;
use crate::core::model::time::Timestamp;
use crate::core::prompt::{JobPrompt, PromptLimits, WorkMeans, sent_prompt};
use crate::core::scheduling::IssueLabels;
use crate::core::scheduling::text::TextReader;
use crate::engine::context::{AgentTerms, Context, WorksBy};
use crate::engine::evidence::{Evidence, EvidenceQuery, gather_evidence};
use crate::engine::guards::RunningGuards;
use crate::engine::identity::Identity;
use crate::engine::permissions::PermissionReader;
use crate::engine::repository_policies::RepositoryPolicies;
use crate::gitea::{Error, PullRequest, PullState, VisibleRepo};
use crate::store::jobs::StoredAttempt;

/// Gitea's clock tells whole seconds.
const SECOND: Duration = Duration::from_secs(1);

/// Jobs read and write here by timmy's own account.
pub(in crate::engine) struct LiveForge {
    pub(super) ctx: Context,
    identity: Arc<Identity>,
    permissions: Arc<PermissionReader>,
    /// The accounts of agents, by the login of the configuration.
    accounts: Mutex<BTreeMap<String, Account>>,
    policies: Arc<RepositoryPolicies>,
    pub(super) examiner: Examiner,
}

impl LiveForge {
    pub(in crate::engine) fn new(
        ctx: &Context,
        (identity, permissions): (Arc<Identity>, Arc<PermissionReader>),
        reader: Arc<TextReader>,
        (running, policies): (Arc<RunningGuards>, Arc<RepositoryPolicies>),
    ) -> Self {
        let ctx = ctx.for_background();
        let examiner = Examiner::new(&ctx, reader, (running, policies.clone()));
        Self { ctx, identity, permissions, policies, accounts: Mutex::default(), examiner }
    }

    pub(super) fn policies(&self) -> &RepositoryPolicies {
        &self.policies
    }

    fn terms(&self, agent: &str) -> Option<&AgentTerms> {
        self.ctx.policy.jobs.agents.get(agent)
    }

    /// The account of an agent, by the login of the configuration.
    async fn account(&self, login: &str) -> Result<Option<Account>, Error> {
        let known = |accounts: &BTreeMap<String, Account>| accounts.get(login).cloned();
        let known = known(&self.accounts.lock().unwrap_or_else(PoisonError::into_inner));
        if known.is_some() {
            return Ok(known);
        }
        let account = self.ctx.gitea.account(login).await?;
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.extend(account.clone().map(|account| (login.to_owned(), account)));
        Ok(account)
    }

    async fn write_task(&self, order: &JobOrder) -> Result<Result<AgentTask, CannotBegin>, Error> {
        let (begin, terms) = match self.preflight(order).await? {
            Ok(found) => found,
            Err(why) => return Ok(Err(why)),
        };
        let adopted = match order.branch.is_adopted() {
            true => match adopted_pull(&self.ctx, order, &begin).await? {
                Ok(adopted) => Some(adopted),
                Err(why) => return Ok(Err(why)),
            },
            false => None,
        };
        let review = match order.job.spec.purpose.is_review() {
            true => match review_task(&self.ctx, order, terms.works_by).await? {
                Ok(review) => Some(review),
                Err(why) => return Ok(Err(why)),
            },
            false => None,
        };
        let target = adopted.as_ref().map_or(&begin.head, |adopted| &adopted.target.head);
        let target = review.as_ref().and_then(|review| review.target.as_ref()).unwrap_or(target);
        let own = self.policies.at(&order.repo, target).await?;
        if let Some(words) = own.refusal(&order.agent, &order.job.spec.role, is_by_itself(order)) {
            return Ok(Err(CannotBegin::NoAccess(words)));
        }
        let begins_by_itself = order.job.spec.claims_by_card && order.job.past.ran.is_empty();
        if begins_by_itself && is_by_itself(order) && own.only_suggests() {
            let words = ".timmy.toml there wants nothing to start by itself".to_owned();
            return Ok(Err(CannotBegin::NoAccess(words)));
        }
        let EffectivePolicy { instructions, .. } = own.tightened(&self.ctx.policy);
        let (review, at_review) = match review {
            Some(ReviewTask { begin, told, .. }) => (Some(told), Some(begin)),
            None => (None, None),
        };
        let (begin, wrong, checks) = match (adopted, at_review) {
            (Some(AdoptedPull { begin, faults, checks, .. }), _) => (begin, faults, checks),
            (None, Some(begin)) => (begin, Vec::new(), Vec::new()),
            (None, None) => {
                let begin = begin_of(&order.job, begin, terms.works_by);
                (begin, Vec::new(), red_checks(order))
            }
        };
        let Base { branch: base_branch, head: base } = begin;
        let name = &order.repo.name;
        let clone_url = self.ctx.policy.jobs.forge.join(&format!("{name}.git"));
        let Ok(clone_url) = clone_url else { return Ok(Err(NeverRan::Moved.into())) };
        let job = &order.job;
        let known = async {
            let split = self.split_to_make(order).await?;
            Ok((self.plan_to_make(order).await?, self.part_of(order).await?, split))
        };
        let known: Result<_, crate::store::Error> = known.await;
        let Ok((plan, part, split)) = known else { return Ok(Err(NeverRan::Moved.into())) };
        let prompt = JobPrompt {
            purpose: job.spec.purpose,
            role: job.spec.role.clone(),
            repository: name.clone(),
            about: told_subject(&order.about),
            answers: order.answers.clone(),
            base_branch: base_branch.clone(),
            base: base.clone(),
            branch: order.branch.clone(),
            pull: job.past.pull,
            means: match terms.works_by {
                WorksBy::Tools => WorkMeans::Tools,
                WorksBy::Clone => WorkMeans::Clone,
                WorksBy::Pushing => WorkMeans::Git { clone_url: clone_url.clone() },
            },
            limits: PromptLimits { time: terms.timeouts.total, lines: None },
            faults: faults(order).into_iter().chain(wrong).collect(),
            red_checks: checks,
            permissions: order.permissions.iter().map(permission).collect(),
            earlier: earlier(order),
            told: order.texts.clone(),
            instructions,
            review,
            plan,
            split,
            part,
        };
        Ok(Ok(AgentTask {
            key: order.key.clone(),
            purpose: job.spec.purpose,
            repository: name.clone(),
            clone_url,
            base_branch,
            base,
            branch: order.branch.clone(),
            pull: job.past.pull,
            prompt: prompt.text(),
        }))
    }

    /// What the work begins at and on which terms, unless anything on the forge speaks against it.
    async fn preflight(
        &self,
        order: &JobOrder,
    ) -> Result<Result<(Base, &AgentTerms), CannotBegin>, Error> {
        let Some(terms) = self.terms(&order.agent) else {
            return Ok(Err(NeverRan::GatewayDown.into()));
        };
        if let Some(merged) = self.merged(order).await? {
            return Ok(Err(merged));
        }
        let name = &order.repo.name;
        let listed = self.ctx.gitea.visible_repo(name).await?.entries.into_iter().next();
        let Some(listed) = listed else { return Ok(Err(NeverRan::Moved.into())) };
        let (access, base) = tokio::try_join!(
            self.access(order, terms, &listed),
            base_of(&self.ctx.gitea, name, &listed)
        )?;
        let access = match access {
            AgentAccess::Unknown
                if order.left_before == Some(false) && !self.is_listed(name, terms).await? =>
            {
                AgentAccess::No(format!(
                    "nobody can tell whether {} may work in {name}, and what it was given there \
                     left nothing: look at its rights there",
                    terms.account
                ))
            }
            access => access,
        };
        if let AgentAccess::No(words) = access {
            return Ok(Err(CannotBegin::NoAccess(words)));
        }
        let base = match base {
            Ok(base) => base,
            Err(words) => return Ok(Err(CannotBegin::NoDefaultBranch(words))),
        };
        if !order.job.is_asked_for()
            && !is_p0(&order.about)
            && health_of(&self.ctx.gitea, name, &base).await == BranchHealth::Red
        {
            return Ok(Err(NeverRan::RedBranch.into()));
        }
        Ok(Ok((base, terms)))
    }

    /// Whether the agent is among those who can be assigned there. Some servers list readers as
    /// well: what that costs is an attempt, and no right comes of it.
    async fn is_listed(&self, name: &RepoName, terms: &AgentTerms) -> Result<bool, Error> {
        let listed = self.ctx.gitea.assignable(name).await?;
        Ok(listed.iter().any(|account| account.login.eq_ignore_ascii_case(&terms.account)))
    }

    /// Whether the job's pull request, or one that closes its issue, was merged meanwhile.
    async fn merged(&self, order: &JobOrder) -> Result<Option<CannotBegin>, Error> {
        let own = order.job.past.pull;
        let linked = order.linked.iter().copied().filter(|number| Some(*number) != own);
        for number in own.into_iter().chain(linked) {
            let Some(pull) = self.ctx.gitea.pull(&order.repo.name, number).await? else { continue };
            let PullState::Merged { commit, by } = pull.state else { continue };
            return Ok(Some(match own == Some(number) {
                true => {
                    let commit = commit.unwrap_or(pull.head);
                    let into = &pull.base_branch;
                    CannotBegin::Merged(self.ctx.policy.merge(commit, by.as_ref(), into))
                }
                false => NeverRan::Moved.into(),
            }));
        }
        Ok(None)
    }

    /// Whether the account that does the work may do it there.
    async fn access(
        &self,
        order: &JobOrder,
        terms: &AgentTerms,
        seen_by_timmy: &VisibleRepo,
    ) -> Result<AgentAccess, Error> {
        let at = (terms.account.as_str(), &order.repo.name);
        let purpose = order.job.spec.purpose;
        match (&terms.own, self.identity.known()) {
            (Some(own), _) => by_token(own, purpose, at).await,
            // Without a token of its own, timmy writes for it.
            (None, Some(timmy)) if terms.works_by != WorksBy::Pushing => {
                let timmy = (timmy.login.as_str(), &order.repo.name);
                Ok(AgentAccess::of(seen_by_timmy.permissions, purpose, timmy))
            }
            (None, Some(timmy)) => by_rights(&self.ctx.gitea, purpose, at, &timmy.login).await,
            (None, None) => Ok(AgentAccess::Unknown),
        }
    }

    async fn looks_red(&self, repo: &Repo) -> Result<Option<bool>, Error> {
        let name = &repo.name;
        let listed = self.ctx.gitea.visible_repo(name).await?.entries.into_iter().next();
        let Some(listed) = listed else { return Ok(None) };
        let Ok(base) = base_of(&self.ctx.gitea, name, &listed).await? else { return Ok(None) };
        Ok(match health_of(&self.ctx.gitea, name, &base).await {
            BranchHealth::Red => Some(true),
            BranchHealth::Good => Some(false),
            BranchHealth::CouldNotTell => None,
        })
    }

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

    async fn look_at(&self, result: &JobResult) -> Result<Option<JobEvidence>, Error> {
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
            look_at_pushed(&self.ctx, place, pushed, None).await?;
        }
        if job.spec.purpose.is_review() {
            let Some(pull) = job.spec.given() else { return Ok(None) };
            let (given, agent) = (base, &agent);
            let asked = AskedReview { result, attempt, pull, given, terms, agent };
            return self.look_at_review(asked).await;
        }
        if job.spec.purpose == Purpose::Plan {
            let issue = self.thread_of(result).await?;
            let is_edited = issue.is_some_and(|issue| is_edited(&issue, attempt));
            return Ok(self.look_at_plan(result, attempt, is_edited).await);
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
        if pushes && makes_a_change(job) {
            let judged = evidence.pull.as_ref().map(|pull| pull.head_branch.as_str());
            look_at_pushed(&self.ctx, place, pushed, judged).await?;
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
        let Evidence { findings: mut found, head_push, pull, pusher, said: comments } = evidence;
        if issue.as_ref().is_some_and(|issue| is_edited(issue, attempt)) {
            found.findings.push(Finding::IssueEdited);
        }
        let is_said = matches!(job.spec.purpose, Purpose::Research | Purpose::Ops);
        let words = ShownWords { comments, answer, issue: issue.clone() };
        let by = pull.as_ref().and_then(PullRequest::merged_by);
        let into = pull.as_ref().map_or(&query.base_branch[..], |pull| &pull.base_branch);
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

impl JobForge for LiveForge {
    fn task<'a>(&'a self, order: &'a JobOrder) -> ForgeCall<'a, Result<AgentTask, CannotBegin>> {
        Box::pin(self.write_task(order))
    }

    fn is_red<'a>(&'a self, repo: &'a Repo) -> ForgeCall<'a, Option<bool>> {
        Box::pin(self.looks_red(repo))
    }

    fn claim(&self, text: &str) -> AgentClaim {
        read_result(text).claim
    }

    fn judge<'a>(&'a self, result: &'a JobResult) -> ForgeCall<'a, Option<JobEvidence>> {
        Box::pin(async {
            match self.examiner.still_waits(result).await? {
                true => Ok(None),
                false => Ok(self.look_at(result).await?.map(|found| with_long_line(result, found))),
            }
        })
    }

    fn reviews<'a>(
        &'a self,
        pull: (&'a Repo, i64),
        until: Timestamp,
    ) -> ForgeCall<'a, Vec<(i64, ToldText)>> {
        Box::pin(open_reviews(&self.ctx, &self.permissions, pull, until))
    }

    fn examine<'a>(
        &'a self,
        result: &'a JobResult,
        evidence: JobEvidence,
    ) -> ForgeCall<'a, Option<JobEvidence>> {
        Box::pin(self.examiner.examine(result, evidence))
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

fn is_by_itself(order: &JobOrder) -> bool {
    !order.job.is_asked_for()
}

fn is_p0(about: &OrderSubject) -> bool {
    let OrderSubject::Issue(issue) = about else { return false };
    IssueLabels::of_issue(issue).priority == Some(Level::P0)
}
