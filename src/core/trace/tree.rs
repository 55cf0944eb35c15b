//! One trace, and the spans below its root.

use super::ids::{SpanId, TraceId, TraceSubject};
use super::span::Span;
use crate::core::model::time::Timestamp;

/// What the root of each trace is called.
const ROOT: &str = "root";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trace {
    id: TraceId,
}

impl Trace {
    /// That of `subject` in the ledger of this name.
    pub fn of(ledger: &str, subject: TraceSubject<'_>) -> Self {
        Self { id: TraceId::of(ledger, subject) }
    }

    pub fn id(self) -> TraceId {
        self.id
    }

    /// What of it is called `what`, which nothing else of it is.
    pub(super) fn span_id(self, what: &str) -> SpanId {
        SpanId::of(self.id, what)
    }

    /// All of it.
    pub fn root(self, name: &'static str, times: (Timestamp, Timestamp)) -> Span {
        self.span(name, ROOT, None, times)
    }

    /// A part right below the root. What began at the same moment under the same name is the same.
    pub fn step(self, name: &'static str, times: (Timestamp, Timestamp)) -> Span {
        let what = format!("{name}/{}", times.0.micros());
        self.below_root(name, &what, times)
    }

    /// The same of what may happen several times at one moment: `key` tells them apart.
    pub fn keyed_step(self, name: &'static str, key: &str, times: (Timestamp, Timestamp)) -> Span {
        self.below_root(name, &format!("{name}/{key}"), times)
    }

    pub(super) fn below_root(
        self,
        name: &'static str,
        what: &str,
        times: (Timestamp, Timestamp),
    ) -> Span {
        self.span(name, what, Some(self.span_id(ROOT)), times)
    }

    pub(super) fn span(
        self,
        name: &'static str,
        what: &str,
        parent: Option<SpanId>,
        (started, ended): (Timestamp, Timestamp),
    ) -> Span {
        Span {
            trace: self.id,
            id: self.span_id(what),
            parent,
            name,
            started,
            ended: ended.max(started),
            has_failed: false,
            facts: Vec::new(),
        }
    }
}
