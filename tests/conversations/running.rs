//! A timmy that runs: the real engine and the real listener, with a ledger of its own.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use timmy::app::App;
use timmy::clock::ManualClock;
use timmy::config::{self, SecretFile, World};
use timmy::engine::Engine;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The secrets that timmy knows, as while they are being replaced.
pub const SECRETS: [&str; 2] = ["s3cret", "n3w-s3cret"];

/// How long a write whose answer never came may still land.
pub const SETTLE: Duration = Duration::from_secs(15);

pub struct Running {
    pub engine: Arc<Engine>,
    /// Where the forge calls it.
    pub webhook: String,
    stop: CancellationToken,
    ended: JoinHandle<()>,
    _folder: TempDir,
}

impl Running {
    /// Starts one that speaks to the forge at `url` with `token`. Of its configuration each
    /// piece of `changes` is replaced by another.
    pub async fn start(
        url: &str,
        token: &str,
        clock: &ManualClock,
        changes: &[(&str, &str)],
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for secret in SECRETS {
            std::fs::write(folder.path().join(secret), secret).unwrap();
        }
        let mut text = configuration(url);
        for (from, to) in changes {
            assert!(text.contains(from), "{from}");
            text = text.replace(from, to);
        }
        let env = |name: &str| (name == "TIMMY_GITEA_TOKEN").then(|| token.to_owned());
        let secret_file = |path: &Path| SecretFile::open(path);
        let world = World { env: &env, secret_file: &secret_file };
        let path = folder.path().join("timmy.toml");
        let config = config::parse(&text, &path, world).unwrap_or_else(|e| panic!("{e}")).config;
        let bot = App::new(&config, Arc::new(clock.clone()), SETTLE).await.unwrap();
        let webhook = format!("http://{}/webhook", bot.address().unwrap());
        let (engine, stop) = (bot.engine.clone(), CancellationToken::new());
        let run = bot.run(stop.clone());
        let ended = tokio::spawn(async { run.await.unwrap() });
        Self { engine, webhook, stop, ended, _folder: folder }
    }

    pub async fn stop(self) {
        self.stop.cancel();
        self.ended.await.unwrap();
    }
}

fn configuration(url: &str) -> String {
    let [secret, new_secret] = SECRETS;
    format!(
        r#"
        [gitea]
        url = "{url}"
        watch = ["foundation"]
        requests_per_second = 1000

        [webhook]
        listen = "127.0.0.1:0"
        public_url = "https://timmy.example.org/webhook"
        secret_files = ["{secret}", "{new_secret}"]

        [people]
        owner = "alexander"
        operators = ["writers"]
        approvers = ["anna"]
        readers = ["rita"]
        ignore = ["renovate"]

        [[agent]]
        name = "ezra"
        kind = "forge"
        account = "ezra"
        roles = ["coder"]
        "#
    )
}
