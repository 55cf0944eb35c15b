//! What is said to timmy and is no command: behind `@` people talk.

use super::fault::{ErrorKind, GrammarFault};
use super::nearest::is_slip;
use crate::core::command::invisible::is_blank;
use crate::core::command::trigger::Trigger;
use crate::core::command::value::{DecisionId, bare};
use crate::core::command::verb::Verb;

/// From so many words on, verb and all, a line that does not fit its verb is a sentence.
const SENTENCE: usize = 4;

/// Whether a line that begins with `word`, which is no verb, is talk, and no slip.
///
/// "Well done" is praise, although one letter makes `tell` of it.
pub(super) fn begins_talk(word: &str) -> bool {
    word.eq_ignore_ascii_case("well") || !is_slip(word, Verb::words())
}

/// Whether a line that begins with `verb` is talk. `rest` is what follows the verb, `fits` tells
/// whether that can be its arguments.
///
/// "hold on, I am testing" and "yes that was it" could be a reason and a note, which nobody has to
/// give: so they are nobody's command unless the id of a decision shows what is meant.
pub(super) fn goes_on_as_talk(verb: Verb, rest: &str, fits: bool) -> bool {
    let mut words = rest.split(is_blank).filter(|word| !word.is_empty());
    if !fits && 1 + words.clone().count() >= SENTENCE {
        return true;
    }
    let takes_any_words = matches!(verb, Verb::Hold | Verb::Approve | Verb::Reject);
    takes_any_words && words.next().is_some_and(|word| !DecisionId::is_form_of(bare(word)))
}

/// What is said of a line whose first word is no verb.
pub(super) fn without_verb(trigger: Trigger<'_>, word: &str, at: usize) -> GrammarFault {
    let name = trigger.name();
    let message = format!(
        "I took this for talk, since it begins with no command of mine: `/{name} help` lists them."
    );
    talk(word, at, message)
}

/// What is said of a line that begins like a command.
pub(super) fn with_verb(trigger: Trigger<'_>, word: &str, at: usize) -> GrammarFault {
    let name = trigger.name();
    let message = format!(
        "I took this for talk, as people talk behind `@{name}`. Behind `/{name}` everything is meant."
    );
    talk(word, at, message)
}

fn talk(word: &str, at: usize, message: String) -> GrammarFault {
    let fault = GrammarFault::new(ErrorKind::Talk, at..at + word.len(), message);
    if word.is_empty() { fault } else { fault.at(word) }
}

#[cfg(test)]
mod tests {
    use crate::core::command::grammar::talk::*;

    #[test]
    fn words_that_nobody_has_to_give_are_talk_without_a_decision() {
        for (verb, rest) in [
            (Verb::Hold, " on, I am testing"),
            (Verb::Hold, " cancel"),
            (Verb::Approve, " that was it"),
            (Verb::Approve, " #12"),
            (Verb::Reject, "\u{A0}worries"),
            (Verb::Reject, " wrong"),
        ] {
            assert!(goes_on_as_talk(verb, rest, true), "{verb}{rest}");
        }
        for (verb, rest) in [
            (Verb::Hold, ""),
            (Verb::Approve, " \t"),
            (Verb::Approve, " d7 that was it"),
            (Verb::Reject, " D7: no"),
            (Verb::Answer, " the second one"),
            (Verb::Tell, " use the other one"),
            (Verb::Crew, " coder reviewer tester"),
        ] {
            assert!(!goes_on_as_talk(verb, rest, true), "{verb}{rest}");
        }
    }

    #[test]
    fn four_words_that_fit_no_verb_are_a_sentence() {
        assert!(goes_on_as_talk(Verb::Status, " is still red", false));
        assert!(!goes_on_as_talk(Verb::Status, " still  red ", false));
        assert!(!goes_on_as_talk(Verb::Crew, " is still red", true));
    }
}
