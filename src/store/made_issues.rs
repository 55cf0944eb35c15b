//! The issues that timmy made of epics: by which effect, and on whose word.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::columns::{Json, thread};
use super::error::Error;
use super::meta;
use crate::core::model::account::Account;
use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::split::same_title;

/// The effect `key` made this issue, a part of `epic`, because `author` said so.
pub(super) fn add(
    tx: &Transaction<'_>,
    key: &str,
    issue: ThreadId,
    epic: i64,
    author: &Account,
) -> Result<(), Error> {
    tx.prepare_cached(
        "INSERT INTO made_issues (key, repo, number, epic, author) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO NOTHING",
    )?
    .execute((key, issue.repo, issue.number, epic, Json(author)))?;
    Ok(())
}

/// The number of the issue that the effect `key` made.
pub fn number_of(conn: &Connection, key: &str) -> Result<Option<i64>, Error> {
    let number = conn
        .prepare_cached("SELECT number FROM made_issues WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?;
    Ok(number)
}

/// Whose word the issues stand for that timmy made, by repository and number.
pub(super) fn authors(conn: &Connection) -> Result<Vec<(ThreadId, Account)>, Error> {
    let authors = conn
        .prepare_cached("SELECT repo, number, author FROM made_issues ORDER BY repo, number")?
        .query_map([], |row| {
            let Json(author) = row.get(2)?;
            Ok((thread(row)?, author))
        })?
        .collect::<Result<_, _>>()?;
    Ok(authors)
}

/// Whose word an issue stands for, if timmy made it of an epic.
pub(super) fn author_of(conn: &Connection, issue: ThreadId) -> Result<Option<Account>, Error> {
    let author = conn
        .prepare_cached("SELECT author FROM made_issues WHERE repo = ?1 AND number = ?2")?
        .query_row((issue.repo, issue.number), |row| row.get(0).map(|Json(author)| author))
        .optional()?;
    Ok(author)
}

/// What is being made of epics right now: until all that waits for something is made to, nobody begins any
/// of it. Nothing else of that repository is held up.
pub(super) struct UnderWay(HashSet<ThreadId>);

/// An effect that makes an issue of an epic, or binds one, and has not ended.
struct OpenEffect {
    key: String,
    epic: ThreadId,
    /// The title of the issue that it makes, if it may be doing that right now.
    making: Option<String>,
    /// The issue that was there and is to wait for another.
    waits: Option<i64>,
}

impl OpenEffect {
    /// What the keys of all effects of one yes begin with.
    fn yes(key: &str) -> &str {
        key.rsplit_once('.').map_or(key, |(yes, _)| yes)
    }
}

impl UnderWay {
    pub(super) fn now(conn: &Connection) -> Result<Self, Error> {
        let open: Vec<OpenEffect> = conn
            .prepare_cached(
                "SELECT repo, number, key,
                        iif(state = 'sending', payload ->> '$.title', NULL),
                        payload ->> '$.issue.number'
                 FROM outbox
                 WHERE ended_at IS NULL AND json_extract(payload, '$.do') IN ('make_part', 'bond')",
            )?
            .query_map([], |row| {
                let (epic, key, making) = (thread(row)?, row.get(2)?, row.get(3)?);
                Ok(OpenEffect { key, epic, making, waits: row.get(4)? })
            })?
            .collect::<Result<_, _>>()?;
        let mut held = HashSet::new();
        for effect in &open {
            let waits = effect.waits.map(|number| ThreadId { number, ..effect.epic });
            held.extend(waits);
            if let Some(title) = &effect.making {
                held.extend(unknown_yet(conn, effect.epic.repo, title)?);
            }
        }
        let each: HashSet<(ThreadId, &str)> =
            open.iter().map(|effect| (effect.epic, OpenEffect::yes(&effect.key))).collect();
        for (epic, yes) in each {
            held.extend(parts(conn, epic, yes)?);
        }
        Ok(Self(held))
    }

    /// Whether nobody begins this issue now.
    pub(super) fn holds(&self, issue: ThreadId) -> bool {
        self.0.contains(&issue)
    }
}

/// The issues that were made of `epic` by the yes with which their keys begin.
fn parts(conn: &Connection, epic: ThreadId, yes: &str) -> Result<Vec<ThreadId>, Error> {
    let made: Vec<(ThreadId, String)> = conn
        .prepare_cached("SELECT repo, number, key FROM made_issues WHERE repo = ?1 AND epic = ?2")?
        .query_map((epic.repo, epic.number), |row| Ok((thread(row)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    let of_yes = made.into_iter().filter(|(_, key)| OpenEffect::yes(key) == yes);
    Ok(of_yes.map(|(issue, _)| issue).collect())
}

/// The issues of this title that timmy opened and of which nobody knows yet by which effect: one that is
/// being made may be heard of before.
fn unknown_yet(conn: &Connection, repo: RepoId, title: &str) -> Result<Vec<ThreadId>, Error> {
    let Some(own) = meta::get(conn, meta::ACCOUNT)? else { return Ok(Vec::new()) };
    let all: Vec<(ThreadId, String, Option<Json<Account>>)> = conn
        .prepare_cached(
            "SELECT repo, number, title, author FROM backlog
             WHERE repo = ?1 AND NOT is_pull
               AND NOT EXISTS (SELECT 1 FROM made_issues AS made
                               WHERE made.repo = backlog.repo AND made.number = backlog.number)",
        )?
        .query_map([repo], |row| Ok((thread(row)?, row.get(2)?, row.get(3)?)))?
        .collect::<Result<_, _>>()?;
    let is_it = |title_of: &str, author: Option<&Json<Account>>| {
        author.is_some_and(|Json(author)| author.id == own.id) && same_title(title_of, title)
    };
    let found = all.into_iter().filter(|(_, title, author)| is_it(title, author.as_ref()));
    Ok(found.map(|(issue, ..)| issue).collect())
}

#[cfg(test)]
mod tests {
    use crate::store::made_issues::*;

    #[test]
    fn the_keys_of_one_yes_begin_alike() {
        for key in ["f-j1.9.issue1", "f-j1.9.bond2-#31", "f-j1.9.bondepic-2"] {
            assert_eq!(OpenEffect::yes(key), "f-j1.9");
        }
    }
}
