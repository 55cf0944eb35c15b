//! Installs real peers into `target/peers` when they are needed first. Where that cannot be done,
//! their tests are skipped and say so; in CI they fail.

use std::fs::{self, File};
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

/// How often it is tried: a registry may fail in the middle of a large package.
const TRIES: usize = 2;

/// The folder of these packages. It is installed by one process at a time; what another one did not finish
/// is begun anew.
pub fn install(
    name: &str,
    packages: &[&str],
    install: impl Fn(&Path) -> Result<(), String>,
) -> Result<PathBuf, String> {
    let failed = |error: std::io::Error| error.to_string();
    let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers");
    let folder = peers.join(name);
    let done = folder.join(packages.join(" "));
    fs::create_dir_all(&peers).map_err(failed)?;
    let lock = File::create(peers.join(format!("{name}.lock"))).map_err(failed)?;
    // It ends with this process, however that ends.
    lock.lock().map_err(failed)?;
    let mut tries = 0;
    while !done.exists() {
        tries += 1;
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(failed)?;
        }
        fs::create_dir_all(&folder).map_err(failed)?;
        match install(&folder) {
            Ok(()) => fs::write(&done, "").map_err(failed)?,
            Err(why) if tries == TRIES => return Err(why),
            Err(why) => eprintln!("{name} could not be installed and is tried again: {why}"),
        }
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
