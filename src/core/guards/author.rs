//! The guard `author`: who made a commit, who reviews it, and who says that it was verified.

use super::code::FindingCode;
use super::finding::GuardFinding;
use super::name::GuardName;
use super::result::GuardResult;
use super::sentence::Sentence;

/// Who stands behind a change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuthorFacts {
    /// Who pushed the head, by login; none if nobody can tell.
    pub pusher: Option<String>,
    /// The accounts of agents that posted timmy's own status.
    pub forged_by: Vec<String>,
}

/// Who reviews whose work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewFacts {
    pub reviewer: String,
    /// Whose model the reviewer runs.
    pub reviewer_family: Option<String>,
    /// Whose account made what is reviewed.
    pub author: String,
    pub author_family: Option<String>,
}

/// Judges who made a change.
pub fn author(facts: &AuthorFacts) -> GuardResult {
    let mut findings: Vec<_> = facts
        .forged_by
        .iter()
        .map(|login| {
            let form = "{} posted `timmy/verify`, which only I may post.";
            found(FindingCode::ForgedVerdict, Sentence::of(form, &[login]))
        })
        .collect();
    if facts.pusher.is_none() {
        let form = "Nobody can tell who pushed the head of the branch.";
        findings.push(found(FindingCode::UnknownPusher, Sentence::of(form, &[])));
    }
    let pusher = facts.pusher.as_deref().unwrap_or_default();
    GuardResult::new(GuardName::Author, Sentence::of("{} pushed it", &[pusher]), findings)
}

/// Judges who reviews.
pub fn reviewer(facts: &ReviewFacts) -> GuardResult {
    let ReviewFacts { reviewer, reviewer_family, author, author_family } = facts;
    let mut findings = Vec::new();
    if reviewer.eq_ignore_ascii_case(author) {
        let form = "{} reviews its own work.";
        findings.push(found(FindingCode::ReviewedItself, Sentence::of(form, &[reviewer])));
    } else if let Some(family) =
        reviewer_family.as_ref().filter(|f| Some(*f) == author_family.as_ref())
    {
        let form = "{} runs a model of {} as {} does: the two tend to err alike.";
        let said = Sentence::of(form, &[reviewer, family, author]);
        findings.push(found(FindingCode::SameFamily, said));
    }
    let seen = Sentence::of("{} reviews what {} made", &[reviewer, author]);
    GuardResult::new(GuardName::Author, seen, findings)
}

fn found(code: FindingCode, said: Sentence) -> GuardFinding {
    GuardFinding::new(GuardName::Author, code, said)
}
