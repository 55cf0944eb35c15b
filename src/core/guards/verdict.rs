//! All that the guards say of one commit.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::finding::GuardFinding;
use super::grade::GuardGrade;
use super::name::GuardName;
use super::result::GuardResult;
use super::sentence::Sentence;
use crate::core::model::commit::Commit;

/// Which rules the guards go by. It grows whenever one of them would judge the same facts otherwise.
pub const RULES_VERSION: u32 = 2;

/// All findings on one commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitVerdict {
    pub commit: Commit,
    /// The [`RULES_VERSION`] that it was judged by.
    pub rules: u32,
    pub results: Vec<GuardResult>,
}

/// What follows from a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    Pass,
    /// A person decides about a finding.
    Ask,
    /// Something has not ended that has to be seen first.
    Wait,
    Block,
}

/// What people let pass on one commit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetPass {
    /// Guards that were lifted by `override`.
    #[serde(default)]
    pub guards: BTreeSet<GuardName>,
    /// Single findings, by their [`GuardFinding::key`].
    #[serde(default)]
    pub findings: BTreeSet<String>,
}

impl CommitVerdict {
    pub fn new(commit: Commit, results: Vec<GuardResult>) -> Self {
        Self { commit, rules: RULES_VERSION, results }
    }

    /// All findings, the gravest first.
    pub fn findings(&self) -> Vec<&GuardFinding> {
        let mut all: Vec<_> = self.results.iter().flat_map(|result| &result.findings).collect();
        all.sort_by_key(|finding| std::cmp::Reverse(finding.grade()));
        all
    }

    /// What has to end before it is complete.
    pub fn waits_for(&self) -> impl Iterator<Item = &Sentence> {
        self.results.iter().flat_map(|result| &result.waits_for)
    }

    /// What follows. What blocks is mended whatever else is still to come; what asks is asked once
    /// all is known.
    pub fn standing(&self) -> Standing {
        let gravest = self.findings().first().map(|finding| finding.grade());
        match gravest {
            Some(GuardGrade::Block) => Standing::Block,
            _ if self.waits_for().next().is_some() => Standing::Wait,
            Some(GuardGrade::Ask) => Standing::Ask,
            Some(GuardGrade::Warn) | None => Standing::Pass,
        }
    }

    /// What is left of it where people let something pass. A guard that was lifted waits for
    /// nothing.
    pub fn without(mut self, let_pass: &LetPass) -> Self {
        for result in &mut self.results {
            if let_pass.guards.contains(&result.guard) {
                result.findings.clear();
                result.waits_for.clear();
            }
            result.findings.retain(|finding| !let_pass.findings.contains(&finding.key()));
        }
        self
    }

    /// What equal verdicts have in common: the guards and codes of all that is more than a warning.
    pub fn digest(&self) -> String {
        let grave = self.findings().into_iter().filter(|f| f.grade() > GuardGrade::Warn);
        let codes: BTreeSet<String> =
            grave.map(|finding| format!("{}:{}", finding.guard, finding.code.name())).collect();
        codes.into_iter().collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use crate::core::guards::code::FindingCode;
    use crate::core::guards::verdict::*;

    fn found(guard: GuardName, code: FindingCode) -> GuardResult {
        let finding = GuardFinding::new(guard.clone(), code, Sentence::of("It.", &[]));
        GuardResult::new(guard, Sentence::of("", &[]), vec![finding])
    }

    fn verdict(results: &[GuardResult]) -> CommitVerdict {
        CommitVerdict::new("a".repeat(40).parse().unwrap(), results.to_vec())
    }

    #[test]
    fn the_gravest_decides_and_what_blocks_waits_for_nothing() {
        let warns = found(GuardName::Protected, FindingCode::LockFile);
        let asks = found(GuardName::Size, FindingCode::TooManyLines);
        let blocks = found(GuardName::Substance, FindingCode::EmptyDiff);
        let waits = GuardResult::passed(GuardName::Checks, "")
            .waiting_for(vec![Sentence::of("{} to end", &["ci"])]);
        for (results, expected) in [
            (vec![], Standing::Pass),
            (vec![&warns], Standing::Pass),
            (vec![&warns, &asks], Standing::Ask),
            (vec![&waits, &asks], Standing::Wait),
            (vec![&waits, &asks, &blocks], Standing::Block),
        ] {
            let results: Vec<_> = results.into_iter().cloned().collect();
            assert_eq!(verdict(&results).standing(), expected);
        }
    }

    #[test]
    fn what_people_let_pass_is_exactly_that() {
        let asks = found(GuardName::Size, FindingCode::TooManyLines);
        let blocks = found(GuardName::Substance, FindingCode::EmptyDiff);
        let all = verdict(&[asks.clone(), blocks]);
        assert_eq!(all.digest(), "size:too_many_lines substance:empty_diff");
        let guards = BTreeSet::from([GuardName::Substance]);
        let lifted = LetPass { guards, ..LetPass::default() };
        assert_eq!(all.clone().without(&lifted).standing(), Standing::Ask);
        let findings = BTreeSet::from([asks.findings[0].key()]);
        let one = LetPass { findings, ..LetPass::default() };
        assert_eq!(all.without(&one).digest(), "substance:empty_diff");
    }
}
