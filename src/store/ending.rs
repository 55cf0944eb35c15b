//! Why a text needs nothing more, and which of these reasons say that a person spoke.

use super::columns::word_column;

/// Why nothing is left to do for a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Its commands were answered.
    Answered,
    /// Its commands ask for no answer.
    Silent,
    /// It holds no command.
    NoTrigger,
    /// timmy wrote it.
    Own,
    Agent,
    /// Its author is to be ignored.
    Ignored,
    /// A pseudo user of the forge wrote it, or a deleted one.
    Pseudo,
    /// It was brought here from elsewhere.
    Migrated,
    /// It says, or said once, that somebody else wrote it elsewhere.
    Relayed,
    /// Its repository is not watched.
    NotWatched,
    /// It is older than this ledger's first start, or than the repository's.
    TooOld,
    /// Another ledger of the same account handled it.
    ClaimedElsewhere,
    Deleted,
    /// Its review was not submitted yet: what was, is another version.
    Draft,
    /// The forge refuses what an answer would take.
    RefusedByForge,
    /// timmy itself failed at it.
    Bug,
    /// An edit whose commands are to be repeated in a new comment.
    Doubted,
    /// A newer version of it takes its place.
    Superseded,
    /// The forge does not show it: another author, or other words.
    Disproved,
}
word_column!(Ending {
    Answered = "answered",
    Silent = "silent",
    NoTrigger = "no_trigger",
    Own = "own",
    Agent = "agent",
    Ignored = "ignored",
    Pseudo = "pseudo",
    Migrated = "migrated",
    Relayed = "relayed",
    NotWatched = "not_watched",
    TooOld = "too_old",
    ClaimedElsewhere = "claimed_elsewhere",
    Deleted = "deleted",
    Draft = "draft",
    RefusedByForge = "refused_by_forge",
    Doubted = "doubted",
    Bug = "bug",
    Superseded = "superseded",
    Disproved = "disproved",
});

/// The endings that are [`denied`](Ending::is_denied), as SQL lists them.
macro_rules! denied {
    () => {
        "('disproved', 'deleted', 'draft')"
    };
}
pub(super) use denied;

impl Ending {
    /// Whether the forge did not show a version that ended so, or no longer: it is as if it had not
    /// been received, and comes in anew if it is told again.
    pub fn is_denied(self) -> bool {
        match self {
            Self::Disproved | Self::Deleted | Self::Draft => true,
            Self::Answered
            | Self::Silent
            | Self::NoTrigger
            | Self::Own
            | Self::Agent
            | Self::Ignored
            | Self::Pseudo
            | Self::Migrated
            | Self::Relayed
            | Self::NotWatched
            | Self::TooOld
            | Self::ClaimedElsewhere
            | Self::RefusedByForge
            | Self::Bug
            | Self::Doubted
            | Self::Superseded => false,
        }
    }

    /// Whether a text that ended so was a person's own word, spoken here: whoever wrote it takes
    /// part in the thread.
    pub fn counts_as_participation(self) -> bool {
        match self {
            Self::Answered
            | Self::Silent
            | Self::NoTrigger
            | Self::ClaimedElsewhere
            | Self::RefusedByForge
            | Self::Bug
            | Self::Doubted => true,
            // No person wrote it, or it gives nobody a part in the thread.
            Self::Own | Self::Agent | Self::Ignored | Self::Pseudo => false,
            // It was said by somebody else, or elsewhere.
            Self::Migrated | Self::Relayed => false,
            // It was not looked at.
            Self::NotWatched | Self::TooOld => false,
            // It does not stand on the forge, or not so.
            Self::Deleted | Self::Draft | Self::Superseded | Self::Disproved => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::store::ending::*;

    #[test]
    fn what_is_denied_is_listed_for_sql() {
        let conn = rusqlite::Connection::open_in_memory().expect("a database in memory");
        for ending in Ending::ALL {
            let listed: bool = conn
                .query_row(concat!("SELECT ?1 IN ", denied!()), [ending], |row| row.get(0))
                .expect("a question that can be answered");
            assert_eq!(listed, ending.is_denied(), "{ending:?}");
        }
    }
}
