//! Webhooks of repositories and organisations.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::answer::{ApiAnswer, Reply};
use super::call::{Call, number_of};
use crate::core::model::ids::RepoId;
use crate::sandbox::world::World;
use crate::sandbox::world::hooks::{NewHookRecord, expand};
use crate::sandbox::world::records::{ContentType, Home};
use crate::sandbox::world::refusal::Refusal;

/// `/repos/{owner}/{name}/hooks` and below: for repository admins.
pub(super) fn in_repo(world: &mut World, call: &Call, repo: RepoId, rest: &[&str]) -> Reply {
    let user = call.require_user()?;
    world.require_repo_admin(user, world.repo(repo))?;
    if let ("POST", [id, "tests"]) = (call.method.as_str(), rest) {
        let id = find(world, Home::Repo(repo), id)?;
        world.test_hook(user, repo, id);
        return Ok(ApiAnswer::empty(204));
    }
    route(world, call, Home::Repo(repo), rest)
}

/// `/orgs/{org}/hooks` and below: for owners of the organisation.
pub(super) fn in_org(world: &mut World, call: &Call, org: i64, rest: &[&str]) -> Reply {
    world.require_org_owner(call.require_user()?, org)?;
    route(world, call, Home::Org(org), rest)
}

fn route(world: &mut World, call: &Call, home: Home, rest: &[&str]) -> Reply {
    match (call.method.as_str(), rest) {
        ("GET", []) => {
            let view = call.view(world);
            ApiAnswer::paged(call, world.hooks_of(home).collect(), |hook| view.hook(hook))
        }
        ("GET", [id]) => shown(world, call, 200, find(world, home, id)?),
        ("POST", []) => create(world, call, home),
        ("PATCH", [id]) => edit(world, call, find(world, home, id)?),
        ("DELETE", [id]) => {
            let id = find(world, home, id)?;
            world.hooks.remove(&id);
            Ok(ApiAnswer::empty(204))
        }
        _ => Err(Refusal::HIDDEN),
    }
}

fn find(world: &World, home: Home, id: &str) -> Result<i64, Refusal> {
    let id = number_of(id)?;
    world.hooks_of(home).any(|hook| hook.id == id).then_some(id).ok_or(Refusal::HIDDEN)
}

fn shown(world: &World, call: &Call, status: u16, id: i64) -> Reply {
    let hook = world.hooks.get(&id).ok_or(Refusal::HIDDEN)?;
    Ok(ApiAnswer::json(status, &call.view(world).hook(hook)))
}

#[derive(Deserialize)]
struct HookBody {
    #[serde(default)]
    config: BTreeMap<String, String>,
    #[serde(default)]
    events: Vec<String>,
    #[serde(default)]
    authorization_header: String,
    active: Option<bool>,
}

impl HookBody {
    fn option(&self, name: &str) -> Result<String, Refusal> {
        let missing = || Refusal::Unprocessable(format!("Missing config option: {name}"));
        self.config.get(name).cloned().ok_or_else(missing)
    }
}

fn content_type(name: &str) -> Result<ContentType, Refusal> {
    match name {
        "json" => Ok(ContentType::Json),
        "form" => Ok(ContentType::Form),
        _ => Err(Refusal::Unprocessable("Invalid content type".into())),
    }
}

/// A hook is not active unless the request says so.
fn create(world: &mut World, call: &Call, home: Home) -> Reply {
    let settings: HookBody = call.json()?;
    let new = NewHookRecord {
        url: settings.option("url")?,
        content: content_type(&settings.option("content_type")?)?,
        secret: settings.config.get("secret").cloned().unwrap_or_default(),
        events: settings.events,
        authorization: settings.authorization_header,
        active: settings.active.unwrap_or(false),
    };
    let id = world.add_hook(home, new);
    shown(world, call, 201, id)
}

/// Without `events` only `push` is left, and without an authorization header none. The secret
/// cannot be changed.
fn edit(world: &mut World, call: &Call, id: i64) -> Reply {
    let settings: HookBody = call.json()?;
    let now = world.now;
    if let Some(hook) = world.hooks.get_mut(&id) {
        if let Some(url) = settings.config.get("url") {
            hook.url.clone_from(url);
        }
        if let Some(name) = settings.config.get("content_type") {
            hook.content = content_type(name)?;
        }
        hook.events = expand(&settings.events);
        hook.authorization = settings.authorization_header;
        hook.active = settings.active.unwrap_or(hook.active);
        hook.updated = now;
    }
    shown(world, call, 200, id)
}
