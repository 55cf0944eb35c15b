//! What became of what came to the webhook, since the start of the process.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::StatusCode;

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookResult {
    Taken,
    /// Its signature is none of ours, or not for that repository.
    Refused,
    /// It is no delivery.
    Malformed,
    TooLarge,
    /// Its body did not come in time, or had to give way.
    Late,
    /// It could not be stored: polling finds what it told.
    NotStored,
}

impl WebhookResult {
    pub const ALL: [Self; 6] =
        [Self::Taken, Self::Refused, Self::Malformed, Self::TooLarge, Self::Late, Self::NotStored];

    pub fn name(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Refused => "refused",
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
            Self::Late => "late",
            Self::NotStored => "not_stored",
        }
    }

    /// What an answer says became of it. `is_read`: it came whole and was believed.
    fn of(status: StatusCode, is_read: bool) -> Self {
        match status {
            StatusCode::UNAUTHORIZED => Self::Refused,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            StatusCode::REQUEST_TIMEOUT => Self::Late,
            StatusCode::SERVICE_UNAVAILABLE if is_read => Self::NotStored,
            StatusCode::SERVICE_UNAVAILABLE => Self::Late,
            status if status.is_success() => Self::Taken,
            _ => Self::Malformed,
        }
    }
}

/// Counts them.
#[derive(Debug, Default)]
pub struct WebhookResults([AtomicU64; WebhookResult::ALL.len()]);

impl WebhookResults {
    /// One more, which was answered so.
    pub(super) fn count(&self, status: StatusCode, is_read: bool) {
        let result = WebhookResult::of(status, is_read);
        self.0[result as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// How many there were of each.
    pub fn counts(&self) -> [(WebhookResult, u64); WebhookResult::ALL.len()] {
        WebhookResult::ALL.map(|result| (result, self.0[result as usize].load(Ordering::Relaxed)))
    }
}

#[cfg(test)]
mod tests {
    use crate::web::webhook_results::*;

    #[test]
    fn each_answer_counts_once() {
        let results = WebhookResults::default();
        for (status, is_read) in [
            (202, true),
            (401, false),
            (401, true),
            (400, true),
            (413, false),
            (408, false),
            (503, false),
            (503, true),
        ] {
            results.count(StatusCode::from_u16(status).unwrap(), is_read);
        }
        let counted = results.counts().map(|(result, count)| (result.name(), count));
        assert_eq!(
            counted,
            [
                ("taken", 1),
                ("refused", 2),
                ("malformed", 1),
                ("too_large", 1),
                ("late", 2),
                ("not_stored", 1),
            ]
        );
    }
}
