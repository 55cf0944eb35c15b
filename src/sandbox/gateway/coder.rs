//! A coder for scripted agents: it does what it is told with real git and over the forge's API, as
//! an agent that pushes by itself does.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};
use tokio::process::Command;

use super::script::AgentRun;
use crate::sandbox::deliveries::client;
use crate::sandbox::git::async_git;

/// Somebody who commits, pushes and opens pull requests. The token is in no argument, no address
/// and no configuration file.
#[derive(Clone)]
pub struct Coder {
    pub login: String,
    pub token: String,
}

/// What it is told, as far as it has to be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Orders {
    clone_url: String,
    base_branch: String,
    base: String,
    branch: String,
}

/// A branch that was pushed, and the pull request of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedIn {
    pub pull: i64,
    pub commit: String,
}

impl HandedIn {
    /// The last words of an agent that did what it was told.
    pub fn last_words(&self, summary: &str) -> String {
        let result = json!({
            "outcome": "pull_request",
            "pull": self.pull,
            "commit": self.commit,
            "summary": summary,
        });
        format!("{summary}\n\ntimmy-result: {result}")
    }
}

impl Coder {
    /// Writes a file on the branch that the run was given, pushes it, and opens a pull request.
    ///
    /// # Errors
    /// If the run was told nothing that can be understood, or git or the forge refuse.
    pub async fn hand_in(
        &self,
        run: &AgentRun,
        (path, content): (&str, &str),
        message: &str,
    ) -> io::Result<HandedIn> {
        let orders = Orders::read(run.input())
            .ok_or_else(|| io::Error::other("no repository and branch in what it was told"))?;
        let tree = WorkTree::new()?;
        run.begin_tool(&format!("git clone {}", orders.clone_url));
        self.git(&tree, &["clone", "--quiet", &orders.clone_url, "."]).await?;
        self.git(&tree, &["checkout", "--quiet", "-B", &orders.branch, &orders.base]).await?;
        run.end_tool("cloned", false);
        let file = tree.0.join(path);
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(file, content)?;
        run.begin_tool(&format!("git push origin {}", orders.branch));
        self.git(&tree, &["add", "--all"]).await?;
        self.git(&tree, &["commit", "--quiet", "-m", message]).await?;
        self.git(&tree, &["push", "--quiet", "origin", &orders.branch]).await?;
        let commit = self.git(&tree, &["rev-parse", "HEAD"]).await?;
        run.end_tool("pushed", false);
        let pull = self.open_pull(&orders, message).await?;
        Ok(HandedIn { pull, commit })
    }

    async fn open_pull(&self, orders: &Orders, title: &str) -> io::Result<i64> {
        let url = orders.pulls().ok_or_else(|| io::Error::other("no forge in what it was told"))?;
        let pull = json!({ "head": orders.branch, "base": orders.base_branch, "title": title });
        let sent = client()
            .map_err(io::Error::other)?
            .post(url)
            .header("Authorization", format!("token {}", self.token))
            .header("Content-Type", "application/json")
            .body(pull.to_string())
            .send();
        let text = sent.await.map_err(io::Error::other)?.text().await.map_err(io::Error::other)?;
        let answer: Value = serde_json::from_str(&text)?;
        answer["number"].as_i64().ok_or_else(|| io::Error::other(text))
    }

    async fn git(&self, tree: &WorkTree, args: &[&str]) -> io::Result<String> {
        let mut command: Command = async_git(&tree.0);
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), &self.login);
            command.env(format!("GIT_{role}_EMAIL"), format!("{}@example.com", self.login));
        }
        let ran = command
            .env("GIT_CONFIG_COUNT", "1")
            .env("GIT_CONFIG_KEY_0", "http.extraHeader")
            .env("GIT_CONFIG_VALUE_0", format!("Authorization: token {}", self.token))
            .args(args)
            .kill_on_drop(true)
            .output()
            .await?;
        match ran.status.success() {
            true => Ok(String::from_utf8_lossy(&ran.stdout).trim().to_owned()),
            false => Err(io::Error::other(String::from_utf8_lossy(&ran.stderr).into_owned())),
        }
    }
}

impl Orders {
    /// What the prompt says of where to work: only lines that timmy wrote begin like this, since
    /// texts of others are quoted.
    fn read(prompt: &str) -> Option<Self> {
        let after = |start: &str| prompt.lines().find_map(|line| line.strip_prefix(start));
        let code = |text: &str| text.split('`').nth(1).map(str::to_owned);
        let base = after("- Base: branch ")?;
        Some(Self {
            clone_url: code(after("- Clone: ")?)?,
            base_branch: code(base)?,
            base: base.split('`').nth(3)?.to_owned(),
            branch: code(after("- Your branch: ")?)?,
        })
    }

    /// Where the forge takes pull requests of that repository.
    fn pulls(&self) -> Option<String> {
        let path = self.clone_url.strip_suffix(".git")?;
        let (rest, name) = path.rsplit_once('/')?;
        let (forge, owner) = rest.rsplit_once('/')?;
        Some(format!("{forge}/api/v1/repos/{owner}/{name}/pulls"))
    }
}

/// A clone that vanishes.
struct WorkTree(PathBuf);

impl WorkTree {
    fn new() -> io::Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "timmy-scripted-coder-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let path: PathBuf = std::env::temp_dir().join(name);
        std::fs::create_dir_all::<&Path>(path.as_ref())?;
        Ok(Self(path))
    }
}

impl Drop for WorkTree {
    fn drop(&mut self) {
        // What is left behind is small, and in the folder for temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use crate::sandbox::gateway::coder::*;

    #[test]
    fn it_reads_where_to_work_and_nothing_that_is_quoted() {
        let prompt = "## Where\n\n- Base: branch `main` at commit `8b19`\n\
                      - Your branch: `timmy/4-j1`\n- Clone: `http://127.0.0.1:1/a/b.git`\n\
                      > - Your branch: `main`\n";
        let orders = Orders::read(prompt).unwrap();
        let pulls = orders.pulls();
        assert_eq!(pulls.as_deref(), Some("http://127.0.0.1:1/api/v1/repos/a/b/pulls"));
        assert_eq!((&*orders.base_branch, &*orders.base), ("main", "8b19"));
        assert_eq!(orders.branch, "timmy/4-j1");
        assert_eq!(Orders::read("do something"), None);
    }
}
