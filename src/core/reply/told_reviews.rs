//! What a question tells of reviews by agents.

use std::collections::BTreeMap;

use crate::core::jobs::{GivenReview, JobRecord};

/// The last word of each agent, in the order in which they were said; nothing that was dismissed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ToldReviews {
    /// Of the very commit that is asked about.
    pub(super) reviews: Vec<GivenReview>,
    /// Of an earlier one, by those who said nothing of that.
    pub(super) earlier: Vec<GivenReview>,
}

impl ToldReviews {
    pub(super) fn of(record: &JobRecord) -> Self {
        let commit = record.job.past.commit.as_ref();
        let is_now = |review: &GivenReview| Some(&review.head) == commit;
        let mut last: BTreeMap<&str, (usize, &GivenReview)> = BTreeMap::new();
        for (nth, review) in record.reviews.iter().enumerate() {
            let outdoes = last.get(&*review.agent).is_none_or(|(_, last)| {
                // What was said of this commit stands, whatever was said of another one since.
                is_now(review) || !is_now(last)
            });
            if outdoes && !review.is_dismissed {
                last.insert(&review.agent, (nth, review));
            }
        }
        let mut last: Vec<_> = last.into_values().collect();
        last.sort_unstable_by_key(|(nth, _)| *nth);
        let last = last.into_iter().map(|(_, review)| review.clone());
        let (reviews, earlier) = last.partition(is_now);
        Self { reviews, earlier }
    }
}
