//! The forge's description of its own API (Swagger 2.0), from which a client can see what it
//! has: the paths that are answered here, and of its types what distinguishes versions.

use serde_json::{Map, Value, json};

use super::answer::ApiAnswer;
use super::call::Call;
use crate::sandbox::world::World;
use crate::sandbox::world::refusal::Refusal;

/// Where the description lies: beside the API, at the server's own address.
pub(crate) const PATH: &str = "/swagger.v1.json";

/// The paths that are answered here, below `/api/v1`.
const PATHS: [&str; 45] = [
    "/orgs/{org}/hooks",
    "/orgs/{org}/hooks/{id}",
    "/orgs/{org}/labels",
    "/orgs/{org}/members/{username}",
    "/orgs/{org}/public_members/{username}",
    "/orgs/{org}/repos",
    "/orgs/{org}/teams",
    "/repos/issues/search",
    "/repos/search",
    "/repos/{owner}/{repo}",
    "/repos/{owner}/{repo}/assignees",
    "/repos/{owner}/{repo}/collaborators",
    "/repos/{owner}/{repo}/collaborators/{collaborator}",
    "/repos/{owner}/{repo}/collaborators/{collaborator}/permission",
    "/repos/{owner}/{repo}/hooks",
    "/repos/{owner}/{repo}/hooks/{id}",
    "/repos/{owner}/{repo}/hooks/{id}/tests",
    "/repos/{owner}/{repo}/issues",
    "/repos/{owner}/{repo}/issues/comments",
    "/repos/{owner}/{repo}/issues/comments/{id}",
    "/repos/{owner}/{repo}/issues/comments/{id}/reactions",
    "/repos/{owner}/{repo}/issues/pinned",
    "/repos/{owner}/{repo}/issues/{index}",
    "/repos/{owner}/{repo}/issues/{index}/blocks",
    "/repos/{owner}/{repo}/issues/{index}/comments",
    "/repos/{owner}/{repo}/issues/{index}/dependencies",
    "/repos/{owner}/{repo}/issues/{index}/labels",
    "/repos/{owner}/{repo}/issues/{index}/labels/{id}",
    "/repos/{owner}/{repo}/issues/{index}/pin",
    "/repos/{owner}/{repo}/issues/{index}/reactions",
    "/repos/{owner}/{repo}/labels",
    "/repos/{owner}/{repo}/labels/{id}",
    "/repos/{owner}/{repo}/pulls",
    "/repos/{owner}/{repo}/pulls/{index}/reviews",
    "/repos/{owner}/{repo}/pulls/{index}/reviews/{id}",
    "/repos/{owner}/{repo}/pulls/{index}/reviews/{id}/comments",
    "/repos/{owner}/{repo}/teams",
    "/repositories/{id}",
    "/teams/{id}/members/{username}",
    "/user",
    "/user/repos",
    "/users/search",
    "/users/{username}",
    "/users/{username}/activities/feeds",
    "/version",
];

/// Those that came with 1.27.
const PATHS_OF_1_27: [&str; 5] = [
    "/repos/{owner}/{repo}/assignees/{assignee}",
    "/repos/{owner}/{repo}/issues/{index}/assignees",
    "/repos/{owner}/{repo}/issues/{index}/assignees/{assignee}",
    "/repos/{owner}/{repo}/pulls/{index}/comments/{id}/replies",
    "/token",
];

/// `GET /swagger.v1.json`, without the paths that were taken away; it may be one of them.
pub(crate) fn describe(world: &World) -> ApiAnswer {
    if world.without.contains(PATH) {
        return ApiAnswer::text(404, Refusal::NoSuchCall.message());
    }
    let newest: &[&str] = if world.version.has_calls_of_1_27() { &PATHS_OF_1_27 } else { &[] };
    let known = PATHS.iter().chain(newest).copied().filter(|path| !world.without.contains(*path));
    let paths: Map<String, Value> = known.map(|path| (path.to_owned(), operations(path))).collect();
    ApiAnswer::json(
        200,
        &json!({
            "swagger": "2.0",
            "info": { "title": "Gitea API", "version": world.version.number() },
            "basePath": "/api/v1",
            "paths": paths,
            "definitions": {
                "AccessToken": { "properties": { "scopes": { "type": "array" } } },
                "Label": { "properties": { "exclusive": { "type": "boolean" } } },
                "Team": { "properties": { "units_map": { "type": "object" } } },
            },
        }),
    )
}

fn operations(path: &str) -> Value {
    let parameters: &[&str] = match path {
        "/repos/issues/search" => {
            &["state", "labels", "q", "type", "since", "before", "owner", "page", "limit"]
        }
        _ => &[],
    };
    let parameters = parameters.iter().map(|name| json!({ "in": "query", "name": name }));
    json!({ "get": { "parameters": parameters.collect::<Vec<_>>() } })
}

/// Whether the path of `call` was taken away.
pub(super) fn is_taken_away(world: &World, call: &Call) -> bool {
    world.without.iter().any(|path| fits(path, &call.segments))
}

/// Whether `segments` are those of the path `template`.
fn fits(template: &str, segments: &[String]) -> bool {
    let template: Vec<&str> = template.trim_start_matches('/').split('/').collect();
    template.len() == segments.len()
        && template.iter().zip(segments).all(|(part, is)| part.starts_with('{') || part == is)
}

#[cfg(test)]
mod tests {
    use crate::sandbox::api::description::*;

    #[test]
    fn a_path_is_known_by_what_stands_between_its_arguments() {
        let segments = |path: &str| path.split('/').map(str::to_owned).collect::<Vec<_>>();
        let template = "/repos/{owner}/{repo}/issues/{index}/dependencies";
        assert!(fits(template, &segments("repos/o/r/issues/12/dependencies")));
        assert!(!fits(template, &segments("repos/o/r/issues/12/blocks")));
        assert!(!fits(template, &segments("repos/o/r/issues/12")));
    }
}
