//! Gathers what `assign`, `delegate`, `pause` and `report` need to know.

use std::collections::{HashMap, HashSet};

use super::Snapshots;
use crate::core::command::value::{Date, IssueRef};
use crate::core::command::verb::Right;
use crate::core::handlers::{DelegateAccount, Needs, OtherThread, report_begins};
use crate::core::model::ids::RepoName;
use crate::core::model::repository::Repo;
use crate::core::model::text::InboundText;
use crate::core::model::time::Timestamp;
use crate::core::policy::audience::{Audience, Visible};
use crate::core::policy::authority::Proof;
use crate::core::reply::words::SHOWN;
use crate::core::report::digest::Digest;
use crate::core::report::{Outlook, Period, best};
use crate::engine::audience::Audiences;
use crate::engine::deleted;
use crate::engine::error::EngineError;
use crate::gitea::Extra;
use crate::store::{backlog, digest, threads};

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

    /// Who of the accounts that `needs` names can be assigned to this thread.
    pub(super) async fn assignable_here(
        &self,
        inbound: &InboundText,
        needs: &Needs,
    ) -> Result<Vec<String>, EngineError> {
        let author = inbound.author.as_ref().filter(|_| needs.assignable_author);
        let named = needs.assignable.iter().map(String::as_str);
        let logins = named.chain(author.map(|author| author.login.as_str())).collect();
        self.assignable(&inbound.repo.name, inbound.number, logins).await
    }

    /// The same of other threads: stored with each of `targets`.
    pub(super) async fn assignable_there(
        &self,
        inbound: &InboundText,
        needs: &Needs,
        targets: &mut HashMap<IssueRef, OtherThread>,
    ) -> Result<(), EngineError> {
        let author = inbound.author.as_ref().map(|author| author.login.as_str());
        for (reference, login) in &needs.assignable_there {
            let (Some(there), Some(login)) =
                (targets.get_mut(reference), login.as_deref().or(author))
            else {
                continue;
            };
            let (repo, number) = (there.repo.clone(), there.thread.number);
            let found = self.assignable(&repo, number, HashSet::from([login])).await?;
            there.assignable.extend(found);
        }
        Ok(())
    }

    /// Who of `logins` can be assigned to a thread: exactly, where the forge can be asked; else
    /// whoever it lists, which says too much.
    async fn assignable(
        &self,
        repo: &RepoName,
        number: i64,
        logins: HashSet<&str>,
    ) -> Result<Vec<String>, EngineError> {
        let gitea = &self.ctx.gitea;
        if logins.is_empty() {
            return Ok(Vec::new());
        }
        if !gitea.has(Extra::Assignable).await? {
            return Ok(gitea.assignable(repo).await?.into_iter().map(|a| a.login).collect());
        }
        let mut assignable = Vec::new();
        for login in logins {
            // By the name that the account bears, whichever way it is written; one that keeps its
            // profile to itself can be assigned all the same.
            let account = gitea.account(login).await?;
            let login = account.map_or_else(|| login.to_owned(), |account| account.login);
            if gitea.can_be_assigned(repo, number, &login).await? {
                assignable.push(login);
            }
        }
        Ok(assignable)
    }

    /// Those of the repositories `names` that are watched and may be named here, by these names.
    pub(super) async fn pausable(
        &self,
        inbound: &InboundText,
        names: &HashSet<RepoName>,
    ) -> Result<HashMap<RepoName, Repo>, EngineError> {
        let mut pausable = HashMap::new();
        for name in names {
            let repo = self.nameable(inbound, name).await?;
            if let Some(repo) = repo.filter(|repo| self.ctx.policy.watch.covers(&repo.name)) {
                pausable.insert(name.clone(), repo);
            }
        }
        Ok(pausable)
    }

    /// The past from each of these days on, summed up for the readers of this thread.
    pub(super) async fn digests(
        &self,
        inbound: &InboundText,
        days: &HashSet<Option<Date>>,
        now: Timestamp,
    ) -> Result<HashMap<Option<Date>, Digest>, EngineError> {
        let mut digests = HashMap::new();
        let audiences = Audiences::new(&self.ctx);
        let audience = audiences.of(&inbound.repo).await?;
        for day in days {
            let since = report_begins(*day, now, &self.ctx.policy.zone);
            let period = Period { since, until: Timestamp::from_micros(i64::MAX) };
            let read = self.ctx.ledger.read(move |conn| digest::of(conn, audience, period, now));
            let mut digest = read.await?;
            let mut visible = audiences.visible(audience).await?;
            audiences.ask(&mut visible, digest.repos()).await?;
            digest.keep(|repo| visible.may_name(repo));
            self.look_at_told_holds(&mut digest).await?;
            digest.outlook = self.outlook_for(audience).await?;
            digests.insert(*day, digest);
        }
        Ok(digests)
    }

    /// The reasons of holds that are told were not deleted meanwhile, or are forgotten.
    async fn look_at_told_holds(&self, digest: &mut Digest) -> Result<(), EngineError> {
        let held = digest.parked.iter_mut().filter(|(_, state)| state.hold.is_some()).take(SHOWN);
        for (place, state) in held {
            let thread = place.thread;
            deleted::look_before_quoting(&self.ctx, &place.repo, thread, 0).await?;
            *state = self.ctx.ledger.read(move |conn| threads::state(conn, thread)).await?;
        }
        Ok(())
    }

    /// The backlog in a few lines, for those who read in a thread.
    async fn outlook_for(&self, audience: Audience) -> Result<Outlook, EngineError> {
        let (judged, audiences) = (self.planner.ranking().await?, Audiences::new(&self.ctx));
        let mut visible = audiences.visible(audience).await?;
        let best = |visible: &Visible| best(&judged, |repo| visible.may_name(repo));
        let best: Vec<_> = audiences.sure_of(&mut visible, best).await?.into_iter().collect();
        let titles = self.ctx.ledger.read(move |conn| backlog::titles(conn, &best)).await?;
        Ok(Outlook::of(&judged, |repo| visible.may_name(repo), &titles))
    }
}
