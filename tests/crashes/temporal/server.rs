//! Temporal's own server for development, with its state in a file: what was acknowledged survives it.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use futures::StreamExt as _;
use tempfile::TempDir;
use temporalio_client::{
    Client, UntypedWorkflow, WorkflowExecutionStatus, WorkflowFetchHistoryOptions,
    WorkflowListOptions,
};
use timmy::config::TemporalConfig;
use timmy::temporal::connect;

use crate::support::peers;
use crate::support::process::{free_port, until};

/// The one in which all of it happens: not the one that every such server has.
pub const NAMESPACE: &str = "timmy";

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
        server.restart().await;
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
        connect(&self.config()).await.unwrap()
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
        self.kill();
        let mut command = Command::new(self.program);
        command
            .args([
                "server",
                "start-dev",
                "--headless",
                "--ip",
                "127.0.0.1",
                "--log-level",
                "error",
            ])
            .args(["--namespace", NAMESPACE])
            .args(["--sqlite-pragma", "journal_mode=WAL"])
            .args(["--port", &self.port.to_string()])
            .arg("--db-filename")
            .arg(self.folder.path().join("temporal.db"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        self.process = Some(command.spawn().unwrap());
        let config = self.config();
        until("Temporal answers", async || connect(&config).await.is_ok()).await;
    }
}

impl TemporalServer {
    /// Where somebody wants them: the histories of all workflows that have ended, one of each type
    /// and length, for the test that replays them.
    pub async fn keep_histories(&self, test: &str) {
        let Ok(folder) = std::env::var("TIMMY_KEEP_HISTORIES") else { return };
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
            let file = Path::new(&folder).join(format!("{test}-{kind}-{length}.json"));
            std::fs::write(file, history.to_json().await.unwrap()).unwrap();
        }
    }
}

impl Drop for TemporalServer {
    fn drop(&mut self) {
        self.kill();
    }
}
