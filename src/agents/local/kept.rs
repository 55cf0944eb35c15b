//! The changes of an attempt that was cut off: the next one of its job begins with them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::record::{KEPT, digest};
use crate::agents::workplace::Workplace;
use crate::confinement::{Bounds, CannotRun, Repository};
use crate::core::jobs::{Branch, Commit, JobBranch};
use crate::core::model::time::Timestamp;

/// Bundles, one for each job. Their names say since when they lie here.
pub(super) struct Kept {
    folder: PathBuf,
}

impl Kept {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Keeps the bundle `from` for the next attempt of the job at `place`, and nothing older.
    pub(super) fn put(&self, place: &Workplace, from: &Path, now: Timestamp) -> io::Result<()> {
        self.drop(place)?;
        fs::rename(from, self.folder.join(format!("{}-{}", job(place), now.micros())))
    }

    /// Takes what is kept for `place` into `repository`: its head, if it follows on `begin`. What
    /// does not fit any more is dropped.
    pub(super) async fn take(
        &self,
        place: &Workplace,
        (repository, begin): (&Repository, &Commit),
        bounds: &Bounds,
    ) -> Result<Option<Commit>, CannotRun> {
        let Some(file) = self.of(place)?.into_iter().next() else { return Ok(None) };
        let taken = match repository.take_in(&file, bounds).await {
            Ok(head) if repository.descends(&head, begin).await? => Some(head),
            Ok(_) | Err(CannotRun::Git { .. }) => None,
            Err(why) => return Err(why),
        };
        if taken.is_none() {
            self.drop(place)?;
        }
        Ok(taken)
    }

    /// Drops what is kept for `place`.
    pub(super) fn drop(&self, place: &Workplace) -> io::Result<()> {
        self.of(place)?.iter().try_for_each(fs::remove_file)
    }

    /// Drops what nobody came back for.
    pub(super) fn drop_old(&self, now: Timestamp) -> io::Result<()> {
        for file in fs::read_dir(&self.folder)?.flatten() {
            let name = file.file_name().to_string_lossy().into_owned();
            let since = name.rsplit_once('-').and_then(|(_, micros)| micros.parse().ok());
            let since = since.map(Timestamp::from_micros);
            if since.is_none_or(|since| since.is_over(KEPT, now)) {
                fs::remove_file(file.path())?;
            }
        }
        Ok(())
    }

    fn of(&self, place: &Workplace) -> io::Result<Vec<PathBuf>> {
        let job = job(place);
        let files = fs::read_dir(&self.folder)?.flatten();
        let is_its = |file: &fs::DirEntry| file.file_name().to_string_lossy().starts_with(&job);
        Ok(files.filter(is_its).map(|file| file.path()).collect())
    }
}

/// What all attempts of a job have in common, whichever of its branches they work on.
fn job(place: &Workplace) -> String {
    let branch = match &place.branch {
        JobBranch::Own(own) => Branch { number: 1, ..*own }.to_string(),
        JobBranch::Adopted(adopted) => adopted.to_string(),
    };
    digest(&format!("{} {branch}", place.repository))
}
