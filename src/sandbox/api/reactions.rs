//! Reactions to comments and issues.

use serde::Deserialize;

use super::answer::{ApiAnswer, Reply};
use super::call::Call;
use crate::core::model::ids::{RepoId, Subject};
use crate::sandbox::world::World;
use crate::sandbox::world::refusal::Refusal;

#[derive(Deserialize)]
struct Content {
    #[serde(default)]
    content: String,
}

/// `/repos/{owner}/{name}/issues/{number}/reactions`.
pub(super) fn on_issue(world: &mut World, call: &Call, repo: RepoId, number: i64) -> Reply {
    let issue = world.thread(repo, number)?;
    route(world, call, Subject::Issue(issue))
}

/// The reactions to `subject`. A new one is 201, one that was there 200: so a reaction can
/// serve as a flag that only one of several clients sets.
pub(super) fn route(world: &mut World, call: &Call, subject: Subject) -> Reply {
    match call.method.as_str() {
        "GET" => {
            let view = call.view(world);
            let all: Vec<_> = world
                .reactions_to(subject)
                .iter()
                .map(|reaction| view.reaction(reaction))
                .collect();
            Ok(ApiAnswer::json(200, &all))
        }
        "POST" => {
            let (user, content) = (call.require_user()?, call.json::<Content>()?.content);
            let status = if world.react(user, subject, &content)? { 201 } else { 200 };
            let reactions = world.reactions_to(subject);
            let mine = reactions.iter().find(|r| r.user == user && r.content == content);
            let mine = mine.map(|reaction| call.view(world).reaction(reaction));
            Ok(ApiAnswer::json(status, &mine))
        }
        "DELETE" => {
            let (user, content) = (call.require_user()?, call.json::<Content>()?.content);
            world.unreact(user, subject, &content);
            Ok(ApiAnswer::empty(call.version.reaction_taken_back()))
        }
        _ => Err(Refusal::HIDDEN),
    }
}
