//! A repository of timmy's own that holds some commits of the forge's, without their history. It
//! goes with whoever asked for it: nothing that one change brought lies there for the next.

use std::fmt;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::Stdio;

use tempfile::TempDir;

use super::bounds::Bounds;
use super::cannot_run::CannotRun;
use super::confinement::Running;
use super::git::{Repository, git, git_command};
use super::output::Drain;
use super::watch::{RunEnd, require_room, until_over};
use super::workspace::PREFIX;
use crate::core::jobs::Commit;

/// The most that is kept of what it complains of.
const MOST_SAID: usize = 2 << 10;

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

/// A repository on the forge, and by what timmy may read it. Nothing prints the latter, and it
/// stands in no argument and in no file.
#[derive(Clone)]
pub struct Remote {
    url: String,
    /// The value of the header `Authorization`.
    authorization: String,
}

impl Remote {
    pub fn new(url: impl Into<String>, authorization: impl Into<String>) -> Self {
        Self { url: url.into(), authorization: authorization.into() }
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote").field("url", &self.url).finish_non_exhaustive()
    }
}

/// A repository that is thrown away.
#[derive(Debug)]
pub struct FetchedRepository {
    repository: Repository,
    _folder: TempDir,
}

impl FetchedRepository {
    /// With exactly `commits`, in a folder in `place`.
    ///
    /// # Errors
    /// If they cannot be had, or take more than `bounds` allow.
    pub async fn of(
        place: &Path,
        remote: &Remote,
        commits: &[&Commit],
        bounds: &Bounds,
    ) -> Result<Self, CannotRun> {
        require_room(place)?;
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(place)?;
        let words = ["init", "--quiet", "--bare", "--template=", "--initial-branch=timmy"];
        git(folder.path(), &words, b"").await?;
        fetch(folder.path(), remote, commits, bounds).await?;
        Ok(Self { repository: Repository::at(folder.path()), _folder: folder })
    }

    pub fn repository(&self) -> &Repository {
        &self.repository
    }
}

async fn fetch(
    folder: &Path,
    remote: &Remote,
    commits: &[&Commit],
    bounds: &Bounds,
) -> Result<(), CannotRun> {
    let mut command = git_command(folder, "http:https");
    for name in PASSED_ON {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command.env("GIT_CONFIG_COUNT", "1");
    command.env("GIT_CONFIG_KEY_0", "http.extraHeader");
    command.env("GIT_CONFIG_VALUE_0", format!("Authorization: {}", remote.authorization));
    // Whoever is redirected to would get the header as well.
    command.args(["-c", "http.followRedirects=false", "-c", "protocol.version=2"]);
    command.args(["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--depth=1"]);
    command.arg(&remote.url).args(commits.iter().map(ToString::to_string));
    let (said, complaints) = std::io::pipe()?;
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(complaints).process_group(0);
    let said = Drain::begin(OwnedFd::from(said), MOST_SAID)?;
    let mut running = Running::begin(command, true)?;
    let end = until_over(&mut running.child, folder, bounds).await?;
    running.end().await?;
    let said = match end {
        RunEnd::Exited(0) => return Ok(()),
        RunEnd::Exited(_) => said.end().await.text().trim().to_owned(),
        RunEnd::OverTime => format!("it took more than {} seconds", bounds.time.as_secs()),
        RunEnd::Over(_) => return Err(CannotRun::TooMuchFetched(bounds.disk)),
    };
    Err(CannotRun::NotFetched(said))
}
