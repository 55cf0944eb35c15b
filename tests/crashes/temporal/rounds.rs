//! The last rounds of a storm: nobody kills anything any more, and each goes on for as long as something
//! happens. Then timmy begins anew, so that pauses between two attempts are lived through.

use std::time::{Duration, Instant};

use timmy::store::{Ledger, jobs};

use crate::stage::Stage;
use crate::support::process::a_moment;

/// In so many of them all jobs end at the latest.
pub(super) const LAST_ROUNDS: usize = 30;

/// So long nothing happens before a round is over. It is longer than it takes until Temporal knows of a look
/// or of a call that whoever had it died.
const QUIET: Duration = Duration::from_secs(40);

/// Whether so many jobs have ended and no other one lives, once that is so, or nothing happens any more.
pub(super) async fn all_have_ended(stage: &Stage, all: usize) -> bool {
    let (mut seen, mut since) = (JobsSeen::default(), Instant::now());
    loop {
        let now = JobsSeen::of(stage).await;
        if (now.live, now.ended) == (0, all) {
            return true;
        }
        if now != seen {
            (seen, since) = (now, Instant::now());
        }
        if since.elapsed() > QUIET {
            return false;
        }
        a_moment().await;
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct JobsSeen {
    live: usize,
    ended: usize,
    /// Of those that live.
    steps: i64,
}

impl JobsSeen {
    async fn of(stage: &Stage) -> Self {
        // As long as it was killed while it made it, there is no ledger.
        let Ok(ledger) = Ledger::open_read_only(stage.ledger()) else { return Self::default() };
        let read = ledger.read(|conn| {
            let live = jobs::live_ids(conn)?;
            let mut steps = 0;
            for id in &live {
                steps += jobs::steps(conn, *id)?;
            }
            let ended = jobs::ended_ids(conn, 1000)?.len();
            Ok(Self { live: live.len(), ended, steps })
        });
        read.await.unwrap_or_default()
    }
}
