//! A Gitea that runs for one test, in a folder of its own, on the loopback interface.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The site's administrator, who furnishes it.
pub const ADMIN: &str = "warden";

pub const PASSWORD: &str = "correct-h0rse-battery";

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(120);

/// How much of its log is shown, in lines.
const TAIL: usize = 60;

/// A running server. It is killed when this is dropped; its folder stays until the next one.
pub struct Gitea {
    pub url: String,
    /// A token of [`ADMIN`], good for everything.
    pub token: String,
    log: PathBuf,
    process: Child,
}

impl Gitea {
    /// Sets up an empty server and starts it.
    pub fn start(binary: &Path) -> Self {
        let folder = folder();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        fs::write(folder.join("app.ini"), configuration(&folder, port)).unwrap();
        run(binary, &folder, "migrate");
        run(
            binary,
            &folder,
            &format!(
                "admin user create --username {ADMIN} --password {PASSWORD} \
                 --email {ADMIN}@example.com --admin --must-change-password=false"
            ),
        );
        let make_token = "admin user generate-access-token --token-name furnish --scopes all --raw";
        let printed = run(binary, &folder, &format!("{make_token} --username {ADMIN}"));
        let token = printed.lines().last().unwrap_or_default().trim().to_owned();
        let log = folder.join("web.log");
        let out = File::create(&log).unwrap();
        let process = gitea(binary, &folder, "web")
            .stdout(out.try_clone().unwrap())
            .stderr(out)
            .spawn()
            .unwrap();
        let mut gitea = Self { url: format!("http://127.0.0.1:{port}"), token, log, process };
        gitea.await_health(port);
        gitea
    }

    fn await_health(&mut self, port: u16) {
        let begun = Instant::now();
        while !is_healthy(port) {
            assert!(self.process.try_wait().unwrap().is_none(), "gitea ended at its start");
            assert!(begun.elapsed() < PATIENCE, "gitea does not start");
            std::thread::park_timeout(Duration::from_millis(100));
        }
    }
}

impl Drop for Gitea {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if std::thread::panicking() {
            let log = fs::read_to_string(&self.log).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            let end = lines[lines.len().saturating_sub(TAIL)..].join("\n");
            eprintln!("the end of {}:\n{end}", self.log.display());
        }
    }
}

/// An empty folder below the build's.
fn folder() -> PathBuf {
    let build = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let folder = build.join("conformance");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The first lines are for those who run tests as root, which Gitea refuses otherwise.
fn configuration(folder: &Path, port: u16) -> String {
    let static_root = match std::env::var("TIMMY_TEST_GITEA_STATIC") {
        Ok(tree) => format!("STATIC_ROOT_PATH = {tree}"),
        Err(_) => String::new(),
    };
    let folder = folder.display();
    format!(
        "I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = {port}
ROOT_URL = http://127.0.0.1:{port}/
DISABLE_SSH = true
OFFLINE_MODE = true
{static_root}
[database]
DB_TYPE = sqlite3
PATH = {folder}/gitea.db
SQLITE_JOURNAL_MODE = WAL
SQLITE_TIMEOUT = 20000
[repository]
ROOT = {folder}/repositories
DEFAULT_BRANCH = main
[security]
INSTALL_LOCK = true
[webhook]
ALLOWED_HOST_LIST = loopback
[indexer]
ISSUE_INDEXER_TYPE = db
[queue]
TYPE = channel
[queue.webhook_sender]
BATCH_LENGTH = 1
[log]
MODE = console
LEVEL = Info
"
    )
}

fn gitea(binary: &Path, folder: &Path, words: &str) -> Command {
    let mut command = Command::new(binary);
    command
        .arg("--work-path")
        .arg(folder)
        .arg("--config")
        .arg(folder.join("app.ini"))
        .args(words.split_whitespace())
        .env("GITEA_I_AM_BEING_UNSAFE_RUNNING_AS_ROOT", "true")
        .env("HOME", folder)
        .env_remove("GITEA_WORK_DIR")
        .env_remove("GITEA_CUSTOM")
        .stdin(Stdio::null());
    command
}

/// What a subcommand printed.
fn run(binary: &Path, folder: &Path, words: &str) -> String {
    let output = gitea(binary, folder, words).output();
    let output = output.unwrap_or_else(|error| panic!("{}: {error}", binary.display()));
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "gitea {words} failed:\n{out}\n{err}");
    out.into_owned()
}

fn is_healthy(port: u16) -> bool {
    let Ok(mut line) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let question = "GET /api/healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    let mut answer = String::new();
    line.write_all(question.as_bytes()).is_ok()
        && line.read_to_string(&mut answer).is_ok()
        && answer.starts_with("HTTP/1.1 200")
}
