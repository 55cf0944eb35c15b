//! `[gitea]`, `[poll]` and `[web]`: how timmy and the world reach each other.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use toml::de::DeValue;
use url::Url;

use super::quantity::duration;
use super::secret::Secret;
use super::secrets;
use super::section::Section;
use super::value::{Wrong, count, http_url, listen};
use super::watch::Watch;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// `[gitea]`: the forge and the account.
#[derive(Debug, Clone)]
pub struct GiteaConfig {
    /// Its root address, as written: it may have a path, and that may end without a slash.
    pub url: Url,
    /// The account's own token; its account name is timmy's name.
    pub token: Secret,
    pub watch: Watch,
    /// The most requests that timmy sends in a second, on average.
    pub requests_per_second: u32,
    /// How long a write whose answer never came may still land. Gitea answers within seconds, and
    /// a proxy before it gives up after a minute at most; what lands even later is found by a
    /// second look, and taken back.
    pub settle: Duration,
    /// When that second look is taken.
    pub recheck: Duration,
}

impl GiteaConfig {
    pub(super) fn read(section: &Section<'_>) -> Option<Self> {
        let url = section.need("url", http_url);
        let token = secrets::of_timmy(section, "token_file", "TIMMY_GITEA_TOKEN");
        let watch = Watch::read(section);
        let requests_per_second = section.or("requests_per_second", 10, count(1..=1000));
        let settle = section.or("settle", SECOND * 15, duration(Duration::ZERO..=HOUR));
        let recheck = section.or("recheck", MINUTE * 2, duration(Duration::ZERO..=DAY));
        let (url, token, watch) = (url?, token?, watch?);
        Some(Self { url, token, watch, requests_per_second, settle, recheck })
    }
}

/// `[poll]`: how often timmy polls for what no webhook delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PollConfig {
    /// Time between two searches for threads that moved.
    pub every: Duration,
    /// Time between two readings of all comments, for edits.
    pub sweep: Duration,
}

impl PollConfig {
    pub(super) fn read(section: &Section<'_>) -> Self {
        Self {
            every: section.or("every", MINUTE, duration(SECOND..=DAY)),
            sweep: section.or("sweep", HOUR, duration(MINUTE..=DAY * 30)),
        }
    }
}

/// Where the status page is unless the file says otherwise.
const DEFAULT_WEB: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8788);

/// `[web]`: metrics and the status page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebConfig {
    /// Where timmy listens; none if it is off.
    pub listen: Option<SocketAddr>,
}

impl WebConfig {
    /// Whether that is where everybody listens who says nothing else: an address that another has
    /// does not keep timmy from starting then.
    pub fn is_default(&self) -> bool {
        self.listen == Some(DEFAULT_WEB)
    }

    pub(super) fn read(section: &Section<'_>) -> Self {
        let Some(found) = section.located("listen", listen_or_off) else {
            return Self { listen: Some(DEFAULT_WEB) };
        };
        let span = found.span();
        let listen = found.into_inner();
        if listen.is_some_and(|address| !address.ip().is_loopback()) {
            section.reading.warning(
                Some(span),
                format!("{} can be reached from outside.", section.name("listen")),
                "Its pages ask for no password: listen on 127.0.0.1, behind a proxy that does.",
            );
        }
        Self { listen }
    }
}

fn listen_or_off(value: &DeValue<'_>) -> Result<Option<SocketAddr>, Wrong> {
    match value.as_str() {
        Some("off") => Ok(None),
        _ => listen(value).map(Some),
    }
}
