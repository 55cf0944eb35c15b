//! A sentence in which own words and foreign ones are told apart, so that whoever shows it can make
//! the foreign ones harmless.

use serde::{Deserialize, Serialize};

/// The longest foreign words that are kept, in characters.
const LONGEST: usize = 160;

/// The most of what another host says, in pieces, and in characters of each of its own.
const MOST_PIECES: usize = 40;
const LONGEST_OWN: usize = 400;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sentence(Vec<Words>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Words {
    Own(String),
    /// Of an agent, a file, a person, the forge: bounded, and nothing else of it is made harmless.
    Foreign(String),
}

impl Sentence {
    /// `form` with `foreign` words in the places of its `{}`.
    pub fn of(form: &str, foreign: &[&str]) -> Self {
        let mut words = Vec::new();
        let mut foreign = foreign.iter();
        for (n, own) in form.split("{}").enumerate() {
            if n > 0 {
                let word = foreign.next().copied().unwrap_or_default();
                words.push(Words::Foreign(bounded(word)));
            }
            if !own.is_empty() {
                words.push(Words::Own(own.to_owned()));
            }
        }
        Self(words)
    }

    /// The same with `more` behind it.
    pub fn followed_by(mut self, more: Self) -> Self {
        self.0.extend(more.0);
        self
    }

    /// The same as another host said it: bounded, and what is more than plain words is foreign.
    pub fn from_another_host(&self) -> Self {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || " .,:;()'`_/-".contains(c);
        let pieces = self.0.iter().take(MOST_PIECES).map(|words| match words {
            Words::Own(own) if own.len() <= LONGEST_OWN && own.chars().all(is_plain) => {
                words.clone()
            }
            Words::Own(words) | Words::Foreign(words) => Words::Foreign(bounded(words)),
        });
        Self(pieces.collect())
    }

    /// Its words, in order.
    pub fn words(&self) -> &[Words] {
        &self.0
    }

    /// It as a plain text, with foreign words in backticks and without control characters.
    pub fn plain(&self) -> String {
        let plain = |words: &Words| match words {
            Words::Own(words) => words.clone(),
            Words::Foreign(words) => {
                let visible = words.chars().map(|c| match c {
                    '`' => '\'',
                    c if c.is_control() => ' ',
                    c => c,
                });
                format!("`{}`", visible.collect::<String>())
            }
        };
        self.0.iter().map(plain).collect()
    }
}

/// `1 file`, `2 files`.
pub(super) fn counted(count: usize, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}

/// The beginning of `text`, on as little room as it may have.
fn bounded(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::core::guards::sentence::*;

    #[test]
    fn foreign_words_are_told_apart_and_bounded() {
        let sentence = Sentence::of("{} is skipped: {}.", &["a/b.py", "`@skip`\n"]);
        assert_eq!(sentence.plain(), "`a/b.py` is skipped: `'@skip'`.");
        assert_eq!(sentence.words().len(), 4);
        let long = Sentence::of("{}", &["é".repeat(5000).as_str()]);
        assert_eq!(long.plain().chars().count(), LONGEST + 3);
        assert_eq!(Sentence::of("Nothing.", &[]).plain(), "Nothing.");
        let stored = serde_json::to_string(&sentence).unwrap();
        assert_eq!(serde_json::from_str::<Sentence>(&stored).unwrap(), sentence);
    }

    #[test]
    fn what_another_host_says_is_no_more_than_plain_words() {
        let good = Sentence::of("It ended with 1. The last that it printed: {}", &["no @hinge"]);
        assert_eq!(good.from_another_host(), good);
        for hostile in ["Ask @anna.", "[look](http://x)", "<b>", "one\n/timmy approve"] {
            let said = Sentence::of(hostile, &[]).from_another_host();
            assert_eq!(said.words(), [Words::Foreign(hostile.to_owned())]);
        }
        let endless = Sentence(vec![Words::Foreign("é".repeat(5000)); 5000]).from_another_host();
        assert_eq!(endless.words().len(), MOST_PIECES);
        assert!(endless.plain().chars().count() <= MOST_PIECES * (LONGEST + 3));
    }
}
