//! Labels of repositories and on issues.

use serde::Deserialize;
use serde_json::Value;

use super::answer::{ApiAnswer, Reply};
use super::call::{Call, number_of};
use crate::core::model::ids::RepoId;
use crate::sandbox::world::World;
use crate::sandbox::world::labels::{LabelChange, LabelRef};
use crate::sandbox::world::records::Home;
use crate::sandbox::world::refusal::Refusal;
use crate::sandbox::world::rights::{Mode, Unit};

#[derive(Deserialize)]
struct NewLabelBody {
    name: String,
    color: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    exclusive: bool,
}

/// `/repos/{owner}/{name}/labels` and below.
pub(super) fn in_repo(world: &mut World, call: &Call, repo: RepoId, rest: &[&str]) -> Reply {
    match (call.method.as_str(), rest) {
        ("GET", []) => {
            let view = call.view(world);
            ApiAnswer::paged(call, world.labels_of(Home::Repo(repo)), |label| view.label(label))
        }
        ("GET", [id]) => {
            let label = world.labels.get(&number_of(id)?);
            let label = label.filter(|l| l.home == Home::Repo(repo)).ok_or(Refusal::HIDDEN)?;
            Ok(ApiAnswer::json(200, &call.view(world).label(label)))
        }
        ("POST", []) => create(world, call, repo),
        _ => Err(Refusal::HIDDEN),
    }
}

/// Two labels of one name are fine with Gitea.
fn create(world: &mut World, call: &Call, repo: RepoId) -> Reply {
    let user = call.require_user()?;
    if world.mode(Some(user), world.repo(repo), Unit::Issues) < Mode::Write {
        return Err(Refusal::Forbidden(
            "user should have specific permission or be a site admin".into(),
        ));
    }
    world.require_unarchived(repo)?;
    let new: NewLabelBody = call.json()?;
    let home = Home::Repo(repo);
    let id = world.add_label(home, &new.name, &new.color, &new.description, new.exclusive);
    let label = world.labels.get(&id).ok_or(Refusal::Internal)?;
    Ok(ApiAnswer::json(201, &call.view(world).label(label)))
}

/// `/repos/{owner}/{name}/issues/{number}/labels` and below.
pub(super) fn on_issue(
    world: &mut World,
    call: &Call,
    repo: RepoId,
    number: i64,
    rest: &[&str],
) -> Reply {
    let issue = world.thread(repo, number)?;
    match (call.method.as_str(), rest) {
        ("GET", []) => {}
        ("POST", []) => {
            let labels = wanted(call)?;
            world.change_labels(call.require_user()?, issue, &labels, LabelChange::Add)?;
        }
        ("PUT", []) => {
            let labels = wanted(call)?;
            world.change_labels(call.require_user()?, issue, &labels, LabelChange::Replace)?;
        }
        ("DELETE", []) => {
            world.clear_labels(call.require_user()?, issue)?;
            return Ok(ApiAnswer::empty(204));
        }
        ("DELETE", [id]) => {
            world.remove_label(call.require_user()?, issue, number_of(id)?)?;
            return Ok(ApiAnswer::empty(204));
        }
        _ => return Err(Refusal::HIDDEN),
    }
    Ok(ApiAnswer::json(200, &call.view(world).labels(issue)))
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    labels: Vec<Value>,
}

/// Ids or names, but not both in one request.
fn wanted(call: &Call) -> Result<Vec<LabelRef>, Refusal> {
    let labels = call.json::<Wanted>()?.labels;
    if labels.iter().any(Value::is_string) && labels.iter().any(Value::is_number) {
        return Err(Refusal::BadRequest("labels should be all ids or all names".into()));
    }
    labels
        .into_iter()
        .map(|label| match label {
            Value::String(name) => Ok(LabelRef::Name(name)),
            other => other
                .as_i64()
                .map(LabelRef::Id)
                .ok_or_else(|| Refusal::BadRequest("a label must be an id or a name".into())),
        })
        .collect()
}
