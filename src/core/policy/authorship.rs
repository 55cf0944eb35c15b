//! Whose words are these? A text as it was received, held against what the forge shows of it.
//!
//! Whoever may write to a repository may edit everybody's comments there, the forge does not show
//! who did, and its times are whole seconds. A signed delivery says who wrote, but its secret is
//! known to whoever administers the webhook. So a text is its author's own only if both agree:
//! a delivery announced its creation, and the forge shows the same words, never edited.

use super::edits::keep_present;
use crate::core::command::grammar::{self, Reading};
use crate::core::model::text::{EditHistory, InboundText, ListedText, TextEvent};

/// How sure it is that a text says what its author wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Authorship {
    /// Everybody who may write to the repository could have put it into its author's mouth.
    AnyWriter,
    Author,
}

/// What comes of holding a text against the forge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReadBack {
    /// The forge shows what was received last.
    AsHeard(Authorship),
    /// The forge shows other words: a newer edit was not received yet, or the text is a forgery.
    OtherWords,
    /// The forge shows another author: nobody said that.
    AnotherAuthor,
}

/// Holds `inbound` against what the forge shows `now`. `versions` are all that were received of the
/// text, this one included, in the order in which they were written.
fn read_back<'a>(
    inbound: &InboundText,
    versions: impl Iterator<Item = &'a InboundText> + Clone,
    now: &ListedText,
) -> ReadBack {
    let id = |account: &Option<crate::core::model::account::Account>| {
        account.as_ref().map(|account| account.id)
    };
    // Whoever creates a text is its author: a delivery that names another sender is forged.
    let is_by_another =
        inbound.act != TextEvent::Edited && id(&inbound.sender) != id(&inbound.author);
    if is_by_another || id(&inbound.author) != id(&now.written.author) {
        return ReadBack::AnotherAuthor;
    }
    let newest = versions.clone().last().unwrap_or(inbound);
    if newest.body != now.written.body {
        return ReadBack::OtherWords;
    }
    let mut creations = versions.filter(|version| version.act != TextEvent::Edited);
    // Two that differ are one and an edit within the same second, whoever made that.
    let is_only_creation = creations.all(|version| version.body == inbound.body);
    let is_own = match (inbound.act, now.history) {
        (TextEvent::Edited, _) | (_, EditHistory::Edited | EditHistory::Unknown) => false,
        (TextEvent::Opened | TextEvent::Created, EditHistory::NeverEdited) => true,
        (TextEvent::Opened | TextEvent::Created, EditHistory::NoEditSeen) => {
            inbound.delivered && is_only_creation
        }
    };
    ReadBack::AsHeard(if is_own { Authorship::Author } else { Authorship::AnyWriter })
}

/// Whether `now` shows a text as its author sent it, and nobody is seen to have edited it. That is enough
/// for what informs: an edit within the second in which it was written shows nowhere, and tells nobody to
/// do anything.
pub fn is_authors_own<'a>(
    inbound: &InboundText,
    mut versions: impl Iterator<Item = &'a InboundText> + Clone,
    now: &ListedText,
) -> bool {
    let is_unedited = match now.history {
        EditHistory::NeverEdited | EditHistory::NoEditSeen => inbound.act != TextEvent::Edited,
        EditHistory::Edited | EditHistory::Unknown => false,
    };
    let is_as_heard = matches!(read_back(inbound, versions.clone(), now), ReadBack::AsHeard(_));
    is_unedited && is_as_heard && versions.all(|version| version.body == inbound.body)
}

/// What the lines of a text are worth, once it was read back.
#[derive(Debug)]
pub enum TextProof {
    /// The author wrote the text, and nobody edited it since.
    Stands {
        reading: Reading,
        authorship: Authorship,
        /// Whether they are to be said again, since nobody can vouch for them.
        doubtful: bool,
    },
    /// A newer edit may be on its way.
    Wait,
    /// Nobody wrote that; what shows it.
    Disproved(&'static str),
}

/// What `reading`, the lines of `inbound`, is worth if the forge shows `now`; timmy is called `own`
/// there. `may_wait`: there is still time for what was not received yet.
pub fn prove<'a>(
    inbound: &InboundText,
    versions: impl Iterator<Item = &'a InboundText> + Clone,
    now: &ListedText,
    reading: Reading,
    own: &str,
    may_wait: bool,
) -> TextProof {
    let (authorship, doubtful, reading) = match read_back(inbound, versions, now) {
        ReadBack::AnotherAuthor => return TextProof::Disproved("Gitea shows another author"),
        ReadBack::AsHeard(authorship) => (authorship, false, reading),
        ReadBack::OtherWords if may_wait => return TextProof::Wait,
        // The forge does not show there what an edit made of the text of a review.
        ReadBack::OtherWords
            if inbound.act == TextEvent::Edited && now.history == EditHistory::Unknown =>
        {
            (Authorship::AnyWriter, true, reading)
        }
        ReadBack::OtherWords => {
            let present = grammar::read(own, &now.written.body);
            (Authorship::AnyWriter, false, lines_still_present(reading, &present))
        }
    };
    match reading.is_empty() {
        true => TextProof::Disproved("Gitea does not show these words"),
        false => TextProof::Stands { reading, authorship, doubtful },
    }
}

/// What is left of `reading` in a text that by now holds `present`: lines that somebody took out
/// are not run.
pub fn lines_still_present(mut reading: Reading, present: &Reading) -> Reading {
    keep_present(&mut reading, present);
    reading
}

#[cfg(test)]
mod tests {
    use crate::core::model::account::Account;
    use crate::core::model::ids::{RepoId, Subject};
    use crate::core::model::repository::Repo;
    use crate::core::model::text::PostedText;
    use crate::core::model::time::Timestamp;
    use crate::core::policy::authorship::*;

    fn written(body: &str) -> PostedText {
        PostedText {
            number: 1,
            is_pull: false,
            author: Some(Account { id: 1, login: "alexander".into() }),
            migrated: false,
            body: body.to_owned(),
            created_at: Timestamp::default(),
            updated_at: Timestamp::default(),
        }
    }

    fn inbound(act: TextEvent, delivered: bool, body: &str) -> InboundText {
        let repo = Repo { id: RepoId(1), name: "a/b".parse().unwrap(), private: false };
        let written = written(body);
        let sender = written.author.clone();
        let inbound = written.into_inbound(Subject::Comment(1), repo, act, sender);
        InboundText { delivered, ..inbound }
    }

    fn shown(history: EditHistory, body: &str) -> ListedText {
        ListedText { subject: Subject::Comment(1), written: written(body), history, on_line: false }
    }

    fn of(all: &[InboundText], now: &ListedText) -> ReadBack {
        read_back(&all[0], all.iter(), now)
    }

    const OWN: ReadBack = ReadBack::AsHeard(Authorship::Author);
    const ANY: ReadBack = ReadBack::AsHeard(Authorship::AnyWriter);

    #[test]
    fn what_was_delivered_and_never_edited_is_its_authors_own() {
        let created = [inbound(TextEvent::Created, true, "x")];
        assert_eq!(of(&created, &shown(EditHistory::NoEditSeen, "x")), OWN);
        assert_eq!(of(&created, &shown(EditHistory::Edited, "x")), ANY);
        assert_eq!(of(&created, &shown(EditHistory::NoEditSeen, "y")), ReadBack::OtherWords);
    }

    #[test]
    fn what_only_a_poll_found_is_anybodys_unless_the_forge_counts_edits() {
        let polled = [inbound(TextEvent::Opened, false, "x")];
        assert_eq!(of(&polled, &shown(EditHistory::NoEditSeen, "x")), ANY);
        assert_eq!(of(&polled, &shown(EditHistory::NeverEdited, "x")), OWN);
    }

    #[test]
    fn an_edit_is_anybodys_whoever_is_said_to_have_made_it() {
        let edited = [inbound(TextEvent::Edited, true, "y")];
        assert_eq!(of(&edited, &shown(EditHistory::Edited, "y")), ANY);
        assert_eq!(of(&edited, &shown(EditHistory::NoEditSeen, "y")), ANY);
    }

    #[test]
    fn of_two_creations_with_different_words_neither_is_believed() {
        let both = [inbound(TextEvent::Created, true, "x"), inbound(TextEvent::Created, true, "y")];
        assert_eq!(of(&both, &shown(EditHistory::NoEditSeen, "y")), ANY);
    }

    #[test]
    fn another_author_said_nothing_of_it() {
        let mut forged = inbound(TextEvent::Created, true, "x");
        forged.author = Some(Account { id: 2, login: "alexander".into() });
        forged.sender = forged.author.clone();
        assert_eq!(of(&[forged], &shown(EditHistory::NoEditSeen, "x")), ReadBack::AnotherAuthor);
    }

    #[test]
    fn nor_did_whoever_is_said_to_have_sent_what_its_author_wrote() {
        let mut forged = inbound(TextEvent::Created, true, "x");
        forged.sender = Some(Account { id: 2, login: "alexander".into() });
        assert_eq!(of(&[forged], &shown(EditHistory::NoEditSeen, "x")), ReadBack::AnotherAuthor);
    }
}
