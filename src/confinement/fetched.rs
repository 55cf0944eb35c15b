//! A repository of timmy's own that holds some commits of the forge's. It goes with whoever asked for
//! it: nothing that one change brought lies there for the next.

use std::path::Path;

use tempfile::TempDir;

use super::bounds::Bounds;
use super::cannot_run::CannotRun;
use super::git::{Repository, git};
use super::remote::Remote;
use super::watch::require_room;
use super::workspace::PREFIX;
use crate::core::jobs::Commit;

/// A repository that is thrown away.
#[derive(Debug)]
pub struct FetchedRepository {
    repository: Repository,
    _folder: TempDir,
}

impl FetchedRepository {
    /// With exactly `commits` and nothing of their history, in a folder in `place`.
    ///
    /// # Errors
    /// If they cannot be had, or take more than `bounds` allow.
    pub async fn of(
        place: &Path,
        remote: &Remote,
        commits: &[&Commit],
        bounds: &Bounds,
    ) -> Result<Self, CannotRun> {
        Self::with_history(place, remote, (commits, 1), bounds).await
    }

    /// With `commits` and as much of their history as `depth` says.
    ///
    /// # Errors
    /// If they cannot be had, or take more than `bounds` allow.
    pub async fn with_history(
        place: &Path,
        remote: &Remote,
        (commits, depth): (&[&Commit], u32),
        bounds: &Bounds,
    ) -> Result<Self, CannotRun> {
        require_room(place)?;
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(place)?;
        let words = ["init", "--quiet", "--bare", "--template=", "--initial-branch=timmy"];
        git(folder.path(), &words, b"").await?;
        remote.fetch(folder.path(), (commits, depth), bounds).await?;
        for (number, commit) in commits.iter().enumerate() {
            // So that git finds them when it looks what is connected.
            let (name, commit) = (format!("refs/timmy/{number}"), commit.to_string());
            git(folder.path(), &["update-ref", &name, &commit], b"").await?;
        }
        Ok(Self { repository: Repository::at(folder.path()), _folder: folder })
    }

    pub fn repository(&self) -> &Repository {
        &self.repository
    }
}
