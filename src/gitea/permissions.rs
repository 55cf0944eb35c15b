//! What the forge shows a plain writer of other people's rights: little, and not all of it true.
//!
//! There is no call that answers "may this person write here?" for somebody else. A team's
//! `units_map` is honest, and its members can be asked for by members of that team and by owners
//! of the organisation. `/permission` takes no notice of teams: it can prove a yes, never a no.

use serde::Deserialize;

use super::client::Gitea;
use super::error::Error;
use super::route::Route;
use super::wire::or_default;
use crate::core::model::ids::RepoName;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// Its number on the forge.
    pub id: i64,
    pub name: String,
    /// Whether its members may write to the issues or the code of its repositories.
    pub writes: bool,
}

/// What the forge answers when it is asked for somebody else's rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    Yes,
    /// No, as far as that call knows.
    No,
    /// This account may not ask, so nobody knows.
    Secret,
}

#[derive(Debug, Deserialize)]
struct WireTeam {
    id: i64,
    #[serde(default, deserialize_with = "or_default")]
    name: String,
    #[serde(default, deserialize_with = "or_default")]
    permission: String,
    #[serde(default, deserialize_with = "or_default")]
    units_map: std::collections::BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct WirePermission {
    #[serde(default, deserialize_with = "or_default")]
    permission: String,
}

/// Whether this is one of the words by which Gitea says that somebody may write.
fn is_writing(mode: &str) -> bool {
    matches!(mode, "write" | "admin" | "owner")
}

impl From<WireTeam> for Team {
    /// A team that was made with units reads back `permission: "none"`: only its units say.
    fn from(team: WireTeam) -> Self {
        let units = ["repo.issues", "repo.code"];
        let by_unit =
            units.iter().any(|unit| team.units_map.get(*unit).is_some_and(|mode| is_writing(mode)));
        Self { id: team.id, name: team.name, writes: by_unit || is_writing(&team.permission) }
    }
}

impl Gitea {
    /// The teams that have access to a repository; none if a person owns it. Gitea does not page
    /// this list: each page is the whole.
    pub async fn teams_of_repo(&self, repo: &RepoName) -> Result<Vec<Team>, Error> {
        let route = Route::new("repos/{owner}/{repo}/teams", &[&repo.owner(), &repo.name()]);
        let teams = async { self.get(&route).await?.json::<Option<Vec<WireTeam>>>() };
        known(teams.await.map(Option::unwrap_or_default))
    }

    /// The teams of an organisation that this account may see; none if `org` is a person.
    pub async fn teams_of_org(&self, org: &str) -> Result<Vec<Team>, Error> {
        known(self.pages(Route::new("orgs/{org}/teams", &[&org])).await)
    }

    /// Whether `login` is a member of the team with number `team`.
    pub async fn is_team_member(&self, team: i64, login: &str) -> Result<Visibility, Error> {
        let route = Route::new("teams/{id}/members/{username}", &[&team, &login]);
        visibility(self.get(&route).await.map(|_| true))
    }

    /// Whether `login` may write to a repository, by collaboration or as its owner.
    pub async fn may_write(&self, repo: &RepoName, login: &str) -> Result<Visibility, Error> {
        let route = Route::new(
            "repos/{owner}/{repo}/collaborators/{collaborator}/permission",
            &[&repo.owner(), &repo.name(), &login],
        );
        let answer = match self.get(&route).await {
            Ok(answer) => answer.json::<WirePermission>().map(|wire| is_writing(&wire.permission)),
            Err(error) => Err(error),
        };
        visibility(answer)
    }
}

/// The teams, or none where the forge will not say.
fn known(teams: Result<Vec<WireTeam>, Error>) -> Result<Vec<Team>, Error> {
    match teams {
        Ok(teams) => Ok(teams.into_iter().map(Team::from).collect()),
        Err(error) if is_refusal(&error) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn visibility(answer: Result<bool, Error>) -> Result<Visibility, Error> {
    match answer {
        Ok(true) => Ok(Visibility::Yes),
        Ok(false) | Err(Error::NotFound { .. }) => Ok(Visibility::No),
        Err(error) if is_refusal(&error) => Ok(Visibility::Secret),
        Err(error) => Err(error),
    }
}

/// Whether the forge will not say, today and tomorrow.
fn is_refusal(error: &Error) -> bool {
    matches!(
        error,
        Error::NotFound { .. }
            | Error::Forbidden { .. }
            | Error::MissingScope { .. }
            | Error::Unprocessable { .. }
            | Error::Conflict { .. }
    )
}
