//! The changes of an attempt that was cut off: the next one of its job begins with them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::record::{KEPT, digest};
use crate::agents::workplace::Workplace;
use crate::confinement::{Bounds, CannotRun, Repository};
use crate::core::jobs::{Branch, Commit, JobBranch};
use crate::core::model::time::Timestamp;

/// Bundles, one for each job. Their names say what they follow on, and since when they lie here.
pub(super) struct Kept {
    folder: PathBuf,
}

/// What is kept for an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum KeptChanges {
    None,
    /// They did not fit any more, and are dropped.
    Dropped,
    /// They follow on `begin`, which the forge still has.
    Fit {
        begin: Commit,
        head: Commit,
    },
}

impl Kept {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Keeps the bundle `from` for the next attempt of the job at `place`, and nothing older.
    /// `begin`: the commit of the forge's that it follows on.
    pub(super) fn put(
        &self,
        (place, begin): (&Workplace, &Commit),
        from: &Path,
        now: Timestamp,
    ) -> io::Result<()> {
        self.drop(place)?;
        fs::rename(from, self.folder.join(format!("{}-{begin}-{}", job(place), now.micros())))
    }

    /// Takes what is kept for `place` into `repository`. `was`: what its branch is on the forge; none
    /// if it is not there. What does not fit any more is dropped.
    pub(super) async fn take(
        &self,
        place: &Workplace,
        (repository, was): (&Repository, Option<&Commit>),
        bounds: &Bounds,
    ) -> Result<KeptChanges, CannotRun> {
        let Some(file) = self.of(place)?.into_iter().next() else { return Ok(KeptChanges::None) };
        let begin = was.cloned().or_else(|| begin_of(&file));
        let fitting = async {
            let head = repository.take_in(&file, bounds).await?;
            let Some(begin) = begin else { return Ok(KeptChanges::Dropped) };
            // Where nobody pushed yet, the default branch may have moved on: this is behind then, as
            // any branch that takes a while.
            let fits = repository.descends(&head, &begin).await?
                && (was.is_some() || repository.descends(&place.base, &begin).await?);
            Ok(if fits { KeptChanges::Fit { begin, head } } else { KeptChanges::Dropped })
        };
        let taken = match fitting.await {
            Err(CannotRun::Git { .. }) => KeptChanges::Dropped,
            taken => taken?,
        };
        if taken == KeptChanges::Dropped {
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

/// What a bundle follows on.
fn begin_of(file: &Path) -> Option<Commit> {
    file.file_name()?.to_str()?.split('-').nth(1)?.parse().ok()
}

/// What all attempts of a job have in common, whichever of its branches they work on.
fn job(place: &Workplace) -> String {
    let branch = match &place.branch {
        JobBranch::Own(own) => Branch { number: 1, ..*own }.to_string(),
        JobBranch::Adopted(adopted) => adopted.to_string(),
    };
    digest(&format!("{} {branch}", place.repository))
}
