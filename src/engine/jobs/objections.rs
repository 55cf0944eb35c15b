//! Reviews for which the forge will not merge what a person is asked to accept. It says so only when it
//! is asked to merge, and then the yes was for nothing: so it is said with the question.

use std::collections::BTreeMap;

use super::Jobs;
use crate::core::jobs::GivenReview;
use crate::core::model::repository::Repo;
use crate::core::model::text::Review;
use crate::core::model::verdict::Opinion;
use crate::gitea::Error;

impl Jobs {
    /// What is said of them, a sentence each: of the reviews of the pull request `pull` into the branch
    /// `target`, of which the question itself tells those that agents gave, `shown`. What cannot be read
    /// now is said when it is merged.
    pub(super) async fn objections(
        &self,
        repo: &Repo,
        (pull, target): (i64, &str),
        shown: &[GivenReview],
    ) -> Vec<String> {
        let read = self.read_objections(repo, (pull, target), shown).await;
        read.unwrap_or_else(|error| {
            tracing::debug!(pull, %error, "what a branch refuses is not known yet");
            Vec::new()
        })
    }

    async fn read_objections(
        &self,
        repo: &Repo,
        (pull, target): (i64, &str),
        shown: &[GivenReview],
    ) -> Result<Vec<String>, Error> {
        let reviews = self.ctx.gitea.all_reviews(&repo.name, pull).await?;
        let by = objecting(&reviews, shown);
        if by.is_empty() {
            return Ok(Vec::new());
        }
        let blocks = self.ctx.gitea.blocks_on_rejection(&repo.name, target).await?;
        Ok(by.values().filter_map(|objection| objection.sentence(blocks)).collect())
    }
}

/// A review that asks for changes with the force to hold up a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Objection {
    /// Whose, as people read it.
    by: String,
    /// Of which commit, in short; may be empty.
    commit: String,
    force: Force,
}

/// What it means for a merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Force {
    /// timmy itself merges nothing as long as it stands.
    Heeded,
    /// It is of an earlier commit.
    Old,
    /// An agent's, which the question tells.
    Told,
    /// The same, and that agent approved since: to the forge it stands, since what an agent approves is a
    /// comment there.
    TakenBack,
}

/// Who objects, by login: whoever approved later does not.
fn objecting(reviews: &[Review], shown: &[GivenReview]) -> BTreeMap<String, Objection> {
    let counts = |review: &&Review| review.verdict.is_official && !review.verdict.is_dismissed;
    let mut by = BTreeMap::new();
    for review in reviews.iter().filter(counts) {
        let author = review.text.written.author.as_ref();
        let login = author.map(|by| by.login.clone()).unwrap_or_default();
        match review.verdict.opinion {
            Opinion::ChangesRequested => by.insert(login, Objection::of(review, shown)),
            Opinion::Approved => by.remove(&login),
            Opinion::Comment => None,
        };
    }
    by
}

impl Objection {
    fn of(review: &Review, shown: &[GivenReview]) -> Self {
        let author = review.text.written.author.as_ref();
        let by = author.map(|by| format!("`{}`", by.login));
        let by = by.unwrap_or_else(|| "a deleted user".to_owned());
        let commit = review.verdict.commit.chars().take(7).collect();
        let told = shown.iter().find(|given| given.review == Some(review.id));
        let force = match (told, review.verdict.is_stale) {
            (Some(given), _) if approved_since(shown, given) => Force::TakenBack,
            (Some(_), _) => Force::Told,
            (None, true) => Force::Old,
            (None, false) => Force::Heeded,
        };
        Self { by, commit, force }
    }

    /// `blocks`: whether the branch merges nothing as long as that stands, if that is shown.
    fn sentence(&self, blocks: Option<bool>) -> Option<String> {
        let Self { by, commit, force } = self;
        let of = if commit.is_empty() { String::new() } else { format!(" of `{commit}`") };
        match (force, blocks) {
            (Force::Heeded, _) => Some(format!(
                "{by} asks for changes, and nothing is merged as long as that stands: dismiss that \
                 review first."
            )),
            (_, Some(false)) | (Force::Told | Force::TakenBack, None) => None,
            (Force::TakenBack, Some(true)) => Some(format!(
                "{by} approved since, but its review{of}, which asked for changes, still stands \
                 there, and the branch merges nothing as long as it does: dismiss that review first."
            )),
            (Force::Old | Force::Told, Some(true)) => Some(format!(
                "A review{of} by {by} asked for changes, and the branch merges nothing as long as \
                 it stands: dismiss that review first."
            )),
            (Force::Old, None) => Some(format!(
                "A review{of} by {by} asked for changes: if the branch's rule blocks on that, nothing \
                 is merged until it is dismissed."
            )),
        }
    }
}

/// Whether the last word of whose review this is approves.
fn approved_since(shown: &[GivenReview], given: &GivenReview) -> bool {
    let mut its = shown.iter().filter(|other| other.agent == given.agent && !other.is_dismissed);
    its.next_back().is_some_and(|last| last.opinion == Opinion::Approved)
}

#[cfg(test)]
mod tests {
    use Opinion::{Approved, ChangesRequested};

    use crate::core::jobs::{Fence, JobId, ReviewFollowUp};
    use crate::engine::jobs::objections::*;

    fn said(force: Force, blocks: Option<bool>) -> Option<String> {
        let objection = Objection { by: "`anna`".to_owned(), commit: "efe15e6".to_owned(), force };
        objection.sentence(blocks)
    }

    #[test]
    fn what_holds_up_a_merge_is_said_and_what_does_not_is_not() {
        use Force::{Heeded, Old, TakenBack, Told};
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

    #[test]
    fn only_the_last_word_of_an_agent_takes_its_own_back() {
        let given = |agent: &str, opinion, is_dismissed| GivenReview {
            attempt: Fence(1),
            job: JobId(1),
            review: None,
            pull: 9,
            agent: agent.to_owned(),
            head: "a".repeat(40).parse().expect("forty digits"),
            opinion,
            places: Vec::new(),
            left_out: 0,
            follow_up: ReviewFollowUp::Nothing,
            is_dismissed,
        };
        let asked = given("bezalel", ChangesRequested, false);
        let after = |later| approved_since(&[asked.clone(), later], &asked);
        assert!(after(given("bezalel", Approved, false)));
        assert!(!after(given("bezalel", Approved, true)));
        assert!(!after(given("ezra", Approved, false)));
        let thrice = [asked.clone(), given("bezalel", Approved, false), asked.clone()];
        assert!(!approved_since(&thrice, &asked));
    }
}
