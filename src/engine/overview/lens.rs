//! What whoever looks may know, and how it is written for them.

use std::collections::HashMap;
use std::time::Duration;

use jiff::tz::TimeZone;
use url::Url;

use super::view::Place;
use crate::core::jobs::Job;
use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::model::repository::Repo;
use crate::core::model::time::{Timestamp, rounded, said};
use crate::core::policy::audience::{Audience, Visible};
use crate::core::reply::jobs::{AgentWords, place_of};
use crate::store::{Connection, Error, backlog, repos};

/// What was given up longer ago is no news: `timmy dead` lists it.
const LATELY: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Through which the ledger is looked at.
pub(super) struct Lens {
    pub(super) audience: Audience,
    pub(super) visible: Visible,
    repos: HashMap<RepoId, Repo>,
    /// The address of the forge, with a slash at its end.
    forge: Url,
    pub(super) now: Timestamp,
    pub(super) zone: TimeZone,
}

impl Lens {
    pub(super) fn new(
        conn: &Connection,
        audience: Audience,
        forge: Url,
        (now, zone): (Timestamp, TimeZone),
    ) -> Result<Self, Error> {
        let all = repos::all(conn)?;
        let visible = Visible::new(audience, &all);
        let repos = all.into_iter().map(|repo| (repo.id, repo)).collect();
        Ok(Self { audience, visible, repos, forge, now, zone })
    }

    /// The repository, if it may be named.
    pub(super) fn repo(&self, id: RepoId) -> Option<&Repo> {
        self.repos.get(&id).filter(|_| self.visible.may_name(id))
    }

    pub(super) fn repo_place(&self, id: RepoId) -> Place {
        match self.repo(id) {
            Some(Repo { name, .. }) => Place::Named {
                name: name.to_string(),
                url: Some(format!("{}{name}", self.forge)),
                title: None,
            },
            None => self.nameless(),
        }
    }

    /// A thread, with its title if it is open.
    pub(super) fn place(&self, conn: &Connection, thread: ThreadId) -> Result<Place, Error> {
        let Some(Repo { name, .. }) = self.repo(thread.repo) else { return Ok(self.nameless()) };
        let title = backlog::titles(conn, &[thread])?.remove(&thread).map(|known| known.title);
        Ok(Place::Named {
            name: format!("{name}#{}", thread.number),
            url: Some(format!("{}{name}/issues/{}", self.forge, thread.number)),
            title,
        })
    }

    /// Where a job is: its thread, or what it is of as long as it has none.
    pub(super) fn job_place(&self, conn: &Connection, job: &Job) -> Result<Place, Error> {
        if let Some(home) = job.home() {
            return self.place(conn, home);
        }
        Ok(match self.repo_place(job.spec.repo()) {
            Place::Named { name, url, title } => {
                Place::Named { name: place_of(job, &name), url, title }
            }
            Place::Withheld => Place::Withheld,
        })
    }

    /// A repository that may not be named, or of which no name is known any more.
    fn nameless(&self) -> Place {
        match self.audience {
            Audience::Everything => Place::Named { name: "?".to_owned(), url: None, title: None },
            Audience::Of(_) | Audience::Anybody => Place::Withheld,
        }
    }

    /// Whether a text names no repository that may not be named.
    pub(super) fn may_tell(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let mut hidden = self.repos.values().filter(|repo| !self.visible.may_name(repo.id));
        !hidden.any(|repo| text.contains(&repo.name.to_string().to_lowercase()))
    }

    /// What was given up before this moment is not shown.
    pub(super) fn lately(&self) -> Timestamp {
        self.now.before(LATELY)
    }

    /// Whether the words of agents may be shown: they may tell of anything.
    pub(super) fn agent_words(&self) -> AgentWords {
        match self.audience {
            Audience::Everything => AgentWords::Shown,
            Audience::Of(_) | Audience::Anybody => AgentWords::Withheld,
        }
    }

    pub(super) fn said(&self, at: Timestamp) -> String {
        said(at, self.now, &self.zone)
    }

    /// How long ago that was.
    pub(super) fn age(&self, at: Timestamp) -> String {
        rounded(self.now.since(at))
    }

    /// The moments at which the last `days` days began, today first, and the end of each.
    pub(super) fn days(&self, days: usize) -> Vec<(Timestamp, Timestamp)> {
        let mut until = self.now.after(Duration::from_micros(1));
        let mut all = Vec::with_capacity(days);
        for _ in 0..days {
            let since = until.before(Duration::from_micros(1)).day_began(&self.zone);
            all.push((since, until));
            until = since;
        }
        all
    }
}
