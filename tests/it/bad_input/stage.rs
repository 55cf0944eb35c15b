//! A forge, a timmy that hears of it by webhooks, and agents that it drives over real sockets: ezra
//! and bezalel behind a gateway each, gabriel who asks a model itself.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use regex::Regex;
use serde_json::json;
use tempfile::TempDir;
use timmy::agents::fleet;
use timmy::chance::Chance;
use timmy::clock::Clock;
use timmy::core::jobs::{Job, JobId, StateKind};
use timmy::core::model::time::Timestamp;
use timmy::engine::JobDrivers;
use timmy::sandbox::gateway::{AgentRun, Coder, Gateway, GatewayOptions, HandedIn, RunEnd};
use timmy::sandbox::{Mode, Options, Sandbox};
use timmy::store::jobs;

use crate::support::app::{App, Timmy};
use crate::support::clock::{SECOND, noon};
use crate::support::config::{Config, SECRETS};
use crate::support::forge::{CELLAR, DOOR, EVENTS, client, found};
use crate::support::model::{MODEL, Model};
use crate::support::work_tree::WorkTree;

/// What the model's server wants to see.
pub const MODEL_KEY: &str = "gsk_fedcba9876543210fedcba9876543210";

/// How often timmy looks how an attempt goes, once that has run for a while.
const LOOK: Duration = Duration::from_secs(11);

pub struct Stage {
    pub app: App,
    pub ezra: Gateway,
    pub bezalel: Gateway,
    pub model: Model,
    /// The tokens of all accounts, by login.
    pub tokens: BTreeMap<&'static str, String>,
    /// Where the files with keys lie.
    pub keys: TempDir,
}

/// With both agents behind gateways doing `work`: each with its own account.
pub async fn stage<W>(work: impl Fn(Coder, AgentRun) -> W + Clone + Send + Sync + 'static) -> Stage
where
    W: Future<Output = RunEnd> + Send + 'static,
{
    stage_by(|now| now, work).await
}

/// The same, with a forge whose clock shows another time than timmy's.
pub async fn stage_by<W>(
    of_forge: impl Fn(Timestamp) -> Timestamp + Send + Sync + 'static,
    work: impl Fn(Coder, AgentRun) -> W + Clone + Send + Sync + 'static,
) -> Stage
where
    W: Future<Output = RunEnd> + Send + 'static,
{
    let clock = noon();
    let hands = clock.clone();
    let clock_of_forge = Arc::new(move || of_forge(hands.now()));
    let options = Options { clock: clock_of_forge, ..Options::default() };
    let sandbox = Sandbox::start(options).await.unwrap();
    let tokens = furnish(&sandbox);
    let behind = async |login: &str| {
        let hands = clock.clone();
        let options = GatewayOptions {
            key: gateway_key(login),
            clock: Arc::new(move || hands.now()),
            ..GatewayOptions::default()
        };
        let coder = Coder { login: login.to_owned(), token: tokens[login].clone() };
        let work = work.clone();
        Gateway::start(options, move |run| work(coder.clone(), run)).await.unwrap()
    };
    let (ezra, bezalel) = (behind("ezra").await, behind("bezalel").await);
    let model = Model::start().await;
    model.wants(MODEL_KEY);
    let keys = tempfile::tempdir().unwrap();
    let config = Config::of(sandbox.url()).listening("127.0.0.1:0");
    for login in ["ezra", "bezalel", "gabriel"] {
        std::fs::write(keys.path().join(format!("{login}.token")), &tokens[login]).unwrap();
    }
    let config = hermes(config, keys.path(), ("ezra", "one"), &ezra);
    let config = hermes(config, keys.path(), ("bezalel", "two"), &bezalel);
    let config = openai(config, keys.path(), &model);
    let mut timmy = Timmy::asleep(config, &tokens["timmy"], &clock);
    timmy.drivers = drivers(&timmy, &sandbox, Arc::new(clock.clone()));
    let mut app = App { sandbox, clock, timmy };
    app.wake().await;
    app.sandbox.add_hook("foundation", app.timmy.webhook(), SECRETS[0], &EVENTS).unwrap();
    app.sandbox.open_issue("alexander", DOOR, "The hinge squeaks", "Oil it.").unwrap();
    let stage = Stage { app, ezra, bezalel, model, tokens, keys };
    stage.quiet().await;
    stage
}

/// The door, where all agents write, and a cellar that only timmy sees.
fn furnish(sandbox: &Sandbox) -> BTreeMap<&'static str, String> {
    let timmy = found(sandbox, "foundation", &[DOOR]);
    let mut tokens = BTreeMap::from([("timmy", timmy)]);
    for login in ["ezra", "bezalel", "gabriel", "walt"] {
        tokens.insert(login, sandbox.add_user(login));
        sandbox.collaborator(DOOR, login, Mode::Write).unwrap();
    }
    sandbox.add_repo(CELLAR, true).unwrap();
    sandbox.collaborator(CELLAR, "timmy", Mode::Write).unwrap();
    tokens
}

pub fn gateway_key(login: &str) -> String {
    format!("gateway-key-of-{login}-0123456789abcdef")
}

/// Time enough for all that a test does by a clock that it moves.
fn timeouts() -> serde_json::Value {
    json!({ "start": "10m", "silence": "6h", "total": "6h" })
}

fn hermes(config: Config, keys: &Path, (name, family): (&str, &str), at: &Gateway) -> Config {
    let file = keys.join(format!("{name}.key"));
    std::fs::write(&file, gateway_key(name)).unwrap();
    config
        .with("dispatch.timeout", timeouts())
        .agent(name, ["coder"])
        .its("kind", "hermes")
        .its("family", family)
        .its("url", at.url())
        .its("key_file", file.to_str().unwrap())
        .its("token_file", keys.join(format!("{name}.token")).to_str().unwrap())
}

fn openai(config: Config, keys: &Path, model: &Model) -> Config {
    let file = keys.join("model.key");
    std::fs::write(&file, MODEL_KEY).unwrap();
    config
        .agent("gabriel", ["coder"])
        .its("kind", "openai")
        .its("url", model.url())
        .its("model", MODEL)
        .its("key_file", file.to_str().unwrap())
        .its("token_file", keys.join("gabriel.token").to_str().unwrap())
}

/// The agents of timmy's configuration, by a clock that the test moves.
pub fn drivers(timmy: &Timmy, sandbox: &Sandbox, clock: Arc<dyn Clock>) -> JobDrivers {
    let folder = timmy.path("timmy.toml").parent().unwrap().to_owned();
    let config = timmy.config.load(&folder, &timmy.token);
    let forge = client(sandbox, &timmy.token);
    let agents = fleet(&config, &forge, &clock, &Chance::default()).unwrap();
    JobDrivers { agents, forge: None, guards: None }
}

/// Does the work well: the file and a pull request.
pub async fn oils(coder: &Coder, run: &AgentRun) -> HandedIn {
    coder.hand_in(run, ("oil.md", "A drop a month.\n"), "Oil the hinge").await.unwrap()
}

/// A comment without its marker, and without what differs from time to time.
pub fn without_chance(body: &str) -> String {
    let text = body.split("\n\n<!-- timmy").next().unwrap();
    let commit = Regex::new("`[0-9a-f]{7}`").unwrap();
    let time = Regex::new("[0-9]{2}:[0-9]{2} UTC").unwrap();
    time.replace_all(&commit.replace_all(text, "`COMMIT`"), "HH:MM UTC").into_owned()
}

impl Stage {
    pub async fn quiet(&self) {
        self.app.sandbox.settle().await;
        self.app.quiet().await;
    }

    pub async fn wait(&self, span: Duration) {
        self.app.wait(span).await;
        self.quiet().await;
    }

    /// alexander says something in the door's first issue.
    pub async fn says(&self, text: &str) {
        self.app.sandbox.comment("alexander", DOOR, 1, text).unwrap();
        self.quiet().await;
    }

    /// alexander gives the door's first issue to an agent, which begins.
    pub async fn assigns(&self, agent: &str) -> JobId {
        self.says(&format!("/timmy assign {agent}")).await;
        let id = self.app.timmy.read(|conn| Ok(jobs::live_ids(conn)?.pop())).await;
        id.expect("a job")
    }

    /// Waits until whatever agents behind gateways do is over, and lets timmy see that.
    pub async fn ends(&self) {
        for gateway in [&self.ezra, &self.bezalel] {
            gateway.until(|runs| runs.iter().all(|run| run.status.is_over())).await;
        }
        self.wait(LOOK).await;
    }

    /// Lets timmy look now and then until the attempt that gabriel makes is over.
    pub async fn model_ends(&self, id: JobId) {
        while self.kind(id).await == StateKind::Running {
            for _ in 0..200 {
                tokio::task::yield_now().await;
            }
            self.wait(SECOND).await;
        }
    }

    /// Lets time pass in small steps, as it does.
    pub async fn pass(&self, span: Duration, step: Duration) {
        let mut passed = Duration::ZERO;
        while passed < span {
            self.wait(step).await;
            passed += step;
        }
    }

    pub async fn job(&self, id: JobId) -> Job {
        self.app.timmy.read(move |conn| jobs::get(conn, id)).await.expect("a job").job
    }

    pub async fn kind(&self, id: JobId) -> StateKind {
        self.job(id).await.state.kind()
    }

    /// What timmy said in the door's first issue, without its markers, in order.
    pub fn said(&self) -> Vec<String> {
        self.said_in(1)
    }

    pub fn said_in(&self, number: i64) -> Vec<String> {
        let all = self.app.sandbox.comments(DOOR, number).unwrap();
        let own = all.into_iter().filter(|said| said.author == "timmy");
        own.map(|said| without_chance(&said.body)).collect()
    }

    /// What timmy said there last.
    pub fn last_said(&self) -> String {
        self.said().pop().expect("it said something")
    }

    /// How the card of the job begins: the answer to its assignment.
    pub fn card(&self) -> String {
        let first = self.said().into_iter().next().expect("a card");
        first.split(" · ").next().unwrap().to_owned()
    }

    /// The door, cloned by somebody.
    pub async fn clone_of(&self, login: &str) -> WorkTree {
        let url = self.app.sandbox.clone_url(DOOR);
        WorkTree::cloned(&url, login, &self.tokens[login]).await
    }

    /// Each history gives the job that is stored, and no attempt was begun twice.
    pub async fn end(mut self) {
        assert_eq!(self.app.timmy.read(jobs::rebuilt).await, []);
        for gateway in [&self.ezra, &self.bezalel] {
            let mut sessions: Vec<_> = gateway.runs().into_iter().map(|run| run.session).collect();
            let all = sessions.len();
            sessions.sort();
            sessions.dedup();
            assert_eq!(sessions.len(), all, "an attempt was begun twice");
        }
        self.app.timmy.stop().await;
    }
}
