//! What timmy reads and writes of threads while an agent works, against what Gitea 1.22, 1.25, 1.26
//! and 1.27 were recorded to say: assignments, pull requests, reviews, confirmations. What it reads
//! of code is in `jobs`.

use serde::Deserialize;
use serde_json::{Value, json};
use timmy::core::model::ids::RepoName;
use timmy::core::model::time::Timestamp;
use timmy::gitea::{Changed, Error, Gitea, PullRequest, PullState, ReactionBy, ThreadChange};

use crate::wire::forge::{Canned, Forge};
use crate::wire::recorded::Answer;
use crate::wire::understood::{self, Understood};

#[derive(Deserialize)]
struct Exchange {
    version: String,
    #[serde(flatten)]
    answer: Answer,
}

fn all() -> Vec<Exchange> {
    let lines = include_str!("recorded/job_walks.jsonl").lines();
    lines.map(|line| serde_json::from_str(line).expect(line)).collect()
}

/// Before 1.27 there are no such calls.
const NEW_CALLS: [&str; 4] =
    ["assignees-add", "assignees-remove", "review-comment-reply", "token-about-itself"];

/// Cut off when they were recorded, before the head of the pull request.
const CUT_TOO_SHORT: [&str; 3] = ["pull-by-branches", "pull-just-created", "pulls-open"];

#[tokio::test]
async fn every_exchange_is_understood() {
    let forge = Forge::answering([]).await;
    let client = forge.client();
    let mut wrong = Vec::new();
    for Exchange { version, answer } in all() {
        let end = Canned::new(200, "[]");
        forge.restart([answer.canned(), end.clone(), end]);
        let result = ask(&client, &answer).await;
        let asked = forge.asked_what().remove(0);
        let bare = |what: &str| what.split('?').next().unwrap_or_default().to_owned();
        let mut found = judge(&version, &answer, result);
        if bare(&asked) != format!("{} {}", answer.method, bare(&answer.path)) {
            found.push(format!("it asked {asked}"));
        }
        wrong.extend(found.into_iter().map(|found| format!("{version} {}: {found}", answer.name)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong with what was made of an answer.
fn judge(version: &str, answer: &Answer, result: Result<Understood, Error>) -> Vec<String> {
    let name = answer.name.as_str();
    let is_new = NEW_CALLS.contains(&name) && version != "1.27.0";
    let is_cut_short = answer.cut && CUT_TOO_SHORT.contains(&name);
    match result {
        // Lists leave out what cannot be read.
        Ok(Understood::Part(_)) | Err(Error::Unreadable(_)) if is_cut_short => Vec::new(),
        Ok(Understood::Part(part)) => {
            let mut found = understood::differences(&part, &answer.json, "");
            // What was cut off is not there.
            found.retain(|found| !(answer.cut && found.ends_with("not null")));
            // A review keeps the time at which it was given when it is dismissed.
            let is_dismissed = name == "reviews-after-dismissal";
            found.retain(|found| !(is_dismissed && found.contains("].updated_at: ")));
            found
        }
        Ok(Understood::Done) if answer.status < 300 => Vec::new(),
        Err(_) if is_new && matches!(answer.status, 404 | 405) => Vec::new(),
        other => vec![format!("{other:?}")],
    }
}

/// Asks as it was asked when `answer` was recorded.
async fn ask(client: &Gitea, answer: &Answer) -> Result<Understood, Error> {
    use Understood::{Done, Part};
    let path = answer.path.split('?').next().unwrap();
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let (owner, name, rest) = match segments.as_slice() {
        ["settings", "ui"] => {
            let allowed = client.allowed_reactions().await?;
            return Ok(Part(json!({ "allowed_reactions": allowed })));
        }
        ["token"] => return Ok(Part(json!({ "scopes": client.own_scopes().await? }))),
        ["repos", owner, name, rest @ ..] => (owner, name, rest),
        other => panic!("{other:?}"),
    };
    let repo = RepoName::new(owner, name).unwrap();
    let sent = || -> Vec<&str> {
        let logins = answer.sent["assignees"].as_array().into_iter().flatten();
        logins.map(|login| login.as_str().unwrap()).collect()
    };
    Ok(match (answer.method.as_str(), rest) {
        ("POST", ["issues", id, "assignees"]) => {
            client.add_assignees(&repo, number(id), &sent()).await?;
            Done
        }
        ("DELETE", ["issues", id, "assignees"]) => {
            client.remove_assignees(&repo, number(id), &sent()).await?;
            Done
        }
        ("GET", ["issues", id, "timeline"]) => {
            let changes = client.changes_since(&repo, number(id), Timestamp::default()).await?;
            Part(changes.unwrap_or_default().iter().map(changed).collect())
        }
        ("PATCH", ["issues", id]) if answer.sent["state"] == "closed" => {
            client.set_open(&repo, number(id), false).await?;
            Done
        }
        ("PATCH", ["pulls", id]) => {
            client.close_pull(&repo, number(id)).await?;
            Done
        }
        ("GET", ["pulls"]) => {
            let open = client.open_pulls_of(&repo, "timmy/1-j1").await?;
            Part(open.iter().map(pull).collect())
        }
        ("GET", ["pulls", id]) => {
            Part(client.pull(&repo, number(id)).await?.as_ref().map_or(Value::Null, pull))
        }
        ("GET", ["pulls", base, "timmy%2F1-j1"]) => {
            let found = client.pull_of_branches(&repo, base, "timmy/1-j1").await?;
            Part(found.as_ref().map_or(Value::Null, pull))
        }
        ("POST", ["pulls", pull, "comments", id, "replies"]) => {
            let text = answer.sent["body"].as_str().unwrap();
            let id = client.reply_to_inline(&repo, number(pull), number(id), text).await?;
            Part(json!({ "id": id }))
        }
        ("GET", ["git", "commits", commit]) => {
            let found = client.commit(&repo, &commit.parse().unwrap()).await?.unwrap();
            let commit = json!({ "message": found.message });
            Part(json!({ "sha": found.commit.to_string(), "commit": commit }))
        }
        ("GET", ["issues", "comments", id, "reactions"]) => {
            Part(client.reactions(&repo, number(id)).await?.iter().map(reaction).collect())
        }
        ("GET", ["issue_templates"]) => {
            let templates = client.issue_templates(&repo).await?;
            let told = templates.iter().map(|one| json!({ "content": one.texts.join("\n") }));
            Part(told.collect())
        }
        _ => understood::ask(client, answer).await?,
    })
}

fn number(segment: &str) -> i64 {
    segment.parse().unwrap()
}

fn changed(change: &ThreadChange) -> Value {
    let by = change.by.as_ref().map(|by| json!({ "id": by.id, "login": by.login }));
    match &change.what {
        Changed::Label(name) => json!({ "user": by, "label": { "name": name } }),
        Changed::Assignee(login) => json!({ "user": by, "assignee": { "login": login } }),
    }
}

fn reaction(given: &ReactionBy) -> Value {
    json!({
        "user": { "id": given.account.id, "login": given.account.login },
        "content": given.content,
        "created_at": given.created_at.to_string(),
    })
}

fn pull(pull: &PullRequest) -> Value {
    let state = if pull.state == PullState::Open { "open" } else { "closed" };
    json!({
        "number": pull.number,
        "user": pull.author.as_ref().map(|by| json!({ "id": by.id, "login": by.login })),
        "title": pull.title,
        "state": state,
        "draft": pull.is_draft,
        "head": {
            "ref": pull.head_branch,
            "sha": pull.head.to_string(),
            "repo": pull.head_repo.as_ref().map(|repo| json!({ "full_name": repo.name.to_string() })),
        },
        "base": {
            "ref": pull.base_branch,
            "sha": pull.base.as_ref().map(ToString::to_string),
            "repo_id": pull.base_repo.0,
        },
        "merge_base": pull.merge_base.as_ref().map(ToString::to_string),
        "mergeable": pull.is_mergeable,
        "allow_maintainer_edit": pull.allows_maintainers,
        "created_at": pull.created_at.to_string(),
    })
}
