//! A forge without webhooks, and a timmy that can be put to sleep and woken.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use timmy::app::App;
use timmy::clock::{Clock, ManualClock};
use timmy::config::{self, SecretFile, World};
use timmy::core::model::time::Timestamp;
use timmy::core::reply::marker::key_of;
use timmy::engine::Engine;
use timmy::sandbox::{Options, Sandbox};
use timmy::store::incidents;
use tokio_util::sync::CancellationToken;

use crate::running::SECRETS;
use crate::talk::{DOOR, furnish};

/// How often timmy looks.
pub const MINUTE: Duration = Duration::from_secs(60);

/// How long what was found waits for the webhook that tells who did it.
pub const PATIENCE: Duration = Duration::from_secs(10);

pub struct Stage {
    pub sandbox: Sandbox,
    pub clock: ManualClock,
    pub folder: TempDir,
    pub watch: &'static str,
    pub operators: &'static str,
    /// Whether timmy listens as well.
    pub with_webhook: bool,
    token: String,
    timmy: Option<Timmy>,
}

struct Timmy {
    engine: Arc<Engine>,
    webhook: Option<String>,
    stop: CancellationToken,
    running: tokio::task::JoinHandle<()>,
}

impl Stage {
    /// A forge with the usual cast, and one issue in the door. timmy sleeps.
    pub async fn asleep() -> Self {
        let clock = ManualClock::at(Timestamp::parse("2026-11-23T12:00:00Z").unwrap());
        let hands = clock.clone();
        let options = Options { clock: Arc::new(move || hands.now()), ..Options::default() };
        let sandbox = Sandbox::start(options).await.unwrap();
        let token = furnish(&sandbox, "timmy");
        sandbox.open_issue("rita", DOOR, "The door does not open", "It is stuck.").unwrap();
        let folder = tempfile::tempdir().unwrap();
        Self {
            sandbox,
            clock,
            folder,
            watch: r#"["foundation"]"#,
            operators: r#"["writers"]"#,
            with_webhook: false,
            token,
            timmy: None,
        }
    }

    /// The same, an hour later; timmy has just been started for the first time.
    pub async fn awake() -> Self {
        let mut stage = Self::asleep().await;
        stage.clock.advance(60 * MINUTE);
        stage.wake().await;
        stage
    }

    pub async fn wake(&mut self) {
        let mut text = configuration(&self.sandbox, self.folder.path(), self);
        if self.with_webhook {
            text.push_str(
                "[webhook]\nlisten = \"127.0.0.1:0\"\n\
                 public_url = \"https://timmy.example.org/webhook\"\n",
            );
        }
        let env = |name: &str| match name {
            "TIMMY_GITEA_TOKEN" => Some(self.token.clone()),
            "TIMMY_WEBHOOK_SECRET" => Some(SECRETS[0].to_owned()),
            _ => None,
        };
        let secret_file = |path: &Path| SecretFile::open(path);
        let world = World { env: &env, secret_file: &secret_file };
        let at = self.folder.path().join("timmy.toml");
        let config = config::parse(&text, &at, world).unwrap().config;
        let settle = Duration::from_secs(15);
        let bot = App::new(&config, Arc::new(self.clock.clone()), settle).await.unwrap();
        let webhook = bot.address().map(|address| format!("http://{address}/webhook"));
        let (engine, stop) = (bot.engine.clone(), CancellationToken::new());
        let ended = bot.run(stop.clone());
        let running = tokio::spawn(async { ended.await.unwrap() });
        self.timmy = Some(Timmy { engine, webhook, stop, running });
        self.quiet().await;
    }

    /// Where timmy listens.
    pub fn webhook(&self) -> String {
        self.timmy.as_ref().unwrap().webhook.clone().unwrap()
    }

    /// What is wrong with the world, as the ledger has it.
    pub async fn incidents(&self) -> Vec<String> {
        let ledger = &self.timmy.as_ref().unwrap().engine.ledger;
        ledger.read(incidents::all).await.unwrap().into_iter().map(|one| one.text).collect()
    }

    pub async fn sleep(&mut self) {
        let timmy = self.timmy.take().unwrap();
        timmy.stop.cancel();
        timmy.running.await.unwrap();
    }

    /// Waits until timmy has looked and answered.
    pub async fn quiet(&self) {
        self.timmy.as_ref().unwrap().engine.quiet().await;
    }

    /// Lets time pass, then timmy look and answer.
    pub async fn wait(&self, span: Duration) {
        self.clock.advance(span);
        self.timmy.as_ref().unwrap().engine.ring();
        self.quiet().await;
    }

    /// Somebody comments in the door's first issue; its id.
    pub fn says(&self, who: &str, text: &str) -> i64 {
        self.sandbox.comment(who, DOOR, 1, text).unwrap()
    }

    /// Somebody says something, and a minute later there is the reply.
    pub async fn ask(&self, who: &str, text: &str) -> String {
        let id = self.says(who, text);
        self.wait(MINUTE).await;
        self.reply(&format!("c{id}"))
    }

    /// The one reply with this key in the door's first issue.
    pub fn reply(&self, key: &str) -> String {
        self.reply_in(DOOR, 1, key)
    }

    /// The one reply with this key.
    pub fn reply_in(&self, repo: &str, number: i64, key: &str) -> String {
        let replies = self.replies_in(repo, number);
        let mut found = replies.iter().filter(|(its, _)| its == key);
        let reply = found.next().unwrap_or_else(|| panic!("no {key} in {replies:#?}"));
        assert!(found.next().is_none(), "{key} twice");
        reply.1.clone()
    }

    /// The comment with this key in the door's first issue.
    pub fn comment_of(&self, key: &str) -> i64 {
        let comments = self.sandbox.comments(DOOR, 1).unwrap();
        comments.iter().find(|comment| key_of(&comment.body) == Some(key)).unwrap().id
    }

    /// What timmy said, by key.
    pub fn replies_in(&self, repo: &str, number: i64) -> Vec<(String, String)> {
        let comments = self.sandbox.comments(repo, number).unwrap();
        let own = comments.iter().filter(|comment| comment.author == "timmy");
        let parts = own.map(|comment| {
            let (text, _) = comment.body.rsplit_once("\n\n<!--").unwrap();
            (key_of(&comment.body).unwrap().to_owned(), text.to_owned())
        });
        parts.collect()
    }

    /// The keys of what timmy said in the door's first issue.
    pub fn answered(&self) -> Vec<String> {
        self.replies_in(DOOR, 1).into_iter().map(|(key, _)| key).collect()
    }

    /// The paths of the requests that timmy makes meanwhile.
    pub async fn asked_during(&self, span: Duration) -> Vec<String> {
        let before = self.sandbox.requests().len();
        self.wait(span).await;
        self.sandbox.requests().split_off(before).into_iter().map(|asked| asked.path).collect()
    }
}

fn configuration(sandbox: &Sandbox, folder: &Path, stage: &Stage) -> String {
    let (url, watch, operators) = (sandbox.url(), stage.watch, stage.operators);
    let ledger = folder.join("timmy.db");
    format!(
        r#"
        [gitea]
        url = "{url}"
        watch = {watch}
        requests_per_second = 1000

        [ledger]
        path = "{}"

        [people]
        owner = "alexander"
        operators = {operators}
        approvers = ["anna"]
        readers = ["rita"]

        [[agent]]
        name = "ezra"
        kind = "forge"
        account = "ezra"
        roles = ["coder"]
        "#,
        ledger.display()
    )
}
