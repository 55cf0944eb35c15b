//! Traces: what became of a text, and of a job, as spans that any collector of OpenTelemetry
//! understands.
//!
//! A job lives for days and over restarts, so nothing keeps a trace open. Its ids are made of what
//! the ledger has (`ids`), and so are those of the spans that others lie below: whoever finishes one
//! says where it belongs without having seen the rest. A span that is sent twice has the same id
//! both times.
//!
//! Nothing that somebody wrote can stand in a span, since there is no kind of value that holds it
//! ([`SpanValue`]).

mod effect_owner;
mod ids;
mod job;
mod span;
mod tree;

pub use effect_owner::{EffectOwner, TextKey, effect_owner};
pub use ids::{SpanId, TraceId, TraceSubject};
pub use job::{attempt_span, guard_span, job_spans};
pub use span::{Span, SpanValue};
pub use tree::Trace;
