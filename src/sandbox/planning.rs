//! Playing people who plan: milestones, due dates, pins, dependencies, deletions.

use super::Sandbox;
use super::acting::issue_id;
use super::world::issues::IssuePatch;
use super::world::refusal::Refusal;
use crate::core::model::time::Timestamp;

impl Sandbox {
    /// `user` puts an issue into a milestone.
    ///
    /// # Errors
    /// If the forge refuses.
    pub fn set_milestone(
        &self,
        user: &str,
        repo: &str,
        number: i64,
        milestone: i64,
    ) -> Result<(), Refusal> {
        let patch = IssuePatch { milestone: Some(milestone), ..IssuePatch::default() };
        self.patch_issue(user, repo, number, patch)
    }

    /// `user` says when an issue is due: at the end of that day.
    ///
    /// # Errors
    /// If the forge refuses.
    pub fn set_due(
        &self,
        user: &str,
        repo: &str,
        number: i64,
        due: Timestamp,
    ) -> Result<(), Refusal> {
        let patch = IssuePatch { due: Some(due), ..IssuePatch::default() };
        self.patch_issue(user, repo, number, patch)
    }

    /// `user` pins an issue or unpins it. There is no webhook for it.
    ///
    /// # Errors
    /// If the forge refuses.
    pub fn set_pinned(
        &self,
        user: &str,
        repo: &str,
        number: i64,
        pinned: bool,
    ) -> Result<(), Refusal> {
        self.forge.act(|world| {
            let (user, issue) = (world.user_named(user)?, issue_id(world, repo, number)?);
            world.set_pinned(user, issue, pinned)
        })
    }

    /// `user` lets an issue wait for another one, `on`. There is no webhook for it.
    ///
    /// # Errors
    /// If the forge refuses.
    pub fn let_wait(
        &self,
        user: &str,
        repo: &str,
        number: i64,
        on: (&str, i64),
    ) -> Result<(), Refusal> {
        self.forge.act(|world| {
            let (user, issue) = (world.user_named(user)?, issue_id(world, repo, number)?);
            let blocker = issue_id(world, on.0, on.1)?;
            world.add_blocker(user, issue, blocker)
        })
    }

    /// `user` deletes an issue or a pull request.
    ///
    /// # Errors
    /// If the forge refuses.
    pub fn delete_issue(&self, user: &str, repo: &str, number: i64) -> Result<(), Refusal> {
        self.forge.act(|world| {
            let (user, issue) = (world.user_named(user)?, issue_id(world, repo, number)?);
            world.delete_issue(user, issue)
        })
    }
}
