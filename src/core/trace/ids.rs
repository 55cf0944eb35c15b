//! The ids of traces and spans, made of what the ledger has.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::core::model::ids::JobId;

/// What a trace is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TraceSubject<'a> {
    /// A version of a text, by the key that its effects begin with: `c812`.
    Text(&'a str),
    Job(JobId),
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceId([u8; 16]);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpanId([u8; 8]);

impl TraceId {
    /// The trace of `subject` in the ledger of this name: always the same one.
    pub fn of(ledger: &str, subject: TraceSubject<'_>) -> Self {
        let subject = match subject {
            TraceSubject::Text(key) => key.to_owned(),
            TraceSubject::Job(id) => id.to_string(),
        };
        Self(first(&digest(&["trace", ledger, &subject])))
    }

    pub fn bytes(self) -> [u8; 16] {
        self.0
    }
}

impl SpanId {
    /// What of a trace is called `what`, which nothing else of it is.
    pub(super) fn of(trace: TraceId, what: &str) -> Self {
        Self(first(&digest(&["span", &trace.to_string(), what])))
    }

    pub fn bytes(self) -> [u8; 8] {
        self.0
    }
}

/// No two lists of parts have the same one: none of the parts holds a zero.
fn digest(parts: &[&str]) -> [u8; 32] {
    Sha256::digest(parts.join("\0")).into()
}

/// The first bytes. None of zeros alone, which would be no id: collectors drop those.
fn first<const N: usize>(digest: &[u8; 32]) -> [u8; N] {
    let mut id = [0; N];
    id.copy_from_slice(&digest[..N]);
    if id == [0; N] {
        id[N - 1] = 1;
    }
    id
}

fn hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

/// As collectors show it.
impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0, f)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0, f)
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TraceId({self})")
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpanId({self})")
    }
}

#[cfg(test)]
mod tests {
    use crate::core::trace::ids::*;

    /// Spans of an attempt that runs over an upgrade are in one trace: these must not change.
    #[test]
    fn the_ids_are_always_the_same() {
        let job = TraceId::of("x7k2m4pq", TraceSubject::Job(JobId(42)));
        assert_eq!(job, TraceId::of("x7k2m4pq", TraceSubject::Job(JobId(42))));
        assert_eq!(job.to_string().len(), 32);
        assert_eq!(SpanId::of(job, "root"), SpanId::of(job, "root"));
        assert_eq!(SpanId::of(job, "root").to_string().len(), 16);
        assert_eq!(job.bytes(), first::<16>(&digest(&["trace", "x7k2m4pq", "j42"])));
    }

    #[test]
    fn nothing_else_has_the_same_one() {
        let mut all = vec![
            TraceId::of("one", TraceSubject::Job(JobId(1))),
            TraceId::of("one", TraceSubject::Job(JobId(2))),
            TraceId::of("two", TraceSubject::Job(JobId(1))),
            TraceId::of("one", TraceSubject::Text("c1")),
            TraceId::of("one", TraceSubject::Text("c1.e7")),
            TraceId::of("one", TraceSubject::Text("i1")),
        ];
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), count);
        assert_ne!(SpanId::of(all[0], "a"), SpanId::of(all[0], "b"));
        assert_ne!(SpanId::of(all[0], "a"), SpanId::of(all[1], "a"));
    }

    #[test]
    fn no_id_is_zeros_alone() {
        assert_eq!(first::<8>(&[0; 32]), [0, 0, 0, 0, 0, 0, 0, 1]);
    }
}
