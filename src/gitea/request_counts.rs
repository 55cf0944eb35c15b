//! How many requests the forge got, and how long it took to answer: since the start of the process.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::Method;

use crate::core::metrics::{Histogram, SECONDS};

/// How long the forge takes.
const TIMES: [u64; 7] =
    [SECONDS / 20, SECONDS / 10, SECONDS / 4, SECONDS / 2, SECONDS, 5 * SECONDS, 15 * SECONDS];

/// What was counted.
#[derive(Debug, Clone)]
pub struct RequestCounts {
    /// By method, and by what the answer was.
    pub by: BTreeMap<(&'static str, AnswerClass), u64>,
    pub took: Histogram,
}

/// What an answer was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AnswerClass {
    /// There was none.
    None,
    Success,
    Redirect,
    /// The request was wrong, or not allowed.
    Refused,
    /// The forge failed.
    Failed,
}

impl AnswerClass {
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Success => "2xx",
            Self::Redirect => "3xx",
            Self::Refused => "4xx",
            Self::Failed => "5xx",
        }
    }

    fn of(status: u16) -> Self {
        match status {
            0 => Self::None,
            1..300 => Self::Success,
            300..400 => Self::Redirect,
            400..500 => Self::Refused,
            500.. => Self::Failed,
        }
    }
}

/// Counts, from several requests at once.
#[derive(Debug)]
pub(super) struct RequestCounter(Mutex<RequestCounts>);

impl Default for RequestCounter {
    fn default() -> Self {
        Self(Mutex::new(RequestCounts { by: BTreeMap::new(), took: Histogram::new(&TIMES) }))
    }
}

impl RequestCounter {
    /// One more, which was answered with `status` after so long; 0 if it was not.
    pub(super) fn count(&self, method: &Method, status: u16, took: Duration) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.by.entry((name(method), AnswerClass::of(status))).or_default();
        *count = count.saturating_add(1);
        counts.took.observe(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    pub(super) fn counts(&self) -> RequestCounts {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The methods that are used.
fn name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use crate::gitea::request_counts::*;

    #[test]
    fn requests_are_counted_by_method_and_answer() {
        let counter = RequestCounter::default();
        for (method, status) in [
            (Method::GET, 200),
            (Method::GET, 204),
            (Method::GET, 404),
            (Method::POST, 503),
            (Method::POST, 0),
        ] {
            counter.count(&method, status, Duration::from_millis(300));
        }
        let RequestCounts { by, took } = counter.counts();
        let told: Vec<_> =
            by.iter().map(|((method, class), count)| (*method, class.name(), *count)).collect();
        assert_eq!(
            told,
            [("GET", "2xx", 2), ("GET", "4xx", 1), ("POST", "none", 1), ("POST", "5xx", 1)]
        );
        assert_eq!((took.count(), took.sum()), (5, 1_500_000));
    }
}
