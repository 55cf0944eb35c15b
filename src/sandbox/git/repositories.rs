//! Where the repositories lie: one folder of the sandbox, which goes with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tempfile::TempDir;

use super::failure::GitFailure;

/// What every repository is set to. Somebody may push and force, and nothing runs by itself.
const CONFIG: &str = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n\
     [http]\n\treceivepack = true\n[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n\
     [receive]\n\tautogc = false\n[uploadpack]\n\tallowAnySHA1InWant = true\n\
     [repack]\n\twriteBitmaps = false\n";

/// The repositories of a sandbox. The folder is made with the first of them.
#[derive(Default)]
pub(crate) struct Repositories {
    folder: OnceLock<TempDir>,
}

impl Repositories {
    /// The repository with this number; an empty one if it is new, and whether it is.
    pub(crate) fn open(&self, number: i64, trunk: &str) -> Result<(BareRepo, bool), GitFailure> {
        let folder = self.folder()?.join(format!("{number}.git"));
        let is_new = !folder.exists();
        if is_new {
            lay_out(&folder, trunk)?;
        }
        Ok((BareRepo { folder }, is_new))
    }

    /// Takes the repository with this number away.
    pub(crate) fn remove(&self, number: i64) -> Result<(), GitFailure> {
        let Some(all) = self.folder.get() else { return Ok(()) };
        let folder = all.path().join(format!("{number}.git"));
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        Ok(())
    }

    fn folder(&self) -> Result<&Path, GitFailure> {
        if self.folder.get().is_none() {
            let made = tempfile::Builder::new().prefix("timmy-sandbox-").tempdir()?;
            // Who came second drops their own.
            let _ = self.folder.set(made);
        }
        self.folder.get().map(TempDir::path).ok_or(GitFailure::Unreadable("folder"))
    }
}

/// An empty bare repository, as `git init --bare` makes it: without running anything.
fn lay_out(folder: &Path, trunk: &str) -> Result<(), GitFailure> {
    for part in ["objects/info", "objects/pack", "refs/heads", "refs/tags"] {
        fs::create_dir_all(folder.join(part))?;
    }
    fs::write(folder.join("config"), CONFIG)?;
    fs::write(folder.join("HEAD"), format!("ref: refs/heads/{trunk}\n"))?;
    Ok(())
}

/// One bare repository on disk.
#[derive(Debug, Clone)]
pub(crate) struct BareRepo {
    pub(super) folder: PathBuf,
}

impl BareRepo {
    /// Sets which branch a clone begins with.
    pub(crate) fn set_trunk(&self, trunk: &str) -> Result<(), GitFailure> {
        Ok(fs::write(self.folder.join("HEAD"), format!("ref: refs/heads/{trunk}\n"))?)
    }

    /// Lets this repository see all commits of another one, as a fork does: it reads them where
    /// they lie.
    pub(crate) fn borrow_from(&self, other: &Self) -> Result<(), GitFailure> {
        let line = format!("{}\n", other.folder.join("objects").display());
        let path = self.folder.join("objects/info/alternates");
        let mut all = fs::read_to_string(&path).unwrap_or_default();
        if !all.contains(&line) {
            all.push_str(&line);
            fs::write(path, all)?;
        }
        Ok(())
    }
}
