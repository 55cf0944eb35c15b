//! A sandbox forge in this process, and the real timmy beside it as a process of its own.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use timmy::sandbox::backlog::Backlog;
use timmy::sandbox::gateway::GatewayOptions;
use timmy::sandbox::{Mode, Options, Sandbox};
use tokio::runtime::Runtime;

use crate::load::SECRET;

/// Where everything happens; the recorded delivery tells of the same repository.
pub const REPO: &str = "foundation4ce1/config";

/// Who commands.
pub const OWNER: &str = "alexander";

/// At so many requests a second timmy's own pace, which spares real forges, delays nothing.
const UNHINDERED: u32 = 1_000;

/// How long anything may take before the benchmark gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder on the disk on which the project is built: a ledger in memory would prove nothing.
pub fn folder() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// The forge, and what timmy needs to serve it.
pub struct Stage {
    pub sandbox: Sandbox,
    pub address: String,
    pub token: String,
    folder: TempDir,
    /// Last, so that it is there as long as the forge is.
    runtime: Runtime,
}

/// One that no number needs, but for those that name another.
const NOBODYS_AGENT: &str = r#"
[[agent]]
name = "ezra"
kind = "forge"
account = "ezra"
roles = ["coder"]
"#;

impl Stage {
    /// A forge with one repository, whose webhook calls timmy at [`Stage::address`].
    pub fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let sandbox = runtime.block_on(Sandbox::start(Options::default())).unwrap();
        let address = free_address();
        let token = sandbox.add_user("timmy");
        sandbox.add_user(OWNER);
        sandbox.add_org("foundation4ce1", OWNER).unwrap();
        sandbox.add_repo(REPO, false).unwrap();
        sandbox.collaborator(REPO, "timmy", Mode::Write).unwrap();
        let url = format!("http://{address}/webhook");
        sandbox.add_hook(REPO, &url, SECRET, &["issues", "pull_request"]).unwrap();
        let stage = Self { sandbox, address, token, folder: folder(), runtime };
        stage.configure("foundation4ce1", "1m", UNHINDERED, NOBODYS_AGENT);
        stage
    }

    /// The next timmy has these agents, in the words of its configuration.
    pub fn employ(&self, agents: &str) {
        self.configure("foundation4ce1", "1m", UNHINDERED, agents);
    }

    /// Where the forge runs.
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// The same at the pace at which timmy asks real forges.
    pub fn at_default_pace() -> Self {
        let stage = Self::new();
        stage.configure("foundation4ce1", "1m", 10, NOBODYS_AGENT);
        stage
    }

    /// A forge whose organisation `org` has this backlog. No webhook calls; timmy polls every ten
    /// seconds.
    pub fn filled(org: &str, backlog: &Backlog) -> Self {
        let runtime = Runtime::new().unwrap();
        let sandbox = runtime.block_on(Sandbox::start(Options::default())).unwrap();
        let token = sandbox.add_user("timmy");
        sandbox.fill(org, backlog).unwrap();
        for repo in &backlog.repos {
            let name = format!("{org}/{}", repo.name);
            sandbox.collaborator(&name, "timmy", Mode::Write).unwrap();
        }
        let address = free_address();
        let stage = Self { sandbox, address, token, folder: folder(), runtime };
        stage.configure(org, "10s", UNHINDERED, NOBODYS_AGENT);
        stage
    }

    /// Runs `timmy serve` on the ledger of this stage until it is ready.
    pub fn start(&self) -> Timmy {
        let path = |name: &str| self.folder.path().join(name);
        let begun = Instant::now();
        let child = Command::new(env!("CARGO_BIN_EXE_timmy"))
            .args(["serve", "--config"])
            .arg(path("timmy.toml"))
            .env("TIMMY_GITEA_TOKEN", &self.token)
            .env("TIMMY_WEBHOOK_SECRET", SECRET)
            .env("TIMMY_AGENT_EZRA_KEY", GatewayOptions::default().key)
            .stdin(Stdio::null())
            .stderr(File::create(path("timmy.log")).unwrap())
            .spawn()
            .unwrap();
        let mut timmy = Timmy { child, ready_after: Duration::ZERO };
        while !is_ready(&self.address) {
            assert!(begun.elapsed() < PATIENCE, "not ready: {}", self.log());
            std::thread::sleep(Duration::from_micros(500));
        }
        timmy.ready_after = begun.elapsed();
        timmy
    }

    /// The ledger begins anew.
    pub fn forget(&self) {
        for end in ["", "-wal", "-shm", ".lock"] {
            let path = self.folder.path().join(format!("timmy.db{end}"));
            fs::remove_file(path).or_else(ignore_missing).unwrap();
        }
    }

    /// A file or folder of this stage alone.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where timmy keeps its memory.
    pub fn ledger(&self) -> PathBuf {
        self.folder.path().join("timmy.db")
    }

    /// Looks again and again until `done`, every 50 microseconds.
    pub fn wait_until(&self, done: impl Fn(&Sandbox) -> bool) {
        self.wait_within(PATIENCE, done);
    }

    /// The same for what may take so long.
    pub fn wait_within(&self, patience: Duration, done: impl Fn(&Sandbox) -> bool) {
        let begun = Instant::now();
        while !done(&self.sandbox) {
            assert!(begun.elapsed() < patience, "it did not happen: {}", self.log());
            std::thread::sleep(Duration::from_micros(50));
        }
    }

    /// What timmy logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("timmy.log")).unwrap_or_default()
    }

    fn configure(&self, watch: &str, every: &str, per_second: u32, agents: &str) {
        let (url, address) = (self.sandbox.url(), &self.address);
        let text = format!(
            r#"
            [gitea]
            url = "{url}"
            watch = ["{watch}"]
            requests_per_second = {per_second}

            [poll]
            every = "{every}"

            [web]
            listen = "off"

            [webhook]
            listen = "{address}"
            public_url = "https://timmy.example.org/webhook"

            [people]
            owner = "{OWNER}"
            operators = ["writers"]
            approvers = ["{OWNER}"]

            {agents}
            "#
        );
        fs::write(self.folder.path().join("timmy.toml"), text).unwrap();
    }
}

fn ignore_missing(error: std::io::Error) -> std::io::Result<()> {
    if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

/// A running timmy. It is killed when dropped.
pub struct Timmy {
    child: Child,
    /// How long it took from the start of the process until `/readyz` said 200.
    pub ready_after: Duration,
}

impl Timmy {
    /// How much memory it holds, in MB (resident, as `ps` counts it).
    pub fn memory(&self) -> f64 {
        resident(self.child.id())
    }

    /// How much memory it holds together with all processes that it has started, and those that these
    /// have, in MB (resident, as `ps` counts it).
    pub fn memory_of_all(&self) -> f64 {
        let asked = Command::new("ps").args(["-A", "-o", "pid=,ppid=,rss="]).output().unwrap();
        let text = String::from_utf8(asked.stdout).unwrap();
        let processes: Vec<[u64; 3]> = text
            .lines()
            .filter_map(|line| {
                let mut fields = line.split_whitespace().map(str::parse);
                Some([fields.next()?.ok()?, fields.next()?.ok()?, fields.next()?.ok()?])
            })
            .collect();
        let mut own = vec![u64::from(self.child.id())];
        let mut looked = 0;
        while let Some(parent) = own.get(looked).copied() {
            looked += 1;
            let children = processes.iter().filter(|[_, of, _]| *of == parent);
            own.extend(children.map(|[pid, ..]| *pid));
        }
        let held = processes.iter().filter(|[pid, ..]| own.contains(pid));
        held.map(|[_, _, kib]| *kib as f64 * 1024.0 / 1e6).sum()
    }

    /// How long it has worked, in seconds of one core; only Linux tells.
    pub fn worked(&self) -> Option<f64> {
        /// Linux counts in hundredths of a second, whatever the kernel's own clock does.
        const TICKS: f64 = 100.0;
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
        Some((ticks(11)? + ticks(12)?) / TICKS)
    }

    /// The most memory that it ever held, in MB; only Linux tells.
    pub fn peak_memory(&self) -> Option<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kib: f64 = peak.trim_end_matches("kB").trim().parse().ok()?;
        Some(kib * 1024.0 / 1e6)
    }
}

impl Drop for Timmy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How much memory a process holds, in MB (resident, as `ps` counts it).
pub fn resident(process: u32) -> f64 {
    let asked = Command::new("ps").args(["-o", "rss=", "-p", &process.to_string()]).output();
    let kib: f64 = String::from_utf8(asked.unwrap().stdout).unwrap().trim().parse().unwrap();
    kib * 1024.0 / 1e6
}

/// An address at which nobody listens, most likely for some seconds more.
pub fn free_address() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().to_string()
}

fn is_ready(address: &str) -> bool {
    let Ok(mut stream) = TcpStream::connect(address) else { return false };
    let asked = stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let mut status = [0; 12];
    asked.and_then(|()| stream.read_exact(&mut status)).is_ok() && &status == b"HTTP/1.1 200"
}
