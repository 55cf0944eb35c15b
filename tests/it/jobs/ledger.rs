//! Jobs in the ledger: a step is stored with all that follows from it, once; what is stored is what
//! its history makes.

use std::collections::BTreeSet;

use timmy::core::command::value::Cause;
use timmy::core::jobs::breaker::Breaker;
use timmy::core::jobs::money::{Tokens, Usage};
use timmy::core::jobs::{
    AgentClaim, AttemptEnd, CancelReason, DeadlineKind, Failure, Fence, IllegalReason, JobAction,
    JobEvent, JobId, NeverRan, Progress, ResultJudgement, State, StepTime, ToldText, Verdict,
    WriteRight,
};
use timmy::core::model::time::Timestamp;
use timmy::core::scheduling::Depth;
use timmy::store::jobs::{
    self, Advanced, Lease, LeaseRefusal, NotCreated, ShownNumbers, StoredJob,
};
use timmy::store::{Error, Ledger, Transaction};

use super::stage::{at, begin, bid, new_job, thread, tracked};
use super::{DAY, commit, digest};
use crate::support::ledger::{in_transaction, new_ledger, runtime};

fn advance(
    tx: &Transaction<'_>,
    id: JobId,
    event: JobEvent,
    now: StepTime,
) -> Result<Advanced, Error> {
    Ok(jobs::advance(tx, id, None, event, now)?.expect("a step that is possible"))
}

fn tell(
    tx: &Transaction<'_>,
    lease: &Lease,
    progress: Progress,
    now: StepTime,
) -> Result<Advanced, Error> {
    advance(tx, lease.job(), JobEvent::Attempt(lease.fence(), progress), now)
}

/// An agent works on the job of an issue.
fn work(tx: &Transaction<'_>, number: i64, agent: &str, now: StepTime) -> Result<Lease, Error> {
    let id = match jobs::live_in(tx, thread(number))? {
        Some(live) => live.job.spec.id,
        None => begin(tx, number, now)?,
    };
    let (lease, _) = jobs::lease(tx, id, &bid(agent), now)?.expect("a lease");
    jobs::start(tx, &lease, &bid(agent), now)?.expect("a start");
    tell(tx, &lease, Progress::Accepted, now)?;
    Ok(lease)
}

fn fails(how: &str, usage: Usage) -> Progress {
    Progress::Failed { failure: Failure::Agent(digest(how)), usage }
}

fn job(tx: &Transaction<'_>, id: JobId) -> Result<StoredJob, Error> {
    Ok(jobs::get(tx, id)?.expect("a job"))
}

/// All that is stored is what its history makes.
fn check(tx: &Transaction<'_>) -> Result<(), Error> {
    assert_eq!(jobs::rebuilt(tx)?, []);
    Ok(())
}

#[test]
fn an_attempt_may_hand_in_while_it_is_under_way_and_was_not_asked_to_stop() {
    in_transaction(|tx| {
        tracked(tx)?;
        let id = begin(tx, 1, at(0))?;
        let (lease, _) = jobs::lease(tx, id, &bid("ezra"), at(0))?.expect("a lease");
        let right = || jobs::write_right(tx, lease.key());
        assert_eq!(right()?, WriteRight::Over, "it was not started");
        jobs::start(tx, &lease, &bid("ezra"), at(1))?.expect("a start");
        assert_eq!(right()?, WriteRight::Has);
        for (progress, has) in [
            (Progress::Accepted, WriteRight::Has),
            (Progress::HostAway, WriteRight::Has),
            (Progress::HostBack, WriteRight::Has),
            (Progress::Asks, WriteRight::Stopping),
        ] {
            tell(tx, &lease, progress.clone(), at(2))?;
            assert_eq!(right()?, has, "{progress:?}");
        }
        advance(tx, id, JobEvent::Cancel(CancelReason::IssueGone), at(3))?;
        assert_eq!(right()?, WriteRight::Stopping);
        tell(tx, &lease, Progress::Stopped { usage: Usage::NONE }, at(4))?;
        assert_eq!(right()?, WriteRight::Over);

        // What is given up, and begun anew, is another attempt.
        let first = work(tx, 2, "ezra", at(5))?;
        tell(tx, &first, Progress::Unclear, at(6))?;
        assert_eq!(jobs::write_right(tx, first.key())?, WriteRight::Has);
        tell(tx, &first, Progress::Lost, at(7))?;
        assert_eq!(jobs::write_right(tx, first.key())?, WriteRight::Over);
        assert_eq!(jobs::write_right(tx, "another")?, WriteRight::Over);
        Ok(())
    });
}

#[test]
fn it_is_kept_which_worker_was_given_the_start_of_an_attempt() {
    in_transaction(|tx| {
        tracked(tx)?;
        let id = begin(tx, 1, at(0))?;
        let (lease, _) = jobs::lease(tx, id, &bid("ezra"), at(0))?.expect("a lease");
        let who = || jobs::start_fetcher(tx, lease.key());
        let keep = |worker| jobs::keep_start_fetcher(tx, lease.key(), worker);
        assert!(!keep("one")?, "nothing was to be asked of its agent yet");
        jobs::prepared(tx, lease.fence(), "{}", "main", &commit('a'))?;
        jobs::start(tx, &lease, &bid("ezra"), at(1))?.expect("a start");
        assert_eq!(who()?, None);
        // It is given again only where the one before surely has not begun.
        for worker in ["one", "two"] {
            assert!(keep(worker)?);
            assert_eq!(who()?.as_deref(), Some(worker));
        }
        tell(tx, &lease, Progress::Unclear, at(2))?;
        tell(tx, &lease, Progress::Lost, at(3))?;
        assert!(!keep("three")?, "it is over");
        assert_eq!(who()?.as_deref(), Some("two"));
        assert!(!jobs::keep_start_fetcher(tx, "another", "one")?);
        assert_eq!(jobs::start_fetcher(tx, "another")?, None);
        check(tx)
    });
}

#[test]
fn there_is_one_job_for_a_thread_at_a_time() {
    in_transaction(|tx| {
        tracked(tx)?;
        let id = begin(tx, 1, at(0))?;
        assert_eq!(jobs::create(tx, &new_job(1), at(0).at)?, Err(NotCreated::Live(id)));
        assert!(jobs::work(tx, thread(1))?.is_live);
        advance(tx, id, JobEvent::Cancel(CancelReason::IssueGone), at(5))?;
        assert_eq!(job(tx, id)?.ended_at, Some(at(5).at));
        let work = jobs::work(tx, thread(1))?;
        assert!(!work.is_live && work.is_settled);
        jobs::unsettle(tx, thread(1))?;
        assert!(!jobs::work(tx, thread(1))?.is_settled);
        assert_eq!(begin(tx, 1, at(6))?, JobId(id.0 + 1));
        let again =
            jobs::advance(tx, id, None, JobEvent::Retry(None), at(7))?.expect_err("another");
        assert_eq!(again.why, IllegalReason::AnotherJob);
        advance(tx, JobId(id.0 + 1), JobEvent::Cancel(CancelReason::IssueGone), at(8))?;
        assert!(jobs::work(tx, thread(1))?.is_settled);
        jobs::unsettle(tx, thread(1))?;
        advance(tx, id, JobEvent::Retry(None), at(9))?;
        assert_eq!(job(tx, id)?.ended_at, None);
        assert!(jobs::live_in(tx, thread(1))?.is_some_and(|live| live.job.spec.id == id));
        check(tx)
    });
}

#[test]
fn what_is_told_twice_happened_once() {
    in_transaction(|tx| {
        tracked(tx)?;
        let lease = work(tx, 1, "ezra", at(0))?;
        let ended = Progress::Ended { claim: AgentClaim::Comment, usage: Usage::NONE };
        let event = || JobEvent::Attempt(lease.fence(), ended.clone());
        let first = jobs::advance(tx, lease.job(), Some("end-1"), event(), at(9))?.expect("an end");
        assert!(!first.is_known && first.actions.contains(&JobAction::Judge(1)));
        let again = jobs::advance(tx, lease.job(), Some("end-1"), event(), at(60))?.expect("known");
        assert_eq!((again.is_known, &again.actions), (true, &first.actions));
        assert_eq!(again.after, first.after);
        let other = jobs::advance(tx, lease.job(), Some("end-2"), event(), at(61))?;
        assert!(other.is_err(), "its attempt is over");
        assert_eq!(jobs::history(tx, lease.job())?.len(), 4);
        check(tx)
    });
}

#[test]
fn what_agents_are_told_is_kept_by_number() {
    in_transaction(|tx| {
        tracked(tx)?;
        let lease = work(tx, 1, "ezra", at(0))?;
        for (text, number) in [("mind the tests", 0), ("and the docs", 1)] {
            let told = advance(tx, lease.job(), JobEvent::Told(ToldText::by("anna", text)), at(9))?;
            assert_eq!(told.actions, [JobAction::Tell(lease.fence(), number)]);
        }
        let told = ["mind the tests", "and the docs"].map(|text| ToldText::by("anna", text));
        assert_eq!(jobs::texts(tx, lease.job())?, told);
        Ok(())
    });
}

#[test]
fn what_cannot_happen_leaves_no_trace() {
    in_transaction(|tx| {
        tracked(tx)?;
        let id = begin(tx, 1, at(0))?;
        let before = job(tx, id)?;
        let illegal =
            jobs::advance(tx, id, Some("due"), JobEvent::Due, at(1))?.expect_err("too early");
        assert_eq!(
            illegal.to_string(),
            format!("{id} is queued: `due` is told too early: wait until it is due")
        );
        assert_eq!((job(tx, id)?, jobs::history(tx, id)?.len()), (before, 0));
        assert!(jobs::advance(tx, JobId(99), None, JobEvent::Due, at(1)).is_err());
        Ok(())
    });
}

#[test]
fn what_is_due_is_found() {
    in_transaction(|tx| {
        tracked(tx)?;
        let lease = work(tx, 1, "ezra", at(0))?;
        begin(tx, 2, at(0))?;
        assert!(jobs::due(tx, at(9999).at, 9)?.iter().all(|due| due.job.spec.id == lease.job()));
        let due = |now| jobs::due(tx, now, 9).map(|due| due.len());
        let deadline = jobs::next_due_after(tx, at(0).at)?.expect("silence ends");
        assert_eq!(deadline, at(600).at);
        assert_eq!((due(at(599).at)?, due(deadline)?), (0, 1));
        tell(tx, &lease, Progress::Alive, at(500))?;
        assert_eq!((due(deadline)?, due(at(1100).at)?), (0, 1));
        Ok(())
    });
}

#[test]
fn an_attempt_costs_what_it_may_until_it_is_known_what_it_did() {
    in_transaction(|tx| {
        tracked(tx)?;
        let lease = work(tx, 1, "ezra", at(0))?;
        let spec = new_job(1).numbered(lease.job(), at(0).at).spec;
        let spent = |since| jobs::spending(tx, &spec, "ezra", since, None);
        let set_aside = spent(at(0).at)?;
        assert_eq!((set_aside.day.micro_usd, set_aside.agent_day.runs), (600_000, 1));
        let tokens = Some(Tokens { input: 1000, output: 10 });
        let usage = Usage { tokens, micro_usd: Some(1234) };
        tell(tx, &lease, fails("turns", usage), at(60))?;
        assert_eq!(spent(at(0).at)?.day.micro_usd, 1234);
        let tomorrow = at(0).at.after(DAY);
        let later = spent(tomorrow)?;
        assert_eq!((later.issue.micro_usd, later.day.micro_usd), (1234, 0));
        let [attempt] = &jobs::attempts(tx, lease.job())?[..] else { panic!("one attempt") };
        assert_eq!(attempt.ended, Some((at(60).at, AttemptEnd::Failed)));
        assert_eq!((attempt.left, attempt.charge.spent.tokens), (Some(false), 1010));
        assert_eq!((attempt.started_at, attempt.key.as_str()), (Some(at(0).at), lease.key()));
        check(tx)
    });
}

#[test]
fn what_is_a_try_of_an_agent_is_counted_by_one_rule() {
    let ends = [
        AttemptEnd::Ended,
        AttemptEnd::Failed,
        AttemptEnd::TimedOut(DeadlineKind::Silence),
        AttemptEnd::Stopped,
        AttemptEnd::Lost,
        AttemptEnd::Uncertain,
        AttemptEnd::NeverRan(NeverRan::HostAway),
        AttemptEnd::NeverRan(NeverRan::PoolSpent { until: at(9).at }),
        AttemptEnd::CutOff,
        AttemptEnd::Asked,
    ];
    let names: BTreeSet<&str> = ends.iter().map(|end| end.name()).collect();
    assert_eq!(names, BTreeSet::from(AttemptEnd::NAMES), "all of them");
    in_transaction(move |tx| {
        tracked(tx)?;
        let lease = work(tx, 1, "ezra", at(0))?;
        let failure = Failure::BadRequest;
        tell(tx, &lease, Progress::Failed { failure, usage: Usage::NONE }, at(5))?;
        for end in ends {
            let stored = serde_json::to_string(&end).unwrap();
            tx.execute("UPDATE attempts SET ending = ?1", [stored])?;
            let record = jobs::record(tx, lease.job())?.expect("a job");
            assert_eq!(record.tries(), usize::from(end.is_try()), "{end:?}");
            let ended = jobs::results(tx, at(0).at)?;
            let tries: Vec<usize> =
                ended.iter().map(|one| usize::try_from(one.tries).unwrap()).collect();
            assert_eq!(tries, [record.tries()], "{end:?}");
        }
        Ok(())
    });
}

#[test]
fn the_breaker_trips_and_gives_its_attempts_back() {
    in_transaction(|tx| {
        tracked(tx)?;
        let mut ids = Vec::new();
        for (number, second) in [(1, 0), (2, 100), (3, 200)] {
            let lease = work(tx, number, "ezra", at(second))?;
            let told = tell(tx, &lease, fails("", Usage::NONE), at(second + 50))?;
            let expected = (number == 3).then(|| "ezra".to_owned());
            assert_eq!(told.tripped, expected);
            ids.push(lease.job());
        }
        for id in ids {
            assert_eq!(job(tx, id)?.job.attempt_number(), 1, "it counts as what never ran");
        }
        assert!(matches!(jobs::breaker(tx, "ezra")?, Breaker::Open { .. }));
        let id = begin(tx, 4, at(300))?;
        assert_eq!(jobs::lease(tx, id, &bid("ezra"), at(300))?, Err(LeaseRefusal::BreakerOpen));
        let hour = at(250 + 3600);
        let lease = work(tx, 4, "ezra", hour)?;
        let other = begin(tx, 5, hour)?;
        let refused = jobs::lease(tx, other, &bid("ezra"), hour)?;
        assert_eq!(refused, Err(LeaseRefusal::BreakerOpen), "one probe at a time");
        let ended = Progress::Ended { claim: AgentClaim::Comment, usage: Usage::NONE };
        tell(tx, &lease, ended, hour)?;
        let verdict = Verdict::Pass { ask: false };
        let found = ResultJudgement {
            look: 1,
            commit: None,
            pull: None,
            verdict,
            digest: digest(""),
            change: None,
            examined: None,
            asks: None,
        };
        advance(tx, lease.job(), JobEvent::Judged(found), hour)?;
        assert_eq!(jobs::breaker(tx, "ezra")?, Breaker::Closed);
        check(tx)
    });
}

#[test]
fn a_restored_ledger_goes_on_well_above_and_believes_nothing_that_ran() {
    in_transaction(|tx| {
        tracked(tx)?;
        let lease = work(tx, 1, "ezra", at(0))?;
        let queued = begin(tx, 2, at(0))?;
        assert_eq!((lease.job(), queued), (JobId(1), JobId(2)));
        jobs::restore(tx, "t-copy", ShownNumbers { job: 57, decision: 7 }, at(10))?;
        assert_eq!(job(tx, lease.job())?.job.state.kind().name(), "uncertain");
        assert_eq!(job(tx, queued)?.job.branch().to_string(), "timmy/2-j2-2");
        assert_eq!(begin(tx, 3, at(11))?, JobId(1058), "above what the reports show");
        let (next, _) = jobs::lease(tx, queued, &bid("bezalel"), at(12))?.expect("a lease");
        assert!(next.fence() > Fence(1000) && next.key().starts_with("t-copy-j2-"));
        assert_eq!(jobs::introduce(tx, "t-other")?, "t-copy", "a name stays");
        check(tx)
    });
}

#[test]
fn a_new_ledger_of_an_account_that_has_spoken_before_goes_on_above() {
    in_transaction(|tx| {
        tracked(tx)?;
        jobs::restore(tx, "t-new", ShownNumbers { job: 7, decision: 0 }, at(0))?;
        assert_eq!(begin(tx, 1, at(0))?, JobId(1008));
        Ok(())
    });
}

#[test]
fn what_was_stored_is_there_when_the_ledger_is_opened_again() {
    let (ledger, home) = new_ledger();
    let runtime = runtime();
    let lease = runtime
        .block_on(ledger.write(|tx| {
            tracked(tx)?;
            work(tx, 1, "ezra", at(0))
        }))
        .expect("an attempt");
    drop(ledger);
    let ledger = Ledger::open(home.path().join("timmy.db")).expect("the ledger");
    let live = runtime.block_on(ledger.write(move |tx| {
        check(tx)?;
        assert_eq!(jobs::leases(tx)?, std::slice::from_ref(&lease));
        jobs::live(tx)
    }));
    let live = live.expect("what is live");
    assert!(matches!(live[0].job.state, State::Running(_)));
    assert_eq!(live[0].created_at, Timestamp::from_micros(at(0).at.micros()));
}

#[test]
fn a_history_that_was_tampered_with_is_found() {
    in_transaction(|tx| {
        tracked(tx)?;
        work(tx, 1, "ezra", at(0))?;
        tx.execute("DELETE FROM job_events WHERE seq = 3", [])?;
        assert_eq!(jobs::rebuilt(tx)?.len(), 1);
        tx.execute("DELETE FROM job_events WHERE seq = 1", [])?;
        assert_eq!(jobs::rebuilt(tx)?.len(), 1);
        Ok(())
    });
}

#[test]
fn a_result_that_was_wrong_speaks_against_its_agent_and_one_that_nobody_wanted_does_not() {
    let fit_after = |cause: Option<Cause>| {
        let (told, tell) = std::sync::mpsc::channel();
        in_transaction(move |tx| {
            tracked(tx)?;
            let lease = work(tx, 1, "ezra", at(0))?;
            if let Some(cause) = cause {
                let reason = CancelReason::Rejected(cause);
                advance(tx, lease.job(), JobEvent::Cancel(reason), at(5))?;
                tell_stopped(tx, &lease)?;
            }
            let outcomes = jobs::outcomes(tx, at(60).at)?;
            told.send(outcomes.fit("ezra", 500_000, Depth::Everything).lower).unwrap();
            Ok(())
        });
        tell.recv().unwrap()
    };
    let before = fit_after(None);
    assert!(fit_after(Some(Cause::Wrong)) < before);
    for cause in [Cause::Unwanted, Cause::Superseded] {
        assert_eq!(fit_after(Some(cause)), before, "{cause:?}");
    }
}

fn tell_stopped(tx: &Transaction<'_>, lease: &Lease) -> Result<Advanced, Error> {
    tell(tx, lease, Progress::Stopped { usage: Usage::NONE }, at(6))
}
