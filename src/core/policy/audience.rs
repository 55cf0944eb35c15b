//! Who reads an answer decides what it may name: only repositories that all of them may read.
//!
//! Each reader of a thread may read its repository, and what everybody may read. Who could read a
//! repository when it was last heard of is known; who can now is asked of the forge before it is
//! named.

use std::collections::{BTreeSet, HashSet};

use crate::core::model::ids::RepoId;
use crate::core::model::repository::Repo;

/// Who reads an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// People who may know of every repository: the owner at a terminal, the readers of the report.
    Everything,
    /// Whoever may read this repository.
    Of(RepoId),
    /// Whoever comes by: nobody knows what they may read.
    Anybody,
}

impl Audience {
    /// The readers of a repository. That of the report is for those who may know everything, unless
    /// everybody may read it.
    pub fn of(here: &Repo, has_report: bool) -> Self {
        if has_report && here.private { Self::Everything } else { Self::Of(here.id) }
    }

    /// Whether a repository may be named to them.
    pub fn may_name(self, repo: &Repo) -> bool {
        match self {
            Self::Everything => true,
            Self::Of(here) => repo.id == here || !repo.private,
            Self::Anybody => !repo.private,
        }
    }
}

/// Which repositories may be named to an audience, as far as that is known.
#[derive(Debug, Clone)]
pub struct Visible {
    audience: Audience,
    nameable: HashSet<RepoId>,
    /// Those of which it was asked just now.
    asked: HashSet<RepoId>,
}

impl Visible {
    /// What may be named of `repos`, as they were when they were last heard of.
    pub fn new<'a>(audience: Audience, repos: impl IntoIterator<Item = &'a Repo>) -> Self {
        let nameable = repos.into_iter().filter(|repo| audience.may_name(repo));
        Self { audience, nameable: nameable.map(|repo| repo.id).collect(), asked: HashSet::new() }
    }

    /// Whether a repository may be named.
    pub fn may_name(&self, repo: RepoId) -> bool {
        match self.audience {
            Audience::Everything => true,
            Audience::Of(here) => repo == here || self.nameable.contains(&repo),
            Audience::Anybody => self.nameable.contains(&repo),
        }
    }

    /// Those of `repos` of which it has to be asked who may read them now.
    pub fn unsure(&self, repos: impl IntoIterator<Item = RepoId>) -> BTreeSet<RepoId> {
        repos.into_iter().filter(|repo| !self.is_certain(*repo)).collect()
    }

    /// Of `repo` it was asked: whether everybody may read it now.
    pub fn learn(&mut self, repo: RepoId, is_public: bool) {
        self.asked.insert(repo);
        if is_public {
            self.nameable.insert(repo);
        } else {
            self.nameable.remove(&repo);
        }
    }

    fn is_certain(&self, repo: RepoId) -> bool {
        match self.audience {
            Audience::Everything => true,
            Audience::Of(here) => repo == here || self.asked.contains(&repo),
            Audience::Anybody => self.asked.contains(&repo),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::core::policy::audience::*;

    const HERE: Audience = Audience::Of(RepoId(1));

    fn repo(id: i64, private: bool) -> Repo {
        Repo { id: RepoId(id), name: "foundation/door".parse().expect("a name"), private }
    }

    #[test]
    fn a_repository_is_named_to_its_readers_and_if_it_is_public_to_all() {
        for (id, private, is_named) in [(1, true, true), (2, false, true), (2, true, false)] {
            assert_eq!(HERE.may_name(&repo(id, private)), is_named);
            assert!(Audience::Everything.may_name(&repo(id, private)));
        }
    }

    #[test]
    fn anybody_is_told_of_what_is_public() {
        let known = [repo(1, true), repo(2, false)];
        assert_eq!(known.each_ref().map(|repo| Audience::Anybody.may_name(repo)), [false, true]);
        let visible = Visible::new(Audience::Anybody, &known);
        assert_eq!([1, 2, 3].map(|id| visible.may_name(RepoId(id))), [false, true, false]);
        assert_eq!(visible.unsure([RepoId(2)]), [RepoId(2)].into());
    }

    #[test]
    fn only_a_private_report_tells_everything() {
        assert_eq!(Audience::of(&repo(1, true), true), Audience::Everything);
        for (private, has_report) in [(false, true), (true, false), (false, false)] {
            assert_eq!(Audience::of(&repo(1, private), has_report), HERE);
        }
    }

    #[test]
    fn what_was_public_is_asked_of_once_and_then_certain() {
        let mut visible = Visible::new(HERE, &[repo(1, true), repo(2, false), repo(3, true)]);
        let all = [1, 2, 3, 4].map(RepoId);
        let named = |visible: &Visible| -> Vec<RepoId> {
            all.into_iter().filter(|one| visible.may_name(*one)).collect()
        };
        assert_eq!(named(&visible), [1, 2].map(RepoId));
        assert_eq!(visible.unsure(all), [2, 3, 4].map(RepoId).into());
        visible.learn(RepoId(2), false);
        visible.learn(RepoId(4), true);
        assert_eq!(named(&visible), [1, 4].map(RepoId));
        assert_eq!(visible.unsure(all), [RepoId(3)].into());
        let owner = Visible::new(Audience::Everything, &[]);
        assert_eq!(named(&owner), all);
        assert!(owner.unsure(all).is_empty());
    }
}
