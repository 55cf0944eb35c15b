//! The real binary, as a process of its own.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

/// How long anything may take before a test gives up: far more than it needs, also where other tests take
/// it the processors.
pub const PATIENCE: Duration = Duration::from_secs(240);

/// Between two looks at whether it has happened.
const LOOK: Duration = Duration::from_millis(20);

pub const BINARY: &str = env!("CARGO_BIN_EXE_timmy");

/// The binary in `folder`, with nobody at a terminal.
pub fn timmy(folder: &Path, words: &str) -> Command {
    let mut command = Command::new(BINARY);
    command.args(words.split_whitespace()).current_dir(folder).stdin(Stdio::null());
    for name in ["TIMMY_CONFIG", "TIMMY_GITEA_TOKEN", "TIMMY_WEBHOOK_SECRET"] {
        command.env_remove(name);
    }
    command
}

/// What a run printed, and how it ended.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Run {
    pub fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let code = output.status.code().unwrap();
        Self { code, out: text(output.stdout), err: text(output.stderr) }
    }
}

/// A process that ends with the test.
pub struct Process(pub Child);

impl Process {
    /// Returns when it is ready, at this port.
    pub async fn ready(&mut self, port: u16) {
        until("timmy is ready", async || {
            let ended = self.0.try_wait().unwrap();
            assert!(ended.is_none(), "it ended before it was ready: {ended:?}");
            is_ready(port)
        })
        .await;
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Whether it says so at this port.
pub fn is_ready(port: u16) -> bool {
    let Ok(mut line) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let mut answer = String::new();
    let asked = line.write_all(b"GET /readyz HTTP/1.0\r\n\r\n");
    asked.and_then(|()| line.read_to_string(&mut answer)).is_ok() && answer.contains(" 200 ")
}

/// Waits for what another process brings about.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    let mut pulse = tokio::time::interval(LOOK);
    while !holds().await {
        assert!(begun.elapsed() < PATIENCE, "waited in vain until {what}");
        pulse.tick().await;
    }
}

/// A port that stays free while nobody listens there: below those that the system gives to others, and those
/// that `timmy demo --machines` takes.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = std::process::id() as u16 % 100 * 100;
    (0..10_000)
        .map(|_| 20_000 + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % 10_000)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("one of ten thousand ports is free")
}

/// Between two looks at what another process does: who looks all the time takes it the processor.
pub async fn a_moment() {
    tokio::time::sleep(LOOK).await;
}

/// How many processes of this machine were started with `words`.
pub fn alive(words: &str) -> usize {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let told = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
    told.filter(|told| String::from_utf8_lossy(told).replace('\0', " ").contains(words)).count()
}
