//! An answer as Markdown: what came of the line in one sentence, and details.

use askama::Template as _;

use super::answer::Answer;
use super::filters;
use crate::core::effect::defuse;

impl Answer {
    /// All that is said, by the account `name`, as Markdown.
    pub fn text(&self, name: &str) -> String {
        RenderedAnswer::new(name, "", self).whole()
    }

    /// The first paragraph, said by the account `name`: what came of it, in one sentence.
    pub fn sentence(&self, name: &str) -> String {
        RenderedAnswer::new(name, "", self).outcome
    }
}

/// An answer as Markdown.
pub(super) struct RenderedAnswer {
    pub(super) said: String,
    outcome: String,
    pub(super) details: String,
}

impl RenderedAnswer {
    pub(super) fn new(name: &str, said: &str, answer: &Answer) -> Self {
        let name = filters::Name(name.to_owned());
        let text = answer
            .render_with_values(&name)
            .expect("a String takes everything, and the name is told");
        let (outcome, details) = text.trim().split_once("\n\n").unwrap_or((text.trim(), ""));
        Self {
            said: said.to_owned(),
            outcome: outcome.to_owned(),
            details: details.trim().to_owned(),
        }
    }

    pub(super) fn whole(&self) -> String {
        format!("{}\n\n{}", self.outcome, self.details).trim_end().to_owned()
    }

    /// The outcome as it goes on behind a colon.
    pub(super) fn in_a_list(&self) -> String {
        let start = self.outcome.find(|c: char| c != '*').unwrap_or(0);
        let (stars, words) = self.outcome.split_at(start);
        let end = words.find(|c: char| !c.is_alphabetic()).unwrap_or(words.len());
        let (first, rest) = words.split_at(end);
        match first {
            "I" => self.outcome.clone(),
            _ if rest.starts_with('/') => self.outcome.clone(),
            _ => format!("{stars}{}{rest}", first.to_lowercase()),
        }
    }

    /// The details, folded away under the line that they answer.
    pub(super) fn folded(&self) -> String {
        if self.details.starts_with("<details>") {
            return self.details.clone();
        }
        let summary = defuse::html(&self.said);
        format!("<details><summary>{summary}</summary>\n\n{}\n\n</details>", self.details)
    }
}
