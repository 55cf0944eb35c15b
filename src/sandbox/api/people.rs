//! The forge itself, and its accounts.

use serde_json::json;

use super::answer::{ApiAnswer, Reply};
use super::call::Call;
use crate::sandbox::world::World;
use crate::sandbox::world::refusal::Refusal;
use crate::sandbox::world::tokens::Scopes;

/// `GET /version`.
pub(super) fn version(world: &World) -> Reply {
    Ok(ApiAnswer::json(200, &json!({ "version": world.version.number() })))
}

/// `GET /settings/api`.
pub(super) fn settings(world: &World) -> Reply {
    let mut settings = json!({
        "max_response_items": 50,
        "default_paging_num": 30,
        "default_git_trees_per_page": 1000,
        "default_max_blob_size": 10_485_760,
    });
    if world.version.bounds_answers() {
        settings["default_max_response_size"] = json!(104_857_600);
    }
    Ok(ApiAnswer::json(200, &settings))
}

/// `GET /settings/ui`.
pub(super) fn ui_settings(world: &World) -> Reply {
    Ok(ApiAnswer::json(
        200,
        &json!({
            "default_theme": "gitea-auto",
            "allowed_reactions": world.allowed_reactions,
            "custom_emojis": ["git", "gitea", "codeberg", "gitlab", "github", "gogs"],
        }),
    ))
}

/// `GET /token`: what the caller's token is good for. Needs no scope.
pub(super) fn token(world: &World, call: &Call) -> Reply {
    let user = call.require_user()?;
    let scopes: Vec<&str> = call.scopes.iter().flat_map(Scopes::names).collect();
    let owner = &world.users[&user];
    let told = json!({
        "id": user,
        "name": "sandbox",
        "scopes": scopes,
        "created_at": owner.created.to_string(),
        "last_used_at": world.now.to_string(),
        "user": { "id": user, "login": owner.login },
    });
    Ok(ApiAnswer::json(200, &told))
}

/// What happens below `/user` and `/users`.
pub(super) fn route(world: &mut World, call: &Call, segments: &[&str]) -> Reply {
    if segments[0] == "user" {
        call.require_user()?;
    }
    call.require_scope("user")?;
    match (call.method.as_str(), segments) {
        ("GET", ["user"]) => {
            let user = call.require_user()?;
            Ok(ApiAnswer::json(200, &call.view(world).user(user)))
        }
        ("PUT" | "DELETE", ["user", "blocks", login]) => {
            let pair = (call.require_user()?, world.user_named(login)?);
            match call.method == "PUT" {
                true => world.blocks.insert(pair),
                false => world.blocks.remove(&pair),
            };
            Ok(ApiAnswer::empty(204))
        }
        ("GET", ["user", "repos"]) => {
            call.require_scope("repository")?;
            let repos = world.repos_for(call.require_user()?);
            let view = call.view(world);
            ApiAnswer::paged(call, repos, |repo| view.repo(repo.id))
        }
        ("GET", ["users", "search"]) => {
            let uid = call.positive("uid").and_then(|uid| i64::try_from(uid).ok());
            let wanted = world.people().filter(|id| uid.is_none_or(|uid| uid == *id));
            let view = call.view(world);
            let found: Vec<_> = wanted.map(|id| view.user(id)).collect();
            Ok(ApiAnswer::json(200, &json!({ "ok": true, "data": found })))
        }
        ("GET", ["users", login]) => {
            if let Some(now) = world.renamed(login) {
                return Err(Refusal::UserMoved(format!("/api/v1/users/{now}")));
            }
            let user = world.user_named(login)?;
            if call.user != Some(user) && world.hidden_profiles.contains(&user) {
                return Err(Refusal::HIDDEN);
            }
            Ok(ApiAnswer::json(200, &call.view(world).user(user)))
        }
        ("GET", ["users", login, "activities", "feeds"]) => {
            // Of what people do only that they wrote a comment.
            let author = world.user_named(login)?;
            let wrote = world.comments.values().rev().filter(|comment| comment.author == author);
            let seen =
                wrote.filter(|c| world.can_see(call.user, world.repo(world.issue(c.issue).repo)));
            let view = call.view(world);
            ApiAnswer::paged(call, seen.collect(), |comment| {
                json!({
                    "op_type": "comment_issue",
                    "act_user_id": author,
                    "comment_id": comment.id,
                    "comment": view.comment(comment),
                    "created": comment.created.to_string(),
                })
            })
        }
        ("GET", ["users", login, "repos"]) => {
            let repos = world.repos_of(world.user_named(login)?, call.user);
            let view = call.view(world);
            ApiAnswer::paged(call, repos, |repo| view.repo(repo.id))
        }
        _ => Err(Refusal::HIDDEN),
    }
}
