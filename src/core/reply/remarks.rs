//! What is said of remarks that were dealt with.

use askama::Template;

use super::filters;
use crate::core::effect::AnswerRemarks;
use crate::core::jobs::{Commit, ToldReview};

/// The answer to the remarks of a review, once the result at `head` is verified; none if it has no
/// remark.
pub(super) fn remarks_answered(review: &ToldReview, head: &Commit) -> Option<AnswerRemarks> {
    // What stands in no comment of its own is only listed.
    let comments = review.remarks.iter().map(|remark| remark.comment);
    let comments: Vec<i64> = comments.filter(|comment| *comment > 0).collect();
    let is_changed = review.commit.as_ref() != Some(head);
    let said = |page: AnsweredPage<'_>| {
        page.render().expect("a String takes everything").trim().to_owned()
    };
    (!review.remarks.is_empty()).then(|| AnswerRemarks {
        comments,
        word: said(AnsweredPage { head, is_changed, listed: None }),
        listed: said(AnsweredPage { head, is_changed, listed: Some(review) }),
    })
}

#[derive(Template)]
#[template(path = "job/remarks.md")]
struct AnsweredPage<'a> {
    head: &'a Commit,
    /// Whether there is another commit than the one that was reviewed.
    is_changed: bool,
    listed: Option<&'a ToldReview>,
}
