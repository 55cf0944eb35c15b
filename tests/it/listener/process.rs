//! The same with the real process: what strangers cost it, and few file descriptors.

use std::fs;
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use tempfile::TempDir;
use timmy::sandbox::{Options, Sandbox};

use crate::listener::client::{Client, delivery, head};
use crate::support::config::{Config, SECRETS};
use crate::support::forge::{DOOR, found};
use crate::support::process::{BINARY, Process, free_port, is_ready, until};

struct Serve {
    process: Process,
    address: SocketAddr,
    folder: TempDir,
    _sandbox: Sandbox,
}

impl Serve {
    /// `timmy serve` with as many file descriptors.
    async fn start(descriptors: usize) -> Self {
        let sandbox = Sandbox::start(Options::default()).await.unwrap();
        let token = found(&sandbox, "foundation", &[DOOR]);
        let folder = tempfile::tempdir().unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let config = Config::of(sandbox.url())
            .listening(&address.to_string())
            .without("webhook.secret_files");
        config.write(&folder.path().join("timmy.toml"));
        let child = Command::new("sh")
            .args([
                "-c",
                &format!("trap '' XFSZ; ulimit -n {descriptors} && exec \"$0\" serve"),
                BINARY,
            ])
            .current_dir(folder.path())
            .env("TIMMY_GITEA_TOKEN", token)
            .env("TIMMY_WEBHOOK_SECRET", SECRETS[0])
            .env_remove("TIMMY_CONFIG")
            .stderr(fs::File::create(folder.path().join("log")).unwrap())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut process = Process(child);
        process.ready(address.port()).await;
        Self { process, address, folder, _sandbox: sandbox }
    }

    async fn deliver(&self) -> u16 {
        let mut client = Client::connect(self.address).await;
        client.send(&delivery(0)).await;
        client.status().await
    }

    /// No file of it may get longer than so many bytes.
    fn limit_files(&self, bytes: &str) {
        let (pid, limit) = (self.process.0.id().to_string(), format!("--fsize={bytes}:unlimited"));
        let limited = Command::new("prlimit").args(["--pid", &pid, &limit]).status().unwrap();
        assert!(limited.success());
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// The most memory that it ever had, in KiB.
    fn peak(&self) -> usize {
        let text = fs::read_to_string(format!("/proc/{}/status", self.process.0.id())).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn with_few_descriptors_silent_connections_do_not_shut_the_door() {
    let serve = Serve::start(64).await;
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(Client::connect(serve.address).await);
    }
    assert_eq!(serve.deliver().await, 202);
    let log = serve.log();
    assert_eq!(log.matches("too many connections are open").count(), 1, "{log}");
    assert_eq!(log.matches("ERROR").count(), 0, "{log}");
}

/// Each could be 4 MiB large: kept until the signature is known, they would take 160 MiB.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn unfinished_requests_cost_little_memory() {
    const MOST: usize = 24 << 10;
    let serve = Serve::start(256).await;
    assert_eq!(serve.deliver().await, 202);
    let before = serve.peak();
    let mut sending = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let address = serve.address;
        sending.spawn(async move {
            let mut client = Client::connect(address).await;
            client.send(&head(&"0".repeat(64), 4 << 20)).await;
            client.send(&vec![b' '; (4 << 20) - 1]).await;
            client
        });
    }
    // Each has sent all, or was cut off.
    let unfinished = sending.join_all().await;
    assert_eq!(serve.deliver().await, 202);
    let cost = serve.peak() - before;
    assert!(cost < MOST, "{} unfinished requests cost {cost} KiB", unfinished.len());
}

/// The log of the ledger cannot grow: as on a full disk, nothing can be written.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_ends_nothing_and_is_tried_again() {
    let serve = Serve::start(64).await;
    assert_eq!(serve.deliver().await, 202);
    let length = fs::metadata(serve.folder.path().join("timmy.db-wal")).unwrap().len();
    serve.limit_files(&length.to_string());
    // What timmy itself writes meanwhile may still fit where a delivery does not.
    until("nothing fits any more", async || {
        serve.deliver().await == 503 && !is_ready(serve.address.port())
    })
    .await;
    // Longer than it takes to try again.
    until("it was tried again", async || serve.log().matches("cannot be written").count() > 0)
        .await;
    serve.limit_files("unlimited");
    until("it is ready again", async || is_ready(serve.address.port())).await;
    assert_eq!(serve.deliver().await, 202);
}
