//! Whatever moves between a match and the act: no lease on what is not eligible, over capacity,
//! paused or over budget, and one wherever nothing speaks against it.
//!
//! The world moves at random, and is asked beside the ledger (`world`).

use timmy::core::jobs::money::Usage;
use timmy::core::jobs::{
    AgentClaim, CancelReason, Fence, JobEvent, JobId, NewJob, PersonAnswer, Progress,
    ResultJudgement, Verdict,
};
use timmy::core::scheduling::{AgentSlot, Rejection};
use timmy::store::jobs::{self, Lease, LeaseRefusal, LeaseRequest};

use super::stage::{at, begin, bid, new_job, thread, tracked};
use super::world::World;
use super::{commit, digest};
use crate::support::ledger::in_transaction;

#[test]
fn no_lease_is_made_that_may_not_be_and_none_is_refused_that_may() {
    let mut made = 0;
    for seed in 0..40 {
        let (told, tell) = std::sync::mpsc::channel();
        in_transaction(move |tx| {
            tracked(tx)?;
            let mut world = World::new(seed);
            for _ in 0..150 {
                if world.random.below(3) == 0 {
                    world.moves(tx)?;
                }
                world.wake(tx)?;
                if world.act(tx)? {
                    told.send(()).unwrap();
                }
                world.go_on(tx)?;
            }
            assert_eq!(jobs::rebuilt(tx)?, []);
            let held: Vec<Fence> = jobs::leases(tx)?.iter().map(Lease::fence).collect();
            let mut known: Vec<Fence> = world.leases.iter().map(|(l, _)| l.fence()).collect();
            known.sort();
            assert_eq!(held, known);
            Ok(())
        });
        made += tell.iter().count();
    }
    assert!(made > 200, "only {made} leases were made");
}

#[test]
fn what_cannot_be_checked_makes_no_lease() {
    in_transaction(|tx| {
        tracked(tx)?;
        let unknown = begin(tx, 40, at(0))?;
        assert_eq!(jobs::lease(tx, unknown, &bid("ezra"), at(0))?, Err(LeaseRefusal::Unknown));
        let id = begin(tx, 1, at(0))?;
        assert!(jobs::lease(tx, id, &bid("nobody"), at(0))?.is_err());
        assert_eq!(jobs::lease(tx, JobId(99), &bid("ezra"), at(0))?, Err(LeaseRefusal::NotThere));
        tx.execute("DELETE FROM meta WHERE key = 'ledger'", [])?;
        assert_eq!(jobs::lease(tx, id, &bid("ezra"), at(0))?, Err(LeaseRefusal::NoLedgerName));
        Ok(())
    });
}

#[test]
fn a_person_passes_over_what_only_keeps_timmy_from_starting_by_itself() {
    in_transaction(|tx| {
        tracked(tx)?;
        let mut world = World::new(1);
        world.link(tx, 1)?;
        let origin = timmy::core::jobs::Origin::Person("anna".to_owned());
        let new = NewJob { origin, ..new_job(1) };
        let id = jobs::create(tx, &new, at(0).at)?.expect("a job").spec.id;
        world.held.insert(1);
        world.say(tx, 1)?;
        let held = jobs::lease(tx, id, &bid("ezra"), at(0))?;
        assert!(matches!(held, Err(LeaseRefusal::Ineligible(_))), "a hold is for everybody");
        world.held.clear();
        world.say(tx, 1)?;
        assert!(jobs::lease(tx, id, &bid("ezra"), at(0))?.is_ok());
        Ok(())
    });
}

#[test]
fn an_agent_needs_the_role_unless_a_person_named_it() {
    in_transaction(|tx| {
        tracked(tx)?;
        let review = NewJob { role: "reviewer".to_owned(), ..new_job(1) };
        let id = jobs::create(tx, &review, at(0).at)?.expect("a job").spec.id;
        let refused = jobs::lease(tx, id, &bid("ezra"), at(0))?;
        assert_eq!(refused, Err(LeaseRefusal::Lacks(Rejection::NoRole)));
        let cancel = JobEvent::Cancel(CancelReason::IssueGone);
        jobs::advance(tx, id, None, cancel, at(0))?.expect("a cancel");
        let named = NewJob { agent: Some("ezra".to_owned()), ..review };
        jobs::unsettle(tx, thread(1))?;
        let id = jobs::create(tx, &named, at(0).at)?.expect("a job").spec.id;
        assert!(jobs::lease(tx, id, &bid("ezra"), at(0))?.is_ok());
        Ok(())
    });
}

#[test]
fn a_job_is_for_the_agent_that_a_person_named() {
    in_transaction(|tx| {
        tracked(tx)?;
        let new = NewJob { agent: Some("bezalel".to_owned()), ..new_job(1) };
        let id = jobs::create(tx, &new, at(0).at)?.expect("a job").spec.id;
        assert_eq!(jobs::lease(tx, id, &bid("ezra"), at(0))?, Err(LeaseRefusal::NamedAnother));
        assert!(jobs::lease(tx, id, &bid("bezalel"), at(0))?.is_ok());
        Ok(())
    });
}

#[test]
fn a_pull_request_of_its_own_keeps_no_job_from_going_on() {
    for verdict in [Verdict::Block, Verdict::Stuck] {
        in_transaction(move |tx| {
            tracked(tx)?;
            let id = begin(tx, 1, at(0))?;
            let mut crowded = bid("ezra");
            crowded.outside.reviews_waiting = crowded.limits.reviews_waiting;
            let refused = jobs::lease(tx, id, &crowded, at(0))?;
            assert_eq!(refused, Err(LeaseRefusal::Lacks(Rejection::ReviewsWaiting)));
            let (lease, _) = jobs::lease(tx, id, &bid("ezra"), at(0))?.expect("a lease");
            jobs::start(tx, &lease, &bid("ezra"), at(0))?.expect("a start");
            let claim = AgentClaim::PullRequest { number: Some(58), commit: None };
            let ended = Progress::Ended { claim, usage: Usage::NONE };
            let judged = JobEvent::Judged(ResultJudgement {
                look: 1,
                commit: Some(commit('a')),
                pull: Some(58),
                verdict,
                digest: digest("a"),
                change: None,
                examined: None,
                asks: None,
            });
            let then = match verdict {
                Verdict::Stuck => JobEvent::Decided(1, PersonAnswer::Revise),
                _ => JobEvent::Due,
            };
            let ended = JobEvent::Attempt(lease.fence(), ended);
            for (event, second) in [(ended, 60), (judged, 70), (then, 4000)] {
                jobs::advance(tx, id, None, event, at(second))?.expect("a step that is possible");
            }
            assert!(jobs::lease(tx, id, &crowded, at(4000))?.is_ok(), "{verdict:?}");
            Ok(())
        });
    }
}

#[test]
fn what_is_dangerous_is_not_begun_by_itself_with_an_agent_that_does_not_ask() {
    in_transaction(|tx| {
        tracked(tx)?;
        let workers = bid("ezra").workers.into_iter();
        let workers = workers.map(|slot| AgentSlot {
            roles: vec!["devops".to_owned()],
            cannot_ask: slot.name == "ezra",
            ..slot
        });
        let workers: Vec<AgentSlot> = workers.collect();
        let bid = |agent| LeaseRequest { workers: workers.clone(), ..bid(agent) };
        let ops = NewJob { role: "devops".to_owned(), ..new_job(1) };
        let id = jobs::create(tx, &ops, at(0).at)?.expect("a job").spec.id;
        let refused = jobs::lease(tx, id, &bid("ezra"), at(0))?;
        assert_eq!(refused, Err(LeaseRefusal::Lacks(Rejection::CannotAsk)));
        assert!(jobs::lease(tx, id, &bid("bezalel"), at(0))?.is_ok());
        let wanted = NewJob { thread: thread(2).into(), agent: Some("ezra".to_owned()), ..ops };
        let id = jobs::create(tx, &wanted, at(0).at)?.expect("a job").spec.id;
        let asked = jobs::lease(tx, id, &bid("ezra"), at(0))?.expect_err("nobody said yes");
        assert!(matches!(asked, LeaseRefusal::NeedsYes(_)), "{asked:?}");
        Ok(())
    });
}
