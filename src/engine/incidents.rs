//! What is wrong with the world is said once when it begins and once when it is over, in the log
//! and in the ledger, where `doctor` and the report find it; meanwhile the rest goes on.
//!
//! What a write meets is over when a write of its kind succeeds there, or the forge shows it. What
//! concerns the whole forge, or what is polled, is over when a round of polling met none of it and
//! nothing waits any more: one request that succeeds says little about others. A token that is accepted once is good:
//! what was put off because of it is due at once then.

use std::collections::HashSet;
use std::sync::{MutexGuard, PoisonError};

use super::context::Context;
use super::retry::is_unreadable;
use crate::core::jobs::JobMerge;
use crate::core::model::ids::{Lane, RepoId, ThreadId};
use crate::core::model::incident::Incident;
use crate::core::model::repository::Repo;
use crate::gitea::{Error, WRITE_CODE};
use crate::store::{self, incidents, queue, repos};

const THREAD_BLOCKED: &str = "whoever opened the thread, or owns the repository, has blocked \
    timmy's account: nothing can be claimed or said there";

/// The open incidents, in memory and in the ledger.
pub(super) struct Incidents {
    ctx: Context,
    open: std::sync::Mutex<HashSet<Incident>>,
}

/// A write that the forge took. Reactions are none: whoever may read may react, even where the
/// repository is archived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WriteKind {
    /// A label, an assignee or a dependency.
    Setting,
    /// A comment or an issue.
    Text,
}

/// What an error says about all of the forge.
fn of_all(error: &Error) -> Option<Incident> {
    match error {
        Error::BadToken { .. } => Some(Incident::BadToken),
        Error::MissingScope { scope } => Some(Incident::MissingScope { scope: scope.clone() }),
        Error::Unreachable(_)
        | Error::Timeout
        | Error::Dropped(_)
        | Error::Unavailable { .. }
        | Error::NotGitea { .. } => Some(Incident::ForgeDown),
        _ => None,
    }
}

impl Incidents {
    pub(super) fn new(ctx: Context) -> Self {
        Self { ctx, open: std::sync::Mutex::default() }
    }

    /// What was wrong when an earlier run ended may still be.
    pub(super) async fn load(&self) -> Result<(), store::Error> {
        let known = self.ctx.ledger.write(incidents::of_earlier_runs).await?;
        self.open().extend(known.into_iter().map(|known| known.incident));
        Ok(())
    }

    /// All that is known to be wrong now.
    pub(super) fn all_open(&self) -> Vec<Incident> {
        self.open().iter().cloned().collect()
    }

    /// Whether this is known to be wrong now.
    pub(super) fn is_open(&self, incident: &Incident) -> bool {
        self.open().contains(incident)
    }

    /// Notes what an error met in a lane says about the world.
    pub(super) async fn met(&self, error: &Error, lane: impl Into<Lane>) {
        let lane = lane.into();
        let (incident, number) = match (error, lane.repo(), lane.thread()) {
            (Error::Archived, Some(repo), _) => (Incident::RepoArchived { repo }, None),
            (Error::Forbidden { .. }, Some(repo), _) => (Incident::WriteForbidden { repo }, None),
            (Error::Locked, _, Some(thread)) => {
                (Incident::ThreadLocked { thread }, Some(thread.number))
            }
            (Error::Blocked, _, Some(thread)) => {
                (Incident::ThreadBlocked { thread }, Some(thread.number))
            }
            _ => return self.met_everywhere(error).await,
        };
        let text = match incident {
            Incident::ThreadBlocked { .. } => THREAD_BLOCKED.to_owned(),
            _ => error.to_string(),
        };
        self.note_at(incident, number, text).await;
    }

    /// Notes that something in a lane was given up since the forge did not say what it takes.
    pub(super) async fn gave_up(&self, error: &Error, lane: impl Into<Lane>) {
        if let Some(thread) = lane.into().thread().filter(|_| is_unreadable(error)) {
            let incident = Incident::AnswerUnreadable { thread };
            self.note_at(incident, Some(thread.number), error.to_string()).await;
        }
    }

    /// What `others` more issues than the one `number` wait for cannot be read, either.
    pub(super) async fn dependencies_unreadable(
        &self,
        (repo, number): (RepoId, i64),
        others: usize,
        error: &str,
    ) {
        let too = if others == 0 { String::new() } else { format!(", and of {others} more") };
        let text = format!("what #{number} waits for{too} cannot be read: {error}");
        self.note_at(Incident::DependenciesUnreadable { repo }, None, text).await;
    }

    /// What the issues there wait for can be read.
    pub(super) async fn dependencies_read(&self, repo: RepoId) {
        self.over(vec![Incident::DependenciesUnreadable { repo }]).await;
    }

    /// The forge told all that an answer took.
    pub(super) async fn answered(&self, thread: ThreadId) {
        self.over(vec![Incident::AnswerUnreadable { thread }]).await;
    }

    /// Notes what is wrong in the thread `number` of its repository, or there as a whole.
    async fn note_at(&self, incident: Incident, number: Option<i64>, text: String) {
        let name = match incident.repo() {
            Some(repo) => self.ctx.ledger.read(move |conn| repos::name(conn, repo)).await,
            None => Ok(None),
        };
        let place = name.ok().flatten().map(|repo| match number {
            Some(number) => format!("{}#{number}", repo.name),
            None => repo.name.to_string(),
        });
        self.note(incident, place, text).await;
    }

    /// Notes what an error says about all of the forge, if anything.
    pub(super) async fn met_everywhere(&self, error: &Error) {
        if let Some(incident) = of_all(error) {
            self.note(incident, None, error.to_string()).await;
        }
    }

    /// Notes that `what`, an owner or a repository, cannot be read.
    pub(super) async fn cannot_read(&self, what: &str, error: &Error) -> Incident {
        let (incident, text) = match of_all(error) {
            Some(incident) => (incident, error.to_string()),
            None => {
                let incident = Incident::CannotRead { what: what.to_owned() };
                (incident, format!("{what} cannot be read: {error}"))
            }
        };
        self.note(incident.clone(), None, text).await;
        incident
    }

    /// What a job brought in this lane was merged: by the account of an agent only if that may do
    /// more than it should.
    pub(super) async fn merged(&self, lane: impl Into<Lane>, merge: &JobMerge) {
        let lane = lane.into();
        let (Some(agent), Some(repo)) = (merge.by_agent.clone(), lane.repo()) else { return };
        let terms = self.ctx.policy.jobs.agents.get(&agent);
        let account = terms.map_or(agent.as_str(), |terms| terms.account.as_str());
        let branch = merge.into.clone();
        let place = branch.as_deref().map_or_else(String::new, |branch| format!(" into {branch}"));
        let text = format!(
            "{account}, the account of agent {agent}, merged what was brought for this by itself{place}: \
             take away its right to merge there, by a rule for the branch that names who may, then \
             say `/timmy resume {agent}`"
        );
        let incident = Incident::MergedByAgent { repo, agent, branch };
        self.note_at(incident, lane.thread().map(|thread| thread.number), text).await;
    }

    /// What `gitea.watch` calls `what` is called `now` by now.
    pub(super) async fn watch_renamed(&self, what: &str, now: &str) -> Incident {
        let incident = Incident::WatchRenamed { what: what.to_owned() };
        let text = format!(
            "{what} is called {now} now: write that wherever the configuration has the old name, \
             and restart timmy serve"
        );
        self.note(incident.clone(), None, text).await;
        incident
    }

    /// A watched repository is listed no more.
    pub(super) async fn repository_gone(&self, repo: &Repo) {
        let name = &repo.name;
        let text =
            format!("{name} was deleted, moved to where nothing is watched, or closed to me");
        self.note(Incident::RepoGone { repo: repo.id }, None, text).await;
    }

    /// Resolves `RepoGone` for these repositories: a listing shows them.
    pub(super) async fn repositories_listed(&self, listed: impl Iterator<Item = &RepoId>) {
        self.over(listed.map(|repo| Incident::RepoGone { repo: *repo }).collect()).await;
    }

    /// The forge took a write in this lane: what kept it from that is over.
    pub(super) async fn written(&self, lane: Lane, written: WriteKind) {
        let archived = lane.repo().map(|repo| Incident::RepoArchived { repo });
        let other = match written {
            WriteKind::Setting => lane.repo().map(|repo| Incident::WriteForbidden { repo }),
            WriteKind::Text => lane.thread().map(|thread| Incident::ThreadLocked { thread }),
        };
        let blocked = lane.thread().filter(|_| written == WriteKind::Text);
        let blocked = blocked.map(|thread| Incident::ThreadBlocked { thread });
        let over = [archived, other, blocked, Some(Incident::BadToken)];
        self.over(over.into_iter().flatten().collect()).await;
    }

    /// A round of polling met these and nothing else.
    pub(super) async fn polled(
        &self,
        met: impl Iterator<Item = &Incident>,
    ) -> Result<(), store::Error> {
        let mut over: HashSet<Incident> =
            self.open().iter().filter(|open| open.ends_with_polling()).cloned().collect();
        for incident in met {
            over.remove(incident);
        }
        // Polling writes no code: whether the token may by now has to be asked.
        let code = Incident::MissingScope { scope: WRITE_CODE.to_owned() };
        if over.contains(&code) && !matches!(self.ctx.gitea.may_write_code().await, Ok(true)) {
            over.remove(&code);
        }
        if over.remove(&Incident::BadToken) {
            self.over(vec![Incident::BadToken]).await;
        }
        if !over.is_empty() && self.ctx.ledger.read(queue::is_idle).await? {
            self.over(over.into_iter().collect()).await;
        }
        Ok(())
    }

    /// This is so, if there is a text that says it; else it is over.
    pub(super) async fn set(&self, incident: Incident, text: Option<String>) {
        match text {
            Some(text) => self.note(incident, None, text).await,
            None => self.over(vec![incident]).await,
        }
    }

    fn open(&self) -> MutexGuard<'_, HashSet<Incident>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn note(&self, incident: Incident, place: Option<String>, text: String) {
        let (noted, at, what, now) =
            (incident.clone(), place.clone(), text.clone(), self.ctx.now());
        let write =
            self.ctx.ledger.write(move |tx| incidents::note(tx, &noted, at.as_deref(), &what, now));
        let written = write.await;
        // After the ledger knows it: of one that is open and not in there a person said that it is over.
        let is_new = self.open().insert(incident.clone());
        if is_new {
            let repository = incident.repo().map(|repo| repo.0);
            tracing::error!(%incident, place, repository, "{text}");
        }
        match written {
            // The report shows it.
            Ok(()) if is_new => self.ctx.stored.notify(),
            Ok(()) => {}
            Err(error) => tracing::error!(%error, "incident could not be stored"),
        }
    }

    async fn over(&self, mut incidents: Vec<Incident>) {
        {
            let mut open = self.open();
            incidents.retain(|incident| open.remove(incident));
        }
        for incident in incidents {
            let (ended, now) = (incident.clone(), self.ctx.now());
            let write = self.ctx.ledger.write(move |tx| {
                if ended == Incident::BadToken {
                    queue::hasten(tx, now)?;
                }
                incidents::over(tx, &ended)
            });
            match write.await {
                Ok(was) => {
                    let place = was.and_then(|was| was.place);
                    let repository = incident.repo().map(|repo| repo.0);
                    tracing::info!(%incident, place, repository, "incident over");
                    self.ctx.stored.notify();
                }
                Err(error) => tracing::error!(%error, "incident could not be closed in the ledger"),
            }
        }
    }
}
