//! What Gitea tells who pushes a branch: where its pull request is, or how to open one.

use super::git::RefMove;
use super::git::transport::PushWord;
use super::world::World;
use crate::core::model::ids::RepoId;

pub(super) fn push_hints(world: &World, repo: RepoId, moves: &[RefMove]) -> PushWord {
    let hints: Vec<String> = moves.iter().filter_map(|moved| hint(world, repo, moved)).collect();
    if hints.is_empty() { PushWord::None } else { PushWord::Hint(hints.join("\n")) }
}

/// None of the default branch, and of one that goes.
fn hint(world: &World, repo: RepoId, moved: &RefMove) -> Option<String> {
    let (branch, here) = (&moved.branch, world.repo(repo));
    if moved.is_gone() || *branch == here.trunk {
        return None;
    }
    let base = &world.base;
    let from_here = world.issues.values().find(|issue| {
        let head = issue.pull.as_ref().map(|pull| &pull.head);
        issue.is_open() && head.is_some_and(|head| head.repo == repo && head.name == *branch)
    });
    Some(match from_here {
        Some(issue) => {
            let (name, number) = (world.full_name(issue.repo), issue.number);
            format!("\nVisit the existing pull request:\n  {base}/{name}/pulls/{number}\n")
        }
        None => {
            let name = world.full_name(repo);
            let page = world.version.page_of_a_new_pull(&here.trunk, branch);
            format!("\nCreate a new pull request for '{branch}':\n  {base}/{name}/{page}\n")
        }
    })
}
