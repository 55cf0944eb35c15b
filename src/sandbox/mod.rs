//! A small Gitea, for the demo and the tests: in memory, with real git behind it.
//!
//! It speaks the part of the API that timmy uses, over real HTTP, as Gitea 1.27.0, 1.25.4 or 1.22.6
//! (see [`Version`]) was recorded to speak it (`tests/it/recorded` replays the recordings), and sends
//! signed webhooks. It can misbehave on demand: see [`Faults`].
//!
//! A request walks `line` (the connection) -> `server` (faults, log) -> `api` (one file a
//! family) -> `world` (state, rights, events) -> `json` (wire shapes); what happened leaves by
//! `deliveries`. Code lies on disk (`git`), from the first time that somebody looks at it, and is
//! cloned and pushed under the forge's own address (`smart_http`). People are played by the methods of [`Sandbox`], which do what a page of the
//! real forge would.

mod acting;
mod api;
pub mod backlog;
mod clock;
mod coding;
pub(crate) mod crew;
mod deliveries;
mod faults;
pub mod gateway;
mod git;
mod json;
mod line;
pub mod model;
pub mod page;
mod planning;
mod push_hints;
mod reading;
mod server;
mod setup;
mod signature;
mod smart_http;
#[cfg(test)]
mod tests;
mod versions;
mod world;

pub use clock::Clock;
pub use coding::{BranchRule, SeenMerge};
use std::io;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::core::model::time::Timestamp;
use deliveries::Deliveries;
use line::{Lines, Scissors};
use server::Forge;
use world::World;

pub use deliveries::{DeliveryRecord, DeliveryResult, Order};
pub use faults::{DeliveryFault, Fault, Faults, Gate, Matcher};
pub use reading::{Said, SeenIssue};
pub use server::Asked;
pub use versions::Version;
pub use world::records::{ReviewState, TeamRights};
pub use world::refusal::Refusal;
pub use world::rights::{Mode, Unit};
pub use world::tokens::Scopes;

#[derive(Clone)]
pub struct Options {
    /// Where its times come from; the clock of the machine by default.
    pub clock: Clock,
    pub order: Order,
    /// Which Gitea it is; 1.25.4 by default.
    pub version: Version,
}

impl Default for Options {
    fn default() -> Self {
        Self { clock: Arc::new(system_time), order: Order::default(), version: Version::default() }
    }
}

fn system_time() -> Timestamp {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::default().after(since_1970)
}

/// A running sandbox. It stops when it is dropped.
pub struct Sandbox {
    forge: Arc<Forge>,
    url: String,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Sandbox {
    /// Starts an empty forge on a free port of this machine.
    ///
    /// # Errors
    /// If no port can be had, or there is no `git`.
    pub async fn start(options: Options) -> io::Result<Self> {
        git::require_git().map_err(io::Error::other)?;
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let (tasks, stop, faults) =
            (TaskTracker::new(), CancellationToken::new(), Faults::default());
        let deliveries = Deliveries::start(&url, options.order, faults.clone(), &tasks, &stop)
            .map_err(io::Error::other)?;
        let forge = Arc::new(Forge {
            world: Mutex::new(World::new(url.clone(), options.version)),
            clock: options.clock,
            faults: faults.clone(),
            deliveries,
            log: Mutex::default(),
            stop: stop.clone(),
            pages: OnceLock::new(),
        });
        serve(Lines { listener, faults }, &forge, &tasks, &stop);
        Ok(Self { forge, url, tasks, stop })
    }

    /// Where the forge is reached, without a slash at the end: Gitea's `ROOT_URL`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Switches faults on and off.
    pub fn faults(&self) -> &Faults {
        &self.forge.faults
    }

    /// Returns when every webhook so far was answered or lost. Those that a fault holds back
    /// are not waited for.
    pub async fn settle(&self) {
        self.forge.deliveries.settle().await;
    }

    /// Stops: nothing is answered or sent any more. Webhooks on their way are lost.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn serve(lines: Lines, forge: &Arc<Forge>, tasks: &TaskTracker, stop: &CancellationToken) {
    let service =
        server::router(Arc::clone(forge)).into_make_service_with_connect_info::<Scissors>();
    let stop = stop.clone();
    tasks.spawn(async move {
        // Not graceful: requests that a fault holds would keep it from ending.
        stop.run_until_cancelled_owned(async { axum::serve(lines, service).await }).await
    });
}
