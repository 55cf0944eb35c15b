//! Organisations and teams.

use super::answer::{ApiAnswer, Reply};
use super::call::{Call, number_of};
use super::hooks;
use crate::sandbox::world::World;
use crate::sandbox::world::records::{Home, TeamRecord};
use crate::sandbox::world::refusal::Refusal;

/// What happens below `/orgs` and `/teams`.
pub(super) fn route(world: &mut World, call: &Call, segments: &[&str]) -> Reply {
    call.require_scope("organization")?;
    match (call.method.as_str(), segments) {
        ("GET", ["orgs", org]) => {
            if let Some(now) = world.renamed(org) {
                return Err(Refusal::UserMoved(format!("/api/v1/orgs/{now}")));
            }
            let org = world.org_named(org)?;
            Ok(ApiAnswer::json(200, &call.view(world).user(org)))
        }
        ("GET", ["orgs", org, "repos"]) => repos(world, call, org),
        ("GET", ["orgs", org, "members", login]) => member(world, call, org, login),
        ("GET", ["orgs", org, "public_members", _]) => {
            world.org_named(org)?;
            Err(Refusal::HIDDEN)
        }
        ("GET", ["orgs", org, "teams"]) => teams(world, call, org),
        ("GET", ["orgs", org, "labels"]) => labels(world, call, org),
        (_, ["orgs", org, "hooks", rest @ ..]) => {
            let org = world.org_named(org)?;
            hooks::in_org(world, call, org, rest)
        }
        ("GET", ["teams", id, "members"]) => {
            let team = visible_team(world, call, id)?;
            let view = call.view(world);
            ApiAnswer::paged(call, team.members.iter().collect(), |id| view.user(*id))
        }
        ("GET", ["teams", id, "members", login]) => {
            let team = visible_team(world, call, id)?;
            let user = world.user_named(login)?;
            if !team.members.contains(&user) {
                return Err(Refusal::HIDDEN);
            }
            Ok(ApiAnswer::json(200, &call.view(world).user(user)))
        }
        _ => Err(Refusal::HIDDEN),
    }
}

fn repos(world: &World, call: &Call, org: &str) -> Reply {
    let repos = world.repos_of(world.org_named(org)?, call.user);
    let view = call.view(world);
    ApiAnswer::paged(call, repos, |repo| view.repo(repo.id))
}

/// Members are told of members; others are sent to the list of public ones.
fn member(world: &World, call: &Call, org: &str, login: &str) -> Reply {
    let id = world.org_named(org)?;
    let user = world.user_named(login)?;
    let asker = call.require_user()?;
    if !world.is_member(asker, id) && !world.is_site_admin(asker) {
        return Err(Refusal::SeeOther(format!("/api/v1/orgs/{org}/public_members/{login}")));
    }
    if world.is_member(user, id) { Ok(ApiAnswer::empty(204)) } else { Err(Refusal::HIDDEN) }
}

fn teams(world: &World, call: &Call, org: &str) -> Reply {
    let org = world.org_named(org)?;
    let asker = call.require_user()?;
    if !world.is_member(asker, org) && !world.is_site_admin(asker) {
        return Err(Refusal::Forbidden("Must be an organization member".into()));
    }
    let (view, mut teams) = (call.view(world), world.teams_of(org));
    teams.retain(|team| may_list(world, asker, team));
    ApiAnswer::paged(call, teams, |team| view.team(team))
}

/// Whether a member of the organisation sees that there is such a team.
fn may_list(world: &World, asker: i64, team: &TeamRecord) -> bool {
    !world.version.keeps_teams_private() || team.is_shown || is_of_team(world, asker, team)
}

fn is_of_team(world: &World, asker: i64, team: &TeamRecord) -> bool {
    team.members.contains(&asker) || world.owns_org(asker, team.org) || world.is_site_admin(asker)
}

fn labels(world: &World, call: &Call, org: &str) -> Reply {
    let org = world.org_named(org)?;
    let view = call.view(world);
    ApiAnswer::paged(call, world.labels_of(Home::Org(org)), |label| view.label(label))
}

/// A team, for its members, the organisation's owners and site admins; one that is shown to the
/// organisation for all of its members.
fn visible_team<'a>(world: &'a World, call: &Call, id: &str) -> Result<&'a TeamRecord, Refusal> {
    let team = world.teams.get(&number_of(id)?).ok_or(Refusal::HIDDEN)?;
    let asker = call.require_user()?;
    let is_shown =
        world.version.keeps_teams_private() && team.is_shown && world.is_member(asker, team.org);
    if is_shown || is_of_team(world, asker, team) {
        Ok(team)
    } else {
        Err(Refusal::Forbidden("Must be a team member".into()))
    }
}
