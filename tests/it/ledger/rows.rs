//! The smaller families of rows.

use std::collections::BTreeMap;

use timmy::core::command::Command;
use timmy::core::command::verb::Verb;
use timmy::core::model::account::Account;
use timmy::core::model::ids::{RepoId, Subject, ThreadId};
use timmy::core::model::repository::Repo;
use timmy::core::model::thread::{Hold, Snooze, ThreadState};
use timmy::store::audit::{self, AuditEntry};
use timmy::store::deliveries::{self, UnreadDelivery};
use timmy::store::{Error, forgotten, meta, repos, threads};

use super::{at, in_transaction, put, thread};
use crate::support::facts::repo;
use crate::support::people::account;

#[test]
fn a_fact_takes_the_place_of_the_one_before() {
    in_transaction(|tx| {
        assert_eq!(meta::get(tx, meta::ACCOUNT)?, None);
        meta::set(tx, meta::ACCOUNT, &Account { login: "timy".to_owned(), ..account("timmy") })?;
        meta::set(tx, meta::ACCOUNT, &account("timmy"))?;
        assert_eq!(meta::get(tx, meta::ACCOUNT)?, Some(account("timmy")));
        put(tx, "account", "7")?;
        assert!(meta::get(tx, meta::ACCOUNT).is_err(), "a number is no account");
        Ok(())
    });
}

#[test]
fn a_repository_is_known_by_its_present_name() {
    in_transaction(|tx| {
        assert_eq!(repos::name(tx, RepoId(1))?, None);
        repos::remember(tx, &repo("foundation/door"))?;
        let renamed = Repo { private: true, ..repo("foundation/gate") };
        repos::remember(tx, &renamed)?;
        assert_eq!(repos::name(tx, RepoId(1))?, Some(renamed));
        Ok(())
    });
}

#[test]
fn holds_of_watched_repositories_are_looked_at_in_turn() {
    in_transaction(|tx| {
        let in_repo = |repo, number| ThreadId { repo: RepoId(repo), number };
        let hold = |thread, reason: Option<&str>| {
            let (by, reason) = (account("anna"), reason.map(str::to_owned));
            let hold = Some(Hold { by, reason, since: at(5) });
            threads::save(tx, thread, &ThreadState { hold, ..ThreadState::default() })
        };
        for number in [3, 1, 2] {
            hold(in_repo(1, number), Some("the hinges are not here yet"))?;
            hold(in_repo(2, number), Some("nobody watches this"))?;
            hold(in_repo(3, number), Some("the hinges are not here yet"))?;
        }
        hold(in_repo(1, 4), None)?;
        let (mut behind, mut rounds) = (None, Vec::new());
        for _ in 0..3 {
            let repos = [RepoId(1), RepoId(3)];
            let held = forgotten::held_for_a_reason(tx, &repos, behind, 4)?;
            rounds.push(held.threads.iter().map(|at| (at.repo.0, at.number)).collect::<Vec<_>>());
            behind = held.go_on_behind;
        }
        let first = vec![(1, 1), (1, 2), (1, 3), (3, 1)];
        assert_eq!(rounds, [first.clone(), vec![(3, 2), (3, 3)], first]);
        Ok(())
    });
}

#[test]
fn what_people_said_about_a_thread_is_kept_until_they_say_otherwise() {
    in_transaction(|tx| {
        assert_eq!(threads::state(tx, thread(12))?, ThreadState::default());
        let by = account("anna");
        let said = ThreadState {
            hold: Some(Hold { by: by.clone(), reason: None, since: at(5) }),
            snooze: Some(Snooze { by, until: at(60) }),
            refused_on: Some("2026-12-01".parse().expect("a day")),
            asked: None,
        };
        threads::save(tx, thread(12), &said)?;
        assert_eq!(threads::state(tx, thread(12))?, said);
        assert_eq!(threads::state(tx, thread(13))?, ThreadState::default());

        let released = ThreadState { hold: None, ..said };
        threads::save(tx, thread(12), &released)?;
        assert_eq!(threads::state(tx, thread(12))?, released);
        Ok(())
    });
}

#[test]
fn the_audit_shows_what_came_of_each_command() {
    in_transaction(|tx| {
        let entry = |second, line: &str, number| AuditEntry {
            at: at(second),
            subject: Subject::Comment(812),
            thread: thread(number),
            actor: "anna".to_owned(),
            line: line.to_owned(),
            verb: Some(Verb::Hold),
            args: Command::Hold(None).args(),
            outcome: "done".to_owned(),
            answer: "On hold.".to_owned(),
            effect: None,
        };
        for (second, line) in [(5, "one"), (6, "two"), (7, "three")] {
            audit::record(tx, &entry(second, line, 12))?;
        }
        audit::record(tx, &AuditEntry { verb: None, ..entry(8, "elsewhere", 13) })?;
        let [two, three] = &audit::recent(tx, thread(12), 2)?[..] else { panic!("two") };
        assert_eq!((two.line.as_deref(), three.line.as_deref()), (Some("two"), Some("three")));
        assert_eq!(
            (three.at, three.actor.as_str(), three.outcome.as_str()),
            (at(7), "anna", "done")
        );
        Ok(())
    });
}

fn unread(body: Vec<u8>) -> UnreadDelivery {
    UnreadDelivery {
        event: "issue_comment".to_owned(),
        headers: BTreeMap::from([("X-Gitea-Delivery".to_owned(), "f00".to_owned())]),
        body,
        problem: "expected value at line 1 column 1".to_owned(),
    }
}

#[test]
fn an_unread_delivery_is_kept_and_a_long_one_cut() {
    in_transaction(|tx| {
        deliveries::keep(tx, &unread(b"\xff\0 no JSON".to_vec()), at(5))?;
        deliveries::keep(tx, &unread(vec![b'x'; deliveries::BODY + 7]), at(6))?;
        let [long, short] = &deliveries::list(tx, 9)?[..] else { panic!("two were kept") };
        assert_eq!(short.delivery, unread(b"\xff\0 no JSON".to_vec()));
        assert_eq!((short.received_at, short.size), (at(5), 10));
        assert_eq!(long.delivery.body.len(), deliveries::BODY);
        assert_eq!(long.size as usize, deliveries::BODY + 7);
        Ok(())
    });
}

#[test]
fn deliveries_are_bounded_in_number_and_in_all() {
    let kept = |tx: &timmy::store::Transaction<'_>| -> Result<usize, Error> {
        Ok(deliveries::list(tx, 9_999)?.len())
    };
    in_transaction(move |tx| {
        for second in 0..1_100 {
            deliveries::keep(tx, &unread(second.to_string().into_bytes()), at(second))?;
        }
        assert_eq!(kept(tx)?, 1_000);
        assert_eq!(deliveries::list(tx, 1)?[0].delivery.body, b"1099");
        Ok(())
    });
    in_transaction(move |tx| {
        for second in 0..70 {
            deliveries::keep(tx, &unread(vec![0; deliveries::BODY]), at(second))?;
        }
        assert_eq!(kept(tx)?, 64);
        Ok(())
    });
}
