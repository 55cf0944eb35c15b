//! What is open, as the ledger keeps it: what comes late, comes back or goes.

use std::collections::{HashMap, HashSet};

use timmy::core::command::value::{ArgumentValue as _, IssueRef};
use timmy::core::model::account::Account;
use timmy::core::model::dependency::{Blocker, UNSEEN, WaitsFor};
use timmy::core::model::ids::{RepoId, ThreadId};
use timmy::core::model::issue::{Issue, Label, NamedPaths};
use timmy::core::model::repository::Repo;
use timmy::core::model::text::TextEvent;
use timmy::core::model::thread::{Hold, Snooze, ThreadState};
use timmy::core::model::time::Timestamp;
use timmy::core::scheduling::{BacklogEntry, Milestone, Readiness};
use timmy::store::backlog::{self, BacklogSource, SyncFinding};
use timmy::store::inbox::{self, Ending, Inserted};
use timmy::store::reports::{self, ReportIssue};
use timmy::store::{Error, Transaction, cursors, repos, threads};

use super::{at, comment, in_transaction, thread};
use crate::support::facts::{self, repo};
use crate::support::people::account;

/// Issue `number`, written at second 10 and moved last at second `updated`.
fn issue(number: i64, updated: i64) -> BacklogEntry {
    let item = Issue { updated_at: at(updated), ..facts::issue(number, at(10)) };
    BacklogEntry {
        item,
        readiness: Readiness::default(),
        may_be_a_form: false,
        closes: Vec::new(),
        paths: NamedPaths::default(),
    }
}

fn closed(number: i64, updated: i64) -> BacklogEntry {
    let mut entry = issue(number, updated);
    entry.item.open = false;
    entry
}

/// A pull request whose text says what it closes.
fn pull(number: i64, closes: &[&str]) -> BacklogEntry {
    let mut entry = issue(number, 10);
    entry.item.is_pull = true;
    entry.closes = closes.iter().map(|word| IssueRef::read(word).expect("an issue")).collect();
    entry
}

const DOOR: RepoId = RepoId(1);

/// The door is watched, and was read in full at second 100; nothing was open then.
fn tracked(tx: &Transaction<'_>) -> Result<(), Error> {
    cursors::watch(tx, &repo("foundation/door"), at(100))?;
    backlog::keep_only(tx, &HashSet::from([DOOR]), true)?;
    read(tx, &[], 100)
}

/// A full read that began at `second` finds these.
fn read(tx: &Transaction<'_>, entries: &[BacklogEntry], second: i64) -> Result<(), Error> {
    for entry in entries {
        backlog::put(tx, DOOR, entry, BacklogSource::List(at(second)))?;
    }
    let open = entries.iter().map(|entry| entry.item.number).collect();
    let found = SyncFinding { open: HashMap::from([(DOOR, open)]) };
    backlog::read_in_full(tx, &found, at(second)).map(drop)
}

fn open(tx: &Transaction<'_>) -> Result<Vec<i64>, Error> {
    Ok(backlog::facts(tx, at(1000))?.into_iter().map(|facts| facts.thread.number).collect())
}

/// When the only open issue was opened or reopened, in seconds.
fn opened(tx: &Transaction<'_>) -> Result<i64, Error> {
    let facts = backlog::facts(tx, at(1000))?;
    assert_eq!(facts.len(), 1);
    Ok(facts[0].opened_at.micros() / 1_000_000)
}

#[test]
fn what_is_not_watched_does_not_come_in() {
    in_transaction(|tx| {
        repos::remember(tx, &repo("foundation/door"))?;
        backlog::put(tx, DOOR, &issue(1, 10), BacklogSource::Webhook)?;
        assert!(open(tx)?.is_empty());
        Ok(())
    });
}

#[test]
fn all_that_was_read_comes_back() {
    in_transaction(|tx| {
        tracked(tx)?;
        let mut entry = issue(4, 200);
        let milestone = Milestone { title: "Opening day".into(), due_at: Some(at(900).into()) };
        entry.item.milestone = Some(milestone.clone());
        entry.item.due_at = Some(at(800).into());
        entry.item.pinned = true;
        entry.item.assignees = vec![account("ezra")];
        entry.item.labels = vec![Label { id: 3, name: "priority/p1".into(), exclusive: true }];
        entry.readiness = Readiness { scope: true, place: true, acceptance: false };
        entry.item.created_at = at(150);
        backlog::put(tx, DOOR, &entry, BacklogSource::Search(at(210)))?;
        let facts = backlog::facts(tx, at(1000))?.remove(0);
        assert_eq!(facts.thread, thread(4));
        assert_eq!((facts.created_at, facts.opened_at), (at(150), at(150)));
        assert_eq!((facts.milestone, facts.due_at), (Some(milestone.into()), Some(at(800).into())));
        assert_eq!((&*facts.labels, facts.pinned), (&["priority/p1".to_owned()][..], true));
        assert_eq!(facts.author.as_deref(), Some(&account("anna")));
        assert_eq!(*facts.assignees, [account("ezra")]);
        assert_eq!(facts.readiness, entry.readiness);
        let title = &backlog::titles(tx, &[thread(4), thread(5)])?[&thread(4)];
        assert_eq!((&*title.title, title.is_pull), ("Issue 4", false));
        assert_eq!(title.repo, repo("foundation/door"));
        Ok(())
    });
}

#[test]
fn an_old_webhook_changes_nothing() {
    in_transaction(|tx| {
        tracked(tx)?;
        backlog::put(tx, DOOR, &closed(1, 300), BacklogSource::Webhook)?;
        backlog::put(tx, DOOR, &issue(1, 299), BacklogSource::Webhook)?;
        assert!(open(tx)?.is_empty());
        // A second is long: of one second the one that comes last counts,
        backlog::put(tx, DOOR, &issue(1, 300), BacklogSource::Webhook)?;
        assert_eq!(open(tx)?, [1]);
        // unless it was looked for since.
        backlog::put(tx, DOOR, &closed(1, 300), BacklogSource::Search(at(360)))?;
        backlog::put(tx, DOOR, &issue(1, 300), BacklogSource::Webhook)?;
        assert!(open(tx)?.is_empty());
        Ok(())
    });
}

#[test]
fn a_list_read_before_something_moved_does_not_move_it_back() {
    in_transaction(|tx| {
        tracked(tx)?;
        backlog::put(tx, DOOR, &closed(1, 300), BacklogSource::Webhook)?;
        backlog::put(tx, DOOR, &issue(1, 250), BacklogSource::List(at(301)))?;
        assert!(open(tx)?.is_empty());
        Ok(())
    });
}

#[test]
fn what_is_deleted_comes_back_only_if_it_is_seen() {
    in_transaction(|tx| {
        tracked(tx)?;
        backlog::put(tx, DOOR, &issue(1, 200), BacklogSource::Webhook)?;
        backlog::forget(tx, thread(1))?;
        backlog::put(tx, DOOR, &issue(1, 500), BacklogSource::Webhook)?;
        assert!(open(tx)?.is_empty());
        backlog::put(tx, DOOR, &issue(1, 500), BacklogSource::Search(at(510)))?;
        assert_eq!(open(tx)?, [1]);
        Ok(())
    });
}

#[test]
fn what_comes_back_was_reopened_when_it_moved() {
    in_transaction(|tx| {
        tracked(tx)?;
        let mut new = issue(1, 150);
        new.item.created_at = at(150);
        backlog::put(tx, DOOR, &new, BacklogSource::Webhook)?;
        assert_eq!(opened(tx)?, 150);
        backlog::put(tx, DOOR, &issue(1, 160), BacklogSource::Webhook)?;
        assert_eq!(opened(tx)?, 150, "it was open all the time");
        backlog::put(tx, DOOR, &closed(1, 170), BacklogSource::Webhook)?;
        backlog::put(tx, DOOR, &issue(1, 180), BacklogSource::Webhook)?;
        assert_eq!(opened(tx)?, 180);
        Ok(())
    });
}

#[test]
fn what_nobody_has_seen_although_it_is_old_was_reopened() {
    in_transaction(|tx| {
        tracked(tx)?;
        backlog::put(tx, DOOR, &issue(1, 400), BacklogSource::Search(at(410)))?;
        assert_eq!(opened(tx)?, 400);
        Ok(())
    });
    in_transaction(|tx| {
        tracked(tx)?;
        backlog::read_again(tx, &[DOOR])?;
        backlog::put(tx, DOOR, &issue(1, 400), BacklogSource::List(at(410)))?;
        assert_eq!(opened(tx)?, 10, "while it is read again, something may have been missing");
        Ok(())
    });
}

#[test]
fn a_full_read_takes_away_what_it_does_not_find() {
    in_transaction(|tx| {
        tracked(tx)?;
        read(tx, &[issue(1, 20), issue(2, 20)], 200)?;
        // This one was opened while it was read.
        backlog::put(tx, DOOR, &issue(3, 305), BacklogSource::Webhook)?;
        let found = SyncFinding { open: HashMap::from([(DOOR, HashSet::from([2]))]) };
        assert_eq!(backlog::read_in_full(tx, &found, at(300))?, [thread(3)]);
        assert_eq!(open(tx)?, [2, 3]);
        assert_eq!(backlog::count_open(tx, &[DOOR])?, 2);
        Ok(())
    });
}

#[test]
fn what_is_to_be_read_in_full_is_remembered() {
    in_transaction(|tx| {
        cursors::watch(tx, &repo("foundation/door"), at(1))?;
        backlog::keep_only(tx, &HashSet::from([DOOR]), true)?;
        assert_eq!((backlog::due(tx)?, backlog::is_complete(tx)?), (vec![DOOR], false));
        read(tx, &[], 100)?;
        assert_eq!((backlog::due(tx)?, backlog::is_complete(tx)?), (vec![], true));
        backlog::keep_only(tx, &HashSet::from([DOOR]), true)?;
        assert!(backlog::due(tx)?.is_empty());
        backlog::read_older_again(tx, at(100))?;
        assert!(backlog::due(tx)?.is_empty());
        backlog::read_older_again(tx, at(101))?;
        assert_eq!((backlog::due(tx)?, backlog::is_complete(tx)?), (vec![DOOR], true));
        Ok(())
    });
}

#[test]
fn what_is_read_in_part_holds_no_place_yet_and_holds_up_others() {
    in_transaction(|tx| {
        tracked(tx)?;
        backlog::put(tx, DOOR, &issue(1, 200), BacklogSource::Webhook)?;
        let attic = Repo {
            id: RepoId(9),
            name: "foundation/attic".parse().expect("a name"),
            private: false,
        };
        cursors::watch(tx, &attic, at(100))?;
        backlog::keep_only(tx, &HashSet::from([DOOR, attic.id]), true)?;
        backlog::put(tx, attic.id, &issue(1, 200), BacklogSource::List(at(210)))?;
        let unread = ThreadId { repo: attic.id, number: 7 };
        backlog::bind(tx, thread(1), &on([blocker(unread, true)]), at(220))?;
        let facts = backlog::facts(tx, at(300))?;
        let known: Vec<_> = facts.iter().map(|facts| (facts.thread, &*facts.waits_for)).collect();
        assert_eq!(known, [(thread(1), &[unread][..])]);
        Ok(())
    });
}

#[test]
fn what_is_watched_no_longer_leaves() {
    in_transaction(|tx| {
        tracked(tx)?;
        backlog::put(tx, DOOR, &issue(1, 200), BacklogSource::Webhook)?;
        backlog::keep_only(tx, &HashSet::new(), false)?;
        assert_eq!(open(tx)?, [1], "a list that is not complete proves nothing");
        backlog::keep_only(tx, &HashSet::new(), true)?;
        assert!(open(tx)?.is_empty());
        Ok(())
    });
    in_transaction(|tx| {
        tracked(tx)?;
        backlog::put(tx, DOOR, &issue(1, 200), BacklogSource::Webhook)?;
        cursors::forget_all(tx)?;
        assert!(open(tx)?.is_empty());
        assert!(!backlog::is_complete(tx)?);
        Ok(())
    });
}

fn blocker(thread: ThreadId, open: bool) -> Blocker {
    Blocker { thread, repo: "foundation/any".parse().expect("a name"), open }
}

fn on<const N: usize>(seen: [Blocker; N]) -> WaitsFor<Blocker> {
    WaitsFor { seen: seen.to_vec(), unseen: false }
}

#[test]
fn an_issue_waits_for_what_is_open() {
    in_transaction(|tx| {
        tracked(tx)?;
        for number in [1, 2, 3] {
            backlog::put(tx, DOOR, &issue(number, 200), BacklogSource::List(at(210)))?;
        }
        backlog::put(tx, DOOR, &closed(3, 300), BacklogSource::Webhook)?;
        let elsewhere = |number| ThreadId { repo: RepoId(9), number };
        let blockers = [
            blocker(thread(2), true),
            // Open when it was asked, closed since.
            blocker(thread(3), true),
            blocker(elsewhere(4), true),
            blocker(elsewhere(5), false),
        ];
        backlog::bind(tx, thread(1), &on(blockers), at(220))?;
        let waits = |tx| Ok::<_, Error>(backlog::facts(tx, at(1000))?[0].waits_for.clone());
        assert_eq!(waits(tx)?, [thread(2), elsewhere(4)]);
        backlog::bind(tx, thread(1), &on([]), at(230))?;
        assert!(waits(tx)?.is_empty());
        Ok(())
    });
}

#[test]
fn what_cannot_be_seen_or_understood_is_waited_for() {
    in_transaction(|tx| {
        tracked(tx)?;
        for number in [1, 2] {
            backlog::put(tx, DOOR, &issue(number, 200), BacklogSource::List(at(210)))?;
        }
        let waits = |tx| Ok::<_, Error>(backlog::facts(tx, at(1000))?[0].waits_for.clone());
        let hidden = WaitsFor { unseen: true, ..on([blocker(thread(2), false)]) };
        backlog::bind(tx, thread(1), &hidden, at(220))?;
        assert_eq!(waits(tx)?, [UNSEEN, thread(2)]);
        backlog::bind(tx, thread(1), &on([blocker(thread(2), true)]), at(230))?;
        assert_eq!(waits(tx)?, [thread(2)]);
        backlog::dependencies_unreadable(tx, thread(1), at(240))?;
        backlog::dependencies_unreadable(tx, thread(1), at(250))?;
        assert_eq!(waits(tx)?, [UNSEEN, thread(2)]);
        backlog::recheck_untracked(tx)?;
        assert_eq!(backlog::to_ask(tx, 10)?, [thread(1)]);
        // Dependencies are switched off there.
        backlog::dependencies_unknown(tx, thread(1), at(255))?;
        assert_eq!(waits(tx)?, [thread(2)]);
        backlog::bind(tx, thread(1), &on([]), at(260))?;
        assert!(waits(tx)?.is_empty());
        // What is closed waits for nothing.
        backlog::dependencies_unreadable(tx, thread(8), at(270))?;
        Ok(())
    });
}

#[test]
fn an_issue_that_moved_is_asked_what_it_waits_for() {
    in_transaction(|tx| {
        tracked(tx)?;
        read(tx, &[issue(1, 20), issue(2, 20), pull(3, &[])], 200)?;
        assert!(backlog::to_ask(tx, 10)?.is_empty(), "it was just read for the first time");
        assert_eq!(backlog::unasked(tx, &[thread(1), thread(8)])?, [thread(1)]);
        backlog::put(tx, DOOR, &issue(1, 250), BacklogSource::Search(at(260)))?;
        backlog::put(tx, DOOR, &issue(4, 260), BacklogSource::Webhook)?;
        assert_eq!(backlog::to_ask(tx, 10)?, [thread(4), thread(1)]);
        backlog::bind(tx, thread(1), &on([]), at(270))?;
        backlog::put(tx, DOOR, &issue(1, 250), BacklogSource::Search(at(320)))?;
        assert_eq!(backlog::to_ask(tx, 10)?, [thread(4)]);
        assert!(backlog::unasked(tx, &[thread(1)])?.is_empty());
        Ok(())
    });
}

#[test]
fn who_waits_for_something_unwatched_is_asked_again() {
    in_transaction(|tx| {
        tracked(tx)?;
        read(tx, &[issue(1, 20), issue(2, 20)], 200)?;
        backlog::bind(tx, thread(1), &on([blocker(thread(2), true)]), at(210))?;
        let elsewhere = ThreadId { repo: RepoId(9), number: 4 };
        backlog::bind(tx, thread(2), &on([blocker(elsewhere, true)]), at(210))?;
        backlog::recheck_untracked(tx)?;
        assert_eq!(backlog::to_ask(tx, 10)?, [thread(2)]);
        Ok(())
    });
}

#[test]
fn pull_requests_are_linked_by_what_they_close() {
    in_transaction(|tx| {
        tracked(tx)?;
        let gate = Repo { id: RepoId(2), ..repo("foundation/gate") };
        cursors::watch(tx, &gate, at(1))?;
        backlog::keep_only(tx, &HashSet::from([DOOR, gate.id]), true)?;
        read(tx, &[issue(1, 20), pull(2, &["#1", "foundation/DOOR#1", "nobody/here#1"])], 200)?;
        backlog::put(tx, gate.id, &pull(7, &["foundation/door#1"]), BacklogSource::List(at(200)))?;
        let facts = backlog::facts(tx, at(1000))?;
        assert_eq!(facts.len(), 1);
        let pulls: Vec<_> = facts[0].pulls.iter().map(|pull| pull.thread).collect();
        assert_eq!(pulls, [thread(2), ThreadId { repo: gate.id, number: 7 }]);
        Ok(())
    });
}

#[test]
fn holds_and_snoozes_come_back() {
    in_transaction(|tx| {
        tracked(tx)?;
        read(tx, &[issue(12, 20), issue(13, 20)], 200)?;
        let anna = account("anna");
        let hold = Some(Hold { by: anna.clone(), reason: None, since: at(5) });
        let snooze = Some(Snooze { by: anna, until: at(5000) });
        threads::save(
            tx,
            thread(3),
            &ThreadState { hold: hold.clone(), ..ThreadState::default() },
        )?;
        threads::save(tx, thread(13), &ThreadState { hold, snooze, ..ThreadState::default() })?;
        let facts = backlog::facts(tx, at(1000))?;
        assert_eq!((facts[0].held, facts[0].snoozed_until), (false, None));
        assert_eq!((facts[1].held, facts[1].snoozed_until), (true, Some(at(5000))));
        Ok(())
    });
}

/// Somebody's comment, and why it needed nothing more.
fn say(tx: &Transaction<'_>, id: i64, who: i64, day: i64, ending: Ending) -> Result<(), Error> {
    let mut text = comment(id, TextEvent::Created, day * 86_400, "Hm.");
    text.created_at = text.updated_at;
    text.author = Some(Account { id: who, login: "somebody".to_owned() });
    let Inserted::New(seq) = inbox::insert(tx, &text, at(0))? else { panic!("it is new") };
    inbox::finish(tx, seq, ending, at(1))
}

#[test]
fn people_who_spoke_in_the_last_thirty_days_are_counted() {
    in_transaction(|tx| {
        tracked(tx)?;
        read(tx, &[issue(12, 20)], 200)?;
        let people = |tx, day: i64| {
            let now: Timestamp = at(day * 86_400);
            Ok::<_, Error>(backlog::facts(tx, now)?[0].people)
        };
        assert_eq!(people(tx, 40)?, 0);
        say(tx, 1, 7, 5, Ending::NoTrigger)?;
        say(tx, 2, 8, 20, Ending::Answered)?;
        say(tx, 3, 8, 19, Ending::Answered)?;
        say(tx, 4, 9, 20, Ending::Agent)?;
        say(tx, 5, 10, 20, Ending::Own)?;
        say(tx, 6, 11, 20, Ending::Ignored)?;
        assert_eq!(people(tx, 35)?, 2);
        assert_eq!(people(tx, 36)?, 1);
        assert_eq!(people(tx, 51)?, 0);
        Ok(())
    });
}

#[test]
fn the_version_moves_with_what_places_depend_on() {
    in_transaction(|tx| {
        tracked(tx)?;
        let mut last = backlog::version(tx)?;
        let mut moved = |tx: &Transaction<'_>| {
            let now = backlog::version(tx)?;
            Ok::<_, Error>(std::mem::replace(&mut last, now) != now)
        };
        backlog::put(tx, DOOR, &issue(12, 200), BacklogSource::Search(at(200)))?;
        assert!(moved(tx)?);
        backlog::put(tx, DOOR, &issue(12, 200), BacklogSource::Search(at(260)))?;
        backlog::put(tx, DOOR, &issue(12, 270), BacklogSource::Search(at(280)))?;
        assert!(!moved(tx)?, "a comment changes no place");
        let mut pinned = issue(12, 300);
        pinned.item.pinned = true;
        backlog::put(tx, DOOR, &pinned, BacklogSource::Search(at(300)))?;
        assert!(moved(tx)?);
        backlog::bind(tx, thread(12), &on([blocker(thread(13), true)]), at(300))?;
        assert!(moved(tx)?);
        say(tx, 1, 7, 5, Ending::NoTrigger)?;
        assert!(moved(tx)?);
        let refused_on = Some("2026-12-01".parse().expect("a day"));
        threads::save(tx, thread(12), &ThreadState { refused_on, ..ThreadState::default() })?;
        assert!(!moved(tx)?, "whom timmy answers places nothing");
        let snooze = Some(Snooze { by: account("anna"), until: at(5000) });
        threads::save(tx, thread(12), &ThreadState { snooze, ..ThreadState::default() })?;
        assert!(moved(tx)?);
        let configured = "foundation/door".parse().expect("a name");
        reports::set_home(tx, &ReportIssue { configured, repo: DOOR, number: Some(12), lost: 0 })?;
        assert!(moved(tx)?, "nobody works on the report");
        backlog::put(tx, DOOR, &closed(12, 310), BacklogSource::Webhook)?;
        assert!(moved(tx)?);
        Ok(())
    });
}
