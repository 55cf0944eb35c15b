//! What is new in a version of a text.
//!
//! A text is received in versions: its creation, then edits, by webhooks that may come late, twice
//! or never. A command runs once, in the version that brought it; a version that comes late runs
//! only what nobody has taken back since.

use crate::core::command::grammar::Reading;
use crate::core::model::text::{InboundText, TextEvent};

/// A version of a text beside the one in question.
#[derive(Debug, Clone, PartialEq)]
pub struct TextVersion {
    pub act: TextEvent,
    pub reading: Reading,
    /// The command lines of it that ran.
    pub ran: Vec<String>,
    /// Whether it was received after the one in question.
    pub came_later: bool,
    /// Whether it still has to be dealt with.
    pub waits: bool,
}

/// What is to be done with a version.
#[derive(Debug, Clone, PartialEq)]
pub enum NewLines {
    /// Only these lines were added; the others ran before.
    Lines(Reading),
    /// The creation of the text is not received yet, or who edited it is unknown: a webhook may
    /// still bring either.
    Wait,
    /// These lines are new, but whoever added them may not be their author, or the text was not
    /// received before.
    Doubt(Reading),
}

/// Puts versions of a text, given in the order of arrival, into the order in which they were
/// written.
///
/// The forge's clock is coarse, and webhooks overtake one another: within a second a creation comes
/// first, then each edit behind the version that it replaced, as far as edits show.
pub fn in_order<V>(mut versions: Vec<V>, text_of: impl Fn(&V) -> &InboundText) -> Vec<V> {
    versions.sort_by_key(|version| {
        let inbound = text_of(version);
        (inbound.updated_at, inbound.act == TextEvent::Edited)
    });
    for place in 1..versions.len() {
        let (done, rest) = versions.split_at(place);
        let (last, next) = (text_of(&done[place - 1]), text_of(&rest[0]));
        let follows = |version: &V| {
            let version = text_of(version);
            (version.updated_at, version.act) == (next.updated_at, TextEvent::Edited)
                && next.act == TextEvent::Edited
                && version.former_body.as_ref() == Some(&last.body)
        };
        if let Some(found) = rest.iter().position(follows) {
            versions[place..=place + found].rotate_right(1);
        }
    }
    versions
}

/// What is new in a version that holds `reading`, given the versions before and after it, each
/// oldest first.
///
/// `waited`: whether an edit has waited long enough for its creation; `by_author` whether
/// it is the author's own, if anybody knows.
pub fn new_lines_of(
    act: TextEvent,
    mut reading: Reading,
    before: &[TextVersion],
    after: &[TextVersion],
    waited: bool,
    by_author: Option<bool>,
) -> NewLines {
    // A second creation is an edit of the first, made within the same second.
    let is_behind =
        |former: &&TextVersion| act == TextEvent::Edited || former.act != TextEvent::Edited;
    if let Some(former) = before.last().filter(is_behind) {
        take_away(&mut reading, &lines(&former.reading));
    }
    if let Some(newest) = after.last() {
        keep_only(&mut reading, &lines(&newest.reading));
        take_away(&mut reading, &ran_in(after.iter()));
    }
    // An older version that came later ran what stands here.
    take_away(&mut reading, &ran_in(before.iter().filter(|version| version.came_later)));
    let is_edit = act == TextEvent::Edited;
    let has_creation = before.iter().any(|version| version.act != TextEvent::Edited);
    // It may say more than an edit may: it goes first.
    let older_waits = before.iter().any(|version| version.waits);
    if !is_edit || reading.commands.is_empty() {
        NewLines::Lines(reading)
    } else if (!has_creation || older_waits || by_author.is_none()) && !waited {
        NewLines::Wait
    } else if !has_creation || by_author != Some(true) {
        NewLines::Doubt(reading)
    } else {
        NewLines::Lines(reading)
    }
}

fn ran_in<'a>(versions: impl Iterator<Item = &'a TextVersion>) -> Vec<String> {
    versions.flat_map(|version| version.ran.iter().cloned()).collect()
}

/// The lines of a reading, commands and errors, as written.
fn lines(reading: &Reading) -> Vec<String> {
    let commands = reading.commands.iter().map(|line| line.text.clone());
    commands.chain(reading.errors.iter().map(|error| error.text.clone())).collect()
}

/// Drops each line once for each time that it stands in `others`.
fn take_away(reading: &mut Reading, others: &[String]) {
    let mut others = others.to_vec();
    let mut is_new = |text: &str| match others.iter().position(|other| other == text) {
        Some(found) => {
            others.swap_remove(found);
            false
        }
        None => true,
    };
    reading.commands.retain(|line| is_new(&line.text));
    reading.errors.retain(|error| is_new(&error.text));
}

/// Drops each line that does not stand in `present`.
pub(super) fn keep_present(reading: &mut Reading, present: &Reading) {
    keep_only(reading, &lines(present));
}

/// Drops each line that does not stand in `others`, counted.
fn keep_only(reading: &mut Reading, others: &[String]) {
    let mut others = others.to_vec();
    let mut stands = |text: &str| match others.iter().position(|other| other == text) {
        Some(found) => {
            others.swap_remove(found);
            true
        }
        None => false,
    };
    reading.commands.retain(|line| stands(&line.text));
    reading.errors.retain(|error| stands(&error.text));
}

#[cfg(test)]
mod tests {
    use crate::core::command::grammar::read;
    use crate::core::model::time::Timestamp;
    use crate::core::policy::edits::*;
    use crate::support::facts;

    fn reading(body: &str) -> Reading {
        read("timmy", body)
    }

    fn version(act: TextEvent, body: &str, ran: &[&str]) -> TextVersion {
        let ran = ran.iter().map(|line| (*line).to_owned()).collect();
        TextVersion { act, reading: reading(body), ran, came_later: false, waits: false }
    }

    fn new_lines(
        act: TextEvent,
        body: &str,
        before: &[TextVersion],
        after: &[TextVersion],
    ) -> Vec<String> {
        match new_lines_of(act, reading(body), before, after, true, Some(true)) {
            NewLines::Lines(reading) => lines(&reading),
            other => panic!("{other:?}"),
        }
    }

    const PING: &str = "/timmy ping";
    const HOLD: &str = "/timmy hold";

    fn inbound(second: i64, act: TextEvent, former: Option<&str>, body: &str) -> InboundText {
        let at = Timestamp::from_micros(second * 1_000_000);
        let former_body = former.map(str::to_owned);
        InboundText { act, former_body, ..facts::comment(1, at, body) }
    }

    #[test]
    fn edits_of_a_second_are_put_behind_what_they_replaced() {
        let written = [
            inbound(1, TextEvent::Created, None, PING),
            inbound(1, TextEvent::Edited, Some(PING), "x"),
            inbound(1, TextEvent::Edited, Some("x"), PING),
            inbound(2, TextEvent::Edited, Some(PING), "x"),
        ];
        for came in [[3, 2, 1, 0], [2, 0, 3, 1], [0, 1, 2, 3]] {
            let came = came.map(|at| written[at].clone());
            assert_eq!(in_order(came.into(), |inbound| inbound), written);
        }
    }

    #[test]
    fn edits_that_do_not_tell_what_they_replaced_stay_in_the_order_of_hearing() {
        let polled =
            [inbound(1, TextEvent::Edited, None, "x"), inbound(1, TextEvent::Edited, None, "y")];
        assert_eq!(in_order(polled.to_vec(), |inbound| inbound), polled);
    }

    #[test]
    fn an_edit_runs_what_it_added() {
        let created = version(TextEvent::Created, PING, &[PING]);
        let both = format!("{PING}\n{HOLD}");
        assert_eq!(new_lines(TextEvent::Edited, &both, &[created], &[]), [HOLD]);
    }

    #[test]
    fn the_same_line_twice_is_one_more() {
        let created = version(TextEvent::Created, PING, &[PING]);
        assert_eq!(
            new_lines(TextEvent::Edited, &format!("{PING}\n{PING}"), &[created], &[]),
            [PING]
        );
    }

    #[test]
    fn a_late_creation_runs_what_still_stands() {
        let edited = version(TextEvent::Edited, HOLD, &[]);
        let both = format!("{PING}\n{HOLD}");
        assert_eq!(new_lines(TextEvent::Created, &both, &[], &[edited]), [HOLD]);
    }

    #[test]
    fn a_late_edit_does_not_repeat_what_a_later_one_ran() {
        let created = version(TextEvent::Created, "", &[]);
        let later = version(TextEvent::Edited, &format!("{PING}\n{HOLD}"), &[PING, HOLD]);
        assert!(new_lines(TextEvent::Edited, PING, &[created], &[later]).is_empty());
    }

    #[test]
    fn there_and_back_runs_once_though_the_creation_comes_last() {
        let created =
            TextVersion { came_later: true, ..version(TextEvent::Created, PING, &[PING]) };
        let between = version(TextEvent::Edited, "", &[]);
        assert!(new_lines(TextEvent::Edited, PING, &[created, between], &[]).is_empty());
    }

    #[test]
    fn an_edit_lets_its_creation_go_first() {
        let created = TextVersion { waits: true, ..version(TextEvent::Created, "", &[]) };
        let edit = |waited| {
            new_lines_of(
                TextEvent::Edited,
                reading(PING),
                std::slice::from_ref(&created),
                &[],
                waited,
                Some(true),
            )
        };
        assert_eq!(edit(false), NewLines::Wait);
        assert!(matches!(edit(true), NewLines::Lines(_)));
    }

    #[test]
    fn an_edit_that_comes_first_waits_and_is_doubted_in_the_end() {
        let early =
            |waited| new_lines_of(TextEvent::Edited, reading(PING), &[], &[], waited, Some(true));
        assert_eq!(early(false), NewLines::Wait);
        let edited = [version(TextEvent::Edited, "", &[])];
        assert_eq!(
            new_lines_of(TextEvent::Edited, reading(PING), &edited, &[], false, Some(true)),
            NewLines::Wait
        );
        assert!(matches!(early(true), NewLines::Doubt(_)));
    }

    #[test]
    fn an_edit_by_nobody_knows_whom_waits_for_whoever_can_tell() {
        let created = [version(TextEvent::Created, PING, &[PING])];
        let found =
            |waited| new_lines_of(TextEvent::Edited, reading(HOLD), &created, &[], waited, None);
        assert_eq!(found(false), NewLines::Wait);
        assert!(matches!(found(true), NewLines::Doubt(_)));
    }

    #[test]
    fn a_creation_heard_twice_runs_once() {
        let first = version(TextEvent::Created, PING, &[PING]);
        assert_eq!(
            new_lines(TextEvent::Created, &format!("{PING}\n{HOLD}"), &[first], &[]),
            [HOLD]
        );
    }

    #[test]
    fn another_persons_edit_is_doubted_only_if_it_brings_commands() {
        let created = [version(TextEvent::Created, PING, &[PING])];
        let by_another =
            |body| new_lines_of(TextEvent::Edited, reading(body), &created, &[], true, Some(false));
        assert!(matches!(by_another(HOLD), NewLines::Doubt(_)));
        assert_eq!(by_another("nothing"), NewLines::Lines(Reading::default()));
    }
}
