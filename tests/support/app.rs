//! A timmy in this process: the real engine and the real listener, by a clock that stands still.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use timmy::app::{AppError, Clocks};
use timmy::clock::{ManualClock, SystemClock};
use timmy::engine::{Engine, JobDrivers};
use timmy::sandbox::Sandbox;
use timmy::store::{Connection, Error, Ledger, OpenError, Transaction, incidents};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::support::clock::noon;
use crate::support::config::{Config, SECRETS};
use crate::support::forge::{forge, http_client};
use crate::support::scrape::Scrape;

/// A timmy that can be stopped and started again, on the same ledger.
pub struct Timmy {
    /// What it is started with the next time.
    pub config: Config,
    pub clock: ManualClock,
    pub token: String,
    /// Who does its jobs.
    pub drivers: JobDrivers,
    folder: TempDir,
    running: Option<Running>,
}

struct Running {
    engine: Arc<Engine>,
    webhook: Option<String>,
    own: Option<SocketAddr>,
    stop: CancellationToken,
    ended: JoinHandle<Result<(), AppError>>,
}

impl Timmy {
    /// One that was never started. It speaks to its forge with `token`.
    pub fn asleep(config: Config, token: &str, clock: &ManualClock) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Where timmy is root, what its guards run has to come through to its copy.
        let open = std::fs::Permissions::from_mode(0o711);
        std::fs::set_permissions(folder.path(), open).unwrap();
        for secret in SECRETS {
            std::fs::write(folder.path().join(secret), secret).unwrap();
        }
        let (token, clock) = (token.to_owned(), clock.clone());
        let drivers = JobDrivers::default();
        Self { config, clock, token, drivers, folder, running: None }
    }

    /// Starts it and waits for nothing.
    pub async fn start(&mut self) {
        assert!(self.running.is_none(), "it runs");
        let config = self.config.load(self.folder.path(), &self.token);
        let clocks = Clocks { engine: Arc::new(self.clock.clone()), client: Arc::new(SystemClock) };
        let bot = self.built(&config, clocks).await;
        let webhook = bot.address().map(|address| format!("http://{address}/webhook"));
        let own = bot.own_address();
        let (engine, stop) = (bot.engine.clone(), CancellationToken::new());
        let run = bot.run(stop.clone());
        let ended = tokio::spawn(run);
        self.running = Some(Running { engine, webhook, own, stop, ended });
    }

    /// Whoever was killed a moment ago may still hold the ledger for as long as a commit takes.
    async fn built(&self, config: &timmy::config::Config, clocks: Clocks) -> timmy::app::App {
        let Clocks { engine, client } = clocks;
        loop {
            let clocks = Clocks { engine: engine.clone(), client: client.clone() };
            match timmy::app::App::with(config, clocks, self.drivers.clone()).await {
                Err(AppError::Ledger(OpenError::Held { .. })) => tokio::task::yield_now().await,
                made => return made.unwrap(),
            }
        }
    }

    /// Ends it where it stands, as a crash does.
    pub async fn kill(&mut self) {
        let Running { ended, .. } = self.running.take().expect("it runs");
        ended.abort();
        let _ = ended.await;
    }

    /// Starts it and waits until it has looked, answered and decided.
    pub async fn wake(&mut self) {
        self.start().await;
        self.quiet().await;
    }

    /// Lets it finish what it has begun, and end.
    pub async fn stop(&mut self) {
        let Running { stop, ended, .. } = self.running.take().expect("it runs");
        stop.cancel();
        ended.await.unwrap().unwrap();
    }

    /// Waits until it ends by itself; why it did.
    pub async fn ended(&mut self) -> String {
        let ended = self.running.take().expect("it runs").ended.await.unwrap();
        ended.expect_err("nobody has stopped it").to_string()
    }

    /// What its listener says of its health: the status and the text.
    pub async fn readiness(&self) -> (u16, String) {
        let address = self.webhook().replace("/webhook", "/readyz");
        let answer = http_client().get(address).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    pub fn engine(&self) -> &Engine {
        &self.running.as_ref().expect("it runs").engine
    }

    /// The same, for whoever outlives this.
    pub fn shared_engine(&self) -> Arc<Engine> {
        self.running.as_ref().expect("it runs").engine.clone()
    }

    /// Where it listens.
    pub fn webhook(&self) -> &str {
        self.running.as_ref().and_then(|running| running.webhook.as_deref()).expect("it listens")
    }

    /// Where operators look at it.
    pub fn own_address(&self) -> SocketAddr {
        self.running.as_ref().and_then(|running| running.own).expect("web.listen is set")
    }

    /// Its metrics.
    pub async fn scrape(&self) -> Scrape {
        Scrape::of(self.own_address()).await
    }

    /// Waits until it has nothing left to do before the clock moves.
    pub async fn quiet(&self) {
        self.engine().quiet().await;
    }

    /// Lets time pass, and what is due happen.
    pub async fn wait(&self, span: Duration) {
        self.clock.advance(span);
        self.engine().notify();
        self.quiet().await;
    }

    /// A file beside the configuration.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Its ledger, opened while it sleeps.
    pub fn ledger(&self) -> Ledger {
        assert!(self.running.is_none(), "it runs");
        Ledger::open(self.path("timmy.db")).unwrap()
    }

    /// What its ledger holds while it runs.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> T {
        self.engine().ledger().read(read).await.unwrap()
    }

    /// Writes into its ledger while it runs.
    pub async fn write<T: Send + 'static>(
        &self,
        write: impl FnOnce(&Transaction<'_>) -> Result<T, Error> + Send + 'static,
    ) -> T {
        self.engine().ledger().write(write).await.unwrap()
    }

    /// What it notes as wrong with the world, in the words in which `doctor` shows it.
    pub async fn noted(&self) -> String {
        let all = self.read(incidents::all).await;
        all.into_iter().map(|open| open.sentence()).collect::<Vec<_>>().join("\n")
    }
}

/// A forge and a timmy, which have one clock.
pub struct App {
    pub sandbox: Sandbox,
    pub clock: ManualClock,
    pub timmy: Timmy,
}

impl App {
    /// At noon. `furnish` makes what is in the forge, and gives timmy's token; `change` makes
    /// timmy's configuration. It sleeps.
    pub async fn asleep(
        furnish: impl FnOnce(&Sandbox) -> String,
        change: impl FnOnce(Config) -> Config,
    ) -> Self {
        let clock = noon();
        let sandbox = forge(&clock).await;
        let token = furnish(&sandbox);
        let config = change(Config::of(sandbox.url()));
        let timmy = Timmy::asleep(config, &token, &clock);
        Self { sandbox, clock, timmy }
    }

    /// Starts timmy and waits until it has looked and answered.
    pub async fn wake(&mut self) {
        self.timmy.wake().await;
    }

    /// Waits until timmy has looked and answered.
    pub async fn quiet(&self) {
        self.timmy.quiet().await;
    }

    /// Lets time pass, then timmy look and answer.
    pub async fn wait(&self, span: Duration) {
        self.timmy.wait(span).await;
    }

    /// The paths of what timmy asks for meanwhile.
    pub async fn asked_during(&self, span: Duration) -> Vec<String> {
        let before = self.sandbox.requests().len();
        self.wait(span).await;
        self.sandbox.requests().split_off(before).into_iter().map(|asked| asked.path).collect()
    }
}
