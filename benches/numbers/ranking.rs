//! How much memory it takes to rank a large backlog.

use std::time::{Duration, Instant};

use regex::Regex;
use timmy::core::model::account::Account;
use timmy::core::model::dependency::{Blocker, WaitsFor};
use timmy::core::model::ids::{RepoId, RepoName, ThreadId};
use timmy::core::model::issue::{Issue, Label};
use timmy::core::model::time::Timestamp;
use timmy::core::scheduling::text::TextReader;
use timmy::core::scheduling::{BacklogEntry, Milestone};
use timmy::sandbox::Mode;
use timmy::sandbox::backlog::{Backlog, BacklogRepo, Place, Shape, Thread};
use timmy::store::backlog::{self, BacklogSource};
use timmy::store::{Connection, Error, Ledger, Readers, Transaction, matches};
use tokio::runtime::Runtime;

use crate::stage::{Stage, Timmy};
use crate::table::Row;

const ISSUES: usize = 100_000;
const REPOS: usize = 1_000;

/// Longer than a ranking is kept, and a tick apart.
const FORGOTTEN: Duration = Duration::from_secs(95);

/// Resident memory of the real process with 100,000 issues in its ledger: the most of it, while
/// a ranking is kept, and when it is forgotten.
pub fn measure() -> Row {
    let now = Timestamp::default().after(std::time::UNIX_EPOCH.elapsed().unwrap());
    let backlog = Backlog::of(Shape { repos: REPOS, issues: ISSUES, seed: 1, now });
    let stage = Stage::new();
    let repos = found(&stage, &backlog);
    let runtime = Runtime::new().unwrap();
    // The first start learns which repositories there are; nothing is open in them.
    let first = stage.start();
    runtime.block_on(until(&stage, backlog::is_complete));
    drop(first);
    runtime.block_on(fill(&stage, repos, backlog, now));
    let timmy = stage.start();
    runtime.block_on(until(&stage, has_decided));
    let (kept, peak) = (timmy.memory(), peak(&timmy));
    std::thread::sleep(FORGOTTEN);
    let after = timmy.memory();
    Row {
        what: "memory, 100,000 issues in the ledger",
        goal: "<= 80 MB",
        measured: format!("{:.1} MB", peak.max(after)),
        holds: peak.max(after) <= 80.0,
        figures: format!("most {peak:.1} MB; ranking kept {kept:.1} MB, forgotten {after:.1} MB"),
        method: "resident memory of the real process that starts on a ledger with this backlog in \
                 1,000 repositories, ranks it and stores its first tick; then a minute later, \
                 when the ranking is dropped",
    }
}

/// Gives the forge the repositories of `backlog`, without what is open in them.
fn found(stage: &Stage, backlog: &Backlog) -> Vec<RepoId> {
    let name = |repo: &BacklogRepo| format!("foundation4ce1/{}", repo.name);
    let add = |repo: &BacklogRepo| {
        let id = stage.sandbox.add_repo(&name(repo), repo.private).unwrap();
        stage.sandbox.collaborator(&name(repo), "timmy", Mode::Write).unwrap();
        id
    };
    backlog.repos.iter().map(add).collect()
}

/// Waits until the ledger says so.
async fn until(stage: &Stage, done: fn(&Connection) -> Result<bool, Error>) {
    let readers: Readers = Ledger::open_read_only(stage.ledger()).unwrap();
    let begun = Instant::now();
    while !readers.read(done).await.unwrap() {
        assert!(begun.elapsed() < Duration::from_secs(120), "it did not happen");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Whether the latest tick decided about anything.
fn has_decided(conn: &Connection) -> Result<bool, Error> {
    let Some(tick) = matches::latest(conn)? else { return Ok(false) };
    Ok(!matches::all(conn, tick)?.is_empty())
}

/// Puts all of `backlog` into the ledger, as a full read at `now` would.
async fn fill(stage: &Stage, repos: Vec<RepoId>, backlog: Backlog, now: Timestamp) {
    let ledger = Ledger::open(stage.ledger()).unwrap();
    let reader = TextReader::new(Regex::new("(?i)accept|done when|expected").unwrap());
    let put = move |tx: &Transaction<'_>| {
        let filler = Filler { repos, reader, now };
        backlog.threads().try_for_each(|(place, thread)| {
            filler.put(tx, place, thread, &backlog.repos[place.repo])
        })
    };
    ledger.write(put).await.unwrap();
}

struct Filler {
    repos: Vec<RepoId>,
    reader: TextReader,
    now: Timestamp,
}

impl Filler {
    fn put(
        &self,
        tx: &Transaction<'_>,
        place: Place,
        thread: &Thread,
        repo: &BacklogRepo,
    ) -> Result<(), Error> {
        let id = self.id(place);
        let entry = BacklogEntry::read(id.repo, item(place, thread, repo), &self.reader);
        backlog::put(tx, id.repo, &entry, BacklogSource::List(self.now))?;
        let name: RepoName = "foundation4ce1/any".parse().unwrap();
        let blocker = |on| Blocker { thread: self.id(on), repo: name.clone(), open: true };
        let seen = thread.waits_for.iter().copied().map(blocker).collect();
        backlog::bind(tx, id, &WaitsFor { seen, unseen: false }, self.now)
    }

    fn id(&self, Place { repo, number }: Place) -> ThreadId {
        ThreadId { repo: self.repos[repo], number: number as i64 }
    }
}

fn item(place: Place, thread: &Thread, repo: &BacklogRepo) -> Issue {
    let milestone = thread.milestone.map(|nth| repo.milestones[nth].clone());
    let label = |name: &&str| Label { id: 1, name: (*name).to_owned(), exclusive: false };
    Issue {
        id: (place.repo * ISSUES + place.number) as i64,
        number: place.number as i64,
        title: thread.title.clone(),
        body: thread.body.clone(),
        author: Some(account(thread.author)),
        open: true,
        locked: false,
        is_pull: thread.is_pull,
        is_draft: false,
        labels: thread.labels.iter().map(label).collect(),
        assignees: thread.assignees.iter().map(|login| account(login)).collect(),
        milestone: milestone
            .map(|(title, due_at)| Milestone { title, due_at: due_at.map(Into::into) }),
        due_at: thread.due.map(Into::into),
        pinned: thread.pinned,
        created_at: thread.created,
        updated_at: thread.created,
    }
}

fn account(login: &str) -> Account {
    Account { id: 1 + login.len() as i64, login: login.to_owned() }
}

/// The most memory that it ever held, in MB; what it holds now where the system does not tell.
fn peak(timmy: &Timmy) -> f64 {
    timmy.peak_memory().unwrap_or_else(|| timmy.memory())
}
