//! What one guard says of one commit: findings, or that it passed.

use serde::{Deserialize, Serialize};

use super::code::FindingCode;
use super::finding::GuardFinding;
use super::grade::GuardGrade;
use super::lifting::Lifting;
use super::name::GuardName;
use super::sentence::Sentence;

/// How many findings of one guard are told one by one.
const MOST_TOLD: usize = 20;

/// What one guard says. Without findings it passed, unless it was lifted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardResult {
    pub guard: GuardName,
    /// What it looked at and saw, in a few words, for whoever wants to know why it passed.
    pub seen: Sentence,
    /// The gravest first.
    pub findings: Vec<GuardFinding>,
    /// What it waits for before it can say more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waits_for: Vec<Sentence>,
    /// A person lifted it: what it found and waits for weighs nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifted: Option<Lifting>,
}

/// Why something cannot be read. That is not passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum CannotBeRead {
    #[error("it is too large to be read")]
    TooLarge,
    #[error("it ends in the middle")]
    Truncated,
    #[error("it is no diff that I understand")]
    NotADiff,
    /// The forge did not say, or not in a form that is known.
    #[error("the forge does not say it")]
    NotTold,
}

impl GuardResult {
    pub fn new(guard: GuardName, seen: Sentence, findings: Vec<GuardFinding>) -> Self {
        let mut findings = findings;
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.grade()));
        if let Some(hidden) = findings.get(MOST_TOLD) {
            // What is not told weighs as it would if it were: nobody lets it pass unseen.
            let code = match hidden.grade() {
                GuardGrade::Block => FindingCode::MoreBlocks,
                GuardGrade::Ask => FindingCode::MoreAsks,
                GuardGrade::Warn => FindingCode::MoreWarns,
            };
            let more = findings.len() - MOST_TOLD;
            let said = Sentence::of(&format!("{more} more of the kind."), &[]);
            findings.truncate(MOST_TOLD);
            findings.push(GuardFinding::new(guard.clone(), code, said));
        }
        Self { guard, seen, findings, waits_for: Vec::new(), lifted: None }
    }

    /// It passed, as far as it waits for nothing.
    pub fn passed(guard: GuardName, seen: &str) -> Self {
        Self::new(guard, Sentence::of(seen, &[]), Vec::new())
    }

    /// What it has to look at cannot be read: `what` names it.
    pub fn cannot_be_read(guard: GuardName, what: &str, why: &CannotBeRead) -> Self {
        let said = Sentence::of(&format!("{what} cannot be judged: {why}."), &[]);
        let finding = GuardFinding::new(guard.clone(), FindingCode::CannotBeRead, said);
        Self::new(guard, Sentence::of("nothing could be read", &[]), vec![finding])
    }

    pub fn waiting_for(self, waits_for: Vec<Sentence>) -> Self {
        Self { waits_for, ..self }
    }

    /// Whether it has nothing against it: what it only warns of is said, and passes. One that was
    /// lifted says nothing, also not that.
    pub fn lets_pass(&self) -> bool {
        let is_warning = |finding: &GuardFinding| finding.grade() == GuardGrade::Warn;
        self.lifted.is_none() && self.findings.iter().all(is_warning) && self.waits_for.is_empty()
    }

    /// Whether it found nothing and waits for nothing.
    pub fn has_passed(&self) -> bool {
        self.lifted.is_none() && self.findings.is_empty() && self.waits_for.is_empty()
    }
}
