//! Whose words are these? A text as it was heard, held against what the forge shows of it.
//!
//! Whoever may write to a repository may edit everybody's comments there, the forge does not tell
//! who did, and its times are whole seconds. A signed delivery tells who wrote, but its secret is
//! known to whoever administers the webhook. So a text is its author's own only if both agree:
//! a delivery told of its creation, and the forge shows the same words, never edited.

use super::edits::keep_standing;
use super::grammar::Reading;
use super::heard::{Act, Heard, History, Seen};

/// How sure it is that a text says what its author wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Authorship {
    /// Everybody who may write to the repository could have put it into its author's mouth.
    AnyWriter,
    /// It is its author's own.
    Author,
}

/// What comes of holding a text against the forge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadBack {
    /// The forge shows what was heard last.
    AsHeard(Authorship),
    /// The forge shows other words: a newer edit was not heard yet, or the text is a forgery.
    OtherWords,
    /// The forge shows another author: nobody said that.
    AnotherAuthor,
}

/// Holds `heard` against what the forge shows `now`. `versions` are all that were heard of the
/// text, this one included, in the order in which they were written.
pub fn read_back<'a>(
    heard: &Heard,
    versions: impl Iterator<Item = &'a Heard> + Clone,
    now: &Seen,
) -> ReadBack {
    let id = |account: &Option<super::heard::Account>| account.as_ref().map(|account| account.id);
    if id(&heard.author) != id(&now.written.author) {
        return ReadBack::AnotherAuthor;
    }
    let newest = versions.clone().last().unwrap_or(heard);
    if newest.body != now.written.body {
        return ReadBack::OtherWords;
    }
    let mut creations = versions.filter(|version| version.act != Act::Edited);
    // Two that differ are one and an edit within the same second, whoever made that.
    let is_only_creation = creations.all(|version| version.body == heard.body);
    let is_own = match (heard.act, now.history) {
        (Act::Edited, _) | (_, History::Edited | History::Unknown) => false,
        (Act::Opened | Act::Created, History::NeverEdited) => true,
        (Act::Opened | Act::Created, History::NoEditSeen) => heard.delivered && is_only_creation,
    };
    ReadBack::AsHeard(if is_own { Authorship::Author } else { Authorship::AnyWriter })
}

/// What is left of `reading` in a text that by now holds `present`: lines that somebody took out
/// are not run.
pub fn still_standing(mut reading: Reading, present: &Reading) -> Reading {
    keep_standing(&mut reading, present);
    reading
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::heard::{Account, Repo, Written};
    use crate::core::ids::{RepoId, Subject};
    use crate::core::time::Timestamp;

    fn written(body: &str) -> Written {
        Written {
            number: 1,
            is_pull: false,
            author: Some(Account { id: 1, login: "alexander".into() }),
            migrated: false,
            body: body.to_owned(),
            created_at: Timestamp::default(),
            updated_at: Timestamp::default(),
        }
    }

    fn heard(act: Act, delivered: bool, body: &str) -> Heard {
        let repo = Repo { id: RepoId(1), name: "a/b".parse().unwrap(), private: false };
        let heard = written(body).heard(Subject::Comment(1), repo, act, None);
        Heard { delivered, ..heard }
    }

    fn shown(history: History, body: &str) -> Seen {
        Seen { subject: Subject::Comment(1), written: written(body), history }
    }

    fn of(all: &[Heard], now: &Seen) -> ReadBack {
        read_back(&all[0], all.iter(), now)
    }

    const OWN: ReadBack = ReadBack::AsHeard(Authorship::Author);
    const ANY: ReadBack = ReadBack::AsHeard(Authorship::AnyWriter);

    #[test]
    fn what_was_delivered_and_never_edited_is_its_authors_own() {
        let created = [heard(Act::Created, true, "x")];
        assert_eq!(of(&created, &shown(History::NoEditSeen, "x")), OWN);
        assert_eq!(of(&created, &shown(History::Edited, "x")), ANY);
        assert_eq!(of(&created, &shown(History::NoEditSeen, "y")), ReadBack::OtherWords);
    }

    #[test]
    fn what_only_a_poll_found_is_anybodys_unless_the_forge_counts_edits() {
        let polled = [heard(Act::Opened, false, "x")];
        assert_eq!(of(&polled, &shown(History::NoEditSeen, "x")), ANY);
        assert_eq!(of(&polled, &shown(History::NeverEdited, "x")), OWN);
    }

    #[test]
    fn an_edit_is_anybodys_whoever_is_said_to_have_made_it() {
        let edited = [heard(Act::Edited, true, "y")];
        assert_eq!(of(&edited, &shown(History::Edited, "y")), ANY);
        assert_eq!(of(&edited, &shown(History::NoEditSeen, "y")), ANY);
    }

    #[test]
    fn of_two_creations_with_different_words_neither_is_believed() {
        let both = [heard(Act::Created, true, "x"), heard(Act::Created, true, "y")];
        assert_eq!(of(&both, &shown(History::NoEditSeen, "y")), ANY);
    }

    #[test]
    fn another_author_said_nothing_of_it() {
        let mut forged = heard(Act::Created, true, "x");
        forged.author = Some(Account { id: 2, login: "alexander".into() });
        assert_eq!(of(&[forged], &shown(History::NoEditSeen, "x")), ReadBack::AnotherAuthor);
    }
}
