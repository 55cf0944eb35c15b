//! Puts a backlog into a forge.

use std::collections::HashMap;

use super::thread::{PEOPLE, Thread};
use super::{Backlog, BacklogRepo, Place};
use crate::core::model::ids::{RepoId, RepoName};
use crate::sandbox::Sandbox;
use crate::sandbox::world::World;
use crate::sandbox::world::records::{Home, IssueRecord, UserKind};
use crate::sandbox::world::refusal::Refusal;

impl Sandbox {
    /// Adds the organisation `org` with all of `backlog` in it, and the people that are not there
    /// yet. Nobody is told.
    ///
    /// # Errors
    /// If the name of the organisation, or of one of its repositories, is taken.
    pub fn fill(&self, org: &str, backlog: &Backlog) -> Result<(), Refusal> {
        self.forge.act(|world| {
            let people = people(world);
            let owner = world.user_named(PEOPLE[0])?;
            if world.org_named(org).is_err() {
                world.add_org(org, owner);
            }
            let mut filled = Filled { people, ids: HashMap::new() };
            for (nth, repo) in backlog.repos.iter().enumerate() {
                filled.repo(world, org, nth, repo)?;
            }
            filled.bind(world, backlog);
            Ok(())
        })
    }
}

fn people(world: &mut World) -> HashMap<&'static str, i64> {
    PEOPLE
        .into_iter()
        .map(|login| match world.user_named(login) {
            Ok(id) => (login, id),
            Err(_) => (login, world.add_user(login, UserKind::Person)),
        })
        .collect()
}

struct Filled {
    people: HashMap<&'static str, i64>,
    ids: HashMap<Place, i64>,
}

impl Filled {
    fn repo(
        &mut self,
        world: &mut World,
        org: &str,
        nth: usize,
        repo: &BacklogRepo,
    ) -> Result<(), Refusal> {
        let name = RepoName::new(org, &repo.name).map_err(|_| Refusal::HIDDEN)?;
        let id = world.add_repo(&name, repo.private)?;
        let milestones: Vec<i64> = repo
            .milestones
            .iter()
            .map(|(title, due)| world.add_milestone(id, title, *due))
            .collect();
        let mut labels = HashMap::new();
        for (thread, number) in repo.threads.iter().zip(1..) {
            let issue = self.thread(world, id, number, thread);
            self.ids.insert(Place { repo: nth, number }, issue);
            for name in &thread.labels {
                let label = *labels.entry(*name).or_insert_with(|| {
                    world.add_label(Home::Repo(id), name, "#cc0000", "", name.contains('/'))
                });
                change(world, issue).labels.insert(label);
            }
            change(world, issue).milestone = thread.milestone.map(|nth| milestones[nth]);
        }
        Ok(())
    }

    fn thread(&self, world: &mut World, repo: RepoId, number: usize, thread: &Thread) -> i64 {
        world.now = thread.created;
        let pull = thread.is_pull.then(|| world.made_up_pull(repo, &format!("fix-{number}")));
        let author = self.people[thread.author];
        let id = world.insert_issue(author, repo, thread.title.clone(), thread.body.clone(), pull);
        let assignees = thread.assignees.iter().map(|login| self.people[login]).collect();
        let issue = change(world, id);
        issue.assignees = assignees;
        issue.due = thread.due;
        issue.pinned = thread.pinned;
        id
    }

    fn bind(&self, world: &mut World, backlog: &Backlog) {
        for (place, thread) in backlog.threads() {
            let on = thread.waits_for.iter().map(|on| self.ids[on]);
            change(world, self.ids[&place]).blockers.extend(on);
        }
    }
}

/// An issue that was made a moment ago.
fn change(world: &mut World, id: i64) -> &mut IssueRecord {
    world.issues.get_mut(&id).expect("it was made a moment ago")
}
