//! All of what people wrote that an agent is told of an issue: its title, its text, and the answers to
//! what its author was asked. A yes covers all of it.

use rusqlite::Connection;
use sha2::{Digest as _, Sha256};

use super::error::Error;
use super::{backlog, scope_answers, scope_questions};
use crate::core::model::ids::ThreadId;
use crate::core::model::issue::{NamedPaths, TextDigest};
use crate::store::scope_answers::ScopeAnswer;

/// What is told of an open thread, as it was last seen.
pub fn digest(conn: &Connection, thread: ThreadId) -> Result<Option<TextDigest>, Error> {
    match backlog::text_of(conn, thread)? {
        Some(text) => with_answers(conn, thread, text).map(Some),
        None => Ok(None),
    }
}

/// The same of one whose title and text have the digest `text`. Where nothing was answered, that is
/// all.
pub fn with_answers(
    conn: &Connection,
    thread: ThreadId,
    text: [u8; 32],
) -> Result<TextDigest, Error> {
    let answers = scope_answers::of(conn, thread)?;
    if answers.is_empty() {
        return Ok(TextDigest(text));
    }
    Ok(added(Sha256::new_with_prefix(text), &answers))
}

/// What was answered about an issue; none if nobody was asked about it.
pub fn answers(conn: &Connection, thread: ThreadId) -> Result<Option<TextDigest>, Error> {
    if !scope_questions::is_asked(conn, thread)? {
        return Ok(None);
    }
    Ok(Some(added(Sha256::new(), &scope_answers::of(conn, thread)?)))
}

fn added(mut sha: Sha256, answers: &[ScopeAnswer]) -> TextDigest {
    for answer in answers {
        sha.update(answer.comment.to_be_bytes());
        sha.update(answer.text.0);
    }
    TextDigest(sha.finalize().into())
}

/// The paths that it names.
pub fn named_paths(conn: &Connection, thread: ThreadId) -> Result<NamedPaths, Error> {
    let mut named = backlog::named_paths(conn, thread)?;
    for answer in scope_answers::of(conn, thread)? {
        named.add(answer.paths);
    }
    Ok(named)
}
