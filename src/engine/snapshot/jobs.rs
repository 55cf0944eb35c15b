//! Gathers the jobs that an answer tells of, as far as the readers of a thread may know of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Snapshots;
use crate::core::command::value::{IssueRef, JobId};
use crate::core::command::verb::Right;
use crate::core::handlers::{
    JobFacts, JobInTheWay, JobQuery, KnownJob, OtherThread, SpendingFacts, UndeliveredMessage,
};
use crate::core::jobs::{Draw, JobRecord};
use crate::core::model::account::Account;
use crate::core::model::ids::{RepoId, RepoName, ThreadId};
use crate::core::model::repository::Repo;
use crate::core::model::text::InboundText;
use crate::engine::audience::Audiences;
use crate::engine::error::EngineError;
use crate::store::{Connection, Error, crews, jobs, lifted_guards, outbox, repos};

/// How many jobs and messages that failed are told.
const MOST_DEAD: u32 = 20;

impl Snapshots {
    /// The jobs that `query` asks about. `actor`: who asks.
    pub(super) async fn job_facts(
        &self,
        inbound: &InboundText,
        query: &JobQuery,
        targets: &HashMap<IssueRef, OtherThread>,
        actor: &Account,
    ) -> Result<JobFacts, EngineError> {
        let mut facts = JobFacts {
            limits: self.ctx.policy.jobs.limits,
            issue_budget: self.ctx.policy.jobs.budgets.issue,
            crew: self.ctx.policy.crew.clone(),
            epic_labels: self.ctx.policy.rules.epic_labels.clone(),
            chance: Some(Draw::of(self.ctx.chance.draw())),
            ..JobFacts::default()
        };
        if *query == JobQuery::default() {
            return Ok(facts);
        }
        let here = inbound.thread();
        if query.spending {
            facts.spending = self.spending_facts(here, query.numbered.clone()).await?;
        }
        if query.adopts {
            (facts.pulls, facts.authors) = self.adoptable_pulls(inbound, targets).await?;
        }
        facts.kept_out = self.kept_out(inbound, targets);
        let threads: Vec<ThreadId> =
            targets.values().map(|target| target.thread).chain([here]).collect();
        let (asked, threads) = (query.clone(), threads.into_iter().filter(|_| query.latest));
        let threads: Vec<ThreadId> = threads.collect();
        let read = self.ctx.ledger.read(move |conn| {
            let record = |id: JobId| jobs::record(conn, id);
            let (mut latest, mut reviews) = (Vec::new(), Vec::new());
            let mut pull_reviews = Vec::new();
            let mut in_crews = Vec::new();
            let mut makers = HashMap::new();
            for thread in threads {
                if asked.adopts {
                    makers.insert(thread, jobs::worked_on(conn, thread)?);
                }
                if let Some(id) = jobs::latest_in(conn, thread)?
                    && let Some(record) = record(id)?
                {
                    let review = match asked.pull_reviews {
                        true => review_of_its_pull(conn, &record, thread)?,
                        false => None,
                    };
                    pull_reviews.extend(review.map(|review| (thread, review)));
                    latest.push((thread, record));
                }
                if let Some(id) = crews::latest_in(conn, thread)? {
                    let crew = jobs::crew_record(conn, id)?;
                    in_crews.extend(crew.map(|crew| (thread, crew)));
                }
                if let Some(id) = jobs::latest_review_in(conn, thread)? {
                    reviews.extend(record(id)?.map(|record| (thread, record)));
                }
            }
            let mut lifted = HashMap::new();
            for (_, record) in latest.iter().filter(|_| asked.acts) {
                let job = &record.job;
                if let Some(commit) = &job.past.commit {
                    let guards = lifted_guards::of(conn, job.spec.repo(), commit)?;
                    lifted.insert(job.spec.id, guards.into_keys().collect());
                }
            }
            let many = |ids: Vec<JobId>| -> Result<Vec<JobRecord>, _> {
                ids.into_iter().filter_map(|id| record(id).transpose()).collect()
            };
            let numbered = many(asked.numbered.into_iter().collect())?;
            let live = many(if asked.live { jobs::live_ids(conn)? } else { Vec::new() })?;
            let dead = match asked.dead {
                true => many(jobs::dead_ids(conn, MOST_DEAD)?)?,
                false => Vec::new(),
            };
            let letters = match asked.dead {
                true => outbox::dead(conn, MOST_DEAD)?,
                false => Vec::new(),
            };
            let mut in_the_way = Vec::new();
            let found = latest.iter().chain(&reviews).map(|(_, record)| record);
            for ended in found.chain(&numbered) {
                if ended.job.state.kind().is_end()
                    && let Some(other) = jobs::in_the_way(conn, &ended.job)?
                {
                    let (id, stays) = (ended.job.spec.id, other.stays);
                    in_the_way.extend(record(other.job)?.map(|other| (id, other, stays)));
                }
            }
            let known = repos::all(conn)?.into_iter().map(|repo| (repo.id, repo));
            let known: HashMap<_, _> = known.collect();
            let (latest, known) = ((latest, makers, in_crews), (known, lifted));
            let reviews = (reviews, pull_reviews);
            Ok((latest, reviews, numbered, in_the_way, live, (dead, letters), known))
        });
        let (latest, reviews, numbered, in_the_way, live, (dead, letters), known) = read.await?;
        let ((latest, makers, in_crews), (known, lifted)) = (latest, known);
        let (reviews, pull_reviews) = reviews;
        facts.makers = makers;
        facts.lifted = lifted;
        let found = latest.iter().chain(&reviews).map(|(_, record)| record);
        let all = found.chain(&numbered).chain(&live).chain(&dead);
        let repos: BTreeSet<RepoId> = all
            .map(|record| record.job.spec.repo())
            .chain(letters.iter().filter_map(|row| row.lane.repo()))
            .collect();
        let audiences = Audiences::new(&self.ctx);
        let mut visible = audiences.visible(audiences.of(&inbound.repo).await?).await?;
        audiences.ask(&mut visible, repos.iter().copied()).await?;
        let named = |repo: RepoId| known.get(&repo).filter(|_| visible.may_name(repo));
        let seen = |record: JobRecord| {
            let repo = named(record.job.spec.repo())?.name.clone();
            Some(KnownJob { record, repo })
        };
        let by_thread = |found: Vec<(ThreadId, JobRecord)>| -> HashMap<ThreadId, KnownJob> {
            found.into_iter().filter_map(|(thread, record)| Some((thread, seen(record)?))).collect()
        };
        let is_nameable = |thread: &ThreadId| named(thread.repo).is_some();
        facts.crews = in_crews.into_iter().filter(|(thread, _)| is_nameable(thread)).collect();
        facts.latest = by_thread(latest);
        facts.reviews = by_thread(reviews);
        facts.pull_reviews = by_thread(pull_reviews);
        facts.numbered = numbered
            .into_iter()
            .filter_map(|record| Some((record.job.spec.id, seen(record)?)))
            .collect();
        facts.in_the_way = in_the_way
            .into_iter()
            .map(|(id, record, stays)| (id, JobInTheWay { known: seen(record), stays }))
            .collect();
        if query.closed {
            let known = facts.latest.values().chain(facts.reviews.values());
            let known = known.chain(facts.numbered.values());
            facts.closed = self.closed_threads(known).await?;
        }
        facts.live = live.into_iter().filter_map(seen).collect();
        facts.dead = dead.into_iter().filter_map(seen).collect();
        facts.undelivered = letters
            .into_iter()
            .filter_map(|row| {
                let repo = &named(row.lane.repo()?)?.name;
                let place = match row.lane.thread() {
                    Some(thread) => format!("{repo}#{}", thread.number),
                    None => repo.to_string(),
                };
                let reason = row.reason.unwrap_or_else(|| "nobody knows why".to_owned());
                let at = row.ended_at.unwrap_or(row.due_at);
                Some(UndeliveredMessage { place, at, reason })
            })
            .collect();
        if query.acts {
            let there = facts.numbered.values().map(|known| known.record.job.spec.repo());
            let there = there.chain(targets.values().map(|target| target.thread.repo));
            let there: BTreeSet<RepoId> = there.filter(|repo| *repo != here.repo).collect();
            for repo in there.into_iter().filter_map(|repo| known.get(&repo)) {
                facts
                    .rights
                    .insert(repo.id, self.right_in(inbound, repo, actor, Right::Operator).await?);
            }
        }
        Ok(facts)
    }

    /// What was spent or is set aside today, on a thread, and on what jobs are about.
    async fn spending_facts(
        &self,
        thread: ThreadId,
        named: BTreeSet<JobId>,
    ) -> Result<SpendingFacts, EngineError> {
        let policy = &self.ctx.policy;
        let (budgets, day_began) = (policy.jobs.budgets, self.ctx.now().day_began(&policy.zone));
        let names: Vec<String> = policy.agents.iter().map(|agent| agent.name.clone()).collect();
        let read = self.ctx.ledger.read(move |conn| {
            let mut agents = BTreeMap::new();
            for name in names {
                let spent = jobs::spent_by(conn, &name, day_began)?;
                agents.insert(name, spent);
            }
            let mut of_jobs = HashMap::new();
            for id in named {
                if let Some(stored) = jobs::get(conn, id)? {
                    of_jobs.insert(id, jobs::spent_of(conn, &stored.job.spec, None)?);
                }
            }
            Ok(SpendingFacts {
                budgets,
                issue: jobs::spent_on(conn, thread)?,
                of_jobs,
                agents,
                day: jobs::spent_since(conn, day_began)?,
            })
        });
        Ok(read.await?)
    }

    /// Which agents may not work here, or in the repositories of the other threads.
    fn kept_out(
        &self,
        inbound: &InboundText,
        targets: &HashMap<IssueRef, OtherThread>,
    ) -> HashMap<RepoId, BTreeSet<String>> {
        let here = (inbound.repo.id, &inbound.repo.name, !inbound.repo.private);
        // What is named elsewhere everybody may read.
        let there = targets.values().map(|target| (target.thread.repo, &target.repo, true));
        let agents = &self.ctx.policy.jobs.agents;
        let kept_out = |name: &RepoName, is_public: bool| {
            let may_not = agents.iter().filter(|(_, of)| !of.repositories.covers(name, is_public));
            may_not.map(|(agent, _)| agent.clone()).collect()
        };
        there
            .chain([here])
            .map(|(repo, name, is_public)| (repo, kept_out(name, is_public)))
            .collect()
    }

    /// What `actor` may do in another repository than that of `inbound`, which proves nothing there:
    /// as far as it matters to whoever needs that right.
    pub(super) async fn right_in(
        &self,
        inbound: &InboundText,
        repo: &Repo,
        actor: &Account,
        needed: Right,
    ) -> Result<Option<Right>, EngineError> {
        let there = InboundText { repo: repo.clone(), permissions: None, ..inbound.clone() };
        self.permissions.right_of(&there, actor, needed).await
    }
}

/// The review under way of the pull request that the job of `record` brought, if `thread` is another one.
fn review_of_its_pull(
    conn: &Connection,
    record: &JobRecord,
    thread: ThreadId,
) -> Result<Option<JobRecord>, Error> {
    let Some(pull) = record.job.pull().filter(|pull| *pull != thread) else { return Ok(None) };
    let Some(id) = jobs::latest_review_in(conn, pull)? else { return Ok(None) };
    let review = jobs::record(conn, id)?;
    Ok(review.filter(|review| !review.job.state.kind().is_end()))
}
