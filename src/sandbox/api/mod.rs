//! The API: from a request to an answer, one file per family.
//!
//! Everything here is a plain function of the [`World`] and a [`Call`].

mod actions;
mod answer;
mod branches;
mod call;
mod comments;
mod commits;
mod contents;
mod description;
mod hooks;
mod issues;
mod labels;
mod merging;
mod orgs;
mod page;
mod people;
mod pulls;
mod reactions;
mod repos;
mod templates;

pub(crate) use answer::ApiAnswer;
pub(crate) use call::Call;
pub(crate) use description::{PATH as DESCRIPTION, describe};

use answer::Reply;
use call::number_of;

use super::world::World;
use super::world::refusal::Refusal;
use super::world::repos::FoundRepo;
use super::world::tokens::Access;
use crate::core::model::ids::RepoId;

/// Whether a request to this path may run git, which takes milliseconds.
pub(crate) fn waits_for_git(path: &str) -> bool {
    let mut segments = path.split('/').skip(6);
    let family = segments.next().unwrap_or_default();
    path.starts_with("/api/v1/repos/") && FAMILIES_OF_CODE.contains(&family)
}

/// What of a repository is read from git or written there.
const FAMILIES_OF_CODE: [&str; 10] = [
    "branches",
    "commits",
    "compare",
    "contents",
    "forks",
    "git",
    "pulls",
    "raw",
    "statuses",
    "diffpatch",
];

/// Answers one request. Paths that are not known here are answered as unknown ones.
pub(crate) fn answer(world: &mut World, call: &Call) -> ApiAnswer {
    route(world, call).unwrap_or_else(|refusal| ApiAnswer::refusal(call, &refusal))
}

fn route(world: &mut World, call: &Call) -> Reply {
    if description::is_taken_away(world, call) {
        return Err(Refusal::NoSuchCall);
    }
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match (call.method.as_str(), segments.as_slice()) {
        ("GET", ["version"]) => people::version(world),
        ("GET", ["settings", "api"]) => people::settings(world),
        ("GET", ["settings", "ui"]) => people::ui_settings(world),
        ("GET", ["token"]) if world.version.has_calls_of_1_27() => people::token(world, call),
        (_, ["token"]) => Err(Refusal::NoSuchCall),
        (_, ["user" | "users", ..]) => people::route(world, call, &segments),
        (_, ["orgs" | "teams", ..]) => orgs::route(world, call, &segments),
        ("GET", ["repositories", id]) => repos::get_by_id(world, call, id),
        ("GET", ["repos", "search"]) => repos::search(world, call),
        ("GET", ["repos", "issues", "search"]) => issues::search(world, call),
        (_, ["repos", owner, name, rest @ ..]) => in_repo(world, call, owner, name, rest),
        _ => Err(Refusal::HIDDEN),
    }
}

/// What happens below `/repos/{owner}/{name}`.
fn in_repo(world: &mut World, call: &Call, owner: &str, name: &str, rest: &[&str]) -> Reply {
    let category = match rest {
        ["issues" | "labels" | "milestones", ..] => "issue",
        _ => "repository",
    };
    call.require_scope(category)?;
    let repo = match world.find_repo(owner, name, call.user)? {
        FoundRepo::Repo(id) => id,
        FoundRepo::Moved(name) => return Err(Refusal::Moved(call.path_below_repo(&name, rest))),
    };
    if call.access() == Access::Write {
        call.require_user()?;
    }
    match rest {
        ["labels", rest @ ..] => labels::in_repo(world, call, repo, rest),
        ["actions", rest @ ..] => actions::route(world, call, repo, rest),
        ["hooks", rest @ ..] => hooks::in_repo(world, call, repo, rest),
        ["pulls", rest @ ..] => pulls::route(world, call, repo, rest),
        ["branches", rest @ ..] => branches::route(world, call, repo, rest),
        ["branch_protections", rest @ ..] => branches::protections(world, call, repo, rest),
        ["contents", path @ ..] => contents::route(world, call, repo, path),
        ["commits", rest @ ..] => commits::route(world, call, repo, rest),
        ["issues", "comments", rest @ ..] => comments::in_repo(world, call, repo, rest),
        ["issues", number, rest @ ..] if !rest.is_empty() => {
            in_thread(world, call, repo, number_of(number)?, rest)
        }
        ["issues", rest @ ..] => issues::in_repo(world, call, repo, rest),
        _ => repos::route(world, call, repo, rest),
    }
}

/// What happens below `/repos/{owner}/{name}/issues/{number}`.
fn in_thread(world: &mut World, call: &Call, repo: RepoId, number: i64, rest: &[&str]) -> Reply {
    match rest {
        ["comments"] => comments::in_thread(world, call, repo, number),
        ["reactions"] => reactions::on_issue(world, call, repo, number),
        ["labels", rest @ ..] => labels::on_issue(world, call, repo, number, rest),
        _ => issues::in_thread(world, call, repo, number, rest),
    }
}
