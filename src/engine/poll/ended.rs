//! Asks again about what kept timmy from writing somewhere: that it is over shows without a write,
//! which may never come.

use super::Poller;
use crate::core::jobs::JobId;
use crate::core::model::ids::RepoId;
use crate::core::model::incident::Incident;
use crate::engine::error::EngineError;
use crate::engine::rights::{BranchRights, rights_to};
use crate::gitea::Error;
use crate::store::{incidents, jobs, repos};

impl Poller {
    /// One request for each of them; what the forge does not tell now stays open.
    pub(super) async fn ask_what_is_over(&mut self) -> Result<(), EngineError> {
        for incident in self.incidents.all_open() {
            match self.is_over(&incident).await {
                Ok(true) => {
                    if matches!(incident, Incident::RepoArchived { .. }) {
                        // Its issues may be handed out again.
                        self.listed.at = None;
                    }
                    self.incidents.set(incident, None).await;
                }
                Ok(false) => {}
                Err(error) if error.is_about_one(&self.ctx.gitea).await => {
                    tracing::debug!(%incident, %error, "cannot tell whether this is over");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Whether the forge shows that it is over.
    async fn is_over(&self, incident: &Incident) -> Result<bool, EngineError> {
        let stands = match *incident {
            Incident::RepoArchived { repo } => self.ctx.gitea.is_archived(repo).await,
            Incident::ThreadLocked { thread } => {
                let name = self.ctx.ledger.read(move |conn| repos::name(conn, thread.repo)).await?;
                let Some(repo) = name else { return Ok(false) };
                self.ctx.gitea.issue(&repo.name, thread.number).await.map(|issue| issue.locked)
            }
            // Of these nothing shows, until somebody speaks there again: once it is closed, nobody
            // needs to know.
            Incident::ThreadBlocked { thread } | Incident::AnswerUnreadable { thread } => {
                let name = self.ctx.ledger.read(move |conn| repos::name(conn, thread.repo)).await?;
                let Some(repo) = name else { return Ok(false) };
                self.ctx.gitea.issue(&repo.name, thread.number).await.map(|issue| issue.open)
            }
            // Nobody has it looked at any more: it need not go on.
            Incident::JobStuck { job } => {
                let now = self.ctx.now();
                let watched = self.ctx.ledger.read(move |conn| jobs::watched(conn, now)).await?;
                return Ok(watched.iter().all(|watched| watched.id != JobId(job)));
            }
            Incident::MergedByAgent { repo, ref agent, ref branch } => {
                return self.merges_no_more(incident, (repo, branch.as_deref()), agent).await;
            }
            Incident::BadToken
            | Incident::MissingScope { .. }
            | Incident::ForgeDown
            | Incident::CannotRead { .. }
            | Incident::WatchRenamed { .. }
            | Incident::RepoGone { .. }
            | Incident::WriteForbidden { .. }
            | Incident::DependenciesUnreadable { .. }
            | Incident::NoDefaultBranch { .. }
            | Incident::VerdictForged { .. }
            | Incident::PolicyUnreadable { .. }
            | Incident::JobServerAway
            | Incident::GuardHostAway { .. }
            | Incident::ReportHomeless
            | Incident::RoutineUnplaced { .. }
            | Incident::NotifyFailed
            | Incident::DayBudgetSpent
            | Incident::AgentDaySpent { .. }
            | Incident::OtherLedger
            | Incident::AccountRenamed { .. }
            | Incident::NameTaken { .. }
            | Incident::QuotaSpent { .. }
            | Incident::Agent { .. } => return Ok(false),
        };
        match stands {
            // What is deleted, or closed to timmy, is another matter.
            Err(Error::NotFound { .. }) => Ok(true),
            stands => Ok(!stands?),
        }
    }

    /// Whether the forge shows that an agent may not merge there any more, or a person said that it
    /// is well.
    async fn merges_no_more(
        &self,
        incident: &Incident,
        (repo, branch): (RepoId, Option<&str>),
        agent: &str,
    ) -> Result<bool, EngineError> {
        let noted = incident.clone();
        let read = self.ctx.ledger.read(move |conn| {
            let is_noted = incidents::all(conn)?.iter().any(|open| open.incident == noted);
            Ok((is_noted, repos::name(conn, repo)?))
        });
        let (is_noted, name) = read.await?;
        let terms = self.ctx.policy.jobs.agents.get(agent);
        let (true, Some(repo), Some(terms)) = (is_noted, name, terms) else { return Ok(true) };
        let Some(own) = self.identity.known() else { return Ok(false) };
        let who = (terms.account.as_str(), &repo.name);
        let asker = (&self.ctx.gitea, own.login.as_str());
        Ok(match rights_to(asker, terms.own.as_ref(), who, branch).await {
            BranchRights::Without => true,
            BranchRights::With | BranchRights::Unknown => false,
        })
    }
}
