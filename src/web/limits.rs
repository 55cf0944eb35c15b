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

    /// The limits of the listener to which workers of other hosts come: with that of the forge beside it,
    /// a quarter of the file descriptors is left to what strangers cannot reach.
    pub fn of_desk() -> Self {
        let limits = Self::default();
        Self { connections: desk_connections(descriptors()), ..limits }
    }

    /// The limits of the listener that operators look at: a scraper and a few browsers, which send
    /// no bodies.
    pub fn of_own_pages() -> Self {
        let limits = Self::default();
        let connections = limits.connections.min(32).min(descriptors() / 8).max(1);
        Self { connections, small_body: 0, body_memory: 0, ..limits }
    }
}

/// How many workers may hold a line: a few for each agent.
fn desk_connections(descriptors: usize) -> usize {
    128.min(descriptors / 4).max(1)
}

/// How many file descriptors this process may open (`ulimit -n`).
fn descriptors() -> usize {
    /// What macOS allows, where the system tells it by no file.
    const FEW: usize = 256;
    fs::read_to_string("/proc/self/limits").ok().and_then(|text| soft_limit(&text)).unwrap_or(FEW)
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
            assert_eq!(desk_connections(descriptors), most);
        }
        let (forge, desk) = (ListenerLimits::of_this_process(), ListenerLimits::of_desk());
        assert!(forge.connections + desk.connections <= descriptors() / 4 * 3 + 2);
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
