//! Reviews of a pull request for which it is not merged: by timmy, or by the forge.

use std::collections::BTreeMap;

use super::ids::Commit;
use crate::core::model::text::Review;
use crate::core::model::verdict::{Opinion, ReviewVerdict};

/// What a review means that asks for changes with the force to hold up a merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objection {
    /// timmy itself merges nothing as long as it stands.
    Heeded,
    /// It is of an earlier commit. Whether the forge heeds it is the branch's rule.
    Old,
    /// An agent's, which the question tells, and what that said later: to the forge it stands, since what
    /// an agent approves is a comment there.
    Told,
}

impl Objection {
    /// Who objects to `commit`, by login, in these reviews, the oldest first. `told`: the numbers of those
    /// that people read with the question. Who approved later does not object any more; not if that was
    /// of an earlier commit, as it may be after a push that went back.
    pub fn of(reviews: &[Review], told: &[i64], commit: &Commit) -> BTreeMap<String, Self> {
        let said = reviews.iter().map(|review| (login(review), &review.verdict));
        Self::among(said, told, commit)
    }

    fn among<'a>(
        said: impl Iterator<Item = (String, &'a ReviewVerdict)>,
        told: &[i64],
        commit: &Commit,
    ) -> BTreeMap<String, Self> {
        let mut by = BTreeMap::new();
        for (login, verdict) in said.filter(|(_, said)| said.is_official && !said.is_dismissed) {
            let is_old = verdict.is_stale && verdict.commit != commit.to_string();
            let objection = match (told.contains(&verdict.review), is_old) {
                (true, _) => Self::Told,
                (false, true) => Self::Old,
                (false, false) => Self::Heeded,
            };
            match verdict.opinion {
                Opinion::ChangesRequested => {
                    by.insert(login, objection);
                }
                Opinion::Approved if is_old && by.get(&login) == Some(&Self::Heeded) => {}
                Opinion::Approved => {
                    by.remove(&login);
                }
                Opinion::Comment => {}
            }
        }
        by
    }
}

fn login(review: &Review) -> String {
    let by = review.text.written.author.as_ref();
    by.map_or_else(|| "a deleted user".to_owned(), |by| by.login.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::model::verdict::Opinion::{Approved, ChangesRequested, Comment};

    /// What the reviews of one person mean of the commit `b`, each of `a` or `b`, the newest last.
    fn means(said: &[(Opinion, char)], told: &[i64]) -> Option<Objection> {
        let commit = |letter: char| letter.to_string().repeat(40);
        let verdict = |(nth, (opinion, letter)): (usize, &(Opinion, char))| ReviewVerdict {
            review: nth as i64 + 1,
            opinion: *opinion,
            commit: commit(*letter),
            is_stale: *letter != 'b',
            is_dismissed: false,
            is_official: true,
        };
        let said: Vec<ReviewVerdict> = said.iter().enumerate().map(verdict).collect();
        let said = said.iter().map(|verdict| ("anna".to_owned(), verdict));
        let commit = commit('b').parse().expect("a commit");
        Objection::among(said, told, &commit).into_values().next()
    }

    #[test]
    fn the_last_word_counts_that_is_of_this_commit() {
        assert_eq!(means(&[(ChangesRequested, 'a')], &[]), Some(Objection::Old));
        assert_eq!(means(&[(ChangesRequested, 'b')], &[]), Some(Objection::Heeded));
        assert_eq!(means(&[(ChangesRequested, 'b')], &[1]), Some(Objection::Told));
        assert_eq!(means(&[(ChangesRequested, 'b'), (Comment, 'b')], &[]), Some(Objection::Heeded));
        assert_eq!(means(&[(ChangesRequested, 'b'), (Approved, 'b')], &[]), None);
        assert_eq!(
            means(&[(ChangesRequested, 'b'), (Approved, 'a')], &[]),
            Some(Objection::Heeded)
        );
        assert_eq!(means(&[(ChangesRequested, 'a'), (Approved, 'a')], &[]), None);
    }
}
