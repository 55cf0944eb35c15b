//! Loads the facts of all issues that a ranking depends on.

use std::collections::HashMap;
use std::iter::Peekable;
use std::sync::Arc;

use rusqlite::{Connection, Row};

use super::entry::readiness;
use super::linked_pulls::{StoredPull, linked_pulls};
use super::participants;
use super::shared::Shared;
use super::writers;
use crate::core::model::account::Account;
use crate::core::model::dependency::UNSEEN;
use crate::core::model::ids::ThreadId;
use crate::core::model::issue::NamedPaths;
use crate::core::model::thread::Snooze;
use crate::core::model::time::Timestamp;
use crate::core::scheduling::{IssueFacts, LinkedPull, Milestone, WorkState};
use crate::store::columns::{self, Json};
use crate::store::error::Error;
use crate::store::{made_issues, reports, scope_answers};

/// What is known at the moment `now` of each open issue, by repository and number.
///
/// Not of timmy's own report: nobody works on that. Nor of repositories that were never read in
/// full: half of a backlog shows neither what is best nor what waits.
///
/// A blocker is open if it is in the backlog, or if its repository's backlog is not known in full
/// and it was open when it was last asked. What agents do about an issue, jobs know.
pub fn facts(conn: &Connection, now: Timestamp) -> Result<Vec<IssueFacts>, Error> {
    let mut waits = waits(conn)?.into_iter().peekable();
    let mut participants = participants::present(conn, now)?.into_iter().peekable();
    let mut holds = holds(conn)?.into_iter().peekable();
    let mut answers = scope_answers::said(conn)?.into_iter().peekable();
    let mut pulls = pulls(conn, None)?;
    let mut issues = conn.prepare_cached(
        "SELECT repo, number, created_at, opened_at, due_at, pinned, readiness, author, labels,
                assignees, milestone, touched_at
         FROM backlog
         WHERE NOT is_pull AND repo IN (SELECT repo FROM tracked_repos WHERE since IS NOT NULL)
         ORDER BY repo, number",
    )?;
    let report = reports::issue(conn)?;
    let mut authors = made_issues::authors(conn)?.into_iter().peekable();
    let under_way = made_issues::UnderWay::now(conn)?;
    let mut rows = issues.query([])?;
    let mut names = Names::default();
    let mut all = Vec::with_capacity(count(conn)?);
    while let Some(row) = rows.next()? {
        let mut facts = names.issue(row)?;
        if report == Some(facts.thread) {
            continue;
        }
        facts.waits_for.extend(of(&mut waits, facts.thread));
        if under_way.holds(facts.thread) {
            facts.waits_for.push(UNSEEN);
        }
        for author in of(&mut authors, facts.thread) {
            facts.author = Some(Arc::new(author));
        }
        facts.people = of(&mut participants, facts.thread).next().unwrap_or_default();
        for hold in of(&mut holds, facts.thread) {
            (facts.held, facts.snoozed_until) = hold;
        }
        for said in of(&mut answers, facts.thread) {
            facts.readiness = facts.readiness.or(said);
        }
        facts.pulls = pulls.remove(&facts.thread).unwrap_or_default();
        all.push(facts);
    }
    Ok(all)
}

/// Has `see` look at each of `all`, which go by threads, whose text names paths.
pub fn look_at_paths(
    conn: &Connection,
    all: &mut [IssueFacts],
    mut see: impl FnMut(&mut IssueFacts, &NamedPaths),
) -> Result<(), Error> {
    let mut naming = conn.prepare_cached(
        "SELECT repo, number, paths FROM backlog
         WHERE NOT is_pull AND (paths -> '$.paths' <> '[]' OR paths ->> '$.is_cut')",
    )?;
    let mut rows = naming.query([])?;
    while let Some(row) = rows.next()? {
        let thread = columns::thread(row)?;
        let Ok(place) = all.binary_search_by_key(&thread, |facts| facts.thread) else { continue };
        let Json(paths) = row.get(2)?;
        see(&mut all[place], &paths);
    }
    Ok(())
}

/// What is said of `thread` in a list that goes by threads, as those that are asked for do.
fn of<T>(
    list: &mut Peekable<impl Iterator<Item = (ThreadId, T)>>,
    thread: ThreadId,
) -> impl Iterator<Item = T> {
    while list.next_if(|(its, _)| *its < thread).is_some() {}
    std::iter::from_fn(move || list.next_if(|(its, _)| *its == thread).map(|(_, said)| said))
}

fn count(conn: &Connection) -> Result<usize, Error> {
    let count: u32 = conn
        .prepare_cached("SELECT count(*) FROM backlog WHERE NOT is_pull")?
        .query_row([], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or_default())
}

/// What the issues that were loaded have in common.
#[derive(Default)]
pub(super) struct Names {
    authors: Shared<Account>,
    labels: Shared<[String]>,
    assignees: Shared<[Account]>,
    milestones: Shared<Milestone>,
}

impl Names {
    pub(super) fn issue(&mut self, row: &Row<'_>) -> rusqlite::Result<IssueFacts> {
        Ok(IssueFacts {
            thread: columns::thread(row)?,
            author: self.authors.maybe(row, 7)?,
            created_at: row.get(2)?,
            opened_at: row.get(3)?,
            labels: self.labels.get(row, 8)?,
            assignees: self.assignees.get(row, 9)?,
            due_at: row.get(4)?,
            milestone: self.milestones.maybe(row, 10)?,
            pinned: row.get(5)?,
            readiness: readiness(row.get(6)?),
            names_protected: false,
            waits_for: Vec::new(),
            people: 0,
            touched_at: row.get(11)?,
            held: false,
            snoozed_until: None,
            pulls: Vec::new(),
            work: WorkState::default(),
        })
    }
}

/// Which dependencies hold something up. A macro, so that it is one text with what is around it.
macro_rules! waits {
    ($which:literal) => {
        concat!(
            "SELECT repo, number, on_repo, on_number FROM dependencies
             WHERE (EXISTS (SELECT 1 FROM backlog AS other
                            WHERE other.repo = on_repo AND other.number = on_number)
                    OR (open AND NOT EXISTS (SELECT 1 FROM tracked_repos
                        WHERE tracked_repos.repo = on_repo AND since IS NOT NULL)))",
            $which,
            " ORDER BY repo, number, on_repo, on_number"
        )
    };
}

fn waits(conn: &Connection) -> Result<Vec<(ThreadId, ThreadId)>, Error> {
    let waits = conn
        .prepare_cached(waits!(""))?
        .query_map([], |row| Ok((columns::thread(row)?, blocker(row)?)))?
        .collect::<Result<_, _>>()?;
    Ok(waits)
}

/// The open issues that `thread` waits for.
pub(super) fn waits_of(conn: &Connection, thread: ThreadId) -> Result<Vec<ThreadId>, Error> {
    let waits = conn
        .prepare_cached(waits!(" AND repo = ?1 AND number = ?2"))?
        .query_map((thread.repo, thread.number), blocker)?
        .collect::<Result<_, _>>()?;
    Ok(waits)
}

fn blocker(row: &Row<'_>) -> rusqlite::Result<ThreadId> {
    Ok(ThreadId { repo: row.get(2)?, number: row.get(3)? })
}

type Hold = (bool, Option<Timestamp>);

fn holds(conn: &Connection) -> Result<Vec<(ThreadId, Hold)>, Error> {
    let holds = conn
        .prepare_cached(
            "SELECT repo, number, hold IS NOT NULL, snooze FROM threads
             WHERE hold IS NOT NULL OR snooze IS NOT NULL ORDER BY repo, number",
        )?
        .query_map([], |row| {
            let snooze: Option<Json<Snooze>> = row.get(3)?;
            let until = snooze.map(|Json(snooze)| snooze.until);
            Ok((columns::thread(row)?, (row.get(2)?, until)))
        })?
        .collect::<Result<_, _>>()?;
    Ok(holds)
}

/// The pull requests that say they close each issue, or the issue `only`.
pub(super) fn pulls(
    conn: &Connection,
    only: Option<ThreadId>,
) -> Result<HashMap<ThreadId, Vec<LinkedPull>>, Error> {
    let writers = writers::all(conn)?;
    let mut pulls: HashMap<ThreadId, Vec<LinkedPull>> = HashMap::new();
    for (issue, pull) in linked_pulls(conn, only)? {
        let by_writer = writers.get(&issue.repo).is_none_or(|writers| {
            pull.author.as_ref().is_some_and(|author| writers.ids.contains(&author.id))
        });
        let StoredPull { thread, author, is_draft, moved_at, created_at: _ } = pull;
        pulls.entry(issue).or_default().push(LinkedPull {
            thread,
            author,
            by_writer,
            is_draft,
            moved_at,
        });
    }
    Ok(pulls)
}
