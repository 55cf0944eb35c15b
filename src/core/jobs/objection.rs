//! Reviews of a pull request for which it is not merged: by timmy, or by the forge.

use std::collections::BTreeMap;

use super::ids::Commit;
use super::review::GivenReview;
use crate::core::model::text::Review;
use crate::core::model::verdict::{Opinion, ReviewVerdict};

/// A review that asks for changes with the force to hold up a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// Whose, by login; none for a deleted user.
    pub by: Option<String>,
    /// Of which commit; may be empty.
    pub commit: String,
    pub force: ObjectionForce,
}

/// What a review that asks for changes means for a merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectionForce {
    /// timmy itself merges nothing as long as it stands.
    Heeded,
    /// It is of an earlier commit. Whether the forge heeds it is the branch's rule.
    Old,
    /// An agent's, which the question tells.
    Told,
    /// The same, and that agent approved since: to the forge it stands, since what an agent approves is a
    /// comment there.
    TakenBack,
}

impl Objection {
    /// What holds up the merge of `commit` in these reviews, the oldest first: one at most of each person
    /// who is known.
    /// `told`: those of agents, which people read with the question. Who approved later does not object any
    /// more; nothing that was said later of an earlier commit, as it may be after a push that went back,
    /// makes less of what was said of this one.
    pub fn all(reviews: &[Review], told: &[GivenReview], commit: &Commit) -> Vec<Self> {
        let said = reviews.iter().map(|review| {
            let by = review.text.written.author.as_ref().map(|by| by.login.clone());
            (by, &review.verdict)
        });
        Self::among(said, told, commit)
    }

    fn among<'a>(
        said: impl Iterator<Item = (Option<String>, &'a ReviewVerdict)>,
        told: &[GivenReview],
        commit: &Commit,
    ) -> Vec<Self> {
        let mut all = BTreeMap::new();
        for (by, verdict) in said.filter(|(_, said)| said.is_official && !said.is_dismissed) {
            let is_old = verdict.is_stale && verdict.commit != commit.to_string();
            // One deleted user cannot be told from another: what one said takes nothing of another's back.
            let key = (by.clone(), if by.is_some() { 0 } else { verdict.review });
            let is_heeded =
                all.get(&key).is_some_and(|one: &Self| one.force == ObjectionForce::Heeded);
            match verdict.opinion {
                Opinion::ChangesRequested => {
                    let force = ObjectionForce::of(verdict.review, is_old, told);
                    if is_heeded && force != ObjectionForce::Heeded {
                        continue;
                    }
                    let commit = verdict.commit.clone();
                    all.insert(key, Self { by, commit, force });
                }
                Opinion::Approved if is_old && is_heeded => {}
                Opinion::Approved => drop(all.remove(&key)),
                Opinion::Comment => {}
            }
        }
        all.into_values().collect()
    }
}

impl ObjectionForce {
    fn of(review: i64, is_old: bool, told: &[GivenReview]) -> Self {
        match told.iter().find(|given| given.review == Some(review)) {
            Some(given) if approved_since(told, given) => Self::TakenBack,
            Some(_) => Self::Told,
            None if is_old => Self::Old,
            None => Self::Heeded,
        }
    }
}

/// Whether the last word of whose review this is approves.
fn approved_since(told: &[GivenReview], given: &GivenReview) -> bool {
    let mut its = told.iter().filter(|other| other.agent == given.agent && !other.is_dismissed);
    its.next_back().is_some_and(|last| last.opinion == Opinion::Approved)
}

#[cfg(test)]
mod tests {
    use ObjectionForce::{Heeded, Old, Told};

    use super::*;
    use crate::core::jobs::{Fence, JobId, ReviewFollowUp};
    use crate::core::model::verdict::Opinion::{Approved, ChangesRequested, Comment};

    fn given(agent: &str, opinion: Opinion, is_dismissed: bool) -> GivenReview {
        GivenReview {
            attempt: Fence(1),
            job: JobId(1),
            review: Some(1),
            pull: 9,
            agent: agent.to_owned(),
            head: "a".repeat(40).parse().expect("forty digits"),
            opinion,
            places: Vec::new(),
            left_out: 0,
            follow_up: ReviewFollowUp::Nothing,
            is_dismissed,
        }
    }

    /// What the reviews of one person mean of the commit `b`, each of `a` or `b`, the newest last.
    fn means(said: &[(Opinion, char)], told: &[GivenReview]) -> Option<ObjectionForce> {
        let all = objections(Some("anna"), said, told);
        assert!(all.len() <= 1, "{all:?}");
        all.first().map(|objection| objection.force)
    }

    /// The same of reviews by `by`, or by people of whom nobody knows who they are.
    fn objections(
        by: Option<&str>,
        said: &[(Opinion, char)],
        told: &[GivenReview],
    ) -> Vec<Objection> {
        let commit = |letter: char| letter.to_string().repeat(40);
        let verdict = |(nth, (opinion, letter)): (i64, &(Opinion, char))| ReviewVerdict {
            review: nth,
            opinion: *opinion,
            commit: commit(*letter),
            is_stale: *letter != 'b',
            is_dismissed: false,
            is_official: true,
        };
        let said: Vec<ReviewVerdict> = (1..).zip(said).map(verdict).collect();
        let said = said.iter().map(|verdict| (by.map(str::to_owned), verdict));
        Objection::among(said, told, &commit('b').parse().expect("a commit"))
    }

    #[test]
    fn what_a_deleted_user_said_takes_nothing_of_anothers_back() {
        let said = [(ChangesRequested, 'b'), (Approved, 'b'), (ChangesRequested, 'a')];
        let all = objections(None, &said, &[]);
        let forces: Vec<ObjectionForce> = all.iter().map(|one| one.force).collect();
        assert_eq!(forces, [Heeded, Old]);
    }

    #[test]
    fn the_last_word_counts_that_is_of_this_commit() {
        assert_eq!(means(&[(ChangesRequested, 'a')], &[]), Some(Old));
        assert_eq!(means(&[(ChangesRequested, 'b')], &[]), Some(Heeded));
        let told = [given("ezra", ChangesRequested, false)];
        assert_eq!(means(&[(ChangesRequested, 'b')], &told), Some(Told));
        let later = [GivenReview { review: Some(2), ..told[0].clone() }];
        assert_eq!(
            means(&[(ChangesRequested, 'b'), (ChangesRequested, 'b')], &later),
            Some(Heeded)
        );
        assert_eq!(means(&[(ChangesRequested, 'b'), (ChangesRequested, 'a')], &[]), Some(Heeded));
        assert_eq!(means(&[(ChangesRequested, 'b'), (Comment, 'b')], &[]), Some(Heeded));
        assert_eq!(means(&[(ChangesRequested, 'b'), (Approved, 'b')], &[]), None);
        assert_eq!(means(&[(ChangesRequested, 'b'), (Approved, 'a')], &[]), Some(Heeded));
        assert_eq!(means(&[(ChangesRequested, 'a'), (Approved, 'a')], &[]), None);
    }

    #[test]
    fn only_the_last_word_of_an_agent_takes_its_own_back() {
        let asked = given("bezalel", ChangesRequested, false);
        let after = |later| approved_since(&[asked.clone(), later], &asked);
        assert!(after(given("bezalel", Approved, false)));
        assert!(!after(given("bezalel", Approved, true)));
        assert!(!after(given("ezra", Approved, false)));
        let thrice = [asked.clone(), given("bezalel", Approved, false), asked.clone()];
        assert!(!approved_since(&thrice, &asked));
    }
}
