//! Decisions in the ledger: put once, closed once, with the step that follows from it.

use timmy::core::command::value::{Cause, DecisionId};
use timmy::core::decisions::{Covered, DecisionStatus, VoidReason};
use timmy::core::jobs::money::Usage;
use timmy::core::jobs::{
    AgentClaim, JobEvent, JobId, PersonAnswer, Progress, Push, Pusher, Question, ResultJudgement,
    StateKind, Verdict,
};
use timmy::store::decisions::{self, NewDecision, StoredDecision};
use timmy::store::jobs::{self, GivenAnswer, ShownNumbers};
use timmy::store::{Error, Transaction, outbox};

use super::stage::{at, begin, bid, thread, tracked};
use super::{commit, digest};
use crate::support::ledger::in_transaction;
use crate::support::people::account;

/// A job whose result is verified, and that asks whether it is accepted.
fn deciding(tx: &Transaction<'_>) -> Result<JobId, Error> {
    tracked(tx)?;
    let id = begin(tx, 1, at(0))?;
    let (lease, _) = jobs::lease(tx, id, &bid("ezra"), at(0))?.expect("a lease");
    jobs::start(tx, &lease, &bid("ezra"), at(0))?.expect("a start");
    let claim = AgentClaim::PullRequest { number: Some(58), commit: None };
    for progress in [Progress::Accepted, Progress::Ended { claim, usage: Usage::NONE }] {
        happens(tx, id, JobEvent::Attempt(lease.fence(), progress))?;
    }
    let verdict = Verdict::Pass { ask: true };
    let (commit, pull) = (Some(commit('a')), Some(58));
    let found = ResultJudgement {
        look: 1,
        commit,
        pull,
        verdict,
        digest: digest(""),
        change: None,
        examined: None,
        asks: None,
    };
    happens(tx, id, JobEvent::Judged(found))?;
    Ok(id)
}

fn happens(tx: &Transaction<'_>, id: JobId, event: JobEvent) -> Result<(), Error> {
    jobs::advance(tx, id, None, event, at(1))?.expect("a step that is possible");
    Ok(())
}

fn put(tx: &Transaction<'_>, job: JobId, number: u32) -> Result<Option<DecisionId>, Error> {
    let (question, covers) = (Question::Accept, Covered::default());
    let new = NewDecision { job, number, question, thread: thread(1), pull: Some(58), covers };
    jobs::put_question(tx, &new, |id| format!("{id}?"), at(2))
}

fn decide(tx: &Transaction<'_>, id: DecisionId, answer: PersonAnswer) -> Result<bool, Error> {
    let by = account("anna");
    let given = GivenAnswer { answer, told: None, by: &by, is_lent: false };
    Ok(jobs::decide(tx, id, given, at(3))?.is_some())
}

fn stored(tx: &Transaction<'_>, id: DecisionId) -> Result<StoredDecision, Error> {
    Ok(decisions::get(tx, id)?.expect("a decision"))
}

fn state(tx: &Transaction<'_>, id: JobId) -> Result<StateKind, Error> {
    Ok(jobs::get(tx, id)?.expect("a job").job.state.kind())
}

#[test]
fn a_question_is_put_once_and_answered_once() {
    in_transaction(|tx| {
        let job = deciding(tx)?;
        assert_eq!(put(tx, job, 7)?, None, "the job asks no such thing");
        let id = put(tx, job, 1)?.expect("a decision");
        assert_eq!(put(tx, job, 1)?, None, "it was put");
        let key = format!("t-1-{id}");
        assert!(outbox::get(tx, &key)?.is_some(), "its comment is on its way");
        assert!(stored(tx, id)?.is_as_posted(&format!("{id}?\n\n<!-- timmy key={key} -->")));
        assert!(!stored(tx, id)?.is_as_posted("d2?"));
        assert!(decide(tx, id, PersonAnswer::Yes)?);
        assert!(!decide(tx, id, PersonAnswer::No(Cause::Wrong))?);
        assert_eq!(state(tx, job)?, StateKind::Done);
        let (by, answer, at) = (account("anna"), PersonAnswer::Yes, at(3).at);
        let status = DecisionStatus::Decided { by, answer, at };
        assert_eq!(stored(tx, id)?.decision.status, status);
        assert_eq!(decisions::open(tx)?, []);
        Ok(())
    });
}

#[test]
fn what_the_job_asks_no_more_is_void() {
    in_transaction(|tx| {
        let job = deciding(tx)?;
        let id = put(tx, job, 1)?.expect("a decision");
        let push = Push { branch: 1, commit: commit('b'), by: Pusher::Known, at: at(3).at };
        happens(tx, job, JobEvent::Pushed(push))?;
        let why = VoidReason::Pushed { commit: commit('b') };
        assert_eq!(stored(tx, id)?.decision.status, DecisionStatus::Void { why, at: at(1).at });
        assert!(outbox::get(tx, &format!("t-1-{id}.void"))?.is_some(), "that is said");
        assert!(!decide(tx, id, PersonAnswer::Yes)?);
        assert_eq!(state(tx, job)?, StateKind::Verifying);
        Ok(())
    });
}

#[test]
fn what_goes_another_way_needs_no_word() {
    in_transaction(|tx| {
        let job = deciding(tx)?;
        let id = put(tx, job, 1)?.expect("a decision");
        happens(tx, job, JobEvent::Merged(commit('c').into()))?;
        assert!(matches!(stored(tx, id)?.decision.status, DecisionStatus::Void { .. }));
        assert!(outbox::get(tx, &format!("t-1-{id}.void"))?.is_none());
        Ok(())
    });
}

#[test]
fn a_question_that_does_not_stand_as_it_was_put_is_asked_anew() {
    in_transaction(|tx| {
        let job = deciding(tx)?;
        let first = put(tx, job, 1)?.expect("a decision");
        let void = jobs::void(tx, first, VoidReason::QuestionChanged, true, at(3))?;
        assert!(void.is_some());
        assert!(outbox::get(tx, &format!("t-1-{first}.void"))?.is_none(), "who asked is told");
        assert_eq!(state(tx, job)?, StateKind::Deciding);
        let second = put(tx, job, 2)?.expect("another decision");
        assert!(second > first);
        assert!(decide(tx, second, PersonAnswer::Yes)?);
        Ok(())
    });
}

#[test]
fn a_copy_of_the_ledger_asks_anew_and_counts_on_above() {
    in_transaction(|tx| {
        let job = deciding(tx)?;
        let id = put(tx, job, 1)?.expect("a decision");
        jobs::restore(tx, "t-copy", ShownNumbers { job: 0, decision: 40 }, at(9))?;
        assert!(matches!(
            stored(tx, id)?.decision.status,
            DecisionStatus::Void { why: VoidReason::Restored, .. }
        ));
        assert_eq!(state(tx, job)?, StateKind::Verifying, "it is looked at again before");
        let verdict = Verdict::Pass { ask: true };
        let (commit, pull) = (Some(commit('a')), Some(58));
        let found = ResultJudgement {
            look: 2,
            commit,
            pull,
            verdict,
            digest: digest(""),
            change: None,
            examined: None,
            asks: None,
        };
        happens(tx, job, JobEvent::Judged(found))?;
        assert_eq!(put(tx, job, 2)?, Some(DecisionId(1041)));
        Ok(())
    });
}
