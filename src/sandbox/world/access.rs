//! Who may what.
//!
//! Rights are kept by unit, as Gitea does: a team may write issues and only read code. What
//! the `/permission` endpoint tells is something else, see [`World::reported_permission`].

use super::World;
use super::records::{IssueRecord, RepoRecord, TeamRecord, TeamRights, UserKind};
use super::refusal::Refusal;
use super::rights::{Mode, Unit};

impl World {
    /// What `user` may do with `unit` of `repo`; a visitor without an account is `None`.
    pub(crate) fn mode(&self, user: Option<i64>, repo: &RepoRecord, unit: Unit) -> Mode {
        let open_to_all = if repo.private { Mode::None } else { Mode::Read };
        let Some(user) = user else { return open_to_all };
        if self.is_site_admin(user) || repo.owner == user {
            return Mode::Owner;
        }
        let granted = repo.collaborators.get(&user).copied().unwrap_or(Mode::None);
        open_to_all.max(granted).max(self.team_mode(user, repo.owner, unit))
    }

    fn team_mode(&self, user: i64, org: i64, unit: Unit) -> Mode {
        let teams = self.teams.values().filter(|t| t.org == org && t.members.contains(&user));
        teams
            .map(|team| match &team.rights {
                TeamRights::Owners => Mode::Owner,
                TeamRights::Units(units) => units.get(&unit).copied().unwrap_or(Mode::None),
            })
            .max()
            .unwrap_or(Mode::None)
    }

    /// What `GET /collaborators/{user}/permission` says: grants of teams on units are not in
    /// it, or only as far as all units have them. So it proves a yes and never a no.
    pub(crate) fn reported_permission(&self, user: i64, repo: &RepoRecord) -> Mode {
        if self.is_site_admin(user) || repo.owner == user || self.owns_org(user, repo.owner) {
            return Mode::Owner;
        }
        let open_to_all = if repo.private { Mode::None } else { Mode::Read };
        let granted = repo.collaborators.get(&user).copied().unwrap_or(Mode::None);
        let teams = self
            .teams
            .values()
            .filter(|team| team.org == repo.owner && team.members.contains(&user));
        teams.map(|team| self.reported_mode(team)).fold(open_to_all.max(granted), Mode::max)
    }

    /// What a team may do as a whole, as Gitea tells it.
    pub(crate) fn reported_mode(&self, team: &TeamRecord) -> Mode {
        match &team.rights {
            TeamRights::Owners => Mode::Owner,
            TeamRights::Units(units) if self.version.gives_teams_their_least_right() => {
                units.values().copied().min().unwrap_or(Mode::None)
            }
            TeamRights::Units(_) => Mode::None,
        }
    }

    /// Whether `user` may see `repo` at all.
    pub(crate) fn can_see(&self, user: Option<i64>, repo: &RepoRecord) -> bool {
        [Unit::Code, Unit::Issues, Unit::Pulls]
            .into_iter()
            .any(|unit| self.mode(user, repo, unit) >= Mode::Read)
    }

    /// Whether `user` may change any item like `issue`, not only their own.
    pub(crate) fn can_write(&self, user: i64, issue: &IssueRecord) -> bool {
        self.mode(Some(user), self.repo(issue.repo), issue.unit()) >= Mode::Write
    }

    /// Whether a team is the one of those who own `org`.
    pub(crate) fn is_of_owners(&self, team: &TeamRecord, org: i64) -> bool {
        team.org == org && team.rights == TeamRights::Owners
    }

    /// Whether `user` runs the whole forge.
    pub(crate) fn is_site_admin(&self, user: i64) -> bool {
        self.users.get(&user).is_some_and(|u| u.kind == UserKind::SiteAdmin)
    }

    /// Whether `user` owns the organisation `org`.
    pub(crate) fn owns_org(&self, user: i64, org: i64) -> bool {
        self.team_mode(user, org, Unit::Code) == Mode::Owner
    }

    /// Whether `user` is in any team of `org`.
    pub(crate) fn is_member(&self, user: i64, org: i64) -> bool {
        self.teams.values().any(|t| t.org == org && t.members.contains(&user))
    }

    /// Whoever holds a right of their own in `repo`: `GET /assignees`, by login. It lists
    /// members of teams that only read, too, and is no proof of a right to write.
    pub(crate) fn assignable(&self, repo: &RepoRecord) -> Vec<i64> {
        let mut ids: Vec<i64> = self.people().filter(|&id| self.has_own_right(id, repo)).collect();
        ids.sort_by_key(|id| self.users[id].login.to_ascii_lowercase());
        ids
    }

    fn has_own_right(&self, user: i64, repo: &RepoRecord) -> bool {
        repo.owner == user
            || repo.collaborators.contains_key(&user)
            || self.is_member(user, repo.owner)
    }

    /// Refuses whoever was blocked by one of these; administrators of the forge never are.
    pub(crate) fn require_unblocked(
        &self,
        user: i64,
        by: impl IntoIterator<Item = i64>,
    ) -> Result<(), Refusal> {
        let is_blocked = by.into_iter().any(|blocker| self.blocks.contains(&(blocker, user)));
        match is_blocked && !self.is_site_admin(user) {
            true => Err(Refusal::Forbidden("user is blocked".into())),
            false => Ok(()),
        }
    }

    /// Refuses who was blocked by who opened `issue`, or by the owner of its repository, unless they
    /// administer that.
    pub(crate) fn require_may_write_in(
        &self,
        user: i64,
        issue: &IssueRecord,
    ) -> Result<(), Refusal> {
        let repo = self.repo(issue.repo);
        if self.mode(Some(user), repo, Unit::Code) >= Mode::Admin {
            return Ok(());
        }
        self.require_unblocked(user, [issue.author, repo.owner])
    }

    /// Refuses whoever may not administer `repo`.
    pub(crate) fn require_repo_admin(&self, user: i64, repo: &RepoRecord) -> Result<(), Refusal> {
        if self.mode(Some(user), repo, Unit::Code) >= Mode::Admin {
            return Ok(());
        }
        Err(Refusal::Forbidden(
            "user should be an owner or a collaborator with admin write of a repository".into(),
        ))
    }

    /// Refuses whoever does not own `org`.
    pub(crate) fn require_org_owner(&self, user: i64, org: i64) -> Result<(), Refusal> {
        if self.is_site_admin(user) || self.owns_org(user, org) {
            return Ok(());
        }
        Err(Refusal::Forbidden("Must be an organization owner".into()))
    }
}
