//! Furnishing the forge: accounts, organisations, repositories, webhooks. Tells nobody.

use std::collections::{BTreeMap, BTreeSet};

use super::Sandbox;
use super::world::World;
use super::world::hooks::NewHookRecord;
use super::world::records::{ContentType, Home, TeamRights, UserKind};
use super::world::refusal::Refusal;
use super::world::rights::{Mode, Unit};
use super::world::tokens::Scopes;
use crate::core::model::ids::RepoId;
use crate::core::model::time::Timestamp;

impl Sandbox {
    /// Adds a person or a bot; a token of theirs that is good for everything.
    pub fn add_user(&self, login: &str) -> String {
        self.add_person(login, UserKind::Person)
    }

    /// Adds an administrator of the whole forge; a token of theirs.
    pub fn add_site_admin(&self, login: &str) -> String {
        self.add_person(login, UserKind::SiteAdmin)
    }

    fn add_person(&self, login: &str, kind: UserKind) -> String {
        self.forge.act(|world| {
            let user = world.add_user(login, kind);
            world.add_token(user, Scopes::all())
        })
    }

    /// Makes one more token for somebody, good for `scopes` only.
    ///
    /// # Errors
    /// If there is no such account.
    pub fn add_token(&self, login: &str, scopes: Scopes) -> Result<String, Refusal> {
        self.forge.act(|world| {
            let user = world.user_named(login)?;
            Ok(world.add_token(user, scopes))
        })
    }

    /// Changes what a token is good for; nothing any more without scopes.
    pub fn set_token(&self, token: &str, scopes: Option<Scopes>) {
        self.forge.act(|world| world.set_token(token, scopes));
    }

    /// Adds an organisation, owned by `owner`.
    ///
    /// # Errors
    /// If there is no such owner.
    pub fn add_org(&self, name: &str, owner: &str) -> Result<(), Refusal> {
        self.forge.act(|world| {
            let owner = world.user_named(owner)?;
            world.add_org(name, owner);
            Ok(())
        })
    }

    /// Adds a team to an organisation, with the same rights in all of its repositories.
    /// Returns the id of the team.
    ///
    /// # Errors
    /// If the organisation or a member is unknown.
    pub fn add_team(
        &self,
        org: &str,
        name: &str,
        units: &[(Unit, Mode)],
        members: &[&str],
    ) -> Result<i64, Refusal> {
        self.forge.act(|world| {
            let org = world.org_named(org)?;
            let members: Result<BTreeSet<i64>, Refusal> =
                members.iter().map(|login| world.user_named(login)).collect();
            let rights = TeamRights::Units(units.iter().copied().collect::<BTreeMap<_, _>>());
            Ok(world.add_team(org, name, rights, members?))
        })
    }

    /// Adds a repository, `owner/name`, to an account that exists.
    ///
    /// # Errors
    /// If the owner is unknown or the name taken.
    pub fn add_repo(&self, name: &str, private: bool) -> Result<RepoId, Refusal> {
        let name = name.parse().map_err(|_| Refusal::HIDDEN)?;
        self.forge.act(|world| world.add_repo(&name, private))
    }

    /// Adds a repository into which nobody has pushed anything.
    ///
    /// # Errors
    /// As [`Sandbox::add_repo`].
    pub fn add_empty_repo(&self, name: &str) -> Result<RepoId, Refusal> {
        let id = self.add_repo(name, false)?;
        self.forge.act(|world| {
            if let Some(repo) = world.repos.get_mut(&id) {
                repo.began_empty = true;
            }
            Ok(id)
        })
    }

    /// Closes a repository to everybody who has no right there, or opens it to all.
    ///
    /// # Errors
    /// If there is no such repository.
    pub fn set_private(&self, repo: &str, private: bool) -> Result<(), Refusal> {
        self.forge.act(|world| {
            let id = repo_id(world, repo)?;
            if let Some(repo) = world.repos.get_mut(&id) {
                repo.private = private;
            }
            Ok(())
        })
    }

    /// Puts a template for issues into a repository: what a title begins with, and the text.
    ///
    /// # Errors
    /// If there is no such repository.
    pub fn add_template(&self, repo: &str, title: &str, text: &str) -> Result<(), Refusal> {
        self.forge.act(|world| {
            let id = repo_id(world, repo)?;
            if let Some(repo) = world.repos.get_mut(&id) {
                let name = format!("template-{}", repo.templates.len() + 1);
                repo.templates.push((name, title.to_owned(), text.to_owned()));
            }
            Ok(())
        })
    }

    /// Gives somebody a right on a repository, or takes it away with [`Mode::None`].
    ///
    /// # Errors
    /// If the repository or the account is unknown.
    pub fn collaborator(&self, repo: &str, login: &str, mode: Mode) -> Result<(), Refusal> {
        self.forge.act(|world| {
            let (repo, user) = (repo_id(world, repo)?, world.user_named(login)?);
            if let Some(repo) = world.repos.get_mut(&repo) {
                match mode {
                    Mode::None => repo.collaborators.remove(&user),
                    mode => repo.collaborators.insert(user, mode),
                };
            }
            Ok(())
        })
    }

    /// Lets the jobs of workflows write to a repository, as they may where its settings say so.
    /// They speak as `gitea-actions`.
    ///
    /// # Errors
    /// If there is no such repository.
    pub fn let_workflows_write(&self, repo: &str) -> Result<(), Refusal> {
        self.forge.act(|world| {
            let (repo, user) = (repo_id(world, repo)?, world.add_workflows());
            if let Some(repo) = world.repos.get_mut(&repo) {
                repo.collaborators.insert(user, Mode::Write);
            }
            Ok(())
        })
    }

    /// Gives the workflows of a repository a secret of this name.
    ///
    /// # Errors
    /// If there is no such repository.
    pub fn add_secret(&self, repo: &str, name: &str) -> Result<(), Refusal> {
        self.forge.act(|world| {
            let repo = repo_id(world, repo)?;
            if let Some(repo) = world.repos.get_mut(&repo) {
                repo.secrets.push(name.to_owned());
            }
            Ok(())
        })
    }

    /// Plays a server that does not have this path of the API, such as
    /// `/repos/{owner}/{repo}/issues/{index}/dependencies`: neither it nor its description does.
    pub fn take_away(&self, path: &str) {
        self.forge.act(|world| world.without.insert(path.to_owned()));
    }

    /// Sets which reactions the server allows.
    pub fn allow_reactions(&self, allowed: &[&str]) {
        let allowed = allowed.iter().map(|content| (*content).to_owned()).collect();
        self.forge.act(|world| world.allowed_reactions = allowed);
    }

    /// Adds a label to a repository (`owner/name`) or an organisation. Returns its id.
    ///
    /// # Errors
    /// If there is no such place.
    pub fn add_label(&self, home: &str, name: &str, exclusive: bool) -> Result<i64, Refusal> {
        self.forge.act(|world| {
            let home = home_of(world, home)?;
            Ok(world.add_label(home, name, "#cc0000", "", exclusive))
        })
    }

    /// Deletes a label, from all issues that hold it as well.
    pub fn delete_label(&self, id: i64) {
        self.forge.act(|world| world.delete_label(id));
    }

    /// Adds a milestone to a repository. Returns its id.
    ///
    /// # Errors
    /// If there is no such repository.
    pub fn add_milestone(
        &self,
        repo: &str,
        title: &str,
        due: Option<Timestamp>,
    ) -> Result<i64, Refusal> {
        self.forge.act(|world| {
            let repo = repo_id(world, repo)?;
            Ok(world.add_milestone(repo, title, due))
        })
    }

    /// Adds a webhook of type JSON to a repository (`owner/name`) or an organisation.
    /// Returns its id.
    ///
    /// # Errors
    /// If there is no such place.
    pub fn add_hook(
        &self,
        home: &str,
        url: &str,
        secret: &str,
        events: &[&str],
    ) -> Result<i64, Refusal> {
        let new = NewHookRecord {
            url: url.to_owned(),
            content: ContentType::Json,
            secret: secret.to_owned(),
            events: events.iter().map(|event| (*event).to_owned()).collect(),
            authorization: String::new(),
            active: true,
        };
        self.forge.act(|world| {
            let home = home_of(world, home)?;
            Ok(world.add_hook(home, new))
        })
    }

    /// Lets a webhook send `header` as its `Authorization`, as its page in Gitea can.
    pub fn set_authorization(&self, hook: i64, header: &str) {
        self.forge.act(|world| {
            if let Some(hook) = world.hooks.get_mut(&hook) {
                header.clone_into(&mut hook.authorization);
            }
        });
    }

    /// What a webhook sends as its `Authorization`, as its page in Gitea shows it; may be empty.
    pub fn authorization(&self, hook: i64) -> String {
        self.forge.act(|world| {
            world.hooks.get(&hook).map(|hook| hook.authorization.clone()).unwrap_or_default()
        })
    }

    /// Shows a team to all of its organisation, or to its own members only.
    pub fn show_team(&self, team: i64, shown: bool) {
        self.forge.act(|world| {
            if let Some(team) = world.teams.get_mut(&team) {
                team.is_shown = shown;
            }
        });
    }

    /// Gives a repository another name; the former one redirects.
    ///
    /// # Errors
    /// If there is no such repository, or the new name is taken or no name.
    pub fn rename(&self, repo: &str, new_name: &str) -> Result<(), Refusal> {
        self.forge.act(|world| {
            let repo = repo_id(world, repo)?;
            world.rename_repo(repo, new_name)
        })
    }

    /// Gives a repository to another owner; the former name redirects.
    ///
    /// # Errors
    /// If there is no such repository or owner.
    pub fn transfer(&self, repo: &str, owner: &str) -> Result<(), Refusal> {
        self.forge.act(|world| {
            let (repo, owner) = (repo_id(world, repo)?, world.user_named(owner)?);
            world.transfer_repo(repo, owner)
        })
    }

    /// Deletes a repository.
    ///
    /// # Errors
    /// If there is no such repository.
    pub fn delete_repo(&self, repo: &str) -> Result<(), Refusal> {
        self.forge.act(|world| {
            let repo = repo_id(world, repo)?;
            world.delete_repo(repo);
            Ok(())
        })
    }

    /// Deletes an account that owns nothing.
    ///
    /// # Errors
    /// If there is no such account.
    pub fn delete_user(&self, login: &str) -> Result<(), Refusal> {
        self.forge.act(|world| {
            let user = world.user_named(login)?;
            world.delete_user(user);
            Ok(())
        })
    }

    /// Gives an account, or an organisation, another name.
    ///
    /// # Errors
    /// If there is no such account, or the new name is taken.
    pub fn rename_user(&self, login: &str, new_login: &str) -> Result<(), Refusal> {
        self.forge.act(|world| {
            let user = world.user_named(login)?;
            world.rename_user(user, new_login)
        })
    }

    /// Makes a repository read-only, or writable again.
    ///
    /// # Errors
    /// If there is no such repository.
    pub fn archive(&self, repo: &str, archived: bool) -> Result<(), Refusal> {
        self.forge.act(|world| {
            let id = repo_id(world, repo)?;
            if let Some(repo) = world.repos.get_mut(&id) {
                repo.archived = archived;
            }
            Ok(())
        })
    }

    /// Switches a part of a repository off, or on again.
    ///
    /// # Errors
    /// If there is no such repository.
    pub fn switch(&self, repo: &str, unit: Unit, on: bool) -> Result<(), Refusal> {
        self.forge.act(|world| {
            let id = repo_id(world, repo)?;
            if let Some(repo) = world.repos.get_mut(&id) {
                repo.switch(unit, on);
            }
            Ok(())
        })
    }
}

pub(super) fn repo_id(world: &World, name: &str) -> Result<RepoId, Refusal> {
    world.repo_named(&name.parse().map_err(|_| Refusal::HIDDEN)?)
}

/// A repository if there is a slash in the name, else an organisation.
fn home_of(world: &World, name: &str) -> Result<Home, Refusal> {
    match name.contains('/') {
        true => repo_id(world, name).map(Home::Repo),
        false => world.org_named(name).map(Home::Org),
    }
}
