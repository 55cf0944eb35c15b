//! Reactions: who feels what about a comment or an issue.

use crate::core::model::ids::Subject;

use super::World;
use super::records::ReactionRecord;
use super::refusal::Refusal;

/// What Gitea allows out of the box.
const ALLOWED: [&str; 8] = ["+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes"];

impl World {
    /// Adds a reaction; says whether it is new.
    pub(crate) fn react(
        &mut self,
        user: i64,
        subject: Subject,
        content: &str,
    ) -> Result<bool, Refusal> {
        if !ALLOWED.contains(&content) {
            return Err(Refusal::Forbidden(format!("'{content}' is not an allowed reaction")));
        }
        let created = self.now;
        let all = self.reactions.entry(subject).or_default();
        if all.iter().any(|r| r.user == user && r.content == content) {
            return Ok(false);
        }
        all.push(ReactionRecord { user, content: content.to_owned(), created });
        Ok(true)
    }

    /// Takes a reaction back, if it was there.
    pub(crate) fn unreact(&mut self, user: i64, subject: Subject, content: &str) {
        if let Some(all) = self.reactions.get_mut(&subject) {
            all.retain(|r| r.user != user || r.content != content);
        }
    }

    /// The reactions to something, oldest first.
    pub(crate) fn reactions_to(&self, subject: Subject) -> &[ReactionRecord] {
        self.reactions.get(&subject).map_or(&[], Vec::as_slice)
    }
}
