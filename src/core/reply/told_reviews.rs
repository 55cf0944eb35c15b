//! What a question tells of reviews by agents.

use crate::core::jobs::{GivenReview, JobRecord};
use crate::core::model::verdict::Opinion;

/// The last word of each agent, in the order in which they were said.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ToldReviews {
    /// Of the very commit that is asked about.
    pub(super) reviews: Vec<GivenReview>,
    /// Of an earlier one, by those who said nothing of that.
    pub(super) earlier: Vec<GivenReview>,
    /// What they asked for of that commit and somebody dismissed or deleted; not of those who say something else of it.
    pub(super) dismissed: Vec<GivenReview>,
}

impl ToldReviews {
    pub(super) fn of(record: &JobRecord) -> Self {
        let commit = record.job.past.commit.as_ref();
        let is_now = |review: &GivenReview| Some(&review.head) == commit;
        let all = &record.reviews;
        let reviews = last_of_each(all, |review| is_now(review) && !review.is_dismissed);
        let says_now = |review: &GivenReview| reviews.iter().any(|now| now.agent == review.agent);
        let earlier = last_of_each(all, |review| {
            !is_now(review) && !review.is_dismissed && !says_now(review)
        });
        let dismissed = last_of_each(all, |review| {
            let asked = review.opinion == Opinion::ChangesRequested;
            is_now(review) && review.is_dismissed && asked && !says_now(review)
        });
        Self { reviews, earlier, dismissed }
    }
}

fn last_of_each(
    reviews: &[GivenReview],
    is_meant: impl Fn(&GivenReview) -> bool,
) -> Vec<GivenReview> {
    let mut last: Vec<GivenReview> = Vec::new();
    for review in reviews.iter().filter(|review| is_meant(review)) {
        last.retain(|other| other.agent != review.agent);
        last.push(review.clone());
    }
    last
}
