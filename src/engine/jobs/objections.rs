//! Reviews for which the forge will not merge what a person is asked to accept. It says so only when it
//! is asked to merge, and then the yes was for nothing: so it is said with the question.

use std::collections::BTreeSet;

use super::Jobs;
use crate::core::model::repository::Repo;
use crate::core::model::text::Review;
use crate::core::model::verdict::Opinion;
use crate::gitea::Error;

impl Jobs {
    /// What is said of them, a sentence each: of the reviews of the pull request `pull` into the branch
    /// `target`. What cannot be read now is said when it is merged.
    pub(super) async fn objections(&self, repo: &Repo, (pull, target): (i64, &str)) -> Vec<String> {
        let read = self.read_objections(repo, (pull, target)).await;
        read.unwrap_or_else(|error| {
            tracing::debug!(pull, %error, "what a branch refuses is not known yet");
            Vec::new()
        })
    }

    async fn read_objections(
        &self,
        repo: &Repo,
        (pull, target): (i64, &str),
    ) -> Result<Vec<String>, Error> {
        let reviews = self.ctx.gitea.all_reviews(&repo.name, pull).await?;
        let by = objecting(&reviews);
        if by.is_empty() {
            return Ok(Vec::new());
        }
        let blocks = self.ctx.gitea.blocks_on_rejection(&repo.name, target).await?;
        Ok(by.iter().filter_map(|by| sentence(by, blocks)).collect())
    }
}

/// Who asks for changes with the force to hold up a merge, also of an earlier commit: whoever said
/// otherwise later does not.
fn objecting(reviews: &[Review]) -> BTreeSet<String> {
    let counts = |review: &&Review| review.verdict.is_official && !review.verdict.is_dismissed;
    let mut by = BTreeSet::new();
    for review in reviews.iter().filter(counts) {
        match review.verdict.opinion {
            Opinion::ChangesRequested => by.insert(login(review)),
            Opinion::Approved => by.remove(&login(review)),
            Opinion::Comment => false,
        };
    }
    by
}

fn login(review: &Review) -> String {
    let by = review.text.written.author.as_ref();
    by.map_or_else(|| "a deleted user".to_owned(), |by| by.login.clone())
}

/// `blocks`: whether the branch merges nothing as long as that stands, if that is shown.
fn sentence(by: &str, blocks: Option<bool>) -> Option<String> {
    match blocks {
        Some(false) => None,
        Some(true) => Some(format!(
            "{by} asks for changes, and the branch merges nothing as long as that stands: dismiss \
             that review first."
        )),
        None => Some(format!(
            "{by} asks for changes: if the branch's rule blocks on that, nothing is merged until \
             that review is dismissed."
        )),
    }
}

#[cfg(test)]
mod tests {
    use crate::engine::jobs::objections::*;

    #[test]
    fn what_a_branch_refuses_is_said_and_what_it_takes_is_not() {
        assert_eq!(sentence("anna", Some(false)), None);
        for (blocks, says) in [(Some(true), "dismiss that review first"), (None, "if the branch's")]
        {
            let said = sentence("anna", blocks).expect("it is said");
            assert!(said.starts_with("anna asks for changes") && said.contains(says), "{said}");
        }
    }
}
