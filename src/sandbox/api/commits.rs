//! Commits, what lies between two of them, what is said of them, and the activity of a repository.

use serde::Deserialize;
use serde_json::json;

use super::answer::{ApiAnswer, Reply};
use super::call::Call;
use crate::core::model::ids::RepoId;
use crate::sandbox::git::GitCommit;
use crate::sandbox::world::World;
use crate::sandbox::world::refusal::Refusal;
use crate::sandbox::world::statuses::NewStatus;

/// `/repos/{owner}/{name}/commits` and below.
pub(super) fn route(world: &World, call: &Call, repo: RepoId, rest: &[&str]) -> Reply {
    match (call.method.as_str(), rest) {
        ("GET", []) => list(world, call, repo),
        ("GET", [name @ .., "statuses"]) => statuses(world, call, repo, &name.join("/")),
        ("GET", [name @ .., "status"]) => combined(world, call, repo, &name.join("/")),
        _ => Err(Refusal::HIDDEN),
    }
}

fn list(world: &World, call: &Call, repo: RepoId) -> Reply {
    let (code, page) = (world.code(repo)?, call.page());
    let head = world.commit_named(repo, call.param("sha"))?;
    let skip = (page.number - 1).saturating_mul(page.size);
    if let Some(not) = call.param("not") {
        let not = world.commit_named(repo, Some(not))?;
        let others = code.commits_between(&not, &head)?;
        let shown: Vec<_> = others.iter().skip(skip).take(page.size).cloned().collect();
        return Ok(self::shown(world, call, repo, &shown).with_links(call, page, others.len()));
    }
    let (commits, total) = code.commits_of(&head, (skip, page.size))?;
    Ok(shown(world, call, repo, &commits).with_links(call, page, total))
}

fn shown(world: &World, call: &Call, repo: RepoId, commits: &[GitCommit]) -> ApiAnswer {
    let view = call.view(world);
    let commits = commits.iter().map(|commit| view.commit(repo, commit));
    ApiAnswer::json(200, &commits.collect::<Vec<_>>())
}

/// `GET /git/commits/{sha}`.
pub(super) fn one(world: &World, call: &Call, repo: RepoId, id: &str) -> Reply {
    let id = world.commit_named(repo, Some(id)).map_err(|_| Refusal::HIDDEN)?;
    let commit = world.code(repo)?.read_commit(&id)?;
    Ok(ApiAnswer::json(200, &call.view(world).commit(repo, &commit)))
}

/// `GET /compare/{base}...{head}`.
pub(super) fn compare(world: &World, call: &Call, repo: RepoId, range: &str) -> Reply {
    let (base, head) = range.split_once("...").ok_or(Refusal::HIDDEN)?;
    let (from, head) = world.branch_elsewhere(repo, head)?;
    let hidden = |_| Refusal::HIDDEN;
    let base = world.commit_named(repo, Some(base)).map_err(hidden)?;
    let head = world.commit_named(from, Some(head)).map_err(hidden)?;
    let code = world.code(repo)?;
    if from != repo {
        // A fork reads what lies here; the other way round it must be shown the way.
        code.borrow_from(&world.code(from)?)?;
    }
    let commits = code.commits_between(&base, &head)?;
    let view = call.view(world);
    let shown: Vec<_> = commits.iter().map(|commit| view.commit(repo, commit)).collect();
    Ok(ApiAnswer::json(200, &ComparedCommits { total_commits: commits.len(), commits: shown }))
}

#[derive(serde::Serialize)]
struct ComparedCommits<T> {
    total_commits: usize,
    commits: Vec<T>,
}

/// `GET /activities/feeds`: the newest second first.
pub(super) fn feeds(world: &World, call: &Call, repo: RepoId) -> Reply {
    let view = call.view(world);
    let mut lines: Vec<_> = world.repo(repo).feed.iter().collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.at));
    ApiAnswer::paged(call, lines, |line| view.activity(repo, line))
}

#[derive(Deserialize)]
struct StatusBody {
    #[serde(default)]
    state: String,
    #[serde(default)]
    context: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    target_url: String,
}

/// `POST /statuses/{sha}`.
pub(super) fn add_status(world: &mut World, call: &Call, repo: RepoId, commit: &str) -> Reply {
    let StatusBody { state, context, description, target_url: target } = call.json()?;
    let new = NewStatus { state, context, description, target };
    let id = world.add_status(call.require_user()?, repo, commit, new)?;
    let status = world.repo(repo).statuses.iter().find(|status| status.id == id);
    let status = status.map(|status| call.view(world).status(repo, status));
    Ok(ApiAnswer::json(201, &status))
}

/// `GET /commits/{ref}/statuses` and `GET /statuses/{sha}`: all that was ever said.
pub(super) fn statuses(world: &World, call: &Call, repo: RepoId, name: &str) -> Reply {
    let commit = world.commit_named(repo, Some(name)).map_err(|_| Refusal::HIDDEN)?;
    let (view, page) = (call.view(world), call.page());
    let all = world.statuses_of(repo, &commit);
    let total = all.len();
    if call.positive("page").is_none() && !world.version.pages_without_being_asked() {
        let shown: Vec<_> = all.into_iter().map(|status| view.status(repo, status)).collect();
        return Ok(ApiAnswer::json(200, &shown).with_total(total));
    }
    let shown: Vec<_> = page.of(all).into_iter().map(|status| view.status(repo, status)).collect();
    Ok(ApiAnswer::json(200, &shown).with_links(call, page, total))
}

/// `GET /commits/{ref}/status`: the last word of each context. A page is put in order by itself.
fn combined(world: &World, call: &Call, repo: RepoId, name: &str) -> Reply {
    let commit = world.commit_named(repo, Some(name)).map_err(|_| Refusal::HIDDEN)?;
    let latest = world.latest_statuses(repo, &commit);
    let (total, page) = (latest.len(), call.page());
    let mut of_page = page.of(latest);
    of_page.sort_by_key(|status| status.id);
    let shown = call.view(world).combined_status(repo, &commit, of_page);
    let answer = ApiAnswer::json(200, &shown);
    Ok(match world.version.links_combined_statuses() {
        true => answer.with_links(call, page, total),
        false => answer.with_total(total),
    })
}

/// `GET /commits`, of a pull request.
pub(super) fn of_pull(world: &World, call: &Call, issue: i64) -> Reply {
    let thread = world.issue(issue);
    let pull = thread.pull.as_ref().ok_or(Refusal::HIDDEN)?;
    let commits = world.code(thread.repo)?.commits_between(&pull.merge_base, &pull.head.sha)?;
    let (total, page) = (commits.len(), call.page());
    Ok(shown(world, call, thread.repo, &page.of(commits)).with_links(call, page, total))
}

/// `GET /files`, of a pull request.
pub(super) fn files_of_pull(world: &World, call: &Call, issue: i64) -> Reply {
    let thread = world.issue(issue);
    let pull = thread.pull.as_ref().ok_or(Refusal::HIDDEN)?;
    let changes = world.code(thread.repo)?.changes(&pull.merge_base, &pull.head.sha)?;
    let (name, head) = (world.full_name(thread.repo), &pull.head.sha);
    let base = &world.base;
    let (total, page) = (changes.len(), call.page());
    let shown = page.of(changes).into_iter().map(|change| {
        let path = &change.path;
        let mut file = json!({
            "filename": path,
            "status": match change.kind { 'A' => "added", 'D' => "deleted", 'R' => "renamed", _ => "changed" },
            "additions": change.added,
            "deletions": change.removed,
            "changes": change.added + change.removed,
            "html_url": format!("{base}/{name}/src/commit/{head}/{path}"),
            "contents_url": format!("{base}/api/v1/repos/{name}/contents/{path}?ref={head}"),
            "raw_url": format!("{base}/{name}/raw/commit/{head}/{path}"),
        });
        if let Some(former) = &change.former {
            file["previous_filename"] = json!(former);
        }
        file
    });
    Ok(ApiAnswer::json(200, &shown.collect::<Vec<_>>()).with_links(call, page, total))
}

/// `GET /pulls/{number}.diff` and `.patch`.
pub(super) fn diff_of_pull(world: &World, issue: i64, as_mails: bool) -> Reply {
    let thread = world.issue(issue);
    let pull = thread.pull.as_ref().ok_or(Refusal::HIDDEN)?;
    let (code, head) = (world.code(thread.repo)?, &pull.head.sha);
    Ok(ApiAnswer::plain(match as_mails {
        true => code.patches(&pull.merge_base, head)?,
        false => code.diff(&pull.merge_base, head)?,
    }))
}
