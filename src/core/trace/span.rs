//! One span: something that took time, and is over.

use super::ids::{SpanId, TraceId};
use crate::core::model::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub trace: TraceId,
    pub id: SpanId,
    /// The span that it is a part of; none for the root of the trace.
    pub parent: Option<SpanId>,
    /// One of a few words.
    pub name: &'static str,
    pub started: Timestamp,
    /// Not before it started, whatever the clock did.
    pub ended: Timestamp,
    /// Whether it came to nothing.
    pub has_failed: bool,
    pub facts: Vec<(&'static str, SpanValue)>,
}

/// What may be said of a span. No text of people, agents or the forge can become one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpanValue {
    /// A number, or the number of something.
    Number(i64),
    /// A word of timmy's own.
    Word(&'static str),
    /// A name out of timmy's configuration: an agent's, a guard's.
    Configured(String),
}

impl Span {
    #[must_use]
    pub fn with(mut self, key: &'static str, value: SpanValue) -> Self {
        self.facts.push((key, value));
        self
    }

    #[must_use]
    pub fn number(self, key: &'static str, value: impl Into<i64>) -> Self {
        self.with(key, SpanValue::Number(value.into()))
    }

    #[must_use]
    pub fn word(self, key: &'static str, value: &'static str) -> Self {
        self.with(key, SpanValue::Word(value))
    }

    #[must_use]
    pub fn configured(self, key: &'static str, name: &str) -> Self {
        self.with(key, SpanValue::Configured(name.to_owned()))
    }

    #[must_use]
    pub fn failed(mut self, has_failed: bool) -> Self {
        self.has_failed = has_failed;
        self
    }
}
