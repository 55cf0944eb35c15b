//! Searches for circles: in what the ledger knows of dependencies, and in what the forge says.

use std::collections::HashMap;

use super::context::Context;
use super::error::EngineError;
use crate::core::model::dependency::{Blocker, DependencyWalk, WaitsFor};
use crate::core::model::ids::ThreadId;
use crate::gitea::Error;
use crate::store::{self, Connection, backlog};

/// How many threads are looked at, however well the ledger knows them.
const MOST_MET: usize = 20_000;

/// Of how many threads on a way that the ledger knows it is asked at once whether it still is so: the
/// first of them may show that there is no such way.
const DOUBTFUL_AT_ONCE: usize = 10;

/// What the forge said of dependencies since a search for circles began, or several.
pub(super) struct DependencyReads {
    known: HashMap<ThreadId, WaitsFor<Blocker>>,
    /// How many more may be asked for. Gitea itself refuses only a circle of two, so one that is longer
    /// than the search does no harm but to whoever waits.
    left: usize,
}

impl DependencyReads {
    /// For searches that ask for `most` threads in all.
    pub(super) fn at_most(most: usize) -> Self {
        Self { known: HashMap::new(), left: most }
    }

    /// What `thread` waits for was read.
    pub(super) fn add(&mut self, thread: ThreadId, waits: WaitsFor<Blocker>) {
        self.known.insert(thread, waits);
    }

    /// Asks what these wait for, as far as it may still be asked.
    async fn read_more(&mut self, ctx: &Context, threads: &[Blocker]) -> Result<(), EngineError> {
        for at in threads.iter().take(self.left) {
            let waits = match ctx.gitea.blockers(&at.repo, at.thread.number).await {
                // Where there are no dependencies, the way ends.
                Err(Error::NotFound { .. }) => WaitsFor::default(),
                waits => waits?,
            };
            self.known.insert(at.thread, waits);
            self.left -= 1;
        }
        Ok(())
    }
}

/// How a search ended.
pub(super) enum CircleFound {
    /// No way leads there.
    No,
    /// On this way, as the forge says right now; both ends belong to it.
    Way(Vec<Blocker>),
    /// On this way as far as the ledger knows, of which not all could be asked for again.
    Unproven(Vec<Blocker>),
    /// Nobody can tell: so many threads were met, and there are more.
    Unfinished { met: usize },
    /// No way that can be seen leads there: so many were met, and some that cannot be seen.
    Unseen { met: usize },
}

/// Looks whether `start` waits for `goal`, on whatever way.
pub(super) async fn find_circle(
    ctx: &Context,
    start: Blocker,
    goal: ThreadId,
    reads: &mut DependencyReads,
) -> Result<CircleFound, EngineError> {
    loop {
        let (start, known) = (start.clone(), reads.known.clone());
        let search = ctx.ledger.read(move |conn| search(conn, start, goal, &known));
        let to_read = match search.await? {
            Searched::TooMany => return Ok(CircleFound::Unfinished { met: MOST_MET }),
            Searched::Open { unknown, cut, known: met, unseen } if unknown.is_empty() => {
                if cut.is_empty() || reads.left == 0 {
                    return Ok(match unseen {
                        true => CircleFound::Unseen { met },
                        false => CircleFound::No,
                    });
                }
                // What was closed when the ledger heard of it may be open again.
                cut
            }
            Searched::Open { known: met, .. } if reads.left == 0 => {
                return Ok(CircleFound::Unfinished { met });
            }
            Searched::Open { unknown, .. } => unknown,
            // The ledger may be a minute old: before a refusal the way is looked at again.
            Searched::Circle(way) => {
                let doubtful = way.iter().filter(|at| at.thread != goal);
                let doubtful = doubtful.filter(|at| !reads.known.contains_key(&at.thread));
                let doubtful: Vec<Blocker> = doubtful.take(DOUBTFUL_AT_ONCE).cloned().collect();
                if doubtful.is_empty() {
                    return Ok(CircleFound::Way(way));
                }
                if reads.left == 0 {
                    return Ok(CircleFound::Unproven(way));
                }
                doubtful
            }
        };
        reads.read_more(ctx, &to_read).await?;
    }
}

/// How far a search came with what is known.
enum Searched {
    Circle(Vec<Blocker>),
    /// There is none among the threads that were met.
    Open {
        /// Of these it is not known what they wait for.
        unknown: Vec<Blocker>,
        /// These wait for something that was closed, as far as the ledger knows.
        cut: Vec<Blocker>,
        /// How many others were met.
        known: usize,
        /// Whether one of them waits for something that cannot be seen.
        unseen: bool,
    },
    /// There are more than can be looked at.
    TooMany,
}

/// Looks for the way from `start` to `goal` among what was read and what the ledger knows.
fn search(
    conn: &Connection,
    start: Blocker,
    goal: ThreadId,
    read: &HashMap<ThreadId, WaitsFor<Blocker>>,
) -> Result<Searched, store::Error> {
    let mut walk = DependencyWalk::new(start, goal);
    let (mut unknown, mut cut, mut unseen) = (Vec::new(), Vec::new(), false);
    while let Some((place, at)) = walk.next_unread() {
        let was_read = read.get(&at.thread);
        let blockers = match was_read {
            Some(waits) => {
                unseen |= waits.unseen;
                Some(waits.seen.clone())
            }
            None => backlog::blockers(conn, at.thread)?,
        };
        match blockers {
            None => unknown.push(at),
            Some(mut blockers) => {
                // What is closed holds nothing up, whatever it waits for itself.
                let all = blockers.len();
                blockers.retain(|blocker| blocker.open || blocker.thread == goal);
                if was_read.is_none() && blockers.len() < all {
                    cut.push(at);
                }
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
    Ok(Searched::Open { unknown, cut, known, unseen })
}
