//! Asks the client for whatever was recorded, and says in the forge's own words what it
//! understood: what the client keeps of an answer must be a part of that answer.

use serde_json::{Map, Value, json};
use timmy::core::effect::Reaction;
use timmy::core::model::account::Account;
use timmy::core::model::dependency::Blocker;
use timmy::core::model::ids::{RepoId, RepoName, Subject};
use timmy::core::model::issue::{Comment, Issue, Label};
use timmy::core::model::repository::Repo;
use timmy::core::model::text::{EditHistory, ListedText, PostedText, Review, UpdatedThread};
use timmy::core::model::time::Timestamp;
use timmy::core::model::verdict::{Opinion, ReviewVerdict};
use timmy::gitea::{
    AuthorizationHeader, Error, Gitea, Hook, HookHome, NewHook, NewLabel, Team, VisibleRepo,
};

use crate::wire::recorded::Answer;

/// What became of an answer.
#[derive(Debug)]
pub(crate) enum Understood {
    /// A part of its body. Fields that are not there count as empty.
    Part(Value),
    /// Something of its own: a yes or a no.
    Word(String),
    /// Only that it was done.
    Done,
    /// No call of the client asks for it.
    Unasked,
}

use Understood::{Done, Part, Unasked};

fn word(word: impl std::fmt::Debug) -> Understood {
    Understood::Word(format!("{word:?}"))
}

/// Asks as it was asked when `answer` was recorded.
pub(crate) async fn ask(client: &Gitea, answer: &Answer) -> Result<Understood, Error> {
    let path = answer.path.split('?').next().unwrap();
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    match segments.as_slice() {
        ["repos", "search"] => {
            let found = client.repos_of("lab").await?.entries;
            Ok(Part(json!({ "data": list(&found, visible) })))
        }
        ["repos", "issues", "search"] => {
            let page = client.moved("lab", long_ago()).next().await?.unwrap();
            Ok(Part(list(&page.entries, moved)))
        }
        ["repos", owner, name, rest @ ..] => {
            in_repo(client, answer, &RepoName::new(owner, name).unwrap(), rest).await
        }
        elsewhere => outside(client, answer, elsewhere).await,
    }
}

/// What is asked outside of repositories.
async fn outside(client: &Gitea, answer: &Answer, path: &[&str]) -> Result<Understood, Error> {
    Ok(match (answer.method.as_str(), path) {
        ("GET", ["version"]) => Part(json!({ "version": client.version().await? })),
        ("GET", ["user"]) => {
            let own = client.own_account().await?;
            let mut me = account(&own.account);
            me["is_admin"] = own.is_site_admin.into();
            Part(me)
        }
        ("GET", ["user", "repos"]) => Part(list(&client.own_repos().await?.entries, visible)),
        ("GET", ["repositories", id]) => Part(repo(&client.repo_by_id(RepoId(number(id))).await?)),
        ("GET", ["orgs", org, "members", login]) => word(client.is_org_member(org, login).await?),
        ("GET", ["teams", id, "members", login]) => {
            word(client.is_team_member(number(id), login).await?)
        }
        ("POST", ["orgs", org, "hooks"]) => {
            let home = HookHome::Organisation((*org).to_owned());
            Part(hook(&client.create_hook(&home, new_hook()).await?))
        }
        _ => Unasked,
    })
}

async fn in_repo(
    client: &Gitea,
    answer: &Answer,
    name: &RepoName,
    path: &[&str],
) -> Result<Understood, Error> {
    let home = || HookHome::Repository(name.clone());
    Ok(match (answer.method.as_str(), path) {
        ("GET", []) => Part(repo(&client.repo(name).await?)),
        ("GET", ["assignees"]) => Part(list(&client.assignable(name).await?, account)),
        ("GET", ["teams"]) => Part(list(&client.teams_of_repo(name).await?, team)),
        ("GET", ["collaborators", login]) => word(client.is_collaborator(name, login).await?),
        ("GET", ["collaborators", login, "permission"]) => {
            word(client.may_write(name, login).await?)
        }
        ("GET", ["labels"]) => Part(list(&client.labels(name).await?, label)),
        ("POST", ["labels"]) => Part(label(&client.create_label(name, &new_label(answer)).await?)),
        ("GET", ["hooks"]) => Part(list(&client.hooks(&home()).await?, hook)),
        ("POST", ["hooks"]) => Part(hook(&client.create_hook(&home(), new_hook()).await?)),
        ("PATCH", ["hooks", _]) => {
            let known = client.hooks(&home()).await?;
            Part(hook(&client.update_hook(&home(), &known[0], &["issues"], &no_header()).await?))
        }
        ("POST", ["hooks", id, "tests"]) => {
            client.test_hook(name, number(id)).await?;
            Done
        }
        ("GET", ["pulls", number_, "reviews"]) => {
            let page = client.reviews(name, number(number_)).next().await?.unwrap();
            Part(list(&page.entries, |given| review(name, given)))
        }
        ("GET", ["pulls", number_, "reviews", id, "comments"]) => {
            let inline =
                client.inline_comments(name, &remarked(number(number_), number(id))).await?;
            Part(list(&inline, |seen| text(name, seen)))
        }
        ("GET", ["issues", "comments"]) => {
            let page = client.comments_since(name, long_ago()).next().await?.unwrap();
            Part(list(&page.entries, |seen| text(name, seen)))
        }
        (_, ["issues", "comments", id, rest @ ..]) => {
            one_comment(client, answer, name, number(id), rest).await?
        }
        ("GET", ["issues", "pinned"]) => Unasked,
        ("GET", ["issues", id]) => Part(item(&client.issue(name, number(id)).await?)),
        ("PATCH", ["issues", id]) if answer.sent["assignees"].is_array() => {
            let logins = answer.sent["assignees"].as_array().unwrap().iter();
            let logins: Vec<&str> = logins.map(|login| login.as_str().unwrap()).collect();
            Part(item(&client.set_assignees(name, number(id), &logins).await?))
        }
        (_, ["issues", id, rest @ ..]) => in_thread(client, answer, name, number(id), rest).await?,
        _ => Unasked,
    })
}

async fn one_comment(
    client: &Gitea,
    answer: &Answer,
    name: &RepoName,
    id: i64,
    path: &[&str],
) -> Result<Understood, Error> {
    Ok(match (answer.method.as_str(), path) {
        ("GET", []) => Part(client.comment(name, id).await?.as_ref().map_or(Value::Null, comment)),
        ("PATCH", []) => Part(comment(&client.edit_comment(name, id, &body(answer)).await?)),
        ("DELETE", []) => {
            client.delete_comment(name, id).await?;
            Done
        }
        // The thread does not matter for a comment.
        ("POST", ["reactions"]) => {
            word(client.react(name, 1, Subject::Comment(id), Reaction::Eyes).await?)
        }
        _ => Unasked,
    })
}

async fn in_thread(
    client: &Gitea,
    answer: &Answer,
    name: &RepoName,
    number_: i64,
    path: &[&str],
) -> Result<Understood, Error> {
    Ok(match (answer.method.as_str(), path) {
        ("GET", ["comments"]) => {
            Part(list(&client.comments_of(name, number_, None).await?, comment))
        }
        ("POST", ["comments"]) => {
            Part(comment(&client.post_comment(name, number_, &body(answer)).await?))
        }
        ("POST", ["labels"]) if answer.sent["labels"][0].is_i64() => {
            let id = answer.sent["labels"][0].as_i64().unwrap();
            Part(list(&client.add_label(name, number_, id).await?, label))
        }
        ("DELETE", ["labels", id]) => {
            client.remove_label(name, number_, number(id)).await?;
            Done
        }
        ("GET", ["dependencies"]) => {
            Part(list(&client.blockers(name, number_).await?.seen, blocker))
        }
        ("POST" | "DELETE", ["dependencies"]) => {
            let sent = |field: &str| answer.sent[field].as_str().unwrap().to_owned();
            let there = RepoName::new(&sent("owner"), &sent("repo")).unwrap();
            let blocker = (&there, answer.sent["index"].as_i64().unwrap());
            match answer.method.as_str() {
                "POST" => client.add_blocker(name, number_, blocker).await?,
                _ => client.remove_blocker(name, number_, blocker).await?,
            }
            Done
        }
        _ => Unasked,
    })
}

fn number(segment: &str) -> i64 {
    segment.parse().unwrap()
}

fn body(answer: &Answer) -> String {
    answer.sent["body"].as_str().unwrap_or("x").to_owned()
}

fn long_ago() -> Timestamp {
    Timestamp::parse("2020-01-01T00:00:00Z").unwrap()
}

fn new_hook() -> NewHook<'static> {
    let url = "http://gitea.example/webhook";
    let authorization = no_header();
    NewHook { url, secret: "s", events: &["issues"], authorization }
}

fn no_header() -> AuthorizationHeader {
    AuthorizationHeader::default()
}

fn new_label(answer: &Answer) -> NewLabel {
    let sent = |field: &str| answer.sent[field].as_str().unwrap_or_default().to_owned();
    let exclusive = answer.sent["exclusive"] == true;
    NewLabel { name: sent("name"), color: sent("color"), description: String::new(), exclusive }
}

fn list<T>(entries: &[T], json: impl Fn(&T) -> Value) -> Value {
    entries.iter().map(json).collect()
}

fn account(account: &Account) -> Value {
    json!({ "id": account.id, "login": account.login })
}

fn author(author: Option<&Account>) -> Value {
    author.map_or(Value::Null, account)
}

fn repo(repo: &Repo) -> Value {
    json!({ "id": repo.id, "full_name": repo.name.to_string(), "private": repo.private })
}

fn visible(seen: &VisibleRepo) -> Value {
    let mut json = repo(&seen.repo);
    let rights = seen.permissions;
    json["permissions"] =
        json!({ "admin": rights.admin, "push": rights.push, "pull": rights.pull });
    json["empty"] = seen.is_empty.into();
    json
}

fn team(team: &Team) -> Value {
    json!({ "id": team.id, "name": team.name })
}

fn label(label: &Label) -> Value {
    json!({ "id": label.id, "name": label.name, "exclusive": label.exclusive })
}

fn hook(hook: &Hook) -> Value {
    let content_type = if hook.is_json { "json" } else { "form" };
    json!({
        "id": hook.id,
        "active": hook.active,
        "config": { "url": hook.url, "content_type": content_type },
    })
}

fn comment(comment: &Comment) -> Value {
    json!({
        "id": comment.id,
        "user": author(comment.author.as_ref()),
        "body": comment.body,
        "created_at": comment.created_at.to_string(),
        "updated_at": comment.updated_at.to_string(),
    })
}

fn item(item: &Issue) -> Value {
    json!({
        "id": item.id,
        "number": item.number,
        "title": item.title,
        "body": item.body,
        "user": author(item.author.as_ref()),
        "state": if item.open { "open" } else { "closed" },
        "is_locked": item.locked,
        "labels": list(&item.labels, label),
        "assignees": list(&item.assignees, account),
        "created_at": item.created_at.to_string(),
        "updated_at": item.updated_at.to_string(),
    })
}

fn blocker(blocker: &Blocker) -> Value {
    json!({
        "number": blocker.thread.number,
        "state": if blocker.open { "open" } else { "closed" },
        "repository": { "id": blocker.thread.repo, "full_name": blocker.repo.to_string() },
    })
}

/// A text of a thread, as `name` lists it.
fn text(name: &RepoName, seen: &ListedText) -> Value {
    let mut json = listed_text(seen);
    let Subject::Comment(id) = seen.subject else { panic!("{seen:?} is no comment") };
    json["id"] = id.into();
    let (kind, field) =
        if seen.written.is_pull { ("pulls", "pull_request_url") } else { ("issues", "issue_url") };
    json[field] = format!("http://gitea.example/{name}/{kind}/{}", seen.written.number).into();
    json
}

fn listed_text(seen: &ListedText) -> Value {
    let mut json = Map::new();
    json.insert("user".to_owned(), author(seen.written.author.as_ref()));
    json.insert("body".to_owned(), seen.written.body.as_str().into());
    json.insert("created_at".to_owned(), seen.written.created_at.to_string().into());
    json.insert("updated_at".to_owned(), seen.written.updated_at.to_string().into());
    json.into()
}

fn moved(moved: &UpdatedThread) -> Value {
    let mut json = listed_text(&moved.text);
    let Subject::Issue(id) = moved.text.subject else { panic!("{moved:?} is no issue") };
    json["id"] = id.into();
    json["number"] = moved.text.written.number.into();
    json["repository"] = json!({ "id": moved.repo, "full_name": moved.name.to_string() });
    json
}

fn review(name: &RepoName, review: &Review) -> Value {
    let page = format!("http://gitea.example/{name}/pulls/{}", review.text.written.number);
    let Subject::Comment(id) = review.text.subject else { panic!("{review:?} is no comment") };
    json!({
        "id": review.id,
        "commit_id": review.verdict.commit,
        "dismissed": review.verdict.is_dismissed,
        "stale": review.verdict.is_stale,
        "official": review.verdict.is_official,
        "user": author(review.text.written.author.as_ref()),
        "body": review.text.written.body,
        "comments_count": review.comments,
        "submitted_at": review.text.written.created_at.to_string(),
        "updated_at": review.given_at.to_string(),
        "html_url": format!("{page}#issuecomment-{id}"),
        "pull_request_url": page,
    })
}

/// A review of which nothing matters but where it is.
fn remarked(number: i64, id: i64) -> Review {
    let written = PostedText {
        number,
        is_pull: true,
        author: None,
        migrated: false,
        body: String::new(),
        created_at: Timestamp::default(),
        updated_at: Timestamp::default(),
    };
    let (subject, history) = (Subject::Comment(1), EditHistory::NoEditSeen);
    let text = ListedText { subject, written, history, on_line: false };
    let verdict = ReviewVerdict {
        review: id,
        opinion: Opinion::Comment,
        commit: String::new(),
        is_stale: false,
        is_dismissed: false,
        is_official: false,
    };
    Review { id, text, verdict, given_at: Timestamp::default(), submitted_at: None, comments: 1 }
}

/// Where `part` says something that the whole does not. What is not there is empty.
pub(crate) fn differences(part: &Value, whole: &Value, place: &str) -> Vec<String> {
    match (part, whole) {
        (Value::Object(part), Value::Object(_)) => part
            .iter()
            .flat_map(|(key, value)| differences(value, &whole[key], &format!("{place}.{key}")))
            .collect(),
        (Value::Array(part), Value::Array(whole)) if part.len() == whole.len() => part
            .iter()
            .zip(whole)
            .enumerate()
            .flat_map(|(at, (part, whole))| differences(part, whole, &format!("{place}[{at}]")))
            .collect(),
        (_, Value::Null) if *part == false || *part == json!([]) => Vec::new(),
        _ if part == whole => Vec::new(),
        _ => vec![format!("{place}: {part}, not {whole}")],
    }
}
