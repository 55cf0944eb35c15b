//! The text of a comment: finished when it is decided, and stored so.
//!
//! Two things are known only when it is sent: whether an effect that it speaks of failed (then a
//! [`Fallback`] stands in), and what a day's report says (its [`Source`]). Both are filled in
//! before the intent to send it is stored, so that the stored text is the one that was sent.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::core::command::value::DecisionId;
use crate::core::effect::defuse;
use crate::core::effect::marker::marker;

/// What a comment says, from its first word to its hidden marker.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// The text, in pieces that follow one another without a gap.
    segments: Vec<Segment>,
    /// Where the text comes from if it is written anew before each try; `segments` then hold what
    /// was sent last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<Source>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    pub text: String,
    /// What it says instead if an effect failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<Fallback>,
}

/// What a segment says if the effect failed without which its text is not true.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fallback {
    /// The key of the effect that is named.
    pub effect: String,
    /// Markdown, as it is sent; [`REASON`] stands for why the effect failed.
    pub text: String,
}

/// What stands in a [`Fallback`] for the reason. No text but timmy's own is put into one.
pub const REASON: &str = "{reason}";

/// Where a text comes from that is written right before it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Source {
    /// The report of a day: who may read it then decides what it may show.
    Report {
        #[serde(with = "date")]
        day: Date,
        /// Whether it may mention the owner.
        may_call: bool,
        /// Whether it is sent at any hour, because a person asked.
        at_once: bool,
    },
    /// What became of the issues that an epic was to become: which there are, is known only then.
    Split {
        decision: DecisionId,
        /// With what the keys of the effects begin that made them.
        key: String,
    },
}

/// A day as JSON holds it: `2026-11-22`.
mod date {
    use jiff::civil::Date;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(day: &Date, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(day)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Date, D::Error> {
        String::deserialize(from)?.parse().map_err(de::Error::custom)
    }
}

impl Body {
    /// A finished text.
    pub fn finished(text: impl Into<String>) -> Self {
        Self { segments: vec![Segment { text: text.into(), fallback: None }], source: None }
    }

    /// A text that is still to be written.
    pub fn from_source(source: Source) -> Self {
        Self { segments: Vec::new(), source: Some(source) }
    }

    /// Goes on with `text`.
    pub fn push(&mut self, text: &str) {
        match self.segments.last_mut() {
            Some(Segment { text: before, fallback: None }) => before.push_str(text),
            _ => self.segments.push(Segment { text: text.to_owned(), fallback: None }),
        }
    }

    /// Goes on with `text`, or with the fallback if its effect fails.
    pub fn push_or(&mut self, text: &str, fallback: Option<Fallback>) {
        match fallback {
            None => self.push(text),
            fallback => self.segments.push(Segment { text: text.to_owned(), fallback }),
        }
    }

    /// Ends with the marker of the effect `key`.
    #[must_use]
    pub fn marked(mut self, key: &str) -> Self {
        self.push(&format!("\n\n{}", marker(key)));
        self
    }

    /// Where the text comes from, if it is written anew before each try.
    pub fn source(&self) -> Option<&Source> {
        self.source.as_ref()
    }

    /// The keys of the effects on whose success the text depends.
    pub fn effects(&self) -> impl Iterator<Item = &str> {
        let fallbacks = self.segments.iter().filter_map(|segment| segment.fallback.as_ref());
        fallbacks.map(|fallback| fallback.effect.as_str())
    }

    /// The text, as it is if no effect fails.
    pub fn text(&self) -> String {
        self.segments.iter().map(|segment| segment.text.as_str()).collect()
    }

    /// The finished text. `failure` gives, for the key of an effect that failed, the reason, as
    /// the forge gave it.
    pub fn resolved(&self, failure: impl Fn(&str) -> Option<String>) -> Self {
        let shown = |segment: &Segment| {
            let failed = segment.fallback.as_ref();
            let failed = failed.and_then(|fallback| Some((failure(&fallback.effect)?, fallback)));
            match failed {
                Some((why, fallback)) => fallback.text.replace(REASON, &defuse::prose(&why)),
                None => segment.text.clone(),
            }
        };
        let text: String = self.segments.iter().map(shown).collect();
        Self { source: self.source.clone(), ..Self::finished(text) }
    }

    /// The same with the text that its source gave.
    #[must_use]
    pub fn written(&self, text: String) -> Self {
        Self { source: self.source.clone(), ..Self::finished(text) }
    }
}

#[cfg(test)]
mod tests {
    use crate::core::effect::body::*;

    fn body() -> Body {
        let mut body = Body::default();
        body.push("- one: ");
        let text = format!("**not done:** {REASON}.");
        body.push_or("done", Some(Fallback { effect: "c1.1".into(), text }));
        body.push("\n- two: done");
        let text = String::new();
        body.push_or("\n\nMore of one.", Some(Fallback { effect: "c1.1".into(), text }));
        body.marked("c1")
    }

    #[test]
    fn without_failure_the_text_is_the_one_that_was_decided() {
        let text = "- one: done\n- two: done\n\nMore of one.\n\n<!-- timmy key=c1 -->";
        assert_eq!(body().text(), text);
        assert_eq!(body().resolved(|_| None), Body::finished(text));
        assert_eq!(body().effects().collect::<Vec<_>>(), ["c1.1", "c1.1"]);
    }

    #[test]
    fn a_failure_is_told_where_the_text_would_not_be_true() {
        let failed = body().resolved(|key| (key == "c1.1").then(|| "no, @anna: `{reason}`".into()));
        let text = "- one: **not done:** no, @\u{200B}anna: `{reason}`.\n- two: done\n\n\
                    <!-- timmy key=c1 -->";
        assert_eq!(failed.text(), text);
        assert_eq!(failed.resolved(|_| Some("again".into())), failed, "it is told once");
    }

    #[test]
    fn pieces_that_depend_on_nothing_are_one() {
        let mut body = Body::default();
        body.push("a");
        body.push_or("b", None);
        assert_eq!(body, Body::finished("ab"));
    }
}
