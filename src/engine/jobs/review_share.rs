//! Once a reviewed pull request is open no more, it is found out which findings led to a commit.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Jobs;
use super::look::{NextLook, SeenJob};
use crate::core::jobs::{Commit, GivenReview, led_to_a_change};
use crate::core::model::ids::RepoName;
use crate::gitea::{Error as ForgeError, Gitea, PullState};
use crate::store::{Error, jobs};

/// How long it is from one look to the next at one of which the backlog does not know.
const AGAIN: Duration = Duration::from_secs(10 * 60);

/// The largest file that is compared, in bytes.
const LARGEST: usize = 1 << 20;

impl Jobs {
    /// Counts what the reviews of a job led to, if what they are of is over.
    pub(super) async fn count_reviews(&self, seen: &SeenJob) -> Result<NextLook, Error> {
        let id = seen.id();
        let given = self.ctx.ledger.read(move |conn| jobs::uncounted_reviews(conn, id)).await?;
        let (Some(repo), false) = (&seen.repo, given.is_empty()) else {
            return Ok(NextLook::Idle);
        };
        match count(&self.ctx.gitea, &repo.name, &given).await {
            Ok(None) => Ok(NextLook::At(self.ctx.now().after(AGAIN))),
            Ok(Some((last, counts))) => {
                let now = self.ctx.now();
                let write = self.ctx.ledger.write(move |tx| {
                    for (review, led) in given.iter().zip(counts) {
                        jobs::count_review(tx, review.attempt, last.as_ref(), led, now)?;
                    }
                    Ok(())
                });
                write.await?;
                Ok(NextLook::Idle)
            }
            Err(error) => {
                self.incidents.met(&error, seen.job.lane()).await;
                Ok(self.later(seen))
            }
        }
    }
}

/// The commit that the pull request of `given` ended with, and how many findings of each led to a
/// change; of one that nobody can tell of none. None as long as it is open.
async fn count(
    gitea: &Gitea,
    repo: &RepoName,
    given: &[GivenReview],
) -> Result<Option<(Option<Commit>, Vec<Option<u32>>)>, ForgeError> {
    let Some(first) = given.first() else { return Ok(None) };
    let Some(pull) = gitea.pull(repo, first.pull).await? else {
        return Ok(Some((None, vec![None; given.len()])));
    };
    if pull.state == PullState::Open {
        return Ok(None);
    }
    let mut counts = Vec::new();
    for review in given {
        counts.push(led(gitea, repo, review, &pull.head).await?);
    }
    Ok(Some((Some(pull.head), counts)))
}

async fn led(
    gitea: &Gitea,
    repo: &RepoName,
    review: &GivenReview,
    last: &Commit,
) -> Result<Option<u32>, ForgeError> {
    if review.head == *last || review.places.is_empty() {
        return Ok(Some(0));
    }
    // A force push may have taken it away.
    if gitea.commit(repo, &review.head).await?.is_none() {
        return Ok(None);
    }
    let mut files: BTreeMap<&str, [Option<String>; 2]> = BTreeMap::new();
    let mut led = 0;
    for place in &review.places {
        if !files.contains_key(place.path.as_str()) {
            let then = text_of(gitea, repo, &place.path, &review.head).await?;
            let now = text_of(gitea, repo, &place.path, last).await?;
            let (FileText::Known(then), FileText::Known(now)) = (then, now) else {
                return Ok(None);
            };
            files.insert(&place.path, [then, now]);
        }
        if let Some([then, now]) = files.get(place.path.as_str()) {
            led += u32::from(led_to_a_change(place, then.as_deref(), now.as_deref()));
        }
    }
    Ok(Some(led))
}

/// What a file holds.
enum FileText {
    /// None if there is no such file.
    Known(Option<String>),
    /// It is more than is read.
    Unknown,
}

async fn text_of(
    gitea: &Gitea,
    repo: &RepoName,
    path: &str,
    commit: &Commit,
) -> Result<FileText, ForgeError> {
    match gitea.file(repo, path, commit, LARGEST).await {
        Ok(file) => {
            let text = file.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            Ok(FileText::Known(text))
        }
        Err(ForgeError::TooLarge { .. }) => Ok(FileText::Unknown),
        Err(ForgeError::NotAName(_)) => Ok(FileText::Known(None)),
        Err(error) => Err(error),
    }
}
