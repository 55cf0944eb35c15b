//! Searches for circles in what was read for a text and what the ledger knows.

use std::collections::HashMap;

use crate::core::model::dependency::{Blocker, DependencyWalk, WaitsFor};
use crate::core::model::ids::ThreadId;
use crate::store::{self, Connection, backlog};

/// How many threads are asked for in search of circles, for all lines of a text together. Gitea
/// itself refuses only a circle of two, so one that is longer than this search does no harm but to
/// whoever waits, and who asked is told.
const MOST_READS: usize = 50;

/// How many threads are looked at, however well the ledger knows them.
pub(super) const MOST_MET: usize = 20_000;

/// What the forge said of dependencies while one text was read.
pub(super) struct DependencyReads {
    pub(super) known: HashMap<ThreadId, WaitsFor<Blocker>>,
    /// How many more may be asked for in search of circles.
    pub(super) left: usize,
}

impl Default for DependencyReads {
    fn default() -> Self {
        Self { known: HashMap::new(), left: MOST_READS }
    }
}

/// How far a search came with what is known.
pub(super) enum Searched {
    Circle(Vec<Blocker>),
    /// There is none among the threads that were met.
    Open {
        /// Of these it is not known what they wait for.
        unknown: Vec<Blocker>,
        /// How many others were met.
        known: usize,
        /// Whether one of them waits for something that cannot be seen.
        unseen: bool,
    },
    /// There are more than can be looked at.
    TooMany,
}

/// Looks for the way from `start` to `goal` among what was read and what the ledger knows.
pub(super) fn search(
    conn: &Connection,
    start: Blocker,
    goal: ThreadId,
    read: &HashMap<ThreadId, WaitsFor<Blocker>>,
) -> Result<Searched, store::Error> {
    let mut walk = DependencyWalk::new(start, goal);
    let (mut unknown, mut unseen) = (Vec::new(), false);
    while let Some((place, at)) = walk.next_unread() {
        let blockers = match read.get(&at.thread) {
            Some(waits) => {
                unseen |= waits.unseen;
                Some(waits.seen.clone())
            }
            None => backlog::blockers(conn, at.thread)?,
        };
        match blockers {
            None => unknown.push(at),
            Some(blockers) => {
                if let Some(way) = walk.add_blockers(place, blockers) {
                    return Ok(Searched::Circle(way));
                }
            }
        }
        if walk.met() > MOST_MET {
            return Ok(Searched::TooMany);
        }
    }
    let known = walk.met() - unknown.len();
    Ok(Searched::Open { unknown, known, unseen })
}
