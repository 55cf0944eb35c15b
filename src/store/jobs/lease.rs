//! Leases: who works on what. They are made here and nowhere else, by the transaction that checked
//! that they are right.

use rusqlite::{Connection, Transaction};

use super::advance::{Advanced, apply};
use super::check::{self, LeaseRefusal, LeaseRequest};
use super::create::{NotCreated, create};
use super::{attempts, load};
use crate::core::jobs::start_terms::StartProposal;
use crate::core::jobs::{
    Act, AdoptedBranch, Branch, Fence, Job, JobBranch, JobId, LeaseTerms, NewJob, Preflight,
    Queued, State, StepTime,
};
use crate::core::scheduling::Ineligible;
use crate::store::columns::Spelled;
use crate::store::error::Error;
use crate::store::meta;

/// An agent may work on a job. Only [`lease`] makes one; [`leases`] finds those that it made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    job: JobId,
    fence: Fence,
    agent: String,
    key: String,
    branch: JobBranch,
}

impl Lease {
    pub fn job(&self) -> JobId {
        self.job
    }

    /// The fencing token: what the attempt tells is told with it.
    pub fn fence(&self) -> Fence {
        self.fence
    }

    pub fn agent(&self) -> &str {
        &self.agent
    }

    /// How the attempt is called outside: the same for every try to start it.
    pub fn key(&self) -> &str {
        &self.key
    }

    pub fn branch(&self) -> &JobBranch {
        &self.branch
    }
}

/// Carries out a match: makes a job and gives it to the agent of `bid`, or neither. Where a person is
/// asked first, it is made, and asks.
pub fn dispatch(
    tx: &Transaction<'_>,
    new: &NewJob,
    bid: &LeaseRequest,
    now: StepTime,
) -> Result<Result<(Lease, Advanced), LeaseRefusal>, Error> {
    tx.prepare_cached("SAVEPOINT dispatch")?.execute([])?;
    let made = match create(tx, new, now.at)? {
        Ok(job) => lease_or_ask(tx, job.spec.id, bid, now)?,
        Err(NotCreated::Live(_)) => Err(LeaseRefusal::Ineligible(vec![Ineligible::LiveJob])),
    };
    if matches!(&made, Err(refusal) if !matches!(refusal, LeaseRefusal::NeedsYes(_))) {
        tx.prepare_cached("ROLLBACK TO dispatch")?.execute([])?;
    }
    tx.prepare_cached("RELEASE dispatch")?.execute([])?;
    Ok(made)
}

/// The same as [`lease`]; where only a person's yes is missing, the job asks for it from now on.
fn lease_or_ask(
    tx: &Transaction<'_>,
    id: JobId,
    bid: &LeaseRequest,
    now: StepTime,
) -> Result<Result<(Lease, Advanced), LeaseRefusal>, Error> {
    let made = lease(tx, id, bid, now)?;
    if let Err(LeaseRefusal::NeedsYes(proposal)) = &made {
        propose(tx, id, proposal, now)?;
    }
    Ok(made)
}

/// A person is asked whether a job that is queued may begin, since a lease was refused for that. None
/// if it is not queued any more.
pub fn propose(
    tx: &Transaction<'_>,
    id: JobId,
    proposal: &StartProposal,
    now: StepTime,
) -> Result<Option<Advanced>, Error> {
    let step = Act::Propose(Box::new(proposal.clone())).into();
    Ok(apply(tx, id, None, &step, now)?.ok())
}

/// Gives a job that is queued to the agent of `bid`, unless anything speaks against it now.
pub fn lease(
    tx: &Transaction<'_>,
    id: JobId,
    bid: &LeaseRequest,
    now: StepTime,
) -> Result<Result<(Lease, Advanced), LeaseRefusal>, Error> {
    let Some(job) = load::get(tx, id)?.map(|stored| stored.job) else {
        return Ok(Err(LeaseRefusal::NotThere));
    };
    let State::Queued(Queued { work, .. }) = job.state else {
        return Ok(Err(LeaseRefusal::NotThere));
    };
    let Some(ledger) = meta::get(tx, meta::LEDGER)? else {
        return Ok(Err(LeaseRefusal::NoLedgerName));
    };
    if let Err(refusal) = check::check(tx, &job, work, None, bid, now.at)? {
        return Ok(Err(refusal));
    }
    let fence = attempts::next_fence(tx)?;
    let grant = LeaseTerms {
        fence,
        agent: bid.agent.clone(),
        family: bid.family.clone(),
        timeouts: bid.timeouts,
        terms: bid.terms,
        can_be_told: bid.can_be_told,
    };
    let step = Act::Lease(grant).into();
    let Ok(advanced) = apply(tx, id, None, &step, now)? else {
        return Ok(Err(LeaseRefusal::NotThere));
    };
    let Some(leased) = advanced.after.state.leased() else {
        return Ok(Err(LeaseRefusal::NotThere));
    };
    let key = format!("{ledger}-{id}-{fence}");
    let slot = bid.workers.iter().find(|slot| slot.name == bid.agent);
    let place = slot.map_or((None, None), |slot| (slot.host.as_deref(), slot.pool.as_deref()));
    attempts::add(tx, &job.spec, leased, place, &key, now.at)?;
    let lease = Lease { job: id, fence, agent: bid.agent.clone(), key, branch: job.branch() };
    Ok(Ok((lease, advanced)))
}

/// The preflight of `lease` passed: stores that its agent is going to be started, unless anything
/// speaks against it by now. `bid` is that of the lease with what is known at this moment.
pub fn start(
    tx: &Transaction<'_>,
    lease: &Lease,
    bid: &LeaseRequest,
    now: StepTime,
) -> Result<Result<Advanced, LeaseRefusal>, Error> {
    let job = load::get(tx, lease.job)?.map(|stored| stored.job);
    let Some((job, leased)) = job.as_ref().and_then(|job| Some((job, in_preflight(job)?))) else {
        return Ok(Err(LeaseRefusal::NotThere));
    };
    if leased.leased.fence() != lease.fence || bid.agent != lease.agent {
        return Ok(Err(LeaseRefusal::NotThere));
    }
    let work = leased.leased.work;
    if let Err(refusal) = check::check(tx, job, work, Some(lease.fence), bid, now.at)? {
        return Ok(Err(refusal));
    }
    let step = Act::Start(lease.fence).into();
    let Ok(advanced) = apply(tx, lease.job, None, &step, now)? else {
        return Ok(Err(LeaseRefusal::NotThere));
    };
    attempts::started(tx, lease.fence, now.at)?;
    Ok(Ok(advanced))
}

fn in_preflight(job: &Job) -> Option<&Preflight> {
    match &job.state {
        State::Preflight(preflight) => Some(preflight),
        _ => None,
    }
}

/// The lease with this fencing token.
pub fn lease_of(conn: &Connection, fence: Fence) -> Result<Option<Lease>, Error> {
    Ok(leases(conn)?.into_iter().find(|lease| lease.fence == fence))
}

/// All leases, the oldest first.
pub fn leases(conn: &Connection) -> Result<Vec<Lease>, Error> {
    let leases = conn
        .prepare_cached(
            "SELECT leases.job, fence, agent, key, attempts.number, branch,
                    json_extract(jobs.job, '$.spec.adopts')
             FROM leases JOIN attempts USING (fence, agent) JOIN jobs ON jobs.id = leases.job
             ORDER BY fence",
        )?
        .query_map([], |row| {
            let job = row.get(0)?;
            let adopts: Option<Spelled<AdoptedBranch>> = row.get(6)?;
            let branch = match adopts {
                Some(Spelled(adopted)) => JobBranch::Adopted(adopted),
                None => JobBranch::Own(Branch { thread: row.get(4)?, job, number: row.get(5)? }),
            };
            Ok(Lease { job, fence: row.get(1)?, agent: row.get(2)?, key: row.get(3)?, branch })
        })?
        .collect::<Result<_, _>>()?;
    Ok(leases)
}
