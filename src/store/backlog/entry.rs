//! What a ranking reads of an open issue or pull request: when that changes, the version moves.

use rusqlite::Row;

use crate::core::model::account::Account;
use crate::core::model::due_day::DueDay;
use crate::core::model::issue::{Issue, Label, Milestone};
use crate::core::model::time::Timestamp;
use crate::core::scheduling::{BacklogEntry, Readiness};
use crate::store::columns::Json;

/// The part of an entry on which places depend.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum RankedEntry {
    Issue {
        created_at: Timestamp,
        opened_at: Timestamp,
        due_at: Option<DueDay>,
        pinned: bool,
        readiness: Readiness,
        author: Option<Account>,
        labels: Vec<String>,
        assignees: Vec<Account>,
        milestone: Option<Milestone>,
    },
    /// What counts of a pull request, if it closes anything.
    Pull { closes: String, author: Option<Account>, is_draft: bool, moved_at: Timestamp },
    /// A pull request that closes nothing.
    OtherPull,
}

impl RankedEntry {
    /// What a ranking reads of `entry`. Names every field, so that a new one is put on one side or
    /// the other.
    pub(super) fn new(entry: &BacklogEntry, opened_at: Timestamp) -> Self {
        let BacklogEntry { item, readiness, may_be_a_form: _, closes: _, paths: _ } = entry;
        let Issue {
            author,
            is_pull,
            is_draft,
            labels,
            assignees,
            milestone,
            due_at,
            pinned,
            created_at,
            id: _,
            number: _,
            title: _,
            body: _,
            open: _,
            locked: _,
            updated_at,
        } = item;
        if *is_pull {
            let (closes, author) = (closes(entry), author.clone());
            return Self::pull(closes, author, *is_draft, *updated_at);
        }
        Self::Issue {
            created_at: *created_at,
            opened_at,
            due_at: *due_at,
            pinned: *pinned,
            readiness: *readiness,
            author: author.clone(),
            labels: names(labels).map(str::to_owned).collect(),
            assignees: assignees.clone(),
            milestone: milestone.clone(),
        }
    }

    fn pull(closes: String, author: Option<Account>, is_draft: bool, moved_at: Timestamp) -> Self {
        match closes.as_str() {
            "" => Self::OtherPull,
            _ => Self::Pull { closes, author, is_draft, moved_at },
        }
    }

    /// What a row of `backlog` holds.
    pub(super) fn stored(row: &Row<'_>) -> rusqlite::Result<Self> {
        let author: Option<Json<Account>> = row.get("author")?;
        let author = author.map(|Json(author)| author);
        if row.get("is_pull")? {
            let (closes, is_draft) = (row.get("closes")?, row.get("is_draft")?);
            return Ok(Self::pull(closes, author, is_draft, row.get("updated_at")?));
        }
        let milestone: Option<Json<Milestone>> = row.get("milestone")?;
        let (Json(labels), Json(assignees)) = (row.get("labels")?, row.get("assignees")?);
        Ok(Self::Issue {
            created_at: row.get("created_at")?,
            opened_at: row.get("opened_at")?,
            due_at: row.get("due_at")?,
            pinned: row.get("pinned")?,
            readiness: readiness(row.get("readiness")?),
            author,
            labels,
            assignees,
            milestone: milestone.map(|Json(milestone)| milestone),
        })
    }
}

/// The labels as the column holds them.
pub(super) fn names(labels: &[Label]) -> impl Iterator<Item = &str> {
    labels.iter().map(|label| label.name.as_str())
}

/// What it closes as the column holds it.
pub(super) fn closes(entry: &BacklogEntry) -> String {
    let closes: Vec<String> = entry.closes.iter().map(ToString::to_string).collect();
    closes.join(" ")
}

/// The column `readiness`.
pub(in crate::store) fn bits(readiness: Readiness) -> u8 {
    let Readiness { scope, place, acceptance } = readiness;
    u8::from(scope) | u8::from(acceptance) << 1 | u8::from(place) << 2
}

/// What the column `readiness` says.
pub(in crate::store) fn readiness(bits: u8) -> Readiness {
    Readiness { scope: bits & 1 != 0, acceptance: bits & 2 != 0, place: bits & 4 != 0 }
}
