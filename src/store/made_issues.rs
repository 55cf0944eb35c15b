//! The issues that timmy made of epics: by which effect, and on whose word.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::columns::{Json, thread};
use super::error::Error;
use super::meta;
use crate::core::model::account::Account;
use crate::core::model::ids::{RepoId, ThreadId};

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

/// Where issues are being made right now: until what they wait for is set as well, nobody begins one.
pub(super) struct UnderWay {
    repos: HashSet<RepoId>,
    own: Option<Account>,
}

impl UnderWay {
    pub(super) fn now(conn: &Connection) -> Result<Self, Error> {
        let repos: HashSet<RepoId> = conn
            .prepare_cached(
                "SELECT DISTINCT repo FROM outbox
                 WHERE ended_at IS NULL AND json_extract(payload, '$.do') IN ('make_part', 'bond')",
            )?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let own = if repos.is_empty() { None } else { meta::get(conn, meta::ACCOUNT)? };
        Ok(Self { repos, own })
    }

    /// Whether this may be such an issue: timmy itself opened it.
    pub(super) fn holds(&self, repo: RepoId, author: Option<&Account>) -> bool {
        let is_own = |author: &Account| self.own.as_ref().is_some_and(|own| own.id == author.id);
        self.repos.contains(&repo) && author.is_some_and(is_own)
    }
}
