//! What the handling of a text took, step by step, for its trace.

use crate::core::model::text::TextEvent;
use crate::core::model::time::Timestamp;
use crate::core::trace::{Span, TextKey, Trace, TraceSubject};
use crate::store::inbox::InboxText;

/// The steps of one try, as they are done.
pub(super) struct TextSteps {
    began: Timestamp,
    /// What each is called, and when it was done.
    done: Vec<(&'static str, Timestamp)>,
}

impl TextSteps {
    pub(super) fn begin(now: Timestamp) -> Self {
        Self { began: now, done: Vec::new() }
    }

    /// What was done since the step before, or the beginning.
    pub(super) fn did(&mut self, step: &'static str, now: Timestamp) {
        self.done.push((step, now));
    }

    /// All of them, of `text`, with how long that waited before.
    pub(super) fn spans(&self, ledger: &str, text: &TracedInbound) -> Vec<Span> {
        let trace = Trace::of(ledger, TraceSubject::Text(&text.key.to_string()));
        let waited = trace
            .step("receive", (text.received_at, self.began))
            .word("timmy.source", if text.delivered { "webhook" } else { "poll" })
            .number("timmy.tries", text.tries);
        let mut spans = vec![waited];
        let mut since = self.began;
        for (step, at) in &self.done {
            spans.push(trace.step(step, (since, *at)));
            since = *at;
        }
        spans
    }
}

/// What a trace says of a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct TracedInbound {
    pub(super) key: TextKey,
    received_at: Timestamp,
    delivered: bool,
    tries: u32,
}

impl TracedInbound {
    pub(super) fn of(text: &InboxText) -> Self {
        let edit = (text.inbound.act == TextEvent::Edited).then_some(text.seq.0);
        Self {
            key: TextKey { subject: text.inbound.subject, edit },
            received_at: text.received_at,
            delivered: text.inbound.delivered,
            tries: text.tries,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::core::model::ids::Subject;
    use crate::engine::inbox::steps::*;

    #[test]
    fn each_step_begins_where_the_one_before_ended() {
        let at = Timestamp::from_micros;
        let mut steps = TextSteps::begin(at(20));
        steps.did("parse", at(21));
        steps.did("rights", at(25));
        let key = TextKey { subject: Subject::Comment(812), edit: None };
        let text = TracedInbound { key, received_at: at(10), delivered: true, tries: 0 };
        let spans = steps.spans("x7k2m4pq", &text);
        let times: Vec<_> = spans
            .iter()
            .map(|span| (span.name, span.started.micros(), span.ended.micros()))
            .collect();
        assert_eq!(times, [("receive", 10, 20), ("parse", 20, 21), ("rights", 21, 25)]);
        assert!(spans.iter().all(|span| span.parent == spans[0].parent && span.parent.is_some()));
    }
}
