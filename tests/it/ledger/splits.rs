//! Epics that become issues, as the ledger keeps them: what nobody begins while they are made, and what was
//! left out.

use std::collections::{BTreeMap, HashMap, HashSet};

use timmy::core::effect::{Bond, Effect, IssueName, MakePart};
use timmy::core::model::ids::RepoId;
use timmy::core::model::issue::{Issue, NamedPaths};
use timmy::core::model::thread::{Hold, ThreadState};
use timmy::core::scheduling::{BacklogEntry, Readiness};
use timmy::core::split::{LeftOut, LeftOutWhy};
use timmy::store::backlog::{self, BacklogSource, SyncFinding};
use timmy::store::outbox::{self, EffectSeq, NewEffect, Pushed};
use timmy::store::{Error, Transaction, cursors, meta, splits, threads};

use super::{at, in_transaction, thread};
use crate::support::facts::{self, repo};
use crate::support::people::account;

const DOOR: RepoId = RepoId(1);

/// The door is watched, and has these issues: who opened each, and its title.
fn open(tx: &Transaction<'_>, issues: &[(i64, &str, &str)]) -> Result<(), Error> {
    meta::set(tx, meta::ACCOUNT, &account("timmy"))?;
    cursors::watch(tx, &repo("foundation/door"), at(100))?;
    backlog::keep_only(tx, &HashSet::from([DOOR]), true)?;
    for (number, author, title) in issues {
        let item = Issue {
            author: Some(account(author)),
            title: (*title).to_owned(),
            ..facts::issue(*number, at(10))
        };
        let entry = BacklogEntry {
            item,
            readiness: Readiness::default(),
            may_be_a_form: false,
            closes: Vec::new(),
            paths: NamedPaths::default(),
        };
        backlog::put(tx, DOOR, &entry, BacklogSource::List(at(100)))?;
    }
    let open = issues.iter().map(|(number, ..)| *number).collect();
    let found = SyncFinding { open: HashMap::from([(DOOR, open)]) };
    backlog::read_in_full(tx, &found, at(100)).map(drop)
}

/// An effect of a yes in issue 1.
fn push(tx: &Transaction<'_>, key: &str, effect: &Effect) -> Result<EffectSeq, Error> {
    let effect = NewEffect::new(key.to_owned(), thread(1), effect, at(200))?;
    match outbox::push(tx, &effect, at(200))? {
        Pushed::New(seq) => Ok(seq),
        Pushed::Known => panic!("{key} is known"),
    }
}

fn make(title: &str) -> Effect {
    Effect::MakePart(MakePart {
        title: title.to_owned(),
        body: String::new(),
        size: "s".to_owned(),
        labels: None,
        by: account("anna"),
    })
}

fn bond(issue: IssueName, on: IssueName) -> Bond {
    Bond { issue, on, while_open: Vec::new() }
}

/// The issues that wait for something.
fn waiting(tx: &Transaction<'_>) -> Result<Vec<i64>, Error> {
    let facts = backlog::facts(tx, at(1000))?;
    let waiting = facts.iter().filter(|facts| !facts.waits_for.is_empty());
    Ok(waiting.map(|facts| facts.thread.number).collect())
}

#[test]
fn what_a_yes_makes_holds_up_nothing_else() {
    in_transaction(|tx| {
        let all = [
            (1, "walt", "The epic"),
            (2, "timmy", "A report"),
            (3, "walt", "Docs"),
            (9, "timmy", "Oil it"),
            (20, "timmy", "Of an earlier yes"),
            (21, "timmy", "Of another epic"),
        ];
        open(tx, &all)?;
        splits::made(tx, "f-j1.4.issue1", thread(20), 1, &account("anna"))?;
        splits::made(tx, "f-j2.9.issue1", thread(21), 7, &account("anna"))?;
        assert!(waiting(tx)?.is_empty());

        let oil = push(tx, "f-j1.9.issue1", &make("Oil it"))?;
        let key = IssueName::Key("f-j1.9.issue1".to_owned());
        let bound = bond(IssueName::Number(3), key);
        let docs = push(tx, "f-j1.9.bond#3-1", &Effect::Bond(bound))?;
        assert_eq!(waiting(tx)?, [3], "what is there and is to wait");
        // It may be there, and heard of, before anybody knows that it is the one.
        outbox::sending(tx, oil, at(201))?;
        assert_eq!(waiting(tx)?, [3, 9]);
        outbox::put_back(tx, oil, at(300), "no answer", false)?;
        assert_eq!(waiting(tx)?, [3, 9]);
        splits::made(tx, "f-j1.9.issue1", thread(9), 1, &account("anna"))?;
        outbox::done(tx, oil, None, at(301), None)?;
        assert_eq!(waiting(tx)?, [3, 9], "until all of it is bound");
        outbox::done(tx, docs, None, at(302), None)?;
        assert!(waiting(tx)?.is_empty());
        Ok(())
    });
}

#[test]
fn what_could_not_be_bound_is_on_hold_until_a_person_frees_it() {
    in_transaction(|tx| {
        open(tx, &[(1, "walt", "The epic"), (9, "timmy", "Oil it"), (10, "timmy", "Wax it")])?;
        splits::made(tx, "f-j1.9.issue1", thread(9), 1, &account("anna"))?;
        splits::made(tx, "f-j1.9.issue2", thread(10), 1, &account("anna"))?;
        let key = |place: u32| IssueName::Key(format!("f-j1.9.issue{place}"));
        splits::not_bound(tx, thread(1), &bond(key(2), key(1)), at(400))?;
        // What was not made cannot be begun either.
        splits::not_bound(tx, thread(1), &bond(key(3), key(1)), at(400))?;
        let held = backlog::facts(tx, at(1000))?.into_iter().filter(|facts| facts.held);
        let held: Vec<i64> = held.map(|facts| facts.thread.number).collect();
        assert_eq!(held, [10]);
        let hold = threads::state(tx, thread(10))?.hold.expect("a hold");
        assert_eq!((hold.by, hold.since), (account("timmy"), at(400)));
        let reason = "it does not wait for all that was approved in #1";
        assert_eq!(hold.reason.as_deref(), Some(reason));

        // A person's own hold stays theirs.
        let own = Hold { by: account("anna"), reason: None, since: at(500) };
        let state = ThreadState { hold: Some(own.clone()), ..ThreadState::default() };
        threads::save(tx, thread(10), &state)?;
        splits::not_bound(tx, thread(1), &bond(key(2), key(1)), at(600))?;
        assert_eq!(threads::state(tx, thread(10))?.hold, Some(own));
        Ok(())
    });
}

#[test]
fn what_was_left_out_is_told_until_it_is_set_after_all() {
    in_transaction(|tx| {
        let left = LeftOut { issue: 3, on: 9, why: LeftOutWhy::Circle };
        let keys = ["f-j1.9.bond#3-1".to_owned(), "f-j1.9.bondepic-1".to_owned()];
        splits::leave_out(tx, &keys[0], Some(&left))?;
        splits::leave_out(tx, &keys[0], Some(&left))?;
        let outcome = splits::outcome(tx, DOOR, &keys)?;
        assert_eq!(outcome.left, BTreeMap::from([(keys[0].clone(), left)]));
        splits::leave_out(tx, &keys[0], None)?;
        splits::leave_out(tx, &keys[1], None)?;
        assert!(splits::outcome(tx, DOOR, &keys)?.left.is_empty());
        Ok(())
    });
}
