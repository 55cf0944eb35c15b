//! The folders of an agent: below one that others can pass through, since what is run there may have
//! the rights of nobody, and shut where it holds what no run may see.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

#[derive(Debug, Clone)]
pub(super) struct Places {
    folder: PathBuf,
}

impl Places {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Where workspaces lie.
    pub(super) fn work(&self) -> PathBuf {
        self.folder.join("work")
    }

    /// Where the program is tried out.
    pub(super) fn trials(&self) -> PathBuf {
        self.folder.join("trials")
    }

    /// What was fetched, and bundles on their way.
    pub(super) fn fetched(&self) -> PathBuf {
        self.folder.join("fetched")
    }

    /// What is known of attempts.
    pub(super) fn records(&self) -> PathBuf {
        self.folder.join("attempts")
    }

    /// The changes with which the next attempts begin.
    pub(super) fn kept(&self) -> PathBuf {
        self.folder.join("kept")
    }

    /// Makes what is not there.
    pub(super) fn make(&self) -> io::Result<()> {
        make(&self.work(), 0o711)?;
        for shut in [self.fetched(), self.records(), self.kept()] {
            make(&shut, 0o700)?;
        }
        Ok(())
    }

    /// Makes the folder where the program is tried out; none if the others are not this user's, or
    /// not there yet.
    pub(super) fn make_trials(&self) -> Option<PathBuf> {
        let owner = fs::metadata(&self.folder).ok()?.uid();
        let is_own = owner == rustix::process::geteuid().as_raw();
        let trials = self.trials();
        (is_own && make(&trials, 0o711).is_ok()).then_some(trials)
    }
}

fn make(folder: &Path, mode: u32) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(mode).create(folder)
}
