//! Repositories and their names, present and former.

use std::collections::{BTreeMap, BTreeSet};

use crate::core::model::ids::{RepoId, RepoName};
use crate::core::model::time::Timestamp;

use super::records::{MilestoneRecord, RepoRecord};
use super::refusal::Refusal;
use super::rights::{Mode, Unit};
use super::{IdKind, World};

/// What is found by a name.
pub(crate) enum FoundRepo {
    Repo(RepoId),
    /// Renamed; the present name.
    Moved(String),
}

impl World {
    /// Adds a repository to an account that exists.
    pub(crate) fn add_repo(&mut self, name: &RepoName, private: bool) -> Result<RepoId, Refusal> {
        let owner = self.user_named(name.owner())?;
        if self.repo_named(name).is_ok() {
            return Err(Refusal::Conflict(
                "The repository with the same name already exists.".into(),
            ));
        }
        let id = RepoId(self.next_id(IdKind::Repo));
        self.names.insert(key(name.owner(), name.name()), id);
        self.repos.insert(
            id,
            RepoRecord {
                id,
                owner,
                name: name.name().to_owned(),
                private,
                archived: false,
                off: BTreeSet::new(),
                created: self.now,
                collaborators: BTreeMap::new(),
                open_issues: 0,
                open_pulls: 0,
                last_number: 0,
                threads: BTreeMap::new(),
                comments: BTreeSet::new(),
                templates: Vec::new(),
                trunk: "main".to_owned(),
                fork_of: None,
                began_empty: false,
                protections: Vec::new(),
                statuses: Vec::new(),
                workflow_jobs: Vec::new(),
                secrets: Vec::new(),
                feed: Vec::new(),
            },
        );
        let repo = self.repo(id);
        let administers = |user: &i64| self.mode(Some(*user), repo, Unit::Code) >= Mode::Admin;
        let creator = self.people().find(administers).unwrap_or(owner);
        self.note_activity(creator, id, "create_repo", "", String::new());
        Ok(id)
    }

    /// What `owner/name` leads to, for somebody who may see it.
    pub(crate) fn find_repo(
        &self,
        owner: &str,
        name: &str,
        viewer: Option<i64>,
    ) -> Result<FoundRepo, Refusal> {
        let key = key(owner, name);
        let present = self.names.get(&key);
        let id = *present.or_else(|| self.former_names.get(&key)).ok_or(Refusal::HIDDEN)?;
        match (self.can_see(viewer, self.repo(id)), present) {
            (false, _) => Err(Refusal::HIDDEN),
            (true, Some(_)) => Ok(FoundRepo::Repo(id)),
            (true, None) => Ok(FoundRepo::Moved(self.full_name(id))),
        }
    }

    /// `owner/name` as it is now.
    pub(crate) fn full_name(&self, id: RepoId) -> String {
        let repo = self.repo(id);
        format!("{}/{}", self.users[&repo.owner].login, repo.name)
    }

    /// Gives a repository another name. The former one redirects until it is taken again.
    pub(crate) fn rename_repo(&mut self, id: RepoId, new_name: &str) -> Result<(), Refusal> {
        let owner = self.users[&self.repo(id).owner].login.clone();
        let name = RepoName::new(&owner, new_name)
            .map_err(|error| Refusal::Unprocessable(error.to_string()))?;
        if self.repo_named(&name).is_ok_and(|other| other != id) {
            return Err(Refusal::Unprocessable(format!(
                "repo name is already taken [name: {new_name}]"
            )));
        }
        let Some(repo) = self.repos.get_mut(&id) else { return Err(Refusal::HIDDEN) };
        let former = key(&owner, &std::mem::replace(&mut repo.name, new_name.to_owned()));
        self.names.remove(&former);
        self.former_names.insert(former, id);
        self.names.insert(key(&owner, new_name), id);
        Ok(())
    }

    /// Their owner is no longer called `former`: the former addresses redirect.
    pub(super) fn move_repos_of(&mut self, owner: i64, former: &str) {
        for repo in self.repos.values().filter(|repo| repo.owner == owner) {
            let former = key(former, &repo.name);
            self.names.remove(&former);
            self.former_names.insert(former, repo.id);
            self.names.insert(key(&self.users[&owner].login, &repo.name), repo.id);
        }
    }

    /// The repositories of `owner` that `viewer` may see, newest last.
    pub(crate) fn repos_of(&self, owner: i64, viewer: Option<i64>) -> Vec<&RepoRecord> {
        self.repos.values().filter(|r| r.owner == owner && self.can_see(viewer, r)).collect()
    }

    /// The repositories in which `user` holds a right of their own: `GET /user/repos`.
    pub(crate) fn repos_for(&self, user: i64) -> Vec<&RepoRecord> {
        let mine = |r: &&RepoRecord| {
            r.owner == user
                || r.collaborators.contains_key(&user)
                || (self.is_member(user, r.owner)
                    && self.mode(Some(user), r, Unit::Code) >= Mode::Read)
        };
        self.repos.values().filter(mine).collect()
    }

    pub(crate) fn add_milestone(
        &mut self,
        repo: RepoId,
        title: &str,
        due: Option<Timestamp>,
    ) -> i64 {
        let id = self.next_id(IdKind::Milestone);
        let milestone =
            MilestoneRecord { id, repo, title: title.to_owned(), due, created: self.now };
        self.milestones.insert(id, milestone);
        id
    }

    /// Refuses writes to an archived repository.
    pub(crate) fn require_unarchived(&self, id: RepoId) -> Result<(), Refusal> {
        if self.repo(id).archived {
            return Err(Refusal::Archived(self.version.archived(id.0, &self.full_name(id))));
        }
        Ok(())
    }
}

pub(super) fn key(owner: &str, name: &str) -> String {
    format!("{owner}/{name}").to_ascii_lowercase()
}
