//! How the types of rows look in a column.

use std::fmt::Display;
use std::str::FromStr;

use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::core::model::due_day::DueDay;
use crate::core::model::ids::{JobId, Lane, RepoId, Subject, ThreadId};
use crate::core::model::text::TextEvent;
use crate::core::model::time::Timestamp;

/// A value kept as JSON.
pub(super) struct Json<T>(pub(super) T);

impl<T: Serialize> ToSql for Json<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        serde_json::to_string(&self.0)
            .map(ToSqlOutput::from)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
    }
}

impl<T: DeserializeOwned> FromSql for Json<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        serde_json::from_str(value.as_str()?).map(Json).map_err(FromSqlError::other)
    }
}

/// A value kept as it is written and read.
pub(super) struct Spelled<T>(pub(super) T);

impl<T: Display> ToSql for Spelled<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.to_string().into())
    }
}

impl<T: FromStr<Err: std::error::Error + Send + Sync + 'static>> FromSql for Spelled<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map(Spelled).map_err(FromSqlError::other)
    }
}

impl ToSql for Timestamp {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.micros().into())
    }
}

impl FromSql for Timestamp {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        i64::column_result(value).map(Self::from_micros)
    }
}

impl ToSql for DueDay {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(Timestamp::from(*self).micros().into())
    }
}

impl FromSql for DueDay {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Timestamp::column_result(value).map(Self::from)
    }
}

/// A column that holds a word its table does not allow.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no word of this column")]
pub(super) struct UnknownWord(pub(super) String);

/// A number of its own kind, kept as an integer.
macro_rules! integer_column {
    ($type:ident) => {
        impl rusqlite::types::ToSql for $type {
            fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
                Ok(self.0.into())
            }
        }

        impl rusqlite::types::FromSql for $type {
            fn column_result(
                value: rusqlite::types::ValueRef<'_>,
            ) -> rusqlite::types::FromSqlResult<Self> {
                i64::column_result(value).map(Self)
            }
        }
    };
}

/// One of a few words, kept as text.
///
/// `all` in front gives tests a list of them.
macro_rules! word_column {
    (all $type:ident { $($variant:ident = $word:literal,)+ }) => {
        #[cfg(test)]
        impl $type {
            const ALL: &[Self] = &[$(Self::$variant,)+];
        }
        word_column!($type { $($variant = $word,)+ });
    };
    ($type:ident { $($variant:ident = $word:literal,)+ }) => {
        impl rusqlite::types::ToSql for $type {
            fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
                Ok(match self { $(Self::$variant => $word,)+ }.into())
            }
        }

        impl rusqlite::types::FromSql for $type {
            fn column_result(
                value: rusqlite::types::ValueRef<'_>,
            ) -> rusqlite::types::FromSqlResult<Self> {
                match value.as_str()? {
                    $($word => Ok(Self::$variant),)+
                    other => Err(rusqlite::types::FromSqlError::other(
                        $crate::store::columns::UnknownWord(other.to_owned()),
                    )),
                }
            }
        }
    };
}

pub(super) use {integer_column, word_column};

/// A subject as the columns `subject_kind` and `subject_id` hold it.
pub(super) fn subject_columns(subject: Subject) -> (&'static str, i64) {
    match subject {
        Subject::Comment(id) => ("comment", id),
        Subject::Issue(id) => ("issue", id),
    }
}

/// The text that the columns of [`subject_columns`] name, which come first.
pub(super) fn subject(row: &Row<'_>) -> rusqlite::Result<Subject> {
    let id = row.get(1)?;
    Ok(match row.get_ref(0)?.as_str()? {
        "issue" => Subject::Issue(id),
        _ => Subject::Comment(id),
    })
}

pub(super) fn thread(row: &Row<'_>) -> rusqlite::Result<ThreadId> {
    Ok(ThreadId { repo: row.get("repo")?, number: row.get("number")? })
}

/// A lane as the columns `repo` and `number` hold it: repositories, threads and jobs are numbered
/// from 1 on.
pub(super) fn lane_columns(lane: Lane) -> (i64, i64) {
    match lane {
        Lane::Thread(thread) => (thread.repo.0, thread.number),
        Lane::Repo(repo) => (repo.0, 0),
        Lane::Job(job) => (0, job.0),
        Lane::Report => (0, 0),
    }
}

pub(super) fn lane(row: &Row<'_>) -> rusqlite::Result<Lane> {
    let thread = thread(row)?;
    Ok(match (thread.repo.0, thread.number) {
        (0, 0) => Lane::Report,
        (0, job) => Lane::Job(JobId(job)),
        (_, 0) => Lane::Repo(thread.repo),
        _ => Lane::Thread(thread),
    })
}

integer_column!(RepoId);
word_column!(TextEvent { Created = "created", Edited = "edited", Opened = "opened", });
