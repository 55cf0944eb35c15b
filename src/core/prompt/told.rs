//! What an agent is told of what people say to it.

use askama::Template;

use super::filters;
use crate::core::jobs::{ToldReview, ToldText};

/// A review that asks for changes: what it says is data, though whoever gave it may command.
#[derive(Template)]
#[template(path = "prompt/review.md")]
pub(super) struct ToldReviewText<'a> {
    by: Option<&'a str>,
    text: &'a str,
    review: &'a ToldReview,
}

impl<'a> ToldReviewText<'a> {
    /// The review that `told` is, if it is one.
    pub(super) fn of(told: &'a ToldText) -> Option<Self> {
        let review = told.review.as_ref()?;
        Some(Self { by: told.by.as_deref(), text: told.text.trim(), review })
    }

    pub(super) fn words(&self) -> String {
        self.render().expect("a String takes everything").trim().to_owned()
    }
}

/// What an agent that works is told, in one message.
pub fn told_words(told: &ToldText) -> String {
    ToldReviewText::of(told).map_or_else(|| told.text.clone(), |review| review.words())
}
