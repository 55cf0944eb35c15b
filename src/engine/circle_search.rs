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

    /// Those on this way of which it was not asked what they wait for, as many as are asked for at once.
    fn doubtful(&self, way: &[Blocker], goal: ThreadId) -> Vec<Blocker> {
        let doubtful = way.iter().filter(|at| at.thread != goal);
        let doubtful = doubtful.filter(|at| !self.known.contains_key(&at.thread));
        doubtful.take(DOUBTFUL_AT_ONCE).cloned().collect()
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
        let to_read = match search(ctx, &start, goal, reads, Closed::Ends).await? {
            Searched::TooMany => return Ok(CircleFound::Unfinished { met: MOST_MET }),
            Searched::Open { unknown, met, unseen } if unknown.is_empty() => {
                let reopened = search(ctx, &start, goal, reads, Closed::MayBeOpen).await?;
                let Searched::Circle(way) = reopened else {
                    return Ok(match unseen {
                        true => CircleFound::Unseen { met },
                        false => CircleFound::No,
                    });
                };
                if reads.left == 0 {
                    return Ok(CircleFound::Unfinished { met });
                }
                reads.doubtful(&way, goal)
            }
            Searched::Open { met, .. } if reads.left == 0 => {
                return Ok(CircleFound::Unfinished { met });
            }
            Searched::Open { unknown, .. } => unknown,
            // The ledger may be a minute old: before a refusal the way is looked at again.
            Searched::Circle(way) => {
                let doubtful = reads.doubtful(&way, goal);
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

/// What a search makes of what is closed: it holds nothing up, whatever it waits for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Closed {
    Ends,
    /// It may be open again since the ledger heard of it.
    MayBeOpen,
}

/// How far a search came with what is known.
enum Searched {
    Circle(Vec<Blocker>),
    /// There is none among the threads that were met.
    Open {
        /// Of these it is not known what they wait for.
        unknown: Vec<Blocker>,
        /// How many others were met.
        met: usize,
        /// Whether one of them waits for something that cannot be seen.
        unseen: bool,
    },
    /// There are more than can be looked at.
    TooMany,
}

/// Looks for the way from `start` to `goal` among what was read and what the ledger knows.
async fn search(
    ctx: &Context,
    start: &Blocker,
    goal: ThreadId,
    reads: &DependencyReads,
    closed: Closed,
) -> Result<Searched, store::Error> {
    let (walk, read) = (DependencyWalk::new(start.clone(), goal), reads.known.clone());
    ctx.ledger.read(move |conn| walk_on(conn, walk, goal, (&read, closed))).await
}

fn walk_on(
    conn: &Connection,
    mut walk: DependencyWalk,
    goal: ThreadId,
    (read, closed): (&HashMap<ThreadId, WaitsFor<Blocker>>, Closed),
) -> Result<Searched, store::Error> {
    let (mut unknown, mut unseen) = (Vec::new(), false);
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
                let may_be_open = closed == Closed::MayBeOpen && was_read.is_none();
                blockers.retain(|blocker| blocker.open || may_be_open || blocker.thread == goal);
                if let Some(way) = walk.add_blockers(place, blockers) {
                    return Ok(Searched::Circle(way));
                }
            }
        }
        if walk.met() > MOST_MET {
            return Ok(Searched::TooMany);
        }
    }
    let met = walk.met() - unknown.len();
    Ok(Searched::Open { unknown, met, unseen })
}
