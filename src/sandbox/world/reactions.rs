//! Reactions: who feels what about a comment or an issue.

use crate::core::model::ids::Subject;

use super::World;
use super::records::ReactionRecord;
use super::refusal::Refusal;

impl World {
    /// Adds a reaction; says whether it is new.
    pub(crate) fn react(
        &mut self,
        user: i64,
        subject: Subject,
        content: &str,
    ) -> Result<bool, Refusal> {
        self.require_may_react(user, subject)?;
        if !self.allowed_reactions.iter().any(|allowed| allowed == content) {
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

    /// Refuses whoever was blocked by the owner of the repository, by who opened the thread or by
    /// who wrote the text.
    fn require_may_react(&self, user: i64, subject: Subject) -> Result<(), Refusal> {
        let comment = match subject {
            Subject::Comment(id) => self.comments.get(&id),
            Subject::Issue(_) => None,
        };
        let issue = match subject {
            Subject::Issue(id) => self.issues.get(&id),
            Subject::Comment(_) => comment.and_then(|comment| self.issues.get(&comment.issue)),
        };
        let Some(issue) = issue else { return Ok(()) };
        let by = [issue.author, self.repo(issue.repo).owner];
        self.require_unblocked(user, by.into_iter().chain(comment.map(|comment| comment.author)))
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
