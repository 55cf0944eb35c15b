//! Finds out what an actor may do, as far as the forge shows it. In this order: the configuration,
//! the signed payload, the repository's teams, `/permission`. What cannot be shown is a no.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::accounts::Accounts;
use super::context::Context;
use super::error::EngineError;
use crate::core::command::verb::Right;
use crate::core::model::account::Account;
use crate::core::model::ids::{RepoId, RepoName};
use crate::core::model::repository::Repo;
use crate::core::model::text::InboundText;
use crate::core::model::time::Timestamp;
use crate::core::policy::authority::{Grants, Proof, TeamName};
use crate::gitea::{Error, Visibility};
use crate::store::controls;

/// How long an answer of the forge is good.
const CACHE_TTL: Duration = Duration::from_secs(60);

pub(super) struct PermissionReader {
    ctx: Context,
    accounts: Arc<Accounts>,
    /// What the forge showed of actors, and when.
    known: std::sync::Mutex<HashMap<(RepoId, i64), (Timestamp, Proof)>>,
}

/// What somebody may do, and whether only because the owner lends it to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FoundRight {
    pub(super) right: Option<Right>,
    pub(super) is_lent: bool,
}

impl PermissionReader {
    pub(super) fn new(ctx: Context, accounts: Arc<Accounts>) -> Self {
        Self { ctx, accounts, known: std::sync::Mutex::default() }
    }

    /// Whether this account is never heeded.
    pub(super) fn is_ignored(&self, account: &Account) -> bool {
        self.accounts.people().is_ignored(account)
    }

    /// The right of `actor`, who wants to do what takes `needed`.
    pub(super) async fn right_of(
        &self,
        inbound: &InboundText,
        actor: &Account,
        needed: Right,
    ) -> Result<Option<Right>, EngineError> {
        Ok(self.found_right(inbound, actor, needed).await?.right)
    }

    /// The same, and on what it rests. The forge is asked only if the configuration and the payload do
    /// not settle it.
    pub(super) async fn found_right(
        &self,
        inbound: &InboundText,
        actor: &Account,
        needed: Right,
    ) -> Result<FoundRight, EngineError> {
        let now = self.ctx.now();
        let lent = self.ctx.ledger.read(move |conn| controls::delegations(conn, now)).await?;
        let people = self.accounts.people();
        let of = |proof: Proof| {
            let right = people.right_of(actor, proof, &lent);
            FoundRight { right, is_lent: people.right_of(actor, proof, &[]) < right }
        };
        let shown = Proof::of(inbound);
        let known = of(shown);
        if known.right >= Some(needed) {
            return Ok(known);
        }
        let found = self.proof_of(&inbound.repo.id, &inbound.repo.name, actor).await?;
        Ok(of(shown.or(found)))
    }

    /// The right of `actor` in a repository, by the configuration and the forge alone: not by what
    /// a payload says, nor by what somebody lent them.
    pub(super) async fn right_in(
        &self,
        repo: &Repo,
        actor: &Account,
        needed: Right,
    ) -> Result<Option<Right>, Error> {
        let people = self.accounts.people();
        let right = people.right_of(actor, Proof::default(), &[]);
        if right >= Some(needed) {
            return Ok(right);
        }
        let found = self.proof_of(&repo.id, &repo.name, actor).await?;
        Ok(people.right_of(actor, found, &[]))
    }

    /// What the forge shows of `actor`, asked at most once a minute.
    async fn proof_of(
        &self,
        repo: &RepoId,
        name: &RepoName,
        actor: &Account,
    ) -> Result<Proof, Error> {
        let (key, now) = ((*repo, actor.id), self.ctx.now());
        let is_fresh = |at: Timestamp| now.since(at) < CACHE_TTL;
        {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.retain(|_, (at, _)| is_fresh(*at));
            if let Some((_, proof)) = known.get(&key) {
                return Ok(*proof);
            }
        }
        let proof = self.fetch_proof(name, &actor.login).await?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(key, (now, proof));
        Ok(proof)
    }

    async fn fetch_proof(&self, name: &RepoName, login: &str) -> Result<Proof, Error> {
        let writes = self.writes(name, login).await?;
        let belongs = writes || self.belongs(name, login).await?;
        Ok(Proof {
            writes,
            belongs,
            operator_by_team: self.is_in_a_team(&self.ctx.policy.people.operators, login).await?,
            approver_by_team: self.is_in_a_team(&self.ctx.policy.people.approvers, login).await?,
        })
    }

    /// Whether a team with write, or a collaboration with write, can be shown.
    async fn writes(&self, name: &RepoName, login: &str) -> Result<bool, Error> {
        for team in self.ctx.gitea.teams_of_repo(name).await?.iter().filter(|team| team.writes) {
            if self.ctx.gitea.is_team_member(team.id, login).await? == Visibility::Yes {
                return Ok(true);
            }
        }
        Ok(name.owner().eq_ignore_ascii_case(login)
            || self.ctx.gitea.may_write(name, login).await? == Visibility::Yes)
    }

    /// Whether they are a collaborator, or a member of the organisation that owns it.
    async fn belongs(&self, name: &RepoName, login: &str) -> Result<bool, Error> {
        let member = match self.ctx.gitea.is_org_member(name.owner(), login).await {
            Err(Error::NotFound { .. } | Error::Forbidden { .. } | Error::Moved { .. }) => false,
            answer => answer?,
        };
        if member {
            return Ok(true);
        }
        match self.ctx.gitea.is_collaborator(name, login).await {
            Err(Error::Forbidden { .. } | Error::MissingScope { .. }) => Ok(false),
            answer => answer,
        }
    }

    pub(super) async fn is_in_a_team(&self, grants: &Grants, login: &str) -> Result<bool, Error> {
        for TeamName { organisation, team } in &grants.teams {
            let teams = self.ctx.gitea.teams_of_org(organisation).await?;
            let found = teams.iter().find(|t| t.name.eq_ignore_ascii_case(team));
            if let Some(found) = found
                && self.ctx.gitea.is_team_member(found.id, login).await? == Visibility::Yes
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
