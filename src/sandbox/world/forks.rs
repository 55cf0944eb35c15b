//! Forks: a copy of somebody's repository, of whoever may read it.

use crate::core::model::ids::{RepoId, RepoName};

use super::World;
use super::code_events::CodeEvent;
use super::refusal::Refusal;
use crate::sandbox::git::{NO_COMMIT, RefMove};

impl World {
    /// Makes a fork for `user`, under another name if one is given.
    pub(crate) fn fork(
        &mut self,
        user: i64,
        of: RepoId,
        name: Option<&str>,
    ) -> Result<RepoId, Refusal> {
        let original = self.repo(of);
        let (trunk, private) = (original.trunk.clone(), original.private);
        let owner = self.users[&user].login.clone();
        let name = RepoName::new(&owner, name.unwrap_or(&original.name))
            .map_err(|error| Refusal::Unprocessable(error.to_string()))?;
        let fork = self.add_repo(&name, private)?;
        if let Some(repo) = self.repos.get_mut(&fork) {
            (repo.fork_of, repo.trunk) = (Some(of), trunk);
        }
        let (from, code) = (self.code(of)?, self.code(fork)?);
        code.borrow_from(&from)?;
        for (branch, commit) in from.branches()? {
            let before = NO_COMMIT.to_owned();
            code.move_branch(&RefMove { branch, before, after: commit })?;
        }
        self.tell(of, &CodeEvent::Forked { doer: user, fork });
        Ok(fork)
    }

    /// The fork of `repo` that `user` has.
    pub(crate) fn fork_of(&self, user: i64, repo: RepoId) -> Option<RepoId> {
        let mut forks = self.repos.values().filter(|one| one.fork_of == Some(repo));
        forks.find(|one| one.owner == user).map(|one| one.id)
    }

    /// The repository whose branch a name like `rando:mine` means, seen from `repo`, and the branch.
    pub(crate) fn branch_elsewhere<'a>(
        &self,
        repo: RepoId,
        name: &'a str,
    ) -> Result<(RepoId, &'a str), Refusal> {
        let Some((owner, branch)) = name.split_once(':') else { return Ok((repo, name)) };
        let owner = self.user_named(owner).map_err(|_| Refusal::HIDDEN)?;
        if self.repo(repo).owner == owner {
            return Ok((repo, branch));
        }
        let parent = self.repo(repo).fork_of;
        let mut related = self.repos.values().filter(|one| one.owner == owner);
        let found = related.find(|one| one.fork_of == Some(repo) || Some(one.id) == parent);
        Ok((found.ok_or(Refusal::HIDDEN)?.id, branch))
    }
}
