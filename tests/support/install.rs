//! Installs real peers into `target/peers` when they are needed first. Where that cannot be done,
//! their tests are skipped and say so; in CI they fail.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

pub type Installed = OnceLock<Result<PathBuf, String>>;

/// The program; none where it cannot be installed.
pub fn installed(
    name: &str,
    known: &'static Installed,
    install: impl FnOnce() -> Result<PathBuf, String>,
) -> Option<&'static Path> {
    match known.get_or_init(install) {
        Ok(program) => Some(program),
        Err(why) => {
            let is_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
            assert!(!is_ci, "no real {name}: {why}");
            eprintln!("SKIPPED, no real {name}: {why}");
            None
        }
    }
}

/// The folder of these packages.
pub fn install(
    name: &str,
    packages: &[&str],
    install: impl FnOnce(&Path) -> Result<(), String>,
) -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers").join(name);
    let done = folder.join(packages.join(" "));
    if !done.exists() {
        fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        install(&folder)?;
        fs::write(&done, "").map_err(|error| error.to_string())?;
    }
    Ok(folder)
}

/// Runs it, and fails with what it said.
pub fn run(command: &mut Command) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output().map_err(|e| format!("{command:?}: {e}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr))),
    }
}
