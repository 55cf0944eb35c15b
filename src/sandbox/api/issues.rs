//! Issues: lists and search, opening, editing, dependencies, locks and pins.

use serde::Deserialize;
use serde_json::json;

use super::answer::{ApiAnswer, Reply};
use super::call::{Call, number_of};
use crate::core::model::ids::{RepoId, RepoName};
use crate::core::model::time::Timestamp;
use crate::sandbox::world::World;
use crate::sandbox::world::issues::{IssuePatch, NewIssue};
use crate::sandbox::world::records::TimelineRecord;
use crate::sandbox::world::refusal::Refusal;
use crate::sandbox::world::rights::{Mode, Unit};
use crate::sandbox::world::search::Filter;

/// `GET /repos/issues/search`: over everything that the caller may see.
pub(super) fn search(world: &World, call: &Call) -> Reply {
    call.require_scope("issue")?;
    let owner = match call.param("owner") {
        Some(login) => Some(world.user_named(login).map_err(|_| {
            Refusal::BadRequest(format!("user does not exist [uid: 0, name: {login}]"))
        })?),
        None => None,
    };
    let repos: Vec<RepoId> = world
        .repos
        .values()
        .filter(|repo| owner.is_none_or(|owner| repo.owner == owner))
        .filter(|repo| world.can_see(call.user, repo))
        .map(|repo| repo.id)
        .collect();
    list(world, call, &repos, &filter(world, call, false)?)
}

fn list(world: &World, call: &Call, repos: &[RepoId], filter: &Filter) -> Reply {
    let found = world.find_issues(repos, filter);
    let (view, page, total) = (call.view(world), call.page(), found.len());
    let issues: Vec<_> = page.of_all(&found).iter().map(|id| view.issue(*id)).collect();
    Ok(ApiAnswer::json(200, &issues).with_links(call, page, total))
}

/// What the query asks for. Of several labels a search wants any, a list of a repository all.
fn filter(world: &World, call: &Call, all_labels: bool) -> Result<Filter, Refusal> {
    let account = |name: &str| match call.param(name) {
        Some(login) => world.user_named(login).map(Some),
        None => Ok(None),
    };
    let me = |name: &str| call.user.filter(|_| call.param(name) == Some("true"));
    let labels = call.param("labels").unwrap_or_default();
    Ok(Filter {
        open: match call.param("state") {
            Some("all") => None,
            Some("closed") => Some(false),
            _ => Some(true),
        },
        pulls: match call.param("type") {
            Some("issues") => Some(false),
            Some("pulls") => Some(true),
            _ => None,
        },
        since: call.time_param("since")?,
        before: call.time_param("before")?,
        labels: labels.split(',').filter(|l| !l.is_empty()).map(str::to_owned).collect(),
        all_labels,
        assignee: account("assigned_by")?.or(me("assigned")),
        author: account("created_by")?.or(me("created")),
        text: call.param("q").unwrap_or_default().to_owned(),
    })
}

/// `/repos/{owner}/{name}/issues` and `/issues/{number}` themselves.
pub(super) fn in_repo(world: &mut World, call: &Call, repo: RepoId, rest: &[&str]) -> Reply {
    match (call.method.as_str(), rest) {
        ("GET", []) => {
            let filter = filter(world, call, true)?;
            let unit = filter.pulls.map(|pulls| if pulls { Unit::Pulls } else { Unit::Issues });
            if unit.is_some_and(|unit| world.repo(repo).off.contains(&unit)) {
                return Err(Refusal::HIDDEN);
            }
            list(world, call, &[repo], &filter)
        }
        ("GET", ["pinned"]) => {
            let view = call.view(world);
            let issues = world.repo(repo).threads.values().map(|id| world.issue(*id));
            let pinned: Vec<_> = issues.filter(|i| i.pinned).map(|i| view.issue(i.id)).collect();
            Ok(ApiAnswer::json(200, &pinned))
        }
        ("POST", []) => {
            let new: NewIssueBody = call.json()?;
            if new.title.is_empty() {
                return Err(Refusal::Unprocessable("[Title]: Required".into()));
            }
            let id = world.open_issue(call.require_user()?, repo, new.into())?;
            Ok(ApiAnswer::json(201, &call.view(world).issue(id)))
        }
        ("GET", [number]) => {
            let id = world.thread(repo, number_of(number)?)?;
            Ok(ApiAnswer::json(200, &call.view(world).issue(id)))
        }
        ("PATCH", [number]) => {
            let id = world.thread(repo, number_of(number)?)?;
            let edit: EditIssueBody = call.json()?;
            world.edit_issue(call.require_user()?, id, edit.into())?;
            Ok(ApiAnswer::json(201, &call.view(world).issue(id)))
        }
        _ => Err(Refusal::HIDDEN),
    }
}

#[derive(Deserialize)]
struct NewIssueBody {
    #[serde(default)]
    title: String,
    #[serde(default)]
    body: String,
    #[serde(default)]
    labels: Vec<i64>,
    #[serde(default)]
    assignees: Vec<String>,
}

impl From<NewIssueBody> for NewIssue {
    fn from(new: NewIssueBody) -> Self {
        let NewIssueBody { title, body, labels, assignees } = new;
        Self { title, body, labels, assignees }
    }
}

#[derive(Deserialize)]
struct EditIssueBody {
    title: Option<String>,
    body: Option<String>,
    state: Option<String>,
    assignees: Option<Vec<String>>,
    milestone: Option<i64>,
    due_date: Option<String>,
}

impl From<EditIssueBody> for IssuePatch {
    fn from(edit: EditIssueBody) -> Self {
        Self {
            title: edit.title,
            body: edit.body,
            open: edit.state.map(|state| state != "closed"),
            assignees: edit.assignees,
            milestone: edit.milestone,
            due: edit.due_date.as_deref().and_then(Timestamp::parse),
        }
    }
}

/// The smaller things below `/repos/{owner}/{name}/issues/{number}`.
pub(super) fn in_thread(
    world: &mut World,
    call: &Call,
    repo: RepoId,
    number: i64,
    rest: &[&str],
) -> Reply {
    let id = world.thread(repo, number)?;
    match (call.method.as_str(), rest) {
        (_, ["dependencies"]) => dependencies(world, call, id),
        ("GET", ["blocks"]) => {
            let view = call.view(world);
            let blocked = world.issues.values().filter(|issue| issue.blockers.contains(&id));
            Ok(ApiAnswer::json(200, &blocked.map(|issue| view.issue(issue.id)).collect::<Vec<_>>()))
        }
        ("PUT" | "DELETE", ["lock"]) if !world.version.has_lock_calls() => Err(Refusal::NoSuchCall),
        ("PUT" | "DELETE", ["lock"]) => {
            world.set_locked(call.require_user()?, id, call.method == "PUT")?;
            Ok(ApiAnswer::empty(204))
        }
        ("POST" | "DELETE", ["pin"]) => {
            world.set_pinned(call.require_user()?, id, call.method == "POST")?;
            Ok(ApiAnswer::empty(204))
        }
        ("POST", ["deadline"]) => deadline(world, call, id),
        (_, ["assignees", ..]) if !world.version.has_calls_of_1_27() => Err(Refusal::NoSuchCall),
        ("POST" | "DELETE", ["assignees"]) => assignees(world, call, id),
        ("GET", ["assignees", login]) => can_be_assigned(world, repo, login),
        ("GET", ["timeline"]) => timeline(world, call, id),
        _ => Err(Refusal::HIDDEN),
    }
}

/// Oldest first; plain comments are not in it.
fn timeline(world: &World, call: &Call, id: i64) -> Reply {
    let since = call.time_param("since")?;
    let of_thread = world.timeline.iter().filter(|line| line.issue == id);
    let lines = of_thread.filter(|line| since.is_none_or(|since| line.at >= since)).collect();
    let view = call.view(world);
    ApiAnswer::paged(call, lines, |line: &TimelineRecord| view.timeline(line))
}

fn deadline(world: &mut World, call: &Call, id: i64) -> Reply {
    let due = call.json::<Deadline>()?.due_date.as_deref().and_then(Timestamp::parse);
    let patch = IssuePatch { due, ..IssuePatch::default() };
    world.edit_issue(call.require_user()?, id, patch)?;
    let due = world.issue(id).due.map(|due| due.to_string());
    Ok(ApiAnswer::json(201, &json!({ "due_date": due })))
}

#[derive(Deserialize)]
struct AssigneesBody {
    assignees: Vec<String>,
}

/// Whether somebody can be assigned in a repository: 204 or 404, of an organisation 400.
pub(super) fn can_be_assigned(world: &World, repo: RepoId, login: &str) -> Reply {
    match world.require_assignable(world.user_named(login)?, repo) {
        Ok(()) => Ok(ApiAnswer::empty(204)),
        Err(Refusal::Forbidden(_)) => Err(Refusal::HIDDEN),
        Err(refusal) => Err(refusal),
    }
}

/// Adds assignees or takes them away, one by one.
fn assignees(world: &mut World, call: &Call, id: i64) -> Reply {
    let (user, body) = (call.require_user()?, call.json::<AssigneesBody>()?);
    let status = match call.method.as_str() {
        "POST" => {
            world.add_assignees(user, id, &body.assignees)?;
            201
        }
        _ => {
            world.remove_assignees(user, id, &body.assignees)?;
            200
        }
    };
    Ok(ApiAnswer::json(status, &call.view(world).issue(id)))
}

#[derive(Deserialize)]
struct Deadline {
    due_date: Option<String>,
}

/// The issue that a dependency leads to.
#[derive(Deserialize)]
struct BlockerBody {
    owner: String,
    repo: String,
    index: i64,
}

impl BlockerBody {
    fn of(world: &World, call: &Call) -> Result<i64, Refusal> {
        let blocker: Self = call.json()?;
        let name = RepoName::new(&blocker.owner, &blocker.repo).map_err(|_| Refusal::HIDDEN)?;
        let repo = world.repo_named(&name)?;
        if !world.can_see(call.user, world.repo(repo)) {
            return Err(Refusal::HIDDEN);
        }
        world.thread(repo, blocker.index).map_err(|_| Refusal::Missing {
            message: "IsErrIssueNotExist",
            detail: format!(
                "issue does not exist [id: 0, repo_id: {}, index: {}]",
                repo.0, blocker.index
            ),
        })
    }
}

/// What must be closed before an issue. Taking a dependency away answers 201, too.
fn dependencies(world: &mut World, call: &Call, id: i64) -> Reply {
    match call.method.as_str() {
        "GET" => {
            let view = call.view(world);
            let may_write = call.user.is_some_and(|user| world.can_write(user, world.issue(id)));
            let is_seen = |id| {
                let issue = world.issue(id);
                world.mode(call.user, world.repo(issue.repo), issue.unit()) >= Mode::Read
            };
            let blockers = world.issue(id).blockers.iter().map(|id| match is_seen(*id) {
                true => view.blocker(*id),
                false => view.hidden_blocker(may_write),
            });
            let blockers: Vec<_> = blockers.collect();
            let answer = ApiAnswer::json(200, &blockers);
            return Ok(match world.version.counts_dependencies() {
                true => answer.with_total(blockers.len()),
                false => answer,
            });
        }
        "POST" => {
            let blocker = BlockerBody::of(world, call)?;
            world.add_blocker(call.require_user()?, id, blocker)?;
        }
        "DELETE" => {
            let blocker = BlockerBody::of(world, call)?;
            world.remove_blocker(call.require_user()?, id, blocker)?;
        }
        _ => return Err(Refusal::HIDDEN),
    }
    Ok(ApiAnswer::json(201, &call.view(world).issue(id)))
}
