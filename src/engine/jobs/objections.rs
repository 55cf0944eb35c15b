//! Reviews for which the forge will not merge what a person is asked to accept. It says so only when it
//! is asked to merge, and then the yes was for nothing: so it is said with the question.

use super::Jobs;
use crate::core::decisions::CoveredHead;
use crate::core::jobs::Objection;
use crate::core::model::repository::Repo;
use crate::gitea::Error;

impl Jobs {
    /// What is said of them, a sentence each: of the reviews of the pull request whose
    /// `head` is asked about, of which the question itself tells those `shown`. What cannot be read now is said when it
    /// is merged.
    pub(super) async fn objections(
        &self,
        repo: &Repo,
        head: &CoveredHead,
        shown: &[i64],
    ) -> Vec<String> {
        let read = self.read_objections(repo, head, shown).await;
        read.unwrap_or_else(|error| {
            tracing::debug!(head.pull, %error, "what a branch refuses is not known yet");
            Vec::new()
        })
    }

    async fn read_objections(
        &self,
        repo: &Repo,
        head: &CoveredHead,
        shown: &[i64],
    ) -> Result<Vec<String>, Error> {
        let reviews = self.ctx.gitea.all_reviews(&repo.name, head.pull).await?;
        let by = Objection::of(&reviews, shown, &head.commit);
        if by.is_empty() {
            return Ok(Vec::new());
        }
        let blocks = self.ctx.gitea.blocks_on_rejection(&repo.name, &head.target).await?;
        Ok(by.iter().filter_map(|(by, objection)| sentence(by, *objection, blocks)).collect())
    }
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
