//! Files: read, listed, and changed in one commit.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{ApiAnswer, Reply};
use super::call::Call;
use crate::core::model::ids::RepoId;
use crate::sandbox::git::TreeItem;
use crate::sandbox::json::{ContentPlace, UnsignedJson};
use crate::sandbox::world::World;
use crate::sandbox::world::code::{ChangeOfFiles, ChangedFiles, FileOperation, FileOperationKind};
use crate::sandbox::world::refusal::Refusal;

/// How many entries of a tree an answer has.
const LONGEST_TREE: usize = 1000;

/// `/repos/{owner}/{name}/contents` and below.
pub(super) fn route(world: &mut World, call: &Call, repo: RepoId, path: &[&str]) -> Reply {
    match (call.method.as_str(), path) {
        ("GET", path) => get(world, call, repo, &path.join("/")),
        ("POST", []) => change(world, call, repo, None),
        ("POST" | "PUT" | "DELETE", path) => change(world, call, repo, Some(path.join("/"))),
        _ => Err(Refusal::HIDDEN),
    }
}

fn nothing_there(commit: &str, path: &str) -> Refusal {
    let text = format!("object does not exist [id: {commit}, rel_path: {path}]");
    Refusal::NotFound(Some(text))
}

fn get(world: &World, call: &Call, repo: RepoId, path: &str) -> Reply {
    let name = call.param("ref").unwrap_or(&world.repo(repo).trunk);
    let commit = world.commit_named(repo, Some(name))?;
    let (code, view) = (world.code(repo)?, call.view(world));
    let is_branch = code.branch(name)?.is_some();
    let item = if path.is_empty() { None } else { code.item(&commit, path)? };
    match item {
        None if !path.is_empty() => Err(nothing_there(&commit, path)),
        Some(file) if file.kind == "blob" => {
            let (last, content) = (code.last_commit_of(&commit, path)?, code.blob(&file.id)?);
            let place = ContentPlace { repo, name, is_branch, last: &last };
            Ok(ApiAnswer::json(200, &view.content(place, &file, Some(&content))))
        }
        _ => {
            let last = code.read_commit(&commit)?;
            let place = ContentPlace { repo, name, is_branch, last: &last };
            let items = code.folder(&commit, path)?;
            let items = items.iter().map(|item| view.content(place, item, None));
            Ok(ApiAnswer::json(200, &items.collect::<Vec<_>>()))
        }
    }
}

/// `GET /raw/{path}?ref=`: what a file holds, and nothing around it.
pub(super) fn raw(world: &World, call: &Call, repo: RepoId, path: &str) -> Reply {
    let commit = world.commit_named(repo, call.param("ref")).map_err(|_| Refusal::HIDDEN)?;
    let code = world.code(repo)?;
    let file = code.item(&commit, path)?.filter(|item| item.kind == "blob");
    Ok(ApiAnswer::plain(code.blob(&file.ok_or(Refusal::HIDDEN)?.id)?))
}

/// `GET /git/trees/{sha}`.
pub(super) fn tree(world: &World, call: &Call, repo: RepoId, name: &str) -> Reply {
    let commit = world
        .commit_named(repo, Some(name))
        .map_err(|_| Refusal::BadRequest(format!("sha not found [{name}]")))?;
    let recursive = call.param("recursive").is_some_and(|value| value == "true" || value == "1");
    let all = world.code(repo)?.tree(&commit, recursive)?;
    let (number, size) =
        (call.page().number, call.positive("per_page").unwrap_or(LONGEST_TREE).min(LONGEST_TREE));
    let from = (number - 1).saturating_mul(size).min(all.len());
    let to = from.saturating_add(size).min(all.len());
    let (view, every) = (call.view(world), world.version.truncates_every_page_of_a_tree());
    let shown: Vec<_> = all[from..to].iter().map(|item| view.tree_item(repo, item)).collect();
    let url = format!("{}/api/v1/repos/{}/git/trees/{commit}", call.base, world.full_name(repo));
    let page = json!({
        "sha": commit,
        "url": url,
        "tree": shown,
        "truncated": to < all.len() || every && all.len() > size,
        "page": number,
        "total_count": all.len(),
    });
    Ok(ApiAnswer::json(200, &page).with_total(all.len()))
}

/// A change of files; of one alone, its path stands in the address.
#[derive(Deserialize)]
struct ChangeBody {
    branch: Option<String>,
    new_branch: Option<String>,
    #[serde(default)]
    message: String,
    #[serde(default)]
    files: Vec<FileBody>,
    #[serde(flatten)]
    alone: FileBody,
}

#[derive(Deserialize)]
struct FileBody {
    #[serde(default)]
    operation: String,
    #[serde(default)]
    path: String,
    content: Option<String>,
    sha: Option<String>,
}

impl FileBody {
    fn read(self) -> Result<FileOperation, Refusal> {
        let content = self.content.unwrap_or_default();
        let content = BASE64_STANDARD
            .decode(content)
            .map_err(|error| Refusal::Unprocessable(format!("content is no base64: {error}")));
        let seen = self.sha;
        let kind = match self.operation.as_str() {
            "create" => FileOperationKind::Create { content: content? },
            "update" => FileOperationKind::Update { content: content?, seen },
            "delete" => FileOperationKind::Delete { seen },
            other => {
                let text =
                    format!("[Files]: operation {other:?} is none of create, update, delete");
                return Err(Refusal::Unprocessable(text));
            }
        };
        Ok(FileOperation { path: self.path, kind })
    }
}

fn change(world: &mut World, call: &Call, repo: RepoId, path: Option<String>) -> Reply {
    let user = call.require_user()?;
    let mut body: ChangeBody = call.json()?;
    let is_alone = path.is_some();
    if let Some(path) = path {
        let operation = match call.method.as_str() {
            "POST" => "create",
            "PUT" if body.alone.sha.is_none() => "create",
            "PUT" => "update",
            _ => "delete",
        };
        body.alone.operation = operation.to_owned();
        body.alone.path = path;
        body.files = vec![body.alone];
    }
    if body.files.is_empty() {
        return Err(Refusal::Unprocessable("[Files]: Required".to_owned()));
    }
    let files = body.files.into_iter().map(FileBody::read).collect::<Result<Vec<_>, _>>()?;
    let filled = |name: Option<String>| name.filter(|name| !name.is_empty());
    let message = match body.message.as_str() {
        "" => default_message(&files),
        message => message.to_owned(),
    };
    let (branch, new_branch) = (filled(body.branch), filled(body.new_branch));
    let change = ChangeOfFiles { branch, new_branch, message, files };
    let changed = world.change_files(user, repo, &change)?;
    let status = if call.method == "POST" { 201 } else { 200 };
    answer(world, call, repo, (status, is_alone), &change, &changed)
}

/// What Gitea calls a commit that nobody named.
fn default_message(files: &[FileOperation]) -> String {
    let line = |file: &FileOperation| match file.kind {
        FileOperationKind::Create { .. } => format!("Add {}", file.path),
        FileOperationKind::Update { .. } => format!("Update {}", file.path),
        FileOperationKind::Delete { .. } => format!("Delete {}", file.path),
    };
    files.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn answer(
    world: &World,
    call: &Call,
    repo: RepoId,
    (status, is_alone): (u16, bool),
    change: &ChangeOfFiles,
    changed: &ChangedFiles,
) -> Reply {
    let (code, view) = (world.code(repo)?, call.view(world));
    let commit = code.read_commit(&changed.commit)?;
    let place = ContentPlace { repo, name: &changed.branch, is_branch: true, last: &commit };
    let shown = |item: Option<TreeItem>| -> Result<Value, Refusal> {
        let Some(item) = item else { return Ok(Value::Null) };
        let content = code.blob(&item.id)?;
        let json = serde_json::to_value(view.content(place, &item, Some(&content)));
        json.map_err(|_| Refusal::Internal)
    };
    let found = change.files.iter().map(|file| shown(code.item(&changed.commit, &file.path)?));
    let mut found = found.collect::<Result<Vec<_>, Refusal>>()?;
    let commit = view.new_commit(repo, &commit);
    Ok(match is_alone {
        true => {
            let content = found.pop().unwrap_or_default();
            ApiAnswer::json(status, &OneChanged { content, commit, verification: UnsignedJson })
        }
        false => {
            let files = found;
            ApiAnswer::json(status, &SeveralChanged { files, commit, verification: UnsignedJson })
        }
    })
}

#[derive(serde::Serialize)]
struct OneChanged<T> {
    content: Value,
    commit: T,
    verification: UnsignedJson,
}

#[derive(serde::Serialize)]
struct SeveralChanged<T> {
    files: Vec<Value>,
    commit: T,
    verification: UnsignedJson,
}
