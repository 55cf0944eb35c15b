//! Decisions: the questions that were put to people. A row is made with its comment, in one
//! transaction, and closed once: by an answer, because what it covers changed, because nobody
//! answered, or because the job went on without.

use rusqlite::{Connection, Params, Row, Transaction};
use sha2::{Digest as _, Sha256};

use super::columns::{Json, integer_column};
use super::error::Error;
use super::meta;
use super::outbox::{self, NewEffect};
use crate::core::command::value::{DecisionId, JobId};
use crate::core::decisions::{
    AskedDecision, Covered, Decision, DecisionStatus, QuestionCheck, VoidReason,
};
use crate::core::effect::{Body, CreateComment, Effect};
use crate::core::jobs::{GivenReview, PersonAnswer, Question};
use crate::core::model::ids::ThreadId;
use crate::core::model::time::Timestamp;
use crate::core::reply::decisions::{review_notice, void_notice};

integer_column!(DecisionId);

/// How far the forge's clock and ours may be apart when a comment is looked for.
const MARGIN: std::time::Duration = std::time::Duration::from_secs(24 * 3600);

/// How many closed decisions of a thread are looked at.
const LATEST: u32 = 20;

/// A question to be put.
#[derive(Debug, Clone)]
pub struct NewDecision {
    pub job: JobId,
    /// Which of the job's questions it is.
    pub number: u32,
    pub question: Question,
    pub thread: ThreadId,
    pub pull: Option<i64>,
    pub covers: Covered,
}

/// A decision with what is known of its comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDecision {
    pub decision: Decision,
    /// The comment, once it stands.
    pub comment: Option<i64>,
    /// The SHA-256 of its text, as it was posted.
    pub text: [u8; 32],
}

impl StoredDecision {
    /// Whether `body` is what was posted, word for word.
    pub fn is_as_posted(&self, body: &str) -> bool {
        sha(body) == self.text
    }

    /// The decision, of which that was found.
    pub fn checked(self, check: QuestionCheck) -> AskedDecision {
        AskedDecision { decision: self.decision, comment: self.comment, check }
    }
}

fn sha(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// Puts a question: `says` writes its comment once its number is known. None if the ledger has no
/// name yet, without which nothing is said.
pub fn put(
    tx: &Transaction<'_>,
    new: &NewDecision,
    says: impl FnOnce(DecisionId) -> String,
    now: Timestamp,
) -> Result<Option<DecisionId>, Error> {
    let Some(ledger) = meta::get(tx, meta::LEDGER)? else { return Ok(None) };
    tx.prepare_cached(
        "INSERT INTO decisions (job, question, kind, repo, number, pull, covers, comment, text,
                                asked_at, state)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, '', zeroblob(32), ?8, 'open')",
    )?
    .execute((
        new.job,
        new.number,
        Json(new.question),
        new.thread.repo,
        new.thread.number,
        new.pull,
        Json(&new.covers),
        now,
    ))?;
    let id = DecisionId(tx.last_insert_rowid());
    let key = format!("{ledger}-{id}");
    let body = Body::finished(says(id)).marked(&key);
    tx.prepare_cached("UPDATE decisions SET comment = ?2, text = ?3 WHERE id = ?1")?.execute((
        id,
        &key,
        sha(&body.text()),
    ))?;
    comment(tx, new.thread, key, body, now)?;
    Ok(Some(id))
}

fn comment(
    tx: &Transaction<'_>,
    thread: ThreadId,
    key: String,
    body: Body,
    now: Timestamp,
) -> Result<(), Error> {
    let said = CreateComment { body, since: now.before(MARGIN), reply_to: None };
    let effect = NewEffect::new(key, thread, &Effect::Comment(said), now)?;
    outbox::push(tx, &effect, now)?;
    Ok(())
}

/// Closes a decision that is open; false if it is not.
pub fn close(tx: &Transaction<'_>, id: DecisionId, status: &DecisionStatus) -> Result<bool, Error> {
    let (state, by, answer, why) = match status {
        DecisionStatus::Open => return Ok(false),
        DecisionStatus::Decided { by, answer, .. } => ("decided", Some(by), Some(answer), None),
        DecisionStatus::Void { why, .. } => ("void", None, None, Some(why)),
        DecisionStatus::Expired { .. } => ("expired", None, None, None),
    };
    let closed = tx
        .prepare_cached(
            "UPDATE decisions SET state = ?2, closed_at = ?3, decided_by = ?4, answer = ?5, why = ?6
             WHERE id = ?1 AND state = 'open'",
        )?
        .execute((id, state, status.closed_at(), by.map(Json), answer.map(Json), why.map(Json)))?;
    Ok(closed == 1)
}

/// Whoever decided it only had the right to as long as the owner lends it.
pub fn rests_on_a_lent_right(tx: &Transaction<'_>, id: DecisionId) -> Result<(), Error> {
    tx.prepare_cached(
        "UPDATE decisions SET decided_by = json_set(decided_by, '$.lent', json('true'))
         WHERE id = ?1 AND decided_by IS NOT NULL",
    )?
    .execute([id])?;
    Ok(())
}

/// Whether the last yes to what a job brought rests on a right that the owner has taken back since.
/// One that ended on its day was there when it was used.
pub fn is_yes_taken_back(conn: &Connection, job: JobId) -> Result<bool, Error> {
    let is_taken_back = conn
        .prepare_cached(
            "SELECT 1 FROM decisions
             WHERE id = (SELECT max(id) FROM decisions
                         WHERE job = ?1 AND kind = ?2 AND state = 'decided')
               AND answer = ?3 AND decided_by ->> '$.lent'
               AND NOT EXISTS (SELECT 1 FROM delegations WHERE account = decided_by ->> '$.id')",
        )?
        .exists((job, Json(Question::Accept), Json(PersonAnswer::Yes)))?;
    Ok(is_taken_back)
}

/// Voids the open decision on a job's question, and says so in one line where people would wait for
/// it otherwise.
pub fn void(
    tx: &Transaction<'_>,
    decision: &Decision,
    why: VoidReason,
    now: Timestamp,
) -> Result<(), Error> {
    let notice = void_notice(decision, &why);
    if !close(tx, decision.id, &DecisionStatus::Void { why, at: now })? {
        return Ok(());
    }
    let (Some(notice), Some(ledger)) = (notice, meta::get(tx, meta::LEDGER)?) else {
        return Ok(());
    };
    let key = format!("{ledger}-{}.void", decision.id);
    let body = Body::finished(notice).marked(&key);
    comment(tx, decision.thread, key, body, now)
}

/// Says something once beside a question, as long as that is open: `what` tells it from all else that
/// is said so.
pub fn say_beside(
    tx: &Transaction<'_>,
    id: DecisionId,
    what: &str,
    says: impl FnOnce(&Decision) -> String,
    now: Timestamp,
) -> Result<bool, Error> {
    let stored = get(tx, id)?.filter(|stored| stored.decision.is_open());
    let (Some(stored), Some(ledger)) = (stored, meta::get(tx, meta::LEDGER)?) else {
        return Ok(false);
    };
    let key = format!("{ledger}-{id}.{what}");
    if outbox::get(tx, &key)?.is_some() {
        return Ok(false);
    }
    let body = Body::finished(says(&stored.decision)).marked(&key);
    comment(tx, stored.decision.thread, key, body, now)?;
    Ok(true)
}

/// Says beside an open question what a review by an agent says of exactly what that is about.
pub fn say_reviewed(
    tx: &Transaction<'_>,
    pull: ThreadId,
    review: &GivenReview,
    now: Timestamp,
) -> Result<(), Error> {
    let covers = |stored: &StoredDecision| {
        let head = stored.decision.covers.head.as_ref();
        head.is_some_and(|head| head.pull == pull.number && head.commit == review.head)
    };
    let asked = in_thread(tx, pull)?.into_iter().filter(|stored| stored.decision.is_open());
    for asked in asked.filter(covers) {
        let what = format!("review.{}", review.attempt.0);
        let says = |decision: &Decision| review_notice(decision, review);
        say_beside(tx, asked.decision.id, &what, says, now)?;
    }
    Ok(())
}

pub fn get(conn: &Connection, id: DecisionId) -> Result<Option<StoredDecision>, Error> {
    Ok(list(conn, "WHERE decisions.id = ?1", [id])?.pop())
}

/// The decision on this question of a job.
pub fn of_question(
    conn: &Connection,
    job: JobId,
    number: u32,
) -> Result<Option<StoredDecision>, Error> {
    Ok(list(conn, "WHERE job = ?1 AND question = ?2", (job, number))?.pop())
}

/// All that a job asked, the oldest first.
pub fn of_job(conn: &Connection, job: JobId) -> Result<Vec<Decision>, Error> {
    Ok(asked_by(conn, job)?.into_iter().map(|stored| stored.decision).collect())
}

/// All that are open, the oldest first.
pub fn open(conn: &Connection) -> Result<Vec<StoredDecision>, Error> {
    list(conn, "WHERE decisions.state = 'open' ORDER BY decisions.id", [])
}

/// Up to `limit` of those that are open, the oldest first, and how many are.
pub fn first_open(conn: &Connection, limit: u32) -> Result<(Vec<StoredDecision>, usize), Error> {
    let first =
        list(conn, "WHERE decisions.state = 'open' ORDER BY decisions.id LIMIT ?1", [limit])?;
    let all: u32 = conn
        .prepare_cached("SELECT count(*) FROM decisions WHERE state = 'open'")?
        .query_row([], |row| row.get(0))?;
    Ok((first, usize::try_from(all).unwrap_or(usize::MAX)))
}

/// All that a job asked, the oldest first, with their comments.
pub fn asked_by(conn: &Connection, job: JobId) -> Result<Vec<StoredDecision>, Error> {
    list(conn, "WHERE job = ?1 ORDER BY decisions.id", [job])
}

/// The latest of the jobs to which a thread belongs, the oldest of them first.
pub fn in_thread(conn: &Connection, thread: ThreadId) -> Result<Vec<StoredDecision>, Error> {
    list(
        conn,
        "WHERE decisions.id IN (
             SELECT id FROM decisions WHERE repo = ?1 AND (number = ?2 OR pull = ?2)
             ORDER BY id DESC LIMIT ?3)
         ORDER BY decisions.id",
        (thread.repo, thread.number, LATEST),
    )
}

fn list(conn: &Connection, which: &str, values: impl Params) -> Result<Vec<StoredDecision>, Error> {
    let sql = format!(
        "SELECT decisions.*, outbox.comment AS comment_id
         FROM decisions LEFT JOIN outbox ON outbox.key = decisions.comment {which}"
    );
    let found = conn.prepare_cached(&sql)?.query_map(values, stored)?.collect::<Result<_, _>>()?;
    Ok(found)
}

fn stored(row: &Row<'_>) -> rusqlite::Result<StoredDecision> {
    let (Json(question), Json(covers)) = (row.get("kind")?, row.get("covers")?);
    Ok(StoredDecision {
        decision: Decision {
            id: row.get("id")?,
            job: row.get("job")?,
            number: row.get("question")?,
            question,
            thread: ThreadId { repo: row.get("repo")?, number: row.get("number")? },
            pull: row.get("pull")?,
            covers,
            asked_at: row.get("asked_at")?,
            status: status(row)?,
        },
        comment: row.get("comment_id")?,
        text: row.get("text")?,
    })
}

fn status(row: &Row<'_>) -> rusqlite::Result<DecisionStatus> {
    let closed_at: Option<Timestamp> = row.get("closed_at")?;
    let Some(at) = closed_at else { return Ok(DecisionStatus::Open) };
    let why: Option<Json<VoidReason>> = row.get("why")?;
    let by: Option<Json<_>> = row.get("decided_by")?;
    let answer: Option<Json<_>> = row.get("answer")?;
    Ok(match (by, answer, why) {
        (Some(Json(by)), Some(Json(answer)), _) => DecisionStatus::Decided { by, answer, at },
        (_, _, Some(Json(why))) => DecisionStatus::Void { why, at },
        _ => DecisionStatus::Expired { at },
    })
}
