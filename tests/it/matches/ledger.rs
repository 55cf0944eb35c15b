//! Ticks as the ledger keeps them.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use timmy::core::model::account::Account;
use timmy::core::model::due_day::DueDay;
use timmy::core::model::ids::{RepoId, ThreadId};
use timmy::core::model::time::Timestamp;
use timmy::core::policy::controls::{Pause, PauseScope};
use timmy::core::scheduling::{
    AgentRecords, AgentSlot, Assignment, Authors, AutoTerms, Beginning, IssueFacts, Limits, Load,
    Match, RankingInput, Readiness, Roster, Rules, Weights, WorkState,
};
use timmy::store::matches::{self, KEPT, MatchTick, StoredMatch};
use timmy::store::{Error, Transaction};

use crate::support::ledger::in_transaction;

fn thread(number: i64) -> ThreadId {
    ThreadId { repo: RepoId(number % 3), number }
}

fn facts(number: i64, people: u32) -> IssueFacts {
    IssueFacts {
        thread: thread(number),
        author: Some(Account { id: 7, login: "anna".into() }.into()),
        created_at: Timestamp::from_micros(number),
        opened_at: Timestamp::from_micros(number),
        labels: ["priority/p1".into(), "\u{1f6aa} \"door\"".into()].into(),
        assignees: [].into(),
        due_at: DueDay::written_in("9999-12-31T23:59:59Z"),
        milestone: None,
        pinned: number % 2 == 0,
        readiness: Readiness { scope: true, ..Readiness::default() },
        names_protected: false,
        waits_for: vec![thread(number + 1)],
        people,
        touched_at: None,
        held: false,
        snoozed_until: None,
        pulls: Vec::new(),
        work: WorkState::default(),
    }
}

fn setting(now: i64) -> RankingInput {
    let by = Account { id: 1, login: "alexander".into() };
    let now = Timestamp::from_micros(now);
    let worker = AgentSlot {
        name: "ezra".into(),
        roles: vec!["coder".into()],
        skills: Vec::new(),
        host: Some("vps-1".into()),
        pool: None,
        capacity: 1,
        prior: 500_000,
        is_up: true,
        is_spent: false,
        ..AgentSlot::default()
    };
    RankingInput {
        now,
        zone: TimeZone::get("Europe/Berlin").unwrap(),
        rules: Rules {
            weights: Weights { urgency: 1_000_000, value: 0, dependents: 0, people: 0, age: 0 },
            epic_labels: vec!["epic".into()],
            authors: Authors::Only(vec!["anna".into()]),
            machines: vec!["timmy".into()],
            writers: Vec::new(),
            attempts: 3,
        },
        pauses: vec![Pause { part: PauseScope::Repo(RepoId(4)), by, since: now }],
        roster: Roster {
            workers: vec![worker],
            limits: Limits {
                per_host: 4,
                per_repository: 2,
                reviews_waiting: 5,
                minimum: 5_000_000,
                issue_micro_usd: None,
                pools: Vec::new(),
            },
            load: Load { repos: BTreeMap::from([(RepoId(2), 1)]), ..Load::default() },
            outcomes: AgentRecords::default(),
            small_handed_out: 9,
            until: None,
            auto: AutoTerms::default(),
        },
    }
}

fn choice(number: i64, fit: u64) -> Match {
    let winner = Assignment {
        agent: "ezra".into(),
        fit,
        is_trial: false,
        value: fit,
        beginning: Beginning::Suggested,
    };
    Match { thread: thread(number), winner: Some(winner), others: Vec::new() }
}

fn note(tx: &Transaction<'_>, facts: &[IssueFacts]) -> Result<(), Error> {
    let moved = matches::moved(tx, facts)?;
    matches::note(tx, &moved)
}

/// Stores a tick with these facts, by number, and one choice.
fn store(tx: &Transaction<'_>, now: i64, known: &[(i64, u32)]) -> Result<StoredMatch, Error> {
    let mut facts: Vec<IssueFacts> = known.iter().map(|(number, n)| facts(*number, *n)).collect();
    facts.sort_by_key(|facts| facts.thread);
    let stored = StoredMatch { setting: setting(now), facts, choices: vec![choice(1, now as u64)] };
    note(tx, &stored.facts)?;
    matches::add(tx, &stored.setting, &stored.choices)?;
    Ok(stored)
}

#[test]
fn each_tick_comes_back_as_it_was() {
    in_transaction(|tx| {
        let rounds: [&[(i64, u32)]; 5] = [
            &[(1, 0), (2, 0), (5, 0)],
            &[(1, 0), (2, 1), (5, 0)],
            &[(2, 1), (3, 0)],
            &[],
            &[(1, 0), (2, 1), (5, 0)],
        ];
        let stored: Vec<StoredMatch> = (1..)
            .zip(rounds)
            .map(|(now, known)| store(tx, now, known))
            .collect::<Result<_, _>>()?;
        for (tick, stored) in (1..).map(MatchTick).zip(stored) {
            assert_eq!(matches::tick(tx, tick)?, Some(stored), "{tick:?}");
        }
        assert_eq!(matches::latest(tx)?, Some(MatchTick(5)));
        Ok(())
    });
}

#[test]
fn facts_that_stay_are_not_written_again() {
    in_transaction(|tx| {
        store(tx, 1, &[(1, 0), (2, 0)])?;
        let same = [facts(1, 0), facts(2, 0)];
        assert_eq!(matches::moved(tx, &same)?, []);
        assert_eq!(matches::moved(tx, &same[..1])?.len(), 1);
        Ok(())
    });
}

#[test]
fn what_a_crash_left_behind_is_put_right() {
    in_transaction(|tx| {
        let first = store(tx, 1, &[(1, 0), (2, 0), (3, 0)])?;
        // A tick that was not finished, about facts that have moved again since.
        note(tx, &[facts(3, 7), facts(1, 7), facts(4, 7)])?;
        let second = store(tx, 2, &[(1, 8), (2, 0), (3, 7)])?;
        assert_eq!(matches::tick(tx, MatchTick(1))?, Some(first));
        assert_eq!(matches::tick(tx, MatchTick(2))?, Some(second));
        Ok(())
    });
}

#[test]
fn many_moves_are_noted_in_parts() {
    in_transaction(|tx| {
        let many: Vec<IssueFacts> = (0..25_000)
            .map(|n| IssueFacts { thread: ThreadId { repo: RepoId(1), number: n }, ..facts(1, 0) })
            .collect();
        let mut parts = 0;
        loop {
            let moved = matches::moved(tx, &many)?;
            if moved.is_empty() {
                break;
            }
            matches::note(tx, &moved)?;
            parts += 1;
        }
        matches::add(tx, &setting(1), &[])?;
        assert_eq!(parts, 3);
        assert_eq!(matches::tick(tx, MatchTick(1))?.unwrap().facts, many);
        Ok(())
    });
}

#[test]
fn only_the_latest_decision_counts() {
    in_transaction(|tx| {
        assert_eq!(matches::of(tx, thread(1))?, None);
        store(tx, 1, &[(1, 0)])?;
        store(tx, 2, &[(1, 0)])?;
        assert_eq!(matches::of(tx, thread(1))?, Some(choice(1, 2)));
        matches::add(tx, &setting(3), &[choice(2, 3)])?;
        assert_eq!(matches::of(tx, thread(1))?, None, "it was not looked at any more");
        Ok(())
    });
}

#[test]
fn the_last_ticks_are_kept_and_what_came_before_goes() {
    in_transaction(|tx| {
        let mut last = None;
        for now in 1..=KEPT + 5 {
            last = Some(store(tx, now, &[(1, now as u32), (2, 0)])?);
        }
        let ticks = matches::ticks(tx)?;
        assert_eq!(ticks.len() as i64, KEPT);
        assert_eq!(matches::tick(tx, MatchTick(5))?, None);
        let oldest = matches::tick(tx, MatchTick(6))?.unwrap();
        assert_eq!(oldest.facts.iter().map(|facts| facts.people).max(), Some(6));
        assert_eq!(matches::tick(tx, MatchTick(KEPT + 5))?, last);
        let rows = "SELECT count(*) FROM tick_facts";
        let rows: i64 = tx.query_row(rows, [], |row| row.get(0))?;
        assert_eq!(rows, KEPT + 1, "one for each state of the first, one for the second");
        Ok(())
    });
}
