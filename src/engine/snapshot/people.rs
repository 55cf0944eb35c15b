//! Gathers what `delegate`, `pause` and `report` need to know.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::Snapshots;
use crate::core::command::value::Date;
use crate::core::command::verb::Right;
use crate::core::handlers::{DelegateAccount, report_begins};
use crate::core::model::ids::{RepoId, RepoName};
use crate::core::model::repository::Repo;
use crate::core::model::text::InboundText;
use crate::core::model::time::Timestamp;
use crate::core::policy::authority::Proof;
use crate::core::report::digest::{Audience, Digest};
use crate::core::report::{Outlook, Period, best};
use crate::engine::error::EngineError;
use crate::engine::report::shown;
use crate::gitea::Error;
use crate::store::{digest, repos};

impl Snapshots {
    /// Those of the accounts `logins` that exist, by these names.
    pub(super) async fn candidates(
        &self,
        logins: &HashSet<String>,
    ) -> Result<HashMap<String, DelegateAccount>, EngineError> {
        let mut candidates = HashMap::new();
        for login in logins {
            let Some(account) = self.ctx.gitea.account(login).await? else { continue };
            let approver_by_team =
                self.permissions.is_in_a_team(&self.ctx.policy.people.approvers, login).await?;
            let everywhere = Proof { approver_by_team, ..Proof::default() };
            let right = self.accounts.people().right_of(&account, everywhere, &[]);
            let approves = right >= Some(Right::Approver);
            candidates.insert(login.clone(), DelegateAccount { account, approves });
        }
        Ok(candidates)
    }

    /// Those of the repositories `names` that are watched and may be named here, by these names.
    pub(super) async fn pausable(
        &self,
        heard: &InboundText,
        names: &HashSet<RepoName>,
    ) -> Result<HashMap<RepoName, Repo>, EngineError> {
        let mut pausable = HashMap::new();
        for name in names {
            let repo = self.nameable(heard, name).await?;
            if let Some(repo) = repo.filter(|repo| self.ctx.policy.watch.covers(&repo.name)) {
                pausable.insert(name.clone(), repo);
            }
        }
        Ok(pausable)
    }

    /// The past from each of these days on, summed up for the readers of this thread.
    pub(super) async fn digests(
        &self,
        heard: &InboundText,
        days: &HashSet<Option<Date>>,
        now: Timestamp,
    ) -> Result<HashMap<Option<Date>, Digest>, EngineError> {
        let (here, mut digests) = (heard.repo.id, HashMap::new());
        let may_show_all = self.may_show_all(&heard.repo).await?;
        let audience = if may_show_all { Audience::Everything } else { Audience::Of(here) };
        for day in days {
            let since = report_begins(*day, now, &self.ctx.policy.zone);
            let period = Period { since, until: Timestamp::from_micros(i64::MAX) };
            let read = self.ctx.ledger.read(move |conn| digest::of(conn, audience, period, now));
            let mut digest = read.await?;
            if !may_show_all {
                let public = self.public_now(digest.repos()).await?;
                digest.keep(|repo| repo == here || public.contains(&repo));
            }
            digest.outlook = self.outlook_for(here, audience).await?;
            digests.insert(*day, digest);
        }
        Ok(digests)
    }

    /// The backlog in a few lines, for those who read in the repository `here`.
    async fn outlook_for(&self, here: RepoId, audience: Audience) -> Result<Outlook, EngineError> {
        let (judged, zone) = (self.planner.ranking().await?, self.ctx.policy.zone.clone());
        let known = self.ctx.ledger.read(repos::public).await?;
        let may_name =
            |repo| audience == Audience::Everything || repo == here || known.contains(&repo);
        let mut best = best(&judged.ranking, may_name);
        if audience != Audience::Everything {
            let others: BTreeSet<RepoId> =
                best.iter().map(|thread| thread.repo).filter(|repo| *repo != here).collect();
            let public = self.public_now(others).await?;
            best.retain(|thread| thread.repo == here || public.contains(&thread.repo));
        }
        let facts = judged.clone();
        let due_at = move |thread| facts.facts(thread).and_then(|facts| facts.due_at);
        let shown = self.ctx.ledger.read(move |conn| shown(conn, &best, due_at)).await?;
        Ok(Outlook::of(&judged.ranking, may_name, &shown, &zone))
    }

    /// Whether everything may be named in a repository: where the report stands, unless everybody
    /// may read that.
    pub(super) async fn may_show_all(&self, here: &Repo) -> Result<bool, EngineError> {
        let is_home =
            self.ctx.policy.report.as_ref().is_some_and(|report| report.repository == here.name);
        Ok(is_home && here.private && self.public_now([here.id]).await?.is_empty())
    }

    /// Those of the repositories that everybody may read. The ledger knows only what they were
    /// when they were last heard of, so the forge is asked.
    pub(super) async fn public_now(
        &self,
        repos: impl IntoIterator<Item = RepoId>,
    ) -> Result<HashSet<RepoId>, EngineError> {
        let mut public = HashSet::new();
        for id in repos {
            match self.ctx.gitea.repo_by_id(id).await {
                Ok(repo) if !repo.private => {
                    public.insert(id);
                }
                Ok(_) | Err(Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(public)
    }
}
