//! Does timmy know who is in the teams that `[people]` names?
//!
//! Gitea shows the members of a team to that team's members and to owners of the organisation.
//! Since 1.27 it shows others not even that there is such a team, unless the team's visibility is
//! `limited` (to the organisation's members) or `public`.

use super::check_result::CheckResult;
use crate::cli::forge::in_short;
use crate::config::{Grant, PeopleConfig};
use crate::gitea::{Error, Gitea, Visibility};

const TEAMS: &str = "teams";

/// What asking for the members of one team came to.
enum TeamsAsked {
    Told,
    /// The account sees no team of that name.
    Unseen,
    Secret,
    Failed(Error),
}

/// Tries each `team:` of `[people]`; nothing to say where there is none.
pub(super) async fn check(gitea: &Gitea, own: &str, people: &PeopleConfig) -> Option<CheckResult> {
    let mut asked = Vec::new();
    for (organisation, team) in named(people) {
        asked.push((format!("{organisation}/{team}"), ask(gitea, own, organisation, team).await));
    }
    if asked.is_empty() { None } else { Some(judge(&asked)) }
}

/// Each team once, as it is written first.
fn named(people: &PeopleConfig) -> Vec<(&str, &str)> {
    let mut teams: Vec<(&str, &str)> = Vec::new();
    for grant in people.operators.iter().chain(&people.approvers) {
        if let Grant::Team { organisation, team } = grant {
            let is_same = |(o, t): &(&str, &str)| {
                o.eq_ignore_ascii_case(organisation) && t.eq_ignore_ascii_case(team)
            };
            if !teams.iter().any(is_same) {
                teams.push((organisation, team));
            }
        }
    }
    teams
}

async fn ask(gitea: &Gitea, own: &str, organisation: &str, team: &str) -> TeamsAsked {
    let teams = match gitea.teams_of_org(organisation).await {
        Ok(teams) => teams,
        Err(error) => return TeamsAsked::Failed(error),
    };
    let Some(team) = teams.iter().find(|known| known.name.eq_ignore_ascii_case(team)) else {
        return TeamsAsked::Unseen;
    };
    match gitea.is_team_member(team.id, own).await {
        Ok(Visibility::Yes | Visibility::No) => TeamsAsked::Told,
        Ok(Visibility::Secret) => TeamsAsked::Secret,
        Err(error) => TeamsAsked::Failed(error),
    }
}

fn judge(asked: &[(String, TeamsAsked)]) -> CheckResult {
    let join = |fits: fn(&TeamsAsked) -> bool| {
        let names = asked.iter().filter(|(_, asked)| fits(asked)).map(|(name, _)| name.as_str());
        names.collect::<Vec<_>>().join(", ")
    };
    let unseen = join(|asked| matches!(asked, TeamsAsked::Unseen));
    if !unseen.is_empty() {
        return CheckResult::warning(
            TEAMS,
            format!("timmy sees no team {unseen}, which [people] names: it gives nobody a right."),
            "Check the spelling. If that is right, the team is private: put timmy's account into \
             it. From Gitea 1.27 on it is also enough to set the team's visibility to limited, if \
             timmy's account is in another team of the organisation.",
        );
    }
    let secret = join(|asked| matches!(asked, TeamsAsked::Secret));
    if !secret.is_empty() {
        return CheckResult::warning(
            TEAMS,
            format!(
                "The server does not tell timmy who is in {secret}: people have no right by it."
            ),
            "Put timmy's account into that team (best for a bot), or make it an owner of the \
             organisation.",
        );
    }
    let failed = asked.iter().find_map(|(name, asked)| match asked {
        TeamsAsked::Failed(error) => Some((name, error)),
        TeamsAsked::Told | TeamsAsked::Unseen | TeamsAsked::Secret => None,
    });
    match failed {
        Some((name, error)) => CheckResult::warning(
            TEAMS,
            format!("The team {name} cannot be looked up: {}.", in_short(error)),
            "Run timmy doctor again.",
        ),
        None => CheckResult::good(TEAMS, format!("timmy can tell who is in {}.", join(|_| true))),
    }
}
