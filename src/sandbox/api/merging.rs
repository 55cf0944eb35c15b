//! Merging a pull request, updating it, asking for reviews of it.

use serde::Deserialize;

use super::answer::{ApiAnswer, Reply};
use super::call::Call;
use crate::sandbox::world::World;
use crate::sandbox::world::merging::{MergeEnd, MergeRequest};
use crate::sandbox::world::records::HowToMerge;
use crate::sandbox::world::refusal::Refusal;

#[derive(Deserialize)]
struct MergeBody {
    #[serde(default, rename = "Do")]
    how: String,
    head_commit_id: Option<String>,
    /// Title and message have two names each, of which the second is newer.
    #[serde(rename = "MergeTitleField")]
    title: Option<String>,
    #[serde(rename = "MergeMessageField")]
    message: Option<String>,
    merge_title_field: Option<String>,
    merge_message_field: Option<String>,
    #[serde(default)]
    delete_branch_after_merge: bool,
    #[serde(default)]
    merge_when_checks_succeed: bool,
    #[serde(default)]
    force_merge: bool,
}

/// `/pulls/{number}/merge`.
pub(super) fn route(world: &mut World, call: &Call, issue: i64) -> Reply {
    match call.method.as_str() {
        // Whether it is merged.
        "GET" => {
            let pull = world.issue(issue).pull.as_ref();
            let merged = pull.and_then(|pull| pull.merged.as_ref());
            merged.map(|_| ApiAnswer::empty(204)).ok_or(Refusal::HIDDEN)
        }
        "POST" => merge(world, call, issue),
        "DELETE" => {
            world.cancel_merge(call.require_user()?, issue)?;
            Ok(ApiAnswer::empty(204))
        }
        _ => Err(Refusal::HIDDEN),
    }
}

fn merge(world: &mut World, call: &Call, issue: i64) -> Reply {
    let body: MergeBody = call.json()?;
    let how = HowToMerge::named(&body.how).ok_or_else(|| {
        let how = &body.how;
        Refusal::NotAllowed(format!(
            "{how} is not allowed an allowed merge style for this repository"
        ))
    })?;
    let newer = world.version.knows_newer_names_of_merge_texts();
    let asked = MergeRequest {
        how,
        head: body.head_commit_id,
        title: body.title.or(body.merge_title_field.filter(|_| newer)),
        message: body.message.or(body.merge_message_field.filter(|_| newer)).unwrap_or_default(),
        deletes_branch: body.delete_branch_after_merge,
        waits: body.merge_when_checks_succeed,
        forces: body.force_merge,
    };
    Ok(match world.merge_pull(call.require_user()?, issue, &asked)? {
        MergeEnd::Merged => ApiAnswer::empty(200),
        MergeEnd::Scheduled => ApiAnswer::empty(201),
    })
}

/// `POST /pulls/{number}/update`.
pub(super) fn update(world: &mut World, call: &Call, issue: i64) -> Reply {
    let rebases = call.param("style") == Some("rebase");
    world.update_pull(call.require_user()?, issue, rebases)?;
    Ok(ApiAnswer::empty(200))
}

#[derive(Deserialize)]
struct ReviewersBody {
    #[serde(default)]
    reviewers: Vec<String>,
}

/// `/pulls/{number}/requested_reviewers`.
pub(super) fn reviewers(world: &mut World, call: &Call, issue: i64) -> Reply {
    let user = call.require_user()?;
    let body: ReviewersBody = call.json()?;
    let known = |login: &String| world.user_named(login);
    let reviewers = body.reviewers.iter().map(known).collect::<Result<Vec<_>, _>>()?;
    let asked = match call.method.as_str() {
        "POST" => true,
        "DELETE" => false,
        _ => return Err(Refusal::HIDDEN),
    };
    let made = world.ask_for_reviews(user, issue, (&reviewers, asked))?;
    if !asked {
        return Ok(ApiAnswer::empty(204));
    }
    let (view, thread) = (call.view(world), world.issue(issue));
    let requests = thread.pull.iter().flat_map(|pull| &pull.asked);
    let new = requests.filter(|one| made.contains(&one.id));
    let shown: Vec<_> = new.map(|one| view.review_request(thread, one)).collect();
    Ok(ApiAnswer::json(201, &shown))
}

#[derive(Deserialize)]
struct DismissalBody {
    #[serde(default)]
    message: String,
}

/// `POST /pulls/{number}/reviews/{id}/dismissals`.
pub(super) fn dismiss(
    world: &mut World,
    call: &Call,
    issue: i64,
    review: i64,
) -> Result<(), Refusal> {
    let message = call.json::<DismissalBody>()?.message;
    world.dismiss_review(call.require_user()?, issue, (review, &message))
}
