//! A sandbox, a folder with a configuration, and the binary run in it.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;
use timmy::sandbox::{Mode, Options, Outcome, Sandbox};

pub const SECRET: &str = "s3cret-of-the-webhook";

/// What a run printed, and how it ended. Addresses and numbers that differ from run to run are
/// replaced by words.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// A forge with an organisation, a user's repository, a bot, and the bot's configuration.
pub struct Stage {
    pub sandbox: Sandbox,
    pub folder: TempDir,
    pub port: u16,
    pub owner_token: String,
    url: String,
}

impl Stage {
    /// timmy may write to `foundation/door`; alexander owns the organisation. No webhook yet.
    pub async fn set() -> Self {
        Self::set_on(Options::default()).await
    }

    /// The same on another forge.
    pub async fn set_on(options: Options) -> Self {
        let sandbox = Sandbox::start(options).await.unwrap();
        let owner_token = sandbox.add_user("alexander");
        sandbox.add_user("timmy");
        sandbox.add_org("foundation", "alexander").unwrap();
        for repo in ["foundation/door", "alexander/notes"] {
            sandbox.add_repo(repo, false).unwrap();
            sandbox.collaborator(repo, "timmy", Mode::Write).unwrap();
        }
        let url = sandbox.url().to_owned();
        let stage =
            Self { sandbox, folder: tempfile::tempdir().unwrap(), port: port(), owner_token, url };
        stage.secret("owner", &stage.owner_token);
        stage.secret("webhook", SECRET);
        stage.token("write:issue,read:repository,read:organization,read:user");
        stage.configure(r#"["foundation"]"#);
        stage
    }

    /// Gives timmy a token with these scopes.
    pub fn token(&self, scopes: &str) {
        let scopes = timmy::sandbox::Scopes::of(scopes);
        let token = self.sandbox.add_token("timmy", scopes).unwrap();
        self.secret("token", &token);
    }

    /// Writes a configuration that watches `watch`.
    pub fn configure(&self, watch: &str) {
        let (url, webhook) = (&self.url, self.webhook());
        let text = format!(
            r#"
            [gitea]
            url = "{url}"
            token_file = "token"
            watch = {watch}
            [webhook]
            listen = "127.0.0.1:{port}"
            public_url = "{webhook}"
            secret_files = ["webhook"]
            [people]
            owner = "alexander"
            operators = ["writers"]
            approvers = ["alexander"]
            "#,
            port = self.port,
        );
        fs::write(self.folder.path().join("timmy.toml"), text).unwrap();
    }

    /// Writes other `secret_files` into the configuration.
    pub fn name_secrets(&self, files: &str) {
        let file = self.folder.path().join("timmy.toml");
        let text = fs::read_to_string(&file).unwrap();
        let lines = text.lines().map(|line| match line.trim_start().starts_with("secret_files") {
            true => format!("secret_files = {files}"),
            false => line.to_owned(),
        });
        fs::write(&file, lines.collect::<Vec<_>>().join("\n")).unwrap();
    }

    /// What became of all deliveries so far: the status of each answer.
    pub fn outcomes(&self) -> Vec<u16> {
        let status = |outcome| match outcome {
            Outcome::Answered(status) => status,
            other => panic!("{other:?}"),
        };
        self.sandbox.deliveries().into_iter().map(|sent| status(sent.outcome)).collect()
    }

    /// Puts a secret beside the configuration.
    pub fn secret(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
    }

    /// What the forge is to call.
    pub fn webhook(&self) -> String {
        format!("http://127.0.0.1:{}/webhook", self.port)
    }

    /// Makes a webhook there that is as it should be.
    pub fn hook(&self, home: &str) -> i64 {
        let url = self.webhook();
        self.sandbox.add_hook(home, &url, SECRET, &["issues", "pull_request"]).unwrap()
    }

    /// Runs timmy with these words.
    pub fn run(&self, words: &str) -> Run {
        let output = timmy(self.folder.path(), words).output().unwrap();
        let port = self.port.to_string();
        let changes =
            [(self.url.as_str(), "http://forge"), (&port, "PORT"), ("process ", "process PID ")];
        Run {
            code: output.status.code().unwrap(),
            out: steady(&output.stdout, &changes),
            err: steady(&output.stderr, &changes),
        }
    }

    /// Starts `timmy serve` and returns when it is ready.
    pub async fn serve(&self) -> Running {
        let serve = timmy(self.folder.path(), "serve").stderr(Stdio::null()).spawn().unwrap();
        let mut running = Running(serve);
        let mut pulse = tokio::time::interval(std::time::Duration::from_millis(20));
        while !self.is_ready() {
            assert!(running.0.try_wait().unwrap().is_none(), "serve ended before it was ready");
            pulse.tick().await;
        }
        running
    }

    fn is_ready(&self) -> bool {
        let Ok(mut line) = TcpStream::connect(("127.0.0.1", self.port)) else { return false };
        let question = "GET /readyz HTTP/1.1\r\nHost: timmy\r\nConnection: close\r\n\r\n";
        let mut answer = String::new();
        line.write_all(question.as_bytes()).is_ok()
            && line.read_to_string(&mut answer).is_ok()
            && answer.starts_with("HTTP/1.1 200")
    }
}

/// A process that ends with the test.
pub struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The binary in `folder`, with nobody at a terminal.
pub fn timmy(folder: &Path, words: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_timmy"));
    command
        .args(words.split_whitespace())
        .current_dir(folder)
        .env_remove("TIMMY_CONFIG")
        .stdin(Stdio::null());
    command
}

/// What a run of the binary in `folder` printed.
pub fn run(folder: &Path, words: &str) -> Run {
    let Output { status, stdout, stderr } = timmy(folder, words).output().unwrap();
    Run { code: status.code().unwrap(), out: steady(&stdout, &[]), err: steady(&stderr, &[]) }
}

fn steady(bytes: &[u8], changes: &[(&str, &str)]) -> String {
    let mut text = String::from_utf8(bytes.to_owned()).unwrap();
    assert!(!text.contains('\x1b'), "colour, and no terminal");
    for (from, to) in changes {
        text = text.replace(from, to);
    }
    // The number behind a process.
    let mut parts = text.split("PID ");
    let mut steady = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        steady.push_str("PID");
        steady.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    steady
}

fn port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
