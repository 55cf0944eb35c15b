//! git, with nothing of anybody's configuration: it runs no hook, no filter, no monitor.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::cannot_run::CannotRun;
use crate::core::jobs::Commit;

/// How long one of its commands may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// The most memory that it may take where what an agent wrote decides how much it needs, in bytes.
const MOST_HELD: u64 = 1 << 30;

/// The most that is read of what it prints.
const MOST_PRINTED: u64 = 64 << 20;

/// The most that is read of what it complains of.
const MOST_SAID: u64 = 4 << 10;

/// What no repository may turn on again.
const SETTINGS: [&str; 9] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "core.autocrlf=false",
    "submodule.recurse=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "advice.detachedHead=false",
];

/// A repository of timmy's own, into which nobody but timmy writes.
#[derive(Debug, Clone)]
pub struct Repository {
    folder: PathBuf,
}

/// A path that is not the same in two commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeChange {
    /// What is no UTF-8 in it is replaced.
    pub path: String,
    /// Whether that is its name as it is.
    pub is_exact: bool,
    /// Whether the earlier commit has it, and the later one.
    pub was_there: bool,
    pub is_there: bool,
    /// The outermost folder around it that the earlier commit has not.
    pub new_folder: Option<String>,
}

/// Whether a line of git's raw form, `:OLD_MODE NEW_MODE OLD NEW KIND`, tells of a folder.
fn is_folder(how: &[u8]) -> bool {
    const FOLDER: &[u8] = b"040000";
    how.strip_prefix(b":").unwrap_or(how).split(|byte| *byte == b' ').take(2).any(|m| m == FOLDER)
}

/// Whether `path` lies in `folder`.
fn is_below(folder: &str, path: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

impl Repository {
    /// The one in `folder`, by its whole path.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What changed from `base` to `head`.
    ///
    /// # Errors
    /// If git cannot tell.
    pub async fn changes(
        &self,
        base: &Commit,
        head: &Commit,
    ) -> Result<Vec<TreeChange>, CannotRun> {
        let (base, head) = (base.to_string(), head.to_string());
        let words = ["diff-tree", "-r", "-t", "-z", "--no-renames", "--raw", &base, &head];
        let printed = git(&self.folder, &words, b"").await?;
        let mut fields = printed.split(|byte| *byte == 0).filter(|field| !field.is_empty());
        let mut changes = Vec::new();
        // What lies in a folder follows it.
        let mut new_folder: Option<String> = None;
        while let (Some(how), Some(path)) = (fields.next(), fields.next()) {
            let is_exact = std::str::from_utf8(path).is_ok();
            let path = String::from_utf8_lossy(path).into_owned();
            let kind = how.last().copied();
            let around = new_folder.as_ref().filter(|folder| is_below(folder, &path));
            if is_folder(how) {
                if kind == Some(b'A') && around.is_none() {
                    new_folder = Some(path);
                }
                continue;
            }
            changes.push(TreeChange {
                new_folder: around.cloned(),
                path,
                is_exact,
                was_there: kind != Some(b'A'),
                is_there: kind != Some(b'D'),
            });
        }
        Ok(changes)
    }

    /// Whether one of `paths` holds one of `words` in `commit`.
    ///
    /// # Errors
    /// If git cannot tell.
    pub async fn holding(
        &self,
        commit: &Commit,
        words: &[&str],
        paths: &[String],
    ) -> Result<bool, CannotRun> {
        for path in paths {
            let blob = format!("{commit}:{path}");
            let content = git(&self.folder, &["cat-file", "blob", &blob], b"").await?;
            if words.iter().any(|word| memchr::memmem::find(&content, word.as_bytes()).is_some()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// How many bytes a checkout of `commit` takes.
    pub(super) async fn size(&self, commit: &Commit) -> Result<u64, CannotRun> {
        let commit = commit.to_string();
        let words = ["ls-tree", "-r", "-z", "--full-tree", "--format=%(objectsize)", &commit];
        let printed = git(&self.folder, &words, b"").await?;
        let sizes = printed.split(|byte| *byte == 0).filter_map(|size| {
            // A file takes a block, however small; of a submodule nothing is there.
            let size: u64 = std::str::from_utf8(size).ok()?.trim().parse().ok()?;
            Some(size.div_ceil(4096) * 4096)
        });
        Ok(sizes.fold(0, u64::saturating_add))
    }
}

/// What `git ARGUMENTS` prints, run in `folder` and fed with `input`.
pub(super) async fn git(
    folder: &Path,
    arguments: &[impl AsRef<OsStr>],
    input: &[u8],
) -> Result<Vec<u8>, CannotRun> {
    git_within(folder, arguments, input, None).await
}

/// The same, with no more memory than it may take.
pub(super) async fn git_held(
    folder: &Path,
    arguments: &[impl AsRef<OsStr>],
    input: &[u8],
) -> Result<Vec<u8>, CannotRun> {
    git_within(folder, arguments, input, Some(MOST_HELD)).await
}

async fn git_within(
    folder: &Path,
    arguments: &[impl AsRef<OsStr>],
    input: &[u8],
    memory: Option<u64>,
) -> Result<Vec<u8>, CannotRun> {
    let mut command = git_command(folder, "file");
    command.args(arguments).kill_on_drop(true);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let name = arguments.first().map(|name| name.as_ref().to_string_lossy().into_owned());
    let refused = |said: String| CannotRun::Git { command: name.clone().unwrap_or_default(), said };
    match timeout(PATIENCE, talk(command, input, memory)).await {
        Err(_) => Err(refused(format!("it took more than {} seconds", PATIENCE.as_secs()))),
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(CannotRun::NotInstalled("git"))
        }
        Ok(Err(error)) => Err(error.into()),
        Ok(Ok(Talk { good: true, printed, .. })) => Ok(printed),
        Ok(Ok(Talk { said, .. })) => Err(refused(said)),
    }
}

/// git in `folder`, which speaks these `protocols` and no other; its arguments follow.
pub(super) fn git_command(folder: &Path, protocols: &str) -> Command {
    let mut command = Command::new("git");
    command.current_dir(folder).env_clear();
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    let variables = [
        ("HOME", "/nonexistent"),
        ("LC_ALL", "C"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_LFS_SKIP_SMUDGE", "1"),
        ("GIT_OPTIONAL_LOCKS", "0"),
        ("GIT_ALLOW_PROTOCOL", protocols),
    ];
    command.envs(variables);
    for setting in SETTINGS {
        command.args(["-c", setting]);
    }
    command
}

/// Bounds the memory of a process. One that is over needs none, and who may have less already stays
/// at that.
#[cfg(target_os = "linux")]
fn hold(child: &Child, memory: u64) {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    let limit = Rlimit { current: Some(memory), maximum: Some(memory) };
    if let Some(process) = child.id().and_then(|id| Pid::from_raw(id.cast_signed())) {
        let _ = prlimit(Some(process), Resource::Data, limit);
    }
}

/// Only Linux bounds the memory of a process that runs.
#[cfg(not(target_os = "linux"))]
fn hold(_: &Child, _: u64) {}

struct Talk {
    good: bool,
    printed: Vec<u8>,
    said: String,
}

async fn talk(mut command: Command, input: &[u8], memory: Option<u64>) -> std::io::Result<Talk> {
    let mut child = command.spawn()?;
    if let Some(memory) = memory {
        hold(&child, memory);
    }
    let mut stdin = child.stdin.take();
    let (mut stdout, mut stderr) = (child.stdout.take(), child.stderr.take());
    let feeding = async {
        if let Some(mut stdin) = stdin.take() {
            // Who does not want to read more says why at its other end.
            let _ = stdin.write_all(input).await;
        }
    };
    let (mut printed, mut said) = (Vec::new(), Vec::new());
    let hearing = async {
        match &mut stdout {
            Some(pipe) => pipe.take(MOST_PRINTED).read_to_end(&mut printed).await,
            None => Ok(0),
        }
    };
    let complaints = async {
        match &mut stderr {
            Some(pipe) => {
                let read = pipe.take(MOST_SAID).read_to_end(&mut said).await;
                // The rest of them keeps it from ending.
                tokio::io::copy(pipe, &mut tokio::io::sink()).await.and(read)
            }
            None => Ok(0),
        }
    };
    let ((), heard, complained) = tokio::join!(feeding, hearing, complaints);
    complained?;
    if heard? as u64 == MOST_PRINTED {
        let said = "it printed more than can be read".to_owned();
        return Ok(Talk { good: false, printed, said });
    }
    let good = child.wait().await?.success();
    let said = String::from_utf8_lossy(&said).trim().to_owned();
    Ok(Talk { good, printed, said })
}
