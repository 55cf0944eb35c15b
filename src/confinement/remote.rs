//! A repository on the forge: what is fetched from there, and what is pushed.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;
use tokio::task::spawn_blocking;

use super::bounds::Bounds;
use super::cannot_run::CannotRun;
use super::git::{Repository, git_command};
use super::git_run::bounded;
use super::usage::{self, DiskUse};
use super::watch::RunEnd;
use crate::core::jobs::Commit;

/// What it needs of timmy's own environment to come through to the forge.
const PASSED_ON: [&str; 9] = [
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "all_proxy",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// A repository on the forge, and by what timmy may read it, or write. Nothing prints the latter, and
/// it stands in no argument and in no file.
#[derive(Clone)]
pub struct Remote {
    url: String,
    /// The value of the header `Authorization`.
    authorization: String,
    /// Who has signed its certificate; none for those that the system trusts.
    ca: Option<PathBuf>,
}

impl Remote {
    pub fn new(url: impl Into<String>, authorization: impl Into<String>) -> Self {
        Self { url: url.into(), authorization: authorization.into(), ca: None }
    }

    /// The same, whose certificate is signed by whom this PEM file names.
    pub fn vouched_for_by(self, ca: Option<PathBuf>) -> Self {
        Self { ca, ..self }
    }

    /// git in `folder`, which may speak to the forge; its arguments follow.
    fn command(&self, folder: &Path) -> Command {
        let mut command = git_command(folder, "http:https");
        for name in PASSED_ON {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.env("GIT_CONFIG_COUNT", "1");
        command.env("GIT_CONFIG_KEY_0", "http.extraHeader");
        command.env("GIT_CONFIG_VALUE_0", format!("Authorization: {}", self.authorization));
        if let Some(ca) = &self.ca {
            command.env("GIT_SSL_CAINFO", ca);
        }
        // Whoever is redirected to would get the header as well.
        command.args(["-c", "http.followRedirects=false", "-c", "protocol.version=2"]);
        command.stdin(Stdio::null());
        command
    }

    /// Fetches exactly `commits`, with as much of their history as `depth` says.
    pub(super) async fn fetch(
        &self,
        folder: &Path,
        (commits, depth): (&[&Commit], u32),
        bounds: &Bounds,
    ) -> Result<(), CannotRun> {
        let mut command = self.command(folder);
        command.args(["fetch", "--quiet", "--no-tags", "--no-write-fetch-head"]);
        command.arg(format!("--depth={depth}"));
        command.arg(&self.url).args(commits.iter().map(ToString::to_string));
        let said = match bounded(command, folder, bounds).await? {
            (RunEnd::Exited(0), _) => return holds_no_more(folder, bounds.disk).await,
            (RunEnd::Exited(_), said) => said,
            (RunEnd::OverTime, _) => format!("it took more than {} seconds", bounds.time.as_secs()),
            (RunEnd::Over(_), _) => return Err(CannotRun::TooMuchFetched(bounds.disk)),
        };
        Err(CannotRun::NotFetched(said))
    }
}

/// What was fetched between two looks at what it takes is bounded as well.
async fn holds_no_more(folder: &Path, most: u64) -> Result<(), CannotRun> {
    let folder = folder.to_owned();
    let counted = spawn_blocking(move || usage::disk_use(&folder, &[], most)).await;
    match counted.map_err(std::io::Error::other)? {
        DiskUse::TooMuch => Err(CannotRun::TooMuchFetched(most)),
        DiskUse::Bytes(_) | DiskUse::AtLeast(_) => Ok(()),
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote").field("url", &self.url).finish_non_exhaustive()
    }
}

/// What came of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PushEnd {
    Pushed,
    /// The forge looked at it and does not take it.
    Refused(String),
    /// Nobody knows whether it was taken: look before it is repeated.
    Unknown(String),
}

impl Repository {
    /// Pushes `commit` as `branch`, and nothing else, if that is still what it `was`; none: it must
    /// not be there.
    ///
    /// # Errors
    /// If git cannot be run.
    pub async fn push(
        &self,
        remote: &Remote,
        (commit, branch): (&Commit, &str),
        was: Option<&Commit>,
        bounds: &Bounds,
    ) -> Result<PushEnd, CannotRun> {
        let mut command = remote.command(self.folder());
        let was = was.map(ToString::to_string).unwrap_or_default();
        command.args(["push", "--porcelain", "--no-verify", "--no-follow-tags"]);
        command.arg(format!("--force-with-lease=refs/heads/{branch}:{was}"));
        command.arg(&remote.url).arg(format!("{commit}:refs/heads/{branch}"));
        Ok(match bounded(command, self.folder(), bounds).await? {
            (RunEnd::Exited(0), _) => PushEnd::Pushed,
            (RunEnd::Exited(_), said) if said.lines().any(|line| line.starts_with("!\t")) => {
                PushEnd::Refused(why_refused(&said))
            }
            (RunEnd::Exited(_), said) => PushEnd::Unknown(said),
            (RunEnd::OverTime | RunEnd::Over(_), _) => {
                let seconds = bounds.time.as_secs();
                PushEnd::Unknown(format!("it took more than {seconds} seconds"))
            }
        })
    }
}

/// What the forge says of it, and the word of git behind the branch.
fn why_refused(said: &str) -> String {
    let told = said.lines().filter_map(|line| line.strip_prefix("remote:"));
    let told: Vec<&str> = told.map(str::trim).filter(|line| !line.is_empty()).collect();
    let line = said.lines().find(|line| line.starts_with("!\t")).unwrap_or_default();
    let why = line.rsplit('\t').next().unwrap_or_default();
    if told.is_empty() { why.to_owned() } else { format!("{} {why}", told.join(" ")) }
}

#[cfg(test)]
mod tests {
    use crate::confinement::remote::*;

    #[test]
    fn what_the_forge_says_of_a_push_is_told() {
        let said = "To https://git.example.org/a/b.git\n!\tabc:refs/heads/x\t[rejected] (stale info)\nDone";
        assert_eq!(why_refused(said), "[rejected] (stale info)");
        let said = "remote: \nremote: Gitea: Not allowed to push to protected branch main\n\
                    !\tabc:refs/heads/main\t[remote rejected] (pre-receive hook declined)\nDone";
        assert_eq!(
            why_refused(said),
            "Gitea: Not allowed to push to protected branch main [remote rejected] (pre-receive hook declined)"
        );
    }
}
