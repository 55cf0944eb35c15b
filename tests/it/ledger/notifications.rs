//! Notifications: what there is to tell is found however much is known already, is told once, and names
//! nothing that is not public.

use std::time::Duration;

use timmy::core::jobs::JobId;
use timmy::core::model::ids::{RepoId, ThreadId};
use timmy::core::model::incident::Incident;
use timmy::core::model::repository::Repo;
use timmy::core::model::time::Timestamp;
use timmy::core::notify::{MessagePlace, NotificationSubject};
use timmy::store::notifications::{self, NotificationEnd, StoredNotification};
use timmy::store::{Connection, Error, Transaction, incidents, outbox, repos};

use super::outbox::push;
use super::{at, in_transaction, thread};
use crate::support::facts;

const MINUTE: Duration = Duration::from_secs(60);

/// What is known, in the order in which it was found.
fn known(conn: &Connection) -> Result<Vec<String>, Error> {
    let mut known = conn.prepare("SELECT kind || ' ' || about FROM notifications ORDER BY seq")?;
    let known = known.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(known)
}

/// A write in this thread was given up then.
fn given_up(tx: &Transaction<'_>, key: &str, number: i64, when: Timestamp) -> Result<(), Error> {
    let seq = push(tx, key, number, 1)?;
    outbox::die(tx, seq, "the thread is locked", when)
}

fn next(conn: &Connection, now: Timestamp) -> Result<StoredNotification, Error> {
    Ok(notifications::due(conn, now)?.expect("something is due"))
}

/// It was sent, and the receiver took it.
fn told(tx: &Transaction<'_>, now: Timestamp) -> Result<NotificationSubject, Error> {
    let next = next(tx, now)?;
    notifications::sending(tx, next.seq, now)?;
    notifications::end(tx, next.seq, NotificationEnd::Told, now)?;
    Ok(next.subject)
}

#[test]
fn what_is_known_hides_nothing_new() {
    in_transaction(|tx| {
        notifications::switched_on(tx, at(1))?;
        for nth in 0..250 {
            given_up(tx, &format!("c{nth}"), 12, at(10 + nth))?;
        }
        // So many are found at once; the rest with the next looks.
        for found in [100, 200, 250, 250] {
            notifications::note(tx, at(400))?;
            assert_eq!(known(tx)?.len(), found);
        }
        assert!(notifications::news(tx, at(400))?.is_empty());
        assert_eq!(known(tx)?[249], "dead_letter c249");
        Ok(())
    });
}

#[test]
fn what_calls_nobody_hides_no_incident() {
    in_transaction(|tx| {
        notifications::switched_on(tx, at(1))?;
        for number in 1..=150 {
            let blocked = Incident::ThreadBlocked { thread: thread(number) };
            incidents::note(tx, &blocked, None, "blocked", at(2))?;
        }
        incidents::note(tx, &Incident::ForgeDown, None, "away", at(3))?;
        notifications::note(tx, at(4))?;
        assert_eq!(known(tx)?, [r#"incident {"kind":"forge_down"}"#]);
        Ok(())
    });
}

/// A restart makes it vanish until it is found anew. Whether it arrived nobody knows: so it is sent once
/// more, and has to be known by its number.
#[test]
fn an_incident_that_may_have_been_told_keeps_its_number() {
    let gone = || Incident::CannotRead { what: "foundation/vault".to_owned() };
    in_transaction(move |tx| {
        notifications::switched_on(tx, at(1))?;
        incidents::note(tx, &gone(), None, "gone", at(2))?;
        notifications::note(tx, at(3))?;
        let first = next(tx, at(3))?;
        notifications::sending(tx, first.seq, at(3))?;

        incidents::of_earlier_runs(tx)?;
        notifications::note(tx, at(4))?;
        assert_eq!(notifications::due(tx, at(4))?, None, "it is not so now");
        assert_eq!(notifications::waiting(tx)?, (0, None));
        incidents::note(tx, &gone(), None, "gone", at(5))?;
        notifications::note(tx, at(5))?;
        let again = next(tx, at(5))?;
        assert_eq!((again.seq, again.tries), (first.seq, 1));

        // One that was over for a while is another one.
        incidents::over(tx, &gone())?;
        notifications::note(tx, at(6))?;
        notifications::note(tx, at(6).after(MINUTE * 15))?;
        assert_eq!(known(tx)?, [""; 0]);
        incidents::note(tx, &gone(), None, "gone", at(2000))?;
        notifications::note(tx, at(2000))?;
        assert!(next(tx, at(2000))?.seq > first.seq);
        Ok(())
    });
}

/// One of which nothing was sent leaves nothing behind.
#[test]
fn an_incident_that_is_over_before_it_is_told_is_forgotten() {
    in_transaction(|tx| {
        notifications::switched_on(tx, at(1))?;
        incidents::note(tx, &Incident::ForgeDown, None, "away", at(2))?;
        notifications::note(tx, at(3))?;
        incidents::over(tx, &Incident::ForgeDown)?;
        notifications::note(tx, at(4))?;
        assert_eq!(known(tx)?, [""; 0]);
        Ok(())
    });
}

#[test]
fn what_waited_when_it_was_switched_off_is_told_nowhere() {
    in_transaction(|tx| {
        notifications::switched_on(tx, at(1))?;
        given_up(tx, "c1", 12, at(2))?;
        notifications::note(tx, at(3))?;
        assert_eq!(told(tx, at(3))?, NotificationSubject::Effect { key: "c1".to_owned() });
        given_up(tx, "c2", 12, at(4))?;
        notifications::note(tx, at(5))?;
        assert!(notifications::is_switched_on(tx)?);

        notifications::switched_off(tx, at(5))?;
        assert!(!notifications::is_switched_on(tx)?);
        assert_eq!(notifications::waiting(tx)?, (0, None), "nobody is waited for");
        given_up(tx, "c3", 12, at(6))?;

        notifications::switched_on(tx, at(7))?;
        notifications::note(tx, at(8))?;
        assert_eq!(notifications::due(tx, at(8))?, None, "these are old stories");
        given_up(tx, "c4", 12, at(9))?;
        notifications::note(tx, at(10))?;
        assert_eq!(told(tx, at(10))?, NotificationSubject::Effect { key: "c4".to_owned() });
        assert_eq!(known(tx)?, ["dead_letter c1", "dead_letter c4"]);
        Ok(())
    });
}

/// Nor is the number of its thread told.
#[test]
fn what_is_not_public_is_looked_at_on_the_front_page() {
    in_transaction(|tx| {
        let public = facts::repo("foundation/door");
        let name = public.name.clone();
        repos::remember(tx, &public)?;
        given_up(tx, "c1", 12, at(2))?;
        let subject = NotificationSubject::Effect { key: "c1".to_owned() };
        let place = notifications::place(tx, &subject)?;
        let there = MessagePlace { repo: Some(name.clone()), number: Some(12), comment: None };
        assert_eq!(place, Some(there));

        repos::remember(tx, &Repo { private: true, ..public })?;
        assert_eq!(notifications::place(tx, &subject)?, Some(MessagePlace::default()));
        let locked = ThreadId { repo: RepoId(1), number: 12 };
        let locked = Incident::ThreadLocked { thread: locked };
        incidents::note(tx, &locked, Some("foundation/door#12"), "locked", at(3))?;
        let incident = NotificationSubject::Incident(locked);
        assert_eq!(notifications::place(tx, &incident)?, Some(MessagePlace::default()));
        Ok(())
    });
}

/// What was given up and what is told of it have to be the same.
#[test]
fn what_is_no_dead_letter_is_told_nowhere() {
    in_transaction(|tx| {
        push(tx, "c1", 12, 1)?;
        let lives = NotificationSubject::Effect { key: "c1".to_owned() };
        assert_eq!(notifications::place(tx, &lives)?, None);
        let unknown = NotificationSubject::Job { job: JobId(7), at: at(1) };
        assert_eq!(notifications::place(tx, &unknown)?, None);
        Ok(())
    });
}
