//! The version of the backlog moves exactly if what a ranking reads moved, whatever is stored.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;
use proptest::sample::{Index, select};
use rusqlite::types::Value;
use timmy::core::command::value::{ArgumentValue as _, IssueRef};
use timmy::core::model::account::Account;
use timmy::core::model::dependency::{Blocker, WaitsFor};
use timmy::core::model::due_day::DueDay;
use timmy::core::model::ids::{RepoId, ThreadId};
use timmy::core::model::issue::{Issue, Label, NamedPaths};
use timmy::core::model::repository::Repo;
use timmy::core::model::text::TextEvent;
use timmy::core::model::thread::{Hold, Snooze, ThreadState};
use timmy::core::policy::controls::{ControlChange, Delegation, Pause, PauseScope};
use timmy::core::scheduling::{BacklogEntry, IssueFacts, Milestone, Readiness};
use timmy::store::backlog::{self, BacklogSource, SyncFinding};
use timmy::store::inbox::{self, Ending, Inserted};
use timmy::store::reports::{self, ReportIssue};
use timmy::store::{Connection, Error, Transaction, controls, cursors, repos, threads};

use super::{at, comment, in_transaction};
use crate::support::facts;
use crate::support::people::account;

const DAY: i64 = 86_400;

/// One thing that is stored.
#[derive(Debug, Clone)]
enum Step {
    Watch { repo: i64 },
    KeepOnly { repos: HashSet<RepoId>, all: bool },
    Unwatch { repo: i64 },
    UnwatchAll,
    Rename { repo: i64, name: &'static str, private: bool },
    ReadAgain { repo: i64 },
    Read { repo: i64, open: HashSet<i64> },
    Put { repo: i64, entry: Box<BacklogEntry>, by_webhook: bool },
    Forget { thread: ThreadId },
    Bind { thread: ThreadId, waits: WaitsFor<Blocker> },
    Unreadable { thread: ThreadId },
    Unknown { thread: ThreadId },
    AskAgain,
    Say { thread: ThreadId, act: TextEvent, author: Option<i64>, days: i64, ending: Ending },
    ForgetParticipants,
    Save { thread: ThreadId, state: ThreadState },
    Control(ControlChange),
    Report { number: Option<i64>, lost: u32 },
    ForgetReport,
    Pass { days: i64 },
}

fn repo_id() -> impl Strategy<Value = i64> {
    1..4_i64
}

fn thread() -> impl Strategy<Value = ThreadId> {
    (repo_id(), 1..6_i64).prop_map(|(repo, number)| ThreadId { repo: RepoId(repo), number })
}

fn day(number: i64) -> DueDay {
    at(number * 86_400).into()
}

/// Issue 1 to 3, or pull request 4 or 5.
fn entry() -> impl Strategy<Value = Box<BacklogEntry>> {
    let words = select(vec!["#1", "#2", "foundation/gate#1", "foundation/attic#2"]);
    let what = (1..6_i64, prop::bool::weighted(0.8), 0..3_i64, any::<bool>(), any::<bool>());
    let told = (0..3_usize, 0..3_i64, any::<bool>(), prop::collection::vec(words, 0..3));
    (what, told).prop_map(|((number, open, updated, pinned, scope), (some, due, by, closes))| {
        let item = Issue {
            open,
            pinned,
            is_pull: number > 3,
            is_draft: number > 3 && pinned,
            title: format!("Titled {updated}"),
            updated_at: at(updated),
            author: by.then(|| account("anna")),
            labels: (0..some)
                .map(|id| Label { id: 7, name: format!("l{id}"), exclusive: by })
                .collect(),
            assignees: (0..some).map(|_| account("ezra")).collect(),
            milestone: (some == 1)
                .then(|| Milestone { title: "Opening day".to_owned(), due_at: Some(day(due)) }),
            due_at: (due > 0).then(|| day(due)),
            ..facts::issue(number, at(0))
        };
        let closes = closes.into_iter().filter(|_| item.is_pull).map(IssueRef::read);
        let closes = closes.map(|closed| closed.expect("an issue")).collect();
        Box::new(BacklogEntry {
            item,
            readiness: Readiness { scope, ..Readiness::default() },
            may_be_a_form: false,
            closes,
            paths: NamedPaths::default(),
        })
    })
}

fn blocker() -> impl Strategy<Value = Blocker> {
    let repo = "foundation/any".parse().expect("a name");
    (thread(), any::<bool>()).prop_map(move |(thread, open)| Blocker {
        thread,
        repo: Clone::clone(&repo),
        open,
    })
}

fn state() -> impl Strategy<Value = ThreadState> {
    (any::<bool>(), prop::option::of(1..3_i64), any::<bool>()).prop_map(|(held, until, refused)| {
        ThreadState {
            hold: held.then(|| Hold { by: account("anna"), reason: None, since: at(5) }),
            snooze: until.map(|until| Snooze { by: account("anna"), until: at(until * 100 * DAY) }),
            refused_on: refused.then(|| "2026-12-01".parse().expect("a day")),
            asked: None,
        }
    })
}

fn control() -> impl Strategy<Value = ControlChange> {
    let part = select(vec![PauseScope::All, PauseScope::Repo(RepoId(1))]);
    (part, 0..4, 0..2_i64).prop_map(|(part, what, second)| match what {
        0 => ControlChange::Pause(Pause { part, by: account("anna"), since: at(second) }),
        1 => ControlChange::Resume(part),
        2 => ControlChange::Delegate(Delegation {
            to: account("ezra"),
            by: account("anna"),
            until: at(second),
        }),
        _ => ControlChange::Undelegate(account("ezra").id),
    })
}

fn ending() -> impl Strategy<Value = Ending> {
    select(vec![Ending::Answered, Ending::NoTrigger, Ending::Agent, Ending::Own, Ending::TooOld])
}

fn step() -> impl Strategy<Value = Step> {
    let ids = || prop::collection::hash_set(repo_id().prop_map(RepoId), 0..4);
    let name = select(vec!["foundation/door", "foundation/gate", "foundation/attic"]);
    let act = select(vec![TextEvent::Created, TextEvent::Edited]);
    prop_oneof![
        1 => repo_id().prop_map(|repo| Step::Watch { repo }),
        2 => (ids(), any::<bool>()).prop_map(|(repos, all)| Step::KeepOnly { repos, all }),
        1 => repo_id().prop_map(|repo| Step::Unwatch { repo }),
        1 => Just(Step::UnwatchAll),
        2 => (repo_id(), name, any::<bool>())
            .prop_map(|(repo, name, private)| Step::Rename { repo, name, private }),
        1 => repo_id().prop_map(|repo| Step::ReadAgain { repo }),
        3 => (repo_id(), prop::collection::hash_set(1..6_i64, 0..6))
            .prop_map(|(repo, open)| Step::Read { repo, open }),
        12 => (repo_id(), entry(), any::<bool>())
            .prop_map(|(repo, entry, by_webhook)| Step::Put { repo, entry, by_webhook }),
        2 => thread().prop_map(|thread| Step::Forget { thread }),
        4 => (thread(), prop::collection::vec(blocker(), 0..3), any::<bool>())
            .prop_map(|(thread, seen, unseen)| Step::Bind { thread, waits: WaitsFor { seen, unseen } }),
        1 => thread().prop_map(|thread| Step::Unreadable { thread }),
        1 => thread().prop_map(|thread| Step::Unknown { thread }),
        1 => Just(Step::AskAgain),
        4 => (thread(), act, prop::option::of(1..3_i64), 0..50_i64, ending())
            .prop_map(|(thread, act, author, days, ending)| Step::Say { thread, act, author, days, ending }),
        1 => Just(Step::ForgetParticipants),
        3 => (thread(), state()).prop_map(|(thread, state)| Step::Save { thread, state }),
        2 => control().prop_map(Step::Control),
        2 => (prop::option::of(1..4_i64), 0..2_u32)
            .prop_map(|(number, lost)| Step::Report { number, lost }),
        1 => Just(Step::ForgetReport),
        1 => (1..20_i64).prop_map(|days| Step::Pass { days }),
    ]
}

fn repo(id: i64) -> Repo {
    let name = ["foundation/door", "foundation/gate", "foundation/attic"][id as usize - 1];
    Repo { id: RepoId(id), ..facts::repo(name) }
}

/// Stores it on day `today`; `nth` step.
fn store(tx: &Transaction<'_>, nth: i64, today: i64, step: &Step) -> Result<(), Error> {
    let now = at(today * DAY);
    match step {
        Step::Watch { repo: id } => cursors::watch(tx, &repo(*id), at(0)),
        Step::KeepOnly { repos, all } => {
            let mut watched = HashSet::new();
            for id in repos {
                watched.extend(cursors::watched(tx, *id)?.map(|watched| watched.repo.id));
            }
            backlog::keep_only(tx, &watched, *all)
        }
        Step::Unwatch { repo: id } => {
            let gone = repos::name(tx, RepoId(*id))?.map(|repo| repo.name);
            cursors::forget_unless(tx, |name| gone.as_ref() != Some(name))
        }
        Step::UnwatchAll => cursors::forget_all(tx),
        Step::Rename { repo, name, private } => {
            repos::remember(tx, &Repo { id: RepoId(*repo), private: *private, ..facts::repo(name) })
        }
        Step::ReadAgain { repo } => backlog::read_again(tx, &[RepoId(*repo)]),
        Step::Read { repo, open } => {
            let found = SyncFinding { open: HashMap::from([(RepoId(*repo), open.clone())]) };
            backlog::read_in_full(tx, &found, at(2)).map(drop)
        }
        Step::Put { repo, entry, by_webhook } => {
            let source =
                if *by_webhook { BacklogSource::Webhook } else { BacklogSource::Search(at(3)) };
            backlog::put(tx, RepoId(*repo), entry, source)
        }
        Step::Forget { thread } => backlog::forget(tx, *thread),
        Step::Bind { thread, waits } => backlog::bind(tx, *thread, waits, now),
        Step::Unreadable { thread } => backlog::dependencies_unreadable(tx, *thread, now),
        Step::Unknown { thread } => backlog::dependencies_unknown(tx, *thread, now),
        Step::AskAgain => backlog::recheck_untracked(tx),
        Step::Say { thread, act, author, days, ending } => {
            let mut text = comment(nth, *act, 0, "Hm.");
            (text.repo.id, text.number) = (thread.repo, thread.number);
            text.created_at = at((today - days) * DAY);
            text.author = author.map(|id| Account { id, login: "somebody".to_owned() });
            let Inserted::New(seq) = inbox::insert(tx, &text, now)? else { panic!("it is new") };
            inbox::finish(tx, seq, *ending, now)
        }
        Step::ForgetParticipants => backlog::forget_old_participants(tx, now),
        Step::Save { thread, state } => threads::save(tx, *thread, state),
        Step::Control(change) => controls::apply(tx, change),
        Step::Report { number, lost } => {
            let configured = "foundation/door".parse().expect("a name");
            let home = ReportIssue { configured, repo: RepoId(1), number: *number, lost: *lost };
            reports::set_home(tx, &home)
        }
        Step::ForgetReport => reports::forget_home(tx),
        Step::Pass { .. } => Ok(()),
    }
}

/// What a ranking made on day `today` reads, row by row and column by column.
const READ: [&str; 7] = [
    "SELECT repo, number, is_pull FROM backlog",
    "SELECT repo, number, created_at, opened_at, due_at, pinned, readiness, author, labels,
            assignees, milestone FROM backlog WHERE NOT is_pull",
    "SELECT repo, number, closes, author, is_draft, updated_at FROM backlog
     WHERE is_pull AND closes <> ''",
    "SELECT repo, since IS NOT NULL, name FROM tracked_repos JOIN repos ON id = repo",
    "SELECT repo, number, on_repo, on_number, open FROM dependencies",
    "SELECT repo, number, hold IS NOT NULL, snooze ->> '$.until' FROM threads
     WHERE hold IS NOT NULL OR snooze IS NOT NULL",
    "SELECT * FROM pauses",
];
const READ_OF_PARTICIPANTS: &str = "SELECT * FROM participants WHERE last_at >= ";

#[derive(Debug, PartialEq)]
struct Reading {
    rows: Vec<Vec<Vec<Value>>>,
    report: Option<ThreadId>,
}

fn reading(conn: &Connection, today: i64) -> Result<Reading, Error> {
    let since = at((today - 30) * DAY).micros();
    let participants = format!("{READ_OF_PARTICIPANTS}{since}");
    let mut rows = Vec::new();
    for sql in READ.into_iter().chain([&*participants]) {
        let mut list = conn.prepare(sql)?;
        let columns = list.column_count();
        let mut found: Vec<Vec<Value>> = list
            .query_map([], |row| (0..columns).map(|column| row.get(column)).collect())?
            .collect::<Result<_, _>>()?;
        found.sort_by_key(|row| format!("{row:?}"));
        rows.push(found);
    }
    Ok(Reading { rows, report: reports::home(conn)?.and_then(|home| home.thread()) })
}

/// What places depend on, on day `today` and while those who spoke are forgotten.
fn places(conn: &Connection, today: i64) -> Result<Vec<Vec<IssueFacts>>, Error> {
    [0, 15, 31].into_iter().map(|days| backlog::facts(conn, at((today + days) * DAY))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_version_moves_exactly_if_what_a_ranking_reads_moved(
        steps in prop::collection::vec(step(), 1..60),
        again in any::<Index>(),
    ) {
        in_transaction(move |tx| {
            for id in 1..4 {
                cursors::watch(tx, &repo(id), at(0))?;
            }
            backlog::keep_only(tx, &(1..4).map(RepoId).collect(), true)?;
            // What is stored twice moves nothing the second time.
            let again = again.index(steps.len());
            let twice = steps[..=again].iter().chain(&steps[again..]);
            let mut today = 100;
            for (nth, step) in twice.enumerate() {
                if let Step::Pass { days } = step {
                    today += days;
                }
                let (read, placed) = (reading(tx, today)?, places(tx, today)?);
                let version = backlog::version(tx)?;
                store(tx, nth as i64, today, step)?;
                let has_moved = backlog::version(tx)? != version;
                assert_eq!(has_moved, reading(tx, today)? != read, "by {step:?}");
                let places_moved = places(tx, today)? != placed;
                assert!(has_moved || !places_moved, "places moved unseen, by {step:?}");
            }
            Ok(())
        });
    }
}
