//! Gathers the decisions that a text may answer, as far as its readers may know of them, with what
//! the forge shows of those that are open.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Snapshots;
use crate::core::command::value::DecisionId;
use crate::core::command::verb::Right;
use crate::core::decisions::QuestionCheck;
use crate::core::handlers::{DecisionFacts, DecisionQuery, JobFacts, KnownJob};
use crate::core::jobs::JobRecord;
use crate::core::model::account::Account;
use crate::core::model::ids::RepoId;
use crate::core::model::repository::Repo;
use crate::core::model::text::InboundText;
use crate::engine::audience::Audiences;
use crate::engine::decision_check::check;
use crate::engine::error::EngineError;
use crate::store::decisions::{self, StoredDecision};
use crate::store::{Connection, Error, jobs, reports, repos};

/// What the ledger holds of them.
struct HeldDecisions {
    found: BTreeMap<DecisionId, (StoredDecision, JobRecord)>,
    repos: HashMap<RepoId, Repo>,
    is_in_report: bool,
}

impl Snapshots {
    /// The decisions that `query` asks about; what `actor` may do where they are goes to `jobs`.
    pub(super) async fn decision_facts(
        &self,
        inbound: &InboundText,
        query: &DecisionQuery,
        jobs: &mut JobFacts,
        (own, actor): (&Account, &Account),
    ) -> Result<DecisionFacts, EngineError> {
        if !query.answers {
            return Ok(DecisionFacts::default());
        }
        let (here, named) = (inbound.thread(), query.named.clone());
        let read = self.ctx.ledger.read(move |conn| {
            let mut held = decisions::in_thread(conn, here)?;
            for id in named {
                held.extend(decisions::get(conn, id)?);
            }
            Ok(HeldDecisions {
                found: with_jobs(conn, held)?,
                repos: repos::all(conn)?.into_iter().map(|repo| (repo.id, repo)).collect(),
                is_in_report: reports::home(conn)?.and_then(|home| home.thread()) == Some(here),
            })
        });
        let HeldDecisions { found, repos, is_in_report } = read.await?;
        let there: BTreeSet<RepoId> =
            found.values().map(|(stored, _)| stored.decision.thread.repo).collect();
        let audiences = Audiences::new(&self.ctx);
        let mut visible = audiences.visible(audiences.of(&inbound.repo).await?).await?;
        audiences.ask(&mut visible, there.iter().copied()).await?;
        let mut facts = DecisionFacts { is_in_report, ..DecisionFacts::default() };
        for (stored, record) in found.into_values() {
            let repo = repos.get(&stored.decision.thread.repo);
            let Some(repo) = repo.filter(|repo| is_in_report || visible.may_name(repo.id)) else {
                continue;
            };
            facts.repos.insert(repo.id, repo.name.clone());
            // Whichever of them a line means: all that are open are read again.
            let check = match stored.decision.is_open() {
                true => check(&self.ctx, &stored, &repo.name, own).await?,
                false => QuestionCheck::Stands,
            };
            // What a routine asks before it has a thread stands in the report.
            let repo = repos.get(&record.job.spec.repo()).unwrap_or(repo);
            let known = KnownJob { record, repo: repo.name.clone() };
            facts.jobs.insert(stored.decision.job, known);
            facts.known.push(stored.checked(check));
            if repo.id != here.repo && !jobs.rights.contains_key(&repo.id) {
                let right = self.right_in(inbound, repo, actor, Right::Approver).await?;
                jobs.rights.insert(repo.id, right);
            }
        }
        Ok(facts)
    }
}

/// Each with its job.
fn with_jobs(
    conn: &Connection,
    held: Vec<StoredDecision>,
) -> Result<BTreeMap<DecisionId, (StoredDecision, JobRecord)>, Error> {
    let mut found = BTreeMap::new();
    for stored in held {
        if let Some(record) = jobs::record(conn, stored.decision.job)? {
            found.insert(stored.decision.id, (stored, record));
        }
    }
    Ok(found)
}
