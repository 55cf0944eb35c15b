//! Reviews for which the forge will not merge what a person is asked to accept. It says so only when it
//! is asked to merge, and then the yes was for nothing: so it is said with the question.

use super::Jobs;
use crate::core::decisions::CoveredHead;
use crate::core::jobs::{
    Act, JobEvent, JobRecord, JobStep, MergeRefusal, Objection, ObjectionForce,
};
use crate::core::model::repository::Repo;
use crate::core::model::text::Review;
use crate::gitea::Error;

/// What is known of the reviews of a pull request that is asked about.
pub(super) struct KnownReviews<'a> {
    /// The job, with those that agents gave.
    pub(super) record: &'a JobRecord,
    /// All of them, if they were read just now.
    pub(super) all: Option<Vec<Review>>,
}

impl Jobs {
    /// What is said of them, a sentence each: of the reviews of the pull request whose `head` is asked
    /// about, of which the question itself tells those that agents gave. What cannot be read now is said
    /// when it is merged.
    pub(super) async fn objections(
        &self,
        repo: &Repo,
        head: &CoveredHead,
        known: KnownReviews<'_>,
    ) -> Vec<String> {
        let read = self.read_objections(repo, head, known).await;
        read.unwrap_or_else(|error| {
            tracing::debug!(head.pull, %error, "what a branch refuses is not known yet");
            Vec::new()
        })
    }

    async fn read_objections(
        &self,
        repo: &Repo,
        head: &CoveredHead,
        known: KnownReviews<'_>,
    ) -> Result<Vec<String>, Error> {
        let reviews = match known.all {
            Some(all) => all,
            None => self.ctx.gitea.all_reviews(&repo.name, head.pull).await?,
        };
        let all = Objection::all(&reviews, &known.record.reviews, &head.commit);
        if all.is_empty() {
            return Ok(Vec::new());
        }
        let blocks = self.ctx.gitea.blocks_on_rejection(&repo.name, &head.target).await?;
        // Who may not see the rule was told of it when nothing was merged.
        let blocked = last_refusal(known.record) == Some(&MergeRefusal::ReviewBlocks);
        let blocks = blocks.or(blocked.then_some(true));
        Ok(all.iter().filter_map(|objection| sentence(objection, blocks)).collect())
    }
}

/// Why it was not merged the last time, unless it was worked on since: the rule may be another one by now.
fn last_refusal(record: &JobRecord) -> Option<&MergeRefusal> {
    let is_work = |step: &JobStep| matches!(step, JobStep::Act(Act::Lease(_)));
    let steps = record.steps.iter().rev().map(|(step, _)| step);
    let mut since = steps.take_while(|step| !is_work(step));
    since.find_map(|step| match step {
        JobStep::Event(JobEvent::NotMerged(refusal)) => Some(refusal),
        JobStep::Event(_) | JobStep::Act(_) => None,
    })
}

/// `blocks`: whether the branch merges nothing as long as that stands, if that is shown.
fn sentence(objection: &Objection, blocks: Option<bool>) -> Option<String> {
    use ObjectionForce::{Heeded, Old, TakenBack, Told};
    let Objection { by, commit, force } = objection;
    let by = by.as_ref().map_or_else(|| "a deleted user".to_owned(), |by| format!("`{by}`"));
    let short: String = commit.chars().take(7).collect();
    let of = if short.is_empty() { String::new() } else { format!(" of `{short}`") };
    match (force, blocks) {
        (Heeded, _) => Some(format!(
            "{by} asks for changes, and nothing is merged as long as that stands: dismiss that \
             review first."
        )),
        (_, Some(false)) | (Told | TakenBack, None) => None,
        (TakenBack, Some(true)) => Some(format!(
            "{by} approved since, but its review{of}, which asked for changes, still stands \
             there, and the branch merges nothing as long as it does: dismiss that review first."
        )),
        (Old | Told, Some(true)) => Some(format!(
            "A review{of} by {by} asked for changes, and the branch merges nothing as long as \
             it stands: dismiss that review first."
        )),
        (Old, None) => Some(format!(
            "A review{of} by {by} asked for changes: if the branch's rule blocks on that, nothing \
             is merged until it is dismissed."
        )),
    }
}

#[cfg(test)]
mod tests {
    use crate::engine::jobs::objections::*;

    fn said(force: ObjectionForce, blocks: Option<bool>) -> Option<String> {
        let commit = "efe15e6".repeat(6);
        sentence(&Objection { by: Some("anna".to_owned()), commit, force }, blocks)
    }

    #[test]
    fn what_holds_up_a_merge_is_said_and_what_does_not_is_not() {
        use ObjectionForce::{Heeded, Old, TakenBack, Told};
        for (force, blocks) in [
            (Old, Some(false)),
            (Told, Some(false)),
            (Told, None),
            (TakenBack, Some(false)),
            (TakenBack, None),
        ] {
            assert_eq!(said(force, blocks), None);
        }
        for (force, blocks, says) in [
            (Heeded, Some(false), "`anna` asks for changes, and nothing is merged as long as"),
            (Heeded, None, "dismiss that review first"),
            (Old, Some(true), "A review of `efe15e6` by `anna` asked for changes, and the branch"),
            (Told, Some(true), "the branch merges nothing as long as it stands"),
            (TakenBack, Some(true), "`anna` approved since, but its review of `efe15e6`"),
            (Old, None, "if the branch's rule blocks on that"),
        ] {
            let said = said(force, blocks).expect("it is said");
            assert!(said.contains(says), "{said}");
        }
    }
}
