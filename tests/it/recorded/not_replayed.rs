//! What is not replayed, and why: the same of all versions.

/// Reasons, each with the beginnings of the names that it excuses.
pub(crate) const NOT_REPLAYED: [(&str, &[&str]); 12] = [
    ("timmy does not read notifications", &["api-31-"]),
    ("the sandbox's timelines tell of no comments and references", &["api-44-", "issue-22-"]),
    ("timmy neither deletes issues nor transfers repositories", &["edge-1", "edge-issue-delete"]),
    ("timmy makes no system hooks", &["hook-07-"]),
    ("timmy does not ask for permissions in organisations", &["perm-19-"]),
    ("timmy sends no patches", &["pull-01-", "pull-02-", "pull-03-"]),
    ("the sandbox runs no workflows", &["job-actions-"]),
    ("the sandbox renders no Markdown", &["render-"]),
    (
        "too long for a fixture, see `texts_are_stored_as_they_were_sent`",
        &["comment-02-", "comment-03-"],
    ),
    (
        "no exchange, see `texts_are_stored_as_they_were_sent`",
        &[
            "comment-1m-survives",
            "comment-64k-survives",
            "comment-bidi-survives",
            "comment-crlf-survives",
            "comment-emoji-survives",
            "comment-null-char-survives",
        ],
    ),
    (
        "no exchange, a count of webhooks that the exchange itself checks",
        &["comment-edit-without-change-webhooks", "edge-rename-webhooks"],
    ),
    ("one delivery's bytes; every signature is checked on arrival", &["raw-comment-created"]),
];

/// Whether a recording is not replayed.
pub(crate) fn is_excused(name: &str) -> bool {
    NOT_REPLAYED.iter().any(|(_, starts)| starts.iter().any(|start| name.starts_with(start)))
}
