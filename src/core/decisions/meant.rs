//! Which decision an answer is about, and whether that may be answered so.

use std::time::Duration;

use super::answers::{answer_of, verbs_for};
use super::decision::{AskedDecision, Decision, DecisionStatus, QuestionCheck};
use super::refusal::DecisionRefusal;
use crate::core::command::value::{Cause, DecisionId};
use crate::core::command::verb::Verb;
use crate::core::jobs::PersonAnswer;
use crate::core::model::ids::ThreadId;
use crate::core::model::time::Timestamp;

/// So long after a question was closed an answer that names none may have been meant for it.
const JUST_CLOSED: Duration = Duration::from_secs(60);

/// What somebody says to a decision.
#[derive(Debug, Clone, Copy)]
pub struct DecisionReply<'a> {
    pub verb: Verb,
    /// The decision that is named.
    pub named: Option<DecisionId>,
    pub cause: Option<Cause>,
    pub note: Option<&'a str>,
    /// Where it is said, and whether that is the issue of the report.
    pub thread: ThreadId,
    pub is_in_report: bool,
    /// In which comment; none if it is in none that has a number.
    pub comment: Option<i64>,
    pub said_at: Timestamp,
}

/// The decision that is meant, and what is said to it. `known`: all that are open or were closed
/// lately in the threads of the job here, and the one that is named.
///
/// # Errors
/// Why nothing is decided.
pub fn meant<'d>(
    reply: DecisionReply<'_>,
    known: &'d [AskedDecision],
) -> Result<(&'d AskedDecision, PersonAnswer), DecisionRefusal> {
    let asked = match reply.named {
        Some(id) => named(reply, id, known)?,
        None => the_only_one(reply, known)?,
    };
    let id = asked.decision.id;
    match &asked.decision.status {
        DecisionStatus::Open => {}
        DecisionStatus::Decided { by, .. } => {
            return Err(DecisionRefusal::Decided { id, by: by.clone() });
        }
        DecisionStatus::Void { why, .. } => {
            return Err(DecisionRefusal::Void { id, why: why.clone() });
        }
        DecisionStatus::Expired { .. } => return Err(DecisionRefusal::Expired { id }),
    }
    if is_too_early(reply, asked) {
        return Err(DecisionRefusal::TooEarly { id });
    }
    let question = asked.decision.question;
    let verbs = verbs_for(question);
    let answer = answer_of(question, reply.verb, reply.cause)
        .ok_or(DecisionRefusal::OtherVerb { id, verbs })?;
    match &asked.check {
        QuestionCheck::Stands => Ok((asked, answer)),
        QuestionCheck::Void(why) => Err(DecisionRefusal::Void { id, why: why.clone() }),
        QuestionCheck::PullGone => Err(DecisionRefusal::PullGone { id }),
    }
}

fn named<'d>(
    reply: DecisionReply<'_>,
    id: DecisionId,
    known: &'d [AskedDecision],
) -> Result<&'d AskedDecision, DecisionRefusal> {
    let asked = known.iter().find(|asked| asked.decision.id == id);
    let asked = asked.ok_or(DecisionRefusal::Unknown { id })?;
    let Decision { thread, status, .. } = &asked.decision;
    if reply.is_in_report || asked.decision.is_of(reply.thread) {
        return Ok(asked);
    }
    match status {
        DecisionStatus::Open => Err(DecisionRefusal::OtherThread { id, thread: *thread }),
        DecisionStatus::Decided { by, at, .. } => {
            let (thread, by, at) = (*thread, by.clone(), *at);
            Err(DecisionRefusal::DecidedElsewhere { id, thread, by, at })
        }
        // What became of it is all there is to say, wherever that is.
        DecisionStatus::Void { .. } | DecisionStatus::Expired { .. } => Ok(asked),
    }
}

/// The one decision that can be meant by an answer that names none.
fn the_only_one<'d>(
    reply: DecisionReply<'_>,
    known: &'d [AskedDecision],
) -> Result<&'d AskedDecision, DecisionRefusal> {
    let here = || known.iter().filter(|asked| asked.decision.is_of(reply.thread));
    let open: Vec<&AskedDecision> = here().filter(|asked| asked.decision.is_open()).collect();
    let just_closed = here().rfind(|asked| {
        let closed_at = asked.decision.status.closed_at();
        closed_at.is_some_and(|at| at.after(JUST_CLOSED) > reply.said_at)
    });
    let which = || DecisionRefusal::WhichOne { open: open.iter().map(|a| a.decision.id).collect() };
    match (open.as_slice(), just_closed) {
        ([], Some(closed)) => Ok(closed),
        ([], None) => Err(DecisionRefusal::NoneOpen),
        // A condition is no yes, and a number behind it may be the one that is meant.
        ([_], None) if reply.verb == Verb::Approve && reply.note.is_some() => Err(which()),
        ([only], None) if !is_too_early(reply, only) => Ok(only),
        _ => Err(which()),
    }
}

/// Whether the answer was there before the question: then it was for something else.
fn is_too_early(reply: DecisionReply<'_>, asked: &AskedDecision) -> bool {
    match (reply.comment, asked.comment) {
        (Some(reply), Some(question)) => reply < question,
        (_, None) => true,
        (None, Some(_)) => reply.said_at < asked.decision.asked_at,
    }
}

#[cfg(test)]
mod tests {
    use crate::core::decisions::meant::*;
    use crate::core::decisions::{Covered, VoidReason};
    use crate::core::jobs::{JobId, Question};
    use crate::core::model::account::Account;
    use crate::core::model::ids::RepoId;

    const HERE: ThreadId = ThreadId { repo: RepoId(1), number: 41 };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_micros(second * 1_000_000)
    }

    /// A decision about the thread here, put at second 1000 by comment 100 + its number.
    fn asked(id: i64) -> AskedDecision {
        AskedDecision {
            decision: Decision {
                id: DecisionId(id),
                job: JobId(1),
                number: 1,
                question: Question::Accept,
                thread: HERE,
                pull: Some(58),
                covers: Covered::default(),
                asked_at: at(1000),
                status: DecisionStatus::Open,
            },
            comment: Some(100 + id),
            check: QuestionCheck::Stands,
        }
    }

    fn closed(id: i64, second: i64) -> AskedDecision {
        let mut asked = asked(id);
        let why = VoidReason::Edited;
        asked.decision.status = DecisionStatus::Void { why, at: at(second) };
        asked
    }

    fn bare() -> DecisionReply<'static> {
        DecisionReply {
            verb: Verb::Approve,
            named: None,
            cause: None,
            note: None,
            thread: HERE,
            is_in_report: false,
            comment: Some(200),
            said_at: at(2000),
        }
    }

    fn about(id: i64) -> DecisionReply<'static> {
        DecisionReply { named: Some(DecisionId(id)), ..bare() }
    }

    fn outcome(reply: DecisionReply<'_>, known: &[AskedDecision]) -> Result<i64, &'static str> {
        meant(reply, known).map(|(asked, _)| asked.decision.id.0).map_err(|why| why.code())
    }

    #[test]
    fn a_bare_answer_is_for_the_only_open_one() {
        assert_eq!(outcome(bare(), &[]), Err("no_decision"));
        assert_eq!(outcome(bare(), &[asked(7)]), Ok(7));
        let in_the_pull = ThreadId { number: 58, ..HERE };
        assert_eq!(outcome(DecisionReply { thread: in_the_pull, ..bare() }, &[asked(7)]), Ok(7));
        assert_eq!(outcome(bare(), &[asked(7), asked(8)]), Err("needs_id"));
        assert_eq!(outcome(bare(), &[closed(6, 1900), asked(7)]), Ok(7));
        assert_eq!(outcome(bare(), &[closed(6, 1941), asked(7)]), Err("needs_id"));
        assert_eq!(outcome(bare(), &[closed(6, 1900)]), Err("no_decision"));
        assert_eq!(
            outcome(bare(), &[closed(6, 1941)]),
            Err("void"),
            "it is told what became of it"
        );
        assert_eq!(
            outcome(DecisionReply { comment: Some(106), ..bare() }, &[asked(7)]),
            Err("needs_id")
        );
    }

    #[test]
    fn a_bare_yes_has_nothing_behind_it() {
        let with_note = DecisionReply { note: Some("but not today"), ..bare() };
        assert_eq!(outcome(with_note, &[asked(7)]), Err("needs_id"));
        let no = DecisionReply { verb: Verb::Reject, ..with_note };
        assert_eq!(outcome(no, &[asked(7)]), Ok(7));
        let named = DecisionReply { note: Some("ship it"), ..about(7) };
        assert_eq!(outcome(named, &[asked(7)]), Ok(7));
    }

    #[test]
    fn a_named_one_counts_in_its_threads_and_in_the_report() {
        let elsewhere = ThreadId { number: 9, ..HERE };
        let there = DecisionReply { thread: elsewhere, ..about(7) };
        assert_eq!(outcome(there, &[asked(7)]), Err("other_thread"));
        assert_eq!(outcome(DecisionReply { is_in_report: true, ..there }, &[asked(7)]), Ok(7));
        assert_eq!(outcome(about(9), &[asked(7)]), Err("not_found"));
        assert_eq!(outcome(about(7), &[asked(7), asked(8)]), Ok(7));
        let bare_in_report = DecisionReply { is_in_report: true, thread: elsewhere, ..bare() };
        assert_eq!(outcome(bare_in_report, &[asked(7)]), Err("no_decision"));
    }

    #[test]
    fn what_is_closed_or_void_is_told() {
        assert_eq!(outcome(about(7), &[closed(7, 1)]), Err("void"));
        let mut decided = asked(7);
        let by = Account { id: 2, login: "anna".into() };
        let answer = PersonAnswer::Yes;
        decided.decision.status = DecisionStatus::Decided { by, answer, at: at(1500) };
        assert_eq!(outcome(about(7), std::slice::from_ref(&decided)), Err("already_decided"));
        let elsewhere = ThreadId { number: 9, ..HERE };
        let there = DecisionReply { thread: elsewhere, ..about(7) };
        assert_eq!(outcome(there, &[decided]), Err("already_decided"));
        assert_eq!(outcome(there, &[closed(7, 1)]), Err("void"));
        let mut expired = asked(7);
        expired.decision.status = DecisionStatus::Expired { at: at(1500) };
        assert_eq!(outcome(about(7), &[expired]), Err("expired"));
        let mut edited = asked(7);
        edited.check = QuestionCheck::Void(VoidReason::QuestionChanged);
        assert_eq!(outcome(about(7), &[edited]), Err("question_changed"));
        let mut gone = asked(7);
        gone.check = QuestionCheck::PullGone;
        assert_eq!(outcome(about(7), &[gone]), Err("pull_gone"));
    }

    #[test]
    fn an_answer_that_is_older_than_its_question_was_for_something_else() {
        let early = DecisionReply { comment: Some(106), ..about(7) };
        assert_eq!(outcome(early, &[asked(7)]), Err("too_early"));
        let mut unsent = asked(7);
        unsent.comment = None;
        assert_eq!(outcome(about(7), &[unsent]), Err("too_early"));
        let unnumbered = DecisionReply { comment: None, said_at: at(999), ..about(7) };
        assert_eq!(outcome(unnumbered, &[asked(7)]), Err("too_early"));
    }

    #[test]
    fn a_verb_that_says_nothing_to_the_question_is_refused() {
        let reply = DecisionReply { verb: Verb::Answer, ..about(7) };
        assert_eq!(outcome(reply, &[asked(7)]), Err("other_verb"));
    }
}
