//! Accounts and their tokens, organisations and their teams.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::records::{TeamRecord, TeamRights, UserKind, UserRecord};
use super::refusal::Refusal;
use super::tokens::{Scopes, TokenRecord};
use super::{IdKind, World};

impl World {
    /// Adds an account, or returns the one of that name.
    pub(crate) fn add_user(&mut self, login: &str, kind: UserKind) -> i64 {
        if let Some(&id) = self.logins.get(&login.to_ascii_lowercase()) {
            return id;
        }
        let id = self.next_id(IdKind::User);
        self.insert_user(id, login, kind);
        id
    }

    /// Adds the account as which workflows speak, which is nobody's.
    pub(crate) fn add_workflows(&mut self) -> i64 {
        const WORKFLOWS: i64 = -2;
        self.insert_user(WORKFLOWS, "gitea-actions", UserKind::Person);
        WORKFLOWS
    }

    fn insert_user(&mut self, id: i64, login: &str, kind: UserKind) {
        self.logins.insert(login.to_ascii_lowercase(), id);
        self.former_logins.remove(&login.to_ascii_lowercase());
        let (login, avatar, created) = (login.to_owned(), avatar_of(login), self.now);
        self.users.insert(id, UserRecord { id, login, kind, avatar, created });
    }

    /// Adds an organisation with its team of owners.
    pub(crate) fn add_org(&mut self, login: &str, owner: i64) -> i64 {
        let org = self.add_user(login, UserKind::Organisation);
        self.add_team(org, "Owners", TeamRights::Owners, BTreeSet::from([owner]));
        org
    }

    pub(crate) fn add_team(
        &mut self,
        org: i64,
        name: &str,
        rights: TeamRights,
        members: BTreeSet<i64>,
    ) -> i64 {
        let id = self.next_id(IdKind::Team);
        let is_shown = rights == TeamRights::Owners;
        let name = name.to_owned();
        self.teams.insert(id, TeamRecord { id, org, name, rights, members, is_shown });
        id
    }

    pub(crate) fn add_token(&mut self, user: i64, scopes: Scopes) -> String {
        // No two forges give the same: what stands somewhere is known to come from here.
        let token = format!("{:032x}{:08x}", fastrand::u128(..), self.tokens.len() + 1);
        self.tokens.insert(token.clone(), TokenRecord { user, scopes, revoked: false });
        token
    }

    /// Takes a token back, or gives it out again with other scopes.
    pub(crate) fn set_token(&mut self, text: &str, scopes: Option<Scopes>) {
        if let Some(token) = self.tokens.get_mut(text) {
            token.revoked = scopes.is_none();
            token.scopes = scopes.unwrap_or_else(Scopes::all);
        }
    }

    /// The token behind what a client sent.
    pub(crate) fn token(&self, text: &str) -> Option<&TokenRecord> {
        self.tokens.get(text).filter(|token| !token.revoked)
    }

    /// The account called `login`.
    pub(crate) fn user_named(&self, login: &str) -> Result<i64, Refusal> {
        self.logins.get(&login.to_ascii_lowercase()).copied().ok_or_else(|| {
            Refusal::NotFound(Some(format!("user does not exist [uid: 0, name: {login}]")))
        })
    }

    /// What the account is called now that was once called `login`, if nobody else is.
    pub(crate) fn renamed(&self, login: &str) -> Option<&str> {
        let id = self.former_logins.get(&login.to_ascii_lowercase())?;
        self.users.get(id).map(|user| user.login.as_str())
    }

    /// Gives an account another name; the former one leads to it until somebody takes it.
    pub(crate) fn rename_user(&mut self, user: i64, login: &str) -> Result<(), Refusal> {
        let key = login.to_ascii_lowercase();
        if self.logins.contains_key(&key) {
            return Err(Refusal::Unprocessable(format!("user already exists [name: {login}]")));
        }
        let Some(account) = self.users.get_mut(&user) else { return Err(Refusal::HIDDEN) };
        let former = std::mem::replace(&mut account.login, login.to_owned()).to_ascii_lowercase();
        self.logins.remove(&former);
        self.former_logins.insert(former.clone(), user);
        self.former_logins.remove(&key);
        self.logins.insert(key, user);
        self.last_search.forget();
        self.move_repos_of(user, &former);
        Ok(())
    }

    /// The organisation called `login`.
    pub(crate) fn org_named(&self, login: &str) -> Result<i64, Refusal> {
        match self.user_named(login) {
            Ok(id) if self.users[&id].kind == UserKind::Organisation => Ok(id),
            _ => Err(Refusal::HIDDEN),
        }
    }

    /// Everybody who is no organisation.
    pub(crate) fn people(&self) -> impl Iterator<Item = i64> + '_ {
        self.users.values().filter(|u| u.kind != UserKind::Organisation).map(|u| u.id)
    }

    /// The teams of an organisation, by name, its owners first as Gitea has them.
    pub(crate) fn teams_of(&self, org: i64) -> Vec<&TeamRecord> {
        let mut teams: Vec<&TeamRecord> = self.teams.values().filter(|t| t.org == org).collect();
        teams.sort_by_key(|t| (t.rights != TeamRights::Owners, t.name.to_ascii_lowercase()));
        teams
    }
}

/// Something that looks like the hash of an address, always the same for a name.
/// The address of an account, which git keeps of whoever commits.
pub(crate) fn address_of(login: &str) -> String {
    format!("{}@example.com", login.to_ascii_lowercase())
}

pub(super) fn avatar_of(login: &str) -> String {
    let hash = Sha256::digest(login.as_bytes());
    base16ct::lower::encode_string(&hash[..16])
}
