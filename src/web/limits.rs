//! How much of this process strangers can take up before they have proved anything.

use std::fs;
use std::time::Duration;

/// What the listener bears. Tests shorten the times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListenerLimits {
    /// Connections that may be open at once. When there is one more, the one whose peer has been
    /// silent for the longest time is closed.
    pub connections: usize,
    /// How long the head of a request may take, from the opening of the connection or from the
    /// answer before it on: so long an idle connection stays open.
    pub head_time: Duration,
    /// How long a body may take: Gitea itself gives up on a delivery after 5 s.
    pub body_time: Duration,
    /// Bytes of a body that each connection may hold without being counted: most deliveries are
    /// smaller.
    pub small_body: usize,
    /// Bytes that all bodies may hold beyond that together. At least the largest body fits.
    pub body_memory: usize,
    /// A body that takes longer than this gives way to another when that memory is used up.
    pub body_grace: Duration,
    /// How long a request that was answered before its end is read on, so that its sender reads
    /// the answer.
    pub linger: Duration,
    /// When to accept again after the system refused to, if no connection can be closed for it.
    pub accept_pause: Duration,
    /// So long after it last happened, such a refusal, or that there are too many connections, is
    /// over, and logged again when it happens again.
    pub quiet: Duration,
}

impl Default for ListenerLimits {
    fn default() -> Self {
        Self {
            connections: 256,
            head_time: Duration::from_secs(10),
            body_time: Duration::from_secs(10),
            small_body: 64 << 10,
            body_memory: 8 << 20,
            body_grace: Duration::from_secs(1),
            linger: Duration::from_secs(1),
            accept_pause: Duration::from_secs(1),
            quiet: Duration::from_secs(60),
        }
    }
}

impl ListenerLimits {
    /// The limits that fit to this process: its connections take at most half of the file
    /// descriptors that it may open, so that the ledger and the way to the forge keep theirs.
    pub fn of_this_process() -> Self {
        let limits = Self::default();
        let connections = limits.connections.min(descriptors() / 2).max(1);
        Self { connections, ..limits }
    }

    /// The limits of the listener to which workers of other hosts come, who hold so many lines at once:
    /// with that of the forge beside it, a quarter of the file descriptors is left to what strangers
    /// cannot reach.
    ///
    /// # Errors
    /// If that is not enough for them: each line more would cut off another one.
    pub fn of_desk(lines: usize) -> Result<Self, TooManyLines> {
        let limits = Self::default();
        Ok(Self { connections: desk_connections(told_descriptors(), lines)?, ..limits })
    }

    /// The limits of the listener that operators look at: a scraper and a few browsers, which send
    /// no bodies.
    pub fn of_own_pages() -> Self {
        let limits = Self::default();
        let connections = limits.connections.min(32).min(descriptors() / 8).max(1);
        Self { connections, small_body: 0, body_memory: 0, ..limits }
    }
}

/// More lines than this process may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the agents of other hosts take up to {lines} lines to worker.listen at once (agent.capacity of \
     each, on each host dispatch.per_host at most), and this process may open {descriptors} files, a \
     quarter of them for that: allow it {} (LimitNOFILE= in its unit, or `ulimit -n`), or lower \
     agent.capacity or dispatch.per_host", .lines.saturating_mul(4)
)]
pub struct TooManyLines {
    lines: usize,
    descriptors: usize,
}

/// How many lines workers may hold, who need so many. Where the system does not say how much it allows,
/// they get what they need.
fn desk_connections(descriptors: Option<usize>, lines: usize) -> Result<usize, TooManyLines> {
    let most = (descriptors.unwrap_or(FEW) / 4).max(1);
    match descriptors {
        Some(descriptors) if lines > most => Err(TooManyLines { lines, descriptors }),
        _ => Ok(128.min(most).max(lines)),
    }
}

/// What macOS allows, where the system tells it by no file.
const FEW: usize = 256;

/// How many file descriptors this process may open (`ulimit -n`).
fn descriptors() -> usize {
    told_descriptors().unwrap_or(FEW)
}

/// The same, if the system tells it.
fn told_descriptors() -> Option<usize> {
    fs::read_to_string("/proc/self/limits").ok().and_then(|text| soft_limit(&text))
}

/// The soft limit in what Linux says of a process.
fn soft_limit(text: &str) -> Option<usize> {
    let line = text.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    match line.split_whitespace().next()? {
        "unlimited" => Some(usize::MAX),
        number => number.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use crate::web::limits::*;

    #[test]
    fn both_listeners_that_strangers_reach_leave_a_quarter() {
        for (descriptors, most) in [(256, 64), (1024, 128), (usize::MAX, 128), (2, 1)] {
            assert_eq!(desk_connections(Some(descriptors), 0), Ok(most));
        }
        let (forge, desk) =
            (ListenerLimits::of_this_process(), ListenerLimits::of_desk(0).unwrap());
        assert!(forge.connections + desk.connections <= descriptors() / 4 * 3 + 2);
    }

    #[test]
    fn workers_may_hold_as_many_lines_as_they_need_or_it_is_said_what_lacks() {
        for (descriptors, lines, most) in
            [(Some(1024), 256, 256), (Some(4096), 600, 600), (Some(4096), 9, 128), (None, 9, 64)]
        {
            assert_eq!(desk_connections(descriptors, lines), Ok(most));
        }
        // Nobody knows that it would not do.
        assert_eq!(desk_connections(None, 600), Ok(600));
        let lacks = desk_connections(Some(1024), 257).unwrap_err().to_string();
        assert!(lacks.contains("up to 257 lines") && lacks.contains("open 1024 files"), "{lacks}");
        assert!(lacks.contains("allow it 1028") && lacks.contains("agent.capacity"), "{lacks}");
    }

    #[test]
    fn the_soft_limit_is_read() {
        let text = "Limit                     Soft Limit           Hard Limit           Units\n\
                    Max processes             95834                95834                processes\n\
                    Max open files            64                   524288               files\n";
        assert_eq!(soft_limit(text), Some(64));
        let unlimited = text.replace("64    ", "unlimited");
        assert_eq!(soft_limit(&unlimited), Some(usize::MAX));
        assert_eq!(soft_limit(""), None);
    }
}
