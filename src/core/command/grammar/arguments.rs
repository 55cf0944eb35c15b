//! The arguments of a command: each word goes, from left to right, where it belongs.

use std::ops::Range;

use super::fault::{ErrorKind, GrammarFault, excerpt};
use super::nearest::nearest;
use super::token::{CommandWord, plain, skip_blanks, token};
use crate::core::command::Note;
use crate::core::command::invisible::is_blank;
use crate::core::command::value::{ArgumentValue, Cause, DecisionId, JobId, bare};
use crate::core::command::verb::Verb;

/// What remains of a command line behind the verb.
pub(super) struct Arguments<'t> {
    name: &'t str,
    verb: Verb,
    text: &'t str,
    rest: &'t str,
    /// The byte of the line at which free text begins.
    free: usize,
}

/// Where one argument of a command is stored.
pub(super) trait ArgumentPlace {
    fn is_full(&self) -> bool;
    fn put(&mut self, word: &str) -> Result<(), Misfit>;
}

/// What a place would have taken instead.
pub(super) struct Misfit {
    expected: &'static str,
    known: Vec<&'static str>,
}

impl<T: ArgumentValue> ArgumentPlace for Option<T> {
    fn is_full(&self) -> bool {
        self.is_some()
    }

    fn put(&mut self, word: &str) -> Result<(), Misfit> {
        *self = Some(read(word)?);
        Ok(())
    }
}

impl<T: ArgumentValue> ArgumentPlace for Vec<T> {
    fn is_full(&self) -> bool {
        false
    }

    fn put(&mut self, word: &str) -> Result<(), Misfit> {
        self.push(read(word)?);
        Ok(())
    }
}

fn read<T: ArgumentValue>(word: &str) -> Result<T, Misfit> {
    T::read(word).ok_or_else(|| Misfit { expected: T::EXPECTED, known: T::known() })
}

/// The place of the arguments of a verb that takes none.
struct Nowhere;

impl ArgumentPlace for Nowhere {
    fn is_full(&self) -> bool {
        true
    }

    fn put(&mut self, _: &str) -> Result<(), Misfit> {
        Ok(()) // Never asked to, since it is full.
    }
}

impl<'t> Arguments<'t> {
    /// The arguments of `verb` on the line `text`, of which `rest` is what follows the verb.
    pub(super) fn new(name: &'t str, verb: Verb, text: &'t str, rest: &'t str) -> Self {
        Self { name, verb, text, rest, free: text.len() }
    }

    /// The byte of the line at which free text begins; its end if there is none.
    pub(super) fn free(&self) -> usize {
        self.free
    }

    pub(super) fn none(&mut self) -> Result<(), GrammarFault> {
        self.fill(&mut Nowhere, &mut [])
    }

    /// At most one word.
    pub(super) fn optional<T: ArgumentValue>(&mut self) -> Result<Option<T>, GrammarFault> {
        let mut place = None;
        self.fill(&mut place, &mut [])?;
        Ok(place)
    }

    /// Exactly one word.
    pub(super) fn required<T: ArgumentValue>(&mut self) -> Result<T, GrammarFault> {
        let place = self.optional()?;
        self.given(place)
    }

    /// Any number of words.
    pub(super) fn many<T: ArgumentValue>(&mut self) -> Result<Vec<T>, GrammarFault> {
        let mut place = Vec::new();
        self.fill(&mut place, &mut [])?;
        Ok(place)
    }

    /// Arguments of the form `key=` and nothing else.
    pub(super) fn keyed(
        &mut self,
        keys: &mut [(&'static str, &mut dyn ArgumentPlace)],
    ) -> Result<(), GrammarFault> {
        self.fill(&mut Nowhere, keys)
    }

    /// All remaining words: those with a key to the place of that name, the others to `plain`.
    pub(super) fn fill(
        &mut self,
        plain: &mut dyn ArgumentPlace,
        keys: &mut [(&'static str, &mut dyn ArgumentPlace)],
    ) -> Result<(), GrammarFault> {
        while let Some((token, at)) = self.next() {
            match token.key {
                None => self.put(&token, at, plain)?,
                Some(key) => {
                    let place = keys.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case(key));
                    match place {
                        Some((_, place)) => self.put(&token, at, *place)?,
                        None => {
                            let names: Vec<_> = keys.iter().map(|(name, _)| *name).collect();
                            return Err(self.unknown_key(&token, key, at, names));
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// `place`, which must hold something now that all words are read.
    pub(super) fn given<T>(&self, place: Option<T>) -> Result<T, GrammarFault> {
        place.ok_or_else(|| {
            let end = self.text.len();
            let message = format!("Something is missing: the form is {}.", self.usage());
            GrammarFault::new(ErrorKind::MissingArgument, end..end, message)
        })
    }

    /// One word, of which there may be more to come.
    pub(super) fn first<T: ArgumentValue>(&mut self) -> Result<T, GrammarFault> {
        let mut place = None;
        if let Some((token, at)) = self.next() {
            // Here `key=value` is a word like any other.
            let whole = CommandWord { value: token.whole(), key: None, ..token };
            self.put(&whole, at, &mut place)?;
        }
        self.given(place)
    }

    /// The id of a decision, if the next word is one.
    pub(super) fn decision(&mut self) -> Result<Option<DecisionId>, GrammarFault> {
        self.leading(DecisionId::is_form_of)
    }

    /// The id of a job, if the next word is one.
    pub(super) fn job(&mut self) -> Result<Option<JobId>, GrammarFault> {
        self.leading(JobId::is_form_of)
    }

    /// A cause, if the next word is one.
    pub(super) fn cause(&mut self) -> Result<Option<Cause>, GrammarFault> {
        self.leading(|word| Cause::read(word).is_some())
    }

    /// What the next word says, if it has the right form; punctuation behind it is dropped.
    fn leading<T: ArgumentValue>(
        &mut self,
        is_form_of: impl Fn(&str) -> bool,
    ) -> Result<Option<T>, GrammarFault> {
        let (start, at) = self.skip_blanks();
        let word = match plain(start) {
            Ok((rest, word)) if is_form_of(bare(word)) => {
                self.rest = rest;
                bare(word)
            }
            _ => return Ok(None),
        };
        match T::read(word) {
            Some(value) => Ok(Some(value)),
            None => Err(bad_value(word, at..at + word.len(), T::EXPECTED)),
        }
    }

    /// The rest of the line as a reason to hold, which the end of a hold is not.
    pub(super) fn reason_to_hold(&mut self) -> Result<Option<Note>, GrammarFault> {
        const ENDS: [&str; 5] = ["cancel", "off", "none", "clear", "remove"];
        let verb = self.verb_at();
        let Some(reason) = self.note() else { return Ok(None) };
        let word = reason.as_str();
        if !ENDS.iter().any(|end| bare(word).eq_ignore_ascii_case(end)) {
            return Ok(Some(reason));
        }
        let span = self.free..self.free + word.len();
        let fault = bad_value(word, span, "a reason to hold");
        Err(fault.suggest(Some(Verb::Unhold.name()), verb..self.text.len()))
    }

    /// The byte of the line at which the verb begins, as long as nothing behind it was read.
    fn verb_at(&self) -> usize {
        let before = &self.text[..self.text.len() - self.rest.len()];
        before.len() - before.rsplit(is_blank).next().map_or(0, str::len)
    }

    /// The rest of the line as free text, if anything is left.
    pub(super) fn note(&mut self) -> Option<Note> {
        let (rest, at) = self.skip_blanks();
        self.free = at;
        self.rest = "";
        Note::new(rest)
    }

    fn put(
        &self,
        token: &CommandWord<'_>,
        at: usize,
        place: &mut dyn ArgumentPlace,
    ) -> Result<(), GrammarFault> {
        let span = at..at + token.written.len();
        if place.is_full()
            && let Some(key) = token.key
        {
            let message = format!("`{key}=` stands there twice: keep one.");
            return Err(
                GrammarFault::new(ErrorKind::DuplicateArgument, span, message).at(token.written)
            );
        }
        if token.is_unclosed {
            let message = format!(
                "The quote that begins with `{}` is never closed: add a `\"`.",
                excerpt(token.written)
            );
            return Err(
                GrammarFault::new(ErrorKind::UnclosedQuote, span, message).at(token.written)
            );
        }
        if place.is_full() {
            let message =
                format!("`{}` is too much: write {}.", excerpt(token.written), self.usage());
            return Err(
                GrammarFault::new(ErrorKind::UnexpectedArgument, span, message).at(token.written)
            );
        }
        place.put(&token.value).map_err(|Misfit { expected, known }| {
            let value = token.key.map_or(at, |key| at + key.len() + 1)..span.end;
            bad_value(token.written, span, expected).suggest(nearest(&token.value, known), value)
        })
    }

    fn unknown_key(
        &self,
        token: &CommandWord<'_>,
        key: &str,
        at: usize,
        names: Vec<&'static str>,
    ) -> GrammarFault {
        let span = at..at + token.written.len();
        let message = format!("There is no `{}=` here: write {}.", excerpt(key), self.usage());
        GrammarFault::new(ErrorKind::UnexpectedArgument, span, message)
            .at(token.written)
            .suggest(nearest(key, names), at..at + key.len())
    }

    /// The next word and the byte of the line where it begins.
    fn next(&mut self) -> Option<(CommandWord<'t>, usize)> {
        let (start, at) = self.skip_blanks();
        let (rest, token) = token(start).ok().filter(|_| !start.is_empty())?;
        self.rest = rest;
        Some((token, at))
    }

    fn skip_blanks(&self) -> (&'t str, usize) {
        let rest = skip_blanks(self.rest);
        (rest, self.text.len() - rest.len())
    }

    fn usage(&self) -> String {
        let form = self.verb.form();
        let gap = if form.is_empty() { "" } else { " " };
        format!("`/{} {}{gap}{form}`", self.name, self.verb)
    }
}

fn bad_value(written: &str, span: Range<usize>, expected: &str) -> GrammarFault {
    let message = format!("`{}` is not {expected}.", excerpt(written));
    GrammarFault::new(ErrorKind::BadValue, span, message).at(written)
}
