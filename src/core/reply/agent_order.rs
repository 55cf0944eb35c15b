//! What is said to an agent that watches the forge: that the work is its own, and where to put it.

use askama::Template;

use super::filters;

/// An order, as far as it is said in a sentence.
#[derive(Debug, Clone)]
pub struct CalledAgent<'a> {
    pub account: &'a str,
    /// Where to push, if it is to push.
    pub branch: Option<String>,
    pub is_review: bool,
    pub base_branch: &'a str,
    pub base: String,
    /// The pull request that is there already.
    pub pull: Option<i64>,
}

#[derive(Template)]
#[template(path = "job/order.md")]
struct OrderLine<'a> {
    order: &'a CalledAgent<'a>,
    commit: String,
}

impl CalledAgent<'_> {
    /// The sentence that calls it.
    pub fn text(&self) -> String {
        let commit = self.base.chars().take(7).collect();
        let text = OrderLine { order: self, commit }.render();
        text.expect("a String takes everything").trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::core::reply::agent_order::*;

    #[test]
    fn an_agent_is_called_and_told_where_to_push() {
        let order = CalledAgent {
            account: "ezra",
            branch: Some("timmy/41-j42".to_owned()),
            is_review: false,
            base_branch: "main",
            base: "8b195ee08b195ee08b195ee08b195ee08b195ee0".to_owned(),
            pull: None,
        };
        assert_snapshot!(order.text(), @"@ezra, this is yours: push to `timmy/41-j42`, begun at `8b195ee` of `main`, and open a pull request from there.");
        let again = CalledAgent { pull: Some(57), ..order.clone() };
        assert_snapshot!(again.text(), @r"@ezra, \#57 is yours to go on with: push to `timmy/41-j42`.");
        let word = CalledAgent { branch: None, ..order.clone() };
        assert_snapshot!(word.text(), @"@ezra, this is yours: answer in a comment here.");
        let review = CalledAgent { is_review: true, ..word };
        assert_snapshot!(review.text(), @"@ezra, this is yours to review.");
    }
}
