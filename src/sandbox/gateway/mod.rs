//! A scripted Hermes gateway: agents for the demo, the tests and the benchmarks.
//!
//! It speaks the wire of `/v1/runs` as Hermes 0.19 or 0.22 was recorded to speak it, over real
//! HTTP. What an agent does in a run is told by a [`ScriptedAgent`]: it says something, calls tools,
//! asks, works on the forge with real git, and ends somehow. The gateway can be killed, started
//! again, drained, given another key and another version, and it can misbehave: see [`Faults`].
//!
//! `server` takes connections, `routes` knows what is asked, `state` holds runs and sessions, `json`
//! writes them, `events` streams them, `script` is what an agent sees of its run, `record` has the
//! words for runs and `shared` is what all of these hold. `coder` is an agent's way with git.

mod coder;
mod events;
mod json;
mod record;
mod routes;
mod script;
mod server;
mod shared;
mod state;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::clock::Clock;
use super::faults::{Faults, Matcher};
use super::system_time;
pub use coder::{Coder, HandedIn};
pub use record::{GatewayRun, HermesVersion, Permission, RunEnd, RunStatus};
use script::Scripted;
pub use script::{AgentRun, ScriptedAgent, Working};
use shared::GatewayShared;
use state::GatewayState;

/// How long a port is waited for that somebody else was lent.
const PATIENCE: Duration = Duration::from_secs(30);
const BETWEEN_TRIES: Duration = Duration::from_millis(50);

#[derive(Clone)]
pub struct GatewayOptions {
    pub version: HermesVersion,
    /// What its clients must show.
    pub key: String,
    /// The model that its agent works with.
    pub model: String,
    /// How many runs it takes at once.
    pub most_runs: usize,
    /// Where its times come from.
    pub clock: Clock,
}

impl Default for GatewayOptions {
    fn default() -> Self {
        Self {
            version: HermesVersion::V0_22,
            key: "gateway-key-0123456789abcdef".to_owned(),
            model: "scripted".to_owned(),
            most_runs: 10,
            clock: Arc::new(system_time),
        }
    }
}

/// A running gateway, or a killed one. It ends when it is dropped.
pub struct Gateway {
    shared: Arc<GatewayShared>,
    scripted: Arc<Scripted>,
    address: SocketAddr,
    /// Ends the present process and all that it does; none while it is down.
    life: Option<(CancellationToken, JoinHandle<Option<()>>)>,
}

impl Gateway {
    /// Starts a gateway on a free port of this machine.
    ///
    /// # Errors
    /// If no port can be had.
    pub async fn start(options: GatewayOptions, agent: impl ScriptedAgent) -> io::Result<Self> {
        let GatewayOptions { version, key, model, most_runs, clock } = options;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(GatewayShared {
            state: Mutex::new(GatewayState::new(version, key, model, most_runs)),
            changed: watch::Sender::new(0),
            faults: Faults::default(),
            clock,
            planted: Mutex::default(),
        });
        let scripted = Arc::new(Scripted { shared: shared.clone(), agent: Box::new(agent) });
        let mut gateway = Self { shared, scripted, address, life: None };
        gateway.live(listener);
        Ok(gateway)
    }

    fn live(&mut self, listener: TcpListener) {
        let life = CancellationToken::new();
        self.shared.change(|state| state.begin_life(life.clone()));
        let serving = server::serve(listener, self.scripted.clone());
        let serving = tokio::spawn(life.clone().run_until_cancelled_owned(serving));
        self.life = Some((life, serving));
    }

    /// Its root address, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Switches faults on and off.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// The next request that matches is not done, and answered with these bytes.
    pub fn next_answer(&self, matcher: Matcher, status: u16, body: impl Into<Vec<u8>>) {
        let planted = (matcher, status, body.into());
        self.shared.planted.lock().unwrap_or_else(PoisonError::into_inner).push(planted);
    }

    /// All runs that were ever started, in order, also those that it has forgotten.
    pub fn runs(&self) -> Vec<GatewayRun> {
        self.shared.state().log.clone()
    }

    /// All that it was asked, as method and path, in order.
    pub fn requests(&self) -> Vec<String> {
        self.shared.state().requests.clone()
    }

    /// Returns when this is so of its runs.
    pub async fn until(&self, mut holds: impl FnMut(&[GatewayRun]) -> bool) {
        let mut changed = self.shared.changed.subscribe();
        loop {
            changed.borrow_and_update();
            if holds(&self.shared.state().log) {
                return;
            }
            if changed.changed().await.is_err() {
                return;
            }
        }
    }

    /// Nobody answers what the run asked, until its own patience ends: it works on, and its status
    /// still says that it waits.
    pub fn expire(&self, run: &str) {
        self.shared.change(|state| state.answer(run, Permission::Expired));
    }

    /// Tells the run something, whatever it does just now.
    pub fn tell(&self, run: &str, text: &str) {
        self.shared.change(|state| state.steer(run, text));
    }

    /// Kills it, as by SIGKILL: connections end, what its runs do ends where it is, and what it had
    /// in memory is gone. One that was draining has told its durable runs so.
    pub async fn kill(&mut self) {
        if let Some((life, serving)) = self.life.take() {
            life.cancel();
            // Its port is free only then. It does not panic, and if it did, it has ended as well.
            let _ = serving.await;
        }
        self.shared.change(GatewayState::die);
    }

    /// Starts it again, at the same address, as another process.
    ///
    /// # Errors
    /// If its port is taken meanwhile, and not given back.
    pub async fn restart(&mut self) -> io::Result<()> {
        self.kill().await;
        self.live(take_back(self.address).await?);
        Ok(())
    }

    /// It takes no new work any more: somebody asked it to end.
    pub fn drain(&self) {
        self.shared.change(GatewayState::drain);
    }

    /// From now on it wants another key; what was started with the former one is not seen by it.
    pub fn rotate_key(&self, key: &str) {
        self.shared.change(|state| key.clone_into(&mut state.key));
    }

    /// It is another version from now on, as after an update; restart it in between.
    pub fn become_version(&self, version: HermesVersion) {
        self.shared.change(|state| state.version = version);
    }

    /// What its agent spends on this session costs so much, in millionths of a US dollar.
    pub fn bill(&self, session: &str, micro_usd: u64) {
        self.shared.change(|state| state.bill(session, micro_usd));
    }
}

/// Listens where somebody's connection may have been lent the port meanwhile, and gives it back.
async fn take_back(address: SocketAddr) -> io::Result<TcpListener> {
    let begun = Instant::now();
    loop {
        let bound = TcpListener::bind(address).await;
        let is_taken = matches!(&bound, Err(error) if error.kind() == io::ErrorKind::AddrInUse);
        if !is_taken || begun.elapsed() > PATIENCE {
            return bound;
        }
        tokio::time::sleep(BETWEEN_TRIES).await;
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if let Some((life, _)) = self.life.take() {
            life.cancel();
        }
    }
}
