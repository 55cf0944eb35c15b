//! `[worker]`: agents on other machines, driven by a worker there.

use std::net::SocketAddr;

use url::Url;

use super::engine::EngineConfig;
use super::section::Section;
use super::value::{http_url, line, listen};

/// The variable that says what this machine is called. It goes before the file.
pub const HOST_VARIABLE: &str = "TIMMY_WORKER_HOST";

/// `[worker]`: how timmy and the workers on other hosts find each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkerConfig {
    /// Where workers fetch what they are to do; none: every agent is driven from here.
    pub listen: Option<SocketAddr>,
    /// Where a worker finds that.
    pub url: Option<Url>,
    /// What this machine is called in `agent.host`.
    pub host: Option<String>,
}

impl WorkerConfig {
    pub(super) fn read(section: &Section<'_>) -> Self {
        let named = section.optional("host", line);
        Self {
            listen: section.optional("listen", listen),
            url: section.optional("url", http_url),
            host: (section.reading.world.env)(HOST_VARIABLE).or(named),
        }
    }
}

/// Which agents are driven by workers on their hosts.
#[derive(Debug, Clone, Default)]
pub(super) struct Away {
    are_there_workers: bool,
    here: Option<String>,
}

impl Away {
    pub(super) fn of(engine: Option<&EngineConfig>, worker: Option<&WorkerConfig>) -> Self {
        let is_temporal = engine.is_some_and(|engine| engine.temporal().is_some());
        let is_named = worker.is_some_and(|its| its.listen.is_some() || its.url.is_some());
        let here = worker.and_then(|worker| worker.host.clone());
        Self { are_there_workers: is_temporal && is_named, here }
    }

    /// Whether an agent on this host is one of them.
    pub(super) fn is(&self, host: Option<&str>) -> bool {
        self.are_there_workers && host.is_some_and(|host| self.here.as_deref() != Some(host))
    }
}
