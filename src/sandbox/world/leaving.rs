//! What leaves: repositories are given away or deleted, accounts are deleted.

use crate::core::model::ids::RepoId;

use super::World;
use super::people::avatar_of;
use super::records::{Home, UserKind, UserRecord};
use super::refusal::Refusal;
use super::repos::key;

/// The account that Gitea shows in place of a deleted one.
const GHOST: i64 = -1;

impl World {
    /// Gives a repository to another owner. The former name redirects until it is taken again.
    pub(crate) fn transfer_repo(&mut self, id: RepoId, owner: i64) -> Result<(), Refusal> {
        let former = self.full_name(id).to_ascii_lowercase();
        let repo = self.repos.get_mut(&id).ok_or(Refusal::HIDDEN)?;
        let present = key(&self.users[&owner].login, &repo.name);
        if self.names.contains_key(&present) {
            return Err(Refusal::Unprocessable("repo name is already taken".into()));
        }
        repo.owner = owner;
        self.names.remove(&former);
        self.former_names.insert(former, id);
        self.names.insert(present, id);
        Ok(())
    }

    /// Deletes a repository with everything in it.
    pub(crate) fn delete_repo(&mut self, id: RepoId) {
        self.repos.remove(&id);
        // What stays of it in the temporary folder goes with that.
        let _ = self.git.remove(id.0);
        self.names.retain(|_, named| *named != id);
        self.former_names.retain(|_, named| *named != id);
        self.issues.retain(|_, issue| issue.repo != id);
        let issues = &self.issues;
        self.comments.retain(|_, comment| issues.contains_key(&comment.issue));
        self.labels.retain(|_, label| label.home != Home::Repo(id));
        self.milestones.retain(|_, milestone| milestone.repo != id);
        self.hooks.retain(|_, hook| hook.home != Home::Repo(id));
    }

    /// Deletes an account. What it wrote stays, and is shown as a ghost's.
    pub(crate) fn delete_user(&mut self, user: i64) {
        let Some(gone) = self.users.remove(&user) else { return };
        self.last_search.forget();
        self.logins.remove(&gone.login.to_ascii_lowercase());
        let ghost = || UserRecord {
            id: GHOST,
            login: "Ghost".to_owned(),
            kind: UserKind::Person,
            avatar: avatar_of("Ghost"),
            created: gone.created,
        };
        self.users.entry(GHOST).or_insert_with(ghost);
        self.tokens.retain(|_, token| token.user != user);
        self.teams.values_mut().for_each(|team| team.members.retain(|member| *member != user));
        self.repos.values_mut().for_each(|repo| repo.collaborators.retain(|one, _| *one != user));
        self.reactions.values_mut().for_each(|all| all.retain(|reaction| reaction.user != user));
        for issue in self.issues.values_mut() {
            issue.assignees.retain(|assignee| *assignee != user);
            if issue.author == user {
                issue.author = GHOST;
            }
        }
        for comment in self.comments.values_mut().filter(|comment| comment.author == user) {
            comment.author = GHOST;
        }
        for line in self.timeline.iter_mut().filter(|line| line.user == user) {
            line.user = GHOST;
        }
        let feeds = self.repos.values_mut().flat_map(|repo| &mut repo.feed);
        for line in feeds.filter(|line| line.user == user) {
            line.user = GHOST;
        }
    }
}
