//! The templates of a repository for issues: those that were put into it by hand, and the files of
//! its default branch.

use serde_json::{Value, json};

use super::answer::{ApiAnswer, Reply};
use crate::core::model::ids::RepoId;
use crate::sandbox::world::World;
use crate::sandbox::world::refusal::Refusal;

/// Where Gitea looks for them.
const FOLDER: &str = ".gitea/ISSUE_TEMPLATE";

/// `GET /repos/{owner}/{name}/issue_templates`.
pub(super) fn list(world: &World, repo: RepoId) -> Reply {
    let by_hand = world.repo(repo).templates.iter();
    let mut all: Vec<Value> = by_hand
        .map(|(name, title, content)| template((name, title, name), content, &format!("{name}.md")))
        .collect();
    all.extend(in_files(world, repo)?);
    if world.version.assigns_by_templates() {
        all.iter_mut().for_each(|template| template["assignees"] = Value::Null);
    }
    Ok(ApiAnswer::json(200, &all))
}

fn in_files(world: &World, repo: RepoId) -> Result<Vec<Value>, Refusal> {
    let code = world.code(repo)?;
    let Some(head) = code.branch(&world.repo(repo).trunk)? else { return Ok(Vec::new()) };
    let Some(folder) = code.item(&head, FOLDER)? else { return Ok(Vec::new()) };
    if folder.kind != "tree" {
        return Ok(Vec::new());
    }
    let files = code.folder(&head, FOLDER)?.into_iter();
    let files = files.filter(|file| file.kind == "blob" && file.name().ends_with(".md"));
    let mut found = Vec::new();
    for file in files {
        let text = String::from_utf8_lossy(&code.blob(&file.id)?).into_owned();
        found.push(in_file(&text, file.name()));
    }
    Ok(found)
}

/// A file without a head is one that is called like the file, and about its text.
fn in_file(text: &str, file: &str) -> Value {
    let parts = text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n"));
    let Some((head, content)) = parts else { return template((file, "", text), text, file) };
    let said = |key: &str| {
        let lines = head.lines().filter_map(|line| line.split_once(':'));
        let value = lines.filter(|(name, _)| name.trim() == key).map(|(_, value)| value).next();
        value.map(|value| value.trim().trim_matches('"').to_owned())
    };
    let [name, title, about] = ["name", "title", "about"].map(|key| said(key).unwrap_or_default());
    let mut told = template((&name, &title, &about), content, file);
    if said("labels").is_none() {
        told["labels"] = Value::Null;
    }
    told
}

fn template((name, title, about): (&str, &str, &str), content: &str, file: &str) -> Value {
    json!({
        "name": name, "title": title, "about": about, "labels": [], "ref": "refs/heads/",
        "content": content, "body": null,
        "file_name": format!("{FOLDER}/{file}"),
    })
}
