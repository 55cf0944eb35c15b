//! Temporal's own server for development, with its state in a file: what was acknowledged survives it.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use futures::StreamExt as _;
use tempfile::TempDir;
use temporalio_client::{
    Client, UntypedWorkflow, WorkflowExecutionStatus, WorkflowFetchHistoryOptions,
    WorkflowListOptions,
};
use timmy::config::TemporalConfig;
use timmy::temporal::{connect, find_namespace};

use crate::bot::tail;
use crate::support::peers;
use crate::support::process::{free_port, until};

/// The one in which all of it happens: not the one that every such server has.
pub const NAMESPACE: &str = "timmy";

/// Names the folder in which histories are kept.
const KEEP_HISTORIES: &str = "TIMMY_KEEP_HISTORIES";

/// How often a server is started that ends before it answers.
const MOST_STARTS: usize = 5;

pub struct TemporalServer {
    program: &'static Path,
    folder: TempDir,
    port: u16,
    process: Option<Child>,
}

impl TemporalServer {
    /// One that answers; none where it cannot be installed.
    pub async fn start() -> Option<Self> {
        let program = peers::temporal()?;
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let mut server = Self { program, folder, port, process: None };
        server.answers(true).await;
        Some(server)
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn config(&self) -> TemporalConfig {
        TemporalConfig {
            address: self.address(),
            namespace: NAMESPACE.to_owned(),
            tls: None,
            api_key: None,
        }
    }

    pub async fn client(&self) -> Client {
        let mut client = None;
        let config = self.config();
        let connects = async || {
            client = connect(&config).await.ok();
            client.is_some()
        };
        until("there is a line to Temporal", connects).await;
        client.unwrap()
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// SIGKILL; nothing of what it knew is left. Returns when it answers again.
    pub async fn forget(&mut self) {
        self.kill();
        for side in ["", "-wal", "-shm"] {
            // There are only as many as it had need of.
            let _ = std::fs::remove_file(self.folder.path().join(format!("temporal.db{side}")));
        }
        assert!(!self.folder.path().join("temporal.db").exists());
        self.restart().await;
    }

    /// Starts it again on what it kept; returns when it answers.
    pub async fn restart(&mut self) {
        self.answers(false).await;
    }

    /// Starts it, and returns when it answers. One that ends before is started again: it looks for ports of
    /// its own, and somebody else may be faster. While nobody knows its address yet, that may be another.
    async fn answers(&mut self, may_move: bool) {
        self.kill();
        self.process = Some(self.spawn());
        let mut starts = 1;
        until("Temporal answers", async || {
            if self.has_ended() {
                assert!(starts < MOST_STARTS, "it ends at its start:\n{}", tail(&self.log()));
                starts += 1;
                if may_move {
                    self.port = free_port();
                }
                self.process = Some(self.spawn());
            }
            find_namespace(&self.config()).await.is_ok()
        })
        .await;
    }

    fn has_ended(&mut self) -> bool {
        self.process.as_mut().is_none_or(|process| process.try_wait().unwrap().is_some())
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("temporal.log")
    }

    fn spawn(&self) -> Child {
        let log = File::options().append(true).create(true).open(self.log()).unwrap();
        let mut command = Command::new(self.program);
        command
            .args(["server", "start-dev", "--headless", "--ip", "127.0.0.1"])
            .args(["--log-level", "error", "--namespace", NAMESPACE])
            .args(["--sqlite-pragma", "journal_mode=WAL"])
            .args(["--port", &self.port.to_string()])
            .arg("--db-filename")
            .arg(self.folder.path().join("temporal.db"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        command.spawn().unwrap()
    }

    /// Where somebody wants them: the histories of all workflows that have ended, one of each type
    /// and length, for the test that replays them.
    pub async fn keep_histories(&self, test: &str) {
        if std::env::var_os(KEEP_HISTORIES).is_none() {
            return;
        }
        let client = self.client().await;
        let mut listed = Box::pin(client.list_workflows("", WorkflowListOptions::default()));
        while let Some(found) = listed.next().await {
            let found = found.unwrap();
            if found.status() == WorkflowExecutionStatus::Running {
                continue;
            }
            let workflow = client.get_workflow_handle::<UntypedWorkflow>(found.id());
            let history = workflow.fetch_history(WorkflowFetchHistoryOptions::default());
            let (kind, length) = (found.workflow_type(), found.history_length());
            let name = format!("{test}-{kind}-{length}.json");
            keep_history(&name, &history.to_json().await.unwrap());
        }
    }
}

/// Keeps a history under this name, where somebody wants that. One that is there is not replaced: a
/// workflow that has it may run.
pub(super) fn keep_history(name: &str, history: &[u8]) {
    let Some(folder) = std::env::var_os(KEEP_HISTORIES) else { return };
    match File::create_new(Path::new(&folder).join(name)) {
        Ok(mut file) => file.write_all(history).unwrap(),
        Err(error) => assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{name}: {error}"),
    }
}

impl Drop for TemporalServer {
    fn drop(&mut self) {
        self.kill();
    }
}
