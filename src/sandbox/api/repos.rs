//! Repositories, and who may what in them.

use serde::Deserialize;
use serde_json::json;

use super::answer::{ApiAnswer, Reply};
use super::call::{Call, number_of};
use super::{commits, contents, issues, templates};
use crate::core::model::ids::RepoId;
use crate::sandbox::world::World;
use crate::sandbox::world::records::RepoRecord;
use crate::sandbox::world::refusal::Refusal;
use crate::sandbox::world::rights::{Mode, Unit};

/// `GET /repositories/{id}`: survives renames.
pub(super) fn get_by_id(world: &World, call: &Call, id: &str) -> Reply {
    call.require_scope("repository")?;
    let repo = world.repos.get(&RepoId(number_of(id)?)).ok_or(Refusal::HIDDEN)?;
    if !world.can_see(call.user, repo) {
        return Err(Refusal::HIDDEN);
    }
    Ok(ApiAnswer::json(200, &call.view(world).repo(repo.id)))
}

/// `GET /repos/search`: everything that the caller may see; with `uid` what that account owns.
pub(super) fn search(world: &World, call: &Call) -> Reply {
    call.require_scope("repository")?;
    let (view, page) = (call.view(world), call.page());
    let owner = call.param("uid").map(number_of).transpose()?;
    let owned = world.repos.values().filter(|r| owner.is_none_or(|owner| r.owner == owner));
    let seen: Vec<&RepoRecord> = owned.filter(|r| world.can_see(call.user, r)).collect();
    let total = seen.len();
    let data: Vec<_> = page.of(seen).into_iter().map(|repo| view.repo(repo.id)).collect();
    Ok(ApiAnswer::json(200, &SearchResult { ok: true, data }).with_total(total))
}

#[derive(serde::Serialize)]
struct SearchResult<T> {
    ok: bool,
    data: Vec<T>,
}

/// What happens to a repository itself.
pub(super) fn route(world: &mut World, call: &Call, id: RepoId, rest: &[&str]) -> Reply {
    match (call.method.as_str(), rest) {
        ("GET", []) => Ok(ApiAnswer::json(200, &call.view(world).repo(id))),
        ("PATCH", []) => edit(world, call, id),
        ("GET", ["assignees"]) => {
            let view = call.view(world);
            let users: Vec<_> =
                world.assignable(world.repo(id)).into_iter().map(|user| view.user(user)).collect();
            Ok(ApiAnswer::json(200, &users))
        }
        ("GET", ["issue_templates"]) => templates::list(world, id),
        ("GET", ["assignees", _]) if !world.version.has_calls_of_1_27() => Err(Refusal::NoSuchCall),
        ("GET", ["assignees", login]) => issues::can_be_assigned(world, id, login),
        ("GET", ["teams"]) => {
            let view = call.view(world);
            let teams = world.teams_of(world.repo(id).owner).into_iter();
            Ok(ApiAnswer::json(200, &teams.map(|team| view.team(team)).collect::<Vec<_>>()))
        }
        ("GET", ["collaborators"]) => {
            let view = call.view(world);
            let users = world.repo(id).collaborators.keys().collect();
            ApiAnswer::paged(call, users, |user| view.user(*user))
        }
        ("GET", ["collaborators", login]) => {
            let user = world.user_named(login)?;
            let is_one = world.repo(id).collaborators.contains_key(&user);
            if is_one { Ok(ApiAnswer::empty(204)) } else { Err(Refusal::HIDDEN) }
        }
        ("PUT", ["collaborators", login]) => add_collaborator(world, call, id, login),
        ("GET", ["collaborators", login, "permission"]) => permission(world, call, id, login),
        ("GET", ["raw", path @ ..]) => contents::raw(world, call, id, &path.join("/")),
        ("GET", ["git", "trees", name @ ..]) => contents::tree(world, call, id, &name.join("/")),
        ("GET", ["git", "commits", commit]) => commits::one(world, call, id, commit),
        ("GET", ["compare", range @ ..]) => commits::compare(world, call, id, &range.join("/")),
        ("GET", ["activities", "feeds"]) => commits::feeds(world, call, id),
        ("GET", ["statuses", commit]) => commits::statuses(world, call, id, commit),
        ("POST", ["statuses", commit]) => commits::add_status(world, call, id, commit),
        ("POST", ["forks"]) => fork(world, call, id),
        ("GET", ["new_pin_allowed"]) => {
            Ok(ApiAnswer::json(200, &json!({ "issues": true, "pull_requests": true })))
        }
        _ => Err(Refusal::HIDDEN),
    }
}

#[derive(Deserialize)]
struct ForkBody {
    name: Option<String>,
}

fn fork(world: &mut World, call: &Call, id: RepoId) -> Reply {
    let name = call.json::<ForkBody>()?.name;
    let fork = world.fork(call.require_user()?, id, name.as_deref())?;
    Ok(ApiAnswer::json(202, &call.view(world).repo(fork)))
}

#[derive(Deserialize)]
struct GrantBody {
    permission: Option<String>,
}

fn add_collaborator(world: &mut World, call: &Call, id: RepoId, login: &str) -> Reply {
    world.require_repo_admin(call.require_user()?, world.repo(id))?;
    let user = world.user_named(login)?;
    let mode = match call.json::<GrantBody>()?.permission.as_deref() {
        Some("read") => Mode::Read,
        Some("admin") => Mode::Admin,
        _ => Mode::Write,
    };
    if let Some(repo) = world.repos.get_mut(&id) {
        repo.collaborators.insert(user, mode);
    }
    Ok(ApiAnswer::empty(204))
}

/// Told to site admins, repository admins, and since 1.24 to everybody about themselves.
fn permission(world: &World, call: &Call, id: RepoId, login: &str) -> Reply {
    let repo = world.repo(id);
    let asker = call.require_user()?;
    let asked = world.user_named(login);
    let is_admin = world.mode(Some(asker), repo, Unit::Code) >= Mode::Admin;
    let is_own = asked == Ok(asker) && world.version.tells_people_of_their_own_rights();
    if !is_admin && !is_own {
        return Err(Refusal::Forbidden(
            "Only admins can query all permissions, repo admins can query all repo permissions, \
             collaborators can query only their own"
                .into(),
        ));
    }
    let user = asked?;
    let mode = world.reported_permission(user, repo).to_string();
    let user = call.view(world).user_seen_by_users(user);
    Ok(ApiAnswer::json(200, &json!({ "permission": mode, "role_name": mode, "user": user })))
}

#[derive(Deserialize)]
struct EditRepoBody {
    name: Option<String>,
    archived: Option<bool>,
    private: Option<bool>,
    has_issues: Option<bool>,
    has_pull_requests: Option<bool>,
}

/// `PATCH /repos/{owner}/{name}`: rename, archive, hide, switch parts off. Tells no webhook.
fn edit(world: &mut World, call: &Call, id: RepoId) -> Reply {
    world.require_repo_admin(call.require_user()?, world.repo(id))?;
    let edit: EditRepoBody = call.json()?;
    if let Some(name) = edit.name {
        world.rename_repo(id, &name)?;
    }
    if let Some(repo) = world.repos.get_mut(&id) {
        repo.archived = edit.archived.unwrap_or(repo.archived);
        repo.private = edit.private.unwrap_or(repo.private);
        for (unit, on) in [(Unit::Issues, edit.has_issues), (Unit::Pulls, edit.has_pull_requests)] {
            repo.switch(unit, on.unwrap_or(!repo.off.contains(&unit)));
        }
    }
    Ok(ApiAnswer::json(200, &call.view(world).repo(id)))
}
