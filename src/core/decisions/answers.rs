//! What the verbs say to each question.

use crate::core::command::value::Cause;
use crate::core::command::verb::Verb;
use crate::core::jobs::{PersonAnswer, Question};

/// The verbs that answer a question, as its comment shows them.
pub fn verbs_for(question: Question) -> &'static [Verb] {
    match question {
        Question::Accept
        | Question::NoChange
        | Question::Guard
        | Question::Repair
        | Question::Plan
        | Question::Split => &[Verb::Approve, Verb::Revise, Verb::Reject],
        Question::Stuck => &[Verb::Answer, Verb::Reject],
        Question::Permission => &[Verb::Approve, Verb::Answer, Verb::Reject],
        Question::Dispatch | Question::Uncertain => &[Verb::Approve, Verb::Reject],
    }
}

/// What a verb says to a question; none if it says nothing to such a one. Who rejects and gives no
/// cause says that the work is wrong.
pub fn answer_of(question: Question, verb: Verb, cause: Option<Cause>) -> Option<PersonAnswer> {
    // That it shall go on is an answer to an agent that cannot, though none that helps it much.
    let says_something =
        verbs_for(question).contains(&verb) || (question, verb) == (Question::Stuck, Verb::Approve);
    match verb {
        _ if !says_something => None,
        Verb::Approve => Some(PersonAnswer::Yes),
        Verb::Reject => Some(PersonAnswer::No(cause.unwrap_or(Cause::Wrong))),
        Verb::Revise | Verb::Answer => Some(PersonAnswer::Revise),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::core::decisions::answers::*;

    #[test]
    fn every_verb_that_is_shown_says_something() {
        for question in Question::ALL {
            for verb in verbs_for(question) {
                assert!(answer_of(question, *verb, None).is_some(), "{question:?} {verb}");
            }
            assert_eq!(answer_of(question, Verb::Assign, None), None);
        }
    }

    #[test]
    fn a_result_is_revised_and_an_agent_is_answered() {
        let revised = |question, verb| answer_of(question, verb, None);
        assert_eq!(revised(Question::Accept, Verb::Revise), Some(PersonAnswer::Revise));
        assert_eq!(revised(Question::Accept, Verb::Answer), None);
        assert_eq!(revised(Question::Stuck, Verb::Answer), Some(PersonAnswer::Revise));
        assert_eq!(revised(Question::Stuck, Verb::Revise), None);
        assert_eq!(revised(Question::Uncertain, Verb::Revise), None);
    }

    #[test]
    fn what_is_rejected_without_a_cause_is_wrong() {
        let rejected = |cause| answer_of(Question::Accept, Verb::Reject, cause);
        assert_eq!(rejected(None), Some(PersonAnswer::No(Cause::Wrong)));
        assert_eq!(rejected(Some(Cause::Unwanted)), Some(PersonAnswer::No(Cause::Unwanted)));
    }
}
