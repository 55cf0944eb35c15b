//! Reviews for which the forge will not merge what a person is asked to accept. It says so only when it
//! is asked to merge, and then the yes was for nothing: so it is said with the question.

use std::collections::BTreeMap;

use super::Jobs;
use crate::core::model::repository::Repo;
use crate::core::model::text::Review;
use crate::core::model::verdict::Opinion;
use crate::gitea::Error;

impl Jobs {
    /// What is said of them, a sentence each: of the reviews of the pull request `pull` into the branch
    /// `target`, of which the question itself tells those `shown`. What cannot be read now is said when it
    /// is merged.
    pub(super) async fn objections(
        &self,
        repo: &Repo,
        (pull, target): (i64, &str),
        shown: &[i64],
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
        shown: &[i64],
    ) -> Result<Vec<String>, Error> {
        let reviews = self.ctx.gitea.all_reviews(&repo.name, pull).await?;
        let by = objecting(&reviews, shown);
        if by.is_empty() {
            return Ok(Vec::new());
        }
        let blocks = self.ctx.gitea.blocks_on_rejection(&repo.name, target).await?;
        Ok(by.iter().filter_map(|(by, objection)| sentence(by, *objection, blocks)).collect())
    }
}

/// What a review means that asks for changes with the force to hold up a merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Objection {
    /// timmy itself merges nothing as long as it stands.
    Heeded,
    /// It is of an earlier commit.
    Old,
    /// An agent's, which the question tells, and what that said later: to the forge it stands, since what
    /// an agent approves is a comment there.
    Told,
}

/// Who objects: whoever approved later does not.
fn objecting(reviews: &[Review], shown: &[i64]) -> BTreeMap<String, Objection> {
    let counts = |review: &&Review| review.verdict.is_official && !review.verdict.is_dismissed;
    let mut by = BTreeMap::new();
    for review in reviews.iter().filter(counts) {
        let objection = match (shown.contains(&review.id), review.verdict.is_stale) {
            (true, _) => Objection::Told,
            (false, true) => Objection::Old,
            (false, false) => Objection::Heeded,
        };
        match review.verdict.opinion {
            Opinion::ChangesRequested => by.insert(login(review), objection),
            Opinion::Approved => by.remove(&login(review)),
            Opinion::Comment => None,
        };
    }
    by
}

fn login(review: &Review) -> String {
    let by = review.text.written.author.as_ref();
    by.map_or_else(|| "a deleted user".to_owned(), |by| by.login.clone())
}

/// `blocks`: whether the branch merges nothing as long as that stands, if that is shown.
fn sentence(by: &str, objection: Objection, blocks: Option<bool>) -> Option<String> {
    match (objection, blocks) {
        (Objection::Heeded, _) => Some(format!(
            "{by} asks for changes, and nothing is merged as long as that stands: dismiss that \
             review first."
        )),
        (_, Some(false)) | (Objection::Told, None) => None,
        (_, Some(true)) => Some(format!(
            "{by} asked for changes, and the branch merges nothing as long as that stands: dismiss \
             that review first."
        )),
        (Objection::Old, None) => Some(format!(
            "{by} asked for changes: if the branch's rule blocks on that, nothing is merged until \
             that review is dismissed."
        )),
    }
}

#[cfg(test)]
mod tests {
    use crate::engine::jobs::objections::*;

    #[test]
    fn what_holds_up_a_merge_is_said_and_what_does_not_is_not() {
        use Objection::{Heeded, Old, Told};
        for (objection, blocks) in [(Old, Some(false)), (Told, Some(false)), (Told, None)] {
            assert_eq!(sentence("anna", objection, blocks), None);
        }
        for (objection, blocks, says) in [
            (Heeded, Some(false), "asks for changes, and nothing is merged as long as"),
            (Heeded, None, "dismiss that review first"),
            (Old, Some(true), "dismiss that review first"),
            (Told, Some(true), "the branch merges nothing as long as that stands"),
            (Old, None, "if the branch's"),
        ] {
            let said = sentence("anna", objection, blocks).expect("it is said");
            assert!(said.starts_with("anna ask") && said.contains(says), "{said}");
        }
    }
}
