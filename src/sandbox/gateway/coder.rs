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
    /// The pull request that is to be mended.
    pull: Option<i64>,
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
    /// Writes a file on the branch that the run was given, pushes it, and opens a pull request if
    /// there is none to be mended.
    ///
    /// # Errors
    /// If the run was told nothing that can be understood, or git or the forge refuse.
    pub async fn hand_in(
        &self,
        run: &AgentRun,
        (path, content): (&str, &str),
        message: &str,
    ) -> io::Result<HandedIn> {
        let orders = Orders::of(run)?;
        let tree = WorkTree::new()?;
        run.begin_tool(&format!("git clone {}", orders.clone_url));
        self.git(&tree, &["clone", "--quiet", &orders.clone_url, "."]).await?;
        let begun = format!("origin/{}", orders.branch);
        let is_begun = self.git(&tree, &["rev-parse", "--verify", "--quiet", &begun]).await.is_ok();
        let begin = match orders.pull {
            None if !is_begun => orders.base.clone(),
            Some(_) | None => begun,
        };
        self.git(&tree, &["checkout", "--quiet", "-B", &orders.branch, &begin]).await?;
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
        let pull = match orders.pull {
            Some(pull) => pull,
            None => self.open_pull(&orders, message).await?,
        };
        Ok(HandedIn { pull, commit })
    }

    /// Says of a commit how a check ended, as continuous integration does.
    ///
    /// # Errors
    /// If the run was told of no repository, or the forge refuses.
    pub async fn say_checked(
        &self,
        run: &AgentRun,
        commit: &str,
        (context, state): (&str, &str),
    ) -> io::Result<()> {
        let path = format!("statuses/{commit}");
        let said = json!({ "context": context, "state": state });
        self.post(&Orders::of(run)?, &path, &said).await.map(drop)
    }

    async fn open_pull(&self, orders: &Orders, title: &str) -> io::Result<i64> {
        let pull = json!({ "head": orders.branch, "base": orders.base_branch, "title": title });
        let answer = self.post(orders, "pulls", &pull).await?;
        answer["number"].as_i64().ok_or_else(|| io::Error::other(answer.to_string()))
    }

    async fn post(&self, orders: &Orders, path: &str, body: &Value) -> io::Result<Value> {
        let url = orders.api().ok_or_else(|| io::Error::other("no forge in what it was told"))?;
        let sent = client()
            .map_err(io::Error::other)?
            .post(format!("{url}/{path}"))
            .header("Authorization", format!("token {}", self.token))
            .header("Content-Type", "application/json")
            .body(body.to_string())
            .send();
        let text = sent.await.map_err(io::Error::other)?.text().await.map_err(io::Error::other)?;
        Ok(serde_json::from_str(&text)?)
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
    fn of(run: &AgentRun) -> io::Result<Self> {
        Self::read(run.input())
            .ok_or_else(|| io::Error::other("no repository and branch in what it was told"))
    }

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
            pull: after("- Check out your branch as it is").and_then(|line| {
                line.split_once("The pull request #")?.1.split(' ').next()?.parse().ok()
            }),
        })
    }

    /// Where the forge's API has that repository.
    fn api(&self) -> Option<String> {
        let path = self.clone_url.strip_suffix(".git")?;
        let (rest, name) = path.rsplit_once('/')?;
        let (forge, owner) = rest.rsplit_once('/')?;
        Some(format!("{forge}/api/v1/repos/{owner}/{name}"))
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
        let api = orders.api();
        assert_eq!(api.as_deref(), Some("http://127.0.0.1:1/api/v1/repos/a/b"));
        assert_eq!((&*orders.base_branch, &*orders.base), ("main", "8b19"));
        assert_eq!((orders.branch.as_str(), orders.pull), ("timmy/4-j1", None));
        let mend = "- Check out your branch as it is, commit on top of it and push it. Never force, and \
                    push to no other branch. The pull request #5 follows by itself.\n";
        assert_eq!(Orders::read(&format!("{prompt}{mend}")).unwrap().pull, Some(5));
        assert_eq!(Orders::read("do something"), None);
    }
}
