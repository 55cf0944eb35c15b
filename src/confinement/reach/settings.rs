//! What a run may reach, and how.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::address::AddressKind;
use super::resolve::{Resolve, SystemResolver};
use crate::core::model::endpoint::Endpoint;

/// The servers that a run reaches, and nothing else.
#[derive(Clone)]
pub struct Reach {
    pub(super) endpoints: Vec<Endpoint>,
    pub(super) resolver: Arc<dyn Resolve>,
    pub(super) limits: ReachLimits,
    /// Addresses that are reached though they are not public.
    allowed: Vec<SocketAddr>,
    /// The program that stands in a run for the proxy: timmy itself.
    forwarder: PathBuf,
}

/// How much connections may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReachLimits {
    /// How many are open at once.
    pub connections: usize,
    /// Until the head of a request is there, and the first message of TLS is whole.
    pub head: Duration,
    /// Until a server is found, and until one of its addresses answers.
    pub connect: Duration,
    /// How long nothing may pass in either direction. Models think for minutes without a word.
    pub idle: Duration,
}

impl Default for ReachLimits {
    fn default() -> Self {
        Self {
            connections: 256,
            head: Duration::from_secs(30),
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(30 * 60),
        }
    }
}

impl Reach {
    /// `forwarder`: the file of timmy's own program.
    pub fn new(endpoints: Vec<Endpoint>, forwarder: PathBuf) -> Self {
        Self {
            endpoints,
            resolver: Arc::new(SystemResolver),
            limits: ReachLimits::default(),
            allowed: Vec::new(),
            forwarder,
        }
    }

    /// The same, with names that mean what `resolver` says.
    #[must_use]
    pub fn resolving_by(self, resolver: Arc<dyn Resolve>) -> Self {
        Self { resolver, ..self }
    }

    /// The same, with another file of timmy's program.
    #[must_use]
    pub fn forwarded_by(self, forwarder: PathBuf) -> Self {
        Self { forwarder, ..self }
    }

    /// The same, with other limits.
    #[must_use]
    pub fn within(self, limits: ReachLimits) -> Self {
        Self { limits, ..self }
    }

    /// The same, and `address` is reached though it is not public. No configuration says that.
    #[must_use]
    pub fn allowing(mut self, address: SocketAddr) -> Self {
        self.allowed.push(address);
        self
    }

    pub(in crate::confinement) fn forwarder(&self) -> &Path {
        &self.forwarder
    }

    pub(super) fn names(&self, endpoint: &Endpoint) -> bool {
        self.endpoints.contains(endpoint)
    }

    /// Whether `endpoint` may be reached at `address`. One of a private network only where that
    /// address itself is named: whom a name leads there, its server decides.
    pub(super) fn may_dial(&self, endpoint: &Endpoint, address: SocketAddr) -> bool {
        let is_named = !matches!(endpoint.host(), url::Host::Domain(_));
        match AddressKind::of(address.ip()) {
            AddressKind::Public => true,
            AddressKind::Private if is_named => true,
            AddressKind::Private | AddressKind::Reserved => self.allowed.contains(&address),
        }
    }
}

impl fmt::Debug for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reach").field("endpoints", &self.endpoints).finish_non_exhaustive()
    }
}
