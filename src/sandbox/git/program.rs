//! Running `git`: with nothing of the user's configuration, and with fixed behaviour.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::thread;

use super::failure::GitFailure;

/// The first version that merges without a work tree.
const OLDEST: (u32, u32) = (2, 38);

/// `git`, to be run in a folder: it reads no configuration but that of the repository, runs no
/// hooks, asks nobody and speaks English.
pub(super) fn git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    // What the caller's environment says of git must not lead it to another repository.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GIT_") {
            command.env_remove(name);
        }
    }
    command
        .current_dir(folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C")
        .args(["-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0", "-c", "core.quotePath=false"]);
    command
}

/// The same, for those who wait beside other work.
pub(crate) fn async_git(folder: &Path) -> tokio::process::Command {
    git(folder).into()
}

/// Runs a command to its end with `input`, whatever its exit status.
pub(super) fn run(command: &mut Command, input: &[u8]) -> Result<Output, GitFailure> {
    let (stdin, stdout) = (Stdio::piped(), Stdio::piped());
    let mut child = command.stdin(stdin).stdout(stdout).stderr(Stdio::piped()).spawn()?;
    let pipe = child.stdin.take();
    // Beside each other: git answers before it has read everything.
    let output = thread::scope(|scope| {
        scope.spawn(|| {
            // A git that does not want to read more has said why at its other end.
            let _ = pipe.map(|mut pipe| pipe.write_all(input));
        });
        child.wait_with_output()
    })?;
    Ok(output)
}

/// What `git ARGUMENTS` prints, fed with `input`; a failure unless it ends well.
pub(super) fn output(folder: &Path, args: &[&str], input: &[u8]) -> Result<Vec<u8>, GitFailure> {
    let output = run(git(folder).args(args), input)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(refused(args, &output))
}

/// The failure that an exit status and the words with it tell of.
pub(super) fn refused(args: &[&str], output: &Output) -> GitFailure {
    GitFailure::Refused {
        command: args.first().copied().unwrap_or_default().to_owned(),
        status: output.status.code().unwrap_or(-1),
        said: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    }
}

/// What `git ARGUMENTS` prints as text, without white space around it.
pub(super) fn text(folder: &Path, args: &[&str]) -> Result<String, GitFailure> {
    Ok(String::from_utf8_lossy(&output(folder, args, &[])?).trim().to_owned())
}

/// Refuses to begin where there is no git, or too old a one. It is asked once.
pub(crate) fn require_git() -> Result<(), GitFailure> {
    static VERSION: OnceLock<Option<String>> = OnceLock::new();
    let version = VERSION.get_or_init(|| text(Path::new("."), &["--version"]).ok());
    let version = version.as_deref().ok_or(GitFailure::NotInstalled)?;
    match number_of(version) {
        Some(number) if number < OLDEST => Err(GitFailure::TooOld(version.to_owned())),
        _ => Ok(()),
    }
}

/// The first two numbers of `git version 2.39.5`.
fn number_of(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split_whitespace().nth(2)?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use crate::sandbox::git::program::*;

    #[test]
    fn the_version_is_read_whatever_stands_behind_it() {
        assert_eq!(number_of("git version 2.39.5"), Some((2, 39)));
        assert_eq!(number_of("git version 2.39.5 (Apple Git-154)"), Some((2, 39)));
        assert_eq!(number_of("git version 2.47.0.windows.1"), Some((2, 47)));
        assert_eq!(number_of("something else"), None);
    }
}
