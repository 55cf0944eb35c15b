//! Every recorded exchange of all versions, one by one: the client makes the right thing of the
//! answer, or there is a reason why it makes nothing of it at all.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use timmy::gitea::{Error, Recovery, WriteOutcome};

use crate::wire::forge::{Canned, Forge};
use crate::wire::recorded::{self, Answer};
use crate::wire::understood::{Understood, ask, differences};

/// Reasons, each with the beginnings of the names that it is for.
type Reasons = [(&'static str, &'static [&'static str])];

/// What no call of the client asks for.
const UNASKED: &Reasons = &[
    (
        "timmy writes no reviews",
        &[
            "review-",
            "pull-review-own",
            "pull-review-with-inline",
            "pull-review-of-unknown-commit",
            "pull-review-approve-with",
        ],
    ),
    (
        "what jobs read and write of code is in `jobs`, against walks of jobs; timmy merges nothing",
        &[
            "contents-create",
            "pull-create",
            "pull-get",
            "pull-diff",
            "pull-files",
            "pull-commits",
            "pull-change-files",
            "pull-merge",
        ],
    ),
    (
        "what jobs read of statuses is in `jobs`, against walks of jobs; timmy sets none",
        &["status-", "combined-status", "pull-status", "pull-combined-status", "pull-statuses"],
    ),
    (
        "of issues timmy changes only labels, assignees and dependencies",
        &[
            "issue-create-by",
            "issue-milestone-due",
            "issue-close",
            "issue-deadline",
            "issue-pin",
            "issue-new-pin-allowed",
            "edge-issue-delete",
            "comment-lock",
        ],
    ),
    ("timmy finds issues by the search", &["issues-of-repo", "issue-repo-list"]),
    ("timmy finds repositories by the search", &["issue-org-repos"]),
    ("timmy reads what an issue waits for, not what waits for it", &["issue-blocks"]),
    (
        "timmy adds labels by number: 1.15 knows no other way",
        &["labels-add-by-name", "label-add-second", "label-add-unknown"],
    ),
    (
        "timmy reads neither reactions, timelines nor notifications",
        &["reactions-list", "timeline", "notifications", "issue-timeline"],
    ),
    ("timmy neither renames nor transfers", &["edge-repo-rename", "edge-transfer"]),
    ("timmy makes no system hooks", &["hook-system-hook"]),
    (
        "timmy asks neither for settings nor for rights in organisations",
        &["issue-settings", "perm-org-perm"],
    ),
    ("timmy lets nobody render Markdown", &["render-"]),
];

/// Cut off when they were recorded, before what the client cannot do without.
const CUT_TOO_SHORT: &Reasons = &[
    (
        "the times of a comment come last",
        &[
            "comment-crlf",
            "comment-64k",
            "comment-1m",
            "comment-null-char",
            "comment-bidi",
            "comment-emoji",
            "comment-edit-without-change",
            "comment-on-locked-by",
        ],
    ),
    ("not one entry is whole", &["comment-repo-comments-limit-without-page", "issue-dependencies"]),
    ("the name of a repository comes after its owner", &["edge-by-id"]),
    ("the times of an issue come last", &["issue-assign-two"]),
];

/// Leads elsewhere: what comes of it is in `redirects`.
const REDIRECTED: [&str; 3] =
    ["edge-get-old-name", "edge-get-after-transfer", "perm-org-member-asked-by-stranger"];

/// What was noted without an exchange or a whole payload.
const SUMMARIES: &Reasons = &[
    (
        "how a text was stored",
        &[
            "comment-1m-survives",
            "comment-64k-survives",
            "comment-bidi",
            "comment-crlf",
            "comment-emoji",
            "comment-null",
        ],
    ),
    ("how many webhooks came", &["comment-edit-without-change", "edge-rename", "edge-issue-del"]),
    ("which keys or headers a webhook has", &["hook-", "pull-webhook-", "comment-edited-by"]),
    ("whose rights were shown", &["perm-pub-own", "perm-priv-own", "perm-webhook-"]),
    (
        "whose names were shown",
        &[
            "perm-pub-assignees",
            "perm-priv-assignees",
            "perm-pub-collaborators",
            "perm-priv-collaborators",
        ],
    ),
];

/// What was refused, by the kind of error that the client makes of it.
const REFUSED: &Reasons = &[
    ("BadToken", &["bad-token", "no-token"]),
    ("MissingScope", &["edge-scope-missing-"]),
    ("Locked", &["comment-on-locked-by-stranger"]),
    ("Forbidden", &["comment-edit-someone-elses-by-", "hook-"]),
    ("ReactionNotAllowed", &["reaction-not-allowed"]),
    (
        "NotFound",
        &[
            "comment-on-repo-bot-cannot-see",
            "comment-get-missing",
            "issue-get-missing",
            "issue-private-repo-as-stranger",
            "issue-dependency-on-missing",
            // Since 1.27.
            "label-remove-unknown-id",
            // 1.15 has no such call.
            "dependencies",
        ],
    ),
    ("Archived", &["edge-comment-on-archived"]),
    ("Moved", &["edge-comment-under-old-name"]),
    (
        "Unprocessable",
        &[
            "comment-empty-body",
            "bad-json",
            "comment-repo-comments-since-with",
            "issue-search-unknown-owner",
            "label-remove-unknown-id",
        ],
    ),
    (
        "Server",
        &[
            "issue-assign-",
            "comment-on-missing-issue",
            "issue-dependency-add-again",
            "issue-dependency-circular",
        ],
    ),
];

/// The first of `reasons` that `name` has.
fn reason(reasons: &Reasons, name: &str) -> Option<&'static str> {
    let fits = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
    reasons.iter().find(|(_, starts)| fits(starts)).map(|(reason, _)| *reason)
}

#[tokio::test]
async fn every_answer_is_understood_or_there_is_a_reason() {
    // Of 61, and then of 188 each.
    for (recorded, expected) in recorded::all().iter().zip([42, 98, 99, 99]) {
        let mut understood = 0;
        let forge = Forge::answering([]).await;
        let client = forge.client();
        for answer in &recorded.answers {
            forge.restart(script(answer));
            let result = ask(&client, answer).await;
            let place = format!("{} {}", recorded.version, answer.name);
            if check(answer, result, &place) {
                let asked: Vec<String> = forge.asked_what().iter().map(|w| bare(w)).collect();
                let wanted = bare(&format!("{} {}", answer.method, answer.path));
                assert!(asked.contains(&wanted), "{place}: {asked:?}");
                understood += 1;
            }
        }
        assert_eq!(understood, expected, "{}", recorded.version);
    }
}

/// Method and path without a query.
fn bare(what: &str) -> String {
    what.split('?').next().unwrap_or_default().to_owned()
}

/// Whether `answer` was understood. Panics if it was not, without a reason.
fn check(answer: &Answer, result: Result<Understood, Error>, place: &str) -> bool {
    let unasked = reason(UNASKED, &answer.name);
    match result {
        Ok(Understood::Unasked) => {
            assert!(unasked.is_some(), "{place}: why is it not asked for?");
            return false;
        }
        _ if REDIRECTED.contains(&answer.name.as_str()) => return false,
        Ok(Understood::Part(part)) => {
            assert_eq!(differences(&part, &answer.json, ""), [""; 0], "{place}");
        }
        Ok(Understood::Word(word)) => assert_eq!(word, word_for(answer), "{place}"),
        Ok(Understood::Done) => assert!(answer.status < 300, "{place}"),
        Err(_) if answer.cut && answer.status < 300 => {
            assert!(reason(CUT_TOO_SHORT, &answer.name).is_some(), "{place}: {result:?}");
            return false;
        }
        Err(error) => {
            let is_so = |(kind, starts): &(&str, &[&str])| {
                starts.iter().any(|start| answer.name.starts_with(start))
                    && (*kind, meaning(kind)) == found(&error)
            };
            assert!(REFUSED.iter().any(is_so), "{place}: {:?}", found(&error));
        }
    }
    assert_eq!(unasked, None, "{place}: it is asked for");
    true
}

/// The kind of an error, and what follows from it.
fn found(error: &Error) -> (&str, (WriteOutcome, Recovery)) {
    let kind = match error {
        Error::BadToken { .. } => "BadToken",
        Error::MissingScope { .. } => "MissingScope",
        Error::Locked => "Locked",
        Error::ReactionNotAllowed { .. } => "ReactionNotAllowed",
        Error::Forbidden { .. } => "Forbidden",
        Error::NotFound { .. } => "NotFound",
        Error::Archived => "Archived",
        Error::Moved { .. } => "Moved",
        Error::Unprocessable { .. } => "Unprocessable",
        Error::Server { .. } => "Server",
        _ => "another",
    };
    (kind, (error.fate(), error.heals()))
}

/// What must follow from an error of this kind.
fn meaning(kind: &str) -> (WriteOutcome, Recovery) {
    match kind {
        "Server" => (WriteOutcome::Ended, Recovery::Later(None)),
        "BadToken" | "MissingScope" => (WriteOutcome::NotDone, Recovery::Later(None)),
        "Moved" => (WriteOutcome::NotDone, Recovery::Elsewhere),
        _ => (WriteOutcome::NotDone, Recovery::Never),
    }
}

/// What the client must make of an answer that it gives no part of.
fn word_for(answer: &Answer) -> &'static str {
    let is_of_rights = answer.path.ends_with("/permission");
    match (answer.name.as_str(), answer.status) {
        ("reaction-add", 201) => "New",
        ("reaction-add-again", 200) => "Already",
        ("is-collaborator" | "perm-org-member-asked-by-member", 204) => "true",
        ("perm-team-member-asked-by-member", 200) => "Yes",
        (_, 200) if is_of_rights => match answer.json["permission"].as_str() {
            Some("write" | "admin" | "owner") => "Yes",
            _ => "No",
        },
        (_, 403) if is_of_rights => "Secret",
        // 1.15 has no such call.
        (_, 404) if is_of_rights => "No",
        _ => "nothing",
    }
}

/// The recorded answer, and what the client asks for before and after it.
fn script(answer: &Answer) -> Vec<Canned> {
    let json = |body: Value| Canned::new(200, body.to_string());
    let before = match (answer.method.as_str(), answer.path.split('?').next()) {
        (_, Some("/repos/search")) => Some(json(json!({ "id": 11, "login": "lab" }))),
        ("PATCH", Some(path)) if path.contains("/hooks/") => {
            Some(json(json!([answer.json])).header("x-total-count", "1"))
        }
        _ => None,
    };
    // 1.15 does not say how long a list is, so the end of it must be seen.
    before.into_iter().chain([answer.canned(), json(json!([]))]).collect()
}

#[test]
fn no_reason_is_left_over() {
    let all = recorded::all();
    let answers: BTreeSet<&str> =
        all.iter().flat_map(|recorded| &recorded.answers).map(|a| a.name.as_str()).collect();
    let summaries: BTreeSet<&str> =
        all.iter().flat_map(|recorded| &recorded.summaries).map(String::as_str).collect();
    let mut needless: Vec<&&str> = Vec::new();
    for (reasons, names) in [
        (UNASKED, &answers),
        (CUT_TOO_SHORT, &answers),
        (REFUSED, &answers),
        (SUMMARIES, &summaries),
    ] {
        let starts = reasons.iter().flat_map(|(_, starts)| *starts);
        needless.extend(starts.filter(|start| !names.iter().any(|n| n.starts_with(**start))));
    }
    assert_eq!(needless, [&""; 0]);
    let unexplained = summaries.iter().filter(|name| reason(SUMMARIES, name).is_none());
    assert_eq!(unexplained.collect::<Vec<_>>(), [&""; 0]);
}
