//! What the forge shows of a review, and what follows: it is there, it is yet to be posted, it is of a
//! commit that is the head no more, or nobody needs it any longer.

use super::finding::{Finding, Grade};
use super::judge::Findings;
use crate::core::guards::GuardFinding;
use crate::core::jobs::event::{AgentClaim, OutcomeDigest, Verdict};
use crate::core::jobs::ids::Commit;
use crate::core::model::verdict::Opinion;

/// What the forge shows of a review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewedFacts {
    /// The head that the attempt was given.
    pub given: Commit,
    pub pull: ReviewedPull,
    /// The last review by the agent's account since it began, of the head that it was given or of the
    /// one that there is now.
    pub own: Option<SeenReview>,
    pub posting: ReviewPosting,
    /// Whether it has words that can be posted for it.
    pub has_words: bool,
    /// Whether one that came too late is made once more.
    pub may_look_again: bool,
    /// What the guards say of who reviews, and of what is said.
    pub guards: Vec<GuardFinding>,
}

/// The pull request that is reviewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReviewedPull {
    Open {
        head: Commit,
    },
    Merged,
    /// Closed, or gone.
    Over,
}

/// A review by the agent's own account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenReview {
    /// Its number.
    pub review: i64,
    pub commit: Commit,
    pub opinion: Opinion,
    /// How many comments on lines it has.
    pub remarks: i64,
    /// What it says as a whole.
    pub body: String,
    /// Whether somebody dismissed it: then it is there, and says nothing any more.
    pub is_dismissed: bool,
}

/// What became of what timmy posts for an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReviewPosting {
    /// It does not: nobody asked for it yet.
    None,
    /// It is on its way.
    Waits,
    /// It is there, as this comment if it is one.
    Done { comment: Option<i64> },
    /// It will never be, for this reason.
    Failed(String),
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReviewLook {
    Judged(Findings),
    /// timmy posts what the agent says of this commit: as a review, or, where that is the head no more,
    /// as a comment.
    Post {
        commit: Commit,
        as_review: bool,
    },
    /// It is looked at again.
    Wait,
    /// The pull request is over, and nobody needs the review.
    Over {
        is_merged: bool,
    },
}

/// What follows from what the agent says and what the forge shows.
///
/// A review by its own account decides whatever it says; what it says is posted for it otherwise, as
/// long as no guard blocks it.
pub fn judge_review(claim: &AgentClaim, facts: &ReviewedFacts) -> ReviewLook {
    let ReviewedFacts { given, pull, own, guards, .. } = facts;
    let mut findings: Vec<Finding> = guards.iter().cloned().map(Finding::Guard).collect();
    let head = match pull {
        ReviewedPull::Open { head } => Some(head),
        ReviewedPull::Merged | ReviewedPull::Over => None,
    };
    let moved = |commit: &Commit| {
        let head = head.filter(|head| *head != commit)?;
        Some(Finding::HeadMoved { reviewed: commit.clone(), head: head.clone() })
    };
    let is_blocked = findings.iter().any(|finding| finding.grade() >= Grade::Block);
    if let Some(own) = own {
        if *claim == AgentClaim::Nothing {
            findings.push(Finding::NoResultLine);
        }
        findings.extend(moved(&own.commit));
        if own.is_dismissed {
            findings.push(Finding::Dismissed);
        }
        return judged(claim, findings, Some(own.commit.clone()), None);
    }
    if *claim == AgentClaim::Blocked {
        return judged(claim, vec![Finding::Blocked], None, None);
    }
    let Some(head) = head else {
        return ReviewLook::Over { is_merged: *pull == ReviewedPull::Merged };
    };
    let named = match claim {
        AgentClaim::Review(review) => review.commit.as_ref(),
        AgentClaim::Comment => None,
        AgentClaim::PullRequest { .. }
        | AgentClaim::NoChange { .. }
        | AgentClaim::Blocked
        | AgentClaim::Nothing => return judged(claim, vec![Finding::NoReview], None, None),
    };
    if !facts.has_words {
        return judged(claim, vec![Finding::NoReview], None, None);
    }
    let reviewed = named.unwrap_or(given);
    if reviewed != given && reviewed != head {
        findings.push(Finding::OtherCommit { reviewed: reviewed.clone() });
        return judged(claim, findings, None, None);
    }
    if is_blocked {
        return judged(claim, findings, None, None);
    }
    match &facts.posting {
        ReviewPosting::Waits => return ReviewLook::Wait,
        ReviewPosting::Failed(reason) => {
            findings.push(Finding::NotPosted { reason: reason.clone() });
            return judged(claim, findings, None, None);
        }
        ReviewPosting::Done { comment } => {
            let moved = moved(reviewed);
            if comment.is_some() && moved.is_none() {
                findings.push(Finding::PostedByTimmy);
            }
            findings.extend(moved);
            // The forge shows it yet, or somebody took it away: it was there.
            return judged(claim, findings, Some(reviewed.clone()), *comment);
        }
        ReviewPosting::None => {}
    }
    match moved(reviewed) {
        None => ReviewLook::Post { commit: reviewed.clone(), as_review: true },
        Some(_) if !facts.may_look_again => {
            ReviewLook::Post { commit: reviewed.clone(), as_review: false }
        }
        Some(moved) => {
            findings.push(moved);
            ReviewLook::Judged(Findings {
                verdict: Verdict::HeadMoved,
                ..found(claim, findings, None, None)
            })
        }
    }
}

fn judged(
    claim: &AgentClaim,
    findings: Vec<Finding>,
    commit: Option<Commit>,
    comment: Option<i64>,
) -> ReviewLook {
    ReviewLook::Judged(found(claim, findings, commit, comment))
}

fn found(
    claim: &AgentClaim,
    mut findings: Vec<Finding>,
    commit: Option<Commit>,
    comment: Option<i64>,
) -> Findings {
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.grade()));
    let verdict = match findings.first().map(Finding::grade) {
        Some(Grade::Nothing) => Verdict::Nothing,
        Some(Grade::Stuck) => Verdict::Stuck,
        Some(Grade::Block | Grade::Ask) => Verdict::Unfit,
        Some(Grade::Warn) | None => Verdict::Pass { ask: false },
    };
    let grave = findings.iter().filter(|finding| finding.grade() > Grade::Warn);
    let claimed = if *claim == AgentClaim::Blocked { "blocked" } else { "review" };
    let codes: Vec<&str> = std::iter::once(claimed).chain(grave.map(Finding::code)).collect();
    let digest = OutcomeDigest(codes.join(" "));
    Findings { verdict, commit, pull: None, merged: None, comment, findings, digest }
}

#[cfg(test)]
mod tests {
    use crate::core::guards::{FindingCode, GuardName, Sentence};
    use crate::core::jobs::evidence::review::*;
    use crate::core::jobs::review::ReviewClaim;

    fn commit(letter: char) -> Commit {
        letter.to_string().repeat(40).parse().unwrap()
    }

    fn says(named: Option<char>) -> AgentClaim {
        let (opinion, commit) = (Opinion::Approved, named.map(commit));
        AgentClaim::Review(Box::new(ReviewClaim { opinion, commit, findings: vec![], left_out: 0 }))
    }

    /// ezra's review of `a` is asked for, and nothing is there yet.
    fn asked() -> ReviewedFacts {
        ReviewedFacts {
            given: commit('a'),
            pull: ReviewedPull::Open { head: commit('a') },
            own: None,
            posting: ReviewPosting::None,
            has_words: true,
            may_look_again: true,
            guards: Vec::new(),
        }
    }

    fn own(of: char) -> Option<SeenReview> {
        let (review, opinion, remarks, body) = (3, Opinion::Approved, 0, String::new());
        let is_dismissed = false;
        Some(SeenReview { review, commit: commit(of), opinion, remarks, body, is_dismissed })
    }

    fn look(claim: &AgentClaim, facts: &ReviewedFacts) -> (Verdict, Vec<String>) {
        let look = judge_review(claim, facts);
        let ReviewLook::Judged(found) = look else { panic!("{look:?}") };
        (found.verdict, found.findings.iter().map(|one| one.code().to_owned()).collect())
    }

    /// This verdict, and the codes of what was found.
    fn told(verdict: Verdict, codes: &[&str]) -> (Verdict, Vec<String>) {
        (verdict, codes.iter().map(|code| (*code).to_owned()).collect())
    }

    const PASS: Verdict = Verdict::Pass { ask: false };

    #[test]
    fn what_is_said_of_the_head_is_posted_once() {
        let post = ReviewLook::Post { commit: commit('a'), as_review: true };
        for claim in [says(Some('a')), says(None), AgentClaim::Comment] {
            assert_eq!(judge_review(&claim, &asked()), post);
        }
        let waits = ReviewedFacts { posting: ReviewPosting::Waits, ..asked() };
        assert_eq!(judge_review(&says(None), &waits), ReviewLook::Wait);
        let done = |comment| ReviewedFacts { posting: ReviewPosting::Done { comment }, ..asked() };
        assert_eq!(look(&says(None), &done(None)), told(PASS, &[]));
        assert_eq!(look(&says(None), &done(Some(7))), told(PASS, &["posted_by_timmy"]));
        let failed = ReviewPosting::Failed("forbidden".to_owned());
        let failed = ReviewedFacts { posting: failed, ..asked() };
        assert_eq!(look(&says(None), &failed), told(Verdict::Unfit, &["not_posted"]));
    }

    #[test]
    fn a_review_of_its_own_is_the_evidence_whatever_it_says() {
        let facts = ReviewedFacts { own: own('a'), ..asked() };
        assert_eq!(look(&says(Some('a')), &facts), told(PASS, &[]));
        assert_eq!(look(&AgentClaim::Nothing, &facts), told(PASS, &["no_result_line"]));
        // What was pushed since makes nothing undone, nor does a merge.
        let pull = ReviewedPull::Open { head: commit('b') };
        let later = ReviewedFacts { pull, ..facts.clone() };
        assert_eq!(look(&says(None), &later), told(PASS, &["head_moved"]));
        let merged = ReviewedFacts { pull: ReviewedPull::Merged, ..facts };
        assert_eq!(look(&says(None), &merged), told(PASS, &[]));
        // Nobody posts again what somebody dismissed.
        let dismissed = own('a').map(|own| SeenReview { is_dismissed: true, ..own });
        let dismissed = ReviewedFacts { own: dismissed, ..asked() };
        assert_eq!(look(&says(None), &dismissed), told(PASS, &["dismissed"]));
    }

    #[test]
    fn a_head_that_moved_is_reviewed_once_more_and_then_told() {
        let pull = ReviewedPull::Open { head: commit('b') };
        let moved = ReviewedFacts { pull, ..asked() };
        assert_eq!(look(&says(Some('a')), &moved), told(Verdict::HeadMoved, &["head_moved"]));
        let again = ReviewedFacts { may_look_again: false, ..moved.clone() };
        let post = ReviewLook::Post { commit: commit('a'), as_review: false };
        assert_eq!(judge_review(&says(Some('a')), &again), post);
        // It looked at what there is now.
        let post = ReviewLook::Post { commit: commit('b'), as_review: true };
        assert_eq!(judge_review(&says(Some('b')), &moved), post);
        assert_eq!(look(&says(Some('c')), &moved), told(Verdict::Unfit, &["other_commit"]));
    }

    #[test]
    fn nobody_needs_a_review_of_what_is_over() {
        for (pull, is_merged) in [(ReviewedPull::Merged, true), (ReviewedPull::Over, false)] {
            let facts = ReviewedFacts { pull, ..asked() };
            assert_eq!(judge_review(&says(None), &facts), ReviewLook::Over { is_merged });
        }
    }

    #[test]
    fn whoever_says_nothing_of_it_has_reviewed_nothing() {
        let none = told(Verdict::Nothing, &["no_review"]);
        for claim in [
            AgentClaim::Nothing,
            AgentClaim::NoChange { cited: vec![] },
            AgentClaim::PullRequest { number: Some(1), commit: None },
        ] {
            assert_eq!(look(&claim, &asked()), none, "{claim:?}");
        }
        let wordless = ReviewedFacts { has_words: false, ..asked() };
        assert_eq!(look(&AgentClaim::Comment, &wordless), none);
        assert_eq!(look(&AgentClaim::Blocked, &asked()), told(Verdict::Stuck, &["blocked"]));
    }

    #[test]
    fn what_a_guard_blocks_is_never_posted() {
        let said = Sentence::of("{} reviews its own work.", &["ezra"]);
        let guards = vec![GuardFinding::new(GuardName::Author, FindingCode::ReviewedItself, said)];
        let facts = ReviewedFacts { guards, ..asked() };
        assert_eq!(look(&says(None), &facts), told(Verdict::Unfit, &["reviewed_itself"]));
        let facts = ReviewedFacts { own: own('a'), ..facts };
        assert_eq!(look(&says(None), &facts), told(Verdict::Unfit, &["reviewed_itself"]));
    }
}
