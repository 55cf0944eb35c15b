//! What is wrong with a command line, in words that help.

use std::borrow::Cow;
use std::ops::Range;

use serde::Serialize;

use crate::core::command::invisible::Invisible;

/// The kinds of errors. Their names in JSON are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The first word is no verb.
    UnknownVerb,
    /// Nothing follows `/timmy`.
    MissingVerb,
    /// An argument is missing that the verb needs.
    MissingArgument,
    /// The verb takes no such argument, or not so many.
    UnexpectedArgument,
    /// An argument is not of the form that it must have.
    BadValue,
    /// A key is given twice.
    DuplicateArgument,
    /// A quote is opened and not closed.
    UnclosedQuote,
    /// The line holds a character that nobody can see.
    InvisibleCharacter,
    /// The comment holds more than [`MOST_COMMANDS`] command lines; none of them runs.
    TooManyCommands,
    /// The blocks of the comment are nested too deeply to read it; none of its commands runs.
    TooDeep,
    /// Said to the bot, but no command.
    Talk,
}

/// A command line that cannot be run, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LineError {
    /// Its number in the body, from 1.
    pub line: usize,
    pub kind: ErrorKind,
    /// The offending word, as written; for an invisible character its number, `U+202E`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The nearest known word: one edit away, or two from five letters on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<&'static str>,
    /// One or two sentences to the person: what is wrong and what to do. Holds what they wrote.
    pub message: String,
    /// The line as written, from the trigger on.
    #[serde(skip)]
    pub text: String,
    /// [`LineError::message`] without its suggestion.
    #[serde(skip)]
    pub problem: String,
    /// The line with the suggestion in place of the offending word.
    #[serde(skip)]
    pub corrected: Option<String>,
}

/// A fault, before it is known on which line it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GrammarFault {
    pub(super) kind: ErrorKind,
    /// The bytes of the line that the offending word takes.
    pub(super) span: Range<usize>,
    token: Option<String>,
    suggestion: Option<Suggestion>,
    message: String,
}

/// A word to put in the place of some bytes of the line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Suggestion {
    word: &'static str,
    place: Range<usize>,
}

impl GrammarFault {
    /// A fault of the whole line or comment.
    pub(super) fn new(kind: ErrorKind, span: Range<usize>, message: String) -> Self {
        Self { kind, span, token: None, suggestion: None, message }
    }

    /// With the offending word.
    pub(super) fn at(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// With a word that fits instead of what stands at `place`, if there is one.
    pub(super) fn suggest(mut self, word: Option<&'static str>, place: Range<usize>) -> Self {
        if let Some(word) = word {
            self.suggestion = Some(Suggestion { word, place });
        }
        self
    }

    /// More than [`MOST_COMMANDS`] command lines.
    pub(super) fn too_many() -> Self {
        let message = format!(
            "This is command {} of the comment, and {MOST_COMMANDS} are the most I take at once, \
             so I ran none. Split them over several comments.",
            MOST_COMMANDS + 1
        );
        Self::new(ErrorKind::TooManyCommands, 0..0, message)
    }

    /// Blocks are nested too deeply to be read.
    pub(super) fn too_deep() -> Self {
        let message = "The lists and quotes of this comment are nested too deeply for me to read \
                       it, so I ran nothing. Repeat your commands in a comment of their own.";
        Self::new(ErrorKind::TooDeep, 0..0, message.to_owned())
    }

    /// A character that nobody can see, at byte `at`.
    pub(super) fn invisible(at: usize, c: Invisible) -> Self {
        let message = format!(
            "The line holds {c}, which nobody can see, so I did not run it. Type the line anew."
        );
        Self::new(ErrorKind::InvisibleCharacter, at..at, message).at(&c.code_point())
    }

    /// The error on line `line`, which says `text`.
    pub(super) fn on(self, line: usize, text: &str) -> LineError {
        let corrected = self.suggestion.as_ref().map(|Suggestion { word, place }| {
            format!("{}{word}{}", &text[..place.start], &text[place.end..])
        });
        LineError {
            line,
            kind: self.kind,
            token: self.token,
            message: match &self.suggestion {
                Some(Suggestion { word, .. }) => format!("{} Did you mean `{word}`?", self.message),
                None => self.message.clone(),
            },
            suggestion: self.suggestion.map(|suggestion| suggestion.word),
            problem: self.message,
            text: text.to_owned(),
            corrected,
        }
    }
}

/// As much of `word` as fits into a message.
pub(super) fn excerpt(word: &str) -> Cow<'_, str> {
    const MOST: usize = 60;
    match word.char_indices().nth(MOST) {
        Some((end, _)) => Cow::Owned(format!("{}…", &word[..end])),
        None => Cow::Borrowed(word),
    }
}

/// How many command lines a comment may hold; talk does not count.
pub const MOST_COMMANDS: usize = 10;
