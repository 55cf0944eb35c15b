//! The backlog: what is open on the forge, as it was last seen there.
//!
//! - `tracked_repos`: whose backlog is kept, and what was read of it in full.
//! - `upsert`: what is seen comes in, moves and leaves; `entry` is what places depend on in it.
//! - `dependencies`: what waits for what.
//! - `participants`: who wrote in a thread.
//! - `linked_pulls`: which pull requests say that they close which issues.
//! - `templates`: what issues say that nobody wrote.
//! - `writers`: who may write where, if somebody's pull request makes that matter.
//! - `load`: all that places depend on, in one go ([`facts`]); `one`: the same of one issue.
//! - `version`: whether any of that moved.

mod dependencies;
mod entry;
mod linked_pulls;
mod load;
mod one;
mod participants;
mod shared;
pub mod templates;
mod tracked_repos;
mod upsert;
mod version;
pub mod writers;

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _};

use super::columns::Spelled;
use super::error::Error;
use crate::core::model::ids::ThreadId;
use crate::core::model::repository::Repo;
use crate::core::model::thread::ThreadTitle;

pub use dependencies::{
    ask_dependencies_again, bind, blockers, dependencies_unknown, dependencies_unreadable,
    recheck_untracked, to_ask, unasked,
};
pub(super) use entry::{bits as readiness_bits, readiness as readiness_of};
pub use load::{facts, look_at_paths};
pub(super) use one::{adoptable_pull, issue};
pub use one::{author_of, is_titled, moved_at, named_paths, open_pulls, text_of};
pub(super) use participants::{Participation, note_participation};
pub use participants::{forget_old_participants, touch};
pub use tracked_repos::{
    SyncFinding, archived, count_open, due, is_complete, is_tracked, keep_only, leave_archived,
    read_again, read_in_full, read_older_again, tracked, unread,
};
pub(super) use tracked_repos::{is_unread, untrack};
pub use upsert::{BacklogSource, digest_of_text, forget, put};
pub(super) use version::moved;
pub use version::version;

/// What those of `threads` are called that are in the backlog.
pub fn titles(
    conn: &Connection,
    threads: &[ThreadId],
) -> Result<HashMap<ThreadId, ThreadTitle>, Error> {
    let mut look = conn.prepare_cached(
        "SELECT name, private, title, is_pull FROM backlog JOIN repos ON id = repo
         WHERE repo = ?1 AND number = ?2",
    )?;
    let mut titles = HashMap::new();
    for &thread in threads {
        let found = look
            .query_row((thread.repo, thread.number), |row| {
                let Spelled(name) = row.get(0)?;
                let repo = Repo { id: thread.repo, name, private: row.get(1)? };
                Ok(ThreadTitle { repo, title: row.get(2)?, is_pull: row.get(3)? })
            })
            .optional()?;
        titles.extend(found.map(|title| (thread, title)));
    }
    Ok(titles)
}
