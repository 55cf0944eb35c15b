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
        Ok(by.iter().filter_map(|(by, heeded)| sentence(by, *heeded, blocks)).collect())
    }
}

/// Who asks for changes with the force to hold up a merge, also of an earlier commit: whoever said
/// otherwise later does not. And whether timmy itself merges nothing as long as that stands.
fn objecting(reviews: &[Review], shown: &[i64]) -> BTreeMap<String, bool> {
    let counts = |review: &&Review| review.verdict.is_official && !review.verdict.is_dismissed;
    let mut by = BTreeMap::new();
    for review in reviews.iter().filter(counts) {
        match review.verdict.opinion {
            Opinion::ChangesRequested => {
                let is_heeded = !review.verdict.is_stale && !shown.contains(&review.id);
                by.insert(login(review), is_heeded);
            }
            Opinion::Approved => {
                by.remove(&login(review));
            }
            Opinion::Comment => {}
        }
    }
    by
}

fn login(review: &Review) -> String {
    let by = review.text.written.author.as_ref();
    by.map_or_else(|| "a deleted user".to_owned(), |by| by.login.clone())
}

/// `blocks`: whether the branch merges nothing as long as that stands, if that is shown.
fn sentence(by: &str, is_heeded: bool, blocks: Option<bool>) -> Option<String> {
    match (is_heeded, blocks) {
        (true, _) => Some(format!(
            "{by} asks for changes, and nothing is merged as long as that stands: dismiss that \
             review first."
        )),
        (false, Some(false)) => None,
        (false, Some(true)) => Some(format!(
            "{by} asks for changes, and the branch merges nothing as long as that stands: dismiss \
             that review first."
        )),
        (false, None) => Some(format!(
            "{by} asks for changes: if the branch's rule blocks on that, nothing is merged until \
             that review is dismissed."
        )),
    }
}

#[cfg(test)]
mod tests {
    use crate::engine::jobs::objections::*;

    #[test]
    fn what_holds_up_a_merge_is_said_and_what_does_not_is_not() {
        assert_eq!(sentence("anna", false, Some(false)), None);
        for (is_heeded, blocks, says) in [
            (true, Some(false), "nothing is merged as long as"),
            (true, None, "dismiss that review first"),
            (false, Some(true), "dismiss that review first"),
            (false, None, "if the branch's"),
        ] {
            let said = sentence("anna", is_heeded, blocks).expect("it is said");
            assert!(said.starts_with("anna asks for changes") && said.contains(says), "{said}");
        }
    }
}
