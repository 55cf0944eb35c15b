//! A forge with an organisation of some rooms, and a timmy that watches it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use timmy::app::App;
use timmy::clock::{Clock, ManualClock};
use timmy::config::{self, SecretFile, World};
use timmy::core::model::time::Timestamp;
use timmy::core::scheduling::IssueFacts;
use timmy::engine::Engine;
use timmy::sandbox::{Mode, Options, Sandbox};
use timmy::store::backlog;
use tokio_util::sync::CancellationToken;

pub const MINUTE: Duration = Duration::from_secs(60);
pub const HOUR: Duration = Duration::from_secs(60 * 60);

/// The first room.
pub const ROOM: &str = "halls/room-1";

/// How timmy gets to know what happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ear {
    /// It is told at once.
    Webhooks,
    /// It asks once a minute.
    Polls,
}

pub struct Stage {
    pub sandbox: Sandbox,
    pub clock: ManualClock,
    pub watch: &'static str,
    pub acceptance: &'static str,
    pub ear: Ear,
    pub folder: TempDir,
    pub token: String,
    timmy: Option<Timmy>,
}

struct Timmy {
    engine: Arc<Engine>,
    stop: CancellationToken,
    running: tokio::task::JoinHandle<()>,
}

impl Stage {
    /// A forge with the organisation `halls`, which has no rooms yet. timmy sleeps.
    pub async fn empty() -> Self {
        let clock = ManualClock::at(Timestamp::parse("2026-11-23T12:00:00Z").unwrap());
        let hands = clock.clone();
        let options = Options { clock: Arc::new(move || hands.now()), ..Options::default() };
        let sandbox = Sandbox::start(options).await.unwrap();
        let token = sandbox.add_user("timmy");
        for login in ["alexander", "anna"] {
            sandbox.add_user(login);
        }
        sandbox.add_org("halls", "alexander").unwrap();
        Self {
            sandbox,
            clock,
            watch: r#"["halls"]"#,
            acceptance: "(?i)done when",
            ear: Ear::Polls,
            folder: tempfile::tempdir().unwrap(),
            token,
            timmy: None,
        }
    }

    /// A forge with so many rooms, and so many issues in each. timmy sleeps.
    pub async fn without_timmy(rooms: usize, issues: usize) -> Self {
        let stage = Self::empty().await;
        for room in 1..=rooms {
            let name = format!("halls/room-{room}");
            stage.room(&name);
            for n in 1..=issues {
                stage.sandbox.open_issue("anna", &name, &format!("Dust {n}"), "There.").unwrap();
            }
        }
        stage
    }

    /// The same an hour later; timmy has read all of it.
    pub async fn awake(rooms: usize, issues: usize, ear: Ear) -> Self {
        let mut stage = Self::without_timmy(rooms, issues).await;
        stage.ear = ear;
        stage.clock.advance(HOUR);
        stage.wake().await;
        stage
    }

    pub fn room(&self, name: &str) {
        self.sandbox.add_repo(name, false).unwrap();
        self.sandbox.collaborator(name, "timmy", Mode::Write).unwrap();
        self.sandbox.collaborator(name, "anna", Mode::Write).unwrap();
    }

    /// Lets issues of a repository say what is to be done.
    pub fn ripen(&self, repo: &str, numbers: std::ops::RangeInclusive<i64>) {
        for number in numbers {
            let text = "Sweep the floor until nobody can tell that it was ever dusty. ".repeat(2);
            self.sandbox.edit_issue("anna", repo, number, &text).unwrap();
        }
    }

    pub async fn wake(&mut self) {
        self.start().await;
        self.quiet().await;
    }

    /// Starts timmy and waits for nothing.
    pub async fn start(&mut self) {
        std::fs::write(self.folder.path().join("secret"), "s3cret").unwrap();
        let text = self.configuration();
        let env = |name: &str| (name == "TIMMY_GITEA_TOKEN").then(|| self.token.clone());
        let secret_file = |path: &Path| SecretFile::open(path);
        let world = World { env: &env, secret_file: &secret_file };
        let at = self.folder.path().join("timmy.toml");
        let config = config::parse(&text, &at, world).unwrap_or_else(|e| panic!("{e}")).config;
        let bot =
            App::new(&config, Arc::new(self.clock.clone()), Duration::from_secs(15)).await.unwrap();
        if self.ear == Ear::Webhooks {
            let url = format!("http://{}/webhook", bot.address().unwrap());
            let events = ["issues", "pull_request"];
            self.sandbox.add_hook("halls", &url, "s3cret", &events).unwrap();
        }
        let (engine, stop) = (bot.engine.clone(), CancellationToken::new());
        let ended = bot.run(stop.clone());
        let running = tokio::spawn(async { ended.await.unwrap() });
        self.timmy = Some(Timmy { engine, stop, running });
    }

    pub async fn stop(&mut self) {
        let timmy = self.timmy.take().unwrap();
        timmy.stop.cancel();
        timmy.running.await.unwrap();
    }

    pub fn engine(&self) -> &Engine {
        &self.timmy.as_ref().unwrap().engine
    }

    pub async fn quiet(&self) {
        self.engine().quiet().await;
    }

    pub async fn wait(&self, span: Duration) {
        self.clock.advance(span);
        self.engine().ring();
        self.quiet().await;
    }

    /// Lets timmy hear what happened: at once, or within a minute. A second passes before that,
    /// so that no two things happen at the same time.
    pub async fn hear(&self) {
        match self.ear {
            Ear::Webhooks => self.sandbox.settle().await,
            Ear::Polls => self.wait(MINUTE).await,
        }
        self.clock.advance(Duration::from_secs(1));
    }

    /// What timmy knows of each open issue.
    pub async fn facts(&self) -> Vec<IssueFacts> {
        let now = self.clock.now();
        self.engine().ledger.read(move |conn| backlog::facts(conn, now)).await.unwrap()
    }

    /// What timmy knows of the first open issue.
    pub async fn first(&self) -> IssueFacts {
        self.facts().await.remove(0)
    }

    /// What timmy holds for open, by its present name.
    pub async fn open(&self) -> Vec<String> {
        let threads: Vec<_> = self.facts().await.iter().map(|facts| facts.thread).collect();
        let asked = threads.clone();
        let titles = self.engine().ledger.read(move |conn| backlog::titles(conn, &asked));
        let titles = titles.await.unwrap();
        threads.iter().map(|t| format!("{}#{}", titles[t].repo.name, t.number)).collect()
    }

    /// The paths of what timmy asks for meanwhile.
    pub async fn asked_during(&self, span: Duration) -> Vec<String> {
        let before = self.sandbox.requests().len();
        self.wait(span).await;
        self.sandbox.requests().split_off(before).into_iter().map(|asked| asked.path).collect()
    }

    fn configuration(&self) -> String {
        let (url, ledger) = (self.sandbox.url(), self.folder.path().join("timmy.db"));
        format!(
            r#"
            [gitea]
            url = "{url}"
            watch = {watch}
            requests_per_second = 1000

            [ledger]
            path = "{ledger}"

            [webhook]
            listen = "127.0.0.1:0"
            public_url = "https://timmy.example.org/webhook"
            secret_files = ["secret"]

            [people]
            owner = "alexander"
            operators = ["writers"]
            approvers = ["anna"]

            [score]
            acceptance = "{acceptance}"

            [[agent]]
            name = "ezra"
            kind = "forge"
            account = "ezra"
            roles = ["coder"]
            "#,
            watch = self.watch,
            acceptance = self.acceptance,
            ledger = ledger.display(),
        )
    }
}
