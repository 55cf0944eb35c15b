//! Somebody's clone of a repository, worked on by the real `git`.

use std::path::Path;

use tempfile::TempDir;
use tokio::process::Command;

/// A work tree in a folder that goes with it.
pub struct WorkTree {
    folder: TempDir,
    login: String,
    token: String,
}

/// What a run of git printed, and whether it went well.
#[derive(Debug)]
pub struct GitRun {
    pub good: bool,
    pub said: String,
}

impl GitRun {
    /// What it said, if it went well.
    #[track_caller]
    pub fn good(self) -> String {
        assert!(self.good, "{}", self.said);
        self.said.trim().to_owned()
    }
}

impl WorkTree {
    /// An empty folder in which `login` works, with a token.
    pub fn empty(login: &str, token: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { folder, login: login.to_owned(), token: token.to_owned() }
    }

    /// Clones what lies at `url`.
    pub async fn cloned(url: &str, login: &str, token: &str) -> Self {
        let tree = Self::empty(login, token);
        tree.git(&["clone", "--quiet", url, "."]).await.good();
        tree
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs git with the token in a header: neither in an address nor among the arguments.
    pub async fn git(&self, args: &[&str]) -> GitRun {
        let mut command = Command::new("git");
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), &self.login);
            command.env(format!("GIT_{role}_EMAIL"), format!("{}@example.com", self.login));
        }
        let output = command
            .current_dir(self.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("LC_ALL", "C")
            .env("GIT_CONFIG_COUNT", "1")
            .env("GIT_CONFIG_KEY_0", "http.extraHeader")
            .env("GIT_CONFIG_VALUE_0", format!("Authorization: token {}", self.token))
            .args(args)
            .output()
            .await
            .expect("git is there");
        let said = String::from_utf8_lossy(&output.stderr).into_owned()
            + &String::from_utf8_lossy(&output.stdout);
        GitRun { good: output.status.success(), said }
    }

    /// Begins a branch.
    pub async fn branch(&self, name: &str) {
        self.git(&["checkout", "--quiet", "-b", name]).await.good();
    }

    /// Writes a file and commits it; the commit.
    pub async fn commit(&self, path: &str, content: &str, message: &str) -> String {
        std::fs::write(self.path().join(path), content).expect("it can be written");
        self.git(&["add", "."]).await.good();
        self.git(&["commit", "--quiet", "-m", message]).await.good();
        self.head().await
    }

    /// The commit that is checked out.
    pub async fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"]).await.good()
    }
}
