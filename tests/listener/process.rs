//! The same with the real process: what strangers cost it, and few file descriptors.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use timmy::sandbox::{Mode, Options, Sandbox};

use crate::peer::{Peer, SECRET, delivery, head};

/// Between two looks at whether it is ready.
const LOOK: Duration = Duration::from_millis(20);

struct Process {
    child: Child,
    address: SocketAddr,
    folder: TempDir,
    _sandbox: Sandbox,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    /// `timmy serve` with as many file descriptors.
    async fn start(descriptors: usize) -> Self {
        let sandbox = Sandbox::start(Options::default()).await.unwrap();
        let token = sandbox.add_user("timmy");
        sandbox.add_user("alexander");
        sandbox.add_org("foundation", "alexander").unwrap();
        sandbox.add_repo("foundation/door", false).unwrap();
        sandbox.collaborator("foundation/door", "timmy", Mode::Write).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let text = format!(
            "[gitea]\nurl = \"{}\"\nwatch = [\"foundation\"]\n\
             [webhook]\nlisten = \"{address}\"\npublic_url = \"http://{address}/webhook\"\n\
             [people]\nowner = \"alexander\"\noperators = []\napprovers = []\n",
            sandbox.url()
        );
        fs::write(folder.path().join("timmy.toml"), text).unwrap();
        let child = Command::new("sh")
            .args(["-c", &format!("ulimit -n {descriptors} && exec \"$0\" serve")])
            .arg(env!("CARGO_BIN_EXE_timmy"))
            .current_dir(folder.path())
            .env("TIMMY_GITEA_TOKEN", token)
            .env("TIMMY_WEBHOOK_SECRET", SECRET)
            .env_remove("TIMMY_CONFIG")
            .stderr(fs::File::create(folder.path().join("log")).unwrap())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let process = Self { child, address, folder, _sandbox: sandbox };
        let mut pulse = tokio::time::interval(LOOK);
        while tokio::net::TcpStream::connect(address).await.is_err() {
            pulse.tick().await;
        }
        process
    }

    async fn deliver(&self) -> u16 {
        let mut peer = Peer::connect(self.address).await;
        peer.send(&delivery(0)).await;
        peer.status().await
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// The most memory that it ever had, in KiB.
    fn peak(&self) -> usize {
        let path = PathBuf::from(format!("/proc/{}/status", self.child.id()));
        let text = fs::read_to_string(path).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn with_few_descriptors_silent_connections_do_not_shut_the_door() {
    let process = Process::start(64).await;
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(Peer::connect(process.address).await);
    }
    assert_eq!(process.deliver().await, 202);
    let log = process.log();
    assert_eq!(log.matches("too many connections are open").count(), 1, "{log}");
    assert_eq!(log.matches("ERROR").count(), 0, "{log}");
}

/// Each could be 4 MiB large: kept until the signature is known, they would take 160 MiB.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn unfinished_requests_cost_little_memory() {
    const MOST: usize = 24 << 10;
    let process = Process::start(256).await;
    assert_eq!(process.deliver().await, 202);
    let before = process.peak();
    let mut sending = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let address = process.address;
        sending.spawn(async move {
            let mut peer = Peer::connect(address).await;
            peer.send(&head(&"0".repeat(64), 4 << 20)).await;
            peer.send(&vec![b' '; (4 << 20) - 1]).await;
            peer
        });
    }
    // Each has sent all, or was cut off.
    let unfinished = sending.join_all().await;
    assert_eq!(process.deliver().await, 202);
    let cost = process.peak() - before;
    assert!(cost < MOST, "{} unfinished requests cost {cost} KiB", unfinished.len());
}
